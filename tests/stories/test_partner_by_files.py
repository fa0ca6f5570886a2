"""A partner that takes and gives files: the office's books over a folder and over a real SSH server."""

import asyncio
import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from activities.messages import StartMailbox
from billing.partners import NO_ANSWERS
from database import tasks
from database.tables import Batch, InboundMessage, PartnerFile, RemittanceFile, Task
from simulator.clearing import Clearing
from simulator.clearinghouse import open_store
from tests.builders import a_277ca, a_999, a_claim, a_line, a_payment, an_835, an_837p
from tests.file_places import Place
from tests.office import Office
from tests.stories.running import Running, running
from workflows.scheduled_runs import Mailbox


@pytest.fixture
def by_files(office: Office, place: Place) -> Office:
    """The office, with its partner at that place."""
    office.reach(place.server.secret if place.server else "", **place.facts())
    return office


def verified(office: Office) -> str:
    """An encounter whose coverage a person looked up."""
    office.take_in(an_837p())
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    assert office.complete(encounter, "payer_unavailable", "phone_verified", {"reference": "PORTAL 17"}).answer.done
    office.go_on(encounter)
    return encounter


def put(place: Place, name: str, body: bytes) -> None:
    (place.inbox / name).write_bytes(body)


def kept(office: Office) -> list[InboundMessage]:
    with office.database.reading() as session:
        rows = session.exec(
            select(InboundMessage)
            .where(col(InboundMessage.mail_id).is_not(None))
            .order_by(col(InboundMessage.mail_id), InboundMessage.id)
        ).all()
        session.expunge_all()
        return list(rows)


