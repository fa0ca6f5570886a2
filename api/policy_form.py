"""The form of one policy's new value, for the practice or for one of its payers, and what it does."""

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from sqlmodel import Session

from api import errors
from api.claim_form import Part
from api.errors import Fault
from api.office import Office
from billing.policies import SWITCHES, largest, smallest
from database import office as office_rows
from database import policies
from database.access import Person

Why = Annotated[str, Field(min_length=1, max_length=200)]
LARGEST_VALUE = 1_000_000_000
FURTHEST = timedelta(days=3653)
"""From today to the day a policy may begin"""


class PolicyForm(Part):
    """A policy's value from a day on."""

    policy: Annotated[str, Field(max_length=60)]
    value: Annotated[int, Field(ge=0, le=LARGEST_VALUE)]
    """Hours, days, cents, or 1 for yes and 0 for no: the policy's last word tells"""
    effective_from: date
    reason: Why

    @field_validator("value", mode="before")
    @classmethod
    def _is_whole(cls, typed: object, info: ValidationInfo) -> object:
        """`5.00` is no five: whoever writes so of a policy in cents means dollars."""
        if isinstance(typed, str) and not re.fullmatch(r"\s*-?[0-9]+\s*", typed):
            in_cents = str(info.data.get("policy", "")).endswith("_cents")
            raise ValueError("is in cents: write 500 for $5.00" if in_cents else "must be a whole number")
        return typed


def check(form: PolicyForm, offered: tuple[str, ...], *, today: date) -> None:
    """Raises errors.invalid for a policy that is not offered here, a value beyond its bounds, or a slip in the year."""
    if form.policy not in offered:
        raise errors.invalid([Fault(field="policy", message="choose one of the policies")])
    if form.policy in SWITCHES and form.value > 1:
        raise errors.invalid([Fault(field="value", message="this one is 1 for yes or 0 for no")])
    if form.value < smallest(form.policy):
        raise errors.invalid([Fault(field="value", message=f"must be at least {smallest(form.policy)}")])
    if form.value > largest(form.policy):
        raise errors.invalid([Fault(field="value", message=f"must be at most {largest(form.policy)}")])
    if abs(form.effective_from - today) > FURTHEST:
        message = "lies more than ten years away; is the year right?"
        raise errors.invalid([Fault(field="effective_from", message=message)])


def keep(session: Session, office: Office, person: Person, form: PolicyForm, *, payer_id: str | None = None) -> str:
    """Keep the row; says what was done, for the audit. One whose day has not passed is mended, never an older one."""
    row = policies.row_from(
        session, practice_id=person.practice_id, payer_id=payer_id, name=form.policy, day=form.effective_from
    )
    if row is not None and form.effective_from < office.today(person):
        message = "this policy has a value from that day already, and it was used; choose a later day"
        raise errors.invalid([Fault(field="effective_from", message=message)])
    if row is not None:
        before, row.value, row.source = row.value, form.value, form.reason
        session.add(row)
        return f"{form.policy} = {form.value} from {form.effective_from}, mended, was {before}: {form.reason}"
    office_rows.set_policy(
        session,
        practice_id=person.practice_id,
        payer_id=payer_id,
        name=form.policy,
        value=form.value,
        effective_from=form.effective_from,
        source=form.reason,
    )
    return f"{form.policy} = {form.value} from {form.effective_from}: {form.reason}"
