"""Locks, compose file and Makefile: what a fresh machine meets first."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import app
from tests.house.source import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_lock_is_pinned_with_hashes(lock: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip())
    assert [block.splitlines()[0] for block in blocks if not PINNED.match(block) or "--hash=sha256:" not in block] == []


def test_the_development_lock_holds_the_other_one() -> None:
    office, development = (_versions(ROOT / lock) for lock in LOCKS)
    assert {name for name in office if development.get(name) != office[name]} == set()


def _versions(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_every_command_of_the_compose_file_exists() -> None:
    known = {one.name or (one.callback.__name__ if one.callback else "") for one in app.registered_commands}
    used = {
        service["command"][1]
        for service in _compose()["services"].values()
        if isinstance(service.get("command"), list) and service["command"][0] == "zerobalance"
    }
    assert used <= known
    assert {"setup", "api", "worker"} <= used


def test_every_file_that_the_compose_file_mounts_exists() -> None:
    mounted = [
        volume.split(":")[0]
        for service in _compose()["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert [path for path in mounted if not (ROOT / path).is_file()] == []


def test_every_secret_of_a_service_is_declared() -> None:
    compose = _compose()
    used = {secret for service in compose["services"].values() for secret in service.get("secrets", [])}
    assert used == set(compose["secrets"])


def test_the_makefile_has_the_promised_targets() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    assert {"system", "venv", "demo", "run", "test", "check", "fuzz", "bench", "lock"} <= targets


def test_continuous_integration_runs_what_people_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").strip().endswith("make test")
