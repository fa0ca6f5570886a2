"""Records golden histories from the real engine: `python -m tests.histories.recording [STORY ...]` writes
tests/histories/*.json.

Each file is one run of one encounter, encrypted with the key below, which protects nothing: histories hold ids, cents
and codes of state only. Record again only with a change that running workflows survive (see docs/decisions).
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from activities import instalment_plans, kept_cards
from activities.account_decisions import wake
from activities.ids import (
    account_workflow,
    card_refund_workflow,
    coming_visit_workflow,
    resubmission_workflow,
    statement_run_workflow,
)
from billing.amendments import Change
from billing.kept_cards import CardState
from billing.statement_runs import LADDER_MINUTES
from database import accounts, card_refunds
from database.account_holds import PATIENT
from database.columns import new_id
from database.engine import Database
from database.resubmissions import Kind, Sought
from database.setup import upgrade
from database.tables import CardRefund, Checkout
from interchange.x12.coordination_writing import with_other_payers
from settings import Settings
from temporal import client
from temporal import engine as embedded
from temporal.encryption import KeyRing
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_reversal, a_second_policy, an_835, an_837p
from tests.conftest import EARLY_CONTINUE_AS_NEW, Engine
from tests.office import Office
from tests.stories import eighteen_months, sending_desk, statement_desk
from tests.stories.running import Running, running
from tests.stories.test_coming_visit import arrived, booked, until_next

FOLDER = Path(__file__).parent
KEYRING = KeyRing(active="golden", keys={"golden": b"golden histories protect nothing"})

Story = Callable[[Running], Awaitable[str]]


async def opened(live: Running) -> tuple[str, str]:
    """A visit of the day before yesterday, sent: (encounter id, control number)."""
    day = live.office.today - timedelta(days=2)
    live.office.take_in(an_837p(a_claim(a_line(service_date=day))))
    [encounter] = live.office.encounter_ids()
    await live.settle(encounter)
    return encounter, live.office.submission(encounter).control_number


async def clean(live: Running) -> str:
    """Paid in full."""
    encounter, number = await opened(live)
    for who, place in (("AY", 1), ("PR", 2)):
        live.office.deliver(a_277ca(number, sender=who, number=place))
        await live.settle(encounter)
    live.office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
    await live.tell(encounter)
    return encounter


async def rejected_and_corrected(live: Running) -> str:
    """277CA refusal, a corrected new original, a copayment, paid by the patient."""
    encounter, number = await opened(live)
    live.office.deliver(a_277ca(number, accepted=False))
    await live.settle(encounter)
    await live.complete(encounter, resolution="corrected_new_claim", values={"corrections": "member_id = XYZ1"})
    number = live.office.submission(encounter).control_number
    live.office.deliver_835(an_835(a_payment(number)))
    await live.tell(encounter)
    live.office.pay(encounter, 2000)
    await live.settle(encounter)
    return encounter


async def denied_and_written_off(live: Running) -> str:
    """A denial, a proposed write-off, a second person's approval."""
    encounter, number = await opened(live)
    live.office.deliver_835(an_835(a_payment(number, paid=0, adjustments=(("CO", "45", 5000), ("CO", "50", 10000)))))
    await live.tell(encounter)
    await live.complete(encounter, resolution="write_off", values={"reason": "small"})
    supervisor = live.office.supervisor_id
    await live.complete(encounter, resolution="approved", values={"reason": "agreed"}, by=supervisor)
    return encounter


async def denied_and_replaced(live: Running) -> str:
    """A denial, an appeal that brings nothing, a replacement that is paid."""
    encounter, number = await opened(live)
    live.office.deliver_835(an_835(a_payment(number, paid=0, status="4", adjustments=(("CO", "16", 15000),))))
    await live.tell(encounter)
    await live.complete(encounter, resolution="appeal", values={"argument": "all data was there"})
    await live.advance(encounter, timedelta(days=61))
    await live.complete(encounter, resolution="replace", values={"corrections": "line.1.modifiers = 25"})
    number = live.office.submission(encounter).control_number
    paid = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),), payer_claim_number="ICN001R")
    live.office.deliver_835(an_835(paid, trace="EFT0002"))
    await live.tell(encounter)
    return encounter


async def two_payers(live: Running) -> str:
    """The first payer leaves a share, the second pays it."""
    day = live.office.today - timedelta(days=2)
    claim = with_other_payers(a_claim(a_line(service_date=day)), [a_second_policy()])
    live.office.take_in(an_837p(claim))
    [encounter] = live.office.encounter_ids()
    await live.settle(encounter)
    number = live.office.submission(encounter).control_number
    live.office.deliver_835(an_835(a_payment(number, adjustments=(("CO", "45", 5000), ("PR", "2", 2000)))))
    await live.tell(encounter)
    number = live.office.submission(encounter).control_number
    rest = a_payment(number, paid=2000, adjustments=(("OA", "23", 13000),), status="2", payer_claim_number="S1")
    live.office.deliver_835(an_835(rest, trace="EFT0002"))
    await live.tell(encounter)
    return encounter


