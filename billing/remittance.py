"""The remittance (835, guide 005010X221A1): what a payer says it paid, and the three sums that prove it.

line         SVC02 = SVC03 + sum of the line's adjustments
claim        CLP03 = CLP04 + sum of all adjustments of the claim and its lines; sum SVC02 = CLP03;
             sum SVC03 = CLP04 + sum of the claim-level adjustments
transaction  BPR02 = sum CLP04 - sum of the provider adjustments (PLB)

Nothing is posted from a remittance that does not balance. AMT amounts are information and enter no balance.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.claim import Name, Party, Reference
from billing.money import Cents, format_dollars


class Group(StrEnum):
    """CAS01: who bears the adjustment. CR left the 835 with 5010."""

    CONTRACTUAL = "CO"
    """By contract; never the patient's"""
    PATIENT = "PR"
    """Called the patient's by the payer; which of it may be billed is decided elsewhere"""
    OTHER = "OA"
    """Nobody's yet: coordination of benefits, information"""
    PAYER = "PI"
    """Payer initiated, no contract"""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One triplet of a CAS segment. A positive amount lowers the payment."""

    group: str
    """CAS01"""
    reason: str
    """CAS02, 05 ...: the claim adjustment reason code (CARC)"""
    amount_cents: Cents
    """CAS03, 06 ..."""
    quantity: Decimal | None = None
    """CAS04, 07 ..."""


@dataclass(frozen=True, slots=True)
class SupplementalAmount:
    """AMT of a claim payment or line: told beside the sums, part of none of them, and never posted."""

    qualifier: str
    """AMT01. Of a claim: AU covered, D8 discount, DY per day limit, F5 paid by the patient, I interest, NL negative
    ledger balance, T tax, T2 before taxes; of a line: KH late filing reduction, T, T2; of both ZK to ZO, federal"""
    amount_cents: Cents
    """AMT02"""


@dataclass(frozen=True, slots=True)
class SupplementalQuantity:
    """QTY of a claim payment or line."""

    qualifier: str
    """QTY01. Of a claim: CA covered days, CD co-insured days, LA and LE life-time reserve days, actual and estimated,
    NE non-covered days, estimated, NR blood not replaced, OU outlier days, PS prescriptions, VS visits; of both ZK to
    ZO, federal"""
    quantity: Decimal
    """QTY02"""


REVERSAL = "22"
"""CLP02: an earlier payment is taken back"""


@dataclass(frozen=True, slots=True)
class LinePayment:
    """One SVC (loop 2110)."""

    procedure: str
    """SVC01-2"""
    charge_cents: Cents
    """SVC02"""
    paid_cents: Cents
    """SVC03"""
    adjustments: tuple[Adjustment, ...] = ()
    modifiers: tuple[str, ...] = ()
    """SVC01-3 to -6"""
    procedure_qualifier: str = "HC"
    """SVC01-1"""
    units: Decimal | None = None
    """SVC05; blank means 1"""
    submitted_procedure: str | None = None
    """SVC06-2, given when the payer changed the code"""
    submitted_units: Decimal | None = None
    """SVC07"""
    service_date: date | None = None
    """DTM*472 or *150"""
    service_date_to: date | None = None
    """DTM*151"""
    control_number: str | None = None
    """REF*6R, the office's line id"""
    allowed_cents: Cents | None = None
    """AMT*B6, information only"""
    remarks: tuple[str, ...] = ()
    """LQ*HE: remittance advice remark codes (RARC)"""
    references: tuple[Reference, ...] = ()
    """Every other REF"""
    amounts: tuple[SupplementalAmount, ...] = ()
    """Every other AMT"""
    quantities: tuple[SupplementalQuantity, ...] = ()
    revenue_code: str | None = None
    """SVC04: NUBC revenue code of an institutional line, beside its procedure"""


