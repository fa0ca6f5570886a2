"""A stand-in for the encounter's workflow: the same name and messages, and an answer for each behaviour wanted."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.messages import Answer, CompleteTask, FactsArrived, PlaceHold, ReleaseHold, StartEncounter


@workflow.defn(name="EncounterBilling")
class EncounterDouble:
    def __init__(self) -> None:
        self.completed: list[str] = []
        self.on_hold = False
        self.is_over = False

    @workflow.run
    async def run(self, start: StartEncounter) -> None:
        await workflow.wait_condition(lambda: self.is_over)
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update
    async def complete_task(self, command: CompleteTask) -> Answer:
        if command.command_key.startswith("slow"):
            await workflow.sleep(3600)
        if command.command_key.startswith("refused"):
            fault = (("corrections", "line.9: no such field"),)
            return Answer(done=False, code="invalid", message="please correct the form", faults=fault)
        self.completed.append(command.task_id)
        return Answer(done=True, code="done", message="done")

    @complete_task.validator
    def is_open(self, command: CompleteTask) -> None:
        if command.task_id in self.completed:
            raise ApplicationError("not open", type="TaskNotOpen", non_retryable=True)

    @workflow.update
    async def place_hold(self, command: PlaceHold) -> Answer:
        self.on_hold = True
        return Answer(done=True, code="done", message=f"held until {command.until.isoformat()}")

    @workflow.update
    async def release_hold(self, command: ReleaseHold) -> Answer:
        self.on_hold = False
        return Answer(done=True, code="done", message="released")

    @release_hold.validator
    def is_held(self, command: ReleaseHold) -> None:
        if not self.on_hold:
            raise ApplicationError("not on hold", type="NotOnHold", non_retryable=True)

    @workflow.signal
    async def facts_arrived(self, facts: FactsArrived) -> None:
        pass

    @workflow.signal
    async def close(self) -> None:
        self.is_over = True
