"""The encounter aggregate: created once, locked before it is changed, its agenda and its story."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.claim import Claim
from billing.coordination import OtherPayer
from billing.deadlines import OWNERS, Deadline, Reason
from billing.intake import intake_key
from billing.patients import in_words, registration_of
from billing.stages import Stage
from billing.submission import Progress
from billing.verification import Verification
from database import coverages, member_ids, office, outbox, records, registrations
from database.columns import Id, new_id
from database.engine import insert
from database.outbox import OutboxKind
from database.tables import (
    AgendaEntry,
    Benefits,
    Denial,
    Encounter,
    Fact,
    Line,
    Patient,
    Submission,
    TimelineEvent,
)

# Asked for in every transaction on an encounter: built once, since building a statement costs as much as running it.
_OF_ENCOUNTER = sa.bindparam("encounter_id", type_=Id)
_LOCKED = (
    select(Encounter)
    .where(Encounter.practice_id == sa.bindparam("practice_id", type_=Id), Encounter.id == _OF_ENCOUNTER)
    .with_for_update(key_share=True)  # a fact that arrives meanwhile names this row, and need not wait for the step
)
_AGENDA = select(AgendaEntry).where(AgendaEntry.encounter_id == _OF_ENCOUNTER).order_by(col(AgendaEntry.due_at))
_PENDING_FACTS = (
    select(Fact)
    .where(Fact.encounter_id == _OF_ENCOUNTER, col(Fact.absorbed_at).is_(None))
    .order_by(col(Fact.received_at), Fact.id)
)
_SUBMISSIONS = select(Submission).where(Submission.encounter_id == _OF_ENCOUNTER).order_by(col(Submission.ordinal))
UNDECIDED = ("open", "appealed")
"""States of a denial that keep its amount on the payer's account and the encounter open"""
_OPEN_DENIALS = (
    select(Denial).where(Denial.encounter_id == _OF_ENCOUNTER, col(Denial.state).in_(UNDECIDED)).order_by(Denial.id)
)
_LINES = select(Line).where(Line.encounter_id == _OF_ENCOUNTER).order_by(col(Line.ordinal))


class EncounterMissing(LookupError):
    """No such encounter in this practice."""


class FactOfAnother(ValueError):
    """A fact's key is that of another encounter's fact: this one would be lost."""


def create(
    session: Session,
    claim: Claim,
    *,
    practice_id: str,
    partner_id: str,
    external_id: str,
    at: datetime,
    others: Sequence[OtherPayer] = (),
    is_self_pay: bool = False,
    patient: Patient | None = None,
    key: str | None = None,
) -> tuple[Encounter, bool]:
    """Open an encounter for a claim: (encounter, whether it is new). The same claim again is the same encounter.

    `others` are the patient's policies that the claim itself names beside its own (2320). `patient` None: found by
    coverage, name and birth date, or added. `key`: what was sent, where the office added to it. Writes the outbox row
    that starts its workflow in the same transaction. Raises office.PayeeOfAnotherPractice.
    """
    key = key or intake_key(claim)
    known = _opened_before(session, key, practice_id=practice_id)
    if known is not None:
        return known, False
    office.register_billing_provider(session, practice_id=practice_id, provider=claim.billing_provider)
    payer = office.payer_for(session, claim.coverage.payer, practice_id=practice_id, partner_id=partner_id)
    patient, learned = _patient(session, claim, patient, practice_id=practice_id, at=at)
    encounter = Encounter(
        id=new_id(),
        practice_id=practice_id,
        patient_id=patient.id,
        payer_id=payer.id,
        intake_key=key,
        external_id=external_id,
        service_date=claim.service_from,
        stage=Stage.REGISTRATION,
        record=records.dump(claim),
        charge_cents=claim.charge_cents,
        is_self_pay=is_self_pay,
        created_at=at,
        touched_at=at,
    )
    session.add(encounter)
    session.flush()
    member_ids.keep(session, encounter, claim.coverage.member_id)
    _add_parts(session, encounter, claim, others)
    _begin(session, encounter, learned)
    return encounter, True


