"""Credits of payers as people work them: what each is owed back, since when, until when, and how far it has come.

A credit stands on AR_INSURANCE, below zero, until somebody proposes to pay it back; from then on, until it is paid, on
PAYER_REFUND_DUE. Source: 42 CFR 401.305 (60 days from being identified), the policy `payer_refund_days` for others.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, func, select

from billing.deadlines import Reason
from billing.ledger import Account
from billing.tasks import TaskType
from database import ledger, office, patient_names
from database.tables import AgendaEntry, Encounter, Letter, Patient, Payer, Posting, Submission, Task


class State(StrEnum):
    """How far a credit has come."""

    FOUND = "found"
    WILL_RECOUP = "will_recoup"
    PROPOSED = "proposed"
    LETTER_SENT = "letter_sent"
    REFUNDED = "refunded"


STATE_WORDS: dict[State, str] = {
    State.FOUND: "found; a poster decides",
    State.WILL_RECOUP: "the payer takes it back by itself",
    State.PROPOSED: "to be paid back; a second person approves and pays",
    State.LETTER_SENT: "to be paid back; the letter is sent",
    State.REFUNDED: "paid back",
}


@dataclass(frozen=True, slots=True)
class Credit:
    """What one payer is owed back on one visit."""

    encounter_id: str
    patient: str
    service_date: date
    payer_id: str
    payer: str
    payer_claim_number: str
    account: str
    """AR_INSURANCE or PAYER_REFUND_DUE; empty once it is paid"""
    cents: int
    identified_on: date | None
    """None: nobody was asked about it yet"""
    pay_back_by: date | None
    days_left: int | None
    state: State
    state_words: str
    task_id: str | None
    letter_id: str | None
    follow_up: date | None
    """When it is looked at again whether the payer took it"""
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Credits:
    """Open credits by deadline, and beside them what the books say."""

    items: list[Credit]
    found_cents: int
    """On AR_INSURANCE, visits below zero"""
    owed_cents: int
    """On PAYER_REFUND_DUE, of the rows"""
    ledger_cents: int
    """The balance of PAYER_REFUND_DUE in the ledger"""

    @property
    def agrees(self) -> bool:
        return self.owed_cents == self.ledger_cents


def open_credits(session: Session, *, practice_id: str, today: date) -> Credits:
    """Every credit that is still owed, the nearest deadline first."""
    told = _Told(session, practice_id, today)
    on_visits = _balances(session, practice_id, Account.AR_INSURANCE)
    found = [told.found(encounter_id, -cents) for encounter_id, cents in on_visits.items() if cents < 0]
    owed = []
    for encounter_id, cents in _balances(session, practice_id, Account.PAYER_REFUND_DUE).items():
        owed += told.owed(encounter_id, -cents)
    items = sorted([*found, *owed], key=lambda one: (one.pay_back_by or date.min, -one.cents, one.encounter_id))
    in_books = ledger.account_totals(session, practice_id=practice_id).get(Account.PAYER_REFUND_DUE, 0)
    return Credits(items, sum(one.cents for one in found), sum(one.cents for one in owed), -in_books)


def paid_back(session: Session, *, practice_id: str, today: date, since: datetime) -> list[Credit]:
    """Refunds that were paid since an instant, the newest first."""
    told = _Told(session, practice_id, today)
    rows = session.exec(
        select(Task)
        .where(
            Task.practice_id == practice_id,
            Task.type == TaskType.REFUND_APPROVAL,
            Task.resolution == "paid",
            col(Task.closed_at) >= since,
        )
        .order_by(col(Task.closed_at).desc())
    )
    return [told.refund(one, json.loads(one.detail)["encounter_id"], one.amount_cents, paid=True) for one in rows]


def _balances(session: Session, practice_id: str, account: Account) -> dict[str, int]:
    total = func.sum(Posting.amount_cents)
    rows = session.exec(
        select(Posting.encounter_id, total)
        .where(Posting.practice_id == practice_id, Posting.account == account, col(Posting.encounter_id).is_not(None))
        .group_by(col(Posting.encounter_id))
        .having(total != 0)
    )
    return {encounter_id: int(cents) for encounter_id, cents in rows if encounter_id}


class _Told:
    """What tasks and letters say of a practice's credits."""

    def __init__(self, session: Session, practice_id: str, today: date) -> None:
        self._session = session
        self._practice_id = practice_id
        self._today = today
        self._asked: dict[str, list[Task]] = defaultdict(list)
        for one in self._tasks(TaskType.PAYER_CREDIT):
            self._asked[one.subject_id].append(one)
        self._refunds: dict[str, list[Task]] = defaultdict(list)
        for one in self._tasks(TaskType.REFUND_APPROVAL):
            if one.state == "open":
                self._refunds[json.loads(one.detail)["encounter_id"]].append(one)

    def _tasks(self, kind: TaskType) -> Sequence[Task]:
        query = select(Task).where(Task.practice_id == self._practice_id, Task.type == kind)
        return self._session.exec(query.order_by(col(Task.opened_at), Task.id)).all()

    def found(self, encounter_id: str, cents: int) -> Credit:
        """A credit that nobody has proposed to pay back."""
        asked = self._asked[encounter_id]
        latest = asked[-1] if asked else None
        recoups = latest is not None and latest.state == "done" and latest.resolution == "payer_will_recoup"
        return self._credit(
            encounter_id,
            cents,
            account=Account.AR_INSURANCE,
            first=_first_of(asked),
            state=State.WILL_RECOUP if recoups else State.FOUND,
            task=latest if latest is not None and latest.state == "open" else None,
        )

    def owed(self, encounter_id: str, cents: int) -> list[Credit]:
        """What is to be paid back on a visit, by proposal; what no proposal explains stands alone."""
        rows = [self.refund(one, encounter_id, one.amount_cents) for one in self._refunds[encounter_id]]
        rest = cents - sum(one.cents for one in rows)
        if rest:
            rows.append(
                self._credit(
                    encounter_id, rest, account=Account.PAYER_REFUND_DUE, first=None, state=State.PROPOSED, task=None
                )
            )
        return rows

    def refund(self, task: Task, encounter_id: str, cents: int, *, paid: bool = False) -> Credit:
        """One proposal to pay back."""
        letter = self._session.get(Letter, json.loads(task.detail).get("letter_id", ""))
        state = State.REFUNDED if paid else State.LETTER_SENT if letter and letter.sent_at else State.PROPOSED
        asked = [one for one in self._asked[encounter_id] if one.opened_at <= task.opened_at]
        until = next((place for place, one in enumerate(asked, start=1) if one.id == task.subject_id), len(asked))
        return self._credit(
            encounter_id,
            cents,
            account="" if paid else Account.PAYER_REFUND_DUE,
            first=_first_of(asked[:until]),
            state=state,
            task=None if paid else task,
            letter=letter,
            ended_at=task.closed_at,
        )

    def _credit(
        self,
        encounter_id: str,
        cents: int,
        *,
        account: str,
        first: Task | None,
        state: State,
        task: Task | None,
        letter: Letter | None = None,
        ended_at: datetime | None = None,
    ) -> Credit:
        visit = self._session.get_one(Encounter, encounter_id)
        patient = self._session.get_one(Patient, visit.patient_id)
        payer = self._session.get_one(Payer, visit.payer_id)
        policies = office.policies_for(self._session, practice_id=self._practice_id, payer_id=payer.id)
        identified = policies.day(first.opened_at) if first else None
        due = None
        if identified is not None:
            due = identified + timedelta(days=policies.value("payer_refund_days", as_of=identified))
        follow_up = self._session.get(AgendaEntry, (encounter_id, Reason.FOLLOW_UP.value))
        return Credit(
            encounter_id=encounter_id,
            patient=patient_names.name_of(patient),
            service_date=visit.service_date,
            payer_id=payer.id,
            payer=payer.name,
            payer_claim_number=self._payer_claim_number(encounter_id),
            account=account,
            cents=cents,
            identified_on=identified,
            pay_back_by=due,
            days_left=None if due is None or state == State.REFUNDED else (due - self._today).days,
            state=state,
            state_words=STATE_WORDS[state],
            task_id=task.id if task else None,
            letter_id=letter.id if letter else None,
            follow_up=policies.day(follow_up.due_at) if follow_up and state == State.WILL_RECOUP else None,
            ended_on=policies.day(ended_at) if ended_at else None,
        )

    def _payer_claim_number(self, encounter_id: str) -> str:
        query = select(Submission.payer_claim_number).where(
            Submission.encounter_id == encounter_id, col(Submission.payer_claim_number).is_not(None)
        )
        return self._session.exec(query.order_by(col(Submission.ordinal).desc()).limit(1)).first() or ""


def _first_of(asked: Sequence[Task]) -> Task | None:
    """The task by which the credit was identified: asking again whether the payer took it starts no clock anew."""
    first = None
    for one in reversed(asked):
        if first is not None and one.resolution != "payer_will_recoup":
            break
        first = one
    return first
