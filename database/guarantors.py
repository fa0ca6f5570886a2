"""Moves what a patient owes to the account of who answers for it, with all that was said and sent about it.

What is owed keeps its age. A pause goes along, and so does the day of the last paper; a paper of the old account that
nobody has sent yet is withdrawn and counts for nothing; who was asked before collections is asked anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from billing.account_holds import OF_THE_PERSON, HoldKind
from billing.claim import Person
from billing.consents import Guarantor
from billing.instalments import PlanState
from database import account_holds, accounts, households, instalments, kept_cards, letters, records, registrations
from database.tables import BalanceItem, Encounter, Patient, PatientAccount, PayLink

MOVED = "what it asks for stands on another account now"
"""Why a paper is withdrawn"""


def regroup(session: Session, patient: Patient, *, at: datetime) -> str | None:
    """Put the patient's shares on the account of who answers for them now; gives the holder's id when it is another.

    Whoever stood on the patient's own account is looked at too. The patient's row is locked. The key of who is kept as
    a guarantor, and has none, stays.
    """
    guarantor = records.load(Guarantor, patient.guarantor) if patient.guarantor else None
    if guarantor is not None:
        patient.guarantor_key = households.key_of(guarantor.person)
    before = patient.account_id or patient.id
    session.add(patient)
    session.flush()
    now = _held_holder(session, patient, guarantor)
    leaving = [one for one in _dependents(session, patient) if now != patient.id or not _belongs(session, one, patient)]
    if before == now and not leaving:
        return None
    _hold(session, patient.practice_id, before, now, *(one.id for one in leaving))
    _stand_on(session, patient, now)
    for one in leaving:
        _stand_on(session, one, one.id)
    end_links(session, before if before != now else patient.id, at=at)
    for one in leaving:
        regroup(session, one, at=at)
    for one in (patient, *leaving):
        bring_items(session, one, at=at)
    for holder in dict.fromkeys((before, now, *(households.holder_of(session, one.id) for one in leaving))):
        households.wake(session, practice_id=patient.practice_id, patient_id=holder, at=at)
    return now if before != now else None


def bring_items(session: Session, patient: Patient, *, at: datetime) -> None:
    """Whatever is owed on the patient's visits stands on the account that the patient stands on."""
    session.flush()
    holder = households.holder_of(session, patient.id)
    visits = select(Encounter.id).where(patient.id == households.ANSWERING)
    query = select(BalanceItem).where(col(BalanceItem.encounter_id).in_(visits), col(BalanceItem.patient_id) != holder)
    items = session.exec(query.order_by(BalanceItem.encounter_id)).all()
    if not items:
        return
    account = accounts.lock_own(session, practice_id=patient.practice_id, patient_id=holder, at=at)
    for old_id in sorted({item.patient_id for item in items}):
        old = accounts.lock_own(session, practice_id=patient.practice_id, patient_id=old_id, at=at)
        _withdraw_papers(session, old, [one for one in items if one.patient_id == old_id], at=at)
        _take_along(session, old, account, at=at)
        _bring_holds(session, patient, old, account, at=at)
        _bring_plan(session, patient, old, account, at=at)
    for item in items:
        item.patient_id = holder
        item.reviewed_at = None
        session.add(item)
    session.flush()


def bring_person(session: Session, before: str, guardian: Patient, *, at: datetime) -> None:
    """The account that is kept under `before` is the guardian's, who holds one as a patient from now on: what is of
    the person and what was agreed goes along whole, also where no visit owes. Those who stand on it follow."""
    theirs = {"practice_id": guardian.practice_id}
    if session.get(PatientAccount, before) is None:
        return
    _hold(session, guardian.practice_id, before, guardian.id)
    old = accounts.lock_own(session, **theirs, patient_id=before, at=at)
    account = accounts.lock_own(session, **theirs, patient_id=guardian.id, at=at)
    _take_along(session, old, account, at=at)
    for row in account_holds.standing(session, before):
        if row.kind in OF_THE_PERSON:
            account_holds.begin(
                session,
                **theirs,
                patient_id=guardian.id,
                kind=HoldKind(row.kind),
                reason=row.reason,
                until=row.until,
                at=row.begun_at,
                by=row.begun_by,
            )
            account_holds.end(session, row, why="who answers is a patient now, with an account", at=at, by=None)
    if instalments.active(session, guardian.id) is None:
        instalments.move(session, before, to=guardian.id)
    session.flush()


