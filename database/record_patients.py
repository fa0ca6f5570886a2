"""Whose record a row is: the patients behind an id that a request names, so that one place can keep it from who may
not see them.

`NAMED` says of every name under which a request gives an id which row it is; `NOBODYS` names those that lead to no
single patient. A test finds a route whose parameter stands in neither.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from database import account_lists, households
from database.tables import Encounter


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that an id is of."""

    table: str
    column: str = "id"


NAMED: dict[str, Rows] = {
    "appeal_id": Rows("appeal"),
    "application_id": Rows("assistance_application"),
    "appointment": Rows("appointment"),
    "appointment_id": Rows("appointment"),
    "authorization_id": Rows("payer_authorization"),
    "control_number": Rows("submission", "control_number"),
    "copy": Rows("encounter"),
    "encounter_id": Rows("encounter"),
    "estimate_id": Rows("estimate"),
    "file_id": Rows("attachment"),
    "gone_id": Rows("patient"),
    "hold_id": Rows("account_hold"),
    "letter_id": Rows("letter"),
    "merge_id": Rows("patient_merge"),
    "note_id": Rows("note"),
    "notice_id": Rows("noncoverage_notice"),
    "patient": Rows("patient"),
    "patient_id": Rows("patient"),
    "payment_id": Rows("patient_payment"),
    "placement_id": Rows("placement"),
    "receipt_id": Rows("account_receipt"),
    "task_id": Rows("task"),
    "variance_ids": Rows("payment_variance"),
    "visit": Rows("encounter"),
}
"""Name of a parameter or field -> the rows of single patients that it names"""

WHOLE: dict[str, tuple[Rows, ...]] = {
    "batch_id": (Rows("submission", "batch_id"),),
    "file_id": (Rows("placement_event", "file_id"),),
    "message_id": (
        Rows("remittance_file", "message_id"),
        Rows("fact", "subject_id"),
        Rows("claim_status_inquiry", "message_id"),
        Rows("benefits", "message_id"),
    ),
    "remittance_id": (Rows("remittance_claim", "remittance_id"),),
    "run_id": (Rows("statement_run_item", "run_id"),),
}
"""The same for files in which many patients stand, where the bytes themselves are asked for"""

NOBODYS = frozenset(
    {
        *("agency_id", "batch_id", "contract_id", "edit_id", "location_id", "message_id", "movement_id", "partner_id"),
        *("payer_id", "remittance_id", "remittance_ids", "resubmission_id", "rule_id", "run_id", "search_id"),
        *("stop_id", "task_ids", "user_id", "actor_id", "receiver_id", "external_id", "member_id", "tax_id"),
        *("invoice_id", "reader_id"),
    }
)
"""Names that lead to no single patient, or, as the many tasks that are taken at once, to none that is shown"""

OF_SUBJECTS: dict[str, Rows] = {
    "appointment": Rows("appointment"),
    "assistance": Rows("assistance_application"),
    "card_charge": Rows("checkout"),
    "card_refund": Rows("card_refund"),
    "claim": Rows("submission", "control_number"),
    "encounter": Rows("encounter"),
    "estimate": Rows("estimate"),
    "note": Rows("note"),
    "patient": Rows("patient"),
    "refund": Rows("task"),
}
"""What a task, a note or a file stands on -> the rows of its id; of any other subject no single patient is known"""

NOBODYS_SUBJECTS = frozenset(
    {
        *("agency_file", "bank_movement", "batch", "card_payout", "card_payout_line", "deposit", "lockbox_batch"),
        *("lockbox_cheque", "message", "move", "practice", "remittance"),
    }
)
"""What a task may stand on and be about no single patient"""

ACCOUNT = "account"
_OF_ACCOUNTS = frozenset(
    {"account_hold", "account_receipt", "assistance_application", "checkout", "letter", "placement"}
)
"""Tables whose rows are of everybody's on an account where they name no visit"""
_DIRECT = ("patient_id", "kept_id", "gone_id")
_LEADS_ON = {
    "benefits": ("appointment_id", Rows("appointment")),
    "control_number_alias": ("control_number", Rows("submission", "control_number")),
    "remittance_file": ("id", Rows("remittance_claim", "remittance_id")),
    "statement_run_item": ("letter_id", Rows("letter")),
    "placement_event": ("placement_id", Rows("placement")),
}
"""Table -> the column whose values name rows of another table"""
_WANTED = (
    *(*_DIRECT, "encounter_id", "appointment_id", "subject", "subject_id", "letter_id", "placement_id"),
    "control_number",
)


