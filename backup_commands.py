"""Commands that keep an office: `zerobalance backup`, `restore`, `resume` and `keys`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import office_backup
import office_setup
from activities.filing_again import hear_again
from database import restoring
from settings import OperatorError, Settings, variable
from temporal import encryption

keys = typer.Typer(help="The keys that encrypt what workflows carry.", no_args_is_help=True)


class NotHeard(OperatorError):
    """Claims would leave before it is known whether they left already."""


def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder outside of the data directory")],
) -> None:
    """Copy the whole office as of one instant, while it runs: books, engine, keys, secrets. Embedded profile only."""
    manifest = office_backup.take(Settings(), folder)
    typer.echo(f"{folder}: {len(manifest.files)} files as of {manifest.taken_at}, schema {manifest.migration}")
    typer.echo("It holds the keys beside what they encrypt, and patients' data: keep it encrypted, off this machine.")
    if manifest.environment:
        typer.echo(f"Not in it are the values of {', '.join(manifest.environment)}: keep them with it.")


def restore(
    folder: Annotated[Path, typer.Argument(help="What `zerobalance backup` wrote")],
    over: Annotated[bool, typer.Option("--over", help="Move a data directory that holds something aside")] = False,
) -> None:
    """Put a backup back into the data directory. The office must be stopped; nothing is deleted."""
    settings = Settings()
    done = office_backup.restore(settings, folder, over=over, at=datetime.now(UTC))
    typer.echo(f"{settings.data_dir}: the office as of {done.manifest.taken_at}")
    if done.moved_to is not None:
        typer.echo(f"What was there before is in {done.moved_to}")
    if any(one.startswith(f"{office_backup.SECRETS}/") for one in done.manifest.files):
        typer.echo(f"Set {variable('secrets_dir')} to {settings.data_dir / office_backup.SECRETS}")
    if done.manifest.environment:
        typer.echo(f"Set when the backup was taken: {', '.join(done.manifest.environment)}")
    typer.echo(
        f"Sending is on hold on {done.held} routes. Next: `zerobalance run`, bring in again what came in since then, "
        "do again what was done, then `zerobalance resume` (docs/runbooks.md, Restore)."
    )


def restored(
    taken_at: Annotated[datetime, typer.Argument(help="The instant of the backup in UTC, such as 2026-11-30T02:00:00")],
) -> None:
    """Once the book was put back by the database server's own tools, before api and worker start: pass over control
    numbers and hold sending, as `restore` does for an embedded office."""
    database = office_setup.open_database(Settings())
    with database.writing() as session:
        held = restoring.begin_again(session, taken_at=taken_at.replace(tzinfo=UTC), at=datetime.now(UTC))
    database.close()
    typer.echo(f"Sending is on hold on {held} routes. Start the office, then follow docs/runbooks.md, Restore.")


def resume(
    release: Annotated[bool, typer.Option("--release", help="End the holds that the restore placed")] = False,
) -> None:
    """After a restore: hear the partners' acknowledgments again, say what is still held, and let it go with --release.

    Exit code 1 while acknowledgments are not taken up: the running office does that within seconds.
    """
    database = office_setup.open_database(Settings())
    at = datetime.now(UTC)
    with database.writing() as session:
        understood = hear_again(session, at=at)
    with database.reading() as session:
        standing = restoring.standing(session)
    typer.echo(f"{understood} acknowledgments of claims that were not known when they came are understood by now")
    typer.echo(f"{standing.holds} routes are on hold since the restore; {standing.ready} claims wait that nobody has")
    if standing.unheard:
        raise NotHeard(f"{standing.unheard} acknowledgments are not taken up by their visits yet: see that it runs")
    if release:
        with database.writing() as session:
            typer.echo(f"{restoring.release(session, at=at)} routes are released")
    database.close()


@keys.command()
def rotate() -> None:
    """Add a new key and encrypt with it from the next start on; the old ones go on reading. Embedded profile only."""
    settings = Settings()
    ring = encryption.rotate_keyring(settings)
    typer.echo(f"{encryption.key_file(settings)}: {len(ring.keys)} keys, {ring.active} encrypts from now on")
    typer.echo("Restart the office now: until then it cannot read what is encrypted with the new key. Back it up anew.")


@keys.command(name="list")
def list_keys() -> None:
    """Name the keys, never the keys themselves."""
    ring = encryption.load_or_create_keyring(Settings())
    for key_id in ring.keys:
        typer.echo(f"{key_id}  {'encrypts' if key_id == ring.active else 'reads'}")
