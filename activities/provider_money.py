"""What payers take and give outside the claims: booked, met with its counterpart, put on a claim, or asked about."""

import json
from datetime import datetime, timedelta

from sqlmodel import Session

from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.provider_adjustments import (
    BOOKED_BY_HAND,
    RECOVERY,
    Offset,
    Standing,
    adjustment_entry,
    detail_of,
    kind_of,
    offsets,
    waits,
)
from billing.remittance import Remittance
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import encounters, ledger, office, provider_adjustments, tasks
from database.columns import new_id
from database.tables import ProviderAdjustmentRow, RemittanceFile


def book(session: Session, file: RemittanceFile, header: Remittance, *, at: datetime) -> None:
    """Book every provider adjustment of a remittance and settle what can be settled now. Doing it twice changes
    nothing. The journal is held, so that two files at one instant meet nothing twice."""
    if not header.provider_adjustments:
        return
    ledger.hold_book(session, file.practice_id)
    if provider_adjustments.of_remittance(session, file.id):
        return
    entries = [
        adjustment_entry(one, source=f"plb:{file.id}:{number}")
        for number, one in enumerate(header.provider_adjustments, start=1)
    ]
    ledger.post(session, entries, practice_id=file.practice_id, at=at, remittance_id=file.id)
    rows = [_keep(session, file, header, number) for number in range(len(entries))]
    session.flush()
    for row in rows:
        _meet(session, row, at=at)
    for row in rows:
        _put_on_its_claim(session, row, at=at)
        ask_about(session, row, at=at)
    _ask_to_act(session, file, rows, at=at)


def _keep(session: Session, file: RemittanceFile, header: Remittance, number: int) -> ProviderAdjustmentRow:
    one = header.provider_adjustments[number]
    account = kind_of(one.reason).account
    row = ProviderAdjustmentRow(
        id=new_id(),
        practice_id=file.practice_id,
        remittance_id=file.id,
        ordinal=number + 1,
        payer_number=file.payer_number,
        reason=one.reason,
        reference=(one.reference or "").strip().upper()[:80],
        amount_cents=one.amount_cents,
        account=account,
        open_cents=one.amount_cents if account == Account.PLB_CLEARING else 0,
        received_at=file.received_at,
    )
    session.add(row)
    return row


def _meet(session: Session, row: ProviderAdjustmentRow, *, at: datetime) -> None:
    """End what earlier adjustments of the same reference left, in whichever order they came."""
    if not row.open_cents or not row.reference:
        return
    earlier = {one.id: one for one in provider_adjustments.unsettled(session, row)}
    standing = [Standing(one.id, one.open_cents, one.linked_cents) for one in earlier.values()]
    for offset in offsets(row.open_cents, standing):
        other = earlier[offset.id]
        row.open_cents -= offset.cents
        if offset.is_link:
            other.linked_cents += offset.cents
            _tell(session, row, str(other.encounter_id), offset.cents, at=at, cause=other.id, ends=other.id)
        else:
            other.open_cents += offset.cents
            _post_offset(session, row, other, offset, at=at)
        session.add(other)
        session.add(row)
        session.flush()
        close_task_of(session, other, at=at)


def _post_offset(
    session: Session, row: ProviderAdjustmentRow, other: ProviderAdjustmentRow, offset: Offset, *, at: datetime
) -> None:
    """Bring two sub-accounts to nought against each other; the same sub-account comes there by itself."""
    here, there = _detail(row), _detail(other)
    if here == there:
        return
    sides = (
        Side(Account.PLB_CLEARING, Cents(-offset.cents), None, here),
        Side(Account.PLB_CLEARING, Cents(offset.cents), None, there),
    )
    entry = Entry(EntryKind.OFFSET, f"offset:{row.id}:{other.id}", sides)
    ledger.post(session, [entry], practice_id=row.practice_id, at=at, remittance_id=row.remittance_id)


def _put_on_its_claim(session: Session, row: ProviderAdjustmentRow, *, at: datetime) -> None:
    """A recovery that names one visit's claim is that visit's to answer for: it looks whether it was paid so much."""
    if row.reason != RECOVERY or row.open_cents <= 0:
        return
    found = provider_adjustments.encounter_named(session, practice_id=row.practice_id, reference=row.reference)
    if found is not None and _tell(session, row, found, row.open_cents, at=at, cause="named"):
        row.encounter_id = found
        session.add(row)


def look_again(session: Session, file: RemittanceFile, *, at: datetime) -> None:
    """A remittance has told claim numbers: recoveries that came before it may be for one of them."""
    for row in provider_adjustments.unnamed(session, practice_id=file.practice_id, payer_number=file.payer_number):
        _put_on_its_claim(session, row, at=at)