class Kept:
    """Who of the patients kept from somebody stands behind the rows of one practice."""

    def __init__(self, session: Session, patients: frozenset[str], *, practice_id: str) -> None:
        self._session, self._patients, self._practice_id = session, patients, practice_id

    @cached_property
    def _on_accounts(self) -> dict[str, set[str]]:
        """Account -> the kept patients of whom it shows something."""
        found: dict[str, set[str]] = defaultdict(set)
        visits = select(Encounter.patient_id, Encounter.responsible_id).where(
            col(Encounter.patient_id).in_(self._patients), col(Encounter.responsible_id).is_not(None)
        )
        answered = [(one, other) for one, other in self._session.exec(visits.distinct()) if other is not None]
        for patient_id, other in [*((one, one) for one in self._patients), *answered]:
            found[other].add(patient_id)
            found[households.holder_of(self._session, other)].add(patient_id)
        return found

    def behind(self, rows: Rows, ids: Collection[str]) -> set[str]:
        """The kept patients whose rows these are; ids of nobody, or of another practice, say nothing."""
        if rows.table == "patient":
            return set(self._patients.intersection(ids))
        table = SQLModel.metadata.tables[rows.table]
        wanted = [table.c[one] for one in ("id", *_WANTED) if one in table.c]
        query = sa.select(*wanted).where(table.c.practice_id == self._practice_id, table.c[rows.column].in_(ids))
        found: set[str] = set()
        further: dict[Rows, set[str]] = defaultdict(set)
        # As plain dictionaries: a row answers to `encounter_id` for `encounter.id` too.
        for row in map(dict, self._session.execute(query).mappings()):
            found |= self._named(rows.table, row)
            for following, value in self._leads(rows.table, row):
                further[following].add(value)
        return found.union(*(self.behind(following, values) for following, values in further.items()))

    def formerly(self, number: str) -> set[str]:
        """The kept patients of a claim that an old system had sent under this number."""
        return self.behind(Rows("control_number_alias", "number"), [number.strip().upper()])

    def on_subject(self, subject: str, subject_id: str) -> set[str]:
        """The kept patients behind what a task, a note or a file stands on."""
        if subject == ACCOUNT:
            return self.on_account(subject_id)
        rows = OF_SUBJECTS.get(subject)
        return set() if rows is None else self.behind(rows, [subject_id])

    def on_account(self, patient_id: str) -> set[str]:
        """The kept patients of whom the account shows something that this patient's shares stand on."""
        holder = households.holder_of(self._session, patient_id)
        return self._on_accounts.get(patient_id, set()) | self._on_accounts.get(holder, set())

    def on_paper(self, number: str) -> set[str]:
        """The kept patients on the account that a paper with this number was about."""
        holder = account_lists.by_paper(self._session, number, practice_id=self._practice_id)
        return set() if holder is None else self.on_account(holder)

    def _named(self, table: str, row: dict[str, Any]) -> set[str]:
        """Whom a row names itself, or by its account or subject."""
        named = {row[one] for one in _DIRECT if row.get(one)}
        found = set(self._patients & named)
        if table in _OF_ACCOUNTS and not row.get("encounter_id"):
            found.update(*(self._on_accounts.get(one, set()) for one in named))
        if row.get("subject") == ACCOUNT:
            found |= self.on_account(row["subject_id"])
        return found

    def _leads(self, table: str, row: dict[str, Any]) -> Iterator[tuple[Rows, str]]:
        if row.get("encounter_id"):
            yield Rows("encounter"), row["encounter_id"]
        if row.get("subject") in OF_SUBJECTS:
            yield OF_SUBJECTS[row["subject"]], row["subject_id"]
        if table in _LEADS_ON and row[_LEADS_ON[table][0]]:
            yield _LEADS_ON[table][1], row[_LEADS_ON[table][0]]
