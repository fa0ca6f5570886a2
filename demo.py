"""Demonstrates: the whole office of real parts, with a simulated clearinghouse, payers, patients and staff.

Engine, worker, API and clearinghouse are processes of their own; this one tells time to pass and looks on.
"""

import asyncio
import json
import os
import secrets
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live
from rich.table import Table
from sqlmodel import Session

import office_setup
import proofs
from api.app import create_app
from billing.charges import Price
from billing.claim import Name, Party
from billing.contracts import Basis, Terms
from billing.money import Cents
from billing.roles import Role
from database import access, contracts, office, prices
from database import figures as office_figures
from database.engine import Database
from database.figures import Ratio
from database.tables import Practice
from settings import OperatorError, Settings, require_free_port, variable
from simulator import clinic
from simulator.drive import Drive, Outcome, Progress, World
from simulator.gateway import CARDS
from simulator.office_client import OfficeClient
from temporal import client, encryption, engine, logs, worker_runtime

PRACTICE = "Invented Family Clinic"
SECRETS_FILE = "demo-secrets.json"
PORTS = ("api_port", "temporal_port", "temporal_ui_port", "simulator_port")
"""Settings of the ports that a demo may be given"""
CARD_SECRETS = ("card_token", "card_secret")
CLOCK_FILE = "clock.json"
READY_SECONDS = 60.0
POLICIES = {"batch_wait_seconds": 1}
"""The demonstration's clinic sends its claims sooner: days pass in seconds here"""
DEMO_ERROR_RATE = 0.1
PROOF_ENCOUNTERS = 30
PROOF_SEED = 7

console = Console(stderr=True)


class PartNotReady(OperatorError):
    """A process of the office did not come up; the message names its log."""


