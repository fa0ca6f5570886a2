"""Statements go out in bulk: each once, as it stands at the door, on paper or by e-mail, with a file that adds up."""

import csv
import io
from collections.abc import Iterator

import pytest

from activities import account_decisions, bounces
from activities.mail_line import MailServer
from billing import statement_runs as rules
from billing.dunning import Notice
from database import accounts, letters, statement_runs
from database.tables import Letter, Patient
from templates import documents
from tests.mail_servers import Desk, mail_server
from tests.office import Office
from tests.stories import statement_desk as desk
from tests.stories.test_households import look_after

BOTH_DATABASES = True
SET, KEPT, GONE = ("paper", "set"), "kept", ("email", "handed_over")


@pytest.fixture
def mail() -> Desk:
    return Desk()


@pytest.fixture
def server(mail: Desk) -> Iterator[MailServer]:
    with mail_server(mail) as reached:
        yield reached


@pytest.mark.parametrize("both_sides", [1, 0])
def test_papers_become_one_file_with_a_list_that_adds_up(office: Office, both_sides: int) -> None:
    office.policy("print_both_sides", both_sides)
    visits = desk.waiting(office, 3)
    run_id = desk.run(office)
    row = desk.row_of(office, run_id)
    assert desk.fates(office, run_id) == [SET] * 3
    assert row.state == "ready"
    file = desk.file_of(office, run_id)
    assert rules.faults(row.manifest, both_sides=bool(both_sides), file=file) == []
    *papers, total = csv.DictReader(io.StringIO(row.manifest))
    assert {one["account"] for one in papers} == {office.patient_of(one) for one in visits}
    assert int(total["amount_cents"]) == 3 * desk.SHARE
    assert papers[0]["address"].count(" | ") >= 2
    in_file = sum(int(one["sheets"]) for one in papers) * (2 if both_sides else 1)
    assert documents.pages_of(file, "application/pdf") == in_file
    assert all(desk.letter_of(office, one).sent_at is None for one in visits), "the post does not have it yet"


def test_a_manifest_that_does_not_add_up_is_seen(office: Office) -> None:
    desk.waiting(office, 2)
    run_id = desk.run(office)
    row, file = desk.row_of(office, run_id), desk.file_of(office, run_id)
    wrong = {
        "amount": row.manifest.replace(",4000,", ",4001,"),
        "pages": row.manifest.replace("total,2,", "total,3,"),
        "order": row.manifest.replace(",2000,3,", ",2000,5,"),
    }
    for name, text in wrong.items():
        assert text != row.manifest, name
        assert rules.faults(text, both_sides=True, file=file), name
    assert rules.faults(row.manifest, both_sides=True, file=file + b" ")


def test_what_was_paid_is_not_taken_and_what_has_just_come_waits(office: Office) -> None:
    paid, just_paid, owing = desk.waiting(office, 3)
    office.pay(paid, desk.SHARE)
    office.go_on(paid)
    office.pay(just_paid, desk.SHARE)
    run_id = desk.run(office)
    by_letter = {one.letter_id: (one.state, one.note) for one in desk.items(office, run_id)}
    assert by_letter[desk.letter_of(office, paid).id] == (KEPT, "nothing on it is owed any more")
    assert by_letter[desk.letter_of(office, just_paid).id] == (KEPT, "a payment has just come and is not posted yet")
    assert by_letter[desk.letter_of(office, owing).id][0] == "set"
    assert desk.letter_of(office, paid).withdrawn_at is not None
    assert desk.letter_of(office, just_paid).withdrawn_at is None
    office.go_on(just_paid)
    assert desk.fates(office, desk.run(office)) == [("paper", KEPT)]


def test_no_paper_is_in_the_hands_of_two_runs(office: Office) -> None:
    desk.waiting(office, 2)
    first = desk.run(office)
    second = desk.run(office)
    assert desk.fates(office, first) == [SET] * 2
    assert desk.items(office, second) == []
    assert desk.row_of(office, second).state == "done"


def test_a_second_run_is_not_begun_while_one_is_at_work(office: Office) -> None:
    desk.begun(office)
    with pytest.raises(statement_runs.RunAtWork):
        desk.begun(office)


def test_only_the_chosen_kinds_are_taken(office: Office) -> None:
    desk.waiting(office, 1)
    run_id = desk.begun(office, Notice.FINAL_NOTICE)
    desk.go_on(office, run_id)
    assert desk.items(office, run_id) == []


