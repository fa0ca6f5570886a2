"""Simulated staff work every task that opens; simulated patients pay what they owe. Both through the public API."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from billing.tasks import TaskType
from simulator.office_client import OfficeClient

Values = dict[str, str]
SUPERVISOR = "supervisor"
NEVER_PAYS = 10
"""One of so many patients who owe something"""


@dataclass(frozen=True, slots=True)
class Way:
    """How the staff resolve tasks of one type."""

    resolution: str
    values: Callable[[Mapping[str, Any]], Values]
    role: str | None = None
    """Who does it; None: the task's own role"""


def denial_way(task: Mapping[str, Any]) -> Way:
    """What a denial specialist does: what is usual, but no second try once the first has come to nothing."""
    usual = [one["name"] for one in task["resolutions"] if one["is_usual"]]
    category = task["detail"].get("category", "")
    if "look at this denial again" in task["reason"] or "the appeal at level" in task["reason"]:
        return WAYS[TaskType.DENIAL_REVIEW]
    if "documents were sent" in task["reason"]:
        return WAYS[TaskType.DENIAL_REVIEW]
    if category == "duplicate":
        return Way("wait_until", _look_again)
    if "bill_patient" in usual and category == "benefit":
        return Way("bill_patient", _reason("the plan excludes it, and the patient was told before"))
    return _DENIAL_WAYS.get(next(iter(usual), ""), WAYS[TaskType.DENIAL_REVIEW])


def silence_way(task: Mapping[str, Any]) -> Way:
    """What a biller does about silence: what was paid is looked for, what is pending is looked at again, and what the
    payer says nothing of is sent again."""
    if "has finalized the claim" in task["reason"]:
        return Way("paid_find_era", _look_again)
    if "is in adjudication" in task["reason"]:
        return Way("status_known", _look_again)
    return WAYS[TaskType.NO_RESPONSE]


def guardian_way(task: Mapping[str, Any]) -> Way:
    """What an account representative says: the patient answers now, and a parent did where nobody is named."""
    return WAYS[TaskType.WHO_ANSWERS] if "nobody is named" not in task["reason"] else Way("name_guardian", _parent)


def _parent(task: Mapping[str, Any]) -> Values:
    return {"last_name": "ROE", "first_name": "ROBIN", "relationship": "parent"}


def _look_again(task: Mapping[str, Any]) -> Values:
    day = datetime.fromisoformat(task["opened_at"]).date() + timedelta(days=30)
    return {"reference": "CALL-1", "follow_up": day.isoformat()}


def _decided(task: Mapping[str, Any]) -> Values:
    return {"decided_on": task["opened_at"][:10], "reference": "LETTER-1"}


def _replaced(task: Mapping[str, Any]) -> Values:
    if task["detail"].get("category") == "eligibility":
        return _corrected_member(task)
    if task["detail"].get("category") in {"bundling", "coding"}:
        return {"corrections": "line.1.modifiers = 59"}
    return {"corrections": ""}


def _other_payer(task: Mapping[str, Any]) -> Values:
    member = _corrected_member(task)["corrections"]
    return {"corrections": f"payer_id = 90002\npayer_name = EXAMPLE MUTUAL\n{member}"}


def _reason(text: str) -> Callable[[Mapping[str, Any]], Values]:
    return lambda task: {"reason": text}


def _corrected_member(task: Mapping[str, Any]) -> Values:
    """The card said otherwise: another member id, which no scenario's letters begin."""
    return {"corrections": f"member_id = W{task['subject_id'][:9].upper()}"}


def _patient_complete(task: Mapping[str, Any]) -> Values:
    return {
        "corrections": "patient.birth_date = 1980-01-01\npatient.sex = U\npatient.street = 1 INVENTED ST\n"
        "patient.city = ANYTOWN\npatient.state = OH\npatient.postal_code = 441019999\nmember_id = W000000001"
    }


def _called(task: Mapping[str, Any]) -> Values:
    return {"reference": "CALL-1"}


_CHOSEN: dict[str, Callable[[Mapping[str, Any]], Way]] = {
    TaskType.DENIAL_REVIEW: denial_way,
    TaskType.NO_RESPONSE: silence_way,
    TaskType.WHO_ANSWERS: guardian_way,
}
"""Tasks whose way depends on what they say"""

_DENIAL_WAYS: dict[str, Way] = {
    "replace": Way("replace", _replaced),
    "new_original": Way("new_original", lambda task: {"corrections": ""}),
    "retro_auth": Way("retro_auth", lambda task: {"authorization": f"A{task['subject_id'][:9].upper()}"}),
    "other_payer": Way("other_payer", _other_payer),
    "appeal": Way("appeal", lambda task: {"argument": "The records of the visit show that the service was needed."}),
}