def ungrouped(session: Session, *, limit: int) -> Sequence[Patient]:
    """Patients whose guarantor is known from before accounts were shared."""
    query = select(Patient).where(col(Patient.guarantor).is_not(None), col(Patient.guarantor_key).is_(None))
    return session.exec(query.order_by(col(Patient.created_at), Patient.id).limit(limit).with_for_update()).all()


def patient_like(session: Session, patient: Patient, person: Person) -> Patient | None:
    """The guarantor, where the practice knows exactly one patient of this name and birth date."""
    if person.birth_date is None:
        return None
    query = select(Patient).where(
        Patient.practice_id == patient.practice_id,
        Patient.id != patient.id,
        Patient.birth_date == person.birth_date,
        func.lower(Patient.last_name) == person.name.last.lower(),
        func.lower(func.coalesce(Patient.first_name, "")) == (person.name.first or "").lower(),
        col(Patient.merged_into).is_(None),
    )
    rows = session.exec(query.limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def kept_as(session: Session, patient: Patient, person: Person) -> Patient | None:
    """The guarantor, where an account is kept for this person already, or whom they turned out to be; first the one
    that the patient stands on."""
    query = select(Patient).where(
        Patient.practice_id == patient.practice_id,
        Patient.id != patient.id,
        Patient.guarantor_key == households.key_of(person),
        col(Patient.guarantor).is_(None),
    )
    own_first = (col(Patient.id) != (patient.account_id or ""), col(Patient.created_at), col(Patient.id))
    known = [registrations.kept(session, one) for one in session.exec(query.order_by(*own_first)).all()]
    return next((one for one in known if one.id != patient.id), None)


def answered_for(session: Session, person: Person, *, but: Patient) -> Sequence[str]:
    """The other patients for whom this person answers as well."""
    query = select(Patient.id).where(
        Patient.practice_id == but.practice_id,
        Patient.id != but.id,
        Patient.guarantor_key == households.key_of(person),
        col(Patient.guarantor).is_not(None),
        col(Patient.merged_into).is_(None),
    )
    return session.exec(query.order_by(Patient.id)).all()


def end_links(session: Session, holder_id: str, *, at: datetime) -> None:
    """Who had a link to an account that is another one now does not see what came to it, or went."""
    query = select(PayLink).where(PayLink.patient_id == holder_id, col(PayLink.revoked_at).is_(None))
    for link in session.exec(query):
        link.revoked_at = at
        session.add(link)


def _held_holder(session: Session, patient: Patient, guarantor: Guarantor | None) -> str:
    """The holder, whose own row is held: nobody puts it on a third account meanwhile."""
    now = _holder(session, patient, guarantor)
    while now != patient.id:
        session.refresh(session.get_one(Patient, now), with_for_update={"key_share": True})
        again = _holder(session, patient, guarantor)
        if again == now:
            break
        now = again
    return now


def _dependents(session: Session, patient: Patient) -> Sequence[Patient]:
    query = select(Patient).where(Patient.account_id == patient.id)
    return session.exec(query.order_by(col(Patient.created_at), Patient.id)).all()


def _belongs(session: Session, dependent: Patient, holder: Patient) -> bool:
    """Whether the holder answers for the dependent, or the same person answers for both."""
    guarantor = records.load(Guarantor, dependent.guarantor) if dependent.guarantor else None
    if guarantor is None or holder.merged_into is not None:
        return False
    himself = patient_like(session, dependent, guarantor.person)
    return holder is himself or dependent.guarantor_key == holder.guarantor_key


def _stand_on(session: Session, patient: Patient, holder_id: str) -> None:
    patient.account_id = None if holder_id == patient.id else holder_id
    session.add(patient)
    session.flush()


def _withdraw_papers(session: Session, old: PatientAccount, items: Sequence[BalanceItem], *, at: datetime) -> None:
    """Papers about these items that are still in the house; while the items stand on the account that they are of."""
    numbers = {session.get_one(Encounter, one.encounter_id).external_id for one in items}
    waiting = letters.waiting_notices(session, practice_id=old.practice_id, patient_id=old.patient_id)
    for letter in waiting:
        if numbers & {visit.number for visit in accounts.statement_of(letter).visits}:
            letters.hold(session, letter)
            if letter.sent_at is None and letters.withdraw(session, letter, because=MOVED, at=at):
                accounts.uncount(session, old, letter)


def _take_along(session: Session, old: PatientAccount, account: PatientAccount, *, at: datetime) -> None:
    """Nobody is asked sooner, or while the old account is paused, because the share stands elsewhere now."""
    if old.last_paper_at is not None:
        account.last_paper_at = max(account.last_paper_at or old.last_paper_at, old.last_paper_at)
    if old.paused_until is not None and old.paused_until > at:
        account.paused_until = max(account.paused_until or old.paused_until, old.paused_until)
        said = (account.pause_reason, old.pause_reason)
        account.pause_reason = "; ".join(dict.fromkeys(filter(None, said)))[:500]
    session.add(account)


def _bring_holds(
    session: Session, patient: Patient, old: PatientAccount, account: PatientAccount, *, at: datetime
) -> None:
    """What stands in the way of a visit goes with it, and what was asked about all of the bill stands here too. What
    concerned the person who answered before does not."""
    visits = set(session.exec(select(Encounter.id).where(patient.id == households.ANSWERING)))
    for row in account_holds.standing(session, old.patient_id):
        if row.encounter_id in visits:
            row.patient_id = account.patient_id
            session.add(row)
        elif row.encounter_id is None and row.kind not in OF_THE_PERSON:
            account_holds.begin(
                session,
                practice_id=account.practice_id,
                patient_id=account.patient_id,
                kind=HoldKind(row.kind),
                reason=row.reason,
                until=row.until,
                at=at,
                by=row.begun_by,
            )


def _bring_plan(
    session: Session, patient: Patient, old: PatientAccount, account: PatientAccount, *, at: datetime
) -> None:
    """An agreement about this patient's visits alone goes with them; one that was about others too holds no more."""
    row = instalments.active(session, old.patient_id)
    if row is None:
        return
    mine = set(session.exec(select(Encounter.id).where(patient.id == households.ANSWERING)))
    about = set(instalments.visits_of(row))
    if about <= mine and instalments.active(session, account.patient_id) is None:
        row.patient_id = account.patient_id
        kept_cards.end_all(
            session, row.id, by=kept_cards.OFFICE, why="the plan stands on another account; agree anew", at=at
        )
    elif about & mine:
        row.state, row.ended_at, row.why = PlanState.ENDED, at, "its visits stand on two accounts now; agree anew"
        kept_cards.end_all(session, row.id, by=kept_cards.OFFICE, why="the plan has ended", at=at)
    session.add(row)


def _holder(session: Session, patient: Patient, guarantor: Guarantor | None) -> str:
    if guarantor is None:
        return patient.id
    himself = patient_like(session, patient, guarantor.person)
    if himself is not None:
        return himself.account_id or himself.id
    return _first_of(session, patient) or patient.id


def _first_of(session: Session, patient: Patient) -> str | None:
    """The holder among the other patients whom the same guarantor answers for, and the guarantor who is kept as one, or
    whom they turned out to be."""
    query = (
        select(Patient)
        .where(
            Patient.practice_id == patient.practice_id,
            Patient.guarantor_key == patient.guarantor_key,
            Patient.id != patient.id,
            or_(col(Patient.merged_into).is_(None), col(Patient.guarantor).is_(None)),
        )
        .order_by(col(Patient.created_at), Patient.id)
    )
    known = [registrations.kept(session, one) for one in session.exec(query).all()]
    others = [one for one in known if one.id != patient.id]
    if not others:
        return None
    elder = next((one for one in others if one.account_id is None), others[0])
    return elder.account_id or elder.id


def _hold(session: Session, practice_id: str, *holder_ids: str) -> None:
    """Nothing happens on these accounts meanwhile; locked in one order, so that two moves never wait for another."""
    query = select(PatientAccount).where(
        PatientAccount.practice_id == practice_id, col(PatientAccount.patient_id).in_(holder_ids)
    )
    session.exec(query.order_by(PatientAccount.patient_id).with_for_update()).all()
