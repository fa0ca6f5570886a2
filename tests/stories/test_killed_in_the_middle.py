"""kill -9 of the worker, of the API and of the engine in the middle of a demonstration: everything finishes, and the
books prove.
"""

import asyncio
import signal
from pathlib import Path

import pytest
from sqlmodel import func, select

import demo
from database.tables import Encounter
from settings import Settings
from simulator import clinic
from simulator.scenarios import Scenario
from temporal import engine

ENCOUNTERS = 12


@pytest.mark.timeout(280)
@pytest.mark.parametrize("victim", ["worker", "api", "engine"])
async def test_everything_finishes_and_the_books_prove(victim: str, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        api_port=engine.free_port(),
        simulator_port=engine.free_port(),
        temporal_port=engine.free_port(),
        temporal_ui_port=engine.free_port(),
    )
    async with demo.office_at_work(settings) as parts:
        killed = asyncio.create_task(kill_and_replace(parts, victim))
        outcome = await demo.drive(parts, encounters=ENCOUNTERS, seed=5)
        await killed
        figures = await demo.proofs_of(parts)
    assert outcome.by_stage == {"closed": ENCOUNTERS}
    assert figures["holds"], [one for one in figures["proofs"] if not one["holds"]]
    assert figures["encounters"] == ENCOUNTERS
    assert figures["compared_with_payer"]
    assert names_in_logs(tmp_path) == []


def names_in_logs(folder: Path) -> list[str]:
    """Names and streets of the invented people, and member ids, that any process wrote into its log."""
    logs = sorted(folder.glob("*.log"))
    assert len(logs) >= 4, logs
    written = "".join(path.read_text(errors="replace") for path in logs)
    markers = [*clinic.LAST_NAMES, "INVENTED ST", *(f"{scenario}5000" for scenario in Scenario)]
    return [marker for marker in markers if marker in written]


async def kill_and_replace(parts: demo.Parts, victim: str) -> None:
    """Wait until some encounters are under way, then take the part away without a word and start it again."""
    while not under_way(parts):
        await asyncio.sleep(0.2)
    await parts.processes.restart(victim, signal.SIGKILL)


def under_way(parts: demo.Parts) -> bool:
    with parts.database.reading() as session:
        count = session.exec(select(func.count()).where(Encounter.stage == "acknowledgment")).one()
    return count >= 3