def test_a_claim_leaves_as_a_file_and_closes_by_files(by_files: Office, place: Place) -> None:
    encounter = verified(by_files)
    batch = by_files.send_claims()
    name = f"837P_{batch.interchange_number:09d}_{batch.prepared_at:%Y%m%d}.edi"
    assert place.uploaded() == {name: batch.body}
    assert (batch.state, batch.receipt_id) == ("transmitted", f"{name} {len(batch.body)} {batch.sha256[:16]}")

    number = by_files.submission(encounter).control_number
    put(place, "ack.edi", a_999(batch.group_number) + a_277ca(number, sender="AY", number=2))
    put(place, "pay.edi", an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
    fetched = by_files.look_into_mailbox()
    assert (fetched.stored, fetched.more, fetched.reason) == (2, False, "")
    with by_files.database.reading() as session:
        assert session.get_one(Batch, batch.id).state == "accepted"
        assert session.exec(select(RemittanceFile)).one().claim_count == 1
    assert len(list(place.inbox.iterdir())) == 2


def test_it_asks_a_person_to_verify_and_never_waits_for_an_answer(by_files: Office) -> None:
    by_files.take_in(an_837p())
    [encounter] = by_files.encounter_ids()
    standing = by_files.go_on(encounter)
    assert (standing.stage, standing.step, standing.inquiry_id) == ("verification", "wait", None)
    for _ in range(2):
        with by_files.database.reading() as session:
            [task] = tasks.open_tasks(session, practice_id=by_files.practice_id, subject_id=encounter)
        assert task.type == "payer_unavailable"
        assert task.reason.lower() == f"{NO_ANSWERS}.".lower()
        assert by_files.complete(encounter, "payer_unavailable", "retry", {}).answer.done
        by_files.go_on(encounter)


def test_an_inquiry_from_before_is_told_in_words(office: Office, place: Place) -> None:
    """The partner was changed while a 270 waited to be asked again: the ladder ends at once, with the same task."""
    office.wire.failing = 1
    office.take_in(an_837p())
    [encounter] = office.encounter_ids()
    assert office.go_on(encounter).open_tasks == ()
    office.reach(**place.facts())
    office.now += timedelta(minutes=10)
    [task] = office.go_on(encounter).open_tasks
    assert task.type == "payer_unavailable"


def test_the_same_bytes_under_another_name_are_one_message(by_files: Office, place: Place) -> None:
    body = an_835(a_payment("STRANGER"))
    put(place, "monday.835", body)
    assert by_files.look_into_mailbox().stored == 1
    put(place, "tuesday.835", body)
    assert by_files.look_into_mailbox().stored == 0
    assert len(kept(by_files)) == 1
    with by_files.database.reading() as session:
        rows = {one.name: one for one in session.exec(select(PartnerFile))}
        assert rows["monday.835"].note == ""
        assert "same bytes" in rows["tuesday.835"].note
        assert rows["monday.835"].message_id == rows["tuesday.835"].message_id
    assert by_files.look_into_mailbox().stored == 0


def test_other_bytes_under_the_same_name_are_new_mail(by_files: Office, place: Place) -> None:
    put(place, "latest.835", an_835(a_payment("STRANGER")))
    by_files.look_into_mailbox()
    put(place, "latest.835", an_835(a_payment("OTHERONE"), trace="EFT0002", number=2))
    os.utime(place.inbox / "latest.835", (time.time() + 1,) * 2)  # SFTP tells whole seconds; the office waits longer
    assert by_files.look_into_mailbox().stored == 1
    assert [one.mail_id for one in kept(by_files)] == [1, 2]


def test_a_file_of_several_kinds_is_filed_by_each(by_files: Office, place: Place) -> None:
    encounter = verified(by_files)
    batch = by_files.send_claims()
    number = by_files.submission(encounter).control_number
    several = a_999(batch.group_number) + an_835(a_payment(number), number=2) + a_277ca(number, number=3)
    put(place, "all.edi", several)
    assert by_files.look_into_mailbox().stored == 1
    assert sorted(one.kind for one in kept(by_files)) == ["277CA", "835", "999", "999"]
    whole = next(one for one in kept(by_files) if one.body == several)
    assert whole.state == "filed"
    assert [part.split(":")[0] for part in whole.note.split("; ")] == ["999", "835", "277CA"]
    with by_files.database.reading() as session:
        assert not session.exec(select(Task).where(Task.type == "intake_error")).all()


def test_a_bad_file_stops_none_and_every_kind_is_kept(by_files: Office, place: Place) -> None:
    put(place, "a.txt", b"Dear partner, we are closed on Friday.")
    put(place, "b.edi", an_835(a_payment("STRANGER"))[:180])
    put(place, "c.edi", b"")
    put(place, "d.edi", an_837p(a_claim(control_number="THEIRS")))
    put(place, "e.edi", an_835(a_payment("OTHERONE"), trace="EFT0002", number=2, payee_npi="1234567893"))
    assert by_files.look_into_mailbox().stored == 5
    assert {one.state for one in kept(by_files)} == {"filed"}
    with by_files.database.reading() as session:
        asked = session.exec(select(Task.subject_id).where(Task.subject == "message")).all()
    assert len(set(asked)) == 5


def test_another_file_of_the_name_becomes_a_task_and_nothing_is_sent_twice(by_files: Office, place: Place) -> None:
    encounter = verified(by_files)
    by_files.reach(by_files.secret, upload_name="{control}.edi")
    (place.outbox / "000000001.edi").write_bytes(b"somebody's")
    assert by_files.send_claims().state == "failed"
    by_files.go_on(encounter)
    [task] = by_files.go_on(encounter).open_tasks
    assert task.type == "transmission_failed"
    with by_files.database.reading() as session:
        assert "another file is named 000000001.edi" in session.get_one(Task, task.task_id).reason
    assert place.uploaded() == {"000000001.edi": b"somebody's"}


def test_why_the_mailbox_was_not_reached_is_said(by_files: Office, place: Place) -> None:
    place.inbox.rmdir()
    fetched = by_files.look_into_mailbox()
    assert (fetched.stored, fetched.more) == (0, False)
    assert "inbox is missing" in fetched.reason
    by_files.reach(by_files.secret, inbox=None)
    assert "is not set" in by_files.look_into_mailbox().reason


def test_a_partner_without_a_secret_is_said(office: Office, by_sftp: Place) -> None:
    office.reach(**by_sftp.facts())

    def missing(name: str) -> str:
        raise KeyError(f"there is no key for {name}")

    office.lines._token_of = missing
    assert "there is no key for clearinghouse" in office.look_into_mailbox().reason


async def test_an_encounter_goes_through_an_sftp_partner(
    office: Office, engine: Any, by_sftp: Place, tmp_path: Path
) -> None:
    """The whole way on the engine: outbox, the payer's own answers as files, and the end at zero."""
    assert by_sftp.server is not None
    office.reach(by_sftp.server.secret, **by_sftp.facts())
    house = Clearing(open_store(tmp_path / "house.sqlite3"))
    async with running(office, engine) as live:
        day = office.today - timedelta(days=2)
        office.take_in(an_837p(a_claim(a_line(service_date=day), member_id="PAID123")))
        [encounter] = office.encounter_ids()
        await live.settle(encounter)
        answer = await live.complete(encounter, resolution="phone_verified", values={"reference": "PORTAL 17"})
        assert answer.done
        [upload] = by_sftp.outbox.iterdir()
        assert upload.name.startswith("837P_000000001_")
        house.take_claims(upload.read_bytes(), key=upload.name, at=office.now)
        house.advance(office.now + timedelta(days=20))
        kinds = []
        for mail in house._store.rows("SELECT id, kind, body FROM mail ORDER BY id"):
            kinds.append(mail["kind"])
            (by_sftp.inbox / f"{mail['id']:04d}.edi").write_bytes(mail["body"])
        assert kinds == ["999", "277CA", "277CA", "835", "CCD"]
        await look(live)
        await until_closed(live, encounter)
    assert office.stage(encounter) == "closed"


async def look(live: Running) -> None:
    """One run of the mailbox, as the schedule starts it."""
    office = live.office
    await live.client.execute_workflow(
        Mailbox.run,
        StartMailbox(partner_id=office.partner_id),
        id=f"mailbox/{uuid.uuid4()}",
        task_queue=f"office-{office.practice_id}",
    )


async def until_closed(live: Running, encounter: str) -> None:
    for _ in range(600):
        await live.dispatcher.send_waiting()
        if live.office.stage(encounter) == "closed":
            return
        await asyncio.sleep(0.05)
