"""The files of an office that moves, as CSV: read with every fault at once, and written so that reading gives the same.

A comma, a semicolon or a tab may stand between the columns; their order does not matter, and columns of no name here
are told, not passed over in silence. Text that a spreadsheet would take for a formula is written behind an apostrophe,
which reading takes off again.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.moving import (
    BUCKET_NAMES,
    AgingParty,
    AgingRow,
    DunningStage,
    MovedAccount,
    MovedAppointment,
    MovedClaim,
    MovedCoverage,
    MovedLine,
    MovedPatient,
    MovedPlan,
    MovedProvider,
    MovingOffice,
    OwedBy,
)
from billing.moving_checks import MovingFault
from billing.spreadsheets import SURPLUS, shown, surplus_fault
from interchange import cells


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cell is read, and what the documentation says of it."""

    name: str
    read: Callable[[str], Any]
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One file."""

    file: str
    field: str
    """Of `MovingOffice`"""
    noun: Callable[..., Any]
    columns: tuple[Column, ...]
    required: bool = False
    about: str = ""


def _owed_by(cell: str) -> OwedBy:
    return OwedBy(cells.one_of([one.value for one in OwedBy])(cell))


def _stage(cell: str) -> DunningStage:
    return DunningStage(cells.one_of([one.value for one in DunningStage])(cell.replace(" ", "_")))


def _party(cell: str) -> AgingParty:
    return AgingParty(cells.one_of([one.value for one in AgingParty])(cell))


def _month_day(cell: str) -> int:
    found = cells.count(cell)
    if not 1 <= found <= 31:
        raise cells.Unreadable("must be a day of the month, from 1 to 31")
    return found


def _time(cell: str) -> str:
    for pattern in ("%H:%M", "%I:%M %p", "%I:%M%p"):
        try:
            return f"{datetime.strptime(cell, pattern):%H:%M}"  # noqa: DTZ007 - the time of a clock has no zone
        except ValueError:
            continue
    raise cells.Unreadable("must be a time as 14:30 or 2:30 PM")


def _minutes(cell: str) -> int:
    found = cells.count(cell)
    if not 5 <= found <= 480:
        raise cells.Unreadable("must be minutes, from 5 to 480")
    return found


_day = cells.day("%Y-%m-%d", "%m/%d/%Y")
_amount = cells.amount
_NUMBER = cells.text(38)
_PATIENT = Column("patient", _NUMBER, "The old system's number of the patient", required=True)
_VISIT = Column("visit", _NUMBER, "The old system's number of the visit: claim, ticket or encounter", required=True)
_SENT = "May be empty as long as no claim went to the payer"
_PLACE = (
    Column("street", cells.text(55), ""),
    Column("city", cells.text(30), ""),
    Column("state", cells.state, "Two letters"),
    Column("postal_code", cells.postal_code, "Five or nine digits"),
)

TABLES: tuple[Table, ...] = (
    Table(
        "providers.csv",
        "providers",
        MovedProvider,
        (
            Column("npi", cells.npi, "", required=True),
            Column("kind", cells.one_of(["billing", "rendering"]), "`billing` or `rendering`", required=True),
            Column("name", cells.text(60), "Of the organisation, or a last name", required=True),
            Column("first_name", cells.text(35), ""),
            Column(
                "tax_id", cells.fitting(r"[0-9]{2}-?[0-9]{7}", "must be nine digits"), "Needed of who is billed under"
            ),
            Column("taxonomy", cells.fitting(r"[0-9A-Za-z]{10}", "must be ten characters"), ""),
            *_PLACE,
        ),
        about="Who is billed under and who sees patients, as far as the practice has not set them up",
    ),
    Table(
        "patients.csv",
        "patients",
        MovedPatient,
        (
            _PATIENT,
            Column("last_name", cells.text(60), "", required=True),
            Column("first_name", cells.text(35), ""),
            Column("middle_name", cells.text(25), ""),
            Column("suffix", cells.text(10), ""),
            Column("birth_date", _day, ""),
            Column("sex", cells.sex, "F, M or U"),
            Column("street", cells.text(55), ""),
            Column("street_2", cells.text(55), ""),
            *_PLACE[1:],
            Column("telephone", cells.telephone, "Ten digits"),
            Column("email", cells.text(254), ""),
        ),
        required=True,
        about="Everybody who moves",
    ),
    Table(
        "coverages.csv",
        "coverages",
        MovedCoverage,
        (
            _PATIENT,
            Column("responsibility", cells.one_of("PST"), "P pays first, then S, then T", required=True),
            Column("payer_id", cells.text(80), f"The payer's number at the clearinghouse. {_SENT}"),
            Column("payer_name", cells.text(60), _SENT),
            Column("member_id", cells.text(80), _SENT),
            Column("group_number", cells.text(50), ""),
            Column("filing_indicator", cells.filing_indicator, "SBR09: MB, MC, CI, BL"),
            Column("relationship", cells.relationship, "Patient to subscriber: 18 self, 01 spouse, 19 child"),
            Column("subscriber_last_name", cells.text(60), "Where it is not the patient"),
            Column("subscriber_first_name", cells.text(35), ""),
            Column("subscriber_birth_date", _day, ""),
            Column("subscriber_sex", cells.sex, ""),
            Column("effective_from", _day, "First day of the policy, where it has not always been"),
            Column("effective_to", _day, "Its last day"),
        ),
        about="How they are insured",
    ),
    Table(
        "lines.csv",
        "lines",
        MovedLine,
        (
            _VISIT,
            _PATIENT,
            Column("service_date", _day, "", required=True),
            Column("procedure", cells.procedure, "May be empty where it is `unbilled`: it is yet to be coded"),
            Column("modifiers", cells.modifiers, "Blanks between"),
            Column("units", cells.units, "1 where it is empty"),
            Column(
                "diagnoses",
                cells.codes(cells.DIAGNOSIS, "must be ICD-10-CM codes", 4),
                "ICD-10-CM, at most four, the first one first; blanks between",
            ),
            Column("place_of_service", cells.place_of_service, "11 where it is empty"),
            Column("charge", _amount, "", required=True),
            Column("insurance_paid", _amount, "By all payers so far"),
            Column("adjusted", _amount, "Taken off so far: contract, write-off, discount"),
            Column("patient_paid", _amount, ""),
            Column("balance", _amount, "charge - insurance_paid - adjusted - patient_paid", required=True),
            Column(
                "owed_by",
                _owed_by,
                "P, S or T: the payer that has it; `patient`; `nobody`, settled; `unbilled`, in no aging yet",
                required=True,
            ),
            Column("patient_part", _amount, "Of a balance with a payer: what is the patient's already"),
            Column("billing_npi", cells.npi, "Where the practice bills under several"),
            Column("rendering_npi", cells.npi, "Who saw the patient"),
        ),
        required=True,
        about="Every line of every visit that has an open one, and of as many settled ones as are to be kept",
    ),
    Table(
        "claims.csv",
        "claims",
        MovedClaim,
        (
            _VISIT,
            Column("control_number", _NUMBER, "As the payer knows the claim (CLM01)", required=True),
            Column("payer", cells.one_of("PST"), "P, S or T: whom it went to", required=True),
            Column("first_submitted", _day, "When it left first", required=True),
            Column("last_submitted", _day, "When it left last", required=True),
            Column("payer_claim_number", cells.text(50), "The payer's own number (ICN), where it has given one"),
            Column("frequency", cells.one_of("17"), "1 original, 7 replacement; 1 where it is empty"),
            Column("filing_deadline", _day, "The payer's last day to file, where it is known"),
        ),
        about="Every claim that was sent for these visits",
    ),
    Table(
        "accounts.csv",
        "accounts",
        MovedAccount,
        (
            _PATIENT,
            Column("stage", _stage, "`none`, `statement`, `reminder` or `final_notice`: the last paper", required=True),
            Column("statements", cells.count, "How many papers they got about what they owe now"),
            Column("first_statement", _day, ""),
            Column("last_statement", _day, ""),
            Column("paused_until", _day, "Nothing is asked before that day"),
            Column("pause_reason", cells.text(400), ""),
        ),
        about="How far patients were asked for what they owe",
    ),
    Table(
        "plans.csv",
        "plans",
        MovedPlan,
        (
            _PATIENT,
            Column("amount", _amount, "Of one instalment, a month", required=True),
            Column("day", _month_day, "Of the month", required=True),
            Column("balance", _amount, "What is left of the plan", required=True),
        ),
        about="Who pays by instalments",
    ),
    Table(
        "appointments.csv",
        "appointments",
        MovedAppointment,
        (
            Column("appointment", _NUMBER, "The old system's number of the appointment", required=True),
            _PATIENT,
            Column("day", _day, "Not before the day of aging.csv", required=True),
            Column("at_time", _time, "On the clinic's clock: `14:30` or `2:30 PM`", required=True),
            Column("minutes", _minutes, "20 where it is empty"),
            Column("provider", cells.text(100), ""),
            Column("reason", cells.text(200), ""),
            Column(
                "procedures",
                cells.codes(r"[0-9A-Za-z]{5}", "must be codes of five characters", 20),
                "Planned services, blanks between",
            ),
        ),
        about="Who is expected from that day on",
    ),
    Table(
        "aging.csv",
        "aging",
        AgingRow,
        (
            Column("as_of", _day, "The same day in every row", required=True),
            Column("owed_by", _party, "`insurance` or `patient`", required=True),
            Column(
                "bucket", cells.one_of(BUCKET_NAMES), f"{', '.join(f'`{one}`' for one in BUCKET_NAMES)}", required=True
            ),
            Column("total", _amount, "", required=True),
        ),
        required=True,
        about="The old system's aging: age counts from the day of service; else give one row `total`",
    ),
)


LEDGER = "ledger.csv"
"""Every posting, for whoever audits: written with a move, and not read"""


def read(files: Mapping[str, bytes]) -> tuple[MovingOffice, list[MovingFault]]:
    """(what can be read, every cell that cannot). `files` by name; others than those of `TABLES` are faults, too."""
    known = {table.file for table in TABLES}
    faults = [
        MovingFault(name, 0, "", f"is none of the files of a move: {', '.join(sorted(known))}")
        for name in sorted(files)
        if name not in known and name != LEDGER
    ]
    found: dict[str, tuple[Any, ...]] = {}
    for table in TABLES:
        body = files.get(table.file)
        if body is None:
            if table.required:
                faults.append(MovingFault(table.file, 0, "", f"is missing: {table.about[0].lower()}{table.about[1:]}"))
            continue
        rows, wrong = _read_table(table, body)
        found[table.field] = tuple(rows)
        faults += wrong
    return MovingOffice(**found), faults


def _read_table(table: Table, body: bytes) -> tuple[list[Any], list[MovingFault]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        return [], [MovingFault(table.file, line, "", "is not UTF-8: save it as CSV UTF-8 and try again")]
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey=SURPLUS, strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        faults = _header_faults(table, names)
        if faults:
            return [], faults
        reader.fieldnames = names
        rows = []
        for row in reader:
            noun = _read_row(table, row, reader.line_num, faults)
            if noun is not None:
                rows.append(noun)
    except csv.Error as error:
        return [], [MovingFault(table.file, reader.line_num, "", f"cannot be read: {error}")]
    return rows, faults


def _header_faults(table: Table, names: list[str]) -> list[MovingFault]:
    known = {column.name for column in table.columns}
    missing = [one.name for one in table.columns if one.required and one.name not in names]
    faults = [MovingFault(table.file, 1, name, "the column is missing") for name in missing]
    faults += [
        MovingFault(table.file, 1, name, f"is no column of this file: take it out, or name it one of {sorted(known)}")
        for name in names
        if name not in known
    ]
    twice = sorted({name for name in names if names.count(name) > 1})
    return faults + [MovingFault(table.file, 1, name, "the column stands there twice") for name in twice]


def _read_row(table: Table, row: Mapping[str, Any], line: int, faults: list[MovingFault]) -> Any:
    """The noun, or None after its faults were added."""
    given = [cell for cell in row.values() if isinstance(cell, str) and cell.strip()]
    if not given and SURPLUS not in row:
        return None
    before = len(faults)
    if surplus := surplus_fault(row):
        faults.append(MovingFault(table.file, line, "", surplus))
    values: dict[str, Any] = {"line": line}
    for column in table.columns:
        cell = cells.plain((row.get(column.name) or "").strip())
        if not cell:
            if column.required:
                faults.append(MovingFault(table.file, line, column.name, "is empty"))
            continue
        try:
            values[column.name] = column.read(cell)
        except cells.Unreadable as error:
            faults.append(MovingFault(table.file, line, column.name, f"{shown(cell).lstrip()} {error}"))
    return None if len(faults) > before else table.noun(**values)


def write(office: MovingOffice) -> dict[str, str]:
    """The same files: every one of `TABLES`, with its header even where it has no rows."""
    return {table.file: _write_table(table, getattr(office, table.field)) for table in TABLES}


def _write_table(table: Table, rows: Iterable[Any]) -> str:
    names = [column.name for column in table.columns]
    amounts = {column.name for column in table.columns if column.read is _amount}
    return rows_as_csv(names, ([_cell(getattr(row, name), name in amounts) for name in names] for row in rows))


def rows_as_csv(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A header and rows; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cells.guarded(cell) for cell in row] for row in rows)
    return text.getvalue()


def dollars(cents: int) -> str:
    """-123456 -> `-1234.56`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _cell(value: Any, is_amount: bool) -> str:
    if value is None:
        return ""
    if is_amount:
        return dollars(value)
    return " ".join(value) if isinstance(value, tuple) else str(value)
