"""Step 9, denial work: who looks at a refused amount, what is usually tried, and which ways out are open.

A denial is an amount, not a line and not a claim: every CAS amount that is neither contract, nor patient share, nor
sequestration, nor a prior payer's effect (`adjustment_codes`) is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing.denial_codes import ALERTS, REASON_CODES, REMARK_WORDS, UNPROCESSABLE, Category
from billing.posting import DeniedAmount
from billing.remittance import Group
from billing.roles import Role

TAKEN_BACK = "WO"
"""In the place of a CARC: a payment that the payer took back out of another one (PLB03-1)"""


class Exit(StrEnum):
    """How the review of a denial can end. Each is a resolution of `denial_review`."""

    REPLACE = "replace"
    """Frequency 7, naming the payer's claim number (REF*F8)"""
    NEW_ORIGINAL = "new_original"
    """Frequency 1: the payer never processed the first (MA130), or takes no replacements"""
    SPLIT_CLAIM = "split_claim"
    """Some lines go on a claim of their own; the one that they leave is sent again without them"""
    RETRO_AUTH = "retro_auth"
    """The authorization was granted after the fact: a replacement with its number (REF*G1)"""
    OTHER_PAYER = "other_payer"
    """Somebody else is liable: a new original to them"""
    APPEAL = "appeal"
    """A letter to the payer, and the decision awaited"""
    REOPENING = "reopening"
    """Clerical reopening by telephone or portal"""
    PAYER_REPROCESSING = "payer_reprocessing"
    """The payer admitted its error and processes again"""
    RECORDS_SENT = "records_sent"
    """What was asked for was sent"""
    BILL_PATIENT = "bill_patient"
    """Through the gate, and never a contractual (CO) amount"""
    WRITE_OFF = "write_off"
    VOID = "void"
    """Frequency 8: the service was not rendered, or not to this patient"""
    WAIT_UNTIL = "wait_until"


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who works a category, and how soon."""

    owner: Role
    business_days: int
    ways_out: tuple[Exit, ...]
    """When the reason code is not known by itself"""


_DESKS: dict[Category, _Desk] = {
    Category.ELIGIBILITY: _Desk(Role.ELIGIBILITY, 5, (Exit.REPLACE, Exit.OTHER_PAYER)),
    Category.AUTHORIZATION: _Desk(Role.AUTHORIZATION, 5, (Exit.RETRO_AUTH, Exit.APPEAL)),
    Category.CODING: _Desk(Role.CODER, 5, (Exit.REPLACE, Exit.APPEAL)),
    Category.DUPLICATE: _Desk(Role.BILLER, 3, (Exit.WAIT_UNTIL, Exit.REPLACE)),
    Category.TIMELY_FILING: _Desk(Role.BILLER, 10, (Exit.APPEAL, Exit.WRITE_OFF)),
    Category.MEDICAL_NECESSITY: _Desk(Role.DENIALS, 10, (Exit.APPEAL,)),
    Category.COORDINATION: _Desk(Role.ELIGIBILITY, 10, (Exit.OTHER_PAYER, Exit.REPLACE)),
    Category.BUNDLING: _Desk(Role.CODER, 5, (Exit.REPLACE, Exit.WRITE_OFF)),
    Category.DOCUMENTATION: _Desk(Role.BILLER, 10, (Exit.RECORDS_SENT, Exit.APPEAL)),
    Category.CONTRACT: _Desk(Role.DENIALS, 10, (Exit.WAIT_UNTIL, Exit.WRITE_OFF)),
    Category.PATIENT_SHARE: _Desk(Role.ACCOUNT_REP, 5, (Exit.BILL_PATIENT, Exit.WRITE_OFF)),
    Category.PROVIDER: _Desk(Role.CREDENTIALING, 5, (Exit.REPLACE, Exit.WAIT_UNTIL)),
    Category.BENEFIT: _Desk(Role.ACCOUNT_REP, 5, (Exit.OTHER_PAYER, Exit.BILL_PATIENT)),
    Category.CLAIM_DATA: _Desk(Role.BILLER, 2, (Exit.REPLACE,)),
    Category.PAYMENT: _Desk(Role.POSTER, 5, (Exit.WAIT_UNTIL,)),
    Category.LIABILITY: _Desk(Role.BILLER, 5, (Exit.OTHER_PAYER,)),
    Category.INFORMATION: _Desk(Role.DENIALS, 10, (Exit.WAIT_UNTIL, Exit.APPEAL)),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the office makes of one refused amount."""

    category: Category
    owner: Role
    business_days: int
    """Until the review is due"""
    words: str
    """The reason and its remarks in plain words"""
    ways_out: tuple[Exit, ...]
    """What is usually tried, in that order"""


