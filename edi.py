"""Commands on X12 files: `zerobalance edi ...`. They need no office: they read files and print."""

import errno
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO, cast

import typer
from rich.console import Console
from rich.text import Text

from billing.money import format_dollars
from edi_output import Commands, Output, Spool, write_json
from interchange.x12 import deidentify as copies
from interchange.x12 import excerpts, statistics, tree
from interchange.x12 import validate as verdicts
from interchange.x12.code_values import RULES
from interchange.x12.issues import Issue
from interchange.x12.pseudonyms import KeyTooShort, Pseudonyms
from interchange.x12.syntax import NotX12

app = typer.Typer(
    cls=Commands,
    help="Look into X12 files: claims (837), remittances (835), eligibility, claim status, acknowledgments. No office "
    "has to run. Exit codes: 0 all well, 1 errors found, 2 a file cannot be read or the output not be written.",
    no_args_is_help=True,
)
console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
plain = Output()
output = Console(file=cast(TextIO, plain), highlight=False, markup=False, emoji=False, soft_wrap=True)

OK, FOUND, UNREADABLE = 0, 1, 2
STDIN = "-"

CODE_LISTS = {"interchange": "TA105", "group": "AK905", "transaction": "IK502", "segment": "IK304", "element": "IK403"}

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line per file")]
Files = Annotated[list[str], typer.Argument(help="X12 files, or - for standard input")]

_STYLES = {
    "interchange": "bold magenta",
    "group": "magenta",
    "transaction": "bold cyan",
    "loop": "bold",
    "segment": "",
    "element": "green",
}


@app.command()
def show(
    files: Files,
    elements: Annotated[bool, typer.Option("--elements", help="Explain each element")] = False,
    claim: Annotated[str | None, typer.Option("--claim", help="Only the claim of this number")] = None,
) -> None:
    """Print a file as a tree of loops and segments with plain names, patients' data included.

    Example: zerobalance edi show claims.837 --claim A1001 --elements

    Exit codes: 0 shown, 1 no claim of that number, 2 a file cannot be read.
    """
    worst = OK
    for name in files:
        try:
            with _opened(name) as file:
                shown = _print_lines(tree.lines(file, elements=elements, claim=claim))
        except (NotX12, OSError) as error:
            worst = max(worst, _unreadable(name, error))
            continue
        if not shown:
            console.print(f"{name}: no claim of that number stands here")
            worst = max(worst, FOUND)
    raise typer.Exit(worst)


def _print_lines(lines: Iterable[tree.Line]) -> bool:
    """Whether anything was printed."""
    line = None
    for line in lines:
        output.print(_in_colour(line))
    return line is not None


def _in_colour(line: tree.Line) -> Text:
    indent = "  " * line.depth
    number = f"{line.position:>4}  " if line.position is not None else ""
    kind = f"{line.kind} " if line.kind in {"interchange", "group", "transaction"} else ""
    text = Text(f"{indent}{number}{kind}{_printable(line.text)}", _STYLES[line.kind])
    for more, style in ((line.name, "yellow" if line.kind == "segment" else ""), (line.rule, "dim")):
        if more:
            text.append(f"  {_printable(more)}", style)
    return text


def _printable(text: str) -> str:
    """The text without what could steer a terminal."""
    return (
        text
        if text.isprintable()
        else "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    )


@app.command()
def validate(
    files: Files,
    as_json: AsJson = False,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help=f"Switch a rule off; may be repeated. Rules: {', '.join(sorted(RULES))}"),
    ] = None,
) -> None:
    """Check files: envelope, guide, sums, codes. Each fault comes with its segment, patients' data included.

    A directory stands for all files in it. Warnings alone leave the exit code 0.

    Example: zerobalance edi validate inbox/ --without state --without postal-code

    Exit codes: 0 no errors, 1 errors, 2 a file cannot be read.
    """
    unknown = sorted(set(without or ()) - RULES)
    if unknown:
        raise typer.BadParameter(f"no rule {', '.join(unknown)}; there are: {', '.join(sorted(RULES))}")
    worst = OK
    for name in _walked(files):
        try:
            with _seekable(name) as file, closing(Spool()) as spool:
                for verdict in verdicts.verdicts(file, spool.hear, without=without or ()):
                    spool.keep(verdict)
                worst = max(worst, FOUND if spool.error_count else OK)
                if as_json:
                    write_json(plain, name, spool)
                else:
                    _print_verdicts(name, spool, file)
        except (NotX12, OSError) as error:
            if as_json:
                plain.write(_line({"file": name, "ok": False, "transactions": [], "error": _reason(error)}))
            worst = max(worst, _unreadable(name, error))
    raise typer.Exit(worst)


