"""What a collection agency answers, as a CSV: good rows, and faulty ones by their line."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.account_holds import HoldKind
from billing.money import ZERO, Cents, NotAnAmount, parse_typed
from billing.spreadsheets import SURPLUS, RowFault, shown, surplus_fault


class Action(StrEnum):
    """What a row says."""

    ACKNOWLEDGE = "acknowledge"
    PAID = "paid"
    SUSPEND = "suspend"
    CLOSE = "close"


SUSPEND_REASONS: dict[str, HoldKind] = {
    "dispute": HoldKind.DISPUTE,
    "assistance": HoldKind.ASSISTANCE,
    "bankruptcy": HoldKind.BANKRUPTCY,
    "deceased": HoldKind.DECEASED,
}
"""What holds the account here as well"""
CLOSE_REASONS = ("uncollectible", "cannot_locate", "time_barred", "bankruptcy", "deceased", "other")
REQUIRED = ("reference", "action")
MONEY = ("collected", "fee", "remitted")
COLUMNS = (*REQUIRED, "reason", *MONEY, "paid_on", "transaction")
LONGEST = 60


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One row that can be taken, if the reference is known."""

    line: int
    """In the file, from 1"""
    reference: str
    """Ours, or the agency's own account number"""
    action: Action
    reason: str = ""
    collected_cents: Cents = ZERO
    """From the patient, before the fee"""
    fee_cents: Cents | None = None
    """None: by the percentage that was agreed"""
    paid_on: date | None = None
    transaction: str = ""
    """The agency's own number of the payment: the same one is the same money"""


def read_answers(text: str) -> tuple[list[AnswerRow], list[RowFault]]:
    """Read a CSV with the columns reference and action; the rest of COLUMNS as the action wants them.

    A comma, a semicolon or a tab may stand between the columns; other columns are passed over.
    """
    text = text.removeprefix("\N{BOM}")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restkey=SURPLUS)
    rows: list[AnswerRow] = []
    faults: list[RowFault] = []
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in REQUIRED if name not in reader.fieldnames]
        if missing:
            return [], [RowFault(1, f"the first line must name the columns; missing: {', '.join(missing)}")]
        for typed in reader:
            row = _read(reader.line_num, typed)
            if isinstance(row, str):
                faults.append(RowFault(reader.line_num, row))
            else:
                rows.append(row)
    except csv.Error as error:
        faults.append(RowFault(reader.line_num, f"cannot be read: {error}"))
    return rows, faults


def _read(line: int, typed: Mapping[str, str | None]) -> AnswerRow | str:
    """The row, or everything that is wrong with it."""
    cells = {name: (typed.get(name) or "").strip() for name in COLUMNS}
    wrong = [f"{name} is longer than {LONGEST} characters" for name, cell in cells.items() if len(cell) > LONGEST]
    if not cells["reference"]:
        wrong.append("reference must not be empty")
    if surplus := surplus_fault(typed):
        wrong.append(surplus)
    action = cells["action"].lower()
    if action not in set(Action):
        wrong.append(f"action must be one of {', '.join(Action)}, not{shown(action) or ' empty'}")
        return "; ".join(wrong)
    row = _paid(line, cells, wrong) if action == Action.PAID else _told(line, cells, Action(action), wrong)
    return "; ".join(wrong) if wrong else row


def _told(line: int, cells: Mapping[str, str], action: Action, wrong: list[str]) -> AnswerRow:
    reason = cells["reason"].lower().replace(" ", "_")
    known = {Action.SUSPEND: tuple(SUSPEND_REASONS), Action.CLOSE: CLOSE_REASONS}.get(action)
    if known is not None and reason not in known:
        wrong.append(f"reason must be one of {', '.join(known)}")
    return AnswerRow(line, cells["reference"], action, reason)


def _paid(line: int, cells: Mapping[str, str], wrong: list[str]) -> AnswerRow:
    cents: dict[str, int | None] = {}
    for name in MONEY:
        try:
            cents[name] = parse_typed(cells[name]) if cells[name] else None
        except NotAnAmount as error:
            wrong.append(f"{name}: {error}")
    try:
        paid_on = date.fromisoformat(cells["paid_on"]) if cells["paid_on"] else None
    except ValueError:
        paid_on = None
        wrong.append("paid_on must be a day as YYYY-MM-DD, or nothing")
    if not cells["transaction"]:
        wrong.append("transaction must not be empty: it tells one payment from another")
    collected, fee = (ZERO, None) if wrong else _collected(cents, wrong)
    return AnswerRow(
        line, cells["reference"], Action.PAID, "", collected, fee, paid_on=paid_on, transaction=cells["transaction"]
    )


def _collected(cents: Mapping[str, int | None], wrong: list[str]) -> tuple[Cents, Cents | None]:
    """(what the patient paid, the fee): two of the three amounts tell the third."""
    collected, fee, remitted = (cents[name] for name in MONEY)
    if collected is None and (fee is None or remitted is None):
        wrong.append("say what was collected, or both fee and remitted")
        return ZERO, None
    if collected is None:
        assert fee is not None
        assert remitted is not None
        collected = fee + remitted
    if fee is None and remitted is not None:
        fee = collected - remitted
    if fee is not None and remitted is not None and fee + remitted != collected:
        wrong.append("collected is not fee and remitted together")
    if collected <= 0:
        wrong.append("collected must be above zero")
    if fee is not None and not 0 <= fee <= collected:
        wrong.append("the fee must lie between nothing and what was collected")
    return Cents(collected), None if fee is None else Cents(fee)
