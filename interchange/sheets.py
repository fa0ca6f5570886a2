"""A sender's spreadsheet of visits, as CSV and through its mapping: visits, and every cell that cannot be read.

Rows of one visit number are one visit, each row a line; a row without a number is a visit of its own. A visit with a
row that cannot be read is not taken: half a visit would be billed as a whole one.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from billing.amendments import SELF_PAY
from billing.claim import Address, Claim, Coverage, Diagnosis, Name, Party, Person, ServiceLine
from billing.coordination import OtherPayer
from billing.money import ZERO, Cents
from billing.parting import LINES_OF_A_VISIT
from billing.patients import Registration
from billing.sent_visits import BILLING, NO_POLICY, NOBODY, RENDERING, Gap, SentNumber, SentVisit
from billing.sheets import DAYS, REQUIRED, DateOrder, SheetMapping
from billing.spreadsheets import SURPLUS, surplus_fault
from interchange import cells

ORDERS: dict[DateOrder, tuple[str, ...]] = {
    DateOrder.YMD: ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"),
    DateOrder.MDY: ("%m/%d/%Y", "%m-%d-%Y"),
    DateOrder.DMY: ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
}
MOST_DIAGNOSES = 12
SAME_IN_EVERY_ROW = ("last_name", "first_name", "birth_date", "patient_number", "member_id", "billing_npi")
SAME_WHERE_TOLD = (
    "payer_id",
    "payer_name",
    "group_number",
    "filing_indicator",
    "relationship",
    "subscriber_last_name",
    "subscriber_first_name",
    "subscriber_birth_date",
    "second_payer_id",
    "second_payer_name",
    "second_member_id",
    "self_pay",
    "rendering_npi",
    "authorization",
)
"""Fields that a visit has once: what another row than its first says of them would be lost"""
_YES, _NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"no", "n", "false", "0"})


class NotASheet(ValueError):
    """The text is no CSV with a header; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SheetFault:
    """One cell that cannot be read. Quotes no value: it may be a patient's."""

    row: int
    """As spreadsheets count: the header is 1"""
    column: str
    """The sender's header; empty: of the whole row"""
    message: str

    def __str__(self) -> str:
        return f"row {self.row}{f', {self.column}' if self.column else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class SheetVisit:
    """A visit and the rows that it was read from."""

    visit: SentVisit
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says."""

    headers: tuple[str, ...]
    rows: Mapping[int, tuple[str, ...]]
    """Every row that says anything, as it came"""
    visits: tuple[SheetVisit, ...] = ()
    faults: tuple[SheetFault, ...] = ()

    @property
    def unmapped_rows(self) -> frozenset[int]:
        """Rows of which no visit was made."""
        return frozenset(self.rows) - {row for one in self.visits for row in one.rows}


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    values: Mapping[str, Any]
    """By field, read"""
    faults: tuple[SheetFault, ...]


def text_of(body: bytes) -> str:
    """A file as text: UTF-8, or what a spreadsheet on Windows writes. Raises NotASheet."""
    if b"\0" in body:
        raise NotASheet("this is no CSV: save the sheet as CSV and send that")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def opened(text: str) -> Sheet:
    """The header and the rows as they came. Raises NotASheet."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey=SURPLUS, strict=True)
    try:
        headers = tuple(name.strip() for name in reader.fieldnames or ())
        if not any(headers):
            raise NotASheet("the first line must name the columns")
        if len(set(headers)) < len(headers):
            raise NotASheet("two columns have the same name, or none: give each its own")
        reader.fieldnames = list(headers)
        rows = {}
        for number, row in enumerate(reader, start=2):
            given = (*((row.get(name) or "").strip() for name in headers), *row.get(SURPLUS, ()))
            if any(given):
                rows[number] = given
    except csv.Error as error:
        raise NotASheet(f"line {reader.line_num} cannot be read: {error}") from error
    return Sheet(headers, rows)


