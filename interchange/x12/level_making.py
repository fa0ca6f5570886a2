"""What all claims of an 837 share when their runs are scanned: the levels above a claim, as `claim_hierarchy` makes
them, and the parties of a claim, with everything known beforehand that the shape of a run tells. Raises Unreadable
where a value cannot be read; the run is then read the long way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.claim import Coverage, Name, OpaqueSegment, Person, Reference
from interchange.x12 import claim_hierarchy, fields, parties
from interchange.x12.fields import Elements, Unreadable
from interchange.x12.grammar import Guide
from interchange.x12.making import Draft, Memory, tuple_of
from interchange.x12.quick import quick
from interchange.x12.scanning import WHOLE, Step

_CAPTURED: dict[tuple[str, ...], tuple[int, ...]] = {
    ("2000A", "HL"): (1,),
    ("2000B", "HL"): (1, 2),
    ("2000B", "SBR"): (1, 2, 3, 4, 5, 9),
    ("2010BA", "NM1"): (2, 3, 4, 5, 6, 7, 8, 9),
    ("2000C", "HL"): (1, 2),
    ("2010CA", "NM1"): (2, 3, 4, 5, 6, 7),
    ("2400", "LX"): (1,),
    ("2400", "DTP", "472"): (3,),
    ("2400", "REF", "6R"): (2,),
}
_TOLD_OF_PERSON = ("NM1", "N3", "N4", "DMG")


@dataclass(frozen=True, slots=True, eq=False)
class ClaimFormer:
    """What is made of an HL, and of a CLM, with what follows them."""

    guide: Guide
    elements: Mapping[tuple[str, ...], tuple[int, ...]]
    """What the claim's nouns are made of: elements by loop and segment id, or by loop, segment id and qualifier"""
    names: Mapping[str, Any]
    """What the claim's expression speaks of beside the common names"""
    claim: Callable[[Draft, Sequence[Step]], str]
    """The expression for the claim of a run"""

    def captured(self, loop: str, name: str, code: str) -> tuple[int, ...]:
        """Elements where a noun has fields for them, else the whole segment."""
        for key in ((loop, name, code), (loop, name)):
            found = self.elements.get(key) or _CAPTURED.get(key)
            if found:
                return found
        return (WHOLE,)

    def maker(self, run: Sequence[Step]) -> Callable[..., Any] | None:
        """The function that makes a claim, or of an HL its number, its parent, its level and the nouns of that level as
        `Hierarchy.enter` takes them. None for a level that lacks a party."""
        draft = Draft(run, self.guide.qualifiers, {**_NAMES, **self.names})
        if run[0].rule.id == "CLM":
            return draft.function(self.claim(draft, run))
        made = _LEVELS.get(run[0].code)
        if made is None or not made[0] <= {one.loop for one in run}:
            return None
        return draft.function(made[1](draft, run))


# The levels -------------------------------------------------------------------------------------------------------


def _billing(draft: Draft, run: Sequence[Step]) -> str:
    rows = tuple_of([f"({one.loop!r}, {draft.text(at)})" for at, one in enumerate(run) if at])
    return f"({draft.text(0, 1)}, None, '20', billing_level[{rows}])"


def _subscriber(draft: Draft, run: Sequence[Step]) -> str:
    text = draft.text
    sbr = next(at for at, one in enumerate(run) if one.rule.id == "SBR")
    nm1 = _nm1(run, "2010BA")
    rest = [opaque(draft, run, at) for at, one in enumerate(run) if one.loop == "2000B" and at not in {0, sbr}]
    draft.let("payer", party(draft, run, [at for at, one in enumerate(run) if one.loop == "2010BB"]))
    who, left = _person(draft, run, "2010BA")
    kept = f"coverage(payer[0], {text(nm1, 9)}, {text(sbr, 1)} or 'P', {text(sbr, 2)} or '18', {text(sbr, 3)}, "
    kept += f"{text(sbr, 4)}, {text(sbr, 5)}, {text(sbr, 9)}, {text(nm1, 8)} or 'MI')"
    nouns = f"({kept}, {who}, [{', '.join([*rest, *left, '*payer[1]'])}])"
    return f"({text(0, 1)}, {text(0, 2)}, '22', {nouns})"


