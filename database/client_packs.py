"""What a practice is given about a closed month by whoever bills for it: sums alone, each report re-adding."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.client_packs import Pack
from billing.comparison import compare, months_asked
from billing.days import day_of
from billing.ledger import RECEIVABLES, Account
from billing.periods import Month
from billing.reports import Check, Report, Row, cents, count, text
from billing.roll_forward import moves
from database import board, fees, office, period_balances, period_reports, periods, posted
from database.period_accounts import parts_of
from database.period_reports import Span
from database.tables import FeeInvoice, PeriodClose, Practice


class NotClosed(ValueError):
    """A pack is made of a month that is closed."""


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """One closed or invoiced month in the list of packs."""

    month: str
    closed_at: datetime | None
    """None: it was opened again since its invoice was made"""
    invoice_id: str | None
    number: int | None
    fee_cents: int | None


def closed_months(session: Session, *, practice_id: str) -> list[ClosedMonth]:
    """Every month that is closed or invoiced, the newest first."""
    standing = (PeriodClose.practice_id == practice_id, col(PeriodClose.standing_key).is_not(None))
    closed = {row.month: row.closed_at for row in session.exec(select(PeriodClose).where(*standing))}
    asked = {row.month: row for row in session.exec(select(FeeInvoice).where(FeeInvoice.practice_id == practice_id))}
    found = []
    for month in sorted({*closed, *asked}, reverse=True):
        row = asked.get(month)
        told = (row.id, row.number, row.fee_cents) if row else (None, None, None)
        found.append(ClosedMonth(month, closed.get(month), *told))
    return found


def pack(session: Session, month: Month, *, practice_id: str) -> Pack:
    """The reports of a closed month, its board beside other months, and its invoice. Raises NotClosed."""
    close = periods.standing_close(session, month, practice_id=practice_id)
    if close is None:
        raise NotClosed(f"{month.key} is not closed")
    span = Span(practice_id, month.first, month.last)
    boards = [board.board(session, practice_id=practice_id, month=one) for one in months_asked(month)]
    invoices = fees.invoices(session, practice_id=practice_id)
    return Pack(
        practice=session.get_one(Practice, practice_id).name,
        month=month,
        closed_on=day_of(close.closed_at, office.zone_of(session, practice_id)),
        changed=periods.changes(session, close),
        reports=[
            day_totals(session, span),
            period_reports.roll_forward(session, span),
            period_reports.payments(session, span, "payer"),
            period_reports.adjustments(session, span, "kind"),
            period_balances.aging(session, span, "payer", "service"),
        ],
        compared=compare(boards),
        invoice=next((one for one in invoices if one.month == month.key), None),
    )


def day_totals(session: Session, span: Span) -> Report:
    """The sums of the day sheet of each day on which something was posted."""
    sums: dict[date, list[int]] = defaultdict(lambda: [0] * 7)
    for entry in posted.posted(session, practice_id=span.practice_id, since=span.since, until=span.until):
        found = moves(entry.kind, entry.sides)
        held = -entry.cents(Account.PATIENT_UNAPPLIED)
        if found or held:
            parts = parts_of(found)
            for place, value in enumerate((1, *parts, sum(parts), held)):
                sums[entry.posted_on][place] += value
    rows = [Row((str(day), *sums[day])) for day in sorted(sums)]
    report = Report(
        "day-totals",
        "Day sheet totals",
        "Charges, payments and adjustments as posted each day, and what they change of what is owed; beside it what is "
        "held for patients and not applied yet.",
        (
            text("day", "Day"),
            count("entries", "Entries"),
            cents("charges", "Charges"),
            cents("payments", "Payments"),
            cents("adjustments", "Adjustments"),
            cents("other", "Other"),
            cents("owed", "Owed more"),
            cents("held", "Held for patients"),
        ),
        rows,
    )
    before = posted.totals_until(session, practice_id=span.practice_id, until=span.before)
    after = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
    changed = sum(after.get(one, 0) - before.get(one, 0) for one in RECEIVABLES)
    report.checks.append(Check("Change of what is owed, by the ledger", int(report.total[6]), changed))
    return report