def _tell(
    session: Session,
    row: ProviderAdjustmentRow,
    encounter_id: str,
    cents: int,
    *,
    at: datetime,
    cause: str,
    ends: str = "",
) -> bool:
    """`ends`: the adjustment that had been put on the visit, as far as this one ends it. Whether it is news."""
    return encounters.add_fact(
        session,
        practice_id=row.practice_id,
        encounter_id=encounter_id,
        kind=FactKind.TAKEN_BACK,
        source_key=f"plb:{row.id}:{encounter_id}:{cause}",
        subject_id=row.id,
        received_at=at,
        body=json.dumps({"cents": cents, "detail": _detail(row), "ends": ends}),
    )


def ask_about(
    session: Session,
    row: ProviderAdjustmentRow,
    *,
    at: datetime,
    even_if_it_waits: bool = False,
    because: str = "nothing else explains it",
    cause: str = "",
) -> bool:
    """Ask a person about money that stands on PLB_CLEARING and is nobody's yet; whether a task was opened. The same
    `cause` asks once."""
    if not row.open_cents or row.encounter_id is not None:
        return False
    if waits(row.reason, row.open_cents) and not even_if_it_waits:
        return False
    took = "took" if row.open_cents > 0 else "gave"
    named = f", reference {row.reference}," if row.reference else ", without a reference,"
    since = f" since {row.received_at:%Y-%m-%d}" if even_if_it_waits else ""
    reason = (
        f"The payer {took} {format_dollars(abs(row.open_cents))} outside the claims ({row.reason}, "
        f"{kind_of(row.reason).words}){named} and {because}. It stands on PLB_CLEARING{since}: put it "
        "on the claim that it is for, or say what it is."
    )
    new = NewTask(
        TaskType.PLB_REVIEW,
        key=f"plb:{row.id}:{'late' if even_if_it_waits else cause}",
        reason=reason,
        amount_cents=abs(row.open_cents),
        detail={"adjustment_id": row.id},
    )
    return _open(session, new, row, at=at)


def _ask_to_act(session: Session, file: RemittanceFile, rows: list[ProviderAdjustmentRow], *, at: datetime) -> None:
    """Tax, levies and penalties are booked; that they came at all is somebody's matter."""
    asked = [row for row in rows if kind_of(row.reason).is_asked]
    if not asked:
        return
    words = "; ".join(
        f"{format_dollars(abs(row.amount_cents))} {kind_of(row.reason).words} ({row.reason}, booked on {row.account})"
        for row in asked
    )
    new = NewTask(
        TaskType.PLB_REVIEW,
        key="plb",
        reason=f"The payer took or gave money outside the claims that somebody has to look into: {words}.",
        amount_cents=sum(abs(row.amount_cents) for row in asked),
    )
    _open(session, new, asked[0], at=at)


def _open(session: Session, new: NewTask, row: ProviderAdjustmentRow, *, at: datetime) -> bool:
    opened = tasks.open_task(
        session, new, practice_id=row.practice_id, subject="remittance", subject_id=row.remittance_id, at=at
    )
    return opened is not None


def close_task_of(session: Session, row: ProviderAdjustmentRow, *, at: datetime) -> None:
    """Nobody needs to look any more once nothing of it is open."""
    if row.open_cents:
        return
    for task in tasks.open_tasks(session, practice_id=row.practice_id, subject_id=row.remittance_id):
        if task.type == TaskType.PLB_REVIEW and json.loads(task.detail or "{}").get("adjustment_id") == row.id:
            tasks.close_task(session, task, resolution="met", at=at, actor_id=None)


def put_on(session: Session, row: ProviderAdjustmentRow, encounter_id: str, *, at: datetime, cause: str) -> None:
    """A person says which claim it is for; that visit is told."""
    row.encounter_id = encounter_id
    session.add(row)
    session.flush()
    _tell(session, row, encounter_id, row.open_cents, at=at, cause=cause)


def reclassify(session: Session, row: ProviderAdjustmentRow, to: str, *, actor: str, at: datetime) -> None:
    """A person says what it was: it leaves PLB_CLEARING for the account named."""
    sides = (
        Side(BOOKED_BY_HAND[to], Cents(row.open_cents), None, _detail(row)),
        Side(Account.PLB_CLEARING, Cents(-row.open_cents), None, _detail(row)),
    )
    entry = Entry(EntryKind.RECLASSIFIED, f"plb_booked:{row.id}", sides)
    ledger.post(session, [entry], practice_id=row.practice_id, at=at, remittance_id=row.remittance_id, actor=actor)
    row.open_cents = 0
    row.account = BOOKED_BY_HAND[to]
    session.add(row)


def look(session: Session, *, at: datetime) -> int:
    """Ask about what has stood on PLB_CLEARING too long; gives how many tasks were opened."""
    opened = 0
    for practice in office.practices(session):
        policies = office.policies_for(session, practice_id=practice.id, payer_id=None)
        days = policies.value("provider_adjustment_days", as_of=policies.day(at))
        before = at - timedelta(days=days)
        for row in provider_adjustments.open_since(session, practice_id=practice.id, before=before):
            opened += ask_about(session, row, at=at, even_if_it_waits=True)
    return opened


def _detail(row: ProviderAdjustmentRow) -> str:
    return detail_of(row.reason, row.reference)
