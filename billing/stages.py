"""The stages of an encounter, and the steps the office takes by itself."""

from enum import StrEnum


class Stage(StrEnum):
    """Where an encounter stands in the nine steps."""

    REGISTRATION = "registration"
    VERIFICATION = "verification"
    CODING = "coding"
    CHARGE_REVIEW = "charge_review"
    SCRUBBING = "scrubbing"
    SUBMISSION = "submission"
    """Ready, not yet transmitted"""
    ACKNOWLEDGMENT = "acknowledgment"
    """Transmitted; clearinghouse and payer have not both accepted it"""
    ADJUDICATION = "adjudication"
    """The payer has it"""
    POSTING = "posting"
    """Adjudicated; the payer's part is not settled: denied or unexplained amounts"""
    PATIENT_BALANCE = "patient_balance"
    BILLED_WITH = "billed_with"
    """Its lines stand on the claim of another visit, and it waits for what becomes of that"""
    CLOSED = "closed"


class Step(StrEnum):
    """What the office can do next without anybody's help."""

    REGISTER = "register"
    VERIFY = "verify"
    PREPARE_CLAIM = "prepare_claim"
    BILL_NEXT_PAYER = "bill_next_payer"
    ASK_STATUS = "ask_status"
    """Ask the payer what has become of the claim (276)"""
    WAIT = "wait"


class FactKind(StrEnum):
    """What can arrive for an encounter, in any order, twice or late."""

    CLAIM_ACKNOWLEDGED = "claim_acknowledged"
    """277CA"""
    SUBMISSION_REFUSED = "submission_refused"
    """TA1 or 999 refused it, or it never left"""
    STATUS_ASKED = "status_asked"
    """A person wants the payer asked what became of the claim"""
    STATUS_ANSWERED = "status_answered"
    """A 277 about the claim came with the mail"""
    RESUBMISSION_WISHED = "resubmission_wished"
    """It is this claim's turn in a bulk resubmission"""
    REMITTANCE_ARRIVED = "remittance_arrived"
    """All rows of one remittance for this encounter"""
    TAKEN_BACK = "taken_back"
    """A payer took its payment back out of another one, or gave that back"""
    REFUND_CANCELLED = "refund_cancelled"
    """A payer is not paid back after all"""
    CARD_REFUND_FAILED = "card_refund_failed"
    """What was to go back to a patient's card did not, and is their credit again"""
    PATIENT_PAID = "patient_paid"
    BALANCE_GIVEN_UP = "balance_given_up"
    """The patient's account placed what is left with an agency, or wrote it off"""
    SMALL_BALANCE = "small_balance"
    """All that the patient owes is too little to ask for"""
    ASSISTANCE_DECIDED = "assistance_decided"
    """Help with the bill was granted or taken back; the visit looks what it takes off"""
    PLACEMENT_RECALLED = "placement_recalled"
    """What an agency had is taken back"""
    APPEAL_SENT = "appeal_sent"
    """The letter of an appeal is on its way"""
    APPEAL_DECIDED = "appeal_decided"
    """A person recorded what a payer decided on an appeal"""
    RECORDS_SENT = "records_sent"
    """What a payer asked for is on its way"""
    RECOVERY_ANNOUNCED = "recovery_announced"
    """A payer wrote that it takes money back"""
    CALLED = "called"
    """Somebody promised something"""
    AMENDED = "amended"
    """What was billed turns out to be otherwise: a late charge, another policy, nobody's visit"""
    GROUP_CHANGED = "group_changed"
    """It was parted, joined with other visits or taken out again; or the visit that bills it closed, or opened again"""
    MONEY_HANDED_OVER = "money_handed_over"
    """What the patient paid towards a visit goes to the visit that bills it, or back"""


WAITING_ON: dict[Stage, str] = {
    Stage.REGISTRATION: "front desk",
    Stage.VERIFICATION: "payer",
    Stage.CODING: "coder",
    Stage.CHARGE_REVIEW: "charge reviewer",
    Stage.SCRUBBING: "biller",
    Stage.SUBMISSION: "office",
    Stage.ACKNOWLEDGMENT: "clearinghouse",
    Stage.ADJUDICATION: "payer",
    Stage.POSTING: "denial specialist",
    Stage.PATIENT_BALANCE: "patient",
    Stage.BILLED_WITH: "the visit that bills it",
    Stage.CLOSED: "nobody",
}
"""Whom an encounter waits for when no task is open and no change is under way"""
DISPUTING = "payer"
"""Whom an encounter waits for once nothing is owed and the payer was asked to correct what it allowed"""
CHANGING = "payer"
"""Whom an encounter waits for while a change of what was billed is under way: the payer that was sent a void or a
replacement, or is yet to answer before it can be sent one"""
