"""The practice as a legal entity: its name and tax id, whom it bills under, who sees its patients, and where."""

from dataclasses import dataclass, replace

from sqlmodel import Session, col, func, select

from billing.claim import Address, Claim, Name, Party
from database import records
from database.columns import new_id
from database.office import PayeeOfAnotherPractice
from database.tables import BillingEntity, Location, Practice, Provider


class NameTaken(ValueError):
    """Another location of the practice has this name."""


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """Who the practice is before the law."""

    legal_name: str | None
    tax_id: str | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """By whose clock the practice's days go."""

    time_zone: str
    """IANA name"""


@dataclass(frozen=True, slots=True)
class EntityView:
    """Somebody whom the practice bills under."""

    npi: str
    name: str
    tax_id: str | None
    taxonomy: str | None
    address: Address | None
    pay_to: Address | None
    """Where cheques go, when that is elsewhere"""
    telephone: str | None = None
    """Ten digits: where patients call"""


@dataclass(frozen=True, slots=True)
class LocationView:
    """Where the practice sees patients."""

    id: str
    name: str
    place_of_service: str
    address: Address
    npi: str | None


@dataclass(frozen=True, slots=True)
class ProviderView:
    """Somebody who sees the practice's patients."""

    npi: str
    last_name: str
    first_name: str | None
    taxonomy: str | None
    is_active: bool = True
    """False: left; new visits are not offered them"""


@dataclass(frozen=True, slots=True)
class PracticeView:
    """Everything that the practice's page shows."""

    name: str
    """What the installation calls it"""
    legal: LegalEntity
    calendar: Calendar
    entities: list[EntityView]
    providers: list[ProviderView]
    locations: list[LocationView]


def view(session: Session, *, practice_id: str) -> PracticeView:
    """The practice with its billing entities, providers and locations, each by name."""
    row = session.get_one(Practice, practice_id)
    entities = session.exec(
        select(BillingEntity)
        .where(BillingEntity.practice_id == practice_id)
        .order_by(func.lower(BillingEntity.name), BillingEntity.npi)
    )
    return PracticeView(
        row.name,
        LegalEntity(row.legal_name, row.tax_id),
        Calendar(row.time_zone),
        [_entity(one) for one in entities],
        providers(session, practice_id=practice_id),
        locations(session, practice_id=practice_id),
    )


def providers(session: Session, *, practice_id: str) -> list[ProviderView]:
    """Who sees patients, by name; those who left come last."""
    rows = session.exec(
        select(Provider)
        .where(Provider.practice_id == practice_id)
        .order_by(col(Provider.is_active).desc(), func.lower(Provider.last_name), Provider.npi)
    )
    return [_provider(one) for one in rows]


def locations(session: Session, *, practice_id: str) -> list[LocationView]:
    """Where the practice sees patients, by name."""
    rows = session.exec(
        select(Location).where(Location.practice_id == practice_id).order_by(func.lower(Location.name), Location.id)
    )
    return [_location(one) for one in rows]


def with_pay_to(session: Session, claim: Claim, *, practice_id: str) -> Claim:
    """The claim, with the address where its billing provider's cheques go (2010AB) when the practice keeps one."""
    entity = session.get(BillingEntity, claim.billing_provider.npi or "")
    if claim.pay_to or entity is None or entity.practice_id != practice_id or not entity.pay_to_address:
        return claim
    address = records.load(Address, entity.pay_to_address)
    return replace(claim, pay_to=Party("87", is_person=False, name=Name(""), address=address))


def save_legal(session: Session, told: LegalEntity, *, practice_id: str) -> LegalEntity:
    """Keep who the practice is; returns what was there."""
    row = session.get_one(Practice, practice_id)
    before = LegalEntity(row.legal_name, row.tax_id)
    row.legal_name, row.tax_id = told.legal_name, told.tax_id
    session.add(row)
    session.flush()
    return before


def zone_now(session: Session, *, practice_id: str) -> str:
    """The name of the practice's time zone, held until the transaction ends."""
    return session.get_one(Practice, practice_id, with_for_update={"key_share": True}).time_zone


def save_calendar(session: Session, told: Calendar, *, practice_id: str) -> Calendar:
    """Tell the practice's days by another clock from now on; returns what was there.

    Days that were written down already (posted, counted, on letters) stay.
    """
    row = session.get_one(Practice, practice_id)
    before = Calendar(row.time_zone)
    row.time_zone = told.time_zone
    session.add(row)
    session.flush()
    return before


def save_entity(session: Session, told: EntityView, *, practice_id: str) -> EntityView | None:
    """Add or change a billing entity; returns what was there. Raises PayeeOfAnotherPractice."""
    row = session.get(BillingEntity, told.npi)
    if row is not None and row.practice_id != practice_id:
        raise PayeeOfAnotherPractice("the billing provider is registered with another practice")
    before = _entity(row) if row else None
    row = row or BillingEntity(npi=told.npi, practice_id=practice_id, name=told.name)
    row.name, row.tax_id, row.taxonomy = told.name, told.tax_id, told.taxonomy
    row.address = records.dump(told.address) if told.address else None
    row.pay_to_address = records.dump(told.pay_to) if told.pay_to else None
    row.telephone = told.telephone
    session.add(row)
    session.flush()
    return before


def save_provider(session: Session, told: ProviderView, *, practice_id: str) -> ProviderView | None:
    """Add or change a provider; returns what was there."""
    row = session.get(Provider, (practice_id, told.npi))
    before = _provider(row) if row else None
    row = row or Provider(practice_id=practice_id, npi=told.npi, last_name=told.last_name)
    row.last_name, row.first_name = told.last_name, told.first_name
    row.taxonomy, row.is_active = told.taxonomy, told.is_active
    session.add(row)
    session.flush()
    return before


def save_location(session: Session, told: LocationView, *, practice_id: str) -> LocationView | None:
    """Change the location with this id, or add one when the id is empty; returns what was there.

    Raises KeyError when the practice has no such location, NameTaken when another one has the name.
    """
    mine = Location.practice_id == practice_id
    row = session.exec(select(Location).where(mine, Location.id == told.id)).first() if told.id else None
    if told.id and row is None:
        raise KeyError(told.id)
    namesake = session.exec(select(Location).where(mine, Location.name == told.name)).first()
    if namesake is not None and namesake is not row:
        raise NameTaken(told.name)
    before = _location(row) if row else None
    row = row or Location(id=new_id(), practice_id=practice_id, name=told.name, place_of_service="11", address="")
    row.name, row.place_of_service, row.npi = told.name, told.place_of_service, told.npi
    row.address = records.dump(told.address)
    session.add(row)
    session.flush()
    return before


def _entity(row: BillingEntity) -> EntityView:
    return EntityView(
        row.npi,
        row.name,
        row.tax_id,
        row.taxonomy,
        records.load(Address, row.address) if row.address else None,
        records.load(Address, row.pay_to_address) if row.pay_to_address else None,
        row.telephone,
    )


def _location(row: Location) -> LocationView:
    return LocationView(row.id, row.name, row.place_of_service, records.load(Address, row.address), row.npi)


def _provider(row: Provider) -> ProviderView:
    return ProviderView(row.npi, row.last_name, row.first_name, row.taxonomy, row.is_active)
