"""Patients, practitioners and organisations as the office's parties.

Source: R4 Patient, RelatedPerson, Practitioner, PractitionerRole, Organization, Location; US Core's identifier systems.
"""

import re
from dataclasses import replace
from datetime import date

from billing.claim import Address, Name, Party, Person, Reference, Sex
from billing.sent_visits import SentNumber
from interchange.fhir.bundles import Bundle, Resource, Target, identifiers_of
from interchange.fhir.nodes import Node

NPI = frozenset({"http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"})
TAX_ID = frozenset(
    {
        "urn:oid:2.16.840.1.113883.4.4",
        "http://hl7.org/fhir/sid/us-ein",
        "http://hl7.org/fhir/sid/us-tin",
        "http://www.irs.gov",
        "https://www.irs.gov",
    }
)
TAXONOMY = frozenset({"http://nucc.org/provider-taxonomy", "urn:oid:2.16.840.1.113883.6.101"})
IDENTIFIER_TYPES = frozenset({"http://terminology.hl7.org/codesystem/v2-0203", "http://hl7.org/fhir/v2/0203"})
PERSONAL_NUMBERS = frozenset({"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1"})
"""Systems that number persons, not records"""
SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.UNKNOWN, "unknown": Sex.UNKNOWN}
"""AdministrativeGender"""
OLDEST_BIRTH = date(1900, 1, 1)
_TITLES = re.compile(r"^((Dr|Mr|Mrs|Ms|Miss|Prof)\.?\s+)+", re.IGNORECASE)
_PERSONS = frozenset({"Practitioner", "PractitionerRole", "Patient", "RelatedPerson"})


def person(node: Node, who: str) -> Person:
    """A Patient or RelatedPerson; the last name is empty where none is given, and that is a fault."""
    name = human_name(node)
    if not name.last:
        node.told.fault(node["name"], f"the {who} has no last name")
    born = node["birthDate"].day()
    if born is None or born < OLDEST_BIRTH:
        node.told.note(node["birthDate"], "no whole day since 1900: the office asks for it")
        born = None
    sex = SEXES.get(node["gender"].text() or "")
    return Person(name, born, sex, address_of(node))


def record_numbers(target: Target) -> tuple[SentNumber, ...]:
    """The medical record numbers (type MR) of a Patient; where none is typed so, those of a system of the sender's."""
    typed = [(one["type"].code() or "", one) for one in target.node.each("identifier")]
    chosen = [one for kind, one in typed if kind == "MR"] or [one for kind, one in typed if not kind]
    if target.resource is None:
        chosen = [target.node["identifier"]]
    found = ((one["system"].text(500) or "", one["value"].text(500)) for one in chosen)
    return tuple(
        SentNumber(system[:100], number[:80])
        for system, number in found
        if number and system and system.lower() not in PERSONAL_NUMBERS
    )


def human_name(node: Node) -> Name:
    """The official name, else the usual, else the first that has a last name."""
    given = node.each("name") or [node["name"]]
    order = {"official": 0, "usual": 1}
    for one in sorted(given, key=lambda name: order.get(name["use"].text() or "", 2)):
        if family := one["family"].text(60):
            first = [text for part in one.each("given") if (text := part.text(35))]
            middle = " ".join(first[1:])[:25].strip() or None
            return Name(family, first[0] if first else None, middle, one.first("suffix").text(10))
    return spoken_name(next((text for one in given if (text := one["text"].text(200))), None))


def spoken_name(text: str | None) -> Name:
    """`Dr. Ann Smith` -> its last word as the last name, its first as the first."""
    words = _TITLES.sub("", text or "").split(",")[0].split()
    if not words:
        return Name("")
    return Name(words[-1][:60], words[0][:35] if len(words) > 1 else None)


def address_of(node: Node) -> Address | None:
    """The home or work address, else the first, where it has a street and a city."""
    order = {"home": 0, "work": 0, "billing": 1}
    for one in sorted(node.each("address"), key=lambda item: order.get(item["use"].text() or "", 2)):
        lines = [text for line in one.each("line") if (text := line.text(55))]
        city = one["city"].text(30)
        if lines and city:
            return Address(lines[0], city, _state(one["state"]), _postal_code(one["postalCode"]), _rest(lines))
    return None


