"""Collection agencies: found by name, their placements, and what happened to each."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from billing.agencies import OPEN, REFERENCE, EventKind, PlacementState
from billing.stages import FactKind
from database import households
from database.columns import new_id
from database.engine import insert
from database.tables import Agency, AgencyFile, Encounter, Fact, Placement, PlacementEvent

_IN_ORDER = (col(PlacementEvent.at), col(PlacementEvent.placement_id), col(PlacementEvent.ordinal))


def folded(name: str) -> str:
    """By which a name is known again."""
    return " ".join(name.casefold().split())


def named(session: Session, name: str, *, practice_id: str, at: datetime) -> Agency:
    """The agency with this name, whatever its capitals; a new one when there is none."""
    found = by_name(session, name, practice_id=practice_id)
    if found is not None:
        return found
    fresh = insert(session, "agency").values(
        id=new_id(),
        practice_id=practice_id,
        name=" ".join(name.split())[:100],
        folded_name=folded(name)[:100],
        reached="",
        fee_basis_points=0,
        number_form=REFERENCE,
        made_at=at,
    )
    session.execute(fresh.on_conflict_do_nothing())
    found = by_name(session, name, practice_id=practice_id)
    assert found is not None, "it was there, or is now"
    return found


def by_name(session: Session, name: str, *, practice_id: str) -> Agency | None:
    """The agency that is called so, or None."""
    query = select(Agency).where(Agency.practice_id == practice_id, Agency.folded_name == folded(name)[:100])
    return session.exec(query).first()


def find(session: Session, *, practice_id: str, agency_id: str, hold: bool = False) -> Agency | None:
    """One agency of the practice; held, no other file is written for it or taken from it meanwhile."""
    query = select(Agency).where(Agency.practice_id == practice_id, Agency.id == agency_id)
    return session.exec(query.with_for_update(key_share=True) if hold else query).first()


def all_of(session: Session, practice_id: str) -> Sequence[Agency]:
    """Every agency of the practice, by name."""
    return session.exec(select(Agency).where(Agency.practice_id == practice_id).order_by(Agency.folded_name)).all()


def hold_placement(session: Session, placement_id: str) -> Placement:
    """One placement as it is now, held until the transaction ends."""
    row = session.get_one(Placement, placement_id)
    session.refresh(row, with_for_update={"key_share": True})
    return row


def open_of(session: Session, encounter_id: str) -> Sequence[Placement]:
    """What agencies have of one visit, the oldest first, held."""
    query = select(Placement).where(Placement.encounter_id == encounter_id, col(Placement.state).in_(OPEN))
    query = query.order_by(col(Placement.placed_at), Placement.id)
    return session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def open_on(session: Session, members: Sequence[str]) -> Sequence[Placement]:
    """What agencies have of these patients' visits, held."""
    query = select(Placement).join(Encounter, col(Encounter.id) == col(Placement.encounter_id))
    query = query.where(households.ANSWERING.in_(members), col(Placement.state).in_(OPEN)).order_by(Placement.id)
    query = query.with_for_update(key_share=True, of=Placement)
    return session.exec(query.execution_options(populate_existing=True)).all()


def tell(
    session: Session,
    row: Placement,
    kind: EventKind,
    *,
    amount_cents: int = 0,
    reason: str = "",
    at: datetime,
    by: str,
) -> None:
    """The agency's next file says so."""
    session.add(
        PlacementEvent(
            id=new_id(),
            practice_id=row.practice_id,
            agency_id=row.agency_id,
            placement_id=row.id,
            ordinal=next_ordinal(session, row.id),
            kind=kind,
            is_ours=True,
            amount_cents=amount_cents,
            reason=reason[:60],
            at=at,
            by=by,
        )
    )
    session.flush()


def next_ordinal(session: Session, placement_id: str) -> int:
    """Of the next event of a placement that is held."""
    return len(events(session, placement_id)) + 1


def events(session: Session, placement_id: str) -> Sequence[PlacementEvent]:
    """What happened to one placement, in order."""
    query = select(PlacementEvent).where(PlacementEvent.placement_id == placement_id)
    return session.exec(query.order_by(*_IN_ORDER)).all()


def events_of_agency(session: Session, agency_id: str) -> Sequence[PlacementEvent]:
    """What happened to everything that was placed with it, in order."""
    return session.exec(select(PlacementEvent).where(PlacementEvent.agency_id == agency_id).order_by(*_IN_ORDER)).all()


