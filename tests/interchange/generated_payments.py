"""Remittances (835) drawn from a seed, balanced in every sum; reversals come with their corrections."""

import dataclasses
import datetime as dt
from typing import Any

from billing.claim import Party, Reference
from billing.money import Cents
from billing.remittance import (
    Adjustment,
    BankAccount,
    ClaimPayment,
    LinePayment,
    ProviderAdjustment,
    Remittance,
    SupplementalAmount,
    SupplementalQuantity,
)
from tests.interchange.draw import Draw, shares

REASONS = ("45", "1", "2", "3", "97", "B7", "253", "16", "18", "96", "223")
REMARKS = ("N30", "M15", "MA130", "N130", "MA01", "N362")
PLB_REASONS = ("WO", "FB", "L6", "72", "CS", "AM", "J1", "IR", "90")


def remittance(draw: Draw) -> tuple[Remittance, list[ClaimPayment]]:
    """One ST: its header and its payments, none now and then."""
    payments = [one for _ in range(draw.randint(0 if draw.seldom() else 1, 6)) for one in _payments(draw)]
    earned = sum(one.paid_cents for one in payments)
    adjustments = _provider_adjustments(draw) if draw.often() else ()
    left = earned - sum(one.amount_cents for one in adjustments)
    if left < 0:
        forward = ProviderAdjustment("1234567893", dt.date(2026, 12, 31), "FB", draw.number(30), Cents(left))
        adjustments, left = (*adjustments, forward), 0
    day, trace = draw.day(), draw.number(30)
    payer_id, by_bank = f"1{draw.digits(9)}", left > 0 and draw.often()
    noun = Remittance(
        trace=trace,
        payer_id=payer_id,
        paid_cents=Cents(left),
        **(_electronic(draw, payer_id) if by_bank else {"method": draw.choice(("CHK", "FWT")) if left else "NON"}),
        handling="I" if left else "H",
        credit_debit="C",
        payment_date=day,
        payer=Party(
            "PR",
            False,
            draw.name(is_person=False),
            address=draw.address(),
            references=draw.references(("2U", "EO", "HI", "NF"), 4),
            contact=draw.contact(),
        ),
        payee=_payee(draw),
        production_date=draw.maybe(draw.day),
        provider_adjustments=adjustments,
        supplemental_code=draw.maybe(lambda: draw.number(30), 0.2),
    )
    return noun, payments


def _electronic(draw: Draw, payer_id: str) -> dict[str, Any]:
    """BPR04 to BPR15 of an ACH payment."""
    return {
        "method": "ACH",
        "payment_format": draw.choice(("CCP", "CTX")),
        "payer_account": BankAccount(draw.digits(9), draw.digits(12)),
        "originator_id": payer_id,
        "originator_code": draw.maybe(lambda: draw.digits(9), 0.3),
        "payee_account": BankAccount(draw.digits(9), draw.digits(10), "01", draw.choice(("DA", "SG"))),
    }


def _payee(draw: Draw) -> Party:
    qualifier = draw.choice(("XX", "FI"))
    number = draw.npi() if qualifier == "XX" else draw.digits(9)
    taxes = (Reference("TJ", draw.digits(9)),) if qualifier == "XX" else ()
    references = (*taxes, *draw.references(("0B", "D3", "PQ"), 2))
    name, address = draw.name(is_person=False), draw.maybe(draw.address)
    return Party("PE", False, name, qualifier, number, address=address, references=references)


def _provider_adjustments(draw: Draw) -> tuple[ProviderAdjustment, ...]:
    """One to two providers; more than six pairs now and then, which take a second PLB."""
    found = []
    for _ in range(draw.randint(1, 2)):
        provider, year = draw.npi(), dt.date(2026, 12, 31)
        for _ in range(draw.randint(7, 13) if draw.seldom() else draw.randint(1, 3)):
            amount = Cents(draw.choice((1, -1)) * draw.cents(20_000))
            reference = draw.maybe(lambda: draw.number(30), 0.8)
            found.append(ProviderAdjustment(provider, year, draw.choice(PLB_REASONS), reference, amount))
    return tuple(found)


def _payments(draw: Draw) -> list[ClaimPayment]:
    """One payment, or a reversal of it and its correction."""
    one = _payment(draw)
    if not draw.seldom():
        return [one]
    correction = dataclasses.replace(_payment(draw), control_number=one.control_number)
    return [_reversed(one), correction]


