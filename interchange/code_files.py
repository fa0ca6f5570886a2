"""Reads the files in which code tables are published, line by line.

ICD-10-CM order file (CDC/NCHS and CMS): fixed width. Columns 1-5 order number, 7-13 code without the dot, 15 whether
it may stand on a claim (0 heading, 1 billable), 17-76 short title, 78 on long title.

HCPCS level II (CMS, quarterly "ANWEB" text): fixed width. Columns 1-5 code, 6-10 sequence, 11 kind of record
(3 procedure, 4 more of its description, 7 modifier, 8 more of that), 12-91 long description, 92-119 short
description, 205-229 up to five codes to use instead, 269-276 added, 285-292 terminated (YYYYMMDD).

A list: one code a line without wording, or a CSV with the columns code, description, valid_from, valid_to, of which
only code is needed. This is how a licensed CPT file comes, too.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, islice

from billing.claim import Diagnosis
from billing.code_tables import CodeEntry, CodeSystem, Edition, system_of_procedure
from billing.coding import diagnosis_is_well_formed

SHORT = 60
"""Characters of a short title made from a long one"""
FIXED_WIDTH = 92
"""An HCPCS line this long is a record and no list; records are 320 wide, and some copies lose trailing blanks"""

_ORDER = re.compile(r"\d{5} [A-Z0-9]{3}[A-Z0-9 ]{4} [01] ")
_LISTED = re.compile(r"[A-Za-z][0-9]{4}\s*")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken."""

    number: int
    """From 1"""
    message: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A line that is rightly no part of the table."""

    number: int
    what: str
    """modifier, or dental code"""


Read = CodeEntry | BadLine | PassedOver


def read(lines: Iterable[str], edition: Edition) -> Iterator[Read]:
    """Every code of a file; bad lines come as what they are. The first lines tell the format."""
    numbered = ((number, line.rstrip("\r\n")) for number, line in enumerate(lines, start=1))
    filled = ((number, line) for number, line in numbered if line.strip("\ufeff \x1a"))
    first = [(number, line.removeprefix("\ufeff")) for number, line in islice(filled, 1)]
    if not first:
        yield BadLine(1, "the file is empty")
        return
    records = chain(first, filled)
    head = first[0][1]
    if edition.system == CodeSystem.ICD10CM and _ORDER.match(head):
        yield from _once(_order_file(records, edition))
    elif edition.system == CodeSystem.HCPCS and "," not in head[:6] and len(head) >= FIXED_WIDTH:
        yield from _once(_hcpcs_records(records, edition))
    elif edition.system == CodeSystem.HCPCS and _LISTED.fullmatch(head):
        yield from _once(_table(((number, [line]) for number, line in records), ["code"], edition))
    else:
        yield from _once(_csv(records, edition))


def _once(entries: Iterable[tuple[int, Read]]) -> Iterator[Read]:
    """A code that comes a second time is a bad line."""
    seen: dict[str, int] = {}
    for number, one in entries:
        if not isinstance(one, CodeEntry):
            yield one
        elif (before := seen.setdefault(one.code, number)) != number:
            yield BadLine(number, f"{one.code} stands in line {before} already")
        else:
            yield one


def _order_file(records: Iterable[tuple[int, str]], edition: Edition) -> Iterator[tuple[int, Read]]:
    for number, line in records:
        code, short, long = line[6:13].strip(), line[16:76].strip(), line[77:].strip()
        if not _ORDER.match(line) or not diagnosis_is_well_formed(Diagnosis(code)):
            yield (
                number,
                BadLine(number, "is no line of an order file: order number, code, 0 or 1, short and long title"),
            )
            continue
        if not short:
            yield number, BadLine(number, f"{code} has no title")
            continue
        is_billable = line[14] == "1"
        yield number, CodeEntry(code, short, long or short, is_billable, edition.valid_from, edition.valid_to)


def _hcpcs_records(records: Iterable[tuple[int, str]], edition: Edition) -> Iterator[tuple[int, Read]]:
    """Joins a code's record with the records that go on with its description."""
    held: tuple[int, CodeEntry] | None = None
    for number, line in records:
        code, kind, words = line[:5].strip(), line[10:11], line[11:91].strip()
        if kind == "4" and held is not None and held[1].code == code:
            held = (held[0], replace(held[1], long=f"{held[1].long} {words}"))
            continue
        if held is not None:
            yield held
            held = None
        made = _hcpcs_record(number, line, edition)
        if isinstance(made, CodeEntry):
            held = (number, made)
        elif made is not None:
            yield number, made
    if held is not None:
        yield held


