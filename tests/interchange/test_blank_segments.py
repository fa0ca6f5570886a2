"""Empty segments and blank lines say nothing, wherever they stand and wherever a block of the file ends."""

import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks import files
from interchange.x12 import claims_837i, claims_837p, remittance_835, syntax
from interchange.x12.issues import Issue

READERS: dict[str, Callable[[Any], Iterable[Any]]] = {
    "payments": remittance_835.read,
    "claims": claims_837p.read,
    "children": claims_837p.read,
    "stays": claims_837i.read,
}
KINDS = sorted(READERS)
ENDS = ["~", "~\n", "~\r\n", "\n"]


class Slow(io.BytesIO):
    """A file that never gives more than `size` bytes."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The segments of twenty claims or payments of a kind, some of them with a fault."""
    folder = tmp_path_factory.mktemp("blanks")
    files.write_payments(folder / "many.payments", 20)
    files.write_claims(folder / "many.claims", 20)
    files.write_children(folder / "many.children", 20)
    files.write_stays(folder / "many.stays", 20)
    texts = {path.suffix[1:]: path.read_text().replace("~\n", "~") for path in folder.iterdir()}
    return {kind: text.replace("*9", "*9X", 2).removesuffix("~").split("~") for kind, text in texts.items()}


def written(segments: list[str], end: str, blanks: Iterable[int] = ()) -> bytes:
    """The file with an empty segment behind each of those segments."""
    marks = set(blanks)
    return "".join(text + end * (2 if at in marks else 1) for at, text in enumerate(segments)).encode()


def said(kind: str, source: Any) -> tuple[list[object], list[Issue]]:
    """The nouns and what was found, byte offsets set apart."""
    items = list(READERS[kind](source))
    names = ("payment", "claim", "remittance", "claims_paid_cents", "payments_count", "content_hash", "segment_index")
    nouns: list[object] = [tuple(getattr(item, name, None) for name in names) for item in items]
    return nouns, [issue for item in items for issue in getattr(item, "issues", ())]


def at_their_place(issues: list[Issue], data: bytes) -> list[Issue]:
    """The issues without their offsets, once each offset is where its segment stands in the file."""
    places = [one.offset for one in syntax.SegmentReader(data)]
    assert all(issue.offset == places[issue.file_index - 1] for issue in issues if issue.file_index)
    return [replace(issue, offset=None) for issue in issues]


@pytest.mark.parametrize("kind", KINDS)
@given(st.sampled_from(ENDS), st.sets(st.integers(0, 500), max_size=60), st.integers(200, 3_000))
@example("~", set(range(500)), 500)
@example("\n", set(range(500)), 500)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_empty_segments_says_the_same(
    many: dict[str, list[str]], kind: str, end: str, blanks: set[int], size: int
) -> None:
    plain = written(many[kind], end)
    nouns, issues = said(kind, plain)
    data = written(many[kind], end, blanks)
    found, found_issues = said(kind, Slow(data, size))
    assert found == nouns
    assert at_their_place(found_issues, data) == at_their_place(issues, plain)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_claim_is_lost_behind_an_empty_segment_that_ends_a_block(
    many: dict[str, list[str]], kind: str, end: str
) -> None:
    """Wherever the block ends: the empty segment stands before every claim in turn, and the file is given up to it."""
    segments = many[kind]
    nouns, _ = said(kind, written(segments, end))
    heads = [at for at, text in enumerate(segments) if text[:4] in {"CLM*", "CLP*"} and at > 30]
    for at in heads:
        size = len(written(segments[:at], end, {at - 1}))
        assert said(kind, Slow(written(segments, end, {at - 1}), size))[0] == nouns


@pytest.mark.parametrize("tail", ["~", "\n~", "~\n", "~\n~\n~\n"])
@pytest.mark.parametrize("end", ["~", "~\n"])
def test_empty_segments_behind_the_last_trailer_are_no_data(many: dict[str, list[str]], end: str, tail: str) -> None:
    plain = written(many["payments"], end)
    assert said("payments", plain + tail.encode()) == said("payments", plain)