WAYS: dict[TaskType, Way] = {
    TaskType.REGISTRATION_INCOMPLETE: Way("fields_completed", _patient_complete),
    TaskType.ELIG_NOT_FOUND: Way("corrected_id", _corrected_member),
    TaskType.ELIG_INACTIVE: Way("new_coverage", _corrected_member),
    TaskType.COB_CONFLICT: Way("first_alone", _called),
    TaskType.PAYER_UNAVAILABLE: Way("retry", lambda task: {}),
    TaskType.CODE_REVIEW: Way("recoded", lambda task: {"corrections": "diagnoses = R69"}),
    TaskType.CODING_QUERY: Way("answered", lambda task: {"answer": "as coded"}),
    TaskType.NOTE_UNSIGNED: Way("signed", _called),
    TaskType.OVERRIDE_APPROVAL: Way("approved", _reason("agreed"), SUPERVISOR),
    TaskType.VISIT_COVERAGE: Way("patient_told", _reason("brings the card")),
    TaskType.AUTHORIZATION_MISSING: Way("not_required", _called),
    TaskType.MONEY_MISSING: Way("payer_contacted", _called),
    TaskType.REMITTANCE_MISSING: Way("payer_contacted", _called),
    TaskType.DEPOSIT_MISSING: Way("bank_asked", _called),
    TaskType.CHEQUE_RETURNED: Way("not_ours", _reason("the bank booked it twice")),
    TaskType.BANK_DIFFERS: Way("payer_contacted", _called),
    TaskType.NOTICE_WANTED: Way("not_done", _reason("the doctor leaves it out")),
    TaskType.GOOD_FAITH_ESTIMATE_DUE: Way("estimate_sent", _reason("given by hand")),
    TaskType.BILL_ABOVE_ESTIMATE: Way("bill_stands", _reason("agreed with the patient")),
    TaskType.ESTIMATE_DISPUTED: Way("upheld", _reason("settled")),
    TaskType.CHARGE_REVIEW: Way("approved", _reason("looked at")),
    TaskType.MISSING_CHARGE: Way("not_billable", _reason("a courtesy")),
    TaskType.CLAIM_EDIT_FAILED: Way("overridden", _reason("the payer takes it so"), SUPERVISOR),
    TaskType.ENROLMENT_MISSING: Way("send_anyway", _reason("the payer's letter is under way"), SUPERVISOR),
    TaskType.TRANSMISSION_FAILED: Way("handled", _reason("the clearinghouse was called")),
    TaskType.CLAIM_REJECTED: Way("corrected_new_claim", _corrected_member),
    TaskType.NO_RESPONSE: Way("resubmitted", _called),
    TaskType.DENIAL_REVIEW: Way("write_off", _reason("nothing more can be had for it")),
    TaskType.INFO_REQUEST: Way("send_records", lambda task: {}),
    TaskType.PROMISE_BROKEN: Way("let_go", _reason("the matter is followed up by itself")),
    TaskType.APPEAL_DEADLINE: Way("sent", lambda task: {}),
    TaskType.APPEAL_DECISION: Way("lost", _decided),
    TaskType.WRITE_OFF_APPROVAL: Way("approved", _reason("agreed"), SUPERVISOR),
    TaskType.UNDERPAYMENT: Way("reconsideration", lambda task: {}),
    TaskType.UNDERPAYMENT_APPROVAL: Way("approved", _reason("agreed"), SUPERVISOR),
    TaskType.ERA_UNBALANCED: Way("payer_contacted", _reason("the payer sends it again")),
    TaskType.REMITTANCE_CONFLICT: Way("payer_contacted", _reason("the payer sends it again")),
    TaskType.PAYMENT_REVIEW: Way("post", lambda task: {}),
    TaskType.UNMATCHED_REMIT: Way("payer_contacted", _reason("not ours")),
    TaskType.RECOVERY_ANNOUNCED: Way("dispute", lambda task: {"argument": "The service was rendered and billed once."}),
    TaskType.TAKEBACK_NOTICE: Way("dispute", lambda task: {"argument": "The service was rendered and billed once."}),
    TaskType.MEMBER_ID_CORRECTED: Way("taken", lambda task: {}),
    TaskType.PLB_REVIEW: Way("reviewed", _reason("agrees with the payer's letter")),
    TaskType.PAYER_CREDIT: Way("refund_payer", _reason("it was paid twice")),
    TaskType.REFUND_APPROVAL: Way("paid", lambda task: {"reference": "CHEQUE-1"}, SUPERVISOR),
    TaskType.UNPLACED_CHEQUE: Way("sent_back", lambda task: {"reason": "no patient of ours", "reference": "CHEQUE-2"}),
    TaskType.CARD_PAYMENT_REVERSED: Way("noted", _reason("the patient pays in another way")),
    TaskType.PLAN_DEFAULT: Way("ended", _reason("the patient could not be reached")),
    TaskType.WHO_ANSWERS: Way("patient", lambda task: {}),
    TaskType.ASSISTANCE_REVIEW: Way("denied", _reason("no proof of income was sent")),
    TaskType.ASSISTANCE_APPROVAL: Way("approved", _reason("agreed"), SUPERVISOR),
    TaskType.PATIENT_QUESTION: Way("answered", _reason("explained on the telephone")),
    TaskType.CREDIT_BALANCE: Way("refund_patient", lambda task: {"reference": "REFUND-1"}),
    TaskType.PATIENT_REFUND_APPROVAL: Way("approved", lambda task: {}, SUPERVISOR),
    TaskType.CARD_CHARGE_SILENT: Way("asked", lambda task: {"reference": "CALL-1"}),
    TaskType.CARD_REFUND_SILENT: Way("asked", lambda task: {"reference": "CALL-1"}),
    TaskType.CARD_PAYOUT_LINE: Way("counted", _reason("the processor does not say what it is"), SUPERVISOR),
    TaskType.CARD_PAYOUT_REFUSED: Way("asked", lambda task: {"reference": "CALL-1"}),
    TaskType.PATIENT_BALANCE_DUE: Way("follow_up", lambda task: {"reference": "CALL-1", "follow_up": "2099-01-01"}),
    TaskType.PRECOLLECTION_APPROVAL: Way("place", lambda task: {"agency": "EXAMPLE RECOVERY"}, SUPERVISOR),
    TaskType.INTAKE_ERROR: Way("handled", _reason("returned to the sender")),
    TaskType.GLASS_BROKEN: Way("warranted", lambda task: {}, SUPERVISOR),
    TaskType.MOVE_SIGN_OFF: Way("signed_off", lambda task: {}, SUPERVISOR),
    TaskType.UNKNOWN_PAYEE: Way("handled", _reason("returned to the payer")),
}
"""One way per task type; a test holds it against the office's list."""


