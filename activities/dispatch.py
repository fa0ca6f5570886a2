"""Sends the outbox: each row becomes a message to a workflow, at least once, soon after its cause was committed."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from activities import starting
from activities.card_messages import StartCardRefund
from activities.ids import (
    account_workflow,
    batch_workflow,
    card_refund_workflow,
    coming_visit_workflow,
    encounter_workflow,
    remittance_workflow,
    resubmission_workflow,
    statement_run_workflow,
)
from activities.messages import (
    AppointmentChanged,
    BalanceChanged,
    FactsArrived,
    StartAccount,
    StartBatch,
    StartComingVisit,
    StartEncounter,
    StartRemittance,
    StartResubmission,
    StartStatementRun,
)
from activities.names import Process, Signal
from database import outbox
from database.columns import new_id
from database.engine import Database
from database.outbox import OutboxKind
from database.tables import Batch, Outbox
from temporal import attributes

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 200
IN_FLIGHT = 10

StartOfOne = StartRemittance | StartBatch | StartResubmission | StartStatementRun | StartCardRefund


class Dispatcher:
    """Sends outbox rows until it is cancelled. Several may run: a leased row is sent by one."""

    def __init__(self, database: Database, client: Client, *, task_queue: str, interval_seconds: float) -> None:
        self._database = database
        self._client = client
        self._task_queue = task_queue
        self._interval_seconds = interval_seconds

    async def run(self) -> None:
        """Look at the outbox for ever; a failure is logged and tried again."""
        while True:
            try:
                sent = await self.send_waiting()
            except Exception:
                logger.exception("the outbox could not be sent; tried again")
                sent = 0
            if sent < ROWS_AT_ONCE:
                await asyncio.sleep(self._interval_seconds)

    async def send_waiting(self) -> int:
        """Send what waits now; returns how many rows were sent. One that fails stops none: its error is raised at the
        end.
        """
        rows = await asyncio.to_thread(self._lease)
        groups: dict[tuple[str, str, str], list[Outbox]] = {}
        for row in rows:
            groups.setdefault((row.kind, row.practice_id, row.subject_id), []).append(row)
        in_flight = asyncio.Semaphore(IN_FLIGHT)

        async def send(group: Sequence[Outbox]) -> Sequence[Outbox]:
            async with in_flight:
                try:
                    await self._send(group)
                except RPCError as error:
                    logger.warning("a message waits in the outbox", extra={"status": error.status.name})
                    return ()
            return group

        tried = await asyncio.gather(*(send(one) for one in groups.values()), return_exceptions=True)
        done = [row for group in tried if not isinstance(group, BaseException) for row in group]
        if done:
            await asyncio.to_thread(self._sent, done)
        for error in tried:
            if isinstance(error, BaseException):
                raise error
        return len(done)

    def _lease(self) -> Sequence[Outbox]:
        with self._database.writing() as session:
            return outbox.lease(session, limit=ROWS_AT_ONCE)

    def _sent(self, rows: Sequence[Outbox]) -> None:
        with self._database.writing() as session:
            outbox.sent(session, rows)

    async def _send(self, rows: Sequence[Outbox]) -> None:
        first, latest = rows[0], max(row.at for row in rows)
        match OutboxKind(first.kind):
            case OutboxKind.WAKE_ENCOUNTER:
                await self._wake_encounter(rows, latest)
            case OutboxKind.WAKE_ACCOUNT:
                await self._wake_account(first, latest)
            case OutboxKind.WAKE_APPOINTMENT:
                await self._wake_appointment(first, latest)
            case OutboxKind.START_REMITTANCE:
                await self._start_remittance(first)
            case OutboxKind.START_BATCH:
                await self._start_batch(first, latest)
            case OutboxKind.WAKE_BATCH:
                await self._wake_batch(first)
            case OutboxKind.RESEND_BATCH:
                await self._resend_batch(first, latest)
            case OutboxKind.START_RESUBMISSION:
                await self._start_resubmission(first)
            case OutboxKind.START_STATEMENT_RUN:
                await self._start_statement_run(first)
            case OutboxKind.START_CARD_REFUND:
                await self._start_card_refund(first)

    async def _wake_encounter(self, rows: Sequence[Outbox], at: datetime) -> None:
        """Running or closed, the encounter hears of its facts. A plain signal costs half of a signal-with-start."""
        row = rows[0]
        fact_ids = tuple(one.fact_id for one in rows if one.fact_id is not None)
        start = StartEncounter(practice_id=row.practice_id, encounter_id=row.subject_id)
        workflow_id = encounter_workflow(row.practice_id, row.subject_id)
        if fact_ids and await self._signal_running(workflow_id, FactsArrived(fact_ids=fact_ids, at=at)):
            return
        await self._client.start_workflow(
            Process.ENCOUNTER_BILLING,
            start,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **starting.of_encounter(row.practice_id, row.subject_id, task_queue=self._task_queue),
        )

    async def _signal_running(self, workflow_id: str, facts: FactsArrived) -> bool:
        """Signal the encounter; False when none runs: then one is started, which finds the facts by itself."""
        try:
            await self._client.get_workflow_handle(workflow_id).signal(Signal.FACTS_ARRIVED, facts)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _wake_account(self, row: Outbox, at: datetime) -> None:
        """Running or ended, the account looks at its balance."""
        await self._client.start_workflow(
            Process.PATIENT_ACCOUNT,
            StartAccount(practice_id=row.practice_id, patient_id=row.subject_id),
            id=account_workflow(row.practice_id, row.subject_id),
            task_queue=self._task_queue,
            start_signal=Signal.BALANCE_CHANGED,
            start_signal_args=[BalanceChanged(at=at)],
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=TypedSearchAttributes([SearchAttributePair(attributes.PRACTICE_ID, row.practice_id)]),
            static_summary="What one patient owes over all visits",
            static_details=f"[Open it in the workbench](/accounts/{row.subject_id})",
            priority=Priority(fairness_key=row.practice_id),
        )

    async def _wake_appointment(self, row: Outbox, at: datetime) -> None:
        """Running or ended, the coming visit looks at its appointment."""
        await self._client.start_workflow(
            Process.COMING_VISIT,
            StartComingVisit(practice_id=row.practice_id, appointment_id=row.subject_id),
            id=coming_visit_workflow(row.practice_id, row.subject_id),
            task_queue=self._task_queue,
            start_signal=Signal.APPOINTMENT_CHANGED,
            start_signal_args=[AppointmentChanged(at=at)],
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=TypedSearchAttributes([SearchAttributePair(attributes.PRACTICE_ID, row.practice_id)]),
            static_summary="The coverage of a coming visit",
            priority=Priority(fairness_key=row.practice_id),
        )

    async def _start_once(
        self,
        process: Process,
        start: StartOfOne,
        *,
        workflow_id: str,
        summary: str | None = None,
        page: str | None = None,
    ) -> None:
        """One that runs goes on; one that ran to its end finds nothing left to do."""
        await self._client.start_workflow(
            process,
            start,
            id=workflow_id,
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            static_summary=summary,
            static_details=None if page is None else f"[Open it in the workbench]({page})",
            priority=Priority(fairness_key=start.practice_id),
        )

    async def _start_remittance(self, row: Outbox) -> None:
        await self._start_once(
            Process.REMITTANCE_FILE,
            StartRemittance(practice_id=row.practice_id, remittance_id=row.subject_id, at=row.at),
            workflow_id=remittance_workflow(row.practice_id, row.subject_id),
        )

    async def _start_batch(self, row: Outbox, at: datetime) -> None:
        """Each wish starts one batch, which takes all that is ready by then; an empty one ends at once."""
        batch_id = new_id()
        await self._client.start_workflow(
            Process.SUBMISSION_BATCH,
            StartBatch(practice_id=row.practice_id, partner_id=row.subject_id, batch_id=batch_id, at=at),
            id=batch_workflow(row.practice_id, row.subject_id, batch_id),
            task_queue=self._task_queue,
            priority=Priority(fairness_key=row.practice_id),
        )

    async def _resend_batch(self, row: Outbox, at: datetime) -> None:
        """A batch that was given up begins again where it was: its bytes are stored."""
        batch = await asyncio.to_thread(self._batch, row.subject_id)
        if batch is None:
            return
        await self._start_once(
            Process.SUBMISSION_BATCH,
            StartBatch(practice_id=batch.practice_id, partner_id=batch.partner_id, batch_id=batch.id, at=at),
            workflow_id=batch_workflow(batch.practice_id, batch.partner_id, batch.id),
        )

    async def _start_resubmission(self, row: Outbox) -> None:
        await self._start_once(
            Process.BULK_RESUBMISSION,
            StartResubmission(practice_id=row.practice_id, resubmission_id=row.subject_id, at=row.at),
            workflow_id=resubmission_workflow(row.practice_id, row.subject_id),
            summary="Claims that are sent again at a pace",
            page=f"/submissions/again/{row.subject_id}",
        )

    async def _start_statement_run(self, row: Outbox) -> None:
        await self._start_once(
            Process.STATEMENT_RUN,
            StartStatementRun(practice_id=row.practice_id, run_id=row.subject_id, at=row.at),
            workflow_id=statement_run_workflow(row.practice_id, row.subject_id),
            summary="Papers to patients, set for the printing machine or sent by e-mail",
            page=f"/letters/runs/{row.subject_id}",
        )

    async def _start_card_refund(self, row: Outbox) -> None:
        """The processor pays one reference back once."""
        await self._start_once(
            Process.CARD_REFUND,
            StartCardRefund(practice_id=row.practice_id, refund_id=row.subject_id, at=row.at),
            workflow_id=card_refund_workflow(row.practice_id, row.subject_id),
            summary="Money goes back to a patient's card",
        )

    async def _wake_batch(self, row: Outbox) -> None:
        batch = await asyncio.to_thread(self._batch, row.subject_id)
        if batch is None:
            return
        handle = self._client.get_workflow_handle(batch_workflow(batch.practice_id, batch.partner_id, batch.id))
        try:
            await handle.signal(Signal.ACKNOWLEDGMENT_ARRIVED)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise

    def _batch(self, batch_id: str) -> Batch | None:
        with self._database.reading() as session:
            return session.get(Batch, batch_id)
