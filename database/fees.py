"""Agreements about a billing company's fee, and its invoices: each made once of the ledger, proved from it for good."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from billing.aging import class_of
from billing.days import day_of
from billing.fees import (
    OF_PAYERS,
    RECEIPT_WORDS,
    Agreed,
    Collected,
    Invoice,
    InvoiceLine,
    Receipt,
    Terms,
    collected,
    fee_of,
)
from billing.periods import Month, month_named, month_of
from database import ledger, office, period_facts, periods, posted, users
from database.columns import new_id
from database.tables import FeeAgreement, FeeInvoice, FeeInvoiceLine, Practice

NUMBER_FORM = "{:04d}"


class NotInvoiced(ValueError):
    """No invoice can be made of the month; the message says why and what to do."""


class AlreadyInvoiced(ValueError):
    """The month that terms shall begin with, or a later one, is invoiced."""


class NeverClosed(ValueError):
    """The month that terms shall begin with lies before the first one that was closed: it is never invoiced."""


@dataclass(frozen=True, slots=True)
class AgreementView:
    """One row as a page shows it."""

    id: str
    month: str
    """From which on"""
    is_end: bool
    agreed: Agreed
    excluded: list[str]
    """Names of payers"""
    made_at: datetime
    made_by: str


def agree(
    session: Session,
    month: Month,
    agreed: Agreed,
    *,
    practice_id: str,
    at: datetime,
    actor_id: str,
    is_end: bool = False,
) -> FeeAgreement:
    """Keep terms from a month on. What was agreed before is never changed. Raises AlreadyInvoiced and
    NeverClosed."""
    ledger.hold_book(session, practice_id)
    last = _last_invoice(session, practice_id)
    if last is not None and month <= month_named(last.month):
        raise AlreadyInvoiced(f"{last.month} is invoiced: terms can begin with {month_named(last.month).after(1).key}")
    first = periods.first_closed(session, practice_id=practice_id)
    if first is not None and month < first:
        raise NeverClosed(f"{month.key} was never closed, and is not any more: terms can begin with {first.key}")
    count = session.exec(select(func.count()).where(FeeAgreement.practice_id == practice_id)).one()
    row = FeeAgreement(
        id=new_id(),
        practice_id=practice_id,
        effective_from=month.first,
        ordinal=count + 1,
        is_end=is_end,
        basis_points=agreed.terms.basis_points,
        of_payers=agreed.terms.of_payers,
        of_patients=agreed.terms.of_patients,
        minimum_cents=agreed.terms.minimum_cents,
        excluded_payers=json.dumps(sorted(agreed.terms.excluded_payers)),
        biller=agreed.biller,
        biller_address=agreed.biller_address,
        pay_within_days=agreed.pay_within_days,
        made_at=at,
        made_by=actor_id,
    )
    session.add(row)
    session.flush()
    return row


def in_force(session: Session, month: Month, *, practice_id: str) -> FeeAgreement | None:
    """The terms of a month; None: there are none, or they have ended."""
    row = session.exec(
        select(FeeAgreement)
        .where(FeeAgreement.practice_id == practice_id, FeeAgreement.effective_from <= month.first)
        .order_by(col(FeeAgreement.effective_from).desc(), col(FeeAgreement.ordinal).desc())
        .limit(1)
    ).first()
    return None if row is None or row.is_end else row


def agreements(session: Session, *, practice_id: str) -> list[AgreementView]:
    """Every row, the newest first."""
    rows = session.exec(
        select(FeeAgreement)
        .where(FeeAgreement.practice_id == practice_id)
        .order_by(col(FeeAgreement.effective_from).desc(), col(FeeAgreement.ordinal).desc())
    ).all()
    names = users.names_of(session, {row.made_by for row in rows})
    payers = period_facts.payers(session, practice_id=practice_id)
    return [
        AgreementView(
            row.id,
            month_of(row.effective_from).key,
            row.is_end,
            agreed_of(row),
            sorted(payers.get(one, one) for one in agreed_of(row).terms.excluded_payers),
            row.made_at,
            names.get(row.made_by, row.made_by),
        )
        for row in rows
    ]


def agreed_of(row: FeeAgreement) -> Agreed:
    """What a row says."""
    terms = Terms(
        row.basis_points,
        row.of_payers,
        row.of_patients,
        row.minimum_cents,
        frozenset(json.loads(row.excluded_payers)),
    )
    return Agreed(terms, row.biller, row.biller_address, row.pay_within_days)


def next_month(session: Session, *, practice_id: str, today: date) -> Month | None:
    """The month that is invoiced next: the first under terms after the last invoice; None: none up to today's is."""
    last = _last_invoice(session, practice_id)
    begins = session.exec(
        select(func.min(FeeAgreement.effective_from)).where(FeeAgreement.practice_id == practice_id)
    ).one()
    if begins is None:
        return None
    first = month_named(last.month).after(1) if last else month_of(begins)
    months = first.until(month_of(today))
    return next((one for one in months if in_force(session, one, practice_id=practice_id)), None)


