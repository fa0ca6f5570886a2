"""Step 7, posting: a balanced claim payment becomes ledger entries, denials and questions, to the cent.

The claim's payment is posted line by line. Claim-level adjustments are shared over the lines (pro rata to SVC03,
last cent to the largest), so that the line payments sum to CLP04. A payment that cannot be posted by machine comes
back as a reason in words; nothing is posted halfway.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from billing.adjustment_codes import (
    CAPITATED,
    NEVER_FROM_PATIENT,
    PATIENT_SHARE_WORDS,
    Treatment,
    treatment,
)
from billing.ledger import Account, Balances, Entry, EntryKind, Side, transfer
from billing.money import ZERO, Cents, format_dollars, share_pro_rata
from billing.patient_share import ShareQuestion, patient_may_be_billed
from billing.remittance import Adjustment, ClaimPayment, Group, LinePayment

POSTED_BY_MACHINE = frozenset({"1", "4", "19"})
"""CLP02: processed as primary, denied, processed as primary and forwarded"""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A service line as it was billed."""

    line_id: str
    """The line's own id; REF*6R carries it in upper case"""
    procedure: str
    modifiers: tuple[str, ...]
    charge_cents: Cents
    service_date: date


@dataclass(frozen=True, slots=True)
class PostingSituation:
    """What posting must know besides the payment."""

    lines: tuple[BilledLine, ...]
    charge_cents: Cents
    filing_indicators: frozenset[str]
    """SBR09 of every policy of the patient's"""
    is_qmb: bool
    already_adjudicated: bool
    """A claim payment of this payer stands and was not reversed"""
    payer_detail: str
    """Sub-account of AR_INS: the payer's id"""
    pays_capitation: bool = False
    """The payer pays by the head (policy): CO-24 is settled by that"""
    has_next_payer: bool = False
    """Another policy is to be asked: what this payer calls the patient's goes there first"""


@dataclass(frozen=True, slots=True)
class DeniedAmount:
    """One amount the payer refused, or a share that may not be billed."""

    line_id: str
    group: str
    reason: str
    amount_cents: Cents
    remarks: tuple[str, ...] = ()
    blocked_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PostingVerdict:
    """What a claim payment does. Either `exception` says why it is not posted, or the entries are complete."""

    entries: tuple[Entry, ...] = ()
    denials: tuple[DeniedAmount, ...] = ()
    exception: str | None = None
    passed_on: tuple[DeniedAmount, ...] = ()
    """What the payer called the patient's, and the next payer is asked for first: stays on AR_INS"""
    patient_share_cents: Cents = ZERO
    notes: tuple[str, ...] = field(default=())


def post_claim_payment(payment: ClaimPayment, situation: PostingSituation, *, source: str) -> PostingVerdict:
    """Decide the entries for one CLP of the primary payer that is no reversal.

    `source` identifies it: remittance id and CLP ordinal. Source of the rules: 005010X221A1 balancing; CARC
    treatment in `adjustment_codes`; the gate in `patient_share`.
    """
    exception = why_not(payment, situation, posted=POSTED_BY_MACHINE)
    if exception is not None:
        return PostingVerdict(exception=exception)
    matched = match_lines(payment, situation.lines)
    if matched is None:
        return PostingVerdict(exception="its service lines do not match the claim's lines")
    unexplained = raised_without_reason((line for _, line in matched), is_first=True)
    if unexplained is not None:
        return PostingVerdict(exception=unexplained)
    return verdict_of(
        [(billed, _decide_line(billed, line, payment, situation)) for billed, line in matched], source=source
    )


def raised_without_reason(lines: Iterable[LinePayment], *, is_first: bool = False) -> str | None:
    """An adjustment that raises the payment and that no rule knows, in words; None: there is none. A negative amount is
    no denial, and nobody's to guess at. Of the first payer an earlier one's effect (OA-23) is as strange."""
    strange = {Treatment.DENIAL, Treatment.MEMO} if is_first else {Treatment.DENIAL}
    for line in lines:
        for one in line.adjustments:
            if one.amount_cents < 0 and treatment(one) in strange:
                code = f"{one.group}-{one.reason}"
                return f"{code} raises the payment by {format_dollars(-one.amount_cents)}, and no rule says what for"
    return None


