"""Reads the files in which CMS publishes rules about codes, line by line; zipped or not is the caller's business.

NCCI pairs (text): tab-separated, column titles over several lines, then column 1, column 2, `*` for edits from before
1996, effective date, deletion date (`*` none), modifier indicator, rationale.
NCCI unit limits (CSV): a licence, a title row, then code, units, adjudication indicator ("3 Date of Service ..."),
rationale.
NCCI add-ons (text): tab-separated with a title row: edit type, add-on code, its deletion, primary code (`CCCCC`: the
contractor decides), its deletion, edit effective, edit deleted, notes. Dates are YYYYDDD, the day of the year.
Physician fee schedule (CSV, PPRRVU): titles over several rows, then code, modifier, description, status, work RVU ...
The columns that are read: 0 code, 1 modifier, 3 status, 13 PC/TC, 14 global days, 18 multiple procedures, 19 bilateral.
ICD-10-CM tabular list (XML): the notes `excludes1` of categories and codes, with the codes in their brackets.
NPPES (CSV): columns by name: NPI, Entity Type Code, NPI Deactivation Date, NPI Reactivation Date (MM/DD/YYYY).
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.coding_rules import AddOn, CodePair, CountedBy, Indicators, ProviderFacts, RuleKind, UnitLimit
from billing.relative_values import Locality, RelativeValue
from interchange import fee_files
from interchange.code_files import BadLine, PassedOver

CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
"""CPT and HCPCS; also the CCCCC of a contractor's choice"""
NONE = "*"
RULE_ROWS = CodePair | UnitLimit | AddOn | Indicators | ProviderFacts | RelativeValue | Locality
Read = RULE_ROWS | BadLine | PassedOver


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a table."""

    number: int
    cells: Sequence[str]


def read(lines: Iterable[str], kind: RuleKind) -> Iterator[Read]:
    """Every rule of a file; titles and licences are passed over, lines that should be rules and are none come as what
    they are. Not for exclusions, which are XML: `interchange.tabular_list`. Prices: `interchange.fee_files`."""
    separator = "\t" if kind in {RuleKind.PAIRS, RuleKind.ADD_ONS} else ","
    rows = csv.reader(_text(lines), delimiter=separator)
    numbered = (_Line(rows.line_num, [cell.strip() for cell in row]) for row in rows)
    readers: dict[RuleKind, Callable[[Iterable[_Line]], Iterator[Read]]] = {
        RuleKind.PAIRS: _pairs,
        RuleKind.UNITS: _units,
        RuleKind.ADD_ONS: _add_ons,
        RuleKind.FEE_SCHEDULE: _fee_schedule,
        RuleKind.PROVIDERS: _providers,
        RuleKind.RELATIVE_VALUES: lambda found: fee_files.relative_values((one.number, one.cells) for one in found),
        RuleKind.LOCALITIES: lambda found: fee_files.localities((one.number, one.cells) for one in found),
    }
    try:
        yield from readers[kind](numbered)
    except csv.Error as error:
        yield BadLine(rows.line_num, f"this is no table: {error}")


def _text(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.removeprefix("\ufeff").replace("\0", "")


def _is_code(cell: str) -> bool:
    return CODE.fullmatch(cell) is not None


def _pairs(rows: Iterable[_Line]) -> Iterator[Read]:
    for row in rows:
        cells = row.cells
        if len(cells) < 6 or not (_is_code(cells[0]) and _is_code(cells[1])):
            continue
        since, until = _day(cells[3]), _day(cells[4])
        if since is None or (cells[4] not in {"", NONE} and until is None) or cells[5] not in {"0", "1", "9"}:
            yield BadLine(row.number, "wants two codes, an effective date, a deletion date or *, and 0, 1 or 9")
            continue
        yield CodePair(cells[0], cells[1], cells[5], since, until)


def _units(rows: Iterable[_Line]) -> Iterator[Read]:
    for row in rows:
        cells = row.cells
        if len(cells) < 3 or not _is_code(cells[0]):
            continue
        indicator = cells[2][:1]
        if not cells[1].isdecimal() or indicator not in set(CountedBy):
            yield BadLine(row.number, "wants a code, whole units, and an indicator 1, 2 or 3")
            continue
        yield UnitLimit(cells[0], int(cells[1]), CountedBy(indicator))


def _add_ons(rows: Iterable[_Line]) -> Iterator[Read]:
    places: dict[str, int] | None = None
    for row in rows:
        if places is None:
            places = _add_on_columns(row.cells)
            continue
        if not any(row.cells):
            continue
        yield _add_on(row, places)
    if places is None:
        yield BadLine(1, "has no titles AOC_Edit_Type, Add-On_Code and Primary_Code")


_ADD_ON_TITLES = {
    "kind": r"(aoc)?edittype",
    "add_on": r"addoncode",
    "primary": r"primarycode",
    "since": r"(aoc)?edit(eff).*",
    "until": r"(aoc)?edit(del).*",
    "add_on_until": r"(aoc|addoncode)del.*",
    "primary_until": r"primarycodedel.*",
}
"""By the letters of a column's title"""
_ROMAN = {"I": "1", "II": "2", "III": "3", "1": "1", "2": "2", "3": "3"}


