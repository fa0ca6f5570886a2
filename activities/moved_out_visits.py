"""One visit as another system reads it: its lines with what the ledger says of them, and the claims that were sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from sqlmodel import Session

from billing.claim import Claim, ServiceLine
from billing.days import day_of
from billing.ledger import ADJUSTMENTS, Account, Balances
from billing.money import Cents
from billing.moving import FIRST_PAYERS, MovedClaim, MovedLine, OwedBy
from billing.stages import Stage
from billing.submission import SubmissionState
from database import encounters, ledger, moves, records
from database.tables import Encounter, Submission

PAID = (Account.CASH_UNAPPLIED, Account.MOVED_INSURANCE_PAID)
TAKEN_OFF = (*ADJUSTMENTS, Account.BAD_DEBT, Account.MOVED_ADJUSTMENTS)
DONE = frozenset({Stage.PATIENT_BALANCE, Stage.CLOSED})
"""No payer is asked for anything any more"""


@dataclass(frozen=True, slots=True)
class VisitOut:
    """One visit; `why_not` says why it stays, with what is open on it."""

    lines: tuple[MovedLine, ...] = ()
    claims: tuple[MovedClaim, ...] = ()
    why_not: str = ""
    open_cents: int = 0


def visit_out(session: Session, encounter: Encounter, *, number: str, zone: tzinfo) -> VisitOut:
    """The visit under `number`, which is its own within the practice."""
    claim = encounters.claim_of(encounter)
    balances = ledger.balances(session, practice_id=encounter.practice_id, encounter_id=encounter.id)
    open_cents = balances.owed_cents + balances.total(Account.PATIENT_UNAPPLIED)
    if encounter.is_void and balances.is_zero:
        return VisitOut(why_not="void")
    if encounter.billed_with_id is not None:
        return VisitOut(why_not="billed with another visit, whose lines hold theirs", open_cents=open_cents)
    if claim.coverage.responsibility not in FIRST_PAYERS:
        return VisitOut(why_not="with a payer after the third", open_cents=open_cents)
    line_ids = [one.id for one in encounters.lines(session, encounter)]
    if any(balances.line(account, one) for account in Account for one in line_ids[len(claim.lines) :]):
        return VisitOut(why_not="with amounts on a line that its claim has no more", open_cents=open_cents)
    claims = _claims(session, encounter, number, zone)
    is_billed = any(balances.charged(one) for one in line_ids)
    lines = [
        _line(encounter, claim, line, line_id, balances, number=number, is_billed=is_billed)
        for line_id, line in zip(line_ids, claim.lines, strict=False)
    ]
    lines[0] = _with_held(lines[0], -balances.line(Account.PATIENT_UNAPPLIED, None))
    return VisitOut(tuple(lines), claims, open_cents=open_cents)


def _line(
    encounter: Encounter,
    claim: Claim,
    line: ServiceLine,
    line_id: str,
    balances: Balances,
    *,
    number: str,
    is_billed: bool,
) -> MovedLine:
    of_payer, of_patient = balances.line(Account.AR_INSURANCE, line_id), balances.line(Account.AR_PATIENT, line_id)
    charge = balances.charged(line_id) if is_billed else line.charge_cents
    paid = Cents(sum(balances.line(account, line_id) for account in PAID))
    taken_off = Cents(sum(balances.line(account, line_id) for account in TAKEN_OFF))
    owed_by = _owed_by(encounter, claim, of_payer, of_patient) if is_billed else OwedBy.UNBILLED
    balance = Cents(of_payer + of_patient)
    rendering = claim.provider("82")
    return MovedLine(
        line=0,
        visit=number,
        patient=encounter.patient_id,
        service_date=line.service_date,
        procedure=line.procedure,
        charge=charge,
        balance=balance,
        owed_by=owed_by,
        modifiers=line.modifiers,
        units=line.units,
        diagnoses=tuple(dict.fromkeys(_pointed_at(claim, line))),
        place_of_service=line.place_of_service or claim.place_of_service,
        insurance_paid=paid,
        adjusted=taken_off,
        patient_paid=Cents(charge - paid - taken_off - balance) if is_billed else Cents(0),
        patient_part=of_patient if owed_by in FIRST_PAYERS else Cents(0),
        billing_npi=claim.billing_provider.npi,
        rendering_npi=rendering.npi if rendering else None,
    )


def _pointed_at(claim: Claim, line: ServiceLine) -> list[str]:
    """The codes of the diagnoses that the line points at, of those that the visit has yet."""
    return [claim.diagnoses[one - 1].code for one in line.diagnosis_pointers if 1 <= one <= len(claim.diagnoses)]


def _owed_by(encounter: Encounter, claim: Claim, of_payer: int, of_patient: int) -> OwedBy:
    if of_payer != 0 or (Stage(encounter.stage) not in DONE and of_patient != 0):
        return OwedBy(claim.coverage.responsibility)
    return OwedBy.PATIENT if of_patient else OwedBy.NOBODY


def _with_held(line: MovedLine, held_cents: int) -> MovedLine:
    """The visit's first line, with the money that is held for the patient: paid, and applied to nothing yet."""
    if held_cents == 0:
        return line
    return replace(
        line,
        patient_paid=Cents(line.patient_paid + held_cents),
        balance=Cents(line.balance - held_cents),
        owed_by=OwedBy.PATIENT if line.owed_by == OwedBy.NOBODY else line.owed_by,
    )


def _claims(session: Session, encounter: Encounter, number: str, zone: tzinfo) -> tuple[MovedClaim, ...]:
    """What was sent and may be answered or was: under the number that its payer knows."""
    old = {own: former for former, own in moves.aliases_of(session, encounter.id).items()}
    rows = encounters.submissions(session, encounter.id)
    return tuple(_claim(one, old, number, zone) for one in rows if _counts(one))


def _counts(row: Submission) -> bool:
    if row.transmitted_at is None or row.withdrawn_at is not None or row.responsibility not in FIRST_PAYERS:
        return False
    is_void = records.load(Claim, row.claim).is_void
    return not is_void and encounters.progress(row).state != SubmissionState.REJECTED


def _claim(row: Submission, old: dict[str, str], number: str, zone: tzinfo) -> MovedClaim:
    assert row.transmitted_at is not None, "only what was sent"
    last = day_of(row.transmitted_at, zone)
    first = day_of(row.first_submitted_at, zone) if row.first_submitted_at else last
    return MovedClaim(
        line=0,
        visit=number,
        control_number=old.get(row.control_number, row.control_number),
        payer=row.responsibility,
        first_submitted=first,
        last_submitted=last,
        payer_claim_number=row.payer_claim_number,
        frequency=records.load(Claim, row.claim).frequency,
        filing_deadline=row.filing_limit_on,
    )


def visit_numbers(rows: Sequence[Encounter]) -> dict[str, str]:
    """The number of each visit: the practice's own where it is one of a kind and short enough, else the office's."""
    longest = 38
    counted: dict[str, int] = {}
    for one in rows:
        counted[one.external_id] = counted.get(one.external_id, 0) + 1
    return {
        one.id: one.external_id if counted[one.external_id] == 1 and len(one.external_id) <= longest else one.id
        for one in rows
    }
