"""Help with the bill as rows: the scale and the guidelines in force, applications, and what each visit may be helped
with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from billing.account_holds import HoldKind
from billing.agencies import PlacementState
from billing.assistance import (
    OPEN,
    Basis,
    Help,
    Household,
    Per,
    Proposal,
    Reach,
    Reason,
    ReasonCode,
    Scale,
    State,
    Takes,
    covers,
    propose,
)
from billing.days import day_of
from billing.dunning import Notice
from billing.ledger import Account, Balances
from billing.poverty_guidelines import PUBLISHED, Guideline, Region, in_force
from database import accounts, households, ledger, office, records
from database.tables import (
    AccountHold,
    AssistanceApplication,
    AssistanceScale,
    BalanceItem,
    Encounter,
    Fact,
    Letter,
    Placement,
    Posting,
    PovertyGuideline,
)

_SHARE = (
    Account.AR_PATIENT,
    Account.ADJUSTMENT_ASSISTANCE,
    Account.ADJUSTMENT_SMALL,
    Account.ADJUSTMENT_PROMPT_PAY,
    Account.BAD_DEBT,
)
"""Where a patient's share stands beside what was paid of it"""


_ASKING = (PlacementState.PLACED, PlacementState.ACKNOWLEDGED)
"""While an agency asks for money"""


@dataclass(frozen=True, slots=True)
class KnownGuideline:
    """A guideline, and whether the practice said that it goes by it."""

    guideline: Guideline
    is_confirmed: bool


# The policy ---------------------------------------------------------------------------------------------------------


def scale_on(session: Session, *, practice_id: str, on: date) -> Scale | None:
    """The practice's assistance policy in force on a day; None: it has none."""
    query = select(AssistanceScale).where(
        AssistanceScale.practice_id == practice_id, AssistanceScale.effective_from <= on
    )
    newest = (col(AssistanceScale.effective_from).desc(), col(AssistanceScale.made_at).desc())
    row = session.exec(query.order_by(*newest, col(AssistanceScale.id).desc())).first()
    return None if row is None else records.load(Scale, row.content)


def scales(session: Session, practice_id: str) -> Sequence[AssistanceScale]:
    """Every row of the policy, the newest first."""
    query = select(AssistanceScale).where(AssistanceScale.practice_id == practice_id)
    newest = (col(AssistanceScale.effective_from).desc(), col(AssistanceScale.made_at).desc())
    return session.exec(query.order_by(*newest, col(AssistanceScale.id).desc())).all()


def own_guidelines(session: Session, practice_id: str) -> list[Guideline]:
    """What the practice confirmed or typed, the newest last."""
    query = select(PovertyGuideline).where(PovertyGuideline.practice_id == practice_id)
    rows = session.exec(query.order_by(col(PovertyGuideline.made_at), PovertyGuideline.id))
    return [
        Guideline(one.year, Region(one.region), one.effective_from, one.first_cents, one.each_more_cents, one.source)
        for one in rows
    ]


def guideline_on(session: Session, *, practice_id: str, region: Region, on: date) -> KnownGuideline | None:
    """The guideline in force on a day, the practice's own before what was published; None: there is none."""
    own = own_guidelines(session, practice_id)
    found = in_force([*PUBLISHED, *own], region, on)
    return None if found is None else KnownGuideline(found, found in own)


# Applications -------------------------------------------------------------------------------------------------------


def find(session: Session, *, practice_id: str, application_id: str) -> AssistanceApplication | None:
    """One application of the practice, or None."""
    query = select(AssistanceApplication).where(
        AssistanceApplication.practice_id == practice_id, AssistanceApplication.id == application_id
    )
    return session.exec(query).first()


def of_account(session: Session, holder_id: str) -> Sequence[AssistanceApplication]:
    """Every application for the account that this patient holds, the newest first."""
    everybody = households.members(session, holder_id) or [holder_id]
    query = select(AssistanceApplication).where(col(AssistanceApplication.patient_id).in_(everybody))
    newest = (col(AssistanceApplication.received_at).desc(), AssistanceApplication.id)
    return session.exec(query.order_by(*newest)).all()


