"""Money at the desk for a whole account: spread the oldest first or as told, and taken back as a whole."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from activities import account_receipts, lockbox_desk
from api import errors, idempotency, known_patient
from api.actions import Done, audited
from api.errors import Fault, Problem
from api.office import Office
from api.payments import PaymentMethod, payment_faults, refuse_unless_whole, till_for, undoing
from billing.account_payments import Share, oldest_first
from billing.days import noon_of
from billing.money import Cents, NotAnAmount, format_dollars, parse_typed
from database import accounts, households, papers, paying, receipts
from database.access import Person
from database.columns import new_id
from database.tables import AccountReceipt, Encounter

CREDIT = "credit"
"""Field that says: keep what is more than is owed"""


def take(
    office: Office,
    person: Person,
    *,
    patient_id: str,
    amount: str,
    method: PaymentMethod,
    received_on: date,
    reference: str,
    paper: str,
    parts: Mapping[str, str],
    keep_credit: bool,
    key: str,
) -> Done:
    """Record money for the account that this patient stands on. `parts`: dollars by visit, where somebody told what it
    is for; empty: the visits on `paper`, a paper's number, then the oldest first. More than is owed needs
    `keep_credit`: a slip of the pen is not money."""
    faults = payment_faults(office, person, amount=amount, received_on=received_on, reference=reference)
    told = {visit: text for visit, text in parts.items() if text.strip()}
    faults += _part_faults(told) + _paper_faults(office, person, patient_id, paper)
    if faults:
        raise errors.invalid(faults)
    body = {
        "amount": amount,
        "method": method,
        "received_on": received_on,
        "reference": reference,
        "parts": told,
        "keep_credit": keep_credit,
        **({"paper": paper} if paper else {}),
    }
    sha256 = idempotency.fingerprint("take_account_payment", patient_id, body)

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known_patient.held(session, person, patient_id)
        account = accounts.lock(session, practice_id=person.practice_id, patient_id=patient_id, at=office.now())
        receipt = AccountReceipt(
            id=new_id(),
            practice_id=person.practice_id,
            patient_id=account.patient_id,
            amount_cents=parse_typed(amount),
            method=method,
            reference=reference or None,
            received_on=received_on,
            taken_at=office.now(),
            taken_by=person.user_id,
        )
        spread = _spread(session, receipt, told, paper=paper, keep_credit=keep_credit)
        till = till_for(session, person, method, received_on)
        is_today = received_on == office.today(person)
        received_at = office.now() if is_today else noon_of(received_on, person.zone)
        account_receipts.take(session, receipt, spread, till=till, received_at=received_at)
        audited(session, office, person, action="create", subject="receipt", subject_id=receipt.id)
        return account.patient_id, _said_of(receipt, spread)

    answer = idempotency.once(office, person, name="take_account_payment", key=key, body_sha256=sha256, effect=effect)
    return Done(answer, 201, f"/api/v1/accounts/{answer['patient_id']}")


def _said_of(receipt: AccountReceipt, spread: Sequence[Share]) -> dict[str, Any]:
    return {
        "receipt_id": receipt.id,
        "patient_id": receipt.patient_id,
        "amount_cents": receipt.amount_cents,
        "visits": [{"encounter_id": one.encounter_id, "amount_cents": one.cents} for one in spread],
    }


def _part_faults(told: Mapping[str, str]) -> list[Fault]:
    faults = []
    for visit, text in told.items():
        try:
            if parse_typed(text) < 0:
                faults.append(Fault(field=f"visits.{visit}", message="must not be below zero"))
        except NotAnAmount as error:
            faults.append(Fault(field=f"visits.{visit}", message=str(error)))
    return faults


def _paper_faults(office: Office, person: Person, patient_id: str, number: str) -> list[Fault]:
    if not number:
        return []
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        paper = papers.numbered(session, number, practice_id=person.practice_id)
        if paper is None or not papers.asks(paper):
            message = "is no statement's number; it is ten letters and digits in two groups, as ABCDE-FGHJK"
            return [Fault(field="paper", message=message)]
        if papers.holder_of(session, paper) != households.holder_of(session, patient_id):
            return [Fault(field="paper", message="is the number of a statement of another account")]
    return []


def _spread(
    session: Session, receipt: AccountReceipt, told: Mapping[str, str], *, paper: str, keep_credit: bool
) -> list[Share]:
    """What each visit gets. Raises Problem 422."""
    theirs = {"practice_id": receipt.practice_id, "holder_id": receipt.patient_id}
    owed = paying.shares(session, **theirs, on=receipt.received_on)
    total, amount = sum(one.cents for one in owed), Cents(receipt.amount_cents)
    if told:
        return _as_told(session, receipt, told)
    if not owed:
        raise errors.invalid([Fault(field="amount", message="is for nobody's visit: the account has none yet")])
    if amount > total and not keep_credit:
        message = (
            f"is more than the {format_dollars(total)} that is owed on the account{_after_discount(session, receipt)}; "
            "say that the rest stays as a credit, or record what came for this account"
        )
        raise errors.invalid([Fault(field="amount", message=message)])
    said = papers.numbered(session, paper, practice_id=receipt.practice_id)
    before = papers.visits_on(session, [said], holder_id=receipt.patient_id) if said is not None else ()
    return oldest_first(owed, amount, before=before)


def _after_discount(session: Session, receipt: AccountReceipt) -> str:
    theirs = {"practice_id": receipt.practice_id, "holder_id": receipt.patient_id}
    visits = paying.owed(session, **theirs, today=receipt.received_on)
    off = Cents(sum(one.cents - one.pay_cents for one in visits))
    return f" after a prompt-pay discount of {format_dollars(off)}" if off else ""


def _as_told(session: Session, receipt: AccountReceipt, told: Mapping[str, str]) -> list[Share]:
    """Each visit gets what somebody said, and no more than was charged for it. Raises Problem 422."""
    everybody = set(households.members(session, receipt.patient_id))
    spread, faults = [], []
    for visit_id, text in told.items():
        visit, cents = session.get(Encounter, visit_id), parse_typed(text)
        if visit is None or households.answering(visit) not in everybody:
            faults.append(Fault(field=f"visits.{visit_id}", message="is no visit of this account"))
        elif cents > visit.charge_cents:
            charge = format_dollars(visit.charge_cents)
            faults.append(Fault(field=f"visits.{visit_id}", message=f"is more than the visit's charge of {charge}"))
        elif cents:
            spread.append(Share(visit_id, cents))
    summed = sum(one.cents for one in spread)
    if not faults and summed != receipt.amount_cents:
        message = f"is {format_dollars(receipt.amount_cents)}, but its parts come to {format_dollars(summed)}"
        faults.append(Fault(field="amount", message=message))
    if faults:
        raise errors.invalid(faults)
    return spread


def take_back(office: Office, person: Person, *, patient_id: str, receipt_id: str, reason: str, key: str) -> Done:
    """Undo all of it: every visit owes again what it had paid. Raises Problem 404 and 409."""
    if not reason.strip():
        raise errors.invalid([Fault(field="reason", message="say why")])
    sha256 = idempotency.fingerprint("take_back_receipt", receipt_id, {"reason": reason})

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known_patient.held(session, person, patient_id)
        holder = households.holder_of(session, patient_id)
        receipt = receipts.find(session, practice_id=person.practice_id, receipt_id=receipt_id, hold=True)
        if receipt is None or not is_of_account(session, receipt, holder):
            raise errors.not_found("receipt")
        if receipt.taken_back_at is not None:
            raise Problem(409, "taken-back", "This money was taken back already", "Look at the account again.")
        paid = account_receipts.open_payments(session, receipt)
        for one in paid:
            refuse_unless_whole(session, one)
        rows = [undoing(session, office, person, one, reason) for one in paid]
        cents = account_receipts.undo(session, receipt, rows, at=office.now())
        lockbox_desk.put_back(session, receipt, returned=False, at=office.now())
        audited(session, office, person, action="take_back", subject="receipt", subject_id=receipt.id, reason=reason)
        return holder, {"receipt_id": receipt.id, "patient_id": holder, "amount_cents": -cents}

    answer = idempotency.once(office, person, name="take_back_receipt", key=key, body_sha256=sha256, effect=effect)
    return Done(answer, 201, f"/api/v1/accounts/{answer['patient_id']}")


def is_of_account(session: Session, receipt: AccountReceipt, holder: str) -> bool:
    """Whether it paid for a visit of somebody whose shares stand on the account now."""
    everybody = set(households.members(session, holder))
    paid: Sequence[str] = [one.encounter_id for one in receipts.payments_of(session, receipt.id)]
    return any(households.answering(session.get_one(Encounter, one)) in everybody for one in paid)
