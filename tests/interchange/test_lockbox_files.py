"""A lockbox's cheques, as BAI and as CSV; a file that contradicts itself is refused as a whole, with its line."""

from datetime import date

import pytest

from interchange.bank import lockbox, lockbox_csv
from interchange.bank.faults import BankFileInvalid
from interchange.x12.detect import FileKind, identify
from tests.lockbox_files import Sent, lockbox_file

TWO = lockbox_file(
    [Sent(4200, beside=(("ABCDE-FGHJK", 4000), ("V1", 200))), Sent(0)], [Sent(1500, "2", remitter="J ROE")]
)


def test_every_cheque_comes_with_what_stood_beside_it() -> None:
    first, second = lockbox.read(TWO)
    assert (first.lockbox, first.number, first.deposited_on) == ("0012345", "001", date(2026, 11, 4))
    [cheque] = first.cheques
    assert (cheque.item, cheque.amount_cents, cheque.number, cheque.remitter) == (1, 4200, "1043", "MARTHA DOE")
    assert (cheque.transit, cheque.account) == ("021000021", "0000123456")
    assert (cheque.invoices, cheque.papers) == (("ABCDE-FGHJK", "V1"), ("ABCDE-FGHJK",))
    assert [(one.amount_cents, one.number, one.invoices) for one in second.cheques] == [(1500, "2", ())]
    assert identify(TWO.encode()) == FileKind.LOCKBOX


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("ABCDE-FGHJK0000004200", ("ABCDE-FGHJK",)),
        ("no. abcdefghjk thanks", ("ABCDEFGHJK",)),
        ("0000004200", ()),
        ("XABCDE-FGHJK ABCDEFGHJKX", ()),
        ("ABCDE-FGHIO", ()),
    ],
)
def test_a_statements_number_is_known_by_its_form(text: str, papers: tuple[str, ...]) -> None:
    written = lockbox_file([Sent(100)]).replace("MARTHA DOE".ljust(28), text.ljust(28))
    [batch] = lockbox.read(written)
    assert batch.cheques[0].papers == papers


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("0020000004200", "0020000004201"), "line 8: the batch says 4201 cents, and 4200 are here"),
        (("0020000004200", "0030000004200"), "line 8: the batch says 3 cheques, and 2 are here"),
        (("00030000005700", "00030000005600"), "line 11: the lockbox says 5600 cents, and 5700 are here"),
        (("9000012", "9000013"), "line 12: 13 records are announced, and 12 are here"),
        ((TWO[TWO.index("9000012") :], ""), "the file ends without its last record (9): it is cut off"),
        (("4001001602", "4001002602"), "line 6: an overflow names another cheque than the one before it"),
        (("\n7002", "\n7001"), "line 10: the total is of batch 001, and cheques of another batch stand before it"),
        (("\n5000000", "\nX000000"), "line 3: no record begins with 'X'"),
        (("0012345261104", "0012345261304"), "line 3: the day of the deposit is no day: '261304'"),
        (("60010010000004200", "6001001000000420O"), "line 4: the amount is no number: '000000420O'"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change: tuple[str, str], words: str) -> None:
    assert change[0] in TWO
    with pytest.raises(BankFileInvalid) as refused:
        lockbox.read(TWO.replace(*change, 1))
    assert words in str(refused.value)


def test_what_stands_behind_the_end_and_outside_a_lockbox_is_refused() -> None:
    with pytest.raises(BankFileInvalid, match="line 13: stands behind the file's end"):
        lockbox.read(TWO + TWO)
    with pytest.raises(BankFileInvalid, match="line 1: a file has one header"):
        lockbox.read(TWO.partition("\n")[2])
    with pytest.raises(BankFileInvalid, match="line 3: stands outside a lockbox"):
        lockbox.read("\n".join(line for line in TWO.splitlines() if not line.startswith("5")))


CSV = (
    "Deposit Date,Check Number,Amount,Remitter,Reference,Batch\n"
    "2026-11-04,1043,42.00,MARTHA DOE,ABCDE-FGHJK; V1,7\n"
    "11/04/2026,0002,$15.00,,,7\n"
)


def test_a_csv_names_its_columns() -> None:
    [batch] = lockbox_csv.read(CSV + ",total,57.00,,,\n")
    assert (batch.number, batch.deposited_on, batch.amount_cents) == ("7", date(2026, 11, 4), 5700)
    first, second = batch.cheques
    assert (first.papers, first.invoices, first.remitter) == (("ABCDE-FGHJK",), ("ABCDE-FGHJK", "V1"), "MARTHA DOE")
    assert (second.number, second.amount_cents, second.invoices) == ("2", 1500, ())
    assert identify(CSV.encode()) == FileKind.LOCKBOX_CSV


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CSV + ",total,57.01,,,\n", "line 4: the total says 5701 cents, and 5700 are here"),
        (CSV + ",total,57.00,,,\n2026-11-04,3,1.00,,,\n", "line 5: stands behind the total"),
        (CSV.replace("42.00", "42.005"), "line 2: amount"),
        (CSV.replace("42.00", "-1.00"), "line 2: amount must be above zero"),
        (CSV.replace("2026-11-04", "4.11.26"), "line 2: deposit_date is no day"),
        (CSV.replace(",7\n", "\n", 1), "line 2: 5 cells; the header names 6 columns"),
        (CSV.partition("\n")[0], "line 1: no cheque stands under the header"),
        (CSV.replace("Batch", "Amount"), "line 1: the column amount stands there twice"),
        (CSV.replace("MARTHA DOE", "X" * 101), "line 2: remitter is longer than 100 characters"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(BankFileInvalid) as refused:
        lockbox_csv.read(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.4\r1 0 obj\r", FileKind.UNKNOWN),
        (b"MSH|^~\\&|A|B|C|D|20261104||ADT^A04|1|P|2.5.1\rPID|1\r", None),
        (b"lockbox,check_number\rone,two\r", FileKind.UNKNOWN),
    ],
)
def test_what_breaks_lines_in_an_old_way_is_named_and_never_raises(data: bytes, kind: FileKind | None) -> None:
    found = identify(data)
    assert found not in {FileKind.LOCKBOX, FileKind.LOCKBOX_CSV}
    assert kind is None or found == kind


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,12/31/9999,1043,42.00", "is no day of this time"),
        ("1,01/01/0026,1043,42.00", "is no day of this time"),
        (f"1,11/04/2026,1043,{'9' * 140000}", "cannot be read"),
    ],
)
def test_odd_rows_are_refused_with_their_line(row: str, words: str) -> None:
    with pytest.raises(BankFileInvalid, match=words):
        lockbox_csv.read(f"lockbox,deposit_date,check_number,amount\n{row}\n")
