"""10% off for who pays by a day: offered once, in writing, and only where the law and the practice let it be."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from activities.ids import account_workflow
from billing.amendments import Change
from billing.ledger import Account
from billing.statement_words import long_day
from billing.statements import Statement
from database import accounts, letters, prompt_pay
from database.columns import new_id
from database.tables import Letter, PromptPayOffer
from tests.builders import a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.lockbox_files import Sent, lockbox_file
from tests.office import Office
from tests.stories.running import running
from tests.stories.test_account_receipts import take
from tests.stories.test_assistance import MODEST, POOR, answers, applies, with_scale
from tests.stories.test_households import MOTHER, answers_for, billed, billed_visit, child, look_after
from tests.stories.test_instalment_plans import agreed
from tests.stories.test_small_balances import holds, on, pass_days

BOTH_DATABASES = True
SHARE = 15000
OFF = 1500


@pytest.fixture
def visit(office: Office) -> str:
    """A visit that nobody but the patient pays, with its first statement: $150.00, 10% off within 20 days."""
    office.policy("prompt_pay_percent", 10)
    visit = self_pay(office)
    billed(office, office.patient_of(visit))
    return visit


def self_pay(office: Office) -> str:
    office.take_in(an_837p(a_claim()))
    visit = office.encounter_ids()[-1]
    office.go_on(visit)
    office.amend(visit, Change.SELF_PAY, {"reason": "no policy"})
    office.go_on(visit)
    assert on(office, visit, Account.AR_PATIENT) == SHARE
    return visit


def papers(office: Office, holder: str) -> list[Statement]:
    with office.database.reading() as session:
        query = select(Letter).where(Letter.patient_id == holder).order_by(Letter.written_at)
        return [accounts.statement_of(one) for one in session.exec(query)]


def stands(office: Office, visit: str) -> tuple[int, int, int]:
    """(owed, taken off, credit); the books are proven."""
    office.go_on(visit)
    holds(office)
    credit = -on(office, visit, Account.PATIENT_UNAPPLIED)
    return on(office, visit, Account.AR_PATIENT), on(office, visit, Account.ADJUSTMENT_PROMPT_PAY), credit


def pay(office: Office, visit: str, cents: int) -> str:
    payment_id = new_id()
    office.pay(visit, cents, payment_id=payment_id)
    return payment_id


def mail(office: Office) -> None:
    """The first statement goes out: no payment withdraws it any more."""
    with office.database.writing() as session:
        letters.mark_sent(session, session.exec(select(Letter)).one(), at=office.now, actor_id=office.worker_id)


def test_the_first_statement_offers_it_and_who_pays_that_owes_nothing(office: Office, visit: str) -> None:
    [paper] = papers(office, office.patient_of(visit))
    last_day = long_day(office.today + timedelta(days=20))
    assert paper.prompt_pay == (
        f"Pay $135.00 so that it is here by {last_day}, and we take $15.00 off. "
        "Then nothing of the $150.00 is left to pay."
    )
    pay(office, visit, SHARE - OFF)
    assert stands(office, visit) == (0, OFF, 0)
    assert office.stage(visit) == "closed"
    assert sum("prompt-pay discount" in one for one in office.story(visit)) == 1


def test_it_is_taken_off_with_the_payment_that_completes_it_and_only_once(office: Office, visit: str) -> None:
    pay(office, visit, 5000)
    assert stands(office, visit) == (SHARE - 5000, 0, 0)
    pay(office, visit, 8499)
    assert stands(office, visit) == (SHARE - 13499, 0, 0)
    last = pay(office, visit, 1)
    assert stands(office, visit) == (0, OFF, 0)
    office.pay(visit, 1, payment_id=last)
    assert stands(office, visit) == (0, OFF, 0)


def test_who_pays_all_of_it_in_time_has_the_discount_as_a_credit(office: Office, visit: str) -> None:
    pay(office, visit, SHARE)
    assert stands(office, visit) == (0, OFF, OFF)
    assert office.open_task_types(visit) == ["credit_balance"]
    assert office.complete(visit, "credit_balance", "refund_patient", {"reference": "CHEQUE 7"}).answer.done
    assert stands(office, visit) == (0, OFF, 0)
    assert office.stage(visit) == "closed"


@pytest.mark.parametrize(("days", "left"), [(20, 0), (21, OFF)])
def test_it_is_the_last_day_that_counts(office: Office, visit: str, days: int, left: int) -> None:
    office.let_pass(days=days)
    pay(office, visit, SHARE - OFF)
    assert stands(office, visit) == (left, OFF - left, 0)


def test_a_cheque_counts_by_the_day_on_which_it_came(office: Office, visit: str) -> None:
    number = papers(office, office.patient_of(visit))[0].number
    came = office.today
    office.let_pass(days=30)
    sent = lockbox_file([Sent(SHARE - OFF, beside=((number, SHARE - OFF),))], day=f"{came:%y%m%d}")
    office.deliver(sent.encode())
    assert stands(office, visit) == (0, OFF, 0)


def test_what_was_printed_binds_whatever_the_policy_says_later(office: Office, visit: str) -> None:
    office.policy("prompt_pay_percent", 0)
    office.policy("prompt_pay_days", 1)
    office.let_pass(days=10)
    pay(office, visit, SHARE - OFF)
    assert stands(office, visit) == (0, OFF, 0)


def test_a_reminder_repeats_no_offer_that_has_ended(office: Office, visit: str) -> None:
    office.let_pass(days=31)
    billed(office, office.patient_of(visit))
    first, reminder = papers(office, office.patient_of(visit))
    assert (bool(first.prompt_pay), reminder.prompt_pay) == (True, "")


def test_a_payment_that_is_taken_back_takes_it_back(office: Office, visit: str) -> None:
    payment = pay(office, visit, SHARE - OFF)
    assert stands(office, visit) == (0, OFF, 0)
    office.let_pass(days=40)
    office.take_back(visit, payment)
    assert stands(office, visit) == (SHARE, 0, 0)
    billed(office, office.patient_of(visit))
    assert papers(office, office.patient_of(visit))[-1].prompt_pay == "", "one offer a visit"


def test_a_returned_cheque_may_be_paid_anew_while_the_offer_stands(office: Office, visit: str) -> None:
    cheque = pay(office, visit, SHARE - OFF)
    assert stands(office, visit) == (0, OFF, 0)
    office.take_back(visit, cheque)
    assert stands(office, visit) == (SHARE, 0, 0)
    take(office, visit, SHARE - OFF, reference="1044")
    assert stands(office, visit) == (0, OFF, 0)


def federal_child(office: Office, number: int, *, share: int) -> str:
    claim = a_claim(member_id="1EG4TE5MK73")
    claim = replace(claim, coverage=replace(claim.coverage, filing_indicator="MB"))
    born = a_claim().patient.birth_date
    assert born is not None
    return billed_visit(office, claim, f"KID{number}", number, born=born, share=share)


@pytest.mark.parametrize(("of_plans", "off"), [(0, 0), (1, 200)])
def test_a_federal_share_never_has_it_and_a_private_plans_only_where_the_practice_says_so(
    office: Office, of_plans: int, off: int
) -> None:
    office.policy("prompt_pay_percent", 10)
    office.policy("prompt_pay_of_plans", of_plans)
    private, federal = child(office, "KID1", 1, share=2000), federal_child(office, 2, share=3000)
    holder = answers_for(office, private, MOTHER)
    assert answers_for(office, federal, MOTHER) == holder
    billed(office, holder)
    [paper] = papers(office, holder)
    assert paper.total_cents == 5000
    assert [one.prompt_pay != "" for one in paper.visits] == [one.number == "V1" and off > 0 for one in paper.visits]
    assert ("Pay $48.00 so that" in paper.prompt_pay) is (off > 0)
    take(office, private, 5000 - off)
    assert stands(office, private) == (0, off, 0)
    assert stands(office, federal) == (0, 0, 0)


def test_a_payer_that_takes_its_answer_back_takes_it_back_too(office: Office) -> None:
    office.policy("prompt_pay_percent", 10)
    office.policy("prompt_pay_of_plans", 1)
    visit = child(office, "ANNA", 1, share=2000)
    billed(office, office.patient_of(visit))
    pay(office, visit, 1800)
    assert stands(office, visit) == (0, 200, 0)
    number = office.submission(visit).control_number
    first = a_payment(number, paid=8000, adjustments=(("CO", "45", 5000), ("PR", "3", 2000)), payer_claim_number="ICN1")
    less = a_payment(number, paid=9000, adjustments=(("CO", "45", 5000), ("PR", "3", 1000)), payer_claim_number="ICN1")
    office.deliver_835(an_835(a_reversal(first), less, trace="EFT9", number=9))
    assert stands(office, visit) == (0, 100, 900)


@pytest.mark.parametrize(("income", "left", "off"), [(MODEST, 2000, 200), (POOR, 0, 0)])
@pytest.mark.parametrize("is_paid_first", [True, False])
def test_help_comes_first_and_the_discount_is_of_what_it_leaves(
    office: Office, income: int, left: int, off: int, is_paid_first: bool
) -> None:
    office.policy("prompt_pay_percent", 10)
    office.policy("prompt_pay_of_plans", 1)
    with_scale(office)
    visit = child(office, "ANNA", 1, share=8000)
    billed(office, office.patient_of(visit))
    mail(office)
    if is_paid_first:
        pay(office, visit, 7200)
        assert stands(office, visit) == (0, 800, 0)
    applies(office, office.patient_of(visit), income)
    assert answers(office, "granted").done
    if not is_paid_first:
        office.go_on(visit)
        pay(office, visit, 7200)
    assert stands(office, visit) == (0, off, 7200 - (left - off))


def test_visits_that_are_paid_in_parts_offer_nothing_more(office: Office, visit: str) -> None:
    with office.database.reading() as session:
        assert prompt_pay.open_on(session, [visit], office.today)[visit].off_cents == OFF
    agreed(office, visit)
    with office.database.reading() as session:
        assert prompt_pay.open_on(session, [visit], office.today) == {}


def given_up(office: Office, visit: str, resolution: str, **values: str) -> None:
    """The account's decision on what is left, after its statements."""
    for _ in range(130):
        look_after(office, office.patient_of(visit))
        if office.asked_about_account(visit):
            break
        office.let_pass(days=1)
    assert office.decide_account(visit, resolution, **values).done
    assert stands(office, visit) == (0, 0, 0)