def _line(told: dict[str, object]) -> str:
    return json.dumps(told) + "\n"


def _print_verdicts(name: str, spool: Spool, file: BinaryIO) -> None:
    ok = not spool.error_count
    output.print(f"{name}: {'ok' if ok else 'errors'}", style="green" if ok else "red")
    for verdict, issues in spool.verdicts():
        _print_verdict(verdict)
        for issue in issues:
            _print_issue(issue, excerpts.excerpt(file, issue, verdict.delimiters))


def _print_verdict(verdict: verdicts.Verdict) -> None:
    identity = verdict.transaction
    said = [f"{verdict.error_count} errors", f"{verdict.warning_count} warnings"]
    if identity is None and not verdict.error_count + verdict.warning_count:
        return
    if verdict.is_balanced is not None:
        said = [f"{verdict.claims_count} claims", *said, "balanced" if verdict.is_balanced else "NOT BALANCED"]
    what = f"{identity.st01} {identity.st02}".strip() if identity else "envelope"
    output.print(f"  {_printable(what)}: {', '.join(said)}", style="bold")


def _print_issue(issue: Issue, excerpt: excerpts.Excerpt | None) -> None:
    style = "red" if issue.is_error else "yellow"
    where = [
        f"{issue.level} {issue.code}" + (f" ({CODE_LISTS[issue.level]})" if issue.level in CODE_LISTS else ""),
        f"segment {issue.segment_index or issue.file_index} {issue.place}" if issue.file_index else issue.place,
        f"loop {issue.loop}" if issue.loop else "",
        f"claim {issue.control_number}" if issue.control_number else "",
        f"byte {issue.offset}" if issue.offset is not None else "",
    ]
    place = _printable(", ".join(text for text in where if text))
    output.print(Text.assemble(("    " + issue.severity, f"bold {style}"), f"  {place}"))
    output.print(f"      {_printable(issue.message)}", style=style)
    if excerpt is not None:
        output.print(f"      {_printable(excerpt.text)}", style="dim")
        output.print(f"      {' ' * excerpt.start}{'^' * excerpt.length}", style=style)


@app.command()
def stats(files: Files, as_json: AsJson = False) -> None:
    """Count claims, lines, money, days and parties per kind of transaction set; names no patient.

    A directory stands for all files in it, each counted by itself.

    Exit codes: 0 counted, 1 an amount cannot be read, 2 a file cannot be read.
    """
    worst = OK
    for name in _walked(files):
        try:
            with _opened(name) as file:
                found = statistics.count(file)
        except (NotX12, OSError) as error:
            if as_json:
                plain.write(_line({"file": name, "sets": [], "error": _reason(error)}))
            worst = max(worst, _unreadable(name, error))
            continue
        worst = max(worst, FOUND if any(one.unreadable_count for one in found) else OK)
        if as_json:
            plain.write(_line({"file": name, "sets": [_totals(one) for one in found]}))
        else:
            output.print(name, style="bold")
            for one in found:
                _print_totals(_totals(one))
    raise typer.Exit(worst)


def _totals(one: statistics.Totals) -> dict[str, object]:
    """The object of one kind; money as cents and, beside it, as dollars."""
    money = {
        "charge": one.charge_cents,
        "paid": one.paid_cents,
        "payment": one.payment_cents,
        **{f"adjusted_{group}": cents for group, cents in sorted(one.adjustments_cents.items())},
        "provider_adjustments": one.provider_adjustments_cents,
    }
    return {
        "kind": one.kind.value,
        "transactions": one.transaction_count,
        "claims": one.claim_count,
        "lines": one.line_count,
        **{f"{name}_cents": cents for name, cents in money.items()},
        **{f"{name}_dollars": format_dollars(cents) for name, cents in money.items()},
        "first_service": one.first_service.isoformat() if one.first_service else None,
        "last_service": one.last_service.isoformat() if one.last_service else None,
        "senders": sorted(one.senders),
        "receivers": sorted(one.receivers),
        "payers": sorted(one.payers),
        "unreadable": one.unreadable_count,
    }


