"""Amendments: what was billed turns out to be otherwise. One plan per payer that has a claim, by where it stands.

Not sent, or refused: the claim is changed and goes on. With a payer whose number for it is not known: the change waits.
With a number: a replacement (frequency 7), or a void (frequency 8) first where another payer, or nobody, is to be
billed. What a payer paid is taken back by the payer itself; the change waits for that too.

A correction begins at the first payer that is concerned, and goes from answer to answer; voids begin at the last one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from billing.claim import Claim, Coverage, Name, Party
from billing.coordination import IN_ORDER
from billing.submission import SubmissionState
from billing.task_types import Field, Resolution
from billing.tasks import CORRECTIONS, POLICY, REASON

SELF_PAY = Coverage(
    payer=Party(role="PR", is_person=False, name=Name("SELF-PAY"), id_qualifier="PI", id="SELF-PAY"), member_id=None
)
"""What stands in the place of a policy where nobody but the patient pays"""


class Change(StrEnum):
    """What changes."""

    CORRECT = "correct"
    """Codes, charges, people; a late charge is a line more"""
    NEW_COVERAGE = "new_coverage"
    """Another policy pays first; a visit billed as self-pay turns out to be insured"""
    ADD_POLICY = "add_policy"
    """Another policy pays after the ones that are known"""
    SELF_PAY = "self_pay"
    """Nobody but the patient is billed"""
    VOID = "void"
    """The visit did not happen"""
    WRONG_PATIENT = "wrong_patient"
    """It happened to somebody else, whose visit is opened apart"""


FORMS: dict[Change, Resolution] = {
    Change.CORRECT: Resolution("Correct it, or add a charge", (CORRECTIONS, REASON)),
    Change.NEW_COVERAGE: Resolution(
        "Another policy pays first",
        (*POLICY, Field("corrections", "More, one a line: field = value", kind="corrections", required=False), REASON),
    ),
    Change.ADD_POLICY: Resolution(
        "Another policy pays afterwards",
        (
            *POLICY,
            Field("insurance_type", "Why Medicare is not first (SBR05: 12, 13 ...)", required=False, is_sent=True),
            Field("relationship", "Patient to subscriber (18 self, 01 spouse, 19 child)", required=False, is_sent=True),
            Field(
                "subscriber_last_name",
                "Subscriber's last name, when it is not the patient",
                required=False,
                is_sent=True,
            ),
            Field("subscriber_first_name", "Subscriber's first name", required=False, is_sent=True),
            REASON,
        ),
    ),
    Change.SELF_PAY: Resolution("Bill the patient as self-pay", (REASON,), needs_approval_right=True),
    Change.VOID: Resolution("Void it: the visit did not happen", (REASON,), needs_approval_right=True),
    Change.WRONG_PATIENT: Resolution("Void it: it was another patient", (REASON,), needs_approval_right=True),
}
"""The form of each change"""

ENDS_WITH_THE_PAYER = frozenset({Change.NEW_COVERAGE, Change.SELF_PAY, Change.VOID, Change.WRONG_PATIENT})
"""Changes after which the claim is not this payer's any more"""


ONE_VISIT_ALONE = frozenset({Change.VOID, Change.WRONG_PATIENT, Change.SELF_PAY})
"""Changes of one visit that a claim of several visits cannot make for all of them"""


class Plan(StrEnum):
    """What is done about the live claim."""

    AT_ONCE = "at_once"
    """No payer has it: it is changed, and goes out as a new original if it goes out at all"""
    WAIT = "wait"
    """A payer has it, under a number that is not known yet"""
    REPLACE = "replace"
    """Frequency 7"""
    VOID_FIRST = "void_first"
    """Frequency 8; the change follows once the payer has let go of the claim"""
    NOT_WITH_THIS_PAYER = "not_with_this_payer"
    """The payer takes neither 7 nor 8"""


def change_of(sent: Claim, payers: Iterable[str | None]) -> Change | None:
    """What a claim that came in with frequency 7 or 8 changes; None for another frequency. `payers`: the numbers
    (NM109) of those that the visit is known to be billed to."""
    if sent.is_void:
        return Change.VOID
    if sent.frequency != "7":
        return None
    return Change.CORRECT if sent.coverage.payer.id in set(payers) else Change.NEW_COVERAGE


def is_about_policy(before: Claim, after: Claim) -> bool:
    """Whether a correction touches nothing but the policy that the claim goes to: no other payer was told of that."""
    same_policy = replace(
        after, coverage=before.coverage, subscriber=before.subscriber, authorization=before.authorization
    )
    return same_policy == before


@dataclass(frozen=True, slots=True)
class LiveClaim:
    """What a payer has, as far as it decides the plan."""

    state: SubmissionState | None
    """Of the newest submission to this payer; None when there is none that counts"""
    is_in_batch: bool
    """Ready and taken by a batch: it may be on its way this moment"""
    payer_claim_number: str | None
    """CLP07, or REF*1K of a 277CA"""
    takes_replacements: bool
    """By its policy, and of this claim"""
    is_counted: bool
    """An answer of this payer stands that paid, or counted the visit towards what the patient pays"""
    is_unprocessable: bool
    """Its answer said MA130: it was never processed"""
    is_split: bool = False
    """The payer answered it in parts, each under a number of its own: a replacement or a void could name one only"""


def plan(change: Change, claim: LiveClaim) -> Plan:
    """Decide. Source: CLM05-3 and REF*F8 of 005010X222A1; remark MA130."""
    if change == Change.ADD_POLICY:
        return Plan.AT_ONCE
    match claim.state:
        case None | SubmissionState.REJECTED | SubmissionState.WITHDRAWN:
            return Plan.AT_ONCE
        case SubmissionState.READY:
            return Plan.WAIT if claim.is_in_batch else Plan.AT_ONCE
        case SubmissionState.ADJUDICATED if not claim.is_counted:
            if change in ENDS_WITH_THE_PAYER or claim.is_unprocessable:
                return Plan.AT_ONCE
    if claim.payer_claim_number is None and (claim.takes_replacements or claim.state != SubmissionState.ADJUDICATED):
        return Plan.WAIT
    if not claim.takes_replacements:
        return Plan.NOT_WITH_THIS_PAYER
    return Plan.VOID_FIRST if change in ENDS_WITH_THE_PAYER else Plan.REPLACE


def first_to_void(change: Change, claims: Mapping[str, LiveClaim]) -> tuple[str | None, Plan]:
    """The payer (SBR01) whose claim is dealt with next before a change that ends with the payers, and how.

    The last payer is first, for it was told what those before it paid. One that takes no void stops all: half a change
    is worse than none. `(None, AT_ONCE)`: nobody has a claim any more.
    """
    plans = {place: plan(change, claims[place]) for place in sorted(claims, key=IN_ORDER.index, reverse=True)}
    for place, wanted in plans.items():
        if wanted == Plan.NOT_WITH_THIS_PAYER:
            return place, wanted
    return next(((place, wanted) for place, wanted in plans.items() if wanted != Plan.AT_ONCE), (None, Plan.AT_ONCE))
