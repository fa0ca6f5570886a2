"""Professional claims, and the subscribers above them, from runs that were scanned: as `claim_reading` and
`claim_hierarchy` make them, with everything known beforehand that the shape of a run tells. Raises Unreadable where a
value cannot be read; the run is then read the long way.
"""

from collections.abc import Callable, Sequence
from typing import Any

from billing.claim import Claim, Coverage, Name, OpaqueSegment, Person, ServiceLine
from interchange.x12 import claim_hierarchy, claim_reading, fields, parties
from interchange.x12.fields import Elements, Unreadable
from interchange.x12.guides.x222a1 import GUIDE
from interchange.x12.making import Draft, Memory, tuple_of
from interchange.x12.quick import quick
from interchange.x12.scanning import WHOLE, Step

_REFERENCES = ("F8", "G1", "9F", "D9")
_CAPTURED = {
    ("2000B", "HL"): (1, 2),
    ("2000B", "SBR"): (1, 2, 3, 4, 5, 9),
    ("2010BA", "NM1"): (2, 3, 4, 5, 6, 7, 8, 9),
    ("2300", "CLM"): (1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 20),
    ("2400", "LX"): (1,),
    ("2400", "SV1"): (1, 2, 3, 4, 5, 7, 9, 11, 12, 15),
}
_CAPTURED_OF_CODE = {
    **{("2300", "REF", code): (2,) for code in _REFERENCES},
    ("2300", "AMT", "F5"): (2,),
    ("2400", "DTP", "472"): (3,),
    ("2400", "REF", "6R"): (2,),
}


def _cut(text: str) -> Elements:
    return tuple(text.split("*"))


def _read_party(key: tuple[str, ...]) -> tuple[object, tuple[OpaqueSegment, ...]]:
    """The party of a loop, and what is left of its segments: the loop's id comes first, then their texts."""
    loop, *texts = key
    party, left = parties.read_party([_cut(text) for text in texts])
    return party, tuple([OpaqueSegment(loop, elements) for elements in left])


def _read_procedure(text: str) -> tuple[str, tuple[str, ...], str, str | None]:
    """Code, modifiers, qualifier and description of a composite."""
    code = text.split(fields.COMPONENT)
    code += [""] * (7 - len(code))
    return code[1], tuple([one for one in code[2:6] if one]), code[0], code[6] or None


def _read_pointers(text: str) -> tuple[int, ...]:
    found = claim_reading.read_pointers(text)
    if found is None:
        raise Unreadable("SV1", 7, "holds a diagnosis pointer that is not a number")
    return found


def _in_order(numbers: tuple[str, ...]) -> None:
    """Raises Unreadable unless the lines are numbered from 1."""
    if numbers != tuple([str(number) for number in range(1, len(numbers) + 1)]):
        raise Unreadable("LX", 1, "does not count the lines")


_NAMES: dict[str, Any] = {
    "claim": quick(Claim),
    "line": quick(ServiceLine),
    "coverage": quick(Coverage),
    "person": quick(Person),
    "name": quick(Name),
    "opaque": quick(OpaqueSegment),
    "cut": _cut,
    "in_order": _in_order,
    "party": Memory(_read_party),
    "place": Memory(lambda text: (*text.split(fields.COMPONENT), "", "")[:3]),
    "parts": Memory(lambda text: tuple(text.split(fields.COMPONENT))),
    "procedure": Memory(_read_procedure),
    "pointers": Memory(_read_pointers),
    "diagnoses": Memory(lambda text: tuple([claim_reading.read_diagnosis(one) for one in _cut(text)[1:] if one])),
    "days": Memory(lambda text: fields.period(("DTP", text), 1)),
    "address": Memory(lambda texts: parties.read_address([_cut(text) for text in texts])),
    "demographics": Memory(lambda text: parties.read_demographics(_cut(text))),
}


class Claims:
    """What is made of an HL of a subscriber, and of a CLM, with what follows them."""

    def captured(self, loop: str, name: str, code: str) -> tuple[int, ...]:
        """Elements where a noun has fields for them, else the whole segment."""
        return _CAPTURED_OF_CODE.get((loop, name, code)) or _CAPTURED.get((loop, name)) or (WHOLE,)

    def maker(self, run: Sequence[Step]) -> Callable[..., Any] | None:
        """The function that makes a Claim, or of a subscriber's HL its number, its parent and the nouns of its level.
        None for other levels."""
        draft = Draft(run, GUIDE.qualifiers, _NAMES)
        if run[0].rule.id == "CLM":
            return draft.function(_claim(draft, run))
        if run[0].code != "22" or not {"2010BA", "2010BB"} <= {one.loop for one in run}:
            return None
        if any(one.loop == "2010BA" and one.rule.id not in {"NM1", "N3", "N4", "DMG"} for one in run):
            return None
        return draft.function(_level(draft, run))


