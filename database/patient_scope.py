"""One patient of one practice, and what is about them alone.

An account may carry the shares of several patients. What stands on such an account belongs to one patient's record
only where it tells of no visit of another: agreements, papers and receipts are looked at one by one, and what is left
out is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from billing.statements import Statement
from database import households, records
from database import tables as book
from database.letters import is_notice


@dataclass(frozen=True, slots=True)
class Scope:
    """One patient of one practice, and what follows from who it is."""

    practice_id: str
    patients: tuple[str, ...]
    """Their id, and the ids of those who turned out to be them"""
    is_shared: bool
    """Shares or visits of somebody else stand, or stood, on their account"""
    plans: tuple[str, ...] = ()
    """Agreements to pay in parts that are about their visits alone"""
    papers: tuple[str, ...] = ()
    """Papers about an account on which nothing but their visits stands"""
    receipts: tuple[str, ...] = ()
    """Receipts at the account of which nobody else's visit got anything"""
    checkouts: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    """Applications for help with the bill of an account that is theirs alone: one covers everybody on it"""
    left_out: dict[str, int] = field(default_factory=dict)
    """What stands on the account with others' visits, and how much of it"""

    @property
    def visits(self) -> sa.Select[Any]:
        """Ids of their visits, as a query."""
        visit = book.Encounter
        return sa.select(col(visit.id)).where(
            col(visit.practice_id) == self.practice_id, col(visit.patient_id).in_(self.patients)
        )

    @property
    def claims(self) -> sa.Select[Any]:
        """Control numbers of their claims."""
        return sa.select(col(book.Submission.control_number)).where(col(book.Submission.encounter_id).in_(self.visits))


def scope_of(session: Session, *, practice_id: str, patient_id: str) -> Scope:
    """Which rows are about a patient of the practice and nobody else on their account."""
    ids = _merged_into(session, patient_id)
    visits = session.exec(
        select(book.Encounter).where(book.Encounter.practice_id == practice_id, col(book.Encounter.patient_id).in_(ids))
    ).all()
    holders = {*ids, *(households.holder_of(session, one) for one in ids), *map(households.answering, visits)}
    own = {one.id for one in visits}
    is_shared = _is_shared(session, ids)
    plans, other_plans = _plans(session, holders, ids, own)
    papers, other_papers = _papers(session, holders, ids, own, is_shared=is_shared)
    receipts, other_receipts = _paid(session, book.AccountReceipt, holders, ids, own, is_shared=is_shared)
    checkouts, other_checkouts = _paid(session, book.Checkout, holders, ids, own, is_shared=is_shared)
    applications, other_applications = _applications(session, practice_id, holders, ids, is_shared=is_shared)
    left = {
        "agreements to pay in parts that are about others' visits, too": other_plans,
        "papers about an account on which others' visits stand": other_papers,
        "receipts and card payments that others' visits had a part of": other_receipts + other_checkouts,
        "applications for help with the bill of everybody on the account": other_applications,
    }
    return Scope(
        practice_id=practice_id,
        patients=ids,
        is_shared=is_shared,
        plans=plans,
        papers=papers,
        receipts=receipts,
        checkouts=checkouts,
        applications=applications,
        left_out={words: count for words, count in left.items() if count},
    )


def _merged_into(session: Session, patient_id: str) -> tuple[str, ...]:
    found, waiting = [patient_id], [patient_id]
    while waiting:
        gone = session.exec(select(book.Patient.id).where(book.Patient.merged_into == waiting.pop())).all()
        waiting += [one for one in gone if one not in found]
        found += [one for one in gone if one not in found]
    return tuple(found)


def _is_shared(session: Session, ids: Sequence[str]) -> bool:
    """Whether anybody else's share stands on the account, or ever left a trace there."""
    visit, others = book.Encounter, col(book.Encounter.patient_id).not_in(ids)
    theirs = sa.select(col(visit.id)).where(others)
    receipts = sa.select(col(book.AccountReceipt.id)).where(col(book.AccountReceipt.patient_id).in_(ids))
    traces = [
        sa.select(col(book.Patient.id)).where(col(book.Patient.account_id).in_(ids), col(book.Patient.id).not_in(ids)),
        sa.select(col(visit.id)).where(others, col(visit.responsible_id).in_(ids)),
        sa.select(col(book.PatientPayment.id)).where(
            col(book.PatientPayment.receipt_id).in_(receipts), col(book.PatientPayment.encounter_id).in_(theirs)
        ),
        *(
            sa.select(col(one.encounter_id)).where(col(one.patient_id).in_(ids), col(one.encounter_id).in_(theirs))
            for one in (book.BalanceItem, book.AccountHold, book.Placement)
        ),
    ]
    if any(session.execute(one.limit(1)).first() for one in traces):
        return True
    plans = session.exec(select(book.InstalmentPlan.encounters).where(col(book.InstalmentPlan.patient_id).in_(ids)))
    covered = {one for text in plans for one in text.split(",") if one}
    return session.exec(select(visit.id).where(col(visit.id).in_(covered), others).limit(1)).first() is not None


