"""Whose visit a message tells of: by the sender's number, by coverage, by name and birth date."""

from collections.abc import Sequence

from sqlmodel import Session

from billing.claim import Claim
from billing.patients import Registration, contradicting
from billing.sent_visits import SentNumber
from database import registrations, sent
from database.tables import Patient


class NotOnePatient(LookupError):
    """The message does not tell which patient it is about. The message says what to do, and names nobody."""


def whose(
    session: Session, claim: Claim, told: Registration, numbers: Sequence[SentNumber], *, practice_id: str
) -> Patient | None:
    """The patient by number, else by coverage, else where no coverage is told the only one of this name and birth date;
    None: nobody knows them. Raises NotOnePatient.
    """
    found = sent.patient_numbered(session, numbers, practice_id=practice_id)
    if found is not None:
        if {"last_name", "birth_date"} <= set(contradicting(registrations.of_row(found), told)):
            raise NotOnePatient(
                "this record number is another patient's here, by last name and birth date: ask the sender, or mend "
                "the patient's record and take the message in again"
            )
        return found
    if claim.coverage.member_id:
        return registrations.known_by(session, claim, practice_id=practice_id)
    return only_alike(session, told, practice_id=practice_id)


def only_alike(session: Session, told: Registration, *, practice_id: str) -> Patient | None:
    """The only patient of this name and birth date. Raises NotOnePatient where there are several."""
    first = (told.first_name or "").lower()
    alike = [
        one
        for one in registrations.alike(session, told, practice_id=practice_id)
        if (one.first_name or "").lower() == first
    ]
    if len(alike) > 1:
        raise NotOnePatient("several patients have this name and birth date: change the right one by hand")
    return alike[0] if alike else None
