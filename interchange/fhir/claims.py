"""A Claim resource as a visit to be billed.

Source: R4 Claim; CARIN's and Da Vinci's care team roles. What R4 has and a professional claim of this office has not is
noted, never passed over in silence.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.claim import Claim, Diagnosis, Party, Person, ServiceLine
from billing.coordination import IN_ORDER, OtherPayer
from billing.money import Cents
from billing.parting import LINES_OF_A_VISIT
from billing.sent_visits import BILLING, FACILITY, NOBODY, RENDERING, Gap, SentNumber, SentVisit
from interchange.fhir import codes, people, policies
from interchange.fhir.bundles import Bundle, Resource
from interchange.fhir.nodes import Node, Told

ROLES = {
    "primary": "82",
    "performing": "82",
    "rendering": "82",
    "attending": "82",
    "referring": "DN",
    "supervisor": "DQ",
    "supervising": "DQ",
}
"""claimcareteamrole and C4BBClaimCareTeamRole -> NM101; whoever has no role sees the patient"""
OTHER_TYPES = {"institutional": "an institutional", "oral": "a dental", "pharmacy": "a pharmacy", "vision": "a vision"}
OFFICE_CLASSES = frozenset({"AMB", "VR", "HH"})
"""Encounter.class (v3-ActCode) of visits that are billed on a professional claim"""
NOT_READ = ("supportingInfo", "accident", "procedure", "prescription")
"""Parts of a Claim that are noted and not taken over"""
OLDEST_SERVICE = date(2000, 1, 1)
UNNUMBERED = "UNNUMBERED"
"""Stands where the sender gives a visit no number"""
MINUTES = frozenset({"min", "mins", "minute", "minutes", "mj"})
_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,38}")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One Claim while it is read."""

    resource: Resource
    bundle: Bundle
    node: Node
    team: dict[int, Party]
    """By careTeam.sequence"""
    pointers: dict[int, int]
    """diagnosis.sequence -> diagnosis pointer"""


def read(resource: Resource, bundle: Bundle, told: Told) -> SentVisit:
    """One Claim. Everything wrong with it comes back at once."""
    node = resource.node(told)
    _refuse_what_is_not_billed(resource, bundle, node)
    diagnoses, pointers = _diagnoses(resource, bundle, node)
    reading = _Reading(resource, bundle, node, _team(resource, bundle, node), pointers)
    target = bundle.follow(node["patient"], resource)
    patient = people.person(target.node if target.resource else node["patient"], "patient")
    claims_of, focal = _policies(reading, patient)
    own, subscriber, others, is_self_pay = policies.split(claims_of, focal)
    lines = _lines(reading)
    number, frequency, original = _purpose(reading)
    claim = Claim(
        control_number=number,
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=_billing_provider(reading),
        coverage=own,
        subscriber=subscriber or patient,
        patient=patient,
        diagnoses=diagnoses,
        lines=lines,
        place_of_service=next((one.place_of_service for one in lines if one.place_of_service), "11"),
        frequency=frequency,
        original_reference=original,
        patient_paid_cents=codes.price(node["patientPaid"]),
        authorization=_authorization(node),
        referral=_referral(reading),
        providers=_providers(reading),
    )
    found = visit(node.where, claim, told, others=others, is_self_pay=is_self_pay)
    return replace(found, patient_numbers=people.record_numbers(target), visit_number=own_number(node))


def own_number(node: Node) -> SentNumber | None:
    """The first identifier that the sender gives under a system of its own."""
    for one in node.each("identifier"):
        system, number = one["system"].text(500), one["value"].text(500)
        if system and number:
            return SentNumber(system[:100], number[:80])
    return None


def visit(where: str, claim: Claim, told: Told, *, others: tuple[OtherPayer, ...], is_self_pay: bool) -> SentVisit:
    """What was read, with every fault once."""
    lines = tuple(
        replace(one, place_of_service=None) if one.place_of_service == claim.place_of_service else one
        for one in claim.lines
    )
    return SentVisit(
        where,
        replace(claim, lines=lines),
        others,
        is_self_pay,
        tuple(dict.fromkeys(told.faults)),
        tuple(dict.fromkeys(told.notes)),
        tuple(told.words),
    )