def _opened_before(session: Session, key: str, *, practice_id: str) -> Encounter | None:
    """The encounter of the same claim, come in once more."""
    same = select(Encounter).where(Encounter.practice_id == practice_id, Encounter.intake_key == key)
    return session.exec(same).first()


def _begin(session: Session, encounter: Encounter, learned: Sequence[str]) -> None:
    """The first words of its story, and the wish that its workflow starts. `learned`: fields of the patient's record
    that the claim filled or changed."""
    at = encounter.created_at
    tell(session, encounter, "Encounter opened", at=at)
    if learned:
        tell(session, encounter, f"The patient's record takes over: {in_words(learned)}", at=at)
    outbox.enqueue(
        session,
        OutboxKind.WAKE_ENCOUNTER,
        practice_id=encounter.practice_id,
        subject_id=encounter.id,
        at=at,
    )


def _add_parts(session: Session, encounter: Encounter, claim: Claim, others: Sequence[OtherPayer]) -> None:
    """The rows of the lines and of the policies beside the claim's own."""
    at, practice_id = encounter.created_at, encounter.practice_id
    for ordinal in range(1, len(claim.lines) + 1):
        session.add(Line(id=new_id(), encounter_id=encounter.id, practice_id=practice_id, ordinal=ordinal))
    for other in others:
        if other.responsibility != claim.coverage.responsibility:
            coverages.add(session, encounter, other, at=at)


def _patient(
    session: Session, claim: Claim, chosen: Patient | None, *, practice_id: str, at: datetime
) -> tuple[Patient, tuple[str, ...]]:
    """Whose visit it is, and which fields of the patient's record it filled or changed.

    Who opens a visit for a chosen patient has the record before them: what they say otherwise is news.
    """
    row, is_new = (chosen, False) if chosen else registrations.of_claim(session, claim, practice_id=practice_id, at=at)
    if is_new:
        return row, ()
    now = registration_of(claim.patient)
    if chosen is not None:
        registrations.know_as(session, row, claim)
        return row, registrations.follow(session, row, before=registrations.of_row(row), now=now)
    earlier = newest(session, practice_id=practice_id, patient_id=row.id)
    is_news = earlier is not None and earlier.service_date <= claim.service_from
    before = registration_of(claim_of(earlier).patient) if earlier and is_news else None
    return row, registrations.follow(session, row, before=before, now=now)


def newest(session: Session, *, practice_id: str, patient_id: str) -> Encounter | None:
    """The patient's last visit."""
    return next(iter(newest_first(session, practice_id=practice_id, patient_id=patient_id, limit=1)), None)


def newest_first(session: Session, *, practice_id: str, patient_id: str, limit: int) -> Sequence[Encounter]:
    """The patient's last visits."""
    query = select(Encounter).where(Encounter.practice_id == practice_id, Encounter.patient_id == patient_id)
    order = (col(Encounter.service_date).desc(), col(Encounter.created_at).desc(), Encounter.id)
    return session.exec(query.order_by(*order).limit(limit)).all()


def lock(session: Session, *, practice_id: str, encounter_id: str) -> Encounter:
    """The encounter, held until the transaction ends. Raises EncounterMissing."""
    found = session.exec(_LOCKED, params={"practice_id": practice_id, "encounter_id": encounter_id}).first()
    if found is None:
        raise EncounterMissing(f"no encounter {encounter_id} in practice {practice_id}")
    return found


def find(session: Session, *, practice_id: str, encounter_id: str) -> Encounter | None:
    """The encounter for reading, or None."""
    return session.exec(
        select(Encounter).where(Encounter.practice_id == practice_id, Encounter.id == encounter_id)
    ).first()


def claim_of(encounter: Encounter) -> Claim:
    """The claim as the office knows it now."""
    return records.load(Claim, encounter.record)


def claims_before(session: Session, encounter: Encounter, *, years: int) -> list[tuple[str, Claim]]:
    """Claims of the same patient's other visits with their ids, from so many years before this one on; void visits have
    none, nor have those that another visit bills."""
    since = encounter.service_date - timedelta(days=366 * years)
    rows = session.exec(
        select(Encounter.id, Encounter.record).where(
            Encounter.practice_id == encounter.practice_id,
            Encounter.patient_id == encounter.patient_id,
            Encounter.id != encounter.id,
            col(Encounter.billed_with_id).is_(None),
            col(Encounter.is_void).is_(False),
            Encounter.service_date >= since,
        )
    )
    return [(visit_id, records.load(Claim, record)) for visit_id, record in rows]


