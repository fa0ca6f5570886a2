"""Commands: `zerobalance ...`. Each parses, calls one thing and prints; what an operator can mend is said plainly."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import sqlalchemy
import typer
from pydantic import ValidationError
from rich.console import Console

import audit_commands
import backup_commands
import code_loading
import demo as demonstration
import doctor as examination
import edi
import edit_proof
import edit_trial
import moving_commands
import office_setup
import phi_proof
import proofs
import quarter_proof
import rule_loading
import search_proof
import user_commands
import worker as office_worker
import year_proof
from activities.intake import import_file
from activities.sheet_intake import import_by_mapping
from activities.taking_in import Sender
from api.app import create_app
from api.mllp import MllpListener
from billing.charges import ChargeMasterInvalid
from billing.days import USUAL_ZONE, NoSuchZone, zone_named
from database.engine import Database, DatabaseMissing
from settings import OperatorError, Settings, require_free_port, variable
from simulator.__main__ import main as serve_simulator
from temporal import client, encryption, logs, worker_runtime

app = typer.Typer(
    help="Zero Balance: the back office in which every encounter ends at a zero balance.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(edi.app, name="edi")
app.add_typer(code_loading.app, name="codes")
app.add_typer(rule_loading.app, name="rules")
app.add_typer(edit_trial.app, name="edits")
app.add_typer(user_commands.app, name="user")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(backup_commands.keys, name="keys")
app.command()(backup_commands.backup)
app.command()(backup_commands.restore)
app.command()(backup_commands.restored)
app.command()(backup_commands.resume)
app.command()(moving_commands.migrate)
app.command()(moving_commands.export)
app.command()(moving_commands.deidentify)
console = Console(stderr=True)


def main() -> None:
    """The entry point: an error that an operator can mend is one plain sentence, never a traceback."""
    os.umask(0o077)  # what an office keeps is read by its own user alone
    try:
        app()
    except Exception as error:
        words = _in_words(error)
        if words is None:
            raise
        console.print(f"[red]{words}[/red]", highlight=False)
        sys.exit(1)


def _in_words(error: Exception) -> str | None:
    """What an operator is told about an error that they can mend; None for the others."""
    match error:
        case OperatorError() | DatabaseMissing() | ChargeMasterInvalid() | NoSuchZone():
            return str(error)
        case ValidationError():
            faults = (f"{variable(str(one['loc'][0]))}: {one['msg']}" for one in error.errors() if one["loc"])
            return "; ".join(faults) or "the settings cannot be read"
        case sqlalchemy.exc.DatabaseError():
            return f"the database cannot be read ({error.orig}); look at {variable('database_url')}"
        case FileNotFoundError() if error.filename:
            return f"{error.filename}: there is no such file"
        case OSError():
            return f"{error.filename or 'a file'}: {error.strerror}; look at {variable('data_dir')}"
    return None


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
    """A process of the office: what an operator can mend ends it with the same plain sentence."""

    async def plainly() -> None:
        try:
            await work()
        except Exception as error:
            words = _in_words(error)
            if words is None:
                raise
            raise OperatorError(words) from error

    worker_runtime.run_process(plainly)


@app.command()
def setup(
    practice: Annotated[str, typer.Option(help="Name of the first practice")] = office_setup.FIRST_PRACTICE,
    charges: Annotated[Path | None, typer.Option(help="CSV of prices: procedure,modifier,price,effective_from")] = None,
    partners: Annotated[Path | None, typer.Option(help="TOML of trading partners and how each is reached")] = None,
    time_zone: Annotated[str, typer.Option(help="By which a new practice's days go")] = USUAL_ZONE,
) -> None:
    """Migrate the database, register the practice and partners, prepare Temporal. Harmless when repeated."""
    zone_named(time_zone)
    settings = Settings()
    database = office_setup.open_database(settings)
    access = office_setup.install(
        database, settings, practice=practice, charges=charges, at=datetime.now(UTC), time_zone=time_zone
    )
    if access is not None:
        console.print(f"login {access.login}, password {access.password}")
        console.print(f"first token, shown once: {access.token}")
    if partners is not None:
        names = office_setup.set_partners(database, partners)
        console.print(f"trading partners set: {', '.join(names) or 'none'}")
    asyncio.run(office_setup.prepare_engine(settings, database))
    database.close()


@app.command()
def api() -> NoReturn:
    """Serve the API and the workbench."""
    _run(serve_api)


async def serve_api() -> None:
    """Connect when the engine is there; without it the API serves what needs no engine and says so."""
    settings = Settings()
    logs.configure_logging(settings)
    require_free_port(settings.api_port, variable("api_port"), settings.api_host)
    database = Database(settings.database_url)
    database.check()
    keyring = encryption.load_or_create_keyring(settings)
    temporal = await client.connect(settings, keyring, role="api", lazy=True)
    application = create_app(settings, database, client=temporal, keyring=keyring)
    await office_setup.serve(application, host=settings.api_host, port=settings.api_port)
    database.close()


@app.command()
def worker() -> NoReturn:
    """Run the workflows and activities until told to stop."""
    _run(office_worker.main)


@app.command()
def mllp() -> NoReturn:
    """Listen for HL7 v2 messages (needs no running office; `run` starts it too, when its port is set)."""
    _run(listen_for_hl7)


async def listen_for_hl7() -> None:
    """Take messages in for one practice until told to stop."""
    settings = Settings()
    logs.configure_logging(settings)
    if not settings.mllp_port:
        raise OperatorError(f"no port to listen on: set {variable('mllp_port')}, 2575 as most do")
    require_free_port(settings.mllp_port, variable("mllp_port"), settings.mllp_host)
    database = office_setup.open_database(settings)
    practice_id, partner_id = office_setup.whose(
        database, settings, settings.mllp_practice or None, at=datetime.now(UTC)
    )
    listener = MllpListener(database, practice_id=practice_id, partner_id=partner_id, clock=lambda: datetime.now(UTC))
    server = await listener.start(settings.mllp_host, settings.mllp_port)
    async with server:
        await server.serve_forever()


@app.command()
def run() -> NoReturn:
    """Run the whole office on this machine: engine, worker, API and workbench."""
    _run(office_setup.run_office)


@app.command(name="import")
def import_files(
    files: Annotated[
        list[Path], typer.Argument(help="837P, 837I, FHIR, HL7 v2, CSV, 835, 999, 277CA, 271, bank files")
    ],
    practice: Annotated[str | None, typer.Option(help="Whose they are; default: the first practice")] = None,
    source: Annotated[
        str | None, typer.Option(help="The files are CSV of this sender, read by the mapping that is kept")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line per file")] = False,
) -> None:
    """Take files in. Needs no running office: encounters wait in the outbox until one takes them up."""
    settings = Settings()
    database = office_setup.open_database(settings)
    practice_id, partner_id = office_setup.whose(database, settings, practice, at=datetime.now(UTC))
    worst = 0
    for path in files:
        try:
            body = path.read_bytes()
        except OSError as error:
            worst = 2
            _print_import(
                {
                    "file": str(path),
                    "kind": "unreadable",
                    "claims": 0,
                    "created": 0,
                    "duplicates": 0,
                    "refused": [],
                    "error": error.strerror or "cannot be read",
                },
                as_json,
            )
            continue
        now = datetime.now(UTC)
        if source is None:
            report = import_file(database, body, practice_id=practice_id, partner_id=partner_id, at=now)
        else:
            report = import_by_mapping(database, body, source=source, sender=Sender(practice_id, partner_id, now))
        worst = max(worst, 2 if report.unreadable else 1 if report.refused or report.incomplete else 0)
        _print_import(report.as_json(str(path)), as_json)
    database.close()
    raise typer.Exit(worst)


def _print_import(report: dict[str, object], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(
        f"{report['file']}: {report['kind']}, {report['claims']} claims, {report['created']} created, "
        f"{report['duplicates']} duplicates"
    )
    refused = report["refused"]
    assert isinstance(refused, list)
    for one in refused:
        typer.echo(f"  refused {one['claim']}: {one['segment']}: {one['reason']}")
    notes = report.get("notes", [])
    assert isinstance(notes, list)
    for note in notes:
        typer.echo(f"  {note}")
    if "error" in report:
        typer.echo(f"  {report['error']}")


class Proof(StrEnum):
    """What can be proven."""

    BOOKS = "books"
    EDITS = "edits"
    SEARCH = "search"
    QUARTER = "quarter"
    YEAR = "year"
    PHI = "phi"


@app.command()
def prove(
    name: Annotated[Proof, typer.Argument(help="What to prove")],
    here: Annotated[bool, typer.Option("--here", help="books: check the office that runs here")] = False,
    seed: Annotated[int | None, typer.Option(help="edits, quarter, year, phi: another seed, other claims")] = None,
    encounters: Annotated[int | None, typer.Option(help="quarter, phi: how many visits", min=1)] = None,
    guarantors: Annotated[int, typer.Option(help="year: how many families", min=1)] = year_proof.GUARANTORS,
    claims: Annotated[Path | None, typer.Option(help="edits: an 837P of valid claims to look at, too")] = None,
    phrases: Annotated[
        Path | None,
        typer.Option(help="search: other phrases; a line is phrase, tab, code (several codes with | between)"),
    ] = None,
) -> NoReturn:
    """Prove something and exit 0 only if it holds. The last line is one JSON object with the figures."""
    if name == Proof.EDITS:
        edit_proof.prove_edits(console, seed=1 if seed is None else seed, file=claims)
        raise typer.Exit
    if name == Proof.SEARCH:
        search_proof.prove_search(console, Settings(), file=phrases)
        raise typer.Exit
    if name == Proof.QUARTER:
        picked = quarter_proof.SEED if seed is None else seed
        visits = encounters or quarter_proof.ENCOUNTERS
        _run(lambda: quarter_proof.prove(console, encounters=visits, seed=picked))
    if name == Proof.PHI:
        sown = phi_proof.SEED if seed is None else seed
        _run(lambda: phi_proof.prove(console, encounters=encounters or phi_proof.ENCOUNTERS, seed=sown))
    if name == Proof.YEAR:
        chosen = year_proof.SEED if seed is None else seed
        _run(lambda: year_proof.prove(console, guarantors=guarantors, seed=chosen))
    _run(lambda: proofs.prove_here(Settings(), console) if here else demonstration.prove())


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")] = False,
) -> None:
    """Say what is missing and what to do about it. Exit code 1 when something would stop claims; changes nothing."""
    settings = Settings()
    database = Database(settings.database_url)
    database.check()
    found = examination.examine(database, settings, at=datetime.now(UTC))
    database.close()
    stops = any(one.stops_claims for one in found)
    if as_json:
        typer.echo(json.dumps({"stops_claims": stops, "findings": [asdict(one) for one in found]}))
    else:
        examination.show(found, Console())
    raise typer.Exit(1 if stops else 0)


@app.command()
def demo(
    encounters: Annotated[int, typer.Option(help="How many encounters")] = 50,
    once: Annotated[bool, typer.Option("--once", help="End by itself; exit code 0 only if every book agrees")] = False,
    seed: Annotated[int, typer.Option(help="The same seed makes the same clinic")] = 1,
) -> NoReturn:
    """Show the whole office at work with a simulated clearinghouse, payers, patients and staff."""
    os.environ.setdefault(variable("data_dir"), "var/demo")
    _run(lambda: demonstration.show(encounters=encounters, once=once, seed=seed))


@app.command()
def simulator() -> NoReturn:
    """Run the simulated clearinghouse and payers alone."""
    serve_simulator()
    sys.exit(0)


if __name__ == "__main__":
    main()
