"""One claim payment and one header of an 835 from their segments: the nouns of `billing.remittance`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from billing import remittance as nouns
from billing.claim import Address, Contact, Name, Party, Reference
from billing.remittance import Adjustment, BankAccount, ClaimPayment, LinePayment, ProviderAdjustment, Remittance
from interchange.x12 import fields, parties
from interchange.x12.fields import Elements, Unreadable, get, maybe
from interchange.x12.quick import quick

REMARKS = {"MOA": (3, 4, 5, 6, 7), "MIA": (5, 20, 21, 22, 23)}
"""Elements of MOA and MIA that hold remark codes"""


class OddProviderAdjustment(Unreadable):
    """A PLB has a reason without its amount, or an amount without its reason."""


_CLP = ("",) * 10
_SVC = ("",) * 8
_NO_DAYS: dict[str, date] = {}
_payment = quick(ClaimPayment)
_line = quick(LinePayment)
_adjustment = quick(Adjustment)
_reference = quick(Reference)


@dataclass(slots=True)
class LinePlan:
    """Where the segments of one line stand among those of its claim."""

    svc: int
    adjustments: list[int] = field(default_factory=list)
    days: list[tuple[str, int]] = field(default_factory=list)
    """DTM01 and place"""
    control_number: int = 0
    """0, where CLP stands: there is none"""
    references: list[int] = field(default_factory=list)
    allowed: int = 0
    remarks: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    quantities: list[int] = field(default_factory=list)


@dataclass(slots=True)
class PaymentPlan:
    """Where the segments of one claim payment stand: it depends on their ids and qualifiers alone."""

    adjustments: list[int] = field(default_factory=list)
    references: list[int] = field(default_factory=list)
    days: list[tuple[str, int]] = field(default_factory=list)
    remarks: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    """Place of a MOA or MIA, and which of its elements are remark codes"""
    names: dict[str, int] = field(default_factory=dict)
    """NM101 and place"""
    lines: list[LinePlan] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    quantities: list[int] = field(default_factory=list)


def plan_payment(rows: Sequence[Elements]) -> PaymentPlan:
    """Lay out the claim payment whose segments are `rows`, CLP first."""
    plan = PaymentPlan()
    for at, row in enumerate(rows):
        name, kind = row[0], get(row, 1)
        if name == "SVC":
            plan.lines.append(LinePlan(at))
        elif plan.lines:
            _place_in_line(plan.lines[-1], at, name, kind)
        elif name == "CAS":
            plan.adjustments.append(at)
        elif name == "NM1":
            plan.names[kind] = at
        elif name == "REF":
            plan.references.append(at)
        elif name == "DTM":
            plan.days.append((kind, at))
        elif name in REMARKS:
            plan.remarks.append((at, REMARKS[name]))
        elif name == "AMT":
            plan.amounts.append(at)
        elif name == "QTY":
            plan.quantities.append(at)
    return plan


def _place_in_line(plan: LinePlan, at: int, name: str, kind: str) -> None:
    if name == "CAS":
        plan.adjustments.append(at)
    elif name == "DTM":
        plan.days.append((kind, at))
    elif name == "REF" and kind == "6R" and not plan.control_number:
        plan.control_number = at
    elif name == "REF":
        plan.references.append(at)
    elif name == "AMT" and kind == "B6" and not plan.allowed:
        plan.allowed = at
    elif name == "AMT":
        plan.amounts.append(at)
    elif name == "QTY":
        plan.quantities.append(at)
    elif name == "LQ":
        plan.remarks.append(at)


def read_adjustments(cas: Elements) -> list[Adjustment]:
    """The triplets of one CAS."""
    if len(cas) == 4:
        return [_adjustment(cas[1], cas[2], fields.cents(cas, 3))]
    found = []
    group = get(cas, 1)
    for at in range(2, len(cas), 3):
        if cas[at] or get(cas, at + 1):
            amount, quantity = fields.cents(cas, at + 1), fields.maybe_decimal(cas, at + 2)
            found.append(_adjustment(group, cas[at], amount, quantity))
    return found


def read_payment(rows: Sequence[Elements], plan: PaymentPlan) -> ClaimPayment:
    """Build the payment whose segments are `rows`, CLP first, laid out by `plan`. Raises Unreadable when a sum cannot
    be read."""
    _, number, status, *_ = clp = rows[0] + _CLP[len(rows[0]) :]
    if not number:
        raise Unreadable("CLP", 1, "is empty")
    people = _read_people(rows, plan.names)
    days = {kind: fields.day(rows[at], 2) for kind, at in plan.days} if plan.days else _NO_DAYS
    return _payment(
        number,
        status,
        fields.cents(clp, 3),
        fields.cents(clp, 4),
        clp[7] or None,
        fields.cents(clp, 5) if clp[5] else None,
        clp[6] or None,
        clp[8] or None,
        clp[9] or None,
        _read_all_adjustments(rows, plan.adjustments) if plan.adjustments else (),
        tuple([_read_line(rows, line) for line in plan.lines]),
        people.patient_name,
        people.member_id,
        people.corrected_member_id,
        people.crossover_payer,
        days.get("232"),
        days.get("233"),
        days.get("050"),
        _read_remarks(rows, plan) if plan.remarks else (),
        _read_references(rows, plan.references) if plan.references else (),
        people.rendering_npi,
        people.priority_payer,
        days.get("036"),
        _read_amounts(rows, plan.amounts) if plan.amounts else (),
        _read_quantities(rows, plan.quantities) if plan.quantities else (),
    )


@dataclass(slots=True)
class _People:
    patient_name: Name | None = None
    member_id: str | None = None
    corrected_member_id: str | None = None
    crossover_payer: Party | None = None
    rendering_npi: str | None = None
    priority_payer: Party | None = None


def _read_people(rows: Sequence[Elements], names: dict[str, int]) -> _People:
    """The NM1 of a claim by their NM101."""
    found = _People()
    for role, at in names.items():
        nm1 = rows[at]
        if role == "QC":
            found.patient_name = parties.read_name(nm1)
            found.member_id = maybe(nm1, 9) or found.member_id
        elif role == "IL":
            found.member_id = found.member_id or maybe(nm1, 9)
        elif role == "74":
            found.corrected_member_id = maybe(nm1, 9)
        elif role == "82" and get(nm1, 8) == "XX":
            found.rendering_npi = maybe(nm1, 9)
        elif role == "TT":
            found.crossover_payer, _ = parties.read_party([nm1])
        elif role == "PR":
            found.priority_payer, _ = parties.read_party([nm1])
    return found


def _read_all_adjustments(rows: Sequence[Elements], places: list[int]) -> tuple[Adjustment, ...]:
    return tuple([one for at in places for one in read_adjustments(rows[at])])


def _read_references(rows: Sequence[Elements], places: list[int]) -> tuple[Reference, ...]:
    return tuple([_reference(get(rows[at], 1), get(rows[at], 2)) for at in places])


def _read_amounts(rows: Sequence[Elements], places: list[int]) -> tuple[nouns.SupplementalAmount, ...]:
    return tuple([nouns.SupplementalAmount(get(rows[at], 1), fields.cents(rows[at], 2)) for at in places])


def _read_quantities(rows: Sequence[Elements], places: list[int]) -> tuple[nouns.SupplementalQuantity, ...]:
    return tuple([nouns.SupplementalQuantity(get(rows[at], 1), fields.decimal(rows[at], 2)) for at in places])


def _read_remarks(rows: Sequence[Elements], plan: PaymentPlan) -> tuple[str, ...]:
    return tuple([rows[at][one] for at, ones in plan.remarks for one in ones if get(rows[at], one)])


def _read_line(rows: Sequence[Elements], plan: LinePlan) -> LinePayment:
    svc = rows[plan.svc]
    svc += _SVC[len(svc) :]
    code = svc[1].split(":")
    days = {kind: fields.day(rows[at], 2) for kind, at in plan.days} if plan.days else _NO_DAYS
    return _line(
        code[1] if len(code) > 1 else "",
        fields.cents(svc, 2),
        fields.cents(svc, 3),
        _read_all_adjustments(rows, plan.adjustments) if plan.adjustments else (),
        tuple([text for text in code[2:6] if text]) if len(code) > 2 else (),
        code[0],
        fields.decimal(svc, 5) if svc[5] else None,
        fields.part(svc[6], 2) if svc[6] else None,
        fields.decimal(svc, 7) if svc[7] else None,
        days.get("472") or days.get("150"),
        days.get("151"),
        maybe(rows[plan.control_number], 2) if plan.control_number else None,
        fields.cents(rows[plan.allowed], 2) if plan.allowed else None,
        tuple([rows[at][2] for at in plan.remarks if get(rows[at], 2) and rows[at][1] == "HE"]) if plan.remarks else (),
        _read_references(rows, plan.references) if plan.references else (),
        _read_amounts(rows, plan.amounts) if plan.amounts else (),
        _read_quantities(rows, plan.quantities) if plan.quantities else (),
        svc[4] or None,
    )


# The header and the end -------------------------------------------------------------------------------------------


def read_remittance(header: list[tuple[str, Elements]], plb: list[ProviderAdjustment]) -> Remittance:
    """Build the remittance from the segments before the first LX (with their loops) and the provider adjustments.

    Raises Unreadable when BPR or TRN is missing or says nothing usable.
    """
    bpr = _first(header, "BPR")
    trn = _first(header, "TRN")
    if not get(trn, 2):
        raise Unreadable("TRN", 2, "is missing: the payment has no trace number")
    produced = next((row for _, row in header if row[0] == "DTM" and get(row, 1) == "405"), ())
    amount = fields.cents(bpr, 2)
    return Remittance(
        trace=get(trn, 2),
        payer_id=get(trn, 3) or get(bpr, 10),
        paid_cents=amount,
        method=get(bpr, 4),
        handling=get(bpr, 1),
        credit_debit=get(bpr, 3),
        payment_date=fields.day(bpr, 16),
        payer=_read_end(header, "1000A", "PR"),
        payee=_read_end(header, "1000B", "PE"),
        production_date=fields.parse_day(get(produced, 2)) if produced else None,
        provider_adjustments=tuple(plb),
        supplemental_code=maybe(trn, 4),
        payment_format=maybe(bpr, 5),
        payer_account=_read_account(bpr, 6),
        originator_id=maybe(bpr, 10),
        originator_code=maybe(bpr, 11),
        payee_account=_read_account(bpr, 12),
    )


def _read_account(bpr: Elements, first: int) -> BankAccount | None:
    """The four elements from `first` on; None when all are empty."""
    qualifier, bank, kind, number = (get(bpr, first + at) for at in range(4))
    if not (qualifier or bank or kind or number):
        return None
    return BankAccount(bank, number or None, qualifier, kind or None)


def read_provider_adjustments(plb: Elements) -> list[ProviderAdjustment]:
    """The pairs of one PLB. Raises OddProviderAdjustment for half a pair."""
    found = []
    for at in range(3, len(plb), 2):
        reason, amount = get(plb, at), get(plb, at + 1)
        if not reason and not amount:
            continue
        if not reason or not amount:
            raise OddProviderAdjustment(
                "PLB", at if not reason else at + 1, "is missing: reasons and amounts come in pairs"
            )
        code, reference = fields.part(reason, 1) or "", fields.part(reason, 2)
        found.append(ProviderAdjustment(get(plb, 1), fields.day(plb, 2), code, reference, fields.cents(plb, at + 1)))
    return found


def _first(header: list[tuple[str, Elements]], name: str) -> Elements:
    found = next((row for _, row in header if row[0] == name), None)
    if found is None:
        raise Unreadable(name, 1, f"is missing: an 835 without {name} cannot be posted")
    return found


def _read_end(header: list[tuple[str, Elements]], loop: str, role: str) -> Party:
    rows = [row for at, row in header if at == loop]
    n1: Elements = next((row for row in rows if row[0] == "N1"), ("N1", role))
    address: Address | None = parties.read_address(rows)
    contacts = [row for row in rows if row[0] == "PER"]
    chosen = next((row for row in contacts if get(row, 1) == "BL"), contacts[0] if contacts else None)
    contact: Contact | None = parties.read_contact(chosen) if chosen else None
    references = tuple(Reference(get(row, 1), get(row, 2)) for row in rows if row[0] == "REF")
    return Party(
        role=role,
        is_person=False,
        name=Name(get(n1, 2)),
        id_qualifier=maybe(n1, 3),
        id=maybe(n1, 4),
        address=address,
        references=references,
        contact=contact,
    )
