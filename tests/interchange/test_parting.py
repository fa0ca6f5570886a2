"""A file of several kinds is dealt out by kinds; nothing of it is lost."""

from pathlib import Path

import pytest

from interchange.x12 import acknowledgment_277ca, acknowledgment_999, acknowledgment_ta1, remittance_835
from interchange.x12.detect import identify
from interchange.x12.parting import parts
from interchange.x12.syntax import SegmentReader, guess_delimiters
from tests.builders import a_277ca, a_999, a_payment, an_835

GOLDEN = Path(__file__).parents[1] / "golden"


def _marks(path: Path) -> set[bytes]:
    return {mark for mark in (b"TA1*", b"GS*") if mark in path.read_bytes()}


FILES = [
    path
    for path in sorted(GOLDEN.rglob("*"))
    if path.is_file() and "LICENSES" not in path.parts and not {b"TA1*", b"GS*"} <= _marks(path)
]
"""Without those whose TA1 stands before a group: they hold two kinds"""


def in_one_interchange(*bodies: bytes) -> bytes:
    """Every file's groups in the first one's envelope."""
    groups = [body[106 : body.rindex(b"IEA")] for body in bodies]
    count = str(len(groups)).encode()
    return bodies[0][:106] + b"".join(groups) + b"IEA*" + count + b"*000000001~"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(GOLDEN).as_posix())
def test_a_file_of_one_kind_stays_whole(path: Path) -> None:
    assert parts(path.read_bytes()) == []


def test_interchanges_of_several_kinds_are_dealt_out_as_they_stand() -> None:
    files = [a_999(1), a_277ca("A1", number=2), an_835(a_payment("A1"), number=3), a_277ca("A2", number=4)]
    assert parts(b"\r\n".join(files)) == [("999", files[0]), ("277CA", files[1] + files[3]), ("835", files[2])]


def test_groups_of_several_kinds_get_envelopes_of_their_own() -> None:
    files = [a_999(1), a_277ca("A1"), an_835(a_payment("A1")), a_277ca("A2")]
    found = dict(parts(in_one_interchange(*files)))
    assert [str(identify(part)) for part in found.values()] == ["999", "277CA", "835"]
    [said] = acknowledgment_999.read(found["999"])  # type: ignore[index]
    assert said.issues == ()
    verdicts = list(acknowledgment_277ca.read(found["277CA"]))  # type: ignore[index]
    assert [one.file is not None and not one.issues for one in verdicts] == [True, True]
    [paid] = remittance_835.read_remittances(found["835"])  # type: ignore[index]
    assert paid.remittance is not None
    [alone] = remittance_835.read_remittances(files[2])
    assert (paid.content_hash, len(paid.issues)) == (alone.content_hash, len(alone.issues))


def test_a_ta1_before_groups_is_not_passed_over() -> None:
    ta1 = b"TA1*000000042*261102*1200*A*000~"
    plain = a_999(1)
    found = dict(parts(plain[:106] + ta1 + plain[106:]))
    assert found["999"] == plain  # type: ignore[index]
    [said] = acknowledgment_ta1.read(found["TA1"])  # type: ignore[index]
    assert said.acknowledgment.control_number == "000000042"


def test_delimiters_may_differ_from_interchange_to_interchange() -> None:
    other = a_277ca("A1").replace(b"*", b"|").replace(b"~", b"\n")
    assert [str(kind) for kind, _ in parts(a_999(1) + other)] == ["999", "277CA"]


@pytest.mark.parametrize("damaged", [b"", b"ISA*", b"nothing", a_999(1)[:-5], a_999(1)[:150], b"ISA*" * 60])
def test_what_is_damaged_stays_whole(damaged: bytes) -> None:
    assert parts(damaged) == []


def test_a_missing_trailer_costs_no_interchange() -> None:
    cut = a_999(1)
    cut = cut[: cut.rindex(b"IEA")]
    assert parts(cut + a_277ca("A1")) == [("999", cut), ("277CA", a_277ca("A1"))]


@pytest.mark.parametrize("blank", [b"\n", b" \n", b"\r\n"])
def test_blank_lines_cost_no_more_than_other_lines(blank: bytes) -> None:
    """Twice the square of these would be minutes."""
    first, second = (body.replace(b"~", b"\n") for body in (a_999(1), a_277ca("A1", number=2)))
    many = blank * 100_000
    end = first.index(b"\nIEA") + 1
    whole = first[:end] + many + first[end:]
    found = dict(parts(whole + many + second))
    assert {kind: body.replace(many, b"") for kind, body in found.items()} == {"999": first, "277CA": second}
    assert [one.id for one in SegmentReader(whole + many + second)].count("ISA") == 2
    assert guess_delimiters(second[106:] + many + b"\n") == guess_delimiters(second[106:])
