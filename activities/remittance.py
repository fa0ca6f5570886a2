"""One 835 transaction: rows stored and matched, cash and provider adjustments posted, encounters told, closed."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from sqlmodel import Session, select
from temporalio import activity
from temporalio.client import Client

from activities import provider_money, starting
from activities.bank_desk import pair_remittance
from activities.messages import FactsArrived, RemittanceStanding, RemittanceStep, StartEncounter
from activities.names import Process, Signal
from billing.identifiers import control_number_within
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.remittance import ClaimPayment
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import encounters, ledger, messages, records, remittances, submissions, tasks
from database.columns import new_id
from database.engine import Database
from database.tables import InboundMessage, RemittanceClaim, RemittanceFile
from interchange.x12 import remittance_835

ROWS_A_TRANSACTION = 200
SIGNALS_IN_FLIGHT = 10
A_WAVE = 200
"""Encounters that are told before most of them have to be posted"""
A_LOOK = 0.5
"""Seconds between two looks at a wave"""
PATIENCE = 20
"""Looks without anything posted after which the next wave goes out"""


class RemittanceActivities:
    """What a remittance's workflow asks of the book of record and of the engine."""

    def __init__(self, database: Database, client: Client, task_queue: str) -> None:
        self._database = database
        self._client = client
        self._task_queue = task_queue

    @activity.defn
    def store_rows(self, step: RemittanceStep) -> RemittanceStanding:
        """Store and match every claim payment, page by page, then post the cash. The balance was proven at filing."""
        with self._database.reading() as session:
            file = _file(session, step)
            message = session.get(InboundMessage, file.message_id)
            assert message is not None, "raw bytes are stored before anything else"
            ordinal = file.set_ordinal
        payments = _payments(message.body, ordinal)
        while page := list(islice(payments, ROWS_A_TRANSACTION)):
            with self._database.writing() as session:
                for number, payment in page:
                    _store_row(session, _file(session, step), number, payment, step)
            activity.heartbeat(page[-1][0])
        with self._database.writing() as session:
            file = _file(session, step)
            post_cash(session, file, step)
            provider_money.book(session, file, remittances.header(file), at=step.at)
            provider_money.look_again(session, file, at=step.at)
            _ask_about_unmatched(session, file, step)
            if file.state == "stored":
                file.state = "posting"
                session.add(file)
                session.flush()
            pair_remittance(session, file, at=step.at)
            return _standing(session, file)

    @activity.defn
    async def tell_encounters(self, step: RemittanceStep) -> RemittanceStanding:
        """One signal-with-start per encounter of the remittance, ten in flight; a closed encounter starts again.

        Told in waves: the next goes out once most of the one before is posted. An engine that is told faster than the
        books are written keeps thousands of encounters open at once, more than its worker has room for, and each of
        them is read again and again (at 10,000 claims three times the work).
        """
        waiting = await asyncio.to_thread(self._waiting, step)
        in_flight = asyncio.Semaphore(SIGNALS_IN_FLIGHT)

        async def tell(encounter_id: str) -> None:
            async with in_flight:
                await self._client.start_workflow(
                    Process.ENCOUNTER_BILLING,
                    StartEncounter(practice_id=step.practice_id, encounter_id=encounter_id),
                    start_signal=Signal.FACTS_ARRIVED,
                    start_signal_args=[FactsArrived(at=step.at)],
                    **starting.of_encounter(step.practice_id, encounter_id, task_queue=self._task_queue),
                )
                activity.heartbeat(encounter_id)

        for first in range(0, len(waiting), A_WAVE):
            wave = waiting[first : first + A_WAVE]
            await asyncio.gather(*(tell(one) for one in wave))
            if first + A_WAVE < len(waiting):
                await self._until_posted(step, wave)
        return await asyncio.to_thread(self._look, step)

    async def _until_posted(self, step: RemittanceStep, wave: Sequence[str]) -> None:
        """Until most of a wave is posted, or nothing of it moves any more: what is held or waits holds nobody up."""
        least, still = len(wave), 0
        while least > len(wave) // 4 and still < PATIENCE:
            await asyncio.sleep(A_LOOK)
            left = len(await asyncio.to_thread(self._waiting, step, wave))
            still = still + 1 if left >= least else 0
            least = min(least, left)
            activity.heartbeat(left)

    def _waiting(self, step: RemittanceStep, among: Sequence[str] | None = None) -> list[str]:
        """Encounters with a row that is not posted yet; of a large file only the wave is asked for, twice a second."""
        with self._database.reading() as session:
            return remittances.encounters_open(session, _file(session, step).id, among=among)

    def _look(self, step: RemittanceStep) -> RemittanceStanding:
        with self._database.reading() as session:
            return _standing(session, _file(session, step))

    @activity.defn
    def count_open_rows(self, step: RemittanceStep) -> RemittanceStanding:
        """Close the file once no row is open and its money is spent; until then, how much is left to do."""
        with self._database.writing() as session:
            file = _file(session, step)
            standing = _standing(session, file)
            if standing.open_rows == 0 and standing.unmatched_rows == 0 and file.state == "posting":
                file.state = "closed" if standing.unapplied_cents == 0 else "excepted"
                file.closed_at = step.at
                session.add(file)
                session.flush()
            return _standing(session, file)