PLACED = ("place", {"agency": "Example Recovery"})
GIVEN_UP = ("write_off", {"reason": "cannot be found"})


@pytest.mark.parametrize(("resolution", "values"), [PLACED, GIVEN_UP])
def test_who_pays_a_part_in_time_earns_nothing_when_the_rest_is_given_up(
    office: Office, visit: str, resolution: str, values: dict[str, str]
) -> None:
    mail(office)
    pay(office, visit, 5000)
    assert stands(office, visit) == (SHARE - 5000, 0, 0)
    given_up(office, visit, resolution, **values)
    assert on(office, visit, Account.BAD_DEBT) == SHARE - 5000
    for _ in range(2):
        assert stands(office, visit) == (0, 0, 0)
    pay(office, visit, 4000)
    assert stands(office, visit) == (0, 0, 0)
    assert on(office, visit, Account.BAD_DEBT) == SHARE - 9000
    pay(office, visit, SHARE - 9000)
    assert (stands(office, visit), on(office, visit, Account.BAD_DEBT)) == ((0, 0, 0), 0)
    assert not any("discount" in one for one in office.story(visit))


def test_a_cheque_of_the_rest_that_came_in_time_settles_what_was_given_up(office: Office, visit: str) -> None:
    came = office.today
    number = papers(office, office.patient_of(visit))[0].number
    mail(office)
    pay(office, visit, 5000)
    assert stands(office, visit) == (SHARE - 5000, 0, 0)
    given_up(office, visit, "place", agency="Example Recovery")
    sent = lockbox_file([Sent(8500, beside=((number, 8500),))], day=f"{came:%y%m%d}")
    office.deliver(sent.encode())
    assert (stands(office, visit), on(office, visit, Account.BAD_DEBT)) == ((0, OFF, 0), 0)


