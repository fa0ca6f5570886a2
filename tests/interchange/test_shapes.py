"""What is recognised is read as what is walked: the same nouns, the same issues, in files good and bad."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.money import ZERO
from billing.remittance import ClaimPayment
from interchange.x12 import claims_837p, elements, remittance_835, shapes
from interchange.x12.elements import Rule
from interchange.x12.quick import quick
from interchange.x12.syntax import Delimiters, NotX12
from tests.interchange.conftest import golden_files

FILES = golden_files("x222a1", "x221a1", "broken")


def read(data: bytes) -> list[object]:
    """Everything that both readers say about a file."""
    try:
        return [*claims_837p.read(data), *remittance_835.read(data)]
    except NotX12:
        return []


@pytest.mark.golden("x222a1", "x221a1", "broken")
def test_a_file_read_twice_is_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(shapes.Recogniser, "recognise", lambda self, texts: None)
        walked = read(data)
    read(data)
    assert read(data) == walked


@settings(deadline=None, max_examples=150)
@given(
    path=st.sampled_from(FILES),
    edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from(list(b"*~:0A\n")))),
)
def test_a_damaged_file_is_read_the_same(path: Path, edits: list[tuple[int, int, int]]) -> None:
    data = bytearray(path.read_bytes())
    for place, width, byte in edits:
        at = place % len(data)
        data[at : at + width] = bytes([byte])
    whole = bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes.Recogniser, "recognise", lambda self, texts: None)
        walked = read(whole)
    read(whole)
    assert read(whole) == walked


def test_a_shape_that_is_known_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = next(path for path in FILES if path.name == "stu-commercial-health-insurance.edi").read_bytes()
    walked = list(claims_837p.read(data))
    list(claims_837p.read(data))

    def never(*_: object) -> None:
        raise AssertionError("a known run was walked again")

    monkeypatch.setattr(shapes.Recogniser, "walk", never)
    assert list(claims_837p.read(data)) == walked


@settings(deadline=None, max_examples=150)
@given(
    letter=st.sampled_from("PRECL"),
    positions=st.lists(st.integers(1, 5), min_size=2, max_size=4, unique=True),
    texts=st.lists(st.sampled_from(["", "A", "BB"]), max_size=6),
)
def test_a_condition_says_the_same_as_a_regex_and_in_words(letter: str, positions: list[int], texts: list[str]) -> None:
    rules = elements.parse_elements("?AN9 ?AN9 ?AN9 ?AN9 ?AN9 ?AN9")
    while texts and not texts[-1]:
        texts.pop()
    condition: Rule = (letter, tuple(positions))
    found = list(elements.condition_faults(("XX", *texts), (condition,)))
    pattern = elements.segment_pattern("XX", rules, (condition,), Delimiters())
    assert (pattern.fullmatch("*".join(["XX", *texts])) is None) == bool(found)


def test_a_quick_noun_is_the_noun() -> None:
    made = quick(ClaimPayment)("N1", "1", ZERO, ZERO)
    assert made == ClaimPayment("N1", "1", ZERO, ZERO)
    assert type(made) is ClaimPayment
    with pytest.raises(AttributeError):
        made.status = "2"  # type: ignore[misc]
