"""Reports of what happened in a month, each made of the ledger's entries and held against its sums."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.ledger import ADJUSTMENTS, RECEIVABLES, Account, EntryKind
from billing.reports import Check, Report, Row, cents, count, text
from billing.roll_forward import TAKEN_OFF, WORDS, Movement, moves
from database import period_facts, posted
from database.period_facts import NOBODY, OFFICE, Fact
from database.tables import Journal, Posting

PATIENTS = "patients"
"""Key of money that came from patients"""
PAYMENT_GROUPS = {
    "payer": "By payer",
    "provider": "By provider",
    "place": "By place of service",
    "method": "By method of payment",
}
ADJUSTMENT_GROUPS = {"kind": "By kind and reason", "person": "By who did it"}


@dataclass(frozen=True, slots=True)
class Span:
    """The days of posting that a report is about, of one practice."""

    practice_id: str
    since: date
    until: date
    path: str = ""
    """Where its reports are: `/month/2026-10`"""

    @property
    def before(self) -> date:
        """The day before the first one."""
        return self.since - timedelta(days=1)

    def link(self, report: str, **asked: str) -> str:
        """Where another report of the same days is seen."""
        return f"{self.path}/{report}?{urlencode(asked)}" if self.path else ""


def roll_forward(session: Session, span: Span) -> Report:
    """From what was owed before the first day to what is owed at the end of the last one."""
    before = posted.totals_until(session, practice_id=span.practice_id, until=span.before)
    after = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
    sums: dict[Movement, list[int]] = defaultdict(lambda: [0, 0])
    for one in _facts(session, span):
        sums[one.move.movement][0] += one.move.insurance_cents
        sums[one.move.movement][1] += one.move.patient_cents
    opening = [before.get(account, 0) for account in RECEIVABLES]
    rows = [Row((f"Owed at the beginning of {span.since}", *opening, sum(opening)))]
    rows += [
        Row((WORDS[movement], *sums[movement], sum(sums[movement])), span.link("visits", of=movement))
        for movement in WORDS
        if any(sums[movement])
    ]
    report = Report(
        "roll_forward",
        "Roll-forward of what is owed",
        "What payers and patients owed, everything that changed it, and what they owe now.",
        (
            text("what", ""),
            cents("insurance", "Payers"),
            cents("patient", "Patients"),
            cents("total", "Together"),
        ),
        rows,
        total_words=f"Owed at the end of {span.until}",
    )
    names = ("payers owe", "patients owe")
    report.checks.extend(
        Check(f"What {name} at the end, by the ledger", int(report.total[place]), after.get(account, 0))
        for place, (name, account) in enumerate(zip(names, RECEIVABLES, strict=True), 1)
    )
    return report


def debits_and_credits(session: Session, span: Span) -> dict[str, list[int]]:
    """Account to (debits, credits as a sum below zero) of the span; nothing moved on an account: zeros."""
    moved: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for entry in posted.posted(session, practice_id=span.practice_id, since=span.since, until=span.until):
        for side in entry.sides:
            moved[side.account][side.amount_cents < 0] += side.amount_cents
    return moved


MOVED = (
    cents("before", "Before"),
    cents("debits", "Debits"),
    cents("credits", "Credits"),
    cents("after", "At the end"),
)
"""Columns of what an account had, what came and went, and what it has"""


@dataclass(frozen=True, slots=True)
class _Paid:
    """One payment: from a payer on a claim, or from a patient."""

    fact: Fact | None
    encounter_id: str | None
    remittance_id: str | None
    payer_id: str
    method: str
    payer_cents: int
    patient_cents: int


def payments(session: Session, span: Span, by: str) -> Report:
    """What came in, by `by` (PAYMENT_GROUPS): payers' payments as posted on claims, patients' as received."""
    paid = list(_paid(session, span))
    key, words = _payment_keys(session, span, paid, by)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in paid:
        mine = sums[key(one)]
        mine[0] += 1
        mine[1] += one.payer_cents
        mine[2] += one.patient_cents
    ordered = sorted(sums, key=lambda one: (-sum(sums[one][1:]), words(one)))
    rows = [
        Row(
            (words(one), *sums[one], sum(sums[one][1:])),
            span.link("paid_visits", by=by, of=one),
        )
        for one in ordered
    ]
    return Report(
        "payments",
        f"Payments {PAYMENT_GROUPS[by].lower()}",
        "Payers' payments as posted on claims, less what they reversed; patients' money as received, less what went "
        "back by the bank.",
        (text(by, ""), count("entries", "Entries"), *_PAID, cents("total", "Together")),
        rows,
        _payment_checks(session, span, paid),
    )


def paid_visits(session: Session, span: Span, by: str, of: str) -> Report:
    """The visits behind one line of the payments."""
    paid = list(_paid(session, span))
    key, words = _payment_keys(session, span, paid, by)
    mine = [one for one in paid if key(one) == of]
    return _by_visit(
        session,
        "paid_visits",
        f"Payments: {words(of)}",
        _PAID,
        ((one.encounter_id, one.payer_cents, one.patient_cents) for one in mine),
    )


_OF_PAYERS = (Movement.INSURANCE_PAID, Movement.INSURANCE_REVERSED)
_PAID = (cents("payers", "From payers"), cents("patients", "From patients"))


def _paid(session: Session, span: Span) -> Iterable[_Paid]:
    for entry in posted.posted(session, practice_id=span.practice_id, since=span.since, until=span.until):
        if entry.kind == EntryKind.PATIENT_PAYMENT:
            method = next((one.detail for one in entry.sides if one.account != Account.PATIENT_UNAPPLIED), "")
            received = -entry.cents(Account.PATIENT_UNAPPLIED)
            yield _Paid(None, entry.encounter_id, None, "", method or "not told", 0, received)
        elif entry.cents(Account.CASH_UNAPPLIED):
            for fact in (Fact(entry, move) for move in moves(entry.kind, entry.sides)):
                if fact.move.movement in _OF_PAYERS:
                    yield _Paid(fact, entry.encounter_id, entry.remittance_id, fact.payer_id, "", -fact.move.cents, 0)


def _payment_keys(
    session: Session, span: Span, paid: Iterable[_Paid], by: str
) -> tuple[Callable[[_Paid], str], Callable[[str], str]]:
    """(what a payment is grouped by, how people call it)."""
    listed = list(paid)
    if by == "payer":
        names = period_facts.payers(session, practice_id=span.practice_id) | {PATIENTS: "Patients", "": "not known"}
        return lambda one: PATIENTS if one.fact is None else one.payer_id, lambda key: names.get(key, key)
    if by == "method":
        methods = period_facts.methods(session, {one.remittance_id for one in listed})
        return (
            lambda one: (
                f"{PATIENTS}-{one.method}" if one.fact is None else methods.get(one.remittance_id or "", "not told")
            ),
            lambda key: _method_words(key),
        )
    of_visit = period_facts.providers if by == "provider" else period_facts.places
    found = of_visit(session, {one.encounter_id for one in listed})
    return lambda one: found.get(one.encounter_id or "", NOBODY), lambda key: key


_METHODS = {
    "ACH": "Payers, electronic transfer (ACH)",
    "CHK": "Payers, cheque (CHK)",
    "FWT": "Payers, wire transfer (FWT)",
    "BOP": "Payers, their own choice (BOP)",
    "NON": "Payers, corrections without money (NON)",
}
"""BPR04"""


def _method_words(key: str) -> str:
    _, is_patients, method = key.partition(f"{PATIENTS}-")
    return f"Patients, {method}" if is_patients else _METHODS.get(key, f"Payers, {key}")


def _payment_checks(session: Session, span: Span, paid: Iterable[_Paid]) -> list[Check]:
    listed = list(paid)
    on_claims = _sum(session, span, Posting.account == Account.CASH_UNAPPLIED, _TOUCHES)
    received = -_sum(
        session, span, Posting.account == Account.PATIENT_UNAPPLIED, Journal.kind == EntryKind.PATIENT_PAYMENT
    )
    return [
        Check("Payers' money that claims took, by the ledger", sum(one.payer_cents for one in listed), on_claims),
        Check("Patients' money received, by the ledger", sum(one.patient_cents for one in listed), received),
    ]


_side = sa.orm.aliased(Posting)
_TOUCHES = (
    sa.exists()
    .where(col(_side.journal_number) == col(Posting.journal_number), col(_side.account).in_(RECEIVABLES))
    .correlate(Posting)
)
"""Entries that change what is owed"""


def _sum(session: Session, span: Span, *wanted: object) -> int:
    """Cents of the postings of the span, debit positive: the ledger asked in one question."""
    total = session.exec(
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(
            Journal.practice_id == span.practice_id,
            col(Journal.posted_on).between(span.since, span.until),
            *wanted,  # type: ignore[arg-type]
        )
    ).one()
    return int(total)


def adjustments(session: Session, span: Span, by: str) -> Report:
    """What was taken off without a payment, by kind and reason or by who did it; bad debt and recoveries too."""
    listed = [one for one in _facts(session, span) if one.move.movement in TAKEN_OFF]
    names = period_facts.people(session, {one.entry.actor for one in listed})
    entries: Counter[tuple[str, str, str]] = Counter()
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in listed:
        detail, who = ("", one.entry.actor) if by == "person" else (one.move.detail, "")
        key = (one.move.movement, detail, who)
        entries[key] += 1
        sums[key][0] -= one.move.insurance_cents
        sums[key][1] -= one.move.patient_cents
    rows = [
        Row(
            (
                WORDS[Movement(movement)],
                names.get(who, who) if by == "person" else detail or "no reason code",
                entries[movement, detail, who],
                *sums[movement, detail, who],
                sum(sums[movement, detail, who]),
            ),
            span.link("visits", of=movement, **({"who": who} if by == "person" else {"reason": detail or "-"})),
        )
        for movement, detail, who in sorted(sums, key=lambda key: (list(WORDS).index(Movement(key[0])), key[1:]))
    ]
    taken_off = _sum(
        session,
        span,
        col(Posting.account).in_((*ADJUSTMENTS, Account.BAD_DEBT)),
        _TOUCHES,
        Journal.kind != EntryKind.OPENING,
    )
    total = sum(int(row.cells[-1]) for row in rows)
    return Report(
        "adjustments",
        f"Adjustments {ADJUSTMENT_GROUPS[by].lower()}",
        "What is owed less without a payment; what is owed again stands below zero. The office posts what payers "
        "answered; persons decide the rest.",
        (
            text("adjustment", ""),
            text("person", "Who") if by == "person" else text("reason", "Reason"),
            count("entries", "Entries"),
            cents("insurance", "Of payers"),
            cents("patient", "Of patients"),
            cents("total", "Together"),
        ),
        rows,
        [Check("Adjustments and bad debt, by the ledger", total, taken_off)],
    )


def visits(session: Session, span: Span, of: Movement, *, reason: str = "", who: str = "") -> Report:
    """The visits behind one movement: of one reason (`-`: none), or of who did it, where that is named."""
    code = "" if reason == "-" else reason
    mine = [
        one
        for one in _facts(session, span)
        if one.move.movement == of and (not reason or one.move.detail == code) and (not who or one.entry.actor == who)
    ]
    names = period_facts.people(session, {who} if who else {OFFICE})
    named = " · ".join(part for part in (code, names.get(who, "")) if part)
    return _by_visit(
        session,
        "visits",
        f"{WORDS[of]}{f': {named}' if named else ''}",
        (cents("insurance", "Of payers"), cents("patient", "Of patients")),
        ((one.entry.encounter_id, one.move.insurance_cents, one.move.patient_cents) for one in mine),
    )


def _by_visit(
    session: Session,
    name: str,
    title: str,
    columns: tuple[object, object],
    amounts: Iterable[tuple[str | None, int, int]],
) -> Report:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for encounter_id, first, second in amounts:
        sums[encounter_id or ""][0] += first
        sums[encounter_id or ""][1] += second
    known = period_facts.visits(session, sums.keys())
    rows = []
    for encounter_id, pair in sums.items():
        visit = known.get(encounter_id)
        told = (visit.number, visit.patient, str(visit.service_date)) if visit else (NOBODY, "", "")
        link = f"/encounters/{encounter_id}" if visit else ""
        rows.append(Row((*told, *pair, sum(pair)), link, encounter_id or None))
    rows.sort(key=lambda row: (str(row.cells[2]), str(row.cells[0]), row.link))
    return Report(
        name,
        title,
        "The visits that one line of a report is made of.",
        (
            text("visit", "Visit"),
            text("patient", "Patient"),
            text("service_date", "Service"),
            *columns,  # type: ignore[arg-type]
            cents("total", "Together"),
        ),
        rows,
        names_people=True,
    )


def _facts(session: Session, span: Span) -> Iterable[Fact]:
    return period_facts.facts(session, practice_id=span.practice_id, since=span.since, until=span.until)
