"""Denials: every code has an owner and a way out, and no way out is open that law or payer forbids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.adjustment_codes import Treatment, treatment
from billing.denial_codes import REASON_CODES, Category
from billing.denials import Exit, Situation, classify, lead, why_not
from billing.money import Cents
from billing.posting import DeniedAmount
from billing.remittance import Adjustment
from billing.roles import Role
from billing.task_forms import form_faults
from billing.tasks import KINDS, TaskType

REASONS = st.sampled_from([*REASON_CODES, "999"])
GROUPS = st.sampled_from(["CO", "PR", "OA", "PI"])


def denied(group: str, reason: str, *remarks: str, cents: int = 100, blocked: str | None = None) -> DeniedAmount:
    return DeniedAmount("line", group, reason, Cents(cents), remarks, blocked)


def situation(*amounts: DeniedAmount, number: str | None = "ICN", takes: bool = True, paid: bool = False) -> Situation:
    return Situation(amounts, number, takes, paid)


@pytest.mark.parametrize(
    ("group", "reason", "remarks", "owner", "first"),
    [
        ("CO", "16", ("N290",), Role.BILLER, Exit.REPLACE),
        ("CO", "16", ("MA130",), Role.BILLER, Exit.NEW_ORIGINAL),
        ("OA", "18", (), Role.BILLER, Exit.REPLACE),
        ("CO", "22", (), Role.ELIGIBILITY, Exit.OTHER_PAYER),
        ("CO", "29", (), Role.BILLER, Exit.APPEAL),
        ("PR", "26", (), Role.ELIGIBILITY, Exit.REPLACE),
        ("PR", "31", (), Role.ELIGIBILITY, Exit.REPLACE),
        ("CO", "50", (), Role.DENIALS, Exit.APPEAL),
        ("CO", "97", (), Role.CODER, Exit.REPLACE),
        ("CO", "197", (), Role.AUTHORIZATION, Exit.RETRO_AUTH),
        ("PR", "204", (), Role.ACCOUNT_REP, Exit.OTHER_PAYER),
        ("CO", "B7", (), Role.CREDENTIALING, Exit.WAIT_UNTIL),
        ("CO", "999", (), Role.DENIALS, Exit.WAIT_UNTIL),
    ],
)
def test_a_refusal_goes_to_its_desk(
    group: str, reason: str, remarks: tuple[str, ...], owner: Role, first: Exit
) -> None:
    found = classify(denied(group, reason, *remarks))
    assert (found.owner, found.ways_out[0]) == (owner, first)


def test_every_code_has_words_and_ways_out_that_are_resolutions() -> None:
    for code, known in REASON_CODES.items():
        assert known.words, code
        assert set(known.ways_out) <= set(KINDS[TaskType.DENIAL_REVIEW].resolutions), code
    assert set(Exit) == set(KINDS[TaskType.DENIAL_REVIEW].resolutions)


def test_a_code_that_posting_takes_for_contract_is_no_denial_by_itself() -> None:
    for code, known in REASON_CODES.items():
        if treatment(Adjustment("CO", code, Cents(1))) == Treatment.CONTRACTUAL:
            assert known.category == Category.CONTRACT, code
            assert not known.ways_out, code


@given(GROUPS, REASONS)
def test_something_is_always_suggested_and_never_a_contractual_amount_to_the_patient(group: str, reason: str) -> None:
    found = classify(denied(group, reason))
    assert found.ways_out
    assert found.words
    if group != "PR":
        assert Exit.BILL_PATIENT not in found.ways_out
        assert why_not(Exit.BILL_PATIENT, situation(denied(group, reason))) is not None


def test_the_largest_amount_decides_whose_task_it_is() -> None:
    assert lead([denied("CO", "16", cents=1), denied("CO", "197", cents=2)]).owner == Role.AUTHORIZATION


def test_a_share_that_may_not_be_billed_is_written_off() -> None:
    assert classify(denied("PR", "1", blocked="QMB")).ways_out == (Exit.WRITE_OFF,)


@pytest.mark.parametrize("way", [Exit.REPLACE, Exit.RETRO_AUTH, Exit.VOID])
def test_a_replacement_needs_the_payers_number(way: Exit) -> None:
    amount = denied("CO", "16")
    assert why_not(way, situation(amount)) is None
    assert "number" in (why_not(way, situation(amount, number=None)) or "")
    assert "reopening" in (why_not(way, situation(amount, takes=False)) or "")
    assert "MA130" in (why_not(way, situation(denied("CO", "16", "MA130"))) or "")


def test_what_was_paid_is_not_sent_as_an_original_again() -> None:
    assert why_not(Exit.NEW_ORIGINAL, situation(denied("CO", "16"), paid=True)) is not None
    assert why_not(Exit.NEW_ORIGINAL, situation(denied("CO", "16"))) is None


def test_there_is_no_appeal_of_what_was_never_processed() -> None:
    assert why_not(Exit.APPEAL, situation(denied("CO", "16", "MA130"))) is not None
    assert why_not(Exit.APPEAL, situation(denied("CO", "50"))) is None


def test_an_authorization_that_no_payer_can_be_sent_is_told_at_its_input() -> None:
    [fault] = form_faults(TaskType.DENIAL_REVIEW, "retro_auth", {"authorization": "A1\N{PILCROW SIGN}"})
    assert (fault.field, fault.message) == (
        "authorization",
        "Authorization number: \N{PILCROW SIGN} cannot be sent to a payer",
    )
