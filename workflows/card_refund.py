"""A refund to a patient's card: the processor is asked until it answers, and a person when it does not say the end."""

import asyncio
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.card_messages import CardRefundAnswer, CardRefundStep, StartCardRefund
    from activities.card_refunds import CardRefundActivities
    from activities.names import Process
    from workflows.policies import DATABASE_AWAY, NO_TIME, PROCESSOR_CALL, PROCESSOR_SILENCE


@workflow.defn(name=Process.CARD_REFUND)
class CardRefund:
    """Where the refund stands is in the database: the processor's notice settles it there, whenever it comes."""

    @workflow.init
    def __init__(self, start: StartCardRefund) -> None:
        self._start = start
        self._ahead = max(start.at - workflow.now(), NO_TIME)

    @workflow.run
    async def run(self, start: StartCardRefund) -> None:
        """Ask, write down what was answered, and look once more whether its notice has come. A person is told of a
        processor that answers nobody for days; it is asked on all the same."""
        asking = asyncio.create_task(self.ask_processor())
        try:
            await workflow.wait_condition(
                asking.done, timeout=PROCESSOR_SILENCE, timeout_summary="The processor answers the wish for a refund"
            )
        except TimeoutError:
            await self.note_silence()
        answer = await asking
        await self.note_answer(answer)
        if answer.processor_id:
            await workflow.sleep(PROCESSOR_SILENCE, summary="The processor tells what became of the refund")
            await self.note_silence()

    async def ask_processor(self) -> CardRefundAnswer:
        """The same reference pays back once, however often it is asked."""
        return await workflow.execute_activity_method(
            CardRefundActivities.ask_processor, self.step(), summary="Ask the card processor", **PROCESSOR_CALL
        )

    async def note_answer(self, answer: CardRefundAnswer) -> None:
        """A refusal makes it the patient's credit again."""
        step = self.step().model_copy(update={"answer": answer})
        await workflow.execute_activity_method(
            CardRefundActivities.note_answer, step, summary="Write down the answer", **DATABASE_AWAY
        )

    async def note_silence(self) -> None:
        """A person asks the processor."""
        await workflow.execute_activity_method(
            CardRefundActivities.note_silence, self.step(), summary="Look whether it was paid back", **DATABASE_AWAY
        )

    def step(self) -> CardRefundStep:
        """Which refund, and business time."""
        return CardRefundStep(practice_id=self._start.practice_id, refund_id=self._start.refund_id, at=self.now())

    def now(self) -> datetime:
        """Business time: it began when the refund was decided, and passes as the workflow's does."""
        return workflow.now() + self._ahead
