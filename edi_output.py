"""What `zerobalance edi ...` does with its output: a reader that goes away is no fault, a full disk is one sentence."""

import json
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import typer.core

from interchange.x12.issues import Issue
from interchange.x12.validate import Verdict

UNWRITABLE = 2
CLOSED_PIPE = 141
"""What a shell says of a tool that a closed pipe ended: 128 + SIGPIPE"""
_IN_MEMORY = 1024 * 1024
"""Bytes of issues that stay in memory; more of them wait in a file without a name"""


class OutputFailed(Exception):
    """Standard output takes nothing more; `is_closed` when whoever read it has gone."""

    def __init__(self, error: OSError | ValueError) -> None:
        super().__init__(getattr(error, "strerror", None) or "it is closed")
        self.is_closed = isinstance(error, BrokenPipeError)


class Output:
    """Standard output as it is at the moment of writing. What it cannot take raises OutputFailed, never an OSError:
    that would be taken for a fault of the file that is read."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)

    def write(self, text: str) -> int:
        """Write text."""
        try:
            return sys.stdout.write(text)
        except (OSError, ValueError) as error:
            raise _failed(error) from error

    def write_bytes(self, data: bytes) -> None:
        """Write what is no text for people."""
        try:
            sys.stdout.buffer.write(data)
        except (OSError, ValueError) as error:
            raise _failed(error) from error

    def flush(self) -> None:
        """Write what waits."""
        try:
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            raise _failed(error) from error


def _failed(error: OSError | ValueError) -> OutputFailed | ValueError:
    """A letter that the terminal cannot show is no fault of the output."""
    return error if isinstance(error, UnicodeError) else OutputFailed(error)


class Commands(typer.core.TyperGroup):
    """The commands, with the end of their output looked after."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises typer.Exit."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                if sys.stdout is not None:
                    Output().flush()
        except OutputFailed as fault:
            _forget_output()
            if fault.is_closed:
                raise typer.Exit(CLOSED_PIPE) from None
            typer.echo(f"the output cannot be written ({fault}): make room, or send it elsewhere", err=True)
            raise typer.Exit(UNWRITABLE) from None


def _forget_output() -> None:
    """Let what still waits go nowhere: Python would try to write it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


# The verdicts on one file -----------------------------------------------------------------------------------------


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)


@dataclass(slots=True)
class Spool:
    """Verdicts and issues of one file, kept where they cost no memory: the verdict on a file is known at its end, and
    is told before them."""

    error_count: int = 0
    _issues: IO[bytes] = field(default_factory=_spool)
    _verdicts: IO[bytes] = field(default_factory=_spool)

    def hear(self, issue: Issue) -> None:
        """Keep an issue."""
        self.error_count += issue.is_error
        pickle.dump(issue, self._issues)

    def keep(self, verdict: Verdict) -> None:
        """Keep a verdict; the issues since the last one are its."""
        pickle.dump(verdict, self._verdicts)

    def verdicts(self) -> Iterator[tuple[Verdict, Iterator[Issue]]]:
        """Each verdict with its issues, which must be taken before the next is asked for."""
        self._issues.seek(0)
        self._verdicts.seek(0)
        while (verdict := _next(self._verdicts)) is not None:
            issues = self._of(verdict.error_count + verdict.warning_count)
            yield verdict, issues
            for _ in issues:
                pass

    def close(self) -> None:
        """Let go of the files."""
        self._issues.close()
        self._verdicts.close()

    def _of(self, count: int) -> Iterator[Issue]:
        for _ in range(count):
            yield pickle.load(self._issues)


def _next(file: IO[bytes]) -> Verdict | None:
    try:
        verdict: Verdict = pickle.load(file)
    except EOFError:
        return None
    return verdict


def write_json(output: Output, name: str, spool: Spool) -> None:
    """The object of one file on one line, written as it is read back."""
    ok = not spool.error_count
    output.write(f'{{"file": {json.dumps(name)}, "ok": {json.dumps(ok)}, "transactions": [')
    mark = ""
    for verdict, issues in spool.verdicts():
        identity = verdict.transaction
        if identity is None and not verdict.error_count + verdict.warning_count:
            continue
        head = {
            "st01": identity.st01 if identity else None,
            "st02": identity.st02 if identity else None,
            "ok": verdict.is_valid,
            "claims": verdict.claims_count,
        }
        output.write(f'{mark}{json.dumps(head)[:-1]}, "issues": [')
        mark = ", "
        for number, issue in enumerate(issues):
            output.write(f"{', ' if number else ''}{json.dumps(_shown(issue))}")
        output.write(f'], "balanced": {json.dumps(verdict.is_balanced)}}}')
    output.write("]}\n")


def _shown(issue: Issue) -> dict[str, object]:
    return {
        "code": issue.code,
        "segment": issue.segment,
        "element": issue.element,
        "loop": issue.loop,
        "segment_index": issue.segment_index,
        "severity": issue.severity,
        "message": issue.message,
    }
