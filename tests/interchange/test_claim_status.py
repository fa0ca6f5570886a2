"""276 and 277: published files, any noun that can be said, and a judge from outside."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.acknowledgment import StatusReason
from billing.claim import Contact, Name, Party, Person, Reference, Sex
from billing.claim_status import (
    ClaimStatus,
    ClaimStatusAnswer,
    ClaimStatusInquiry,
    ClaimStatusRequest,
    LineStatus,
    StatusLine,
    StatusVerdict,
)
from billing.money import Cents
from interchange.x12 import claim_status_276, claim_status_277, detect, fields, information_request_277, writing
from interchange.x12.claim_status_levels import ProviderUnknown
from interchange.x12.syntax import NotX12, SegmentReader
from tests.builders import REQUEST, requested
from tests.interchange import oracles

INSTANT = dt.datetime(2026, 3, 10, 10, 15, tzinfo=dt.UTC)
ENDS = {"sender": writing.Address("ZZ", "LAKEFP01"), "receiver": writing.Address("ZZ", "MOCKHUB")}
CODECS = {"276": claim_status_276, "277": claim_status_277}


def interchange(body: list[fields.Elements], transaction: str) -> str:
    group = writing.Group(911, "005010X212", [("0001", body)], transaction)
    return writing.write_interchange([group], **ENDS, control_number=911, instant=INSTANT, usage="T", line_end="\n")


def nouns(data: bytes, transaction: str) -> tuple[object, list[str]]:
    """What the one transaction of `data` says, and the issues."""
    (read,) = CODECS[transaction].read(data)
    return (read.request if transaction == "276" else read.answer), [str(issue) for issue in read.issues]


def body_of(data: bytes) -> list[tuple[str, ...]]:
    """BHT to the last segment before SE, numbers without trailing zeros."""
    reader = SegmentReader(data)
    rows = [fields.normal(one.elements, reader.delimiters) for one in reader]
    first, last = ([row[0] for row in rows].index(name) for name in ("BHT", "SE"))
    return [tuple(re.sub(r"(\.\d*?)0+$", r"\1", text).rstrip(".") for text in row) for row in rows[first:last]]


@pytest.mark.golden("x212-276", "x212-277")
def test_a_published_file_reads_without_an_issue_and_is_written_as_it_was(path: Path) -> None:
    transaction = path.parent.name[-3:]
    noun, issues = nouns(path.read_bytes(), transaction)
    assert issues == []
    text = interchange(CODECS[transaction].write(noun), transaction)
    assert body_of(text.encode()) == body_of(path.read_bytes())
    assert nouns(text.encode(), transaction) == (noun, [])


def test_an_answer_says_what_was_paid_and_when(golden: Path) -> None:
    answer, _ = nouns((golden / "x212-277" / "made-finalized-paid-and-pended.edi").read_bytes(), "277")
    paid, pended = answer.statuses
    assert (paid.level, paid.patient_control_number, paid.payer_claim_number) == ("claim", "ACC601", "ICN0500")
    (verdict,) = paid.verdicts
    assert verdict.reasons == (StatusReason("F1", "65"),)
    assert (verdict.charge_cents, verdict.paid_cents, verdict.check_number) == (20000, 12000, "EFT501")
    assert (verdict.adjudicated, verdict.payment_date) == (dt.date(2026, 3, 1), dt.date(2026, 3, 5))
    assert (pended.verdicts[0].reasons[0].category, pended.verdicts[0].paid_cents) == ("P1", 0)


def test_a_dependent_is_told_from_the_subscriber_and_a_failed_inquiry_from_a_claim(golden: Path) -> None:
    answer, _ = nouns((golden / "x212-277" / "lfh-claim-level-status.277").read_bytes(), "277")
    dependent = answer.statuses[2]
    assert (dependent.subscriber.name.first, dependent.dependent.name.first) == ("JOHN", "JOSEPH")
    assert dependent.lines[0].verdicts[0].reasons == (StatusReason("F2", "88", "QC"),)
    failed, _ = nouns((golden / "x212-277" / "lfh-information-receiver-level-status.277").read_bytes(), "277")
    assert [(one.level, one.reference, one.provider) for one in failed.statuses] == [("receiver", "ABC276XXX", None)]


def test_one_unreadable_status_leaves_its_neighbours_alone(golden: Path) -> None:
    text = (golden / "x212-277" / "made-finalized-paid-and-pended.edi").read_text()
    answer, issues = nouns(text.replace("**200*120*", "**200*12O*").encode(), "277")
    assert [one.reference for one in answer.statuses] == ["STA911-2"]
    assert any("STC05" in issue for issue in issues)
    assert not any(re.search("RIVERA|M1001", issue) for issue in issues)


def test_a_claim_without_a_provider_is_refused() -> None:
    status = ClaimStatus("T1", PAYER, RECEIVER, (), subscriber=Person(Name("RIVERA")))
    with pytest.raises(ProviderUnknown):
        claim_status_277.write(ClaimStatusAnswer("S1", INSTANT.date(), "1015", (status,)))


@pytest.mark.golden("x212-276", "x212-277")
def test_a_cut_file_raises_nothing_but_not_x12(path: Path) -> None:
    data = path.read_bytes()
    for codec in CODECS.values():
        for length in range(0, len(data), 17):
            try:
                list(codec.read(data[:length]))
            except NotX12:
                assert length < 200


# Any noun ---------------------------------------------------------------------------------------------------------

WORD = st.text("ABCDEFGHIJ KLMNOP", min_size=2, max_size=12).map(str.strip).filter(lambda text: len(text) > 1)
DIGITS = st.text("0123456789", min_size=4, max_size=10)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
SPANS = st.sampled_from(
    [(None, None), (dt.date(2026, 1, 5), None), (dt.date(2026, 1, 5), dt.date(2026, 1, 9))],
)
CENTS = st.integers(0, 10**9).map(Cents)
PAYER = Party("PR", False, Name("SAMPLE MUTUAL"), "PI", "SX101")
RECEIVER = Party("41", False, Name("LAKESIDE"), "46", "LAKEFP01")
PROVIDERS = st.builds(Party, st.just("1P"), st.just(False), st.builds(Name, WORD), st.just("XX"), st.just("1456789019"))
NAMES = st.builds(Name, WORD, WORD, st.none() | WORD)
PATIENTS = st.builds(Person, NAMES, DAYS, st.sampled_from([Sex.FEMALE, Sex.MALE]))
REASONS = st.builds(
    StatusReason, st.sampled_from(["F0", "P1", "R3"]), st.sampled_from(["65", "20"]), st.sampled_from([None, "QC"])
)
VERDICTS = st.builds(
    StatusVerdict,
    st.lists(REASONS, min_size=1, max_size=3).map(tuple),
    DAYS,
    CENTS,
    CENTS,
    st.none() | DAYS,
    st.none() | DAYS,
    st.none() | DIGITS,
)
LINE_VERDICTS = st.builds(StatusVerdict, st.lists(REASONS, min_size=1, max_size=3).map(tuple), DAYS)


@st.composite
def lines(draw: st.DrawFn, *, answered: bool) -> StatusLine:
    first = draw(DAYS)
    given = {
        "procedure": draw(st.sampled_from(["HC:99203", "HC:99203:25", "NU:0305"])),
        "charge_cents": draw(CENTS),
        "units": draw(st.decimals(1, 900, places=1)).normalize(),
        "service_date": first,
        "service_date_to": draw(st.sampled_from([None, first])),
        "revenue_code": draw(st.sampled_from([None, "0305"])),
        "control_number": draw(st.none() | DIGITS),
    }
    if not answered:
        return StatusLine(**given)
    return LineStatus(**given, paid_cents=draw(CENTS), verdicts=(draw(LINE_VERDICTS),))


def about(draw: st.DrawFn, *, answered: bool, most_lines: int) -> dict[str, object]:
    """The fields that an inquiry and a claim's status share."""
    first, last = draw(SPANS)
    has_dependent = draw(st.booleans())
    plain = st.builds(Person, NAMES)
    return {
        "reference": draw(DIGITS),
        "payer": PAYER,
        "receiver": RECEIVER,
        "provider": draw(PROVIDERS),
        "subscriber": draw(plain if has_dependent or answered else PATIENTS),
        "member_id": draw(DIGITS),
        "dependent": draw(plain if answered else PATIENTS) if has_dependent else None,
        "payer_claim_number": draw(st.none() | DIGITS),
        "bill_type": draw(st.sampled_from([None, "111"])),
        "patient_control_number": draw(st.none() | DIGITS),
        "clearinghouse_trace": draw(st.none() | DIGITS),
        "references": draw(st.sampled_from([(), (Reference("XZ", "RX77"),)])),
        "service_from": first,
        "service_to": last,
        "lines": tuple(draw(st.lists(lines(answered=answered), max_size=most_lines))),
    }


