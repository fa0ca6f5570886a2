"""Bank files: ACH entries with their addenda, and balance reports; sums that do not hold refuse the whole file."""

from datetime import UTC, date, datetime

import pytest

from billing.bank import Means, Movement, trace_in
from billing.money import Cents
from interchange.bank import ach, bai2
from interchange.bank.faults import BankFileInvalid
from tests.bank_files import TRN, ach_file, bai2_file, entry


def test_a_payers_transfer_carries_the_trace_of_its_remittance() -> None:
    [found] = ach.read(ach_file([entry(150000, addenda=[TRN])]))
    assert (found.amount_cents, found.booked_on, found.means) == (150000, date(2026, 11, 4), Means.ACH)
    assert (found.trace, found.payer_number) == ("EFT0001", "1512345678")
    assert (found.sender, found.account) == ("EXAMPLE PAYER", "123456789")


def test_debits_are_negative_prenotes_are_passed_over_and_addenda_read_as_one() -> None:
    text = TRN + "RMR*IV*" + "9" * 80
    long = [text[:80], text[80:]]
    found = ach.read(ach_file([entry(500, code="27"), entry(0, code="23"), entry(700, code="32", addenda=long)]))
    assert [(one.amount_cents, one.trace) for one in found] == [(-500, None), (700, "EFT0001")]
    assert found[1].text == text


def test_a_trace_may_be_cut_between_two_addenda() -> None:
    padded = "X" * 70 + TRN
    [found] = ach.read(ach_file([entry(100, addenda=[padded[:80], padded[80:]])]))
    assert found.trace == "EFT0001"


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        ("TRN*1*EFT0001*1512345678~", ("EFT0001", "1512345678")),
        ("TRN*1*EFT0001*1512345678\\", ("EFT0001", "1512345678")),
        ("TRN*1*EFT0001*1512345678*0001~", ("EFT0001", "1512345678")),
        ("RMR*IV*1~TRN*1*A B*1512345678", ("A B", "1512345678")),
        ("TRN*2*EFT0001*1512345678~", (None, None)),
        ("TRN*1*EFT0001~", (None, None)),
        ("paid with thanks", (None, None)),
    ],
)
def test_the_trace_is_known_by_its_form(text: str, trace: tuple[str | None, str | None]) -> None:
    assert trace_in(text) == trace


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("0000150000", "0000150001"), "line 5: the batch says 150000 cents of credits, and 150001 are here"),
        (("\n9000001", "\n9000002"), "2 batches are announced"),
        (("705TRN", "X05TRN"), "line 4: no record begins with 'X'"),
        (("622", "699"), "transaction code 99"),
        (("EXAMPLE PAYER   ", "EXAMPLE PAYER   TOO LONG"), "a record has 94"),
        (("261104261104", "26110426XX04"), "the effective date is no day"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_with_its_line(change: tuple[str, str], words: str) -> None:
    text = ach_file([entry(150000, addenda=[TRN])])
    assert change[0] in text
    with pytest.raises(BankFileInvalid) as refused:
        ach.read(text.replace(*change, 1))
    assert words in str(refused.value)


def test_a_file_that_is_cut_off_is_refused() -> None:
    lines = ach_file([entry(150000, addenda=[TRN])]).splitlines()
    for count in range(len(lines)):
        if lines[count : count + 1] and lines[count].startswith("99999"):
            continue
        with pytest.raises(BankFileInvalid):
            ach.read("\n".join(lines[:count]))


def test_a_balance_report_has_each_booking_with_its_day() -> None:
    found = bai2.read(bai2_file())
    assert [(one.amount_cents, one.means, one.reference) for one in found] == [
        (150000, Means.ACH, "B1"),
        (4200, Means.CHEQUE, "B2"),
        (-4200, Means.CHEQUE, "B3"),
        (99, Means.OTHER, "B4"),
    ]
    assert {one.booked_on for one in found} == {date(2026, 11, 4)}
    assert {one.account for one in found} == {"0012345"}
    assert (found[0].trace, found[0].payer_number) == ("EFT0001", "1512345678")
    assert found[3].text == "interest, as agreed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("16,142,150000", "16,142,150001"), "record 49 says a sum of"),
        (("16,142", "16,942"), "type 942 is no credit and no debit"),
        (("16,142,150000", "16,142,15.00"), "the amount is no number"),
        (("02,", "07,"), "record 07 is not known"),
        (("03,0012345", "16,0012345"), "a booking outside an account"),
        (("99,", "98,"), "record 98 ends nothing that is open"),
        (("261104", "260231"), "the day is none"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(change: tuple[str, str], words: str) -> None:
    text = bai2_file()
    assert change[0] in text
    at = text.rindex(change[0]) if change[0] == "99," else text.index(change[0])
    with pytest.raises(BankFileInvalid) as refused:
        bai2.read(text[:at] + change[1] + text[at + len(change[0]) :])
    assert words in str(refused.value)


def test_a_report_that_is_cut_off_is_refused() -> None:
    lines = bai2_file().splitlines()
    for count in range(len(lines)):
        with pytest.raises(BankFileInvalid):
            bai2.read("\n".join(lines[:count]))


def test_what_is_written_is_read_again() -> None:
    said = Movement(date(2026, 11, 4), Cents(150000), Means.ACH, "000123456", "", "EXAMPLE PAYER", TRN)
    text = ach.write(said, created=datetime(2026, 11, 4, 12, tzinfo=UTC), number=7)
    assert {len(line) for line in text.splitlines()} == {94}
    [found] = ach.read(text)
    assert (found.amount_cents, found.trace, found.payer_number) == (150000, "EFT0001", "1512345678")
    assert (found.sender, found.account, found.reference) == ("EXAMPLE PAYER", "000123456", "091000010000007")
