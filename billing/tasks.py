"""Human tasks: every exception of the nine steps, who owns it, when it is due, and how it can end.

A task says why it exists and shows all faults at once; its resolutions are the only ways out, each a small form.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from billing.account_tasks import OF_ACCOUNTS
from billing.deadlines import after_business_days
from billing.dispute_tasks import DISPUTES, REASON
from billing.dispute_tasks import FOLLOW_UP as _FOLLOW_UP
from billing.dispute_tasks import REFERENCE as _REFERENCE
from billing.roles import Role
from billing.task_types import Field, Kind, Resolution, TaskType

__all__ = ["KINDS", "REASON", "Field", "Kind", "NewTask", "Resolution", "TaskType"]

LONGEST_QUESTION = 1000
"""Characters that a coder asks a provider: the answer comes sooner, and task and story stay readable"""
_QUESTION = Field("question", "Question", kind="long", longest=LONGEST_QUESTION)
LONGEST_CORRECTIONS = 12_000
"""Characters: enough to change every code of fifty lines"""
CORRECTIONS = Field(
    "corrections", "Corrections, one a line: field = value", kind="corrections", longest=LONGEST_CORRECTIONS
)
_SOME_CORRECTIONS = replace(CORRECTIONS, required=False)
_SPLIT = Resolution(
    "Some lines go on a claim of their own; send both",
    (Field("lines", "Numbers of the lines that leave this claim, such as 3, 5-7", longest=200), REASON),
)
_PHONE = Resolution("Verified by telephone", (_REFERENCE,))
_RECHECK = Resolution("Corrected; ask the payer again", (CORRECTIONS,))
POLICY = (
    Field("payer_id", "Payer's number at the clearinghouse", is_sent=True),
    Field("payer_name", "Payer's name", is_sent=True),
    Field("member_id", "Member id", is_sent=True),
    Field("filing_indicator", "Kind of plan (SBR09: MB, MC, CI, BL, HM ...)", required=False, is_sent=True),
    Field("group_number", "Group", required=False, is_sent=True),
)
"""What names a policy"""
_SELF_PAY = Resolution("No insurance: bill the patient as self-pay", (REASON,), needs_approval_right=True)
_NOT_COVERED = Resolution("Not covered there; go on without this policy", (_REFERENCE,))
_RETRY = Resolution("Ask the payer again now")
_HANDLED = Resolution("Handled outside; close", (REASON,))
_NO_CLAIMS = {
    "not_reimbursed": "No claim's; it is lost",
    "penalty": "No claim's; a penalty",
    "settlement": "No claim's; a settlement of the year",
    "incentive": "No claim's; a bonus or allowance",
    "fee": "No claim's; a fee of the payer",
}
"""What money outside the claims may be, by the names of `provider_adjustments.BOOKED_BY_HAND`"""

KINDS: dict[TaskType, Kind] = {
    TaskType.REGISTRATION_INCOMPLETE: Kind(
        Role.FRONT_DESK,
        timedelta(days=1),
        "Complete the registration",
        {"fields_completed": Resolution("Fields completed", (CORRECTIONS,)), "self_pay": _SELF_PAY},
    ),
    TaskType.ELIG_NOT_FOUND: Kind(
        Role.ELIGIBILITY,
        timedelta(days=1),
        "Find the patient's coverage",
        {"corrected_id": _RECHECK, "phone_verified": _PHONE, "no_coverage": _NOT_COVERED, "self_pay": _SELF_PAY},
    ),
    TaskType.ELIG_INACTIVE: Kind(
        Role.ELIGIBILITY,
        timedelta(days=1),
        "Coverage is not active",
        {"new_coverage": _RECHECK, "phone_verified": _PHONE, "no_coverage": _NOT_COVERED, "self_pay": _SELF_PAY},
    ),
    TaskType.COB_CONFLICT: Kind(
        Role.ELIGIBILITY,
        timedelta(days=3),
        "Another payer may come first",
        {
            "first_alone": Resolution("This policy pays first, and no other is billed", (_REFERENCE,)),
            "first_of_two": Resolution("This policy pays first; another one afterwards", (*POLICY, _REFERENCE)),
            "second": Resolution("Another policy pays first; this one afterwards", (*POLICY, _REFERENCE)),
        },
    ),
    TaskType.PAYER_UNAVAILABLE: Kind(
        Role.ELIGIBILITY,
        timedelta(days=1),
        "The payer does not answer",
        {"retry": _RETRY, "phone_verified": _PHONE},
    ),
    TaskType.VISIT_COVERAGE: Kind(
        Role.FRONT_DESK,
        timedelta(days=1),
        "Confirm the coverage of a coming visit",
        {
            "corrected": Resolution("Corrected on the patient's insurance page; ask the payer again"),
            "phone_verified": _PHONE,
            "patient_told": Resolution("The patient knows, and comes all the same", (REASON,)),
        },
    ),
    TaskType.AUTHORIZATION_MISSING: Kind(
        Role.AUTHORIZATION,
        timedelta(days=1),
        "Get an authorization before the visit",
        {
            "entered": Resolution("The authorization is on the patient's page now"),
            "not_required": Resolution("The payer wants none", (_REFERENCE,)),
            "patient_told": Resolution("The patient knows, and comes all the same", (REASON,)),
        },
    ),
    TaskType.NOTICE_WANTED: Kind(
        Role.FRONT_DESK,
        timedelta(days=1),
        "Get a notice of non-coverage signed",
        {
            "chosen": Resolution("What the patient chose is on their page now"),
            "not_needed": Resolution("Medicare pays it for this patient", (REASON,)),
            "not_done": Resolution("The service will not be done at this visit", (REASON,)),
        },
    ),
    TaskType.GOOD_FAITH_ESTIMATE_DUE: Kind(
        Role.FRONT_DESK,
        timedelta(days=1),
        "Give a good-faith estimate",
        {
            "estimate_sent": Resolution("The estimate was given in another way", (REASON,)),
            "insured": Resolution("The patient is insured for that day", (REASON,)),
        },
    ),
    TaskType.BILL_ABOVE_ESTIMATE: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=2),
        "The bill is far above the estimate",
        {
            "bill_stands": Resolution("The bill stands; send the statement", (REASON,)),
            "bill_lowered": Resolution("The bill was lowered", (REASON,)),
        },
    ),
    TaskType.ESTIMATE_DISPUTED: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=30),
        "A bill is disputed against its estimate",
        {
            "upheld": Resolution("The dispute ended; the bill stands", (REASON,)),
            "adjusted": Resolution("The dispute ended; the bill was changed", (REASON,)),
        },
    ),
    TaskType.CODE_REVIEW: Kind(
        Role.CODER,
        timedelta(days=2),
        "Review the codes",
        {
            "recoded": Resolution("Recoded", (CORRECTIONS,)),
            "codes_are_right": Resolution("Looked at; the codes are right"),
            "ask_provider": Resolution("Ask the provider", (_QUESTION,)),
            "codes_stand": Resolution(
                "The codes are right, whatever the tables say", (REASON,), needs_approval_right=True
            ),
        },
    ),
    TaskType.CODING_QUERY: Kind(
        Role.PROVIDER,
        timedelta(days=3),
        "Answer the coder's question",
        {"answered": Resolution("Answered", (Field("answer", "Answer", kind="long"),))},
    ),
    TaskType.NOTE_UNSIGNED: Kind(
        Role.PROVIDER,
        timedelta(days=3),
        "Sign the note",
        {"signed": Resolution("The note is signed", (Field("reference", "Signed on, and where it is"),))},
    ),
    TaskType.CHARGE_REVIEW: Kind(
        Role.CHARGE_REVIEWER,
        timedelta(days=2),
        "Review the charges",
        {
            "changed": Resolution("Charges changed", (CORRECTIONS,)),
            "approved": Resolution("Approve the charges as they stand", (REASON,)),
        },
    ),
    TaskType.MISSING_CHARGE: Kind(
        Role.CHARGE_REVIEWER,
        timedelta(days=2),
        "Find the missing charge",
        {
            "visit_entered": Resolution("The visit is entered, on another day or for another patient", (REASON,)),
            "not_billable": Resolution("Nothing is billed for it", (REASON,)),
        },
    ),
    TaskType.CLAIM_EDIT_FAILED: Kind(
        Role.BILLER,
        timedelta(days=1),
        "Mend the claim",
        {
            "fixed": Resolution("Fixed", (CORRECTIONS,)),
            "overridden": Resolution("Override the edits and send", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.OVERRIDE_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=2),
        "Approve overriding edits",
        {
            "approved": Resolution("Approve", (REASON,), needs_approval_right=True),
            "rejected": Resolution("Reject; mend the claim", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.ENROLMENT_MISSING: Kind(
        Role.CREDENTIALING,
        timedelta(days=7),
        "An enrolment is missing",
        {
            "enrolled": Resolution("The matrix is in order; go on"),
            "corrected": Resolution("The claim names the wrong provider: corrected", (CORRECTIONS,)),
            "send_anyway": Resolution("Send it anyway", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.TRANSMISSION_FAILED: Kind(
        Role.EDI_ANALYST,
        timedelta(hours=4),
        "A transmission failed",
        {"resent": Resolution("Send again as a new submission", (REASON,)), "handled": _HANDLED},
    ),
    TaskType.CLAIM_REJECTED: Kind(
        Role.BILLER,
        timedelta(days=2),
        "The claim was rejected",
        {"corrected_new_claim": Resolution("Corrected; send as a new original", (CORRECTIONS,)), "split_claim": _SPLIT},
    ),
    TaskType.NO_RESPONSE: Kind(
        Role.BILLER,
        timedelta(days=5),
        "The payer is silent",
        {
            "status_known": Resolution("Status known; look again later", (_REFERENCE, _FOLLOW_UP)),
            "resubmitted": Resolution("Not on file; send again", (_REFERENCE,)),
            "not_on_file_with_proof": Resolution(
                "Not on file though it was sent in time; send again with the proof of timely filing", (_REFERENCE,)
            ),
            "paid_find_era": Resolution(
                "The payer has paid; the remittance is looked for",
                (Field("reference", "Check or transfer number, and its day"), _FOLLOW_UP),
            ),
            "denied_by_phone": Resolution(
                "Denied, as was told by telephone; the written answer is awaited", (REASON, _REFERENCE, _FOLLOW_UP)
            ),
        },
    ),
    TaskType.DENIAL_REVIEW: Kind(
        Role.DENIALS,
        timedelta(days=10),
        "Work the denial",
        {
            "replace": Resolution("Corrected; send a replacement (frequency 7)", (_SOME_CORRECTIONS,)),
            "new_original": Resolution("Corrected; send as a new original", (_SOME_CORRECTIONS,)),
            "split_claim": _SPLIT,
            "retro_auth": Resolution(
                "Authorized after the fact; send a replacement",
                (Field("authorization", "Authorization number", is_sent=True),),
            ),
            "other_payer": Resolution("Another payer is liable; send it there", (CORRECTIONS,)),
            "appeal": Resolution(
                "Appeal: write the letter", (Field("argument", "Why the payer should pay", kind="long"),)
            ),
            "reopening": Resolution("Clerical reopening asked for", (_REFERENCE, _FOLLOW_UP)),
            "payer_reprocessing": Resolution("The payer processes it again", (_REFERENCE, _FOLLOW_UP)),
            "records_sent": Resolution("What was asked for was sent", (_REFERENCE, _FOLLOW_UP)),
            "bill_patient": Resolution("Bill the patient", (REASON,)),
            "write_off": Resolution("Propose a write-off", (REASON,)),
            "void": Resolution("Void the claim (frequency 8)", (REASON,), needs_approval_right=True),
            "wait_until": Resolution("Wait; look again later", (_REFERENCE, _FOLLOW_UP)),
        },
    ),
    **DISPUTES,
    **OF_ACCOUNTS,
    TaskType.WRITE_OFF_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=5),
        "Approve a write-off",
        {
            "approved": Resolution("Approve", (REASON,), needs_approval_right=True),
            "rejected": Resolution("Reject; work the denial", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.UNDERPAYMENT: Kind(
        Role.DENIALS,
        timedelta(days=30),
        "The payer allowed less than its contract",
        {
            "reconsideration": Resolution(
                "Ask for a reconsideration: write the letter",
                (
                    Field("argument", "What the letter says beside the computation", kind="long", required=False),
                    Field("letter", "Number of a waiting letter that it is added to", required=False, longest=20),
                ),
            ),
            "payer_reprocessing": Resolution("The payer processes it again", (_REFERENCE, _FOLLOW_UP)),
            "contract_wrong": Resolution("The payer is right: what we expected was wrong", (REASON,)),
            "accept": Resolution("Give it up", (REASON,)),
        },
    ),
    TaskType.UNDERPAYMENT_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=5),
        "Approve giving an underpayment up",
        {
            "approved": Resolution("Approve", (REASON,), needs_approval_right=True),
            "rejected": Resolution("Reject; work the underpayment", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.ERA_UNBALANCED: Kind(
        Role.POSTER, timedelta(days=2), "A remittance does not balance", {"payer_contacted": _HANDLED}
    ),
    TaskType.REMITTANCE_CONFLICT: Kind(
        Role.POSTER, timedelta(days=2), "Same trace, other content", {"payer_contacted": _HANDLED}
    ),
    TaskType.PAYMENT_REVIEW: Kind(
        Role.POSTER,
        timedelta(days=2),
        "Look at an answer before it is posted",
        {
            "post": Resolution("It is right; post it"),
            "payer_contacted": Resolution("It is wrong; leave it unapplied, the payer was asked", (REASON,)),
        },
    ),
    TaskType.UNMATCHED_REMIT: Kind(
        Role.POSTER,
        timedelta(days=2),
        "Match a payment",
        {
            "matched": Resolution("It belongs to this control number", (Field("control_number", "Control number"),)),
            "payer_contacted": Resolution("Not ours; left unapplied", (REASON,)),
        },
    ),
    TaskType.MEMBER_ID_CORRECTED: Kind(
        Role.FRONT_DESK,
        timedelta(days=5),
        "The payer knows the member by another number",
        {
            "taken": Resolution("Take the number over"),
            "not_taken": Resolution("Keep ours", (REASON,)),
        },
    ),
    TaskType.PLB_REVIEW: Kind(
        Role.POSTER,
        timedelta(days=2),
        "Money outside the claims",
        {
            "linked": Resolution("It is for the claim with this number", (Field("control_number", "Claim number"),)),
            **{name: Resolution(words, (REASON,)) for name, words in _NO_CLAIMS.items()},
            "reviewed": Resolution("It stays on PLB_CLEARING: its counterpart will come", (REASON,)),
        },
    ),
    TaskType.TAKEBACK_NOTICE: Kind(
        Role.DENIALS,
        timedelta(days=10),
        "The payer takes a payment back",
        {
            "dispute": Resolution(
                "Dispute it: write the letter", (Field("argument", "Why the payment was right", kind="long"),)
            ),
            "other_payer": Resolution("Another payer is liable; bill it", (CORRECTIONS,)),
            "payer_reprocessing": Resolution("The payer takes it up again", (_REFERENCE, _FOLLOW_UP)),
            "records_sent": Resolution("What was asked for was sent", (_REFERENCE, _FOLLOW_UP)),
            "write_off": Resolution("It is right; propose a write-off", (REASON,)),
            "wait_until": Resolution("Wait for the corrected answer; look again later", (_REFERENCE, _FOLLOW_UP)),
        },
    ),
    TaskType.MONEY_MISSING: Kind(
        Role.POSTER,
        timedelta(days=2),
        "Advised money has not come",
        {
            "payer_contacted": Resolution("The payer or the bank was asked", (_REFERENCE,)),
            "came_otherwise": Resolution("It came in another way, and is in the house or at the bank", (REASON,)),
        },
    ),
    TaskType.REMITTANCE_MISSING: Kind(
        Role.POSTER,
        timedelta(days=2),
        "A transfer without a remittance",
        {
            "payer_contacted": Resolution("The payer was asked for the remittance", (_REFERENCE,)),
            "not_a_remittance": Resolution("The money is for something else", (REASON,)),
        },
    ),
    TaskType.DEPOSIT_MISSING: Kind(
        Role.POSTER,
        timedelta(days=2),
        "A deposit that the bank does not know",
        {
            "bank_asked": Resolution("The bank was asked", (_REFERENCE,)),
            "came_otherwise": Resolution("It is at the bank, booked in another way", (REASON,)),
        },
    ),
    TaskType.CHEQUE_RETURNED: Kind(
        Role.POSTER,
        timedelta(days=2),
        "A cheque came back",
        {
            "taken_back": Resolution(
                "Take the payment back; it is owed again",
                (Field("payment", "Number of the cheque, where several are of this amount", required=False),),
            ),
            "not_ours": Resolution("It is no patient's cheque", (REASON,)),
        },
    ),
    TaskType.BANK_DIFFERS: Kind(
        Role.POSTER,
        timedelta(days=2),
        "Bank and remittance differ",
        {"payer_contacted": Resolution("The payer or the bank was asked", (_REFERENCE,))},
    ),
    TaskType.PAYER_CREDIT: Kind(
        Role.POSTER,
        timedelta(days=14),
        "A payer has paid too much",
        {
            "refund_payer": Resolution("Pay it back: propose a refund", (REASON,)),
            "payer_will_recoup": Resolution("The payer takes it back by itself", (_REFERENCE, _FOLLOW_UP)),
        },
    ),
    TaskType.REFUND_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=14),
        "Approve a refund to a payer",
        {
            "paid": Resolution("Approved and paid", (_REFERENCE,), needs_approval_right=True),
            "cancelled": Resolution("It is not paid back after all", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.INTAKE_ERROR: Kind(
        Role.EDI_ANALYST, timedelta(days=1), "Something could not be taken in", {"handled": _HANDLED}
    ),
    TaskType.GLASS_BROKEN: Kind(
        Role.SUPERVISOR,
        timedelta(days=1),
        "Look at a broken glass",
        {
            "warranted": Resolution("It was right", needs_approval_right=True),
            "not_warranted": Resolution("It was not right; it is followed up", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.MOVE_SIGN_OFF: Kind(
        Role.SUPERVISOR,
        timedelta(days=5),
        "Sign a move off",
        {
            "signed_off": Resolution(
                "It is as it was in the old system: patients may be asked from now on", needs_approval_right=True
            )
        },
    ),
    TaskType.UNKNOWN_PAYEE: Kind(
        Role.EDI_ANALYST, timedelta(days=1), "A remittance for an unknown provider", {"handled": _HANDLED}
    ),
}

ESCALATION_STEP = timedelta(days=1)
"""How long each rung (reminder, lead, supervisor) waits once a task is overdue."""

LAST_ESCALATION = 3


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task that a verdict asks for. The same `key` opens it once."""

    type: TaskType
    key: str
    reason: str
    amount_cents: int = 0
    detail: dict[str, str] = field(default_factory=dict)
    role: Role | None = None
    """Whose it is, where the cause decides that; None: the type's own role"""
    business_days: int | None = None
    """Until it is due, where the cause decides that"""
    days: int | None = None
    """Calendar days until it is due, where a policy says so"""
    not_after: datetime | None = None
    """Due by then whatever else holds: the payer's own limit"""

    @property
    def owner(self) -> Role:
        return self.role or KINDS[self.type].role

    def due_at(self, opened_at: datetime) -> datetime:
        days = self.business_days
        usual = KINDS[self.type].due if self.days is None else timedelta(days=self.days)
        due = opened_at + usual if days is None else after_business_days(opened_at, days)
        return due if self.not_after is None else max(opened_at, min(due, self.not_after))
