"""Instalments that charge themselves: on their day, once, told ahead, and never against what stands in the way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from activities import account_decisions
from activities.account import AccountActivities
from activities.messages import AccountStep
from billing.account_holds import HoldKind
from billing.claim import Name, Person, Sex
from billing.instalments import PlanState
from billing.kept_cards import CardState, Errand
from billing.money import format_dollars
from database import account_holds, restoring
from database.account_holds import PATIENT
from database.columns import new_id
from database.tables import Checkout
from simulator.gateway import DECLINED_LATER, CardPageWish, Charged
from tests.office import PUBLIC_URL
from tests.stories.kept_card_desk import FIRST_IN, PART, CardDesk, cards
from tests.stories.test_households import answers_for, child

__all__ = ["cards"]

BOTH_DATABASES = True
A_MONTH = 31


def titles(desk: CardDesk) -> list[str]:
    return [one.title for one in desk.letters()]


def hold(desk: CardDesk, kind: HoldKind, *, days: int) -> None:
    until = desk.office.now + timedelta(days=days)
    with desk.held() as (session, account):
        account_holds.begin(
            session,
            practice_id=account.practice_id,
            patient_id=account.patient_id,
            kind=kind,
            reason="said so",
            until=until,
            at=desk.office.now,
            by=desk.office.worker_id,
        )


def begin_again(desk: CardDesk) -> None:
    with desk.office.database.writing() as session:
        restoring.begin_again(session, taken_at=desk.office.now, at=desk.office.now)


def release_restored(desk: CardDesk) -> None:
    with desk.office.database.writing() as session:
        assert restoring.release(session, at=desk.office.now) == 1


@pytest.mark.parametrize("tells", [True, False])
def test_each_part_is_charged_on_its_day_and_the_plan_is_kept(cards: CardDesk, tells: bool) -> None:
    """Whether the processor's notice comes before its answer or never, each is paid once."""
    cards.processor.tells_charges = tells
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    assert cards.charges() == []
    cards.pass_days(1)
    assert cards.charges() == [(1, PART, "paid")]
    cards.pass_days(3 * A_MONTH)
    assert cards.charges() == [(1, PART, "paid")] * 4
    assert (cards.plan(), cards.card_money(), cards.taken()) == (PlanState.KEPT, 4 * PART, 4 * PART)
    assert (cards.office.stage(cards.visit), cards.tasks(), cards.letters()) == ("closed", [], [])
    assert cards.cards() == [CardState.STOPPED]
    assert [one.is_forgotten for one in cards.processor.cards.values()] == [True]


def test_without_a_card_that_was_typed_nothing_is_charged(cards: CardDesk) -> None:
    cards.agree()
    cards.wish()
    cards.pass_days(FIRST_IN + 5)
    assert (cards.charges(), cards.cards()) == ([], [CardState.ASKED])


def test_a_refused_card_is_tried_once_more_and_then_the_part_is_missed(cards: CardDesk) -> None:
    cards.agree()
    cards.keep(DECLINED_LATER)
    cards.pass_days(FIRST_IN)
    assert cards.charges() == [(1, PART, "failed")]
    cards.pass_days(2)
    assert cards.charges() == [(1, PART, "failed")]
    cards.pass_days(1)
    assert cards.charges() == [(1, PART, "failed"), (2, PART, "failed")]
    assert titles(cards) == ["Your card was refused", "Your card was refused"]
    first, second = (" ".join(one.paragraphs) for one in cards.letters())
    assert "We try it once more" in first
    assert "We do not try it again" in second
    cards.pass_days(A_MONTH + 10)
    assert (cards.plan(), cards.tasks(), len(cards.charges())) == (PlanState.BROKEN, ["plan_default"], 4)
    cards.pass_days(A_MONTH)
    assert (len(cards.charges()), cards.taken()) == (4, 0), "a broken plan is charged no more"


def test_without_a_second_try_by_policy_there_is_none(cards: CardDesk) -> None:
    cards.office.policy("plan_retry_days", 0)
    cards.agree()
    cards.keep(DECLINED_LATER)
    cards.pass_days(FIRST_IN + 10)
    assert cards.charges() == [(1, PART, "failed")]


@pytest.mark.parametrize("paid", [PART, 4 * PART])
def test_what_was_paid_in_another_way_is_not_charged(cards: CardDesk, paid: int) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 2)
    cards.pay(paid)
    cards.pass_days(10)
    assert (cards.charges(), cards.taken()) == ([], 0)


def test_less_than_was_agreed_is_told_ahead_and_charged(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 12)
    cards.pay(500)
    assert cards.letters() == []
    cards.pass_days(2)
    [letter] = cards.letters()
    assert format_dollars(PART - 500) in letter.paragraphs[0]
    assert format_dollars(PART) in letter.paragraphs[0]
    cards.pass_days(10)
    assert cards.charges() == [(1, PART - 500, "paid")]