def number_of(node: Node) -> str:
    """The sender's own number: an identifier, else the id; what cannot stand on a claim (CLM01) gets a fingerprint."""
    given = [*(one["value"].text(500) for one in node.each("identifier")), node["id"].text(500)]
    numbers = [text for text in given if text]
    fitting = next((text for text in numbers if _NUMBER.fullmatch(text)), None)
    if fitting or not numbers:
        return fitting or ""
    return "F" + hashlib.sha256(numbers[0].encode()).hexdigest()[:19]


def _refuse_what_is_not_billed(resource: Resource, bundle: Bundle, node: Node) -> None:
    use, status, kind = node["use"].text() or "claim", node["status"].text() or "active", node["type"].code()
    if use != "claim":
        node.told.fault(node["use"], "no claim: it asks for a decision before the service, and bills nothing")
    if status not in {"active", "cancelled"}:
        node.told.fault(node["status"], "neither active nor cancelled: it is not to be billed")
    if kind == "institutional" and _is_of_the_office(resource, bundle, node):
        node.told.note(node["type"], "said to be institutional; the visit was to an office: a professional claim")
    elif kind in OTHER_TYPES:
        node.told.fault(node["type"], f"{OTHER_TYPES[kind]} claim: this office bills professional claims only")
    for name in NOT_READ:
        if node[name]:
            node.told.note(node[name], "not taken over: add what the claim needs by hand")


def _is_of_the_office(resource: Resource, bundle: Bundle, node: Node) -> bool:
    """Whether every encounter that the items name is ambulatory, and no item has a revenue code: some records call all
    of their claims institutional.
    """
    items = node.each("item")
    targets = [bundle.follow(one, resource) for item in items for one in item.each("encounter")]
    classes = {one.node["class"]["code"].text() for one in targets if one.kind == "Encounter"}
    return bool(classes) and classes <= OFFICE_CLASSES and not any(item["revenue"] for item in items)


def _said(diagnosis: Node, resource: Resource, bundle: Bundle) -> Node:
    """A diagnosis's own concept, or that of the Condition it names."""
    return (
        diagnosis["diagnosisCodeableConcept"] or bundle.follow(diagnosis["diagnosisReference"], resource).node["code"]
    )


def _diagnoses(resource: Resource, bundle: Bundle, node: Node) -> tuple[tuple[Diagnosis, ...], dict[int, int]]:
    found: list[tuple[int, Diagnosis, bool]] = []
    for place, one in enumerate(node.each("diagnosis"), start=1):
        code = codes.diagnosis(_said(one, resource, bundle), place)
        if code is not None:
            is_principal = any(kind.code() == "principal" for kind in one.each("type"))
            found.append((one["sequence"].whole() or place, code, is_principal))
    diagnoses, pointers = codes.principal_first(found)
    if len(diagnoses) > codes.MOST_DIAGNOSES:
        node.told.fault(node["diagnosis"], "a professional claim has at most twelve diagnoses")
    return diagnoses, pointers


def _team(resource: Resource, bundle: Bundle, node: Node) -> dict[int, Party]:
    """Who took part, by sequence, in the role that the claim names them in."""
    found: dict[int, Party] = {}
    for place, one in enumerate(node.each("careTeam"), start=1):
        role = one["role"].code()
        if role is not None and role not in ROLES:
            one.told.note(one["role"], "a role that a professional claim does not name: left out")
            continue
        target = bundle.follow(one["provider"], resource)
        found[one["sequence"].whole() or place] = people.party(target, bundle, ROLES.get(role or "", RENDERING))
    return found


def _policies(reading: _Reading, patient: Person) -> tuple[list[policies.Policy], int]:
    """The policies in the order of `insurance.sequence`, and which of them this claim goes to."""
    given = reading.node.each("insurance")
    ordered = sorted(given, key=lambda one: one["sequence"].whole() or 1)
    if not ordered:
        reading.node.told.note(reading.node["insurance"], "names no coverage, nor that the patient pays alone")
    found = [
        policies.policy(reading.bundle.follow(one["coverage"], reading.resource), reading.bundle, patient, place)
        for place, one in enumerate(ordered[: len(IN_ORDER)])
    ]
    focal = next((place for place, one in enumerate(ordered) if one["focal"].is_true()), 0)
    return found, focal