@dataclass
class Staff:
    """People who work what is open. `error_rate`: how often a form is first sent empty and refused."""

    office: OfficeClient
    error_rate: float = 0.0
    seed: int = 1
    deliver: Callable[[str], None] = lambda text: None
    """Where letters to payers go"""
    posted: Callable[[str, Mapping[str, Any]], None] = lambda letter_id, said: None
    """Where letters to patients go: the letter's id, and what it says"""
    done: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    stuck: set[str] = field(default_factory=set)
    """Tasks that the office would not let them finish"""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def work(self) -> int:
        """Work every open task once; returns how many were completed."""
        completed = 0
        for task in self.office.open_tasks():
            if task["id"] in self.stuck or task["type"] == TaskType.PATIENT_BALANCE_DUE:
                continue
            completed += self._resolve(task)
        return completed

    def mail(self) -> int:
        """Print and send every letter that waits; returns how many."""
        waiting = self.office.letters_waiting()
        for letter_id in waiting:
            said = self.office.letter(letter_id)
            self.office.mark_sent(letter_id)
            self.deliver(json.dumps(said))
            self.posted(letter_id, said)
        return len(waiting)

    def _resolve(self, task: Mapping[str, Any]) -> int:
        chosen = _CHOSEN.get(task["type"])
        way = chosen(task) if chosen is not None else WAYS[TaskType(task["type"])]
        role = way.role or task["role"]
        if self._dice.random() < self.error_rate:
            self.refused += self.office.complete(task["id"], role, "no_such_way", {}).status == 422
        answer = self.office.complete(task["id"], role, way.resolution, way.values(task))
        if answer.status == 409:
            return 0
        if not answer.is_done:
            self.stuck.add(task["id"])
            return 0
        self.done[task["type"]] = self.done.get(task["type"], 0) + 1
        return 1


@dataclass
class Patients:
    """Patients pay their share: most at once, every third in two parts, every tenth who owes never."""

    office: OfficeClient
    paid_cents: int = 0
    payments: int = 0
    unwilling: set[str] = field(default_factory=set)
    """Visits whose patient never pays"""
    _asked: set[str] = field(default_factory=set)

    def pay(self, today: date) -> int:
        """Everybody who owes something pays; returns how many payments were made."""
        made = 0
        for row in self.office.encounters("patient_balance"):
            encounter = self.office.encounter(row["id"])
            owed = int(encounter["patient_owed_cents"])
            if owed <= 0 or not self._is_willing(row["id"]):
                continue
            parts = [owed // 2, owed - owed // 2] if self.payments % 3 == 2 and owed > 1 else [owed]
            for number, cents in enumerate(parts):
                key = f"pay-{row['id']}-{encounter['version']}-{number}"
                answer = self.office.pay(row["id"], cents, received_on=today, key=key)
                if answer.is_done:
                    made += 1
                    self.paid_cents += cents
            self.payments += 1
        return made

    def _is_willing(self, encounter_id: str) -> bool:
        if encounter_id not in self._asked:
            self._asked.add(encounter_id)
            if len(self._asked) % NEVER_PAYS == 0:
                self.unwilling.add(encounter_id)
        return encounter_id not in self.unwilling
