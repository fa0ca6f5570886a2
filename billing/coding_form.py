"""The coder's form: a claim's codes as texts in inputs, and what was typed as the corrections of `billing.corrections`.

Inputs are named as corrections name their fields, a diagnosis by its place (`diagnoses.1`), so that a finding stands at
the input that it is about. An input that was not sent says nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from billing import hospital_corrections
from billing.claim import Claim, ServiceLine
from billing.corrections import (
    LINES_PER_CLAIM,
    LINES_PER_HOSPITAL_CLAIM,
    CorrectionsInvalid,
    parse_corrections,
)
from billing.money import format_dollars, parse_typed

DIAGNOSES = 12
HOSPITAL_DIAGNOSES = 25
PLACE = "place_of_service"
BILL = "type_of_bill"
LINE = ("procedure", "modifiers", "pointers", "units", "charge")
"""The inputs of one line"""
HOSPITAL_LINE = ("revenue_code", "procedure", "modifiers", "units", "charge")
"""Those of an institutional claim"""
ELSEWHERE = "elsewhere"
"""Where a finding stands that no input of the form is about"""

_DIAGNOSIS = re.compile(r"diagnosis (\d+)\b")

Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form says otherwise than the claim."""

    corrections: Texts = field(default_factory=dict)
    """As `billing.corrections` takes them"""
    faults: Texts = field(default_factory=dict)
    """By input: what cannot be said as a correction"""

    @property
    def text(self) -> str:
        """One a line, as a task's form keeps them."""
        return "\n".join(f"{path} = {value}" for path, value in self.corrections.items())


def texts_of(claim: Claim) -> Texts:
    """Every input as the claim fills it, with an empty line behind the last one."""
    most = DIAGNOSES if claim.hospital is None else HOSPITAL_DIAGNOSES
    texts = {f"diagnoses.{place}": "" for place in range(1, most + 1)}
    texts |= {
        f"diagnoses.{place}": hospital_corrections.written_diagnosis(one)
        for place, one in enumerate(claim.coded_diagnoses, start=1)
    }
    if claim.hospital is None:
        texts[PLACE] = claim.place_of_service
    else:
        texts |= hospital_corrections.texts_of(claim, claim.hospital)
    for number, line in enumerate(claim.lines, start=1):
        texts |= {f"line.{number}.{name}": text for name, text in _line_texts(line).items()}
    return with_empty_line(texts)


