"""What one patient owes over all visits: statements, a final notice, and a person before collections.

The account waits for the day that the last look named, or for the ledger to move. It ends when nothing is owed, and the
next share starts it again.
"""

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.account import AccountActivities
    from activities.card_errands import CardErrandActivities
    from activities.card_messages import CardErrandAnswer, CardErrandStep, ErrandNoted
    from activities.messages import (
        AccountSettled,
        AccountStanding,
        AccountStep,
        BalanceChanged,
        CardErrand,
        StartAccount,
    )
    from activities.names import Process, Signal
    from billing.money import format_dollars
    from workflows.local_steps import take_step
    from workflows.new_runs import CURRENT_BUILD, is_new_run_due
    from workflows.policies import PROCESSOR_CALL, SHORTEST_WAIT

CARD_ERRANDS = "card-errands"
"""Patch: an account runs errands to the card processor"""


@workflow.defn(name=Process.PATIENT_ACCOUNT)
class PatientAccount:
    """The process of one account. A signal without amounts says that the ledger moved; one timer keeps its next day."""

    @workflow.init
    def __init__(self, start: StartAccount) -> None:
        self._practice_id = start.practice_id
        self._patient_id = start.patient_id
        self._standing: AccountStanding | None = None
        self._story: list[str] = []
        self._has_news = True
        self._latest_cause: datetime | None = None

    @workflow.run
    async def run(self, start: StartAccount) -> AccountSettled:
        """Look after the account and wait, until nothing is owed."""
        while True:
            await self.look_after()
            if self.known().is_settled and not self._has_news:
                return AccountSettled(patient_id=self._patient_id, settled_at=self.now())
            self.continue_as_new_when_long()
            await self.wait()

    @workflow.signal(name=Signal.BALANCE_CHANGED, description="The ledger moved on this account, in either direction.")
    def balance_changed(self, news: BalanceChanged) -> None:
        """Remember that something moved; the loop reads it from the ledger."""
        self._has_news = True
        if news.at is not None:
            self._latest_cause = max(self._latest_cause or news.at, news.at)

    @workflow.query(description="Where the account stands.")
    def standing(self) -> AccountStanding | None:
        """The last recorded verdict; None before the first step."""
        return self._standing

    async def look_after(self) -> None:
        """Do what is due: the paper of the cycle, the final notice, the question before collections."""
        self._has_news = False
        step = AccountStep(practice_id=self._practice_id, patient_id=self._patient_id, at=self.now())
        self._standing = await take_step(
            AccountActivities.look_after_account, step, AccountStanding, "Look after the account"
        )
        if self._standing.at is not None:
            self._latest_cause = self._standing.at
        self.tell(self._standing)
        await self.run_errands(self._standing.errands)

    async def run_errands(self, errands: Sequence[CardErrand]) -> None:
        """Charge what is due of a plan, take back what is not wanted any more, let go of a card. What was not answered
        stays an errand, and is asked again within the hour under the same key. An answer is news for the account."""
        if not errands:
            return
        if not workflow.patched(CARD_ERRANDS):
            self._standing = self.known().model_copy(update={"errands": ()})
            return
        for errand in errands:
            answer = await self.ask_processor(errand)
            noted = await self.note(errand, answer)
            self._has_news = self._has_news or noted.is_answered

    async def ask_processor(self, errand: CardErrand) -> CardErrandAnswer:
        """One call; silence is an answer too."""
        return await workflow.execute_activity_method(
            CardErrandActivities.run_card_errand,
            self.errand_step(errand),
            summary=f"Ask the card processor: {errand.kind}",
            **PROCESSOR_CALL,
        )

    async def note(self, errand: CardErrand, answer: CardErrandAnswer) -> ErrandNoted:
        """Write the answer down."""
        step = self.errand_step(errand).model_copy(update={"answer": answer})
        return await take_step(CardErrandActivities.note_card_errand, step, ErrandNoted, "Write the answer down")

    def errand_step(self, errand: CardErrand) -> CardErrandStep:
        """Which errand, and business time."""
        return CardErrandStep(practice_id=self._practice_id, patient_id=self._patient_id, at=self.now(), errand=errand)

    async def wait(self) -> None:
        """Wait until the ledger moves, or the day that the last look named."""
        next_at = self.known().next_at
        if next_at is None:
            await workflow.wait_condition(lambda: self._has_news)
            return
        left = max(next_at - workflow.now(), SHORTEST_WAIT)
        summary = f"Until {next_at:%Y-%m-%d %H:%M} UTC: the account's next paper or review"
        try:
            await workflow.wait_condition(lambda: self._has_news, timeout=left, timeout_summary=summary)
        except TimeoutError:
            workflow.logger.debug("the account is due")

    def continue_as_new_when_long(self) -> None:
        """The one continue-as-new point. Unread news is no loss: the first look of the next run reads the ledger."""
        if is_new_run_due():
            start = StartAccount(practice_id=self._practice_id, patient_id=self._patient_id)
            workflow.continue_as_new(start, initial_versioning_behavior=CURRENT_BUILD)

    def tell(self, standing: AccountStanding) -> None:
        """Show where the account stands on its page in the Temporal UI."""
        self._story = [*self._story, *standing.said][-12:]
        coming = "nothing by itself" if standing.next_at is None else f"{standing.next_at:%Y-%m-%d}"
        lines = [
            "## Paused" if standing.is_paused else "## Patient account",
            "",
            f"- **Owed by the patient:** {format_dollars(standing.owed_cents)}",
            f"- **Next:** {coming}",
            f"- **Open tasks:** {standing.open_tasks}",
            f"- [Open this account in the workbench](/accounts/{self._patient_id})",
            *(["", "### Story", ""] if self._story else []),
            *(f"1. {text}" for text in self._story),
        ]
        workflow.set_current_details("\n".join(lines))

    def known(self) -> AccountStanding:
        """The last verdict."""
        assert self._standing is not None, "the first step loads it"
        return self._standing

    def now(self) -> datetime:
        """Business time: the workflow's clock, and never before what caused this turn."""
        now = workflow.now()
        return max(now, self._latest_cause) if self._latest_cause is not None else now
