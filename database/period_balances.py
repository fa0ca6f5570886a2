"""Reports of what stands at the end of a day: how old it is, what is unapplied, who is owed, and the accounts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from billing.aging import BUCKETS, CREDITS, PATIENTS, bucket_of, class_of, owed_since
from billing.ledger import RECEIVABLES, Account, EntryKind
from billing.reports import Check, Report, Row, cents, text
from database import period_facts, posted
from database.period_facts import NOBODY
from database.period_reports import MOVED, Span, debits_and_credits
from database.tables import Journal, Posting

AGE_GROUPS = {"payer": "By payer", "class": "By class of payer", "patient": "By patient", "visit": "By visit"}
AGE_FROM = {"service": "from the day of service", "responsibility": "from the day since which they owe it"}
NAMING = ("patient", "visit")
"""Groups of AGE_GROUPS whose rows are people"""
ON_THE_WAY = {
    Account.CASH_UNAPPLIED: "Payers' money that no claim has taken",
    Account.PATIENT_UNAPPLIED: "Patients' money that no balance has taken",
    Account.PATIENT_TRANSFER: "Patients' money between two visits",
    Account.PAYER_REFUND_DUE: "Owed back to payers",
    Account.PLB_CLEARING: "Taken or given by payers outside the claims",
    Account.EFT_CLEARING: "Advised by payers, not seen at the bank",
    Account.CARD_CLEARING: "Card payments on their way",
    Account.AGENCY_CLEARING: "Collected by agencies, not passed on",
    Account.UNDEPOSITED: "Cash and cheques in the house",
    Account.AR_WITHHOLD: "Withheld by payers until the year is settled",
}
"""Accounts where money waits for something"""


@dataclass(frozen=True, slots=True)
class Owed:
    """What one visit's payer or patient owes; below zero, what they paid too much."""

    encounter_id: str
    holder: str
    """The payer's id, or PATIENTS"""
    cents: int
    bucket: str
    """One of BUCKETS, or CREDITS"""


def owed(session: Session, *, practice_id: str, as_of: date, since: str) -> list[Owed]:
    """Every balance at the end of a day, by visit and holder, with its age `since` (AGE_FROM)."""
    account_of: dict[tuple[str, str], list[tuple[date, int, str]]] = defaultdict(list)
    for encounter_id, account, day, amount, detail in _open_postings(session, practice_id, as_of):
        account_of[encounter_id or "", account].append((day, amount, detail))
    services: dict[str, date] = {}
    if since == "service":
        services = {key: one.service_date for key, one in period_facts.visits(session, _ids(account_of)).items()}
    found = []
    for (encounter_id, account), changes in account_of.items():
        total = sum(amount for _, amount, _ in changes)
        if not total:
            continue
        holder = PATIENTS if account == Account.AR_PATIENT else _holder(changes, total)
        if since == "service":
            begins = services.get(encounter_id)
        else:
            mine = [
                (day, amount) for day, amount, detail in changes if account == Account.AR_PATIENT or detail == holder
            ]
            begins = owed_since(mine)
        bucket = CREDITS if total < 0 else bucket_of(begins or changes[0][0], as_of=as_of)
        found.append(Owed(encounter_id, holder, total, bucket))
    return found


def _open_postings(session: Session, practice_id: str, as_of: date) -> Sequence[tuple[str | None, str, date, int, str]]:
    """Postings on receivables of visits on which something stands, in order."""
    here = (
        Posting.practice_id == practice_id,
        col(Posting.account).in_(RECEIVABLES),
        Journal.posted_on <= as_of,
    )
    standing = (
        select(func.coalesce(Posting.encounter_id, ""))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(*here)
        .group_by(col(Posting.encounter_id), Posting.account)
        .having(func.sum(Posting.amount_cents) != 0)
    )
    rows = session.exec(
        select(  # type: ignore[call-overload]
            col(Posting.encounter_id),
            col(Posting.account),
            col(Journal.posted_on),
            col(Posting.amount_cents),
            col(Posting.detail),
        )
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(*here, func.coalesce(Posting.encounter_id, "").in_(standing))
        .order_by(col(Journal.number), col(Posting.id))
    )
    return rows.all()


def _ids(account_of: dict[tuple[str, str], list[tuple[date, int, str]]]) -> set[str | None]:
    return {encounter_id for encounter_id, _ in account_of}


