"""A TA1 answers the envelope: an accepted one is evidence, a refused one refuses every claim in it."""

from sqlmodel import select

from billing.acknowledgment import InterchangeAcknowledgment
from database import filing_proof
from database.tables import Batch
from interchange.x12 import acknowledgment_ta1, writing
from tests.builders import NOON, RECEIVER, SENDER, a_claim, an_837p
from tests.office import Office

BOTH_DATABASES = True


def transmitted(office: Office) -> tuple[str, Batch]:
    """A claim on its way, and its batch."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    with office.database.reading() as session:
        return encounter, session.exec(select(Batch)).one()


def a_ta1(number: int, code: str, note: str = "000") -> bytes:
    said = InterchangeAcknowledgment(f"{number:09d}", code == "A", code, note)
    text = writing.write_interchange(
        [],
        sender=SENDER,
        receiver=RECEIVER,
        control_number=5,
        instant=NOON,
        acknowledgments=[acknowledgment_ta1.write(said)],
    )
    return text.encode()


def test_an_accepted_envelope_is_evidence_of_timely_filing(office: Office) -> None:
    encounter, batch = transmitted(office)
    assert office.deliver(a_ta1(batch.interchange_number, "A")) == "interchange accepted"
    number = office.submission(encounter).control_number
    with office.database.reading() as session:
        found = filing_proof.evidence(session, practice_id=office.practice_id, control_number=number)
    assert found is not None
    assert found[0].sent.envelope_accepted_at == office.now


def test_a_refused_envelope_refuses_its_claims(office: Office) -> None:
    encounter, batch = transmitted(office)
    assert office.deliver(a_ta1(batch.interchange_number, "R", "020")) == "interchange refused"
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["transmission_failed"]
    assert any("The interchange was refused (TA1 R 020)" in one for one in office.story(encounter))


def test_an_answer_to_a_strange_envelope_is_told(office: Office) -> None:
    encounter, batch = transmitted(office)
    said = office.deliver(a_ta1(batch.interchange_number + 1, "R"))
    assert said.endswith("which is not ours.")
    assert office.open_task_types(encounter) == []


def test_what_was_transmitted_once_more_and_is_refused_as_a_duplicate_had_arrived(office: Office) -> None:
    encounter, batch = transmitted(office)
    with office.database.writing() as session:
        again = session.get_one(Batch, batch.id)
        again.resends = 1
        session.add(again)
    assert office.deliver(a_ta1(batch.interchange_number, "R", "025")) == "interchange accepted"
    office.go_on(encounter)
    assert office.open_task_types(encounter) == []
    assert office.submission(encounter).state == "transmitted"
