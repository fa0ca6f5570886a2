"""The 837P codec, over published, made, broken and cut-off files."""

import dataclasses
import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from billing.claim import ClaimBatch
from interchange.x12 import claims_837p, writing
from interchange.x12.claims_837p import ReadClaim, ReadTransaction
from interchange.x12.syntax import NotX12, SegmentReader
from tests.interchange import oracles

INSTANT = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)
SENDER = writing.Address("ZZ", "LAKEFP01")
RECEIVER = writing.Address("ZZ", "MOCKHUB")
BATCH_LIMIT = 400
"""Cut files longer than this many segments are read at every fifth segment only."""


def claims_of(data: bytes) -> list[ReadClaim]:
    return [item for item in claims_837p.read(data) if isinstance(item, ReadClaim)]


def batches_of(data: bytes) -> list[ClaimBatch]:
    by_set: dict[object, list[ReadClaim]] = {}
    for item in claims_of(data):
        by_set.setdefault(item.transaction, []).append(item)
    return [
        dataclasses.replace(items[0].batch, claims=tuple(item.claim for item in items if item.claim))
        for items in by_set.values()
        if items[0].batch
    ]


def written(batch: ClaimBatch) -> str:
    group = writing.Group(1, claims_837p.VERSION, [("0001", claims_837p.write(batch))])
    return writing.write_interchange(
        [group], sender=SENDER, receiver=RECEIVER, control_number=101, instant=INSTANT, usage="T", line_end="\n"
    )


@pytest.mark.golden("x222a1")
def test_it_finds_no_error_where_two_validators_agree(path: Path, two_agree) -> None:
    if not two_agree(path):
        pytest.skip("the validators do not agree that the file is valid")
    issues = [issue for item in claims_837p.read(path.read_bytes()) for issue in item.issues]
    assert [str(issue) for issue in issues if issue.is_error] == []


@pytest.mark.golden("x222a1", "x223a2", "broken", "malformed")
def test_every_clm_gives_one_read_claim(path: Path) -> None:
    data = path.read_bytes()
    try:
        expected = sum(segment.id == "CLM" for segment in SegmentReader(data))
    except NotX12:
        pytest.skip("the file has no ISA")
    items = list(claims_837p.read(data))
    assert sum(isinstance(item, ReadClaim) for item in items) == expected
    assert sum(item.claims_count for item in items if isinstance(item, ReadTransaction)) == expected


@pytest.mark.golden("x222a1", "broken", "malformed")
def test_a_file_cut_after_any_segment_loses_no_claim_and_says_so(path: Path) -> None:
    data = path.read_bytes()
    try:
        segments = list(SegmentReader(data))
    except NotX12:
        pytest.skip("the file has no ISA")
    step = 1 if len(segments) < BATCH_LIMIT else 5
    for number in range(1, len(segments), step):
        cut = data[: segments[number].offset]
        items = list(claims_837p.read(cut))
        expected = sum(segment.id == "CLM" for segment in segments[:number])
        assert sum(isinstance(item, ReadClaim) for item in items) == expected
        if segments[number - 1].id not in {"IEA"}:
            assert any(issue.code in {"023", "2"} for item in items for issue in item.issues), number


@pytest.mark.golden("x222a1", "broken", "malformed")
def test_a_file_cut_at_any_byte_raises_nothing_but_not_x12(path: Path) -> None:
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        try:
            for _ in claims_837p.read(data[:length]):
                pass
        except NotX12:
            assert length < 200 or b"ISA" not in data


@pytest.mark.golden("x222a1")
def test_written_claims_read_back_as_the_same_nouns(path: Path) -> None:
    for batch in batches_of(path.read_bytes()):
        if not batch.claims:
            continue
        text = written(batch)
        (again,) = batches_of(text.encode())
        assert again == batch
        assert written(again) == text


@pytest.mark.golden("x222a1")
def test_what_is_written_is_accepted_by_the_reader_and_by_pyx12(path: Path, two_agree) -> None:
    if not two_agree(path) or path.name == "stu-oxygen.edi":
        pytest.skip("the source itself is refused by pyx12 or by two validators")
    for batch in batches_of(path.read_bytes()):
        text = written(batch)
        issues = [issue for item in claims_837p.read(text.encode()) for issue in item.issues]
        assert [str(issue) for issue in issues if issue.code != "diagnosis-pointer"] == []
        assert oracles.pyx12(text) == []


FAULTS = {
    "p01_missing_BHT.edi": ("BHT", None, "3"),
    "p03_missing_SBR.edi": ("SBR", None, "3"),
    "p07_bad_NM108_qualifier.edi": ("NM1", 8, "7"),
    "p09_SE02_mismatch.edi": ("SE", 2, "3"),
    "p11_IEA_ctl_mismatch.edi": ("IEA", 2, "001"),
    "p13_CLM01_too_long.edi": ("CLM", 1, "5"),
    "p15_bad_date.edi": ("DTP", 3, "8"),
    "p17_HL_bad_parent.edi": ("HL", 2, "7"),
    "p19_LX_out_of_seq.edi": ("LX", 1, "7"),
    "p21_dx_pointer_no_dx.edi": ("SV1", 7, "diagnosis-pointer"),
    "p25_short_ISA.edi": ("ISA", 6, "024"),
    "p27_segments_swapped.edi": ("N3", None, "2"),
    "p35_nonascii.edi": ("NM1", 3, "6"),
    "p39_trailing_empty_elem.edi": ("REF", 4, "3"),
}


