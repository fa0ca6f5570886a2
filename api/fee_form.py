"""The terms of a billing company's fee as a form, and their way to billing's nouns."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.claim_form import Amount, Part
from api.errors import Fault, Problem
from api.office import Office
from billing.fees import WHOLE, Agreed, Terms
from billing.periods import Month, month_named
from database import fees, payers
from database.access import Person
from database.fees import AlreadyInvoiced, NeverClosed, NotInvoiced

PAYER_PREFIX = "excluded."
"""Names of the check boxes of excluded payers"""
_PER_PERCENT = 100


def _month(typed: str) -> str:
    return month_named(typed).key


def _percent(typed: str) -> str:
    try:
        value = Decimal(typed.removesuffix("%").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value <= WHOLE // _PER_PERCENT or value != round(value, 2):
        raise ValueError("must be a percentage above zero and up to 100, such as 6.25, with at most two decimals")
    return f"{value.normalize():f}"


MonthTyped = Annotated[str, AfterValidator(_month), Field(max_length=10, examples=["2026-10"])]


class AgreementForm(Part):
    """Terms from a month on."""

    month: MonthTyped
    """The first month that they count for"""
    percent: Annotated[str, AfterValidator(_percent), Field(max_length=10, examples=["6.25"])]
    """Of what was collected"""
    of_payers: bool = False
    of_patients: Annotated[bool, Field(validate_default=True)] = False
    minimum: Amount = 0
    """The least that is asked for a month"""
    excluded_payers: Annotated[list[str], Field(max_length=200)] = []
    """Ids of payers whose payments are no part of the base"""
    biller: Annotated[str, Field(min_length=1, max_length=100)]
    """Who asks for the fee"""
    biller_address: Annotated[str, Field(max_length=200)] = ""
    pay_within_days: Annotated[int, Field(ge=0, le=365)] = 30

    @field_validator("of_patients")
    @classmethod
    def _something_counts(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and not info.data.get("of_payers"):
            raise ValueError("choose payments of payers, of patients, or both")
        return value

    def agreed(self) -> Agreed:
        terms = Terms(
            int(Decimal(self.percent) * _PER_PERCENT),
            self.of_payers,
            self.of_patients,
            self.minimum,
            frozenset(self.excluded_payers),
        )
        return Agreed(terms, self.biller, self.biller_address, self.pay_within_days)


class EndForm(Part):
    """From which month on nothing is asked."""

    month: MonthTyped


class InvoiceForm(Part):
    """Of which month the invoice is made."""

    month: MonthTyped


def typed_terms(typed: dict[str, str]) -> dict[str, Any]:
    """What a page's form holds, with the payers that were ticked."""
    chosen = [name.removeprefix(PAYER_PREFIX) for name in typed if name.startswith(PAYER_PREFIX)]
    return {"minimum": "0"} | {name: text for name, text in typed.items() if text} | {"excluded_payers": chosen}


def agree(office: Office, person: Person, form: AgreementForm, *, key: str) -> Done:
    """Keep terms. Raises Problem 422: a payer is not the practice's, or the month is invoiced."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known = {one.id for one in payers.page(session, practice_id=person.practice_id)}
        if not known.issuperset(form.excluded_payers):
            raise errors.invalid([Fault(field="excluded_payers", message="names no payer of this practice")])
        agreed = form.agreed()
        said = f"from {form.month}: {agreed.terms.basis_points} basis points"
        return _kept(session, office, person, month_named(form.month), agreed, said, is_end=False)

    return actions.kept_once(office, person, "agree_fee", "", form, effect, key=key)


def end(office: Office, person: Person, form: EndForm, *, key: str) -> Done:
    """From a month on nothing is asked. Raises Problem 409: there are no terms; 422: the month is invoiced."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        month = month_named(form.month)
        row = fees.in_force(session, month, practice_id=person.practice_id)
        if row is None:
            raise Problem(409, "no-agreement", "There is nothing to end", f"No agreement is in force in {month.key}.")
        return _kept(session, office, person, month, fees.agreed_of(row), f"ended from {month.key}", is_end=True)

    return actions.kept_once(office, person, "end_fee", "", form, effect, key=key)


def invoice(office: Office, person: Person, form: InvoiceForm, *, key: str) -> Done:
    """Make the invoice of a closed month. Raises Problem 409: not of this month, or not now."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        month = month_named(form.month)
        try:
            row = fees.make(session, month, practice_id=person.practice_id, at=office.now(), actor_id=person.user_id)
        except NotInvoiced as error:
            raise Problem(409, "not-invoiced", "No invoice was made", f"{error}.") from error
        said = f"number {row.number} of {month.key}: {row.fee_cents} cents"
        actions.audited(session, office, person, action="create", subject="fee_invoice", subject_id=row.id, reason=said)
        return row.id, {"invoice_id": row.id, "number": row.number, "fee_cents": row.fee_cents}

    return actions.kept_once(office, person, "make_fee_invoice", "", form, effect, key=key)


def _kept(
    session: Session, office: Office, person: Person, month: Month, agreed: Agreed, said: str, *, is_end: bool
) -> tuple[str, dict[str, Any]]:
    try:
        row = fees.agree(
            session,
            month,
            agreed,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            is_end=is_end,
        )
    except (AlreadyInvoiced, NeverClosed) as error:
        raise errors.invalid([Fault(field="month", message=str(error))]) from error
    actions.audited(session, office, person, action="create", subject="fee_agreement", subject_id=row.id, reason=said)
    return row.id, {"agreement_id": row.id}
