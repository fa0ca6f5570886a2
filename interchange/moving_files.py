"""The files of an office that moves, as CSV: read with every fault at once, and written so that reading gives the same.

A comma, a semicolon or a tab may stand between the columns; their order does not matter, and columns of no name here
are told, not passed over in silence. Text that a spreadsheet would take for a formula is written behind an apostrophe,
which reading takes off again.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from billing.claim import Sex
from billing.money import LARGEST, Cents, NotAnAmount, parse_typed
from billing.moving import (
    BUCKET_NAMES,
    AgingParty,
    AgingRow,
    DunningStage,
    MovedAccount,
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
from billing.patients import telephone_digits
from billing.spreadsheets import SURPLUS, shown, surplus_fault

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet computes instead of showing it"""
_RELATIONSHIPS = frozenset({"18", "01", "19", "20", "21", "39", "40", "53", "G8"})


class _Unreadable(ValueError):
    """What the cell should have been."""


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


def _text(longest: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if len(cell) > longest:
            raise _Unreadable(f"is longer than {longest} characters")
        return cell

    return read


def _fitting(pattern: str, words: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def read(cell: str) -> str:
        if not compiled.fullmatch(cell):
            raise _Unreadable(words)
        return cell.upper()

    return read


def _one_of(values: Iterable[str]) -> Callable[[str], str]:
    by_lower = {value.lower(): value for value in values}

    def read(cell: str) -> str:
        if cell.lower() not in by_lower:
            raise _Unreadable(f"is none of: {', '.join(by_lower.values())}")
        return by_lower[cell.lower()]

    return read


def _owed_by(cell: str) -> OwedBy:
    return OwedBy(_one_of([one.value for one in OwedBy])(cell))


def _stage(cell: str) -> DunningStage:
    return DunningStage(_one_of([one.value for one in DunningStage])(cell.replace(" ", "_")))


def _party(cell: str) -> AgingParty:
    return AgingParty(_one_of([one.value for one in AgingParty])(cell))


def _sex(cell: str) -> Sex:
    return Sex(_one_of([one.value for one in Sex])(cell[:1]))


def _day(cell: str) -> date:
    """`2026-01-31` or `01/31/2026`."""
    for pattern in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(cell, pattern).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    raise _Unreadable("must be a day as YYYY-MM-DD or MM/DD/YYYY")


def _amount(cell: str) -> Cents:
    """Dollars as people write them; `(20.00)` is below zero, as in spreadsheets of accountants."""
    plain = f"-{cell[1:-1]}" if cell.startswith("(") and cell.endswith(")") else cell
    try:
        if plain.startswith("-"):
            return Cents(-parse_typed(plain[1:]))
        return parse_typed(plain)
    except NotAnAmount as error:
        raise _Unreadable(str(error)) from None


def _count(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", cell, re.ASCII):
        raise _Unreadable("must be a whole number")
    return int(cell)


def _month_day(cell: str) -> int:
    found = _count(cell)
    if not 1 <= found <= 31:
        raise _Unreadable("must be a day of the month, from 1 to 31")
    return found


def _units(cell: str) -> Decimal:
    try:
        found = Decimal(cell)
    except InvalidOperation:
        raise _Unreadable("must be a number of units") from None
    if not found.is_finite() or not 0 < found <= LARGEST:
        raise _Unreadable("must be a number of units above zero")
    return found


def _codes(pattern: str, words: str, most: int) -> Callable[[str], tuple[str, ...]]:
    """Codes with blanks, semicolons, bars or colons between; dots are taken off."""
    one = _fitting(pattern, words)

    def read(cell: str) -> tuple[str, ...]:
        parts = [part.replace(".", "") for part in re.split(r"[\s;|:]+", cell) if part]
        if len(parts) > most:
            raise _Unreadable(f"holds more than {most} codes")
        return tuple(dict.fromkeys(one(part) for part in parts))

    return read


def _telephone(cell: str) -> str:
    digits = telephone_digits(cell)
    if digits is None:
        raise _Unreadable("is no telephone number of ten digits")
    return digits


def _postal_code(cell: str) -> str:
    return _fitting(r"[0-9]{5}([0-9]{4})?", "must be five or nine digits")(cell.replace("-", ""))


_NUMBER = _text(38)
_NPI = _fitting(r"[0-9]{10}", "must be the ten digits of an NPI")
_STATE = _fitting(r"[A-Za-z]{2}", "must be the two letters of a state")
_PATIENT = Column("patient", _NUMBER, "The old system's number of the patient", required=True)
_VISIT = Column("visit", _NUMBER, "The old system's number of the visit: claim, ticket or encounter", required=True)
_PLACE = (
    Column("street", _text(55), ""),
    Column("city", _text(30), ""),
    Column("state", _STATE, "Two letters"),
    Column("postal_code", _postal_code, "Five or nine digits"),
)

TABLES: tuple[Table, ...] = (
    Table(
        "providers.csv",
        "providers",
        MovedProvider,
        (
            Column("npi", _NPI, "", required=True),
            Column("kind", _one_of(["billing", "rendering"]), "`billing` or `rendering`", required=True),
            Column("name", _text(60), "Of the organisation, or a last name", required=True),
            Column("first_name", _text(35), ""),
            Column("tax_id", _fitting(r"[0-9]{2}-?[0-9]{7}", "must be nine digits"), "Needed of who is billed under"),
            Column("taxonomy", _fitting(r"[0-9A-Za-z]{10}", "must be ten characters"), ""),
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
            Column("last_name", _text(60), "", required=True),
            Column("first_name", _text(35), ""),
            Column("middle_name", _text(25), ""),
            Column("suffix", _text(10), ""),
            Column("birth_date", _day, ""),
            Column("sex", _sex, "F, M or U"),
            Column("street", _text(55), ""),
            Column("street_2", _text(55), ""),
            *_PLACE[1:],
            Column("telephone", _telephone, "Ten digits"),
            Column("email", _text(254), ""),
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
            Column("responsibility", _one_of("PST"), "P pays first, then S, then T", required=True),
            Column("payer_id", _text(80), "The payer's number at the clearinghouse", required=True),
            Column("payer_name", _text(60), "", required=True),
            Column("member_id", _text(80), "", required=True),
            Column("group_number", _text(50), ""),
            Column("filing_indicator", _fitting(r"[0-9A-Za-z]{1,2}", "is no kind of plan"), "SBR09: MB, MC, CI, BL"),
            Column("relationship", _one_of(_RELATIONSHIPS), "Patient to subscriber: 18 self, 01 spouse, 19 child"),
            Column("subscriber_last_name", _text(60), "Where it is not the patient"),
            Column("subscriber_first_name", _text(35), ""),
            Column("subscriber_birth_date", _day, ""),
            Column("subscriber_sex", _sex, ""),
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
            Column("procedure", _fitting(r"[0-9A-Za-z]{5}", "must be a code of five characters"), "", required=True),
            Column("modifiers", _codes(r"[0-9A-Za-z]{2}", "must be two characters each", 4), "Blanks between"),
            Column("units", _units, "1 where it is empty"),
            Column(
                "diagnoses",
                _codes(r"[A-Za-z][0-9A-Za-z]{2,6}", "must be ICD-10-CM codes", 4),
                "ICD-10-CM, at most four, the first one first; blanks between",
            ),
            Column("place_of_service", _fitting(r"[0-9]{2}", "must be two digits"), "11 where it is empty"),
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
            Column("billing_npi", _NPI, "Where the practice bills under several"),
            Column("rendering_npi", _NPI, "Who saw the patient"),
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
            Column("payer", _one_of("PST"), "P, S or T: whom it went to", required=True),
            Column("first_submitted", _day, "When it left first", required=True),
            Column("last_submitted", _day, "When it left last", required=True),
            Column("payer_claim_number", _text(50), "The payer's own number (ICN), where it has given one"),
            Column("frequency", _one_of("17"), "1 original, 7 replacement; 1 where it is empty"),
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
            Column("statements", _count, "How many papers they got about what they owe now"),
            Column("first_statement", _day, ""),
            Column("last_statement", _day, ""),
            Column("paused_until", _day, "Nothing is asked before that day"),
            Column("pause_reason", _text(400), ""),
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
        "aging.csv",
        "aging",
        AgingRow,
        (
            Column("as_of", _day, "The same day in every row", required=True),
            Column("owed_by", _party, "`insurance` or `patient`", required=True),
            Column("bucket", _one_of(BUCKET_NAMES), f"{', '.join(f'`{one}`' for one in BUCKET_NAMES)}", required=True),
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
        for cells in reader:
            noun = _read_row(table, cells, reader.line_num, faults)
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


def _read_row(table: Table, cells: Mapping[str, Any], line: int, faults: list[MovingFault]) -> Any:
    """The noun, or None after its faults were added."""
    given = [cell for cell in cells.values() if isinstance(cell, str) and cell.strip()]
    if not given and SURPLUS not in cells:
        return None
    before = len(faults)
    if surplus := surplus_fault(cells):
        faults.append(MovingFault(table.file, line, "", surplus))
    values: dict[str, Any] = {"line": line}
    for column in table.columns:
        cell = _plain((cells.get(column.name) or "").strip())
        if not cell:
            if column.required:
                faults.append(MovingFault(table.file, line, column.name, "is empty"))
            continue
        try:
            values[column.name] = column.read(cell)
        except _Unreadable as error:
            faults.append(MovingFault(table.file, line, column.name, f"{shown(cell).lstrip()} {error}"))
    return None if len(faults) > before else table.noun(**values)


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


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
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
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


def _guarded(cell: str) -> str:
    is_number = re.fullmatch(r"-?[0-9]+\.[0-9]{2}", cell) is not None
    return f"'{cell}" if cell.startswith(FORMULA) and not is_number else cell
