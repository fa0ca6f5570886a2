"""What encounters are measured against: a workflow that does nothing, and one that makes the same round trips.

Both are started as the office starts an encounter: ids in, search attributes, a summary, fairness, encryption.
"""

from datetime import UTC, datetime, timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import AgendaItem, EncounterStep, Standing, StartEncounter
    from billing.deadlines import Reason
    from billing.stages import Stage, Step
    from workflows.policies import DATABASE_STEP, PARTNER_CALL
    from workflows.showing import attributes_of

WAIT = timedelta(days=30)
SHOWN = (Stage.REGISTRATION, Stage.ACKNOWLEDGMENT, Stage.ADJUDICATION, Stage.CLOSED)


@workflow.defn
class NoOp:
    """Starts and ends: one workflow task."""

    @workflow.run
    async def run(self, start: StartEncounter) -> None:
        return None


@activity.defn
def do_nothing(step: EncounterStep) -> Standing:
    """An activity without work: the size of its answer is an encounter's."""
    return Standing(
        practice_id=step.practice_id,
        encounter_id=step.encounter_id,
        version=1,
        stage=Stage.ADJUDICATION,
        step=Step.WAIT,
        waiting_on="payer",
        agenda=(AgendaItem(reason=Reason.REMITTANCE_DUE, due_at=datetime.now(UTC) + WAIT, owner="biller"),),
        payer_id=step.practice_id,
        owed_cents=0,
        patient_owed_cents=0,
        at=step.at,
        said=("Nothing was done here",),
    )


@workflow.defn
class Told:
    """What an answer costs the engine alone: a start by signal, two local activities, the end."""

    @workflow.init
    def __init__(self, start: StartEncounter) -> None:
        self._start = start

    @workflow.signal
    def wake(self) -> None:
        """One fact."""

    @workflow.run
    async def run(self, start: StartEncounter) -> None:
        given = EncounterStep(practice_id=start.practice_id, encounter_id=start.encounter_id, at=workflow.now())
        for _ in range(2):
            await workflow.execute_local_activity(do_nothing, given, summary="A local activity", **DATABASE_STEP)


@workflow.defn
class RoundTrips:
    """What a clean encounter asks of the engine, without any of its work: an activity, three signals, their timers."""

    @workflow.init
    def __init__(self, start: StartEncounter) -> None:
        self._start = start
        self._signals = 0
        self._shown: Standing | None = None

    @workflow.signal
    def wake(self) -> None:
        """One fact."""
        self._signals += 1

    @workflow.run
    async def run(self, start: StartEncounter) -> None:
        await self.step()
        await workflow.execute_activity(do_nothing, self.given(), summary="An activity", **PARTNER_CALL)
        await self.step()
        for stage in SHOWN[:-1]:
            self.show(stage)
            await workflow.wait_condition(lambda: self._signals > 0, timeout=WAIT, timeout_summary="Until a fact comes")
            self._signals -= 1
            await self.step()
        self.show(SHOWN[-1])

    async def step(self) -> None:
        """One local activity."""
        self._last = await workflow.execute_local_activity(
            do_nothing, self.given(), summary="A local activity", **DATABASE_STEP
        )

    def given(self) -> EncounterStep:
        """As every step is given."""
        return EncounterStep(
            practice_id=self._start.practice_id, encounter_id=self._start.encounter_id, at=workflow.now()
        )

    def show(self, stage: Stage) -> None:
        """The search attributes, as a verdict changes them."""
        standing = self._last.model_copy(update={"stage": stage})
        workflow.upsert_search_attributes(attributes_of(standing, self._shown))
        self._shown = standing
