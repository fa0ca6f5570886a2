"""Tasks about what patients owe, paid too much, and say."""

from datetime import timedelta

from billing.dispute_tasks import FOLLOW_UP, REASON, REFERENCE
from billing.roles import Role
from billing.task_types import Field, Kind, Resolution, TaskType

_GUARANTOR = (
    Field("last_name", "Last name", longest=60),
    Field("first_name", "First name", longest=35),
    Field("relationship", "Relationship to the patient: parent, guardian, spouse, other"),
    Field("birth_date", "Birth date", kind="date", required=False),
    Field("telephone", "Telephone", required=False, longest=20),
    Field("street", "Street", required=False, longest=55),
    Field("city", "City", required=False, longest=30),
    Field("state", "State, two letters", required=False, longest=2),
    Field("postal_code", "Postal code", required=False, longest=10),
)

OF_ACCOUNTS: dict[TaskType, Kind] = {
    TaskType.CREDIT_BALANCE: Kind(
        Role.POSTER,
        timedelta(days=30),
        "A credit is owed to the patient",
        {
            "refund_patient": Resolution("Refund paid by cheque or transfer", (REFERENCE,)),
            "refund_card": Resolution("Pay it back to the card that paid"),
        },
    ),
    TaskType.PATIENT_REFUND_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=5),
        "Agree to pay a patient back",
        {
            "approved": Resolution("Agreed", needs_approval_right=True),
            "rejected": Resolution("Not agreed; look at the credit again", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.CARD_REFUND_SILENT: Kind(
        Role.POSTER,
        timedelta(days=5),
        "A refund to a card is not confirmed",
        {"asked": Resolution("Asked the card processor; it will tell", (REFERENCE,))},
    ),
    TaskType.CARD_CHARGE_SILENT: Kind(
        Role.POSTER,
        timedelta(days=5),
        "A charge of an instalment is not confirmed",
        {"asked": Resolution("Asked the card processor; it will tell", (REFERENCE,))},
    ),
    TaskType.CARD_PAYOUT_LINE: Kind(
        Role.POSTER,
        timedelta(days=5),
        "A line of a card payout fits nothing",
        {
            "named": Resolution(
                "It is a card payment of this visit, or its return",
                (Field("visit", "Number of the visit or of its claim", longest=40),),
            ),
            "counted": Resolution("Count it as a cost of taking cards", (REASON,), needs_approval_right=True),
        },
    ),
    TaskType.CARD_PAYOUT_REFUSED: Kind(
        Role.POSTER,
        timedelta(days=2),
        "A payout report cannot be taken",
        {"asked": Resolution("Asked the card processor for a right one", (REFERENCE,))},
    ),
    TaskType.PATIENT_BALANCE_DUE: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=5),
        "The patient's share is open",
        {"follow_up": Resolution("Spoken with the patient; look again later", (REFERENCE, FOLLOW_UP))},
    ),
    TaskType.PRECOLLECTION_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=10),
        "Decide before collections",
        {
            "place": Resolution("Place with an agency", (Field("agency", "Agency"),), needs_approval_right=True),
            "write_off": Resolution("Write off as bad debt", (REASON,), needs_approval_right=True),
            "hold": Resolution("Wait: dispute, plan, assistance", (REASON, FOLLOW_UP)),
        },
    ),
    TaskType.UNPLACED_CHEQUE: Kind(
        Role.POSTER,
        timedelta(days=3),
        "A cheque of the lockbox is nobody's",
        {
            "placed": Resolution(
                "It is for this account", (Field("account", "Number of a statement, a visit or a claim", longest=40),)
            ),
            "sent_back": Resolution("It goes back to who sent it", (REASON, REFERENCE)),
        },
    ),
    TaskType.CARD_PAYMENT_REVERSED: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=5),
        "A card payment came back",
        {
            "spoken": Resolution("Spoken with the patient", (REFERENCE,)),
            "disputed": Resolution("Disputed with the card company", (REFERENCE,)),
            "noted": Resolution("Nothing more is to be done", (REASON,)),
        },
    ),
    TaskType.PLAN_DEFAULT: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=5),
        "An agreement was not kept",
        {
            "resumed": Resolution("It goes on; what was missed is let pass", (REASON,)),
            "ended": Resolution("It ends; statements go out again", (REASON,)),
        },
    ),
    TaskType.PATIENT_QUESTION: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=5),
        "A patient asks",
        {
            "answered": Resolution("Answered; reminders go on", (REASON,)),
            "wait": Resolution("Answered; no reminder until a day", (REASON, FOLLOW_UP)),
        },
    ),
    TaskType.WHO_ANSWERS: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=14),
        "A patient comes of age: who answers now?",
        {
            "patient": Resolution("The patient answers"),
            "as_before": Resolution("Who answered before answers for later visits too", (REASON,)),
            "other": Resolution("Somebody else answers for later visits", _GUARANTOR),
            "name_guardian": Resolution(
                "Name who answered before; the patient answers, unless it was decided otherwise", _GUARANTOR
            ),
        },
    ),
    TaskType.ASSISTANCE_REVIEW: Kind(
        Role.ACCOUNT_REP,
        timedelta(days=30),
        "Decide on help with the bill",
        {
            "granted": Resolution("Grant what the scale says"),
            "granted_otherwise": Resolution(
                "Grant other help than the scale says",
                (Field("percent", "Percent that is taken off", longest=3), REASON),
            ),
            "denied": Resolution("Deny it", (REASON,)),
            "incomplete": Resolution(
                "Something is missing; write to the patient",
                (Field("missing", "What is missing, one thing a line", kind="long"),),
            ),
            "withdrawn": Resolution("The patient takes it back", (REASON,)),
        },
    ),
    TaskType.ASSISTANCE_APPROVAL: Kind(
        Role.SUPERVISOR,
        timedelta(days=5),
        "Agree to help with the bill",
        {
            "approved": Resolution("Agreed", (REASON,), needs_approval_right=True),
            "rejected": Resolution("Not agreed; look at it again", (REASON,), needs_approval_right=True),
        },
    ),
}
