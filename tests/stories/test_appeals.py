"""An appeal goes its levels: sent, lost and taken to the next, won and paid; and what happens when nobody acts."""

import json
from dataclasses import replace
from datetime import timedelta

from sqlmodel import select

from billing.letters import Way
from billing.stages import FactKind
from database import appeals, encounters, letters
from database.letters import Sending
from database.tables import Appeal, Letter, Task
from tests.builders import a_claim
from tests.office import Office
from tests.stories.test_denials import answered, denials, exit_by, review_of, sent

BOTH_DATABASES = True


def appealed(office: Office, encounter: str, argument: str = "The records show the need.") -> Appeal:
    """The denial is appealed at the level that is next."""
    result = exit_by(office, encounter, "appeal", argument=argument)
    assert result.answer.done, result.answer
    return newest(office, encounter)


def newest(office: Office, encounter: str) -> Appeal:
    with office.database.reading() as session:
        return appeals.of_encounter(session, encounter)[-1]


def mailed(office: Office, encounter: str, how: Sending | None = None) -> None:
    """Somebody posts the letters that wait."""
    with office.database.writing() as session:
        for letter in letters.waiting_of_visit(session, encounter, kind="appeal"):
            letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id, how=how)
    office.go_on(encounter)


def told(office: Office, appeal: Appeal, outcome: str, *, cents: int | None = None) -> None:
    """A person records a decision that came with the mail."""
    body = {"outcome": outcome, "decided_on": str(office.today), "reference": "LTR-9", "amount_cents": cents}
    with office.database.writing() as session:
        encounters.add_fact(
            session,
            practice_id=office.practice_id,
            encounter_id=appeal.encounter_id,
            kind=FactKind.APPEAL_DECIDED,
            source_key=f"decision:{appeal.id}",
            subject_id=appeal.id,
            received_at=office.now,
            body=json.dumps(body | {"by": office.worker_id}),
        )
    office.go_on(appeal.encounter_id)


def open_task(office: Office, encounter: str, kind: str) -> Task:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == encounter, Task.type == kind, Task.state == "open")
        return session.exec(query).one()


def test_level_one_is_lost_level_two_is_won_and_the_corrected_remittance_closes_the_visit(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    first = appealed(office, encounter)
    assert (first.level, first.name, first.amount_cents) == (1, "first-level appeal", 15000)
    mailed(office, encounter, Sending(Way.FAX, "FX-1", office.today))
    assert any("sent to the payer by fax (number FX-1)" in said for said in office.story(encounter))
    office.let_pass(days=30)
    told(office, first, "lost")
    task = review_of(office, encounter)
    assert "next is level 2 (second-level appeal) until " in task.reason
    assert denials(office, encounter) == ["open"]
    second = appealed(office, encounter, "Read page two.")
    assert (second.level, second.file_by) == (2, office.today + timedelta(days=60))
    with office.database.reading() as session:
        letter = session.get_one(Letter, second.letter_id)
    assert "an appeal at level 2 (second-level appeal)" in letter.content
    mailed(office, encounter)
    told(office, second, "won")
    assert office.open_task_types(encounter) == []
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002")
    assert office.stage(encounter) == "closed", office.story(encounter)
    with office.database.reading() as session:
        found = [
            (one.level, one.outcome, one.answered_at is not None) for one in appeals.of_encounter(session, encounter)
        ]
    assert found == [(1, "lost", True), (2, "won", True)]


def test_an_appeal_that_is_won_and_not_paid_comes_up_again(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    appeal = appealed(office, encounter)
    mailed(office, encounter)
    told(office, appeal, "won_in_part", cents=9000)
    office.let_pass(days=31)
    office.go_on(encounter)
    reason = review_of(office, encounter).reason
    assert "won in part" in reason
    assert "no corrected remittance has come" in reason
    office.policy("appeal_levels", 1)
    refused = office.complete(encounter, "denial_review", "appeal", {"argument": "x"}, by=office.supervisor_id)
    assert "every level of appeal is used up" in refused.answer.message


def test_silence_beyond_the_payers_time_is_asked_about_and_leads_to_the_next_level(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    appealed(office, encounter)
    mailed(office, encounter)
    office.let_pass(days=62)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["appeal_decision"]
    day = f"{office.today + timedelta(days=400)}"
    by = office.supervisor_id
    refused = office.complete(encounter, "appeal_decision", "lost", {"decided_on": day, "reference": "L"}, by=by)
    assert refused.answer.faults[0][0] == "decided_on"
    waits = {"reference": "CALL-2", "follow_up": f"{office.today + timedelta(days=10)}"}
    assert office.complete(encounter, "appeal_decision", "still_waiting", waits, by=by).answer.done
    office.let_pass(days=11)
    office.go_on(encounter)
    done = office.complete(encounter, "appeal_decision", "no_decision", {"reference": "CALL-3"}, by=by)
    assert done.answer.done, done.answer
    assert "level 2" in review_of(office, encounter).reason


def test_a_new_adjudication_that_denies_again_ends_the_level(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    appealed(office, encounter)
    mailed(office, encounter)
    office.let_pass(days=30)
    answered(office, encounter, ("CO", "193", 15000), trace="EFT0009")
    assert (newest(office, encounter).outcome, denials(office, encounter)) == ("answered", ["open", "superseded"])
    assert office.open_task_types(encounter) == ["denial_review"]
    assert appealed(office, encounter, "Again.").level == 2


def test_an_appeal_that_nobody_sends_is_brought_up_before_its_last_day(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    office.let_pass(days=100)
    office.go_on(encounter)
    exit_by(office, encounter, "appeal", argument="please")
    office.let_pass(days=6)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["appeal_deadline"]
    task = open_task(office, encounter, "appeal_deadline")
    assert "waits in the print queue" in task.reason
    refused = office.complete(encounter, "appeal_deadline", "sent", {}, by=office.supervisor_id)
    assert "not marked as sent" in refused.answer.message
    mailed(office, encounter)
    assert office.open_task_types(encounter) == []
    assert newest(office, encounter).decide_by == office.today + timedelta(days=60)


def test_an_appeal_that_is_let_go_of_gives_its_level_back(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    office.let_pass(days=100)
    office.go_on(encounter)
    exit_by(office, encounter, "appeal", argument="please")
    office.let_pass(days=6)
    office.go_on(encounter)
    done = office.complete(encounter, "appeal_deadline", "not_sent", {"reason": "no case"}, by=office.supervisor_id)
    assert done.answer.done, done.answer
    assert newest(office, encounter).outcome == "withdrawn"
    assert "next is level 1" in review_of(office, encounter).reason


def test_medicare_hears_no_appeal_of_a_late_claim(office: Office) -> None:
    claim = a_claim()
    medicare = replace(claim, coverage=replace(claim.coverage, filing_indicator="MB", member_id="1EG4TE5MK73"))
    encounter = sent(office, medicare)
    answered(office, encounter, ("CO", "29", 15000))
    refused = office.complete(encounter, "denial_review", "appeal", {"argument": "x"}, by=office.supervisor_id)
    assert "exception to the filing limit" in refused.answer.message


def test_a_replacement_is_decided_anew_and_its_levels_begin_again(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    first = appealed(office, encounter)
    told(office, first, "lost")
    exit_by(office, encounter, "replace", corrections="line.1.modifiers = 59")
    office.send_claims()
    answered(office, encounter, ("CO", "50", 15000), trace="EFT0002", payer_claim_number="ICN001R")
    again = appealed(office, encounter)
    assert (again.level, again.name) == (1, "first-level appeal")
