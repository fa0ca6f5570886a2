"""The file of a collection agency is taken: each row once, faulty ones named by their line."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from activities import agencies as placing
from activities.agency_desk import BY_AGENCY
from billing.account_holds import OF_THE_PERSON, HoldKind
from billing.agencies import OPEN, EventKind, PlacementState, fee_of, reference_in
from billing.agency_answers import SUSPEND_REASONS, Action, AnswerRow
from billing.money import format_dollars
from billing.spreadsheets import RowFault
from database import account_holds, accounts, agencies, households, patient_payments
from database.columns import new_id
from database.tables import Agency, AgencyFile, Encounter, PatientPayment, Placement, PlacementEvent


@dataclass
class Taken:
    """What a file did."""

    file_id: str = ""
    is_new: bool = True
    taken: int = 0
    unchanged: int = 0
    """Rows that said what was known"""
    faults: list[RowFault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Taking:
    session: Session
    agency: Agency
    file_id: str
    actor_id: str
    at: datetime
    today: date


def take(
    session: Session,
    agency: Agency,
    body: bytes,
    rows: Sequence[AnswerRow],
    faults: Sequence[RowFault],
    *,
    actor_id: str,
    at: datetime,
    today: date,
) -> Taken:
    """Take every good row. The same file again changes nothing. The agency is held; nothing is kept of a file without
    one good row."""
    sha256 = hashlib.sha256(body).hexdigest()
    known = agencies.file_taken(session, agency.id, sha256)
    if known is not None:
        earlier = [RowFault(line, message) for line, message in json.loads(known.faults)]
        return Taken(known.id, is_new=False, unchanged=known.rows, faults=earlier)
    kept = AgencyFile(
        id=new_id(),
        practice_id=agency.practice_id,
        agency_id=agency.id,
        is_ours=False,
        content=body,
        sha256=sha256,
        rows=0,
        at=at,
        by=actor_id,
    )
    session.add(kept)
    session.flush()
    taking = _Taking(session, agency, kept.id, actor_id, at, today)
    done = Taken(kept.id, faults=list(faults))
    for row, placement in _named(taking, rows, done.faults):
        fault = _take_row(taking, row, placement)
        if fault is None:
            done.taken += 1
        elif not fault:
            done.unchanged += 1
        else:
            done.faults.append(RowFault(row.line, fault))
    done.faults.sort(key=lambda one: one.line)
    kept.rows = done.taken + done.unchanged
    kept.faults = json.dumps([(one.line, one.message) for one in done.faults])
    session.add(kept)
    session.flush()
    return done


def _named(taking: _Taking, rows: Sequence[AnswerRow], faults: list[RowFault]) -> list[tuple[AnswerRow, Placement]]:
    """Each row with its placement, account after account, so that two files wait for each other in one order."""
    found = []
    for row in rows:
        placement = None
        for reference in (row.reference, reference_in(taking.agency.number_form, row.reference)):
            placement = placement or taking.session.get(Placement, reference.lower())
        if placement is None or placement.agency_id != taking.agency.id:
            words = f"the reference {row.reference[:40]} is nothing that was placed with {taking.agency.name}"
            faults.append(RowFault(row.line, words))
            continue
        answering = households.answering(taking.session.get_one(Encounter, placement.encounter_id))
        found.append((households.holder_of(taking.session, answering), row, placement))
    return [(row, placement) for _, row, placement in sorted(found, key=lambda one: (one[0], one[1].line))]


def _take_row(taking: _Taking, row: AnswerRow, placement: Placement) -> str | None:
    """None: taken. Empty: it was known. Else what is wrong with it."""
    patient_id = households.answering(taking.session.get_one(Encounter, placement.encounter_id))
    theirs = {"practice_id": placement.practice_id, "patient_id": patient_id}
    account = accounts.lock(taking.session, **theirs, at=taking.at)
    placement = agencies.hold_placement(taking.session, placement.id)
    match row.action:
        case Action.ACKNOWLEDGE:
            return _acknowledge(taking, placement)
        case Action.PAID:
            return _collected(taking, row, placement)
        case Action.CLOSE:
            return _close(taking, row, placement)
        case Action.SUSPEND:
            if placement.state not in OPEN:
                return _over(placement)
            kind = SUSPEND_REASONS[row.reason]
            if _is_suspended_for(taking, account.patient_id, placement, kind):
                return ""
            account_holds.begin(
                taking.session,
                practice_id=placement.practice_id,
                patient_id=account.patient_id,
                kind=kind,
                encounter_id=None if kind in OF_THE_PERSON else placement.encounter_id,
                reason=f"told by {taking.agency.name}",
                until=None,
                at=taking.at,
                by=taking.actor_id,
            )
            _keep(taking, placement, EventKind.SUSPENDED, reason=row.reason)
            placing.follow_holds(taking.session, account, at=taking.at, by=taking.actor_id)
            households.wake(taking.session, **theirs, at=taking.at)
            return None


def _is_suspended_for(taking: _Taking, holder_id: str, placement: Placement, kind: HoldKind) -> bool:
    return placement.state == PlacementState.SUSPENDED and any(
        one.kind == kind and one.encounter_id in {None, placement.encounter_id}
        for one in account_holds.standing(taking.session, holder_id)
    )


def _over(placement: Placement) -> str:
    return f"the account is {placement.state.replace('_', ' ')} already"


def _keep(
    taking: _Taking,
    placement: Placement,
    kind: EventKind,
    *,
    reason: str = "",
    cents: int = 0,
    fee: int = 0,
    transaction: str | None = None,
) -> None:
    taking.session.add(placement)
    taking.session.add(
        PlacementEvent(
            id=new_id(),
            practice_id=placement.practice_id,
            agency_id=placement.agency_id,
            placement_id=placement.id,
            ordinal=agencies.next_ordinal(taking.session, placement.id),
            kind=kind,
            is_ours=False,
            amount_cents=cents,
            fee_cents=fee,
            reason=reason,
            transaction=transaction,
            file_id=taking.file_id,
            at=taking.at,
            by=taking.actor_id,
        )
    )
    taking.session.flush()


def _acknowledge(taking: _Taking, placement: Placement) -> str | None:
    if agencies.is_acknowledged(taking.session, placement.id):
        return ""
    if placement.state == PlacementState.PLACED:
        placement.state = PlacementState.ACKNOWLEDGED
    _keep(taking, placement, EventKind.ACKNOWLEDGED)
    return None


def _close(taking: _Taking, row: AnswerRow, placement: Placement) -> str | None:
    if placement.state == PlacementState.CLOSED:
        return ""
    if placement.state not in OPEN:
        return _over(placement)
    left, placement.state, placement.balance_cents = placement.balance_cents, PlacementState.CLOSED, 0
    _keep(taking, placement, EventKind.CLOSED, reason=row.reason, cents=left)
    return None


def _collected(taking: _Taking, row: AnswerRow, placement: Placement) -> str | None:
    """Money that the agency has of the patient's, in whatever state: it may cross with a recall."""
    known = agencies.payment_of(taking.session, taking.agency.id, row.transaction)
    if known is not None:
        same = (known.placement_id, known.amount_cents) == (placement.id, row.collected_cents)
        return "" if same else f"transaction {row.transaction} was another payment before"
    before = agencies.collected_cents(taking.session, placement.id)
    if before + row.collected_cents > placement.amount_cents:
        return (
            f"{format_dollars(row.collected_cents)} with {format_dollars(before)} collected before is more than the "
            f"{format_dollars(placement.amount_cents)} that were placed; ask the agency"
        )
    if row.paid_on is not None and row.paid_on > taking.today:
        return "paid_on lies in the future"
    fee = fee_of(row.collected_cents, taking.agency.fee_basis_points) if row.fee_cents is None else row.fee_cents
    _take_money(taking, row, placement, fee)
    placement.balance_cents -= min(placement.balance_cents, row.collected_cents)
    if placement.balance_cents == 0 and placement.state in OPEN:
        placement.state = PlacementState.PAID_IN_FULL
    _keep(taking, placement, EventKind.COLLECTED, cents=row.collected_cents, fee=fee, transaction=row.transaction)
    return None


def _take_money(taking: _Taking, row: AnswerRow, placement: Placement, fee: int) -> None:
    payment = PatientPayment(
        id=new_id(),
        practice_id=placement.practice_id,
        encounter_id=placement.encounter_id,
        amount_cents=row.collected_cents,
        method=BY_AGENCY,
        fee_cents=fee,
        reference=row.transaction,
        received_on=taking.today,
        received_at=taking.at,
        recorded_by=BY_AGENCY,
    )
    patient_payments.keep(taking.session, payment, at=taking.at)
