"""What a 277 means, and what follows from it: a row per category, a row per decision."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from billing.acknowledgment import StatusReason
from billing.claim_status import ClaimStatus, StatusVerdict
from billing.money import Cents
from billing.policies import Policies, PolicyRow
from billing.status_verdicts import Answered, Doing, Known, Meaning, meaning_of, read_status, what_next
from tests.builders import NOON, a_claim

DEFAULTS = Policies.of([])
SENT = NOON - timedelta(days=5)
KNOWN = Known(
    at=NOON,
    transmitted_at=SENT,
    pending_before=0,
    is_accepted_by_payer=False,
    was_sent_again=False,
    is_original=True,
    is_late=False,
)


@pytest.mark.parametrize(
    ("category", "status", "paid", "meaning"),
    [
        ("A0", "16", None, Meaning.UNDER_WAY),
        ("A1", "19", None, Meaning.UNDER_WAY),
        ("A2", "20", None, Meaning.PENDING),
        ("A3", "21", None, Meaning.REJECTED),
        ("A4", "35", None, Meaning.NOT_FOUND),
        ("A5", "20", None, Meaning.PENDING),
        ("A6", "21", None, Meaning.REJECTED),
        ("A7", "164", None, Meaning.REJECTED),
        ("A8", "21", None, Meaning.REJECTED),
        ("D0", "35", None, Meaning.NOT_FOUND),
        ("D0", "", None, Meaning.NOT_FOUND),
        ("D0", "33", None, Meaning.NOBODY_KNOWN),
        ("E0", "24", None, Meaning.REFUSED_QUESTION),
        ("E1", "0", None, Meaning.NO_ANSWER),
        ("E2", "0", None, Meaning.NO_ANSWER),
        ("E3", "0", None, Meaning.REFUSED_QUESTION),
        ("E4", "0", None, Meaning.REFUSED_QUESTION),
        ("F0", "3", 100, Meaning.PAID),
        ("F0", "3", 0, Meaning.DENIED),
        ("F0", "3", None, Meaning.DENIED),
        ("F1", "65", 100, Meaning.PAID),
        ("F2", "88", None, Meaning.DENIED),
        ("F3", "3", None, Meaning.PAID),
        ("F3F", "3", None, Meaning.PAID),
        ("F3N", "3", None, Meaning.PAID),
        ("F4", "3", None, Meaning.DENIED),
        ("P0", "20", None, Meaning.PENDING),
        ("P1", "20", None, Meaning.PENDING),
        ("P2", "20", None, Meaning.PENDING),
        ("P3", "20", None, Meaning.WANTS_INFORMATION),
        ("P4", "20", None, Meaning.WANTS_INFORMATION),
        ("P5", "20", None, Meaning.PENDING),
        ("R0", "297", None, Meaning.WANTS_INFORMATION),
        ("R17", "297", None, Meaning.WANTS_INFORMATION),
        ("RQ", "297", None, Meaning.WANTS_INFORMATION),
        ("Z9", "1", None, Meaning.UNKNOWN),
        ("", "", None, Meaning.UNKNOWN),
    ],
)
def test_a_category_has_a_meaning(category: str, status: str, paid: int | None, meaning: Meaning) -> None:
    cents = None if paid is None else Cents(paid)
    assert meaning_of(StatusReason(category, status), paid_cents=cents) == meaning


@pytest.mark.parametrize(
    ("meaning", "known", "doing"),
    [
        (Meaning.PENDING, KNOWN, Doing.ASK_AGAIN),
        (Meaning.UNDER_WAY, KNOWN, Doing.ASK_AGAIN),
        (Meaning.PENDING, replace(KNOWN, pending_before=1), Doing.ASK_PERSON),
        (Meaning.UNDER_WAY, replace(KNOWN, pending_before=7), Doing.ASK_PERSON),
        (Meaning.NOT_FOUND, KNOWN, Doing.SEND_AGAIN),
        (Meaning.NOT_FOUND, replace(KNOWN, transmitted_at=NOON - timedelta(days=2)), Doing.SEND_AGAIN),
        (Meaning.NOT_FOUND, replace(KNOWN, transmitted_at=NOON - timedelta(days=1)), Doing.ASK_AGAIN),
        (Meaning.NOT_FOUND, replace(KNOWN, is_accepted_by_payer=True), Doing.ASK_PERSON),
        (Meaning.NOT_FOUND, replace(KNOWN, was_sent_again=True), Doing.ASK_PERSON),
        (Meaning.NOT_FOUND, replace(KNOWN, is_original=False), Doing.ASK_PERSON),
        (Meaning.NOT_FOUND, replace(KNOWN, is_late=True), Doing.ASK_PERSON),
        (Meaning.REJECTED, KNOWN, Doing.MEND),
        (Meaning.PAID, KNOWN, Doing.ASK_PERSON),
        (Meaning.DENIED, KNOWN, Doing.ASK_PERSON),
        (Meaning.WANTS_INFORMATION, KNOWN, Doing.ASK_PERSON),
        (Meaning.NOBODY_KNOWN, KNOWN, Doing.ASK_PERSON),
        (Meaning.REFUSED_QUESTION, KNOWN, Doing.ASK_PERSON),
        (Meaning.UNKNOWN, KNOWN, Doing.ASK_PERSON),
        (Meaning.NO_ANSWER, KNOWN, Doing.TRY_AGAIN),
    ],
)
def test_an_answer_decides_what_is_done(meaning: Meaning, known: Known, doing: Doing) -> None:
    assert what_next(Answered(meaning, "X", "1"), known, DEFAULTS).doing == doing


@pytest.mark.parametrize("meaning", list(Meaning))
def test_whatever_is_asked_again_is_asked_later(meaning: Meaning) -> None:
    nothing_waits = Policies.of(
        [PolicyRow("status_repeat_days", 0, date.min), PolicyRow("not_found_days", 0, date.min)]
    )
    coming = what_next(Answered(meaning, "X", "1"), KNOWN, nothing_waits)
    assert coming.at is None or coming.at > NOON


@pytest.mark.parametrize("meaning", list(Meaning))
def test_a_person_is_told_why(meaning: Meaning) -> None:
    coming = what_next(Answered(meaning, "X", "1"), replace(KNOWN, pending_before=1, was_sent_again=True), DEFAULTS)
    assert (coming.doing == Doing.ASK_PERSON) == bool(coming.why)


def test_days_come_from_the_policies_of_the_payer() -> None:
    own = Policies.of([PolicyRow("status_repeat_days", 30, date.min), PolicyRow("not_found_days", 10, date.min)])
    assert what_next(Answered(Meaning.PENDING, "P1", "20"), KNOWN, own).at == NOON + timedelta(days=30)
    assert what_next(Answered(Meaning.NOT_FOUND, "A4", "35"), KNOWN, own).at == SENT + timedelta(days=10)


def test_money_and_numbers_are_read_from_whichever_verdict_names_them() -> None:
    claim = a_claim()
    verdicts = (
        StatusVerdict((StatusReason("F1", "65"),), NOON.date(), paid_cents=Cents(8000)),
        StatusVerdict((StatusReason("F1", "65"),), NOON.date(), check_number="EFT7", payment_date=date(2026, 11, 1)),
    )
    status = ClaimStatus(
        "R1",
        claim.coverage.payer,
        claim.billing_provider,
        verdicts,
        subscriber=claim.subscriber,
        payer_claim_number="ICN1",
    )
    answered = read_status(status)
    assert (answered.meaning, answered.paid_cents, answered.check_number) == (Meaning.PAID, 8000, "EFT7")
    assert answered.words == (
        "the payer has finalized the claim, $80.00 paid, check or transfer EFT7, of 2026-11-01, "
        "the payer's claim number is ICN1 (277 F1:65)"
    )


def test_an_answer_without_a_verdict_is_for_a_person() -> None:
    claim = a_claim()
    status = ClaimStatus("R1", claim.coverage.payer, claim.billing_provider, ())
    assert read_status(status).meaning == Meaning.UNKNOWN
