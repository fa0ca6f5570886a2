"""Bytes into segments: any delimiters, any chunks, any damage."""

import datetime as dt
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interchange.x12 import envelope, syntax, writing
from interchange.x12.envelope import EnvelopeReport
from interchange.x12.syntax import NotX12, Segment, SegmentReader

GOLDEN = Path(__file__).parents[1] / "golden"
ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260310*1015*^*00501*000000101*0*T*:"
TEXT = st.text(alphabet="ABCDEFGHIJ0123456789 -.", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
SEGMENTS = st.lists(st.lists(TEXT, min_size=1, max_size=6).map(lambda parts: ("ZZZ", *parts)), max_size=30)
MARKS = st.permutations("*:^~|>!+}\x1c\x1d\x1e\x1f").map(lambda marks: marks[:4])


class Trickle(io.RawIOBase):
    """A file that gives one byte less than asked for at odd places."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken, self._data = self._data[: self._size], self._data[self._size :]
        return taken


def written(segments: list, marks: list, blank: str) -> bytes:
    element, component, repetition, end = marks
    header = ISA.translate(str.maketrans("*:^", element + component + repetition))
    return (end + blank).join([header, *(element.join(one) for one in segments), ""]).encode()


@given(SEGMENTS, MARKS, st.sampled_from(["", "\n", "\r\n", "\r\n  "]), st.integers(1, 400))
def test_any_delimiters_and_any_chunks_give_the_same_segments(
    segments: list, marks: list, blank: str, size: int
) -> None:
    data = written(segments, marks, blank)
    whole = list(SegmentReader(data))
    assert [one.elements for one in whole[1:]] == segments
    assert list(SegmentReader(Trickle(data, size))) == whole
    assert [data[one.offset : one.offset + 3].decode() for one in whole] == [one.id for one in whole]
    assert [one.index for one in whole] == list(range(1, len(whole) + 1))


@given(st.binary(max_size=600))
def test_binary_data_raises_only_not_x12(data: bytes) -> None:
    for source in (data, ISA.encode() + b"~" + data):
        try:
            items = list(envelope.read_transactions(source))
        except NotX12:
            assert source is data
            continue
        assert any(isinstance(item, EnvelopeReport) for item in items)


def test_interchanges_with_different_delimiters_stand_in_one_file() -> None:
    first = ISA + "~GS*HC*A*B~IEA*1*000000101~\n"
    second = ISA.replace("*", "|").replace(":", ">") + "!\nGS|HC|A~B|C!IEA|1|000000101!"
    assert [one.id for one in SegmentReader((first + second).encode())] == ["ISA", "GS", "IEA"] * 2
    assert list(SegmentReader((first + second).encode()))[4].elements == ("GS", "HC", "A~B", "C")


def test_a_cut_interchange_before_another_keeps_both() -> None:
    second = ISA.replace("*", "|") + "!GS|HC!IEA|1|000000101!"
    ids = [one.id for one in SegmentReader((ISA + "~GS*HC~" + second).encode())]
    assert ids == ["ISA", "GS", "ISA", "GS", "IEA"]


@pytest.mark.parametrize("line_end", ["", "\n"])
def test_what_is_skipped_is_counted_and_remembered(line_end: str) -> None:
    texts = [f"REF*EI*{number}" for number in range(2_000)]
    data = f"~{line_end}".join([ISA, *texts, "SE*1*1", ""]).encode()
    whole, reader = list(SegmentReader(data)), SegmentReader(data)
    assert [next(reader), next(reader)] == whole[:2]
    for start, stop in ((2, 5), (5, 900), (900, 1_200)):
        text, place, glue = reader.ahead()
        assert text.startswith(whole[start].text, place)
        reader.skip(stop - start, place + sum(len(one.text) + glue for one in whole[start:stop]))
        assert reader.latest() == whole[stop - 1]
    assert reader.peek() == whole[1_200]
    assert [*reader] == whole[1_200:]


@pytest.mark.parametrize("data", [b"", b"hello", b"ISA", b"ISA*00*~", b"GS*HC*A~", b"\xff\xfe" * 40])
def test_a_file_without_a_readable_isa_is_not_x12(data: bytes) -> None:
    with pytest.raises(NotX12):
        SegmentReader(data)


def test_a_segment_without_end_keeps_memory_bounded() -> None:
    data = ISA.encode() + b"~NTE*ADD*" + b"A" * (3 * syntax.MAX_SEGMENT_BYTES)
    reader = SegmentReader(io.BytesIO(data))
    assert max(len(one.text) for one in reader) <= syntax.MAX_SEGMENT_BYTES + syntax.CHUNK_BYTES


def test_letters_outside_ascii_are_kept() -> None:
    for encoding in ("utf-8", "latin-1"):
        data = ISA.encode() + "~NM1*IL*1*PEÑA~".encode(encoding)
        assert list(SegmentReader(data))[1].elements[3] == "PEÑA"


def test_elements_past_the_end_are_empty() -> None:
    assert Segment(("REF", "EI"), "REF*EI", 1, 0).get(7) == ""


@given(SEGMENTS)
def test_what_the_envelope_writes_it_reads_without_a_word(segments: list) -> None:
    group = writing.Group(7, "005010X222A1", [("0001", segments)])
    ends = {"sender": writing.Address("ZZ", "A"), "receiver": writing.Address("ZZ", "B")}
    text = writing.write_interchange([group], **ends, control_number=9, instant=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    transaction, report = envelope.read_transactions(text.encode()), None
    for item in transaction:
        if isinstance(item, EnvelopeReport):
            report = item
            assert item.issues == []
        else:
            assert [one.elements for one in item.segments()][1:-1] == segments
            assert item.issues == []
    assert report


@pytest.mark.parametrize("text", ["A*B", "A~B", "A:B", "A^B"])
def test_delimiters_in_data_are_refused_with_their_place(text: str) -> None:
    group = writing.Group(7, "005010X222A1", [("0001", [("REF", "EI", text)])])
    ends = {"sender": writing.Address("ZZ", "A"), "receiver": writing.Address("ZZ", "B")}
    with pytest.raises(writing.DataHoldsDelimiter, match="REF02"):
        writing.write_interchange([group], **ends, control_number=9, instant=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize("name", ["K*3", "K~3", "K:3", "É3"])
def test_a_segment_id_that_cannot_be_sent_is_refused(name: str) -> None:
    with pytest.raises(writing.UnwritableData) as refused:
        writing.text_of([(name, "A")])
    assert refused.value.element == 0


@pytest.mark.parametrize(
    "path", sorted(set(GOLDEN.rglob("*.edi")) - set(GOLDEN.rglob("*no_ISA*"))), ids=lambda path: path.name
)
def test_a_segment_is_found_again_by_its_offset(path: Path) -> None:
    data = path.read_bytes()
    reader = SegmentReader(data)
    for segment in reader:
        file = io.BytesIO(data)
        file.seek(segment.offset)
        assert syntax.segment_text(file, reader.delimiters) == segment.text


@pytest.mark.parametrize(
    ("marks", "place"),
    [
        ("*:^~", None),
        ("|>!\n", None),
        ("*:U~", None),
        ("**^~", ("027", 16)),
        ("*A^~", ("027", 16)),
        ("* ^~", ("027", 16)),
        ("*:^:", ("004", None)),
        ("*:^*", ("004", None)),
        ("*:^9", ("004", None)),
        ("*::~", ("024", 11)),
        ("*:~~", ("024", 11)),
        ("*:7~", ("024", 11)),
        ("*: ~", ("024", 11)),
    ],
)
def test_delimiters_that_cannot_be_told_apart_are_told_at_the_isa(
    marks: str, place: tuple[str, int | None] | None
) -> None:
    element, component, repetition, end = marks
    header = ISA.replace("^", repetition).replace("*", element)[:-1] + component + end
    (issues, *_) = [
        one.issues for one in envelope.read_transactions(header.encode()) if isinstance(one, EnvelopeReport)
    ]
    found = [issue for issue in issues if issue.code in {"027", "004"} or "separator" in issue.message]
    assert [(issue.code, issue.element) for issue in found] == ([place] if place else [])
    assert all(issue.is_error and issue.level == "interchange" and issue.segment == "ISA" for issue in found)