def _rest(lines: list[str]) -> str | None:
    return " ".join(lines[1:])[:55] or None


def _state(node: Node) -> str | None:
    text = (node.text() or "").upper()
    if re.fullmatch(r"[A-Z]{2}", text):
        return text
    if text:
        node.told.note(node, "not two letters: left out")
    return None


def _postal_code(node: Node) -> str | None:
    digits = (node.text() or "").replace("-", "")
    return digits if re.fullmatch(r"\d{5}(\d{4})?", digits, re.ASCII) else None


def party(target: Target, bundle: Bundle, role: str) -> Party:
    """Who a reference names, as a provider in `role` (NM101); nobody known has an empty name."""
    if target.kind == "PractitionerRole" and target.resource is not None:
        return _in_role(target, target.resource, bundle, role)
    node = target.node
    is_person = target.kind in _PERSONS or (not target.kind and "Practitioner" in (node["reference"].text(2000) or ""))
    name = _name(target, is_person=is_person)
    numbers = (*identifiers_of(node["identifier"].value), *target.identifiers)
    npi = _npi(numbers, target)
    references = _tax_ids(numbers, node)
    return Party(
        role=role,
        is_person=is_person,
        name=name,
        id_qualifier="XX" if npi else None,
        id=npi,
        taxonomy=_taxonomy(node),
        address=_place(target),
        references=references,
    )


def _in_role(target: Target, resource: Resource, bundle: Bundle, role: str) -> Party:
    """A PractitionerRole: its practitioner, with the speciality of the role."""
    doctor = bundle.follow(target.node["practitioner"], resource)
    found = party(doctor, bundle, role)
    npi = found.npi or _npi(tuple(identifiers_of(target.node["identifier"].value)), target)
    taxonomy = _taxonomy(target.node) or found.taxonomy
    return replace(found, is_person=True, taxonomy=taxonomy, id=npi, id_qualifier="XX" if npi else None)


def organization_of(target: Target, bundle: Bundle) -> Target | None:
    """The organisation that a PractitionerRole works for."""
    if target.kind != "PractitionerRole" or target.resource is None or not target.node["organization"]:
        return None
    return bundle.follow(target.node["organization"], target.resource)


def _name(target: Target, *, is_person: bool) -> Name:
    if is_person:
        found = human_name(target.node) if target.resource else Name("")
        return found if found.last else spoken_name(target.display)
    text = target.node["name"].text(60) if target.resource else None
    return Name(text or (target.display or "")[:60].strip())


def _place(target: Target) -> Address | None:
    """An organisation has several addresses, a location one."""
    return address_of(target.node) if target.resource else None


def _npi(numbers: tuple[tuple[str, str], ...], target: Target) -> str | None:
    for system, value in numbers:
        if system.rstrip("/").lower() in NPI:
            if re.fullmatch(r"\d{10}", value.strip(), re.ASCII):
                return value.strip()
            target.node.told.note(target.node["identifier"], "an NPI that is not ten digits: left out")
    return None


def _tax_ids(numbers: tuple[tuple[str, str], ...], node: Node) -> tuple[Reference, ...]:
    typed = (
        (one["value"].text() or "")
        for one in node.each("identifier")
        if one["type"].code(IDENTIFIER_TYPES) in {"TAX", "EN"}
    )
    named = (value for system, value in numbers if system.rstrip("/").lower() in TAX_ID)
    for value in (*named, *typed):
        digits = value.replace("-", "").strip()
        if re.fullmatch(r"\d{9}", digits, re.ASCII):
            return (Reference("EI", digits),)
    return ()


def _taxonomy(node: Node) -> str | None:
    spoken = [*node.each("specialty"), *node.each("type"), *(one["code"] for one in node.each("qualification"))]
    found = (one.code(TAXONOMY) for one in spoken)
    return next((code for code in found if code and re.fullmatch(r"[A-Z0-9]{10}", code)), None)