def _level(draft: Draft, run: Sequence[Step]) -> str:
    own = {one.rule.id: at for at, one in enumerate(run) if one.loop == "2010BA"}
    payer = [at for at, one in enumerate(run) if one.loop == "2010BB"]
    sbr = next(at for at, one in enumerate(run) if one.rule.id == "SBR")
    rest = [_opaque(draft, run, at) for at, one in enumerate(run) if one.loop == "2000B" and at not in {0, sbr}]
    draft.let("payer", _party(draft, run, payer))
    draft.let("born", f"demographics[{draft.text(own['DMG'])}]" if "DMG" in own else "(None, None)")
    text = draft.text
    lived = tuple_of([text(own[name]) for name in ("N3", "N4") if name in own])
    kept = f"coverage(payer[0], {text(own['NM1'], 9)}, {text(sbr, 1)} or 'P', {text(sbr, 2)} or '18', {text(sbr, 3)}, "
    kept += f"{text(sbr, 4)}, {text(sbr, 5)}, {text(sbr, 9)}, {text(own['NM1'], 8)} or 'MI')"
    who = f"person({_name(draft, own['NM1'])}, born[0], born[1], address[{lived}], (), {text(own['NM1'], 2)} != '2')"
    return f"({text(0, 1)}, {text(0, 2)}, {kept}, {who}, [{', '.join([*rest, '*payer[1]'])}])"


def _claim(draft: Draft, run: Sequence[Step]) -> str:
    text = draft.text
    first = next(at for at, one in enumerate(run) if one.loop.startswith("24"))
    starts = [at for at, one in enumerate(run) if one.rule.id == "LX"]
    lines = [_line(draft, run, range(*pair)) for pair in zip(starts, [*starts[1:], len(run)], strict=True)]
    providers, left = _providers(draft, run, range(1, first), "2310")
    told = {(run[at].rule.id, run[at].code): at for at in range(1, first) if run[at].loop == "2300"}
    diagnoses = next(
        (at for (name, code), at in told.items() if name == "HI" and code in claim_reading.DIAGNOSIS_KINDS)
    )
    known = {told.get(("REF", code)) for code in _REFERENCES} | {told.get(("AMT", "F5")), diagnoses}
    rest = [one if isinstance(one, str) else _opaque(draft, run, one) for one in left if one not in known]
    draft.say(f"in_order({tuple_of([text(at, 1) for at in starts])})")
    draft.let("where", f"place[{text(0, 5)}]")
    references = [text(told["REF", code], 2) if ("REF", code) in told else "None" for code in _REFERENCES]
    original, authorization, referral, trace = references
    paid = f"cents[{text(told['AMT', 'F5'], 2)}]" if ("AMT", "F5") in told else "None"
    draft.say("billing, pay_to, billing_rest, policy, subscriber, patient, people_rest = above")
    values = [
        *(text(0, 1), f"cents[{text(0, 2)}]", "billing", "policy", "subscriber", "patient"),
        *(f"diagnoses[{text(diagnoses)}]", tuple_of(lines), "where[0]", "where[2]"),
        *(text(0, number) for number in (6, 7, 8, 9, 10)),
        f"parts[{text(0, 11)}] or ()",
        *(text(0, 20), text(0, 12), paid, original, authorization, referral, trace, "pay_to", tuple_of(providers)),
        tuple_of(["*billing_rest", "*people_rest", *rest]),
    ]
    return f"claim({', '.join(values)})"


def _line(draft: Draft, run: Sequence[Step], places: range) -> str:
    text = draft.text
    providers, left = _providers(draft, run, places, "2420")
    at = next(one for one in places if run[one].rule.id == "SV1")
    told = {(run[one].rule.id, run[one].code): one for one in places if run[one].loop == "2400"}
    number = told.get(("REF", "6R"))
    known = {places[0], at, told["DTP", "472"], number}
    rest = [one if isinstance(one, str) else _opaque(draft, run, one) for one in left if one not in known]
    code = draft.let(f"code{at}", f"procedure[{text(at, 1)}]")
    days = draft.let(f"days{at}", f"days[{text(told['DTP', '472'], 3)}]")
    values = [
        *(f"{code}[0]", f"cents[{text(at, 2)}]", f"decimal[{text(at, 4)}]", f"{days}[0]", f"{code}[1]"),
        *(f"pointers[{text(at, 7)}] or ()", f"{days}[1]", f"{code}[2]", f"{code}[3]"),
        *(text(at, one) for one in (3, 5, 9, 11, 12, 15)),
        text(number, 2) if number is not None else "None",
        *(tuple_of(providers), tuple_of(rest)),
    ]
    return f"line({', '.join(values)})"


def _providers(draft: Draft, run: Sequence[Step], places: range, prefix: str) -> tuple[list[str], list[str | int]]:
    """As `claim_hierarchy.take_providers`: the parties, and the places of what belongs to none of them, with what is
    left of each party's segments where it is told."""
    groups: list[list[int]] = []
    providers: list[str] = []
    rest: list[str | int] = []

    def close() -> None:
        if groups:
            name = draft.let(f"party{groups[-1][0]}", _party(draft, run, groups[-1]))
            providers.append(f"{name}[0]")
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
    return providers, rest


def _party(draft: Draft, run: Sequence[Step], places: Sequence[int]) -> str:
    return f"party[{tuple_of([repr(run[places[0]].loop), *(draft.text(at) for at in places)])}]"


def _opaque(draft: Draft, run: Sequence[Step], at: int) -> str:
    return f"opaque({run[at].loop!r}, cut({draft.text(at)}))"


def _name(draft: Draft, at: int) -> str:
    last, first, middle, prefix, suffix = [draft.text(at, number) for number in (3, 4, 5, 6, 7)]
    return f"name({last} or '', {first}, {middle}, {suffix}, {prefix})"
