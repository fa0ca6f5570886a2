from dataclasses import replace
from datetime import date

import pytest

from billing.money import Cents
from billing.moving import MovingOffice
from interchange import moving_files
from tests.old_system import files_of, old_office


def plain(office: MovingOffice) -> MovingOffice:
    """Without the places in the files."""
    return MovingOffice(
        **{
            table.field: tuple(replace(one, line=0) for one in getattr(office, table.field))
            for table in moving_files.TABLES
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_read_again(seed: int) -> None:
    told = old_office(30, seed)
    read, faults = moving_files.read(files_of(told))
    assert faults == []
    assert plain(read) == plain(told)


def test_no_cell_is_a_formula_and_all_come_back() -> None:
    told = old_office(1)
    names = ("=1+1", "+1", "-2", "@SUM(A1)", "'QUOTED")
    patients = tuple(replace(told.patients[0], last_name=name) for name in names)
    files = files_of(replace(told, patients=patients))
    text = files["patients.csv"].decode()
    assert ",=1+1" not in text
    assert "'=1+1" in text
    read, _ = moving_files.read(files)
    assert tuple(one.last_name for one in read.patients) == names


@pytest.mark.parametrize(
    ("cell", "cents"), [("1,280.50", 128050), ("$20", 2000), ("(20.00)", -2000), ("-20.00", -2000), ("", 0)]
)
def test_amounts_are_read_as_people_write_them(cell: str, cents: int) -> None:
    told = old_office(5)
    text = files_of(told)["lines.csv"].decode().splitlines()
    names = text[0].split(",")
    row = text[1].split(",")
    row[names.index("adjusted")] = f'"{cell}"'
    read, _ = moving_files.read({"lines.csv": f"{text[0]}\n{','.join(row)}\n".encode()})
    assert read.lines[0].adjusted == Cents(cents)


def test_every_faulty_cell_is_told_with_its_place() -> None:
    body = (
        "visit;patient;service_date;procedure;charge;balance;owed_by;colour\n"
        "V1;P1;2026-13-01;99213;10.005;x;somebody;red\n"
    )
    _, faults = moving_files.read({"lines.csv": body.encode()})
    assert [(one.line, one.column) for one in faults if one.file == "lines.csv"] == [(1, "colour")]
    _, faults = moving_files.read({"lines.csv": body.replace(";colour", "").replace(";red", "").encode()})
    told = {one.column: str(one) for one in faults if one.file == "lines.csv"}
    assert set(told) == {"service_date", "charge", "balance", "owed_by"}
    assert told["charge"] == "lines.csv line 2, charge: 10.005 amount has a fraction of a cent"


def test_what_is_no_file_of_a_move_is_told() -> None:
    _, faults = moving_files.read({"patient.csv": b"x", "aging.csv": b"\xff"})
    words = [str(one) for one in faults]
    assert any(one.startswith("patient.csv: is none of the files of a move") for one in words)
    assert any(one.startswith("patients.csv: is missing") for one in words)
    assert "aging.csv line 1: is not UTF-8: save it as CSV UTF-8 and try again" in words


def test_days_are_read_in_both_ways() -> None:
    body = "as_of,owed_by,bucket,total\n10/31/2026,insurance,0-30,1\n2026-10-31,patient,Total,2\n"
    read, faults = moving_files.read({"aging.csv": body.encode()})
    assert [one.as_of for one in read.aging] == [date(2026, 10, 31)] * 2
    assert [one for one in faults if one.file == "aging.csv"] == []
