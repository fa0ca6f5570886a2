"""Visits that belong together: parted into several claims, or billed as one."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.claim import Claim
from billing.deadlines import Reason
from billing.stages import FactKind, Stage
from database import coverages, encounters, outbox, records
from database.columns import new_id
from database.outbox import OutboxKind
from database.tables import AgendaEntry, Benefits, Encounter, Fact, Line, Posting


def parts_of(session: Session, encounter: Encounter) -> Sequence[Encounter]:
    """Every claim of the visit that was parted, this one among them, in the order in which they were parted."""
    first = encounter.parted_from_id or encounter.id
    mine = (col(Encounter.id) == first) | (col(Encounter.parted_from_id) == first)
    rows = session.exec(select(Encounter).where(Encounter.practice_id == encounter.practice_id, mine))
    return sorted(rows, key=lambda one: (one.parted_from_id is not None, len(one.external_id), one.external_id))


def billed_with(session: Session, owner_id: str) -> Sequence[Encounter]:
    """The visits whose lines stand on this one's claim, in the order of their days."""
    rows = session.exec(select(Encounter).where(Encounter.billed_with_id == owner_id))
    return sorted(rows, key=lambda one: (one.service_date, one.created_at, one.id))


def bills_others(session: Session, encounter: Encounter) -> bool:
    """Whether other visits' lines stand on its claim."""
    query = select(Encounter.id).where(Encounter.billed_with_id == encounter.id)
    return session.exec(query.limit(1)).first() is not None


def is_grouped(session: Session, encounter: Encounter) -> bool:
    """Whether the visit has several claims, or shares one: what changes it as a whole cannot be told from outside."""
    if encounter.billed_with_id or encounter.parted_from_id:
        return True
    is_first = select(Encounter.id).where(Encounter.parted_from_id == encounter.id)
    return bills_others(session, encounter) or session.exec(is_first.limit(1)).first() is not None


def owner_is_closed(session: Session, encounter: Encounter) -> bool:
    """Whether the visit that bills this one is at zero."""
    found = select(Encounter.stage).where(Encounter.id == encounter.billed_with_id)
    return session.exec(found).first() == Stage.CLOSED


def together_with(session: Session, encounter: Encounter) -> set[str]:
    """The ids of the other claims of the same visit, and of the visits that it is billed with."""
    found = {one.id for one in parts_of(session, encounter)}
    found |= {one.id for one in billed_with(session, encounter.billed_with_id or encounter.id)}
    return (found | {encounter.billed_with_id or encounter.id}) - {encounter.id}


def part_off(
    session: Session, first: Encounter, claim: Claim, *, stage: Stage, because: str, at: datetime
) -> Encounter:
    """A further claim of a visit, which knows what the first one knows and begins at `stage`: an encounter with its own
    workflow, lines and ledger."""
    root = session.get_one(Encounter, first.parted_from_id) if first.parted_from_id else first
    ordinal = len(parts_of(session, first)) + 1
    row = Encounter(
        id=new_id(),
        practice_id=first.practice_id,
        patient_id=first.patient_id,
        responsible_id=first.responsible_id,
        payer_id=first.payer_id,
        intake_key=hashlib.sha256(f"{root.intake_key}:part:{ordinal}".encode()).hexdigest(),
        external_id=f"{root.external_id[:76]}-{ordinal}",
        service_date=claim.service_from,
        stage=stage,
        record=records.dump(claim),
        charge_cents=claim.charge_cents,
        verified_at=first.verified_at,
        edits_overridden=first.edits_overridden,
        parted_from_id=root.id,
        parted_because=because[:300],
        created_at=at,
        touched_at=at,
    )
    session.add(row)
    session.flush()
    for place in range(1, len(claim.lines) + 1):
        session.add(Line(id=new_id(), encounter_id=row.id, practice_id=row.practice_id, ordinal=place))
    for policy in coverages.of_encounter(session, first.id):
        if policy.responsibility != claim.coverage.responsibility:
            coverages.add(session, row, coverages.policy_of(policy), at=at)
    _copy_benefits(session, first, row)
    session.flush()
    outbox.enqueue(session, OutboxKind.WAKE_ENCOUNTER, practice_id=row.practice_id, subject_id=row.id, at=at)
    return row


def _copy_benefits(session: Session, first: Encounter, row: Encounter) -> None:
    """The payer's answer about the member counts for every claim of the visit: it is not asked again."""
    known = encounters.latest_benefits(session, first.id)
    if known is not None:
        said = known.model_dump(exclude={"id", "encounter_id"})
        session.add(Benefits(id=new_id(), encounter_id=row.id, **said))