@st.composite
def inquiries(draw: st.DrawFn, most_lines: int = 2) -> ClaimStatusInquiry:
    return ClaimStatusInquiry(
        **about(draw, answered=False, most_lines=most_lines), charge_cents=draw(st.none() | CENTS)
    )


@st.composite
def statuses(draw: st.DrawFn, most_lines: int = 2) -> ClaimStatus:
    verdicts = tuple(draw(st.lists(VERDICTS, min_size=1, max_size=2)))
    level = draw(st.sampled_from(["claim", "claim", "provider", "receiver"]))
    if level == "claim":
        return ClaimStatus(**about(draw, answered=True, most_lines=most_lines), verdicts=verdicts)
    provider = draw(PROVIDERS) if level == "provider" else None
    return ClaimStatus("0", PAYER, RECEIVER, (draw(LINE_VERDICTS),), provider=provider)


@settings(max_examples=60, deadline=None)
@given(st.lists(inquiries(), min_size=1, max_size=5), st.booleans())
def test_any_inquiries_read_back_as_written_without_an_issue(made: list[ClaimStatusInquiry], doubled: bool) -> None:
    request = ClaimStatusRequest("B1", dt.date(2026, 3, 10), "1015", tuple(made * (1 + doubled)))
    text = interchange(claim_status_276.write(request), "276")
    assert nouns(text.encode(), "276") == (request, [])


