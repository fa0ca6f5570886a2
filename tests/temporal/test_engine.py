"""The embedded server: its command, its ports, its life."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from settings import PortInUse, Settings
from temporal import bootstrap, client, encryption, engine

ROOT = Path(__file__).parents[2]


def settings_in(directory: Path, **fields: object) -> Settings:
    return Settings(data_dir=directory, temporal_port=engine.free_port(), temporal_ui_port=engine.free_port(), **fields)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(") ")[1][0] != "Z"


def test_the_command_holds_the_measured_settings_and_no_time_skipping(tmp_path: Path) -> None:
    command = " ".join(
        engine.command_line(settings_in(tmp_path, public_url="https://office.example"), dynamic_config={})
    )

    assert "--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=normal" in command
    assert "--dynamic-config-value matching.enableFairness=true" in command
    assert "--dynamic-config-value matching.numTaskqueueReadPartitions=1" in command
    assert "--ui-disable-news-fetch --ui-codec-endpoint https://office.example/codec" in command
    assert "--search-attribute OpenTasks=KeywordList" in command
    assert "Skipping" not in command


async def test_it_keeps_its_state_and_ends_with_the_block(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    keyring = encryption.load_or_create_keyring(settings)
    async with engine.start_engine(settings) as first:
        connected = await client.connect(settings, keyring)
        await connected.start_workflow("Anything", id="kept", task_queue="nobody")
        _, writer = await asyncio.open_connection("127.0.0.1", settings.temporal_ui_port)
        writer.close()
    assert not is_alive(first.pid)

    async with engine.start_engine(settings, ui=False) as second:
        connected = await client.connect(settings, keyring)
        description = await connected.get_workflow_handle("kept").describe()
        assert await bootstrap.missing_attributes(connected) == []

    assert second.ui_url is None
    assert description.id == "kept"


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.temporal_ui_port))
        other.listen()

        with pytest.raises(PortInUse, match="ZEROBALANCE_TEMPORAL_UI_PORT"):
            async with engine.start_engine(settings):
                pass


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(engine.EngineFailed, match=r"ended with code 1.*temporal\.log"):
        async with engine.start_engine(settings_in(tmp_path), dynamic_config={"matching.enableFairness": "not json"}):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_it_leaves_no_orphan_when_the_office_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from settings import Settings
        from temporal import engine

        async def main():
            settings = Settings(data_dir=Path(sys.argv[1]), temporal_port=engine.free_port())
            async with engine.start_engine(settings, ui=False) as server:
                print(server.pid, flush=True)
                await asyncio.sleep(60)

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as office:
        assert office.stdout
        pid = int(office.stdout.readline())
        office.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 15
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)


async def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    with pytest.raises(client.ServerUnreachable, match=f"127.0.0.1:{settings.temporal_port}.*TEMPORAL_ADDRESS"):
        await client.connect(settings, encryption.load_or_create_keyring(settings))


async def test_temporals_own_profile_wins_over_the_default_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "billing")

    lazy = await client.connect(settings, encryption.load_or_create_keyring(settings), lazy=True)

    assert (lazy.service_client.config.target_host, lazy.namespace) == ("temporal.example:7233", "billing")


async def test_a_program_with_its_own_engine_ignores_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "billing")
    monkeypatch.setenv("TEMPORAL_API_KEY", "key")
    keyring = encryption.load_or_create_keyring(settings)

    lazy = await client.connect(settings, keyring, address="127.0.0.1:1", lazy=True)

    assert (lazy.service_client.config.target_host, lazy.namespace) == ("127.0.0.1:1", "default")
    assert lazy.service_client.config.api_key is None
