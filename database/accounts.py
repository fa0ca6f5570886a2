"""Patient accounts: locked before they are changed, their items kept in step with the ledger, their papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from billing.dunning import BalanceItem as Item
from billing.dunning import Notice
from billing.ledger import Account
from billing.stages import Stage
from billing.statements import Statement
from database import households, records
from database.tables import BalanceItem, Encounter, Letter, Patient, PatientAccount, Placement, Posting


@dataclass(frozen=True, slots=True)
class Owed:
    """What a patient owes on one visit, by the ledger."""

    encounter_id: str
    stage: Stage
    cents: int

    @property
    def is_billable(self) -> bool:
        """The payer is done with it, and no agency has it."""
        return self.stage == Stage.PATIENT_BALANCE


class AccountMissing(LookupError):
    """No such patient in this practice."""


def lock(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> PatientAccount:
    """The account that the patient's shares stand on, held until the transaction ends; opened when there is none yet.
    Raises AccountMissing."""
    holder = households.holder_of(session, patient_id)
    return lock_own(session, practice_id=practice_id, patient_id=holder, at=at)


def lock_own(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> PatientAccount:
    """The patient's own account, on which nothing may stand any more, held. Raises AccountMissing."""
    query = select(PatientAccount).where(
        PatientAccount.practice_id == practice_id, PatientAccount.patient_id == patient_id
    )
    found = session.exec(query.with_for_update()).first()
    if found is not None:
        return found
    patient = session.get(Patient, patient_id)
    if patient is None or patient.practice_id != practice_id:
        raise AccountMissing(f"no patient {patient_id} in practice {practice_id}")
    account = PatientAccount(patient_id=patient_id, practice_id=practice_id, touched_at=at)
    session.add(account)
    session.flush()
    return account


def lock_known(session: Session, *, practice_id: str, patient_id: str) -> PatientAccount | None:
    """The account that the patient's shares stand on, held until the transaction ends; None: there is none yet."""
    query = select(PatientAccount).where(
        PatientAccount.practice_id == practice_id,
        PatientAccount.patient_id == households.holder_of(session, patient_id),
    )
    return session.exec(query.with_for_update()).first()


def find(session: Session, *, practice_id: str, patient_id: str) -> PatientAccount | None:
    """The account for reading, or None."""
    patient_id = households.holder_of(session, patient_id)
    return session.exec(
        select(PatientAccount).where(PatientAccount.practice_id == practice_id, PatientAccount.patient_id == patient_id)
    ).first()


def owed_by_visit(session: Session, *, practice_id: str, patient_id: str) -> list[Owed]:
    """Every visit with a balance on the account that this patient holds, the oldest first."""
    everybody = households.members(session, patient_id)
    total = func.sum(Posting.amount_cents)
    rows = session.exec(
        select(Encounter.id, Encounter.stage, total)
        .join(Posting, col(Posting.encounter_id) == col(Encounter.id))
        .where(
            Encounter.practice_id == practice_id,
            households.ANSWERING.in_(everybody),
            Posting.account == Account.AR_PATIENT,
        )
        .group_by(Encounter.id, Encounter.stage, col(Encounter.service_date))
        .having(total > 0)
        .order_by(col(Encounter.service_date), Encounter.id)
    )
    return [Owed(encounter_id, Stage(stage), int(cents)) for encounter_id, stage, cents in rows]


def items(session: Session, patient_id: str) -> Sequence[BalanceItem]:
    """The balance items of the account that this patient holds."""
    return session.exec(
        select(BalanceItem).where(BalanceItem.patient_id == patient_id).order_by(col(BalanceItem.due_since))
    ).all()


