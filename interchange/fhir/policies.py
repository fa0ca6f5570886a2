"""Coverage: the patient's policies in the order in which they pay.

Source: R4 Coverage, CARIN's and Da Vinci's identifier types, the code systems subscriber-relationship and
coverage-class, and the Source of Payment Typology (https://nahdo.org/sopt).
"""

import re
from collections.abc import Iterable

from billing.amendments import SELF_PAY
from billing.claim import Coverage, Name, Party, Person
from billing.coordination import IN_ORDER, OtherPayer
from billing.sent_visits import NO_POLICY
from interchange.fhir import people
from interchange.fhir.bundles import Bundle, Resource, Target
from interchange.fhir.nodes import Node

RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19", "common": "53", "parent": "G8", "other": "G8"}
"""subscriber-relationship -> SBR02 and PAT01"""
PAYER_NUMBERS = ("payerid", "naiccode", "NIIP")
"""Identifier types of a payer's number: c4bb-identifier-type, v2-0203"""
NAIC = "urn:oid:2.16.840.1.113883.6.300"
FILING = {
    "HMO": "HM",
    "PPO": "12",
    "POS": "13",
    "HIP": "CI",
    "EHCPOL": "CI",
    "AUTOPOL": "AM",
    "WCBPOL": "WC",
    "MCPOL": "HM",
}
"""v3-ActCode -> SBR09"""
_TYPOLOGY = {"11": "16", "12": "MB", "1": "MB", "2": "MC", "31": "CH", "32": "VA", "5": "CI", "6": "BL"}
"""First digits of the Source of Payment Typology -> SBR09"""
_SOPT = frozenset({"https://nahdo.org/sopt", "urn:oid:2.16.840.1.113883.3.221.5", "urn:oid:2.16.840.1.113883.6.101.3"})
_NO_POLICY = frozenset({"pay", "81", "NO_INSURANCE"})
"""coverage-selfpay, Source of Payment Typology, Synthea"""

Policy = OtherPayer | None
"""None: the patient pays alone"""


def policy(target: Target, bundle: Bundle, patient: Person, place: int) -> Policy:
    """One Coverage as the `place`-th to pay, from 0. A coverage of which only the payer's name is told has that."""
    node, resource = target.node, target.resource
    if node["type"].code() in _NO_POLICY or target.display in _NO_POLICY:
        return None
    if resource is None:
        payer = Party("PR", is_person=False, name=Name((target.display or "")[:60].strip()))
        if not payer.name.last:
            node.told.fault(node, "leads to no Coverage, and names no payer")
        return OtherPayer(Coverage(payer, member_id=None, responsibility=IN_ORDER[place]), patient)
    relationship = _relationship(node)
    subscriber = patient if relationship == "18" else _subscriber(node, bundle, resource)
    coverage = Coverage(
        payer=_payer(node, bundle, resource),
        member_id=_member_id(node),
        responsibility=IN_ORDER[place],
        relationship=relationship,
        group_number=_group(node)["value"].text(50),
        group_name=_group(node)["name"].text(60),
        filing_indicator=_filing_indicator(node["type"]),
    )
    return OtherPayer(coverage, subscriber)


def in_force(coverages: Iterable[Resource], bundle: Bundle, patient: Resource, told_by: Node) -> list[Target]:
    """The patient's active coverages in the order that they say themselves."""
    found: list[tuple[int, Target]] = []
    for place, one in enumerate(coverages):
        node = one.node(told_by.told)
        is_theirs = bundle.leads_to(node["beneficiary"], one, patient)
        if is_theirs and (node["status"].text() or "active") == "active":
            order = node["order"].whole()
            found.append((1000 + place if order is None else order, Target(node, one.kind, one, (), None)))
    return [target for _, target in sorted(found, key=lambda item: item[0])]


def split(policies: list[Policy], focal: int = 0) -> tuple[Coverage, Person | None, tuple[OtherPayer, ...], bool]:
    """(the claim's own policy, its subscriber, the others, whether the patient pays alone). `focal`: whose claim.

    Where nothing was told the policy is NO_POLICY.
    """
    real = [one for one in policies if one is not None]
    if not real:
        return (SELF_PAY, None, (), True) if policies else (NO_POLICY, None, (), False)
    own = real[focal] if focal < len(real) else real[0]
    return own.coverage, own.subscriber, tuple(one for one in real if one is not own), False


def _relationship(node: Node) -> str:
    said = node["relationship"].code()
    if said in RELATIONSHIPS:
        return RELATIONSHIPS[said]
    subscriber, beneficiary = node["subscriber"]["reference"].value, node["beneficiary"]["reference"].value
    return "18" if subscriber is None or subscriber == beneficiary else "21"


def _subscriber(node: Node, bundle: Bundle, resource: Resource) -> Person:
    target = bundle.follow(node["subscriber"], resource)
    if target.resource is None:
        name = people.spoken_name(target.display)
        if not name.last:
            node.told.fault(node["subscriber"], "the patient is not the subscriber, and nobody else is named")
        return Person(name)
    return people.person(target.node, "subscriber")


def _payer(node: Node, bundle: Bundle, resource: Resource) -> Party:
    target = bundle.follow(node.first("payor"), resource)
    found = people.party(target, bundle, "PR")
    number = _payer_number(target)
    if not found.name.last and number is None:
        node.told.fault(node["payor"], "names no payer")
    return Party(
        "PR",
        is_person=False,
        name=found.name,
        id_qualifier="PI" if number else None,
        id=number,
        address=found.address,
    )


def _payer_number(target: Target) -> str | None:
    given = target.node.each("identifier")
    for wanted in PAYER_NUMBERS:
        for one in given:
            if one["type"].code() == wanted and (number := one["value"].text(80)):
                return number
    others = [
        one["value"].text(80)
        for one in sorted(given, key=lambda item: item["system"].text(500) != NAIC)
        if (one["system"].text(500) or "").lower() not in people.NPI | people.TAX_ID
    ]
    return next((number for number in others if number), None)


def _member_id(node: Node) -> str | None:
    """Coverage.subscriberId, else the identifier of type MB (member number), else the only one there is."""
    given = node.each("identifier")
    typed = [one for one in given if one["type"].code() in {"MB", "SN"}]
    found = node["subscriberId"].text() or next((text for one in typed or given if (text := one["value"].text())), None)
    return found.replace(" ", "") if found else None


def _group(node: Node) -> Node:
    classes = [one for one in node.each("class") if one["type"].code() == "group"]
    return classes[0] if classes else Node(None, f"{node.where}.class", node.told)


def _filing_indicator(node: Node) -> str | None:
    if code := node.code(_SOPT):
        return next((found for start, found in _TYPOLOGY.items() if re.match(start, code)), None)
    return FILING.get(node.code() or "")
