"""What encounters are measured against: a workflow that does nothing, and one that makes the same round trips."""

from datetime import timedelta

from temporalio import activity, workflow


@workflow.defn
class NoOp:
    """Starts and ends: one workflow task."""

    @workflow.run
    async def run(self) -> None:
        return None


@activity.defn
def do_nothing() -> None:
    """An activity without work."""


@workflow.defn
class RoundTrips:
    """What a clean encounter asks of the engine, without any of its work: an activity, three signals, their timers."""

    def __init__(self) -> None:
        self._signals = 0

    @workflow.signal
    def wake(self) -> None:
        self._signals += 1

    def _is_awake(self) -> bool:
        return self._signals > 0

    @workflow.run
    async def run(self) -> None:
        short = timedelta(seconds=10)
        await workflow.execute_local_activity(do_nothing, start_to_close_timeout=short)
        await workflow.execute_activity(do_nothing, start_to_close_timeout=short)
        await workflow.execute_local_activity(do_nothing, start_to_close_timeout=short)
        for _ in range(3):
            await workflow.wait_condition(self._is_awake, timeout=timedelta(days=30))
            self._signals -= 1
            await workflow.execute_local_activity(do_nothing, start_to_close_timeout=short)
        await workflow.execute_local_activity(do_nothing, start_to_close_timeout=short)
