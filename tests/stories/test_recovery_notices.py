"""A payer writes that it wants money back before it takes it: disputed or agreed to, then taken, reversed or let go."""

from datetime import timedelta

from sqlmodel import select

from billing.letters import Letter as LetterContent
from billing.recovery_notices import NoticeState
from billing.remittance import ClaimPayment
from billing.stages import FactKind
from database import encounters, records, recovery_notices, remittances
from database.columns import new_id
from database.tables import Encounter, Letter, RecoveryNotice, Task
from tests.builders import a_claim, a_payment, a_reversal, an_835, an_837p
from tests.office import Office
from tests.stories.test_denials import answered, sent

BOTH_DATABASES = True


def paid(office: Office) -> str:
    """A visit of 150.00 of which the payer paid 100.00."""
    encounter = sent(office)
    answered(office, encounter, ("CO", "45", 5000), paid=10000)
    assert office.stage(encounter) == "closed"
    return encounter


def announce(office: Office, encounter: str, *, cents: int = 10000, reference: str = "OP-7") -> None:
    """Somebody records the payer's letter."""
    with office.database.writing() as session:
        visit = session.get_one(Encounter, encounter)
        row = RecoveryNotice(
            id=new_id(),
            practice_id=office.practice_id,
            encounter_id=encounter,
            payer_id=visit.payer_id,
            amount_cents=cents,
            reference=reference,
            dated_on=office.today,
            dispute_by=office.today + timedelta(days=30),
            state=NoticeState.OPEN,
            recorded_at=office.now,
            recorded_by=office.worker_id,
        )
        session.add(row)
        session.flush()
        encounters.add_fact(
            session,
            practice_id=office.practice_id,
            encounter_id=encounter,
            kind=FactKind.RECOVERY_ANNOUNCED,
            source_key=f"recovery:{row.id}",
            subject_id=row.id,
            received_at=office.now,
        )
    office.go_on(encounter)


def take(office: Office, encounter: str) -> None:
    """The payer takes it out of another visit's payment."""
    office.take_in(an_837p(a_claim(control_number="OTHER2", member_id="OTHER2"), number=2))
    [other] = [one for one in office.encounter_ids() if one != encounter]
    office.go_on(other)
    office.send_claims()
    payment = a_payment(
        office.submission(other).control_number, paid=15000, adjustments=(), payer_claim_number="ICN002"
    )
    office.deliver_835(an_835(payment, trace="EFT0077", plb=(("WO", "ICN001", 10000),)))
    for one in (other, encounter):
        office.go_on(one)


def notice(office: Office, encounter: str) -> RecoveryNotice:
    with office.database.reading() as session:
        [row] = recovery_notices.of_encounter(session, encounter)
        return row


def answer(office: Office, encounter: str, resolution: str, /, **values: str) -> None:
    result = office.complete(encounter, "recovery_announced", resolution, values, by=office.supervisor_id)
    assert result.answer.done, result.answer
    office.go_on(encounter)


def test_a_notice_opens_a_closed_visit_and_moves_no_money(office: Office) -> None:
    encounter = paid(office)
    before = office.accounts(encounter)
    announce(office, encounter)
    assert (office.open_task_types(encounter), office.accounts(encounter)) == (["recovery_announced"], before)
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.state == "open")).all()
    assert "Until" in task.reason
    assert task.due_at.date() <= office.today + timedelta(days=30)
    answer(office, encounter, "withdrawn", reference="LTR-2")
    assert (office.stage(encounter), notice(office, encounter).state) == ("closed", "withdrawn")


def test_a_dispute_is_written_and_the_taking_says_so(office: Office) -> None:
    encounter = paid(office)
    announce(office, encounter)
    answer(office, encounter, "dispute", argument="The service was rendered.\nOnce.")
    with office.database.reading() as session:
        letter = session.exec(select(Letter).where(Letter.kind == "recovery_dispute")).one()
    content = records.load(LetterContent, letter.content)
    assert ("Your reference", "OP-7") in [(one.label, one.value) for one in content.facts]
    assert office.stage(encounter) == "closed"
    take(office, encounter)
    assert office.open_task_types(encounter) == ["takeback_notice"]
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.state == "open")).all()
    assert "It was announced on" in task.reason
    assert "it was disputed" in task.reason
    assert notice(office, encounter).state == "taken"


def test_money_that_is_taken_ends_the_question_that_nobody_answered(office: Office) -> None:
    encounter = paid(office)
    announce(office, encounter)
    take(office, encounter)
    assert (office.open_task_types(encounter), notice(office, encounter).state) == (["takeback_notice"], "taken")


def test_a_mistyped_answer_that_the_office_takes_back_is_no_payers_taking(office: Office) -> None:
    encounter = paid(office)
    announce(office, encounter)
    with office.database.writing() as session:
        [row] = remittances.standing_rows(session, encounter)
        original = records.load(ClaimPayment, row.payment)
        row.paid_cents = 0
        session.add(row)
    office.deliver_835(an_835(a_reversal(original), trace="EFT0078", paid=-10000))
    office.go_on(encounter)
    assert notice(office, encounter).state == "open"


def test_a_reversal_ends_what_was_agreed_to(office: Office) -> None:
    encounter = paid(office)
    announce(office, encounter)
    answer(office, encounter, "agree", reason="billed twice")
    assert notice(office, encounter).state == "agreed"
    with office.database.reading() as session:
        [row] = remittances.standing_rows(session, encounter)
        original = records.load(ClaimPayment, row.payment)
    office.deliver_835(an_835(a_reversal(original), trace="EFT0078", paid=-10000))
    office.go_on(encounter)
    assert notice(office, encounter).state == "taken"
