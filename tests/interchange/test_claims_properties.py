"""Any claim that the nouns can say survives the wire."""

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.claim import (
    Address,
    Claim,
    ClaimBatch,
    Contact,
    Coverage,
    Diagnosis,
    Name,
    OpaqueSegment,
    Party,
    Person,
    Reference,
    ServiceLine,
    Sex,
)
from billing.money import Cents
from interchange.x12 import claims_837p, writing
from interchange.x12.claims_837p import ReadClaim

WORD = st.text("ABCDEFGHIJ KLMNOP", min_size=2, max_size=12).map(str.strip).filter(lambda text: len(text) > 1)
DIGITS = st.text("0123456789", min_size=10, max_size=10)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
ADDRESS = st.builds(Address, WORD, WORD, st.just("IA"), st.just("500100001"), st.none() | WORD)
NAME = st.builds(Name, WORD, WORD, st.none() | WORD)
RENDERING = st.builds(
    Party, st.just("82"), st.just(True), NAME, st.just("XX"), DIGITS, st.none() | st.just("207Q00000X")
)
BILLING = st.builds(
    Party,
    st.just("85"),
    st.just(False),
    st.builds(Name, WORD),
    st.just("XX"),
    DIGITS,
    st.none() | st.just("207Q00000X"),
    ADDRESS,
    st.just((Reference("EI", "471234567"),)),
)
PERSON = st.builds(Person, NAME, DAYS, st.sampled_from(Sex), ADDRESS)
PAYER = st.builds(Party, st.just("PR"), st.just(False), st.builds(Name, WORD), st.just("PI"), DIGITS)
COVERAGE = st.builds(Coverage, PAYER, DIGITS, st.sampled_from("PST"), st.sampled_from(["18", "19", "01"]))
NOTE = OpaqueSegment("2300", ("NTE", "ADD", "A NOTE"))
OTHER_PAYER = tuple(
    OpaqueSegment(loop, tuple(text.split("*")))
    for loop, text in (
        ("2320", "SBR*P*18*******CI"),
        ("2320", "AMT*D*10"),
        ("2320", "OI***Y***Y"),
        ("2330A", "NM1*IL*1*A*B****MI*123"),
        ("2330B", "NM1*PR*2*PAYER*****PI*77"),
    )
)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    coverage, subscriber = draw(COVERAGE), draw(PERSON)
    charges = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=4))
    lines = tuple(
        ServiceLine(
            procedure="99213",
            charge_cents=Cents(charge),
            units=draw(st.decimals(Decimal("0.1"), 900, places=1)).normalize(),
            service_date=draw(DAYS),
            modifiers=draw(st.sampled_from([(), ("25",), ("25", "GT")])),
            diagnosis_pointers=(1,),
            control_number=draw(st.none() | DIGITS),
            providers=draw(st.sampled_from([(), (draw(RENDERING),)])),
        )
        for charge in charges
    )
    return Claim(
        control_number=draw(DIGITS),
        charge_cents=Cents(sum(charges)),
        billing_provider=draw(BILLING),
        coverage=coverage,
        subscriber=subscriber,
        patient=subscriber if coverage.is_self else draw(PERSON),
        diagnoses=(Diagnosis("J069", "ABK"), Diagnosis("I10")),
        lines=lines,
        frequency=draw(st.sampled_from("178")),
        patient_paid_cents=draw(st.none() | st.integers(0, 9999).map(Cents)),
        original_reference=draw(st.none() | DIGITS),
        providers=draw(st.sampled_from([(), (draw(RENDERING),)])),
        other_segments=draw(st.sampled_from([(), (NOTE,), OTHER_PAYER, (NOTE, *OTHER_PAYER, *OTHER_PAYER)])),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=4))
def test_any_batch_reads_back_as_written_without_an_issue(made: list[Claim]) -> None:
    batch = ClaimBatch(
        submitter=Party(
            "41", False, Name("CLINIC"), "46", "LAKEFP01", contact=Contact("DESK", (("TE", "5155550100"),))
        ),
        receiver=Party("40", False, Name("HUB"), "46", "MOCKHUB"),
        reference="B1",
        created=dt.date(2026, 1, 5),
        created_time="0930",
        claims=tuple(made),
    )
    group = writing.Group(1, claims_837p.VERSION, [("0001", claims_837p.write(batch))])
    ends = {"sender": writing.Address("ZZ", "A"), "receiver": writing.Address("ZZ", "B")}
    text = writing.write_interchange([group], **ends, control_number=1, instant=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    items = list(claims_837p.read(text.encode()))
    assert [item.claim for item in items if isinstance(item, ReadClaim)] == made
    assert [str(issue) for item in items for issue in item.issues] == []