def test_a_paused_account_gets_nothing(office: Office) -> None:
    [visit] = desk.waiting(office, 1)
    with office.database.writing() as session:
        held = accounts.lock(
            session, practice_id=office.practice_id, patient_id=office.patient_of(visit), at=office.now
        )
        until = office.now.replace(year=office.now.year + 1)
        account_decisions.pause(session, held, until=until, reason="asked", at=office.now)
    run_id = desk.run(office)
    assert [one.note for one in desk.items(office, run_id)] == ["the account is paused"]


def test_an_email_says_that_there_is_a_statement_and_nothing_else(
    office: Office, mail: Desk, server: MailServer
) -> None:
    by_mail, on_paper = desk.waiting(office, 2)
    desk.wants_email(office, by_mail, "jane@patients.test")
    run_id = desk.run(office, server)
    assert sorted(desk.fates(office, run_id)) == [GONE, SET]
    assert mail.recipients == ["jane@patients.test"]
    letter = desk.letter_of(office, by_mail)
    assert (letter.sent_how, letter.sent_at) == ("email", office.now)
    [message] = mail.messages
    paper = letters.content_of(letter)
    assert paper.pay_at in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message["List-Unsubscribe"].strip() == f"<{paper.pay_at}/paper>"
    told = {name: text for name, text in message.items() if name not in {"Message-ID", "List-Unsubscribe"}}
    bodies = [message.get_body((kind,)).get_content() for kind in ("plain", "html")]  # type: ignore[union-attr]
    whole = " ".join((*told.values(), *bodies)).replace(paper.pay_at, "")
    for secret in ("DOE", "CHILD", "20.00", "$", paper.number, paper.visits[0].number, *paper.addressee):
        assert secret not in whole, secret
    assert desk.letter_of(office, on_paper).sent_at is None


def test_who_took_the_consent_back_and_whose_address_is_missing_gets_paper(office: Office, server: MailServer) -> None:
    took_back, no_address, odd = desk.waiting(office, 3)
    desk.wants_email(office, took_back, "a@patients.test")
    office.let_pass(minutes=1)
    desk.wants_email(office, took_back, "a@patients.test", is_given=False)
    desk.wants_email(office, no_address, "")
    desk.wants_email(office, odd, "jané@patients.test")
    assert desk.fates(office, desk.run(office, server)) == [SET] * 3


def test_a_refused_address_gets_paper_and_is_not_tried_again(office: Office, mail: Desk, server: MailServer) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "gone@patients.test")
    mail.to_recipient = lambda address: "550 5.1.1 no such mailbox"
    run_id = desk.run(office, server)
    [item] = desk.items(office, run_id)
    assert (item.channel, item.state) == SET
    assert item.note == "no e-mail: 550 5.1.1 no such mailbox"
    assert desk.letter_of(office, visit).sent_at is None
    with office.database.reading() as session:
        patient = session.get_one(Patient, office.patient_of(visit))
        assert (patient.email_failed, patient.email_failed_why) == ("gone@patients.test", "550 5.1.1 no such mailbox")


def test_a_refused_message_gets_paper_and_the_address_stays_good(
    office: Office, mail: Desk, server: MailServer
) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "jane@patients.test")
    mail.to_data = lambda address: "554 5.7.1 looks like spam"
    assert desk.fates(office, desk.run(office, server)) == [SET]
    with office.database.reading() as session:
        assert session.get_one(Patient, office.patient_of(visit)).email_failed is None


def test_a_server_that_is_not_ready_is_tried_again_and_given_up(office: Office, mail: Desk, server: MailServer) -> None:
    patient_one, patient_two = desk.waiting(office, 2)
    desk.wants_email(office, patient_one, "one@patients.test")
    desk.wants_email(office, patient_two, "two@patients.test")
    mail.to_recipient = lambda address: "451 4.3.0 later"
    run_id = desk.begun(office)
    standing = desk.go_on(office, run_id, server)
    assert standing.step == "wait"
    assert desk.letter_of(office, patient_one).sent_at is None, "what was not taken is not on its way"
    mail.to_recipient = lambda address: "451 4.3.0 later" if address.startswith("two") else None
    for minutes in rules.LADDER_MINUTES:
        office.let_pass(minutes=minutes)
        standing = desk.go_on(office, run_id, server)
    assert standing.step == "nothing"
    assert sorted(desk.fates(office, run_id)) == [GONE, SET]
    assert mail.recipients == ["one@patients.test"]


def test_a_server_that_is_away_costs_no_paper(office: Office) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "one@patients.test")
    nobody = MailServer("127.0.0.1", 9, "none", sender="statements@clinic.test")
    run_id = desk.begun(office)
    assert desk.go_on(office, run_id, nobody).step == "wait"
    assert desk.fates(office, run_id) == [("email", "deferred")]


