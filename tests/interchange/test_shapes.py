"""What is recognised is read as what is walked: the same nouns, the same issues, in files good and bad."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import files
from billing.claim import Name
from billing.money import ZERO
from billing.remittance import ClaimPayment, LinePayment
from interchange.x12 import claims_837i, claims_837p, elements, remittance_835, shapes
from interchange.x12.elements import Rule
from interchange.x12.quick import quick
from interchange.x12.syntax import Delimiters, NotX12
from tests.builders import a_claim, an_837p
from tests.interchange import generated
from tests.interchange.conftest import golden_files

FILES = golden_files("x222a1", "x223a2", "x221a1", "broken")
READERS: dict[str, Callable[[bytes], Iterable[object]]] = {
    "payments": remittance_835.read,
    "claims": claims_837p.read,
    "children": claims_837p.read,
    "stays": claims_837i.read,
}
KINDS = sorted(READERS)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Forty claims and payments of a kind, most of them alike."""
    folder = tmp_path_factory.mktemp("many")
    files.write_payments(folder / "many.payments", 40)
    files.write_claims(folder / "many.claims", 40)
    files.write_children(folder / "many.children", 40)
    files.write_stays(folder / "many.stays", 40)
    return {path.suffix[1:]: path.read_bytes() for path in folder.iterdir()}


def read(data: bytes) -> list[object]:
    """Everything that the readers say about a file."""
    try:
        return [*claims_837p.read(data), *claims_837i.read(data), *remittance_835.read(data)]
    except NotX12:
        return []


@contextmanager
def walking() -> Iterator[None]:
    """Every run is walked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes.Recogniser, "recognise", lambda self, texts: None)
        patch.setattr(shapes.Recogniser, "scan", lambda self, text, place, glue: None)
        yield


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was met once is scanned for, at once; no test finds what another has met."""
    monkeypatch.setattr(shapes, "OFTEN", 1)
    monkeypatch.setattr(shapes, "PATIENCE", 1)
    monkeypatch.setattr(shapes, "PATIENCE_A_SHAPE", 1)
    monkeypatch.setattr(shapes, "REGEX_BYTES", 1_000_000_000)
    monkeypatch.setattr(shapes, "_BOOKS", {})


def scanned(data: bytes) -> list[object]:
    """What the readers say when they have read the file so often that they know it."""
    for _ in range(4):
        read(data)
    return read(data)


@pytest.mark.golden("x222a1", "x223a2", "x221a1", "broken")
def test_a_file_read_twice_is_read_the_same(path: Path, eager: None) -> None:
    data = path.read_bytes()
    with walking():
        walked = read(data)
    read(data)
    assert read(data) == walked
    assert scanned(data) == walked


def returned(data: bytes) -> bytes:
    """The file with a carriage return as its terminator, a line each."""
    return b"\r\n".join(one.strip() for one in data.split(b"~"))


@pytest.mark.golden("x222a1", "x223a2", "x221a1")
def test_line_ends_and_odd_delimiters_are_read_the_same(path: Path, eager: None) -> None:
    data = path.read_bytes()
    for other in (b"".join(data.splitlines()), data.replace(b"~", b"~\r\n"), data.replace(b"*", b"|"), returned(data)):
        with walking():
            walked = read(other)
        assert scanned(other) == walked


@pytest.mark.parametrize("seed", range(25))
def test_drawn_claims_are_read_the_same(seed: int, eager: None) -> None:
    data = generated.draw_file("837P", seed=seed, count=3).text.encode()
    with walking():
        walked = list(claims_837p.read(data))
    for _ in range(4):
        list(claims_837p.read(data))
    assert list(claims_837p.read(data)) == walked
    assert list(claims_837p.claims(data)) == [one.claim for one in walked if isinstance(one, claims_837p.ReadClaim)]


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
    with walking():
        walked = read(whole)
    read(whole)
    assert read(whole) == walked


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    edits=st.lists(
        st.tuples(st.integers(0, 100_000), st.integers(0, 3), st.sampled_from(list(b"*~:0A\n"))), max_size=4
    ),
    moved=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=3),
    glue=st.sampled_from([b"~", b"~\n", b"~\r\n"]),
    end=st.integers(0, 400),
)
def test_a_damaged_file_of_runs_that_are_scanned_for_is_read_the_same(
    kind: str,
    edits: list[tuple[int, int, int]],
    moved: list[tuple[int, int]],
    glue: bytes,
    end: int,
    many: dict[str, bytes],
    eager: None,
) -> None:
    segments = many[kind].split(b"~\n")
    whole = glue.join(segments)
    scanned(whole)
    for one, other in moved:
        segments[one % len(segments)], segments[other % len(segments)] = (
            segments[other % len(segments)],
            segments[one % len(segments)],
        )
    data = bytearray(glue.join(segments[: len(segments) - end]))
    for place, width, byte in edits:
        at = 200 + place % max(1, len(data) - 200)
        data[at : at + width] = bytes([byte])
    with walking():
        walked = read(bytes(data))
    assert read(bytes(data)) == walked


ODD_PLACES = {
    "a line end inside a text": (b"SAMPLE", b"SAM\nPLE"),
    "a line end behind the last text": (b"~\nDTM*232", b"\r\n~\nDTM*232"),
    "a blank before a segment": (b"~\nLX*1", b"~\n LX*1"),
    "an empty segment": (b"~\nREF*6R", b"~\n~\nREF*6R"),
    "no line end": (b"~\nCLP*", b"~CLP*"),
    "two line ends": (b"~\nHL*", b"~\n\nHL*"),
}


