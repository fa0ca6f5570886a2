"""Commands on code tables: `zerobalance codes ...`. Files are read line by line and taken whole or not at all.

An edition of ICD-10-CM comes as an order file, or as the tabular list (XML), which holds the same codes and the other
words for them. Where an order file is loaded, the tabular list adds those words and leaves its codes alone.
"""

import importlib.util
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Annotated

import typer
from sqlmodel import Session

import edit_trial
import office_setup
from activities.edit_effects import Effect
from billing.code_tables import NAMES, CodeEntry, CodeSystem, CodeTerm, Edition, without_edition
from database import code_finding, codes
from database.code_finding import CodeFinder
from database.codes import Loaded, LoadedEdition
from database.engine import Database
from interchange import code_files, tabular_codes
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


XML = ".xml"
PACKAGE = "simple-icd-10-cm"
"""MIT; its two data files are CDC's tabular list and the list of its codes"""
PUBLIC_EDITION = Edition(CodeSystem.ICD10CM, "FY2026-04", date(2026, 4, 1), date(2026, 9, 30))
"""What the package carries: the release of April 1, 2026"""


class FileRefused(OperatorError):
    """A code file has bad lines or no codes; nothing of it was taken."""


@dataclass(slots=True)
class Taken:
    """What was read of a file, and what loading it did."""

    loaded: Loaded | None = None
    """None: the codes were left alone"""
    terms: list[CodeTerm] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    def sorted_out(self, read: Iterable[CodeEntry | CodeTerm | BadLine | PassedOver]) -> Iterator[CodeEntry]:
        """The codes; the rest is kept here."""
        for one in read:
            match one:
                case BadLine():
                    self.bad.append(one)
                case PassedOver():
                    self.passed[one.what] += 1
                case CodeTerm():
                    self.terms.append(one)
                case _:
                    yield one


@app.command()
def load(
    file: Annotated[
        Path, typer.Argument(help="ICD-10-CM order file or tabular XML, HCPCS quarterly text, list or CSV; unzipped")
    ],
    system: Annotated[CodeSystem, typer.Option(help="Whose codes they are")],
    edition: Annotated[str, typer.Option(help="Name of the release, such as FY2026 or 2026Q3")],
    valid_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day in force")],
    valid_to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day in force")],
    skip_bad_lines: Annotated[bool, typer.Option("--skip-bad-lines", help="Take the file without them")] = False,
    trial: Annotated[int, typer.Option("--try", min=0, help="Only say what it would change for so many claims")] = 0,
) -> None:
    """Take in one edition. Loading it again makes it what the file says now. A file with bad lines is not taken: a code
    that is missing from a table would be refused on claims.

    With --try nothing is kept: the edits run over the last claims as if it had been.
    """
    made = Edition(system, edition.strip(), valid_from.date(), valid_to.date())
    if not 1 <= len(made.name) <= 20 or made.valid_to < made.valid_from:
        raise typer.BadParameter("the edition needs a name of at most 20 characters and must not end before it begins")
    settings = Settings()
    database = office_setup.open_database(settings)
    try:
        if trial:
            edit_trial.tell(tried(database, made, file, last=trial, skip_bad_lines=skip_bad_lines), trial)
            return
        taken = take(database, made, file, skip_bad_lines=skip_bad_lines, at=datetime.now(UTC))
        _report(made, taken)
        _make_searchable(database, settings, made)
    finally:
        database.close()


@app.command(name="install-public")
def install_public() -> None:
    """Take in the edition of ICD-10-CM that the Python package simple-icd-10-cm carries: no file is needed."""
    settings = Settings()
    database = office_setup.open_database(settings)
    try:
        _report(PUBLIC_EDITION, take_public(database, at=datetime.now(UTC)))
        _make_searchable(database, settings, PUBLIC_EDITION)
    finally:
        database.close()
    today = datetime.now(UTC).date()
    if today > PUBLIC_EDITION.valid_to:
        typer.echo(
            f"  it ended on {PUBLIC_EDITION.valid_to}: visits since then need the next order file, from CDC or CMS, "
            "by `zerobalance codes load`"
        )


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


def take(database: Database, edition: Edition, file: Path, *, skip_bad_lines: bool, at: datetime) -> Taken:
    """Load the file in one transaction. Raises FileRefused, and then nothing has changed."""
    with database.writing() as session:
        return _take(session, edition, file, skip_bad_lines=skip_bad_lines, at=at)


def tried(database: Database, edition: Edition, file: Path, *, last: int, skip_bad_lines: bool) -> list[Effect]:
    """What the edits would say of the last claims if the file were loaded; nothing stays. Raises FileRefused."""

    def change(session: Session) -> None:
        _take(session, edition, file, skip_bad_lines=skip_bad_lines, at=datetime.now(UTC))

    return edit_trial.tried(database, change, last=last)


