"""FHIR R4 read: every way to name a resource gives the same visit; what is missing is told with its place."""

import contextlib
import json
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.claim import Sex
from billing.sent_visits import SentVisit
from interchange.fhir.nodes import NotFhir
from interchange.fhir.reading import read
from tests.builders import CLINIC_NPI, DOCTOR_NPI, TAX_ID
from tests.interchange.fhir_messages import (
    CPT,
    Json,
    as_bytes,
    bundle,
    charge_item,
    claim,
    clinic,
    concept,
    contained_claim,
    coverage,
    encounter_bundle,
    item,
    patient,
    payer,
    whole_bundle,
    with_uuids,
)

ZONE = ZoneInfo("America/New_York")
SNOMED = "http://snomed.info/sct"


def read_all(sent: Json) -> list[SentVisit]:
    return list(read(as_bytes(sent), zone=ZONE))


def only(sent: Json) -> SentVisit:
    [visit] = read_all(sent)
    return visit


def faults(visit: SentVisit) -> list[str]:
    return [str(one) for one in visit.faults]


def notes(visit: SentVisit) -> list[str]:
    return [str(one) for one in visit.notes]


def test_a_claim_of_a_bundle_is_read_whole() -> None:
    visit = only(whole_bundle(claim(item(), item(2, "87880", 2550, modifier=[{"coding": [{"code": "qw"}]}]))))
    one = visit.claim
    assert (faults(visit), notes(visit)) == ([], [])
    assert (one.control_number, one.charge_cents, one.place_of_service) == ("V-1001", 17550, "11")
    assert (one.patient.name.last, one.patient.name.first, one.patient.name.middle) == ("Doe", "Jane", "Q")
    assert (one.patient.birth_date, one.patient.sex) == (date(1980, 1, 1), Sex.FEMALE)
    assert one.patient.address is not None
    assert (one.coverage.member_id, one.coverage.payer.id, one.coverage.filing_indicator) == (
        "ABC123456",
        "99999",
        "CI",
    )
    assert (one.coverage.group_number, one.coverage.is_self) == ("G100", True)
    assert (one.billing_provider.npi, one.billing_provider.reference("EI")) == (CLINIC_NPI, TAX_ID)
    assert [(party.role, party.npi, party.name.last) for party in one.providers] == [("82", DOCTOR_NPI, "Smith")]
    assert [(code.qualifier, code.code) for code in one.diagnoses] == [("ABK", "J069")]
    assert [(line.procedure, line.charge_cents, line.modifiers) for line in one.lines] == [
        ("99213", 15000, ()),
        ("87880", 2550, ("QW",)),
    ]
    assert one.lines[0].service_date == date(2026, 10, 20)


@pytest.mark.parametrize("kind", ["collection", "transaction", "message", "searchset", "batch"])
def test_a_bundle_of_any_type_is_the_same_visit(kind: str) -> None:
    assert only(whole_bundle(kind=kind)) == only(whole_bundle())


def test_every_way_to_name_a_resource_is_the_same_visit() -> None:
    plain = only(whole_bundle())
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": whole_bundle()}]}
    absolute = json.loads(json.dumps(whole_bundle()).replace('"Patient/p1"', '"http://ehr.example/fhir/Patient/p1"'))
    versioned = json.loads(json.dumps(whole_bundle()).replace('"Coverage/c1"', '"Coverage/c1/_history/3"'))
    for sent in (with_uuids(whole_bundle()), contained_claim(), parameters, absolute, versioned):
        visit = only(sent)
        assert (visit.claim, faults(visit)) == (plain.claim, [])
        assert visit.key == plain.key


def test_a_provider_is_known_by_an_identifier_alone() -> None:
    named = {
        "identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": DOCTOR_NPI},
        "display": "Dr. Ann Smith",
    }
    visit = only(whole_bundle(claim(careTeam=[{"sequence": 1, "provider": named | {"type": "Practitioner"}}])))
    [party] = visit.claim.providers
    assert (party.npi, party.name.last, party.name.first) == (DOCTOR_NPI, "Smith", "Ann")


