"""Commands on published rules about codes: `zerobalance rules ...`. Files are read as a stream and taken whole or not
at all.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Annotated

import typer
from sqlmodel import Session

import edit_trial
import office_setup
from activities.edit_effects import Effect
from billing.coding_rules import ASKED_BY_EDITS, RULE_NAMES, CodePair, ProviderFacts, RuleEdition, RuleKind, edition_for
from code_loading import FileRefused
from database import rules
from database.engine import Database
from database.rules import Rule
from interchange import rule_files, tabular_list
from interchange.code_files import BadLine, PassedOver
from settings import Settings

app = typer.Typer(
    help="Load and list the rules about codes that CMS and CDC publish: NCCI pairs, unit limits and add-ons, the "
    "physician fee schedule and its prices, Excludes1 notes, NPPES. The files are yours: those keyed by CPT are "
    "licensed by the AMA.",
    no_args_is_help=True,
)

TOLD = 20
"""Bad lines that are printed"""
LOOKING_BACK = timedelta(days=3 * 366)
"""Pairs that ended longer before the edition begins are asked by no claim any more"""
READABLE = (".txt", ".csv", ".xml")


@dataclass(slots=True)
class Report:
    """What was read of the files."""

    bad: list[str] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    read: int = 0


@app.command()
def load(
    files: Annotated[list[Path], typer.Argument(help="The publisher's text, CSV or XML, zipped or not; all parts")],
    kind: Annotated[RuleKind, typer.Option(help="What the files say")],
    edition: Annotated[str, typer.Option(help="Name of the release, such as 2026Q4 or FY2027")],
    valid_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day in force")],
    valid_to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day in force")],
    skip_bad_lines: Annotated[bool, typer.Option("--skip-bad-lines", help="Take the files without them")] = False,
    trial: Annotated[int, typer.Option("--try", min=0, help="Only say what it would change for so many claims")] = 0,
) -> None:
    """Take in one edition, of all its files. Loading it again makes it what the files say now.

    With --try nothing is kept: the edits run over the last claims as if it had been.
    """
    made = RuleEdition(kind, edition.strip(), valid_from.date(), valid_to.date())
    if not 1 <= len(made.name) <= 20 or made.valid_to < made.valid_from:
        raise typer.BadParameter("the edition needs a name of at most 20 characters and must not end before it begins")
    database = office_setup.open_database(Settings())
    try:
        if trial:
            edit_trial.tell(tried(database, made, files, last=trial, skip_bad_lines=skip_bad_lines), trial)
            return
        count, report = take(database, made, files, skip_bad_lines=skip_bad_lines, at=datetime.now(UTC))
    finally:
        database.close()
    typer.echo(f"{RULE_NAMES[kind]} {made.name}, {made.valid_from} to {made.valid_to}: {count} rules")
    for what, passed in sorted(report.passed.items()):
        typer.echo(f"  passed over: {passed} of {what}")
    if report.read > count:
        typer.echo(f"  {report.read - count} came twice")
    if report.bad:
        typer.echo(f"  {_told(report.bad)}")


@app.command(name="list")
def list_editions() -> None:
    """The editions loaded, and the kinds that have none for today."""
    database = office_setup.open_database(Settings())
    with database.reading() as session:
        loaded = rules.editions(session)
    database.close()
    for one in loaded:
        edition = one.edition
        typer.echo(
            f"{RULE_NAMES[edition.kind]} {edition.name}, {edition.valid_from} to {edition.valid_to}: "
            f"{one.rules} rules, from {one.source} at {one.loaded_at:%Y-%m-%d %H:%M} UTC"
        )
    today = datetime.now(UTC).date()
    for kind in RuleKind:
        found = edition_for([one.edition for one in loaded], kind, today)
        if found is None:
            typer.echo(f"{RULE_NAMES[kind]}: none for today; {_nothing_known(kind)}")
        elif found.valid_to < today:
            typer.echo(f"{RULE_NAMES[kind]}: {found.name} ended on {found.valid_to}; load the next edition")


def _nothing_known(kind: RuleKind) -> str:
    if kind in ASKED_BY_EDITS:
        return "the edits that ask it find nothing"
    return "contracts by Medicare's fee expect no amount"


def take(
    database: Database, edition: RuleEdition, files: Sequence[Path], *, skip_bad_lines: bool, at: datetime
) -> tuple[int, Report]:
    """Load the files in one transaction. Raises FileRefused, and then nothing has changed."""
    with database.writing() as session:
        return _take(session, edition, files, skip_bad_lines=skip_bad_lines, at=at)


def tried(
    database: Database, edition: RuleEdition, files: Sequence[Path], *, last: int, skip_bad_lines: bool
) -> list[Effect]:
    """What the edits would say of the last claims if the files were loaded; nothing stays. Raises FileRefused."""

    def change(session: Session) -> None:
        _take(session, edition, files, skip_bad_lines=skip_bad_lines, at=datetime.now(UTC))

    return edit_trial.tried(database, change, last=last)


def _take(
    session: Session, edition: RuleEdition, files: Sequence[Path], *, skip_bad_lines: bool, at: datetime
) -> tuple[int, Report]:
    report = Report()
    names = ", ".join(file.name for file in files)
    wanted = rules.npis_in_use(session) if edition.kind == RuleKind.PROVIDERS else frozenset()
    found = _good(files, edition, report, wanted)
    count = rules.load(session, edition, found, source=names, at=at)
    if report.bad and not skip_bad_lines:
        raise FileRefused(f"{names} was not taken: {_told(report.bad)}; mend them, or give --skip-bad-lines")
    if not count:
        raise FileRefused(f"{names} was not taken: no rule of {RULE_NAMES[edition.kind]} is in it")
    return count, report


def _good(files: Sequence[Path], edition: RuleEdition, report: Report, wanted: frozenset[str]) -> Iterator[Rule]:
    horizon = edition.valid_from - LOOKING_BACK
    for file in files:
        for one in _read(file, edition.kind):
            match one:
                case BadLine():
                    report.bad.append(f"{file.name} line {one.number}: {one.message}")
                case PassedOver():
                    report.passed[f"{one.what}"] += 1
                case _ if unneeded := _unneeded(one, horizon, wanted):
                    report.passed[unneeded] += 1
                case _:
                    report.read += 1
                    yield one


def _unneeded(rule: Rule, horizon: date, wanted: frozenset[str]) -> str | None:
    """Why nobody will ever ask for the rule; None: somebody may."""
    if isinstance(rule, CodePair) and rule.valid_to is not None and rule.valid_to < horizon:
        return "pairs that ended long ago"
    if isinstance(rule, ProviderFacts) and rule.deactivated_on is None and rule.npi not in wanted:
        return "active NPIs that no visit names"
    return None


def _read(file: Path, kind: RuleKind) -> Iterator[Rule | BadLine | PassedOver]:
    with _opened(file) as body:
        if kind == RuleKind.EXCLUSIONS:
            yield from tabular_list.read(body)
        else:
            with io.TextIOWrapper(body, "utf-8-sig", errors="replace", newline="") as text:
                yield from rule_files.read(text, kind)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, or those of the one readable file in a zip."""
    if not zipfile.is_zipfile(file):
        with file.open("rb") as body:
            yield body
        return
    with zipfile.ZipFile(file) as archive:
        inside = [name for name in archive.namelist() if name.lower().endswith(READABLE)]
        if len(inside) != 1:
            raise FileRefused(
                f"{file.name} holds {', '.join(inside) or 'nothing to read'}; unzip it, and name the files"
            )
        with archive.open(inside[0]) as body:
            yield body


def _told(bad: list[str]) -> str:
    more = f"; and {len(bad) - TOLD} more" if len(bad) > TOLD else ""
    return f"{len(bad)} bad lines: {'; '.join(bad[:TOLD])}{more}"