def keep_claim(session: Session, encounter: Encounter, claim: Claim) -> None:
    """Store a changed claim on the encounter; a line more than before gets a row of its own."""
    known = len(lines(session, encounter))
    for ordinal in range(known + 1, len(claim.lines) + 1):
        session.add(Line(id=new_id(), encounter_id=encounter.id, practice_id=encounter.practice_id, ordinal=ordinal))
        session.flush()
    encounter.record = records.dump(claim)
    encounter.charge_cents = claim.charge_cents
    encounter.service_date = claim.service_from
    session.add(encounter)
    member_ids.keep(session, encounter, claim.coverage.member_id)


def lines(session: Session, encounter: Encounter) -> Sequence[Line]:
    """The encounter's line rows in order."""
    return session.exec(_LINES, params={"encounter_id": encounter.id}).all()


def tell(
    session: Session,
    encounter: Encounter,
    text: str,
    *,
    at: datetime,
    actor: str = "office",
    message_id: str | None = None,
) -> None:
    """Add one line to the encounter's story."""
    session.add(
        TimelineEvent(
            practice_id=encounter.practice_id,
            encounter_id=encounter.id,
            at=at,
            stage=encounter.stage,
            text=text,
            actor=actor,
            message_id=message_id,
        )
    )


def is_told(session: Session, encounter: Encounter, text: str) -> bool:
    """Whether the encounter's story says this already."""
    told = select(TimelineEvent.id).where(TimelineEvent.encounter_id == encounter.id, TimelineEvent.text == text)
    return session.exec(told.limit(1)).first() is not None


def timeline(session: Session, *, practice_id: str, encounter_id: str) -> Sequence[TimelineEvent]:
    """The encounter's story in order."""
    return session.exec(
        select(TimelineEvent)
        .where(TimelineEvent.practice_id == practice_id, TimelineEvent.encounter_id == encounter_id)
        .order_by(col(TimelineEvent.id))
    ).all()


def timeline_texts(session: Session, encounter_id: str) -> Sequence[str]:
    """What was said so far, without the rest."""
    return session.exec(
        select(TimelineEvent.text).where(TimelineEvent.encounter_id == encounter_id).order_by(col(TimelineEvent.id))
    ).all()


def agenda(session: Session, encounter_id: str) -> Sequence[AgendaEntry]:
    """What is on the encounter's agenda, earliest first."""
    return session.exec(_AGENDA, params={"encounter_id": encounter_id}).all()


def keep_agenda(
    session: Session, encounter: Encounter, rows: Sequence[AgendaEntry], deadlines: Iterable[Deadline]
) -> None:
    """Make the agenda, which now is `rows`, exactly these entries."""
    wanted = {deadline.reason: deadline.due_at for deadline in deadlines}
    for row in rows:
        due_at = wanted.pop(Reason(row.reason), None)
        if due_at is None:
            session.delete(row)
        elif row.due_at != due_at:
            row.due_at = due_at
            session.add(row)
    for reason, due_at in wanted.items():
        session.add(
            AgendaEntry(
                encounter_id=encounter.id,
                reason=reason,
                practice_id=encounter.practice_id,
                owner=OWNERS[reason],
                due_at=due_at,
            )
        )


def pending_facts(session: Session, encounter_id: str) -> Sequence[Fact]:
    """Facts that were not absorbed yet, in order of arrival; what this session absorbed counts before it is written."""
    found = session.exec(_PENDING_FACTS, params={"encounter_id": encounter_id})
    return [fact for fact in found if fact.absorbed_at is None]