def make(session: Session, month: Month, *, practice_id: str, at: datetime, actor_id: str) -> FeeInvoice:
    """Make the invoice of a closed month, once, with the next number. Raises NotInvoiced."""
    ledger.hold_book(session, practice_id)
    today = day_of(at, office.zone_of(session, practice_id))
    agreement = in_force(session, month, practice_id=practice_id)
    if agreement is None:
        raise NotInvoiced(f"no agreement about a fee is in force in {month.key}")
    wanted = next_month(session, practice_id=practice_id, today=today)
    if wanted != month:
        raise NotInvoiced(f"months are invoiced once and in their order; {wanted.key if wanted else 'none'} is next")
    close = periods.standing_close(session, month, practice_id=practice_id)
    if close is None:
        raise NotInvoiced(f"{month.key} is not closed; close it first")
    last = _last_invoice(session, practice_id)
    is_next = last is not None and month_named(last.month).after(1) == month
    before = month.first - timedelta(days=1)
    after = (
        last.through_entry if last and is_next else posted.last_number(session, practice_id=practice_id, until=before)
    )
    through = posted.last_number(session, practice_id=practice_id, until=month.last)
    agreed = agreed_of(agreement)
    lines = _lines(session, agreed.terms, practice_id=practice_id, after=after, through=through)
    carried = last.carried_out_cents if last else 0
    fee = fee_of(sum(one.cents for one in lines), carried, agreed.terms)
    row = FeeInvoice(
        id=new_id(),
        practice_id=practice_id,
        number=last.number + 1 if last else 1,
        month=month.key,
        agreement_id=agreement.id,
        close_id=close.id,
        after_entry=after,
        through_entry=through,
        receipts_cents=fee.base_cents - carried,
        carried_in_cents=carried,
        base_cents=fee.base_cents,
        share_cents=fee.share_cents,
        fee_cents=fee.fee_cents,
        carried_out_cents=fee.carried_out_cents,
        pay_by=today + timedelta(days=agreed.pay_within_days),
        made_at=at,
        made_by=actor_id,
    )
    session.add(row)
    session.flush()
    for one in lines:
        one.invoice_id = row.id
        session.add(one)
    session.flush()
    return row


def invoices(session: Session, *, practice_id: str) -> list[Invoice]:
    """Every invoice of a practice, the newest first."""
    rows = session.exec(
        select(FeeInvoice).where(FeeInvoice.practice_id == practice_id).order_by(col(FeeInvoice.number).desc())
    )
    return [_view(session, row) for row in rows.all()]


def invoice(session: Session, *, practice_id: str, invoice_id: str) -> Invoice | None:
    """One invoice of the practice."""
    here = (FeeInvoice.practice_id == practice_id, FeeInvoice.id == invoice_id)
    row = session.exec(select(FeeInvoice).where(*here)).first()
    return None if row is None else _view(session, row)


def faults(session: Session) -> tuple[int, list[str]]:
    """(invoices looked at, what does not hold): each is worked out again from the ledger's entries; numbers have no
    gap, and no entry of two months that follow each other is in none or in two."""
    rows = session.exec(select(FeeInvoice).order_by(FeeInvoice.practice_id, col(FeeInvoice.number))).all()
    found = []
    before: FeeInvoice | None = None
    for row in rows:
        if before is not None and before.practice_id != row.practice_id:
            before = None
        found += [f"invoice {row.number} of {row.month}: {fault}" for fault in _faults(session, row, before)]
        before = row
    return len(rows), found


