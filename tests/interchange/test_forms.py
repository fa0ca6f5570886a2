"""What is written as text is what is written by its elements: the same bytes, and the same refusals."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import files
from billing.claim import Claim, ClaimBatch, OpaqueSegment, Party, Sex
from billing.money import Cents
from interchange.x12 import claim_writing, claims_837p, forms, writing
from interchange.x12.fields import Elements
from interchange.x12.forms import Form
from interchange.x12.syntax import Delimiters
from tests.builders import a_claim
from tests.interchange import generated_claims
from tests.interchange.draw import Draw

INSTANT = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
ODD = st.sampled_from(["", "*", "A*B", "~", ":", "A:", "^", "É", "\n", "A B", "\x1d", " ", "-"])


def sent(body: Sequence[Elements], delimiters: Delimiters | None = None, line_end: str = "") -> str:
    group = writing.Group(1, claims_837p.VERSION, [("0001", body)])
    ends = {"sender": writing.Address("ZZ", "A"), "receiver": writing.Address("ZZ", "B")}
    return writing.write_interchange(
        [group], **ends, control_number=1, instant=INSTANT, delimiters=delimiters, line_end=line_end
    )


def outcome(write: Callable[[ClaimBatch], Sequence[Elements]], batch: ClaimBatch) -> str | tuple[str, str]:
    """The interchange, or how it is refused."""
    try:
        return sent(write(batch))
    except ValueError as refusal:
        return type(refusal).__name__, str(refusal)


def leaves(noun: Any) -> Iterator[str]:
    """Every text in a noun."""
    if dataclasses.is_dataclass(noun):
        for field in dataclasses.fields(noun):
            yield from leaves(getattr(noun, field.name))
    elif isinstance(noun, tuple):
        for one in noun:
            yield from leaves(one)
    elif isinstance(noun, str) and not isinstance(noun, Sex):
        yield noun


def replaced(noun: Any, texts: Iterator[str]) -> Any:
    """The noun with these texts in place of its own."""
    if dataclasses.is_dataclass(noun) and not isinstance(noun, type):
        fields = dataclasses.fields(noun)
        return dataclasses.replace(noun, **{one.name: replaced(getattr(noun, one.name), texts) for one in fields})
    if isinstance(noun, tuple):
        return tuple(replaced(one, texts) for one in noun)
    return next(texts) if isinstance(noun, str) and not isinstance(noun, Sex) else noun


@pytest.mark.parametrize("seed", range(60))
def test_a_batch_is_written_as_text_as_it_is_by_its_elements(seed: int) -> None:
    batch = generated_claims.batch(Draw(f"forms {seed}"))
    written, rows = claims_837p.write(batch), claim_writing.batch_rows(batch)
    assert isinstance(written, writing.Body)
    assert sent(written, line_end="\r\n") == sent(rows, line_end="\r\n")
    assert len(written) == len(rows)
    assert list(written) == rows
    other = Delimiters("|", ">", None, "!")
    assert sent(written, other) == sent(rows, other)


@settings(deadline=None, max_examples=400)
@given(seed=st.integers(0, 40), spoils=st.lists(st.tuples(st.integers(0, 10_000), ODD), min_size=1, max_size=3))
def test_what_cannot_be_sent_is_refused_as_it_is_by_its_elements(seed: int, spoils: list[tuple[int, str]]) -> None:
    batch = generated_claims.batch(Draw(f"spoiled {seed}"))
    texts = list(leaves(batch))
    for place, text in spoils:
        texts[place % len(texts)] = text
    spoiled = replaced(batch, iter(texts))
    assert outcome(claims_837p.write, spoiled) == outcome(claim_writing.batch_rows, spoiled)


@settings(deadline=None, max_examples=200)
@given(
    order=st.lists(st.integers(0, 3), max_size=12),
    rest=st.sampled_from([(), ("2010BA", "2300"), ("2000A",), ("2010CA",)]),
)
def test_neighbours_share_their_levels(order: list[int], rest: tuple[str, ...]) -> None:
    own, child = a_claim(), a_claim()
    opaque = tuple(OpaqueSegment(loop, ("K3", "DATA")) for loop in rest)
    coverage = dataclasses.replace(child.coverage, relationship="19")
    sibling = dataclasses.replace(child.patient, name=dataclasses.replace(child.patient.name, first="SIB"))
    every: list[Claim] = [
        own,
        dataclasses.replace(child, coverage=coverage),
        dataclasses.replace(child, coverage=coverage, patient=sibling, other_segments=opaque),
        a_claim(member_id="OTHER", billing_provider=dataclasses.replace(own.billing_provider, taxonomy=None)),
    ]
    batch = files.batch([every[one] for one in order])
    assert sent(claims_837p.write(batch)) == sent(claim_writing.batch_rows(batch))


def test_a_role_without_a_loop_is_refused_at_once() -> None:
    stranger = Party("XX", True, a_claim().patient.name)
    for write in (claims_837p.write, claim_writing.batch_rows):
        with pytest.raises(ValueError, match="role XX"):
            write(files.batch([a_claim(providers=(stranger,))]))


# The language of forms --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noun:
    name: str | None = None
    cents: Cents | None = None
    units: Decimal | None = None
    several: tuple[str, ...] = ()
    pairs: tuple["Noun", ...] = ()


FORM = Form(
    "AA =1 - name $cents #units handed",
    "?BB =2 name",
    "?CC $cents name",
    "DD (=X;name;several[3];name) - (several[])",
    "?EE pairs(name;name)",
    "FF name =E",
    given=("handed",),
)
NOUNS = st.builds(
    Noun,
    st.sampled_from([None, "", "N", "NAME"]),
    st.sampled_from([None, Cents(0), Cents(-150)]),
    st.sampled_from([None, Decimal("0.50"), Decimal(3)]),
    st.lists(st.sampled_from(["", "A", "BB"]), max_size=3).map(tuple),
    st.lists(st.builds(Noun, st.sampled_from([None, "P"])), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(noun=NOUNS, handed=st.sampled_from([None, "", "H"]))
def test_a_form_says_the_same_as_text_and_by_elements(noun: Noun, handed: str | None) -> None:
    said: list[str] = []
    assert FORM.text(noun, said.append, handed) == writing.text_of(FORM.rows(noun, handed))
    assert "".join(said).count("H") == (handed == "H")


def test_a_form_leaves_out_what_says_nothing() -> None:
    rows = FORM.rows(Noun(cents=Cents(0), several=("A", "", "B"), pairs=(Noun("P"), Noun())), None)
    assert rows == [
        ("AA", "1", "", "", "0"),
        ("CC", "0"),
        ("DD", "X::A::B", "", "A::B"),
        ("EE", "P:P"),
        ("FF", "", "E"),
    ]


def test_a_form_refuses_more_components_than_it_has_room_for() -> None:
    noun = Noun(several=("A", "B", "C", "D"))
    with pytest.raises(forms.NotPlain):
        FORM.text(noun, [].append, None)
    with pytest.raises(writing.DoesNotFit, match=r"^DD01 has 4 components"):
        FORM.rows(noun, None)


def test_a_component_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(forms.NotPlain):
        FORM.text(Noun(several=("A*B",)), [].append, None)