@pytest.mark.parametrize("odd", ODD_PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_odd_places_between_runs_that_are_scanned_are_read_the_same(
    kind: str, odd: str, many: dict[str, bytes], eager: None
) -> None:
    usual, found = ODD_PLACES[odd]
    segments = many[kind]
    scanned(segments)
    half = len(segments) // 2
    data = segments[:half] + segments[half:].replace(usual, found, 3)
    with walking():
        walked = read(data)
    assert read(data) == walked
    assert list(remittance_835.payments(data)) == [
        one.payment for one in walked if isinstance(one, remittance_835.ReadPayment) and one.payment is not None
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_comes_often_is_scanned(
    kind: str, many: dict[str, bytes], eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with walking():
        walked = list(READERS[kind](many[kind]))
    for _ in range(4):
        list(READERS[kind](many[kind]))
    long_way = []
    recognise = shapes.Recogniser.recognise

    def counted(self: shapes.Recogniser, texts: list[str]) -> shapes.Shape | None:
        long_way.append(texts[0])
        return recognise(self, texts)

    monkeypatch.setattr(shapes.Recogniser, "recognise", counted)
    assert list(READERS[kind](many[kind])) == walked
    assert len(long_way) < 6


@pytest.mark.parametrize("stray", [b"K3*LOST", b"NM1*IL*1*OTHER*ANN****MI*X1", b"REF*SY*111223333"])
@pytest.mark.parametrize("kept", [b"", b"~\nNM1*QC*1*SAMPLE*C000020"])
def test_a_level_that_was_scanned_takes_what_comes_too_late_for_it(
    stray: bytes, kept: bytes, many: dict[str, bytes], eager: None
) -> None:
    data = many["children"].replace(b"NM1*QC*1*SAMPLE*C000020", stray + kept)
    assert data != many["children"]
    with walking():
        walked = read(data)
    scanned(many["children"])
    assert read(data) == walked
    unread = [one for one in walked if isinstance(one, claims_837p.ReadClaim) and one.claim is None]
    assert [bool(one.glimpse and one.glimpse.member_id and one.glimpse.patient_name) for one in unread] == (
        [] if kept else [True]
    )


def test_remarks_of_another_list_are_no_remark_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_BOOKS", {})
    for path in FILES:
        data = path.read_bytes()
        if b"LQ*HE*" in data and b"SVC*" in data:
            break
    read(data)
    said, silent = read(data), read(data.replace(b"LQ*HE*", b"LQ*RX*"))
    assert any(line.remarks for line in _lines(said))
    assert not any(line.remarks for line in _lines(silent))


def _never(*_: object) -> None:
    raise AssertionError("a known run was walked again")


def _lines(items: list[object]) -> list[LinePayment]:
    payments = [one.payment for one in items if isinstance(one, remittance_835.ReadPayment)]
    return [line for one in payments if one is not None for line in one.lines]


def test_a_shape_that_is_known_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = next(path for path in FILES if path.name == "stu-commercial-health-insurance.edi").read_bytes()
    cut_short = data.replace(b"HL*2*1*22*", b"HL*2*1*2*")
    assert cut_short != data
    list(claims_837p.read(cut_short))  # a level 2 that begins like a level 22 and was once taken for it
    walked = list(claims_837p.read(data))
    list(claims_837p.read(data))
    monkeypatch.setattr(shapes.Recogniser, "walk", _never)
    assert list(claims_837p.read(data)) == walked


def test_a_level_is_not_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """HL*22*3 is a subscriber in one file and a dependent in the next: the second is known once it was walked."""
    monkeypatch.setattr(shapes, "_BOOKS", {})
    own, sibling = a_claim(), a_claim(member_id="XYZ987654")
    other = replace(own.billing_provider, name=Name("ANOTHER CLINIC"))
    members = [a_claim(member_id=f"M{number:08d}", billing_provider=other) for number in range(19)]
    coverage = replace(sibling.coverage, relationship="19")
    children = [
        replace(sibling, coverage=coverage, patient=replace(own.patient, name=Name("DOE", f"CHILD{number}")))
        for number in range(19)
    ]
    first, second = an_837p(own, *members), an_837p(own, *children)
    assert b"HL*22*3*22*" in first
    assert b"HL*22*3*23*" in second
    for data in (first, second, second):
        list(claims_837p.read(data))
    monkeypatch.setattr(shapes.Recogniser, "walk", _never)
    list(claims_837p.read(second))


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


@pytest.mark.parametrize("form", ["", "D8", "RD8", "DT", "TM"])
@pytest.mark.parametrize("value", ["", "1015", "20260101", "20260101-20260102", "202601011015"])
@pytest.mark.parametrize("forms", ["?AN9", "?=D8,DT,RD8,TM"])
def test_a_form_says_the_same_as_a_regex_and_in_words(form: str, value: str, forms: str) -> None:
    rules = elements.parse_elements(f"?AN9 {forms} ?AN35 ?AN9")
    condition: Rule = ("F", (2, 3))
    found = list(elements.condition_faults(("XX", "A", form, value, "B"), (condition,)))
    pattern = elements.segment_pattern("XX", rules, (condition,), Delimiters())
    assert (pattern.fullmatch(f"XX*A*{form}*{value}*B") is None) == bool(found)
    fitting = {"": True, "TM": True, "D8": len(value) < 9, "RD8": "-" in value, "DT": len(value) == 12}
    assert bool(found) == (len(value) >= 8 and not fitting[form])


def test_a_quick_noun_is_the_noun() -> None:
    made = quick(ClaimPayment)("N1", "1", ZERO, ZERO)
    assert made == ClaimPayment("N1", "1", ZERO, ZERO)
    assert type(made) is ClaimPayment
    with pytest.raises(AttributeError):
        made.status = "2"  # type: ignore[misc]
