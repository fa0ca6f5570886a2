"""Instalments that are charged to a kept card: prepared on their day, told ahead, and held up by what stands in
the way.

Nothing is sent from here. What is open is an errand of the account's workflow, under the checkout's id as key, until
the processor has answered.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session

from activities import patient_letters
from activities.messages import CardErrand
from billing import instalment_letters
from billing.days import day_of, noon_of
from billing.instalment_letters import Head
from billing.instalments import PlanState
from billing.kept_cards import (
    EXPIRED,
    TRIES,
    CardState,
    Charge,
    Errand,
    charges,
    last_day,
    notice_day,
)
from billing.letters import Letter
from billing.money import Cents, format_dollars
from billing.tasks import NewTask, TaskType
from database import (
    account_holds,
    accounts,
    instalments,
    kept_cards,
    office,
    patient_payments,
    paying,
    restoring,
    tasks,
)
from database.columns import new_id
from database.kept_cards import OFFICE
from database.tables import Checkout, InstalmentCharge, InstalmentPlan, KeptCard, PatientAccount

ASK_AGAIN = timedelta(hours=1)
"""What the processor did not answer is asked again"""
LOOK_ANEW = timedelta(days=1)
"""The same where no processor is set up: whether there is one now"""
TOO_LONG = timedelta(days=5)
"""A person is told of a charge that was not answered so long"""


@dataclass
class Look:
    """What one look at the cards of an account found."""

    errands: list[CardErrand] = field(default_factory=list)
    next_at: datetime | None = None
    said: list[str] = field(default_factory=list)


def look(
    session: Session,
    account: PatientAccount,
    owed: Sequence[accounts.Owed],
    *,
    stopped: Collection[str],
    has_processor: bool,
    at: datetime,
) -> Look:
    """Prepare what is due now, and name everything that the processor is still to be asked. The account is held.
    `stopped`: visits of which nothing may be asked now; a plan with one of them is not charged. Nor is any while the
    practice waits after a restore: what was charged after the backup is not known yet."""
    found = Look()
    cards = kept_cards.of_account(session, account.patient_id)
    waits = any(row.state == CardState.KEPT for row, _ in cards) and _hears(session, account.practice_id)
    for row, plan in cards:
        if plan.state in _OVER:
            kept_cards.end(session, row, by=OFFICE, why=f"the plan has {_OVER[PlanState(plan.state)]}", at=at)
        is_stopped = plan.state != PlanState.ACTIVE or bool(set(instalments.visits_of(plan)) & set(stopped))
        left = 0 if is_stopped or waits else _left(session, plan, owed)
        CardDesk(session, row, plan, at).look_after(found, left=left)
    if found.errands:
        again_at = at + (ASK_AGAIN if has_processor else LOOK_ANEW)
        found.next_at = min(found.next_at or again_at, again_at)
    if waits:
        found.next_at = min(found.next_at or at + ASK_AGAIN, at + ASK_AGAIN)
    return found


def refused(session: Session, charge: InstalmentCharge, checkout: Checkout, reason: str, *, at: datetime) -> None:
    """The card was refused: the patient is told, and when it is tried again. A charge that was taken back is told of to
    nobody. The account is held."""
    charge.why = reason[:200]
    session.add(charge)
    session.flush()
    row, plan = session.get_one(KeptCard, charge.card_id), session.get_one(InstalmentPlan, charge.plan_id)
    if not charge.is_withdrawn:
        CardDesk(session, row, plan, at).tell_of_refusal(charge, Cents(checkout.amount_cents), reason)


_OVER = {PlanState.ENDED: "ended", PlanState.KEPT: "been kept", PlanState.BROKEN: "been broken"}


def may_go(session: Session, charge: InstalmentCharge, checkout: Checkout) -> bool:
    """Whether a charge that was prepared a while ago may still be sent: the plan and the card hold, nothing stands in
    the way, a restore neither, and its visits owe so much."""
    plan, card = session.get_one(InstalmentPlan, charge.plan_id), session.get_one(KeptCard, charge.card_id)
    whose = {"practice_id": plan.practice_id, "patient_id": plan.patient_id}
    account, visits = accounts.find(session, **whose), set(instalments.visits_of(plan))
    if charge.is_withdrawn or card.state != CardState.KEPT or plan.state != PlanState.ACTIVE:
        return False
    holds = [one.encounter_id for one in account_holds.standing(session, plan.patient_id)]
    if account is None or account.paused_until is not None or any(one is None or one in visits for one in holds):
        return False
    if _hears(session, plan.practice_id):
        return False
    return _left(session, plan, accounts.owed_by_visit(session, **whose)) >= checkout.amount_cents


def _hears(session: Session, practice_id: str) -> bool:
    """Whether the practice's books were restored and are still hearing what they lost."""
    return bool(restoring.holds(session, practice_id=practice_id))