def test_a_rest_too_little_to_ask_for_is_no_payment(office: Office, visit: str) -> None:
    office.policy("small_balance_cents", 500)
    mail(office)
    pay(office, visit, 13400)
    office.let_pass(days=21)
    pay(office, visit, 1300)
    assert stands(office, visit) == (300, 0, 0)
    pass_days(office, visit, 100)
    for _ in range(2):
        assert (stands(office, visit), on(office, visit, Account.ADJUSTMENT_SMALL)) == ((0, 0, 0), 300)
    pay(office, visit, 300)
    assert (stands(office, visit), on(office, visit, Account.ADJUSTMENT_SMALL)) == ((0, 0, 0), 0)


async def test_on_the_engine_the_visit_closes_as_with_any_payment(office: Office, engine: Any) -> None:
    office.policy("prompt_pay_percent", 10)
    office.policy("prompt_pay_of_plans", 1)
    async with running(office, engine) as live:
        office.take_in(an_837p(a_claim(a_line(service_date=office.today - timedelta(days=2)))))
        [visit] = office.encounter_ids()
        await live.settle(visit)
        office.deliver_835(an_835(a_payment(office.submission(visit).control_number)))
        await live.tell(visit)
        workflow = live.client.get_workflow_handle(account_workflow(office.practice_id, office.patient_of(visit)))
        await live.advance_workflow(workflow, timedelta(days=10))
        [paper] = papers(office, office.patient_of(visit))
        assert paper.prompt_pay.startswith("Pay $18.00 so that it is here by")
        pay(office, visit, 1800)
        await live.tell(visit)
        await live.handle(visit).result()
    assert (office.stage(visit), on(office, visit, Account.ADJUSTMENT_PROMPT_PAY)) == ("closed", 200)
    holds(office)


def test_a_paper_that_nobody_got_offers_nothing(office: Office, visit: str) -> None:
    with office.database.writing() as session:
        letter = session.exec(select(Letter)).one()
        letter.withdrawn_at = office.now
        session.add(letter)
    with office.database.reading() as session:
        assert session.exec(select(PromptPayOffer)).one().share_cents == SHARE
        assert prompt_pay.open_on(session, [visit], office.today) == {}
    pay(office, visit, SHARE - OFF)
    assert stands(office, visit) == (OFF, 0, 0)


@pytest.mark.parametrize("nth", [0, 1])
def test_a_cheque_that_names_a_paper_completes_the_visit_on_it_alone(office: Office, nth: int) -> None:
    office.policy("prompt_pay_percent", 10)
    office.policy("prompt_pay_of_plans", 1)
    visits = [child(office, "ANNA", 1, share=4000), child(office, "BETH", 2, share=4000)]
    for one in visits:
        answers_for(office, one, MOTHER)
    billed(office, office.patient_of(visits[0]))
    asked, other = visits[nth], visits[1 - nth]
    take(office, asked, 3600, before={asked})
    assert stands(office, asked) == (0, 400, 0)
    assert stands(office, other) == (4000, 0, 0)