def _holder(changes: Sequence[tuple[date, int, str]], total: int) -> str:
    """The payer on whose name most of the balance stands: small amounts may be left on another one's."""
    sums: dict[str, int] = defaultdict(int)
    for _, amount, detail in changes:
        sums[detail] += amount
    sign = 1 if total > 0 else -1
    return max(sums, key=lambda one: (sums[one] * sign, one))


def aging(session: Session, span: Span, by: str, since: str, *, of: str = "", bucket: str = "") -> Report:
    """What is owed at the end of the last day by age. `of`: one payer, class or patient alone, as the rows before
    were grouped; `bucket`: one age alone."""
    everything = owed(session, practice_id=span.practice_id, as_of=span.until, since=since)
    group, _, key = of.partition(":")
    chosen = everything
    if of:
        keys = _keys(session, everything, group)
        chosen = [one for one, its in zip(everything, keys, strict=True) if its == key]
    chosen = [one for one in chosen if not bucket or one.bucket == bucket]
    keys = _keys(session, chosen, by)
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one, its in zip(chosen, keys, strict=True):
        sums[its][one.bucket] += one.cents
    words = _words(session, span, set(sums), by)
    rows = []
    for its in sorted(sums, key=lambda one: (-sum(sums[one].values()), words[one])):
        parts = [sums[its][name] for name in (CREDITS, *BUCKETS)]
        link = f"/encounters/{its}" if by == "visit" and its else ""
        if by != "visit":
            link = span.link("aging", by="visit", of=f"{by}:{its}", since=since)
        rows.append(Row((words[its], *parts, sum(parts)), link, its if by == "visit" else None))
    checks = []
    if not of and not bucket:
        stands = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
        total = sum(sum(parts.values()) for parts in sums.values())
        in_books = sum(stands.get(account, 0) for account in RECEIVABLES)
        checks.append(Check("All that is owed, by the ledger", total, in_books))
    return Report(
        "aging",
        f"Age of what is owed {AGE_GROUPS[by].lower()}, {AGE_FROM[since]}",
        f"What stands at the end of {span.until}, in days. Paid too much has no age and stands beside. A class is by "
        "SBR09 of the visit's claim. What moved here is owed since the day on which it moved.",
        (
            text(by, ""),
            cents("credits", "Credits"),
            *(cents(name, name) for name in BUCKETS),
            cents("total", "Together"),
        ),
        rows,
        checks,
        names_people=by in NAMING,
    )


def _keys(session: Session, found: Sequence[Owed], by: str) -> list[str]:
    """What each balance is grouped by."""
    if by == "payer":
        return [one.holder for one in found]
    if by == "visit":
        return [one.encounter_id for one in found]
    ids = {one.encounter_id for one in found}
    if by == "patient":
        known = period_facts.visits(session, ids)
        return [known[one.encounter_id].patient_id if one.encounter_id in known else "" for one in found]
    indicators = period_facts.filing_indicators(session, ids)
    return [PATIENTS if one.holder == PATIENTS else class_of(indicators.get(one.encounter_id)) for one in found]


def _words(session: Session, span: Span, keys: set[str], by: str) -> dict[str, str]:
    """How people call each group."""
    plain = {one: one for one in keys} | {PATIENTS: "Patients", "": NOBODY}
    if by == "payer":
        return plain | period_facts.payers(session, practice_id=span.practice_id)
    if by == "visit":
        known = period_facts.visits(session, keys)
        return plain | {key: f"{one.number} · {one.patient}, {one.service_date}" for key, one in known.items()}
    if by == "patient":
        return plain | period_facts.patients(session, keys)
    return plain


def unapplied(session: Session, span: Span) -> Report:
    """Money that waits for something: what stood there, what came and went, and what stands there now."""
    before = posted.totals_until(session, practice_id=span.practice_id, until=span.before)
    after = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
    moved = debits_and_credits(session, span)
    rows = [
        Row((words, before.get(account, 0), *moved[account], before.get(account, 0) + sum(moved[account])))
        for account, words in ON_THE_WAY.items()
        if before.get(account) or any(moved[account])
    ]
    stands = sum(after.get(account, 0) for account in ON_THE_WAY)
    return Report(
        "unapplied",
        "Unapplied money, credits and refunds due",
        "As in the ledger: what the practice has or is owed stands above zero, what it owes or holds for others below.",
        (text("what", ""), *MOVED),
        rows,
        [Check("These accounts at the end, by the ledger", sum(int(row.cells[-1]) for row in rows), stands)],
    )


