"""HL7 v2 over MLLP: each message is stored, taken in and answered, in this order; who is not answered sends again.

Source: HL7 MLLP release 1. It knows no passwords: listen where only the sender reaches it, or behind a tunnel.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from activities.taking_in import ImportReport, Sender
from activities.visit_intake import UNSUPPORTED, import_hl7
from database.columns import new_id
from database.engine import Database
from interchange.hl7.acknowledging import Answer, acknowledge
from interchange.hl7.syntax import END, START

MOST_BYTES = 10_000_000
"""A longer message ends the connection"""

log = structlog.get_logger(__name__)


class MllpListener:
    """Listens for one practice."""

    def __init__(self, database: Database, *, practice_id: str, partner_id: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._practice_id, self._partner_id = practice_id, partner_id
        self._clock = clock

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Begin to listen; the caller closes the server."""
        return await asyncio.start_server(self._talk, host, port, limit=MOST_BYTES)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Messages of one connection in their order, until the sender hangs up."""
        try:
            while True:
                frame = await reader.readuntil(END)
                answer = await asyncio.to_thread(self.take, frame.removesuffix(END).partition(START)[2])
                writer.write(START + answer + END)
                await writer.drain()
        except asyncio.IncompleteReadError as error:
            if error.partial.strip():
                log.warning("an HL7 message broke off and was not answered", bytes=len(error.partial))
        except asyncio.LimitOverrunError:
            log.warning("an HL7 message is too long and was not answered", most_bytes=MOST_BYTES)
        except ConnectionError:
            log.warning("an HL7 sender hung up before its answer")
        finally:
            writer.close()

    def take(self, body: bytes) -> bytes:
        """The answer to one message, which is stored by then."""
        at = self._clock()
        report = import_hl7(self._database, body, Sender(self._practice_id, self._partner_id, at))
        answer, faults = verdict_of(report)
        return acknowledge(body, answer, faults, at=at, number=new_id())


def verdict_of(report: ImportReport) -> tuple[Answer, list[str]]:
    """(MSA-1, what the sender is told)."""
    faults = [f"{one.segment}: {one.reason}" for one in report.refused]
    if report.unreadable is not None:
        return Answer.REJECTED, [report.unreadable]
    if any(one.segment == UNSUPPORTED for one in report.refused):
        return Answer.REJECTED, faults
    return (Answer.ERROR, faults) if faults else (Answer.ACCEPTED, [])