def open_of(session: Session, holder_id: str) -> AssistanceApplication | None:
    """The application that nobody has decided yet."""
    return next((one for one in of_account(session, holder_id) if one.state in OPEN), None)


def household_of(row: AssistanceApplication) -> Household | None:
    """Who applies; None while something of it is not known."""
    if not row.household_size or row.income_cents is None:
        return None
    return Household(row.household_size, row.income_cents, Per(row.income_per))


def proposal_for(session: Session, row: AssistanceApplication) -> tuple[Proposal | None, bool]:
    """(what the scale of the day of the application says, whether the practice confirmed the guideline). No proposal:
    there is no scale or guideline of that day, or something is missing."""
    scale = scale_on(session, practice_id=row.practice_id, on=row.received_on)
    household = household_of(row)
    if scale is None or household is None:
        return None, False
    known = guideline_on(session, practice_id=row.practice_id, region=scale.region, on=row.received_on)
    if known is None:
        return None, False
    return propose(scale, known.guideline, household), known.is_confirmed


def help_of(row: AssistanceApplication) -> Help | None:
    """What is granted or proposed."""
    return None if row.takes is None or row.value is None else Help(Takes(row.takes), row.value)


def basis_of(row: AssistanceApplication) -> tuple[Reason, ...]:
    """Why it was decided so; what an older application keeps as sentences stays as it is."""
    if row.reasons:
        return records.load(Basis, row.reasons).reasons
    return tuple(Reason(ReasonCode.OWN_WORDS, said=line) for line in row.basis.splitlines())


def reach_of(row: AssistanceApplication) -> Reach:
    """Which visits it covers; of one that is decided or proposed."""
    assert row.until is not None, "it was proposed with its period"
    return Reach(row.received_on, row.until, row.days_back, row.is_hospital)


# Visits -------------------------------------------------------------------------------------------------------------


def granted_for(session: Session, encounter: Encounter) -> list[AssistanceApplication]:
    """Applications that were granted and cover the visit, the oldest decision first."""
    answering = households.answering(encounter)
    holder = households.holder_of(session, answering)
    query = select(AssistanceApplication).where(
        AssistanceApplication.practice_id == encounter.practice_id,
        AssistanceApplication.state == State.GRANTED,
        col(AssistanceApplication.patient_id).in_([answering, *households.members(session, holder)]),
    )
    rows = session.exec(query.order_by(col(AssistanceApplication.decided_at), AssistanceApplication.id)).all()
    return [one for one in rows if is_covered(session, one, encounter)]


def is_covered(session: Session, row: AssistanceApplication, encounter: Encounter) -> bool:
    """Whether an application reaches a visit."""
    billed = first_billed_on(session, encounter) if row.is_hospital else None
    return covers(reach_of(row), service_date=encounter.service_date, first_billed_on=billed)


def covered_visits(session: Session, row: AssistanceApplication) -> list[Encounter]:
    """Every visit of the account that an application reaches, with or without a share, the oldest first."""
    holder = households.holder_of(session, row.patient_id)
    everybody = {row.patient_id, *households.members(session, holder)}
    query = select(Encounter).where(households.ANSWERING.in_(everybody))
    visits = session.exec(query.order_by(col(Encounter.service_date), Encounter.id)).all()
    return [one for one in visits if is_covered(session, row, one)]


