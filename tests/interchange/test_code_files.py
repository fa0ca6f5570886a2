"""Code files, invented and excerpted: what is read, and bad lines by their number."""

from datetime import date

import pytest

from billing.code_tables import CodeEntry, CodeSystem, Edition
from interchange.code_files import BadLine, PassedOver, Read, read
from tests.code_editions import hcpcs_line, order_line

FY2026 = Edition(CodeSystem.ICD10CM, "FY2026", date(2025, 10, 1), date(2026, 9, 30))
Q3 = Edition(CodeSystem.HCPCS, "2026Q3", date(2026, 7, 1), date(2026, 9, 30))
CPT2026 = Edition(CodeSystem.CPT, "2026", date(2026, 1, 1), date(2026, 12, 31))


def codes(found: list[Read]) -> list[str]:
    return [one.code for one in found if isinstance(one, CodeEntry)]


def bad(found: list[Read]) -> list[int]:
    return [one.number for one in found if isinstance(one, BadLine)]


def test_an_order_file_tells_headings_from_billable_codes() -> None:
    lines = [
        order_line(1, "E11", False, "Type 2 diabetes mellitus"),
        order_line(2, "E119", True, "Type 2 diab w/o complications", "Type 2 diabetes mellitus without complications"),
        order_line(3, "QA00101", True, "SCN2A-related neurodevelopmental disorder"),
    ]
    heading, leaf, newest = read(lines, FY2026)
    assert heading == CodeEntry(
        "E11", "Type 2 diabetes mellitus", "Type 2 diabetes mellitus", False, date(2025, 10, 1), date(2026, 9, 30)
    )
    assert isinstance(leaf, CodeEntry)
    assert (leaf.is_billable, leaf.long) == (True, "Type 2 diabetes mellitus without complications")
    assert isinstance(newest, CodeEntry)


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_line_ends_and_empty_lines_change_nothing(ending: str) -> None:
    lines = ["\ufeff" + order_line(1, "I10", True, "Hypertension") + ending, ending, "\x1a"]
    assert codes(list(read(lines, FY2026))) == ["I10"]


@pytest.mark.parametrize(
    "line",
    [
        "A000    Cholera due to Vibrio cholerae 01, biovar cholerae",
        "00002 A0001 ",
        "00002 A000    2 Cholera" + " " * 60,
        "00002 A000.1  1 Cholera" + " " * 60,
        "00002 A000    1 ",
        "00002 000A    1 Cholera" + " " * 60,
        order_line(2, "I10", True, "The same code again"),
    ],
)
def test_a_bad_line_of_an_order_file_is_named_and_loses_no_other(line: str) -> None:
    lines = [order_line(1, "I10", True, "Hypertension"), line, order_line(3, "J069", True, "Infection")]
    found = list(read(lines, FY2026))
    assert (codes(found), bad(found)) == (["I10", "J069"], [2])


def test_an_hcpcs_description_goes_on_over_its_records() -> None:
    lines = [
        hcpcs_line("J0001", "00100", "3", "Injection, invented drug,", "Inj invented", added="20200101"),
        hcpcs_line("J0001", "00200", "4", "per unit"),
        hcpcs_line("J0002", "00100", "3", "Old drug", added="20100101", ended="20260630", see=("J0001", "J0003")),
        hcpcs_line("   XA", "00100", "7", "A modifier"),
        hcpcs_line("   XA", "00200", "8", "and more of it"),
        hcpcs_line("D0001", "00100", "3", "A dental code"),
    ]
    first, old, *passed = read(lines, Q3)
    assert first == CodeEntry(
        "J0001", "Inj invented", "Injection, invented drug, per unit", True, date(2020, 1, 1), None
    )
    assert isinstance(old, CodeEntry)
    assert (old.valid_to, old.see) == (date(2026, 6, 30), ("J0001", "J0003"))
    assert passed == [PassedOver(4, "modifier"), PassedOver(6, "dental code")]


@pytest.mark.parametrize(
    "line",
    [
        hcpcs_line("J0002", "00100", "5", "An unknown kind of record"),
        hcpcs_line("99213", "00100", "3", "No code of this system"),
        hcpcs_line("J0002", "00200", "4", "A description without its beginning"),
        hcpcs_line("J0002", "00100", "3", "A day that is none", added="20261301"),
        "J0002",
    ],
)
def test_a_bad_hcpcs_record_is_named_and_loses_no_other(line: str) -> None:
    lines = [hcpcs_line("J0001", "00100", "3", "One"), line, hcpcs_line("J0003", "00100", "3", "Three")]
    found = list(read(lines, Q3))
    assert (codes(found), bad(found)) == (["J0001", "J0003"], [2])


def test_codes_may_stand_alone_in_their_lines() -> None:
    found = list(read(["A0021\n", "g0008\n", "D0001\n", "99213\n", "\n", "T1015\n"], Q3))
    assert (codes(found), bad(found)) == (["A0021", "G0008", "T1015"], [4])


def test_a_licensed_csv_needs_nothing_but_the_code() -> None:
    lines = [
        "Code,Description,valid_from,valid_to,anything\n",
        '99213,"A visit,\n',
        'in our own words",2020-01-01,,x\n',
        "0001U,,,2026-06-30,x\n",
        "99214\n",
        "J0001,of another system,,\n",
        "99215,,tomorrow,\n",
    ]
    found = list(read(lines, CPT2026))
    entries = [one for one in found if isinstance(one, CodeEntry)]
    assert [one.code for one in entries] == ["99213", "0001U", "99214"]
    assert [(one.valid_from, one.valid_to) for one in entries] == [
        (date(2020, 1, 1), None),
        (date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 1, 1), None),
    ]
    assert bad(found) == [6, 7], "a row over two lines does not shift the numbers"


@pytest.mark.parametrize("edition", [FY2026, Q3, CPT2026])
@pytest.mark.parametrize("lines", [[], ["\n"], ["what,is,this\n"], ["PK\x03\x04\x00\n"], ['code\n"unclosed\n']])
def test_a_file_of_another_kind_is_one_bad_line(edition: Edition, lines: list[str]) -> None:
    [only] = read(lines, edition)
    assert isinstance(only, BadLine)
