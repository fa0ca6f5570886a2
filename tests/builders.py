"""Builders of the nouns that tests speak of. Each default is valid; a test says only what matters to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from billing.acknowledgment import (
    ClaimAcknowledgment,
    ClaimAcknowledgmentFile,
    ImplementationAcknowledgment,
    SetAcknowledgment,
    StatusReason,
)
from billing.claim import (
    Address,
    BatchHeader,
    Claim,
    ClaimBatch,
    Contact,
    Coverage,
    Diagnosis,
    Name,
    Party,
    Person,
    Reference,
    ServiceLine,
    Sex,
)
from billing.claim_status import ClaimStatus, ClaimStatusAnswer, ClaimStatusInquiry, StatusVerdict
from billing.coordination import OtherPayer
from billing.hospital_bill import HospitalBill, Occurrence, Revenue, ValueAmount
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment, ProviderAdjustment, Remittance
from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    claim_files,
    claim_status_277,
    claims_837p,
    information_request_277,
    remittance_835,
    writing,
)
from interchange.x12.fields import Elements, Joined

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
CLINIC_NPI = "1999999984"
DOCTOR_NPI = "1999999976"
TAX_ID = "987654320"
SENDER = writing.Address("ZZ", "CLEARHOUSE")
RECEIVER = writing.Address("ZZ", "ZEROBALANCE")


def a_line(procedure: str = "99213", charge: int = 15000, **changes: Any) -> ServiceLine:
    line = ServiceLine(
        procedure=procedure,
        charge_cents=Cents(charge),
        units=Decimal(1),
        service_date=date(2026, 10, 20),
        diagnosis_pointers=(1,),
    )
    return replace(line, **changes)


def a_claim(*lines: ServiceLine, member_id: str = "ABC123456", **changes: Any) -> Claim:
    """A clean primary claim of one visit; its charge is the sum of its lines."""
    lines = lines or (a_line(),)
    person = Person(
        name=Name("DOE", "JANE"),
        birth_date=date(1980, 1, 1),
        sex=Sex.FEMALE,
        address=Address("1 ELM ST", "ANYTOWN", "OH", "441019999"),
    )
    claim = Claim(
        control_number="EXT1001",
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=Party(
            role="85",
            is_person=False,
            name=Name("EXAMPLE CLINIC"),
            id_qualifier="XX",
            id=CLINIC_NPI,
            taxonomy="207Q00000X",
            address=Address("100 MAIN ST", "ANYTOWN", "OH", "441011234"),
            references=(Reference("EI", TAX_ID),),
        ),
        coverage=Coverage(
            payer=Party(role="PR", is_person=False, name=Name("EXAMPLE PAYER"), id_qualifier="PI", id="99999"),
            member_id=member_id,
            filing_indicator="CI",
        ),
        subscriber=person,
        patient=person,
        diagnoses=(Diagnosis("J069", "ABK"),),
        lines=tuple(lines),
        providers=(Party(role="82", is_person=True, name=Name("SMITH", "ANN"), id_qualifier="XX", id=DOCTOR_NPI),),
    )
    return replace(claim, **changes)


def a_second_policy(filing_indicator: str = "CI", responsibility: str = "S", payer: str = "88888") -> OtherPayer:
    """A policy that pays after the claim's own; the patient is its subscriber."""
    coverage = Coverage(
        payer=Party("PR", is_person=False, name=Name(f"PAYER {payer}"), id_qualifier="PI", id=payer),
        member_id=f"SEC{payer}",
        responsibility=responsibility,
        filing_indicator=filing_indicator,
    )
    return OtherPayer(coverage, Person(Name("DOE", "JANE")))


def an_837p(*claims: Claim, number: int = 1) -> bytes:
    """A file as a sender would drop it."""
    batch = ClaimBatch(**_header(number), claims=claims or (a_claim(),))
    return _interchange(claims_837p.write(batch), "837", claims_837p.VERSION, number)


