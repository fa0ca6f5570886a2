"""One interchange to one partner: take what is ready, send it once, wait for its TA1 or 999."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.batch import BatchActivities
    from activities.messages import BatchStanding, BatchStep, ReceiptStep, StartBatch, Transmission
    from activities.names import Process, Signal
    from workflows.local_steps import take_step
    from workflows.policies import PARTNER_CALL, SHORTEST_WAIT, TRANSMIT_LADDER, TRANSMIT_TRIES


@workflow.defn(name=Process.SUBMISSION_BATCH)
class SubmissionBatch:
    """Claims leave by batches. A batch is one interchange under one set of control numbers, whatever is retried."""

    @workflow.init
    def __init__(self, start: StartBatch) -> None:
        self._start = start
        self._something_came = False

    @workflow.run
    async def run(self, start: StartBatch) -> BatchStanding:
        """Prepare, transmit, keep the receipt, wait for the acknowledgment; silence becomes a task."""
        standing = await take_step(BatchActivities.prepare_interchange, self.step(), BatchStanding, "Write the 837P")
        if standing.state == "empty":
            return standing
        standing = await self.transmit()
        if standing.state != "transmitted":
            return standing
        return await self.await_acknowledgment(standing)

    @workflow.signal(name=Signal.ACKNOWLEDGMENT_ARRIVED, description="A TA1 or 999 for this interchange is folded.")
    def acknowledgment_arrived(self) -> None:
        """Look at the database."""
        self._something_came = True

    async def transmit(self) -> BatchStanding:
        """Send the stored bytes under one idempotency key until the partner answers, yes or no."""
        for attempt in range(TRANSMIT_TRIES):
            said = await self.send_once()
            if said.receipt_id is not None or said.refused:
                return await self.record(said)
            rung = TRANSMIT_LADDER[min(attempt, len(TRANSMIT_LADDER) - 1)]
            pause = max(rung, timedelta(seconds=said.retry_after_seconds))
            await workflow.sleep(pause, summary=f"Send again: {said.reason}")
        return await self.record(Transmission(reason=f"the partner never answered; at last: {said.reason}"))

    async def send_once(self) -> Transmission:
        """One bounded call; silence is a value."""
        try:
            return await workflow.execute_activity_method(
                BatchActivities.transmit, self.step(), summary="Transmit the interchange", **PARTNER_CALL
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return Transmission(reason="the interchange could not be sent")

    async def record(self, said: Transmission) -> BatchStanding:
        """Keep what the partner said: sent is a receipt."""
        step = ReceiptStep(**self.step().model_dump(), transmission=said)
        return await take_step(BatchActivities.record_receipt, step, BatchStanding, "Keep the receipt")

    async def await_acknowledgment(self, standing: BatchStanding) -> BatchStanding:
        """Wait for TA1 or 999. When it is late, a person is told, and the wait goes on: late is not lost."""
        due_at = standing.acknowledgment_due_at
        while standing.state == "transmitted":
            await self.wait_until(due_at)
            if self._something_came:
                self._something_came = False
                standing = await self.look()
            elif due_at is not None and due_at <= self.now():
                due_at = None
                standing = await take_step(
                    BatchActivities.report_unacknowledged, self.step(), BatchStanding, "No TA1 or 999 in time"
                )
        return standing

    async def wait_until(self, due_at: datetime | None) -> None:
        """Wait for news; a timer only says that its instant may have come."""
        left = None if due_at is None else max(due_at - workflow.now(), SHORTEST_WAIT)
        try:
            await workflow.wait_condition(lambda: self._something_came, timeout=left, timeout_summary="TA1 or 999 due")
        except TimeoutError:
            workflow.logger.debug("an acknowledgment is due")

    async def look(self) -> BatchStanding:
        """Read how far the acknowledgment has come."""
        return await take_step(BatchActivities.look_at_batch, self.step(), BatchStanding, "Look at the acknowledgment")

    def now(self) -> datetime:
        """Business time, never before the claims were ready."""
        return max(workflow.now(), self._start.at)

    def step(self) -> BatchStep:
        """The input of a step taken now."""
        return BatchStep(
            practice_id=self._start.practice_id,
            partner_id=self._start.partner_id,
            batch_id=self._start.batch_id,
            at=self.now(),
        )