def _patient(draft: Draft, run: Sequence[Step]) -> str:
    pat = next(at for at, one in enumerate(run) if one.rule.id == "PAT")
    rest = [opaque(draft, run, at) for at, one in enumerate(run) if one.loop == "2000C" and at not in {0, pat}]
    draft.let("related", f"relation[{draft.text(pat)}]")
    who, left = _person(draft, run, "2010CA")
    nouns = f"(related[0], {who}, [{', '.join(['*related[1]', *rest, *left])}])"
    return f"({draft.text(0, 1)}, {draft.text(0, 2)}, '23', {nouns})"


_LEVELS: dict[str, tuple[set[str], Callable[[Draft, Sequence[Step]], str]]] = {
    "20": ({"2010AA"}, _billing),
    "22": ({"2010BA", "2010BB"}, _subscriber),
    "23": ({"2010CA"}, _patient),
}
"""By HL03: the loops that its nouns are made of, and the expression for them"""


def _nm1(run: Sequence[Step], loop: str) -> int:
    return next(at for at, one in enumerate(run) if one.loop == loop)


def _person(draft: Draft, run: Sequence[Step], loop: str) -> tuple[str, list[str]]:
    """As `parties.read_person`: the person of a loop, and what is left of its segments."""
    text = draft.text
    own = {one.rule.id: at for at, one in enumerate(run) if one.loop == loop and one.rule.id in _TOLD_OF_PERSON}
    more = [at for at, one in enumerate(run) if one.loop == loop and one.rule.id not in _TOLD_OF_PERSON]
    references, left = "()", []
    if more:
        draft.let("said", f"more({loop!r}, {tuple_of([text(at) for at in more])})")
        references, left = "said[0]", ["*said[1]"]
    draft.let("born", f"demographics[{text(own['DMG'])}]" if "DMG" in own else "(None, None)")
    lived = tuple_of([text(own[name]) for name in ("N3", "N4") if name in own])
    nm1 = own["NM1"]
    last, first, middle, prefix, suffix = [text(nm1, number) for number in (3, 4, 5, 6, 7)]
    name = f"name({last} or '', {first}, {middle}, {suffix}, {prefix})"
    return f"person({name}, born[0], born[1], address[{lived}], {references}, {text(nm1, 2)} != '2')", left


# Inside the claim -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimRun:
    """Where things stand in the run of a claim."""

    lines: list[range]
    head: range
    """What stands between CLM and the first line"""
    told: dict[tuple[str, str], int]
    """Segments of 2300, by id and qualifier"""
    providers: list[str]
    """Expressions for the parties of 2310"""
    left: list[str | int]
    """What else stands in the head, as `providers` tells it"""


def open_claim(draft: Draft, run: Sequence[Step]) -> ClaimRun:
    """Sort the run of a claim, and name what stands above it. Lines not numbered from 1 are read the long way."""
    starts = [at for at, one in enumerate(run) if one.rule.id == "LX"]
    head = range(1, starts[0])
    found, left = providers(draft, run, head, "2310")
    numbers = tuple([str(number) for number in range(1, len(starts) + 1)])
    draft.say(f"if {tuple_of([draft.text(at, 1) for at in starts])} != {numbers}: not_in_order()")
    draft.let("where", f"place[{draft.text(0, 5)}]")
    draft.say("billing, pay_to, billing_rest, policy, subscriber, patient, people_rest = above")
    lines = [range(*pair) for pair in zip(starts, [*starts[1:], len(run)], strict=True)]
    return ClaimRun(lines, head, told(run, head, "2300"), found, left)


def told(run: Sequence[Step], places: range, loop: str) -> dict[tuple[str, str], int]:
    """Where the segments of one loop stand, by id and qualifier."""
    return {(run[at].rule.id, run[at].code): at for at in places if run[at].loop == loop}