def _header(number: int) -> dict[str, Any]:
    """Of a file of claims."""
    return {
        "submitter": Party(
            role="41",
            is_person=False,
            name=Name("EXAMPLE BILLING"),
            id_qualifier="46",
            id="SUB001",
            contact=Contact("EDI DESK", (("TE", "5555550100"),)),
        ),
        "receiver": Party(role="40", is_person=False, name=Name("ZERO BALANCE"), id_qualifier="46", id="ZB"),
        "reference": f"B{number}",
        "created": NOON.date(),
        "created_time": "0930",
    }


def a_revenue_line(revenue_code: str, charge: int, procedure: str = "", **changes: Any) -> ServiceLine:
    """A line of a hospital visit on its day; without a procedure where none is given."""
    return a_line(procedure, charge, diagnosis_pointers=(), revenue=Revenue(revenue_code), **changes)


def a_hospital_claim(*lines: ServiceLine, **changes: Any) -> Claim:
    """A clean primary claim of one outpatient visit (type of bill 0131): a laboratory test and supplies."""
    day = date(2026, 10, 20)
    lines = lines or (a_revenue_line("0300", 10000, "80053"), a_revenue_line("0270", 5000))
    attending = Party(role="71", is_person=True, name=Name("SMITH", "ANN"), id_qualifier="XX", id=DOCTOR_NPI)
    bill = HospitalBill(
        facility_type="13", statement_from=day, statement_to=day, patient_status="01", admission_type="3"
    )
    told = {"place_of_service": "22", "providers": (attending,), "hospital": bill} | changes
    return a_claim(*lines, **told)


def a_stay(*lines: ServiceLine, **changes: Any) -> Claim:
    """A clean primary claim of one stay (type of bill 0111): three days in a room, and drugs, on undated lines."""
    first, last = date(2026, 10, 12), date(2026, 10, 15)
    lines = lines or (
        a_revenue_line("0120", 300000, unit_basis="DA", units=Decimal(3)),
        a_revenue_line("0250", 45000, units=Decimal(12)),
    )
    lines = tuple(
        replace(line, service_date=first, revenue=Revenue(line.billed_code, is_dated=False)) for line in lines
    )
    bill = HospitalBill(
        facility_type="11",
        statement_from=first,
        statement_to=last,
        patient_status="01",
        admission_date=first,
        admission_hour="0930",
        discharge_hour="1100",
        admission_type="1",
        admission_source="1",
        values=(ValueAmount("80", Cents(300)),),
        conditions=("09",),
        occurrences=(Occurrence("11", first),),
    )
    diagnoses = (
        Diagnosis("J189", "ABK", "Y"),
        Diagnosis("E119", "ABF", "Y"),
        Diagnosis("R0602", "ABJ"),
    )
    told = {"place_of_service": "21", "hospital": bill, "diagnoses": diagnoses} | changes
    return a_hospital_claim(*lines, **told)


def an_837i(*claims: Claim, number: int = 1) -> bytes:
    """A file of hospital claims as a sender would drop it."""
    claims = claims or (a_hospital_claim(),)
    return _interchange(
        claim_files.write(BatchHeader(**_header(number)), claims), "837", claim_files.version_of(claims[0]), number
    )


def a_999(group_number: int, *, code: str = "A", set_number: str = "0001", number: int = 1) -> bytes:
    said = ImplementationAcknowledgment(
        functional_id="HC",
        group_control_number=str(group_number),
        code=code,
        sets=(SetAcknowledgment("837", set_number, code),),
        received_count=1,
        accepted_count=1 if code in {"A", "E"} else 0,
        version=claims_837p.VERSION,
    )
    return _interchange(acknowledgment_999.write(said), "999", "005010X231A1", number)


