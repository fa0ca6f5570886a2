"""FHIR messages as health records write them, made for these tests: nobody in them lives."""

import copy
import json
from typing import Any

from tests.builders import CLINIC_NPI, DOCTOR_NPI, TAX_ID

NPI = "http://hl7.org/fhir/sid/us-npi"
CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
Json = dict[str, Any]


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def patient(**changes: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"use": "official", "family": "Doe", "given": ["Jane", "Q"]}],
        "gender": "female",
        "birthDate": "1980-01-01",
        "address": [{"use": "home", "line": ["1 Elm St"], "city": "Anytown", "state": "OH", "postalCode": "44101"}],
    } | changes


def coverage(**changes: Any) -> Json:
    return {
        "resourceType": "Coverage",
        "id": "c1",
        "status": "active",
        "type": concept("https://nahdo.org/sopt", "5"),
        "subscriberId": "ABC123456",
        "beneficiary": {"reference": "Patient/p1"},
        "relationship": {"coding": [{"code": "self"}]},
        "payor": [{"reference": "Organization/payer"}],
        "class": [{"type": {"coding": [{"code": "group"}]}, "value": "G100", "name": "Mill"}],
    } | changes


def payer(name: str = "Example Payer", number: str = "99999") -> Json:
    return {
        "resourceType": "Organization",
        "id": "payer",
        "identifier": [{"type": {"coding": [{"code": "payerid"}]}, "value": number}],
        "name": name,
    }


def clinic() -> Json:
    return {
        "resourceType": "Organization",
        "id": "clinic",
        "identifier": [
            {"system": NPI, "value": CLINIC_NPI},
            {"system": "urn:oid:2.16.840.1.113883.4.4", "value": f"{TAX_ID[:2]}-{TAX_ID[2:]}"},
        ],
        "name": "Example Clinic",
        "address": [{"line": ["100 Main St"], "city": "Anytown", "state": "OH", "postalCode": "44101-1234"}],
    }


def doctor() -> Json:
    return {
        "resourceType": "Practitioner",
        "id": "d1",
        "identifier": [{"system": NPI, "value": DOCTOR_NPI}],
        "name": [{"family": "Smith", "given": ["Ann"]}],
        "qualification": [{"code": concept("http://nucc.org/provider-taxonomy", "207Q00000X")}],
    }


def item(sequence: int = 1, code: str = "99213", cents: int = 15000, **changes: Any) -> Json:
    return {
        "sequence": sequence,
        "careTeamSequence": [1],
        "diagnosisSequence": [1],
        "productOrService": concept(CPT, code),
        "servicedDate": "2026-10-20",
        "locationCodeableConcept": concept("https://www.cms.gov/Medicare/Coding/place-of-service-codes", "11"),
        "quantity": {"value": 1},
        "net": {"value": cents / 100, "currency": "USD"},
    } | changes


def claim(*items: Json, **changes: Any) -> Json:
    """A professional claim as CARIN and US Core systems write it."""
    return {
        "resourceType": "Claim",
        "id": "k1",
        "identifier": [{"system": "http://clinic.example/claims", "value": "V-1001"}],
        "status": "active",
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "created": "2026-10-21",
        "provider": {"reference": "Organization/clinic"},
        "insurer": {"reference": "Organization/payer"},
        "careTeam": [
            {
                "sequence": 1,
                "provider": {"reference": "Practitioner/d1"},
                "role": concept("http://terminology.hl7.org/CodeSystem/claimcareteamrole", "primary"),
            }
        ],
        "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": concept(ICD, "J06.9")}],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/c1"}}],
        "item": list(items) or [item()],
    } | changes


def bundle(*resources: Json, kind: str = "collection", base: str = "http://ehr.example/fhir") -> Json:
    """Entries with absolute addresses."""
    entries = [{"fullUrl": f"{base}/{one['resourceType']}/{one.get('id', 'x')}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def whole_bundle(*claims: Json, kind: str = "collection") -> Json:
    return bundle(*(claims or (claim(),)), patient(), coverage(), payer(), clinic(), doctor(), kind=kind)


def with_uuids(sent: Json) -> Json:
    """The same bundle as a transaction of new resources: no ids, every reference a urn:uuid."""
    text = json.dumps(sent)
    for place, entry in enumerate(sent["entry"]):
        one = entry["resource"]
        urn = f"urn:uuid:00000000-0000-4000-8000-{place:012d}"
        text = text.replace(f'"{one["resourceType"]}/{one["id"]}"', f'"{urn}"').replace(
            f'"{entry["fullUrl"]}"', f'"{urn}"'
        )
    moved: Json = json.loads(text) | {"type": "transaction"}
    for entry in moved["entry"]:
        entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}
        del entry["resource"]["id"]
    return moved


def contained_claim() -> Json:
    """One Claim that holds everybody: `#id`."""
    sent = copy.deepcopy(claim())
    parts = [patient(), coverage(), payer(), clinic(), doctor()]
    text = json.dumps(sent | {"contained": parts})
    for one in parts:
        text = text.replace(f'"{one["resourceType"]}/{one["id"]}"', f'"#{one["id"]}"')
    moved: Json = json.loads(text)
    return moved


def encounter_bundle(**changes: Any) -> Json:
    """A visit without a Claim: Encounter, Condition, Procedure and ChargeItem."""
    visit: Json = {
        "resourceType": "Encounter",
        "id": "e1",
        "identifier": [{"system": "http://clinic.example/visits", "value": "E-77"}],
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "participant": [
            {
                "type": [concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PPRF")],
                "individual": {"reference": f"Practitioner?identifier={NPI}|{DOCTOR_NPI}", "display": "Dr. Ann Smith"},
            }
        ],
        "period": {"start": "2026-10-20T22:30:00-04:00", "end": "2026-10-20T22:50:00-04:00"},
        "serviceProvider": {"reference": "Organization/clinic"},
    } | changes
    condition = {
        "resourceType": "Condition",
        "id": "n1",
        "code": concept(ICD, "J06.9"),
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
    }
    procedure = {
        "resourceType": "Procedure",
        "id": "o1",
        "status": "completed",
        "code": concept(CPT, "99213"),
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "performedDateTime": "2026-10-20T22:30:00-04:00",
    }
    return bundle(visit, condition, procedure, patient(), coverage(), payer(), clinic())


def charge_item(cents: int = 15000) -> Json:
    return {
        "resourceType": "ChargeItem",
        "id": "i1",
        "status": "billable",
        "code": concept(CPT, "99214"),
        "subject": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/e1"},
        "occurrenceDateTime": "2026-10-20",
        "quantity": {"value": 2},
        "priceOverride": {"value": cents / 100, "currency": "USD"},
    }


def as_bytes(sent: Json) -> bytes:
    return json.dumps(sent).encode()
