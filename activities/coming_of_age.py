"""Who answers for a patient who comes of age: seen to when a visit is registered, and asked of a person."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from activities.messages import Answer
from billing.claim import Address, Name, Person
from billing.consents import Guarantor, GuarantorIs
from billing.patients import telephone_digits
from billing.tasks import NewTask, TaskType
from database import accounts, guarantor_patients, households, majority, office, records, tasks
from database.majority import SAID
from database.tables import CameOfAge, Encounter, Patient, Task

RELATIONS = ", ".join(GuarantorIs)
STILL_TO_NAME = (
    "Kept for later visits. The visits before are asked of nobody: name who answered for them, or end their holds on "
    "the account's page; the question stays open until then."
)


def register(session: Session, encounter: Encounter, *, at: datetime) -> None:
    """A visit was just opened: see to who answers for it, and ask about the first of somebody who came of age. Those
    for whom a new patient answers come to the patient's account."""
    guarantor_patients.recognise(session, at=at)
    row = majority.of_visit(session, encounter, at=at)
    if row is None:
        return
    if row.decision is None:
        _ask(session, row, f"has a visit on {encounter.service_date}", at=at)
    elif majority.is_unnamed(session, row):
        _ask_who_answered(session, row, cause=encounter.id, at=at)


def look(session: Session, *, at: datetime) -> int:
    """Ask in time about those who have a visit booked after they come of age; gives how many were asked about."""
    opened = 0
    for practice in office.practices(session):
        policies = office.policies_for(session, practice_id=practice.id, payer_id=None)
        today = policies.day(at)
        days = policies.value("coming_of_age_days", as_of=today)
        if not days:
            continue
        until = today + timedelta(days=days)
        for patient, since in majority.coming(session, practice_id=practice.id, today=today, until=until):
            row = majority.known(session, patient, since)
            if row is not None and row.decision is None:
                opened += _ask(session, row, "has a visit booked on that day or later", at=at)
    return opened


def said(session: Session, patient: Patient, *, at: datetime, by: str) -> None:
    """A person is about to write down who answers for the patient, who is locked: nobody is asked any more, unless it
    is still to be named who answered before."""
    row = majority.note_said(session, patient, at=at, by=by)
    if row is None:
        return
    if majority.is_unnamed(session, row):
        _ask_who_answered(session, row, cause=SAID, at=at)
        return
    for task in _open(session, row):
        tasks.close_task(session, task, resolution=SAID, at=at, actor_id=by)


def decide(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime
) -> Answer | None:
    """Carry out one way out of `who_answers`; None when the question is answered, else why it stays open. Naming who
    answered before leaves what was decided for later visits. The patient is locked."""
    row = session.get_one(CameOfAge, task.subject_id)
    later: Guarantor | None = None
    if resolution == "as_before":
        if row.guarantor is None:
            message = "nobody is named who answered before: name somebody, or choose another way out"
            return Answer(done=False, code="not_possible", message=message)
        later = records.load(Guarantor, row.guarantor)
    elif resolution in {"other", "name_guardian"}:
        faults = _faults(values)
        if faults:
            return Answer(done=False, code="invalid", message="please correct the form", faults=faults)
        named = _guarantor(values)
        if resolution == "name_guardian":
            if row.guarantor is not None:
                message = "it is known who answered before: it stands on the patient's coverage page"
                return Answer(done=False, code="not_possible", message=message)
            majority.name_guardian(session, row, named, at=at, by=actor_id)
            if row.decision is not None:
                return None
        else:
            later = named
    patient = majority.decide(session, row, resolution, later, at=at, by=actor_id)
    households.wake(session, practice_id=patient.practice_id, patient_id=patient.id, at=at)
    if majority.is_unnamed(session, row):
        return Answer(done=True, code="kept", message=STILL_TO_NAME)
    return None


def hold(session: Session, task: Task, *, at: datetime) -> None:
    """The patient behind their visits first, as who changes a guarantor does; then the account."""
    majority.lock(session, practice_id=task.practice_id, patient_id=task.subject_id)
    accounts.lock(session, practice_id=task.practice_id, patient_id=task.subject_id, at=at)


def _ask(session: Session, row: CameOfAge, why: str, *, at: datetime) -> bool:
    before = "who answered until then goes on owing the visits before"
    if row.guarantor is None:
        before = "nobody is named who answered until then, and the visits before are asked of nobody"
    since = "From that day on the patient answers for it, unless you say otherwise"
    if majority.is_waiting(session, row):
        since = "Who answers may have been named since that day: nobody is asked for it until you say who does"
    reason = f"The patient comes of age on {row.majority_on} and {why}. {since}; {before}."
    new = NewTask(TaskType.WHO_ANSWERS, key="", reason=reason)
    subject = {"subject": "account", "subject_id": row.patient_id}
    return tasks.open_task(session, new, practice_id=row.practice_id, at=at, **subject) is not None


def _ask_who_answered(session: Session, row: CameOfAge, *, cause: str, at: datetime) -> None:
    """Where nobody is asked about the patient already. `cause`: asked about once."""
    if _open(session, row):
        return
    reason = (
        f"The patient came of age on {row.majority_on}, and nobody is named who answered until then. The visits before "
        "are asked of nobody until you name who did, or end their holds on the account's page."
    )
    new = NewTask(TaskType.WHO_ANSWERS, key=cause, reason=reason)
    tasks.open_task(session, new, practice_id=row.practice_id, subject="account", subject_id=row.patient_id, at=at)


def _open(session: Session, row: CameOfAge) -> list[Task]:
    found = tasks.open_tasks(session, practice_id=row.practice_id, subject_id=row.patient_id)
    return [one for one in found if one.type == TaskType.WHO_ANSWERS]


def _faults(values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    faults = []
    if values["relationship"].lower() not in set(GuarantorIs):
        faults.append(("relationship", f"Relationship: write one of {RELATIONS}"))
    state = values.get("state", "")
    if state and (len(state) != 2 or not state.isalpha()):
        faults.append(("state", "State: two letters, such as OH"))
    where = [bool(values.get(name)) for name in ("street", "city", "state", "postal_code")]
    if any(where) and not all(where):
        faults.append(("street", "Street, city, state and postal code: fill in all of them, or none"))
    if values.get("telephone") and telephone_digits(values["telephone"]) is None:
        faults.append(("telephone", "Telephone: ten digits"))
    return tuple(faults)


def _guarantor(values: dict[str, str]) -> Guarantor:
    born = values.get("birth_date")
    home = None
    if values.get("street"):
        postal_code = "".join(one for one in values["postal_code"] if one.isdigit())
        home = Address(values["street"], values["city"], values["state"].upper(), postal_code)
    person = Person(
        Name(values["last_name"], values.get("first_name") or None),
        date.fromisoformat(born) if born else None,
        address=home,
    )
    telephone = telephone_digits(values.get("telephone", ""))
    return Guarantor(person, GuarantorIs(values["relationship"].lower()), telephone)