def a_277ca(
    control_number: str,
    *others: str,
    sender: str = "PR",
    accepted: bool = True,
    number: int = 1,
    charge: int = 15000,
) -> bytes:
    """The same verdict on one claim and on others. `sender` PR is the payer, AY the clearinghouse."""
    one = ClaimAcknowledgment(
        sender=Party(role=sender, is_person=False, name=Name("EXAMPLE"), id_qualifier="46", id="99999"),
        control_number=control_number,
        reasons=(StatusReason("A2", "20"),) if accepted else (StatusReason("A7", "164", "IL"),),
        accepted=accepted,
        effective=NOON.date(),
        charge_cents=Cents(charge),
    )
    file = ClaimAcknowledgmentFile(
        reference=f"ACK{number}",
        created=NOON.date(),
        sender=one.sender,
        receiver=Party(role="41", is_person=False, name=Name("ZERO BALANCE"), id_qualifier="46", id="ZEROBALANCE"),
        provider=Party(role="85", is_person=False, name=Name("EXAMPLE CLINIC"), id_qualifier="XX", id=CLINIC_NPI),
        acknowledgments=(one, *(replace(one, control_number=other) for other in others)),
    )
    return _interchange(acknowledgment_277ca.write(file), "277", acknowledgment_277ca.VERSION, number)


def a_payment(
    control_number: str,
    *,
    charge: int = 15000,
    paid: int = 8000,
    adjustments: tuple[tuple[str, str, int], ...] = (("CO", "45", 5000), ("PR", "3", 2000)),
    status: str = "1",
    payer_claim_number: str = "ICN001",
    procedure: str = "99213",
    **changes: Any,
) -> ClaimPayment:
    """One CLP with one line, balanced when the amounts are."""
    cas = tuple(Adjustment(group, reason, Cents(amount)) for group, reason, amount in adjustments)
    payment = ClaimPayment(
        control_number=control_number,
        status=status,
        charge_cents=Cents(charge),
        paid_cents=Cents(paid),
        payer_claim_number=payer_claim_number,
        filing_indicator="12",
        lines=(LinePayment(procedure, Cents(charge), Cents(paid), cas, units=Decimal(1)),),
    )
    return replace(payment, **changes)


def a_reversal(original: ClaimPayment) -> ClaimPayment:
    """CLP 22: every charge, payment and adjustment negated, the groups kept."""
    lines = tuple(
        replace(
            line,
            charge_cents=Cents(-line.charge_cents),
            paid_cents=Cents(-line.paid_cents),
            adjustments=tuple(replace(one, amount_cents=Cents(-one.amount_cents)) for one in line.adjustments),
        )
        for line in original.lines
    )
    return replace(
        original,
        status="22",
        charge_cents=Cents(-original.charge_cents),
        paid_cents=Cents(-original.paid_cents),
        lines=lines,
    )


def an_835(
    *payments: ClaimPayment,
    trace: str = "EFT0001",
    plb: tuple[tuple[str, str, int], ...] = (),
    number: int = 1,
    paid: int | None = None,
    payee_npi: str = CLINIC_NPI,
    payer_number: str = "1512345678",
) -> bytes:
    """A balanced 835 unless `paid` says otherwise."""
    adjustments = tuple(
        ProviderAdjustment(payee_npi, date(2026, 12, 31), reason, reference, Cents(amount))
        for reason, reference, amount in plb
    )
    total = sum(one.paid_cents for one in payments) - sum(one.amount_cents for one in adjustments)
    remittance = Remittance(
        trace=trace,
        payer_id=payer_number,
        paid_cents=Cents(total),
        method="ACH" if total else "NON",
        handling="I" if total else "H",
        credit_debit="C",
        payment_date=date(2026, 11, 16),
        payer=Party(
            role="PR",
            is_person=False,
            name=Name("EXAMPLE PAYER"),
            address=Address("1 PAYER WAY", "ANYTOWN", "OH", "44101"),
            contact=Contact("PROVIDER RELATIONS", (("TE", "5555550199"),)),
        ),
        payee=Party(
            role="PE",
            is_person=False,
            name=Name("EXAMPLE CLINIC"),
            id_qualifier="XX",
            id=payee_npi,
            references=(Reference("TJ", TAX_ID),),
        ),
        provider_adjustments=adjustments,
    )
    data = _interchange(remittance_835.write(remittance, payments), "835", remittance_835.VERSION, number)
    if paid is not None:
        wrong, right = f"BPR*I*{paid / 100:.2f}*", data.decode()
        data = _with_bpr02(right, wrong).encode()
    return data


