"""Patients who came of age: what was answered for until then stays with who answered, and the patient answers since.

The visits before that day are tied to the account of who answered; a guardian who is no patient is kept as one, without
a visit, so that there is an account. The patient's own account begins with the first visit after it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.account_holds import HoldKind
from billing.consents import Guarantor, GuarantorIs
from billing.days import noon_of
from billing.instalments import PlanState
from billing.majority import of_age_on, youngest_of_age
from billing.patients import registration_of
from billing.stages import Stage
from billing.tasks import TaskType
from database import (
    account_holds,
    accounts,
    consents,
    guarantors,
    households,
    instalments,
    kept_cards,
    merges,
    office,
    records,
    registrations,
    tasks,
)
from database.appointments import Coming
from database.tables import (
    AccountHold,
    AccountReceipt,
    Appointment,
    AssistanceApplication,
    CameOfAge,
    Checkout,
    Encounter,
    InstalmentPlan,
    Letter,
    Patient,
    PayLink,
)

NOT_NAMED = "the patient was under age, and nobody is named who answered for this visit"
"""Why a visit is not asked for: by it the hold is found again"""
ASKED = "a person is asked who answers for this visit"
"""The same of who may have been named when the patient was of age"""
LONG_AFTER = timedelta(days=365)
"""So long after the birthday it is not taken for granted that who answers was named before it"""
AS_BEFORE = "as_before"
"""The decision that who answered goes on answering"""
OF_THE_ACCOUNT: tuple[type[Any], ...] = (AccountHold, AccountReceipt, Checkout, InstalmentPlan, Letter, PayLink)
"""Rows that name an account by who holds it"""
SAID = "said"
"""The decision of who wrote down who answers without being asked"""


def of_visit(session: Session, encounter: Encounter, *, at: datetime) -> CameOfAge | None:
    """See to who answers for a visit that was just registered; the patient's row when this visit is the first after
    the patient came of age, or one of before for which nobody is named, else None."""
    patient = session.get_one(Patient, encounter.patient_id)
    row = session.get(CameOfAge, patient.id)
    since = row.majority_on if row is not None else of_age_on(registrations.of_row(patient).person)
    if since is None:
        return None
    is_before = encounter.service_date < since
    if row is None and (is_before or not _is_to_be_asked(session, patient, since)):
        return None
    if row is not None and row.parted_at is not None and not is_before:
        return None
    patient = lock(session, practice_id=patient.practice_id, patient_id=patient.id)
    row = known(session, patient, since)
    if row is None or is_before != (row.parted_at is not None):
        return None
    if is_before:
        return _keep_before(session, patient, row, encounter, at=at)
    if row.decision is None and _may_be_of_an_adult(session, row, at=at):
        _hold(session, patient, [encounter.id], reason=ASKED, at=at)
    else:
        _part(session, patient, row, at=at)
    return row


def lock(session: Session, *, practice_id: str, patient_id: str) -> Patient:
    """The patient behind their visits, as merges lock them, until the transaction ends; raises as registrations do."""
    session.flush()
    merges.hold_visits(session, patient_id)
    return registrations.lock(session, practice_id=practice_id, patient_id=patient_id)


def known(session: Session, patient: Patient, since: date) -> CameOfAge | None:
    """The row of a patient for whom somebody answered under age, begun where there is none; None where nobody did, or
    a person said who does since the patient is of age. The patient is locked where a visit is registered."""
    row = session.get(CameOfAge, patient.id, populate_existing=True)
    if row is not None or not _is_to_be_asked(session, patient, since):
        return row
    row = CameOfAge(
        patient_id=patient.id, practice_id=patient.practice_id, majority_on=since, guarantor=patient.guarantor
    )
    session.add(row)
    session.flush()
    return row


def note_said(session: Session, patient: Patient, *, at: datetime, by: str) -> CameOfAge | None:
    """A person is about to write down who answers for a patient who is of age: what was answered for before stays where
    it is, and nobody is asked. None: under age still. The patient is locked."""
    since = of_age_on(registrations.of_row(patient).person)
    if since is None or _today(session, patient.practice_id, at) < since:
        return None
    row = known(session, patient, since)
    if row is None:
        row = CameOfAge(patient_id=patient.id, practice_id=patient.practice_id, majority_on=since, parted_at=at)
    else:
        _answered(session, patient, row, at=at, by=by)
    if (
        row.parted_at is None
        and _may_be_of_an_adult(session, row, at=at)
        and not _unpaid_before(session, patient, since)
    ):
        row.parted_at = at
    elif row.parted_at is None:
        _part(session, patient, row, at=at)
    row.decision, row.decided_at, row.decided_by = row.decision or SAID, row.decided_at or at, row.decided_by or by
    session.add(row)
    session.flush()
    return row


def decide(
    session: Session, row: CameOfAge, decision: str, later: Guarantor | None, *, at: datetime, by: str
) -> Patient:
    """Who answers for later visits, as a person says. Before the first of them it is kept until then; a visit that
    waits for the answer is the first. The patient is locked."""
    patient = session.get_one(Patient, row.patient_id)
    row.decision, row.decided_at, row.decided_by = decision, at, by
    row.later_guarantor = None if later is None else records.dump(later)
    session.add(row)
    if _answered(session, patient, row, at=at, by=by) and row.parted_at is None:
        _part(session, patient, row, at=at)
    elif row.parted_at is not None and consents.keep_guarantor(session, patient, later):
        guarantors.regroup(session, patient, at=at)
    session.flush()
    return patient


def name_guardian(session: Session, row: CameOfAge, guarantor: Guarantor, *, at: datetime, by: str) -> None:
    """Who answered for the visits before is known now: they are asked for there. The patient is locked."""
    patient = session.get_one(Patient, row.patient_id)
    row.guarantor = records.dump(guarantor)
    session.add(row)
    guardian, _ = _guardian(session, patient, row, at=at)
    _tie(session, patient, row, guardian)
    guarantors.bring_items(session, session.get_one(Patient, guardian), at=at)
    for hold in _held(session, row, NOT_NAMED):
        account_holds.end(session, hold, why="it is known who answered", at=at, by=by)
    for one in (guardian, patient.id):
        households.wake(session, practice_id=patient.practice_id, patient_id=one, at=at)


def is_unnamed(session: Session, row: CameOfAge) -> bool:
    """Whether visits are asked of nobody as long as nobody is named who answered for them."""
    return row.guarantor is None and bool(_held(session, row, NOT_NAMED))


def is_waiting(session: Session, row: CameOfAge) -> bool:
    """Whether later visits are asked of nobody as long as no person says who answers."""
    return bool(_held(session, row, ASKED))


def coming(session: Session, *, practice_id: str, today: date, until: date) -> Sequence[tuple[Patient, date]]:
    """(patient, day of coming of age) of those for whom somebody answers, who come of age by `until` at the latest, and
    who have a visit booked on that day or later."""
    query = (
        select(Patient, col(Appointment.day))
        .join(Appointment, col(Appointment.patient_id) == col(Patient.id))
        .join(CameOfAge, col(CameOfAge.patient_id) == col(Patient.id), isouter=True)
        .where(
            Patient.practice_id == practice_id,
            col(Patient.birth_date) <= youngest_of_age(until),
            col(CameOfAge.decision).is_(None),
            col(Patient.guarantor).is_not(None),
            Appointment.state == Coming.BOOKED,
            Appointment.day >= today,
        )
        .order_by(col(Patient.id), col(Appointment.day))
    )
    found: dict[str, tuple[Patient, date]] = {}
    for patient, day in session.exec(query):
        since = of_age_on(registrations.of_row(patient).person)
        if since is not None and since <= min(day, until):
            found[patient.id] = (patient, since)
    return list(found.values())


def _is_to_be_asked(session: Session, patient: Patient, since: date) -> bool:
    guarantor = consents.guarantor_of(patient)
    if guarantor is None:
        return bool(_unpaid_before(session, patient, since))
    return guarantor.relationship != GuarantorIs.SPOUSE and _was_known_before(session, patient, since)


def _may_be_of_an_adult(session: Session, row: CameOfAge, *, at: datetime) -> bool:
    """Whether who answers may have been named when the patient was of age already: nobody kept when it was."""
    return row.guarantor is not None and _today(session, row.practice_id, at) > row.majority_on + LONG_AFTER


def _today(session: Session, practice_id: str, at: datetime) -> date:
    return office.policies_for(session, practice_id=practice_id, payer_id=None).day(at)


def _keep_before(
    session: Session, patient: Patient, row: CameOfAge, encounter: Encounter, *, at: datetime
) -> CameOfAge | None:
    """A visit of before that is entered late is the guardian's; nobody is asked for it where nobody is named."""
    if row.guarantor is None:
        _hold(session, patient, [encounter.id], reason=NOT_NAMED, at=at)
        return row
    encounter.responsible_id, _ = _guardian(session, patient, row, at=at)
    session.add(encounter)
    session.flush()
    return None