def _hcpcs_record(number: int, line: str, edition: Edition) -> Read | None:
    """What one record says by itself; None: it goes on with something passed over."""
    code, kind = line[:5].strip(), line[10:11]
    if kind in {"7", "8"}:
        return PassedOver(number, "modifier") if kind == "7" else None
    if code.startswith("D") and kind in {"3", "4"}:
        return PassedOver(number, "dental code") if kind == "3" else None
    if kind not in {"3", "4"} or system_of_procedure(code) != CodeSystem.HCPCS:
        return BadLine(number, "is no HCPCS record: code in columns 1-5, kind of record (3, 4, 7 or 8) in column 11")
    if kind == "4":
        return BadLine(number, f"goes on with the description of {code}, whose first record is missing")
    try:
        added, ended = _packed(line[268:276]), _packed(line[284:292])
    except ValueError:
        return BadLine(number, f"{code}: the days in columns 269-276 and 285-292 are YYYYMMDD")
    see = tuple(one for at in range(204, 229, 5) if (one := line[at : at + 5].strip()))
    long, short = line[11:91].strip(), line[91:119].strip()
    return CodeEntry(code, short or long[:SHORT], long or short, True, added or edition.valid_from, ended, see)


def _packed(text: str) -> date | None:
    """`20260701`; None: blank. Raises ValueError."""
    return datetime.strptime(text, "%Y%m%d").date() if text.strip() else None  # noqa: DTZ007 - a day has no zone


def _csv(records: Iterable[tuple[int, str]], edition: Edition) -> Iterator[tuple[int, Read]]:
    at = 1

    def texts() -> Iterator[str]:
        nonlocal at
        for at, line in records:  # noqa: B007 - read below
            yield line + "\n"

    # The reader asks for lines as it needs them, so that `at` is the number of the row's last line.
    rows = csv.reader(texts(), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows)]
        if "code" not in header:
            yield 1, BadLine(1, _EXPECTED[edition.system])
            return
        yield from _table(((at, row) for row in rows), header, edition)
    except csv.Error as error:
        yield at, BadLine(at, f"cannot be read: {error}")


_LIST = "a CSV whose first line names the columns code, description, valid_from, valid_to"
_EXPECTED = {
    CodeSystem.ICD10CM: f"is neither an ICD-10-CM order file (not the `codes` file, which has no flags) nor {_LIST}",
    CodeSystem.HCPCS: f"is neither the HCPCS quarterly text, nor a list of codes, nor {_LIST}",
    CodeSystem.CPT: f"is not {_LIST}",
}


def _table(rows: Iterable[tuple[int, list[str]]], header: list[str], edition: Edition) -> Iterator[tuple[int, Read]]:
    for number, row in rows:
        cells = dict(zip(header, (one.strip() for one in row), strict=False))
        code = cells["code"].upper().replace(".", "")
        if edition.system == CodeSystem.HCPCS and re.fullmatch("D[0-9]{4}", code):
            yield number, PassedOver(number, "dental code")
        elif not _belongs(code, edition.system):
            yield number, BadLine(number, f"the code is none of {edition.system}")
        else:
            yield number, _listed(number, code, cells, edition)


def _belongs(code: str, system: CodeSystem) -> bool:
    if system == CodeSystem.ICD10CM:
        return diagnosis_is_well_formed(Diagnosis(code))
    return system_of_procedure(code) == system


def _listed(number: int, code: str, cells: dict[str, str], edition: Edition) -> Read:
    try:
        begins, ends = (
            date.fromisoformat(cells[name]) if cells.get(name) else None for name in ("valid_from", "valid_to")
        )
    except ValueError:
        return BadLine(number, f"{code}: valid_from and valid_to are days as YYYY-MM-DD, or empty")
    words = cells.get("description", "")
    return CodeEntry(code, words[:SHORT], words, True, begins or edition.valid_from, ends)
