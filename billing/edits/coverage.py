"""Whose plan pays, and for whom: S and A."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from billing import noncoverage
from billing.authorizations import authorization_faults
from billing.claim import Claim
from billing.coordination import PRIMARY
from billing.edits.registry import MEDICARE, Scope, Severity, Situation, edit
from billing.identifiers import mbi_is_valid
from billing.msp import questions_due

EMPLOYER_PLANS = frozenset({"12", "CI", "BL", "HM", "15", "16"})
"""SBR09 under which an employer's plan comes"""
HMO = "HM"
"""SBR09"""


def _as_on_the_card(claim: Claim) -> Claim:
    member_id = (claim.coverage.member_id or "").upper().replace(" ", "").replace("-", "")
    return replace(claim, coverage=replace(claim.coverage, member_id=member_id or None))


@edit("S01", fix="Copy the eleven characters from the Medicare card.")
def medicare_member_id(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A Medicare member id has the eleven characters of an MBI (policy strict_npi_check_digit also governs this)."""
    strict = situation.policies.value("strict_npi_check_digit", as_of=situation.today)
    member_id = (claim.coverage.member_id or "").replace("-", "").replace(" ", "")
    if strict and claim.coverage.filing_indicator == MEDICARE and not mbi_is_valid(member_id):
        yield "member_id", "the member id is not a Medicare beneficiary identifier; copy it from the card"


@edit("S04", fix="Ask the patient for the birth date, or correct the date of service.")
def birth_before_service(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody is treated before birth, and nobody is older than 120 (2010BA and 2010CA DMG02)."""
    born = claim.patient.birth_date
    if born is None:
        yield "patient.birth_date", "the patient's birth date is missing"
    elif born > claim.service_from:
        yield "patient.birth_date", "the birth date lies after the date of service"
    elif claim.service_from.year - born.year > 120:
        yield "patient.birth_date", "the patient would be older than 120 years"


@edit("S06", fix="Give the subscriber's name.")
def dependent_has_subscriber(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A dependent's claim names the subscriber; who holds the policy is the patient (2000B SBR02, 2000C)."""
    if not claim.coverage.is_self and not claim.subscriber.name.last:
        yield "subscriber.last_name", "the patient is a dependent and the subscriber's name is missing"
    elif claim.coverage.is_self and claim.patient != claim.subscriber:
        yield "relationship", "the patient holds the policy, and patient and subscriber differ"


@edit("S07", Severity.WARNING, fix="Verify the eligibility.")
def eligibility_checked(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Eligibility was verified for this visit."""
    if not situation.is_verified:
        yield "member_id", "eligibility has not been verified"


@edit("S10", fix="Choose the payer from the payer list.")
def payer_identified(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer has an id (2010BB NM109)."""
    if not claim.coverage.payer.id:
        yield "payer_id", "the payer's id is missing"


@edit(
    "S02",
    Severity.WARNING,
    fix="Write the member id without spaces and dashes, in capitals.",
    mend=_as_on_the_card,
)
def member_id_as_on_the_card(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A member id has capitals and digits, without spaces and dashes (2010BA NM109)."""
    member_id = claim.coverage.member_id or ""
    if member_id != member_id.upper() or any(char in member_id for char in " -"):
        yield "member_id", "the member id has small letters, spaces or dashes; payers keep it without"


@edit("S05", fix="Say F, M or U.")
def sex_reported(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The patient's sex is reported (2010BA and 2010CA DMG03)."""
    if claim.patient.sex is None:
        yield "patient.sex", "the patient's sex is missing: F, M or U"


@edit(
    "S09",
    fix="Say why another payer comes first: 12 working aged, 43 disabled, 13 kidney disease, 15 compensation.",
)
def medicare_second_says_why(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Where Medicare does not pay first the claim says why (2000B SBR05)."""
    coverage = claim.coverage
    if coverage.filing_indicator == MEDICARE and coverage.responsibility != PRIMARY and not coverage.insurance_type:
        yield "insurance_type", "Medicare pays after another payer: say why (12 working aged, 43 disabled, ...)"


@edit("S09B", Severity.WARNING, fix="Ask the patient the Medicare secondary payer questions.")
def medicare_first_beside_an_employer(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An employer's plan usually comes before Medicare (42 CFR 411.20 to 411.206), unless the questions say no."""
    coverage = claim.coverage
    if coverage.filing_indicator != MEDICARE or coverage.responsibility != PRIMARY:
        return
    asked = situation.known.medicare_asked_on
    good_for = situation.policies.value("medicare_questions_days", as_of=situation.today)
    if not questions_due(asked, day=claim.service_from, good_for_days=good_for):
        return
    if any(one.coverage.filing_indicator in EMPLOYER_PLANS for one in situation.known.others):
        yield "insurance_type", "Medicare is billed first, and the patient has another plan that may come before it"


@edit("S03", Severity.WARNING, fix="Compare with the card; correct the registration, or tell the payer.")
def named_as_the_payer_names_them(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Name and birth date are those of the payer's last eligibility answer (271 NM1*IL, DMG02)."""
    answer = situation.known.answer
    if answer is None:
        return
    ours, theirs = claim.subscriber.name, answer.subscriber_name
    if theirs is not None and ours.last.casefold() != theirs.last.casefold():
        yield "subscriber.last_name", "the payer knows the subscriber under another last name"
    if (
        not answer.is_dependent
        and answer.birth_date is not None
        and claim.subscriber.birth_date not in {None, answer.birth_date}
    ):
        yield "subscriber.birth_date", "the payer has another birth date of the subscriber"


@edit("S08", fix="Put the policies in order: one first, and each later one after the answer of those before it.")
def policies_are_in_order(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """One policy is the first, no two have one place, and a later payer is asked after the first (2000B SBR01)."""
    own, others = claim.coverage.responsibility, situation.known.others
    places = Counter([own, *(one.responsibility for one in others)])
    if any(count > 1 for count in places.values()):
        yield "responsibility", "two policies have the same place in the order of payers"
    elif PRIMARY not in places and not _came_with_others(claim):
        yield "responsibility", "no policy is the first"
    elif own != PRIMARY and any(one.responsibility == PRIMARY and one.decision is None for one in others):
        yield "responsibility", "a later payer is billed before the first has answered"


def _came_with_others(claim: Claim) -> bool:
    """Whether the claim came in with other payers of its own (2320)."""
    return any(one.loop == "2320" for one in claim.other_segments)


@edit("S11", fix="Copy the group number from the card.")
def group_number_where_wanted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The group number is given where the payer wants it (2000B SBR03; policy needs_group_number)."""
    if situation.allows("needs_group_number") and not claim.coverage.group_number:
        yield "group_number", "the payer wants the group number"


@edit("A01", fix="Ask the payer for the authorization, or enter the number that it gave.")
def services_are_authorized(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """What the payer wants authorized is, within its days, codes, units and provider (2300 REF*G1)."""
    known = situation.known
    yield from authorization_faults(claim, known.lines_to_authorize, known.authorizations)


@edit("A03", fix="Say how it stands with the notice by GA or GZ.", scope=Scope.LINE, payers=[MEDICARE])
def notices_are_given(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """What Medicare is expected to refuse says whether a notice was signed (42 CFR 411.404)."""
    known = situation.known
    for number, message in noncoverage.faults(claim, known.lines_to_notice, known.notices):
        yield f"line.{number}.modifiers", f"line {number}: {message}"


@edit("A03B", Severity.WARNING, fix="Keep the signed notice with the patient.", scope=Scope.LINE, payers=[MEDICARE])
def signed_notices_are_kept(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """GA says that a signed notice is kept for five years (manual 100-04, chapter 30, 50)."""
    for number, line in enumerate(claim.lines, start=1):
        notice = noncoverage.newest(situation.known.notices, line.procedure, line.service_date)
        is_kept = notice is not None and notice.choice == noncoverage.Choice.BILL_MEDICARE
        if noncoverage.SIGNED in line.modifiers and not is_kept:
            yield f"line.{number}.modifiers", f"line {number}: GA says that a signed notice is kept; none is known here"


@edit("A02", fix="Ask the primary care physician for the referral.")
def referral_where_wanted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The referral's number is given where the payer wants it (2300 REF*9F; policy needs_referral)."""
    if situation.allows("needs_referral") and not claim.referral:
        yield "referral", "the payer wants a referral, and its number is not given"


@edit("A02B", Severity.WARNING, payers=[HMO], fix="Look up whether the plan wants a referral for this visit.")
def referral_of_an_hmo(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Plans with a primary care physician often want a referral (2300 REF*9F)."""
    if not claim.referral and not situation.allows("needs_referral"):
        yield "referral", "the plan is an HMO, and no referral is given"