def untold(session: Session, agency_id: str) -> Sequence[PlacementEvent]:
    """What the agency's next file says, in order."""
    query = select(PlacementEvent).where(
        PlacementEvent.agency_id == agency_id,
        col(PlacementEvent.is_ours),
        col(PlacementEvent.file_id).is_(None),
    )
    return session.exec(query.order_by(*_IN_ORDER)).all()


_MOVES_MONEY = (
    FactKind.BALANCE_GIVEN_UP,
    FactKind.PLACEMENT_RECALLED,
    FactKind.PATIENT_PAID,
    FactKind.MONEY_HANDED_OVER,
)


def is_being_posted(session: Session, event: PlacementEvent) -> bool:
    """Whether the visit has yet to post what changes its balance."""
    query = select(Fact.id).join(Placement, col(Placement.encounter_id) == col(Fact.encounter_id))
    query = query.where(
        Placement.id == event.placement_id, col(Fact.absorbed_at).is_(None), col(Fact.kind).in_(_MOVES_MONEY)
    )
    return session.exec(query).first() is not None


def is_acknowledged(session: Session, placement_id: str) -> bool:
    """Whether the agency has said that it has it."""
    return any(one.kind == EventKind.ACKNOWLEDGED for one in events(session, placement_id))


def file_taken(session: Session, agency_id: str, sha256: str) -> AgencyFile | None:
    """The agency's file with this content, if it came before."""
    query = select(AgencyFile).where(
        AgencyFile.agency_id == agency_id, col(AgencyFile.is_ours).is_(False), AgencyFile.sha256 == sha256
    )
    return session.exec(query).first()


def files(session: Session, agency_id: str) -> Sequence[AgencyFile]:
    """Every file to and fro, the newest first."""
    query = select(AgencyFile).where(AgencyFile.agency_id == agency_id)
    return session.exec(query.order_by(col(AgencyFile.at).desc(), AgencyFile.id)).all()


def payment_of(session: Session, agency_id: str, transaction: str) -> PlacementEvent | None:
    """The payment that the agency numbered so."""
    query = select(PlacementEvent).where(
        PlacementEvent.agency_id == agency_id, PlacementEvent.transaction == transaction
    )
    return session.exec(query).first()


def collected_cents(session: Session, placement_id: str) -> int:
    """What the agency has collected on one placement."""
    return sum(one.amount_cents for one in events(session, placement_id) if one.kind == EventKind.COLLECTED)


def placements_of(session: Session, agency_id: str) -> Sequence[tuple[Placement, Encounter]]:
    """Everything that was ever placed with the agency: what it has first, then the newest."""
    query = select(Placement, Encounter).join(Encounter, col(Encounter.id) == col(Placement.encounter_id))
    rows = session.exec(query.where(Placement.agency_id == agency_id).order_by(col(Placement.placed_at).desc())).all()
    return sorted(rows, key=lambda one: one[0].state not in OPEN)


def at_agencies(session: Session) -> dict[str, int]:
    """Cents that agencies may ask for, by visit, of visits whose facts are all read: for the proof of the books."""
    waiting = set(session.exec(select(Fact.encounter_id).where(col(Fact.absorbed_at).is_(None))))
    found: dict[str, int] = {}
    for row in session.exec(select(Placement).where(col(Placement.state).in_(OPEN))):
        if row.encounter_id not in waiting:
            found[row.encounter_id] = found.get(row.encounter_id, 0) + row.balance_cents
    return found


def never_given_up(session: Session) -> list[str]:
    """Visits that were placed, and were not told so: what they owe stands in the books as before."""
    told = select(Fact.encounter_id).where(Fact.kind == FactKind.BALANCE_GIVEN_UP)
    query = select(Placement.encounter_id).where(col(Placement.encounter_id).not_in(told)).distinct()
    return list(session.exec(query.order_by(col(Placement.encounter_id))))


def suspend(session: Session, row: Placement, *, reason: str, at: datetime, by: str) -> None:
    """The agency asks nothing, and is told."""
    row.state = PlacementState.SUSPENDED
    session.add(row)
    tell(session, row, EventKind.SUSPENDED, reason=reason, amount_cents=row.balance_cents, at=at, by=by)


def resume(session: Session, row: Placement, *, at: datetime, by: str) -> None:
    """The agency goes on, and is told."""
    row.state = PlacementState.ACKNOWLEDGED if is_acknowledged(session, row.id) else PlacementState.PLACED
    session.add(row)
    tell(session, row, EventKind.RESUMED, amount_cents=row.balance_cents, at=at, by=by)
