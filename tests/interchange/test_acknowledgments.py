"""999, TA1 and 277CA: read, written, read again; and a 999 projected from our own issues."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from billing.acknowledgment import (
    ImplementationAcknowledgment,
    InterchangeAcknowledgment,
    SegmentError,
    SetAcknowledgment,
)
from billing.claim import Name, Party
from billing.money import Cents
from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    claim_status_276,
    claim_status_277,
    claims_837p,
    eligibility_270,
    eligibility_271,
    fields,
    writing,
)
from interchange.x12.claims_837p import ReadTransaction
from interchange.x12.syntax import NotX12, SegmentReader
from tests.interchange import oracles

ENVELOPE = {"ISA", "GS", "GE", "IEA", "TA1"}
INSTANT = dt.datetime(2026, 3, 10, 10, 15, tzinfo=dt.UTC)
ENDS = {"sender": writing.Address("ZZ", "MOCKHUB"), "receiver": writing.Address("ZZ", "LAKEFP01")}


def interchange(body: list, version: str, transaction: str) -> str:
    group = writing.Group(801, version, [("0001", body)], transaction)
    return writing.write_interchange([group], **ENDS, control_number=801, instant=INSTANT, usage="T", line_end="\n")


@pytest.mark.golden("x231a1")
def test_a_999_reads_writes_and_reads_the_same(path: Path) -> None:
    (read,) = [one for one in acknowledgment_999.read(path.read_bytes()) if one.transaction]
    assert read.acknowledgment
    text = interchange(acknowledgment_999.write(read.acknowledgment), acknowledgment_999.VERSION, "999")
    (again,) = acknowledgment_999.read(text.encode())
    assert again.acknowledgment == read.acknowledgment
    assert [str(issue) for issue in again.issues if issue.is_error] == []
    assert interchange(acknowledgment_999.write(again.acknowledgment), acknowledgment_999.VERSION, "999") == text


@pytest.mark.golden("x231a1", "x214")
def test_it_finds_no_error_where_two_validators_agree(path: Path, two_agree) -> None:
    if not two_agree(path):
        pytest.skip("the validators do not agree that the file is valid")
    codec = acknowledgment_999 if path.parent.name == "x231a1" else acknowledgment_277ca
    assert [str(issue) for one in codec.read(path.read_bytes()) for issue in one.issues if issue.is_error] == []


def test_a_partial_999_says_which_set_was_taken(golden: Path) -> None:
    (read,) = acknowledgment_999.read((golden / "x231a1" / "made-partial-of-three.edi").read_bytes())
    answer = read.acknowledgment
    assert answer
    assert [answer.accepts(number) for number in ("0001", "0002", "0003")] == [True, True, False]
    assert (answer.code, answer.received_count, answer.accepted_count) == ("P", 3, 2)
    assert answer.sets[1].errors[0].elements == (("9", "I12", None),)


def test_a_rejected_999_names_the_claim_and_the_element(golden: Path) -> None:
    (read,) = acknowledgment_999.read((golden / "x231a1" / "made-rejected-element-and-segment.edi").read_bytes())
    assert read.acknowledgment
    too_bad, missing = read.acknowledgment.sets[0].errors
    assert (too_bad.control_number, too_bad.elements) == ("ACC611", (("2", "6", "12A"),))
    assert (missing.segment, missing.position, missing.code) == ("HI", 18, "3")


@pytest.mark.parametrize(
    ("name", "code", "segment"),
    [
        ("p13_CLM01_too_long.edi", "R", "CLM"),
        ("p15_bad_date.edi", "R", "DTP"),
        ("p03_missing_SBR.edi", "R", "SBR"),
        ("p09_SE02_mismatch.edi", "R", None),
        ("p21_dx_pointer_no_dx.edi", "A", None),
        ("p35_nonascii.edi", "A", None),
    ],
)
def test_issues_project_onto_a_999_that_pyx12_accepts(name: str, code: str, segment: str | None, golden: Path) -> None:
    items = list(claims_837p.read((golden / "broken" / name).read_bytes()))
    identity = next(item.transaction for item in items if isinstance(item, ReadTransaction) and item.transaction)
    issues = [issue for item in items if item.transaction == identity for issue in item.issues]
    answer = acknowledgment_999.acknowledge([(identity, issues)])
    assert answer.code == code
    assert [error.segment for one in answer.sets for error in one.errors] == ([segment] if segment else [])
    text = interchange(acknowledgment_999.write(answer), acknowledgment_999.VERSION, "999")
    assert oracles.pyx12(text) == []
    assert [str(issue) for one in acknowledgment_999.read(text.encode()) for issue in one.issues] == []


@pytest.mark.golden("ta1")
def test_a_ta1_reads_writes_and_reads_the_same(path: Path) -> None:
    (read,) = acknowledgment_ta1.read(path.read_bytes())
    text = writing.write_interchange(
        [], **ENDS, control_number=1, instant=INSTANT, acknowledgments=[acknowledgment_ta1.write(read.acknowledgment)]
    )
    (again,) = acknowledgment_ta1.read(text.encode())
    assert again.acknowledgment == read.acknowledgment
    assert again.issues == ()


def test_a_broken_envelope_is_answered_by_a_rejecting_ta1(golden: Path) -> None:
    items = list(claims_837p.read((golden / "broken" / "p11_IEA_ctl_mismatch.edi").read_bytes()))
    report = next(item.envelope for item in items if isinstance(item, ReadTransaction) and item.envelope)
    assert acknowledgment_ta1.acknowledge(report) == InterchangeAcknowledgment(
        "000000001", False, "R", "001", "260105", "0930"
    )


@pytest.mark.golden("x214")
def test_a_277ca_reads_writes_and_reads_the_same(path: Path) -> None:
    (read,) = acknowledgment_277ca.read(path.read_bytes())
    assert read.file
    text = interchange(acknowledgment_277ca.write(read.file), acknowledgment_277ca.VERSION, "277")
    (again,) = acknowledgment_277ca.read(text.encode())
    assert again.file == read.file
    assert [str(issue) for issue in again.issues] == []
    if path.name.startswith("made"):
        assert oracles.pyx12(text) == []


def test_a_277ca_gives_each_claim_its_fate(golden: Path) -> None:
    (read,) = acknowledgment_277ca.read((golden / "x214" / "made-accepted-and-rejected.edi").read_bytes())
    assert read.file
    fates = {one.control_number: one.accepted for one in read.file.acknowledgments if one.level == "claim"}
    assert fates == {"ACC601": True, "ACC602": False, "ACC621": False}
    assert {one.level for one in read.file.acknowledgments} == {"batch", "provider", "claim"}
    assert read.file.acknowledgments[2].payer_claim_number == "PACC601"


def test_a_claim_with_a_verdict_on_its_line_only_has_that_verdict(golden: Path) -> None:
    text = (golden / "x214" / "made-accepted-and-rejected.edi").read_text()
    text = text.replace("STC*A3:187:PR*20260310*U*150~", "SVC*HC:90834*150~\nSTC*A3:187:PR*20260310*U~")
    (read,) = acknowledgment_277ca.read(text.encode())
    assert read.file
    (told,) = [one for one in read.file.acknowledgments if one.control_number == "ACC602"]
    assert (told.accepted, told.reasons, told.lines[0].procedure) == (False, told.lines[0].reasons, "HC:90834")


@pytest.mark.golden("x231a1", "x214", "ta1")
def test_a_cut_file_raises_nothing_but_not_x12(path: Path) -> None:
    data = path.read_bytes()
    for codec in (acknowledgment_999, acknowledgment_277ca, acknowledgment_ta1):
        for length in range(0, len(data), 37):
            try:
                list(codec.read(data[:length]))
            except NotX12:
                assert length < 200


@pytest.mark.golden("x231a1", "x214", "x279a1-270", "x279a1-271", "x212-276", "x212-277")
def test_nothing_of_a_small_set_is_dropped(path: Path) -> None:
    data = path.read_bytes()
    reader = SegmentReader(data)
    sent = [fields.normal(one.elements, reader.delimiters) for one in reader if one.id not in ENVELOPE]
    codec = {
        "x231a1": acknowledgment_999,
        "x214": acknowledgment_277ca,
        "x279a1-270": eligibility_270,
        "x279a1-271": eligibility_271,
        "x212-276": claim_status_276,
        "x212-277": claim_status_277,
    }[path.parent.name]
    assert [row for item in codec.read(data) for row in item.segments] == sent


def test_a_loop_id_that_ik303_cannot_hold_is_read_and_not_written() -> None:
    error = SegmentError("NM1", 8, "2010BB", "8")
    said = ImplementationAcknowledgment("HC", "1", "R", (SetAcknowledgment("837", "0001", "R", (error,), ("5",)),))
    with pytest.raises(acknowledgment_999.LoopTooLong, match="IK303 of segment 8 NM1"):
        acknowledgment_999.write(said)
    rows = acknowledgment_999.write(replace(said, sets=(replace(said.sets[0], errors=(replace(error, loop="2010"),)),)))
    text = interchange(rows, acknowledgment_999.VERSION, "999").replace("*2010*", "*2010BB*")
    (read,) = acknowledgment_999.read(text.encode())
    assert read.acknowledgment
    assert (read.acknowledgment.sets[0].errors, read.issues) == ((error,), ())


def test_a_payment_has_no_context_in_a_999() -> None:
    error = SegmentError("CAS", 12, "2110", "8", (("1", "7", None),), "ACC1")
    for transaction, context in (("837", [("CTX", "CLM01:ACC1")]), ("835", [])):
        refused = SetAcknowledgment(transaction, "0001", "R", (error,), ("5",))
        rows = acknowledgment_999.write(ImplementationAcknowledgment("HC", "1", "R", (refused,)))
        assert [row for row in rows if row[0] == "CTX"] == context


def test_a_provider_in_a_277ca_has_its_sums_and_a_verdict_without_a_date(golden: Path) -> None:
    (read,) = acknowledgment_277ca.read((golden / "x214" / "made-all-accepted.edi").read_bytes())
    assert read.file
    claims = [one for one in read.file.acknowledgments if one.level == "claim"]
    verdict = replace(claims[0], level="provider", control_number=None, lines=())
    submitter = Party("41", True, Name("ROE", "PAT", suffix="JR"), "46", "LAKEFP01")
    rows = acknowledgment_277ca.write(replace(read.file, acknowledgments=(verdict, *claims), receiver=submitter))
    level = rows[next(at for at, row in enumerate(rows) if row[0] == "HL" and row[3] == "19") :]
    assert [row[0] for row in level[2:6]] == ["TRN", "STC", "QTY", "AMT"]
    assert (level[3][2], level[4][1:]) == ("", ("QA", str(len(claims))))
    assert ("NM1", "41", "1", "ROE", "PAT", "", "", "", "46", "LAKEFP01") in rows


def test_a_277ca_without_a_verdict_on_the_batch_says_that_it_came(golden: Path) -> None:
    (read,) = acknowledgment_277ca.read((golden / "x214" / "made-accepted-and-rejected.edi").read_bytes())
    assert read.file
    claims = tuple(one for one in read.file.acknowledgments if one.level == "claim")
    text = interchange(
        acknowledgment_277ca.write(replace(read.file, acknowledgments=claims)), acknowledgment_277ca.VERSION, "277"
    )
    total = fields.print_cents(Cents(sum(one.charge_cents or 0 for one in claims)))
    assert f"STC*A1:19:{read.file.sender.role}*20260310*WQ*{total}~" in text
    assert oracles.pyx12(text) == []
