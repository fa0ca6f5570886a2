"""A claim's story by who tells it: in order, each with its document, and the ledger's word at the end."""

from database import claim_timeline
from database.claim_timeline import Teller
from tests.builders import a_277ca, a_999, a_claim, a_payment, a_reversal, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True


def test_all_four_tell_it_in_order(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.let_pass(minutes=1)
    batch = office.send_claims()
    number = office.submission(encounter).control_number
    first = a_payment(number, paid=6000, adjustments=(("CO", "45", 5000), ("CO", "50", 4000)))
    again = a_payment(number, paid=8000, adjustments=(("CO", "45", 7000),), payer_claim_number="ICN002")
    for body in (
        a_999(batch.group_number),
        a_277ca(number, sender="AY"),
        a_277ca(number, sender="PR", number=2),
    ):
        office.let_pass(days=1)
        office.deliver(body)
        office.go_on(encounter)
    office.deliver_835(an_835(first))
    office.go_on(encounter)
    office.complete(encounter, "denial_review", "write_off", {"reason": "no records"})
    office.complete(encounter, "write_off_approval", "approved", {"reason": "agreed"}, by=office.supervisor_id)
    office.let_pass(days=1)
    office.deliver_835(an_835(a_reversal(first), again, trace="EFT0002", number=2))
    office.go_on(encounter)
    with office.database.reading() as session:
        told = claim_timeline.of_claim(session, practice_id=office.practice_id, control_number=number)
        assert claim_timeline.of_claim(session, practice_id="elsewhere", control_number=number) is None
    assert told is not None
    assert [one.at for one in told] == sorted(one.at for one in told)
    assert {one.who for one in told} == set(Teller)
    words = [f"{one.who}: {one.words}" for one in told]
    assert words[-1] == ("ledger: Posted: paid $80.00, contractual $70.00; the payer's part is $0.00 then"), words
    assert "ledger: Written off: given up $40.00; the payer's part is $0.00 then" in words
    assert "payer: 835: takes back $60.00 of $150.00, as its claim ICN001" in words
    assert all(one.document for one in told if one.who in {Teller.PAYER, Teller.LEDGER} and "835" in one.words)


def test_nothing_is_told_of_a_claim_that_did_not_leave(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    number = office.submission(encounter).control_number
    with office.database.reading() as session:
        told = claim_timeline.of_claim(session, practice_id=office.practice_id, control_number=number)
    assert [one.words for one in told or []] == ["Clean and ready to be sent"]