def first_billed_on(session: Session, encounter: Encounter) -> date | None:
    """The day of the first statement on the visit that was not withdrawn; None: there was none."""
    holder = households.holder_of(session, households.answering(encounter))
    letters = session.exec(
        select(Letter).where(
            col(Letter.patient_id).in_({encounter.patient_id, holder}),
            col(Letter.kind).in_(list(Notice)),
            col(Letter.withdrawn_at).is_(None),
            col(Letter.content).contains(encounter.external_id, autoescape=True),
        )
    )
    instants = [
        one.written_at
        for one in letters
        if encounter.external_id in {visit.number for visit in accounts.statement_of(one).visits}
    ]
    for table in (BalanceItem, Placement):
        found = session.exec(select(func.min(table.first_statement_at)).where(table.encounter_id == encounter.id)).one()
        instants += [found] if found is not None else []
    if not instants:
        return None
    return day_of(min(instants), office.zone_of(session, encounter.practice_id))


def shares(session: Session, encounter: Encounter, balances: Balances) -> dict[str | None, int]:
    """What of each line is the patient's: owed, paid, given up and helped with together, in cents."""
    applied = ledger.applied_by_line(session, practice_id=encounter.practice_id, encounter_id=encounter.id)
    lines = dict.fromkeys([*(line for account in _SHARE for line in balances.lines(account)), *applied])
    found = {
        line: sum(balances.line(account, line) for account in _SHARE) + applied.get(line or "", 0) for line in lines
    }
    return {line: cents for line, cents in found.items() if cents > 0}


def standing(session: Session, encounter: Encounter) -> dict[tuple[str, str | None], int]:
    """Cents that were taken off so far, by application and line."""
    rows = session.exec(
        select(Posting.detail, Posting.line_id, func.sum(Posting.amount_cents))
        .where(
            Posting.practice_id == encounter.practice_id,
            Posting.encounter_id == encounter.id,
            Posting.account == Account.ADJUSTMENT_ASSISTANCE,
        )
        .group_by(Posting.detail, col(Posting.line_id))
    )
    return {(application, line): int(cents) for application, line, cents in rows if cents}


# For the proof of the books ------------------------------------------------------------------------------------------


def unfounded(session: Session) -> tuple[int, list[str]]:
    """(how many amounts and open applications were looked at, what does not hold): help that no granted application
    covers, and accounts that are asked, by the office or an agency, while an application is open."""
    waiting = set(session.exec(select(Fact.encounter_id).where(col(Fact.absorbed_at).is_(None))))
    rows = session.exec(
        select(Posting.encounter_id, Posting.detail)
        .where(Posting.account == Account.ADJUSTMENT_ASSISTANCE)
        .group_by(col(Posting.encounter_id), Posting.detail)
        .having(func.sum(Posting.amount_cents) != 0)
    ).all()
    off = [
        f"encounter {encounter_id}"
        for encounter_id, application_id in rows
        if encounter_id not in waiting and not _is_founded(session, encounter_id or "", application_id)
    ]
    opened = session.exec(select(AssistanceApplication).where(col(AssistanceApplication.state).in_(OPEN))).all()
    off += [f"application {one.id}" for one in opened if not _is_left_alone(session, one)]
    return len(rows) + len(opened), off


def _is_founded(session: Session, encounter_id: str, application_id: str) -> bool:
    row = session.get(AssistanceApplication, application_id)
    if row is None or row.state != State.GRANTED or row.decided_by is None:
        return False
    return is_covered(session, row, session.get_one(Encounter, encounter_id))


def _is_left_alone(session: Session, row: AssistanceApplication) -> bool:
    holder = households.holder_of(session, row.patient_id)
    everybody = [row.patient_id, *households.members(session, holder)]
    held = select(AccountHold.id).where(
        col(AccountHold.patient_id).in_({row.patient_id, holder}),
        AccountHold.kind == HoldKind.ASSISTANCE,
        col(AccountHold.ended_at).is_(None),
    )
    asking = (
        select(Placement.id)
        .join(Encounter, col(Encounter.id) == col(Placement.encounter_id))
        .where(households.ANSWERING.in_(everybody), col(Placement.state).in_(_ASKING))
    )
    return session.exec(held).first() is not None and session.exec(asking).first() is None
