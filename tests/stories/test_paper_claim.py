"""A payer without EDI: the claim is printed, counts as sent when mailed, and its paper answer closes the visit."""

from datetime import timedelta

import pytest
from sqlmodel import select

from billing.amendments import Change
from billing.paper_claims import PaperClaim
from database import letters
from database.tables import Letter, Submission
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True


def printed(office: Office) -> Letter:
    with office.database.reading() as session:
        return session.exec(select(Letter).where(Letter.kind == letters.PAPER_CLAIM)).one()


def opened(office: Office) -> str:
    office.policy("takes_electronic_claims", 0)
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    return encounter


def mail(office: Office) -> bool:
    letter_id = printed(office).id
    with office.database.writing() as session:
        letter = session.get_one(Letter, letter_id)
        return letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id)


def test_it_waits_in_the_print_queue_and_in_no_batch(office: Office) -> None:
    encounter = opened(office)
    content = letters.content_of(printed(office))
    assert isinstance(content, PaperClaim)
    number = office.submission(encounter).control_number
    assert (content.control_number, content.forms[0].box("26")) == (number, number)
    assert office.stage(encounter) == "submission"
    with office.database.reading() as session:
        assert [one.batch_id for one in session.exec(select(Submission))] == [None]


def test_mailed_it_waits_for_the_payers_answer_for_as_long_as_paper_takes(office: Office) -> None:
    encounter = opened(office)
    assert mail(office)
    assert not mail(office), "the second word changes nothing"
    standing = office.go_on(encounter)
    assert office.stage(encounter) == "adjudication"
    assert standing.next_item is not None
    assert (standing.next_item.reason, standing.next_item.due_at - office.now) == ("remittance_due", timedelta(days=45))
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_paper_that_nobody_mails_is_asked_about(office: Office) -> None:
    encounter = opened(office)
    office.now += timedelta(hours=25)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["transmission_failed"]


def test_a_claim_that_is_voided_before_it_was_mailed_leaves_the_print_queue(office: Office) -> None:
    encounter = opened(office)
    office.amend(encounter, Change.VOID, {"reason": "seen by somebody else"})
    office.go_on(encounter)
    assert printed(office).withdrawn_because == "the claim was withdrawn"
    with pytest.raises(letters.LetterWithdrawn, match="the claim was withdrawn"):
        mail(office)
