"""Visits of one patient go to their payer as one claim: one answer pays them, and all of them close."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities import moving_out
from activities.refusals import Refused
from activities.statement_papers import write_statement
from billing.amendments import Change
from billing.claim import Name, Party
from billing.days import USUAL_ZONE, zone_named
from billing.dunning import BalanceItem as Item
from billing.dunning import Notice
from billing.money import Cents
from database import visit_groups
from database.tables import Encounter
from tests.builders import a_reversal, an_835
from tests.database.crowd import together
from tests.office import Office
from tests.stories.amending import amend, nothing_leaves
from tests.stories.grouping import (
    NECK,
    a_therapy_visit,
    books_hold,
    claim_of,
    join,
    join_only,
    pay,
    ready,
    sent_claims,
    take_out,
)

BOTH_DATABASES = True
DAYS = (1, 8, 15, 22)


def a_month(office: Office) -> list[str]:
    """Four visits of one month, ready to be sent, the last with a diagnosis, a place and a provider of its own."""
    other = (Party("82", True, Name("JONES", "BOB"), "XX", "1999999968"),)
    visits = [ready(office, a_therapy_visit(day)) for day in DAYS[:3]]
    last = a_therapy_visit(DAYS[3], providers=other, place_of_service="12", diagnoses=(replace(NECK, qualifier="ABK"),))
    return [*visits, ready(office, last)]


def test_four_visits_are_one_claim_and_one_answer_closes_them(office: Office) -> None:
    office.policy("strict_npi_check_digit", 0)
    visits = a_month(office)
    join(office, *visits)
    owner, *members = visits
    assert [office.stage(one) for one in members] == ["billed_with"] * 3
    [claim] = sent_claims(office)
    assert [one.service_date.day for one in claim.lines] == list(DAYS)
    assert [(one.qualifier, one.code) for one in claim.diagnoses] == [("ABK", "M5450"), ("ABF", "M542")]
    assert [one.diagnosis_pointers for one in claim.lines] == [(1,), (1,), (1,), (2,)]
    assert [one.place_of_service for one in claim.lines] == [None, None, None, "12"]
    assert [one.npi for one in claim.lines[3].providers] == ["1999999968"]
    books_hold(office)
    pay(office, owner)
    for one in members:
        office.go_on(one)
    assert [office.stage(one) for one in visits] == ["closed"] * 4
    books_hold(office)


def test_joined_visits_open_again_with_their_owner(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    join(office, owner, member)
    sent_claims(office)
    said = pay(office, owner)
    assert office.go_on(member).stage == "closed"
    office.deliver_835(an_835(a_reversal(said), trace="EFTBACK"))
    office.let_pass(days=31)
    office.go_on(owner)
    assert office.stage(owner) != "closed"
    assert office.go_on(member).stage == "billed_with"


def test_a_visit_is_taken_out_again_before_the_claim_is_sent(office: Office) -> None:
    office.policy("strict_npi_check_digit", 0)
    visits = a_month(office)
    before = [claim_of(office, one) for one in visits]
    join(office, *visits)
    owner, *members = visits
    for one in members:
        take_out(office, owner, one)
    assert [claim_of(office, one) for one in visits] == before
    assert sorted(one.charge_cents for one in sent_claims(office)) == [10000] * 4
    books_hold(office)


def test_what_was_paid_at_the_desk_counts_for_the_claim(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    office.pay(member, 2500)
    office.go_on(member)
    join(office, owner, member)
    office.go_on(owner)
    assert office.accounts(owner)["PAT_UNAPPLIED", None] == -2500
    office.pay(member, 1500)
    office.go_on(member)
    sent_claims(office)
    pay(office, owner, share=2000)
    assert office.stage(owner) == "closed", office.story(owner)
    assert office.go_on(member).stage == "closed"
    books_hold(office)


def test_desk_money_goes_back_with_the_visit(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    office.pay(member, 2500)
    office.go_on(member)
    join(office, owner, member)
    take_out(office, owner, member)
    office.go_on(member)
    assert office.accounts(member)["PAT_UNAPPLIED", None] == -2500
    assert ("PAT_UNAPPLIED", None) not in office.accounts(owner)
    books_hold(office)


def test_a_bounced_cheque_of_a_joined_visit_is_owed_on_the_claim(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    office.pay(member, 4000, payment_id="P" * 20)
    office.go_on(member)
    join(office, owner, member)
    sent_claims(office)
    pay(office, owner, share=2000)
    office.go_on(member)
    office.take_back(member, "P" * 20)
    office.go_on(member)
    office.go_on(owner)
    assert office.stage(owner) == "patient_balance"
    assert office.go_on(member).stage == "billed_with"
    books_hold(office)


def test_a_credit_waits_for_the_cheque_towards_a_visit_that_is_billed_with_it(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    join(office, owner, member)
    office.pay(member, 6000, method="cheque")
    office.go_on(member)
    cleared = office.today + timedelta(days=10)
    sent_claims(office)
    pay(office, owner, share=2000)
    assert office.accounts(owner)["PAT_UNAPPLIED", None] == -2000
    office.let_pass(days=9)
    refused = office.complete(owner, "credit_balance", "refund_patient", {"reference": "CHEQUE 7"}).answer
    assert (refused.done, refused.code) == (False, "cheque_not_cleared")
    assert str(cleared) in refused.message
    office.let_pass(days=1)
    assert office.complete(owner, "credit_balance", "refund_patient", {"reference": "CHEQUE 7"}).answer.done
    books_hold(office)


def test_a_cheque_whose_money_went_back_with_its_visit_is_not_waited_for(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    join(office, owner, member)
    office.pay(member, 500, method="cheque")
    office.go_on(member)
    office.go_on(owner)
    with office.database.reading() as session:
        assert visit_groups.money_came_from(session, session.get_one(Encounter, owner)) == {member}
        assert visit_groups.money_came_from(session, session.get_one(Encounter, member)) == set()
    take_out(office, owner, member)
    with office.database.reading() as session:
        assert visit_groups.money_came_from(session, session.get_one(Encounter, owner)) == set()
        assert visit_groups.money_came_from(session, session.get_one(Encounter, member)) == set()


def test_what_does_not_fit_is_named(office: Office) -> None:
    first = ready(office, a_therapy_visit(1))
    other = ready(office, a_therapy_visit(8, authorization="A1", referral="R2"))
    with pytest.raises(Refused) as refused:
        join(office, first, other)
    assert "authorization" in str(refused.value)
    assert "referral" in str(refused.value)


def test_a_sent_visit_is_not_joined_nor_taken_out(office: Office) -> None:
    first, second, third = (ready(office, a_therapy_visit(day)) for day in DAYS[:3])
    join(office, first, second)
    sent_claims(office)
    with pytest.raises(Refused, match="sent"):
        join(office, first, third)
    with pytest.raises(Refused, match="sent"):
        take_out(office, first, second)
    with pytest.raises(Refused, match="billed with another"):
        join(office, second, third)


def a_therapy_month(office: Office) -> list[str]:
    """Visits of October that came in on their days, for a payer that is billed once a month."""
    office.policy("join_visits_of_a_month", 1)
    office.now = datetime(2026, 10, 1, 15, 0, tzinfo=UTC)
    visits = []
    for day in DAYS:
        office.now = datetime(2026, 10, day, 15, 0, tzinfo=UTC)
        visits.append(ready(office, a_therapy_visit(day)))
    return visits


def test_clean_visits_wait_for_the_end_of_the_month_and_go_as_one_claim(office: Office) -> None:
    visits = a_therapy_month(office)
    assert [office.stage(one) for one in visits] == ["scrubbing"] * 4
    assert nothing_leaves(office)
    books_hold(office)
    office.now = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
    for one in reversed(visits):
        office.go_on(one)
    [claim] = sent_claims(office)
    assert [one.service_date.day for one in claim.lines] == list(DAYS)
    pay(office, visits[0])
    for one in visits[1:]:
        assert office.go_on(one).stage == "closed"
    books_hold(office)


def test_a_visit_that_does_not_fit_goes_by_itself_at_the_end_of_the_month(office: Office) -> None:
    visits = a_therapy_month(office)
    office.now = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
    other = ready(office, a_therapy_visit(23, authorization="A1"))
    office.now = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
    for one in (*visits, other):
        office.go_on(one)
    office.let_pass(hours=1)
    office.go_on(other)
    assert sorted(len(one.lines) for one in sent_claims(office)) == [1, 4]


def test_a_visit_on_hold_at_the_end_of_the_month_is_left_alone(office: Office) -> None:
    visits = a_therapy_month(office)
    with office.database.writing() as session:
        row = session.get_one(Encounter, visits[0])
        row.on_hold = True
        session.add(row)
    office.now = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
    for one in visits:
        office.go_on(one)
    assert [len(one.lines) for one in sent_claims(office)] == [3]


def test_a_visit_that_comes_in_after_its_month_does_not_wait(office: Office) -> None:
    office.policy("join_visits_of_a_month", 1)
    assert office.stage(ready(office, a_therapy_visit(1))) == "submission"


def test_a_correction_is_looked_at_before_the_month_is_over(office: Office) -> None:
    visit = a_therapy_month(office)[0]
    amend(office, visit, Change.CORRECT, {"corrections": "line.1.charge = 0.00", "reason": "slipped"})
    assert office.stage(visit) == "charge_review"
    office.complete(visit, "charge_review", "changed", {"corrections": "line.1.charge = 90.00"})
    assert office.go_on(visit).stage == "scrubbing"
    assert nothing_leaves(office)


def test_the_statement_lists_each_day(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    join(office, owner, member)
    sent_claims(office)
    pay(office, owner, share=2000)
    with office.database.reading() as session:
        item = Item(owner, Cents(4000), office.now)
        paper = write_statement(
            session,
            [item],
            number="S1",
            notice=Notice.STATEMENT,
            written_on=office.today,
            pay_by_days=30,
            zone=zone_named(USUAL_ZONE),
        )
    [visit] = paper.visits
    assert [(one.service[:10], one.owed_cents) for one in visit.rows] == [("2026-10-01", 2000), ("2026-10-08", 2000)]


def test_two_people_at_once_join_a_visit_once(office: Office) -> None:
    first, second = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    refused: list[str] = []

    def bill(_: int) -> None:
        try:
            join_only(office, first, second)
        except Refused as refusal:
            refused.append(str(refusal))

    together(2, bill)
    assert len(refused) == 1, refused
    for one in (first, second):
        office.go_on(one)
    assert [len(one.lines) for one in sent_claims(office)] == [2]
    books_hold(office)


def test_a_batch_and_a_person_never_both_have_a_visit(office: Office) -> None:
    """Either the claims have left, and nothing is joined; or they are joined, and nothing has left."""
    first, second = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    done: list[str] = []

    def act(number: int) -> None:
        try:
            if number:
                join_only(office, first, second)
                done.append("joined")
            else:
                office.send_claims()
                done.append("sent")
        except (Refused, AssertionError):
            done.append("refused")

    together(2, act)
    assert sorted(done) in [["joined", "refused"], ["refused", "sent"]]
    is_joined = office.stage(second) == "billed_with"
    assert is_joined == ("joined" in done)
    assert len(office.wire.claims) == (0 if is_joined else 1)


def test_a_joined_visit_leaves_with_its_owner_alone(office: Office) -> None:
    owner, member = (ready(office, a_therapy_visit(day)) for day in DAYS[:2])
    join(office, owner, member)
    out = moving_out.move_out(office.database, practice_id=office.practice_id, at=office.now, by="operator")
    assert out.lines == 2
    assert any("billed with another visit" in one for one in out.left_out)
    assert out.total_cents == out.ledger_cents == 20000