async def amended(live: Running) -> str:
    """A late charge after the visit was closed: a replacement, its answer, closed again."""
    encounter, number = await opened(live)
    first = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))
    live.office.deliver_835(an_835(first))
    await live.tell(encounter)
    late = {"corrections": "line.2.procedure = 93000\nline.2.charge = 60.00", "reason": "forgotten"}
    live.office.amend(encounter, Change.CORRECT, late)
    await live.settle(encounter)
    number = live.office.submission(encounter).control_number
    lines = (first.lines[0], a_payment(number, charge=6000, paid=6000, adjustments=(), procedure="93000").lines[0])
    anew = a_payment(number, charge=21000, paid=16000, adjustments=(), lines=lines, payer_claim_number="ICN001R")
    live.office.deliver_835(an_835(a_reversal(first), anew, trace="EFT0002"))
    await live.tell(encounter)
    return encounter


async def unpaid_and_placed(live: Running) -> str:
    """A share that nobody pays: statements, final notice, placement. The account's own history is kept too."""
    encounter, number = await opened(live)
    live.office.deliver_835(an_835(a_payment(number)))
    await live.tell(encounter)
    account = live.client.get_workflow_handle(
        account_workflow(live.office.practice_id, live.office.patient_of(encounter))
    )
    for _ in range(13):
        await live.advance_workflow(account, timedelta(days=10))
    live.office.decide_account(encounter, "place", agency="Example Recovery")
    await live.settle(encounter)
    await account.result()
    return encounter


async def coming_visit(live: Running) -> str:
    """Booked, asked about three times, and the patient came: one run of the appointment's workflow is kept."""
    office = live.office
    visit = booked(office)
    handle = live.client.get_workflow_handle(coming_visit_workflow(office.practice_id, visit))
    await live.dispatcher.send_waiting()
    await live.advance_workflow(handle, timedelta(minutes=1))
    for _ in ("before", "day"):
        await live.advance_workflow(handle, await until_next(live, handle))
    arrived(office, visit)
    await live.dispatcher.send_waiting()
    await handle.result()
    return visit


async def silent_payer(live: Running) -> str:
    """Ninety days of silence: alarms, escalations, a new history; then the answer."""
    encounter, number = await opened(live)
    for _ in range(9):
        await live.advance(encounter, timedelta(days=10))
    live.office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
    await live.tell(encounter)
    return encounter


async def held(live: Running) -> str:
    """A hold, released by a person."""
    encounter, _ = await opened(live)
    await live.hold(encounter, days=3)
    await live.release(encounter)
    return encounter


async def bulk_resubmission(live: Running) -> str:
    """Two claims without a 999, sent again one after the other: the run of the resubmission is kept."""
    live.office.policy("catch_up_claims", 1)
    visits = sending_desk.visits(live.office, 2)
    for visit in visits:
        await live.settle(visit)
    await live.advance(visits[0], timedelta(hours=5))
    run = sending_desk.confirmed(live.office, Sought(Kind.NO_999))
    for visit in visits:
        await live.settle(visit)
    handle = live.client.get_workflow_handle(resubmission_workflow(live.office.practice_id, run))
    await live.advance_workflow(handle, timedelta(minutes=5, seconds=5))
    for visit in visits:
        await live.settle(visit)
    await handle.result()
    return run


async def statement_run(live: Running) -> str:
    """Two papers, one of which goes by e-mail to a server that is away until it is given up: both are printed."""
    office = live.office
    by_mail, _ = statement_desk.waiting(office, 2)
    statement_desk.wants_email(office, by_mail, "jane@patients.test")
    run = statement_desk.begun(office)
    await live.dispatcher.send_waiting()
    handle = live.client.get_workflow_handle(statement_run_workflow(office.practice_id, run))
    for minutes in (0, *LADDER_MINUTES):
        await live.advance_workflow(handle, timedelta(minutes=minutes, seconds=5))
    await handle.result()
    return run