def drop_lines(session: Session, encounter: Encounter, gone: Sequence[int]) -> None:
    """The claim has these lines (places from 0) no more: a row that the ledger names stays behind the others, so that
    its charge is taken back; any other goes."""
    rows = list(encounters.lines(session, encounter))
    kept = [row for place, row in enumerate(rows) if place not in set(gone)]
    left = [rows[place] for place in sorted(gone)]
    named = set(session.exec(select(Posting.line_id).where(col(Posting.line_id).in_([one.id for one in left]))))
    for row in left:
        if row.id not in named:
            session.delete(row)
    behind = [row for row in left if row.id in named]
    for ordinal, row in enumerate([*kept, *behind], start=1):
        row.ordinal = ordinal
        session.add(row)
    for row in behind:
        row.visit_id = None
    session.flush()


def add_lines(session: Session, encounter: Encounter, visit_ids: Sequence[str | None]) -> None:
    """Rows for the lines of a claim that bills other visits too; `visit_ids` of all its lines in order."""
    known = {row.ordinal: row for row in encounters.lines(session, encounter)}
    for ordinal, visit_id in enumerate(visit_ids, start=1):
        row = known.get(ordinal)
        if row is None:
            row = Line(id=new_id(), encounter_id=encounter.id, practice_id=encounter.practice_id, ordinal=ordinal)
        row.visit_id = visit_id
        session.add(row)
    session.flush()


def handed_over_cents(session: Session, encounter: Encounter) -> int:
    """What this visit has handed to the one that bills it, less what came back."""
    there, back = (Fact.subject_id == encounter.id, Fact.encounter_id == encounter.id)
    rows = session.exec(
        select(Fact.subject_id, Fact.body).where(
            Fact.practice_id == encounter.practice_id, Fact.kind == FactKind.MONEY_HANDED_OVER, there | back
        )
    )
    return sum(int(body) if subject == encounter.id else -int(body) for subject, body in rows)


def money_came_from(session: Session, encounter: Encounter) -> set[str]:
    """The ids of the visits whose payments are this one's to use: those that it bills, whose money comes here as it is
    posted, and those that handed over more than they got back."""
    there, back = (Fact.subject_id == encounter.id, Fact.encounter_id == encounter.id)
    rows = session.exec(
        select(Fact.encounter_id, Fact.subject_id, Fact.body).where(
            Fact.practice_id == encounter.practice_id, Fact.kind == FactKind.MONEY_HANDED_OVER, there | back
        )
    )
    came = Counter[str]()
    for to_id, from_id, body in rows:
        if to_id == encounter.id:
            came[str(from_id)] += int(body)
        else:
            came[to_id] -= int(body)
    return {one.id for one in billed_with(session, encounter.id)} | {one for one, cents in came.items() if cents > 0}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Visits that wait for the end of a month."""

    held: Sequence[Encounter]
    """Locked until the transaction ends"""
    busy: bool
    """Another transaction is at one of them at this moment"""


def waiting_with(session: Session, row: Encounter) -> Waiting:
    """Visits of the same patient and payer that wait for their month to be over, those on hold aside. Whoever holds one
    already is not waited for: they may wait for this one."""
    waits = select(AgendaEntry.encounter_id).where(AgendaEntry.reason == Reason.MONTH_OVER)
    mine = select(Encounter).where(
        Encounter.practice_id == row.practice_id,
        Encounter.patient_id == row.patient_id,
        Encounter.payer_id == row.payer_id,
        Encounter.id != row.id,
        Encounter.stage == Stage.SCRUBBING,
        col(Encounter.on_hold).is_(False),
        col(Encounter.id).in_(waits),
    )
    count = len(session.exec(mine).all())
    held = session.exec(
        mine.order_by(col(Encounter.id))
        .with_for_update(key_share=True, skip_locked=True, of=Encounter)
        .execution_options(populate_existing=True)
    ).all()
    return Waiting(held, busy=len(held) != count)


def tell_members(session: Session, owner: Encounter, *, at: datetime) -> None:
    """The visits that this one bills hear that it has closed, or opened again."""
    for one in billed_with(session, owner.id):
        tell(session, one, what="the visit that bills it closed or opened again", at=at)


def tell(session: Session, encounter: Encounter, *, what: str, at: datetime) -> None:
    """Wake a visit to look at where it stands now."""
    encounters.add_fact(
        session,
        practice_id=encounter.practice_id,
        encounter_id=encounter.id,
        kind=FactKind.GROUP_CHANGED,
        source_key=f"group:{new_id()}",
        subject_id=encounter.id,
        received_at=at,
        body=what,
    )
