"""A run of statements: papers that wait go by e-mail, or into one file for the printing machine."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import StartStatementRun, StatementRunStanding, StatementRunStep
    from activities.names import Process
    from activities.statement_runs import StatementRunActivities
    from billing.statement_runs import RunStep
    from workflows.new_runs import CURRENT_BUILD, is_new_run_due
    from workflows.policies import LONG_RUN, NO_TIME, SHORTEST_WAIT


@workflow.defn(name=Process.STATEMENT_RUN)
class StatementRun:
    """Where each paper stands is in the database: a step that is taken twice finds nobody waiting for it."""

    @workflow.init
    def __init__(self, start: StartStatementRun) -> None:
        self._start = start
        self._ahead = max(start.at - workflow.now(), NO_TIME)
        self._standing: StatementRunStanding | None = None

    @workflow.query(description="How far the run has come; none before its first step.")
    def standing(self) -> StatementRunStanding | None:
        """The counts of the last step."""
        return self._standing

    @workflow.run
    async def run(self, start: StartStatementRun) -> StatementRunStanding:
        """Take the papers, mail those that go by e-mail, set the others, and make the file of them."""
        standing = await self.take_papers()
        while standing.step != RunStep.NOTHING:
            if is_new_run_due():
                again = start.model_copy(update={"at": self.now()})
                workflow.continue_as_new(again, initial_versioning_behavior=CURRENT_BUILD)
            match standing.step:
                case RunStep.TAKE:
                    standing = await self.take_papers()
                case RunStep.MAIL:
                    standing = await self.mail_papers()
                case RunStep.SET:
                    standing = await self.set_papers()
                case RunStep.WAIT:
                    await self.wait_until(standing.next_at)
                    standing = await self.mail_papers()
                case RunStep.MAKE_FILE:
                    standing = await self.make_file()
        return standing

    async def take_papers(self) -> StatementRunStanding:
        """The next papers are looked at once more, and taken when they still say what is so."""
        return self.noted(
            await workflow.execute_activity_method(
                StatementRunActivities.take_papers, self.step(), summary="Take the papers that wait", **LONG_RUN
            )
        )

    async def mail_papers(self) -> StatementRunStanding:
        """The next e-mails are handed over to the mail server."""
        return self.noted(
            await workflow.execute_activity_method(
                StatementRunActivities.mail_papers, self.step(), summary="Hand e-mails over", **LONG_RUN
            )
        )

    async def set_papers(self) -> StatementRunStanding:
        """The next papers are set for the printing machine."""
        return self.noted(
            await workflow.execute_activity_method(
                StatementRunActivities.set_papers, self.step(), summary="Set papers to print", **LONG_RUN
            )
        )

    async def make_file(self) -> StatementRunStanding:
        """One file of everything that was set, and its list."""
        return self.noted(
            await workflow.execute_activity_method(
                StatementRunActivities.make_file, self.step(), summary="Make the file to print", **LONG_RUN
            )
        )

    async def wait_until(self, next_at: datetime | None) -> None:
        """Until the mail server is tried again."""
        left = max((next_at or self.now()) - self.now(), SHORTEST_WAIT)
        await workflow.sleep(left, summary="The mail server was not ready")

    def noted(self, standing: StatementRunStanding) -> StatementRunStanding:
        """Keep the counts for whoever asks."""
        self._standing = standing
        return standing

    def step(self) -> StatementRunStep:
        """What every step is told."""
        return StatementRunStep(practice_id=self._start.practice_id, run_id=self._start.run_id, at=self.now())

    def now(self) -> datetime:
        """Business time: it began with the run, and passes as the workflow's does."""
        return workflow.now() + self._ahead