def test_a_role_leads_to_its_practitioner_and_its_organization() -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "Practitioner/d1"},
        "organization": {"reference": "Organization/clinic"},
        "specialty": [concept("http://nucc.org/provider-taxonomy", "208D00000X")],
    }
    sent = whole_bundle(claim(provider={"reference": "PractitionerRole/r1"}, careTeam=[]))
    sent["entry"].append({"resource": role})
    visit = only(sent)
    assert visit.claim.billing_provider.npi == CLINIC_NPI
    assert [(one.npi, one.taxonomy) for one in visit.claim.providers] == [(DOCTOR_NPI, "208D00000X")]


def test_the_principal_diagnosis_comes_first_and_items_follow_it() -> None:
    sent = claim(
        item(diagnosisSequence=[2, 1]),
        diagnosis=[
            {"sequence": 1, "diagnosisCodeableConcept": concept("http://hl7.org/fhir/sid/icd-10-cm", "R05.9")},
            {
                "sequence": 2,
                "diagnosisReference": {"reference": "Condition/n1"},
                "type": [concept("http://terminology.hl7.org/CodeSystem/ex-diagnosistype", "principal")],
            },
        ],
    )
    condition = {"resourceType": "Condition", "id": "n1", "code": concept("http://hl7.org/fhir/sid/icd-10-cm", "J06.9")}
    visit = only(bundle(sent, condition, patient(), coverage(), payer(), clinic()))
    assert [one.code for one in visit.claim.diagnoses] == ["J069", "R059"]
    assert visit.claim.lines[0].diagnosis_pointers == (1, 2)


def test_the_second_coverage_pays_second_by_its_sequence() -> None:
    second = coverage(id="c2", subscriberId="SEC1", payor=[{"display": "Other Payer"}])
    insurance = [
        {"sequence": 2, "focal": False, "coverage": {"reference": "Coverage/c2"}},
        {"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/c1"}},
    ]
    sent = whole_bundle(claim(insurance=insurance))
    sent["entry"].append({"resource": second})
    visit = only(sent)
    assert visit.claim.coverage.responsibility == "P"
    [other] = visit.others
    assert (other.responsibility, other.coverage.member_id) == ("S", "SEC1")
    insurance[0]["focal"], insurance[1]["focal"] = True, False
    assert only(sent).claim.coverage.responsibility == "S"


def test_a_dependent_names_the_subscriber() -> None:
    mother = patient(id="p2", name=[{"family": "Doe", "given": ["Mary"]}])
    theirs = coverage(subscriber={"reference": "Patient/p2"}, relationship={"coding": [{"code": "child"}]})
    visit = only(bundle(claim(), patient(), mother, theirs, payer(), clinic()))
    assert (visit.claim.coverage.relationship, visit.claim.subscriber.name.first) == ("19", "Mary")
    nobody = coverage(relationship={"coding": [{"code": "child"}]})
    visit = only(bundle(claim(), patient(), nobody, payer(), clinic()))
    assert "Coverage[0].subscriber: the patient is not the subscriber, and nobody else is named" in faults(visit)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"item": [item(productOrService={})]}, "Claim[0].item[0].productOrService: no code"),
        ({"item": []}, "Claim[0].item: no items"),
        ({"item": [item(servicedDate="2026-10")]}, "Claim[0].item[0]: no day of service"),
        ({"item": [item(net={"value": 1.005})]}, "Claim[0].item[0].net: no amount of dollars and whole cents"),
        ({"item": [item(net={"value": -1})]}, "Claim[0].item[0].net: no amount of dollars and whole cents"),
        (
            {"item": [item(net={"value": 5, "currency": "CAD"})]},
            "Claim[0].item[0].net: only US dollars (USD) are billed",
        ),
        ({"total": {"value": 1}}, "Claim[0].total: is not the sum of the items"),
        ({"patient": {"reference": "Patient/nobody"}}, "Claim[0].patient.name: the patient has no last name"),
        (
            {"type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "oral")},
            "Claim[0].type: a dental claim: this office bills professional claims only",
        ),
        (
            {"use": "preauthorization"},
            "Claim[0].use: no claim: it asks for a decision before the service, and bills nothing",
        ),
        ({"status": "draft"}, "Claim[0].status: neither active nor cancelled: it is not to be billed"),
    ],
)
def test_what_cannot_start_an_encounter_is_told_with_its_place(changes: Json, told: str) -> None:
    assert faults(only(whole_bundle(claim(**changes)))) == [told]