def orders_of(sheet: Sheet, mapping: SheetMapping) -> list[DateOrder]:
    """The ways of writing days by which most of the sheet's days can be read: one, where the days leave no doubt."""
    places = [sheet.headers.index(header) for name in DAYS if (header := mapping.columns.get(name)) in sheet.headers]
    days = {cells.plain(given[place]) for given in sheet.rows.values() for place in places} - {""}
    counts = {order: sum(_is_day(day, order) for day in days) for order in DateOrder}
    most = max(counts.values())
    return [order for order, count in counts.items() if count == most > 0]


def _is_day(cell: str, order: DateOrder) -> bool:
    try:
        cells.day(*ORDERS[order])(cell)
    except cells.Unreadable:
        return False
    return True


def read(text: str, mapping: SheetMapping, *, source: str, today: date) -> Sheet:
    """The sheet's visits through a mapping without faults. Raises NotASheet."""
    assert mapping.date_order is not None, "a mapping without it has a fault"
    sheet = opened(text)
    readers = _readers(mapping.date_order, today)
    rows = [_read_row(sheet, number, given, mapping, readers) for number, given in sheet.rows.items()]
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row.values.get("visit_number") or f"\0{row.number}", []).append(row)
    visits: list[SheetVisit] = []
    faults = [fault for row in rows for fault in row.faults]
    for group in groups.values():
        wrong = [*_group_faults(group, mapping)]
        faults += wrong
        if wrong or any(row.faults for row in group):
            faults += _held_back(group, {fault.row for fault in wrong})
            continue
        visits.append(SheetVisit(_visit(group, sheet, source), tuple(row.number for row in group)))
    return replace(sheet, visits=tuple(visits), faults=tuple(sorted(faults, key=lambda one: one.row)))


def _readers(order: DateOrder, today: date) -> dict[str, Callable[[str], Any]]:
    day, name = _past(cells.day(*ORDERS[order]), today, "has not come yet"), cells.text(60)
    appointment = "has not come yet: book an appointment, and send the row once the patient was seen"
    return {
        "visit_number": cells.text(38),
        "patient_number": cells.text(80),
        "last_name": name,
        "first_name": cells.text(35),
        "middle_name": cells.text(25),
        "birth_date": day,
        "sex": cells.sex,
        "street": cells.text(55),
        "city": cells.text(30),
        "state": cells.state,
        "postal_code": cells.postal_code,
        "payer_id": cells.text(80),
        "payer_name": name,
        "member_id": cells.text(80),
        "group_number": cells.text(50),
        "filing_indicator": cells.filing_indicator,
        "relationship": cells.relationship,
        "subscriber_last_name": name,
        "subscriber_first_name": cells.text(35),
        "subscriber_birth_date": day,
        "second_payer_id": cells.text(80),
        "second_payer_name": name,
        "second_member_id": cells.text(80),
        "self_pay": _yes_or_no,
        "service_date": _past(cells.day(*ORDERS[order]), today, appointment),
        "procedure": cells.procedure,
        "modifiers": cells.modifiers,
        "units": cells.units,
        "charge": cells.amount,
        "diagnoses": cells.codes(cells.DIAGNOSIS, "must be ICD-10-CM codes", MOST_DIAGNOSES),
        "place_of_service": cells.place_of_service,
        "billing_npi": cells.npi,
        "rendering_npi": cells.npi,
        "authorization": cells.text(50),
    }


def _past(read: Callable[[str], date], today: date, words: str) -> Callable[[str], date]:
    def read_past(cell: str) -> date:
        found = read(cell)
        if found > today:
            raise cells.Unreadable(words)
        return found

    return read_past


def _yes_or_no(cell: str) -> bool:
    if cell.lower() not in _YES | _NO:
        raise cells.Unreadable("must be yes or no")
    return cell.lower() in _YES