def _payment(draw: Draw) -> ClaimPayment:
    status = draw.choice(("1", "2", "3", "4", "19", "20", "21", "23"))
    lines = tuple(_line(draw, denied=status == "4") for _ in range(draw.randint(0 if draw.seldom() else 1, 5)))
    of_lines = sum(line.paid_cents for line in lines)
    charge = sum(line.charge_cents for line in lines) if lines else draw.cents()
    most = of_lines if lines else charge
    whole = draw.randint(0, most) if not lines or draw.seldom() else 0
    if status == "4" and not lines:
        whole = charge
    forwarded = status in {"19", "20", "21", "23"}
    first = draw.day()
    return ClaimPayment(
        control_number=draw.number(20, 1),
        status=status,
        charge_cents=Cents(charge),
        paid_cents=Cents(most - whole),
        payer_claim_number=draw.number(30),
        patient_responsibility_cents=draw.maybe(draw.cents),
        filing_indicator=draw.choice(("12", "13", "MB", "MC", "HM", "ZZ")),
        place_of_service=draw.maybe(lambda: draw.choice(("11", "22"))),
        frequency=draw.maybe(lambda: draw.choice("178")),
        adjustments=_adjustments(draw, whole),
        lines=lines,
        patient_name=draw.name(is_person=True),
        member_id=draw.maybe(lambda: draw.number(20), 0.9),
        corrected_member_id=draw.maybe(lambda: draw.number(20), 0.2),
        crossover_payer=draw.party("TT", qualifier="PI") if forwarded else None,
        priority_payer=draw.party("PR", qualifier="PI") if draw.seldom() else None,
        coverage_ended=draw.day() if draw.seldom() else None,
        service_from=first if draw.often() else None,
        service_to=draw.maybe(lambda: max(first, draw.day()), 0.4),
        received=draw.maybe(draw.day),
        remarks=draw.some(REMARKS, 5) if draw.seldom() else (),
        references=draw.references(("1L", "9C", "CE", "EA", "F8"), 5) + draw.references(("0B", "1D", "G2"), 3),
        rendering_npi=draw.maybe(draw.npi, 0.4),
        amounts=_amounts(draw, ("AU", "D8", "F5", "I", "T", "ZK")),
        quantities=_quantities(draw, ("CA", "LA", "PS", "VS", "ZL")),
    )


def _line(draw: Draw, *, denied: bool) -> LinePayment:
    charge = draw.cents()
    paid = 0 if denied else draw.randint(0, charge)
    day, changed = draw.day(), draw.seldom()
    return LinePayment(
        procedure=draw.choice(("99213", "36415", "A0425", "87880")),
        charge_cents=charge,
        paid_cents=Cents(paid),
        adjustments=_adjustments(draw, charge - paid),
        modifiers=tuple(draw.sample(("25", "GT", "59", "LT"), draw.randint(0, 4))),
        units=draw.maybe(draw.quantity),
        submitted_procedure="99214" if changed else None,
        submitted_units=draw.maybe(draw.quantity, 0.2),
        service_date=day,
        service_date_to=draw.maybe(lambda: max(day, draw.day()), 0.2),
        control_number=draw.maybe(lambda: draw.number(30)),
        allowed_cents=draw.maybe(draw.cents),
        remarks=draw.some(REMARKS, 6) if draw.seldom() else (),
        references=draw.references(("1S", "G1", "LU"), 2) + draw.references(("0B", "G2"), 2),
        amounts=_amounts(draw, ("KH", "T", "ZM")),
        quantities=_quantities(draw, ("ZK", "ZO")),
    )


def _amounts(draw: Draw, qualifiers: tuple[str, ...]) -> tuple[SupplementalAmount, ...]:
    chosen = draw.some(qualifiers, 3) if draw.seldom() else ()
    return tuple(SupplementalAmount(one, draw.cents()) for one in chosen)


def _quantities(draw: Draw, qualifiers: tuple[str, ...]) -> tuple[SupplementalQuantity, ...]:
    chosen = draw.some(qualifiers, 2) if draw.seldom() else ()
    return tuple(SupplementalQuantity(one, draw.quantity()) for one in chosen)


def _adjustments(draw: Draw, whole: int) -> tuple[Adjustment, ...]:
    """Of up to four groups with up to eight reasons each, which sum to `whole`; none for nothing."""
    if not whole:
        return ()
    groups = shares(draw, whole, 4)
    found = []
    for group, amount in zip(draw.sample(("CO", "PR", "OA", "PI"), len(groups)), groups, strict=True):
        parts = shares(draw, amount, 8 if draw.seldom() else 2)
        for reason, part in zip(draw.sample(REASONS, len(parts)), parts, strict=True):
            found.append(Adjustment(group, reason, part, draw.maybe(draw.quantity, 0.2)))
    return tuple(found)


def _reversed(one: ClaimPayment) -> ClaimPayment:
    """The same payment taken back: every amount with the other sign."""
    return dataclasses.replace(
        one,
        status="22",
        charge_cents=Cents(-one.charge_cents),
        paid_cents=Cents(-one.paid_cents),
        patient_responsibility_cents=None,
        adjustments=_taken_back(one.adjustments),
        lines=tuple(
            dataclasses.replace(
                line,
                charge_cents=Cents(-line.charge_cents),
                paid_cents=Cents(-line.paid_cents),
                adjustments=_taken_back(line.adjustments),
                allowed_cents=None,
            )
            for line in one.lines
        ),
        crossover_payer=None,
    )


def _taken_back(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(dataclasses.replace(one, amount_cents=Cents(-one.amount_cents)) for one in adjustments)
