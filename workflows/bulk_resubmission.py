"""Claims that somebody chose are sent again: some at a time, so that no partner meets all of them at once."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import ResubmissionStanding, ResubmissionStep, StartResubmission
    from activities.names import Process
    from activities.resubmission import ResubmissionActivities
    from workflows.policies import LONG_RUN, NO_TIME, SHORTEST_WAIT


@workflow.defn(name=Process.BULK_RESUBMISSION)
class BulkResubmission:
    """Who has had their turn stands in the database: a turn that is taken twice finds nobody waiting for it."""

    @workflow.init
    def __init__(self, start: StartResubmission) -> None:
        self._start = start
        self._ahead = max(start.at - workflow.now(), NO_TIME)

    @workflow.run
    async def run(self, start: StartResubmission) -> ResubmissionStanding:
        """Give the next claims their turn, wait as long as the pace says, until none waits or a person stops it."""
        standing = await self.give_turns()
        while standing.next_at is not None:
            await self.wait_until(standing.next_at)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start.model_copy(update={"at": self.now()}))
            standing = await self.give_turns()
        return standing

    async def give_turns(self) -> ResubmissionStanding:
        """The next claims are told to their visits, or their stored interchange is transmitted once more."""
        step = ResubmissionStep(
            practice_id=self._start.practice_id, resubmission_id=self._start.resubmission_id, at=self.now()
        )
        return await workflow.execute_activity_method(
            ResubmissionActivities.give_turns, step, summary="Give the next claims their turn", **LONG_RUN
        )

    async def wait_until(self, due_at: datetime) -> None:
        """Until the pace lets the next ones go."""
        left = max(due_at - self.now(), SHORTEST_WAIT)
        await workflow.sleep(left, summary="The pace lets the next claims go")

    def now(self) -> datetime:
        """Business time: it began when the choice was confirmed, and passes as the workflow's does."""
        return workflow.now() + self._ahead
