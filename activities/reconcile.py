"""Reconciles the engine with the book of record: what the database says should run is started or woken, and what should
have come by now is asked for."""

import asyncio
import time
from datetime import timedelta

from sqlmodel import Session, col, or_, select
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities import bank_desk, coming_of_age, daily_figures, missing_charges, provider_money
from activities.ids import card_refund_workflow, encounter_workflow
from activities.messages import Reconciled, ReconcileStep
from billing.stages import Stage
from database import accounts, card_refunds, guarantor_patients, guarantors, households, outbox, sending, statement_runs
from database.engine import Database
from database.outbox import OutboxKind
from database.tables import Encounter, Fact, RemittanceFile

GRACE = timedelta(minutes=5)
"""How long the ordinary way has before this one looks"""
LOOKED_AT_ONCE = 2000
HEARTBEAT_SECONDS = 10
LOOKED_AT_EVERY = 300
"""Seconds from one round to the next, as its schedule says"""

Key = tuple[str, str]
"""(practice, encounter)"""


class ReconcileActivities:
    """The safety net. Everything it does is a wish in the outbox, so doing it twice changes nothing."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @activity.defn
    async def reconcile(self, step: ReconcileStep) -> Reconciled:
        """Wake encounters with old unabsorbed facts or without a workflow, restart remittances and batches; ask for the
        charges of who arrived and has no visit."""
        forgotten, open_ones = await asyncio.to_thread(self._look, step)
        listed = await self._listed_as_running()
        lost = [one for one in open_ones if encounter_workflow(*one) not in listed and not await self._is_running(one)]
        refunds = [one for one in await asyncio.to_thread(self._refunds, step) if await self._is_lost(one)]
        done = await asyncio.to_thread(self._wish, step, forgotten, lost, refunds)
        await self._write_the_day_down(step)
        return done

    def _look(self, step: ReconcileStep) -> tuple[set[Key], list[Key]]:
        """(encounters with old unabsorbed facts, open encounters)."""
        with self._database.reading() as session:
            return self._with_old_facts(session, step), self._open_encounters(session, step)

    def _refunds(self, step: ReconcileStep) -> list[Key]:
        """(practice, refund) of what the card processor was asked to pay back and has not settled."""
        with self._database.reading() as session:
            found = card_refunds.unsettled(session, before=step.at - GRACE)
            return [(one.practice_id, one.id) for one in found]

    async def _write_the_day_down(self, step: ReconcileStep) -> None:
        """The figures of each practice's day that ended last, once. A large book takes a while to add up. What is wrong
        with the figures of one practice holds up nothing else: they are asked for again in the next round."""
        began, waited = time.monotonic(), _waited()
        for practice_id, day in await asyncio.to_thread(daily_figures.wanted, self._database, at=step.at + waited):
            at = step.at + waited + timedelta(seconds=time.monotonic() - began)
            writing = asyncio.create_task(
                asyncio.to_thread(daily_figures.write_down, self._database, practice_id, day, at=at)
            )
            while not writing.done():
                activity.heartbeat()
                await asyncio.wait({writing}, timeout=HEARTBEAT_SECONDS)
            if fault := writing.exception():
                told = {"practice_id": practice_id}
                activity.logger.error("the day's figures failed", extra=told, exc_info=fault)

    def _wish(self, step: ReconcileStep, forgotten: set[Key], lost: list[Key], refunds: list[Key]) -> Reconciled:
        """Put what should run into the outbox."""
        with self._database.writing() as session:
            for practice_id, encounter_id in {*forgotten, *lost}:
                outbox.enqueue(
                    session,
                    OutboxKind.WAKE_ENCOUNTER,
                    practice_id=practice_id,
                    subject_id=encounter_id,
                    fact_id="reconcile",
                    at=step.at,
                )
            late = accounts.waiting(session, before=step.at - GRACE, limit=LOOKED_AT_ONCE)
            for patient in guarantors.ungrouped(session, limit=LOOKED_AT_ONCE):
                guarantors.regroup(session, patient, at=step.at)
            self._bring_together(session, step)
            for practice_id, patient_id in {*late, *accounts.forgotten(session)}:
                households.wake(session, practice_id=practice_id, patient_id=patient_id, at=step.at)
            batches = self._wish_for_batches(session, step)
            remittances = self._wish_for_remittances(session, step)
            for run in statement_runs.forgotten(session, before=step.at - GRACE):
                statement_runs.wish(session, run, at=step.at)
            for practice_id, refund_id in refunds:
                card_refunds.wish(session, practice_id=practice_id, refund_id=refund_id, at=step.at)
            missing_charges.look(session, at=step.at)
            coming_of_age.look(session, at=step.at)
            bank_desk.look(session, at=step.at)
            provider_money.look(session, at=step.at)
        return Reconciled(started=len(lost) + len(refunds) + remittances, woken=len(forgotten), batches=batches)

    def _bring_together(self, session: Session, step: ReconcileStep) -> None:
        """Guardians who are patients, and of whom that was not seen when they became known."""
        turn = {"every_seconds": LOOKED_AT_EVERY, "limit": LOOKED_AT_ONCE}
        for guardian in guarantor_patients.standing_apart(session, at=step.at, **turn):
            guarantor_patients.take_over(session, guardian, at=step.at)

    async def _listed_as_running(self) -> set[str]:
        """Workflow ids that the engine lists. The list may lag, so only what is missing from it is asked for singly."""
        listed = set()
        async for execution in self._client.list_workflows(
            "WorkflowType='EncounterBilling' AND ExecutionStatus='Running'"
        ):
            listed.add(execution.id)
            activity.heartbeat()
        return listed

    async def _is_running(self, key: Key) -> bool:
        return await self._status(encounter_workflow(*key)) == WorkflowExecutionStatus.RUNNING

    async def _is_lost(self, refund: Key) -> bool:
        """A refund's workflow neither runs nor ran to its end, which comes when the processor stays silent."""
        ordinary = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
        return await self._status(card_refund_workflow(*refund)) not in ordinary

    async def _status(self, workflow_id: str) -> WorkflowExecutionStatus | None:
        """None: the engine knows no such workflow."""
        try:
            description = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise
        activity.heartbeat()
        return description.status

    def _with_old_facts(self, session: Session, step: ReconcileStep) -> set[Key]:
        rows = session.exec(
            select(Fact.practice_id, Fact.encounter_id)
            .where(
                col(Fact.absorbed_at).is_(None), col(Fact.received_at) < step.at - GRACE, col(Fact.verdict).is_(None)
            )
            .limit(LOOKED_AT_ONCE)
        )
        return set(rows.all())

    def _open_encounters(self, session: Session, step: ReconcileStep) -> list[Key]:
        rows = session.exec(
            select(Encounter.practice_id, Encounter.id)
            .where(Encounter.stage != Stage.CLOSED, col(Encounter.created_at) < step.at - GRACE)
            .order_by(Encounter.id)
        )
        return list(rows.all())

    def _wish_for_batches(self, session: Session, step: ReconcileStep) -> int:
        """Batches whose time has come, by plan or pace; also after a hold that ended on its day."""
        wished = 0
        for practice_id, partner_id in sending.routes_waiting(session, before=step.at - GRACE):
            due_at = sending.queues(session, practice_id=practice_id, partner_id=partner_id, at=step.at).next_at()
            if due_at is None or due_at > step.at:
                continue
            outbox.enqueue(session, OutboxKind.START_BATCH, practice_id=practice_id, subject_id=partner_id, at=step.at)
            wished += 1
        return wished

    def _wish_for_remittances(self, session: Session, step: ReconcileStep) -> int:
        rows = session.exec(
            select(RemittanceFile)
            .where(
                or_(RemittanceFile.state == "stored", RemittanceFile.state == "posting"),
                col(RemittanceFile.received_at) < step.at - GRACE,
            )
            .limit(LOOKED_AT_ONCE)
        ).all()
        for row in rows:
            outbox.enqueue(
                session,
                OutboxKind.START_REMITTANCE,
                practice_id=row.practice_id,
                subject_id=row.id,
                at=step.at,
            )
        return len(rows)


def _waited() -> timedelta:
    """How long this round has waited for its turn, earlier tries counted in: figures are of the instant at which they
    are read, whenever the round was to begin."""
    told = activity.info()
    return told.started_time - told.scheduled_time
