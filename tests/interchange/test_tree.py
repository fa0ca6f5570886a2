"""The tree of a file: every segment once and in order, under headings that say where it stands."""

from pathlib import Path

import pytest

from interchange.x12 import tree, validate
from interchange.x12.guides import names
from interchange.x12.syntax import NotX12, SegmentReader
from tests.interchange.test_damage import FILES

FOLDERS = ("x222a1", "x221a1", "x279a1-270", "x279a1-271", "x231a1", "x214", "ta1", "x212-277", "x223a2", "malformed")
CLAIM = "x222a1/made-dependent-and-telehealth.edi"


def segments(lines: list[tree.Line]) -> list[str]:
    return [line.text for line in lines if line.kind == "segment"]


def headings(lines: list[tree.Line]) -> list[str]:
    return [line.text for line in lines if line.kind not in {"segment", "element"}]


@pytest.mark.golden(*FOLDERS)
def test_it_holds_every_segment_once_and_in_order(path: Path) -> None:
    lines = list(tree.lines(path.read_bytes()))
    try:
        expected = [one.text for one in SegmentReader(path.read_bytes())]
    except NotX12:
        assert len(segments(lines)) > 5
        return
    assert segments(lines) == expected


@pytest.mark.golden(*FOLDERS)
def test_a_line_stands_at_most_one_step_below_the_one_before(path: Path) -> None:
    above = -1
    for line in tree.lines(path.read_bytes(), elements=True):
        assert 0 <= line.depth <= above + 1
        above = line.depth


def test_loops_stand_under_each_other_with_their_names(golden: Path) -> None:
    lines = list(tree.lines((golden / CLAIM).read_bytes()))
    loops = [(line.depth, line.text, line.name) for line in lines if line.kind == "loop"]
    assert loops[:5] == [
        (3, "1000A", "submitter"),
        (3, "1000B", "receiver"),
        (3, "2000A", "billing provider level"),
        (4, "2010AA", "billing provider"),
        (4, "2000B", "subscriber level"),
    ]
    assert [depth for depth, loop, _ in loops if loop == "2300"] == [6, 5], "a dependent's claim, then a subscriber's"


def test_one_claim_comes_with_the_headings_above_it(golden: Path) -> None:
    lines = list(tree.lines((golden / CLAIM).read_bytes(), claim="ACC622"))
    assert headings(lines)[:6] == ["000000621", "HC 621", "837 0001", "2000A", "2000B", "2300"]
    assert segments(lines)[0].startswith("CLM*ACC622*")
    assert not any("ACC621" in text or text.startswith(("SE", "IEA")) for text in segments(lines))


def test_a_claim_is_found_in_payments_and_acknowledgments(golden: Path) -> None:
    payment = (golden / "x221a1" / "made-bundled-cents.edi").read_bytes()
    number = payment.split(b"CLP*")[1].split(b"*")[0].decode()
    assert segments(list(tree.lines(payment, claim=number)))[0].startswith(f"CLP*{number}*")
    status = (golden / "x214" / "made-accepted-and-rejected.edi").read_bytes()
    number = status.split(b"NM1*QC*")[1].split(b"TRN*2*")[1].split(b"~")[0].decode()
    assert segments(list(tree.lines(status, claim=number)))[0] == f"TRN*2*{number}"


def test_elements_are_explained_with_their_place(golden: Path) -> None:
    lines = list(tree.lines((golden / CLAIM).read_bytes(), elements=True))
    told = {line.text: (line.name, line.rule) for line in lines if line.kind == "element"}
    assert told["CLM01 ACC621"] == ("patient control number", "required, 1 to 38 characters")
    assert told["CLM05-1 11"][1] == "required, 1 to 2 characters"
    assert told["BHT06 CH"] == ("kind", "required, one of 31, CH, RP")


def test_a_text_without_isa_is_read_with_guessed_delimiters() -> None:
    text = b"ST|837|0001|005010X222A1!\nBHT|0019|00|B1|20260101|0900|CH!\nNM1|41|2|ACME|||||46|A!\nSE|4|0001!\n"
    lines = list(tree.lines(text))
    assert headings(lines) == ["837 0001", "1000A"]
    assert len(segments(lines)) == 4


def test_an_unknown_transaction_set_is_shown_flat(golden: Path) -> None:
    data = (golden / CLAIM).read_bytes().replace(b"ST*837*0001*005010X222A1", b"ST*850*0001*004010")
    [heading] = [line for line in tree.lines(data) if line.kind == "transaction"]
    assert "no guide known" in heading.name
    assert not any(line.kind == "loop" for line in tree.lines(data))


@pytest.mark.parametrize("data", [b"", b"hello there", bytes(range(256)), b"Dear Sir, I write"])
def test_what_is_no_x12_is_refused(data: bytes) -> None:
    with pytest.raises(NotX12):
        list(tree.lines(data))


def test_no_damage_ends_it() -> None:
    for data in FILES:
        for cut in range(0, len(data), 97):
            try:
                list(tree.lines(data[cut:], elements=True))
            except NotX12:
                continue


def test_every_loop_that_is_named_exists_in_its_guide() -> None:
    for guide in validate.GUIDES:
        named = names.LOOPS.get(guide.version, {})
        unknown = [loop for loop in named if not guide.loop_rank(loop)]
        others = [one for one in validate.GUIDES if one.version == guide.version and one is not guide]
        assert [loop for loop in unknown if not any(one.loop_rank(loop) for one in others)] == []


def test_every_segment_of_the_guides_has_a_name() -> None:
    assert {name for guide in validate.GUIDES for name in guide.ids if not names.segment_name(name)} == set()