@dataclass(slots=True)
class LineVerdict:
    """What one SVC does."""

    sides: list[Side] = field(default_factory=list)
    denials: list[DeniedAmount] = field(default_factory=list)
    passed_on: list[DeniedAmount] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verdict_of(lines: Sequence[tuple[BilledLine, LineVerdict]], *, source: str) -> PostingVerdict:
    """One entry per line that moves anything, and what is asked of people."""
    entries = [
        Entry(EntryKind.CLAIM_PAYMENT, f"{source}:{ordinal}", tuple(one.sides), billed.service_date)
        for ordinal, (billed, one) in enumerate(lines, start=1)
    ]
    entries = [entry for entry in entries if not entry.is_empty]
    share = Cents(sum(s.amount_cents for entry in entries for s in entry.sides if s.account == Account.AR_PATIENT))
    return PostingVerdict(
        entries=tuple(entries),
        denials=tuple(denied for _, one in lines for denied in one.denials),
        passed_on=tuple(passed for _, one in lines for passed in one.passed_on),
        patient_share_cents=share,
        notes=tuple(note for _, one in lines for note in one.notes),
    )


def why_not(payment: ClaimPayment, situation: PostingSituation, *, posted: frozenset[str]) -> str | None:
    """Why a claim payment is not posted by machine; None when it may be. `posted`: the CLP02 that may."""
    if payment.status not in posted:
        return f"claim status {payment.status} (CLP02) is not posted by machine"
    if situation.already_adjudicated:
        return "the claim was already adjudicated by this payer and the first answer was not reversed"
    if payment.charge_cents != situation.charge_cents:
        return (
            f"the payer answers a charge of {format_dollars(payment.charge_cents)}, "
            f"the claim was {format_dollars(situation.charge_cents)}"
        )
    if payment.paid_cents < 0:
        return "a negative payment that is no reversal"
    return None


def match_lines(payment: ClaimPayment, billed: Sequence[BilledLine]) -> list[tuple[BilledLine, LinePayment]] | None:
    """Pair each SVC with one billed line of the same charge: by REF*6R, else by code and modifiers, else by code.

    A surer rung is tried for every SVC before the next one. Parts of a line that the payer parted are joined. A payment
    without SVC is spread over the billed lines. None when any line is left over on either side.
    """
    if not payment.lines:
        return _spread(payment, billed)
    answered = lines_answered(payment, billed)
    if answered is None:
        return None
    whole: dict[BilledLine, LinePayment] = {}
    for of, line in zip(answered, _with_claim_adjustments(payment), strict=True):
        whole[of] = _joined(whole[of], line) if of in whole else line
    return list(whole.items())


def _joined(one: LinePayment, other: LinePayment) -> LinePayment:
    """Two parts of one billed line, as one answer."""
    return replace(
        one,
        charge_cents=Cents(one.charge_cents + other.charge_cents),
        paid_cents=Cents(one.paid_cents + other.paid_cents),
        adjustments=(*one.adjustments, *other.adjustments),
        remarks=tuple(dict.fromkeys((*one.remarks, *other.remarks))),
    )


def lines_answered(payment: ClaimPayment, billed: Sequence[BilledLine]) -> list[BilledLine] | None:
    """The billed line of each SVC, in the order of the SVCs; None when any line is left over on either side."""
    answered = _each_answered(payment, billed)
    return None if answered is None or len(set(answered)) != len(billed) else answered


def part_answered(payment: ClaimPayment, billed: Sequence[BilledLine]) -> tuple[BilledLine, ...]:
    """The billed lines that a payment answers, in the order of the claim: all of them, or those of its part where the
    payer split the claim. All of them too where that cannot be told.
    """
    whole = tuple(billed)
    if not payment.lines or payment.charge_cents == sum(line.charge_cents for line in billed):
        return whole
    answered = _each_answered(payment, billed)
    if answered is None:
        return whole
    part = tuple(line for line in billed if line in answered)
    return part if payment.charge_cents == sum(line.charge_cents for line in part) else whole


