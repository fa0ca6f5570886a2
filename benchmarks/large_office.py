"""A practice of many visits, written straight into the tables: copies of one real visit under other names and days.

Every visit has its claim, its charge in the ledger and a finished task; one in fifty has an open task. Patients have
three visits each. What lists and searches read is there in the amounts that years of work leave.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from activities.intake import import_file
from benchmarks.bench_office import add_partner
from billing.ledger import Account, EntryKind
from billing.roles import Role
from billing.stages import Stage
from billing.submission import SubmissionState
from billing.tasks import KINDS, TaskType
from database import access, office
from database.access import Person
from database.engine import Database
from database.tables import Encounter, Journal, Patient, Posting, Submission, Task
from simulator import clinic

NOW = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
CHUNK = 5_000
VISITS_OF_A_PATIENT = 3
OPEN_OF = 50
"""One visit in so many has an open task"""
YEARS = 5
TYPES = (TaskType.CODE_REVIEW, TaskType.CLAIM_EDIT_FAILED, TaskType.NO_RESPONSE, TaskType.DENIAL_REVIEW)
NAMES = 20_000
"""Different last names"""
BIG = ("patient", "encounter", "submission", "journal", "posting", "task")
"""The tables that grow with the visits"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LargeOffice:
    """Where what is looked for lies: one visit in the middle of all."""

    person: Person
    """A supervisor"""
    last_name: str
    birth_date: str
    external_id: str
    control_number: str
    amount: str
    visit_id: str
    open_tasks: int


