"""An Encounter with its conditions and what was done as a visit to be billed, where a message holds no Claim.

Source: R4 Encounter, Condition, Procedure, ChargeItem, Coverage; v3-ActCode and v3-ParticipationType.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.claim import Claim, Coverage, Diagnosis, Party, Person, ServiceLine
from billing.coordination import OtherPayer
from billing.money import Cents
from billing.parting import LINES_OF_A_VISIT
from billing.sent_visits import BILLING, FACILITY, NOBODY, SentVisit
from interchange.fhir import claims, codes, people, policies
from interchange.fhir.bundles import Bundle, Resource, Target
from interchange.fhir.nodes import Node, Told

PLACES = {"HH": "12", "EMER": "23", "IMP": "21", "ACUTE": "21", "NONAC": "21", "OBSENC": "22", "VR": "10"}
"""Encounter.class (v3-ActCode) -> place of service; everything else is the office, 11"""
PARTICIPANTS = {"PPRF": "82", "ATND": "82", "REF": "DN", "SPRF": "DQ"}
"""v3-ParticipationType -> NM101"""
OVER = frozenset({"finished", "completed"})
NOT_CHARGED = frozenset({"entered-in-error", "aborted", "not-billable", "not-done", "preparation"})
"""Of ChargeItem and Procedure"""


@dataclass(frozen=True, slots=True)
class _Service:
    """One thing that was done."""

    procedure: str
    day: date
    last_day: date | None
    units: Decimal
    basis: str
    charge_cents: Cents


def read(resource: Resource, bundle: Bundle, told: Told) -> SentVisit:
    """One Encounter. Everything wrong with it comes back at once."""
    node = resource.node(told)
    if (node["status"].text() or "finished") not in OVER:
        told.fault(node["status"], "not finished: send it when it is over")
    target = bundle.follow(node["subject"], resource)
    patient = people.person(target.node if target.resource else node["subject"], "patient")
    own, subscriber, others, is_self_pay = _policies(node, target, bundle, patient)
    diagnoses = _diagnoses(resource, bundle, node)
    services = list(_services(resource, bundle, node))
    if not services:
        told.fault(node, "no ChargeItem or Procedure of it: nothing to bill")
    if len(services) > LINES_OF_A_VISIT:
        told.fault(node, codes.TOO_MANY_LINES)
    lines = tuple(_line(one, diagnoses) for one in services[:LINES_OF_A_VISIT])
    claim = Claim(
        control_number=claims.number_of(node) or claims.UNNUMBERED,
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=_billing_provider(resource, bundle, node),
        coverage=own,
        subscriber=subscriber or patient,
        patient=patient,
        diagnoses=diagnoses,
        lines=lines,
        place_of_service=_place_of_service(node),
        providers=_providers(resource, bundle, node),
    )
    found = claims.visit(node.where, claim, told, others=others, is_self_pay=is_self_pay)
    return replace(found, patient_numbers=people.record_numbers(target), visit_number=claims.own_number(node))


def _line(one: _Service, diagnoses: tuple[Diagnosis, ...]) -> ServiceLine:
    return ServiceLine(
        procedure=one.procedure,
        charge_cents=one.charge_cents,
        units=one.units,
        service_date=one.day,
        diagnosis_pointers=(1,) if diagnoses else (),
        service_date_to=one.last_day,
        unit_basis=one.basis,
    )


def _policies(
    node: Node, target: Target, bundle: Bundle, patient: Person
) -> tuple[Coverage, Person | None, tuple[OtherPayer, ...], bool]:
    in_force = policies.in_force(bundle.of("Coverage"), bundle, target.resource, node) if target.resource else []
    if not in_force:
        node.told.note(node["subject"], "no active Coverage of the patient, nor that they pay alone")
    found = [policies.policy(one, bundle, patient, place) for place, one in enumerate(in_force[:11])]
    return policies.split(found)


def _diagnoses(resource: Resource, bundle: Bundle, node: Node) -> tuple[Diagnosis, ...]:
    """Encounter.diagnosis by rank, then the conditions that name the encounter."""
    found: list[tuple[int, Diagnosis, bool]] = []
    seen: list[Resource | None] = []
    for place, one in enumerate(node.each("diagnosis"), start=1):
        target = bundle.follow(one["condition"], resource)
        seen.append(target.resource)
        if code := codes.diagnosis(target.node["code"], place):
            found.append((one["rank"].whole() or place, code, False))
    ranked = 1000 + len(found)
    for place, condition in enumerate(bundle.naming(resource, "Condition", "encounter"), start=ranked):
        if not any(condition is one for one in seen) and _is_real(condition.node(node.told)):
            code = codes.diagnosis(condition.node(node.told)["code"], place - ranked + len(seen) + 1)
            found += [(place, code, False)] if code else []
    diagnoses, _ = codes.principal_first(found)
    if len(diagnoses) > codes.MOST_DIAGNOSES:
        node.told.fault(node["diagnosis"], "a professional claim has at most twelve diagnoses")
    return diagnoses


def _is_real(condition: Node) -> bool:
    return condition["verificationStatus"].code() not in {"refuted", "entered-in-error", "differential", "provisional"}


def _services(resource: Resource, bundle: Bundle, node: Node) -> Iterator[_Service]:
    """The charges of the encounter; where it has none, its procedures and the codes of its own type."""
    visit_day, _ = claims.period(node["period"])
    charges = [one.node(node.told) for one in bundle.naming(resource, "ChargeItem", "context")]
    charged = [one for one in charges if (one["status"].text() or "") not in NOT_CHARGED]
    if charged:
        yield from (_charge(one, visit_day, number) for number, one in enumerate(charged, start=1))
        return
    done = [one.node(node.told) for one in bundle.naming(resource, "Procedure", "encounter")]
    done = [one for one in done if (one["status"].text() or "") not in NOT_CHARGED]
    coded = [one for one in node.each("type") if one.code(codes.PROCEDURES)]
    kinds = coded or [one for one in node.each("type") if codes.is_told(one)]
    for number, kind in enumerate(kinds, start=1):
        day = claims.service_day(node["period"], visit_day)
        yield _Service(codes.procedure(kind, number), day, None, Decimal(1), "UN", Cents(0))
    for number, one in enumerate(done, start=len(kinds) + 1):
        day, last = _days(one, "performed", visit_day)
        yield _Service(codes.procedure(one["code"], number), day, last, Decimal(1), "UN", Cents(0))


def _charge(node: Node, visit_day: date | None, number: int) -> _Service:
    """A ChargeItem; its price override is for all its units."""
    day, last = _days(node, "occurrence", visit_day)
    units, basis = claims.quantity(node["quantity"])
    return _Service(
        codes.procedure(node["code"], number), day, last, units, basis, codes.price(node["priceOverride"]) or Cents(0)
    )


def _days(node: Node, element: str, visit_day: date | None) -> tuple[date, date | None]:
    first, last = node[f"{element}DateTime"].day(), None
    if first is None:
        first, last = claims.period(node[f"{element}Period"])
    return claims.service_day(node, first or visit_day), last


def _billing_provider(resource: Resource, bundle: Bundle, node: Node) -> Party:
    party = people.party(bundle.follow(node["serviceProvider"], resource), bundle, BILLING)
    return party if party.name.last or party.npi or party.references else NOBODY


def _providers(resource: Resource, bundle: Bundle, node: Node) -> tuple[Party, ...]:
    """One in each role, the location among them."""
    found: dict[str, Party] = {}
    for one in node.each("participant"):
        role = next((PARTICIPANTS[code] for code in _codes(one.each("type")) if code in PARTICIPANTS), None)
        if role or not one.each("type"):
            party = people.party(bundle.follow(one["individual"], resource), bundle, role or "82")
            found.setdefault(party.role, party)
    for one in node.each("location")[:1]:
        party = people.party(bundle.follow(one["location"], resource), bundle, FACILITY)
        found.setdefault(FACILITY, replace(party, is_person=False, references=(), taxonomy=None))
    return tuple(found.values())


def _codes(nodes: Iterable[Node]) -> Iterator[str]:
    return (code for one in nodes if (code := one.code()))


def _place_of_service(node: Node) -> str:
    kind = node["class"]["code"].text() or ""
    if kind == "VR":
        node.told.note(node["class"], "a visit from afar: place of service 10, the patient at home, is assumed")
    return PLACES.get(kind, "11")
