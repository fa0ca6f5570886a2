"""Adds up every report of every month of a practice as an auditor would: the CSV's rows, and against the ledger."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import unquote_plus

from sqlmodel import Session

from billing.ledger import Account
from billing.money import format_amount
from billing.periods import Month, month_named
from billing.reports import Holds, Report, as_csv
from billing.roll_forward import WORDS, Movement
from database import ledger, period_accounts, period_balances, period_reports, periods
from database.period_balances import AGE_FROM, AGE_GROUPS
from database.period_reports import ADJUSTMENT_GROUPS, PAYMENT_GROUPS, Span
from tests.office import Office


def faults(office: Office) -> list[str]:
    """Every sum that does not come out; none: all reports re-add."""
    with office.database.reading() as session:
        return list(_faults(session, office.practice_id, office.today))


def rolled(session: Session, practice_id: str, month: Month) -> Report:
    """The roll-forward of one month."""
    return period_reports.roll_forward(session, Span(practice_id, month.first, month.last))


def _faults(session: Session, practice_id: str, today: date) -> Iterator[str]:
    owed = 0
    months = [month_named(one.month) for one in periods.periods(session, practice_id=practice_id, today=today)]
    for month in reversed(months):
        span = Span(practice_id, month.first, month.last)
        for report in _reports(session, span):
            yield from _unsound(report, month)
        rolled = period_reports.roll_forward(session, span)
        if int(rolled.rows[0].cells[-1]) != owed:
            yield f"{month.key}: does not begin with what the month before ended with"
        owed = int(rolled.total[-1])
        yield from _drilled(session, span, rolled)
        yield from _by_day(session, span, rolled)
    totals = {
        account: cents for account, cents in ledger.account_totals(session, practice_id=practice_id).items() if cents
    }
    if owed != totals.get(Account.AR_INSURANCE, 0) + totals.get(Account.AR_PATIENT, 0):
        yield "the last roll-forward does not end with what is owed"
    span = Span(practice_id, months[-1].first, months[0].last)
    standing = {
        row.cells[0]: row.cells[-1] for row in period_accounts.trial_balance(session, span).rows if row.cells[-1]
    }
    if standing != totals:
        yield f"the trial balance is {standing}, the ledger {totals}"


def _reports(session: Session, span: Span) -> Iterator[Report]:
    yield period_reports.roll_forward(session, span)
    for by in PAYMENT_GROUPS:
        yield period_reports.payments(session, span, by)
    for by in ADJUSTMENT_GROUPS:
        yield period_reports.adjustments(session, span, by)
    for by in AGE_GROUPS:
        for since in AGE_FROM:
            yield period_balances.aging(session, span, by, since)
    yield period_balances.unapplied(session, span)
    yield period_balances.credits_by_visit(session, span)
    yield period_balances.refunds(session, span)
    yield period_accounts.trial_balance(session, span)
    yield period_accounts.journal(session, span)
    yield period_accounts.day_sheet(session, span)


def _unsound(report: Report, month: Month) -> Iterator[str]:
    """Checks against the ledger, and the CSV's rows against its last line."""
    for check in report.checks:
        if not check.agrees:
            yield f"{month.key} {report.title}: {check}"
    head, *lines = csv.reader(io.StringIO(as_csv(report)))
    *rows, total = lines
    for place, column in enumerate(report.columns):
        if column.holds == Holds.TEXT:
            continue
        added = sum((Decimal(row[place]) for row in rows), Decimal(0))
        if added != Decimal(total[place]):
            yield f"{month.key} {report.title}: {head[place]} adds up to {added}, the last line says {total[place]}"


def _drilled(session: Session, span: Span, rolled: Report) -> Iterator[str]:
    """The visits behind each line come to the line."""
    told = {row.cells[0]: row.cells[1:] for row in rolled.rows}
    for movement in Movement:
        visits = period_reports.visits(session, span, movement)
        if visits.total[3:] != told.get(WORDS[movement], (0, 0, 0)):
            yield f"{span.since} {movement}: its visits come to {visits.total[3:]}"
    for by in PAYMENT_GROUPS:
        lines = period_reports.payments(session, Span(span.practice_id, span.since, span.until, "/m"), by).rows
        for line in lines:
            of = line.link.rpartition("of=")[2]
            visits = period_reports.paid_visits(session, span, by, unquote_plus(of))
            if visits.total[3:] != line.cells[2:]:
                yield f"{span.since} payments by {by} {of}: {visits.total[3:]} and not {line.cells[2:]}"


def _by_day(session: Session, span: Span, rolled: Report) -> Iterator[str]:
    """The day sheets of the month change what is owed by as much as the roll-forward does."""
    changed = 0
    day = span.since
    while day <= span.until:
        sheet = period_accounts.day_sheet(session, Span(span.practice_id, day, day))
        changed += int(sheet.total[8])
        day += timedelta(days=1)
    if changed != int(rolled.total[-1]) - int(rolled.rows[0].cells[-1]):
        yield f"{span.since}: the day sheets change {format_amount(changed)}"
