"""What is still open when a month is to be closed: each matter counted, with the page where it is settled.

None of it keeps a month from being closed. It is kept with the closing, so that nobody can say that it was not known.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.days import start_of
from billing.ledger import CHARGES, Account
from billing.periods import Month
from database import bank, cash, missing_charges, office, posted
from database.aged_cash import WAITING
from database.tables import (
    BankMovement,
    Encounter,
    Journal,
    PatientPayment,
    Posting,
    RemittanceFile,
    Task,
    TillClose,
)


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to look at before a month is closed."""

    name: str
    words: str
    count: int
    """How many; zero and no cents: nothing is open"""
    cents: int | None
    """What stands there; None: no money is counted"""
    link: str
    """The page where it is settled"""

    @property
    def is_clear(self) -> bool:
        return not self.count and not self.cents


def dump(matters: Sequence[Matter]) -> str:
    """As JSON, to be kept."""
    return json.dumps([asdict(one) for one in matters])


def load(text: str) -> list[Matter]:
    """What `dump` kept."""
    return [Matter(**one) for one in json.loads(text)]


def checklist(session: Session, *, practice_id: str, month: Month) -> list[Matter]:
    """Every matter of the month, clear or not, in the order in which people settle them."""
    ends = start_of(month.last + timedelta(days=1), office.zone_of(session, practice_id))
    totals = posted.totals_until(session, practice_id=practice_id, until=month.last)
    return [
        _tills(session, practice_id, month),
        _deposits(session, practice_id, month, totals),
        _bookings(session, practice_id, month),
        _remittances(session, practice_id, ends),
        _standing(totals, Account.EFT_CLEARING, "eft", "Advised by payers, not seen at the bank", "/bank"),
        _standing(totals, Account.CARD_CLEARING, "cards", "Card payments that the bank has not shown", "/bank"),
        _standing(totals, Account.CASH_UNAPPLIED, "unapplied", "Payers' money that no claim has taken", "/remittances"),
        _standing(
            totals, Account.PLB_CLEARING, "provider_adjustments", "Taken or given outside the claims", "/remittances"
        ),
        _credits(session, practice_id, month),
        _uncharged(session, practice_id, month),
        _missing(session, practice_id, month),
        _tasks(session, practice_id, ends),
    ]


def _tills(session: Session, practice_id: str, month: Month) -> Matter:
    """Tills with cash or cheques of the month that nobody counted."""
    till = (col(PatientPayment.recorded_by), col(PatientPayment.received_on), col(PatientPayment.till))
    counted = sa.exists().where(
        col(TillClose.practice_id) == practice_id,
        col(TillClose.user_id) == col(PatientPayment.recorded_by),
        col(TillClose.day) == col(PatientPayment.received_on),
        col(TillClose.till) == col(PatientPayment.till),
    )
    rows = session.execute(
        sa.select(*till, func.sum(PatientPayment.amount_cents))
        .where(
            col(PatientPayment.practice_id) == practice_id,
            col(PatientPayment.method).in_(cash.IN_THE_TILL),
            col(PatientPayment.received_on).between(month.first, month.last),
            ~counted,
        )
        .group_by(*till)
        .order_by(col(PatientPayment.received_on))
    ).all()
    link = f"/day-close?day={rows[0][1]}" if rows else "/day-close"
    return Matter("tills", "Tills that were not counted", len(rows), sum(int(row[3]) for row in rows), link)


def _deposits(session: Session, practice_id: str, month: Month, totals: dict[str, int]) -> Matter:
    closes = [one for one in cash.in_the_house(session, practice_id) if one.day <= month.last]
    words = "Cash and cheques in the house at the end of the month, not yet at the bank"
    return Matter("deposits", words, len(closes), totals.get(Account.UNDEPOSITED, 0), "/day-close")


def _bookings(session: Session, practice_id: str, month: Month) -> Matter:
    open_ones = (
        BankMovement.practice_id == practice_id,
        BankMovement.state == bank.OPEN,
        BankMovement.booked_on <= month.last,
    )
    count, cents = session.exec(
        select(func.count(), func.coalesce(func.sum(BankMovement.amount_cents), 0)).where(*open_ones)
    ).one()
    return Matter("bookings", "Bookings of the bank that nothing explains yet", count, int(cents), "/bank")


def _remittances(session: Session, practice_id: str, ends: datetime) -> Matter:
    waiting = (
        RemittanceFile.practice_id == practice_id,
        col(RemittanceFile.state).in_(WAITING),
        col(RemittanceFile.closed_at).is_(None),
        RemittanceFile.received_at < ends,
    )
    count, cents = session.exec(
        select(func.count(), func.coalesce(func.sum(RemittanceFile.paid_cents), 0)).where(*waiting)
    ).one()
    return Matter("remittances", "Remittances that are not wholly posted", count, int(cents), "/remittances")


def _standing(totals: dict[str, int], account: Account, name: str, words: str, link: str) -> Matter:
    cents = totals.get(account, 0)
    return Matter(name, words, int(cents != 0), cents, link)


def _credits(session: Session, practice_id: str, month: Month) -> Matter:
    """Visits on which money stands for a patient, at the end of the month."""
    balance = func.sum(Posting.amount_cents)
    rows = session.exec(
        select(Posting.encounter_id, balance)
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(
            Posting.practice_id == practice_id,
            Posting.account == Account.PATIENT_UNAPPLIED,
            Journal.posted_on <= month.last,
        )
        .group_by(col(Posting.encounter_id))
        .having(balance != 0)
    ).all()
    words = "Visits with money of patients that no balance has taken"
    return Matter("credits", words, len(rows), -sum(int(cents) for _, cents in rows), "/patient-credits")


def _uncharged(session: Session, practice_id: str, month: Month) -> Matter:
    """Visits of the month or before it whose charges are in no books."""
    charged = sa.exists().where(col(Posting.encounter_id) == col(Encounter.id), col(Posting.account).in_(CHARGES))
    count, cents = session.exec(
        select(func.count(), func.coalesce(func.sum(Encounter.charge_cents), 0)).where(
            Encounter.practice_id == practice_id,
            Encounter.service_date <= month.last,
            col(Encounter.is_void).is_(False),
            col(Encounter.billed_with_id).is_(None),
            col(Encounter.closed_at).is_(None),
            ~charged,
        )
    ).one()
    return Matter("uncharged", "Visits whose charges are not posted yet", count, int(cents), "/")


def _missing(session: Session, practice_id: str, month: Month) -> Matter:
    rows = missing_charges.unbilled(session, practice_id=practice_id, since=month.first, until=month.last)
    return Matter("missing", "Patients who came and have no visit", len(rows), None, "/appointments")


def _tasks(session: Session, practice_id: str, ends: datetime) -> Matter:
    late = (Task.practice_id == practice_id, Task.state == "open", Task.due_at < ends)
    count = session.exec(select(func.count()).select_from(Task).where(*late)).one()
    return Matter("tasks", "Tasks that were due in the month or before", count, None, "/")