def _read_row(
    sheet: Sheet,
    number: int,
    given: Sequence[str],
    mapping: SheetMapping,
    readers: Mapping[str, Callable[[str], Any]],
) -> _Row:
    typed = dict(zip(sheet.headers, given, strict=False))
    faults: list[SheetFault] = []
    if surplus_fault({SURPLUS: list(given[len(sheet.headers) :])}):
        words = "more cells than columns: put what holds a comma between quotation marks"
        faults.append(SheetFault(number, "", words))
    values: dict[str, Any] = {}
    for name, read_cell in readers.items():
        header = mapping.columns.get(name, "")
        cell = cells.plain(typed.get(header, "")) or mapping.fixed.get(name, "").strip()
        if not cell:
            if name in REQUIRED:
                faults.append(SheetFault(number, header, "is empty"))
            continue
        try:
            values[name] = read_cell(cell)
        except cells.Unreadable as error:
            faults.append(SheetFault(number, header or name, str(error)))
    if values.get("charge", ZERO) < 0:
        faults.append(SheetFault(number, mapping.columns.get("charge", "charge"), "is below zero"))
    return _Row(number, values, tuple(faults))


def _group_faults(group: Sequence[_Row], mapping: SheetMapping) -> Iterable[SheetFault]:
    """Rows of one visit are of one patient, payer and provider, and no more than a claim holds."""
    first = group[0]
    for row in group[1:]:
        for name in (*SAME_IN_EVERY_ROW, *SAME_WHERE_TOLD):
            told = row.values.get(name)
            is_another = told != first.values.get(name) and (told or name in SAME_IN_EVERY_ROW)
            if is_another and not row.faults and not first.faults:
                words = f"is another one than in row {first.number}, which has the same visit number"
                yield SheetFault(row.number, mapping.columns.get(name, name), words)
    if len(group) > LINES_OF_A_VISIT:
        words = f"the visit has {len(group)} rows, and at most {LINES_OF_A_VISIT} are taken: divide it"
        yield SheetFault(first.number, mapping.columns.get("visit_number", ""), words)
    if len({code for row in group for code in row.values.get("diagnoses", ())}) > MOST_DIAGNOSES:
        words = f"the visit has more than {MOST_DIAGNOSES} diagnoses"
        yield SheetFault(first.number, mapping.columns.get("diagnoses", ""), words)


def _held_back(group: Sequence[_Row], wrong: Set[int]) -> Iterable[SheetFault]:
    """Good rows of a visit of which another row is bad: they wait for it."""
    bad = [row.number for row in group if row.faults or row.number in wrong]
    words = f"waits for row {bad[0]}, which is of the same visit"
    yield from (SheetFault(row.number, "", words) for row in group if row.number not in bad)


def _visit(group: Sequence[_Row], sheet: Sheet, source: str) -> SentVisit:
    first = group[0]
    said = first.values
    patient = _patient(said)
    is_self_pay = bool(said.get("self_pay"))
    own = OtherPayer(SELF_PAY, patient) if is_self_pay else _policy(said, patient)
    second = _second_policy(said, patient)
    codes = tuple(dict.fromkeys(code for row in group for code in row.values.get("diagnoses", ())))
    lines = tuple(_line(row.values, codes) for row in group)
    number = said.get("visit_number") or _made_number(sheet.rows[first.number])
    claim = Claim(
        control_number=number,
        charge_cents=Cents(sum(one.charge_cents for one in lines)),
        billing_provider=_billing(said),
        coverage=own.coverage,
        subscriber=own.subscriber,
        patient=patient,
        diagnoses=tuple(Diagnosis(code, "ABF" if place else "ABK") for place, code in enumerate(codes)),
        lines=lines,
        place_of_service=said.get("place_of_service", "11"),
        authorization=said.get("authorization"),
        providers=_rendering(said),
    )
    numbered = said.get("visit_number")
    return SentVisit(
        f"row {first.number}",
        claim,
        others=(second,) if second and not is_self_pay else (),
        is_self_pay=is_self_pay,
        notes=() if numbered else (Gap(f"row {first.number}", "no visit number: the row is a visit of its own"),),
        patient_numbers=tuple(SentNumber(source, one) for one in (said.get("patient_number"),) if one),
        visit_number=SentNumber(source, numbered) if numbered else None,
    )


