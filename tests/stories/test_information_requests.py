"""A payer wants documents before it pays: by a remittance or by a 277, sent with a number of ours, and paid."""

from datetime import timedelta

import pytest
from sqlmodel import select

from activities import packing
from billing.information import attachments_of
from billing.letters import Letter as LetterContent
from database import letters, records, requests, tasks
from database.letters import Sending, Way
from database.tables import InformationRequest, Letter, Submission, Task
from tests.builders import REQUEST, requested
from tests.office import Office
from tests.stories.test_claim_status import ALARM, says
from tests.stories.test_claim_status import sent as sent_and_accepted
from tests.stories.test_denials import answered, denials, exit_by, sent, went_out

BOTH_DATABASES = True


def asked(office: Office, encounter: str) -> InformationRequest:
    with office.database.reading() as session:
        return requests.of_encounter(session, encounter)[-1]


def way_out(office: Office, encounter: str, resolution: str, /, **values: str) -> str:
    result = office.complete(encounter, "info_request", resolution, values, by=office.supervisor_id)
    assert result.answer.done, result.answer
    office.go_on(encounter)
    return result.answer.message


def mailed(office: Office, encounter: str) -> Letter:
    """Somebody packs the cover sheet with what is usual, and sends it."""
    with office.database.writing() as session:
        [letter] = letters.waiting_of_visit(session, encounter, kind="records")
        keys = [one.key for one in packing.enclosures_for(session, letter, at=office.now) if one.is_usual]
        packing.pack(session, letter, keys, at=office.now, by=office.worker_id)
        how = Sending(Way.PORTAL, "UP-77", office.today)
        letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id, how=how)
    office.go_on(encounter)
    return letter


def test_a_refusal_that_asks_for_records_becomes_a_request_and_is_paid(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "252", 15000), remarks=("M127",))
    assert office.open_task_types(encounter) == ["info_request"]
    row = asked(office, encounter)
    assert (row.asked, row.codes, row.amount_cents) == ("medical record missing", "CO-252 with M127", 15000)
    assert row.due_on == office.today + timedelta(days=30)
    way_out(office, encounter, "send_records", remark="The note of that day.")
    assert office.open_task_types(encounter) == []
    letter = mailed(office, encounter)
    content = records.load(LetterContent, letter.content)
    facts = {one.label: one.value for one in content.facts}
    assert facts["Attachment control number"] == row.attachment_number
    assert facts["Claim"] == "ICN001"
    assert any("Documents that you asked for: sent to the payer through" in said for said in office.story(encounter))
    assert asked(office, encounter).state == "sent"
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002")
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert asked(office, encounter).state == "answered"


def test_records_that_bring_no_answer_come_up_again(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "226", 15000))
    way_out(office, encounter, "send_records")
    mailed(office, encounter)
    office.let_pass(days=46)
    office.go_on(encounter)
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.subject_id == encounter, Task.state == "open")).all()
    assert task.type == "denial_review"
    assert f"our number {asked(office, encounter).attachment_number}" in task.reason


def test_a_cover_sheet_that_nobody_sends_is_brought_up_before_its_last_day(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "16", 15000), remarks=("N706",))
    way_out(office, encounter, "send_records")
    office.let_pass(days=26)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["info_request"]
    mailed(office, encounter)
    assert office.open_task_types(encounter) == []


def test_sixteen_without_a_document_stays_a_denial(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "16", 15000), remarks=("N290",))
    assert office.open_task_types(encounter) == ["denial_review"]


def test_what_cannot_be_supplied_is_a_denial_after_all(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "252", 15000))
    way_out(office, encounter, "cannot_supply", reason="the chart burnt")
    assert office.open_task_types(encounter) == ["denial_review"]
    assert denials(office, encounter) == ["open"]
    exit_by(office, encounter, "write_off", reason="no proof")
    assert office.open_task_types(encounter) == ["write_off_approval"]