def _each_answered(payment: ClaimPayment, billed: Sequence[BilledLine]) -> list[BilledLine] | None:
    """The billed line of each SVC; None when an SVC has none. A line that the payer parted has several."""
    left = list(billed)
    found: dict[int, BilledLine] = {}
    for is_line in (_has_its_number, _has_its_code_and_modifiers, _has_its_code):
        for index, line in enumerate(payment.lines):
            fitting = [one for one in left if one.charge_cents == line.charge_cents and is_line(one, line)]
            if index not in found and fitting:
                found[index] = fitting[0]
                left.remove(fitting[0])
        _find_parted(payment, left, found, is_line)
    return [found[index] for index in range(len(payment.lines))] if len(found) == len(payment.lines) else None


def _find_parted(
    payment: ClaimPayment,
    left: list[BilledLine],
    found: dict[int, BilledLine],
    is_line: Callable[[BilledLine, LinePayment], bool],
) -> None:
    """A billed line that the payer answers in several SVC, whose charges sum to the line's."""
    for one in tuple(left):
        parts = [i for i, line in enumerate(payment.lines) if i not in found and is_line(one, line)]
        if len(parts) > 1 and sum(payment.lines[index].charge_cents for index in parts) == one.charge_cents:
            found.update(dict.fromkeys(parts, one))
            left.remove(one)


def _has_its_number(billed: BilledLine, line: LinePayment) -> bool:
    return line.control_number is not None and line.control_number.upper() == billed.line_id.upper()


def _has_its_code_and_modifiers(billed: BilledLine, line: LinePayment) -> bool:
    return _has_its_code(billed, line) and line.modifiers == billed.modifiers


def _has_its_code(billed: BilledLine, line: LinePayment) -> bool:
    return (line.submitted_procedure or line.procedure) == billed.procedure


def _with_claim_adjustments(payment: ClaimPayment) -> list[LinePayment]:
    """Each claim-level CAS shared over the lines by SVC03: the line then pays SVC03 less its share."""
    lines = list(payment.lines)
    for adjustment in payment.adjustments:
        shares = share_pro_rata(adjustment.amount_cents, [line.paid_cents for line in lines])
        for index, part in enumerate(shares):
            if part == 0:
                continue
            line = lines[index]
            lines[index] = replace(
                line,
                paid_cents=Cents(line.paid_cents - part),
                adjustments=(*line.adjustments, replace(adjustment, amount_cents=part)),
            )
    return lines


def _spread(payment: ClaimPayment, billed: Sequence[BilledLine]) -> list[tuple[BilledLine, LinePayment]]:
    """A claim paid without line detail: every amount is shared by charge, and each line still balances."""
    weights = [line.charge_cents for line in billed]
    adjustments = [share_pro_rata(one.amount_cents, weights) for one in payment.adjustments]
    pairs = []
    for index, line in enumerate(billed):
        own = tuple(
            Adjustment(one.group, one.reason, shares[index])
            for one, shares in zip(payment.adjustments, adjustments, strict=True)
        )
        paid = Cents(line.charge_cents - sum(one.amount_cents for one in own))
        pairs.append((line, LinePayment(line.procedure, line.charge_cents, paid, own)))
    return pairs


def _decide_line(
    billed: BilledLine, line: LinePayment, payment: ClaimPayment, situation: PostingSituation
) -> LineVerdict:
    decided = LineVerdict(sides=[*move(Account.CASH_UNAPPLIED, line.paid_cents, billed, situation)])
    remarks = remarks_on(line, payment)
    shares: list[Adjustment] = []
    for adjustment in line.adjustments:
        if adjustment.amount_cents == 0:
            continue  # nothing was refused or assigned; a spread claim leaves such parts on its small lines
        code = f"{adjustment.group}-{adjustment.reason}"
        kind = treatment(adjustment)
        if goes_on(adjustment, situation):
            decided.passed_on.append(denied_amount(billed, adjustment, remarks))
        elif kind in TAKEN_OFF:
            decided.sides += move(TAKEN_OFF[kind], adjustment.amount_cents, billed, situation, code)
        elif is_capitated(adjustment, situation):
            decided.sides += move(Account.ADJUSTMENT_CAPITATION, adjustment.amount_cents, billed, situation, code)
        elif kind == Treatment.PATIENT_SHARE:
            shares.append(adjustment)
        else:
            decided.denials.append(denied_amount(billed, adjustment, remarks))
    bill_shares(decided, shares, billed, line, payment, situation)
    return decided