def build(database: Database, visits: int) -> LargeOffice:
    """Fill an empty, migrated database."""
    person, templates = _first_visit(database)
    with database.writing() as session:
        for table, rows in (
            (Patient, _patients(templates, visits)),
            (Encounter, _encounters(templates, visits)),
            (Submission, _submissions(templates, visits)),
            (Journal, _journals(person.practice_id, visits)),
            (Posting, _postings(person.practice_id, visits)),
            (Task, _tasks(person, visits)),
        ):
            for chunk in _chunks(rows):
                session.execute(sa.insert(table), chunk)
        session.execute(sa.text("ANALYZE"))
    middle = visits // 2
    return LargeOffice(
        person,
        last_name=_name(middle // VISITS_OF_A_PATIENT),
        birth_date=_born(middle // VISITS_OF_A_PATIENT).strftime("%m/%d/%Y"),
        external_id=f"VISIT{middle}",
        control_number=f"CLAIM{middle}",
        amount=f"${_cents(middle) / 100:.2f}",
        visit_id=_id("e", middle),
        open_tasks=len(range(0, visits, OPEN_OF)),
    )


def _first_visit(database: Database) -> tuple[Person, dict[str, Row]]:
    """A practice with its staff and one visit, taken in as any; the rows that are copied."""
    with database.writing() as session:
        practice_id = office.add_practice(session, name="Bench clinic", at=NOW).id
        tokens = access.install_staff(session, practice_id=practice_id, prefix="bench", at=NOW)
        person = access.person_of_token(session, tokens[Role.SUPERVISOR], at=NOW)
        partner_id = add_partner(session)
    body = clinic.file_of(clinic.clean_visits(1, seed=7, today=NOW.date()), number=7, at=NOW)
    import_file(database, body, practice_id=practice_id, partner_id=partner_id, at=NOW)
    assert person is not None, "the staff were installed"
    with database.reading() as session:
        [visit] = session.exec(select(Encounter)).all()
        templates = {
            "patient": session.get_one(Patient, visit.patient_id).model_dump(),
            "encounter": visit.model_dump(),
            "submission": {"payer_id": visit.payer_id, "partner_id": partner_id, "claim": visit.record},
        }
    return person, templates


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _id(kind: str, number: int) -> str:
    """As long and as scattered as a real one."""
    return f"{kind}{number * 2_654_435_761 % 2**32:010d}{number:09d}"


def _name(number: int) -> str:
    return f"LAST{number * 7_919 % NAMES:05d}"


def _born(number: int) -> datetime:
    return datetime(1940, 1, 1, tzinfo=UTC) + timedelta(days=number * 31 % 25_000)


def _cents(number: int) -> int:
    return 5_000 + number * 37 % 90_000


def _at(number: int, visits: int) -> datetime:
    """Spread over the years before now, the last one just now."""
    return NOW - timedelta(minutes=(visits - number) * (YEARS * 525_600 // visits))


def _patients(templates: dict[str, Row], visits: int) -> Iterator[Row]:
    for number in range(-(-visits // VISITS_OF_A_PATIENT)):
        yield templates["patient"] | {
            "id": _id("p", number),
            "identity_key": f"{number:064d}",
            "last_name": _name(number),
            "birth_date": _born(number).date(),
            "created_at": NOW,
        }


def _encounters(templates: dict[str, Row], visits: int) -> Iterator[Row]:
    for number in range(visits):
        at = _at(number, visits)
        yield templates["encounter"] | {
            "id": _id("e", number),
            "patient_id": _id("p", number // VISITS_OF_A_PATIENT),
            "intake_key": f"{number:064d}",
            "external_id": f"VISIT{number}",
            "service_date": at.date(),
            "stage": Stage.ADJUDICATION if number % OPEN_OF == 0 else Stage.CLOSED,
            "charge_cents": _cents(number),
            "created_at": at,
            "touched_at": at,
            "closed_at": None if number % OPEN_OF == 0 else at,
        }


def _submissions(templates: dict[str, Row], visits: int) -> Iterator[Row]:
    for number in range(visits):
        yield templates["submission"] | {
            "control_number": f"CLAIM{number}",
            "practice_id": templates["encounter"]["practice_id"],
            "encounter_id": _id("e", number),
            "ordinal": 1,
            "state": SubmissionState.ADJUDICATED,
            "ready_at": _at(number, visits),
            "payer_claim_number": f"ICN{number}",
        }


def _journals(practice_id: str, visits: int) -> Iterator[Row]:
    for number in range(visits):
        at = _at(number, visits)
        yield {
            "number": number + 1_000_000_000,
            "practice_id": practice_id,
            "encounter_id": _id("e", number),
            "kind": EntryKind.CHARGE if number % 2 else EntryKind.PATIENT_PAYMENT,
            "source_key": f"bench:{number}",
            "posted_on": at.date(),
            "recorded_at": at,
            "actor": "office",
        }


def _postings(practice_id: str, visits: int) -> Iterator[Row]:
    for number in range(visits):
        accounts = (Account.AR_PATIENT, Account.REVENUE) if number % 2 else (Account.UNDEPOSITED, Account.AR_PATIENT)
        for account, sign in zip(accounts, (1, -1), strict=True):
            yield {
                "journal_number": number + 1_000_000_000,
                "practice_id": practice_id,
                "encounter_id": _id("e", number),
                "account": account,
                "detail": "",
                "amount_cents": sign * _cents(number),
            }


def _tasks(person: Person, visits: int) -> Iterator[Row]:
    for number in range(visits):
        kind = TYPES[number // OPEN_OF % len(TYPES)]
        is_open = number % OPEN_OF == 0
        at = _at(number, visits)
        yield {
            "id": _id("t", number),
            "practice_id": person.practice_id,
            "type": kind,
            "role": KINDS[kind].role,
            "assignee_id": person.user_id if is_open and number % (7 * OPEN_OF) == 0 else None,
            "subject": "encounter",
            "subject_id": _id("e", number),
            "opening_key": f"bench:{number}",
            "amount_cents": _cents(number),
            "opened_at": at,
            "due_at": NOW + timedelta(hours=number % 2_000 - 600),
            "escalation": 0,
            "reason": "A reason of some length, as tasks have it",
            "detail": "",
            "state": "open" if is_open else "closed",
            "resolution": None if is_open else "done",
            "closed_at": None if is_open else at,
            "closed_by": None if is_open else person.user_id,
        }
