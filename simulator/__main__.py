"""Runs the simulated clearinghouse alone: `python -m simulator`, configured by SIMULATOR_* variables.

Secrets may be named by file instead: SIMULATOR_TOKEN_FILE, SIMULATOR_WEBHOOK_SECRET_FILE.

SIMULATOR_FOLDER (`simulator` in ZEROBALANCE_DATA_DIR, so var/simulator), SIMULATOR_HOST (127.0.0.1), SIMULATOR_PORT
(ZEROBALANCE_SIMULATOR_PORT, so 8001: where the office on this machine looks for it), SIMULATOR_TOKEN (needed),
SIMULATOR_OFFICE_URL and SIMULATOR_WEBHOOK_SECRET (both: notices are sent), SIMULATOR_PARTNER (clearinghouse),
SIMULATOR_CARD_TOKEN and SIMULATOR_CARD_SECRET (both, with SIMULATOR_OFFICE_URL: a card processor stands under /cards),
SIMULATOR_CARD_URL (where browsers reach it), SIMULATOR_SECONDS_PER_DAY (86400: a simulated day is a day),
SIMULATOR_CLOCK (an instant: time stands still there
until it is moved through /v1/clock).
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn

from simulator.card_pages import create_gateway
from simulator.clearinghouse import Clock, create_app, open_store
from simulator.gateway import CARDS, Processor
from simulator.notices import Notifier


def main(environment: Mapping[str, str] = os.environ) -> None:
    """Serve until SIGTERM."""
    token = _secret(environment, "SIMULATOR_TOKEN")
    if not token:
        sys.exit("SIMULATOR_TOKEN is not set: choose the bearer token that the office sends")
    office, secret = environment.get("SIMULATOR_OFFICE_URL"), _secret(environment, "SIMULATOR_WEBHOOK_SECRET")
    partner = environment.get("SIMULATOR_PARTNER", "clearinghouse")
    notifier = Notifier(office_url=office, partner=partner, secret=secret) if office and secret else None
    stands_at = environment.get("SIMULATOR_CLOCK")
    clock = Clock(datetime.fromisoformat(stands_at).astimezone(UTC) if stands_at else None)
    app = create_app(
        open_store(folder_of(environment)),
        clock,
        token=token,
        notifier=notifier,
        pace=timedelta(seconds=float(environment.get("SIMULATOR_SECONDS_PER_DAY", "86400"))),
    )
    card_token, card_secret = (
        _secret(environment, "SIMULATOR_CARD_TOKEN"),
        _secret(environment, "SIMULATOR_CARD_SECRET"),
    )
    if office and card_token and card_secret:
        processor = Processor(office, card_secret, clock.now, httpx.Client(trust_env=False, timeout=15))
        address = environment.get("SIMULATOR_CARD_URL", f"http://127.0.0.1:{port_of(environment)}{CARDS}")
        app.mount(CARDS, create_gateway(processor, token=card_token, public_url=address))
    uvicorn.run(
        app,
        host=environment.get("SIMULATOR_HOST", "127.0.0.1"),
        port=port_of(environment),
        log_level="warning",
        access_log=False,
    )


def folder_of(environment: Mapping[str, str]) -> Path:
    """Where it keeps what it was sent: a folder of its own in the office's, unless SIMULATOR_FOLDER names one."""
    own = environment.get("SIMULATOR_FOLDER")
    return Path(own) if own else Path(environment.get("ZEROBALANCE_DATA_DIR") or "var") / "simulator"


def port_of(environment: Mapping[str, str]) -> int:
    """Where it listens: on the port where the office looks for it, unless SIMULATOR_PORT says otherwise."""
    return int(environment.get("SIMULATOR_PORT") or environment.get("ZEROBALANCE_SIMULATOR_PORT") or "8001")


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    """The variable, or the contents of the file that `name`_FILE names."""
    path = environment.get(f"{name}_FILE")
    return environment.get(name) or (Path(path).read_text().strip() if path else None)


if __name__ == "__main__":
    main()
