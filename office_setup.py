"""Sets up: database, practice, partner, first user, Temporal's namespace; and starts an office of several processes."""

import asyncio
import os
import sys
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlmodel import Session
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from activities.ids import mailbox_workflow
from activities.messages import StartMailbox
from billing.charges import ChargeMasterInvalid, read_charge_master
from billing.days import USUAL_ZONE
from billing.partners import PartnersInvalid, read_partners
from database import access, office, prices
from database.access import FirstAccess
from database.columns import new_id
from database.engine import Database
from database.setup import upgrade
from database.tables import Partner, Practice
from settings import OperatorError, Profile, Settings
from temporal import bootstrap, client, encryption, engine, logs
from temporal.client import ServerUnreachable
from workflows.scheduled_runs import Mailbox, Reconcile, StatementRunsDue

MAILBOX_INTERVAL = timedelta(minutes=5)
RECONCILE_INTERVAL = timedelta(minutes=5)
STATEMENT_RUNS_INTERVAL = timedelta(hours=1)
FIRST_PRACTICE = "Main practice"
PARTNER = "clearinghouse"
"""The first partner's name, and the name of its secrets in the settings"""


class NotSetUp(OperatorError):
    """The office was never set up."""


class PartnersUnset(OperatorError):
    """A file of trading partners cannot be taken; the message says everything that is wrong with it."""


def open_database(settings: Settings) -> Database:
    """The book of record, brought to this version."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    upgrade(database)
    return database


def install(
    database: Database,
    settings: Settings,
    *,
    practice: str,
    charges: Path | None,
    at: datetime,
    time_zone: str = USUAL_ZONE,
) -> FirstAccess | None:
    """Register practice, partner and first supervisor; None when the practice has users already."""
    with database.writing() as session:
        made = _practice_and_partner(session, settings, practice=practice, at=at, time_zone=time_zone)
        if charges is not None:
            _load_prices(session, made, charges)
        if access.has_users(session, practice_id=made.id):
            return None
        return access.install_first_access(session, practice_id=made.id, login=f"supervisor-{made.id[:4]}", at=at)


def _load_prices(session: Session, practice: Practice, path: Path) -> None:
    """Load a CSV of prices. Raises ChargeMasterInvalid with every faulty row."""
    read = read_charge_master(path.read_text(encoding="utf-8-sig"))
    if read.faults:
        raise ChargeMasterInvalid(read.faults)
    prices.save(session, prices.compare(session, read.prices, practice_id=practice.id), practice_id=practice.id)


def _practice_and_partner(
    session: Session, settings: Settings, *, practice: str, at: datetime, time_zone: str = USUAL_ZONE
) -> Practice:
    if office.partner_named(session, PARTNER) is None:
        session.add(
            Partner(
                id=new_id(),
                name=PARTNER,
                base_url=settings.partner_url,
                secret_name=PARTNER,
                sender_id="ZEROBALANCE",
                receiver_id="CLEARINGHOUSE",
                submitter_name="ZERO BALANCE",
                submitter_contact="EDI DESK",
                submitter_telephone="5555550100",
            )
        )
    known = office.practice_named(session, practice)
    return known or office.add_practice(session, name=practice, at=at, time_zone=time_zone)


def set_partners(database: Database, path: Path) -> list[str]:
    """Register or change the trading partners that a TOML file names; returns their names.

    Raises PartnersUnset with every fault of the file: then nothing is changed.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PartnersUnset(f"{path} is no TOML file: {error}") from error
    with database.writing() as session:
        try:
            found = read_partners(document, office.who_partners_are(session))
        except PartnersInvalid as error:
            raise PartnersUnset(f"{path}: nothing was changed.\n" + "\n".join(error.faults)) from error
        for facts in found:
            office.keep_partner(session, facts)
    return [facts.name for facts in found]


