"""What payers want authorized, what they authorized, and how much of it is used."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session, col, or_, select

from billing.authorizations import Authorization, AuthorizationRule, AuthorizationState
from billing.claim import Claim
from database import records
from database.columns import new_id
from database.tables import AuthorizationRow, AuthorizationRuleRow, Encounter, Patient


class AuthorizationChanged(RuntimeError):
    """Somebody changed the authorization since it was shown."""


@dataclass(frozen=True, slots=True)
class Said:
    """An authorization as a person says it."""

    payer_number: str
    state: AuthorizationState
    number: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    procedures: tuple[str, ...] = ()
    units: Decimal | None = None
    provider_npi: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AuthorizationView:
    """One authorization with what is used of it."""

    id: str
    version: int
    said: Said
    used: Decimal
    """Units of visits under its number"""
    is_over: bool
    """Its last day has passed, or its units are used up"""


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule."""

    id: str
    rule: AuthorizationRule
    note: str


def rules_of(session: Session, *, practice_id: str) -> list[RuleView]:
    """Every rule of the practice, by payer and code; those that ended too."""
    query = select(AuthorizationRuleRow).where(AuthorizationRuleRow.practice_id == practice_id)
    order = (AuthorizationRuleRow.payer_number, AuthorizationRuleRow.first, col(AuthorizationRuleRow.begins))
    return [
        RuleView(one.id, AuthorizationRule(one.payer_number, one.first, one.last, one.begins, one.ends), one.note)
        for one in session.exec(query.order_by(*order))
    ]


def add_rule(session: Session, rule: AuthorizationRule, note: str, *, practice_id: str) -> str:
    """Keep a rule: its id."""
    row = AuthorizationRuleRow(
        id=new_id(),
        practice_id=practice_id,
        payer_number=rule.payer_id,
        first=rule.first,
        last=rule.last,
        begins=rule.begins,
        ends=rule.ends,
        note=note,
    )
    session.add(row)
    session.flush()
    return row.id


def end_rule(session: Session, *, practice_id: str, rule_id: str, ends: date) -> AuthorizationRuleRow | None:
    """Give a rule its last day; None when the practice has no such rule."""
    query = select(AuthorizationRuleRow).where(
        AuthorizationRuleRow.practice_id == practice_id, AuthorizationRuleRow.id == rule_id
    )
    row = session.exec(query.with_for_update()).first()
    if row is not None:
        row.ends = ends
        session.add(row)
        session.flush()
    return row


def keep(session: Session, patient: Patient, said: Said, *, at: datetime, by: str) -> AuthorizationRow:
    """One authorization more."""
    row = AuthorizationRow(
        id=new_id(),
        practice_id=patient.practice_id,
        patient_id=patient.id,
        payer_number=said.payer_number,
        state=said.state,
        said_at=at,
        said_by=by,
    )
    _write(row, said)
    session.add(row)
    session.flush()
    return row


def change(
    session: Session, patient: Patient, authorization_id: str, said: Said, *, version: int, at: datetime, by: str
) -> AuthorizationRow | None:
    """Write what is known now; None: the patient has no such authorization. Raises AuthorizationChanged."""
    query = select(AuthorizationRow).where(
        AuthorizationRow.patient_id == patient.id, AuthorizationRow.id == authorization_id
    )
    row = session.exec(query.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        return None
    if row.version != version:
        raise AuthorizationChanged(f"authorization {authorization_id} is at version {row.version}, not {version}")
    _write(row, said)
    row.version += 1
    row.said_at, row.said_by = at, by
    session.add(row)
    session.flush()
    return row


def of_patient(session: Session, patient_id: str, *, today: date) -> list[AuthorizationView]:
    """Every authorization of a patient, the newest first."""
    query = select(AuthorizationRow).where(AuthorizationRow.patient_id == patient_id)
    rows = session.exec(query.order_by(col(AuthorizationRow.said_at).desc(), AuthorizationRow.id)).all()
    used = _used(session, patient_id, [one.number for one in rows], without=None)
    return [_view(one, used.get(one.number, Decimal(0)), today) for one in rows]


def approved(
    session: Session, patient_id: str, *, payer_number: str | None, without: str | None = None
) -> list[Authorization]:
    """What one payer authorized for a patient; `without`: the encounter whose own units are not counted as used."""
    query = select(AuthorizationRow).where(
        AuthorizationRow.patient_id == patient_id,
        AuthorizationRow.payer_number == (payer_number or ""),
        AuthorizationRow.state == AuthorizationState.APPROVED,
    )
    rows = session.exec(query.order_by(col(AuthorizationRow.said_at), AuthorizationRow.id)).all()
    used = _used(session, patient_id, [one.number for one in rows], without=without)
    return [
        Authorization(
            number=one.number,
            valid_from=one.valid_from or date.min,
            valid_to=one.valid_to or date.max,
            procedures=frozenset(one.procedures.split()),
            units=Decimal(one.units) if one.units else None,
            used=used.get(one.number, Decimal(0)),
            provider_npi=one.provider_npi,
        )
        for one in rows
    ]


def _used(session: Session, patient_id: str, numbers: Iterable[str], *, without: str | None) -> dict[str, Decimal]:
    """Units billed under each number on visits that are not void, of the procedures that it is for."""
    wanted = {one for one in numbers if one}
    if not wanted:
        return {}
    query = select(Encounter.record).where(
        Encounter.patient_id == patient_id,
        col(Encounter.is_void).is_(False),
        col(Encounter.billed_with_id).is_(None),
        Encounter.id != (without or ""),
        or_(
            *(
                col(Encounter.record).contains(json.dumps(one, ensure_ascii=False), autoescape=True)
                for one in sorted(wanted)
            )
        ),
    )
    procedures = _procedures(session, patient_id)
    used: dict[str, Decimal] = {}
    for record in session.exec(query):
        claim = records.load(Claim, record)
        if claim.authorization in wanted:
            named = procedures.get(claim.authorization, frozenset())
            units = (line.units for line in claim.lines if not named or line.procedure in named)
            used[claim.authorization] = sum(units, used.get(claim.authorization, Decimal(0)))
    return used


def _procedures(session: Session, patient_id: str) -> dict[str, frozenset[str]]:
    query = select(AuthorizationRow).where(AuthorizationRow.patient_id == patient_id)
    return {one.number: frozenset(one.procedures.split()) for one in session.exec(query)}


def _write(row: AuthorizationRow, said: Said) -> None:
    row.payer_number, row.state, row.number = said.payer_number, said.state, said.number
    row.valid_from, row.valid_to = said.valid_from, said.valid_to
    row.procedures = " ".join(said.procedures)
    row.units = None if said.units is None else f"{said.units.normalize():f}"
    row.provider_npi, row.note = said.provider_npi, said.note


def _view(row: AuthorizationRow, used: Decimal, today: date) -> AuthorizationView:
    units = Decimal(row.units) if row.units else None
    said = Said(
        payer_number=row.payer_number,
        state=AuthorizationState(row.state),
        number=row.number,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        procedures=tuple(row.procedures.split()),
        units=units,
        provider_npi=row.provider_npi,
        note=row.note,
    )
    is_over = (row.valid_to is not None and row.valid_to < today) or (units is not None and used >= units)
    return AuthorizationView(row.id, row.version, said, used, is_over)