def keep_in_step(session: Session, account: PatientAccount, owed: Sequence[Owed], *, at: datetime) -> list[Item]:
    """Make the items what the ledger says: new ones begin, settled ones end, those a payer opened again begin anew.

    Returns the items that may be billed: the payer is done with their visits.
    """
    rows = {one.encounter_id: one for one in items(session, account.patient_id)}
    billable = {one.encounter_id: one.cents for one in owed if one.is_billable}
    for encounter_id, row in rows.items():
        if encounter_id not in billable:
            session.delete(row)
    for encounter_id in billable:
        if encounter_id not in rows:
            rows[encounter_id] = BalanceItem(
                encounter_id=encounter_id,
                practice_id=account.practice_id,
                patient_id=account.patient_id,
                due_since=at,
            )
            session.add(rows[encounter_id])
    session.flush()
    return [noun(rows[encounter_id], cents) for encounter_id, cents in billable.items()]


def uncount(session: Session, account: PatientAccount, letter: Letter) -> None:
    """A paper that was withdrawn before it was sent, or that came back, counts for nothing: neither as a statement nor
    by its day."""
    numbers = {visit.number for visit in statement_of(letter).visits}
    for row in items(session, account.patient_id):
        if session.get_one(Encounter, row.encounter_id).external_id not in numbers or row.statements == 0:
            continue
        row.statements -= 1
        if row.statements == 0:
            row.first_statement_at = None
        if letter.kind == Notice.FINAL_NOTICE:
            row.final_notice_at = None
        session.add(row)
    account.last_paper_at = session.exec(
        select(func.max(Letter.written_at)).where(
            Letter.practice_id == account.practice_id,
            Letter.patient_id == account.patient_id,
            col(Letter.kind).in_(list(Notice)),
            col(Letter.withdrawn_at).is_(None),
            col(Letter.returned_at).is_(None),
            Letter.id != letter.id,
        )
    ).one()
    session.add(account)
    session.flush()


def statement_of(letter: Letter) -> Statement:
    """What a statement, a reminder or a final notice says."""
    return records.load(Statement, letter.content)


def noun(row: BalanceItem, cents: int) -> Item:
    """One item as billing's noun."""
    return Item(
        row.encounter_id,
        cents,
        row.due_since,
        row.statements,
        row.first_statement_at,
        row.final_notice_at,
        row.reviewed_at,
    )


def placements(session: Session, *, practice_id: str, patient_id: str) -> Sequence[Placement]:
    """What was given to agencies of the account that this patient holds, the newest first."""
    everybody = households.members(session, patient_id)
    return session.exec(
        select(Placement)
        .join(Encounter, col(Encounter.id) == col(Placement.encounter_id))
        .where(Placement.practice_id == practice_id, households.ANSWERING.in_(everybody))
        .order_by(col(Placement.placed_at).desc())
    ).all()


def waiting(session: Session, *, before: datetime, limit: int) -> list[tuple[str, str]]:
    """(practice, patient) of accounts whose own next action lies before an instant."""
    rows = session.exec(
        select(PatientAccount.practice_id, PatientAccount.patient_id)
        .where(col(PatientAccount.next_at) < before)
        .limit(limit)
    )
    return list(rows.all())


def owing_visits(session: Session) -> list[tuple[str, str, str]]:
    """(practice, holder of the account, encounter) of every visit whose payer is done and whose patient still owes."""
    holder = func.coalesce(Patient.account_id, Patient.id)
    rows = session.exec(
        select(Encounter.practice_id, holder, Encounter.id)
        .join(Posting, col(Posting.encounter_id) == col(Encounter.id))
        .join(Patient, col(Patient.id) == households.ANSWERING)
        .where(Encounter.stage == Stage.PATIENT_BALANCE, Posting.account == Account.AR_PATIENT)
        .group_by(Encounter.practice_id, holder, Encounter.id)
        .having(func.sum(Posting.amount_cents) > 0)
    )
    return list(rows)


def forgotten(session: Session) -> set[tuple[str, str]]:
    """(practice, patient) of shares that are no item of an account: from before there were accounts, or because a
    message was lost."""
    known = set(session.exec(select(BalanceItem.encounter_id)))
    return {
        (practice_id, patient_id)
        for practice_id, patient_id, encounter_id in owing_visits(session)
        if encounter_id not in known
    }
