"""Kinds of human tasks, and what a kind is made of: who owns it, how soon it is due, and the forms that end it."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from billing.roles import Role


class TaskType(StrEnum):
    """What kind of work it is."""

    REGISTRATION_INCOMPLETE = "registration_incomplete"
    """Birth date, sex, address, member id or relation are missing"""
    ELIG_NOT_FOUND = "elig_not_found"
    """The payer does not know the person (AAA 67, 72, 75 ...)"""
    ELIG_INACTIVE = "elig_inactive"
    """Coverage is not active on the date of service (EB01 6, 7, 8)"""
    COB_CONFLICT = "cob_conflict"
    """The payer knows of another payer (EB01 R), the office does not"""
    PAYER_UNAVAILABLE = "payer_unavailable"
    """The payer did not answer after every rung of the retry ladder"""
    VISIT_COVERAGE = "visit_coverage"
    """The coverage of a coming visit is not confirmed"""
    AUTHORIZATION_MISSING = "authorization_missing"
    """The payer wants planned services of a coming visit authorized, and nothing covers them"""
    NOTICE_WANTED = "notice_wanted"
    """Original Medicare is expected to refuse planned services of a coming visit, and no notice was signed"""
    GOOD_FAITH_ESTIMATE_DUE = "good_faith_estimate_due"
    """Who pays alone has a visit booked, and was given no good-faith estimate (45 CFR 149.610)"""
    BILL_ABOVE_ESTIMATE = "bill_above_estimate"
    """Who pays alone is billed $400 or more above the good-faith estimate: no statement goes before a person decides"""
    ESTIMATE_DISPUTED = "estimate_disputed"
    """The patient disputes a bill against its good-faith estimate: nothing is collected until it ends"""
    CODE_REVIEW = "code_review"
    """Codes are missing, malformed, or not in the tables of their day"""
    CODING_QUERY = "coding_query"
    """A coder asks the provider"""
    NOTE_UNSIGNED = "note_unsigned"
    """The visit's note is not signed yet"""
    CHARGE_REVIEW = "charge_review"
    """A line has no price or less than the charge master's, or a policy of charge review asks"""
    MISSING_CHARGE = "missing_charge"
    """A patient arrived for an appointment, and no visit of that day was entered in time"""
    CLAIM_EDIT_FAILED = "claim_edit_failed"
    """An edit of severity error fired"""
    OVERRIDE_APPROVAL = "override_approval"
    """A second person decides on overriding edits of a dear claim"""
    ENROLMENT_MISSING = "enrolment_missing"
    """The billing provider may not send to this payer, or who rendered the visit has no contract with it"""
    TRANSMISSION_FAILED = "transmission_failed"
    """Not transmitted, refused by TA1 or 999, or no 999 in time"""
    CLAIM_REJECTED = "claim_rejected"
    """277CA refusal: never adjudicated, the filing clock still runs"""
    NO_RESPONSE = "no_response"
    """No 277CA or no 835 in time"""
    DENIAL_REVIEW = "denial_review"
    """The payer refused an amount"""
    INFO_REQUEST = "info_request"
    """The payer wants documents before it pays (CARC 226, 252 ..., or a 277 with R or P3)"""
    PROMISE_BROKEN = "promise_broken"
    """Somebody promised something by a day, and it has not come"""
    APPEAL_DEADLINE = "appeal_deadline"
    """An appeal was written and nobody has sent it, and its last day comes near"""
    APPEAL_DECISION = "appeal_decision"
    """The payer should have decided an appeal by now"""
    WRITE_OFF_APPROVAL = "write_off_approval"
    """A second person decides on a write-off"""
    UNDERPAYMENT = "underpayment"
    """The first payer allowed less than its contract says, beyond the tolerance"""
    UNDERPAYMENT_APPROVAL = "underpayment_approval"
    """A second person decides on giving a large underpayment up"""
    ERA_UNBALANCED = "era_unbalanced"
    """An 835 does not come out; nothing of it was posted"""
    REMITTANCE_CONFLICT = "remittance_conflict"
    """The same trace number with other content"""
    MEMBER_ID_CORRECTED = "member_id_corrected"
    """A payer knows the member by another number (NM1*74 of a remittance)"""
    PAYMENT_REVIEW = "payment_review"
    """A payer's answer is looked at before it is posted"""
    UNMATCHED_REMIT = "unmatched_remit"
    """A claim payment that fits no claim of ours, or may not be posted by machine"""
    PLB_REVIEW = "plb_review"
    """The payer took or gave money outside the claims"""
    RECOVERY_ANNOUNCED = "recovery_announced"
    """The payer wrote that it wants money back, and has not taken it yet"""
    TAKEBACK_NOTICE = "takeback_notice"
    """The payer takes its payment of a visit back"""
    MONEY_MISSING = "money_missing"
    """A remittance says that money was sent, and the bank has not booked it"""
    REMITTANCE_MISSING = "remittance_missing"
    """The bank has booked a payer's transfer, and no remittance says what it is for"""
    DEPOSIT_MISSING = "deposit_missing"
    """A deposit was carried to the bank, and the bank has not booked it"""
    CHEQUE_RETURNED = "cheque_returned"
    """The bank gives a cheque back that was deposited"""
    UNPLACED_CHEQUE = "unplaced_cheque"
    """A lockbox brought a cheque, and nothing on it names one account"""
    BANK_DIFFERS = "bank_differs"
    """The bank has booked another amount than the remittance of its trace says"""
    PAYER_CREDIT = "payer_credit"
    """A payer has paid more than it owed on a visit: it is paid back, or takes it back itself"""
    REFUND_APPROVAL = "refund_approval"
    """A second person approves a refund to a payer, and pays it"""
    CARD_PAYMENT_REVERSED = "card_payment_reversed"
    """A payment by card was charged back, or refunded at the processor"""
    PLAN_DEFAULT = "plan_default"
    """An agreement to pay in parts was not kept"""
    PATIENT_QUESTION = "patient_question"
    """Somebody asked for a plan or help, or disputed the bill, on the pay page"""
    WHO_ANSWERS = "who_answers"
    """A patient comes of age: a person may say that somebody else answers for the visits from then on"""
    ASSISTANCE_REVIEW = "assistance_review"
    """Somebody asks for help with the bill: a person looks whether all is there, and decides by the scale"""
    ASSISTANCE_APPROVAL = "assistance_approval"
    """A second person agrees to help of more than the limit"""
    CREDIT_BALANCE = "credit_balance"
    """The patient paid more than is owed"""
    PATIENT_REFUND_APPROVAL = "patient_refund_approval"
    """A second person agrees to pay more than the limit back to a patient"""
    CARD_REFUND_SILENT = "card_refund_silent"
    """The card processor was asked to pay a patient back, and has not said what became of it"""
    CARD_CHARGE_SILENT = "card_charge_silent"
    """The card processor was asked to charge an instalment, and has not said what became of it"""
    CARD_PAYOUT_LINE = "card_payout_line"
    """A line of the card processor's payout fits nothing that was booked here"""
    CARD_PAYOUT_REFUSED = "card_payout_refused"
    """The report of a payout contradicts itself or an earlier one, and nothing of it was taken"""
    PATIENT_BALANCE_DUE = "patient_balance_due"
    """The patient's share is still open"""
    PRECOLLECTION_APPROVAL = "precollection_approval"
    """Statements and final notice brought nothing: a person decides before an agency is given anything"""
    GLASS_BROKEN = "glass_broken"
    """Somebody opened a sensitive record who is not on its list: a supervisor looks whether it was right"""
    MOVE_SIGN_OFF = "move_sign_off"
    """An office moved here: nobody who came with it gets a paper before a supervisor has looked"""
    INTAKE_ERROR = "intake_error"
    """Something that came in could not be taken in"""
    UNKNOWN_PAYEE = "unknown_payee"
    """A remittance for a provider whom no practice bills under"""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a person types into a resolution."""

    name: str
    label: str
    kind: str = "text"
    """text, long, date, amount, corrections (many lines of `path = value`) or choice"""
    required: bool = True
    is_sent: bool = False
    """Stands on the claim as it was typed: only what X12 can carry is taken"""
    longest: int = 4000
    """Characters"""


@dataclass(frozen=True, slots=True)
class Resolution:
    """One way out of a task."""

    label: str
    fields: tuple[Field, ...] = ()
    needs_approval_right: bool = False
    """Only a supervisor may choose it"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What holds for every task of one type."""

    role: Role
    due: timedelta
    title: str
    resolutions: dict[str, Resolution] = field(default_factory=dict)
