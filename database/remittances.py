"""Remittances: known by content, matched by a ladder, posted row by row."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session, col, func, select

from billing.claim import Claim
from billing.coordination import IN_ORDER, PRIMARY
from billing.identifiers import control_number_within
from billing.remittance import ClaimPayment, Remittance
from database import records, submissions
from database.tables import Encounter, RemittanceClaim, RemittanceFile, Submission

MANGLED = "mangled_number"
"""The rung of a control number of ours that the payer did not give back as it was sent"""


def known(session: Session, *, practice_id: str, content_hash: str) -> RemittanceFile | None:
    """The same remittance, in whatever envelope it came."""
    return session.exec(
        select(RemittanceFile).where(
            RemittanceFile.practice_id == practice_id, RemittanceFile.content_hash == content_hash
        )
    ).first()


def same_trace(session: Session, *, practice_id: str, remittance: Remittance, payee_npi: str) -> RemittanceFile | None:
    """Another remittance under the same payer, trace, day and payee: its content differs, so one of them is wrong.

    One that was mistyped and taken back does not count.
    """
    return session.exec(
        select(RemittanceFile).where(
            RemittanceFile.practice_id == practice_id,
            RemittanceFile.payer_number == remittance.payer_id,
            RemittanceFile.trace == remittance.trace,
            RemittanceFile.payment_date == remittance.payment_date,
            RemittanceFile.payee_npi == payee_npi,
            col(RemittanceFile.taken_back_by).is_(None),
        )
    ).first()


def find(session: Session, *, practice_id: str, remittance_id: str) -> RemittanceFile | None:
    """One remittance of the practice, or None."""
    return session.exec(
        select(RemittanceFile).where(RemittanceFile.practice_id == practice_id, RemittanceFile.id == remittance_id)
    ).first()


def payer_number(session: Session, row: RemittanceClaim) -> str:
    """Who pays in the remittance that a claim payment stands in (TRN03)."""
    return session.exec(select(RemittanceFile.payer_number).where(RemittanceFile.id == row.remittance_id)).one()


def rows(session: Session, remittance_id: str) -> Sequence[RemittanceClaim]:
    """The claim payments of one remittance in file order."""
    return session.exec(
        select(RemittanceClaim)
        .where(RemittanceClaim.remittance_id == remittance_id)
        .order_by(col(RemittanceClaim.ordinal))
    ).all()


def encounters_open(session: Session, remittance_id: str, *, among: Collection[str] | None = None) -> list[str]:
    """The encounters with a row of the remittance that is not posted yet, by id; `among`: only of these."""
    query = select(RemittanceClaim.encounter_id).where(
        RemittanceClaim.remittance_id == remittance_id,
        RemittanceClaim.state == "open",
        col(RemittanceClaim.encounter_id).is_not(None),
    )
    if among is not None:
        query = query.where(col(RemittanceClaim.encounter_id).in_(among))
    return sorted({str(one) for one in session.exec(query)})


def standing_rows(session: Session, encounter_id: str, *, of: str | None = None) -> list[RemittanceClaim]:
    """Answers posted to the encounter that were neither taken back nor answered anew, oldest first; `of`: only those
    of the payer with this SBR01."""
    rows = list(
        session.exec(
            select(RemittanceClaim)
            .join(RemittanceFile, col(RemittanceFile.id) == RemittanceClaim.remittance_id)
            .where(
                RemittanceClaim.encounter_id == encounter_id,
                RemittanceClaim.state == "posted",
                col(RemittanceClaim.reversed_by).is_(None),
                RemittanceClaim.status != "22",
            )
            .order_by(col(RemittanceFile.received_at), RemittanceFile.id, col(RemittanceClaim.ordinal))
        )
    )
    return rows if of is None else [one for one in rows if one.responsibility == of]


def answer_to(session: Session, encounter_id: str, *, control_number: str | None) -> RemittanceClaim | None:
    """A claim payment that named the claim, taken back or not."""
    query = select(RemittanceClaim).where(
        RemittanceClaim.encounter_id == encounter_id, RemittanceClaim.control_number == control_number
    )
    return session.exec(query.order_by(RemittanceClaim.id).limit(1)).first()


def answered_on(session: Session, row: RemittanceClaim) -> date:
    """The day of the remittance that a claim payment came in (BPR16)."""
    file = session.get(RemittanceFile, row.remittance_id)
    assert file is not None, "a claim payment belongs to a remittance"
    return file.payment_date


def count_by_state(session: Session, remittance_id: str) -> dict[str, int]:
    """How many rows are open, unmatched, posted, excepted."""
    counted = session.exec(
        select(RemittanceClaim.state, func.count())
        .where(RemittanceClaim.remittance_id == remittance_id)
        .group_by(RemittanceClaim.state)
    )
    return dict(counted.all())


def match(session: Session, payment: ClaimPayment, *, practice_id: str) -> tuple[str, str] | None:
    """Find the encounter a claim payment belongs to: (encounter id, rung of the ladder), only within the practice.

    Rungs: our control number, the same as the payer garbled it, that of the system the office moved from, the payer's
    claim number, the number of the system that the visit came from with charge and name, then charge, day, member id
    and name together. A hit that is not the only one is no hit.
    """
    submission = session.get(Submission, payment.control_number)
    if submission is not None:
        return (submission.encounter_id, "control_number") if submission.practice_id == practice_id else None
    meant = control_number_within(payment.control_number)
    submission = session.get(Submission, meant) if meant else None
    if submission is not None and submission.practice_id == practice_id:
        return submission.encounter_id, MANGLED
    formerly = submissions.named(session, payment.control_number, practice_id=practice_id)
    if formerly is not None:
        return formerly.encounter_id, "old_control_number"
    by_alias = session.exec(
        select(Encounter.id).where(
            Encounter.practice_id == practice_id, Encounter.external_id == payment.control_number
        )
    ).all()
    if payment.payer_claim_number:
        found = set(
            session.exec(
                select(Submission.encounter_id).where(
                    Submission.practice_id == practice_id,
                    Submission.payer_claim_number == payment.payer_claim_number,
                )
            )
        )
        if len(found) == 1:
            return found.pop(), "payer_claim_number"
    if len(by_alias) == 1 and _is_answer_to(session.get_one(Encounter, by_alias[0]), payment):
        return by_alias[0], "senders_number"
    return _match_service(session, payment, practice_id=practice_id, candidates=set(by_alias))


def _is_answer_to(encounter: Encounter, payment: ClaimPayment) -> bool:
    """Whether a payment under the number of the system that a visit came from is the visit's: charge and name agree."""
    if abs(payment.charge_cents) != encounter.charge_cents or payment.patient_name is None:
        return False
    return records.load(Claim, encounter.record).patient.name.last.upper() == payment.patient_name.last.upper()


