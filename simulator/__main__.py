"""Runs the simulated clearinghouse alone: `python -m simulator`, configured by SIMULATOR_* variables.

Secrets may be named by file instead: SIMULATOR_TOKEN_FILE, SIMULATOR_WEBHOOK_SECRET_FILE.

SIMULATOR_FOLDER (var/simulator), SIMULATOR_HOST (127.0.0.1), SIMULATOR_PORT (8001), SIMULATOR_TOKEN (needed),
SIMULATOR_OFFICE_URL and SIMULATOR_WEBHOOK_SECRET (both: notices are sent), SIMULATOR_PARTNER (clearinghouse),
SIMULATOR_SECONDS_PER_DAY (86400: a simulated day is a day), SIMULATOR_CLOCK (an instant: time stands still there
until it is moved through /v1/clock).
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from simulator.clearinghouse import Clock, create_app, open_store
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
    app = create_app(
        open_store(Path(environment.get("SIMULATOR_FOLDER", "var/simulator"))),
        Clock(datetime.fromisoformat(stands_at).astimezone(UTC) if stands_at else None),
        token=token,
        notifier=notifier,
        pace=timedelta(seconds=float(environment.get("SIMULATOR_SECONDS_PER_DAY", "86400"))),
    )
    uvicorn.run(
        app,
        host=environment.get("SIMULATOR_HOST", "127.0.0.1"),
        port=int(environment.get("SIMULATOR_PORT", "8001")),
        log_level="warning",
        access_log=False,
    )


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    """The variable, or the contents of the file that `name`_FILE names."""
    path = environment.get(f"{name}_FILE")
    return environment.get(name) or (Path(path).read_text().strip() if path else None)


if __name__ == "__main__":
    main()