def _faults(session: Session, row: FeeInvoice, before: FeeInvoice | None) -> Iterator[str]:
    terms = agreed_of(session.get_one(FeeAgreement, row.agreement_id)).terms
    kept = session.exec(select(FeeInvoiceLine).where(FeeInvoiceLine.invoice_id == row.id)).all()
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in kept:
        sums[line.receipt, line.payer_id] += line.cents
    for _, one in _receipts(session, terms, row.practice_id, row.after_entry, row.through_entry):
        sums[one.receipt, one.payer_id] -= one.cents
    for (receipt, payer_id), cents in sums.items():
        if cents:
            yield f"{receipt} {payer_id or '-'} is {cents} cents beside the ledger"
    carried = before.carried_out_cents if before else 0
    fee = fee_of(sum(line.cents for line in kept), carried, terms)
    told = (row.receipts_cents, row.base_cents, row.share_cents, row.fee_cents, row.carried_out_cents)
    if told != (fee.base_cents - carried, fee.base_cents, fee.share_cents, fee.fee_cents, fee.carried_out_cents):
        yield "its sums are not those of its lines and terms"
    if row.carried_in_cents != carried:
        yield "it does not carry what the one before left"
    if row.number != (before.number + 1 if before else 1):
        yield "its number is not the next one"
    month = month_named(row.month)
    follows = before is not None and month_named(before.month).after(1) == month
    day_before = month.first - timedelta(days=1)
    first = posted.last_number(session, practice_id=row.practice_id, until=day_before, through=row.through_entry)
    if row.after_entry != (before.through_entry if before and follows else first):
        yield "it does not begin where the one before ended"


def _last_invoice(session: Session, practice_id: str) -> FeeInvoice | None:
    return session.exec(
        select(FeeInvoice).where(FeeInvoice.practice_id == practice_id).order_by(col(FeeInvoice.number).desc()).limit(1)
    ).first()


def _receipts(
    session: Session, terms: Terms, practice_id: str, after: int, through: int
) -> Iterator[tuple[str, Collected]]:
    """(visit, what an entry brought) of the entries of an invoice that its terms count."""
    for entry in posted.numbered(session, practice_id=practice_id, after=after, through=through):
        for one in collected(entry.kind, entry.sides):
            if terms.counts(one.receipt, one.payer_id):
                yield entry.encounter_id or "", one


def _lines(session: Session, terms: Terms, *, practice_id: str, after: int, through: int) -> list[FeeInvoiceLine]:
    """The lines of an invoice, by receipt, class and payer; the invoice itself is not there yet."""
    receipts = list(_receipts(session, terms, practice_id, after, through))
    of_payers = {visit for visit, one in receipts if one.receipt in OF_PAYERS}
    indicators = period_facts.filing_indicators(session, of_payers)
    names = period_facts.payers(session, practice_id=practice_id)
    sums: dict[tuple[Receipt, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for visit, one in receipts:
        payer_class = class_of(indicators.get(visit)) if one.receipt in OF_PAYERS else ""
        pair = sums[one.receipt, payer_class, one.payer_id]
        pair[0] += 1
        pair[1] += one.cents
    order = list(RECEIPT_WORDS)
    keys = sorted(sums, key=lambda key: (order.index(key[0]), key[1], names.get(key[2], ""), key[2]))
    return [
        FeeInvoiceLine(
            invoice_id="",
            ordinal=ordinal,
            practice_id=practice_id,
            receipt=receipt,
            payer_id=payer_id,
            payer_name=names.get(payer_id, "")[:200],
            payer_class=payer_class,
            entries=sums[receipt, payer_class, payer_id][0],
            cents=sums[receipt, payer_class, payer_id][1],
        )
        for ordinal, (receipt, payer_class, payer_id) in enumerate(keys, start=1)
    ]


def _view(session: Session, row: FeeInvoice) -> Invoice:
    practice = session.get_one(Practice, row.practice_id)
    lines = session.exec(
        select(FeeInvoiceLine).where(FeeInvoiceLine.invoice_id == row.id).order_by(col(FeeInvoiceLine.ordinal))
    )
    names = users.names_of(session, {row.made_by})
    return Invoice(
        id=row.id,
        number=NUMBER_FORM.format(row.number),
        month=row.month,
        practice=practice.name,
        agreed=agreed_of(session.get_one(FeeAgreement, row.agreement_id)),
        lines=[
            InvoiceLine(
                Receipt(one.receipt),
                RECEIPT_WORDS[Receipt(one.receipt)],
                one.payer_name,
                one.payer_class,
                one.entries,
                one.cents,
            )
            for one in lines
        ],
        receipts_cents=row.receipts_cents,
        carried_in_cents=row.carried_in_cents,
        base_cents=row.base_cents,
        share_cents=row.share_cents,
        fee_cents=row.fee_cents,
        carried_out_cents=row.carried_out_cents,
        made_on=day_of(row.made_at, office.zone_of(session, row.practice_id)),
        made_by=names.get(row.made_by, row.made_by),
        pay_by=row.pay_by,
        after_entry=row.after_entry,
        through_entry=row.through_entry,
    )