def names_in_line(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The inputs of one line of this claim."""
    return HOSPITAL_LINE if BILL in texts else LINE


def places_in(texts: Mapping[str, str]) -> int:
    """How many inputs for diagnoses the form has."""
    return HOSPITAL_DIAGNOSES if BILL in texts else DIAGNOSES


def _line_texts(line: ServiceLine) -> Texts:
    if line.revenue is not None:
        own = {"revenue_code": line.revenue.code}
    else:
        own = {"pointers": ", ".join(map(str, line.diagnosis_pointers))}
    return own | {
        "procedure": line.procedure,
        "modifiers": " ".join(line.modifiers),
        "units": f"{line.units.normalize():f}",
        "charge": format_dollars(line.charge_cents).removeprefix("$") if line.charge_cents else "",
    }


def with_empty_line(texts: Texts) -> Texts:
    """With one line more to type into, where the last one is not empty and a claim may have another."""
    count, names = lines_in(texts), names_in_line(texts)
    most = LINES_PER_HOSPITAL_CLAIM if BILL in texts else LINES_PER_CLAIM
    if count >= most or (count and not any(texts.get(f"line.{count}.{name}") for name in names)):
        return texts
    return texts | {f"line.{count + 1}.{name}": "" for name in names}


def with_every_input(texts: Texts) -> Texts:
    """With the empty inputs of lines that are typed into in part."""
    numbers = range(1, lines_in(texts) + 1)
    return {f"line.{number}.{name}": "" for number in numbers for name in names_in_line(texts)} | texts


def lines_in(texts: Mapping[str, str]) -> int:
    """How many lines the form shows."""
    numbers = (name.split(".")[1] for name in texts if name.startswith("line."))
    return max((int(one) for one in numbers if one.isdecimal() and len(one) < len("1000")), default=0)


def with_draft(texts: Texts, draft: str) -> tuple[Texts, str]:
    """(the inputs with corrections that were typed before in them, those for which there is no input)."""
    try:
        corrections = parse_corrections(draft)
    except CorrectionsInvalid:
        return texts, draft
    texts, others = dict(texts), []
    for path, value in corrections.items():
        if path == "diagnoses":
            codes = value.replace(",", " ").split()
            most = places_in(texts)
            texts |= {f"diagnoses.{place}": "" for place in range(1, most + 1)}
            texts |= {f"diagnoses.{place}": code for place, code in enumerate(codes[:most], start=1)}
        elif path in texts:
            texts[path] = value
            texts = with_empty_line(texts)
        else:
            others.append(f"{path} = {value}")
    return texts, "\n".join(others)


def typed(claim: Claim, texts: Mapping[str, str]) -> Typed:
    """What the inputs say otherwise than the claim."""
    return said(texts_of(claim), texts)


def said(before: Mapping[str, str], texts: Mapping[str, str]) -> Typed:
    """What the inputs say otherwise than those that they were filled from."""
    tidy = {name: _tidy(text) for name, text in texts.items()}
    corrections, faults = _diagnoses(before, tidy)
    for path in (PLACE, *hospital_corrections.INPUTS):
        if path in tidy and path in before and tidy[path] != before[path]:
            corrections[path] = tidy[path]
    there = _lines_filled(before)
    for number in range(1, there + 1):
        for name in names_in_line(before):
            path = f"line.{number}.{name}"
            if path in tidy and _meaning(name, tidy[path]) != _meaning(name, before.get(path, "")):
                corrections[path] = tidy[path]
    for number in range(there + 1, lines_in(tidy) + 1):
        added, wrong = _new_line(number, tidy, names_in_line(before))
        corrections |= added
        faults |= wrong
    return Typed(corrections, faults)


def touched(before: Mapping[str, str], texts: Mapping[str, str]) -> Texts:
    """The inputs that do not say any more what they were filled with."""
    return {name: text for name, text in texts.items() if _tidy(text) != _tidy(before.get(name, ""))}


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _lines_filled(texts: Mapping[str, str]) -> int:
    """How many lines the claim has that the inputs were filled from: the empty one behind them is none."""
    count = lines_in(texts)
    return count if any(texts.get(f"line.{count}.{name}") for name in names_in_line(texts)) else max(count - 1, 0)


def _diagnoses(before: Mapping[str, str], tidy: Mapping[str, str]) -> tuple[Texts, Texts]:
    most = places_in(before)
    places = [place for place in range(1, most + 1) if f"diagnoses.{place}" in tidy]
    if not places:
        return {}, {}
    codes = [tidy[f"diagnoses.{place}"] for place in places]
    while codes and not codes[-1]:
        codes.pop()
    gaps = {f"diagnoses.{place}": "is empty; move the diagnoses up" for place, code in enumerate(codes, 1) if not code}
    filled = [before.get(f"diagnoses.{place}", "") for place in range(1, most + 1)]
    if _plain(codes) == _plain(filled):
        return {}, gaps
    return {"diagnoses": ", ".join(code for code in codes if code)}, gaps


def _plain(typed: Iterable[str]) -> list[str]:
    """The codes in all of the inputs; somebody may type two into one."""
    return " ".join(typed).upper().replace(".", "").replace(",", " ").split()


def _new_line(number: int, tidy: Mapping[str, str], names: Sequence[str]) -> tuple[Texts, Texts]:
    """(corrections, faults) of a line that the claim has not got yet; an empty one says nothing."""
    given = {f"line.{number}.{name}": tidy.get(f"line.{number}.{name}", "") for name in names}
    first = "procedure" if names == LINE else "revenue_code"
    if not any(given.values()):
        return {}, {}
    if not given[f"line.{number}.{first}"]:
        words = f"a new line begins with its {first.replace('_', ' ')}; or clear the rest of it"
        return {}, {f"line.{number}.{first}": words}
    return {path: text for path, text in given.items() if text}, {}


def _meaning(name: str, text: str) -> object:
    """Two texts of one meaning are no change."""
    match name:
        case "modifiers" | "pointers":
            return text.upper().replace(",", " ").split()
        case "units":
            try:
                number = Decimal(text)
            except InvalidOperation:
                return text
            return number if number.is_finite() else text
        case "charge":
            try:
                return (parse_typed(text) or None) if text else None
            except ValueError:
                return text
    return text.upper()


def input_of(path: str, texts: Mapping[str, str], message: str = "") -> str:
    """The input at which a finding about `path` stands: itself, the diagnosis that its message begins with, the list
    of diagnoses, its line, or `elsewhere`.
    """
    named = _DIAGNOSIS.match(message) if path == "diagnoses" else None
    if named and f"diagnoses.{named[1]}" in texts:
        return f"diagnoses.{named[1]}"
    if path in texts or path == "diagnoses":
        return path
    head, _, rest = path.partition(".")
    number = rest.partition(".")[0]
    if head == "line" and f"line.{number}.procedure" in texts:
        return f"line.{number}.procedure"
    return ELSEWHERE
