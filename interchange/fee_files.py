"""Reads the files from which Medicare's prices are worked out, row by row.

Relative values (CSV, PPRRVU): titles over several rows, then 0 code, 1 modifier, 2 description, 3 status, 5 work RVU,
6 practice expense outside a facility, 8 in a facility, 10 malpractice, 18 multiple procedures, 19 bilateral, 20
assistant, 21 co-surgeon; endoscopic base and conversion factor by their titles, since 2026 puts a column before them.
The description is CPT's and is not read.
Localities (CSV, GPCI, Addendum E): by title: contractor (MAC), state, locality number and name, PW, PE and MP GPCI.
Where work stands with and without the floor of 1.0, the one with the floor is Medicare's. Spreadsheets drop the zero
that contractors begin with: 9202 is 09202.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from billing.relative_values import Locality, RelativeValue
from interchange.code_files import BadLine, PassedOver

Row = tuple[int, Sequence[str]]
"""Number of the line, and its cells without blanks around them"""
CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
_TITLES = {0: "HCPCS", 1: "MOD", 3: "CODE", 5: "RVU", 6: "PE RVU", 8: "PE RVU", 10: "RVU", 18: "PROC"}
"""Of the last row of titles, by column"""
_LAST_FIXED = 21


def relative_values(rows: Iterable[Row]) -> Iterator[RelativeValue | BadLine | PassedOver]:
    """Every priced row. A file whose columns moved is named and not read."""
    places: tuple[int, int] | None = None
    for number, cells in rows:
        if cells[:2] == ["HCPCS", "MOD"]:
            places = _base_and_factor(cells)
        if len(cells) <= _LAST_FIXED or not CODE.fullmatch(cells[0]):
            continue
        if places is None:
            yield BadLine(number, "comes before the titles HCPCS, MOD, ... of the relative value file, or they moved")
            return
        yield _relative_value(number, cells, *places)


def _base_and_factor(titles: Sequence[str]) -> tuple[int, int] | None:
    """The columns of endoscopic base and conversion factor; None: these are not the titles that are known."""
    found = [titles.index(one, _LAST_FIXED) for one in ("BASE", "FACTOR") if one in titles[_LAST_FIXED:]]
    if len(found) != 2 or any(titles[at] != title for at, title in _TITLES.items()):
        return None
    return found[0], found[1]


def _relative_value(number: int, cells: Sequence[str], base: int, factor_at: int) -> RelativeValue | BadLine:
    if len(cells) <= max(base, factor_at):
        return BadLine(number, "ends before the conversion factor")
    values = [_number(cells[at]) for at in (5, 6, 8, 10, factor_at)]
    if any(one is None for one in values):
        return BadLine(number, "wants numbers for work, practice expense, malpractice and the conversion factor")
    work, elsewhere, facility, malpractice, factor = (one or Decimal(0) for one in values)
    return RelativeValue(
        procedure=cells[0],
        modifier=cells[1][:2],
        status=cells[3][:2],
        work=work,
        practice_elsewhere=elsewhere,
        practice_in_facility=facility,
        malpractice=malpractice,
        multiple=cells[18][:2],
        bilateral=cells[19][:2],
        assistant=cells[20][:2],
        co_surgeon=cells[21][:2],
        endoscopic_base=cells[base][:5],
        conversion_factor=factor,
    )


_LOCALITY_TITLES = {
    "carrier": r"(medicareadministrativecontractormac|mac|carrier).*",
    "state": r"state",
    "number": r"locality(number|code)?",
    "name": r"localityname",
    "work": r"(pw|work)gpciwith(1\.?0)?floor|(pw|work)gpci(?!without).*",
    "practice": r"pegpci.*",
    "malpractice": r"(mp|pli)gpci.*",
}
"""By the letters of a title without its year"""


def localities(rows: Iterable[Row]) -> Iterator[Locality | BadLine | PassedOver]:
    """Every locality; notes and titles are passed over."""
    places: dict[str, int] | None = None
    for number, cells in rows:
        if places is None:
            places = _columns(cells)
            continue
        cell = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
        if not re.fullmatch(r"[0-9A-Z]{4,5}", cell["carrier"]):
            continue
        indices = [_number(cell[name]) for name in ("work", "practice", "malpractice")]
        work, practice, malpractice = (one or Decimal(0) for one in indices)
        if not re.fullmatch(r"[0-9]{1,2}", cell["number"]) or not (work and practice and malpractice):
            yield BadLine(number, "wants a contractor, a locality of two digits, and three indices above zero")
            continue
        yield Locality(
            cell["carrier"].zfill(5),
            cell["number"].zfill(2),
            cell.get("state", "")[:2],
            cell.get("name", "").rstrip("*").strip()[:80],
            work,
            practice,
            malpractice,
        )
    if places is None:
        yield BadLine(1, "has no titles Medicare Administrative Contractor, Locality Number, PW, PE and MP GPCI")


def _columns(cells: Sequence[str]) -> dict[str, int] | None:
    titles = [re.sub(r"[^a-z]", "", cell.lower()) for cell in cells]
    found: dict[str, int] = {}
    for name, pattern in _LOCALITY_TITLES.items():
        fitting = [at for at, title in enumerate(titles) if re.fullmatch(pattern, title)]
        with_floor = [at for at in fitting if "withfloor" in titles[at]]
        if fitting:
            found[name] = (with_floor or fitting)[0]
    return found if _LOCALITY_TITLES.keys() - {"state", "name"} <= found.keys() else None


def _number(text: str) -> Decimal | None:
    """A plain number of zero or more; empty is zero."""
    try:
        value = Decimal(text.replace(",", "") or "0")
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 and len(text) <= 10 else None
