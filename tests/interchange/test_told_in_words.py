"""What is read past without harm, or cut for its length, is said in so many words."""

from pathlib import Path

import pytest

from interchange.x12 import acknowledgment_999, claims_837i, claims_837p, remittance_835
from interchange.x12.claims_837p import ReadClaim
from interchange.x12.envelope import EnvelopeReport, Transaction, read_transactions
from interchange.x12.issues import Issue
from tests.builders import a_999, a_claim, a_line, a_payment, an_835, an_837p

STAY = Path(__file__).parents[1] / "golden" / "x223a2" / "stu-two-claims-for-the-same-provider.edi"


def issues(data: bytes) -> list[Issue]:
    return [issue for item in claims_837p.read(data) for issue in item.issues]


def test_a_claim_longer_than_a_megabyte_is_told_once_to_have_been_cut() -> None:
    data = an_837p(a_claim(control_number="LONG"), a_claim(control_number="NEXT"))
    notes = b"".join(b"K3*" + b"N" * 80 + b"~" for _ in range(14_000))
    data = data.replace(b"HI*", notes + b"HI*", 1)
    found = [issue for issue in issues(data) if issue.code == "too-long"]
    assert [(one.severity, one.level, one.segment) for one in found] == [("error", "rule", "K3")]
    assert "a claim, payment or level longer than 1 MB was cut here" in found[0].message
    assert [one.control_number for one in claims_837p.read(data) if isinstance(one, ReadClaim)] == ["LONG", "NEXT"]


@pytest.mark.parametrize("before", [b"HI*", b"BHT*"])
def test_a_segment_longer_than_a_megabyte_is_told_to_have_been_cut(before: bytes) -> None:
    data = an_837p(a_claim()).replace(before, b"K3*" + b"N" * 3_000_000 + b"~" + before, 1)
    messages = [issue.message for issue in issues(data) if issue.code == "too-long"]
    assert messages
    assert messages[0].startswith("a segment longer than 1 MB was cut here")


@pytest.mark.parametrize("count", [1, 2])
def test_files_of_any_length_are_not_cut(count: int) -> None:
    data = an_837p(*[a_claim(control_number=f"A{number}") for number in range(2_500 * count)])
    assert not [issue for issue in issues(data) if issue.code == "too-long"]


def test_a_second_allowed_amount_is_kept_beside_the_first() -> None:
    data = an_835(a_payment("A1"))
    data = data.replace(b"~SE*", b"~AMT*B6*90~AMT*B6*80~SE*", 1)
    (read,) = remittance_835.read_remittances(data)
    (line,) = read.payments[0].payment.lines  # type: ignore[union-attr]
    assert line.allowed_cents == 9000
    assert [(one.qualifier, one.amount_cents) for one in line.amounts] == [("B6", 8000)]


def test_a_service_that_ends_before_it_begins_is_told() -> None:
    line = a_line()
    backwards = an_837p(a_claim(line)).replace(b"DTP*472*D8*20261020", b"DTP*472*RD8*20261020-20261019")
    (found,) = issues(backwards)
    assert (found.code, found.place, found.severity, found.control_number) == (
        "service-dates",
        "SV1",
        "error",
        "EXT1001",
    )
    assert not issues(backwards.replace(b"20261020-20261019", b"20261020-20261020"))
    stay = STAY.read_bytes()
    assert b"DTP*472*D8*" in stay
    day = stay.split(b"DTP*472*D8*")[1][:8]
    other = stay.replace(b"DTP*472*D8*" + day, b"DTP*472*RD8*" + day + b"-20010101", 1)
    codes = [issue.code for item in claims_837i.read(other) for issue in item.issues]
    assert codes.count("service-dates") == 1


def test_loops_of_six_letters_in_a_999_are_read() -> None:
    data = (
        a_999(1)
        .replace(b"IK5*A~", b"IK3*NM1*8*2010BA*8~CTX*SITUATIONAL TRIGGER*NM1*8*2010BA*9~IK5*R*5~")
        .replace(b"AK9*A*1*1*1~", b"AK9*R*1*1*0~")
    )
    assert b"2010BA*9~" in data
    (said,) = acknowledgment_999.read(data)
    assert [issue for issue in said.issues if issue.segment in {"IK3", "CTX"}] == []


def reported(data: bytes) -> list[tuple[str, str]]:
    """Severity and first words of what an interchange is told."""
    found = []
    for item in read_transactions(data):
        if isinstance(item, Transaction):
            list(item.segments())
        if isinstance(item, EnvelopeReport):
            found += [(issue.severity, issue.message.partition(";")[0]) for issue in item.issues]
    return found


@pytest.mark.parametrize("indent", [b"\n  ", b"\r\n\t", b" "])
def test_indented_segments_are_told_once_an_interchange(indent: bytes) -> None:
    plain = an_837p(a_claim())
    indented = plain.replace(b"~", b"~" + indent)
    told = [("warning", "blanks stand before segments")]
    assert reported(indented) == told
    assert reported(plain + indented + plain + indented) == told * 2


def test_a_byte_order_mark_is_told() -> None:
    told = [("warning", "a byte-order mark stands before the ISA")]
    assert reported(b"\xef\xbb\xbf" + an_837p(a_claim())) == told


@pytest.mark.parametrize("end", [b"~", b"~\n", b"~\r\n", b"~\n\n", b"~ \n"])
def test_line_ends_are_nobodys_fault(end: bytes) -> None:
    assert reported(an_837p(a_claim()).replace(b"~", end)) == []