def _was_known_before(session: Session, patient: Patient, since: date) -> bool:
    zone = office.zone_of(session, patient.practice_id)
    if patient.created_at < noon_of(since, zone):
        return True
    return session.exec(_before(patient.id, since).limit(1)).first() is not None


def _before(patient_id: str, since: date) -> SelectOfScalar[str]:
    return select(Encounter.id).where(Encounter.patient_id == patient_id, Encounter.service_date < since)


def _held(session: Session, row: CameOfAge, reason: str) -> Sequence[AccountHold]:
    """Standing holds of the patient's visits that were begun here."""
    visits = select(Encounter.id).where(Encounter.patient_id == row.patient_id)
    query = select(AccountHold).where(
        AccountHold.practice_id == row.practice_id,
        AccountHold.reason == reason,
        col(AccountHold.ended_at).is_(None),
        col(AccountHold.encounter_id).in_(visits),
    )
    return session.exec(query.order_by(col(AccountHold.begun_at), AccountHold.id)).all()


def _unpaid_before(session: Session, patient: Patient, since: date) -> list[str]:
    """Visits of that time that are not settled."""
    query = _before(patient.id, since).where(Encounter.stage != Stage.CLOSED, col(Encounter.is_void).is_(False))
    return list(session.exec(query.order_by(Encounter.id)))


