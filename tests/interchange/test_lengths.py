"""Nothing is written that is longer than the guides allow, and blanks around data are not sent."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from benchmarks import files
from billing.claim import Claim, Diagnosis, Name, OpaqueSegment, Reference
from billing.money import Cents
from interchange.x12 import claim_writing, claims_837p, lengths, remittance_835, writing
from interchange.x12.fields import Elements, Joined
from tests.builders import a_claim, a_line, a_payment, an_835

CLAIM = a_claim()
PROVIDER = CLAIM.providers[0]


def sent(body: Sequence[Elements], version: str = claims_837p.VERSION, kind: str = "837") -> str:
    group = writing.Group(1, version, [("0001", body)], kind)
    ends = {"sender": writing.Address("ZZ", "A"), "receiver": writing.Address("ZZ", "B")}
    return writing.write_interchange([group], **ends, control_number=1, instant=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))


def written(claim: Claim) -> str:
    """As text, which must be what it is by its elements."""
    batch = files.batch([claim])
    text = sent(claims_837p.write(batch))
    assert text == sent(claim_writing.batch_rows(batch))
    return text


def with_name(claim: Claim, last: str) -> Claim:
    return replace(claim, subscriber=replace(claim.subscriber, name=Name(last, "JANE")))


TOO_MUCH: list[tuple[Claim, str, int]] = [
    (a_claim(control_number=""), "CLM", 1),
    (a_claim(control_number="  "), "CLM", 1),
    (a_claim(control_number="X" * 39), "CLM", 1),
    (a_claim(charge_cents=Cents(10**20)), "CLM", 2),
    (a_claim(authorization="A" * 51), "REF", 2),
    (a_claim(authorization="  "), "REF", 2),
    (a_claim(diagnoses=tuple(Diagnosis(f"J06{at}", "ABF") for at in range(13))), "HI", 13),
    (a_claim(diagnoses=(Diagnosis("J" * 31, "ABK"),)), "HI", 1),
    (a_claim(*[a_line()] * 51), "LX", 1),
    (replace(CLAIM, lines=()), "LX", 1),
    (a_claim(a_line(units=Decimal(10**15))), "SV1", 4),
    (a_claim(a_line(charge=10**20)), "CLM", 2),
    (a_claim(a_line(modifiers=("25", "59", "GP", "KX", "76"))), "SV1", 1),
    (a_claim(a_line(modifiers=("259",))), "SV1", 1),
    (a_claim(a_line(procedure="9" * 49)), "SV1", 1),
    (a_claim(a_line(procedure_description="D" * 81)), "SV1", 1),
    (a_claim(a_line(diagnosis_pointers=(1, 2, 3, 4, 5))), "SV1", 7),
    (a_claim(a_line(diagnosis_pointers=(100,))), "SV1", 7),
    (a_claim(a_line(control_number="L" * 51)), "REF", 2),
    (a_claim(member_id="M" * 81), "NM1", 9),
    (with_name(CLAIM, "N" * 61), "NM1", 3),
    (replace(CLAIM, providers=(replace(PROVIDER, name=Name("SMITH", "A" * 36)),)), "NM1", 4),
    (replace(CLAIM, providers=(replace(PROVIDER, references=(Reference("G2", "R" * 51),)),)), "REF", 2),
    (a_claim(other_segments=(OpaqueSegment("2300", ("NTE", "ADD", "N" * 81)),)), "NTE", 2),
    (a_claim(a_line(other_segments=(OpaqueSegment("2400", ("K3", "K" * 81)),))), "K3", 1),
]


@pytest.mark.parametrize(("claim", "segment", "element"), TOO_MUCH)
def test_what_does_not_fit_is_refused_with_its_place(claim: Claim, segment: str, element: int) -> None:
    for write in (claims_837p.write, claim_writing.batch_rows):
        with pytest.raises(writing.DoesNotFit) as refused:
            sent(write(files.batch([claim])))
        assert (refused.value.segment, refused.value.element) == (segment, element)


FITS: list[Claim] = [
    a_claim(control_number="X" * 38),
    a_claim(charge_cents=Cents(10**18 - 1)),
    a_claim(*[a_line()] * 50),
    a_claim(diagnoses=tuple(Diagnosis(f"J06{at}", "ABF") for at in range(12))),
    a_claim(a_line(units=Decimal("12345678901234.5"), modifiers=("25", "59", "GP", "KX"))),
    a_claim(a_line(diagnosis_pointers=(1, 2, 3, 12), control_number="L" * 50)),
    a_claim(member_id="M" * 80, authorization="A" * 50),
    with_name(CLAIM, "N" * 60),
    a_claim(a_line(procedure_description="D" * 80)),
    a_claim(
        other_segments=(OpaqueSegment("2300", ("NTE", "ADD", "N" * 80)), OpaqueSegment("2300", ("ZZZ", "Z" * 999)))
    ),
]


@pytest.mark.parametrize("claim", FITS)
def test_what_just_fits_is_written(claim: Claim) -> None:
    assert written(claim)


@pytest.mark.parametrize(
    ("padded", "plain"),
    [
        (a_claim(control_number=" AB 1  "), a_claim(control_number="AB 1")),
        (with_name(CLAIM, "DE LA CRUZ "), with_name(CLAIM, "DE LA CRUZ")),
        (a_claim(a_line(procedure_description=" D ")), a_claim(a_line(procedure_description="D"))),
        (a_claim(diagnoses=(Diagnosis("J069 ", "ABK"),)), a_claim()),
        (
            a_claim(other_segments=(OpaqueSegment("2300", ("NTE", "ADD", "SEEN TWICE  ")),)),
            a_claim(other_segments=(OpaqueSegment("2300", ("NTE", "ADD", "SEEN TWICE")),)),
        ),
    ],
)
def test_blanks_around_data_are_cut(padded: Claim, plain: Claim) -> None:
    text = written(padded)
    assert "  " not in text[106:]
    assert text.split("SE*")[0] == written(plain).split("SE*")[0]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"payer_claim_number": "P" * 51}, ("CLP", 7)),
        ({"references": (Reference("EA", "R" * 51),)}, ("REF", 2)),
        ({"patient_name": Name("N" * 61, "JANE")}, ("NM1", 3)),
    ],
)
def test_a_remittance_is_held_to_the_same(changes: dict[str, Any], place: tuple[str, int]) -> None:
    with pytest.raises(writing.DoesNotFit) as refused:
        an_835(a_payment("A1", **changes))
    assert (refused.value.segment, refused.value.element) == place


def test_a_fifth_modifier_of_a_payment_is_refused() -> None:
    payment = a_payment("A1")
    many = replace(payment, lines=(replace(payment.lines[0], modifiers=("25", "59", "GP", "KX", "76")),))
    with pytest.raises(writing.DoesNotFit, match=r"^SVC01 has 5 components"):
        an_835(many)


def test_a_payment_without_its_number_is_refused() -> None:
    with pytest.raises(writing.DoesNotFit, match=r"^CLP01 is empty"):
        an_835(a_payment(""))
    assert remittance_835.VERSION.encode() in an_835(a_payment("A1"))


@pytest.mark.parametrize(
    ("segment", "place"),
    [
        (("SV1", Joined("HC:99213:25"), "-123456789012345678.9"), 2),
        (("SV1", Joined("HC:99213:25"), "-1234567890123456.78"), None),
        (("HI", *["ABK:J069"] * 13), 13),
        (("HI", Joined("ABK:J069:::::::::X")), 1),
        (("ZZZ", "Z" * 10_000), None),
        (("K3",), None),
        (("CLP",), 1),
    ],
)
def test_a_segment_is_measured_by_the_guides(segment: Elements, place: int | None) -> None:
    found = lengths.excess(segment)
    assert (found and found[0]) == place
    assert place is None or lengths.FITS[segment[0]]("*".join(segment)) is None


def test_what_is_said_again_is_written_the_same_and_proven_each_time() -> None:
    """Days, reasons and remarks are written once and said again; a composite like them does not let data through."""
    joined = ("LQ", Joined("HE"), Joined("N1:2"))
    text = sent([*[("DTM", "472", "20261020")] * 3, joined, *[("LQ", "HE", "N290")] * 2])
    assert (text.count("DTM*472*20261020~"), text.count("LQ*HE*N290~")) == (3, 2)
    with pytest.raises(writing.DataHoldsDelimiter):
        sent([joined, ("LQ", "HE", "N1:2")])