def _lines(reading: _Reading) -> tuple[ServiceLine, ...]:
    node = reading.node
    items = [one for one in node.each("item") if not _is_diagnosis(reading, one)]
    if not items:
        node.told.fault(node["item"], "no items")
    if len(items) > LINES_OF_A_VISIT:
        node.told.fault(node["item"], codes.TOO_MANY_LINES)
    lines = tuple(_line(reading, one, place) for place, one in enumerate(items[:LINES_OF_A_VISIT], start=1))
    return _priced_by_total(node, lines)


def _is_diagnosis(reading: _Reading, item: Node) -> bool:
    """Whether an item only says again, without a price, the diagnosis that it points at (as Synthea writes them)."""
    said = [one.whole() for one in item.each("diagnosisSequence")]
    if len(said) != 1 or item["net"] or item["unitPrice"]:
        return False
    for place, one in enumerate(reading.node.each("diagnosis"), start=1):
        if (one["sequence"].whole() or place) == said[0]:
            code = item["productOrService"].code()
            return code is not None and code == _said(one, reading.resource, reading.bundle).code()
    return False


def _line(reading: _Reading, item: Node, number: int) -> ServiceLine:
    first, last = _days(reading, item)
    units, basis = quantity(item["quantity"])
    if item["detail"]:
        item.told.note(item["detail"], "not taken over: bill each part as an item of its own")
    return ServiceLine(
        procedure=codes.procedure(item["productOrService"], number),
        charge_cents=_charge(item, units),
        units=units,
        service_date=first,
        modifiers=codes.modifiers(item.each("modifier")),
        diagnosis_pointers=_pointers(reading, item),
        service_date_to=last,
        unit_basis=basis,
        place_of_service=codes.place_of_service(item["locationCodeableConcept"]),
        providers=_line_providers(reading, item),
    )


def _days(reading: _Reading, item: Node) -> tuple[date, date | None]:
    """The item's day or period; else that of the encounter it names, else the claim's billable period."""
    first, last = item["servicedDate"].day(), None
    if first is None:
        first, last = period(item["servicedPeriod"])
    if first is None and (encounter := item.first("encounter")):
        first, last = period(reading.bundle.follow(encounter, reading.resource).node["period"])
    if first is None:
        first, last = period(reading.node["billablePeriod"])
    return service_day(item, first), last


def service_day(node: Node, day: date | None) -> date:
    """The day, or a fault and a day that is never billed."""
    if day is None:
        node.told.fault(node, "no day of service")
    elif day < OLDEST_SERVICE:
        node.told.fault(node, "a day of service before the year 2000")
    return day or OLDEST_SERVICE


def period(node: Node) -> tuple[date | None, date | None]:
    """(first day, last day where it is another one)."""
    first, last = node["start"].day(), node["end"].day()
    return first, last if first and last and last > first else None


def quantity(node: Node) -> tuple[Decimal, str]:
    """(units, SV103): minutes where the quantity is in them; one where none is told."""
    number = node["value"].number()
    unit = (node["code"].text() or node["unit"].text() or "").lower()
    basis = "MJ" if unit in MINUTES else "UN"
    if number is None:
        return Decimal(1), basis
    if number <= 0 or number != round(number, 3) or number >= 10**7:
        node.told.fault(node, "no number of units above zero with at most three decimals")
        return Decimal(1), basis
    return Decimal(f"{number:f}"), basis


def _charge(item: Node, units: Decimal) -> Cents:
    """`net`, else unit price times quantity times factor; nothing: the charge master prices the line."""
    if (net := codes.price(item["net"])) is not None:
        return net
    price = codes.price(item["unitPrice"])
    if price is None:
        return Cents(0)
    factor = item["factor"].number()
    cents = price * units * (Decimal(1) if factor is None else factor)
    if cents < 0 or cents != cents.to_integral_value():
        item.told.fault(item["unitPrice"], "unit price times quantity is no amount of whole cents")
        return Cents(0)
    return Cents(int(cents))