def _with_bpr02(text: str, start: str) -> str:
    head, _, rest = text.partition("BPR*I*")
    return head + start + rest.partition("*")[2]


def _interchange(body: Any, transaction: str, version: str, number: int) -> bytes:
    text = writing.write_interchange(
        [writing.Group(number, version, [("0001", body)], transaction)],
        sender=SENDER,
        receiver=RECEIVER,
        control_number=number,
        instant=NOON,
    )
    return text.encode("ascii")


def a_status(
    inquiry: ClaimStatusInquiry, category: str, status: str = "20", *, entity: str | None = None, **told: Any
) -> ClaimStatus:
    """What a payer says of a claim that it was asked about; `told` are fields of its verdict or of the status."""
    fields = {
        name: told.pop(name) for name in ("reference", "payer_claim_number", "patient_control_number") if name in told
    }
    verdict = StatusVerdict((StatusReason(category, status, entity),), NOON.date(), **told)
    return ClaimStatus(
        reference=fields.pop("reference", inquiry.reference),
        payer=inquiry.payer,
        receiver=inquiry.receiver,
        provider=inquiry.provider,
        subscriber=replace(inquiry.subscriber, address=None),
        member_id=inquiry.member_id,
        verdicts=(verdict,),
        **{"patient_control_number": inquiry.patient_control_number, **fields},
    )


def a_277(*statuses: ClaimStatus) -> bytes:
    """A payer's word on claims, as it comes over the wire or with the mail."""
    answer = ClaimStatusAnswer(f"A{next(_numbers)}", NOON.date(), "1200", statuses)
    number = next(_numbers)
    text = writing.write_interchange(
        [writing.Group(number, claim_status_277.VERSION, [("0001", claim_status_277.write(answer))], "277")],
        sender=SENDER,
        receiver=RECEIVER,
        control_number=number,
        instant=NOON,
    )
    return text.encode("ascii")


# A payer's request for documents
REQUEST: tuple[Elements, ...] = (
    ("BHT", "0085", "08", "RFAI77", "20260310", "1015", "RQ"),
    ("HL", "1", "", "20", "1"),
    ("NM1", "PR", "2", "EXAMPLE MUTUAL", "", "", "", "", "PI", "90001"),
    ("PER", "IC", "RECORDS", "TE", "5555550100"),
    ("HL", "2", "1", "21", "1"),
    ("NM1", "41", "2", "INVENTED FAMILY CLINIC", "", "", "", "", "46", "ZEROBALANCE"),
    ("HL", "3", "2", "19", "1"),
    ("NM1", "1P", "2", "INVENTED FAMILY CLINIC", "", "", "", "", "XX", "1999999984"),
    ("HL", "4", "3", "PT", "0"),
    ("NM1", "QC", "1", "RIVERA", "ANA", "", "", "", "MI", "M1001"),
    ("TRN", "1", "REQ-9"),
    ("STC", Joined("R4:11503-0::LOI"), "20260310"),
    ("REF", "1K", "ICN0500"),
    ("REF", "EJ", "ACC601"),
    ("DTP", "472", "D8", "20260201"),
    ("DTP", "106", "D8", "20260425"),
    ("SVC", Joined("HC:99213"), "125"),
    ("STC", Joined("R4:11506-3::LOI"), "20260310"),
    ("DTP", "106", "D8", "20260420"),
)


def requested(rows: list[Elements]) -> bytes:
    """A payer's own request for documents (277RFAI)."""
    group = writing.Group(7, information_request_277.VERSION, [("0001", rows)], "277")
    return writing.write_interchange([group], sender=SENDER, receiver=RECEIVER, control_number=7, instant=NOON).encode()


_numbers = count(1)
