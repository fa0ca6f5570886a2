"""Whom a practice works with, as what is added to a message that leaves it out."""

from sqlmodel import Session, select

from billing.amendments import SELF_PAY
from billing.claim import Name, Party
from billing.sent_visits import Known
from database import favourites, practice
from database.tables import Payer


def of_practice(session: Session, *, practice_id: str, partner_id: str) -> Known:
    """Its billing entities that a claim can be billed under, its active providers, and its payers at the partner."""
    payers = session.exec(select(Payer).where(Payer.practice_id == practice_id, Payer.partner_id == partner_id))
    kept = practice.providers(session, practice_id=practice_id)
    return Known(
        billing=tuple(favourites.billing_entities(session, practice_id=practice_id).values()),
        rendering=tuple(favourites.rendering_party(one) for one in kept if one.is_active),
        payers=tuple(
            Party("PR", is_person=False, name=Name(one.name), id_qualifier="PI", id=one.payer_number)
            for one in payers
            if one.payer_number and one.payer_number != SELF_PAY.payer.id
        ),
    )
