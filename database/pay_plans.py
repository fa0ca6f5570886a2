"""Paying in parts as the pay page shows it: the plan that holds, its card, and whether one can be agreed on there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from billing import pay_words
from billing.instalments import LATEST_FIRST, WITHOUT_DISCLOSURE, Instalment, PlanState, still_open
from billing.kept_cards import CardState
from billing.policies import Policies
from database import account_holds, accounts, instalments, kept_cards
from database.kept_cards import CardView
from database.registrations import read_by
from database.tables import Patient, Practice

FEWEST = 2


@dataclass(frozen=True, slots=True)
class PayPlan:
    """A plan that holds."""

    total_cents: int
    paid_cents: int
    coming: Sequence[Instalment]
    """What is open of each part"""
    card: CardView | None
    """The one that is charged, or the last that was"""
    agreed_on: date | None
    """The day on which its charges were agreed to"""

    @property
    def is_charged(self) -> bool:
        """A card is kept for it."""
        return self.card is not None and self.card.state == CardState.KEPT

    @property
    def is_stopped(self) -> bool:
        """A card was kept for it once."""
        return self.card is not None and self.card.state in {CardState.STOPPED, CardState.EXPIRED}


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """What a patient can agree on alone."""

    fewest: int
    most: int
    first_day: date
    last_day: date
    """Between which the first part is due"""

    def takes(self, count: int, first_day: date | None) -> bool:
        """Whether it lies within the offer."""
        return (
            self.fewest <= count <= self.most and first_day is not None and self.first_day <= first_day <= self.last_day
        )


def plan_of(session: Session, holder_id: str, policies: Policies, *, today: date) -> PayPlan | None:
    """The plan that holds on the account; None: there is none."""
    row = instalments.active(session, holder_id)
    if row is None:
        return None
    paid = instalments.standing_of(session, row, policies, today=today).paid_cents
    cards = [one for one in kept_cards.views(session, row.id) if one.state != CardState.ASKED]
    card = next((one for one in cards if one.state == CardState.KEPT), next(iter(cards), None))
    agreed_on = policies.day(card.agreed_at) if card else None
    coming = still_open(instalments.parts_of(row), paid=paid)
    return PayPlan(row.total_cents, paid, coming, card, agreed_on)


def card_words_of(session: Session, *, practice_id: str, holder_id: str, policies: Policies, today: date) -> str | None:
    """What is agreed to about a card for the plan that holds, in the language of who holds the account; None: there is
    no such plan, it has a card, or no part of it is to come."""
    plan = plan_of(session, holder_id, policies, today=today)
    if plan is None or plan.is_charged:
        return None
    parts = [one for one in plan.coming if one.day >= today]
    practice, holder = session.get_one(Practice, practice_id), session.get_one(Patient, holder_id)
    return pay_words.agreed_words(read_by(holder), practice.name, parts) if parts else None


def offer_of(
    session: Session, *, practice_id: str, holder_id: str, policies: Policies, today: date
) -> PlanOffer | None:
    """None: a person is asked. Nothing is offered beside a plan that holds or was broken, nor while a hold stands."""
    most = min(
        WITHOUT_DISCLOSURE,
        policies.value("plan_online_parts", as_of=today),
        policies.value("plan_instalments_at_most", as_of=today),
    )
    account = accounts.find(session, practice_id=practice_id, patient_id=holder_id)
    is_taken = any(
        one.state in {PlanState.ACTIVE, PlanState.BROKEN} for one in instalments.of_account(session, holder_id)
    )
    is_still = account is None or account.paused_until is not None or bool(account_holds.standing(session, holder_id))
    owed = accounts.owed_by_visit(session, practice_id=practice_id, patient_id=holder_id)
    total = sum(one.cents for one in owed if one.is_billable)
    if most < FEWEST or is_taken or is_still or total < most:
        return None
    return PlanOffer(FEWEST, most, today, today + LATEST_FIRST)
