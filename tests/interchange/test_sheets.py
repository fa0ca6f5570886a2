from dataclasses import replace
from datetime import date

import pytest

from billing.sheets import DateOrder, SheetMapping, guessed, mapping_faults
from interchange import sheets
from interchange.sheets import NotASheet, opened, orders_of, read

TODAY = date(2026, 10, 21)
HEADER = "Visit ID,MRN,Last Name,First Name,DOB,Payer ID,Policy Number,DOS,CPT,Mod,Qty,Charges,Dx,Self Pay"
ROW = "V1,M1,DOE,JANE,01/02/1980,99999,ABC1,10/20/2026,99213,25,1,150.00,J06.9 I10,"
MAPPING = replace(guessed(HEADER.split(",")), date_order=DateOrder.MDY)


def sheet(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def test_a_mapping_is_guessed_by_the_names_of_the_columns() -> None:
    assert dict(MAPPING.columns) == {
        "visit_number": "Visit ID",
        "patient_number": "MRN",
        "last_name": "Last Name",
        "first_name": "First Name",
        "birth_date": "DOB",
        "payer_id": "Payer ID",
        "member_id": "Policy Number",
        "service_date": "DOS",
        "procedure": "CPT",
        "modifiers": "Mod",
        "units": "Qty",
        "charge": "Charges",
        "diagnoses": "Dx",
        "self_pay": "Self Pay",
    }
    assert mapping_faults(MAPPING, HEADER.split(",")) == []


def test_rows_of_one_number_are_lines_of_one_visit() -> None:
    second = ROW.replace("99213,25", "36415,").replace("150.00", "$10").replace("J06.9 I10", "I10")
    [found] = read(sheet(ROW, second), MAPPING, source="clinic", today=TODAY).visits
    claim = found.visit.claim
    assert found.rows == (2, 3)
    assert (claim.control_number, claim.charge_cents) == ("V1", 16000)
    assert [(line.procedure, line.modifiers, line.diagnosis_pointers) for line in claim.lines] == [
        ("99213", ("25",), (1, 2)),
        ("36415", (), (2,)),
    ]
    assert claim.lines[0].service_date == date(2026, 10, 20)
    assert claim.patient.birth_date == date(1980, 1, 2)
    assert (claim.coverage.payer.id, claim.coverage.member_id) == ("99999", "ABC1")


def test_a_row_without_a_number_is_a_visit_of_its_own_and_the_same_one_again() -> None:
    bare = ROW.replace("V1,", ",")
    first = read(sheet(bare, bare.replace("99213", "99214")), MAPPING, source="clinic", today=TODAY).visits
    again = read(sheet(bare), MAPPING, source="clinic", today=TODAY).visits
    assert len(first) == 2
    assert first[0].visit.key == again[0].visit.key != first[1].visit.key


@pytest.mark.parametrize(
    ("cell", "wrong", "column", "message"),
    [
        ("10/20/2026", "20/10/2026", "DOS", "must be a day as MM/DD/YYYY or MM-DD-YYYY"),
        ("99213", "9921", "CPT", "must be a code of five characters"),
        ("DOE", "", "Last Name", "is empty"),
        ("150.00", "1,50", "Charges", "amount has a comma that is not before three digits; write cents after a point"),
        ("150.00", "-5", "Charges", "is below zero"),
        ("J06.9 I10", "cold", "Dx", None),
    ],
)
def test_a_faulty_cell_is_told_by_row_and_column(cell: str, wrong: str, column: str, message: str | None) -> None:
    good = ROW.replace("V1", "V2")
    found = read(sheet(good, ROW.replace(cell, f'"{wrong}"')), MAPPING, source="clinic", today=TODAY)
    if message is None:
        assert [one.visit.claim.control_number for one in found.visits] == ["V2", "V1"]
        assert found.visits[1].visit.claim.diagnoses[0].code == "COLD"
        return
    assert [(one.row, one.column, one.message) for one in found.faults] == [(3, column, message)]
    assert [one.visit.claim.control_number for one in found.visits] == ["V2"]
    assert wrong == "" or wrong not in str(found.faults[0])


@pytest.mark.parametrize("wrong", ["1e2", "0.0001", "0", "-1"])
def test_units_are_read_as_everywhere_else(wrong: str) -> None:
    found = read(sheet(ROW.replace(",25,1,", f",25,{wrong},")), MAPPING, source="clinic", today=TODAY)
    message = "must be a number above zero with at most three decimals, such as 1 or 2.5"
    assert [(one.row, one.column, one.message) for one in found.faults] == [(2, "Qty", message)]


def test_good_rows_of_a_visit_wait_for_the_bad_one() -> None:
    found = read(sheet(ROW, ROW.replace("99213", "?")), MAPPING, source="clinic", today=TODAY)
    assert found.visits == ()
    assert [(one.row, one.message) for one in found.faults] == [
        (2, "waits for row 3, which is of the same visit"),
        (3, "must be a code of five characters"),
    ]


def test_rows_of_one_number_and_two_patients_are_refused() -> None:
    found = read(sheet(ROW, ROW.replace("DOE,JANE", "ROE,RICK")), MAPPING, source="clinic", today=TODAY)
    assert found.visits == ()
    assert {(one.row, one.column) for one in found.faults} == {(3, "Last Name"), (3, "First Name"), (2, "")}


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [
        ("99999,ABC1", "88888,ABC1", "Payer ID"),
        ("J06.9 I10,", "J06.9 I10,yes", "Self Pay"),
        ("J06.9 I10,,1234567893", "J06.9 I10,,1245319599", "Rendering"),
        ("J06.9 I10,,,A7", "J06.9 I10,,,A8", "Auth"),
    ],
)
def test_rows_of_one_visit_that_say_otherwise_who_pays_or_who_saw_the_patient_are_refused(
    first: str, second: str, column: str
) -> None:
    mapping = replace(MAPPING, columns={**MAPPING.columns, "rendering_npi": "Rendering", "authorization": "Auth"})
    old = first if first in ROW else "J06.9 I10,"
    rows = sheet(ROW.replace(old, first), ROW.replace(old, second), header=f"{HEADER},Rendering,Auth")
    found = read(rows, mapping, source="clinic", today=TODAY)
    assert found.visits == ()
    assert (3, column, "is another one than in row 2, which has the same visit number") in [
        (one.row, one.column, one.message) for one in found.faults
    ]


