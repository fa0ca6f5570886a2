"""A file of enrolments: what is written is read again, and a bad row says what is wrong with it."""

from datetime import date

import pytest

from billing.enrolment_file import FileRow, read_enrolments, write_enrolments
from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState, standing

ROW = FileRow(
    2,
    "60054",
    Enrolment("1993999998", EnrolmentKind.CLAIMS, EnrolmentState.ENDED, None, date(2026, 1, 31)),
    date(2026, 3, 1),
    "T-1, renewed",
    'said "soon"',
)


def test_what_is_written_is_read_again() -> None:
    assert read_enrolments(write_enrolments([ROW]), strict_npi=True) == ([ROW], [])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1993999998,60054,837,ended", "effective_to: say on which day it ended"),
        ("1993999998,60054,837,active,2026-13-01", "effective_from must be a day as YYYY-MM-DD, or nothing"),
        ("1234567890,60054,837,active", "npi must be ten digits with a right check digit"),
        ("1993999998,60054,837,active,,,," + "x" * 61, "reference is longer than 60 characters"),
        (
            "1993999998,60054,837,active,,,,T-1,renewed",
            "renewed stands beyond the last column: put what holds a comma between quotation marks",
        ),
    ],
)
def test_a_bad_row_says_what_is_wrong(row: str, message: str) -> None:
    head = "npi,payer_number,kind,state,effective_from,effective_to,recheck_on,reference"
    rows, [fault] = read_enrolments(f"{head}\n{row}\n", strict_npi=True)
    assert (rows, fault.line, fault.message) == ([], 2, message)


def test_a_test_office_takes_invented_numbers() -> None:
    text = "npi,payer_number,kind,state\n1234567890,60054,270,active\n12345,60054,270,active\n"
    rows, [fault] = read_enrolments(text, strict_npi=False)
    assert [row.line for row in rows] == [2]
    assert fault.message == "npi must be ten digits"


@pytest.mark.parametrize(
    ("state", "first", "last", "words"),
    [
        ("active", None, None, "active"),
        ("active", None, date(2026, 12, 31), "active until 2026-12-31"),
        ("active", date(2027, 1, 1), None, "active from 2027-01-01"),
        ("active", None, date(2026, 1, 1), "ended on 2026-01-01"),
        ("ended", None, date(2026, 1, 1), "ended on 2026-01-01"),
        ("ended", None, date(2027, 1, 1), "ends on 2027-01-01"),
        ("requested", None, None, "requested"),
        ("not_needed", None, None, "not needed"),
    ],
)
def test_a_row_says_where_it_stands_today(state: str, first: date | None, last: date | None, words: str) -> None:
    row = Enrolment("1993999998", EnrolmentKind.CLAIMS, EnrolmentState(state), first, last)
    assert standing(row, date(2026, 11, 2)) == words
