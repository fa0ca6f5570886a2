"""The segments of an 835 from its nouns. Nothing unbalanced is written."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from billing import remittance as sums
from billing.claim import Contact
from billing.money import Cents
from billing.remittance import Adjustment, BankAccount, ClaimPayment, Imbalance, LinePayment, Remittance
from interchange.x12 import fields, forms, parties
from interchange.x12.fields import Elements, join, print_cents, print_day, print_decimal, trimmed

_TRIPLETS_PER_CAS = 6
_PAIRS_PER_PLB = 6
_REMARKS_PER_MOA = 5
_UNSTATED_FILING_INDICATOR = "ZZ"


class NotBalanced(ValueError):
    """A remittance that would not prove itself. Carries the sums that do not come out."""

    def __init__(self, imbalances: Sequence[Imbalance]) -> None:
        super().__init__("; ".join(str(one) for one in imbalances))
        self.imbalances = tuple(imbalances)


class TooManyRemarks(ValueError):
    """A claim payment has more remark codes than the one MOA that the guide allows it can hold (MOA03-07)."""


def write_remittance(remittance: Remittance, payments: Iterable[ClaimPayment]) -> list[Elements]:
    """BPR to the last PLB. Raises NotBalanced, TooManyRemarks, or writing.DoesNotFit for too many modifiers."""
    written = list(payments)
    _prove(remittance, written)
    rows = _header(remittance)
    if written:
        rows.append(("LX", "1"))
    for payment in written:
        rows += _payment(payment)
    return rows + _provider_adjustments(remittance)


def _prove(remittance: Remittance, payments: Sequence[ClaimPayment]) -> None:
    found = [
        one
        for number, payment in enumerate(payments, start=1)
        for one in sums.claim_imbalances(payment, ordinal=number)
    ]
    paid = Cents(sum(payment.paid_cents for payment in payments))
    transaction = sums.transaction_imbalance(remittance, claims_paid_cents=paid)
    if transaction is not None:
        found.append(transaction)
    if found:
        raise NotBalanced(found)


def _header(remittance: Remittance) -> list[Elements]:
    day = print_day(remittance.payment_date)
    rows = [
        trimmed(
            "BPR",
            remittance.handling,
            print_cents(remittance.paid_cents),
            remittance.credit_debit,
            remittance.method,
            remittance.payment_format,
            *_account(remittance.payer_account),
            remittance.originator_id,
            remittance.originator_code,
            *_account(remittance.payee_account),
            day,
        ),
        trimmed("TRN", "1", remittance.trace, remittance.payer_id, remittance.supplemental_code),
    ]
    if remittance.production_date:
        rows.append(("DTM", "405", print_day(remittance.production_date)))
    payer, payee = remittance.payer, remittance.payee
    rows.append(trimmed("N1", "PR", payer.name.last, payer.id_qualifier, payer.id))
    rows += parties.write_address(payer.address)
    rows += [("REF", ref.qualifier, ref.value) for ref in payer.references]
    rows.append(parties.write_contact(payer.contact or Contact(payer.name.last), "BL"))
    rows.append(trimmed("N1", "PE", payee.name.last, payee.id_qualifier, payee.id))
    rows += parties.write_address(payee.address)
    rows += [("REF", ref.qualifier, ref.value) for ref in payee.references]
    return rows


def _account(account: BankAccount | None) -> tuple[str | None, ...]:
    if account is None:
        return ("",) * 4
    return account.bank_qualifier, account.bank, account.account_qualifier, account.account


def _payment(payment: ClaimPayment) -> list[Elements]:
    rows = [
        trimmed(
            "CLP",
            payment.control_number,
            payment.status,
            print_cents(payment.charge_cents),
            print_cents(payment.paid_cents),
            print_cents(payment.patient_responsibility_cents),
            payment.filing_indicator or _UNSTATED_FILING_INDICATOR,
            payment.payer_claim_number,
            payment.place_of_service,
            payment.frequency,
        )
    ]
    rows += write_adjustments(payment.adjustments)
    rows += _names(payment)
    if len(payment.remarks) > _REMARKS_PER_MOA:
        raise TooManyRemarks(
            f"claim payment {payment.control_number} has {len(payment.remarks)} remark codes, MOA holds "
            f"{_REMARKS_PER_MOA}: move the others to the lines (LQ)"
        )
    if payment.remarks:
        rows.append(trimmed("MOA", "", "", *payment.remarks))
    rows += [("REF", ref.qualifier, ref.value) for ref in payment.references]
    rows += _days(("232", payment.service_from), ("233", payment.service_to))
    rows += _days(("036", payment.coverage_ended), ("050", payment.received))
    rows += _supplements(payment)
    for line in payment.lines:
        rows += _line(line)
    return rows


def _names(payment: ClaimPayment) -> list[Elements]:
    rows: list[Elements] = []
    if payment.patient_name is not None:
        rows.append(
            parties.write_nm1("QC", payment.patient_name, is_person=True, qualifier="MI", number=payment.member_id)
        )
    elif payment.member_id:
        rows.append(trimmed("NM1", "QC", "1", *("",) * 5, "MI", payment.member_id))
    if payment.corrected_member_id:
        rows.append(trimmed("NM1", "74", "1", *("",) * 5, "C", payment.corrected_member_id))
    if payment.rendering_npi:
        rows.append(trimmed("NM1", "82", "1", *("",) * 5, "XX", payment.rendering_npi))
    if payment.crossover_payer:
        rows += parties.write_party(payment.crossover_payer)
    if payment.priority_payer:
        rows += parties.write_party(payment.priority_payer)
    return rows


def _line(line: LinePayment) -> list[Elements]:
    modifiers = forms.spread(line.modifiers, 4, "SVC", 1)
    rows = [
        trimmed(
            "SVC",
            join(line.procedure_qualifier, line.procedure, *modifiers),
            print_cents(line.charge_cents),
            print_cents(line.paid_cents),
            line.revenue_code,
            print_decimal(line.units),
            join(line.procedure_qualifier, line.submitted_procedure) if line.submitted_procedure else None,
            print_decimal(line.submitted_units),
        )
    ]
    if line.service_date_to is not None:
        rows += _days(("150", line.service_date), ("151", line.service_date_to))
    else:
        rows += _days(("472", line.service_date))
    rows += write_adjustments(line.adjustments)
    if line.control_number:
        rows.append(("REF", "6R", line.control_number))
    rows += [("REF", ref.qualifier, ref.value) for ref in line.references]
    if line.allowed_cents is not None:
        rows.append(("AMT", "B6", print_cents(line.allowed_cents)))
    rows += _supplements(line)
    rows += [("LQ", "HE", code) for code in line.remarks]
    return rows


def _supplements(one: ClaimPayment | LinePayment) -> list[Elements]:
    rows: list[Elements] = []
    if one.amounts:
        rows += [("AMT", amount.qualifier, print_cents(amount.amount_cents)) for amount in one.amounts]
    if one.quantities:
        rows += [("QTY", quantity.qualifier, print_decimal(quantity.quantity)) for quantity in one.quantities]
    return rows


def _days(*pairs: tuple[str, date | None]) -> list[Elements]:
    return [("DTM", qualifier, print_day(day)) for qualifier, day in pairs if day is not None]


def write_adjustments(adjustments: Sequence[Adjustment]) -> list[Elements]:
    """One CAS per run of a group and six adjustments: the order is kept."""
    if len(adjustments) == 1:
        [one] = adjustments
        return [trimmed("CAS", one.group, one.reason, print_cents(one.amount_cents), print_decimal(one.quantity))]
    rows = []
    for group, members in groupby(adjustments, key=lambda one: one.group):
        run = list(members)
        for at in range(0, len(run), _TRIPLETS_PER_CAS):
            texts: list[str] = []
            for one in run[at : at + _TRIPLETS_PER_CAS]:
                texts += [one.reason, print_cents(one.amount_cents), print_decimal(one.quantity)]
            rows.append(trimmed("CAS", group, *texts))
    return rows


def _provider_adjustments(remittance: Remittance) -> list[Elements]:
    rows = []
    for (provider, year_end), members in groupby(
        remittance.provider_adjustments, key=lambda one: (one.provider_id, one.fiscal_year_end)
    ):
        run = list(members)
        for at in range(0, len(run), _PAIRS_PER_PLB):
            texts: list[str] = []
            for one in run[at : at + _PAIRS_PER_PLB]:
                texts += [join(one.reason, one.reference), print_cents(one.amount_cents)]
            rows.append(trimmed("PLB", provider, fields.print_day(year_end), *texts))
    return rows