def _print_totals(totals: dict[str, object]) -> None:
    output.print(f"  {totals['kind']}", style="bold cyan")
    for name, value in totals.items():
        if name == "kind" or name.endswith("_dollars") or value in (None, []):
            continue
        text = ", ".join(value) if isinstance(value, list) else str(value)
        dollars = totals.get(f"{name.removesuffix('_cents')}_dollars") if name.endswith("_cents") else None
        output.print(f"    {_printable(name):<30} {_printable(text)}" + (f"  {dollars}" if dollars else ""))


@app.command()
def deidentify(
    files: Files,
    into: Annotated[Path | None, typer.Option(help="Directory for the copies; default: standard output")] = None,
    key_file: Annotated[Path | None, typer.Option(help="File of 16 bytes or more, to be kept like a password")] = None,
    keep_organisations: Annotated[
        bool, typer.Option("--keep-organisations", help="Keep the names and ids of payers and provider organisations")
    ] = False,
) -> None:
    """Write copies that name nobody: names, numbers, addresses and notes replaced, dates moved, codes and money kept.

    A directory stands for all files in it. Copies are numbered, for file names may name patients.

    The same value is replaced alike throughout one run; with --key-file in later runs too.

    Dates move back by 1 to 365 days, alike for one patient: docs/x12.md says what that means under HIPAA.

    Example: zerobalance edi deidentify inbox/ --into copies/

    Exit codes: 0 written, 2 a file cannot be read or a copy not be written.
    """
    try:
        names = Pseudonyms(key_file.read_bytes() if key_file else secrets.token_bytes(32))
    except (KeyTooShort, OSError) as error:
        raise typer.Exit(_unreadable(str(key_file), error)) from None
    worst, today = OK, datetime.now(UTC).date()
    for number, name in enumerate(_walked(files), start=1):
        try:
            with _opened(name) as file:
                copied = copies.deidentify(file, names, as_of=today, keep_organisations=keep_organisations)
                if into is None:
                    for one in copied:
                        plain.write_bytes(_encoded(one))
                else:
                    _write_new(into, f"{number:04d}.x12", copied)
        except (NotX12, OSError) as error:
            worst = max(worst, _unreadable(name, error))
    raise typer.Exit(worst)


def _write(target: BinaryIO, segments: Iterable[str]) -> None:
    for one in segments:
        target.write(_encoded(one))


def _encoded(text: str) -> bytes:
    return text.encode("latin-1", "replace")  # ISA11 may be any letter; all other text is ours


def _write_new(directory: Path, name: str, segments: Iterator[str]) -> None:
    """A whole copy or none: written beside its place first. One that is already there is never overwritten."""
    first = next(segments, "")
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = directory / f".{name}.unfinished"
    try:
        with unfinished.open("wb") as target:
            _write(target, chain((first,), segments))
        (directory / name).hardlink_to(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)
    console.print(str(directory / name))


# Files ------------------------------------------------------------------------------------------------------------


def _walked(names: list[str]) -> Iterator[str]:
    """Each file; a directory is the files in it, hidden ones left out. An empty one comes as it is: unreadable."""
    for name in names:
        inside: list[Path] = []
        if name != STDIN and os.path.isdir(name):  # unlike Path.is_dir it never raises: the file itself will tell
            inside = sorted(path for path in Path(name).rglob("*") if path.is_file() and not path.name.startswith("."))
        yield from map(str, inside) if inside else [name]


def _opened(name: str) -> BinaryIO:
    """The file, or standard input."""
    return _standard_input() if name == STDIN else Path(name).open("rb")


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed: give it a file, or name one")
    return sys.stdin.buffer


@contextmanager
def _seekable(name: str) -> Iterator[BinaryIO]:
    """The file; standard input, or another pipe, is laid into a file without a name, for it is read twice."""
    with _opened(name) if name != STDIN else nullcontext(_standard_input()) as file:
        if name != STDIN and file.seekable():
            yield file
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield copy


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.EISDIR:
        return "a directory without files in it: name a file"
    if error.errno == errno.ENOSPC:
        return "no space left on the disk that is written to: make room, and run it again"
    where = error.filename2 or error.filename
    target = f" at {where}: choose an empty directory" if isinstance(error, FileExistsError) and where else ""
    return (error.strerror or "cannot be read") + target


def _unreadable(name: str, error: Exception) -> int:
    console.print(f"{name}: {_reason(error)}", style="red")
    return UNREADABLE
