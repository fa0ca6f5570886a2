"""The resources of a message, and how one names another.

Source: R4 Bundle "Resolving references in Bundles", References, and Parameters for `Claim/$submit`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from interchange.fhir.nodes import Node, NotFhir, Told

_DEPTH = 3
"""Bundles within bundles and parameters are opened so far"""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource and where it stands."""

    kind: str
    """resourceType"""
    value: dict[str, Any]
    where: str
    """`Claim[0]`, `Claim[0].contained[2]`"""
    full_url: str = ""
    home: "Resource | None" = None
    """The resource that contains it"""

    def node(self, told: Told) -> Node:
        """Its elements, for the reading of one visit."""
        return Node(self.value, self.where, told)


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to: a resource, or only what the reference itself says."""

    node: Node
    """The resource's elements, or the reference's"""
    kind: str
    """resourceType; empty when it leads to none"""
    resource: Resource | None
    identifiers: tuple[tuple[str, str], ...]
    """(system, value) of the reference itself"""
    display: str | None


class Bundle:
    """All resources of a message."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.resources: list[Resource] = []
        self._by_url: dict[str, Resource] = {}
        self._by_identifier: dict[tuple[str, str, str], Resource] = {}
        self._naming: dict[tuple[str, str], dict[int, list[Resource]]] = {}
        counts: dict[str, int] = {}
        for value, full_url in _resources(root, "", 0):
            kind = str(value["resourceType"])
            place = counts[kind] = counts.get(kind, -1) + 1
            self._add(Resource(kind, value, f"{kind}[{place}]", full_url))

    def _add(self, one: Resource) -> None:
        self.resources.append(one)
        if one.full_url:
            self._by_url.setdefault(one.full_url, one)
        if isinstance(number := one.value.get("id"), str):
            self._by_url.setdefault(f"{one.kind}/{number}", one)
        for system, value in identifiers_of(one.value.get("identifier")):
            self._by_identifier.setdefault((one.kind, system, value), one)

    def of(self, kind: str) -> list[Resource]:
        """The resources of a type in the order of the message, without contained ones."""
        return [one for one in self.resources if one.kind == kind]

    def follow(self, reference: Node, home: Resource) -> Target:
        """Where a reference of the resource `home` leads: fullUrl, urn:uuid, `Patient/1`, `#id` or an identifier."""
        text = reference["reference"].text(2000) or ""
        found = self._contained(text, home) if text.startswith("#") else self._entry(text, home)
        named = list(identifiers_of(reference["identifier"].value))
        if "?identifier=" in text:
            system, _, value = text.partition("?identifier=")[2].rpartition("|")
            named.append((system, value))
        kind = text.partition("?")[0].rpartition("/")[2] if "?" in text else reference["type"].text() or ""
        if found is None:
            found = next((self._identified(kind, *one) for one in named), None)
        node = found.node(reference.told) if found else reference
        return Target(node, found.kind if found else "", found, tuple(named), reference["display"].text(200))

    def leads_to(self, reference: Node, home: Resource, wanted: Resource) -> bool:
        """Whether the reference leads to this very resource."""
        return self.follow(reference, home).resource is wanted

    def naming(self, wanted: Resource, kind: str, element: str) -> list[Resource]:
        """Resources of a type whose `element` names this one; they are gathered once a message."""
        if (kind, element) not in self._naming:
            found = self._naming[kind, element] = {}
            for one in self.of(kind):
                named = self.follow(one.node(Told(UTC))[element], one).resource
                if named is not None:
                    found.setdefault(id(named), []).append(one)
        return self._naming[kind, element].get(id(wanted), [])

    def _entry(self, text: str, home: Resource) -> Resource | None:
        if not text:
            return None
        text = text.partition("/_history/")[0]
        base = "/".join((home.home or home).full_url.split("/")[:-2])
        tail = "/".join(text.split("/")[-2:])
        return self._by_url.get(f"{base}/{text}") or self._by_url.get(text) or self._by_url.get(tail)

    def _contained(self, text: str, home: Resource) -> Resource | None:
        holder = home.home or home
        if text == "#":
            return holder
        inside = holder.value.get("contained")
        for place, value in enumerate(inside if isinstance(inside, list) else []):
            if isinstance(value, dict) and value.get("id") in (text[1:], text):
                where = f"{holder.where}.contained[{place}]"
                return Resource(str(value.get("resourceType")), value, where, home=holder)
        return None

    def _identified(self, kind: str, system: str, value: str) -> Resource | None:
        found = self._by_identifier.get((kind, system, value))
        if found or kind:
            return found
        return next((one for key, one in self._by_identifier.items() if key[1:] == (system, value)), None)


def identifiers_of(value: object) -> Iterator[tuple[str, str]]:
    """(system, value) of an Identifier or of a list of them."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            system = one.get("system")
            yield system if isinstance(system, str) else "", one["value"]


def _resources(value: object, full_url: str, depth: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Every resource of a Bundle, of Parameters, or the one alone, with its fullUrl."""
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return
    holders = {"Bundle": "entry", "Parameters": "parameter"}
    inside = holders.get(value["resourceType"])
    if inside is None:
        yield value, full_url
        return
    if depth >= _DEPTH:
        raise NotFhir("the file has bundles within bundles within bundles")
    entries = value.get(inside)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            url = entry.get("fullUrl")
            yield from _resources(entry.get("resource"), url if isinstance(url, str) else "", depth + 1)
