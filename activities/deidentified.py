"""A practice's visits, lines and money for analysis, without the eighteen identifiers (45 CFR 164.514(b)(2)).

Rows have random numbers that are made for this one export and kept nowhere. Dates are years. What is written of a
visit is said by `billing.deidentified`; nothing that was typed as free text is read at all.
"""

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import BinaryIO

from sqlmodel import Session, col, select

from billing import deidentified as rules
from billing.claim import Claim
from billing.csv_file import lines_of
from billing.days import day_of
from billing.ledger import Account
from billing.money import format_dollars
from database import audit, encounters, office
from database.columns import new_id
from database.engine import Database
from database.tables import Encounter, Journal, Line, Posting

VISITS = (
    "visit",
    "patient",
    "year",
    "age",
    "sex",
    "zip3",
    "payer_class",
    "place_of_service",
    "diagnoses",
    "charge",
    "payer_owes",
    "patient_owes",
    "days_to_zero",
)
LINES = ("visit", "line", "year", "procedure", "modifiers", "units", "charge", "diagnoses")
MONEY = ("visit", "line", "year", "entry", "account", "group", "reason", "amount")
BATCH = 200
README = """Visits, lines and money of one practice without the identifiers of 45 CFR 164.514(b)(2)(i).

visits.csv   one row for each visit; days_to_zero: from service until nothing was owed, empty while something is
lines.csv    one row for each service
money.csv    the ledger of the visits, summed by line, year, kind of entry, account, group and CARC; debits above zero

Numbers of rows hold within this file alone. A row that only one person can be may still tell who it is: before a table
made of this leaves the practice, join rows until each cell stands for at least eleven people.
"""


@dataclass(slots=True)
class _Numbers:
    """Random numbers of rows, forgotten when the export is written."""

    given: dict[str, str] = field(default_factory=dict)

    def of(self, id_: str) -> str:
        return self.given.setdefault(id_, new_id())


def export(database: Database, into: BinaryIO, *, practice_id: str, at: datetime, by: str) -> dict[str, int]:
    """Write the ZIP into an empty file, and write down who took it: name of each file -> its rows."""
    with database.reading() as session, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        zone = office.zone_of(session, practice_id)
        numbers = _Numbers()
        tables = {
            "visits.csv": (VISITS, _visits(session, practice_id, numbers, zone)),
            "lines.csv": (LINES, _lines(session, practice_id, numbers)),
            "money.csv": (MONEY, _money(session, practice_id, numbers)),
        }
        counts = {name: _put(archive, name, columns, rows) for name, (columns, rows) in tables.items()}
        archive.writestr(zipfile.ZipInfo("README.txt"), README)
    with database.writing() as session:
        audit.record(
            session,
            practice_id=practice_id,
            at=at,
            actor_id=by,
            action="export_deidentified",
            subject="practice",
            subject_id=practice_id,
            reason=", ".join(f"{count} rows in {name}" for name, count in counts.items()),
        )
    return counts


def _put(archive: zipfile.ZipFile, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    count = -1  # the header is none
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as file:
        for line in lines_of(columns, rows):
            file.write(line.encode())
            count += 1
    return count


def _all(session: Session, practice_id: str) -> Iterator[Encounter]:
    """In the order of their ids, which are random."""
    wanted = select(Encounter).where(Encounter.practice_id == practice_id).order_by(Encounter.id)
    for row in session.exec(wanted, execution_options={"yield_per": BATCH}):
        yield row
        session.expunge(row)


def _visits(session: Session, practice_id: str, numbers: _Numbers, zone: tzinfo) -> Iterator[list[str]]:
    for row in _all(session, practice_id):
        claim = encounters.claim_of(row)
        owed = _owed(session, row.id)
        closed = row.closed_at
        yield [
            numbers.of(row.id),
            numbers.of(row.patient_id),
            str(row.service_date.year),
            rules.age_class(claim.patient.birth_date, row.service_date),
            claim.patient.sex or "",
            rules.area_of(claim),
            rules.payer_class(claim.coverage.filing_indicator, is_self_pay=row.is_self_pay),
            rules.place_of(claim.place_of_service),
            rules.diagnoses_of(claim.diagnoses),
            _dollars(row.charge_cents),
            _dollars(owed[Account.AR_INSURANCE]),
            _dollars(owed[Account.AR_PATIENT]),
            "" if closed is None else str((day_of(closed, zone) - row.service_date).days),
        ]


def _owed(session: Session, encounter_id: str) -> Counter[str]:
    owed = Counter[str]()
    for account, cents in session.exec(
        select(Posting.account, Posting.amount_cents).where(Posting.encounter_id == encounter_id)
    ):
        owed[account] += cents
    return owed


def _lines(session: Session, practice_id: str, numbers: _Numbers) -> Iterator[list[str]]:
    for row in _all(session, practice_id):
        claim = encounters.claim_of(row)
        for ordinal, line in enumerate(claim.lines, start=1):
            yield [
                numbers.of(row.id),
                str(ordinal),
                str(line.service_date.year),
                rules.procedure_of(line),
                rules.modifiers_of(line),
                f"{line.units.normalize():f}",
                _dollars(line.charge_cents),
                _pointed(claim, line.diagnosis_pointers),
            ]


def _pointed(claim: Claim, pointers: Sequence[int]) -> str:
    return rules.diagnoses_of(claim.diagnoses[one - 1] for one in pointers if 0 < one <= len(claim.diagnoses))


def _money(session: Session, practice_id: str, numbers: _Numbers) -> Iterator[list[str]]:
    for row in _all(session, practice_id):
        sums = Counter[tuple[str, str, str, str, str, str]]()
        ordinals = dict(session.exec(select(Line.id, Line.ordinal).where(Line.encounter_id == row.id)).all())
        found = session.exec(
            select(Journal, Posting)
            .join(Posting, col(Posting.journal_number) == col(Journal.number))
            .where(Posting.encounter_id == row.id)
        )
        for journal, posting in found:
            line = str(ordinals.get(posting.line_id, "")) if posting.line_id else ""
            key = (line, str(journal.posted_on.year), journal.kind, posting.account, *rules.reason_of(posting.detail))
            sums[key] += posting.amount_cents
        for key, cents in sorted(sums.items()):
            yield [numbers.of(row.id), *key, _dollars(cents)]


def _dollars(cents: int) -> str:
    return format_dollars(cents).replace("$", "").replace(",", "")
