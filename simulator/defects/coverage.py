"""Whose plan pays, and what it wants: defects."""

from dataclasses import replace
from datetime import timedelta

from billing.authorizations import Authorization
from billing.claim import Name, Person
from billing.coordination import OtherPayer
from billing.eligibility import EligibilityResponse
from billing.noncoverage import Choice, Notice
from simulator.defects.putting import GUIDE, LONG_AGO, OMISSION, VALUE, defect, patient, policy
from simulator.subjects import MBI, Subject, day_of, insured, medicare, second


@defect("S01", VALUE, "CMS, MBI format", "payer", "member id")
def mistyped_mbi(subject: Subject) -> Subject:
    """a letter that no Medicare member id has"""
    return insured(medicare(subject), member_id=MBI.replace("1E", "1S", 1))


@defect("S01", OMISSION, "CMS, MBI format", "payer", "member id")
def no_mbi(subject: Subject) -> Subject:
    """the Medicare member id is missing"""
    return insured(medicare(subject), member_id=None)


@defect("S02", VALUE, f"{GUIDE} 2010BA NM109", "payer", "member id")
def member_id_as_typed(subject: Subject) -> Subject:
    """the member id has small letters and blanks"""
    return insured(subject, filing_indicator="CI", member_id="mut 123-456")


@defect("S03", VALUE, "005010X279A1 271", "answer", "subscriber")
def another_name(subject: Subject) -> Subject:
    """the payer knows the subscriber under another name"""
    payer = subject.claim.coverage.payer
    answer = EligibilityResponse("R1", payer, None, Name("SOMEBODYELSE"), is_dependent=False)
    return subject.knows(answer=answer)


@defect("S04", OMISSION, f"{GUIDE} DMG02", "birth")
def no_birth_date(subject: Subject) -> Subject:
    """the birth date is missing"""
    return patient(subject, birth_date=None)


@defect("S04", VALUE, f"{GUIDE} DMG02", "birth")
def born_tomorrow(subject: Subject) -> Subject:
    """the patient is born after the service"""
    return patient(subject, birth_date=day_of(subject) + timedelta(days=1))


@defect("S05", OMISSION, f"{GUIDE} DMG03", "sex")
def no_sex(subject: Subject) -> Subject:
    """the sex is missing"""
    return patient(subject, sex=None)


@defect("S06", OMISSION, f"{GUIDE} 2000C", "relationship", "subscriber")
def no_subscriber(subject: Subject) -> Subject:
    """a child without the subscriber"""
    return insured(subject, relationship="19").claims(subscriber=Person(Name("")))


@defect("S06", VALUE, f"{GUIDE} SBR02", "relationship", "subscriber", "birth", "sex", "patient name")
def somebody_else_is_self(subject: Subject) -> Subject:
    """the patient is the subscriber, and has another name"""
    person = replace(subject.claim.subscriber, name=Name("SOMEBODYELSE"))
    return insured(subject, relationship="18").claims(subscriber=person)


@defect("S07", OMISSION, "CAQH CORE", "verified")
def not_verified(subject: Subject) -> Subject:
    """nobody asked the payer"""
    return replace(subject, situation=replace(subject.situation, is_verified=False))


@defect("S08", VALUE, f"{GUIDE} SBR01", "order")
def two_firsts(subject: Subject) -> Subject:
    """two policies are the first"""
    other = OtherPayer(replace(subject.claim.coverage, responsibility="P"), subject.claim.subscriber)
    return insured(subject, responsibility="P").knows(others=(other,))


@defect("S08", OMISSION, f"{GUIDE} SBR01", "order", "lines", "pointers", "modifiers", "past")
def second_too_early(subject: Subject) -> Subject:
    """the second payer is billed before the first has answered"""
    billed = second(subject)
    unanswered = tuple(replace(one, decision=None) for one in billed.situation.known.others)
    return billed.knows(others=unanswered)


@defect("S09", OMISSION, "42 CFR 411.20", "payer", "member id", "order", "lines", "pointers", "modifiers", "past")
def no_reason_for_medicare_second(subject: Subject) -> Subject:
    """Medicare is second, and nobody says why"""
    return insured(medicare(second(subject)), insurance_type=None)


@defect("S10", OMISSION, f"{GUIDE} 2010BB NM109", "payer id")
def no_payer_id(subject: Subject) -> Subject:
    """the payer's id is missing"""
    return insured(subject, payer=replace(subject.claim.coverage.payer, id=None))


@defect("S11", OMISSION, f"{GUIDE} SBR03", "group")
def no_group_number(subject: Subject) -> Subject:
    """the group number is missing where the payer wants it"""
    return insured(policy(subject, needs_group_number=1), group_number=None)


@defect("A01", OMISSION, f"{GUIDE} REF*G1", "authorization")
def no_authorization(subject: Subject) -> Subject:
    """no number where the payer wants one"""
    return subject.claims(authorization=None).knows(lines_to_authorize=frozenset({1}))


@defect("A01", VALUE, f"{GUIDE} REF*G1", "authorization")
def authorization_over(subject: Subject) -> Subject:
    """the authorization ended before the service"""
    ended = Authorization("A77", LONG_AGO, day_of(subject) - timedelta(days=1))
    return subject.claims(authorization="A77").knows(authorizations=(ended,), lines_to_authorize=frozenset({1}))


@defect("A03", OMISSION, "42 CFR 411.404", "payer", "member id", "modifiers")
def no_word_of_a_notice(subject: Subject) -> Subject:
    """Medicare is expected to refuse it, and no modifier says whether a notice was signed"""
    return insured(medicare(subject)).knows(lines_to_notice={1: "once in five years"})


@defect("A03", VALUE, "42 CFR 411.404", "payer", "member id", "modifiers")
def not_to_be_billed(subject: Subject) -> Subject:
    """the patient chose that Medicare is not billed, and it is"""
    chosen = Notice(frozenset({subject.claim.lines[0].procedure}), Choice.PAY_ALONE, day_of(subject))
    return insured(medicare(subject)).knows(lines_to_notice={1: "once in five years"}, notices=(chosen,))


@defect("A02", OMISSION, f"{GUIDE} REF*9F", "referral")
def no_referral(subject: Subject) -> Subject:
    """no referral where the plan wants one"""
    return policy(subject, needs_referral=1).claims(referral=None)
