"""Mail that came back: the paper counts for nothing, and nothing goes out until there is another address."""

from datetime import date, datetime

from sqlmodel import Session

from activities.account_decisions import wake
from activities.statement_papers import number_of
from billing.account_holds import HoldKind
from database import account_holds, accounts, consents, letters
from database.tables import Letter, Patient, PatientAccount


def take_back(session: Session, account: PatientAccount, letter: Letter, *, at: datetime, by: str) -> bool:
    """A statement or notice came back; False when that is known. The account is held. Raises LetterNotSent."""
    if not letters.mark_returned(session, letter, at=at, actor_id=by):
        return False
    accounts.uncount(session, account, letter)
    account_holds.begin(
        session,
        practice_id=account.practice_id,
        patient_id=account.patient_id,
        kind=HoldKind.RETURNED_MAIL,
        reason=f"paper {number_of(letter.id)} came back; it ends when the address changes",
        until=None,
        at=at,
        by=by,
    )
    wake(session, account, at=at)
    return True


def has_moved(session: Session, account: PatientAccount, *, on: date) -> bool:
    """Whether papers go to another address now than the one that came back last."""
    letter = letters.newest_returned(session, practice_id=account.practice_id, patient_id=account.patient_id)
    if letter is None:
        return False
    _, *address = consents.addressee(session.get_one(Patient, account.patient_id), on=on)
    return list(accounts.statement_of(letter).addressee[1:]) != address