TAKEN_OFF = {
    Treatment.CONTRACTUAL: Account.ADJUSTMENT_CONTRACTUAL,
    Treatment.SEQUESTRATION: Account.ADJUSTMENT_SEQUESTRATION,
    Treatment.WITHHOLD: Account.AR_WITHHOLD,
}
"""Where an adjustment that settles its amount goes"""


def is_capitated(adjustment: Adjustment, situation: PostingSituation) -> bool:
    """Whether a payment by the head settles the amount."""
    return situation.pays_capitation and (adjustment.group, adjustment.reason) == (Group.CONTRACTUAL, CAPITATED)


def goes_on(adjustment: Adjustment, situation: PostingSituation) -> bool:
    """Whether the next payer is asked for this amount before anybody else: all that is called the patient's (PR), and
    what the payer forbids to collect from the patient."""
    return situation.has_next_payer and (adjustment.group == Group.PATIENT or adjustment.reason in NEVER_FROM_PATIENT)


def bill_shares(
    decided: LineVerdict,
    shares: Sequence[Adjustment],
    billed: BilledLine,
    line: LinePayment,
    payment: ClaimPayment,
    situation: PostingSituation,
) -> None:
    """Put the patient's shares of one line through the gate: onto AR_PAT, or a question to a person."""
    remarks = remarks_on(line, payment)
    permission = patient_may_be_billed(
        ShareQuestion(
            filing_indicators=situation.filing_indicators,
            is_qmb=situation.is_qmb,
            remarks=frozenset(remarks),
            reasons=frozenset(one.reason for one in line.adjustments),
            has_open_denial=bool(decided.denials),
        )
    )
    for adjustment in shares:
        code = f"{adjustment.group}-{adjustment.reason}"
        if permission.allowed:
            decided.sides += move(Account.AR_PATIENT, adjustment.amount_cents, billed, situation, code)
            words = PATIENT_SHARE_WORDS[adjustment.reason]
            decided.notes.append(f"{words} of {format_dollars(adjustment.amount_cents)} is the patient's")
        else:
            blocked = denied_amount(billed, adjustment, remarks)
            decided.denials.append(replace(blocked, blocked_reason=permission.reason))


def remarks_on(line: LinePayment, payment: ClaimPayment) -> tuple[str, ...]:
    """The RARCs of a line and of its claim, each once."""
    return tuple(dict.fromkeys((*line.remarks, *payment.remarks)))


def denied_amount(billed: BilledLine, adjustment: Adjustment, remarks: tuple[str, ...]) -> DeniedAmount:
    """One amount of one line, as a person looks at it."""
    return DeniedAmount(billed.line_id, adjustment.group, adjustment.reason, adjustment.amount_cents, remarks)


def move(
    debit: Account, cents: Cents, billed: BilledLine, situation: PostingSituation, code: str = ""
) -> tuple[Side, Side]:
    """Take an amount off the payer's account; `code` is the sub-account it goes to."""
    debit_side, credit_side = transfer(debit, Account.AR_INSURANCE, cents, line_id=billed.line_id)
    return replace(debit_side, detail=code), replace(credit_side, detail=situation.payer_detail)


def repeats_an_answer(payment: ClaimPayment) -> bool:
    """Whether the payer only says that it has this claim already: nothing paid, and everything refused as a duplicate
    (CARC 18, or B13 paid before)."""
    adjustments = list(payment.all_adjustments())
    refused = [one for one in adjustments if one.amount_cents]
    return payment.paid_cents == 0 and bool(refused) and all(one.reason in {"18", "B13"} for one in refused)


