"""Logs carry no data: allowed keys, templates of libraries, exceptions without their messages."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from temporalio import activity, workflow

from settings import PortInUse, Settings
from temporal import logs

Read = Callable[[], list[dict]]


@pytest.fixture
def configure(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str], Read]]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def start(log_level: str) -> Read:
        logs.configure_logging(Settings(log_level=log_level))
        return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield start
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    workflow.logger.workflow_info_on_message = activity.logger.activity_info_on_message = True


def test_an_unknown_key_is_withheld_by_name(configure: Callable[[str], Read]) -> None:
    read = configure("INFO")

    structlog.get_logger("office").info("claim sent", claim_id="c1", subscriber="Leopoldine", count=2)

    [line] = read()
    assert (line["event"], line["claim_id"], line["count"], line["level"]) == ("claim sent", "c1", 2, "info")
    assert line["subscriber"] == "[withheld]"


def test_an_exception_shows_types_and_places_only(configure: Callable[[str], Read]) -> None:
    read = configure("INFO")

    try:
        try:
            raise KeyError("Leopoldine")
        except KeyError as cause:
            raise ValueError("Leopoldine is unknown") from cause
    except ValueError:
        structlog.get_logger("office").exception("lookup failed")

    [line] = read()
    assert "Leopoldine" not in json.dumps(line)
    assert line["exception"]["types"] == ["ValueError", "KeyError"]
    assert "test_logs.py" in line["exception"]["places"][0]


def test_an_operators_error_keeps_its_message(configure: Callable[[str], Read]) -> None:
    read = configure("INFO")

    structlog.get_logger("office").error("cannot start", exc_info=PortInUse("Set ZEROBALANCE_API_PORT."))

    assert read()[0]["exception"]["message"] == "Set ZEROBALANCE_API_PORT."


def test_the_sdks_messages_lose_values_and_keep_where_they_ran(configure: Callable[[str], Read]) -> None:
    read = configure("INFO")
    where = {"temporal_activity": {"activity_type": "submit_claim", "workflow_id": "encounter/p/e", "attempt": 3}}

    try:
        raise RuntimeError("Leopoldine")
    except RuntimeError:
        logging.getLogger("temporalio.activity").warning("Completing as %s", "Leopoldine", exc_info=True, extra=where)

    [line] = read()
    assert "Leopoldine" not in json.dumps(line)
    assert (line["event"], line["activity_type"], line["attempt"]) == ("Completing as %s", "submit_claim", 3)


def test_debug_holds_nothing_back(configure: Callable[[str], Read]) -> None:
    read = configure("DEBUG")

    logging.getLogger("temporalio.activity").debug("Heartbeat %s", "Leopoldine")

    assert read()[0]["event"] == "Heartbeat Leopoldine"


def test_addresses_with_queries_are_not_logged(configure: Callable[[str], Read]) -> None:
    read = configure("INFO")

    logging.getLogger("httpx").info("GET http://127.0.0.1/?name=Leopoldine")

    assert read() == []