def classify(denied: DeniedAmount) -> Finding:
    """Read group, CARC and RARCs of one amount. An unknown reason goes to the denial specialist, whole."""
    known = REASON_CODES.get(denied.reason)
    category = known.category if known else Category.INFORMATION
    if denied.blocked_reason is not None:
        category = Category.PATIENT_SHARE
    desk = _DESKS[category]
    ways = tuple(Exit(name) for name in known.ways_out) if known else ()
    ways = ways or desk.ways_out
    if denied.blocked_reason is not None:
        ways = (Exit.WRITE_OFF,)
    elif UNPROCESSABLE in denied.remarks:
        ways = (Exit.NEW_ORIGINAL,)
    elif denied.group == Group.PATIENT:
        ways = tuple(dict.fromkeys((*(one for one in ways if one != Exit.BILL_PATIENT), Exit.BILL_PATIENT)))
    else:
        ways = tuple(one for one in ways if one != Exit.BILL_PATIENT) or (Exit.WRITE_OFF,)
    return Finding(category, desk.owner, desk.business_days, _in_words(denied), ways)


def lead(denied: Sequence[DeniedAmount]) -> Finding:
    """The finding that decides whose task several refused amounts are: the one with most money behind it."""
    return classify(max(denied, key=lambda one: one.amount_cents))


def _in_words(denied: DeniedAmount) -> str:
    known = REASON_CODES.get(denied.reason)
    taken = "taken back out of another payment"
    said = [known.words if known else taken if denied.reason == TAKEN_BACK else "a reason this office does not know"]
    said += [REMARK_WORDS[code] for code in denied.remarks if code in REMARK_WORDS and code not in ALERTS]
    return "; ".join(said)


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which ways out are open."""

    denied: tuple[DeniedAmount, ...]
    payer_claim_number: str | None
    """CLP07, or REF*1K of a 277CA"""
    takes_replacements: bool
    """The payer's policy row"""
    is_paid: bool
    """The payer paid something on this claim that stands"""
    is_split: bool = False
    """The payer answered it in parts, each under a number of its own"""
    no_appeal: str | None = None
    """Why no level of appeal is open; None: one is"""


def why_not(way: Exit, situation: Situation) -> str | None:
    """Why a way out is closed, in words that say what to do instead; None when it is open."""
    match way:
        case Exit.REPLACE | Exit.RETRO_AUTH | Exit.VOID:
            return _why_no_replacement(situation)
        case Exit.SPLIT_CLAIM if situation.is_paid:
            return _why_no_replacement(situation)
        case Exit.NEW_ORIGINAL | Exit.OTHER_PAYER if situation.is_paid:
            return "the payer has paid part of this claim: a new original would be a duplicate; send a replacement"
        case Exit.APPEAL if _is_unprocessable(situation):
            return "the payer did not process the claim (MA130): there is no appeal; send a new original"
        case Exit.APPEAL if situation.no_appeal:
            return situation.no_appeal
        case Exit.BILL_PATIENT if not any(one.group == Group.PATIENT for one in situation.denied):
            return "the payer did not assign any of this to the patient (PR): a contractual amount is never billed"
    return None


def _why_no_replacement(situation: Situation) -> str | None:
    if _is_unprocessable(situation):
        return "the payer did not process the claim (MA130): send a new original"
    if situation.is_split:
        return (
            "the payer split this claim, and a replacement or void names only one of its numbers: ask it to process "
            "the claim again, or appeal"
        )
    if not situation.takes_replacements:
        return "this payer takes no replacements or voids (frequency 7, 8): ask for a reopening, or appeal"
    if situation.payer_claim_number is None:
        return "the payer's claim number is not known yet: it comes with a 277CA or a remittance"
    return None


def _is_unprocessable(situation: Situation) -> bool:
    return any(UNPROCESSABLE in one.remarks for one in situation.denied)
