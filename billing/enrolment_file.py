"""A practice's enrolments as a CSV, the way a spreadsheet keeps them: good rows, and faulty ones by their line."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState, row_faults
from billing.identifiers import npi_is_valid
from billing.spreadsheets import SURPLUS, surplus_fault

REQUIRED = ("npi", "payer_number", "kind", "state")
DAYS = ("effective_from", "effective_to", "recheck_on")
TEXTS = {"reference": 60, "note": 300}
"""With their longest lengths"""
_TEN_DIGITS = re.compile("[0-9]{10}")
COLUMNS = (*REQUIRED, *DAYS, *TEXTS)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a file that can be taken, if the practice knows the payer."""

    line: int
    """In the file, from 1"""
    payer_number: str
    """2010BB NM109"""
    enrolment: Enrolment
    recheck_on: date | None = None
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be taken, with everything that is wrong with it."""

    line: int
    message: str


def read_enrolments(text: str, *, strict_npi: bool) -> tuple[list[FileRow], list[RowFault]]:
    """Read a CSV with the columns npi, payer_number, kind, state; the rest of COLUMNS may be missing.

    A comma, a semicolon or a tab may stand between the columns; other columns are passed over. `strict_npi`: the check
    digit must be right (policy `strict_npi_check_digit`).
    """
    text = text.removeprefix("\N{BOM}")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restkey=SURPLUS)
    rows: dict[tuple[str, str, str], FileRow] = {}
    faults: list[RowFault] = []
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in REQUIRED if name not in reader.fieldnames]
        if missing:
            return [], [RowFault(1, f"the first line must name the columns; missing: {', '.join(missing)}")]
        for typed in reader:
            row = _read_row(reader.line_num, typed, strict_npi=strict_npi)
            if isinstance(row, str):
                faults.append(RowFault(reader.line_num, row))
                continue
            first = rows.setdefault((row.enrolment.npi, row.payer_number, row.enrolment.kind), row)
            if first is not row:
                faults.append(RowFault(row.line, f"the same provider, payer and kind stand in line {first.line}"))
    except csv.Error as error:
        faults.append(RowFault(reader.line_num, f"cannot be read: {error}"))
    return list(rows.values()), faults


def _read_row(line: int, typed: Mapping[str, str | None], *, strict_npi: bool) -> FileRow | str:
    """The row, or everything that is wrong with it."""
    cells = {name: (typed.get(name) or "").strip() for name in COLUMNS}
    wrong: list[str] = []
    npi = cells["npi"]
    if not (npi_is_valid(npi) if strict_npi else _TEN_DIGITS.fullmatch(npi)):
        wrong.append("npi must be ten digits with a right check digit" if strict_npi else "npi must be ten digits")
    if not cells["payer_number"]:
        wrong.append("payer_number must not be empty")
    kind, state = cells["kind"].lower(), cells["state"].lower().replace(" ", "_")
    if kind not in set(EnrolmentKind):
        wrong.append(f"kind must be one of {', '.join(EnrolmentKind)}")
    if state not in set(EnrolmentState):
        wrong.append(f"state must be one of {', '.join(EnrolmentState)}")
    days: dict[str, date | None] = {}
    for name in DAYS:
        try:
            days[name] = date.fromisoformat(cells[name]) if cells[name] else None
        except ValueError:
            wrong.append(f"{name} must be a day as YYYY-MM-DD, or nothing")
    wrong += [f"{name} is longer than {limit} characters" for name, limit in TEXTS.items() if len(cells[name]) > limit]
    if surplus := surplus_fault(typed):
        wrong.append(surplus)
    if wrong:
        return "; ".join(wrong)
    row = Enrolment(npi, EnrolmentKind(kind), EnrolmentState(state), days["effective_from"], days["effective_to"])
    contradictions = row_faults(row)
    if contradictions:
        return "; ".join(f"{name}: {message}" for name, message in contradictions.items())
    return FileRow(line, cells["payer_number"], row, days["recheck_on"], cells["reference"], cells["note"])


def write_enrolments(rows: Iterable[FileRow]) -> str:
    """The CSV that `read_enrolments` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        told = row.enrolment
        days = (told.effective_from, told.effective_to, row.recheck_on)
        writer.writerow(
            [told.npi, row.payer_number, told.kind, told.state, *(one or "" for one in days), row.reference, row.note]
        )
    return text.getvalue()