def add_fact(
    session: Session,
    *,
    practice_id: str,
    encounter_id: str,
    kind: str,
    source_key: str,
    subject_id: str,
    received_at: datetime,
    body: str = "",
    wake: bool = True,
) -> bool:
    """Keep a fact and wake its encounter; False when the same fact came before. `wake` False: the caller does it.
    Raises FactOfAnother."""
    fact_id = new_id()
    fact = insert(session, "fact").values(
        id=fact_id,
        practice_id=practice_id,
        encounter_id=encounter_id,
        kind=kind,
        source_key=source_key,
        subject_id=subject_id,
        body=body,
        received_at=received_at,
    )
    kept = session.execute(fact.on_conflict_do_nothing().returning(sa.column("id"))).first()
    if kept is None:
        _check_is_theirs(session, encounter_id, practice_id, source_key)
        return False
    if wake:
        outbox.enqueue(
            session,
            OutboxKind.WAKE_ENCOUNTER,
            practice_id=practice_id,
            subject_id=encounter_id,
            fact_id=fact_id,
            at=received_at,
        )
    return True


def _check_is_theirs(session: Session, encounter_id: str, practice_id: str, source_key: str) -> None:
    """What came before is this encounter's, or one that is told several encounters is lost on all but the first."""
    which = (Fact.practice_id == practice_id, Fact.source_key == source_key)
    whose = session.exec(select(Fact.encounter_id).where(*which)).one()
    if whose != encounter_id:
        raise FactOfAnother(f"the fact {source_key} is kept for encounter {whose}: its key must tell {encounter_id}")


def submissions(session: Session, encounter_id: str) -> Sequence[Submission]:
    """Every submission of the encounter, oldest first."""
    return session.exec(_SUBMISSIONS, params={"encounter_id": encounter_id}).all()


def progress(submission: Submission) -> Progress:
    """The dates of a submission as billing's noun."""
    return Progress(
        ready_at=submission.ready_at,
        transmitted_at=submission.transmitted_at,
        syntax_accepted_at=submission.syntax_accepted_at,
        clearinghouse_accepted_at=submission.clearinghouse_accepted_at,
        payer_accepted_at=submission.payer_accepted_at,
        rejected_at=submission.rejected_at,
        adjudicated_at=submission.adjudicated_at,
        is_paper=submission.is_paper,
        is_moved=submission.first_submitted_at is not None,
    )


def keep_benefits(
    session: Session,
    encounter: Encounter,
    verification: Verification,
    *,
    response: str,
    at: datetime,
    message_id: str | None,
) -> None:
    """Store one eligibility answer beside the earlier ones; the claim's edits read it in the same transaction."""
    coinsurance: Decimal | None = verification.coinsurance
    session.add(
        Benefits(
            id=new_id(),
            practice_id=encounter.practice_id,
            encounter_id=encounter.id,
            message_id=message_id,
            answered_at=at,
            verdict=verification.outcome,
            copay_cents=verification.copay_cents,
            deductible_remaining_cents=verification.deductible_remaining_cents,
            coinsurance=None if coinsurance is None else str(coinsurance),
            is_qmb=verification.is_qmb,
            response=response,
        )
    )
    session.flush()


def latest_benefits(session: Session, encounter_id: str) -> Benefits | None:
    """The newest stored eligibility answer, of whichever payer."""
    return session.exec(
        select(Benefits).where(Benefits.encounter_id == encounter_id).order_by(col(Benefits.answered_at).desc())
    ).first()


def is_qmb(session: Session, encounter_id: str) -> bool:
    """Whether any payer has ever answered that the patient is a qualified Medicare beneficiary: another payer, or who
    was asked by telephone, says nothing of it."""
    query = select(Benefits.id).where(Benefits.encounter_id == encounter_id, col(Benefits.is_qmb))
    return session.exec(query.limit(1)).first() is not None


def open_denials(session: Session, encounter_id: str) -> Sequence[Denial]:
    """Denied amounts that nobody has decided on."""
    found = session.exec(_OPEN_DENIALS, params={"encounter_id": encounter_id})
    return [denial for denial in found if denial.state in UNDECIDED]


def page(
    session: Session, *, practice_id: str, stage: str | None = None, after: str | None = None, limit: int = 50
) -> Sequence[Encounter]:
    """A page of encounters by id; `after` is the last row's id."""
    query = select(Encounter).where(Encounter.practice_id == practice_id)
    if stage is not None:
        query = query.where(Encounter.stage == stage)
    if after is not None:
        query = query.where(col(Encounter.id) > after)
    return session.exec(query.order_by(Encounter.id).limit(limit)).all()