def _left(session: Session, plan: InstalmentPlan, owed: Sequence[accounts.Owed]) -> int:
    """Cents that the plan's visits owe and may be asked for, without what was paid and is not posted yet."""
    asked = {one.encounter_id for one in owed if one.is_billable} & set(instalments.visits_of(plan))
    coming = patient_payments.outstanding_of(session, asked, practice_id=plan.practice_id)
    return sum(one.owed_cents - one.coming_cents for one in coming)


class CardDesk:
    """One card of one plan inside one transaction."""

    def __init__(self, session: Session, row: KeptCard, plan: InstalmentPlan, at: datetime) -> None:
        self.session = session
        self.row = row
        self.plan = plan
        self.at = at
        self.policies = office.policies_for(session, practice_id=plan.practice_id, payer_id=None)
        self.today = self.policies.day(at)

    def look_after(self, found: Look, *, left: int) -> None:
        """`left`: cents that may be charged for the plan's visits, without what was paid and is not posted yet."""
        tried = kept_cards.charges_of(self.session, self.plan.id)
        open_now = [one for one in tried if one[1].state == paying.OPEN]
        mine = [one for one in open_now if one[0].card_id == self.row.id]
        coming = self._coming(left, {charge.part_day for charge, _ in mine})
        for charge, checkout in mine:
            found.errands.append(self._errand(charge, checkout, coming))
        if self.row.state == CardState.KEPT and not open_now:
            self._go_on(coming, found, attempts=[charge.part_day for charge, _ in tried])
        is_over = self.row.state in {CardState.STOPPED, CardState.EXPIRED}
        if is_over and not mine and self.row.reference is not None and self.row.forgotten_at is None:
            found.errands.append(CardErrand(kind=Errand.FORGET, subject_id=self.row.id))

    def tell_of_refusal(self, charge: InstalmentCharge, cents: Cents, reason: str) -> None:
        """A letter: tried again, or to be paid in another way."""
        about = Charge(charge.part_day, charge.part_day, cents, cents)
        if reason == EXPIRED:
            self._run_out(about)
            return
        tried = kept_cards.tries_of(self.session, self.plan.id, self.policies.zone)
        count = sum(one.part_day == charge.part_day and not one.is_withdrawn for one in tried)
        wait = self._policy("plan_retry_days")
        again_on = self.today + timedelta(days=wait)
        last = last_day(charge.part_day, grace_days=self._policy("plan_grace_days"))
        is_tried = wait and count < TRIES and self.row.state == CardState.KEPT and again_on <= last
        letter = instalment_letters.refused(
            self._head(about), again_on=again_on if is_tried else None, pay_by=self._pay_by(about)
        )
        self._write(letter)

    def _coming(self, left: int, open_days: Collection[date]) -> list[Charge]:
        """What is to be charged now and later. An open try counts as none, so that it is seen whether it is wanted."""
        if self.row.kept_at is None:
            return []
        tried = [
            one
            for one in kept_cards.tries_of(self.session, self.plan.id, self.policies.zone)
            if one.refused_on is not None or one.is_withdrawn or one.part_day not in open_days
        ]
        return charges(
            instalments.parts_of(self.plan),
            kept_cards.agreed_parts(self.row),
            tried,
            paid=instalments.standing_of(self.session, self.plan, self.policies, today=self.today).paid_cents,
            left=max(left, 0),
            kept_on=day_of(self.row.kept_at, self.policies.zone),
            today=self.today,
            retry_days=self._policy("plan_retry_days"),
            grace_days=self._policy("plan_grace_days"),
        )

    def _errand(self, charge: InstalmentCharge, checkout: Checkout, coming: Sequence[Charge]) -> CardErrand:
        """A try that the processor has not answered: charged still, or taken back."""
        wanted = next((one.cents for one in coming if one.part_day == charge.part_day), 0)
        if self.row.state != CardState.KEPT or wanted < checkout.amount_cents:
            charge.is_withdrawn = True
            self.session.add(charge)
            self.session.flush()
        if checkout.made_at + TOO_LONG <= self.at:
            self._ask_about_silence(checkout)
        return CardErrand(kind=Errand.CANCEL if charge.is_withdrawn else Errand.CHARGE, subject_id=checkout.id)

    def _go_on(self, coming: Sequence[Charge], found: Look, *, attempts: Sequence[date]) -> None:
        """Charge what is due, or tell of what comes next and wait for its day."""
        if not coming:
            return
        first = coming[0]
        told_on = notice_day(first, notice_days=self._policy("plan_notice_days"))
        page_until = paying.waits_for_page(self.session, self.plan.patient_id, at=self.at)
        has_run_out = self.row.expires_on is not None and self.row.expires_on < max(first.day, self.today)
        if has_run_out and told_on <= self.today:
            self._run_out(first)
            found.said.append("The kept card has expired")
        elif has_run_out:
            self._come_back(found, noon_of(told_on, self.policies.zone))
        elif first.day <= self.today and page_until is not None:
            self._come_back(found, page_until)
        elif first.day <= self.today:
            found.errands.append(self._prepare(first, attempt=attempts.count(first.part_day) + 1))
            found.said.append(f"{format_dollars(first.cents)} of the plan are charged to the kept card")
        else:
            self._tell_ahead(coming, found)
            self._come_back(found, noon_of(first.day, self.policies.zone))

    def _prepare(self, due: Charge, *, attempt: int) -> CardErrand:
        checkout = Checkout(
            id=new_id(),
            practice_id=self.plan.practice_id,
            patient_id=self.plan.patient_id,
            amount_cents=due.cents,
            made_at=self.at,
            state=paying.OPEN,
        )
        self.session.add(checkout)
        self.session.flush()
        self.session.add(
            InstalmentCharge(
                checkout_id=checkout.id,
                practice_id=self.plan.practice_id,
                plan_id=self.plan.id,
                card_id=self.row.id,
                part_day=due.part_day,
                attempt=attempt,
            )
        )
        self.session.flush()
        return CardErrand(kind=Errand.CHARGE, subject_id=checkout.id)

    def _tell_ahead(self, coming: Sequence[Charge], found: Look) -> None:
        """A letter some days before, where the amount is another one than agreed, or always, as the policy says. What
        was agreed to within those days is told of by the agreement itself."""
        days = self._policy("plan_notice_days")
        ahead = [
            one
            for one in coming
            if one.part_day > self.today and (self.row.told_of is None or one.part_day > self.row.told_of)
        ]
        if not days or not ahead:
            return
        due = notice_day(ahead[0], notice_days=days)
        assert self.row.kept_at is not None, "a card that is kept was told of"
        is_new = day_of(self.row.kept_at, self.policies.zone) >= due
        if due > self.today:
            self._come_back(found, noon_of(due, self.policies.zone))
        elif ahead[0].differs or (self._policy("plan_notice_always") and not is_new):
            agreed = ahead[0].agreed_cents
            self._write(instalment_letters.told_ahead(self._head(ahead[0]), agreed_cents=agreed))
            self.row.told_of = ahead[0].part_day
            self.session.add(self.row)
            found.said.append("The patient is told of the next charge")

    def _run_out(self, about: Charge) -> None:
        why = "the card has expired"
        kept_cards.end(self.session, self.row, by=OFFICE, why=why, at=self.at, state=CardState.EXPIRED)
        self._write(instalment_letters.run_out(self._head(about), pay_by=self._pay_by(about)))

    def _pay_by(self, about: Charge) -> date:
        return max(about.part_day + timedelta(days=self._policy("plan_grace_days")), self.today)

    def _head(self, about: Charge) -> Head:
        holder = self.plan.patient_id
        return Head(
            sender=patient_letters.sender_of(self.session, practice_id=self.plan.practice_id, holder_id=holder),
            addressee=patient_letters.addressee_of(self.session, holder, on=self.today),
            written_on=self.today,
            card=self.row.label,
            part_day=about.part_day,
            cents=about.cents,
        )

    def _write(self, content: Letter) -> None:
        patient_letters.put_in_queue(
            self.session,
            content,
            practice_id=self.plan.practice_id,
            holder_id=self.plan.patient_id,
            kind=instalment_letters.KIND,
            at=self.at,
            by=OFFICE,
        )

    def _ask_about_silence(self, checkout: Checkout) -> None:
        reason = (
            f"The card processor was asked on {checkout.made_at:%Y-%m-%d} to charge "
            f"{format_dollars(checkout.amount_cents)} of a payment plan (our number {checkout.id}), and has not said "
            "what became of it. It is asked every hour."
        )
        tasks.open_task(
            self.session,
            NewTask(TaskType.CARD_CHARGE_SILENT, key=checkout.id, reason=reason, amount_cents=checkout.amount_cents),
            practice_id=self.plan.practice_id,
            subject="card_charge",
            subject_id=checkout.id,
            at=self.at,
        )

    def _policy(self, name: str) -> int:
        return self.policies.value(name, as_of=self.today)

    def _come_back(self, found: Look, at: datetime) -> None:
        found.next_at = min(found.next_at or at, at)