def _take(session: Session, edition: Edition, file: Path, *, skip_bad_lines: bool, at: datetime) -> Taken:
    taken = Taken()
    is_xml = edition.system == CodeSystem.ICD10CM and file.suffix.lower() == XML
    with file.open("rb") as body:
        found = taken.sorted_out(
            tabular_codes.read(body, edition) if is_xml else code_files.read(_lines(body), edition)
        )
        if is_xml and _came_as_order_file(session, edition):
            deque(found, maxlen=0)
        else:
            taken.loaded = codes.load(session, edition, found, source=file.name, at=at)
        if taken.bad and not skip_bad_lines:
            raise FileRefused(f"{file.name} was not taken: {_told(taken.bad)}; mend them, or give --skip-bad-lines")
        if not (taken.terms if taken.loaded is None else taken.loaded.codes):
            raise FileRefused(f"{file.name} was not taken: it has no codes of {NAMES[edition.system]}")
        if is_xml:
            codes.load_terms(session, edition, taken.terms, at=at)
    return taken


def take_public(database: Database, *, at: datetime) -> Taken:
    """Load the edition that the package carries. Raises FileRefused without it, or where it carries another one."""
    tabular, listed = public_files()
    wanted = {one for one in listed.read_text(encoding="utf-8").split() if "-" not in one and not one.isdigit()}
    taken = take(database, PUBLIC_EDITION, tabular, skip_bad_lines=False, at=at)
    with database.reading() as session:
        found = {one.code for one in codes.whole(session, PUBLIC_EDITION)[0]}
    if found != wanted:
        raise FileRefused(f"{listed.name} and {tabular.name} of {PACKAGE} disagree on {len(found ^ wanted)} codes")
    return taken


def public_files() -> tuple[Path, Path]:
    """The tabular list and the list of codes in the package; it is not imported, which would take long and much
    memory. Raises FileRefused.
    """
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        raise FileRefused(f"the package {PACKAGE} is not installed: `pip install {PACKAGE}`, or load CDC's order file")
    folder = Path(found.submodule_search_locations[0]) / "data"
    files = folder / "icd10c-tabular-April-1-2026.xml", folder / "code-list-April-2026.txt"
    if not all(one.is_file() for one in files):
        raise FileRefused(f"the package {PACKAGE} carries another edition than {PUBLIC_EDITION.name}: `codes load` it")
    return files


def _came_as_order_file(session: Session, edition: Edition) -> bool:
    loaded = (one for one in codes.editions(session) if one.edition.system == edition.system)
    return any(one.edition.name == edition.name and not one.source.lower().endswith(XML) for one in loaded)


def _make_searchable(database: Database, settings: Settings, edition: Edition) -> None:
    """Write the search file now; where that cannot be done, the office does it when somebody first searches."""
    CodeFinder(database, settings.data_dir / code_finding.FOLDER).prepare(edition)


def _lines(body: IO[bytes]) -> Iterator[str]:
    for line in body:
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("cp1252", errors="replace")


def _told(bad: list[BadLine]) -> str:
    told = "; ".join(f"line {one.number}: {one.message}" for one in bad[:TOLD])
    more = f"; and {len(bad) - TOLD} more" if len(bad) > TOLD else ""
    return f"{len(bad)} bad lines: {told}{more}"


def _report(edition: Edition, taken: Taken) -> None:
    head = f"{NAMES[edition.system]} {edition.name}, {edition.valid_from} to {edition.valid_to}"
    loaded = taken.loaded
    if loaded is None:
        typer.echo(f"{head}: {len(taken.terms)} other words for its codes; the codes stay those of the order file")
        return
    unchanged = loaded.codes - loaded.added - loaded.changed
    typer.echo(
        f"{head}: {loaded.codes} codes, {loaded.added} added, {loaded.changed} changed, {loaded.removed} removed, "
        f"{unchanged} unchanged"
    )
    if taken.terms:
        typer.echo(f"  {len(taken.terms)} other words for them")
    for what, count in sorted(taken.passed.items()):
        typer.echo(f"  passed over: {count} {what}s")
    if taken.bad:
        typer.echo(f"  {_told(taken.bad)}")
    if loaded.before is not None and loaded.codes < SMALL * loaded.before:
        typer.echo(f"  the edition before has {loaded.before} codes: is this file whole?")


def _line(one: LoadedEdition) -> str:
    edition = one.edition
    return (
        f"{NAMES[edition.system]} {edition.name}, {edition.valid_from} to {edition.valid_to}: {one.codes} codes, "
        f"from {one.source} at {one.loaded_at:%Y-%m-%d %H:%M} UTC"
    )
