"""Commands on X12 files: `zerobalance edi ...`. They need no office: they read files and print."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.text import Text

from interchange.x12 import tree
from interchange.x12.syntax import NotX12

app = typer.Typer(
    help="Look into X12 files. Exit codes: 0 all well, 1 errors found, 2 unreadable.", no_args_is_help=True
)
console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
output = Console(highlight=False, markup=False, soft_wrap=True)

OK, FOUND, UNREADABLE = 0, 1, 2
STDIN = "-"

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
    """Print a file as a tree: envelope, loops, segments. It shows what the file holds, patients' data included.

    Exit codes: 0 shown, 1 no claim of that number, 2 unreadable.
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


def _opened(name: str) -> BinaryIO:
    """The file, or standard input."""
    return sys.stdin.buffer if name == STDIN else Path(name).open("rb")


def _unreadable(name: str, error: NotX12 | OSError) -> int:
    reason = (error.strerror or "cannot be read") if isinstance(error, OSError) else str(error)
    console.print(f"{name}: {reason}", style="red")
    return UNREADABLE
