"""270 and 271: read, written, read again."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from billing.claim import Address, Name, Party, Person, Reference
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse, InquiryError
from interchange.x12 import eligibility_270, eligibility_271, writing
from interchange.x12.syntax import NotX12

INSTANT = dt.datetime(2026, 3, 10, 10, 15, tzinfo=dt.UTC)
ENDS = {"sender": writing.Address("ZZ", "LAKEFP01"), "receiver": writing.Address("ZZ", "MOCKHUB")}
INQUIRY = EligibilityInquiry(
    reference="ELG901-1",
    payer=Party("PR", False, Name("SAMPLE MUTUAL HEALTH"), "PI", "SX101"),
    provider=Party("1P", False, Name("LAKESIDE FAMILY PRACTICE"), "XX", "1456789019"),
    subscriber=Person(Name("RIVERA", "MARIA"), birth_date=dt.date(1980, 2, 29)),
    member_id="M1001",
    created=dt.date(2026, 3, 10),
    created_time="1015",
    dependent=Person(Name("RIVERA", "JUAN"), birth_date=dt.date(2015, 6, 1)),
    dependent_relationship="19",
    service_types=("30", "98"),
    service_date=dt.date(2026, 3, 12),
    trace_originator="9ACMEBILL1",
)


def interchange(body: list, version: str, transaction: str) -> str:
    group = writing.Group(901, version, [("0001", body)], transaction)
    return writing.write_interchange([group], **ENDS, control_number=901, instant=INSTANT, usage="T", line_end="\n")


@pytest.mark.golden("x279a1-270")
def test_an_inquiry_reads_writes_and_reads_the_same(path: Path) -> None:
    for read in eligibility_270.read(path.read_bytes()):
        assert read.inquiry
        assert [str(issue) for issue in read.issues if issue.is_error] == []
        text = interchange(eligibility_270.write(read.inquiry), eligibility_270.VERSION, "270")
        (again,) = eligibility_270.read(text.encode())
        assert again.inquiry == read.inquiry
        assert again.issues == ()


def test_an_inquiry_about_a_dependent_survives_the_wire() -> None:
    text = interchange(eligibility_270.write(INQUIRY), eligibility_270.VERSION, "270")
    (read,) = eligibility_270.read(text.encode())
    assert read.inquiry == INQUIRY
    assert read.issues == ()


@pytest.mark.golden("x279a1-271")
def test_it_finds_no_error_where_two_validators_agree(path: Path, two_agree) -> None:
    if not two_agree(path):
        pytest.skip("the validators do not agree that the file is valid")
    assert [str(i) for one in eligibility_271.read(path.read_bytes()) for i in one.issues if i.is_error] == []


@pytest.mark.golden("x279a1-271")
def test_an_answer_reads_writes_and_reads_the_same(path: Path) -> None:
    for read in eligibility_271.read(path.read_bytes()):
        if read.response is None:
            continue
        text = interchange(eligibility_271.write(read.response, INQUIRY), eligibility_271.VERSION, "271")
        (again,) = eligibility_271.read(text.encode())
        assert again.response
        assert again.response.benefits == read.response.benefits
        assert again.response.errors == read.response.errors
        assert again.response.dates == read.response.dates
        assert [str(issue) for issue in again.issues] == []


def test_repeats_periods_and_related_parties_are_read(golden: Path) -> None:
    (read,) = eligibility_271.read((golden / "x279a1-271" / "made-active-benefits-repeats.edi").read_bytes())
    response = read.response
    assert response
    assert [str(issue) for issue in read.issues] == []
    assert (response.reference, response.member_id) == ("ELG901-1", "M1001")
    active, repeated, copay, share, total, left, *_, carved = response.benefits
    assert active.dates == (("291", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),)
    assert len(repeated.service_types) == 7
    assert (copay.amount_cents, share.percent) == (2500, Decimal("0.2"))
    assert (total.period, left.period, left.amount_cents) == ("23", "29", 31050)
    assert carved.related[0].role == "VN"


def test_a_patient_not_found_is_an_error_not_an_empty_answer(golden: Path) -> None:
    (read,) = eligibility_271.read((golden / "x279a1-271" / "made-not-found-aaa.edi").read_bytes())
    assert read.response
    assert read.response.errors == (InquiryError("2100C", "75", "C"),)


def test_an_error_about_the_provider_is_an_answer_too(golden: Path) -> None:
    name = "lfh-subscriber-health-benefit-check-error.271"
    (read,) = eligibility_271.read((golden / "x279a1-271" / name).read_bytes())
    assert read.response
    assert read.response.errors == (InquiryError("2100B", "50", "N"),)


def test_an_answer_about_a_dependent_is_written_at_its_level() -> None:
    response = EligibilityResponse(
        "ELG901-1", INQUIRY.payer, "M1001", Name("RIVERA", "MARIA"), errors=(InquiryError("2100D", "67", "C"),)
    )
    told = EligibilityResponse(
        **{name: getattr(response, name) for name in response.__slots__} | {"is_dependent": True}
    )
    text = interchange(eligibility_271.write(told, INQUIRY), eligibility_271.VERSION, "271")
    (read,) = eligibility_271.read(text.encode())
    assert read.response == told
    assert read.issues == ()


@pytest.mark.golden("x279a1-270", "x279a1-271")
def test_a_cut_file_raises_nothing_but_not_x12(path: Path) -> None:
    data = path.read_bytes()
    for codec in (eligibility_270, eligibility_271):
        for length in range(0, len(data), 23):
            try:
                list(codec.read(data[:length]))
            except NotX12:
                assert length < 200


def test_parties_and_errors_are_written_in_the_order_of_the_guide() -> None:
    address = Address("1 ELM ST", "AMES", "IA", "500100001")
    references = (Reference("TJ", "471234567"),)
    provider = replace(INQUIRY.provider, taxonomy="207Q00000X", address=address, references=references)
    asked = replace(INQUIRY, provider=provider, dependent=None, dependent_relationship=None)
    doctor = Party("P3", True, Name("KIM", "LEE"), "XX", "1456789019", "207Q00000X", address)
    benefit = Benefit("1", service_types=("30",), messages=("ASK AGAIN",), related=(doctor,))
    answer = EligibilityResponse(
        asked.reference,
        asked.payer,
        "M1001",
        asked.subscriber.name,
        benefits=(benefit, benefit),
        errors=(InquiryError("2110C", "52", "C"),),
    )
    (question,) = eligibility_270.read(
        interchange(eligibility_270.write(asked), eligibility_270.VERSION, "270").encode()
    )
    (read,) = eligibility_271.read(
        interchange(eligibility_271.write(answer, asked), eligibility_271.VERSION, "271").encode()
    )
    assert (question.inquiry, question.issues) == (asked, ())
    assert (read.response, read.issues) == (answer, ())


def test_an_error_about_a_provider_stands_before_its_taxonomy() -> None:
    asked = replace(INQUIRY, provider=replace(INQUIRY.provider, taxonomy="207Q00000X"))
    answer = EligibilityResponse(asked.reference, asked.payer, None, None, errors=(InquiryError("2100B", "50", "N"),))
    rows = [row[0] for row in eligibility_271.write(answer, asked)]
    assert rows[-2:] == ["AAA", "PRV"]
