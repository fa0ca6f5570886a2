"""Commands on offices that move: `zerobalance migrate DIRECTORY`, which shows first and writes when it is told to."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import IntegrityError

import office_setup
from activities import deidentified, moving_in, moving_out
from activities.moving_in import MoveReport
from billing.money import format_dollars
from database import audit
from settings import OperatorError, Settings

NOT_EXPORTED = "not-exported.txt"
SHOWN = 200
"""Faults that are printed; the rest is counted"""
PracticeName = Annotated[str | None, typer.Option("--practice", help="Whose; default: the first practice")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables")]


class NotEmpty(OperatorError):
    """There is something where the files would be written."""


class NoDirectory(OperatorError):
    """A file stands where the files would be written."""


class NamedTwice(OperatorError):
    """Two files differ only in capitals."""


class MoveAtWork(OperatorError):
    """Two runs write the same move."""


def migrate(
    directory: Annotated[Path, typer.Argument(help="CSV files of the old system, see docs/moving-in.md")],
    write: Annotated[bool, typer.Option("--write", help="Take it over; without it, only look")] = False,
    practice: PracticeName = None,
    as_json: AsJson = False,
) -> None:
    """Move an office here: patients, policies, open balances, claims, accounts. Without --write it only looks.

    Every fault is told at once, with file, line and column, and nothing is written while there is one. The lines must
    come to the old system's aging to the cent. Run twice, it changes nothing; run after a crash, it goes on. Nobody who
    moved here gets a paper before a supervisor has signed the move off (a task in the workbench).

    Exit codes: 0 it ties, 1 faults were found, 2 the directory cannot be read.
    """
    settings = Settings()
    if not directory.is_dir():
        typer.echo(f"{directory} is no directory; put the CSV files of the old system into one", err=True)
        raise typer.Exit(2)
    files = _files_of(directory)
    database = office_setup.open_database(settings)
    now = datetime.now(UTC)
    practice_id, partner_id = office_setup.whose(database, settings, practice, at=now)
    try:
        if write:
            report = moving_in.move_in(
                database, files, practice_id=practice_id, partner_id=partner_id, at=now, by=audit.OPERATOR
            )
        else:
            report = moving_in.look(database, files, practice_id=practice_id, partner_id=partner_id)
    except IntegrityError as error:
        words = "another run of the same move is at work: wait until it has ended, then run this again; it goes on"
        raise MoveAtWork(words) from error
    finally:
        database.close()
    _print(report, write=write, as_json=as_json)
    raise typer.Exit(1 if report.faults else 0)


def export(
    directory: Annotated[Path, typer.Argument(help="Where to; made when it is not there, and empty when it is")],
    practice: PracticeName = None,
    as_json: AsJson = False,
) -> None:
    """Write a whole practice as the files that `migrate` reads, and its ledger.

    Another installation that takes them over has the same balances. What the files do not hold stands beside them in
    not-exported.txt. They hold patients' data: keep them as the office itself.
    """
    settings = Settings()
    if (is_file := next((one for one in (directory, *directory.parents) if one.is_file()), None)) is not None:
        raise NoDirectory(f"{is_file} is a file, not a directory: name another place for the files")
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise NotEmpty(f"{directory} is not empty: name another directory, so that no file of it is lost")
    database = office_setup.open_database(settings)
    now = datetime.now(UTC)
    practice_id, _ = office_setup.whose(database, settings, practice, at=now)
    try:
        out = moving_out.move_out(database, practice_id=practice_id, at=now, by=audit.OPERATOR)
    finally:
        database.close()
    for name, text in (*out.files.items(), (NOT_EXPORTED, out.notice)):
        (directory / name).write_text(text, encoding="utf-8")
    if as_json:
        figures = {"patients": out.patients, "visits": out.visits, "lines": out.lines, "left_out": out.left_out}
        typer.echo(json.dumps(figures | {"open_cents": out.total_cents, "ledger_cents": out.ledger_cents}))
        return
    typer.echo(
        f"{out.patients} patients, {out.visits} visits, {out.lines} lines, {format_dollars(out.total_cents)} open"
    )
    if out.total_cents != out.ledger_cents:
        typer.echo(f"The ledger has {format_dollars(out.ledger_cents)} open: the difference is on what was left out")
    typer.echo(out.notice.strip())


def deidentify(
    file: Annotated[Path, typer.Argument(help="The ZIP to write; refused where there is a file already")],
    practice: PracticeName = None,
) -> None:
    """Write a practice's visits, lines and money for analysis, without what names a person (45 CFR 164.514(b)(2)).

    docs/deidentified.md says what is in it, and what is to be minded before a table made of it leaves the practice.
    """
    database = office_setup.open_database(Settings())
    now = datetime.now(UTC)
    try:
        practice_id, _ = office_setup.whose(database, Settings(), practice, at=now)
        with file.open("xb") as out:
            counts = deidentified.export(database, out, practice_id=practice_id, at=now, by=audit.OPERATOR)
    except FileExistsError as error:
        raise NotEmpty(f"{file} is there already: name another file, so that none is lost") from error
    finally:
        database.close()
    typer.echo(", ".join(f"{count} rows in {name}" for name, count in counts.items()))


def _files_of(directory: Path) -> dict[str, bytes]:
    """Every CSV file by its name in small letters: systems write CLAIMS.CSV, too. Raises NamedTwice."""
    files: dict[str, bytes] = {}
    for path in sorted(directory.iterdir()):
        name = path.name.lower()
        if not name.endswith(".csv") or not path.is_file():
            continue
        if name in files:
            raise NamedTwice(f"{directory} holds {name} twice, once as {path.name}: take one of them out")
        files[name] = path.read_bytes()
    return files


def _print(report: MoveReport, *, write: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_json(report)))
        return
    console = Console(highlight=False, soft_wrap=True)
    for fault in report.faults[:SHOWN]:
        console.print(str(fault), markup=False)
    if len(report.faults) > SHOWN:
        console.print(f"and {len(report.faults) - SHOWN} more")
    visits = ", ".join(f"{count} {state}" for state, count in sorted(report.visits.items()))
    console.print(f"{report.patients} patients, {report.lines} lines, {report.visits.total()} visits ({visits})")
    console.print(_aging(report))
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)
    console.print(_verdict(report, write=write), markup=False)


def _aging(report: MoveReport) -> Table:
    """The old aging beside the lines."""
    table = Table(title=f"Aging as of {report.tie.as_of or 'no day'}")
    for name in ("Owed by", "Age"):
        table.add_column(name)
    for name in ("Old system", "These lines", "Difference"):
        table.add_column(name, justify="right")
    for one in report.tie.cells:
        amounts = (one.told_cents, one.found_cents, one.difference_cents)
        table.add_row(one.owed_by, one.bucket, *(format_dollars(cents) for cents in amounts))
    whole = (report.tie.told_cents, report.tie.total_cents, report.tie.total_cents - report.tie.told_cents)
    table.add_row("all", "", *(format_dollars(cents) for cents in whole), style="bold")
    return table


def _verdict(report: MoveReport, *, write: bool) -> str:
    if report.faults:
        return f"{len(report.faults)} faults: nothing was written."
    if not write:
        return "It ties to the cent. Nothing was written; run it with --write to take it over."
    return (
        f"{report.taken_visits} visits were taken over, {report.known_visits} were there already. It ties to the cent. "
        "Nobody is asked for money before a supervisor has signed the move off: a task waits for them."
    )


def _as_json(report: MoveReport) -> dict[str, Any]:
    return {
        "faults": [
            {"file": one.file, "line": one.line, "column": one.column, "message": one.message} for one in report.faults
        ],
        "notes": report.notes,
        "patients": report.patients,
        "lines": report.lines,
        "visits": dict(report.visits),
        "as_of": str(report.tie.as_of) if report.tie.as_of else None,
        "told_cents": report.tie.told_cents,
        "found_cents": report.tie.total_cents,
        "insurance_cents": report.tie.insurance_cents,
        "patient_cents": report.tie.patient_cents,
        "ties": report.tie.holds,
        "taken_visits": report.taken_visits,
        "known_visits": report.known_visits,
        "move_id": report.move_id,
    }