@dataclass(frozen=True, slots=True)
class ClaimPayment:
    """One CLP (loop 2100)."""

    control_number: str
    """CLP01: our patient control number, echoed"""
    status: str
    """CLP02: 1-3 processed, 4 denied, 19-21 processed and forwarded, 22 reversal, 23 forwarded, 25 pricing only"""
    charge_cents: Cents
    """CLP03"""
    paid_cents: Cents
    """CLP04"""
    payer_claim_number: str | None = None
    """CLP07"""
    patient_responsibility_cents: Cents | None = None
    """CLP05: unreliable, never posted"""
    filing_indicator: str | None = None
    """CLP06"""
    place_of_service: str | None = None
    """CLP08"""
    frequency: str | None = None
    """CLP09"""
    adjustments: tuple[Adjustment, ...] = ()
    """Claim-level CAS"""
    lines: tuple[LinePayment, ...] = ()
    patient_name: Name | None = None
    """NM1*QC"""
    member_id: str | None = None
    """NM109 of NM1*QC or NM1*IL"""
    corrected_member_id: str | None = None
    """NM109 of NM1*74"""
    crossover_payer: Party | None = None
    """NM1*TT"""
    service_from: date | None = None
    """DTM*232"""
    service_to: date | None = None
    """DTM*233"""
    received: date | None = None
    """DTM*050"""
    remarks: tuple[str, ...] = ()
    """MOA03-07, MIA05 and 20-23"""
    references: tuple[Reference, ...] = ()
    rendering_npi: str | None = None
    """NM1*82"""
    priority_payer: Party | None = None
    """NM1*PR: who should have been billed first"""
    coverage_ended: date | None = None
    """DTM*036: the day on which the coverage ended"""
    amounts: tuple[SupplementalAmount, ...] = ()
    quantities: tuple[SupplementalQuantity, ...] = ()

    @property
    def is_reversal(self) -> bool:
        return self.status == REVERSAL

    def all_adjustments(self) -> Iterator[Adjustment]:
        """Claim-level adjustments first, then each line's."""
        yield from self.adjustments
        for line in self.lines:
            yield from line.adjustments


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """One pair of a PLB segment. Positive lowers the payment, negative raises it."""

    provider_id: str
    """PLB01"""
    fiscal_year_end: date
    """PLB02"""
    reason: str
    """PLB03-1: WO overpayment recovery, FB forwarding balance, L6 interest, 72 authorised return ..."""
    reference: str | None
    """PLB03-2"""
    amount_cents: Cents
    """PLB04"""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """One end of an electronic payment; the numbers stay out of its repr, and so out of logs."""

    bank: str
    """BPR07 or 13: the bank's routing number"""
    account: str | None = field(default=None, repr=False)
    """BPR09 or 15"""
    bank_qualifier: str = "01"
    """BPR06 or 12: 01 ABA routing number with its check digit, 04 Canadian bank and branch"""
    account_qualifier: str | None = "DA"
    """BPR08 or 14: DA demand deposit, SG savings"""


@dataclass(frozen=True, slots=True)
class Remittance:
    """One ST*835 without its claim payments, which are streamed beside it."""

    trace: str
    """TRN02: EFT or cheque number"""
    payer_id: str
    """TRN03 = BPR10 where given: originating company, 1 + tax id"""
    paid_cents: Cents
    """BPR02"""
    method: str
    """BPR04: ACH, CHK, FWT, NON no payment, BOP"""
    handling: str
    """BPR01: I remittance only, H notification, C, D, P, U, X"""
    credit_debit: str
    """BPR03: C or D"""
    payment_date: date
    """BPR16"""
    payer: Party
    """1000A"""
    payee: Party
    """1000B: N104 is the national provider identifier (N103 XX) or tax id (FI)"""
    production_date: date | None = None
    """DTM*405"""
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    supplemental_code: str | None = None
    """TRN04"""
    payment_format: str | None = None
    """BPR05: CCP cash concentration with addenda, CTX corporate trade exchange"""
    payer_account: BankAccount | None = None
    """BPR06-09"""
    originator_id: str | None = None
    """BPR10: as the bank knows the payer, 1 + tax id; the same as TRN03"""
    originator_code: str | None = None
    """BPR11: the payer's own division"""
    payee_account: BankAccount | None = None
    """BPR12-15"""

    @property
    def payee_tax_id(self) -> str | None:
        """REF*TJ, or N104 when N103 is FI."""
        return self.payee.reference("TJ") or (self.payee.id if self.payee.id_qualifier == "FI" else None)


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One sum of an 835 that does not come out."""

    level: str
    """line, claim or transaction"""
    where: str
    """Which one: the CLP ordinal, or `CLP 3 line 2`; never a patient's name"""
    expected_cents: Cents
    found_cents: Cents
    rule: str
    element: int = 0
    """The element that does not come out: 2 for SVC02 and BPR02, 3 for CLP03, 4 for CLP04"""
    line: int | None = None
    """Ordinal of the line, from 1"""

    def __str__(self) -> str:
        expected, found = format_dollars(self.expected_cents), format_dollars(self.found_cents)
        return f"{self.where}: {self.rule}: expected {expected}, found {found}"


