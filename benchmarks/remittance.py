"""`python -m benchmarks.remittance [--claims 1000,10000]`: one 835 with so many claims, posted and proven.

The visits are billed first, by the office's own steps without the engine. Then one file answers all of them. Measured
is what lies between its arrival and the last claim posted, beside the bare engine doing as many signals and local
activities in the same run. At the end one more file is posted whose worker is killed in the middle.
"""

import argparse
import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import col, delete, func, select

from activities.batch import BatchActivities
from activities.eligibility import EligibilityActivities
from activities.encounter import EncounterActivities
from activities.filing import file_message
from activities.intake import import_file
from activities.messages import BatchStep, EncounterStep, InquiryStep, ReceiptStep, StartEncounter
from activities.partner_lines import PartnerLines
from activities.starting import first_attributes
from benchmarks.bench_office import TOKEN, Bench, cpu_of, memory_of, open_office, say, start_worker
from benchmarks.yardsticks import Told
from billing.claim import Claim, Contact, Name, Party
from billing.money import Cents
from billing.remittance import ClaimPayment, Remittance
from billing.stages import Step
from database import messages, proof, records
from database.columns import new_id
from database.tables import Encounter, Outbox, RemittanceClaim, RemittanceFile, Submission
from interchange.x12 import remittance_835, writing
from simulator import clinic, payer
from simulator.scenarios import Scenario
from temporal import worker_runtime

IN_FLIGHT = 10
AWAITED = 200
"""Workflows of the bare engine that run at once, as the office tells encounters in waves: the engine lets a namespace
wait for some hundreds of results"""
A_BATCH = 5000


async def main(counts: list[int]) -> None:
    """Every count, the bare engine beside each, and one file more whose worker is killed."""
    with tempfile.TemporaryDirectory(prefix="zerobalance-bench-") as folder:
        async with AsyncExitStack() as stack:
            bench = await open_office(stack, Path(folder), is_working=False)
            bodies = [await asyncio.to_thread(_billed, bench, count, number) for number, count in enumerate(counts)]
            last = await asyncio.to_thread(_billed, bench, counts[0], len(counts))
            bench = await start_worker(stack, bench)
            await _bare(bench, 50, prefix="warm")
            for count, body in zip(counts, bodies, strict=True):
                bare = await _measured(bench, count, _bare(bench, count, prefix=f"bare{count}"))
                ours = await _measured(bench, count, _posted(bench, body))
                say(
                    bench="835 posted",
                    claims=count,
                    **ours,
                    bare_engine_per_second=bare["per_second"],
                    takes_times_the_bare_engine=round(bare["per_second"] / ours["per_second"], 2),
                    worker_peak_mb=memory_of(bench.worker_pid, "VmHWM"),
                )
            await _killed_in_the_middle(stack, bench, last, counts[0])
            _prove(bench)


