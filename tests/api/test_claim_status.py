"""Asking a payer now, its answers on the page and over the API, and the proof of timely filing."""

import pytest

from billing.roles import Role
from database import status_inquiries, tasks
from database.tables import Task
from tests.api.test_claims import browser, office
from tests.builders import a_277ca, a_claim, a_payment, a_status, an_835, an_837p
from tests.office import Office

__all__ = ["office"]


def only_task(office: Office, encounter: str) -> Task:
    with office.database.reading() as session:
        [task] = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=encounter)
        return task


@pytest.fixture
def encounter(office: Office) -> str:
    """Sent, and accepted by the clearinghouse."""
    office.wire.status = lambda inquiry: a_status(inquiry, "P1", payer_claim_number="ICN77")
    office.take_in(an_837p(a_claim()))
    [opened] = office.encounter_ids()
    office.go_on(opened)
    office.send_claims()
    office.deliver(a_277ca(office.submission(opened).control_number, sender="AY"))
    office.go_on(opened)
    return opened


async def test_a_person_asks_from_the_page_and_sees_the_answer(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    async with browser(office, Role.BILLER) as client:
        before = (await client.get(f"/claims/{number}")).text
        assert "Ask the payer now" in before
        first = await client.post(f"/claims/{number}/ask", data={"key": "ask-0001"})
        again = await client.post(f"/claims/{number}/ask", data={"key": "ask-0001"})
        other = await client.post(f"/claims/{number}/ask", data={"key": "ask-0002"})
        assert {first.status_code, again.status_code, other.status_code} == {303}
        office.go_on(encounter)
        after = (await client.get(f"/claims/{number}")).text
        told = (await client.get(f"/api/v1/claims/{number.lower()}/status-inquiries")).json()
    assert "the claim is in adjudication" in after
    assert "by a person" in after
    [one] = told
    assert (one["meaning"], one["codes"], one["payer_claim_number"]) == ("pending", "P1:20", "ICN77")
    assert len(office.wire.asked) == 1


async def test_a_program_asks_with_a_key_and_is_told_what_stands_in_the_way(
    office: Office,
    encounter: str,
) -> None:
    number = office.submission(encounter).control_number
    path = f"/api/v1/claims/{number}/status-inquiries"
    async with browser(office, Role.BILLER) as client:
        asked = await client.post(path, headers={"Idempotency-Key": "program-1"})
        twice = await client.post(path, headers={"Idempotency-Key": "program-2"})
        assert (asked.status_code, asked.json()["code"]) == (202, "accepted")
        assert (twice.status_code, twice.json()["code"]) == (202, "asked")
        unknown = await client.post(
            "/api/v1/claims/NOSUCHCLAIM/status-inquiries", headers={"Idempotency-Key": "program-3"}
        )
        office.go_on(encounter)
        office.deliver_835(an_835(a_payment(number)))
        office.go_on(encounter)
        answered = await client.post(path, headers={"Idempotency-Key": "program-4"})
        page = (await client.get(f"/claims/{number}")).text
    assert unknown.status_code == 404
    assert answered.status_code == 409
    assert "Ask the payer now" not in page


async def test_who_may_not_work_may_look_and_not_ask(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    async with browser(office, Role.PROVIDER) as client:
        answer = await client.post(
            f"/api/v1/claims/{number}/status-inquiries", headers={"Idempotency-Key": "provider-1"}
        )
    with office.database.reading() as session:
        rows = status_inquiries.of_claim(session, number)
    assert (answer.status_code in {202, 403}, bool(rows)) == (True, False)


async def test_the_proof_is_a_page_a_pdf_and_data(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    async with browser(office, Role.BILLER) as client:
        page = await client.get(f"/encounters/{encounter}/proof-of-filing", follow_redirects=True)
        pdf = await client.get(f"/claims/{number}/proof-of-filing.pdf")
        data = (await client.get(f"/api/v1/claims/{number}/proof-of-filing")).json()
        same = await client.get(f"/api/v1/claims/{number}/proof-of-filing.pdf")
        nobodys = await client.get("/claims/NOSUCHCLAIM/proof-of-filing")
    assert "Proof of timely filing" in page.text
    assert "receipt R-" in page.text
    assert "Not on record: a 277CA of the payer that accepts the claim." in data["paragraphs"]
    assert (pdf.content[:5], same.content[:5]) == (b"%PDF-", b"%PDF-")
    assert nobodys.status_code == 404


async def test_the_task_leads_to_the_proof_and_ends_in_more_ways(office: Office, encounter: str) -> None:
    office.wire.status = lambda inquiry: a_status(inquiry, "A4", "35", payer_claim_number="ICN77")
    office.deliver(a_277ca(office.submission(encounter).control_number, sender="PR", number=2))
    office.let_pass(days=22)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]
    async with browser(office, Role.BILLER) as client:
        page = (await client.get(f"/tasks/{only_task(office, encounter).id}")).text
    assert f"/encounters/{encounter}/proof-of-filing" in page
    for way in ("paid_find_era", "denied_by_phone", "not_on_file_with_proof"):
        assert way in page


@pytest.mark.parametrize(
    ("way", "values", "words"),
    [
        ("paid_find_era", {"reference": "EFT9", "follow_up": "2027-01-31"}, "Paid by EFT9"),
        (
            "denied_by_phone",
            {"reason": "not covered", "reference": "CALL-1", "follow_up": "2027-01-31"},
            "Denied by telephone (reference CALL-1): not covered",
        ),
        ("not_on_file_with_proof", {"reference": "CALL-1"}, "the proof of timely filing of claim"),
    ],
)
def test_silence_ends_as_a_person_says(
    office: Office,
    encounter: str,
    way: str,
    values: dict[str, str],
    words: str,
) -> None:
    office.policy("status_inquiry", 0)
    office.deliver(a_277ca(office.submission(encounter).control_number, sender="PR", number=2))
    before = office.submission(encounter).control_number
    office.let_pass(days=22)
    office.go_on(encounter)
    result = office.complete(encounter, "no_response", way, values)
    assert result.answer.done
    assert any(words in one for one in office.story(encounter))
    sent_again = office.submission(encounter).control_number != before
    assert sent_again == (way == "not_on_file_with_proof")
    if not sent_again:
        assert any(one.reason == "follow_up" for one in result.standing.agenda)