def reverses(reversal: ClaimPayment, original: ClaimPayment) -> bool:
    """Whether a CLP 22 takes back exactly `original`: same claim, same payer number where given, amounts negated."""
    same_payer_claim = (
        reversal.payer_claim_number is None
        or original.payer_claim_number is None
        or reversal.payer_claim_number == original.payer_claim_number
    )
    return (
        same_payer_claim
        and reversal.control_number == original.control_number
        and reversal.charge_cents == -original.charge_cents
        and reversal.paid_cents == -original.paid_cents
    )


def reversing_entries(posted: Sequence[Entry], *, source: str) -> tuple[Entry, ...]:
    """The same entries with every side negated, under the reversal's own source."""
    return tuple(
        Entry(
            EntryKind.REVERSAL,
            f"{source}:{ordinal}",
            tuple(replace(side, amount_cents=Cents(-side.amount_cents)) for side in entry.sides),
            entry.service_date,
        )
        for ordinal, entry in enumerate(posted, start=1)
    )


def allocation(balances: Balances, line_order: Sequence[str], *, source: str) -> Entry | None:
    """Apply unapplied patient money to the patient's balances, first line first; None when there is nothing to do.

    Money is held per encounter, without a line, until a balance takes it.
    """
    available = -balances.line(Account.PATIENT_UNAPPLIED, None)
    sides: list[Side] = []
    for line_id in line_order:
        owed = balances.line(Account.AR_PATIENT, line_id)
        part = Cents(min(available, owed))
        if part <= 0:
            continue
        sides.append(Side(Account.PATIENT_UNAPPLIED, part, None))
        sides.append(Side(Account.AR_PATIENT, Cents(-part), line_id))
        available -= part
    return Entry(EntryKind.ALLOCATION, source, tuple(sides)) if sides else None


def deallocation(
    balances: Balances, applied: Mapping[str, int], line_order: Sequence[str], *, source: str
) -> Entry | None:
    """Take patient money off the balances again, last line first, because a payment was taken back; None when what
    is unapplied covers it. `applied`: cents of the patient's money on each line so far."""
    missing = balances.line(Account.PATIENT_UNAPPLIED, None)
    sides: list[Side] = []
    for line_id in reversed(line_order):
        part = Cents(min(missing, applied.get(line_id, 0)))
        if part <= 0:
            continue
        sides.append(Side(Account.AR_PATIENT, part, line_id))
        sides.append(Side(Account.PATIENT_UNAPPLIED, Cents(-part), None))
        missing = Cents(missing - part)
    return Entry(EntryKind.ALLOCATION, source, tuple(sides)) if sides else None


SMALL = "small balance"
"""Sub-account of what was too little to ask for"""


def reinstatement(balances: Balances, line_order: Sequence[str], *, available_cents: int, source: str) -> Entry | None:
    """Bring back what was given up or waived: what a reversal takes off the patient's account, and what the patient
    pays now."""
    sides: list[Side] = []
    for line_id in line_order:
        taken_off = max(0, -balances.line(Account.AR_PATIENT, line_id))
        for account, detail in ((Account.BAD_DEBT, ""), (Account.ADJUSTMENT_SMALL, SMALL)):
            part = Cents(min(balances.line(account, line_id), taken_off + available_cents))
            if part <= 0:
                continue
            sides += transfer(Account.AR_PATIENT, account, part, line_id=line_id, detail=detail)
            available_cents -= max(0, part - taken_off)
            taken_off = max(0, taken_off - part)
    return Entry(EntryKind.REINSTATED, source, tuple(sides)) if sides else None


def released_credit(balances: Balances, line_order: Sequence[str], *, source: str) -> Entry | None:
    """Turn a patient balance below zero (paid more than the corrected share) into unapplied money of the patient."""
    sides: list[Side] = []
    for line_id in line_order:
        owed = balances.line(Account.AR_PATIENT, line_id)
        if owed < 0:
            sides.append(Side(Account.AR_PATIENT, Cents(-owed), line_id))
            sides.append(Side(Account.PATIENT_UNAPPLIED, owed, None))
    return Entry(EntryKind.CREDIT, source, tuple(sides)) if sides else None