def _billed(bench: Bench, count: int, number: int) -> bytes:
    """So many visits with their claims sent, and the file that will pay them. No workflow is told of them yet."""
    with httpx.Client(trust_env=False) as http:
        steps = _Steps(bench, http)
        visits = clinic.clean_visits(count, seed=100 + number, today=datetime.now(UTC).date())
        body = clinic.file_of(visits, number=100 + number, at=bench.clock.now())
        at = datetime.now(UTC)
        report = import_file(bench.database, body, practice_id=bench.practice_id, partner_id=bench.partner_id, at=at)
        assert report.created == count, report
        with bench.database.writing() as session:
            fresh = list(session.exec(select(Encounter.id).where(Encounter.stage == "registration")))
        for encounter_id in fresh:
            steps.to_submission(encounter_id)
        for _ in range(-(-count // A_BATCH)):
            steps.send()
    with bench.database.writing() as session:
        session.execute(delete(Outbox))
        ids = set(fresh)
        sent = [one for one in session.exec(select(Submission)) if one.encounter_id in ids]
        return _file(_answers(sent), records.load(Claim, sent[0].claim).billing_provider, number)


def _secret(name: str) -> str:
    return TOKEN


class _Steps:
    """The office's steps, called as a workflow would call them."""

    def __init__(self, bench: Bench, http: httpx.Client) -> None:
        self._bench = bench
        secret = _secret
        self._encounter = EncounterActivities(bench.database)
        self._eligibility = EligibilityActivities(bench.database, http, secret)
        self._batch = BatchActivities(bench.database, PartnerLines(http, secret))

    def to_submission(self, encounter_id: str) -> None:
        """Registered, verified, coded and scrubbed."""
        at = datetime.now(UTC)
        step = EncounterStep(practice_id=self._bench.practice_id, encounter_id=encounter_id, at=at)
        standing = self._encounter.open_encounter(step)
        if standing.step == Step.REGISTER:
            standing = self._encounter.register_encounter(step)
        assert standing.inquiry_id is not None, standing
        inquiry = InquiryStep(practice_id=self._bench.practice_id, inquiry_id=standing.inquiry_id, at=at)
        answer = self._eligibility.inquire_eligibility(inquiry)
        standing = self._encounter.prepare_claim(step.model_copy(update={"message_id": answer.message_id}))
        assert standing.stage == "submission", standing

    def send(self) -> None:
        """One batch of what is ready."""
        whose = {"practice_id": self._bench.practice_id, "partner_id": self._bench.partner_id}
        step = BatchStep(**whose, batch_id=new_id(), at=datetime.now(UTC))
        self._batch.prepare_interchange(step)
        said = self._batch.transmit(step)
        self._batch.record_receipt(ReceiptStep(**step.model_dump(), transmission=said))


def _answers(sent: list[Submission]) -> Iterator[ClaimPayment]:
    """What a payer pays that finds nothing wrong."""
    for number, one in enumerate(sent):
        claim = records.load(Claim, one.claim)
        decided = payer.adjudicate(claim, Scenario.PAID, payer_claim_number=f"ICN{number:08}", at=datetime.now(UTC))
        yield replace(decided.payment, control_number=one.control_number)


def _file(payments: Iterator[ClaimPayment], payee: Party, number: int) -> bytes:
    rows = list(payments)
    remittance = Remittance(
        trace=f"BENCH{number:05}",
        payer_id="1512345678",
        paid_cents=Cents(sum(one.paid_cents for one in rows)),
        method="ACH",
        handling="I",
        credit_debit="C",
        payment_date=datetime.now(UTC).date(),
        payer=Party(
            "PR", is_person=False, name=Name("BENCHMARK PAYER"), contact=Contact("CLAIMS", (("TE", "5555550100"),))
        ),
        payee=replace(payee, role="PE"),
    )
    text = writing.write_interchange(
        [writing.Group(1, remittance_835.VERSION, [("0001", remittance_835.write(remittance, rows))], "835")],
        sender=writing.Address("ZZ", "BENCH"),
        receiver=writing.Address("ZZ", "ZEROBALANCE"),
        control_number=number + 1,
        instant=datetime.now(UTC),
    )
    return text.encode("ascii")


async def _posted(bench: Bench, body: bytes) -> None:
    """The file arrives, and its last claim is posted."""
    before = await asyncio.to_thread(_arrive, bench, body)
    await _until(lambda: _count_posted(bench) == before + body.count(b"CLP*"))


def _arrive(bench: Bench, body: bytes) -> int:
    """Filed as mail is; how many claims were posted before."""
    before = _count_posted(bench)
    with bench.database.writing() as session:
        message, _ = messages.store_inbound(
            session,
            partner_id=bench.partner_id,
            kind="835",
            body=body,
            received_at=datetime.now(UTC),
            mail_id=None,
        )
    with bench.database.writing() as session:
        file_message(session, message.id)
    return before


def _count_posted(bench: Bench) -> int:
    with bench.database.reading() as session:
        return session.exec(select(func.count()).where(RemittanceClaim.state == "posted")).one()


async def _until(is_done: Any, *, seconds: float = 3600) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(is_done):
        if time.monotonic() > deadline:
            raise TimeoutError("the office did not get there")
        await asyncio.sleep(0.2)


async def _bare(bench: Bench, count: int, *, prefix: str) -> None:
    """As many workflows, each told by one signal, with as many local activities and none of the work."""
    at_once, awaited = asyncio.Semaphore(IN_FLIGHT), asyncio.Semaphore(AWAITED)
    start = StartEncounter(practice_id=bench.practice_id, encounter_id=new_id())

    async def one(number: int) -> None:
        async with awaited:
            async with at_once:
                handle = await bench.client.start_workflow(
                    Told.__name__,
                    start,
                    id=f"{prefix}/{number}",
                    task_queue=bench.settings.task_queue,
                    search_attributes=first_attributes(bench.practice_id),
                    static_summary="One yardstick, told as an encounter is",
                    start_signal="wake",
                )
            await handle.result()

    await asyncio.gather(*(one(number) for number in range(count)))


async def _measured(bench: Bench, count: int, work: Any) -> dict[str, float]:
    server, worker, began = cpu_of(bench.server_pid), cpu_of(bench.worker_pid), time.monotonic()
    await work
    took = time.monotonic() - began
    return {
        "per_second": round(count / took, 1),
        "server_ms": round((cpu_of(bench.server_pid) - server) * 1000 / count, 1),
        "worker_ms": round((cpu_of(bench.worker_pid) - worker) * 1000 / count, 1),
    }


async def _killed_in_the_middle(stack: AsyncExitStack, bench: Bench, body: bytes, count: int) -> None:
    """The worker dies without a word once a third is posted; another one goes on."""
    before = await asyncio.to_thread(_arrive, bench, body)
    await _until(lambda: _count_posted(bench) >= before + count // 3)
    os.kill(bench.worker_pid, signal.SIGKILL)
    left = before + count - _count_posted(bench)
    began = time.monotonic()
    await start_worker(stack, bench)
    await _until(lambda: _count_posted(bench) == before + count)
    say(bench="killed in the middle", claims=count, left=left, seconds_until_posted=round(time.monotonic() - began, 1))


def _prove(bench: Bench) -> None:
    """Nothing lost, nothing doubled, to the cent."""
    with bench.database.reading() as session:
        proofs = proof.prove_rows(session)
        rows = session.exec(select(func.count()).select_from(RemittanceClaim)).one()
        paid = session.exec(select(func.sum(col(RemittanceFile.paid_cents)))).one()
    off = [one.name for one in proofs if not one.holds]
    say(bench="books after it all", claim_payments=rows, paid_cents=int(paid), proofs=len(proofs), off=off)
    assert not off, off


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.remittance")
    parser.add_argument("--claims", default="1000,10000", help="claims of each file")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = [int(one) for one in _arguments().claims.split(",")]
    worker_runtime.run_process(lambda: main(chosen))
