"""Money that a patient pays, and payments that are taken back: returned by the bank, or entered by mistake."""

from datetime import date, timedelta
from typing import Any, Literal

from sqlmodel import Session, select

from api import errors, idempotency
from api.actions import Done, audited
from api.errors import Fault, Problem
from api.office import Office
from billing.days import noon_of
from billing.money import NotAnAmount, format_dollars, parse_typed
from database import cash, encounters, patient_payments, returned_payments
from database.access import Person
from database.columns import new_id
from database.tables import AccountReceipt, PatientPayment

PaymentMethod = Literal["cash", "cheque", "card", "eft"]
OLDEST_PAYMENT = timedelta(days=730)
"""A patient's payment dated further back is a slip of the pen"""


def take_payment(
    office_: Office,
    person: Person,
    *,
    encounter_id: str,
    amount: str,
    method: PaymentMethod,
    received_on: date,
    reference: str,
    key: str,
) -> Done:
    """Record money that a patient paid towards an encounter; the encounter posts it."""
    faults = payment_faults(office_, person, amount=amount, received_on=received_on, reference=reference)
    if faults:
        raise errors.invalid(faults)
    body = {"amount": amount, "method": method, "received_on": received_on, "reference": reference}
    sha256 = idempotency.fingerprint("take_payment", encounter_id, body)
    now = office_.now()

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        _refuse_misplaced(session, person, encounter_id, cents=parse_typed(amount))
        till = till_for(session, person, method, received_on)
        payment = PatientPayment(
            id=new_id(),
            practice_id=person.practice_id,
            encounter_id=encounter_id,
            amount_cents=parse_typed(amount),
            method=method,
            reference=reference or None,
            received_on=received_on,
            till=till,
            received_at=now if received_on == office_.today(person) else noon_of(received_on, person.zone),
            recorded_by=person.user_id,
        )
        patient_payments.keep(session, payment, at=now)
        audited(session, office_, person, action="create", subject="payment", subject_id=payment.id)
        return encounter_id, {"payment_id": payment.id, "amount_cents": payment.amount_cents}

    answer = idempotency.once(office_, person, name="take_payment", key=key, body_sha256=sha256, effect=effect)
    return Done(answer, 201, f"/api/v1/encounters/{encounter_id}")


def _refuse_misplaced(session: Session, person: Person, encounter_id: str, *, cents: int) -> None:
    """Raise Problem 404 and 422 for money that cannot belong to this visit."""
    encounter = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
    if encounter is None:
        raise errors.not_found("encounter")
    if cents > encounter.charge_cents:
        charge = format_dollars(encounter.charge_cents)
        message = f"is more than the visit's charge of {charge}; record what belongs to this visit"
        raise errors.invalid([Fault(field="amount", message=message)])


def till_for(session: Session, person: Person, method: str, day: date) -> int:
    """The till that the money goes into. Raises Problem 422 where it is counted and not at the bank yet; a card and a
    transfer are in no till and are taken whatever its state."""
    if method not in cash.IN_THE_TILL:
        return 1
    till = cash.open_till(session, practice_id=person.practice_id, user_id=person.user_id, day=day)
    if till is None:
        message = "your till of that day is closed: ask a supervisor to open it again (Day close)"
        raise errors.invalid([Fault(field="received_on", message=message)])
    return till


def payment_faults(office_: Office, person: Person, *, amount: str, received_on: date, reference: str) -> list[Fault]:
    """What is wrong with a payment as it was typed."""
    faults: list[Fault] = []
    try:
        if parse_typed(amount) <= 0:
            faults.append(Fault(field="amount", message="must be above zero"))
    except NotAnAmount as error:
        faults.append(Fault(field="amount", message=str(error)))
    today = office_.today(person)
    if received_on > today:
        faults.append(Fault(field="received_on", message="lies in the future"))
    elif received_on < today - OLDEST_PAYMENT:
        faults.append(Fault(field="received_on", message="lies more than two years back"))
    if sum(char.isdigit() for char in reference) >= 13:
        faults.append(Fault(field="reference", message="looks like a card number; write the receipt's number"))
    return faults