async def card_refund(live: Running) -> str:
    """The processor answers nobody for days: a person is told, and it is asked on."""
    office = live.office
    visit, *_ = statement_desk.waiting(office, 1)
    theirs = {"practice_id": office.practice_id, "amount_cents": 500}
    checkout = Checkout(id=new_id(), patient_id=office.patient_of(visit), made_at=office.now, state="paid", **theirs)
    refund = CardRefund(
        id=new_id(),
        encounter_id=visit,
        checkout_id=checkout.id,
        state=card_refunds.UNDER_WAY,
        asked_at=office.now,
        asked_by=office.worker_id,
        **theirs,
    )
    with office.database.writing() as session:
        session.add(checkout)
        session.flush()
        session.add(refund)
        card_refunds.wish(session, practice_id=office.practice_id, refund_id=refund.id, at=office.now)
    await live.dispatcher.send_waiting()
    handle = live.client.get_workflow_handle(card_refund_workflow(office.practice_id, refund.id))
    for _ in range(2):
        await asyncio.sleep(1)
        await live.advance_workflow(handle, timedelta(days=4))
    return refund.id


async def kept_card(live: Running) -> str:
    """An instalment is charged to a kept card whose processor answers nobody: it is asked again."""
    office = live.office
    visit, *_ = statement_desk.waiting(office, 1)
    holder, at = office.patient_of(visit), office.now
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=at)
        day = office.today + timedelta(days=2)
        instalment_plans.agree(session, account, count=2, first_day=day, disclosure="", by=None, at=at)
        card = kept_cards.ask(session, account, words="Charge it", said_by="", by=PATIENT, at=at)
        card.state, card.reference, card.label, card.kept_at = CardState.KEPT, "card", "card", at
        session.add(card)
        wake(session, account, at=at)
    await live.dispatcher.send_waiting()
    handle = live.client.get_workflow_handle(account_workflow(office.practice_id, holder))
    for hours in (4 * 24, 16):
        await asyncio.sleep(1)
        await live.advance_workflow(handle, timedelta(hours=hours))
    return holder


NOBODY = 9
"""A port on which neither a mail server nor a card processor listens"""
STORIES: dict[str, Story] = {
    "clean": clean,
    "rejected_and_corrected": rejected_and_corrected,
    "denied_and_written_off": denied_and_written_off,
    "denied_and_replaced": denied_and_replaced,
    "two_payers": two_payers,
    "amended": amended,
    "eighteen_months": eighteen_months.lived,
    "unpaid_and_placed": unpaid_and_placed,
    "silent_payer": silent_payer,
    "held": held,
    "coming_visit": coming_visit,
    "bulk_resubmission": bulk_resubmission,
    "statement_run": statement_run,
    "card_refund": card_refund,
    "kept_card": kept_card,
}
"""By the name of its files: each gives the id of what it is about"""
OTHER_PROCESSES = {
    "coming_visit": coming_visit_workflow,
    "bulk_resubmission": resubmission_workflow,
    "statement_run": statement_run_workflow,
    "card_refund": card_refund_workflow,
    "kept_card": account_workflow,
}
"""Stories that are not about an encounter's own workflow"""


async def record(only: Sequence[str] = ()) -> None:
    """Live every story once, or those that are named, and keep each of its runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        away = {"smtp_host": "127.0.0.1", "smtp_port": NOBODY, "smtp_security": "none", "smtp_sender": "a@clinic.test"}
        away |= {"card_processor_url": f"http://127.0.0.1:{NOBODY}", "card_processor_token": "none"}
        settings = Settings(data_dir=folder, temporal_port=embedded.free_port(), **away)
        flags = {**embedded.TIME_SKIPPING, **EARLY_CONTINUE_AS_NEW}
        async with embedded.start_engine(settings, dynamic_config=flags, in_memory=True, ui=False) as server:
            temporal = await client.connect(settings, KEYRING, role="recording", address=server.address)
            shared = Engine(settings, KEYRING, temporal, server.address)
            for story, live_it in STORIES.items():
                if not only or story in only:
                    await _record_one(story, live_it, shared, folder)


async def _record_one(story: str, live_it: Story, shared: Any, folder: Path) -> None:
    database = Database(f"sqlite:///{folder / story}.db")
    upgrade(database)
    async with running(Office(database), shared) as live:
        encounter = await live_it(live)
        if story in OTHER_PROCESSES:
            await _keep(live, OTHER_PROCESSES[story](live.office.practice_id, encounter), story)
            return
        await _keep(live, live.handle(encounter).id, story)
        if story in {"unpaid_and_placed", "eighteen_months"}:
            account = account_workflow(live.office.practice_id, live.office.patient_of(encounter))
            await _keep(live, account, f"{story}.account")
    database.close()


async def _keep(live: Running, workflow_id: str, name: str) -> None:
    """Every run of one workflow, as the replay test reads it."""
    runs = [one async for one in live.client.list_workflows(f"WorkflowId='{workflow_id}'")]
    for number, run in enumerate(sorted(runs, key=lambda one: one.start_time), start=1):
        history = await live.client.get_workflow_handle(workflow_id, run_id=run.run_id).fetch_history()
        (FOLDER / f"{name}.{number}.json").write_text(history.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
    os._exit(0)
