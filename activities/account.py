"""The steps on a patient's account: keep the items in step, write the paper that is due, ask before collections.

One transaction a step, under the account's row lock. The account decides; each encounter posts what is decided on it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session
from temporalio import activity

from activities import (
    assistance,
    instalment_charges,
    instalment_plans,
    prompt_pay,
    returned_mail,
    small_balances,
    standing_papers,
)
from activities.agencies import follow_holds
from activities.messages import AccountStanding, AccountStep
from activities.statement_papers import number_of, write_statement
from billing.account_holds import HoldKind
from billing.dunning import BalanceItem as Item
from billing.dunning import Notice, Plan, plan
from billing.money import format_dollars
from billing.tasks import NewTask, TaskType
from database import (
    account_holds,
    accounts,
    encounters,
    good_faith,
    households,
    moves,
    office,
    paying,
    records,
    tasks,
)
from database.columns import new_id
from database.engine import Database
from database.tables import AccountHold, BalanceItem, Encounter, Letter, PatientAccount, Task


class AccountActivities:
    """What an account's workflow asks of the book of record."""

    def __init__(self, database: Database, public_url: str, *, has_processor: bool = True) -> None:
        """`has_processor`: a card processor is set up, which answers errands."""
        self._database = database
        self._public_url = public_url
        self._has_processor = has_processor

    @activity.defn
    def look_after_account(self, step: AccountStep) -> AccountStanding:
        """Do what is due on the account now, and say when to look again."""
        with self._database.writing() as session:
            account = accounts.lock_own(session, practice_id=step.practice_id, patient_id=step.patient_id, at=step.at)
            desk = AccountDesk(session, account, step.at, self._public_url, has_processor=self._has_processor)
            return desk.look_after()