def _part(session: Session, patient: Patient, row: CameOfAge, *, at: datetime) -> None:
    """The visits before stay with who answered; the patient answers, or whom a person named meanwhile."""
    row.parted_at = at
    row.guarantor = row.guarantor or patient.guarantor
    session.add(row)
    if row.decision == AS_BEFORE and _may_be_of_an_adult(session, row, at=at):
        return
    if row.guarantor is None:
        _hold(session, patient, _unpaid_before(session, patient, row.majority_on), reason=NOT_NAMED, at=at)
        return
    held_own = patient.account_id is None
    guardian, is_new = _guardian(session, patient, row, at=at)
    _tie(session, patient, row, guardian)
    later = records.load(Guarantor, row.later_guarantor) if row.later_guarantor else None
    consents.keep_guarantor(session, patient, later)
    _hand_over(session, patient, row, guardian, at=at)
    if held_own:
        _hand_on(session, patient, row, households.holder_of(session, guardian), is_new=is_new, at=at)
    guarantors.bring_items(session, session.get_one(Patient, guardian), at=at)
    households.wake(session, practice_id=patient.practice_id, patient_id=guardian, at=at)


def _hold(session: Session, patient: Patient, visits: Sequence[str], *, reason: str, at: datetime) -> None:
    """Nobody is asked for these visits until a person says who answers."""
    account = accounts.lock(session, practice_id=patient.practice_id, patient_id=patient.id, at=at)
    for encounter_id in visits:
        account_holds.begin(
            session,
            practice_id=patient.practice_id,
            patient_id=account.patient_id,
            kind=HoldKind.OTHER,
            encounter_id=encounter_id,
            reason=reason,
            until=None,
            at=at,
            by="office",
        )


def _answered(session: Session, patient: Patient, row: CameOfAge, *, at: datetime, by: str) -> bool:
    """Whether visits waited for the answer, which is here."""
    waited = _held(session, row, ASKED)
    for hold in waited:
        account_holds.end(session, hold, why="it is known who answers", at=at, by=by)
    if waited:
        households.wake(session, practice_id=row.practice_id, patient_id=patient.id, at=at)
    return bool(waited)