def test_all_faults_come_at_once() -> None:
    visit = only(whole_bundle(claim(item(productOrService={}), item(2, servicedDate=None), status="draft")))
    assert len(visit.faults) == 3


def test_a_diagnosis_of_another_system_is_left_to_a_coder() -> None:
    sent = claim(diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept(SNOMED, "15777000")}])
    visit = only(whole_bundle(sent))
    assert (faults(visit), visit.claim.diagnoses, visit.claim.lines[0].diagnosis_pointers) == ([], (), ())
    assert [(one.kind, one.code) for one in visit.words] == [("diagnosis", "15777000")]


def test_a_service_of_another_system_is_left_to_a_coder() -> None:
    visit = only(whole_bundle(claim(item(), item(2, productOrService=concept(SNOMED, "162673000")))))
    assert (faults(visit), [line.procedure for line in visit.claim.lines][1:]) == ([], [""])
    assert [(one.kind, one.number, one.code) for one in visit.words] == [("service", 2, "162673000")]


def test_a_claim_without_a_coverage_is_left_to_registration() -> None:
    visit = only(whole_bundle(claim(insurance=[])))
    assert (faults(visit), visit.claim.coverage.member_id) == ([], None)
    assert notes(visit) == ["Claim[0].insurance: names no coverage, nor that the patient pays alone"]


def test_a_price_is_net_or_unit_price_times_quantity_or_the_total_of_one_line() -> None:
    priced = item(net=None, unitPrice={"value": 12.5}, quantity={"value": 4})
    assert only(whole_bundle(claim(priced))).claim.charge_cents == 5000
    alone = claim(item(net=None), total={"value": 129.16})
    assert only(whole_bundle(alone)).claim.charge_cents == 12916
    several = claim(item(net=None), item(2, net=None), total={"value": 129.16})
    assert only(whole_bundle(several)).claim.charge_cents == 0
    assert "the charge master prices them" in notes(only(whole_bundle(several)))[0]


def test_minutes_stay_minutes() -> None:
    line = only(whole_bundle(claim(item(quantity={"value": 45, "unit": "min"})))).claim.lines[0]
    assert (line.units, line.unit_basis) == (Decimal(45), "MJ")


def test_a_cancelled_claim_takes_back_and_one_that_replaces_amends() -> None:
    assert only(whole_bundle(claim(status="cancelled"))).claim.frequency == "8"
    related = [{"relationship": {"coding": [{"code": "replaces"}]}, "claim": {"identifier": {"value": "V-0900"}}}]
    amended = only(whole_bundle(claim(related=related))).claim
    assert (amended.frequency, amended.control_number) == ("7", "V-0900")


def test_a_patient_who_pays_alone_has_no_policy() -> None:
    alone = coverage(type=concept("http://terminology.hl7.org/CodeSystem/coverage-selfpay", "pay"))
    assert only(bundle(claim(), patient(), alone, payer(), clinic())).is_self_pay


