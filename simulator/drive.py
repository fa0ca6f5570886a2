"""Drives an office through a clinic's visits: files come, people work, patients pay, days pass, until all is zero."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from interchange.x12 import claims_837p
from simulator import clinic
from simulator.office_client import OfficeClient
from simulator.people import Patients, Staff
from simulator.scenarios import PLAIN, scenario_of
from simulator.time_travel import Traveller

logger = logging.getLogger(__name__)

LONGEST = timedelta(days=200)
GRAIN = timedelta(minutes=30)
"""Instants closer together than this are lived through in one step"""


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at the office."""

    now: datetime
    by_stage: dict[str, int]
    tasks_done: int
    payments: int


@dataclass(slots=True)
class Outcome:
    """How it ended."""

    encounters: int = 0
    by_stage: dict[str, int] = field(default_factory=dict)
    by_scenario: dict[str, int] = field(default_factory=dict)
    tasks_done: dict[str, int] = field(default_factory=dict)
    patients_paid_cents: int = 0
    days: int = 0
    stuck_tasks: int = 0
    created: int = 0
    duplicates: int = 0
    refused: int = 0
    plain_visits: frozenset[str] = frozenset()
    """The clinic's own numbers of the visits with which nothing is wrong by design"""


class World:
    """The office and the clearinghouse together, with one time."""

    def __init__(
        self, office: OfficeClient, clearinghouse: httpx.Client, *, set_office_clock: Callable[[datetime], None]
    ) -> None:
        self.office = office
        self._clearinghouse = clearinghouse
        self._set_office_clock = set_office_clock

    def machine_work(self) -> int:
        """Work left in the office, and mail it has not fetched."""
        try:
            pending = self.office.pending()
            unfetched = self._clock()["last_mail_id"] > pending["mail_cursor"]
        except httpx.TransportError:
            return 1  # a part of the office is being started again
        return int(pending["machine_work"]) + int(unfetched)

    def set_clocks(self, instant: datetime) -> None:
        self._set_office_clock(instant)
        self._clearinghouse.post("/v1/clock", json={"now": instant.isoformat()}).raise_for_status()

    def _clock(self) -> dict[str, Any]:
        response = self._clearinghouse.get("/v1/clock")
        response.raise_for_status()
        clock: dict[str, Any] = response.json()
        return clock

    def next_instant(self) -> datetime | None:
        """The earliest thing that will happen by itself, here or there."""
        instants = [self.office.pending()["next_agenda_at"], self._clock()["next_event_at"]]
        known = [datetime.fromisoformat(one).astimezone(UTC) for one in instants if one]
        return min(known, default=None)

    def payer_next(self) -> str | None:
        """When the clearinghouse does something next."""
        instant: str | None = self._clock()["next_event_at"]
        return instant

    def deliver_letter(self, text: str) -> None:
        """The mail brings a letter to the payers."""
        self._clearinghouse.post("/v1/letters", json={"text": text}).raise_for_status()

    def scenarios(self) -> dict[str, int]:
        """How many claims the payers saw of each kind."""
        counted: dict[str, int] = {}
        for claim in self._clearinghouse.get("/v1/books").raise_for_status().json()["claims"]:
            counted[claim["scenario"]] = counted.get(claim["scenario"], 0) + 1
        return counted


@dataclass
class Drive:
    """One run: a world, an engine, and the people in it."""

    world: World
    client: Client
    count: int
    seed: int
    folder: Path
    now: datetime
    show: Callable[[Progress], None] = lambda progress: None
    error_rate: float = 0.0

    longest: timedelta = LONGEST
    grain: timedelta = GRAIN

    async def run(self) -> Outcome:
        """Until every encounter is closed and every remittance settled, or nothing more can happen."""
        traveller = Traveller(self.client, self.world)
        staff = Staff(self.world.office, error_rate=self.error_rate, seed=self.seed, deliver=self.world.deliver_letter)
        patients = Patients(self.world.office)
        outcome = Outcome()
        began = self.now
        await asyncio.to_thread(self.world.set_clocks, self.now)
        await asyncio.to_thread(self._begin, outcome, staff)
        while self.now - began < self.longest:
            await traveller.settle()
            worked = await asyncio.to_thread(self._let_people_act, staff, patients)
            self._look(outcome, staff, patients)
            if worked:
                continue
            if self._is_over(outcome):
                break
            instant = await asyncio.to_thread(self._next_instant)
            if instant is None and not self._remittances_wait():
                break
            self.now = max(instant or self.now, self.now) + self.grain
            await traveller.advance_to(self.now)
        outcome.days = (self.now - began).days
        outcome.by_scenario = await asyncio.to_thread(self.world.scenarios)
        outcome.tasks_done = dict(sorted(staff.done.items()))
        outcome.patients_paid_cents = patients.paid_cents
        outcome.stuck_tasks = len(staff.stuck)
        return outcome

    @property
    def _today(self) -> date:
        return self.now.astimezone(clinic.ZONE).date()

    def _begin(self, outcome: Outcome, staff: Staff) -> None:
        self._drop_files(outcome)

    def _next_instant(self) -> datetime | None:
        return self.world.next_instant()

    def _drop_files(self, outcome: Outcome) -> None:
        """The same seed and count always drop the same bytes: a second run finds only duplicates."""
        path = self.folder / f"visits-{self.seed}-{self.count}.837"
        if not path.exists():
            visits = clinic.visits(self.count, seed=self.seed, today=self._today)
            path.write_bytes(clinic.file_of(visits, number=self.seed, at=self.now))
        body = path.read_bytes()
        outcome.plain_visits = frozenset(
            one.control_number for one in claims_837p.claims(body) if scenario_of(one.coverage.member_id) in PLAIN
        )
        report = self.world.office.drop_file(body, key=secrets.token_hex(12))
        outcome.created = int(report["created"])
        outcome.duplicates = int(report["duplicates"])
        outcome.refused = len(report["refused"])

    def _let_people_act(self, staff: Staff, patients: Patients) -> int:
        return staff.work() + patients.pay(self._today) + staff.mail()

    def _look(self, outcome: Outcome, staff: Staff, patients: Patients) -> None:
        rows = self.world.office.encounters()
        by_stage: dict[str, int] = {}
        for row in rows:
            by_stage[row["stage"]] = by_stage.get(row["stage"], 0) + 1
        outcome.encounters, outcome.by_stage = len(rows), by_stage
        self.show(Progress(self.now, by_stage, sum(staff.done.values()), patients.payments))

    def _is_over(self, outcome: Outcome) -> bool:
        all_closed = outcome.by_stage.get("closed", 0) == outcome.encounters
        return all_closed and not self._remittances_wait() and not self._payer_has_more()

    def _remittances_wait(self) -> bool:
        return bool(self.world.office.pending()["open_remittances"])

    def _payer_has_more(self) -> bool:
        """The payers have something up their sleeves: a duplicate, a correction."""
        return self.world.payer_next() is not None
