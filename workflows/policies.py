"""Names for every time-out and retry. No literal stands at a call site."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class LocalOptions(TypedDict):
    """Options of a local activity."""

    schedule_to_close_timeout: timedelta
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class RemoteOptions(TypedDict, total=False):
    """Options of a regular activity."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


DATABASE_STEP = LocalOptions(
    schedule_to_close_timeout=timedelta(seconds=10),
    start_to_close_timeout=timedelta(seconds=8),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=5),
)
"""One short transaction on our own database, as a local activity: about three seconds of tries. Counted, since the time
from schedule to close ends a try that hangs, but not the next one after a failure (seen with SDK 1.35)."""

DATABASE_AWAY = RemoteOptions(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)
"""The same step as a regular activity when the database is away: tried until it is back."""

PARTNER_CALL = RemoteOptions(
    start_to_close_timeout=timedelta(seconds=45),
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=2),
)
"""One call to a trading partner. It returns a value for every answer and for silence; a second try is for crashes."""

PROCESSOR_CALL = RemoteOptions(
    start_to_close_timeout=timedelta(seconds=45),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(hours=1)),
)
"""One call to the card processor: asked again until it answers, at most hourly"""

PROCESSOR_SILENCE = timedelta(days=5)
"""A refund that the processor took and says nothing of so long is a person's to ask about"""

LONG_RUN = RemoteOptions(
    start_to_close_timeout=timedelta(minutes=30),
    heartbeat_timeout=timedelta(seconds=60),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)
"""Work that pages and heartbeats."""

NO_TIME = timedelta()

SHORTEST_WAIT = timedelta(seconds=1)
"""A timer is never shorter: a wait of nothing would be another command."""

OPEN_ROWS_FIRST_LOOK = timedelta(seconds=2)
OPEN_ROWS_LAST_LOOK = timedelta(hours=6)
"""The growing timer on which a remittance counts its open rows."""

TRANSMIT_LADDER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
"""How long a batch waits after each try that the partner did not answer; the last rung repeats."""

TRANSMIT_TRIES = 12
"""After so many tries without an answer (about three days) the batch gives its claims back to people."""
