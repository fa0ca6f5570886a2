"""Golden histories replay with today's code: a change that breaks a running encounter fails here first."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

import worker
from temporal.plugin import office_plugin
from tests.histories.recording import KEYRING, STORIES

FILES = sorted(Path(__file__).parent.glob("*.json"))


def test_every_story_is_recorded() -> None:
    assert {path.name.split(".")[0] for path in FILES} == set(STORIES)
    assert any(path.name == "silent_payer.2.json" for path in FILES), "a story crosses continue-as-new"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_it_replays(path: Path) -> None:
    history = WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))
    await Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(KEYRING)]).replay_workflow(history)
