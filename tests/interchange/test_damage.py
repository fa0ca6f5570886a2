"""Damaged files: bytes changed, cut out and put in anywhere. No claim is lost and nothing but NotX12 is raised."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    claims_837p,
    detect,
    eligibility_270,
    eligibility_271,
    remittance_835,
    validate,
)
from interchange.x12.claims_837p import ReadClaim
from interchange.x12.remittance_835 import ReadPayment
from interchange.x12.syntax import NotX12, SegmentReader

GOLDEN = Path(__file__).parent.parent / "golden"
FILES = [
    path.read_bytes()[:6000]
    for folder in sorted(GOLDEN.iterdir())
    if folder.is_dir()
    for path in sorted(folder.iterdir())
]
SPLINTERS = [
    b"~",
    b"*",
    b":",
    b"^",
    b"ISA*",
    b"~HL*1**20*1~",
    b"~SE*1~",
    b"~CLM*1*x~",
    b"~CLP*1*1*1e5*1~",
    b"~SVC~",
    b"~PLB~",
]
CODECS = [acknowledgment_277ca, acknowledgment_999, acknowledgment_ta1, eligibility_270, eligibility_271, validate]
EDITS = st.lists(
    st.tuples(st.integers(0, 6000), st.integers(0, 40), st.sampled_from(SPLINTERS) | st.binary(max_size=2)), max_size=5
)


def damaged(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, splinter in edits:
        data = data[:at] + splinter + data[at + length :]
    return data


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), EDITS)
def test_a_damaged_file_loses_nothing_and_raises_nothing(whole: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    data = damaged(whole, edits)
    detect.identify(data)
    try:
        ids = [segment.id for segment in SegmentReader(data)]
    except NotX12:
        return
    assert sum(isinstance(item, ReadClaim) for item in claims_837p.read(data)) == ids.count("CLM")
    assert sum(isinstance(item, ReadPayment) for item in remittance_835.read(data)) == ids.count("CLP")
    for codec in CODECS:
        read = codec.validate if codec is validate else codec.read
        for _ in read(data):
            pass
