"""The board of figures of a month, counted from rows and from the ledger by the formulas of HFMA's MAP Keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.aging import CREDITS, OVER_90
from billing.board import Figure, Of, Unit
from billing.days import start_of
from billing.denial_codes import REASON_CODES
from billing.ledger import CHARGES, RECEIVABLES, Account, EntryKind
from billing.periods import Month
from billing.reports import Report, Row, cents, count, text
from billing.roll_forward import Movement, moves
from billing.stages import Stage
from database import office, period_balances, period_facts, posted
from database.figures import EDITS, IS_SHARE, OF_THE_PATIENT
from database.tables import (
    Denial,
    Encounter,
    InboundMessage,
    Journal,
    Posting,
    RemittanceClaim,
    RemittanceFile,
    Submission,
    Task,
)

BEFORE = 3
"""Months of which a denominator is the average"""
RIPE, OLDEST = 6, 12
"""Months after which a visit's money counts as come, and up to which it is looked at"""
_PAID_BACK_OR_BY_PATIENTS = frozenset(
    {
        (Account.AR_INSURANCE, EntryKind.PAYER_REFUND),
        (Account.PATIENT_UNAPPLIED, EntryKind.PATIENT_PAYMENT),
        (Account.PATIENT_UNAPPLIED, EntryKind.REFUND),
    }
)
"""Sides that say what patients paid, as a credit, and what was paid back, as a debit"""
_MONEY = (Of.CENTS, Of.CENTS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One month of one practice, or its days so far, with its instants."""

    practice_id: str
    month: Month
    begins: datetime
    ends: datetime
    last: date


def board(session: Session, *, practice_id: str, month: Month, until: date | None = None) -> list[Figure]:
    """Every figure of a month, or of its days up to `until`."""
    asked = _asked(session, practice_id, month, until)
    sent, answered, denied = _sent(session, asked), _answered(session, asked), _denied(session, asked)
    edited = _with_task(session, practice_id, col(Task.type).in_(EDITS))
    rejected = _sent(session, asked, col(Submission.rejected_at).is_not(None))
    again = set(
        session.exec(
            select(Submission.encounter_id).where(
                Submission.practice_id == practice_id, Submission.ordinal > 1, Submission.responsibility == "P"
            )
        )
    )
    touched = _with_task(session, practice_id, col(Task.type).not_in(OF_THE_PATIENT))
    closed = set(
        session.exec(
            select(Encounter.id).where(
                Encounter.practice_id == practice_id,
                Encounter.stage == Stage.CLOSED,
                col(Encounter.closed_at) >= asked.begins,
                col(Encounter.closed_at) < asked.ends,
            )
        )
    )
    return [
        _share(
            "clean_claims",
            "Clean claims",
            "first claims sent that no edit held and nobody rejected / first claims sent in the month",
            "98 or more",
            sent - edited - rejected,
            sent,
        ),
        _share(
            "first_pass",
            "Settled by the first claim",
            "visits answered without a denial and without a second "
            "claim to the first payer / visits first answered in the month",
            "95 or more",
            answered - denied - again,
            answered,
        ),
        *_initial_denials(session, asked, answered & denied),
        _share(
            "touchless",
            "Touchless",
            "visits closed without a human task but about the patient's own money / visits closed in the month",
            "",
            closed - touched,
            closed,
        ),
        *_auto_posted(session, asked),
        *_of_the_ledger(session, asked),
    ]


def _asked(session: Session, practice_id: str, month: Month, until: date | None = None) -> _Asked:
    zone = office.zone_of(session, practice_id)
    last = min(until or month.last, month.last)
    ends = start_of(last + timedelta(days=1), zone)
    return _Asked(practice_id, month, start_of(month.first, zone), ends, last)


def _share(name: str, title: str, formula: str, target: str, hits: set[str], of: set[str]) -> Figure:
    return Figure(name, title, formula, target, len(hits), len(of), hits=frozenset(hits), visits=frozenset(of))


def _sent(session: Session, asked: _Asked, *also: sa.ColumnElement[bool]) -> set[str]:
    """Visits whose first claim left in the month."""
    return set(
        session.exec(
            select(Submission.encounter_id).where(
                Submission.practice_id == asked.practice_id,
                Submission.ordinal == 1,
                col(Submission.transmitted_at) >= asked.begins,
                col(Submission.transmitted_at) < asked.ends,
                *also,
            )
        )
    )


def _with_task(session: Session, practice_id: str, is_wanted: sa.ColumnElement[bool]) -> set[str]:
    return set(session.exec(select(Task.subject_id).where(Task.practice_id == practice_id, is_wanted)))


def _answered(session: Session, asked: _Asked) -> set[str]:
    """Visits of which a payer's first answer came in the month."""
    first = func.min(RemittanceFile.received_at)
    rows = session.exec(
        select(RemittanceClaim.encounter_id)
        .join(RemittanceFile, col(RemittanceFile.id) == col(RemittanceClaim.remittance_id))
        .where(
            RemittanceClaim.practice_id == asked.practice_id,
            RemittanceClaim.state == "posted",
            col(RemittanceClaim.encounter_id).is_not(None),
        )
        .group_by(col(RemittanceClaim.encounter_id))
        .having(first >= asked.begins, first < asked.ends)
    )
    return {one for one in rows if one}


def _denied(session: Session, asked: _Asked) -> set[str]:
    """Visits of which some amount was refused, also on one line of a claim that was paid."""
    return set(session.exec(select(Denial.encounter_id).where(Denial.practice_id == asked.practice_id, ~IS_SHARE)))


def _initial_denials(session: Session, asked: _Asked, hits: set[str]) -> list[Figure]:
    before = [_asked(session, asked.practice_id, asked.month.after(-one)) for one in range(1, BEFORE + 1)]
    sent = set().union(*(_sent(session, one) for one in before))
    average = "the average of the first claims sent in the three months before"
    return [
        Figure(
            "initial_denials",
            "Initial denials",
            f"visits first answered in the month of which some amount was denied / {average}",
            "under 5",
            len(hits),
            len(sent),
            over=BEFORE,
            hits=frozenset(hits),
            visits=frozenset(sent),
        ),
        Figure(
            "initial_denials_by_charge",
            "Initial denials by charge",
            f"charges of these visits / charges of {average}",
            "under 5",
            _charges(session, hits),
            _charges(session, sent),
            counts=_MONEY,
            over=BEFORE,
            hits=frozenset(hits),
            visits=frozenset(sent),
        ),
    ]


def _charges(session: Session, ids: Iterable[str]) -> int:
    wanted = set(ids)
    rows = session.exec(select(Encounter.id, Encounter.charge_cents).where(col(Encounter.id).in_(wanted)))
    return sum(charge for _, charge in rows)


def _auto_posted(session: Session, asked: _Asked) -> list[Figure]:
    """Claim payments (CLP) of remittances that came by wire in the month."""
    rows = session.exec(
        select(RemittanceClaim, InboundMessage.partner_id)
        .join(RemittanceFile, col(RemittanceFile.id) == col(RemittanceClaim.remittance_id))
        .join(InboundMessage, col(InboundMessage.id) == col(RemittanceFile.message_id))
        .where(
            RemittanceClaim.practice_id == asked.practice_id,
            RemittanceFile.received_at >= asked.begins,
            RemittanceFile.received_at < asked.ends,
        )
    ).all()
    alone = [
        row
        for row, partner in rows
        if partner is not None
        and row.state == "posted"
        and row.matched_by != "person"
        and row.reviewed_by in (None, "office")
    ]
    words = "posted without a person / claim payments (CLP) received in the month"
    paid = sum(abs(row.paid_cents) for row, _ in rows)
    return [
        Figure("auto_posted", "Posted by itself", words, "over 95", len(alone), len(rows)),
        Figure(
            "auto_posted_amount",
            "Posted by itself, by amount",
            f"amounts {words}; reversals count as they are large",
            "over 95",
            sum(abs(row.paid_cents) for row in alone),
            paid,
            counts=_MONEY,
        ),
    ]


def _of_the_ledger(session: Session, asked: _Asked) -> list[Figure]:
    month = asked.month
    totals = posted.totals_until(session, practice_id=asked.practice_id, until=asked.last)
    begins = month.after(1 - BEFORE).first
    charged = sum(
        -entry.cents(*CHARGES)
        for entry in posted.posted(session, practice_id=asked.practice_id, since=begins, until=asked.last)
        if entry.kind != EntryKind.OPENING
    )
    return [
        Figure(
            "days_in_ar",
            "Days in A/R",
            f"what is owed at the end of the month less credits / average charges a day from {begins} to {asked.last}",
            "under 30",
            sum(totals.get(one, 0) for one in RECEIVABLES),
            charged,
            Unit.DAYS,
            _MONEY,
            (asked.last - begins).days + 1,
        ),
        _over_90(session, asked),
        _net_collection(session, asked),
        *_of_the_month(session, asked),
    ]


def _over_90(session: Session, asked: _Asked) -> Figure:
    last = asked.last
    standing = period_balances.owed(session, practice_id=asked.practice_id, as_of=last, since="service")
    owed = [one for one in standing if one.bucket != CREDITS]
    old = [one for one in owed if one.bucket in OVER_90]
    return Figure(
        "ar_over_90",
        "Owed for more than 90 days",
        "what is owed for more than 90 days from the day of service / what is owed, both without credits",
        "under 10",
        sum(one.cents for one in old),
        sum(one.cents for one in owed),
        counts=_MONEY,
        hits=frozenset(one.encounter_id for one in old),
        visits=frozenset(one.encounter_id for one in owed),
    )


def _of_the_month(session: Session, asked: _Asked) -> list[Figure]:
    month = asked.month
    moved = dict.fromkeys(Movement, 0)
    received = 0
    for entry in posted.posted(session, practice_id=asked.practice_id, since=month.first, until=asked.last):
        if entry.kind == EntryKind.PATIENT_PAYMENT:
            received -= entry.cents(Account.PATIENT_UNAPPLIED)
        for move in moves(entry.kind, entry.sides):
            moved[move.movement] += move.patient_cents if move.movement == Movement.TO_PATIENT else move.cents
    gross = moved[Movement.CHARGED] + moved[Movement.VOIDED]
    return [
        Figure(
            "denial_write_offs",
            "Denials written off",
            "denials written off in the month / charges less contractual adjustments of the month",
            "under 2",
            -moved[Movement.DENIED],
            gross + moved[Movement.CONTRACTUAL],
            counts=_MONEY,
        ),
        Figure(
            "bad_debt",
            "Bad debt",
            "shares given up in the month, less what was recovered / charges of the month",
            "under 3",
            -moved[Movement.BAD_DEBT] - moved[Movement.RECOVERED],
            gross,
            counts=_MONEY,
        ),
        Figure(
            "patient_collection",
            "Collected from patients",
            "patients' money received in the month / shares that became the patients' in the month",
            "",
            received,
            moved[Movement.TO_PATIENT],
            counts=_MONEY,
        ),
        _charge_lag(session, asked),
    ]


def _net_collection(session: Session, asked: _Asked) -> Figure:
    """Of visits that are old enough for their money to have come, matched by the day of service."""
    first, last = asked.month.after(-OLDEST).first, asked.month.after(-RIPE).last
    of_cohort = (Encounter.practice_id == asked.practice_id, col(Encounter.service_date).between(first, last))
    cohort = set(session.exec(select(Encounter.id).where(*of_cohort)))
    paid = expected = 0
    contractual = {Account.ADJUSTMENT_CONTRACTUAL, Account.ADJUSTMENT_SEQUESTRATION, Account.ADJUSTMENT_CAPITATION}
    rows = session.exec(
        select(Posting.account, Journal.kind, func.sum(Posting.amount_cents))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .join(Encounter, col(Encounter.id) == col(Posting.encounter_id))
        .where(*of_cohort, Journal.posted_on <= asked.last, Journal.kind != EntryKind.OPENING)
        .group_by(Posting.account, Journal.kind)
    )
    for account, kind, amount in rows:
        if account in (Account.CASH_UNAPPLIED, Account.PLB_CLEARING):
            paid += int(amount)
        elif (account, kind) in _PAID_BACK_OR_BY_PATIENTS:
            paid -= int(amount)
        elif account in CHARGES or account in contractual:
            expected -= int(amount)
    words = (
        f"payments less refunds and take-backs / charges less contractual adjustments, of visits from {first} to {last}"
    )
    return Figure(
        "net_collection", "Net collection", words, "97 or more", paid, expected, counts=_MONEY, visits=frozenset(cohort)
    )


def _charge_lag(session: Session, asked: _Asked) -> Figure:
    """Each visit once, by its first charge."""
    first = func.min(Journal.posted_on)
    rows = session.execute(
        sa.select(col(Journal.encounter_id), col(Encounter.service_date), first)
        .join(Encounter, col(Encounter.id) == col(Journal.encounter_id))
        .where(col(Journal.practice_id) == asked.practice_id, col(Journal.kind) == EntryKind.CHARGE)
        .group_by(col(Journal.encounter_id), col(Encounter.service_date))
        .having(first >= asked.month.first, first <= asked.last)
    ).all()
    days = sum(max((day - service).days, 0) for _, service, day in rows)
    words = "days from service to the posting of the first charge / visits first charged in the month"
    ids = frozenset(one for one, _, _ in rows if one)
    return Figure(
        "charge_lag", "Charge lag", words, "under 2", days, len(rows), Unit.DAYS, (Of.DAYS, Of.VISITS), visits=ids
    )


def denials_by_cause(session: Session, *, practice_id: str, month: Month) -> Report:
    """What payers refused in answers that came in the month, by group and reason; a patient's share is none."""
    asked = _asked(session, practice_id, month)
    rows = session.exec(
        select(Denial.adjustment_group, Denial.reason, func.count(), func.sum(Denial.amount_cents))
        .join(RemittanceClaim, col(RemittanceClaim.id) == col(Denial.remittance_claim_id))
        .join(RemittanceFile, col(RemittanceFile.id) == col(RemittanceClaim.remittance_id))
        .where(
            Denial.practice_id == practice_id,
            RemittanceFile.received_at >= asked.begins,
            RemittanceFile.received_at < asked.ends,
            ~IS_SHARE,
        )
        .group_by(Denial.adjustment_group, Denial.reason)
    ).all()
    found = [
        Row((f"{group}-{reason}", _cause(reason), int(number), int(amount))) for group, reason, number, amount in rows
    ]
    found.sort(key=lambda row: (-int(row.cells[3]), str(row.cells[0])))
    return Report(
        "denials",
        "Denials by cause",
        "Refused in answers that came in the month, line by line; the largest amount first.",
        (text("reason", "Reason"), text("words", "In words"), count("lines", "Lines"), cents("amount", "Amount")),
        found,
    )


def _cause(reason: str) -> str:
    known = REASON_CODES.get(reason)
    return known.words if known else "not known to this office"


def visits_of(session: Session, figure: Figure) -> Report:
    """The visits that a figure counts, and which of them are in its numerator."""
    known = period_facts.visits(session, figure.visits | figure.hits)
    rows = [
        Row(
            (
                one.number,
                one.patient,
                str(one.service_date),
                int(encounter_id in figure.hits),
                int(encounter_id in figure.visits),
            ),
            f"/encounters/{encounter_id}",
            encounter_id,
        )
        for encounter_id, one in known.items()
    ]
    rows.sort(key=lambda row: (-int(row.cells[3]), str(row.cells[2]), str(row.cells[0]), row.link))
    return Report(
        figure.name,
        figure.title,
        figure.formula,
        (
            text("visit", "Visit"),
            text("patient", "Patient"),
            text("service_date", "Service"),
            count("numerator", "In the numerator"),
            count("denominator", "In the denominator"),
        ),
        rows,
        names_people=True,
    )