def _add_on_columns(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is which, by title; None: this is not the title row."""
    titles = [re.sub(r"[^a-z]", "", cell.lower()) for cell in cells]
    found = {
        name: next((at for at, title in enumerate(titles) if re.fullmatch(pattern, title)), None)
        for name, pattern in _ADD_ON_TITLES.items()
    }
    columns = {name: at for name, at in found.items() if at is not None}
    return columns if {"kind", "add_on", "primary"} <= columns.keys() else None


def _add_on(row: _Line, places: dict[str, int]) -> Read:
    cell = {name: row.cells[at] if at < len(row.cells) else "" for name, at in places.items()}
    kind = _ROMAN.get(cell["kind"].upper().removeprefix("TYPE").strip(), cell["kind"].strip())
    if kind not in {"1", "2", "3"} or not _is_code(cell["add_on"]) or not cell["primary"]:
        return BadLine(row.number, "wants an edit type 1, 2 or 3, an add-on code and a primary code")
    ends = [_day_of_year(cell.get(name, "")) for name in ("until", "add_on_until", "primary_until")]
    ended = min((one for one in ends if one is not None), default=None)
    since = _day_of_year(cell.get("since", "")) or date.min
    return AddOn(cell["add_on"], kind, cell["primary"][:5].upper(), since, ended)


def _fee_schedule(rows: Iterable[_Line]) -> Iterator[Read]:
    is_known = False
    for row in rows:
        cells = row.cells
        if cells[:4] == ["HCPCS", "MOD", "DESCRIPTION", "CODE"]:
            is_known = len(cells) > 19 and (cells[13], cells[14], cells[18], cells[19]) == (
                "IND",
                "DAYS",
                "PROC",
                "SURG",
            )
        if len(cells) < 20 or not _is_code(cells[0]):
            continue
        if not is_known:
            yield BadLine(
                row.number, "comes before the titles HCPCS, MOD, ... of the relative value file, or they moved"
            )
            return
        if cells[1]:
            yield PassedOver(row.number, "row with a modifier")
            continue
        yield Indicators(cells[0], cells[3], cells[13], cells[14], cells[18], cells[19])


_NPPES = {
    "npi": "NPI",
    "kind": "Entity Type Code",
    "gone": "NPI Deactivation Date",
    "back": "NPI Reactivation Date",
}


def _providers(rows: Iterable[_Line]) -> Iterator[Read]:
    places: dict[str, int] | None = None
    for row in rows:
        if places is None:
            titles = {title: at for at, title in enumerate(row.cells)}
            if "NPI" in titles and _NPPES["gone"] in titles:
                places = {name: titles[title] for name, title in _NPPES.items() if title in titles}
            continue
        cell = {name: row.cells[at] if at < len(row.cells) else "" for name, at in places.items()}
        if not re.fullmatch(r"[0-9]{10}", cell["npi"]):
            yield BadLine(row.number, "wants an NPI of ten digits")
            continue
        is_person = {"1": True, "2": False}.get(cell.get("kind", ""))
        yield ProviderFacts(cell["npi"], is_person, _american(cell["gone"]), _american(cell.get("back", "")))
    if places is None:
        yield BadLine(1, "has no titles NPI and NPI Deactivation Date")


def _day(text: str) -> date | None:
    """YYYYMMDD"""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        return None


def _day_of_year(text: str) -> date | None:
    """YYYYDDD -> the day; YYYYMMDD is read, too."""
    digits = text.strip().split(".")[0]
    if len(digits) == 8:
        return _day(digits)
    if len(digits) != 7 or not digits.isdecimal() or not 1 <= int(digits[4:]) <= 366 or int(digits[:4]) < 1:
        return None
    if int(digits[:4]) >= date.max.year:
        return None
    return date(int(digits[:4]), 1, 1) + timedelta(days=int(digits[4:]) - 1)


def _american(text: str) -> date | None:
    """MM/DD/YYYY"""
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a date
    except ValueError:
        return None