def test_every_charge_is_told_ahead_where_the_policy_says_so(cards: CardDesk) -> None:
    cards.office.policy("plan_notice_always", 1)
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN + A_MONTH)
    assert titles(cards) == ["A part of your payment plan will be charged"] * 2


def test_who_stopped_it_is_charged_no_more_and_the_processor_forgets_the_card(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN)
    assert cards.stop(by=PATIENT)
    assert not cards.stop(by=PATIENT), "a second click finds nothing to stop"
    cards.pass_days(A_MONTH)
    assert (cards.charges(), cards.cards()) == ([(1, PART, "paid")], [CardState.STOPPED])
    assert [one.is_forgotten for one in cards.processor.cards.values()] == [True]
    assert cards.plan() == PlanState.ACTIVE, "the plan itself goes on"


def test_a_card_that_was_stopped_before_it_was_typed_is_forgotten_at_once(cards: CardDesk) -> None:
    cards.agree()
    page = cards.processor.open_card_page(CardPageWish(reference=cards.wish(), return_url="/"))
    assert cards.stop()
    cards.processor.keep(page, "4242424242424242", "2099-12")
    cards.look()
    assert (cards.cards(), page.is_forgotten) == ([CardState.STOPPED], True)


def test_a_notice_that_comes_again_keeps_one_card(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    [page] = cards.processor.cards.values()
    said = cards.processor.tell_of_card(page).text
    assert (said, cards.cards()) == ("it is known already", [CardState.KEPT])


def test_another_card_takes_the_place_of_the_first(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.office.let_pass(hours=1)
    cards.keep()
    assert cards.cards() == [CardState.STOPPED, CardState.KEPT]
    assert [one.is_forgotten for one in cards.processor.cards.values()] == [True, False]
    cards.pass_days(FIRST_IN)
    assert cards.charges() == [(1, PART, "paid")]


def test_a_lost_answer_is_asked_again_under_the_same_key_and_charged_once(cards: CardDesk) -> None:
    cards.processor.tells_charges = False
    cards.processor.lost_answers = 2
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN)
    assert (cards.charges(), cards.taken()) == ([(1, PART, "open")], PART)
    cards.office.let_pass(hours=1)
    cards.look()
    assert cards.charges() == [(1, PART, "open")]
    cards.office.let_pass(hours=1)
    cards.look()
    assert (cards.charges(), cards.taken(), cards.card_money()) == ([(1, PART, "paid")], PART, PART)


def test_an_answer_that_is_written_down_twice_pays_once(cards: CardDesk) -> None:
    """The worker died between the answer and its record, or after it."""
    cards.processor.tells_charges = False
    cards.agree()
    cards.keep()
    cards.office.let_pass(days=FIRST_IN)
    [errand] = cards.look(errands=False)
    answers = [cards.errands.run_card_errand(cards.step(errand)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert [cards.note(errand, one) for one in answers] == [True, True]
    cards.office.go_on(cards.visit)
    assert (cards.card_money(), cards.taken()) == (PART, PART)


def test_what_is_stopped_between_preparing_and_asking_is_taken_back(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.office.let_pass(days=FIRST_IN)
    [errand] = cards.look(errands=False)
    cards.stop()
    assert cards.run(errand)
    assert (cards.charges(), cards.taken(), cards.letters()) == ([(1, PART, "withdrawn")], 0, [])


def test_what_came_between_preparing_and_asking_takes_the_charge_back(cards: CardDesk) -> None:
    """The worker was down for hours: a dispute began, or the visit was paid at the desk."""
    cards.agree()
    cards.keep()
    cards.office.let_pass(days=FIRST_IN)
    [errand] = cards.look(errands=False)
    hold(cards, HoldKind.DISPUTE, days=2)
    assert cards.run(errand)
    assert (cards.charges(), cards.taken()) == ([(1, PART, "withdrawn")], 0)
    cards.office.let_pass(days=3)
    [errand] = cards.look(errands=False)
    cards.office.pay(cards.visit, 8000 - PART + 1)
    assert cards.run(errand)
    assert (cards.charges()[-1], cards.taken()) == ((2, PART, "withdrawn"), 0)


def test_nothing_is_charged_while_somebody_stands_before_the_processors_page(cards: CardDesk) -> None:
    """They may be paying the very part; what they do not pay is charged once the page is over."""
    cards.agree()
    cards.keep()
    cards.office.let_pass(days=FIRST_IN)
    with cards.held() as (session, account):
        session.add(
            Checkout(
                id=new_id(),
                practice_id=account.practice_id,
                patient_id=account.patient_id,
                amount_cents=8000,
                made_at=cards.office.now,
                state="open",
            )
        )
    assert cards.look() == []
    cards.office.let_pass(minutes=21)
    cards.look()
    assert cards.charges() == [(1, PART, "paid")]


def test_a_charge_whose_answer_was_lost_is_booked_on_the_account_that_the_visits_went_to(cards: CardDesk) -> None:
    cards.processor.tells_charges = False
    cards.processor.lost_answers = 1
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN)
    parent = Person(Name("DOE", "PAULA"), date(1985, 5, 5), Sex.FEMALE)
    answers_for(cards.office, child(cards.office, "BERTA", 2), parent)
    cards.holder = answers_for(cards.office, cards.visit, parent)
    cards.pass_days(1)
    assert (cards.charges(), cards.card_money(), cards.taken()) == ([(1, PART, "paid")], PART, PART)


def test_what_was_charged_before_it_was_stopped_counts(cards: CardDesk) -> None:
    cards.processor.tells_charges = False
    cards.processor.lost_answers = 1
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN)
    cards.stop()
    assert [one.kind for one in cards.look()] == [Errand.CANCEL]
    assert (cards.charges(), cards.card_money()) == ([(1, PART, "paid")], PART)
    cards.look()
    assert [one.is_forgotten for one in cards.processor.cards.values()] == [True]


def test_a_processor_that_is_away_is_asked_on_and_a_person_after_days(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    cards.processor.is_away = True
    cards.pass_days(6)
    assert (cards.charges(), cards.tasks()) == ([(1, PART, "open")], ["card_charge_silent"])
    cards.processor.is_away = False
    cards.pass_days(1)
    assert (cards.charges(), cards.tasks(), cards.taken()) == ([(1, PART, "paid")], [], PART)


@pytest.mark.parametrize("why", [HoldKind.DISPUTE, HoldKind.BANKRUPTCY, HoldKind.ASSISTANCE])
def test_while_a_hold_stands_nothing_is_charged(cards: CardDesk, why: HoldKind) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    hold(cards, why, days=20)
    cards.pass_days(19)
    assert cards.charges() == []
    cards.pass_days(A_MONTH - 1)
    assert cards.charges() == [(1, PART, "paid")], "the part whose grace is over is not charged late"


def test_a_hold_takes_back_what_the_processor_has_not_answered(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    cards.processor.is_away = True
    cards.pass_days(1)
    hold(cards, HoldKind.DISPUTE, days=3)
    cards.processor.is_away = False
    cards.pass_days(1)
    assert (cards.charges(), cards.taken()) == ([(1, PART, "withdrawn")], 0)
    cards.pass_days(4)
    assert cards.charges() == [(1, PART, "withdrawn"), (2, PART, "paid")]


def test_restored_books_charge_nobody_before_they_have_heard(cards: CardDesk) -> None:
    """What was charged after the backup is unknown to them: it is recorded from the processor's list, then released."""
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    begin_again(cards)
    cards.pass_days(2)
    assert (cards.charges(), cards.cards()) == ([], [CardState.KEPT])
    assert cards.account_looks_again() == cards.office.now + timedelta(hours=1)
    cards.pay(PART)
    release_restored(cards)
    cards.pass_days(1)
    assert (cards.charges(), cards.taken()) == ([], 0), "the part is paid"
    cards.pass_days(A_MONTH)
    assert cards.charges() == [(1, PART, "paid")]


def test_a_charge_that_was_under_way_at_the_backup_is_not_sent_before_that(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    cards.office.let_pass(days=1)
    [errand] = cards.look(errands=False)
    begin_again(cards)
    cards.run(errand)
    assert (cards.charges(), cards.taken()) == ([(1, PART, "withdrawn")], 0)
    release_restored(cards)
    cards.pass_days(1)
    assert cards.charges() == [(1, PART, "withdrawn"), (2, PART, "paid")]


def test_a_pause_stops_charges_too(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    until = cards.office.now + timedelta(days=FIRST_IN + 15)
    with cards.held() as (session, account):
        account_decisions.pause(session, account, until=until, reason="abroad", at=cards.office.now)
    cards.pass_days(FIRST_IN + 14)
    assert cards.charges() == []


def test_a_plan_that_ended_is_not_charged_and_its_card_is_let_go(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN - 1)
    cards.end_plan()
    cards.pass_days(5)
    assert (cards.charges(), cards.cards()) == ([], [CardState.STOPPED])
    cards.agree(first_in=5)
    cards.pass_days(10)
    assert cards.charges() == [], "another plan needs another agreement about a card"


def test_a_card_that_runs_out_is_told_of_before_its_day_and_never_charged(cards: CardDesk) -> None:
    cards.agree()
    last = (cards.office.today + timedelta(days=FIRST_IN)).replace(day=1) - timedelta(days=1)
    cards.keep(expires=f"{last:%Y-%m}")
    cards.pass_days(FIRST_IN - 11)
    assert cards.cards() == [CardState.KEPT]
    cards.pass_days(20)
    assert (cards.cards(), titles(cards), cards.charges()) == ([CardState.EXPIRED], ["Your card has expired"], [])


def test_a_card_that_the_processor_calls_expired_is_not_tried_again(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    [page] = cards.processor.cards.values()
    page.expires = "2001-01"
    cards.pass_days(FIRST_IN + 10)
    assert cards.charges() == [(1, PART, "failed")]
    assert (cards.cards(), titles(cards)) == ([CardState.EXPIRED], ["Your card has expired"])


def test_what_is_charged_back_is_owed_again_and_never_charged_anew(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.pass_days(FIRST_IN)
    [(reference, charged)] = cards.processor.charges.items()
    data = {"reference": reference, "payment": charged.payment, "amount_cents": PART}
    cards.processor.send("payment.disputed", data, None)
    cards.office.go_on(cards.visit)
    cards.pass_days(5)
    assert (cards.charges(), cards.cards()) == ([(1, PART, "reversed")], [CardState.STOPPED])
    assert (cards.card_money(), cards.tasks()) == (0, ["card_payment_reversed"])


def test_an_answer_and_its_notice_at_one_moment_are_one_payment(cards: CardDesk) -> None:
    cards.processor.tells_charges = False
    cards.agree()
    cards.keep()
    cards.office.let_pass(days=FIRST_IN)
    [errand] = cards.look(errands=False)
    answer = cards.errands.run_card_errand(cards.step(errand))
    told = {"reference": errand.subject_id, "payment": answer.payment, "amount_cents": PART, "reason": ""}
    start = threading.Barrier(4)

    def note() -> None:
        start.wait()
        cards.note(errand, answer)

    def tell(event: str) -> None:
        start.wait()
        cards.processor.send("payment.succeeded", told, event)

    with ThreadPoolExecutor(4) as pool:
        doing = [pool.submit(note), pool.submit(note), pool.submit(tell, "one"), pool.submit(tell, "other")]
        assert [one.result() for one in doing] == [None] * 4
    cards.office.go_on(cards.visit)
    assert (cards.charges(), cards.card_money()) == ([(1, PART, "paid")], PART)


def test_a_plan_that_goes_to_another_account_takes_no_card_along(cards: CardDesk) -> None:
    """Who answers for it now has agreed to nothing."""
    cards.agree()
    cards.keep()
    parent = Person(Name("DOE", "PAULA"), date(1985, 5, 5), Sex.FEMALE)
    other = child(cards.office, "BERTA", 2)
    answers_for(cards.office, other, parent)
    cards.holder = answers_for(cards.office, cards.visit, parent)
    cards.pass_days(FIRST_IN + 1)
    assert (cards.cards(), cards.charges(), cards.plan()) == ([CardState.STOPPED], [], PlanState.ACTIVE)
    assert [one.is_forgotten for one in cards.processor.cards.values()] == [True]


def test_what_the_processor_has_not_ended_is_asked_again_and_what_it_refuses_is_a_refusal(cards: CardDesk) -> None:
    cards.agree()
    cards.keep()
    cards.office.let_pass(days=FIRST_IN)
    [errand] = cards.look(errands=False)
    cards.processor.charges[errand.subject_id] = Charged("pending")
    assert not cards.run(errand)
    assert cards.charges() == [(1, PART, "open")]
    del cards.processor.charges[errand.subject_id]
    [page] = cards.processor.cards.values()
    page.is_forgotten = True
    assert cards.run(errand)
    assert cards.charges() == [(1, PART, "failed")]


@pytest.mark.parametrize(("has_processor", "hours"), [(True, 1), (False, 24)])
def test_a_card_that_is_still_to_be_forgotten_is_looked_at_every_hour_only_where_a_processor_is_set_up(
    cards: CardDesk, has_processor: bool, hours: int
) -> None:
    cards.agree()
    cards.keep()
    cards.stop()
    account = AccountActivities(cards.office.database, PUBLIC_URL, has_processor=has_processor)
    step = AccountStep(practice_id=cards.office.practice_id, patient_id=cards.holder, at=cards.office.now)
    standing = account.look_after_account(step)
    assert [one.kind for one in standing.errands] == [Errand.FORGET]
    assert (standing.next_at, standing.is_settled) == (cards.office.now + timedelta(hours=hours), False)