def take_back(office_: Office, person: Person, *, encounter_id: str, payment_id: str, reason: str, key: str) -> Done:
    """Undo a patient's payment; what it had paid is owed again.

    Money of a day that is not closed leaves that day's till; closed and not yet carried to the bank it leaves today's,
    of who takes it back; carried there, it leaves the bank.
    """
    if not reason.strip():
        raise errors.invalid([Fault(field="reason", message="say why")])
    sha256 = idempotency.fingerprint("take_back_payment", payment_id, {"reason": reason})

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        paid = session.get(PatientPayment, payment_id)
        if paid is None or (paid.practice_id, paid.encounter_id) != (person.practice_id, encounter_id):
            raise errors.not_found("payment")
        _refuse_a_part(session, paid)
        refuse_unless_whole(session, paid)
        row = undoing(session, office_, person, paid, reason)
        patient_payments.keep(session, row, at=office_.now())
        audited(session, office_, person, action="take_back", subject="payment", subject_id=paid.id, reason=reason)
        return encounter_id, {"payment_id": row.id, "amount_cents": row.amount_cents}

    answer = idempotency.once(office_, person, name="take_back_payment", key=key, body_sha256=sha256, effect=effect)
    return Done(answer, 201, f"/api/v1/encounters/{encounter_id}")


def _refuse_a_part(session: Session, paid: PatientPayment) -> None:
    """One cheque is one cheque: what was spread over an account goes back as a whole. Raises Problem 409."""
    if paid.receipt_id is not None:
        receipt = session.get_one(AccountReceipt, paid.receipt_id)
        detail = (
            f"It is part of {format_dollars(receipt.amount_cents)} that came for the whole account on "
            f"{receipt.received_on}. Take all of it back on the account's page."
        )
        raise Problem(409, "part-of-receipt", "This payment is part of a larger one", detail)


def refuse_unless_whole(session: Session, paid: PatientPayment) -> None:
    """Only a payment that stands, and whose money nobody paid back, can be taken back. Raises Problem 409."""
    undone = session.exec(select(PatientPayment).where(PatientPayment.takes_back == paid.id)).first()
    if paid.takes_back is not None or undone is not None:
        raise Problem(409, "taken-back", "This payment was taken back already", "Look at the visit again.")
    if not returned_payments.is_whole(session, paid):
        detail = "Part of it was paid back to the patient, or it is not posted yet. Look at the visit again."
        raise Problem(409, "not-held", "The payment's money is not on this visit", detail)


def undoing(session: Session, office_: Office, person: Person, paid: PatientPayment, reason: str) -> PatientPayment:
    """The row that undoes a payment, in the till or at the bank where its money is now."""
    day, today = paid.received_on, office_.today(person)
    cash.hold(session, paid.recorded_by, person.user_id)
    close = cash.close_of(session, practice_id=paid.practice_id, user_id=paid.recorded_by, day=day, till=paid.till)
    is_in_the_till = paid.method in cash.IN_THE_TILL
    method, user_id, at, till = paid.method, person.user_id, office_.now(), 1
    received_on = today
    if is_in_the_till and close is None:
        user_id, at, received_on, till = paid.recorded_by, paid.received_at, day, paid.till
    elif is_in_the_till and close is not None and close.deposit_id is not None:
        method = "eft"
    elif is_in_the_till:
        till = _till_of_today(session, person, today)
    return PatientPayment(
        id=new_id(),
        practice_id=paid.practice_id,
        encounter_id=paid.encounter_id,
        amount_cents=-paid.amount_cents,
        fee_cents=-paid.fee_cents,
        method=method,
        reference=reason[:100],
        received_on=received_on,
        till=till,
        received_at=at,
        recorded_by=user_id,
        takes_back=paid.id,
    )


def _till_of_today(session: Session, person: Person, today: date) -> int:
    """The till that what is paid out again leaves. Raises Problem 422 where it is counted and not at the bank yet."""
    till = cash.open_till(session, practice_id=person.practice_id, user_id=person.user_id, day=today)
    if till is None:
        message = "your till of today is closed: ask a supervisor to open it again, or do it tomorrow"
        raise errors.invalid([Fault(field="reason", message=message)])
    return till
