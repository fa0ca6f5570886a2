"""Commands on the audit chain: `zerobalance audit ...`, for an auditor with the machine and no workbench."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from sqlmodel import Session

import office_setup
from database import audit
from settings import OperatorError, Settings

app = typer.Typer(help="Show that nobody changed or removed a line of who saw and changed what.", no_args_is_help=True)

SHOWN = 10

Answer = TypeVar("Answer")


class ChainBroken(OperatorError):
    """The audit is not what was written."""


@app.command()
def verify(
    noted: Annotated[
        str, typer.Option("--noted", help="A hash that `audit head` printed earlier, kept off this machine")
    ] = "",
) -> None:
    """Read the whole chain: each event against its hash and the one before. Exit code 1 when it does not hold."""
    count, broken = _read(audit.check)
    if broken:
        shown = ", ".join(str(one) for one in broken[:SHOWN])
        raise ChainBroken(f"the audit chain is broken at {len(broken)} of {count} events: {shown}")
    if noted and not _read(lambda session: audit.stands(session, noted)):
        raise ChainBroken(f"no event has the noted hash {noted!r}: events that stood then are gone, or it is mistyped")
    typer.echo(f"{count} events; the chain is whole" + (", and the noted event is in it" if noted else ""))


@app.command()
def head() -> None:
    """Print the newest event\u2019s hash. Keep it elsewhere: a chain whose end is cut off is whole, but lacks it."""
    found = _read(audit.head)
    if not found:
        raise OperatorError("the audit has no event yet")
    typer.echo(found)


def _read(ask: Callable[[Session], Answer]) -> Answer:
    database = office_setup.open_database(Settings())
    with database.reading() as session:
        return ask(session)
