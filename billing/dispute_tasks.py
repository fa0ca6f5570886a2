"""Tasks about what a payer is asked to decide again: documents that it wants, promises, and appeals."""

from datetime import timedelta

from billing.roles import Role
from billing.task_types import Field, Kind, Resolution, TaskType

REASON = Field("reason", "Reason")
REFERENCE = Field("reference", "Call reference or document number")
FOLLOW_UP = Field("follow_up", "Look again on", kind="date")
_DECIDED_ON = Field("decided_on", "Day of the decision", kind="date")
_DECISION = Field("reference", "Reference of the decision")

DISPUTES: dict[TaskType, Kind] = {
    TaskType.INFO_REQUEST: Kind(
        Role.BILLER,
        timedelta(days=10),
        "The payer wants documents",
        {
            "send_records": Resolution(
                "Send them: write the cover sheet", (Field("remark", "What the cover sheet says", required=False),)
            ),
            "replace": Resolution(
                "Send a replacement that says that they follow (PWK), and the cover sheet",
                (
                    Field("way", "How they follow: mail, fax or portal"),
                    Field("report", "Kind of report (PWK01; OZ supports the claim)", required=False, longest=2),
                ),
            ),
            "sent_otherwise": Resolution("They were sent already", (REFERENCE, FOLLOW_UP)),
            "cannot_supply": Resolution("They cannot be supplied", (REASON,)),
            "appeal_instead": Resolution(
                "Appeal instead: write the letter", (Field("argument", "Why the payer should pay", kind="long"),)
            ),
        },
    ),
    TaskType.RECOVERY_ANNOUNCED: Kind(
        Role.DENIALS,
        timedelta(days=10),
        "The payer announces that it takes money back",
        {
            "dispute": Resolution(
                "Dispute it: write the letter", (Field("argument", "Why the payment was right", kind="long"),)
            ),
            "agree": Resolution("It is right; let it be taken", (REASON,)),
            "withdrawn": Resolution("The payer let it go", (REFERENCE,)),
        },
    ),
    TaskType.PROMISE_BROKEN: Kind(
        Role.BILLER,
        timedelta(days=2),
        "A promise was not kept",
        {
            "kept": Resolution("It was kept after all", (REFERENCE,)),
            "promised_again": Resolution("Asked again, and promised anew", (REFERENCE, FOLLOW_UP)),
            "let_go": Resolution("Nothing more is awaited of it", (REASON,)),
        },
    ),
    TaskType.APPEAL_DEADLINE: Kind(
        Role.DENIALS,
        timedelta(days=1),
        "An appeal waits to be sent",
        {
            "sent": Resolution("It is sent, and its letter says how"),
            "not_sent": Resolution("It is not sent; withdraw it", (REASON,)),
        },
    ),
    TaskType.APPEAL_DECISION: Kind(
        Role.DENIALS,
        timedelta(days=5),
        "Find out what became of an appeal",
        {
            "won": Resolution("Won in full", (_DECIDED_ON, _DECISION)),
            "won_in_part": Resolution(
                "Won in part", (_DECIDED_ON, _DECISION, Field("amount", "What the payer will pay", kind="amount"))
            ),
            "lost": Resolution("Lost", (_DECIDED_ON, _DECISION)),
            "no_decision": Resolution("No decision in time; go on to the next level", (REFERENCE,)),
            "still_waiting": Resolution("It will still be decided; look again later", (REFERENCE, FOLLOW_UP)),
        },
    ),
}
