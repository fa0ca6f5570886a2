"""Practices, partners, payers, policies and prices."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, tzinfo

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from billing.charges import ChargeMaster, Price
from billing.claim import Party
from billing.days import USUAL_ZONE, zone_named
from billing.money import Cents
from billing.partners import WHO, PartnerFacts
from billing.policies import DEFAULTS, Policies, PolicyRow
from database.columns import new_id
from database.tables import BillingEntity, Charge, Partner, Payer, Policy, Practice

ALWAYS = date(2000, 1, 1)
"""Effective date of the installation's defaults"""


class PayeeOfAnotherPractice(ValueError):
    """The billing provider is registered with another practice; its claims cannot be taken in here."""


_POLICIES = sa.select(
    col(Policy.name), col(Policy.value), col(Policy.effective_from), col(Policy.practice_id), col(Policy.payer_id)
).where(
    or_(col(Policy.practice_id).is_(None), col(Policy.practice_id) == sa.bindparam("practice_id")),
    or_(col(Policy.payer_id).is_(None), col(Policy.payer_id) == sa.bindparam("payer_id")),
)


def install_policies(session: Session) -> None:
    """Write every installation default that is not there yet."""
    present = set(session.exec(select(Policy.name).where(col(Policy.practice_id).is_(None))))
    for name, default in DEFAULTS.items():
        if name not in present:
            session.add(
                Policy(id=new_id(), name=name, value=default.value, effective_from=ALWAYS, source=default.source)
            )


def set_policy(
    session: Session,
    *,
    practice_id: str,
    name: str,
    value: int,
    effective_from: date,
    payer_id: str | None = None,
    source: str = "practice",
) -> None:
    """Add a practice's (or its payer's) own row. What was in force for a day is never changed: the newest counts."""
    if name not in DEFAULTS:
        raise ValueError(f"no such policy: {name}")
    session.add(
        Policy(
            id=new_id(),
            practice_id=practice_id,
            payer_id=payer_id,
            name=name,
            value=value,
            effective_from=effective_from,
            source=source,
        )
    )


def policies_for(session: Session, *, practice_id: str, payer_id: str | None) -> Policies:
    """Every row that can apply to this practice and payer."""
    rows = session.execute(_POLICIES, {"practice_id": practice_id, "payer_id": payer_id})
    return Policies.of((PolicyRow(*row) for row in rows), zone_of(session, practice_id))


def zone_of(session: Session, practice_id: str) -> tzinfo:
    """The time zone of the practice's days."""
    return zone_named(session.get_one(Practice, practice_id).time_zone)


def add_practice(session: Session, *, name: str, at: datetime, time_zone: str = USUAL_ZONE) -> Practice:
    """Register a practice."""
    practice = Practice(id=new_id(), name=name, created_at=at, time_zone=time_zone)
    session.add(practice)
    session.flush()
    return practice


def practice_named(session: Session, name: str) -> Practice | None:
    """The practice with this name, or None."""
    return session.exec(select(Practice).where(Practice.name == name)).first()


def practices(session: Session) -> list[Practice]:
    """All practices of the installation: for setup and the operator, never for a practice's own pages."""
    return list(session.exec(select(Practice).order_by(Practice.name)))


def first_practice(session: Session) -> Practice:
    """The practice that was set up first: it holds the operator's queue."""
    return session.exec(select(Practice).order_by(col(Practice.created_at), Practice.id)).first() or _no_practice()


def _no_practice() -> Practice:
    raise LookupError("no practice is set up; run `zerobalance setup`")


def partner_named(session: Session, name: str) -> Partner | None:
    """The trading partner with this name, or None."""
    return session.exec(select(Partner).where(Partner.name == name)).first()


def partners(session: Session) -> list[Partner]:
    """All trading partners."""
    return list(session.exec(select(Partner).order_by(Partner.name)))


def partner(session: Session, partner_id: str) -> Partner:
    """One trading partner. Raises KeyError when there is none."""
    found = session.get(Partner, partner_id)
    if found is None:
        raise KeyError(partner_id)
    return found


def who_partners_are(session: Session) -> dict[str, dict[str, str]]:
    """Partner's name to the facts that say who it is, as they are kept."""
    return {one.name: {fact: getattr(one, fact) for fact in WHO} for one in partners(session)}


def keep_partner(session: Session, facts: PartnerFacts) -> Partner:
    """Register a partner, or change the one with this name. The facts were checked (`billing.partners.faults_of`)."""
    values = asdict(facts) | {"base_url": facts.base_url or ""}
    found = partner_named(session, facts.name)
    if found is None:
        found = Partner(id=new_id(), **values)
    for fact, value in values.items():
        setattr(found, fact, value)
    session.add(found)
    session.flush()
    return found


def register_billing_provider(session: Session, *, practice_id: str, provider: Party) -> None:
    """Remember that the practice bills under this provider, so that remittances find their practice.

    Raises PayeeOfAnotherPractice when another practice already does.
    """
    if provider.npi is None:
        return
    known = session.get(BillingEntity, provider.npi)
    if known is None:
        tax_id = provider.reference("EI") or provider.reference("SY")
        session.add(BillingEntity(npi=provider.npi, practice_id=practice_id, tax_id=tax_id, name=provider.name.last))
        session.flush()
    elif known.practice_id != practice_id:
        raise PayeeOfAnotherPractice("the billing provider is registered with another practice")


def practice_of_payee(session: Session, *, npi: str | None, tax_id: str | None) -> str | None:
    """The practice that a remittance's payee belongs to: by NPI, else by a tax id that only one practice uses."""
    if npi is not None:
        entity = session.get(BillingEntity, npi)
        if entity is not None:
            return entity.practice_id
    if tax_id is not None:
        owners = set(session.exec(select(BillingEntity.practice_id).where(BillingEntity.tax_id == tax_id)))
        if len(owners) == 1:
            return owners.pop()
    return None


def known_payer(session: Session, *, practice_id: str, partner_id: str, number: str) -> Payer | None:
    """The payer of this number, if the practice has met it."""
    return session.exec(
        select(Payer).where(
            Payer.practice_id == practice_id, Payer.partner_id == partner_id, Payer.payer_number == number
        )
    ).first()


def partners_to(session: Session, *, practice_id: str, number: str) -> list[Partner]:
    """The trading partners that reach a payer by its number; all of them where the practice has not met it."""
    query = select(Partner).join(Payer, col(Payer.partner_id) == col(Partner.id))
    query = query.where(Payer.practice_id == practice_id, Payer.payer_number == number)
    return list(session.exec(query.order_by(Partner.name))) or partners(session)


def payer_for(session: Session, told: Party, *, practice_id: str, partner_id: str) -> Payer:
    """The payer of a claim (2010BB) as this practice knows it; a new number (NM109) makes a new row."""
    number = told.id or ""
    found = known_payer(session, practice_id=practice_id, partner_id=partner_id, number=number)
    if found is None:
        found = Payer(
            id=new_id(),
            practice_id=practice_id,
            partner_id=partner_id,
            payer_number=number,
            name=told.name.last or number,
        )
        session.add(found)
        session.flush()
    return found


def charge_master(session: Session, *, practice_id: str, procedures: Iterable[str]) -> ChargeMaster:
    """The practice's prices for these procedures."""
    rows = session.exec(
        select(Charge).where(Charge.practice_id == practice_id, col(Charge.procedure).in_(sorted(set(procedures))))
    )
    return ChargeMaster(
        tuple(
            Price(row.procedure, Cents(row.price_cents), row.effective_from, row.modifier, row.description or "")
            for row in rows
        )
    )