class AccountDesk:
    """One account inside one transaction."""

    def __init__(
        self, session: Session, account: PatientAccount, at: datetime, public_url: str, *, has_processor: bool
    ) -> None:
        self.session = session
        self.has_processor = has_processor
        self.public_url = public_url
        self.account = account
        self.at = max(at, account.touched_at)
        self.said: list[str] = []
        self.cards = instalment_charges.Look()
        self.policies = office.policies_for(session, practice_id=account.practice_id, payer_id=None)

    def look_after(self) -> AccountStanding:
        """Bring the items into step with the ledger, and act on what is due."""
        account = self.account
        self._end_pause()
        asked_at, told = assistance.look(self.session, account, at=self.at)
        self.said += told
        owed = accounts.owed_by_visit(self.session, practice_id=account.practice_id, patient_id=account.patient_id)
        held = good_faith.held_up(self.session, practice_id=account.practice_id, patient_id=account.patient_id)
        on_hold = self._holds()
        self.said += follow_holds(self.session, account, at=self.at)
        is_stopped = any(one.encounter_id is None for one in on_hold)
        held |= {one.encounter_id for one in on_hold if one.encounter_id is not None}
        held |= {one.encounter_id for one in owed} if is_stopped else set()
        self.said += standing_papers.withdraw_moot(self.session, account, owed, held, at=self.at)
        in_step = accounts.keep_in_step(self.session, account, owed, at=self.at)
        in_parts, plan_at = self._plans(owed, held)
        items = [one for one in in_step if one.encounter_id not in {*held, *in_parts}]
        self._close_moot_reviews(items)
        is_held = self._is_moving()
        if is_held:
            account.next_at = self.cards.next_at  # a person signs the move off, which wakes the account
        elif account.paused_until is None and small_balances.waive(self.session, account, items, owed, at=self.at):
            self.said.append("What is owed is too little to ask for")
            account.next_at = _first_of(self.at + small_balances.LOOK_AGAIN, self.cards.next_at)
        elif account.paused_until is None:
            due = plan(items, last_paper_at=account.last_paper_at, policies=self.policies, at=self.at)
            self._do(due)
            ends = [one.until for one in on_hold if one.until is not None]
            account.next_at = _first_of(due.next_at, plan_at, asked_at, self.cards.next_at, *ends)
        else:
            account.next_at = _first_of(account.paused_until, asked_at, self.cards.next_at)
        account.owed_cents = sum(one.cents for one in owed)
        account.version += 1
        account.touched_at = self.at
        self.session.add(account)
        self.session.flush()
        return AccountStanding(
            version=account.version,
            owed_cents=account.owed_cents,
            next_at=account.next_at,
            is_paused=is_held or is_stopped or account.paused_until is not None,
            open_tasks=len(self._reviews()),
            at=self.at,
            said=tuple(self.said),
            errands=tuple(self.cards.errands),
        )

    def _plans(self, owed: Sequence[accounts.Owed], held: set[str]) -> tuple[set[str], datetime | None]:
        """Visits that are paid in parts, and when to look at them again; what a kept card is charged is prepared. A
        pause and a move that nobody has signed off stop charges as holds do."""
        in_parts, plan_at, told = instalment_plans.look(self.session, self.account, owed, held=held, at=self.at)
        self.said += told
        is_still = self.account.paused_until is not None or self._is_moving()
        stopped = held | {one.encounter_id for one in owed} if is_still else held
        self.cards = instalment_charges.look(
            self.session, self.account, owed, stopped=stopped, has_processor=self.has_processor, at=self.at
        )
        self.said += self.cards.said
        return in_parts, plan_at

    def _is_moving(self) -> bool:
        everybody = households.patients(self.session, self.account.patient_id)
        return any(moves.is_held(self.session, one) for one in everybody)

    def _holds(self) -> list[AccountHold]:
        """What stands in the way now; a hold ends on its day, one for returned mail with a new address."""
        standing = []
        for row in account_holds.standing(self.session, self.account.patient_id):
            if row.until is not None and row.until <= self.at:
                account_holds.end(self.session, row, why="its day has come", at=self.at, by=None)
                self.said.append("A hold of the account ended")
            elif row.kind == HoldKind.RETURNED_MAIL and returned_mail.has_moved(
                self.session, self.account, on=self.policies.day(self.at)
            ):
                account_holds.end(self.session, row, why="there is another address", at=self.at, by=None)
                self.said.append("Mail goes to another address now")
            else:
                standing.append(row)
        return standing

    def _end_pause(self) -> None:
        account = self.account
        if account.paused_until is not None and account.paused_until <= self.at:
            account.paused_until = account.pause_reason = None
            self.said.append("The pause ended")
            self._ask_anew()

    def _reviews(self) -> Sequence[Task]:
        return tasks.open_tasks(self.session, practice_id=self.account.practice_id, subject_id=self.account.patient_id)

    def _close_moot_reviews(self, items: Sequence[Item]) -> None:
        """A review ends by itself when what it asked about was paid or is the payer's again."""
        if any(one.reviewed_at is not None for one in items):
            return
        for task in self._reviews():
            if task.type != TaskType.PRECOLLECTION_APPROVAL:
                continue
            tasks.close_task(self.session, task, resolution="answered", at=self.at, actor_id=None)
            self._ask_anew()
            self.said.append("Nothing is left to decide before collections")

    def _ask_anew(self) -> None:
        """What is held now is asked about again once nothing holds it."""
        for row in accounts.items(self.session, self.account.patient_id):
            row.reviewed_at = None
            self.session.add(row)
        self.session.flush()

    def _do(self, due: Plan) -> None:
        if due.review:
            self._ask(due.review)
        if due.notice is not None:
            self._write(due.notice, due.items)

    def _rows(self, chosen: Sequence[Item]) -> list[BalanceItem]:
        names = {one.encounter_id for one in chosen}
        return [row for row in accounts.items(self.session, self.account.patient_id) if row.encounter_id in names]

    def _ask(self, review: Sequence[Item]) -> None:
        total = sum(one.owed_cents for one in review)
        first = min(one.first_statement_at for one in review if one.first_statement_at is not None)
        tasks.open_task(
            self.session,
            NewTask(
                TaskType.PRECOLLECTION_APPROVAL,
                key=f"{self.account.version}",
                reason=f"{format_dollars(total)} on {_visits(len(review))} is unpaid after "
                f"{review[0].statements - 1} statements and a final notice; the first statement went out "
                f"on {self.policies.day(first)}. Look for a dispute, a plan, assistance, a wrong address or a death "
                "before anything is placed.",
                amount_cents=total,
                detail={"encounters": ",".join(one.encounter_id for one in review)},
            ),
            practice_id=self.account.practice_id,
            subject="account",
            subject_id=self.account.patient_id,
            at=self.at,
        )
        for row in self._rows(review):
            row.reviewed_at = self.at
            self.session.add(row)
        self.said.append("A person decides before collections")

    def _write(self, notice: Notice, chosen: Sequence[Item]) -> None:
        paper_id = new_id()
        token, link = paying.make_link(
            self.session,
            practice_id=self.account.practice_id,
            holder_id=self.account.patient_id,
            by="office",
            at=self.at,
        )
        offers = prompt_pay.new_offers(self.session, chosen, policies=self.policies, at=self.at)
        paper = write_statement(
            self.session,
            chosen,
            number=number_of(paper_id),
            notice=notice,
            written_on=self.policies.day(self.at),
            pay_by_days=self._days(),
            zone=self.policies.zone,
            pay_at=f"{self.public_url}/pay/{token}",
            chances=prompt_pay.chances(self.session, chosen, offers, policies=self.policies, at=self.at),
        )
        if paper.total_cents != sum(one.owed_cents for one in chosen):
            return  # money came this moment; the visit that took it wakes the account once more
        self.session.add(
            Letter(
                id=paper_id,
                practice_id=self.account.practice_id,
                patient_id=self.account.patient_id,
                kind=notice,
                content=records.dump(paper),
                written_at=self.at,
                written_by="office",
            )
        )
        self.session.flush()
        paying.put_on_paper(self.session, link, paper_id)
        prompt_pay.keep(self.session, offers, letter_id=paper_id, policies=self.policies, at=self.at)
        for row in self._rows(chosen):
            row.statements += 1
            row.first_statement_at = row.first_statement_at or self.at
            row.final_notice_at = self.at if notice == Notice.FINAL_NOTICE else row.final_notice_at
            self.session.add(row)
            self._tell(row.encounter_id, f"{paper.title} of {format_dollars(paper.total_cents)} to the patient")
        self.account.last_paper_at = self.at
        self.said.append(f"{paper.title}: {format_dollars(paper.total_cents)} on {_visits(len(chosen))}")

    def _days(self) -> int:
        return self.policies.value("final_notice_answer_days", as_of=self.policies.day(self.at))

    def _tell(self, encounter_id: str, text: str) -> None:
        encounter = self.session.get_one(Encounter, encounter_id)
        encounters.tell(self.session, encounter, text, at=self.at)


def _first_of(*instants: datetime | None) -> datetime | None:
    return min((one for one in instants if one is not None), default=None)


def _visits(count: int) -> str:
    return "one visit" if count == 1 else f"{count} visits"
