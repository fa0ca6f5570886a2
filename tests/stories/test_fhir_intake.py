"""FHIR messages start encounters that reach submission; the same message twice starts one; nothing is lost."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from billing.claim import Address
from billing.stages import Stage
from database import encounters, practice
from database.columns import new_id
from database.practice import EntityView, ProviderView
from database.tables import Charge, Encounter, InboundMessage, Submission
from tests.builders import CLINIC_NPI, DOCTOR_NPI, TAX_ID
from tests.interchange.fhir_messages import (
    Json,
    as_bytes,
    bundle,
    claim,
    contained_claim,
    coverage,
    encounter_bundle,
    item,
    patient,
    payer,
    whole_bundle,
    with_uuids,
)
from tests.office import Office
from tests.stories.test_bad_input import office_tasks

BOTH_DATABASES = True

CLINIC = EntityView(
    npi=CLINIC_NPI,
    name="Example Clinic",
    tax_id=TAX_ID,
    taxonomy="207Q00000X",
    address=Address("100 Main St", "Anytown", "OH", "441011234"),
    pay_to=None,
)


def set_up(office: Office) -> None:
    """Whom the practice bills under, and its one doctor."""
    with office.database.writing() as session:
        practice.save_entity(session, CLINIC, practice_id=office.practice_id)
        practice.save_provider(
            session, ProviderView(DOCTOR_NPI, "Smith", "Ann", "207Q00000X"), practice_id=office.practice_id
        )


def set_price(office: Office) -> None:
    """What the charge master says where a message names no price."""
    with office.database.writing() as session:
        row = Charge(
            id=new_id(),
            practice_id=office.practice_id,
            procedure="99213",
            modifier="",
            price_cents=15000,
            effective_from=date(2026, 1, 1),
        )
        session.add(row)


def bare_bundle(**changes: Any) -> Json:
    """As a record system sends it that knows nothing of billing: no clinic, no doctor, a payer by name."""
    return bundle(claim(provider={"display": "Main office"}, careTeam=[], **changes), patient(), coverage(), payer())


@pytest.mark.parametrize(
    "sent",
    [whole_bundle(), with_uuids(whole_bundle()), contained_claim(), encounter_bundle()],
    ids=["references", "uuids", "contained", "encounter"],
)
def test_a_message_reaches_submission_once(office: Office, sent: Json) -> None:
    set_price(office)
    for _ in range(2):
        report = office.take_in(as_bytes(sent))
        assert (report.kind, report.claims, report.refused) == ("FHIR", 1, [])
    assert report.duplicates == 1
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    batch = office.send_claims()
    [body] = office.wire.claims.values()
    assert batch.state == "transmitted"
    assert b"HI*ABK:J069~" in body
    assert b"SV1*HC:99213*150*UN*1" in body
    assert b"NM1*85*2*Example Clinic*****XX*" + CLINIC_NPI.encode() in body
    assert office_tasks(office) == []


def test_a_claim_that_comes_with_other_references_is_the_same_encounter(office: Office) -> None:
    office.take_in(as_bytes(whole_bundle()))
    report = office.take_in(as_bytes(with_uuids(whole_bundle())))
    assert (report.created, report.duplicates) == (0, 1)
    assert len(office.encounter_ids()) == 1


def test_several_claims_of_a_bundle_are_several_encounters(office: Office) -> None:
    second = claim(item(servicedDate="2026-10-22"), id="k2", identifier=[{"value": "V-1002"}])
    report = office.take_in(as_bytes(whole_bundle(claim(), second)))
    assert (report.claims, report.created) == (2, 2)


def test_the_practice_fills_what_the_record_leaves_out_and_stays_the_same_visit(office: Office) -> None:
    report = office.take_in(as_bytes(bare_bundle()))
    [refused] = report.refused
    assert refused.claim == "V-1001"
    assert refused.segment == "Claim[0] billing provider"
    assert "no billing entity is set up" in refused.reason
    set_up(office)
    report = office.take_in(as_bytes(bare_bundle()))
    assert (report.created, report.refused) == (1, [])
    with office.database.writing() as session:
        practice.save_entity(session, replace(CLINIC, name="Renamed Clinic"), practice_id=office.practice_id)
    assert office.take_in(as_bytes(bare_bundle())).duplicates == 1
    [encounter] = office.encounter_ids()
    with office.database.reading() as session:
        row = session.get_one(Encounter, encounter)
        taken = encounters.claim_of(row)
        told = encounters.timeline_texts(session, encounter)
    assert (taken.billing_provider.npi, taken.billing_provider.name.last) == (CLINIC_NPI, "Example Clinic")
    assert [(one.role, one.npi) for one in taken.providers] == [("82", DOCTOR_NPI)]
    assert any("the practice's only provider stands in" in text for text in told)


def test_what_cannot_start_an_encounter_leaves_its_bytes_and_one_task(office: Office) -> None:
    sent = as_bytes(whole_bundle(claim(item(productOrService={}))))
    for _ in range(2):
        report = office.take_in(sent)
        [refused] = report.refused
        assert (report.claims, report.created) == (1, 0)
        assert (refused.segment, refused.reason) == ("Claim[0].item[0].productOrService", "no code")
    [(kind, reason)] = office_tasks(office)
    assert kind == "intake_error"
    assert "Claim[0].item[0].productOrService: no code" in reason
    with office.database.reading() as session:
        query = select(InboundMessage).where(InboundMessage.practice_id == office.practice_id)
        [message] = session.exec(query)
        assert (message.kind, message.body, message.state) == ("FHIR", sent, "filed")


def test_one_bad_claim_keeps_no_good_one_back(office: Office) -> None:
    bad = claim(item(servicedDate=None), id="k2", identifier=[{"value": "V-1002"}])
    report = office.take_in(as_bytes(whole_bundle(claim(), bad)))
    assert (report.claims, report.created, len(report.refused)) == (2, 1, 1)


def test_json_that_holds_nothing_to_bill_is_kept_with_a_task(office: Office) -> None:
    report = office.take_in(as_bytes(bundle(patient())))
    assert report.unreadable is not None
    [(kind, reason)] = office_tasks(office)
    assert kind == "intake_error"
    assert "nothing to bill" in reason


def test_a_payer_told_by_name_has_the_number_that_the_practice_knows(office: Office) -> None:
    office.take_in(as_bytes(whole_bundle()))
    named = coverage(payor=[{"display": "EXAMPLE PAYER"}])
    later = claim(item(servicedDate="2026-10-22"), identifier=[{"value": "V-1003"}])
    set_up(office)
    office.take_in(as_bytes(bundle(later, patient(), named)))
    with office.database.reading() as session:
        rows = session.exec(select(Encounter).where(Encounter.external_id == "V-1003"))
        [one] = [encounters.claim_of(row) for row in rows if row.practice_id == office.practice_id]
    assert one.coverage.payer.id == "99999"


def test_what_a_person_must_add_is_asked_in_the_office_not_of_the_sender(office: Office) -> None:
    """As Synthea writes it: a payer by its name alone, and a birth date without a day."""
    set_up(office)
    insurance = [{"sequence": 1, "focal": True, "coverage": {"display": "Humana"}}]
    office.take_in(as_bytes(bundle(claim(insurance=insurance), patient(birthDate="1980"))))
    [encounter] = office.encounter_ids()
    standing = office.go_on(encounter)
    with office.database.reading() as session:
        assert session.get_one(Encounter, encounter).stage == Stage.REGISTRATION
    assert standing.step is not None


def test_a_cancelled_claim_voids_its_visit(office: Office) -> None:
    office.take_in(as_bytes(whole_bundle()))
    for _ in range(2):
        report = office.take_in(as_bytes(whole_bundle(claim(status="cancelled"))))
        assert report.refused == []
    assert report.duplicates == 1
    unknown = office.take_in(as_bytes(whole_bundle(claim(status="cancelled", identifier=[{"value": "V-9"}]))))
    assert "no visit of this practice" in unknown.refused[0].reason


def test_a_second_policy_is_remembered(office: Office) -> None:
    second = coverage(id="c2", subscriberId="SEC1", payor=[{"reference": "Organization/p2"}])
    insurance = [
        {"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/c1"}},
        {"sequence": 2, "focal": False, "coverage": {"reference": "Coverage/c2"}},
    ]
    sent = whole_bundle(claim(insurance=insurance))
    sent["entry"] += [{"resource": second}, {"resource": payer("Second Payer", "88888") | {"id": "p2"}}]
    report = office.take_in(as_bytes(sent))
    assert (report.created, report.refused) == (1, [])
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    [body] = office.wire.claims.values()
    assert b"SBR*S*18" in body
    assert b"NM1*PR*2*Second Payer*****PI*88888~" in body
    with office.database.reading() as session:
        sent_claims = session.exec(select(Submission).where(Submission.practice_id == office.practice_id)).all()
    assert len(sent_claims) == 1
