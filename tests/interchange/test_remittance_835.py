"""The 835 codec: streamed, balanced, written, and known by its content."""

import dataclasses
import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import oxedi
import pytest

from billing.money import Cents
from billing.remittance import BankAccount, SupplementalAmount, SupplementalQuantity
from interchange.x12 import fields, remittance_835, writing
from interchange.x12.payment_writing import NotBalanced, TooManyRemarks
from interchange.x12.remittance_835 import ReadPayment, ReadRemittance, RemittanceEnd, RemittanceHeader
from interchange.x12.syntax import NotX12, SegmentReader
from tests.interchange import oracles

ENVELOPE = {"ISA", "GS", "GE", "IEA", "TA1"}
INSTANT = dt.datetime(2026, 3, 10, 10, 15, tzinfo=dt.UTC)


def written(read: ReadRemittance) -> str:
    assert read.remittance
    body = remittance_835.write(read.remittance, [one.payment for one in read.payments if one.payment])
    group = writing.Group(501, remittance_835.VERSION, [("0001", body)], "835")
    ends = {"sender": writing.Address("ZZ", "MOCKHUB"), "receiver": writing.Address("ZZ", "LAKEFP01")}
    return writing.write_interchange([group], **ends, control_number=501, instant=INSTANT, usage="T", line_end="\n")


@pytest.mark.golden("x221a1")
def test_it_finds_no_error_where_two_validators_agree(path: Path, two_agree) -> None:
    if not two_agree(path) or path.name == "moo-sample1.txt":
        pytest.skip("the file is not valid, or known not to balance")
    issues = [issue for read in remittance_835.read_remittances(path.read_bytes()) for issue in read.issues]
    assert [str(issue) for issue in issues if issue.is_error] == []


@pytest.mark.golden("x221a1")
def test_written_remittances_read_back_and_are_accepted_by_pyx12_and_oxedi(path: Path) -> None:
    for read in remittance_835.read_remittances(path.read_bytes()):
        if not read.is_balanced or any(issue.is_error for issue in read.issues):
            continue
        text = written(read)
        (again,) = remittance_835.read_remittances(text.encode())
        assert again.remittance == read.remittance
        assert [one.payment for one in again.payments] == [one.payment for one in read.payments]
        assert [str(issue) for issue in again.issues] == []
        assert written(again) == text
        assert oracles.pyx12(text) == []
        assert [str(one) for one in oxedi.parse(text.encode()).diagnostics] == []


FAULTS = {
    "e01_BPR02_off.edi": {("BPR", "transaction", "balance")},
    "e03_line_CAS_off.edi": {("SVC", "line", "balance"), ("CLP", "claim", "balance")},
    "e05_bad_group.edi": {("CAS", "7", "element")},
    "e07_bad_CLP02.edi": {("CLP", "7", "element")},
    "e09_bad_RARC.edi": set(),
    "e11_missing_TRN.edi": {("TRN", "3", "segment"), ("TRN", "unreadable", "rule")},
    "e13_CLP03_off.edi": {("CLP", "claim", "balance")},
}


@pytest.mark.parametrize(("name", "expected"), FAULTS.items(), ids=FAULTS)
def test_each_fault_is_reported_at_its_segment(name: str, expected: set, golden: Path) -> None:
    (read,) = remittance_835.read_remittances((golden / "broken" / name).read_bytes())
    assert {(issue.segment, issue.code, issue.level) for issue in read.issues} == expected
    assert len(read.payments) == 40


def test_a_remittance_without_trn_is_none_and_its_payments_are_still_read(golden: Path) -> None:
    (read,) = remittance_835.read_remittances((golden / "broken" / "e11_missing_TRN.edi").read_bytes())
    assert read.remittance is None
    assert not read.is_balanced
    assert all(one.payment for one in read.payments)


def test_it_streams_header_payments_end(golden: Path) -> None:
    items = list(remittance_835.read((golden / "x221a1" / "made-plb-recovery-interest.edi").read_bytes()))
    first, *payments, end, _envelope = items
    assert isinstance(first, RemittanceHeader)
    assert first.remittance
    assert first.remittance.provider_adjustments == ()
    assert all(isinstance(one, ReadPayment) for one in payments)
    assert isinstance(end, RemittanceEnd)
    assert end.remittance
    assert end.remittance.provider_adjustments


def test_the_same_content_in_another_envelope_and_other_delimiters_has_the_same_hash(golden: Path) -> None:
    data = (golden / "x221a1" / "made-reversal-correction.edi").read_bytes()
    other = data.replace(b"000000501", b"000000777").replace(b"*0001~", b"*0009~").replace(b"\n", b"\r\n")
    other = other.translate(bytes.maketrans(b"*:~", b"|>!"))
    (first,) = remittance_835.read_remittances(data)
    (second,) = remittance_835.read_remittances(other)
    assert second.content_hash == first.content_hash
    body = [tuple(s.elements) for s in SegmentReader(data) if s.id not in {"ISA", "GS", "ST", "SE", "GE", "IEA"}]
    assert remittance_835.content_hash(body) == first.content_hash
    (changed,) = remittance_835.read_remittances(data.replace(b"CAS*CO*45*55", b"CAS*CO*45*56"))
    assert changed.content_hash != first.content_hash


def test_a_reversal_keeps_its_signs_and_comes_before_its_correction(golden: Path) -> None:
    (read,) = remittance_835.read_remittances((golden / "x221a1" / "made-reversal-correction.edi").read_bytes())
    reversal, correction, _ = [one.payment for one in read.payments]
    assert reversal
    assert correction
    assert (reversal.is_reversal, reversal.paid_cents, correction.paid_cents) == (True, -12000, 10000)