def providers(draft: Draft, run: Sequence[Step], places: range, prefix: str) -> tuple[list[str], list[str | int]]:
    """As `claim_hierarchy.take_providers`: the parties, and the places of what belongs to none of them, with what is
    left of each party's segments where it is told."""
    groups: list[list[int]] = []
    found: list[str] = []
    rest: list[str | int] = []

    def close() -> None:
        if groups:
            name = draft.let(f"party{groups[-1][0]}", party(draft, run, groups[-1]))
            found.append(f"{name}[0]")
            rest.append(f"*{name}[1]")

    for at in places:
        one = run[at]
        if one.rule.id == "NM1" and one.loop.startswith(prefix):
            close()
            groups.append([at])
        elif groups and one.loop == run[groups[-1][0]].loop and one.rule.id in claim_hierarchy.PARTY_SEGMENTS:
            groups[-1].append(at)
        else:
            rest.append(at)
    close()
    return found, rest


def left_over(draft: Draft, run: Sequence[Step], rest: Sequence[str | int], known: set[int | None]) -> list[str]:
    """The expressions for what stays opaque of the rest: all but the segments that are known."""
    return [one if isinstance(one, str) else opaque(draft, run, one) for one in rest if one not in known]


def party(draft: Draft, run: Sequence[Step], places: Sequence[int]) -> str:
    """The expression for a party and what is left of its segments."""
    return f"party[{tuple_of([repr(run[places[0]].loop), *(draft.text(at) for at in places)])}]"


def opaque(draft: Draft, run: Sequence[Step], at: int) -> str:
    """The expression for a segment that no noun has a place for."""
    return f"opaque({run[at].loop!r}, cut({draft.text(at)}))"


# Reading ----------------------------------------------------------------------------------------------------------

_opaque_segment = quick(OpaqueSegment)
_reference = quick(Reference)


def cut(text: str) -> Elements:
    """The elements of a segment."""
    return tuple(text.split("*"))


def _read_party(key: tuple[str, ...]) -> tuple[object, tuple[OpaqueSegment, ...]]:
    """The party of a loop, and what is left of its segments: the loop's id comes first, then their texts."""
    loop, *texts = key
    found, left = parties.read_party([cut(text) for text in texts])
    return found, tuple([_opaque_segment(loop, elements) for elements in left])


def _read_more(loop: str, texts: tuple[str, ...]) -> tuple[tuple[Reference, ...], list[OpaqueSegment]]:
    """The references of a person, and what a person has no place for."""
    references, left = [], []
    for row in map(cut, texts):
        if row[0] == "REF" and len(row) == 3 and row[2]:
            references.append(_reference(row[1], row[2]))
        else:
            left.append(_opaque_segment(loop, row))
    return tuple(references), left


def _read_relation(pat: str) -> tuple[str, tuple[OpaqueSegment, ...]]:
    """PAT01, and the segment itself when it says more."""
    row = cut(pat)
    return fields.get(row, 1) or "21", (_opaque_segment("2000C", row),) if len(row) > 2 else ()


def _not_in_order() -> None:
    raise Unreadable("LX", 1, "does not count the lines")


_NAMES: dict[str, Any] = {
    "coverage": quick(Coverage),
    "person": quick(Person),
    "name": quick(Name),
    "opaque": _opaque_segment,
    "cut": cut,
    "not_in_order": _not_in_order,
    "more": _read_more,
    "party": Memory(_read_party),
    "place": Memory(lambda text: (*text.split(fields.COMPONENT), "", "")[:3]),
    "days": Memory(lambda text: fields.period(("DTP", text), 1)),
    "address": Memory(lambda texts: parties.read_address([cut(text) for text in texts])),
    "demographics": Memory(lambda text: parties.read_demographics(cut(text))),
    "relation": Memory(_read_relation),
    "billing_level": Memory(lambda rows: claim_hierarchy.read_billing([(loop, cut(text)) for loop, text in rows])),
}
