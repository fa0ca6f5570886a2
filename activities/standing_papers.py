"""Whether a paper to a patient still says what is so, asked when the account looks at itself and again at the door."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from billing.account_holds import HoldKind
from billing.dunning import Notice
from billing.stages import FactKind
from billing.statements import Statement, why_out_of_date
from database import (
    account_holds,
    accounts,
    consents,
    good_faith,
    households,
    instalments,
    letters,
    moves,
    office,
    registrations,
)
from database.tables import Encounter, Fact, Letter, Patient, PatientAccount

Judge = Callable[[Letter], str | None]
"""Why a paper is out of date"""


def withdraw_moot(
    session: Session, account: PatientAccount, owed: Sequence[accounts.Owed], held: Collection[str], *, at: datetime
) -> list[str]:
    """Nobody is asked for what was paid, voided, disputed or went back to a payer before the paper left the house, or
    at an address that is no longer theirs. What is still owed is asked for anew, as if that paper had never been. In
    words, what was withdrawn. `held`: encounters of which nothing may be asked now."""
    said = []
    theirs = {"practice_id": account.practice_id, "patient_id": account.patient_id}
    waiting = letters.waiting_notices(session, **theirs)
    if not waiting:
        return []
    judge = _judge(session, account, owed, held, at=at)
    for letter in waiting:
        because = judge(letter)
        if because is not None:
            withdraw(session, account, letter, because=because, at=at)
            said.append(f"{Notice(letter.kind).capitalize()} withdrawn from the print queue: {because}")
    return said


def withdraw(session: Session, account: PatientAccount, letter: Letter, *, because: str, at: datetime) -> None:
    """Take the paper out of the print queue and off the count of statements."""
    letters.withdraw(session, letter, because=because, at=at)
    accounts.uncount(session, account, letter)


def why_out(session: Session, account: PatientAccount, letter: Letter, *, at: datetime) -> str | None:
    """Why the paper is to be withdrawn before it leaves; None: it says what is so. The account is held."""
    theirs = {"practice_id": account.practice_id, "patient_id": account.patient_id}
    owed = accounts.owed_by_visit(session, **theirs)
    return _judge(session, account, owed, _withheld(session, account, owed, at=at), at=at)(letter)


def why_not_yet(session: Session, account: PatientAccount, *, at: datetime) -> str | None:
    """Why nothing leaves on the account at this moment, though its papers may be right; None: they may go."""
    if account.paused_until is not None and account.paused_until > at:
        return "the account is paused"
    everybody = households.patients(session, account.patient_id)
    if any(moves.is_held(session, one) for one in everybody):
        return "the move of the account is not signed off"
    if any(one.kind == HoldKind.RETURNED_MAIL for one in account_holds.standing(session, account.patient_id)):
        return "mail came back, and there is no other address yet"
    unread = (
        select(Fact.id)
        .join(Encounter, col(Encounter.id) == col(Fact.encounter_id))
        .where(
            households.ANSWERING.in_(households.members(session, account.patient_id)),
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_(None),
            col(Fact.verdict).is_(None),
        )
    )
    if session.exec(unread.limit(1)).first() is not None:
        return "a payment has just come and is not posted yet"
    return None


def _withheld(session: Session, account: PatientAccount, owed: Sequence[accounts.Owed], *, at: datetime) -> set[str]:
    """Encounters of which nothing may be asked: disputed, on hold, or under an agreement."""
    theirs = {"practice_id": account.practice_id, "patient_id": account.patient_id}
    held = good_faith.held_up(session, **theirs)
    standing = [
        one
        for one in account_holds.standing(session, account.patient_id)
        if one.kind != HoldKind.RETURNED_MAIL and (one.until is None or one.until > at)
    ]
    held |= {one.encounter_id for one in standing if one.encounter_id is not None}
    if any(one.encounter_id is None for one in standing):
        held |= {one.encounter_id for one in owed}
    plan = instalments.active(session, account.patient_id)
    return held | set(plan.encounters.split(",")) if plan else held


def _judge(
    session: Session, account: PatientAccount, owed: Sequence[accounts.Owed], held: Collection[str], *, at: datetime
) -> Judge:
    seen = {one.encounter_id for one in owed} | set(held)
    known = {one: session.get_one(Encounter, one).external_id for one in seen}
    by_number = {known[one.encounter_id]: one.cents for one in owed if one.is_billable and one.encounter_id not in held}
    withheld = {known[one] for one in held}
    patient = session.get_one(Patient, account.patient_id)
    today = office.policies_for(session, practice_id=account.practice_id, payer_id=None).day(at)
    addressee = consents.addressee(patient, on=today)

    def judge(letter: Letter) -> str | None:
        paper = letters.content_of(letter)
        if not isinstance(paper, Statement):
            return None
        return why_out_of_date(paper, by_number, addressee, withheld, language=registrations.read_by(patient))

    return judge
