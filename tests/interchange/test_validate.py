"""Knowing a file by its head, and judging it whatever it is."""

from pathlib import Path

import pytest

from interchange.x12 import detect, validate
from interchange.x12.detect import FileKind
from interchange.x12.syntax import NotX12, SegmentReader
from tests.builders import a_claim, an_837p
from tests.interchange.conftest import GOLDEN

KINDS = {
    "x222a1": {FileKind.CLAIMS_837P},
    "x223a2": {FileKind.CLAIMS_837I},
    "x221a1": {FileKind.REMITTANCE_835},
    "x279a1-270": {FileKind.ELIGIBILITY_270},
    "x279a1-271": {FileKind.ELIGIBILITY_271},
    "x212-276": {FileKind.STATUS_276},
    "x212-277": {FileKind.STATUS_277},
    "x214": {FileKind.ACKNOWLEDGMENT_277CA},
    "x231a1": {FileKind.ACKNOWLEDGMENT_999},
    "x230": {FileKind.ACKNOWLEDGMENT_997},
    "ta1": {FileKind.ACKNOWLEDGMENT_TA1, FileKind.ACKNOWLEDGMENT_999},
}


@pytest.mark.golden(*KINDS)
def test_a_file_is_known_by_its_head(path: Path) -> None:
    assert detect.identify(path.read_bytes()) in KINDS[path.parent.name]


@pytest.mark.parametrize("data", [b"", b"hello", b"101" + b" " * 20, bytes(range(256))])
def test_anything_else_is_unknown(data: bytes) -> None:
    assert detect.identify(data) is FileKind.UNKNOWN


def test_a_bank_file_is_known_by_its_first_record() -> None:
    record = b"101 071000013 0710000132603101015A094101SAMPLE BANK            CLINIC".ljust(94)
    assert detect.identify(record + b"\n" + b"5" * 94) is FileKind.BANK_CCD


@pytest.mark.golden(*KINDS)
def test_it_finds_no_error_where_two_validators_agree(path: Path, two_agree) -> None:
    if not two_agree(path) or path.name == "moo-sample1.txt":
        pytest.skip("the validators do not agree that the file is valid")
    assert [str(i) for report in validate.validate(path.read_bytes()) for i in report.issues if i.is_error] == []


FAULTS = {
    "e01": ("BPR", 2, None),
    "e03": ("SVC", 2, None),
    "e05": ("CAS", 1, None),
    "e07": ("CLP", 2, None),
    "e09": ("LQ", 2, None),
    "e11": ("TRN", None, None),
    "e13": ("CLP", 3, None),
    "p01": ("BHT", None, None),
    "p03": ("SBR", None, None),
    "p05": ("DMG", None, None),
    "p07": ("NM1", 8, None),
    "p09": ("SE", 2, None),
    "p11": ("IEA", 2, None),
    "p13": ("CLM", 1, None),
    "p15": ("DTP", 3, None),
    "p17": ("HL", 2, None),
    "p19": ("LX", 1, None),
    "p21": ("SV1", 7, None),
    "p25": ("ISA", 6, None),
    "p27": ("N3", None, None),
    "p29": ("SV1", 1, 2),
    "p31": ("CLM", 5, 3),
    "p33": ("N4", 2, None),
    "p35": ("NM1", 3, None),
    "p37": ("PRV", 3, None),
    "p39": ("REF", 4, None),
}
"""Where the fault of each broken file is: segment, element, component"""
WARNED = {"e09", "p05", "p19", "p21", "p29", "p31", "p33", "p35", "p37", "p39"}


@pytest.mark.golden("broken")
def test_a_fault_is_told_where_it_is(path: Path) -> None:
    name = path.name[:3]
    if name == "p23":
        with pytest.raises(NotX12):
            list(validate.validate(path.read_bytes()))
        return
    reports = list(validate.validate(path.read_bytes()))
    issues = [issue for report in reports for issue in report.issues]
    first = issues[0]
    assert (first.segment, first.element, first.component) == FAULTS[name]
    assert all(report.is_valid for report in reports) == (name in WARNED)
    shown = [item for item in SegmentReader(path.read_bytes()) if item.index == first.file_index]
    assert first.code in {"3", "I6"} or [one.id for one in shown] == [first.segment]


def test_a_rule_can_be_switched_off() -> None:
    data = (GOLDEN / "broken" / "p33_bad_state.edi").read_bytes()
    assert {issue.code for report in validate.validate(data) for issue in report.issues} == {"state"}
    assert [issue for report in validate.validate(data, without={"state"}) for issue in report.issues] == []


@pytest.mark.golden("malformed")
def test_a_malformed_file_is_invalid(path: Path) -> None:
    try:
        reports = list(validate.validate(path.read_bytes()))
    except NotX12:
        assert path.name == "ims-x12_no_isa_line.txt"
        return
    assert not all(report.is_valid for report in reports)


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("x221a1/made-reversal-correction.edi", "*12*", "*CI*", ("CLP", 6, "7")),
        ("x222a1/made-secondary-cob-line-level.edi", "NM1*41*2*", "NM1*41*1*A*B**JR*SR*", ("NM1", 7, "I10")),
    ],
)
def test_what_two_outside_judges_refuse_is_refused(
    name: str, old: str, new: str, place: tuple[str, int, str], golden: Path
) -> None:
    text = (golden / name).read_text()
    assert old in text
    reports = validate.validate(text.replace(old, new, 1).encode())
    assert place in {(one.segment, one.element, one.code) for report in reports for one in report.issues}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("PER*IC*DESK*TE*5155550100*EX*12", None),
        ("PER*IC*DESK*TE*5155550100*EX*12*EM*A@B", "I10"),
        ("PER*IC*DESK*EM*A@B", "7"),
    ],
)
def test_a_service_facility_has_a_telephone_and_nothing_else(row: str, code: str | None, golden: Path) -> None:
    text = (golden / "x222a1" / "made-secondary-cob-line-level.edi").read_text()
    facility = ["NM1*77*2*PLACE", "N3*1 ELM ST", "N4*AMES*IA*500100001", row]
    at = text.index("SBR*", text.index("CLM*"))
    reports = validate.validate((text[:at] + "".join(f"{one}~" for one in facility) + text[at:]).encode())
    assert {one.code for report in reports for one in report.issues if one.segment == "PER"} == ({code} - {None})


def test_a_claim_number_that_comes_twice_is_told_at_the_second() -> None:
    twice = an_837p(a_claim(control_number="ONE"), a_claim(control_number="TWO"), a_claim(control_number="ONE"))
    [found] = [issue for report in validate.validate(twice) for issue in report.issues]
    assert (found.code, found.place, found.severity, found.level) == ("duplicate-claim", "CLM01", "warning", "code")
    assert found.offset == twice.rindex(b"CLM*ONE*")
    reports = validate.validate(twice, without={"duplicate-claim"})
    assert [issue for report in reports for issue in report.issues] == []


def test_a_claim_number_may_come_again_in_another_transaction() -> None:
    twice = an_837p(a_claim(control_number="ONE")) + an_837p(a_claim(control_number="ONE"), number=2)
    assert [issue for report in validate.validate(twice) for issue in report.issues] == []