def test_an_appeal_instead_of_documents(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "252", 15000))
    assert "level 1" in way_out(office, encounter, "appeal_instead", argument="You have them.")
    assert (asked(office, encounter).state, denials(office, encounter)) == ("appealed", ["appealed"])


def test_a_replacement_says_that_documents_follow(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "252", 15000))
    odd = office.complete(encounter, "info_request", "replace", {"way": "pigeon"}, by=office.supervisor_id)
    assert odd.answer.faults[0][0] == "way"
    way_out(office, encounter, "replace", way="fax", report="OZ")
    claim = went_out(office, encounter)
    number = asked(office, encounter).attachment_number
    assert (claim.frequency, attachments_of(claim)) == ("7", [("OZ", "FX", number)])
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002", payer_claim_number="ICN001R")
    assert office.stage(encounter) == "closed", office.story(encounter)
    with office.database.reading() as session:
        assert session.exec(select(Letter.withdrawn_because)).all() == ["the payer answered anew"]


def test_documents_and_a_refusal_in_one_answer_are_two_matters(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "252", 5000), ("CO", "50", 10000))
    assert sorted(office.open_task_types(encounter)) == ["denial_review", "info_request"]


def test_a_277_that_asks_for_documents_is_a_request_and_the_remittance_ends_it(office: Office) -> None:
    office.wire.status = says("R4", "294")
    encounter, number = sent_and_accepted(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["info_request"]
    row = asked(office, encounter)
    assert (row.asked, row.control_number) == ("documents that support the claim (294)", number)
    refused = office.complete(encounter, "info_request", "appeal_instead", {"argument": "x"}, by=office.supervisor_id)
    assert "has refused nothing yet" in refused.answer.message
    way_out(office, encounter, "send_records")
    mailed(office, encounter)
    assert office.open_task_types(encounter) == []
    office.let_pass(days=46)
    office.go_on(encounter)
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.subject_id == encounter, Task.state == "open")).all()
    assert (task.type, "documents were sent on" in task.reason) == ("no_response", True)
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002")
    assert (office.stage(encounter), asked(office, encounter).state) == ("closed", "answered")


def test_a_277_that_asks_the_patient_is_a_persons_to_look_into(office: Office) -> None:
    office.wire.status = says("P4", "20")
    encounter, _ = sent_and_accepted(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]


@pytest.mark.parametrize("names", ["our number", "its own number"])
def test_a_payer_asks_of_its_own_accord_and_is_answered_under_its_number(office: Office, names: str) -> None:
    encounter, number = sent_and_accepted(office)
    ours = [("REF", "EJ", number)] if names == "our number" else []
    rows = [row for row in REQUEST if row[:2] != ("REF", "EJ") and row[0] != "DTP"]
    at = rows.index(("REF", "1K", "ICN0500")) + 1
    due = office.today + timedelta(days=20)
    rows[at:at] = [*ours, ("DTP", "106", "D8", f"{due:%Y%m%d}")]
    with office.database.writing() as session:
        session.get_one(Submission, number).payer_claim_number = "ICN0500"
    assert office.deliver(requested(rows)) == "277RFAI: 1 requests kept, 0 name no claim of ours"
    office.go_on(encounter)
    row = asked(office, encounter)
    assert (row.asked, row.due_on, row.payer_reference) == ("medical records (11503-0)", due, "REQ-9")
    with office.database.reading() as session:
        [task] = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=encounter)
    assert (task.due_at.date() <= due, "request is REQ-9" in task.reason) == (True, True)
    way_out(office, encounter, "send_records")
    letter = mailed(office, encounter)
    content = records.load(LetterContent, letter.content)
    assert ("Your request", "REQ-9") in [(one.label, one.value) for one in content.facts]


def test_a_request_about_a_claim_of_nobody_is_told(office: Office) -> None:
    office.deliver(requested(list(REQUEST)))
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.state == "open")).all()
    assert (task.type, "name no claim of ours" in task.reason) == ("intake_error", True)