def whose(database: Database, settings: Settings, practice: str | None, *, at: datetime) -> tuple[str, str]:
    """(practice id, partner id) that a file dropped by hand belongs to.

    Without a name it is the first practice's; an empty office gets its first practice on the way, and
    `zerobalance setup` gives it people later. Raises NotSetUp when the named practice does not exist.
    """
    with database.writing() as session:
        if practice is None and not office.practices(session):
            _practice_and_partner(session, settings, practice=FIRST_PRACTICE, at=at)
        found = office.practice_named(session, practice) if practice else office.first_practice(session)
        partner = office.partner_named(session, PARTNER)
        if found is None or partner is None:
            raise NotSetUp(f"no practice is named {practice!r}: run `zerobalance setup --practice NAME`")
        return found.id, partner.id


async def prepare_engine(settings: Settings, database: Database) -> None:
    """Namespace, search attributes and schedules. The embedded engine is prepared when it starts."""
    keyring = encryption.load_or_create_keyring(settings)
    try:
        temporal = await client.connect(settings, keyring, role="setup")
    except ServerUnreachable:
        if settings.profile == Profile.GROWN:
            raise
        return
    await bootstrap.bootstrap(temporal, settings, schedules(settings, database))


def schedules(settings: Settings, database: Database) -> Mapping[str, Schedule]:
    """One mailbox run per partner and one reconciliation, each every few minutes, and hourly a look at whose run of
    statements is due; never two at once."""
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=10))
    found = {
        "reconcile": Schedule(
            action=ScheduleActionStartWorkflow(
                Reconcile.run, id="reconcile", task_queue=settings.task_queue, static_summary="Books against engine"
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=RECONCILE_INTERVAL)]),
            policy=policy,
        ),
        "statement-runs": Schedule(
            action=ScheduleActionStartWorkflow(
                StatementRunsDue.run,
                id="statement-runs",
                task_queue=settings.task_queue,
                static_summary="Whose run of statements is due",
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=STATEMENT_RUNS_INTERVAL)]),
            policy=policy,
        ),
    }
    with database.reading() as session:
        for partner in office.partners(session):
            found[f"mailbox-{partner.id}"] = Schedule(
                action=ScheduleActionStartWorkflow(
                    Mailbox.run,
                    StartMailbox(partner_id=partner.id),
                    id=mailbox_workflow(partner.id),
                    task_queue=settings.task_queue,
                    static_summary="Fetch and file what the partner has",
                ),
                spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=MAILBOX_INTERVAL)]),
                policy=policy,
            )
    return found


async def serve(application: FastAPI, *, host: str, port: int) -> None:
    """Serve until SIGTERM. Logs are ours; the access log would hold query strings."""
    config = uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False, loop="none")
    await uvicorn.Server(config).serve()


@asynccontextmanager
async def child(
    *arguments: str, environment: Mapping[str, str] | None = None, log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One process of the office, ended with the block; what it prints goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=output,
            cwd=Path(__file__).parent,
            preexec_fn=engine.end_with_parent() if sys.platform == "linux" else None,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), timeout=30)
            except TimeoutError:
                process.kill()
                await process.wait()


class PartEnded(OperatorError):
    """A process of the office ended that should run as long as the office does."""


async def run_office() -> None:
    """Engine, worker and API on this machine until SIGTERM or Ctrl-C; a part that dies ends the office."""
    settings = Settings()
    logs.configure_logging(settings)
    database = open_database(settings)
    database.check()
    async with engine.start_engine(settings) as server:
        await prepare_engine(settings, database)
        files = settings.data_dir
        commands: dict[str, tuple[str, ...]] = {"worker": ("worker.py",), "api": ("cli.py", "api")}
        if settings.mllp_port:
            commands["mllp"] = ("cli.py", "mllp")
        async with AsyncExitStack() as running:
            parts = {
                name: await running.enter_async_context(child(*command, log=files / f"{name}.log"))
                for name, command in commands.items()
            }
            print(f"workbench   {settings.public_url}\nTemporal UI {server.ui_url}")  # noqa: T201
            waiting = [asyncio.create_task(one.wait()) for one in parts.values()]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            part = next(name for name, one in parts.items() if one.returncode is not None)
            raise PartEnded(f"The {part} ended; see {files / part}.log. The office stops with it: start it again.")


async def connected(settings: Settings, role: str) -> Client:
    """A client with the installation's keys."""
    return await client.connect(settings, encryption.load_or_create_keyring(settings), role=role)