@pytest.mark.parametrize(
    "bad",
    [
        *("PLB*1*20261231*WO:1", "PLB*1*20261231**5", "PLB*1*20261231*WO:1*5*FB:2"),
        *("PLB*1*20260230*WO:1*5", "PLB*1**WO:1*5", "PLB*1*20261231*WO:1*4X5", "PLB*1*20261231*WO:1*5.001"),
    ],
)
def test_an_odd_provider_adjustment_is_an_issue_and_nothing_is_posted(bad: str, golden: Path) -> None:
    text = (golden / "x221a1" / "made-reversal-correction.edi").read_text().replace("SE*", bad + "~\nSE*", 1)
    (read,) = remittance_835.read_remittances(text.encode())
    (issue,) = [issue for issue in read.issues if issue.segment == "PLB" and issue.code == "unreadable"]
    assert (issue.level, read.is_balanced) == ("balance", False)


def test_an_unbalanced_remittance_is_not_written(golden: Path) -> None:
    (read,) = remittance_835.read_remittances((golden / "x221a1" / "made-reversal-correction.edi").read_bytes())
    off = dataclasses.replace(read, remittance=dataclasses.replace(read.remittance, paid_cents=Cents(1)))
    with pytest.raises(NotBalanced):
        written(off)


def test_what_was_not_reported_is_none(golden: Path) -> None:
    (read,) = remittance_835.read_remittances((golden / "x221a1" / "made-reversal-correction.edi").read_bytes())
    payment = read.payments[2].payment
    assert payment
    assert payment.patient_responsibility_cents is None
    assert payment.lines[0].allowed_cents is None


def test_amounts_beside_the_sums_are_told_and_enter_none(golden: Path) -> None:
    text = (golden / "x221a1" / "made-reversal-correction.edi").read_text()
    (before,) = remittance_835.read_remittances(text.encode())
    more = text.replace("SVC*", "AMT*I*1.5~\nAMT*AU*100~\nQTY*CA*2.5~\nSVC*", 1)
    tail = more.index("CLP*", more.index("SVC*"))
    more = f"{more[:tail]}AMT*KH*3~\nQTY*ZK*4~\n{more[tail:]}"
    (read,) = remittance_835.read_remittances(re.sub(r"SE\*(\d+)", lambda se: f"SE*{int(se[1]) + 5}", more).encode())
    assert read.is_balanced
    assert [str(issue) for issue in read.issues] == [str(issue) for issue in before.issues]
    payment, was = read.payments[0].payment, before.payments[0].payment
    assert payment
    assert was
    assert payment.amounts == (SupplementalAmount("I", Cents(150)), SupplementalAmount("AU", Cents(10000)))
    assert payment.quantities == (SupplementalQuantity("CA", Decimal("2.5")),)
    assert payment.lines[-1].amounts == (SupplementalAmount("KH", Cents(300)),)
    assert payment.lines[-1].quantities == (SupplementalQuantity("ZK", Decimal(4)),)
    assert payment.paid_cents == was.paid_cents


@pytest.mark.golden("x221a1", "broken")
def test_a_cut_file_raises_nothing_and_says_so(path: Path) -> None:
    data = path.read_bytes()
    for length in range(0, len(data), 211):
        try:
            reads = list(remittance_835.read(data[:length]))
        except NotX12:
            assert length < 200 or b"ISA" not in data
            continue
        assert (
            any(issue.code == "023" for item in reads for issue in getattr(item, "issues", ()))
            or length > len(data) - 220
        )


@pytest.mark.golden("x221a1", "broken")
def test_nothing_of_a_file_is_dropped(path: Path) -> None:
    data = path.read_bytes()
    try:
        reader = SegmentReader(data)
        sent = [fields.normal(one.elements, reader.delimiters) for one in reader if one.id not in ENVELOPE]
    except NotX12:
        return
    kept = [row for item in remittance_835.read(data) for row in getattr(item, "segments", ())]
    assert kept == sent


ACH = "BPR*I*160*C*ACH*CCP*01*999988880*DA*123456*1512345678*DIVISION9*01*999988881*SG*98765*"


def test_a_payment_through_the_bank_names_both_accounts_and_is_written_so(golden: Path) -> None:
    text = (golden / "x221a1" / "made-reversal-correction.edi").read_text()
    (given,) = re.findall(r"BPR\*[^~]*\*(?=\d{8}~)", text)
    paid = given.split("*")[2]
    (read,) = remittance_835.read_remittances(text.replace(given, ACH.replace("*160*", f"*{paid}*")).encode())
    assert read.remittance
    assert (read.remittance.payment_format, read.remittance.originator_id) == ("CCP", "1512345678")
    assert read.remittance.payer_account == BankAccount("999988880", "123456")
    assert read.remittance.payee_account == BankAccount("999988881", "98765", "01", "SG")
    assert "98765" not in repr(read.remittance)
    again = written(read)
    assert ACH.replace("*160*", f"*{paid}*") in again
    assert oracles.pyx12(again) == []
    assert [str(one) for one in oxedi.parse(again.encode()).diagnostics] == []


def test_more_remarks_than_moa_holds_are_refused(golden: Path) -> None:
    (read,) = remittance_835.read_remittances((golden / "x221a1" / "made-reversal-correction.edi").read_bytes())
    first = read.payments[0]
    assert first.payment
    remarks = ("MA01", "MA02", "MA07", "MA13", "N1", "N2")
    payments = (
        dataclasses.replace(first, payment=dataclasses.replace(first.payment, remarks=remarks)),
        *read.payments[1:],
    )
    with pytest.raises(TooManyRemarks, match="6 remark codes"):
        written(dataclasses.replace(read, payments=payments))
