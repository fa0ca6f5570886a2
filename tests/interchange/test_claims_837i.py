"""The 837I codec: published files, any noun that can be said, and two judges from outside."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from billing.claim import Address, Contact, Coverage, Diagnosis, Name, OpaqueSegment, Party, Person, Reference, Sex
from billing.hospital_bill import Occurrence, OccurrenceSpan, Procedure, ValueAmount
from billing.institutional_claim import InstitutionalBatch, InstitutionalClaim, InstitutionalLine
from billing.money import Cents
from interchange.x12 import claims_837i, fields, shapes, validate, writing
from interchange.x12.claims_837i import ReadClaim
from interchange.x12.hierarchy_writing import UnknownProviderRole
from interchange.x12.syntax import NotX12, SegmentReader
from tests.interchange import oracles

INSTANT = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)
ENDS = {"sender": writing.Address("ZZ", "GENHOSP01"), "receiver": writing.Address("ZZ", "MOCKHUB")}
BATCH = InstitutionalBatch(
    submitter=Party("41", False, Name("GENERAL"), "46", "GENHOSP01", contact=Contact("DESK", (("TE", "5155550100"),))),
    receiver=Party("40", False, Name("HUB"), "46", "MOCKHUB"),
    reference="B1",
    created=dt.date(2026, 1, 5),
    created_time="0930",
)


def batch_of(data: bytes) -> InstitutionalBatch:
    items = [item for item in claims_837i.read(data) if isinstance(item, ReadClaim)]
    assert items[0].batch
    return dataclasses.replace(items[0].batch, claims=tuple(item.claim for item in items if item.claim))


def errors_of(data: bytes) -> list[str]:
    return [str(issue) for item in claims_837i.read(data) for issue in item.issues if issue.is_error]


def written(batch: InstitutionalBatch, version: str = claims_837i.VERSION) -> str:
    group = writing.Group(1, version, [("0001", claims_837i.write(batch))])
    return writing.write_interchange([group], **ENDS, control_number=101, instant=INSTANT, usage="T", line_end="\n")


def body_of(data: bytes) -> list[tuple[str, ...]]:
    """BHT to the last segment before SE, numbers without trailing zeros."""
    reader = SegmentReader(data)
    rows = [fields.normal(one.elements, reader.delimiters) for one in reader]
    first, last = ([row[0] for row in rows].index(name) for name in ("BHT", "SE"))
    return [tuple(re.sub(r"(\.\d*?)0+$", r"\1", text).rstrip(".") for text in row) for row in rows[first:last]]


@pytest.mark.golden("x223a2")
def test_it_finds_no_error_where_two_validators_agree(path: Path, two_agree: Callable[[Path], bool]) -> None:
    if not two_agree(path):
        pytest.skip("the validators do not agree that the file is valid")
    assert errors_of(path.read_bytes()) == []
    assert body_of(written(batch_of(path.read_bytes())).encode()) == body_of(path.read_bytes())


@pytest.mark.golden("x223a2")
def test_written_claims_read_back_as_the_same_nouns(path: Path) -> None:
    batch = batch_of(path.read_bytes())
    text = written(batch)
    assert batch_of(text.encode()) == batch
    assert written(batch_of(text.encode())) == text
    assert errors_of(text.encode()) == []


def test_what_the_claim_says_is_in_its_nouns(golden: Path) -> None:
    (claim,) = batch_of((golden / "x223a2" / "lfh-institutional-claim.837i").read_bytes()).claims
    assert (claim.type_of_bill, claim.patient_status, claim.charge_cents) == ("0141", "01", 8993)
    assert [one.qualifier for one in claim.diagnoses] == ["BK", "BF", "BF"]
    assert claim.values == (ValueAmount("A2", Cents(1531)),)
    assert claim.occurrences[0] == Occurrence("A1", dt.date(1926, 11, 11))
    assert claim.conditions == ("09",)
    assert claim.provider("71")
    assert [(line.revenue_code, line.procedure) for line in claim.lines] == [("0305", "85025"), ("0730", "93005")]
    assert {one.loop for one in claim.other_segments} == {"2320", "2330A", "2330B"}


def test_another_version_of_the_guide_is_read_without_a_word_and_written_when_asked(golden: Path) -> None:
    data = (golden / "x223a2" / "lfh-institutional-claim.837i").read_bytes()
    text = written(batch_of(data), claims_837i.VERSION_A3)
    assert text.count("005010X223A3") == 2
    issues = [issue for report in validate.validate(text.encode()) for issue in report.issues]
    assert [str(issue) for issue in issues if issue.level != "code"] == []


def test_validate_counts_claims_and_checks_their_sums(golden: Path) -> None:
    text = (golden / "x223a2" / "stu-two-claims-for-the-same-provider.edi").read_text()
    (report, _) = validate.validate(
        text.replace("*85087*50*", "*85087*49*").replace("HC:85087*50", "HC:85087*49").encode()
    )
    assert report.claims_count == 2
    assert [(issue.code, issue.control_number) for issue in report.issues if issue.is_error] == [
        ("charge-sum", "756049Q")
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("BH:A1:D8:19261111", "BH:A1:D8:19261131", ("HI", 1)),
        ("BE:A2:::15.31", "BE:A2:::15.312", ("HI", 1)),
        ("DTP*434*D8*19960911", "DTP*434*D8*19960931", ("DTP", 3)),
        ("CL1*3", "DTP*435*DT*199609311315~\nCL1*3", ("DTP", 3)),
        ("SV2*0305*HC:85025*13.39", "SV2*0305*HC:85025*13,39", ("SV2", 3)),
    ],
)
def test_an_unreadable_value_is_named_by_its_place(
    right: str, wrong: str, place: tuple[str, int], golden: Path
) -> None:
    text = (golden / "x223a2" / "lfh-institutional-claim.837i").read_text()
    (item, *_) = claims_837i.read(text.replace(right, wrong).encode())
    assert isinstance(item, ReadClaim)
    assert item.claim is None
    (issue,) = [issue for issue in item.issues if issue.code == "unreadable"]
    assert (issue.segment, issue.element) == place
    assert issue.file_index is not None
    assert list(SegmentReader(text.replace(right, wrong).encode()))[issue.file_index - 1].id == place[0]


def test_an_admission_at_an_hour_that_is_none_is_a_fault_and_no_loss(golden: Path) -> None:
    text = (golden / "x223a2" / "stu-two-claims-for-the-same-provider.edi").read_text()
    (item, *_) = claims_837i.read(text.replace("CL1*1", "DTP*435*DT*200503151375~CL1*1", 1).encode())
    assert isinstance(item, ReadClaim)
    assert item.claim
    assert item.claim.admission_date == dt.date(2005, 3, 15)
    assert [(issue.segment, issue.element, issue.code) for issue in item.issues] == [("DTP", 3, "8")]


def test_a_provider_without_a_loop_is_refused(golden: Path) -> None:
    batch = batch_of((golden / "x223a2" / "lfh-institutional-claim.837i").read_bytes())
    ambulance = dataclasses.replace(batch.claims[0], providers=(Party("PW", False, Name("")),))
    with pytest.raises(UnknownProviderRole):
        claims_837i.write(dataclasses.replace(batch, claims=(ambulance,)))


@pytest.mark.golden("x223a2")
def test_a_file_cut_after_any_segment_loses_no_claim_and_says_so(path: Path) -> None:
    data = path.read_bytes()
    segments = list(SegmentReader(data))
    for number in range(1, len(segments)):
        items = list(claims_837i.read(data[: segments[number].offset]))
        expected = sum(segment.id == "CLM" for segment in segments[:number])
        assert sum(isinstance(item, ReadClaim) for item in items) == expected
        assert any(issue.code in {"023", "2"} for item in items for issue in item.issues), number


@pytest.mark.golden("x223a2")
def test_a_file_cut_at_any_byte_raises_nothing_but_not_x12(path: Path) -> None:
    data = path.read_bytes()
    for length in range(0, len(data), 31):
        try:
            list(claims_837i.read(data[:length]))
        except NotX12:
            assert length < 200


# Any noun ---------------------------------------------------------------------------------------------------------

WORD = st.text("ABCDEFGHIJ KLMNOP", min_size=2, max_size=12).map(str.strip).filter(lambda text: len(text) > 1)
DIGITS = st.text("0123456789", min_size=10, max_size=10)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2026, 12, 31))
ADDRESS = st.builds(Address, WORD, WORD, st.just("IA"), st.just("500100001"), st.none() | WORD)
NAME = st.builds(Name, WORD, WORD, st.none() | WORD)
PERSON = st.builds(Person, NAME, DAYS, st.sampled_from(Sex), ADDRESS)
PLAIN_PERSON = st.builds(Person, NAME, DAYS, st.sampled_from([Sex.FEMALE, Sex.MALE]), ADDRESS)
PAYER = st.builds(Party, st.just("PR"), st.just(False), st.builds(Name, WORD), st.just("PI"), DIGITS)
BILLING = Party(
    "85",
    False,
    Name("GENERAL HOSPITAL"),
    "XX",
    "1234567893",
    "282N00000X",
    Address("1 MAIN ST", "AMES", "IA", "500100001"),
    (Reference("EI", "471234567"),),
)
ATTENDING = Party("71", True, Name("STONE", "ANN"), "XX", "1234567893", "207R00000X")
OPERATING = Party("72", True, Name("BROOK", "LEE"), "XX", "1234567893", references=(Reference("G2", "77"),))
FACILITY = Party("77", False, Name("EAST WING"), "XX", "1234567893", address=BILLING.address)
REFERRING = Party("DN", True, Name("HILL", "KIM"), "XX", "1234567893")
NOTE = OpaqueSegment("2300", ("NTE", "MED", "A NOTE"))
OTHER_PAYER = tuple(
    OpaqueSegment(loop, tuple(text.split("*")))
    for loop, text in (
        ("2320", "SBR*S*18*******CI"),
        ("2320", "CAS*PR*1*10"),
        ("2320", "AMT*D*10"),
        ("2320", "OI***Y***Y"),
        ("2320", "MIA*0***100"),
        ("2330A", "NM1*IL*1*AB*B****MI*123"),
        ("2330B", "NM1*PR*2*PAYER*****PI*77"),
    )
)
DRUG = tuple(
    OpaqueSegment("2410", tuple(text.split("*"))) for text in ("LIN**N4*00002802501", "CTP****2*ML", "REF*XZ*123")
)
POA = st.sampled_from([None, "Y", "N", "U", "W"])
ICD10 = st.sampled_from(["J189", "I10", "E119"])


def diagnoses(kind: str, most: int, poa: st.SearchStrategy[str | None]) -> st.SearchStrategy[list]:
    return st.lists(st.builds(Diagnosis, ICD10, st.just(kind), poa), max_size=most)


@st.composite
def all_diagnoses(draw: st.DrawFn) -> tuple[Diagnosis, ...]:
    nothing = st.none()
    kinds = (("ABJ", 1, nothing), ("APR", 3, nothing), ("ABN", 3, POA), ("ABF", 24, POA))
    first = Diagnosis("J189", "ABK", draw(POA))
    return (first, *(one for kind in kinds for one in draw(diagnoses(*kind))))


@st.composite
def lines(draw: st.DrawFn, *, plain: bool) -> InstitutionalLine:
    procedure = draw(st.sampled_from([None, "99284"]))
    first = draw(st.none() | DAYS)
    return InstitutionalLine(
        revenue_code=draw(st.sampled_from(["0120", "0450"])),
        charge_cents=Cents(draw(st.integers(1, 10**7))),
        units=draw(st.decimals(Decimal(1), 900, places=1)).normalize(),
        unit_basis=draw(st.sampled_from(["UN", "DA"])),
        procedure=procedure,
        modifiers=draw(st.sampled_from([(), ("25",), ("25", "GT")])) if procedure else (),
        non_covered_cents=draw(st.none() | st.integers(0, 9999).map(Cents)),
        service_date=first,
        service_date_to=None if plain else draw(st.sampled_from([None, first])),
        control_number=draw(st.none() | DIGITS),
        providers=draw(st.sampled_from([(), (REFERRING,)] if plain else [(OPERATING,), (OPERATING, REFERRING)])),
        other_segments=draw(st.sampled_from([(), DRUG])) if procedure else (),
    )


@st.composite
def codes(draw: st.DrawFn) -> dict[str, object]:
    """What the HI segments say."""
    others = draw(st.lists(st.builds(Procedure, st.just("0DTJ4ZZ"), DAYS), max_size=13))
    spans = st.builds(OccurrenceSpan, st.just("74"), st.just(dt.date(2026, 1, 2)), st.just(dt.date(2026, 1, 4)))
    return {
        "diagnoses": draw(all_diagnoses()),
        "drg": draw(st.sampled_from([None, "193"])),
        "procedures": (Procedure("0FT44ZZ", draw(DAYS), "BBR"), *others) if others else (),
        "occurrence_spans": tuple(draw(st.lists(spans, max_size=2))),
        "occurrences": tuple(draw(st.lists(st.builds(Occurrence, st.just("11"), DAYS), max_size=13))),
        "values": tuple(
            draw(st.lists(st.builds(ValueAmount, st.just("A2"), st.integers(0, 10**8).map(Cents)), max_size=3))
        ),
        "conditions": draw(st.sampled_from([(), ("09",), ("09", "C5")])),
        "treatments": draw(st.sampled_from([(), ("A1",)])),
    }


@st.composite
def claims(draw: st.DrawFn, *, plain: bool = False) -> InstitutionalClaim:
    """Any claim; a `plain` one leaves out what x12sdk takes for a fault: sex U, lines of several days, operators."""
    person = PLAIN_PERSON if plain else PERSON
    relationship = draw(st.sampled_from(["18", "19", "01"]))
    coverage = Coverage(draw(PAYER), draw(DIGITS), draw(st.sampled_from("PST")), relationship, filing_indicator="MA")
    subscriber = draw(person)
    made = tuple(draw(st.lists(lines(plain=plain), min_size=1, max_size=4)))
    first, admitted = draw(DAYS), draw(st.none() | DAYS)
    return InstitutionalClaim(
        control_number=draw(DIGITS),
        charge_cents=Cents(sum(line.charge_cents for line in made)),
        billing_provider=BILLING,
        coverage=coverage,
        subscriber=subscriber,
        patient=subscriber if coverage.is_self else draw(person),
        lines=made,
        facility_type=draw(st.sampled_from(["11", "13", "14"])),
        statement_from=first,
        statement_to=draw(st.sampled_from([first, dt.date(2027, 1, 1)])),
        patient_status=draw(st.sampled_from(["01", "30"])),
        frequency=draw(st.sampled_from("12378")),
        delay_reason=draw(st.sampled_from([None, "3"])),
        admission_date=admitted,
        admission_hour=draw(st.sampled_from([None, "1315"])) if admitted else None,
        discharge_hour=draw(st.sampled_from([None, "0900"])),
        admission_type=draw(st.sampled_from("123")),
        admission_source=draw(st.sampled_from([None, "1"])),
        patient_estimate_cents=draw(st.none() | st.integers(0, 9999).map(Cents)),
        original_reference=draw(st.none() | DIGITS),
        authorization=draw(st.none() | DIGITS),
        referral=draw(st.none() | DIGITS),
        clearinghouse_trace=draw(st.none() | DIGITS),
        medical_record_number=draw(st.none() | DIGITS),
        providers=draw(st.sampled_from([(), (ATTENDING,), (ATTENDING, OPERATING, FACILITY, REFERRING)])),
        other_segments=draw(st.sampled_from([(), (NOTE,), OTHER_PAYER, (NOTE, *OTHER_PAYER, *OTHER_PAYER)])),
        **draw(codes()),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=3))
def test_any_batch_reads_back_as_written_without_an_issue(made: list[InstitutionalClaim]) -> None:
    batch = dataclasses.replace(BATCH, claims=tuple(made))
    text = written(batch)
    assert batch_of(text.encode()) == batch
    assert [str(issue) for item in claims_837i.read(text.encode()) for issue in item.issues] == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "OFTEN", 1)
        patch.setattr(shapes, "PATIENCE", 1)
        patch.setattr(shapes, "PATIENCE_A_SHAPE", 1)
        patch.setattr(shapes, "_BOOKS", {})
        for _ in range(4):
            assert batch_of(text.encode()) == batch


@settings(max_examples=10, deadline=None, phases=[Phase.generate])
@given(st.lists(claims(plain=True), min_size=4, max_size=4))
def test_pyx12_and_x12sdk_accept_what_is_written(made: list[InstitutionalClaim]) -> None:
    text = written(dataclasses.replace(BATCH, claims=tuple(made)))
    assert (oracles.pyx12(text), oracles.x12sdk(text)) == ([], [])
