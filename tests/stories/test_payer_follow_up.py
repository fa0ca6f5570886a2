"""Claims that payers have: by money, age and the next day, with totals that add up to the ledger."""

from datetime import date

import pytest

from billing.ledger import Account
from database import office as offices
from database import payer_follow_up
from database.payer_follow_up import AGES, FollowUp, Order
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office

BOTH_DATABASES = True


def found(office: Office, *, order: Order = Order.MONEY, oldest_only: int = 0, payer_id: str | None = None) -> FollowUp:
    with office.database.reading() as session:
        return payer_follow_up.of_practice(
            session,
            practice_id=office.practice_id,
            today=office.today,
            zone=offices.zone_of(session, office.practice_id),
            payer_id=payer_id,
            oldest_only=oldest_only,
            order=order,
        )


def sent(office: Office, number: int, charge: int) -> str:
    before = set(office.encounter_ids())
    claim = a_claim(a_line(charge=charge), control_number=f"V{number}", member_id=f"M{number}")
    office.take_in(an_837p(claim, number=number))
    [visit] = set(office.encounter_ids()) - before
    office.go_on(visit)
    office.send_claims()
    return visit


@pytest.fixture
def three(office: Office) -> list[str]:
    """A small one sent 40 days ago, a large one sent 10 days ago, and one that is not sent."""
    small = sent(office, 1, 9000)
    office.let_pass(days=30)
    large = sent(office, 2, 20000)
    office.let_pass(days=10)
    office.take_in(an_837p(a_claim(control_number="V3", member_id="M3"), number=3))
    return [small, large]


def test_money_age_and_the_next_day_each_say_what_is_first(office: Office, three: list[str]) -> None:
    small, large = three
    assert [one.encounter_id for one in found(office).claims] == [large, small]
    assert [one.encounter_id for one in found(office, order=Order.AGE).claims] == [small, large]
    days = [one.next_on or date.max for one in found(office, order=Order.DEADLINE).claims]
    assert days == sorted(days)
    assert [one.days_out for one in found(office).claims] == [10, 40]
    assert all(one.next_is for one in found(office).claims)


def test_totals_by_age_add_up_to_the_ledger_whatever_is_shown(office: Office, three: list[str]) -> None:
    small, _ = three
    shown = found(office, oldest_only=31)
    assert [one.encounter_id for one in shown.claims] == [small]
    [total] = shown.totals
    assert (total.count, total.cents, total.by_age) == (2, 29000, (20000, 9000, 0, 0, 0))
    assert sum(total.by_age) == total.cents
    assert total.cents == sum(office.accounts(visit)[Account.AR_INSURANCE, 1] for visit in three)
    assert len(AGES) == len(total.by_age)
    assert found(office, payer_id="nobody").claims == []