def test_a_connection_that_breaks_after_the_message_is_tried_under_the_same_id(
    office: Office, mail: Desk, server: MailServer
) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "one@patients.test")
    mail.hangs_up_after_data = 1
    run_id = desk.begun(office)
    assert desk.go_on(office, run_id, server).step == "wait"
    assert desk.fates(office, run_id) == [("email", "handing_over")]
    assert desk.letter_of(office, visit).sent_at is not None, "it may be there"
    office.let_pass(minutes=1)
    assert desk.go_on(office, run_id, server).step == "nothing"
    assert desk.fates(office, run_id) == [GONE]
    assert len(mail.ids()) == 2
    assert len(set(mail.ids())) == 1, "a mail server sees that it is the same e-mail"


def test_what_bounces_goes_on_paper(office: Office, mail: Desk, server: MailServer) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "jane@patients.test")
    run_id = desk.run(office, server)
    [message_id] = mail.ids()
    report = bounce(message_id, status="5.1.1", action="failed")
    with office.database.writing() as session:
        said = [bounces.take(session, report, practice_id=office.practice_id, at=office.now) for _ in range(2)]
    assert said == [["the e-mail came back; the statement goes on paper"], ["it is known"]]
    assert desk.fates(office, run_id) == [("email", "bounced")]
    assert desk.letter_of(office, visit).sent_at is None
    office.let_pass(hours=1)
    assert desk.fates(office, desk.run(office, server)) == [SET]
    assert len(mail.messages) == 1


def test_a_delay_and_another_senders_bounce_change_nothing(office: Office, mail: Desk, server: MailServer) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "jane@patients.test")
    run_id = desk.run(office, server)
    [message_id] = mail.ids()
    delayed = bounce(message_id, status="4.4.1", action="delayed")
    foreign = bounce("<other@elsewhere.test>", status="5.1.1", action="failed")
    with office.database.writing() as session:
        for report in (delayed, foreign):
            bounces.take(session, report, practice_id=office.practice_id, at=office.now)
        other = bounces.take(session, bounce(message_id, "5.1.1", "failed"), practice_id="another", at=office.now)
    assert other == ["it is about no e-mail of ours"]
    assert desk.fates(office, run_id) == [GONE]


def test_a_payment_after_the_hand_over_is_crossed_and_said(office: Office, mail: Desk, server: MailServer) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "jane@patients.test")
    desk.run(office, server)
    office.pay(visit, desk.SHARE)
    assert desk.crossed(office) == {desk.letter_of(office, visit).id: desk.SHARE}
    assert any("was on its way: it asks for what is paid" in one for one in office.story(visit))
    with office.database.reading() as session:
        theirs = {"practice_id": office.practice_id, "patient_id": office.patient_of(visit)}
        assert [one.crossed_cents for one in letters.of_account(session, **theirs)] == [desk.SHARE]
    office.go_on(visit)
    look_after(office, office.patient_of(visit))
    assert desk.letter_of(office, visit).withdrawn_at is None


def test_a_payment_long_after_is_an_answer(office: Office, mail: Desk, server: MailServer) -> None:
    [visit] = desk.waiting(office, 1)
    desk.wants_email(office, visit, "jane@patients.test")
    desk.run(office, server)
    office.let_pass(days=2)
    office.pay(visit, desk.SHARE)
    assert desk.crossed(office) == {}


def test_a_run_begins_by_the_plan_of_the_practice(office: Office) -> None:
    desk.waiting(office, 1)
    assert desk.begun_by_plan(office) == 0, "by hand alone"
    office.policy("statement_run_days", 1)
    assert [desk.begun_by_plan(office) for _ in range(2)] == [1, 0]
    office.let_pass(days=1)
    assert desk.begun_by_plan(office) == 0, "the one before is still at work"


def bounce(message_id: str, status: str, action: str) -> bytes:
    return f"""From: mailer-daemon@mail.test
To: statements@clinic.test
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain

Your message could not be delivered.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test
Arrival-Date: Sun, 29 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; jane@patients.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such
 mailbox

--=_b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: You have a new statement

--=_b--
""".replace("\n", "\r\n").encode()


def test_letters_in_hand_stay_one_paper(office: Office) -> None:
    """Marked as sent by hand meanwhile, a paper is not set."""
    first, second = desk.waiting(office, 2)
    run_id = desk.begun(office)
    desk.call(office, desk.NO_SERVER, "take_papers", run_id)
    with office.database.writing() as session:
        letter = session.get_one(Letter, desk.letter_of(office, first).id)
        letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id)
    desk.go_on(office, run_id)
    fates = {one.letter_id: one.state for one in desk.items(office, run_id)}
    assert fates == {desk.letter_of(office, first).id: KEPT, desk.letter_of(office, second).id: "set"}