def _plans(session: Session, holders: set[str], ids: Sequence[str], own: set[str]) -> tuple[tuple[str, ...], int]:
    query = select(book.InstalmentPlan).where(col(book.InstalmentPlan.patient_id).in_(holders))
    found, left = [], 0
    for plan in session.exec(query.order_by(book.InstalmentPlan.id)):
        covered = {one for one in plan.encounters.split(",") if one}
        if covered <= own and (covered or plan.patient_id in ids):
            found.append(plan.id)
        elif covered & own:
            left += 1
    return tuple(found), left


def _papers(
    session: Session, holders: set[str], ids: Sequence[str], own: set[str], *, is_shared: bool
) -> tuple[tuple[str, ...], int]:
    """A statement says which visits it is about; of another paper on the account nobody can tell where it is shared.

    On an account of several a visit's number is theirs only where no other visit has it: senders number as they like.
    """
    visits = session.exec(select(book.Encounter).where(col(book.Encounter.id).in_(own))).all()
    numbers = {one.external_id for one in visits}
    doubtful = set(
        session.exec(
            select(book.Encounter.external_id).where(
                col(book.Encounter.external_id).in_(numbers), col(book.Encounter.id).not_in(own)
            )
        )
    )
    query = select(book.Letter).where(col(book.Letter.patient_id).in_(holders), col(book.Letter.encounter_id).is_(None))
    found, left = [], 0
    for letter in session.exec(query.order_by(book.Letter.id)):
        told = _visits_told(letter)
        is_alone = letter.patient_id in ids and not is_shared
        is_theirs = told <= (numbers if is_alone else numbers - doubtful) if told else is_alone
        if is_theirs:
            found.append(letter.id)
        elif letter.patient_id in ids or told & numbers:
            left += 1
    return tuple(found), left


def _applications(
    session: Session, practice_id: str, holders: set[str], ids: Sequence[str], *, is_shared: bool
) -> tuple[tuple[str, ...], int]:
    """An application tells of the household, and covers everybody whose shares stand on the account."""
    row = book.AssistanceApplication
    here = (row.practice_id == practice_id, col(row.patient_id).in_(holders))
    is_alone = not is_shared and all(households.holder_of(session, one) in ids for one in ids)
    found, left = [], 0
    for id_, holder in session.exec(select(row.id, row.patient_id).where(*here).order_by(row.id)):
        if is_alone and holder in ids:
            found.append(id_)
        else:
            left += 1
    return tuple(found), left


def _visits_told(letter: book.Letter) -> set[str]:
    """Numbers of the visits that a statement is about; empty: it is none."""
    if not is_notice(letter):
        return set()
    return {one.number for one in records.load(Statement, letter.content).visits}


def _paid(
    session: Session,
    table: type[book.AccountReceipt] | type[book.Checkout],
    holders: set[str],
    ids: Sequence[str],
    own: set[str],
    *,
    is_shared: bool,
) -> tuple[tuple[str, ...], int]:
    """(what was paid at once for these visits alone, how much was paid for others' as well)."""
    payment = book.PatientPayment
    link = payment.receipt_id if table is book.AccountReceipt else payment.checkout_id
    named = SQLModel.metadata.tables[str(table.__tablename__)].c
    query = sa.select(named.id, named.patient_id).where(named.patient_id.in_(holders)).order_by(named.id)
    found, left = [], 0
    for id_, holder in session.execute(query).all():
        visits = set(session.exec(select(payment.encounter_id).where(link == id_)))
        if visits <= own and (visits or (holder in ids and not is_shared)):
            found.append(id_)
        elif visits & own or holder in ids:
            left += 1
    return tuple(found), left
