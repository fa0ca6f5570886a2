"""Papers to patients at the door: looked at once more under the account's lock, handed over, and put back.

A paper counts as sent from the commit of the transaction that hands it over, before any mail server hears of it. So a
payment is committed either before, and then the paper is looked at with it, or after, and then it is written down as
crossed (`database.crossings`): never both without a word.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from activities import standing_papers
from billing.letters import Way
from database import accounts, consents, crossings, households, letters
from database.letters import Sending
from database.tables import Letter, Patient, PatientAccount


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a paper does not leave."""

    because: str
    is_withdrawn: bool
    """It is wrong by now; otherwise it stays in the print queue"""


def look(session: Session, account: PatientAccount, letter: Letter, *, at: datetime) -> Stopped | None:
    """Why the paper does not leave at this moment; None: it may. Nothing is changed. The account is held."""
    if letter.sent_at is not None:
        return Stopped("it was sent by hand", is_withdrawn=False)
    if letter.withdrawn_at is not None:
        return Stopped(f"it was withdrawn: {letter.withdrawn_because}", is_withdrawn=True)
    not_yet = standing_papers.why_not_yet(session, account, at=at)
    if not_yet is not None:
        return Stopped(not_yet, is_withdrawn=False)
    out = standing_papers.why_out(session, account, letter, at=at)
    return Stopped(out, is_withdrawn=True) if out is not None else None


def stop(session: Session, account: PatientAccount, letter: Letter, stopped: Stopped, *, at: datetime) -> None:
    """A paper that is wrong by now is withdrawn, and the account looks what is to be asked instead."""
    if stopped.is_withdrawn and letter.withdrawn_at is None:
        standing_papers.withdraw(session, account, letter, because=stopped.because, at=at)
        wake(session, account, at=at)


def hand_over(
    session: Session,
    account: PatientAccount,
    letter: Letter,
    *,
    way: Way,
    on: date,
    at: datetime,
    by: str,
) -> Stopped | None:
    """Count the paper as sent; None: it does. Otherwise why not, and a wrong one is withdrawn. The account is held."""
    letters.hold(session, letter)
    stopped = look(session, account, letter, at=at)
    if stopped is not None:
        stop(session, account, letter, stopped, at=at)
        return stopped
    count_as_sent(session, letter, way=way, on=on, at=at, by=by)
    return None


def count_as_sent(session: Session, letter: Letter, *, way: Way, on: date, at: datetime, by: str) -> None:
    """A paper that was looked at in this transaction is on its way from its commit on."""
    letters.mark_sent(session, letter, at=at, actor_id=by, how=Sending(way, sent_on=on))
    session.flush()


def put_back(session: Session, account: PatientAccount, letter: Letter, *, at: datetime) -> Stopped | None:
    """What counted as sent did not arrive: it waits to be printed again, if it still says what is so. The account is
    held."""
    letters.take_sending_back(session, letter)
    crossings.forget(session, letter.id)
    stopped = look(session, account, letter, at=at)
    if stopped is not None:
        stop(session, account, letter, stopped, at=at)
    wake(session, account, at=at)
    return stopped


def wake(session: Session, account: PatientAccount, *, at: datetime) -> None:
    """The account looks at itself soon."""
    households.wake(session, practice_id=account.practice_id, patient_id=account.patient_id, at=at)


def account_of(session: Session, letter: Letter, *, at: datetime) -> PatientAccount:
    """The account that the paper asks for, held. Raises AccountMissing."""
    return accounts.lock(session, practice_id=letter.practice_id, patient_id=letter.patient_id or "", at=at)


def is_addressed_to(patient: Patient) -> bool:
    """Whether papers about the patient's balance go to the patient, whose e-mail address it is."""
    return consents.guarantor_of(patient) is None
