"""Whose plan pays, and for whom: S and A."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.coordination import PRIMARY
from billing.edits.registry import MEDICARE, Severity, Situation, edit
from billing.identifiers import mbi_is_valid


@edit("S01")
def medicare_member_id(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A Medicare member id has the eleven characters of an MBI (policy strict_npi_check_digit also governs this)."""
    strict = situation.policies.value("strict_npi_check_digit", as_of=situation.today)
    member_id = (claim.coverage.member_id or "").replace("-", "").replace(" ", "")
    if strict and claim.coverage.filing_indicator == MEDICARE and not mbi_is_valid(member_id):
        yield "member_id", "the member id is not a Medicare beneficiary identifier; copy it from the card"


@edit("S04")
def birth_before_service(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody is treated before birth, and nobody is older than 120 (2010BA and 2010CA DMG02)."""
    born = claim.patient.birth_date
    if born is None:
        yield "patient.birth_date", "the patient's birth date is missing"
    elif born > claim.service_from:
        yield "patient.birth_date", "the birth date lies after the date of service"
    elif claim.service_from.year - born.year > 120:
        yield "patient.birth_date", "the patient would be older than 120 years"


@edit("S06")
def dependent_has_subscriber(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A dependent's claim names the subscriber (2000B, 2000C)."""
    if not claim.coverage.is_self and not claim.subscriber.name.last:
        yield "subscriber.last_name", "the patient is a dependent and the subscriber's name is missing"


@edit("S07", Severity.WARNING)
def eligibility_checked(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Eligibility was verified for this visit."""
    if not situation.is_verified:
        yield "member_id", "eligibility has not been verified"


@edit("S10")
def payer_identified(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer has an id (2010BB NM109)."""
    if not claim.coverage.payer.id:
        yield "payer_id", "the payer's id is missing"


@edit("S02", Severity.WARNING)
def member_id_as_on_the_card(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A member id has capitals and digits, without spaces and dashes (2010BA NM109)."""
    member_id = claim.coverage.member_id or ""
    if member_id != member_id.upper() or any(char in member_id for char in " -"):
        yield "member_id", "the member id has small letters, spaces or dashes; payers keep it without"


@edit("S05")
def sex_reported(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The patient's sex is reported (2010BA and 2010CA DMG03)."""
    if claim.patient.sex is None:
        yield "patient.sex", "the patient's sex is missing: F, M or U"


@edit("S09")
def medicare_second_says_why(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Where Medicare does not pay first the claim says why (2000B SBR05)."""
    coverage = claim.coverage
    if coverage.filing_indicator == MEDICARE and coverage.responsibility != PRIMARY and not coverage.insurance_type:
        yield "insurance_type", "Medicare pays after another payer: say why (12 working aged, 43 disabled, ...)"
