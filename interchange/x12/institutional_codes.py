"""The HI segments of an 837I: diagnoses, procedures, occurrences, values, conditions, told by their qualifiers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from billing import money
from billing.claim import Diagnosis
from billing.hospital_bill import Occurrence, OccurrenceSpan, Procedure, ValueAmount
from billing.institutional_claim import InstitutionalClaim
from interchange.x12 import fields
from interchange.x12.fields import Elements, Unreadable, join, part, print_cents, print_day, trimmed

_PER_SEGMENT = 12
_DIAGNOSES = (("ABK", "BK"), ("ABJ", "BJ"), ("APR", "PR"), ("ABN", "BN"), ("ABF", "BF"))
"""In the guide's order, ICD-10-CM and ICD-9-CM"""
_PRINCIPAL_PROCEDURES = ("BBR", "BR", "CAH")
_DIAGNOSIS_KINDS = frozenset(code for pair in _DIAGNOSES for code in pair)
_PROCEDURE_KINDS = frozenset({*_PRINCIPAL_PROCEDURES, "BBQ", "BQ"})
_FIELDS = {
    **dict.fromkeys(_DIAGNOSIS_KINDS, "diagnoses"),
    **dict.fromkeys(_PROCEDURE_KINDS, "procedures"),
    "DR": "drg",
    "BI": "occurrence_spans",
    "BH": "occurrences",
    "BE": "values",
    "BG": "conditions",
    "TC": "treatments",
}
"""HIxx-1, and the field of the claim that such a composite goes to"""
_RANKS = {code: rank for rank, pair in enumerate(_DIAGNOSES) for code in pair}


@dataclass(slots=True)
class ClaimCodes:
    """What the HI of one claim say, in file order."""

    diagnoses: list[Diagnosis] = field(default_factory=list)
    drg: str | None = None
    procedures: list[Procedure] = field(default_factory=list)
    occurrence_spans: list[OccurrenceSpan] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    values: list[ValueAmount] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    treatments: list[str] = field(default_factory=list)

    def take(self, hi: Elements) -> bool:
        """Read one HI. False when a composite in it is of no kind the claim has a field for: keep the segment opaque.

        Raises Unreadable for a date or amount that cannot be read.
        """
        composites = [(number, text) for number, text in enumerate(hi) if number and text]
        if any(part(text, 1) not in _FIELDS for _, text in composites):
            return False
        if self.drg is not None and any(part(text, 1) == "DR" for _, text in composites):
            return False
        for number, _ in composites:
            self._take_composite(hi, number)
        return True

    def _take_composite(self, hi: Elements, number: int) -> None:
        text = hi[number]
        kind, code = part(text, 1) or "", part(text, 2) or ""
        if kind in _DIAGNOSIS_KINDS:
            self.diagnoses.append(Diagnosis(code, kind, part(text, 9)))
        elif kind in _PROCEDURE_KINDS:
            performed = _days(hi, number)[0] if part(text, 4) else None
            self.procedures.append(Procedure(code, performed, kind))
        elif kind == "DR":
            self.drg = code
        elif kind == "BI":
            first, last = _days(hi, number)
            self.occurrence_spans.append(OccurrenceSpan(code, first, last or first))
        elif kind == "BH":
            self.occurrences.append(Occurrence(code, _days(hi, number)[0]))
        elif kind == "BE":
            self.values.append(_value(code, hi, number))
        elif kind == "BG":
            self.conditions.append(code)
        else:
            self.treatments.append(code)

    def in_order(self) -> tuple[tuple[Diagnosis, ...], tuple[Procedure, ...]]:
        """Diagnoses and procedures in the guide's order, whatever the file's was."""
        diagnoses = sorted(self.diagnoses, key=lambda one: rank(one.qualifier))
        return tuple(diagnoses), tuple(sorted(self.procedures, key=lambda one: rank(one.qualifier)))


def field_of(kind: str) -> str:
    """The field of ClaimCodes that a composite of this kind goes to: one that the guide lists as HIxx-1."""
    return _FIELDS[kind]


def rank(kind: str) -> int:
    """The place of a composite of this kind among those that go to the same field."""
    return _RANKS.get(kind, int(kind in _PROCEDURE_KINDS and kind not in _PRINCIPAL_PROCEDURES))


def _days(hi: Elements, number: int) -> tuple[date, date | None]:
    try:
        return fields.period(("HI", part(hi[number], 4) or ""), 1)
    except Unreadable as reason:
        raise Unreadable("HI", number, f"holds a code whose date {reason}", hi) from None


def _value(code: str, hi: Elements, number: int) -> ValueAmount:
    try:
        return ValueAmount(code, money.parse_cents(part(hi[number], 5) or ""))
    except money.NotAnAmount as reason:
        raise Unreadable("HI", number, f"holds a value whose {reason}", hi) from None


# Writing ----------------------------------------------------------------------------------------------------------


def write_codes(claim: InstitutionalClaim) -> Iterator[Elements]:
    """The HI of the claim in the guide's order, twelve composites in a segment."""
    for pair in _DIAGNOSES:
        chosen = [one for one in claim.diagnoses if one.qualifier in pair]
        composites = [_composite(one.qualifier, one.code, poa=one.present_on_admission) for one in chosen]
        yield from _segments(composites, alone=pair[0] in {"ABK", "ABJ"})
        if pair[0] == "ABN" and claim.drg:
            yield ("HI", join("DR", claim.drg))
    principal = [one for one in claim.procedures if one.qualifier in _PRINCIPAL_PROCEDURES]
    yield from _segments(map(_procedure, principal), alone=True)
    yield from _segments(_procedure(one) for one in claim.procedures if one.qualifier not in _PRINCIPAL_PROCEDURES)
    yield from _segments(map(_span, claim.occurrence_spans))
    yield from _segments(join("BH", one.code, "D8", print_day(one.day)) for one in claim.occurrences)
    yield from _segments(join("BE", one.code, "", "", print_cents(one.amount_cents)) for one in claim.values)
    yield from _segments(join("BG", code) for code in claim.conditions)
    yield from _segments(join("TC", code) for code in claim.treatments)


def _composite(qualifier: str, code: str, *, poa: str | None) -> str:
    return join(qualifier, code, *("",) * 6, poa)


def _procedure(one: Procedure) -> str:
    return join(one.qualifier, one.code, "D8" if one.performed else "", print_day(one.performed))


def _span(one: OccurrenceSpan) -> str:
    return join("BI", one.code, "RD8", f"{print_day(one.first)}-{print_day(one.last)}")


def _segments(composites: Iterable[str], *, alone: bool = False) -> Iterator[Elements]:
    """HI with up to twelve composites each, or one each when they must stand `alone`."""
    every, most = list(composites), 1 if alone else _PER_SEGMENT
    for at in range(0, len(every), most):
        yield trimmed("HI", *every[at : at + most])
