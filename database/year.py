"""What a year left with those who answer for bills: who owes and why, what papers asked, where money went."""

from collections.abc import Collection, Mapping

from sqlmodel import Session, col, func, select

from billing.ledger import APPLYING, Account, EntryKind
from database import account_holds, accounts, households, instalments, letters
from database.proof import SHOWN, Proof
from database.tables import Encounter, Journal, Letter, Patient, PatientAccount, PatientPayment, Posting


def accounts_rest(session: Session) -> Proof:
    """Nothing is owed on an account, or it is paid in parts, or held. What an agency has is owed there."""
    off = []
    rows = session.exec(select(PatientAccount).order_by(PatientAccount.patient_id)).all()
    for row in rows:
        if households.holder_of(session, row.patient_id) != row.patient_id:
            continue
        theirs = {"practice_id": row.practice_id, "patient_id": row.patient_id}
        owed = sum(one.cents for one in accounts.owed_by_visit(session, **theirs) if one.is_billable)
        is_held = row.paused_until is not None or bool(account_holds.standing(session, row.patient_id))
        if owed and not is_held and instalments.active(session, row.patient_id) is None:
            off.append(f"account {row.patient_id} owes {owed} cents, and the next is {row.next_at}")
    statement = "every account is at zero, on a plan, in a named hold or with an agency"
    return Proof("accounts", statement, len(rows), off[:SHOWN])


def papers_ask_rightly(session: Session, billable: Mapping[str, int]) -> Proof:
    """No paper asked more of a visit than its payers left to the patient. `billable`: cents by encounter."""
    numbers = {
        (practice_id, number): one
        for one, practice_id, number in session.exec(select(Encounter.id, Encounter.practice_id, Encounter.external_id))
    }
    papers = session.exec(select(Letter).where(col(Letter.patient_id).is_not(None), col(Letter.sent_at).is_not(None)))
    looked, off = 0, []
    for paper in papers:
        if not letters.is_notice(paper):
            continue
        for visit in accounts.statement_of(paper).visits:
            looked += 1
            encounter_id = numbers.get((paper.practice_id, visit.number), "")
            if visit.owed_cents > billable.get(encounter_id, 0):
                off.append(f"paper {paper.id}: {visit.owed_cents} of visit {visit.number}")
    return Proof("papers", "no paper asked for money that the payers left to nobody", looked, off[:SHOWN])


def money_in(session: Session, told_cents: int) -> Proof:
    """What patients say they paid is what was taken in: applied, paid back, or still a credit. To the cent."""
    taken = int(session.exec(select(func.coalesce(func.sum(PatientPayment.amount_cents), 0))).one())
    rows = session.exec(
        select(Journal.kind, func.sum(Posting.amount_cents))
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .where(Posting.account == Account.PATIENT_UNAPPLIED)
        .group_by(Journal.kind)
    )
    moved = {kind: int(cents) for kind, cents in rows}
    applied = sum(moved.get(kind, 0) for kind in APPLYING)
    refunded = moved.get(EntryKind.REFUND, 0)
    credits_left = -sum(moved.values())
    settled = int(
        session.exec(
            select(func.coalesce(func.sum(Posting.amount_cents), 0))
            .join(Journal, col(Journal.number) == col(Posting.journal_number))
            .where(col(Journal.kind).in_(APPLYING), col(Posting.account) != Account.PATIENT_UNAPPLIED)
        ).one()
    )
    off = []
    if taken != told_cents:
        off.append(f"{taken} cents were taken in, {told_cents} were paid")
    if taken != applied + refunded + credits_left:
        off.append(f"{taken} cents came, {applied} are applied, {refunded} paid back, {credits_left} credits")
    if applied != -settled:
        off.append(f"{applied} cents left the patients' money, {-settled} came to shares")
    return Proof("money", "what patients paid is applied, paid back or a credit, to the cent", taken, off)


def placed_rightly(session: Session, at_agency: Collection[str], never_pay: Collection[str]) -> Proof:
    """Only those were placed who never meant to pay. Names as on an envelope."""
    off = sorted(set(at_agency) - set(never_pay))
    holders = session.exec(select(func.count()).select_from(Patient)).one()
    return Proof("placed", "only who never meant to pay was placed with an agency", int(holders), off[:SHOWN])
