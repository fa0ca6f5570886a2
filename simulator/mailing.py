"""Writes what the clearinghouse and its payers send: 999, 277CA and 835, each in an interchange of its own."""

from collections.abc import Sequence
from datetime import datetime

from billing.acknowledgment import (
    ClaimAcknowledgment,
    ClaimAcknowledgmentFile,
    ImplementationAcknowledgment,
    InterchangeAcknowledgment,
    StatusReason,
)
from billing.bank import Means, Movement
from billing.claim import Address, Claim, Contact, Name, Party, Reference
from billing.money import Cents
from billing.remittance import ClaimPayment, ProviderAdjustment, Remittance
from interchange.bank import ach
from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    eligibility_271,
    remittance_835,
    writing,
)
from interchange.x12.fields import Elements
from simulator.store import Store

HERE = writing.Address("ZZ", "CLEARINGHOUSE")
OFFICE = writing.Address("ZZ", "ZEROBALANCE")
CLEARINGHOUSE = Party(
    role="AY", is_person=False, name=Name("SIMULATED CLEARINGHOUSE"), id_qualifier="46", id="CLEARINGHOUSE"
)
NOBODY = Party(role="85", is_person=False, name=Name("UNKNOWN PROVIDER"), id_qualifier="XX", id="1999999984")
"""Under whom a claim is refused that cannot be read when nothing else of its file can be"""
VERSION_999 = "005010X231A1"


def interchange(
    store: Store, transaction: str, version: str, bodies: Sequence[Sequence[Elements]], at: datetime
) -> bytes:
    """One interchange to the office under the clearinghouse's own numbers."""
    number = store.next_number("interchange")
    sets = [(f"{place:04d}", body) for place, body in enumerate(bodies, start=1)]
    text = writing.write_interchange(
        [writing.Group(number, version, sets, transaction)],
        sender=HERE,
        receiver=OFFICE,
        control_number=number,
        instant=at,
    )
    return text.encode("ascii")


def eligibility_answer(store: Store, body: Sequence[Elements], at: datetime) -> bytes:
    """271."""
    return interchange(store, "271", eligibility_271.VERSION, [body], at)


def syntax_acknowledgment(store: Store, said: ImplementationAcknowledgment, at: datetime) -> bytes:
    """999."""
    return interchange(store, "999", VERSION_999, [acknowledgment_999.write(said)], at)


def claim_acknowledgment(
    store: Store, claims: Sequence[Claim], *, sender: Party, accepted: bool, submitter_id: str, at: datetime
) -> bytes:
    """277CA: a payer's or the clearinghouse's word on claims it has looked at."""
    verdicts = [(claim.billing_provider, verdict(claim, sender=sender, accepted=accepted, at=at)) for claim in claims]
    return verdicts_on_claims(store, verdicts, sender=sender, submitter_id=submitter_id, at=at)


def verdicts_on_claims(
    store: Store,
    verdicts: Sequence[tuple[Party, ClaimAcknowledgment]],
    *,
    sender: Party,
    submitter_id: str,
    at: datetime,
) -> bytes:
    """277CA: one transaction set per billing provider."""
    bodies = []
    for provider in dict.fromkeys(provider for provider, _ in verdicts):
        file = ClaimAcknowledgmentFile(
            reference=f"ACK{store.next_number('acknowledgment')}",
            created=at.date(),
            created_time=f"{at:%H%M}",
            sender=sender,
            receiver=Party(role="41", is_person=False, name=Name("ZERO BALANCE"), id_qualifier="46", id=submitter_id),
            provider=Party(
                role="85",
                is_person=provider.is_person,
                name=provider.name,
                id_qualifier=provider.id_qualifier,
                id=provider.id,
            ),
            acknowledgments=tuple(verdict for one, verdict in verdicts if one == provider),
        )
        bodies.append(acknowledgment_277ca.write(file))
    return interchange(store, "277", acknowledgment_277ca.VERSION, bodies, at)


def envelope_acknowledgment(store: Store, said: InterchangeAcknowledgment, at: datetime) -> bytes:
    """TA1, in an interchange without groups."""
    text = writing.write_interchange(
        [],
        sender=HERE,
        receiver=OFFICE,
        control_number=store.next_number("interchange"),
        instant=at,
        acknowledgments=[acknowledgment_ta1.write(said)],
    )
    return text.encode("ascii")


def verdict(claim: Claim, *, sender: Party, accepted: bool, at: datetime) -> ClaimAcknowledgment:
    """What a payer or the clearinghouse says of a claim that it has looked at."""
    from_payer = sender.role == "PR"
    reason = StatusReason("A2", "20") if accepted else StatusReason("A7", "164", "IL")
    return ClaimAcknowledgment(
        sender=sender,
        control_number=claim.control_number,
        reasons=(reason if from_payer else StatusReason("A1", "19", "PR"),),
        accepted=accepted,
        effective=at.date(),
        charge_cents=claim.charge_cents,
        patient_name=claim.patient.name,
        patient_id=claim.coverage.member_id,
        service_from=claim.service_from,
        service_to=claim.service_to,
    )


def payer_party(payer: Party) -> Party:
    """The payer as the sender of a 277CA."""
    return Party(role="PR", is_person=False, name=payer.name, id_qualifier="PI", id=payer.id)


def remittance(
    store: Store,
    payer: Party,
    payee: Party,
    payments: Sequence[ClaimPayment],
    *,
    trace: str,
    at: datetime,
    adjustments: Sequence[ProviderAdjustment] = (),
) -> bytes:
    """835: one transaction for one payee, balanced by construction."""
    paid = sum(one.paid_cents for one in payments) - sum(one.amount_cents for one in adjustments)
    header = Remittance(
        trace=trace,
        payer_id=f"1{_nine_digits(payer.id or '')}",
        paid_cents=Cents(paid),
        method="ACH" if paid else "NON",
        handling="I" if paid else "H",
        credit_debit="C",
        payment_date=at.date(),
        production_date=at.date(),
        payer=Party(
            role="PR",
            is_person=False,
            name=payer.name,
            address=Address("1 SIMULATION WAY", "ANYTOWN", "OH", "441010000"),
            contact=Contact("PROVIDER RELATIONS", (("TE", "5555550199"),)),
        ),
        payee=Party(
            role="PE",
            is_person=False,
            name=Name(payee.name.last),
            id_qualifier="XX",
            id=payee.id,
            references=tuple(_tax_ids(payee)),
        ),
        provider_adjustments=tuple(adjustments),
    )
    return interchange(store, "835", remittance_835.VERSION, [remittance_835.write(header, payments)], at)


def transfer(payer: Party, *, trace: str, cents: int, number: int, at: datetime) -> bytes:
    """The bank's file about the payer's transfer: an ACH entry with the trace of its remittance (CORE rule 370)."""
    payer_number = f"1{_nine_digits(payer.id or '')}"
    addenda = f"TRN*1*{trace}*{payer_number}~"
    said = Movement(at.date(), Cents(cents), Means.ACH, "000123456", "", payer.name.last, addenda, trace, payer_number)
    return ach.write(said, created=at, number=number).encode("ascii", errors="replace")


def _tax_ids(payee: Party) -> Sequence[Reference]:
    tax_id = payee.reference("EI") or payee.reference("SY")
    return [Reference("TJ", tax_id)] if tax_id else []


def _nine_digits(payer_id: str) -> str:
    digits = "".join(char for char in payer_id if char.isdigit())
    return (digits + "512345678")[:9]
