"""What the office does with collection agencies: places, takes back, suspends, and writes their file."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from billing.account_holds import HOLD_WORDS, HoldKind
from billing.agencies import (
    HOLDS_THAT_SUSPEND,
    OPEN,
    RECALL_WORDS,
    EventKind,
    PlacementState,
    RecallReason,
    ToldRow,
    account_number,
    itemized,
    write_told,
)
from billing.claim import Address
from billing.credit_reporting import credit_flag
from billing.ledger import Account
from billing.stages import FactKind
from database import (
    account_holds,
    accounts,
    agencies,
    consents,
    encounters,
    good_faith,
    households,
    ledger,
    office,
    registrations,
)
from database.columns import new_id
from database.tables import (
    AccountHold,
    Agency,
    AgencyFile,
    BalanceItem,
    Encounter,
    Patient,
    PatientAccount,
    Placement,
    PlacementEvent,
)


class NotPlaced(ValueError):
    """The agency has it no more; the message says what became of it."""


def place(session: Session, row: BalanceItem, cents: int, agency: Agency, *, actor_id: str, at: datetime) -> Placement:
    """Give one visit's share to an agency, as it is owed now. The visit posts it."""
    placed = Placement(
        id=new_id(),
        practice_id=row.practice_id,
        patient_id=row.patient_id,
        encounter_id=row.encounter_id,
        agency=agency.name,
        agency_id=agency.id,
        amount_cents=cents,
        balance_cents=cents,
        state=PlacementState.PLACED,
        placed_at=at,
        placed_by=actor_id,
        first_statement_at=row.first_statement_at or at,
    )
    session.add(placed)
    session.flush()
    agencies.tell(session, placed, EventKind.PLACED, amount_cents=cents, at=at, by=actor_id)
    return placed


def recall(
    session: Session, placement: Placement, reason: RecallReason, *, words: str, actor_id: str, at: datetime
) -> int:
    """Take back what is left at the agency: cents. It is the patient's again once the visit has posted it, and the
    agency's next file says so. Raises NotPlaced."""
    encounter = session.get_one(Encounter, placement.encounter_id)
    accounts.lock(session, practice_id=placement.practice_id, patient_id=households.answering(encounter), at=at)
    row = agencies.hold_placement(session, placement.id)
    if row.state not in OPEN:
        raise NotPlaced(f"it is {row.state.replace('_', ' ')} already")
    cents = row.balance_cents
    row.state, row.balance_cents = PlacementState.RECALLED, 0
    session.add(row)
    agencies.tell(session, row, EventKind.RECALLED, amount_cents=cents, reason=reason, at=at, by=actor_id)
    said = "; ".join(filter(None, (RECALL_WORDS[reason], words)))
    encounters.add_fact(
        session,
        practice_id=row.practice_id,
        encounter_id=row.encounter_id,
        kind=FactKind.PLACEMENT_RECALLED,
        source_key=f"recalled:{row.id}",
        subject_id=row.id,
        received_at=at,
        body=json.dumps({"cents": str(cents), "agency": row.agency, "words": said, "actor_id": actor_id}),
    )
    return cents


def follow_holds(session: Session, account: PatientAccount, *, at: datetime, by: str = "office") -> list[str]:
    """Agencies ask for nothing while a hold stands that keeps the office from asking, or a bill is disputed against its
    good-faith estimate (45 CFR 149.620), and go on when it ended: what was done, in words. The account is held."""
    standing = [
        one
        for one in account_holds.standing(session, account.patient_id)
        if one.kind in HOLDS_THAT_SUSPEND and (one.until is None or one.until > at)
    ]
    disputed = good_faith.held_up(session, practice_id=account.practice_id, patient_id=account.patient_id)
    said = []
    for row in agencies.open_on(session, households.members(session, account.patient_id)):
        why = _hold_on(standing, row) or (HoldKind.DISPUTE if row.encounter_id in disputed else None)
        if why is not None and row.state != PlacementState.SUSPENDED:
            agencies.suspend(session, row, reason=why, at=at, by=by)
            said.append(f"{row.agency} is told to ask for nothing: {HOLD_WORDS[why]}")
        elif why is None and row.state == PlacementState.SUSPENDED:
            agencies.resume(session, row, at=at, by=by)
            said.append(f"{row.agency} is told to go on")
    return said


def _hold_on(standing: Sequence[AccountHold], row: Placement) -> HoldKind | None:
    fitting = (HoldKind(one.kind) for one in standing if one.encounter_id in {None, row.encounter_id})
    return next(fitting, None)


def write_file(session: Session, agency: Agency, *, actor_id: str, at: datetime) -> AgencyFile | None:
    """Everything that the agency is to be told, as one file, kept as it goes out; None when there is nothing. What a
    visit has not posted yet waits for the next file. The agency is held."""
    told = [one for one in agencies.untold(session, agency.id) if not agencies.is_being_posted(session, one)]
    if not told:
        return None
    content = write_told([_told_row(session, agency, one) for one in told]).encode()
    row = AgencyFile(
        id=new_id(),
        practice_id=agency.practice_id,
        agency_id=agency.id,
        is_ours=True,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        rows=len(told),
        at=at,
        by=actor_id,
    )
    session.add(row)
    session.flush()
    for one in told:
        one.file_id = row.id
        session.add(one)
    session.flush()
    return row


def _told_row(session: Session, agency: Agency, event: PlacementEvent) -> ToldRow:
    placement = session.get_one(Placement, event.placement_id)
    encounter = session.get_one(Encounter, placement.encounter_id)
    patient = session.get_one(Patient, households.answering(encounter))
    registration, guarantor = registrations.of_row(patient), consents.guarantor_of(patient)
    person = guarantor.person if guarantor else registration.person
    phone = guarantor.telephone if guarantor else registration.telephone
    home = person.address or registration.address
    where = {"practice_id": placement.practice_id, "encounter_id": encounter.id}
    balances = ledger.balances(session, **where)
    by_patient = sum(ledger.applied_by_line(session, **where).values()) + balances.total(Account.MOVED_PATIENT_PAID)
    by_payers = balances.total(Account.CASH_UNAPPLIED) + balances.total(Account.MOVED_INSURANCE_PAID)
    charged = -balances.total(Account.REVENUE) - balances.total(Account.MOVED_CHARGES)
    return ToldRow(
        action=EventKind(event.kind),
        reference=placement.id,
        account_number=account_number(agency.number_form, placement.id),
        reason=event.reason,
        amount_cents=event.amount_cents,
        guarantor=", ".join(filter(None, (person.name.last, person.name.first))),
        street=", ".join(filter(None, (home.street, home.street_2))) if home else "",
        city=home.city if home else "",
        state=(home.state or "") if home else "",
        postal_code=(home.postal_code or "") if home else "",
        phone=phone or "",
        service_date=encounter.service_date,
        original_creditor=encounters.claim_of(encounter).billing_provider.name.last,
        itemization=itemized(
            on=encounter.service_date, charged=charged, paid=by_payers + by_patient, balance=placement.balance_cents
        ),
        credit_reporting=_credit_flag(session, encounter, home, at=event.at),
    )


def _credit_flag(session: Session, encounter: Encounter, home: Address | None, *, at: datetime) -> str:
    """By where the patient lives and where who answers does."""
    policies = office.policies_for(session, practice_id=encounter.practice_id, payer_id=None)
    own = registrations.of_row(session.get_one(Patient, encounter.patient_id)).address
    return credit_flag(
        home.state if home else None,
        own.state if own else None,
        is_switched_on=bool(policies.value("credit_reporting", as_of=policies.day(at))),
    )
