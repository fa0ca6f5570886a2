"""One 835 transaction for one payee: store, match, tell the encounters, close when every row is settled."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import RemittanceStanding, RemittanceStep, StartRemittance
    from activities.names import Process
    from activities.remittance import RemittanceActivities
    from workflows.local_steps import take_step
    from workflows.new_runs import CURRENT_BUILD, is_new_run_due
    from workflows.policies import LONG_RUN, OPEN_ROWS_FIRST_LOOK, OPEN_ROWS_LAST_LOOK


@workflow.defn(name=Process.REMITTANCE_FILE)
class RemittanceFile:
    """A remittance is closed when no row is open and what was posted is what was paid."""

    @workflow.init
    def __init__(self, start: StartRemittance) -> None:
        self._start = start

    @workflow.run
    async def run(self, start: StartRemittance) -> RemittanceStanding:
        """Encounters post their own rows and never signal back: the file counts what is left."""
        await workflow.execute_activity_method(
            RemittanceActivities.store_rows, self.step(), summary="Store and match the payments", **LONG_RUN
        )
        await workflow.execute_activity_method(
            RemittanceActivities.tell_encounters, self.step(), summary="Tell the encounters", **LONG_RUN
        )
        return await self.wait_until_settled()

    async def wait_until_settled(self) -> RemittanceStanding:
        """Count the open rows on a growing timer."""
        pause = OPEN_ROWS_FIRST_LOOK
        while True:
            standing = await take_step(
                RemittanceActivities.count_open_rows, self.step(), RemittanceStanding, "Count what is still open"
            )
            if standing.state != "posting":
                return standing
            if is_new_run_due():
                workflow.continue_as_new(self._start, initial_versioning_behavior=CURRENT_BUILD)
            waiting = f"{standing.open_rows} open and {standing.unmatched_rows} unmatched of {standing.row_count} rows"
            await workflow.sleep(pause, summary=waiting)
            pause = min(pause * 2, OPEN_ROWS_LAST_LOOK)

    def now(self) -> datetime:
        """Business time, never before the remittance came."""
        return max(workflow.now(), self._start.at)

    def step(self) -> RemittanceStep:
        """The input of a step taken now."""
        return RemittanceStep(
            practice_id=self._start.practice_id, remittance_id=self._start.remittance_id, at=self.now()
        )
