"""Applications for help with the bill: received, completed, reminded of, decided by one person or two, and ended.

While one is open nothing is asked of its account, by the office or an agency. The decision is the account's; each visit
posts what it takes off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from activities import assistance_letters, assistance_posting
from activities.account_decisions import wake
from activities.agencies import follow_holds, recall
from activities.messages import Answer
from billing import help_letter_words
from billing.account_holds import HoldKind
from billing.agencies import RecallReason
from billing.assistance import (
    APPLICATION_DAYS,
    MAY_BE_REOPENED,
    Basis,
    Help,
    Per,
    Reason,
    ReasonCode,
    State,
    Takes,
    Way,
    missing_of,
    reminder_on,
)
from billing.assistance_letters import at_stake
from billing.days import noon_of
from billing.money import format_dollars
from billing.policies import Policies
from billing.stages import FactKind
from billing.statement_words import LANGUAGES, Language
from billing.tasks import NewTask, TaskType
from database import (
    account_holds,
    accounts,
    agencies,
    assistance,
    encounters,
    households,
    ledger,
    office,
    records,
    tasks,
    users,
)
from database.columns import new_id
from database.registrations import read_by
from database.tables import AssistanceApplication, Patient, PatientAccount, Task

SUBJECT = "assistance"
"""Of tasks about an application"""
_WHOLE = 100


class CannotApply(ValueError):
    """What is asked for cannot be done with this application: the message says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says who applies; what is not known stays empty."""

    applicant: str = ""
    household_size: int | None = None
    income_cents: int | None = None
    per: Per = Per.YEAR
    insurance: str = ""
    note: str = ""


def receive(
    session: Session, account: PatientAccount, said: Said, *, way: Way, received_on: date, by: str, at: datetime
) -> AssistanceApplication:
    """Somebody applies, or says more while an application is open: there is one at a time. The account is held."""
    row = assistance.open_of(session, account.patient_id)
    if row is None:
        row = AssistanceApplication(
            id=new_id(),
            practice_id=account.practice_id,
            patient_id=account.patient_id,
            state=State.REVIEW,
            received_on=received_on,
            received_at=at,
            received_by=by,
            way=way,
        )
    row.applicant = said.applicant or row.applicant
    row.household_size = said.household_size or row.household_size
    if said.income_cents is not None:
        row.income_cents, row.income_per = said.income_cents, said.per
    row.insurance = said.insurance or row.insurance
    row.said = "\n".join(filter(None, (row.said, said.note)))
    session.add(row)
    session.flush()
    _hold(session, account, row, at=at, by=by)
    missing = missing_of(row.household_size, row.income_cents)
    if missing:
        _ask_for(session, account, row, missing, at=at, by=by)
    else:
        _look_at(session, account, row, "Somebody asks for help with the bill.", at=at)
    return row


def documents_came(session: Session, account: PatientAccount, row: AssistanceApplication, *, at: datetime) -> None:
    """What an incomplete application waited for is there, or a part of it: a person looks. The account is held."""
    if row.state == State.INCOMPLETE and not missing_of(row.household_size, row.income_cents):
        _look_at(session, account, row, "Something came for an incomplete application.", at=at)


def reopen(
    session: Session, account: PatientAccount, row: AssistanceApplication, *, why: str, at: datetime, by: str
) -> None:
    """An appeal, or what was missing came late: it is looked at again. Raises CannotApply."""
    if row.state not in MAY_BE_REOPENED:
        raise CannotApply("only one that was denied or closed is looked at again; otherwise record a new application")
    if assistance.open_of(session, account.patient_id) is not None:
        raise CannotApply("another application of this account is open: decide that one")
    row.why, row.takes, row.value, row.until = "", None, None, None
    row.proposed_by = row.decided_by = row.decided_at = None
    _hold(session, account, row, at=at, by=by)
    _look_at(session, account, row, f"It is looked at again: {why}.", at=at)


def revoke(
    session: Session, account: PatientAccount, row: AssistanceApplication, *, why: str, at: datetime, by: str
) -> None:
    """What was granted by mistake is taken back: each visit owes again what it took off. Raises CannotApply."""
    if row.state != State.GRANTED:
        raise CannotApply("only help that was granted is taken back")
    row.state, row.why = State.REVOKED, why[:500]
    session.add(row)
    session.flush()
    assistance_letters.revoked(session, row, policies=_policies(session, row), at=at, by=by)
    _tell_visits(session, row, f"Help with the bill is taken back: {why}", at=at)
    wake(session, account, at=at)


def look(session: Session, account: PatientAccount, *, at: datetime) -> tuple[datetime | None, list[str]]:
    """Remind of what is missing, and close what nobody answered: (when to look again, what to say)."""
    row = assistance.open_of(session, account.patient_id)
    if row is None or row.state != State.INCOMPLETE or row.answer_by is None or row.asked_on is None:
        return None, []
    policies = _policies(session, row)
    today = policies.day(at)
    if today > row.answer_by:
        _close(session, account, row, Reason(ReasonCode.NOTHING_CAME), at=at, by="office")
        return None, ["An application for help was closed: what was missing did not come"]
    remind = reminder_on(row.asked_on, row.answer_by)
    if row.reminded_at is None and today >= remind:
        row.reminded_at = at
        session.add(row)
        assistance_letters.missing(session, row, policies=policies, at=at, by="office", is_reminder=True)
        return noon_of(row.answer_by + timedelta(days=1), policies.zone), ["A reminder of what an application lacks"]
    coming = row.answer_by + timedelta(days=1) if row.reminded_at is not None else remind
    return noon_of(coming, policies.zone), []


def decide(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime
) -> Answer | None:
    """Carry out one way out of either task about an application; None when done, else why not."""
    row, account = of_task(session, task, at=at)
    if task.type == TaskType.ASSISTANCE_APPROVAL:
        return _second(session, account, row, task, resolution, values, actor_id=actor_id, at=at)
    if row.state != State.REVIEW:
        return _refused("task_not_open", "this application is not open any more; reload the page")
    reason = values.get("reason", "")
    if resolution == "incomplete":
        missing = [line.strip() for line in values["missing"].splitlines() if line.strip()]
        _ask_for(session, account, row, missing, at=at, by=actor_id)
    elif resolution == "withdrawn":
        _close(session, account, row, Reason(ReasonCode.WITHDRAWN, said=reason), at=at, by=actor_id)
    elif resolution == "denied":
        _deny(session, account, row, reason, actor_id=actor_id, at=at)
    else:
        return _propose(session, account, row, resolution, values, actor_id=actor_id, at=at)
    return None


def of_task(session: Session, task: Task, *, at: datetime) -> tuple[AssistanceApplication, PatientAccount]:
    """The application that a task is about, and its account, held."""
    row = session.get_one(AssistanceApplication, task.subject_id)
    account = accounts.lock(session, practice_id=row.practice_id, patient_id=row.patient_id, at=at)
    session.refresh(row)
    return row, account


def cents_now(session: Session, row: AssistanceApplication) -> int:
    """What help would take off the visits that it covers, beyond what was taken off them before."""
    given, total = assistance.help_of(row), 0
    if given is None:
        return 0
    for visit in assistance.covered_visits(session, row):
        balances = ledger.balances(session, practice_id=visit.practice_id, encounter_id=visit.id)
        owned = assistance.shares(session, visit, balances)
        parts = assistance_posting.taken_off(given, owned, visit, agb_basis_points=row.agb_basis_points)
        total += max(0, sum(parts.values()) - sum(assistance.standing(session, visit).values()))
    return total


# One application, step by step --------------------------------------------------------------------------------------


def _hold(session: Session, account: PatientAccount, row: AssistanceApplication, *, at: datetime, by: str) -> None:
    account_holds.begin(
        session,
        practice_id=account.practice_id,
        patient_id=account.patient_id,
        kind=HoldKind.ASSISTANCE,
        reason="an application is open; it ends with the decision",
        until=None,
        at=at,
        by=by,
    )
    follow_holds(session, account, at=at, by=by if by != account_holds.PATIENT else "office")
    wake(session, account, at=at)


def _look_at(
    session: Session, account: PatientAccount, row: AssistanceApplication, words: str, *, at: datetime
) -> None:
    _close_tasks(session, row, at=at)
    assistance_letters.withdraw_missing(session, row, at=at)
    proposal, is_confirmed = assistance.proposal_for(session, row)
    row.state, row.rounds = State.REVIEW, row.rounds + 1
    row.answer_by = row.asked_on = row.reminded_at = None
    session.add(row)
    usual = "granted_otherwise"
    if proposal is None:
        words += " No scale or poverty guideline of that day is known: decide with a reason."
    else:
        words = " ".join((words, *help_letter_words.reasons(proposal.reasons)))
        usual = "granted" if proposal.help else "denied"
        words += "" if is_confirmed else " Nobody of the practice has confirmed the guideline's figures."
    words += _read_in(session, account)
    owed = accounts.owed_by_visit(session, practice_id=account.practice_id, patient_id=account.patient_id)
    new = NewTask(
        TaskType.ASSISTANCE_REVIEW,
        key=str(row.rounds),
        reason=words,
        amount_cents=sum(one.cents for one in owed),
        detail={"patient_id": account.patient_id, "usual": usual},
    )
    tasks.open_task(session, new, practice_id=row.practice_id, subject=SUBJECT, subject_id=row.id, at=at)
    wake(session, account, at=at)


def _read_in(session: Session, account: PatientAccount) -> str:
    """What a person is told who writes something that the patient reads."""
    language = read_by(session.get_one(Patient, account.patient_id))
    told = f" Their letter is in {LANGUAGES[language]}: write what they are to read in {LANGUAGES[language]}."
    return "" if language == Language.ENGLISH else told


def _ask_for(
    session: Session,
    account: PatientAccount,
    row: AssistanceApplication,
    missing: Sequence[str],
    *,
    at: datetime,
    by: str,
) -> None:
    policies = _policies(session, row)
    today = policies.day(at)
    if row.state == State.INCOMPLETE and row.missing == "\n".join(missing):
        return
    row.state, row.missing, row.asked_on, row.reminded_at = State.INCOMPLETE, "\n".join(missing), today, None
    row.answer_by = today + timedelta(days=policies.value("assistance_answer_days", as_of=today))
    session.add(row)
    session.flush()
    assistance_letters.missing(session, row, policies=policies, at=at, by=by)
    wake(session, account, at=at)


def _propose(
    session: Session,
    account: PatientAccount,
    row: AssistanceApplication,
    resolution: str,
    values: dict[str, str],
    *,
    actor_id: str,
    at: datetime,
) -> Answer | None:
    """Grant it, or ask a second person where it is much."""
    proposal, _ = assistance.proposal_for(session, row)
    basis = list(proposal.reasons) if proposal else []
    given = proposal.help if proposal else None
    if resolution == "granted" and given is None:
        return _refused("invalid", "the scale gives no help here: deny it, or grant other help with a reason")
    if resolution == "granted_otherwise":
        text = values["percent"].removesuffix("%").strip()
        if not text.isdecimal() or not 0 < int(text) <= _WHOLE:
            return _refused("invalid", "please correct the form", ("percent", "write a whole number from 1 to 100"))
        given = Help(Takes.PERCENT, int(text))
        basis.append(Reason(ReasonCode.OTHERWISE, said=values["reason"]))
    assert given is not None, "one of both ways was taken"
    policies = _policies(session, row)
    today = policies.day(at)
    _keep_terms(row, given, basis, policies, today, percent=proposal.percent_of_level if proposal else None)
    row.proposed_by = actor_id
    session.add(row)
    session.flush()
    cents, limit = cents_now(session, row), policies.value("assistance_limit_cents", as_of=today)
    is_beyond = resolution == "granted_otherwise"
    if cents <= limit and not is_beyond:
        _grant(session, account, row, cents, actor_id=actor_id, at=at)
        return None
    if users.is_only_approver(session, practice_id=row.practice_id, user_id=actor_id):
        row.is_alone = True
        _grant(session, account, row, cents, actor_id=actor_id, at=at)
        return None
    row.state = State.PROPOSED
    session.add(row)
    why = "beyond the scale, and for shares to come too" if is_beyond else f"more than {format_dollars(limit)}"
    reason = f"{given.words} is proposed. {at_stake(cents)}, {why}. {' '.join(help_letter_words.reasons(basis))}"
    new = NewTask(
        TaskType.ASSISTANCE_APPROVAL,
        key=str(row.rounds),
        reason=reason,
        amount_cents=cents,
        detail={"patient_id": account.patient_id, "proposed_by": actor_id},
    )
    tasks.open_task(session, new, practice_id=row.practice_id, subject=SUBJECT, subject_id=row.id, at=at)
    return None


def _keep_terms(
    row: AssistanceApplication,
    given: Help,
    basis: Sequence[Reason],
    policies: Policies,
    today: date,
    *,
    percent: int | None,
) -> None:
    """How much help, on what and until when, as the policies of today say: later ones change nothing of it."""
    row.takes, row.value, row.percent_of_level = given.takes, given.value, percent
    row.reasons = records.dump(Basis(tuple(basis)))
    row.is_hospital = bool(policies.value("is_501r_hospital", as_of=today))
    row.days_back = policies.value("assistance_reach_days", as_of=today)
    if row.is_hospital:
        row.days_back = max(row.days_back, APPLICATION_DAYS)
    row.agb_basis_points = policies.value("agb_basis_points", as_of=today) if row.is_hospital else 0
    row.until = row.received_on + timedelta(days=policies.value("assistance_period_days", as_of=today))
    row.is_alone = False


def _second(
    session: Session,
    account: PatientAccount,
    row: AssistanceApplication,
    task: Task,
    resolution: str,
    values: dict[str, str],
    *,
    actor_id: str,
    at: datetime,
) -> Answer | None:
    if row.state != State.PROPOSED:
        return _refused("task_not_open", "this application is not open any more; reload the page")
    if resolution == "rejected":
        tasks.close_task(session, task, resolution=resolution, at=at, actor_id=actor_id)
        words = f"A second person did not agree: {values['reason']}."
        _look_at(session, account, row, words, at=at)
        return None
    if row.proposed_by == actor_id:
        if not users.is_only_approver(session, practice_id=row.practice_id, user_id=actor_id):
            return _refused(
                "needs_second_person",
                "this is approved by somebody else than who proposed it; a second supervisor is added under Set-up, "
                "Users",
            )
        row.is_alone = True
    _grant(session, account, row, task.amount_cents, actor_id=actor_id, at=at)
    return None


def _grant(
    session: Session, account: PatientAccount, row: AssistanceApplication, cents: int, *, actor_id: str, at: datetime
) -> None:
    given = assistance.help_of(row)
    assert given is not None, "it was proposed"
    row.state, row.decided_by, row.decided_at = State.GRANTED, actor_id, at
    session.add(row)
    session.flush()
    _end_hold(session, account, row, f"help was granted: {given.words}", at=at, by=actor_id)
    covered = {one.id for one in assistance.covered_visits(session, row)}
    for placement in agencies.open_on(session, households.members(session, account.patient_id)):
        if placement.encounter_id in covered:
            recall(session, placement, RecallReason.ASSISTANCE, words=given.words, actor_id=actor_id, at=at)
    for item in accounts.items(session, account.patient_id):
        if item.encounter_id in covered:
            item.statements, item.first_statement_at, item.final_notice_at = 0, None, None
            item.reviewed_at, item.due_since = None, at
            session.add(item)
    assistance_letters.granted(session, row, given, policies=_policies(session, row), at=at, by=actor_id)
    alone = ", by one person alone, since nobody else may approve" if row.is_alone else ""
    _tell_visits(session, row, f"Help with the bill is granted: {given.words}{alone}", at=at)
    wake(session, account, at=at)


def _deny(
    session: Session, account: PatientAccount, row: AssistanceApplication, reason: str, *, actor_id: str, at: datetime
) -> None:
    proposal, _ = assistance.proposal_for(session, row)
    row.state, row.decided_by, row.decided_at, row.why = State.DENIED, actor_id, at, reason[:500]
    row.percent_of_level = proposal.percent_of_level if proposal else None
    own = [Reason(ReasonCode.OWN_WORDS, said=line) for line in reason.splitlines()]
    row.reasons = records.dump(Basis((*(proposal.reasons if proposal else ()), *own)))
    session.add(row)
    session.flush()
    assistance_letters.denied(session, row, policies=_policies(session, row), at=at, by=actor_id)
    _end_hold(session, account, row, "help was denied", at=at, by=actor_id)
    wake(session, account, at=at)


def _close(
    session: Session, account: PatientAccount, row: AssistanceApplication, why: Reason, *, at: datetime, by: str
) -> None:
    row.state, row.why = State.CLOSED, help_letter_words.reason(why, Language.ENGLISH)[:500]
    session.add(row)
    session.flush()
    _close_tasks(session, row, at=at)
    assistance_letters.closed(session, row, why, policies=_policies(session, row), at=at, by=by)
    _end_hold(session, account, row, "the application was closed", at=at, by=by)
    wake(session, account, at=at)


def _end_hold(
    session: Session, account: PatientAccount, row: AssistanceApplication, why: str, *, at: datetime, by: str
) -> None:
    """The account is asked as before, and a person anew before collections."""
    for holder in {account.patient_id, row.patient_id}:
        for one in account_holds.standing(session, holder):
            if one.kind == HoldKind.ASSISTANCE and one.encounter_id is None:
                account_holds.end(session, one, why=why, at=at, by=by if by != "office" else None)
    for item in accounts.items(session, account.patient_id):
        item.reviewed_at = None
        session.add(item)
    follow_holds(session, account, at=at, by=by)


def _tell_visits(session: Session, row: AssistanceApplication, words: str, *, at: datetime) -> None:
    """Each visit that it covers looks what it takes off now."""
    for visit in assistance.covered_visits(session, row):
        encounters.add_fact(
            session,
            practice_id=row.practice_id,
            encounter_id=visit.id,
            kind=FactKind.ASSISTANCE_DECIDED,
            source_key=f"assistance:{row.id}:{row.rounds}:{row.state}:{visit.id}",
            subject_id=row.id,
            received_at=at,
            body=words[:200],
        )
        encounters.tell(session, visit, words, at=at, actor="staff")


def _close_tasks(session: Session, row: AssistanceApplication, *, at: datetime) -> None:
    for task in tasks.open_tasks(session, practice_id=row.practice_id, subject_id=row.id):
        tasks.close_task(session, task, resolution="no_longer_due", at=at, actor_id=None)
    session.flush()


def _policies(session: Session, row: AssistanceApplication) -> Policies:
    return office.policies_for(session, practice_id=row.practice_id, payer_id=None)


def _refused(code: str, message: str, *faults: tuple[str, str]) -> Answer:
    return Answer(done=False, code=code, message=message, faults=faults)