def _guardian(session: Session, patient: Patient, row: CameOfAge, *, at: datetime) -> tuple[str, bool]:
    """(who answered, as a patient, whether they are kept as one only from now on)."""
    tied = select(Encounter.responsible_id).where(
        Encounter.patient_id == patient.id, col(Encounter.responsible_id).is_not(None)
    )
    known = session.exec(tied.order_by(col(Encounter.created_at).desc(), Encounter.id).limit(1)).first()
    if known is not None:
        return known, False
    guarantor = records.load(Guarantor, row.guarantor or "")
    found = guarantors.kept_as(session, patient, guarantor.person)
    found = found or guarantors.patient_like(session, patient, guarantor.person)
    if found is not None:
        return found.id, False
    child = registrations.of_row(patient)
    told = replace(
        registration_of(guarantor.person),
        address=guarantor.person.address or child.address,
        telephone=guarantor.telephone,
        language=child.language,
    )
    kept = registrations.register(session, told, practice_id=patient.practice_id, at=at)
    kept.guarantor_key = households.key_of(guarantor.person)
    session.add(kept)
    session.flush()
    return kept.id, True


def _tie(session: Session, patient: Patient, row: CameOfAge, guardian: str) -> None:
    """The visits before are the guardian's, and so is the help with them that was asked for."""
    visits = select(Encounter).where(
        Encounter.patient_id == patient.id,
        Encounter.service_date < row.majority_on,
        col(Encounter.responsible_id).is_(None),
    )
    for visit in session.exec(visits).all():
        visit.responsible_id = guardian
        session.add(visit)
    asked = select(AssistanceApplication).where(
        AssistanceApplication.patient_id == patient.id, AssistanceApplication.received_on < row.majority_on
    )
    for application in session.exec(asked).all():
        application.patient_id = guardian
        session.add(application)
    session.flush()


def _hand_over(session: Session, patient: Patient, row: CameOfAge, guardian: str, *, at: datetime) -> None:
    """The patient stands alone, or with who answers since; brothers and sisters stand with the guardian."""
    guarantors.regroup(session, patient, at=at)
    session.flush()
    person = records.load(Guarantor, row.guarantor or "").person
    for other in guarantors.answered_for(session, person, but=patient):
        if other != guardian:
            locked = registrations.lock(session, practice_id=patient.practice_id, patient_id=other)
            guarantors.regroup(session, locked, at=at)


def _hand_on(session: Session, patient: Patient, came: CameOfAge, holder: str, *, is_new: bool, at: datetime) -> None:
    """All that was said and sent on the patient's account was the guardian's. Whoever has a link to it sees the
    guardian's account and not the patient's new one; one that held more before (`is_new` says it did not) is shown to
    nobody by it."""
    own = accounts.lock_own(session, practice_id=patient.practice_id, patient_id=patient.id, at=at)
    theirs = accounts.lock_own(session, practice_id=patient.practice_id, patient_id=holder, at=at)
    if own.paused_until is not None:
        theirs.paused_until = max(own.paused_until, theirs.paused_until or own.paused_until)
        theirs.pause_reason = theirs.pause_reason or own.pause_reason
        own.paused_until = own.pause_reason = None
    if own.last_paper_at is not None:
        theirs.last_paper_at = max(own.last_paper_at, theirs.last_paper_at or own.last_paper_at)
        own.last_paper_at = None
    session.add(theirs)
    session.add(own)
    if not is_new:
        guarantors.end_links(session, own.patient_id, at=at)
    _end_plan(session, patient, came, holder, at=at)
    for table in OF_THE_ACCOUNT:
        for row in session.exec(select(table).where(table.patient_id == own.patient_id)).all():
            row.patient_id = holder
            session.add(row)
    for task in tasks.open_tasks(session, practice_id=own.practice_id, subject_id=own.patient_id):
        if task.subject == "account" and task.type != TaskType.WHO_ANSWERS:
            task.subject_id = holder
            session.add(task)
    session.flush()


def _end_plan(session: Session, patient: Patient, came: CameOfAge, holder: str, *, at: datetime) -> None:
    """An agreement holds on at most where its visits go, and where none holds yet."""
    plan = instalments.active(session, patient.id)
    if plan is None:
        return
    before = set(session.exec(_before(patient.id, came.majority_on)))
    if set(instalments.visits_of(plan)) <= before and instalments.active(session, holder) is None:
        return
    plan.state, plan.ended_at, plan.why = PlanState.ENDED, at, "its visits stand on another account now; agree anew"
    session.add(plan)
    kept_cards.end_all(session, plan.id, by=kept_cards.OFFICE, why="the plan has ended", at=at)
    session.flush()
