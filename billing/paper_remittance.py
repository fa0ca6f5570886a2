"""A payer's answer on paper (EOB with a cheque), typed in by a person, as the same nouns that an 835 gives.

Every fault is found at once and named by its field, so that what was typed can be mended in one go.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.adjustment_codes import WELL_FORMED_CARC, WELL_FORMED_RARC
from billing.claim import Claim, Party
from billing.coordination import REVENUE_CODE
from billing.money import ZERO, Cents, format_dollars
from billing.remittance import Adjustment, ClaimPayment, Group, LinePayment, Remittance


@dataclass(frozen=True, slots=True)
class PaperLine:
    """What the paper says of one service line."""

    paid_cents: Cents
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperClaim:
    """What the paper says of one claim: all its lines, in the claim's own order."""

    control_number: str
    lines: tuple[PaperLine, ...]
    payer_claim_number: str | None = None


@dataclass(frozen=True, slots=True)
class PaperRemittance:
    """One cheque, or a paper without money."""

    check_number: str
    paid_on: date
    amount_cents: Cents
    claims: tuple[PaperClaim, ...]


@dataclass(frozen=True, slots=True)
class PaperFault:
    """What is wrong, and where: `claims.0.lines.1.paid`."""

    field: str
    message: str


def faults(
    paper: PaperRemittance, sent: Mapping[str, Claim], *, today: date, answered: Collection[str] = ()
) -> list[PaperFault]:
    """Everything that forbids taking the paper in; `sent` are the claims as they went out, by control number, and
    `answered` the control numbers of those that a standing answer has paid something for, on another paper or by 835.
    """
    found: list[PaperFault] = []
    if paper.paid_on > today:
        found.append(PaperFault("paid_on", "lies in the future"))
    numbers = [one.control_number for one in paper.claims]
    for index, claim in enumerate(paper.claims):
        where = f"claims.{index}"
        if claim.control_number not in sent:
            found.append(PaperFault(f"{where}.control_number", "no claim of this practice has this control number"))
        elif numbers.index(claim.control_number) != index:
            found.append(PaperFault(f"{where}.control_number", "stands twice on this paper"))
        else:
            found += _claim_faults(where, claim, sent[claim.control_number])
        if claim.control_number in sent and paper.paid_on < sent[claim.control_number].service_from:
            found.append(PaperFault("paid_on", f"lies before the visit of {claim.control_number} that it pays"))
        if claim.control_number in answered:
            message = "the payer has answered this claim already; wait for its corrected answer, or look at the first"
            found.append(PaperFault(f"{where}.control_number", message))
    payers = {claim.coverage.payer.id for number, claim in sent.items() if number in numbers}
    if len(payers) > 1:
        found.append(PaperFault("claims", "belong to several payers; enter each payer's paper by itself"))
    paid = sum(line.paid_cents for one in paper.claims for line in one.lines)
    if paid != paper.amount_cents:
        message = f"is {format_dollars(paper.amount_cents)}, but the lines are paid {format_dollars(paid)} in all"
        found.append(PaperFault("amount", message))
    return found


def _claim_faults(where: str, claim: PaperClaim, sent: Claim) -> list[PaperFault]:
    if len(claim.lines) != len(sent.lines):
        return [PaperFault(f"{where}.lines", f"are {len(claim.lines)}; the claim went out with {len(sent.lines)}")]
    found = []
    for number, (line, billed) in enumerate(zip(claim.lines, sent.lines, strict=True)):
        unknown = sorted({one.reason for one in line.adjustments if not WELL_FORMED_CARC.fullmatch(one.reason)})
        if unknown:
            message = f"line {number + 1}: {', '.join(unknown)} is no claim adjustment reason code (CARC)"
            found.append(PaperFault(f"{where}.lines.{number}.adjustments", message))
        odd = [one for one in line.remarks if not WELL_FORMED_RARC.fullmatch(one)]
        if odd:
            message = f"line {number + 1}: {', '.join(odd)} is no remark code (RARC), such as N130 or MA04"
            found.append(PaperFault(f"{where}.lines.{number}.remarks", message))
        told = line.paid_cents + sum(one.amount_cents for one in line.adjustments)
        if told != billed.charge_cents:
            charge = format_dollars(billed.charge_cents)
            message = f"line {number + 1} was charged {charge}; paid and adjustments come to {format_dollars(told)}"
            found.append(PaperFault(f"{where}.lines.{number}.paid", message))
    return found


def remittance(paper: PaperRemittance, sent: Mapping[str, Claim]) -> Remittance:
    """The header (BPR, TRN, N1) of the paper, which has no faults."""
    newest = sent[paper.claims[0].control_number]
    payer, payee = newest.coverage.payer, newest.billing_provider
    tax_ids = tuple(one for one in payee.references if one.qualifier in {"EI", "SY"})
    return Remittance(
        trace=paper.check_number,
        payer_id=(payer.id or "").ljust(10, "0")[:10],
        paid_cents=paper.amount_cents,
        method="CHK" if paper.amount_cents else "NON",
        handling="I" if paper.amount_cents else "H",
        credit_debit="C",
        payment_date=paper.paid_on,
        payer=Party("PR", is_person=False, name=payer.name, address=payer.address),
        payee=Party(
            "PE",
            is_person=payee.is_person,
            name=payee.name,
            id_qualifier="XX",
            id=payee.id,
            references=tuple(type(one)("TJ", one.value) for one in tax_ids[:1]),
        ),
    )


def payments(paper: PaperRemittance, sent: Mapping[str, Claim]) -> list[ClaimPayment]:
    """One CLP per claim, which has no faults."""
    return [_payment(one, sent[one.control_number]) for one in paper.claims]


def _payment(claim: PaperClaim, sent: Claim) -> ClaimPayment:
    lines = tuple(
        LinePayment(
            procedure=billed.billed_code,
            procedure_qualifier=billed.procedure_qualifier if billed.procedure else REVENUE_CODE,
            modifiers=billed.modifiers,
            charge_cents=billed.charge_cents,
            paid_cents=line.paid_cents,
            adjustments=line.adjustments,
            units=billed.units,
            service_date=billed.service_date,
            control_number=billed.control_number,
            remarks=line.remarks,
        )
        for line, billed in zip(claim.lines, sent.lines, strict=True)
    )
    share = _sum(lines, Group.PATIENT)
    paid = Cents(sum(line.paid_cents for line in lines))
    return ClaimPayment(
        control_number=claim.control_number,
        status="1" if paid or share else "4",
        charge_cents=sent.charge_cents,
        paid_cents=paid,
        payer_claim_number=claim.payer_claim_number,
        patient_responsibility_cents=share or None,
        filing_indicator="ZZ",
        place_of_service=sent.place_of_service if sent.hospital is None else sent.hospital.facility_type,
        frequency=sent.frequency,
        lines=lines,
        patient_name=sent.patient.name,
        member_id=sent.coverage.member_id,
        service_from=sent.service_from,
        service_to=sent.service_to,
    )


def _sum(lines: Sequence[LinePayment], group: Group) -> Cents:
    amounts = (one.amount_cents for line in lines for one in line.adjustments if one.group == group)
    return Cents(sum(amounts, start=ZERO))