def _priced_by_total(node: Node, lines: tuple[ServiceLine, ...]) -> tuple[ServiceLine, ...]:
    """The total must be the sum; what it leaves for a single line without a price is that line's price."""
    total = codes.price(node["total"])
    without = [place for place, line in enumerate(lines) if not line.charge_cents]
    if total is None or not lines:
        return lines
    rest = total - sum(line.charge_cents for line in lines)
    if len(without) == 1 and rest > 0:
        place = without[0]
        return (*lines[:place], replace(lines[place], charge_cents=Cents(rest)), *lines[place + 1 :])
    if len(without) > 1 and rest > 0:
        node.told.note(node["total"], "not shared out among items without a price: the charge master prices them")
    elif rest:
        node.told.fault(node["total"], "is not the sum of the items")
    return lines


def _pointers(reading: _Reading, item: Node) -> tuple[int, ...]:
    """What the item points at; the principal diagnosis where it points at nothing."""
    said = [one.whole() for one in item.each("diagnosisSequence")]
    found = dict.fromkeys(reading.pointers[one] for one in said if one in reading.pointers)
    if not said and reading.pointers:
        return (1,)
    return tuple(found)[: codes.MOST_POINTERS]


def _line_providers(reading: _Reading, item: Node) -> tuple[Party, ...]:
    """Who saw the patient for this item, where that is not whom the claim names (2420A)."""
    claims_own = next((one for one in reading.team.values() if one.role == RENDERING), None)
    named = (reading.team.get(one.whole() or 0) for one in item.each("careTeamSequence"))
    own = next((one for one in named if one is not None and one.role == RENDERING), None)
    return (own,) if own is not None and own != claims_own else ()


def _billing_provider(reading: _Reading) -> Party:
    target = reading.bundle.follow(reading.node["provider"], reading.resource)
    employer = people.organization_of(target, reading.bundle)
    party = people.party(employer or target, reading.bundle, BILLING)
    return party if party.name.last or party.npi or party.references else NOBODY


def _providers(reading: _Reading) -> tuple[Party, ...]:
    """One in each role, the facility among them."""
    found: dict[str, Party] = {}
    for party in (*reading.team.values(), *_facility(reading)):
        found.setdefault(party.role, party)
    target = reading.bundle.follow(reading.node["provider"], reading.resource)
    if RENDERING not in found and target.kind == "PractitionerRole":
        found[RENDERING] = people.party(target, reading.bundle, RENDERING)
    return tuple(found.values())


def _facility(reading: _Reading) -> Iterator[Party]:
    if reading.node["facility"]:
        party = people.party(
            reading.bundle.follow(reading.node["facility"], reading.resource), reading.bundle, FACILITY
        )
        yield replace(party, is_person=False, references=(), taxonomy=None)


def _authorization(node: Node) -> str | None:
    given = (one.text(50) for insurance in node.each("insurance") for one in insurance.each("preAuthRef"))
    return next((text for text in given if text), None)


def _referral(reading: _Reading) -> str | None:
    target = reading.bundle.follow(reading.node["referral"], reading.resource)
    given = [*target.node.each("identifier"), target.node["identifier"]]
    return next((text for one in given if (text := one["value"].text(50))), None)


def _purpose(reading: _Reading) -> tuple[str, str, str | None]:
    """(CLM01, CLM05-3, REF F8): a cancelled claim takes back, and one that replaces another amends that one."""
    node = reading.node
    number = number_of(node) or _encounters_number(reading)
    if node["status"].text() == "cancelled":
        if number == UNNUMBERED:
            node.told.fault(node["identifier"], "cancelled, and without the number of the claim that it takes back")
        return number, "8", None
    for one in node.each("related"):
        if one["relationship"].code() != "replaces":
            node.told.note(one, "not taken over: only a claim that `replaces` another amends it")
            continue
        target = reading.bundle.follow(one["claim"], reading.resource)
        original = number_of(target.node) if target.resource else next((text for _, text in target.identifiers), "")
        original = original or (one["claim"]["reference"].text(500) or "").rpartition("/")[2]
        if not original:
            node.told.fault(one["claim"], "does not name the claim that it replaces")
        return original[:80] or number, "7", one["reference"]["value"].text(50)
    return number, "1", None


def _encounters_number(reading: _Reading) -> str:
    """A claim without a number has that of the first encounter it names, else one made of where it stands."""
    for item in reading.node.each("item"):
        target = reading.bundle.follow(item.first("encounter"), reading.resource)
        if target.resource and (number := number_of(target.node)):
            return number
    reading.node.told.notes.append(Gap(f"{reading.node.where}.identifier", "no number of the sender's"))
    return UNNUMBERED
