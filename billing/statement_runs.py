"""A run of statements: by which way each paper goes, what became of it, and the list of the printed file."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from hashlib import sha256

from billing.dunning import Notice


class Channel(StrEnum):
    """By which way a paper goes."""

    PAPER = "paper"
    EMAIL = "email"


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    READY = "ready"
    """Its file waits to be printed and handed to the post"""
    DONE = "done"
    DISCARDED = "discarded"
    """The file was thrown away; its papers are back in the print queue"""


class RunStep(StrEnum):
    """What a run does next."""

    TAKE = "take"
    """Look at the papers that wait, and take those that stand"""
    MAIL = "mail"
    WAIT = "wait"
    """A mail server was not ready"""
    SET = "set"
    """Set the next papers for the printing machine"""
    MAKE_FILE = "make_file"
    NOTHING = "nothing"


class ItemState(StrEnum):
    """What became of one paper."""

    WAITING = "waiting"
    """It is taken, and neither set nor sent yet"""
    DEFERRED = "deferred"
    """The mail server did not take the e-mail yet; it is tried again"""
    HANDING_OVER = "handing_over"
    """The e-mail counts as sent, and the mail server has not said yet whether it took it"""
    SET = "set"
    """It stands in the file, which the post does not have yet"""
    HANDED_OVER = "handed_over"
    """The mail server, or the post, has it"""
    KEPT = "kept"
    """It did not go, and is in the print queue again or withdrawn"""
    BOUNCED = "bounced"
    """The e-mail came back: it goes on paper with a later run"""


LIVE = frozenset({ItemState.WAITING, ItemState.DEFERRED, ItemState.HANDING_OVER, ItemState.SET})
"""The run has the paper in hand"""
TO_MAIL = frozenset({ItemState.WAITING, ItemState.DEFERRED, ItemState.HANDING_OVER})
STATES: dict[ItemState, str] = {
    ItemState.WAITING: "waits in the run",
    ItemState.DEFERRED: "the mail server was not ready; tried again",
    ItemState.HANDING_OVER: "being handed over",
    ItemState.SET: "in the file to print",
    ItemState.HANDED_OVER: "handed over",
    ItemState.KEPT: "not sent",
    ItemState.BOUNCED: "the e-mail came back",
}
RUN_STATES: dict[RunState, str] = {
    RunState.RUNNING: "at work",
    RunState.READY: "waits to be printed and handed to the post",
    RunState.DONE: "done",
    RunState.DISCARDED: "thrown away",
}


def channel_of(
    notice: Notice, *, has_server: bool, agreed: bool, email: str | None, failed: str | None, is_theirs: bool
) -> Channel:
    """Which way a paper goes. A final notice always goes on paper: it may be asked for in a dispute. `agreed`: the
    patient wants e-mail; `failed`: the address that did not work; `is_theirs`: the paper is addressed to the patient,
    whose address it is."""
    works = email is not None and email != "" and email.isascii() and email != failed
    if notice != Notice.FINAL_NOTICE and has_server and agreed and works and is_theirs:
        return Channel.EMAIL
    return Channel.PAPER


LADDER_MINUTES = (1, 5, 30, 120)
"""How long an e-mail waits after each try that the server did not take; then it goes on paper"""


def wait_minutes(tries: int) -> int | None:
    """Minutes until the next try after so many; None: it is given up."""
    return LADDER_MINUTES[tries - 1] if tries <= len(LADDER_MINUTES) else None


@dataclass(frozen=True, slots=True)
class Row:
    """One paper in the file."""

    ordinal: int
    number: str
    """As it stands on the paper"""
    account: str
    """The account's id in these books"""
    kind: str
    amount_cents: int
    first_page: int
    """In the file, from 1"""
    pages: int
    """Printed ones; an empty reverse is not counted"""
    sheets: int
    sha256: str
    """Of what the paper says, as it is kept in the books"""
    address: str
    """The envelope's lines, separated by ` | `"""


TOTAL = "total"


def sheets_of(pages: int, *, both_sides: bool) -> int:
    """Sheets of paper that one statement takes: it never shares one with the next."""
    return (pages + 1) // 2 if both_sides else pages


def digest(body: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return sha256(body).hexdigest()


def manifest(rows: Sequence[Row], *, file_sha256: str) -> str:
    """The list as CSV: a head, a line a paper, and a last line with the sums and the file's SHA-256."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [one.name for one in fields(Row)]
    writer.writerow(names)
    writer.writerows([_safe(value) for value in asdict(row).values()] for row in rows)
    sums = {name: str(sum(getattr(row, name) for row in rows)) for name in ("amount_cents", "pages", "sheets")}
    writer.writerow(
        [{"ordinal": TOTAL, "number": str(len(rows)), "sha256": file_sha256, **sums}.get(name, "") for name in names]
    )
    return out.getvalue()


def _safe(value: object) -> object:
    """No cell that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def faults(text: str, *, both_sides: bool, file: bytes) -> list[str]:
    """What does not add up in a manifest: pages that are not in order, sheets, sums, the file's SHA-256."""
    *rows, total = list(csv.DictReader(io.StringIO(text)))
    found = []
    page = 1
    for row in rows:
        pages, sheets = int(row["pages"]), int(row["sheets"])
        if int(row["first_page"]) != page:
            found.append(f"{row['number']} begins on page {row['first_page']} and not {page}")
        if sheets != sheets_of(pages, both_sides=both_sides):
            found.append(f"{row['number']} does not take {sheets} sheets")
        page += 2 * sheets if both_sides else sheets
    found += [
        f"the total of {name} is not the sum of its lines"
        for name in ("amount_cents", "pages", "sheets")
        if int(total[name]) != sum(int(row[name]) for row in rows)
    ]
    if int(total["number"]) != len(rows):
        found.append(f"it counts {total['number']} papers and lists {len(rows)}")
    if total["sha256"] != digest(file):
        found.append("it belongs to another file")
    return found