def test_an_encounter_without_a_claim_is_a_visit() -> None:
    visit = only(encounter_bundle())
    one = visit.claim
    assert faults(visit) == []
    assert (one.control_number, one.place_of_service, one.coverage.member_id) == ("E-77", "11", "ABC123456")
    assert [(line.procedure, line.service_date) for line in one.lines] == [("99213", date(2026, 10, 20))]
    assert [code.code for code in one.diagnoses] == ["J069"]
    assert [(party.npi, party.name.first) for party in one.providers] == [(DOCTOR_NPI, "Ann")]


def test_the_charges_of_an_encounter_stand_for_its_procedures() -> None:
    sent = encounter_bundle()
    sent["entry"].append({"resource": charge_item()})
    [line] = only(sent).claim.lines
    assert (line.procedure, line.units, line.charge_cents) == ("99214", Decimal(2), 15000)


def test_an_instant_is_on_the_practices_day() -> None:
    sent = encounter_bundle(period={"start": "2026-10-21T02:30:00Z"}, type=[concept(CPT, "99213")])
    sent["entry"] = [one for one in sent["entry"] if one["resource"]["resourceType"] != "Procedure"]
    assert only(sent).claim.lines[0].service_date == date(2026, 10, 20)


def test_an_encounter_with_nothing_to_bill_says_so() -> None:
    sent = encounter_bundle(status="planned")
    sent["entry"] = [one for one in sent["entry"] if one["resource"]["resourceType"] not in {"Procedure", "Coverage"}]
    assert faults(only(sent)) == [
        "Encounter[0].status: not finished: send it when it is over",
        "Encounter[0]: no ChargeItem or Procedure of it: nothing to bill",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"resourceType": 3}',
        b'{"resourceType": "Patient"}',
        b'{"resourceType": "Claim", "x": NaN}',
        b'{"resourceType": "Claim", "x": 1e99999999999999999999}',
        b"\xff\xfe",
        b'{"resourceType":' + b"[" * 100_000,
        as_bytes({"resourceType": "Bundle", "entry": [{"resource": whole_bundle()}]})[:-9],
    ],
)
def test_what_is_no_fhir_to_bill_says_so_and_quotes_nothing(body: bytes) -> None:
    with pytest.raises(NotFhir) as caught:
        list(read(body, zone=ZONE))
    assert "Doe" not in str(caught.value)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a message."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inside for found in paths(one, (*path, key)))]


SEEDS = [whole_bundle(claim(total={"value": 150})), contained_claim(), encounter_bundle(), with_uuids(whole_bundle())]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30, max_value=10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=100),
    st.sampled_from(
        ["\ud800", "\x00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-30", "#", "?", "/"]
    ),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
    st.sampled_from(["Patient/p1", "#p1", "Claim/k1", "Coverage/c1", "urn:uuid:00000000-0000-4000-8000-000000000000"]),
)


def putting(message: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The message with another value at a place."""
    if not path:
        return value
    key, *rest = path
    if isinstance(message, dict):
        return message | {key: putting(message[key], tuple(rest), value)}
    return [putting(one, tuple(rest), value) if place == key else one for place, one in enumerate(message)]


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_no_changed_message_raises_anything_but_not_fhir(data: st.DataObject) -> None:
    message: Any = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 3))):
        message = putting(message, data.draw(st.sampled_from(paths(message))), data.draw(ODD))
    body = json.dumps(message).encode()
    try:
        visits = list(read(body, zone=ZONE))
    except NotFhir:
        return
    for visit in visits:
        assert visit.key
        assert repr(visit.claim).encode()
        assert "\\x00" not in repr(visit.claim)


@given(st.integers(0, 10_000), st.binary(max_size=8))
@settings(max_examples=200, deadline=None)
def test_no_broken_bytes_raise_anything_but_not_fhir(place: int, noise: bytes) -> None:
    body = as_bytes(whole_bundle())
    cut = place % len(body)
    with contextlib.suppress(NotFhir):
        list(read(body[:cut] + noise + body[cut + len(noise) :], zone=ZONE))
