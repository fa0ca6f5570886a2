"""The coverage of a coming visit: asked about at booking, before the visit and on its day, until the patient comes.

It waits for the instant that the last look named, or for the appointment or the patient's coverage to change, and ends
when the patient came, cancelled or stayed away.
"""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.coming_visit import ComingVisitActivities
    from activities.eligibility import EligibilityActivities
    from activities.messages import (
        AppointmentChanged,
        ComingVisitStanding,
        ComingVisitStep,
        InquiryAnswer,
        InquiryStep,
        StartComingVisit,
    )
    from activities.names import Process, Signal
    from workflows.local_steps import take_step
    from workflows.new_runs import CURRENT_BUILD, is_new_run_due
    from workflows.policies import PARTNER_CALL, SHORTEST_WAIT


@workflow.defn(name=Process.COMING_VISIT)
class ComingVisit:
    """The process of one appointment. A signal says that something moved; one timer keeps its next look."""

    @workflow.init
    def __init__(self, start: StartComingVisit) -> None:
        self._practice_id = start.practice_id
        self._appointment_id = start.appointment_id
        self._standing = ComingVisitStanding()
        self._story: list[str] = []
        self._has_news = True
        self._latest_cause: datetime | None = None

    @workflow.run
    async def run(self, start: StartComingVisit) -> ComingVisitStanding:
        """Look ahead and wait, until the visit is over."""
        while True:
            self._has_news = False
            await self.look_ahead()
            while self._standing.inquiry_id is not None:
                await self.ask(self._standing.inquiry_id)
            if self._standing.is_over and not self._has_news:
                return self._standing
            self.continue_as_new_when_long()
            await self.wait()

    @workflow.signal(name=Signal.APPOINTMENT_CHANGED, description="The appointment or the coverage may have changed.")
    def appointment_changed(self, news: AppointmentChanged) -> None:
        """Remember that something moved; the loop reads it from the book."""
        self._has_news = True
        if news.at is not None:
            self._latest_cause = max(self._latest_cause or news.at, news.at)

    @workflow.query(description="Where the coming visit stands.")
    def standing(self) -> ComingVisitStanding:
        """The last recorded verdict; an empty one before the first step."""
        return self._standing

    async def look_ahead(self, message_id: str | None = None, *, was_silent: bool = False) -> None:
        """Do what is due: prepare the next question, or read the answer to the last one."""
        step = ComingVisitStep(
            practice_id=self._practice_id,
            appointment_id=self._appointment_id,
            at=self.now(),
            message_id=message_id,
            was_silent=was_silent,
        )
        self._standing = await take_step(
            ComingVisitActivities.look_ahead, step, ComingVisitStanding, "Look ahead to the visit"
        )
        if self._standing.at is not None:
            self._latest_cause = self._standing.at
        self.tell()

    async def ask(self, inquiry_id: str) -> None:
        """One bounded call; silence is an outcome too."""
        try:
            answer = await workflow.execute_activity_method(
                EligibilityActivities.inquire_eligibility,
                InquiryStep(practice_id=self._practice_id, inquiry_id=inquiry_id, at=self.now()),
                summary="Ask the payer about eligibility (270/271)",
                **PARTNER_CALL,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            answer = InquiryAnswer(reason="the inquiry could not be sent")
        await self.look_ahead(answer.message_id, was_silent=answer.message_id is None)

    async def wait(self) -> None:
        """Wait until something changes, or for the instant that the last look named."""
        next_at = self._standing.next_at
        if next_at is None:
            await workflow.wait_condition(lambda: self._has_news)
            return
        left = max(next_at - workflow.now(), SHORTEST_WAIT)
        summary = f"Until {next_at:%Y-%m-%d %H:%M} UTC: ask about the coverage, or see who came"
        try:
            await workflow.wait_condition(lambda: self._has_news, timeout=left, timeout_summary=summary)
        except TimeoutError:
            workflow.logger.debug("the coming visit is due")

    def continue_as_new_when_long(self) -> None:
        """The one continue-as-new point. Unread news is no loss: the first look of the next run reads the book."""
        if is_new_run_due():
            start = StartComingVisit(practice_id=self._practice_id, appointment_id=self._appointment_id)
            workflow.continue_as_new(start, initial_versioning_behavior=CURRENT_BUILD)

    def tell(self) -> None:
        """Show where the visit stands on its page in the Temporal UI."""
        standing = self._standing
        self._story = [*self._story, *standing.said][-12:]
        coming = "nothing by itself" if standing.next_at is None else f"{standing.next_at:%Y-%m-%d %H:%M} UTC"
        lines = [
            "## Over" if standing.is_over else "## Coming visit",
            "",
            f"- **Day:** {standing.day}",
            f"- **Coverage:** {standing.coverage or 'not asked yet'}",
            f"- **Next:** {coming}",
            f"- **Open tasks:** {standing.open_tasks}",
            f"- [Open the day in the workbench](/appointments?day={standing.day})",
            *(["", "### Story", ""] if self._story else []),
            *(f"1. {text}" for text in self._story),
        ]
        workflow.set_current_details("\n".join(lines))

    def now(self) -> datetime:
        """Business time: the workflow's clock, and never before what caused this turn."""
        now = workflow.now()
        return max(now, self._latest_cause) if self._latest_cause is not None else now
