"""Claim payments from runs that were scanned: as `payment_reading` makes them, with everything known beforehand that
the shape of a run tells. Raises Unreadable where a value cannot be read; the run is then read the long way.
"""

from collections.abc import Callable, Sequence
from typing import Any

from billing.claim import Name, Reference
from billing.remittance import ClaimPayment, LinePayment, SupplementalAmount, SupplementalQuantity
from interchange.x12 import fields, parties, payment_reading
from interchange.x12.guides.x221a1 import GUIDE
from interchange.x12.making import Draft, Memory, tuple_of
from interchange.x12.payment_reading import LinePlan, PaymentPlan
from interchange.x12.quick import quick
from interchange.x12.scanning import WHOLE, Step

_CAPTURED = {
    "CLP": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "CAS": (WHOLE,),
    "AMT": (2,),
    "DTM": (2,),
    "QTY": (2,),
    "REF": (2,),
    "SVC": (1, 2, 3, 4, 5, 6, 7),
    "LQ": (1, 2),
    **payment_reading.REMARKS,
}
_CAPTURED_OF_NAME = {"QC": (3, 4, 5, 6, 7, 9), "IL": (9,), "74": (9,), "82": (8, 9), "TT": (WHOLE,), "PR": (WHOLE,)}


def _read_procedure(text: str) -> tuple[str, tuple[str, ...], str]:
    """Code, modifiers and qualifier of a composite."""
    qualifier, code, *rest = (*text.split(fields.COMPONENT), "")
    return code, tuple([one for one in rest[:4] if one]), qualifier


_NAMES: dict[str, Any] = {
    "payment": quick(ClaimPayment),
    "line": quick(LinePayment),
    "name": quick(Name),
    "reference": quick(Reference),
    "amount": quick(SupplementalAmount),
    "quantity": quick(SupplementalQuantity),
    "procedure": Memory(_read_procedure),
    "submitted": Memory(lambda text: fields.part(text, 2)),
    "adjustments": Memory(lambda text: tuple(payment_reading.read_adjustments(tuple(text.split("*"))))),
    "party": Memory(lambda text: parties.read_party([tuple(text.split("*"))])[0]),
}


class Payments:
    """What is made of a CLP and what follows it."""

    def captured(self, loop: str, name: str, code: str) -> tuple[int, ...]:
        """The elements that `payment_reading` looks at."""
        if name == "NM1":
            return _CAPTURED_OF_NAME.get(code, ())
        return _CAPTURED.get(name, ())

    def maker(self, run: Sequence[Step]) -> Callable[..., Any] | None:
        """The function that makes a ClaimPayment."""
        plan = payment_reading.plan_payment([(one.rule.id, one.code) for one in run])
        draft = Draft(run, GUIDE.qualifiers, _NAMES)
        return draft.function(_payment(draft, plan))


def _payment(draft: Draft, plan: PaymentPlan) -> str:
    text = draft.text
    days = _days(draft, plan.days)
    names = plan.names
    member = " or ".join([text(names[role], 9) for role in ("QC", "IL") if role in names]) or "None"
    is_npi = f"{text(names['82'], 9)} if {text(names['82'], 8)} == 'XX' else None" if "82" in names else "None"
    remarks = [text(at, one) for at, ones in plan.remarks for one in ones]
    values = [
        text(0, 1),
        text(0, 2),
        draft.read("cents", 0, 3),
        draft.read("cents", 0, 4),
        text(0, 7),
        draft.read("cents", 0, 5),
        text(0, 6),
        text(0, 8),
        text(0, 9),
        _adjustments(draft, plan.adjustments),
        tuple_of([_line(draft, one) for one in plan.lines]),
        _name(draft, names["QC"]) if "QC" in names else "None",
        member,
        text(names["74"], 9) if "74" in names else "None",
        f"party[{text(names['TT'])}]" if "TT" in names else "None",
        days.get("232", "None"),
        days.get("233", "None"),
        days.get("050", "None"),
        f"tuple([one for one in {tuple_of(remarks)} if one])" if remarks else "()",
        _references(draft, plan.references),
        is_npi,
        f"party[{text(names['PR'])}]" if "PR" in names else "None",
        days.get("036", "None"),
        _supplements(draft, plan.amounts, "amount", "cents"),
        _supplements(draft, plan.quantities, "quantity", "decimal"),
    ]
    return f"payment({', '.join(values)})"


def _line(draft: Draft, plan: LinePlan) -> str:
    text, at = draft.text, plan.svc
    days = _days(draft, plan.days)
    code = draft.let(f"code{at}", f"procedure[{text(at, 1)}]")
    pairs = [f"({text(one, 1)}, {text(one, 2)})" for one in plan.remarks]
    values = [
        f"{code}[0]",
        draft.read("cents", at, 2),
        draft.read("cents", at, 3),
        _adjustments(draft, plan.adjustments),
        f"{code}[1]",
        f"{code}[2]",
        draft.read("decimal", at, 5),
        draft.read("submitted", at, 6),
        draft.read("decimal", at, 7),
        days.get("472") or days.get("150", "None"),
        days.get("151", "None"),
        text(plan.control_number, 2) if plan.control_number else "None",
        draft.read("cents", plan.allowed, 2) if plan.allowed else "None",
        f"tuple([said for kind, said in {tuple_of(pairs)} if kind == 'HE'])" if pairs else "()",
        _references(draft, plan.references),
        _supplements(draft, plan.amounts, "amount", "cents"),
        _supplements(draft, plan.quantities, "quantity", "decimal"),
        text(at, 4),
    ]
    return f"line({', '.join(values)})"


def _days(draft: Draft, days: Sequence[tuple[str, int]]) -> dict[str, str]:
    """Every day is read, for it may be unreadable."""
    return {kind: draft.let(f"day{at}", f"day[{draft.text(at, 2)}]") for kind, at in days}


def _adjustments(draft: Draft, places: Sequence[int]) -> str:
    return " + ".join([f"adjustments[{draft.text(at)}]" for at in places]) or "()"


def _references(draft: Draft, places: Sequence[int]) -> str:
    return tuple_of([f"reference({draft.text(at, 1)}, {draft.text(at, 2)})" for at in places])


def _supplements(draft: Draft, places: Sequence[int], noun: str, read: str) -> str:
    return tuple_of([f"{noun}({draft.text(at, 1)}, {read}[{draft.text(at, 2)}])" for at in places])


def _name(draft: Draft, at: int) -> str:
    last, first, middle, prefix, suffix = [draft.text(at, number) for number in (3, 4, 5, 6, 7)]
    return f"name({last} or '', {first}, {middle}, {suffix}, {prefix})"
