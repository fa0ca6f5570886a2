"""Two practices, one partner, one mailbox: each answer finds its own practice, also where the claims look alike."""

from dataclasses import replace

import pytest
from sqlmodel import col, select

from billing.stages import FactKind
from database import encounters, messages, remittance_views, views
from database.engine import Database
from database.tables import Batch, Fact, RemittanceClaim, RemittanceFile, Task
from tests.builders import CLINIC_NPI, a_277ca, a_999, a_claim, a_payment, an_835, an_837p
from tests.office import Office

OTHER_NPI = "1234567893"
BOTH_NPIS = (CLINIC_NPI, OTHER_NPI)


@pytest.fixture
def two(database: Database) -> list[Office]:
    """Both send a claim of the same amount, day and member to the same partner."""
    offices = [Office(database), Office(database)]
    offices[1].partner_id = offices[0].partner_id
    offices[1]._mail = offices[0]._mail
    for office, npi in zip(offices, BOTH_NPIS, strict=True):
        claim = a_claim()
        office.take_in(an_837p(replace(claim, billing_provider=replace(claim.billing_provider, id=npi))))
        office.go_on(encounter_of(office))
        office.send_claims()
    return offices


def encounter_of(office: Office) -> str:
    [encounter] = office.encounter_ids()
    return encounter


def number_of(office: Office) -> str:
    return office.submission(encounter_of(office)).control_number


def facts_of(office: Office, kind: FactKind) -> int:
    with office.database.reading() as session:
        rows = session.exec(select(Fact).where(Fact.encounter_id == encounter_of(office)))
        return sum(1 for one in rows if one.kind == kind)


def test_batches_of_two_practices_have_numbers_of_one_sequence(two: list[Office]) -> None:
    with two[0].database.reading() as session:
        batches = session.exec(select(Batch).order_by(col(Batch.interchange_number))).all()
    assert [one.interchange_number for one in batches][-2:] == sorted({one.interchange_number for one in batches})[-2:]
    assert {one.practice_id for one in batches} == {one.practice_id for one in two}
    assert {one.partner_id for one in batches} == {two[0].partner_id}


def test_each_acknowledgment_finds_its_practice(two: list[Office]) -> None:
    mine, theirs = two
    with mine.database.reading() as session:
        group = session.exec(select(Batch.group_number).where(Batch.practice_id == theirs.practice_id)).one()
    mine.deliver(a_999(group) + a_277ca(number_of(theirs), number=2))
    assert facts_of(theirs, FactKind.CLAIM_ACKNOWLEDGED) == 1
    assert facts_of(mine, FactKind.CLAIM_ACKNOWLEDGED) == 0
    with mine.database.reading() as session:
        states = {one.practice_id: one.state for one in session.exec(select(Batch))}
    assert states == {mine.practice_id: "transmitted", theirs.practice_id: "accepted"}


@pytest.mark.parametrize("names", ["number", "service"])
def test_each_payment_of_a_common_file_finds_its_practice(two: list[Office], names: str) -> None:
    claim = a_claim()
    bodies = []
    for place, (office, npi) in enumerate(zip(two, BOTH_NPIS, strict=True), start=1):
        payment = a_payment(
            number_of(office) if names == "number" else "UNKNOWN",
            payer_claim_number=f"ICN{place}",
            patient_name=claim.patient.name,
            member_id=claim.coverage.member_id,
            service_from=claim.service_from,
        )
        bodies.append(an_835(payment, trace=f"EFT{place}", payee_npi=npi, number=place))
    two[0].deliver(b"".join(bodies))
    for office in two:
        office.deliver_835(a_999(999, number=9))
        with office.database.reading() as session:
            [row] = session.exec(select(RemittanceClaim).where(RemittanceClaim.practice_id == office.practice_id))
            assert (row.encounter_id, row.matched_by) == (
                encounter_of(office),
                "control_number" if names == "number" else "service",
            )


def test_pages_of_one_show_nothing_of_the_other(two: list[Office]) -> None:
    mine, theirs = two
    strange = an_835(a_payment("X"), trace="EFT8", payee_npi="1111111112", number=8)
    mine.deliver(an_835(a_payment(number_of(theirs)), trace="EFT7", payee_npi=OTHER_NPI) + strange)
    with mine.database.reading() as session:
        page = views.encounter_page(session, practice_id=mine.practice_id, stage=None, after=None, limit=50)
        assert encounter_of(theirs) not in str(page)
        assert remittance_views.remittance_page(session, practice_id=mine.practice_id, after=None, limit=50).items == []
        [task] = session.exec(select(Task).where(Task.type == "unknown_payee")).all()
        asked = messages.asked_about(session, practice_id=task.practice_id, message_id=task.subject_id)
        file = session.exec(select(RemittanceFile)).one()
        assert file.practice_id == theirs.practice_id
        if task.practice_id != theirs.practice_id:
            assert asked is None, "the file holds another practice's remittance"


def test_a_file_dropped_by_one_practice_tells_nothing_to_the_other(two: list[Office]) -> None:
    mine, theirs = two
    mine.take_in(a_277ca(number_of(theirs)))
    assert facts_of(theirs, FactKind.CLAIM_ACKNOWLEDGED) == 0
    mine.take_in(an_835(a_payment(number_of(theirs)), payee_npi=OTHER_NPI))
    with mine.database.reading() as session:
        assert session.exec(select(RemittanceFile)).all() == []
    mine.take_in(a_277ca(number_of(mine), number=2))
    assert facts_of(mine, FactKind.CLAIM_ACKNOWLEDGED) == 1
    with mine.database.reading() as session:
        assert encounters.find(session, practice_id=mine.practice_id, encounter_id=encounter_of(theirs)) is None
