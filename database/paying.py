"""Links to the pay page and checkouts: made, found again by their secrets, and settled once."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from billing.account_payments import Share
from billing.money import Cents
from billing.prompt_pay import Chance
from database import accounts, agencies, consents, households, patient_payments, prompt_pay
from database.columns import new_id
from database.tables import Checkout, Encounter, InstalmentCharge, Patient, PatientPayment, PayLink, PaySession

SECRET_BYTES = 32
LINK_LIFE = timedelta(days=60)
IDLE = timedelta(minutes=20)
"""A browser that knew the second fact is asked again after so long without use"""
TRIES = 5
LOCKED = timedelta(hours=1)
OPEN, PAID, FAILED, REVERSED = "open", "paid", "failed", "reversed"


@dataclass(frozen=True, slots=True)
class OwedVisit:
    """One visit as the pay page shows it: nothing clinical."""

    encounter_id: str
    day: date
    patient: str
    """First name"""
    cents: int
    is_billable: bool
    """The plan is done with it"""
    chance: Chance | None = None
    """What may be paid today instead of what is owed"""

    @property
    def pay_cents(self) -> int:
        """What settles it today."""
        return self.chance.pay_cents if self.chance else self.cents


def make_link(session: Session, *, practice_id: str, holder_id: str, by: str, at: datetime) -> tuple[str, PayLink]:
    """A new link and its secret, which is shown this once."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    row = PayLink(
        sha256=_digest(token),
        practice_id=practice_id,
        patient_id=holder_id,
        made_at=at,
        made_by=by,
        expires_at=at + LINK_LIFE,
    )
    session.add(row)
    session.flush()
    return token, row


def put_on_paper(session: Session, link: PayLink, letter_id: str) -> None:
    """The link stands on this paper, and ends with it."""
    link.letter_id = letter_id
    session.add(link)


def end_of_paper(session: Session, letter_id: str, *, at: datetime) -> None:
    """A paper that nobody is to get opens nothing."""
    for link in session.exec(select(PayLink).where(PayLink.letter_id == letter_id, col(PayLink.revoked_at).is_(None))):
        link.revoked_at = at
        session.add(link)


def link_of(session: Session, token: str, *, at: datetime) -> PayLink | None:
    """The link behind a secret; None when it is unknown, expired or revoked, or its patient was merged away."""
    row = session.get(PayLink, _digest(token))
    if row is None or row.revoked_at is not None or row.expires_at <= at:
        return None
    return row


def try_fact(session: Session, link: PayLink, born: date | None, *, at: datetime) -> str | None:
    """Open a session for who knows a birth date on the account; gives the id that the cookie carries. None: wrong, or
    too many wrong ones came before. The row is held: guesses at one instant are counted one by one."""
    session.refresh(link, with_for_update=True)
    if link.locked_until is not None and link.locked_until > at:
        return None
    if born is None or born not in _birth_dates(session, link):
        link.wrong_facts += 1
        if link.wrong_facts >= TRIES:
            link.locked_until, link.wrong_facts = at + LOCKED, 0
        session.add(link)
        return None
    link.wrong_facts, link.locked_until = 0, None
    secret = secrets.token_urlsafe(SECRET_BYTES)
    session.add(PaySession(sha256=_digest(secret), link_sha256=link.sha256, opened_at=at, last_seen_at=at))
    session.add(link)
    session.flush()
    return secret


def _birth_dates(session: Session, link: PayLink) -> set[date]:
    """Of everybody on the account, and of who answers for it."""
    found = set()
    for one in households.patients(session, link.patient_id):
        patient = session.get_one(Patient, one)
        guarantor = consents.guarantor_of(patient)
        found |= {patient.birth_date, guarantor.person.birth_date if guarantor else None}
    return {one for one in found if one is not None}


def is_open(session: Session, link: PayLink, secret: str, *, at: datetime) -> bool:
    """Whether this browser knew the second fact lately; used now."""
    row = session.get(PaySession, _digest(secret))
    if row is None or row.link_sha256 != link.sha256 or at - row.last_seen_at > IDLE:
        return False
    row.last_seen_at = at
    session.add(row)
    return True


def owed(session: Session, *, practice_id: str, holder_id: str, today: date) -> list[OwedVisit]:
    """What is owed on the account, the oldest visit first, and what may be paid today instead."""
    found = []
    visits = accounts.owed_by_visit(session, practice_id=practice_id, patient_id=holder_id)
    chances = prompt_pay.open_on(session, [one.encounter_id for one in visits], today)
    for one in visits:
        visit = session.get_one(Encounter, one.encounter_id)
        patient = session.get_one(Patient, visit.patient_id)
        name = patient.first_name or patient.last_name
        offered = chances.get(visit.id)
        found.append(OwedVisit(visit.id, visit.service_date, name, one.cents, one.is_billable, offered))
    return found