class FileClock:
    """Office time kept in a file that two processes share: an instant, and the wall's time when it was set."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> datetime:
        """Now, in office time: the instant that was set, and what has passed on the wall since."""
        try:
            kept = json.loads(self._path.read_text())
        except FileNotFoundError:
            return datetime.now(UTC)
        passed = datetime.now(UTC) - datetime.fromisoformat(kept["wall"])
        return datetime.fromisoformat(kept["instant"]) + passed

    def set(self, instant: datetime) -> None:
        """It is `instant` now."""
        text = json.dumps({"instant": instant.isoformat(), "wall": datetime.now(UTC).isoformat()})
        scratch = self._path.with_suffix(".new")
        scratch.write_text(text)
        scratch.replace(self._path)


class Processes:
    """The processes of an office by name: each can be taken away without a word and started again."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[AsyncExitStack, int]] = {}
        self._how: dict[str, Callable[[], AbstractAsyncContextManager[Any]]] = {}

    async def start(self, name: str, how: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        """Start a process; `how` gives a context whose value has a `pid`."""
        self._how[name] = how
        stack = AsyncExitStack()
        process = await stack.enter_async_context(how())
        self._running[name] = (stack, process.pid)

    async def restart(self, name: str, number: signal.Signals) -> None:
        """Send the signal to the process and start it again as it was."""
        stack, pid = self._running.pop(name)
        os.kill(pid, number)
        await stack.aclose()
        await self.start(name, self._how[name])

    async def kill_all(self) -> None:
        """End every process without a word."""
        for _, pid in self._running.values():
            os.kill(pid, signal.SIGKILL)
        await self.stop_all()

    async def stop_all(self) -> None:
        """Stop what runs, the last started first."""
        while self._running:
            _, (stack, _) = self._running.popitem()
            await stack.aclose()


@dataclass
class Parts:
    """A demonstration office at work."""

    settings: Settings
    database: Database
    tokens: Mapping[str, str]
    login: str
    password: str
    world: World
    clock: FileClock
    processes: Processes


async def show(*, encounters: int, once: bool, seed: int) -> None:
    """The command `zerobalance demo`. With `once` the exit code is 0 only if every book agrees."""
    base = Settings()
    async with office_at_work(base) as parts:
        began = time.monotonic()
        outcome = await drive(parts, encounters=encounters, seed=seed)
        figures = await proofs_of(parts)
        print_outcome(outcome, ratios_of(parts, outcome), figures, time.monotonic() - began)
        if once:
            print_way_back(parts)
            if not figures["holds"] or outcome.stuck_tasks:
                sys.exit(1)
            return
        print_urls(parts)
        await worker_runtime.stop_on_signals().wait()


@asynccontextmanager
async def own_office() -> AsyncIterator[Parts]:
    """An office of its own, from nothing, on free ports, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="zerobalance-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            api_port=engine.free_port(),
            simulator_port=engine.free_port(),
            temporal_port=engine.free_port(),
            temporal_ui_port=engine.free_port(),
        )
        async with office_at_work(settings) as parts:
            yield parts


async def prove() -> None:
    """The command `zerobalance prove books`, in an office of its own."""
    async with own_office() as parts:
        outcome = await drive(parts, encounters=PROOF_ENCOUNTERS, seed=PROOF_SEED)
        figures = await proofs_of(parts)
        ratios = ratios_of(parts, outcome)
    print_outcome(outcome, ratios, figures, 0)
    if not figures["holds"] or outcome.stuck_tasks:
        sys.exit(1)


async def proofs_of(parts: Parts) -> proofs.Figures:
    """The proof of the books, with the payers' own beside them."""
    temporal = await office_setup.connected(parts.settings, "proof")
    return await proofs.prove(parts.database, temporal, await proofs.books_of_partner(parts.settings))


async def drive(parts: Parts, *, encounters: int, seed: int, error_rate: float = DEMO_ERROR_RATE) -> Outcome:
    """Let the simulated clinic, staff, patients and payers live until nobody owes anything. `error_rate`: how often a
    form is first filled in wrongly."""
    temporal = await office_setup.connected(parts.settings, "driver")
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        return await Drive(
            world=parts.world,
            client=temporal,
            count=encounters,
            seed=seed,
            folder=parts.settings.data_dir,
            now=parts.clock(),
            show=lambda progress: live.update(progress_table(progress)),
            error_rate=error_rate,
        ).run()


def ratios_of(parts: Parts, outcome: Outcome) -> list[Ratio]:
    """How well the office worked, and how much of what nothing was wrong with went through untouched."""
    with parts.database.reading() as session:
        return [
            *office_figures.ratios(session),
            office_figures.untouched(session, outcome.plain_visits),
            *office_figures.tasks_left(session, now=parts.clock()),
        ]


def progress_table(progress: Progress) -> Table:
    """Where the visits stand, as it is shown while days pass."""
    table = Table(title=f"{progress.now:%A %Y-%m-%d}: {progress.tasks_done} tasks done, {progress.payments} payments")
    for stage in progress.by_stage:
        table.add_column(stage.replace("_", " "))
    table.add_row(*(str(count) for count in progress.by_stage.values()))
    return table


def print_outcome(outcome: Outcome, ratios: Sequence[Ratio], figures: proofs.Figures, seconds: float) -> None:
    """What happened, then the proof: a table for people and one JSON line."""
    console.print(
        f"{outcome.encounters} encounters ({outcome.created} new, {outcome.duplicates} known, {outcome.refused} "
        f"refused) lived {outcome.days} days in {seconds:.0f} seconds: "
        + ", ".join(f"{count} {stage.replace('_', ' ')}" for stage, count in outcome.by_stage.items())
    )
    if not outcome.created:
        console.print("All of these visits are known from an earlier run; another SEED brings new ones.")
    console.print("scenarios: " + ", ".join(f"{name} {count}" for name, count in sorted(outcome.by_scenario.items())))
    console.print("tasks done: " + ", ".join(f"{name} {count}" for name, count in outcome.tasks_done.items()))
    for one in ratios:
        percent = "nothing to count" if one.percent is None else f"{one.percent} %"
        console.print(f"{one.name}: {percent} ({one.count} of {one.of}: {one.formula})")
    proofs.show(figures, console)


def print_urls(parts: Parts) -> None:
    """Where to look, and how to come in."""
    settings = parts.settings
    console.print(
        f"workbench     {settings.public_url}   login {parts.login}   password {parts.password}", soft_wrap=True
    )
    console.print(
        f"Temporal UI   {settings.public_url}/temporal/   (behind the same sign-in, payloads readable)", soft_wrap=True
    )
    console.print(
        f"API           {settings.public_url}/api/v1   Authorization: Bearer {parts.tokens[Role.SUPERVISOR]}",
        soft_wrap=True,
    )
    console.print("Ctrl-C closes the office.")


def print_way_back(parts: Parts) -> None:
    """How to look at it after the end. No payer answers then: the simulator is not part of `zerobalance run`."""
    console.print(way_back(parts.settings, parts.login), soft_wrap=True, markup=False)


def way_back(settings: Settings, login: str) -> str:
    """The command that opens these very books, with every port that is not the usual one."""
    usual = {name: one.default for name, one in Settings.model_fields.items()}
    ports = [name for name in PORTS if getattr(settings, name) != usual[name]]
    told = " ".join(f"{variable(name)}={shlex.quote(str(getattr(settings, name)))}" for name in ("data_dir", *ports))
    secrets_file = settings.data_dir / SECRETS_FILE
    return (
        f"To look at it: {told} {sys.argv[0]} run, then {settings.public_url} as {login}, whose password is in "
        f"{secrets_file}."
    )


@asynccontextmanager
async def office_at_work(base: Settings) -> AsyncIterator[Parts]:
    """Every part of the office up and ready; all of them end with the block."""
    kept = _secrets(base)
    environment = _environment(base, kept)
    settings = base.model_copy(
        update={
            "partner_tokens": {office_setup.PARTNER: SecretStr(kept["partner_token"])},
            "webhook_secrets": {office_setup.PARTNER: SecretStr(kept["webhook_secret"])},
        }
    )
    logs.configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    _require_ports(settings)
    database = office_setup.open_database(settings)
    _require_books_of_its_own(database, settings)
    clock = FileClock(settings.data_dir / CLOCK_FILE)
    clock.set(clock())
    login = _install(database, settings, kept, clock())
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        processes = Processes()
        stack.push_async_callback(processes.stop_all)
        await processes.start("engine", lambda: engine.start_engine(settings, dynamic_config=engine.TIME_SKIPPING))
        await office_setup.prepare_engine(settings, database)
        await _start_processes(processes, settings, environment)
        tokens: dict[str, str] = kept["tokens"]
        people = OfficeClient(f"http://127.0.0.1:{settings.api_port}", tokens)
        stack.callback(people.close)
        payers = stack.enter_context(_clearinghouse_client(settings, kept["partner_token"]))
        world = World(people, payers, set_office_clock=clock.set)
        yield Parts(settings, database, tokens, login, kept["password"], world, clock, processes)


def _clearinghouse_client(settings: Settings, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=settings.partner_url, headers=headers, timeout=120, trust_env=False)


def _require_ports(settings: Settings) -> None:
    require_free_port(settings.api_port, variable("api_port"), settings.api_host)
    require_free_port(settings.simulator_port, variable("simulator_port"))


async def _start_processes(processes: Processes, settings: Settings, environment: Mapping[str, str]) -> None:
    folder = settings.data_dir
    simulator = {
        "SIMULATOR_FOLDER": str(folder.absolute()),
        "SIMULATOR_PORT": str(settings.simulator_port),
        "SIMULATOR_TOKEN": settings.partner_tokens[office_setup.PARTNER].get_secret_value(),
        "SIMULATOR_WEBHOOK_SECRET": settings.webhook_secrets[office_setup.PARTNER].get_secret_value(),
        "SIMULATOR_OFFICE_URL": f"http://127.0.0.1:{settings.api_port}",
        "SIMULATOR_CARD_TOKEN": environment[variable("card_processor_token")],
        "SIMULATOR_CARD_SECRET": environment[variable("card_processor_webhook_secret")],
        "SIMULATOR_CLOCK": FileClock(folder / CLOCK_FILE)().isoformat(),
    }
    for name, arguments, more in (
        ("simulator", ("-m", "simulator"), simulator),
        ("api", ("demo.py", "api"), environment),
        ("worker", ("worker.py",), environment),
    ):
        start = partial(office_setup.child, *arguments, environment=more, log=folder / f"{name}.log")
        await processes.start(name, start)
    await _ready(settings.partner_url + "/healthz", folder / "simulator.log")
    await _ready(f"http://127.0.0.1:{settings.api_port}/readyz", folder / "api.log")


async def _ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while time.monotonic() < deadline:
            try:
                if (await http.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise PartNotReady(f"{url} does not answer; see {log}")


def _secrets(settings: Settings) -> dict[str, Any]:
    """Secrets of this demonstration, made once and kept beside its data for the next run."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / SECRETS_FILE
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text())
        missing = {name: secrets.token_urlsafe(24) for name in CARD_SECRETS if name not in kept}
        if missing:
            kept |= missing
            _keep(path, kept)
        return kept
    names = ("partner_token", "webhook_secret", *CARD_SECRETS)
    made = {name: secrets.token_urlsafe(24) for name in names}
    _keep(path, made)
    return dict(made)


def _keep(path: Path, kept: Mapping[str, Any]) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(json.dumps(kept))


class NotADemonstration(OperatorError):
    """The books are somebody's: time would pass for their visits too."""


def _require_books_of_its_own(database: Database, settings: Settings) -> None:
    with database.reading() as session:
        others = [one.name for one in office.practices(session) if one.name != PRACTICE]
    if others:
        raise NotADemonstration(
            f"The books in {settings.data_dir} are those of {', '.join(others)}: a demonstration would add invented "
            f"visits and let time pass for all of them. Set {variable('data_dir')} to a new directory, or leave it out."
        )


def _install(database: Database, settings: Settings, kept: dict[str, Any], at: datetime) -> str:
    """The practice, its supervisor and one person per role, once."""
    first = office_setup.install(database, settings, practice=PRACTICE, charges=None, at=at)
    if first is not None:
        with database.writing() as session:
            practice = office.practice_named(session, PRACTICE)
            assert practice is not None, "installed above"
            tokens = access.install_staff(session, practice_id=practice.id, prefix="demo", at=at)
            for name, value in POLICIES.items():
                office.set_policy(
                    session, practice_id=practice.id, name=name, value=value, effective_from=office.ALWAYS
                )
            wanted = [
                Price(code, Cents(cents), office.ALWAYS, description=clinic.SERVICE_WORDS[code])
                for code, cents in clinic.SERVICES
            ]
            prices.save(session, prices.compare(session, wanted, practice_id=practice.id), practice_id=practice.id)
            _keep_contracts(session, practice, at)
        kept |= {
            "login": first.login,
            "password": first.password,
            "tokens": {role.value: token for role, token in tokens.items()},
        }
        _keep(settings.data_dir / SECRETS_FILE, kept)
    login: str = kept["login"]
    return login


def _keep_contracts(session: Session, practice: Practice, at: datetime) -> None:
    """What the simulated payers have agreed to allow."""
    partner = office.partner_named(session, office_setup.PARTNER)
    assert partner is not None, "installed with the practice"
    for name, number in clinic.PAYERS:
        told = Party(role="PR", is_person=False, name=Name(name), id=number)
        payer = office.payer_for(session, told, practice_id=practice.id, partner_id=partner.id)
        contracts.add(
            session,
            practice_id=practice.id,
            payer_id=payer.id,
            name=f"{name.title()} agreement",
            begins=office.ALWAYS,
            ends=None,
            terms=Terms(Basis.CHARGE, clinic.CONTRACT_PERCENT),
            at=at,
        )


def _environment(settings: Settings, kept: Mapping[str, Any]) -> dict[str, str]:
    """What the office's own processes are told."""
    return {
        variable("data_dir"): str(settings.data_dir.absolute()),
        variable("database_url"): settings.database_url,
        variable("api_port"): str(settings.api_port),
        variable("simulator_port"): str(settings.simulator_port),
        variable("temporal_port"): str(settings.temporal_port),
        variable("temporal_ui_port"): str(settings.temporal_ui_port),
        variable("partner_tokens"): json.dumps({office_setup.PARTNER: kept["partner_token"]}),
        variable("webhook_secrets"): json.dumps({office_setup.PARTNER: kept["webhook_secret"]}),
        variable("card_processor_url"): f"http://127.0.0.1:{settings.simulator_port}{CARDS}",
        variable("card_processor_token"): kept["card_token"],
        variable("card_processor_webhook_secret"): kept["card_secret"],
        variable("dispatcher_interval_seconds"): os.environ.get(variable("dispatcher_interval_seconds"), "0.2"),
    }


async def serve_api() -> None:
    """The office's API, on the demonstration's clock."""
    settings = Settings()
    logs.configure_logging(settings)
    database = Database(settings.database_url)
    keyring = encryption.load_or_create_keyring(settings)
    temporal = await client.connect(settings, keyring, role="api", lazy=True)
    clock = FileClock(settings.data_dir / CLOCK_FILE)
    application = create_app(settings, database, client=temporal, keyring=keyring, clock=clock)
    await office_setup.serve(application, host=settings.api_host, port=settings.api_port)


if __name__ == "__main__":
    worker_runtime.run_process(serve_api)