def _made_number(given: Sequence[str]) -> str:
    """Of a visit without a number: by what its row says, so that the same row is the same visit."""
    return "R" + hashlib.sha256("\x1f".join(given).encode()).hexdigest()[:19].upper()


def _patient(said: Mapping[str, Any]) -> Person:
    return Registration(
        last_name=said["last_name"],
        first_name=said.get("first_name"),
        middle_name=said.get("middle_name"),
        birth_date=said.get("birth_date"),
        sex=said.get("sex"),
        address=_address(said),
    ).person


def _address(said: Mapping[str, Any]) -> Address | None:
    if not said.get("street") or not said.get("city"):
        return None
    return Address(said["street"], said["city"], said.get("state"), said.get("postal_code"))


def _policy(said: Mapping[str, Any], patient: Person) -> OtherPayer:
    """The first policy; NO_POLICY where neither payer nor member is told."""
    if not any(said.get(name) for name in ("payer_id", "payer_name", "member_id")):
        return OtherPayer(NO_POLICY, patient)
    coverage = Coverage(
        payer=_payer(said.get("payer_id"), said.get("payer_name")),
        member_id=said.get("member_id"),
        relationship=said.get("relationship", "18"),
        group_number=said.get("group_number"),
        filing_indicator=said.get("filing_indicator"),
    )
    if coverage.is_self:
        return OtherPayer(coverage, patient)
    name = Name(said.get("subscriber_last_name") or patient.name.last, said.get("subscriber_first_name"))
    return OtherPayer(coverage, Person(name, said.get("subscriber_birth_date"), None, patient.address))


def _second_policy(said: Mapping[str, Any], patient: Person) -> OtherPayer | None:
    if not said.get("second_member_id"):
        return None
    payer = _payer(said.get("second_payer_id"), said.get("second_payer_name"))
    return OtherPayer(Coverage(payer=payer, member_id=said["second_member_id"], responsibility="S"), patient)


def _payer(number: str | None, name: str | None) -> Party:
    qualifier = "PI" if number else None
    return Party("PR", is_person=False, name=Name(name or number or ""), id_qualifier=qualifier, id=number)


def _line(said: Mapping[str, Any], codes: Sequence[str]) -> ServiceLine:
    return ServiceLine(
        procedure=said["procedure"],
        charge_cents=said.get("charge", ZERO),
        units=said.get("units", cells.units("1")),
        service_date=said["service_date"],
        modifiers=said.get("modifiers", ()),
        diagnosis_pointers=tuple(codes.index(code) + 1 for code in said.get("diagnoses", ())[:4]),
        place_of_service=said.get("place_of_service"),
    )


def _billing(said: Mapping[str, Any]) -> Party:
    npi = said.get("billing_npi")
    return Party(BILLING, is_person=False, name=Name(""), id_qualifier="XX", id=npi) if npi else NOBODY


def _rendering(said: Mapping[str, Any]) -> tuple[Party, ...]:
    npi = said.get("rendering_npi")
    return (Party(RENDERING, is_person=True, name=Name(""), id_qualifier="XX", id=npi),) if npi else ()


def refused_rows(headers: Sequence[str], rows: Sequence[tuple[int, Sequence[str], str]]) -> str:
    """A CSV of rows that were not taken, as they came, each with its number and the reason: to mend and send again."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("not taken because", "row", *headers))
    for number, given, reason in rows:
        writer.writerow([cells.guarded(cell) for cell in (reason, str(number), *given)])
    return text.getvalue()