def test_what_stands_in_the_first_row_of_a_visit_alone_counts_for_all() -> None:
    later = ROW.replace("99999", "").replace("99213,25", "36415,")
    [found] = read(sheet(ROW, later), MAPPING, source="clinic", today=TODAY).visits
    assert (len(found.visit.claim.lines), found.visit.claim.coverage.payer.id) == (2, "99999")


def test_fixed_values_stand_where_a_row_says_nothing() -> None:
    mapping = SheetMapping(MAPPING.columns, {"payer_id": "88888", "place_of_service": "22"}, DateOrder.MDY)
    rows = sheet(ROW, ROW.replace("V1", "V2").replace("99999", ""))
    one, other = read(rows, mapping, source="clinic", today=TODAY).visits
    assert (one.visit.claim.coverage.payer.id, other.visit.claim.coverage.payer.id) == ("99999", "88888")
    assert one.visit.claim.place_of_service == "22"


def test_who_pays_alone_has_no_policy() -> None:
    [found] = read(sheet(f"{ROW}yes"), MAPPING, source="clinic", today=TODAY).visits
    assert found.visit.is_self_pay


def test_a_mapping_says_what_is_wrong_with_it() -> None:
    wrong = SheetMapping({"procedure": "CPT", "charge": "CPT", "colour": "X", "units": "Count"})
    told = {one.field for one in mapping_faults(wrong, ["CPT"])}
    assert told == {"colour", "last_name", "service_date", "charge", "units", "date_order"}


@pytest.mark.parametrize("text", ["", "A,A\n1,2\n", 'A,B\n"1,2\n'])
def test_what_is_no_sheet_says_what_to_do(text: str) -> None:
    with pytest.raises(NotASheet):
        sheets.opened(text)


def test_rows_that_were_not_taken_come_back_as_they_came() -> None:
    text = sheets.refused_rows(["Name", "Note"], [(3, ("DOE", "=1+1"), "is empty")])
    assert text == "not taken because,row,Name,Note\nis empty,3,DOE,'=1+1\n"


@pytest.mark.parametrize(
    ("cell", "day", "words"),
    [
        ("10/20/2026", "10/21/2026", None),
        ("10/20/2026", "10/22/2026", "has not come yet: book an appointment"),
        ("01/02/1980", "10/22/2026", "has not come yet"),
    ],
)
def test_a_day_that_has_not_come_is_no_visit(cell: str, day: str, words: str | None) -> None:
    found = read(sheet(ROW.replace(cell, day)), MAPPING, source="clinic", today=TODAY)
    assert len(found.visits) == (words is None)
    assert [one.message.startswith(words or "") for one in found.faults] == ([True] if words else [])


@pytest.mark.parametrize(
    ("days", "orders"),
    [
        (("01/02/1980", "10/20/2026"), [DateOrder.MDY]),
        (("1/2/1980", "20/10/2026"), [DateOrder.DMY]),
        (("1980-01-02", "20261020"), [DateOrder.YMD]),
        (("01/02/1980", "03/04/2026"), [DateOrder.MDY, DateOrder.DMY]),
        (("01/02/1980", "soon"), [DateOrder.MDY, DateOrder.DMY]),
        (("10/31/1980", "soon"), [DateOrder.MDY]),
        (("", "soon"), []),
    ],
)
def test_how_days_are_written_is_seen_from_the_days(days: tuple[str, str], orders: list[DateOrder]) -> None:
    born, served = days
    found = opened(sheet(ROW.replace("01/02/1980", born).replace("10/20/2026", served)))
    assert orders_of(found, guessed(found.headers)) == orders


def test_a_mapping_that_does_not_say_how_days_are_written_reads_nothing() -> None:
    [fault] = mapping_faults(replace(MAPPING, date_order=None))
    assert (fault.field, fault.message.startswith("say how the sender writes days")) == ("date_order", True)


@pytest.mark.parametrize(
    "header", ["Member", "Member #", "Member ID", "Subscriber ID", "Ins ID", "Insured's ID", "Policy #"]
)
def test_the_number_on_the_card_is_found_under_its_names(header: str) -> None:
    assert guessed(["Payer ID", header]).columns == {"payer_id": "Payer ID", "member_id": header}