@settings(max_examples=60, deadline=None)
@given(st.lists(statuses(), min_size=1, max_size=5), st.booleans())
def test_any_statuses_read_back_as_written_without_an_issue(made: list[ClaimStatus], doubled: bool) -> None:
    answer = ClaimStatusAnswer("B1", dt.date(2026, 3, 10), "1015", tuple(made * (1 + doubled)))
    text = interchange(claim_status_277.write(answer), "277")
    assert nouns(text.encode(), "277") == (answer, [])


def test_neighbours_under_one_subscriber_share_their_levels() -> None:
    one = ClaimStatusInquiry("T1", PAYER, RECEIVER, PAYER, Person(Name("RIVERA")), "M1001")
    two = ClaimStatusInquiry("T2", PAYER, RECEIVER, PAYER, Person(Name("RIVERA")), "M1001")
    rows = claim_status_276.write(ClaimStatusRequest("B1", INSTANT.date(), "1015", (one, two)))
    assert [row[3] for row in rows if row[0] == "HL"] == ["20", "21", "19", "22"]


def test_the_payers_contact_is_kept() -> None:
    payer = Party("PR", False, Name("SAMPLE MUTUAL"), "PI", "SX101", contact=Contact("DESK", (("TE", "5155550100"),)))
    failed = (StatusVerdict((StatusReason("E0", "0"),), INSTANT.date()),)
    answer = ClaimStatusAnswer("S1", INSTANT.date(), "1015", (ClaimStatus("B1", payer, RECEIVER, failed),))
    assert nouns(interchange(claim_status_277.write(answer), "277").encode(), "277") == (answer, [])


ONE_LINE = 1
"""x12sdk puts a claim's second line into its first, and then counts too few segments"""


@settings(max_examples=40, deadline=None)
@given(st.lists(inquiries(ONE_LINE), min_size=1, max_size=3))
def test_x12sdk_accepts_what_is_asked(made: list[ClaimStatusInquiry]) -> None:
    request = ClaimStatusRequest("B1", dt.date(2026, 3, 10), "1015", tuple(made))
    assert oracles.x12sdk(interchange(claim_status_276.write(request), "276")) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(statuses(ONE_LINE), min_size=1, max_size=3))
def test_x12sdk_accepts_what_is_answered(made: list[ClaimStatus]) -> None:
    answer = ClaimStatusAnswer("B1", dt.date(2026, 3, 10), "1015", tuple(made))
    assert oracles.x12sdk(interchange(claim_status_277.write(answer), "277")) == []


# A payer's own request --------------------------------------------------------------------------------------------


def test_a_payers_request_says_what_it_wants_under_which_number_by_when() -> None:
    body = requested(list(REQUEST))
    assert detect.identify(body) == "277RFAI"
    [read] = information_request_277.read(body)
    assert read.issues == ()
    [one] = read.requests
    assert (one.request_number, one.patient_control_number, one.payer_claim_number) == ("REQ-9", "ACC601", "ICN0500")
    assert one.respond_by == dt.date(2026, 4, 20), "the earlier of two days"
    assert [reason.status for verdict in one.verdicts for reason in verdict.reasons] == ["11503-0"]
    assert one.subscriber.name == Name("RIVERA", "ANA")


def test_a_request_for_a_line_alone_is_one_for_its_claim() -> None:
    rows = [row for row in REQUEST if row[:2] != ("STC", "R4:11503-0::LOI")]
    [read] = information_request_277.read(requested(rows))
    assert [reason.status for verdict in read.requests[0].verdicts for reason in verdict.reasons] == ["11506-3"]


def test_a_request_whose_day_cannot_be_read_says_where() -> None:
    rows = [("DTP", "106", "D8", "20260499") if row[:2] == ("DTP", "106") else row for row in REQUEST]
    [read] = information_request_277.read(requested(rows))
    assert read.requests == ()
    assert any("DTP" in issue.message for issue in read.issues)
