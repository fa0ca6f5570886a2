"""The stop list, kept once: behind the REST routes and the workbench's forms."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.claim_form import Part
from api.errors import Fault
from api.office import Office
from billing.adjustment_codes import WELL_FORMED_CARC
from billing.posting_review import StopCode
from billing.remittance import Group
from database import payers, stop_codes
from database.access import Person


def _carc(text: str) -> str:
    code = text.strip().upper()
    if WELL_FORMED_CARC.fullmatch(code) is None:
        raise ValueError("is no adjustment reason code, such as 97 or B7")
    return code


def _group(text: str) -> str:
    code = text.strip().upper()
    if code and code not in set(Group):
        raise ValueError(f"is none of {', '.join(Group)}; leave it empty for any")
    return code


class StopCodeForm(Part):
    """An adjustment that is never posted unseen."""

    reason: Annotated[str, Field(max_length=5), AfterValidator(_carc)]
    """CARC"""
    group: Annotated[str, Field(max_length=2), AfterValidator(_group)] = ""
    """CAS01; empty: under any group"""
    payer: Annotated[str, Field(max_length=20)] = ""
    """The payer's id; empty: every payer"""
    note: Annotated[str, Field(max_length=200)] = ""
    """Why"""


def add(office: Office, person: Person, form: StopCodeForm, *, key: str) -> Done:
    """Put a code on the list. Raises Problem 422: a payer of another practice, or a code that is there."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        payer_id = form.payer or None
        if payer_id and payers.find(session, practice_id=person.practice_id, payer_id=payer_id) is None:
            raise errors.invalid([Fault(field="payer", message="is no payer of this practice")])
        stop = StopCode(form.reason, form.group, form.note)
        stop_id = stop_codes.add(
            session, stop, practice_id=person.practice_id, payer_id=payer_id, at=office.now(), by=person.user_id
        )
        if stop_id is None:
            raise errors.invalid([Fault(field="reason", message=f"{stop.code} is on the list already")])
        words = f"put on the stop list: {stop.code}"
        actions.updated(session, office, person, "practice", person.practice_id, words)
        return stop_id, {"id": stop_id, "code": stop.code}

    return actions.kept_once(office, person, "add_stop_code", person.practice_id, form, effect, key=key)


class Nothing(Part):
    """A form without fields."""


def take_off(office: Office, person: Person, stop_id: str, *, key: str) -> Done:
    """Take a code off the list. Raises Problem 404."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        stop = stop_codes.take_off(session, stop_id, practice_id=person.practice_id)
        if stop is None:
            raise errors.not_found("stop code")
        words = f"taken off the stop list: {stop.code}"
        actions.updated(session, office, person, "practice", person.practice_id, words)
        return stop_id, {"id": stop_id, "code": stop.code}

    return actions.kept_once(office, person, "take_off_stop_code", stop_id, Nothing(), effect, key=key)
