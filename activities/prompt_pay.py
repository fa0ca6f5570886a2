"""What the papers of an account offer to who pays soon: made with the first statement of a share, and kept with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing.dunning import BalanceItem
from billing.policies import Policies
from billing.prompt_pay import Chance, Offer, offer_of
from database import prompt_pay
from database.tables import Encounter


def new_offers(session: Session, items: Sequence[BalanceItem], *, policies: Policies, at: datetime) -> dict[str, Offer]:
    """What a paper on these items offers for the first time, by visit: one offer a visit, on its first statement. Read
    before the paper, which is not kept when money is posted meanwhile."""
    today = policies.day(at)
    percent = policies.value("prompt_pay_percent", as_of=today)
    days = policies.value("prompt_pay_days", as_of=today)
    of_plans = bool(policies.value("prompt_pay_of_plans", as_of=today))
    found = {}
    for one in items if percent else ():
        offer = offer_of(one.owed_cents, percent=percent, days=days, written_on=today)
        visit = session.get_one(Encounter, one.encounter_id)
        is_first = one.statements == 0 and prompt_pay.of_visit(session, one.encounter_id) is None
        if offer is not None and is_first and prompt_pay.may_have(session, visit, of_plans=of_plans):
            found[visit.id] = replace(
                offer,
                applied_cents=prompt_pay.applied_cents(session, visit),
                paid_cents=prompt_pay.paid_by(session, visit.id),
            )
    return found


def chances(
    session: Session,
    items: Sequence[BalanceItem],
    offers: Mapping[str, Offer],
    *,
    policies: Policies,
    at: datetime,
) -> dict[str, Chance]:
    """What a paper on these items says: its own offers, and those of earlier papers that have not ended."""
    known = prompt_pay.open_on(session, [one.encounter_id for one in items], policies.day(at))
    return known | {one: Chance(offer.share_cents, offer.off_cents, offer.last_day) for one, offer in offers.items()}


def keep(session: Session, offers: Mapping[str, Offer], *, letter_id: str, policies: Policies, at: datetime) -> None:
    """Write down what the paper offers."""
    of_plans = bool(policies.value("prompt_pay_of_plans", as_of=policies.day(at)))
    for encounter_id, offer in offers.items():
        visit = session.get_one(Encounter, encounter_id)
        prompt_pay.keep(session, visit, offer, letter_id=letter_id, of_plans=of_plans, at=at)