def total(adjustments: Iterable[Adjustment]) -> Cents:
    """The sum of the adjustments' amounts."""
    return Cents(sum(one.amount_cents for one in adjustments))


def claim_imbalances(payment: ClaimPayment, *, ordinal: int) -> list[Imbalance]:
    """Check the line and claim sums of one CLP. `ordinal` is its place in the transaction, from 1."""
    found: list[Imbalance] = []
    charged = paid = adjusted = 0
    for number, line in enumerate(payment.lines, start=1):
        of_line = 0
        for one in line.adjustments:
            of_line += one.amount_cents
        charge, payout = line.charge_cents, line.paid_cents
        if payout + of_line != charge:
            where, explained = f"CLP {ordinal} line {number}", Cents(payout + of_line)
            found.append(Imbalance("line", where, charge, explained, "SVC02 = SVC03 + line CAS", 2, number))
        charged += charge
        paid += payout
        adjusted += of_line
    of_claim = total(payment.adjustments) if payment.adjustments else 0
    where = f"CLP {ordinal}"
    if payment.paid_cents + adjusted + of_claim != payment.charge_cents:
        explained = Cents(payment.paid_cents + adjusted + of_claim)
        found.append(Imbalance("claim", where, payment.charge_cents, explained, "CLP03 = CLP04 + all CAS", 3))
    if payment.lines and charged != payment.charge_cents:
        found.append(Imbalance("claim", where, payment.charge_cents, Cents(charged), "CLP03 = sum of SVC02", 3))
    if payment.lines and paid - of_claim != payment.paid_cents:
        explained = Cents(paid - of_claim)
        found.append(Imbalance("claim", where, payment.paid_cents, explained, "CLP04 = sum of SVC03 - claim CAS", 4))
    return found


def transaction_imbalance(remittance: Remittance, *, claims_paid_cents: Cents) -> Imbalance | None:
    """Check BPR02 against the sum of all CLP04 and the provider adjustments."""
    plb = sum(one.amount_cents for one in remittance.provider_adjustments)
    explained = Cents(claims_paid_cents - plb)
    if explained == remittance.paid_cents:
        return None
    return Imbalance("transaction", "BPR", remittance.paid_cents, explained, "BPR02 = sum of CLP04 - sum of PLB", 2)


def adjustments_not_allowed(payment: ClaimPayment) -> list[str]:
    """Group codes that the 835 does not know (CR among them), each once."""
    known = set(Group)
    return sorted({one.group for one in payment.all_adjustments() if one.group not in known})


def reversal_of(payment: ClaimPayment) -> ClaimPayment:
    """CLP 22: every charge, payment and adjustment negated, groups and reasons kept."""
    lines = tuple(
        replace(
            line,
            charge_cents=Cents(-line.charge_cents),
            paid_cents=Cents(-line.paid_cents),
            allowed_cents=None,
            adjustments=tuple(replace(one, amount_cents=Cents(-one.amount_cents)) for one in line.adjustments),
        )
        for line in payment.lines
    )
    return replace(
        payment,
        status=REVERSAL,
        charge_cents=Cents(-payment.charge_cents),
        paid_cents=Cents(-payment.paid_cents),
        patient_responsibility_cents=None,
        lines=lines,
    )
