"""Commands on code tables: `zerobalance codes ...`. Files are read line by line and taken whole or not at all."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import office_setup
from billing.code_tables import NAMES, CodeEntry, CodeSystem, Edition, without_edition
from database import codes
from database.codes import Loaded, LoadedEdition
from database.engine import Database
from interchange import code_files
from interchange.code_files import BadLine, PassedOver
from settings import OperatorError, Settings

app = typer.Typer(
    help="Load and list code tables: ICD-10-CM and HCPCS from the files that CDC and CMS publish, CPT from your own "
    "licensed CSV.",
    no_args_is_help=True,
)

TOLD = 20
"""Bad lines that are printed"""
SMALL = 0.5
"""An edition with less than this share of the codes of the one before is pointed out"""


class FileRefused(OperatorError):
    """A code file has bad lines or no codes; nothing of it was taken."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="ICD-10-CM order file, HCPCS quarterly text, list or CSV; unzipped")],
    system: Annotated[CodeSystem, typer.Option(help="Whose codes they are")],
    edition: Annotated[str, typer.Option(help="Name of the release, such as FY2026 or 2026Q3")],
    valid_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day in force")],
    valid_to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day in force")],
    skip_bad_lines: Annotated[bool, typer.Option("--skip-bad-lines", help="Take the file without them")] = False,
) -> None:
    """Take in one edition. Loading it again makes it what the file says now. A file with bad lines is not taken: a code
    that is missing from a table would be refused on claims.
    """
    made = Edition(system, edition.strip(), valid_from.date(), valid_to.date())
    if not 1 <= len(made.name) <= 20 or made.valid_to < made.valid_from:
        raise typer.BadParameter("the edition needs a name of at most 20 characters and must not end before it begins")
    database = office_setup.open_database(Settings())
    try:
        _report(made, *take(database, made, file, skip_bad_lines=skip_bad_lines, at=datetime.now(UTC)))
    finally:
        database.close()


@app.command(name="list")
def list_editions() -> None:
    """The editions loaded, and the systems that have none for today."""
    database = office_setup.open_database(Settings())
    with database.reading() as session:
        loaded = codes.editions(session)
    database.close()
    for one in loaded:
        typer.echo(_line(one))
    for system in without_edition([one.edition for one in loaded], datetime.now(UTC).date()):
        typer.echo(f"{NAMES[system]}: no edition for today; its codes are checked for their form only")


def take(
    database: Database, edition: Edition, file: Path, *, skip_bad_lines: bool, at: datetime
) -> tuple[Loaded, list[BadLine], Counter[str]]:
    """Load the file in one transaction. Raises FileRefused, and then nothing has changed."""
    bad: list[BadLine] = []
    passed: Counter[str] = Counter()

    def good() -> Iterator[CodeEntry]:
        for one in code_files.read(_lines(file), edition):
            match one:
                case BadLine():
                    bad.append(one)
                case PassedOver():
                    passed[one.what] += 1
                case _:
                    yield one

    with database.writing() as session:
        loaded = codes.load(session, edition, good(), source=file.name, at=at)
        if bad and not skip_bad_lines:
            raise FileRefused(f"{file.name} was not taken: {_told(bad)}; mend them, or give --skip-bad-lines")
        if not loaded.codes:
            raise FileRefused(f"{file.name} was not taken: it has no codes of {NAMES[edition.system]}")
    return loaded, bad, passed


def _lines(file: Path) -> Iterator[str]:
    with file.open("rb") as body:
        for line in body:
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                yield line.decode("cp1252", errors="replace")


def _told(bad: list[BadLine]) -> str:
    told = "; ".join(f"line {one.number}: {one.message}" for one in bad[:TOLD])
    more = f"; and {len(bad) - TOLD} more" if len(bad) > TOLD else ""
    return f"{len(bad)} bad lines: {told}{more}"


def _report(edition: Edition, loaded: Loaded, bad: list[BadLine], passed: Counter[str]) -> None:
    unchanged = loaded.codes - loaded.added - loaded.changed
    typer.echo(
        f"{NAMES[edition.system]} {edition.name}, {edition.valid_from} to {edition.valid_to}: {loaded.codes} codes, "
        f"{loaded.added} added, {loaded.changed} changed, {loaded.removed} removed, {unchanged} unchanged"
    )
    for what, count in sorted(passed.items()):
        typer.echo(f"  passed over: {count} {what}s")
    if bad:
        typer.echo(f"  {_told(bad)}")
    if loaded.before is not None and loaded.codes < SMALL * loaded.before:
        typer.echo(f"  the edition before has {loaded.before} codes: is this file whole?")


def _line(one: LoadedEdition) -> str:
    edition = one.edition
    return (
        f"{NAMES[edition.system]} {edition.name}, {edition.valid_from} to {edition.valid_to}: {one.codes} codes, "
        f"from {one.source} at {one.loaded_at:%Y-%m-%d %H:%M} UTC"
    )