def _file(session: Session, step: RemittanceStep) -> RemittanceFile:
    file = remittances.find(session, practice_id=step.practice_id, remittance_id=step.remittance_id)
    assert file is not None, "a remittance is stored before its workflow starts"
    return file


def _payments(body: bytes, set_ordinal: int) -> Iterator[tuple[int, ClaimPayment]]:
    current = 0
    for item in remittance_835.read(body):
        if isinstance(item, remittance_835.RemittanceHeader):
            current += 1
        elif isinstance(item, remittance_835.ReadPayment) and current == set_ordinal and item.payment is not None:
            yield item.ordinal, item.payment


def _store_row(
    session: Session, file: RemittanceFile, ordinal: int, payment: ClaimPayment, step: RemittanceStep
) -> None:
    known = session.exec(
        select(RemittanceClaim.id).where(RemittanceClaim.remittance_id == file.id, RemittanceClaim.ordinal == ordinal)
    ).first()
    if known is not None:
        return
    found = remittances.match(session, payment, practice_id=file.practice_id)
    if found is not None and found[1] == remittances.MANGLED:
        payment = replace(payment, control_number=control_number_within(payment.control_number) or "")
    row = RemittanceClaim(
        id=new_id(),
        practice_id=file.practice_id,
        remittance_id=file.id,
        ordinal=ordinal,
        control_number=payment.control_number,
        payer_claim_number=payment.payer_claim_number,
        status=payment.status,
        charge_cents=payment.charge_cents,
        paid_cents=payment.paid_cents,
        payment=records.dump(payment),
        state="open" if found else "unmatched",
        matched_by=found[1] if found else None,
        encounter_id=found[0] if found else None,
    )
    session.add(row)
    session.flush()
    if found is not None:
        tell_of_rows(session, row, file)


def tell_of_rows(session: Session, row: RemittanceClaim, file: RemittanceFile, *, late: bool = False) -> None:
    """Keep the fact that this remittance has rows for the encounter; a row matched late makes a fact of its own."""
    assert row.encounter_id is not None, "only matched rows are told"
    suffix = f":{row.ordinal}" if late else ""
    encounters.add_fact(
        session,
        practice_id=row.practice_id,
        encounter_id=row.encounter_id,
        kind=FactKind.REMITTANCE_ARRIVED,
        source_key=f"remit:{file.id}:{row.encounter_id}{suffix}",
        subject_id=file.id,
        received_at=file.received_at,
        wake=late,
    )


def post_cash(session: Session, file: RemittanceFile, step: RemittanceStep) -> None:
    """The money advised."""
    header = remittances.header(file)
    paid = Cents(file.paid_cents)
    in_hand = header.method == "CHK" and messages.is_typed(session, file.message_id)
    sides = (
        Side(Account.UNDEPOSITED if in_hand else Account.EFT_CLEARING, paid, None, header.method),
        Side(Account.CASH_UNAPPLIED, Cents(-paid), None),
    )
    entry = Entry(EntryKind.REMITTANCE_CASH, f"cash:{file.id}", sides)
    ledger.post(session, [entry], practice_id=file.practice_id, at=step.at, remittance_id=file.id)


def _ask_about_unmatched(session: Session, file: RemittanceFile, step: RemittanceStep) -> None:
    for row in remittances.rows(session, file.id):
        if row.state != "unmatched":
            continue
        elsewhere = submissions.by_control_number(session, row.control_number)
        why = (
            "its control number belongs to another practice"
            if elsewhere is not None and elsewhere.practice_id != file.practice_id
            else "no claim of ours fits its control number, payer claim number or service"
        )
        tasks.open_task(
            session,
            NewTask(
                TaskType.UNMATCHED_REMIT,
                key=row.id,
                reason=f"Claim payment {row.ordinal} of remittance {file.trace} of {file.payment_date} "
                f"({format_dollars(row.paid_cents)} of {format_dollars(row.charge_cents)}, its number "
                f"{row.control_number or 'is empty'}) could not be matched: {why}.",
                amount_cents=row.paid_cents,
                detail={"remittance_claim_id": row.id},
            ),
            practice_id=file.practice_id,
            subject="remittance",
            subject_id=file.id,
            at=step.at,
        )


def _standing(session: Session, file: RemittanceFile) -> RemittanceStanding:
    counted = remittances.count_by_state(session, file.id)
    return RemittanceStanding(
        state=file.state,
        open_rows=counted.get("open", 0) + counted.get("held", 0),
        unmatched_rows=counted.get("unmatched", 0),
        row_count=sum(counted.values()),
        unapplied_cents=ledger.unapplied_cents(session, practice_id=file.practice_id, remittance_id=file.id),
    )