@pytest.mark.parametrize(("name", "fault"), FAULTS.items(), ids=FAULTS)
def test_each_fault_is_reported_at_its_segment(name: str, fault: tuple[str, int | None, str], golden: Path) -> None:
    items = list(claims_837p.read((golden / "broken" / name).read_bytes()))
    found = [(issue.segment, issue.element, issue.code) for item in items for issue in item.issues]
    assert fault in found
    assert len({segment for segment, _, _ in found}) == 1, found


def test_one_bad_claim_leaves_its_neighbours_alone(golden: Path) -> None:
    first, second, third = claims_of((golden / "broken" / "p15_bad_date.edi").read_bytes())
    assert first.claim is None
    assert {issue.control_number for issue in first.issues} == {"PCN0000001"}
    assert second.claim
    assert third.claim
    assert not second.issues
    assert not third.issues


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n", "\r\n    "])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_indentation_and_byte_order_marks_change_nothing(line_end: str, mark: bytes, golden: Path) -> None:
    text = (golden / "x222a1" / "made-secondary-cob-line-level.edi").read_text()
    plain = "".join(line.strip() for line in text.splitlines())
    bent = mark + plain.replace("~", "~" + line_end).encode()
    assert [item.claim for item in claims_of(bent)] == [item.claim for item in claims_of(plain.encode())]
    found = [issue for item in claims_837p.read(bent) for issue in item.issues]
    expected = (["a byte-order mark"] if mark else []) + (["blanks stand before"] if " " in line_end else [])
    assert [issue.message[: len(text)] for issue, text in zip(found, expected, strict=True)] == expected
    assert all(issue.severity == "warning" for issue in found)


@pytest.mark.parametrize("marks", ["|>^\n", "*<}!", "\x1d\x1f\x1e\x1c", "*>U~"])
def test_any_delimiters_give_the_same_claims(marks: str, golden: Path) -> None:
    text = (golden / "x222a1" / "made-secondary-cob-line-level.edi").read_text()
    plain = "".join(line.strip() for line in text.splitlines())
    other = plain.translate(str.maketrans("*:^~", marks))
    assert [item.claim for item in claims_of(other.encode())] == [item.claim for item in claims_of(plain.encode())]


def test_a_component_separator_that_isa16_does_not_name_is_read_as_meant(golden: Path) -> None:
    (slipped,) = claims_of((golden / "x222a1" / "lfh-demo.example12.837").read_bytes())
    assert slipped.claim
    assert slipped.claim.place_of_service == "23"
    assert slipped.claim.lines[0].procedure == "99284"
    assert [issue.severity for issue in slipped.issues] == ["warning"]


def test_dependents_keep_their_own_patient_and_relationship(golden: Path) -> None:
    child, adult = claims_of((golden / "x222a1" / "made-dependent-and-telehealth.edi").read_bytes())
    assert child.claim
    assert adult.claim
    assert (child.claim.coverage.relationship, child.claim.patient == child.claim.subscriber) == ("19", False)
    assert (adult.claim.coverage.relationship, adult.claim.patient == adult.claim.subscriber) == ("18", True)


def test_messages_quote_no_names_or_member_ids() -> None:
    data = re.sub(
        rb"NM1\*IL\*1", b"NM1*IL*7", (Path(__file__).parent.parent / "golden/broken/p17_HL_bad_parent.edi").read_bytes()
    )
    for item in claims_837p.read(data):
        for issue in item.issues:
            assert not re.search("JONES|IRIS|W0000|1952", str(issue))


def test_a_writer_refuses_a_delimiter_in_data(golden: Path) -> None:
    (batch,) = batches_of((golden / "x222a1" / "made-secondary-cob-line-level.edi").read_bytes())
    bad = dataclasses.replace(batch, reference="A*B")
    with pytest.raises(writing.DataHoldsDelimiter) as refused:
        written(bad)
    assert (refused.value.segment, refused.value.element) == ("BHT", 3)
    assert json.dumps(str(refused.value)).isascii()


def test_what_few_send_is_kept(golden: Path) -> None:
    data = (golden / "x222a1" / "made-secondary-cob-line-level.edi").read_bytes()
    sent = data.replace(b"*11:B:1*Y*A*Y*Y~", b"*11:B:1*Y*A*Y*Y***02~", 1)
    assert sent != data
    read = next(item for item in claims_837p.read(sent) if isinstance(item, ReadClaim))
    assert read.claim is not None
    assert read.batch is not None
    abroad = replace(read.claim.subscriber.address, state=None, country="CA", subdivision="ON")
    titled = replace(read.claim.subscriber.name, prefix="DR")
    person = replace(read.claim.subscriber, address=abroad, name=titled)
    claim = replace(read.claim, subscriber=person, patient=person)
    rows = claims_837p.write(replace(read.batch, claims=(claim,)))
    told = {row[0]: row for row in rows}
    assert next(row for row in rows if row[:2] == ("NM1", "IL"))[6] == "DR"
    assert told["CLM"][12] == "02"
    assert any(row[0] == "N4" and row[4:] == ("CA", "", "", "ON") for row in rows)