def _match_service(
    session: Session, payment: ClaimPayment, *, practice_id: str, candidates: set[str]
) -> tuple[str, str] | None:
    day = payment.service_from or next((line.service_date for line in payment.lines if line.service_date), None)
    if day is None or payment.member_id is None or payment.patient_name is None:
        return None
    encounters = session.exec(
        select(Encounter).where(
            Encounter.practice_id == practice_id,
            Encounter.charge_cents == abs(payment.charge_cents),
            Encounter.service_date == day,
        )
    )
    fitting = [one.id for one in encounters if _is_person(records.load(Claim, one.record), payment)]
    if len(fitting) > 1:
        fitting = [one for one in fitting if one in candidates]
    return (fitting[0], "service") if len(fitting) == 1 else None


def _is_person(claim: Claim, payment: ClaimPayment) -> bool:
    assert payment.patient_name is not None, "checked by the caller"
    same_name = claim.patient.name.last.upper() == payment.patient_name.last.upper()
    return same_name and (claim.coverage.member_id or "").upper() == (payment.member_id or "").upper()


def header(row: RemittanceFile) -> Remittance:
    """The remittance's header as billing's noun."""
    return records.load(Remittance, row.header)


def page(session: Session, *, practice_id: str, after: str | None = None, limit: int = 50) -> Sequence[RemittanceFile]:
    """A page of remittances by id."""
    query = select(RemittanceFile).where(RemittanceFile.practice_id == practice_id)
    if after is not None:
        query = query.where(col(RemittanceFile.id) > after)
    return session.exec(query.order_by(RemittanceFile.id).limit(limit)).all()


def waiting(session: Session, *, practice_id: str) -> Sequence[RemittanceFile]:
    """Remittances that are stored and not yet taken up, oldest first."""
    return session.exec(
        select(RemittanceFile)
        .where(RemittanceFile.practice_id == practice_id, RemittanceFile.state == "stored")
        .order_by(col(RemittanceFile.received_at), RemittanceFile.id)
    ).all()


def earlier_answer(session: Session, encounter_id: str, *, before: str) -> date | None:
    """The day of the newest standing answer of a payer that comes before the one with this place (SBR01)."""
    if before == PRIMARY:
        return None
    place = IN_ORDER.index(before)
    rows = (one for one in standing_rows(session, encounter_id) if IN_ORDER.index(one.responsibility) < place)
    return max((answered_on(session, one) for one in rows), default=None)
