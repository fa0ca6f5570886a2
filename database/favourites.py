"""What a practice uses most, and whom it works with: what a form for a new visit offers.

Read from the practice's own claims of the last year (by the day their charges were posted, which is indexed) and
from its charge master.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from billing.amendments import SELF_PAY
from billing.claim import Claim, Name, Party, Reference
from billing.ledger import EntryKind
from billing.money import Cents
from database import office, practice, records
from database.practice import LocationView, ProviderView
from database.tables import Charge, Encounter, Journal, Partner, Payer

LOOK_BACK = timedelta(days=365)
CLAIMS = 400
"""At most so many of the newest claims are looked at"""
YOUNG = 50
"""Visits looked at where nothing was charged within the last year: the office has hardly begun"""
OFFERED = 200
"""Codes that a list offers"""


@dataclass(frozen=True, slots=True)
class UsedCode:
    """A code that the practice uses."""

    code: str
    uses: int
    price_cents: Cents | None = None
    """What one unit costs today; None: not in the charge master"""


@dataclass(frozen=True, slots=True)
class KnownPayer:
    """A payer of the practice."""

    id: str
    number: str
    name: str
    partner: str


@dataclass(frozen=True, slots=True)
class Favourites:
    """Everything that is offered, the most used first."""

    procedures: Sequence[UsedCode]
    diagnoses: Sequence[UsedCode]
    payers: Sequence[KnownPayer]
    partners: Sequence[str]
    billing: dict[str, Party]
    """By NPI, with NPI and employer's tax id"""
    rendering: dict[str, Party]
    locations: Sequence[LocationView]


def favourites(session: Session, *, practice_id: str, today: date, also: Claim | None = None) -> Favourites:
    """What to offer; the providers of `also` are among it, however long ago it was."""
    claims = _recent_claims(session, practice_id, today)
    spoken = claims if also is None else [also, *claims]
    billing = (claim.billing_provider for claim in spoken)
    return Favourites(
        procedures=_procedures(session, practice_id, claims, today),
        diagnoses=_counted(one.code for claim in claims for one in claim.diagnoses),
        payers=known_payers(session, practice_id=practice_id),
        partners=[one.name for one in office.partners(session)],
        billing=_by_npi(one for one in billing if len(one.reference("EI") or "") == 9 and one.address)
        | billing_entities(session, practice_id=practice_id),
        rendering=_rendering(session, practice_id, spoken),
        locations=practice.locations(session, practice_id=practice_id),
    )


def rendering_providers(session: Session, *, practice_id: str, today: date) -> dict[str, Party]:
    """Who sees the practice's patients or did so lately, by NPI."""
    return _rendering(session, practice_id, _recent_claims(session, practice_id, today))


def known_payers(session: Session, *, practice_id: str) -> list[KnownPayer]:
    """The practice's payers by name."""
    rows = session.exec(
        select(Payer, Partner.name)
        .join(Partner, col(Partner.id) == col(Payer.partner_id))
        .where(Payer.practice_id == practice_id, Payer.payer_number != SELF_PAY.payer.id)
        .order_by(func.lower(Payer.name), Payer.payer_number, Payer.id)
    )
    return [KnownPayer(row.id, row.payer_number, row.name, partner) for row, partner in rows]


def _recent_claims(session: Session, practice_id: str, today: date) -> list[Claim]:
    charged = session.exec(
        select(Encounter.record)
        .join(Journal, col(Journal.encounter_id) == col(Encounter.id))
        .where(
            Journal.practice_id == practice_id,
            Journal.posted_on >= today - LOOK_BACK,
            Journal.kind == EntryKind.CHARGE,
            Encounter.practice_id == practice_id,
        )
        .order_by(col(Journal.posted_on).desc(), col(Journal.number).desc())
        .limit(CLAIMS)
    ).all()
    if not charged:
        newest = col(Encounter.created_at).desc()
        charged = session.exec(
            select(Encounter.record).where(Encounter.practice_id == practice_id).order_by(newest).limit(YOUNG)
        ).all()
    return [records.load(Claim, record) for record in charged]


def _procedures(session: Session, practice_id: str, claims: Sequence[Claim], today: date) -> list[UsedCode]:
    uses = Counter(line.procedure for claim in claims for line in claim.lines)
    prices: dict[str, Cents] = {}
    rows = session.exec(
        select(Charge.procedure, Charge.price_cents)
        .where(Charge.practice_id == practice_id, Charge.modifier == "", Charge.effective_from <= today)
        .order_by(Charge.procedure, col(Charge.effective_from))
    )
    for procedure, price_cents in rows:
        prices[procedure] = Cents(price_cents)
    codes = [code for code, _ in uses.most_common()] + [code for code in prices if code not in uses]
    return [UsedCode(code, uses[code], prices.get(code)) for code in codes[:OFFERED]]


def _counted(codes: Iterable[str]) -> list[UsedCode]:
    return [UsedCode(code, uses) for code, uses in Counter(codes).most_common(OFFERED)]


def billing_entities(session: Session, *, practice_id: str) -> dict[str, Party]:
    """Whom the practice has set up to bill under, as far as a claim can be billed under it."""
    return {
        one.npi: Party(
            role="85",
            is_person=False,
            name=Name(one.name),
            id_qualifier="XX",
            id=one.npi,
            taxonomy=one.taxonomy,
            address=one.address,
            references=(Reference("EI", one.tax_id),),
        )
        for one in practice.view(session, practice_id=practice_id).entities
        if one.address and one.tax_id
    }


def _rendering(session: Session, practice_id: str, claims: Iterable[Claim]) -> dict[str, Party]:
    """Those whom the practice keeps come first, by name; nobody who left is among them."""
    kept = practice.providers(session, practice_id=practice_id)
    found = {one.npi: rendering_party(one) for one in kept if one.is_active}
    left = {one.npi for one in kept if not one.is_active}
    seen = _by_npi(one for claim in claims for one in claim.providers if one.role == "82")
    return found | {npi: party for npi, party in seen.items() if npi not in found and npi not in left}


def rendering_party(one: ProviderView) -> Party:
    """A provider as the rendering one of a claim."""
    return Party(
        role="82",
        is_person=True,
        name=Name(one.last_name, one.first_name),
        id_qualifier="XX",
        id=one.npi,
        taxonomy=one.taxonomy,
    )


def _by_npi(parties: Iterable[Party]) -> dict[str, Party]:
    """Each as most claims know them, then as the newest does: a number that was mistyped once renames nobody."""
    known: dict[str, list[Party]] = {}
    for party in parties:
        if party.npi:
            known.setdefault(party.npi, []).append(party)
    named = {npi: Counter(party.name for party in found).most_common(1)[0][0] for npi, found in known.items()}
    return {npi: next(party for party in found if party.name == named[npi]) for npi, found in known.items()}