def credits_by_visit(session: Session, span: Span) -> Report:
    """Visits on which somebody paid too much, or on which money is held or owed back, at the end of the last day."""
    accounts = (*RECEIVABLES, Account.PATIENT_UNAPPLIED, Account.PAYER_REFUND_DUE)
    balance = func.sum(Posting.amount_cents)
    found = session.exec(
        select(Posting.encounter_id, Posting.account, balance)
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(
            Posting.practice_id == span.practice_id, Journal.posted_on <= span.until, col(Posting.account).in_(accounts)
        )
        .group_by(col(Posting.encounter_id), Posting.account)
        .having(balance != 0)
    ).all()
    sums: dict[str, dict[str, int]] = defaultdict(dict)
    for encounter_id, account, amount in found:
        if account not in RECEIVABLES or amount < 0:
            sums[encounter_id or ""][account] = -int(amount)
    known = period_facts.visits(session, sums.keys())
    rows = []
    for encounter_id, parts in sums.items():
        visit = known.get(encounter_id)
        told = (visit.number, visit.patient, str(visit.service_date)) if visit else (NOBODY, "", "")
        each = [parts.get(account, 0) for account in accounts]
        link = f"/encounters/{encounter_id}" if visit else ""
        rows.append(Row((*told, *each, sum(each)), link, encounter_id or None))
    rows.sort(key=lambda row: (str(row.cells[2]), str(row.cells[0]), row.link))
    report = Report(
        "credits",
        "Credits by visit",
        f"What stands for payers and patients at the end of {span.until}: paid too much, held, or owed back.",
        (
            text("visit", "Visit"),
            text("patient", "Patient"),
            text("service_date", "Service"),
            cents("insurance", "Paid too much by payers"),
            cents("patient_share", "Paid too much on shares"),
            cents("held", "Held for patients"),
            cents("refund_due", "Owed back to payers"),
            cents("total", "Together"),
        ),
        rows,
        names_people=True,
    )
    stands = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
    for place, words, account in (
        (5, "Held for patients, by the ledger", Account.PATIENT_UNAPPLIED),
        (6, "Owed back to payers, by the ledger", Account.PAYER_REFUND_DUE),
    ):
        report.checks.append(Check(words, int(report.total[place]), -stands.get(account, 0)))
    return report


def refunds(session: Session, span: Span) -> Report:
    """What was paid back, to payers and to patients."""
    kinds = {EntryKind.REFUND: "patient", EntryKind.PAYER_REFUND: "payer"}
    paid = [
        entry
        for entry in posted.posted(session, practice_id=span.practice_id, since=span.since, until=span.until)
        if entry.kind in kinds and entry.cents(*_PAID_FROM)
    ]
    known = period_facts.visits(session, {one.encounter_id for one in paid})
    rows = []
    for entry in paid:
        visit = known.get(entry.encounter_id or "")
        told = (visit.number, visit.patient) if visit else (NOBODY, "")
        amount = -entry.cents(*_PAID_FROM)
        link = f"/encounters/{entry.encounter_id}" if visit else ""
        cells = (str(entry.posted_on), f"to a {kinds[EntryKind(entry.kind)]}", *told, amount)
        rows.append(Row(cells, link, entry.encounter_id))
    in_books = session.exec(
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(
            Posting.practice_id == span.practice_id,
            col(Journal.posted_on).between(span.since, span.until),
            col(Journal.kind).in_(kinds),
            col(Posting.account).in_(_PAID_FROM),
        )
    ).one()
    return Report(
        "refunds",
        "Refunds",
        "What was paid back to payers and patients.",
        (
            text("posted_on", "Posted"),
            text("to", "To"),
            text("visit", "Visit"),
            text("patient", "Patient"),
            cents("amount", "Paid back"),
        ),
        rows,
        [Check("Paid back, by the ledger", sum(int(row.cells[-1]) for row in rows), -int(in_books))],
        names_people=True,
    )


_PAID_FROM = (Account.CASH_BANK, Account.CARD_CLEARING, Account.UNDEPOSITED)