def shares(session: Session, *, practice_id: str, holder_id: str, on: date) -> list[Share]:
    """Where money for the account goes: the visits that owe, then those that an agency has, else the newest visit of
    anybody on it. What was paid this moment and is not posted yet is owed no more, nor what is taken off a share that
    is paid on that day."""
    everybody = households.members(session, holder_id)
    placed = agencies.open_on(session, everybody)  # held: what is posted on them is in their balance, or comes later
    chances = prompt_pay.open_to(session, everybody, on)  # read first: a discount that is posted now is in what is owed
    off = {one: offered.off_cents for one, offered in chances.items()}
    found = patient_payments.outstanding(session, everybody, practice_id=practice_id)
    wanted = [
        Share(one.encounter_id, Cents(max(0, one.owed_cents - off.get(one.encounter_id, 0))))
        for one in found
        if one.owed_cents > 0
    ]
    wanted += [Share(one.encounter_id, Cents(one.balance_cents), at_agency=True) for one in placed if one.balance_cents]
    coming = {one.encounter_id: one.coming_cents for one in found}
    visits = []
    for one in wanted:
        paid = min(one.cents, coming.get(one.encounter_id, 0))
        coming[one.encounter_id] = coming.get(one.encounter_id, 0) - paid
        if one.cents > paid:
            visits.append(replace(one, cents=Cents(one.cents - paid)))
    if visits:
        return visits
    newest = select(Encounter.id).where(households.ANSWERING.in_(everybody))
    last = session.exec(newest.order_by(col(Encounter.service_date).desc(), Encounter.id).limit(1)).first()
    return [Share(last, Cents(0))] if last else []


def waits_for_page(session: Session, holder_id: str, *, at: datetime) -> datetime | None:
    """Until when the processor's page may still bring money for this account: somebody opened it a moment ago."""
    query = select(func.max(Checkout.made_at)).where(
        Checkout.patient_id == holder_id,
        Checkout.state == OPEN,
        col(Checkout.made_at) > at - IDLE,
        col(Checkout.id).not_in(select(InstalmentCharge.checkout_id)),
    )
    opened = session.exec(query).one()
    return None if opened is None else opened + IDLE


def begin(session: Session, link: PayLink, cents: Cents, *, at: datetime) -> Checkout:
    """A wish to pay; the same one that was made a moment ago and is still open is taken up again: a second click."""
    query = select(Checkout).where(
        Checkout.practice_id == link.practice_id,
        Checkout.patient_id == link.patient_id,
        Checkout.state == OPEN,
        Checkout.amount_cents == cents,
        Checkout.letter_id == link.letter_id,
        col(Checkout.made_at) > at - IDLE,
        col(Checkout.id).not_in(select(InstalmentCharge.checkout_id)),
    )
    known = session.exec(query.order_by(col(Checkout.made_at).desc())).first()
    if known is not None:
        return known
    row = Checkout(
        id=new_id(),
        practice_id=link.practice_id,
        patient_id=link.patient_id,
        amount_cents=cents,
        made_at=at,
        letter_id=link.letter_id,
        state=OPEN,
    )
    session.add(row)
    session.flush()
    return row


def payments_of(session: Session, checkout_id: str) -> Sequence[PatientPayment]:
    """What a checkout brought, and what undid it."""
    return session.exec(select(PatientPayment).where(PatientPayment.checkout_id == checkout_id)).all()


def newest_of(session: Session, link: PayLink) -> Checkout | None:
    """The last wish to pay of somebody on the account; instalments are charged without one."""
    query = select(Checkout).where(
        Checkout.practice_id == link.practice_id,
        Checkout.patient_id == link.patient_id,
        col(Checkout.id).not_in(select(InstalmentCharge.checkout_id)),
    )
    return session.exec(query.order_by(col(Checkout.made_at).desc(), Checkout.id)).first()


def of_account(session: Session, *, practice_id: str, holder_id: str, limit: int) -> Sequence[Checkout]:
    """The account's wishes to pay by card, the newest first."""
    query = select(Checkout).where(Checkout.practice_id == practice_id, Checkout.patient_id == holder_id)
    return session.exec(query.order_by(col(Checkout.made_at).desc(), Checkout.id).limit(limit)).all()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
