"""What is wrong with an office that moves, over all its rows at once: each fault with file, line, column, and
what to do.

Nothing moves while there is one. What a person should know and nothing forbids is a note.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from billing.money import format_dollars
from billing.moving import (
    DunningStage,
    MovedClaim,
    MovedCoverage,
    MovedLine,
    MovedVisit,
    MovingOffice,
    OwedBy,
    Tie,
    VisitState,
    tie,
)
from billing.patient_share import ShareQuestion, patient_may_be_billed

MOST_LINES, MOST_DIAGNOSES = 50, 12
"""Of one professional claim (005010X222A1)"""


@dataclass(frozen=True, slots=True)
class MovingFault:
    """Why an office cannot move as its files are."""

    file: str
    line: int
    """From 1, the header; 0: of the whole file"""
    column: str
    message: str
    """What, and what to do"""

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{place}{f', {self.column}' if self.column else ''}: {self.message}"


def faults_of(office: MovingOffice) -> list[MovingFault]:
    """Every fault that the rows have among each other, in the order of files and lines."""
    found = [fault for check in _CHECKS for fault in check(office)]
    return sorted(found, key=lambda one: (one.file, one.line))


def notes_of(office: MovingOffice) -> list[str]:
    """What nothing forbids and a person should know before it is done."""
    states = Counter(visit.state for visit in office.visits)
    notes = []
    if count := states[VisitState.UNSENT] + states[VisitState.UNBILLED]:
        notes.append(
            f"{count} visits are owed by a payer and no claim of theirs is in claims.csv: they are billed from here as "
            "new claims. Where the old system has sent them, add the claim, or the payer gets it twice"
        )
    if count := sum(bool(one.missing) for one in office.coverages):
        notes.append(
            f"{count} policies lack the payer's number, its name or the member id: a visit under one waits at its "
            "registration until a person has added it"
        )
    as_of = office.aging[0].as_of if office.aging else None
    late = [one for one in office.claims if one.filing_deadline and as_of and one.filing_deadline < as_of]
    if count := sum(not one.payer_claim_number for one in late):
        notes.append(f"{count} claims have a filing deadline that has passed, and no payer has given them a number")
    told = {one.patient for one in office.accounts}
    owing = {visit.patient for visit in office.visits if any(_is_patients(one) for one in visit.lines)}
    if left := len(owing - told):
        notes.append(f"{left} patients owe and are not in accounts.csv: they are asked as if they had had no statement")
    people = Counter((one.last_name.upper(), (one.first_name or "").upper(), one.birth_date) for one in office.patients)
    if double := sum(count - 1 for (*_, born), count in people.items() if born and count > 1):
        notes.append(
            f"{double} rows of patients.csv have the name and birth date of another: they are one patient here"
        )
    idle = len(office.patients) - len({one.patient for one in office.lines})
    if idle > 0:
        notes.append(f"{idle} patients have no visit in lines.csv: they are registered, with their policies")
    return notes


def not_tied(found: Tie) -> MovingFault | None:
    """Why the lines do not come to the old aging; None: to the cent."""
    if found.as_of is None:
        words = "there is no row: give the old system's totals, or nothing says that all of it moved"
        return MovingFault("aging.csv", 0, "", words)
    if found.holds:
        return None
    off = found.total_cents - found.told_cents
    cells = [
        f"{one.owed_by} {one.bucket}: the lines come to {format_dollars(one.found_cents)}, the aging says "
        f"{format_dollars(one.told_cents)}"
        for one in found.cells
        if one.difference_cents
    ]
    words = f"the lines are off by {format_dollars(off)} in all. {'; '.join(cells)}"
    return MovingFault("aging.csv", 0, "total", words)


def _is_patients(line: MovedLine) -> bool:
    return line.owed_by == OwedBy.PATIENT and line.balance > 0


def _twice(office: MovingOffice) -> Iterator[MovingFault]:
    keyed: tuple[tuple[str, str, Iterable[tuple[object, int]]], ...] = (
        ("patients.csv", "patient", ((one.patient, one.line) for one in office.patients)),
        ("coverages.csv", "responsibility", _coverage_keys(office.coverages)),
        ("accounts.csv", "patient", ((one.patient, one.line) for one in office.accounts)),
        ("plans.csv", "patient", ((one.patient, one.line) for one in office.plans)),
        ("appointments.csv", "appointment", ((one.appointment, one.line) for one in office.appointments)),
        ("providers.csv", "npi", ((one.npi, one.line) for one in office.providers)),
        ("aging.csv", "bucket", (((one.owed_by, one.bucket), one.line) for one in office.aging)),
    )
    for file, column, keys in keyed:
        first: dict[object, int] = {}
        for key, line in keys:
            if (earlier := first.setdefault(key, line)) != line:
                yield MovingFault(
                    file, line, column, f"the same stands in line {earlier} already: take one of them out"
                )


def _coverage_keys(rows: Iterable[MovedCoverage]) -> Iterator[tuple[object, int]]:
    return (((one.patient, one.responsibility, one.effective_from), one.line) for one in rows)


def _strangers(office: MovingOffice) -> Iterator[MovingFault]:
    """Rows about patients and visits that no other file has."""
    patients = {one.patient for one in office.patients}
    about: tuple[tuple[str, Iterable[tuple[str, int]]], ...] = (
        ("coverages.csv", ((one.patient, one.line) for one in office.coverages)),
        ("lines.csv", ((one.patient, one.line) for one in office.lines)),
        ("accounts.csv", ((one.patient, one.line) for one in office.accounts)),
        ("plans.csv", ((one.patient, one.line) for one in office.plans)),
        ("appointments.csv", ((one.patient, one.line) for one in office.appointments)),
    )
    for file, rows in about:
        for patient, line in rows:
            if patient not in patients:
                yield MovingFault(file, line, "patient", "patients.csv has no such patient: add it there")
    visits = {one.visit for one in office.lines}
    for claim in office.claims:
        if claim.visit not in visits:
            words = "lines.csv has no such visit: add its lines, or take the claim out"
            yield MovingFault("claims.csv", claim.line, "visit", words)


def _sums(office: MovingOffice) -> Iterator[MovingFault]:
    for one in office.lines:
        if one.owed_by == OwedBy.UNBILLED and (one.insurance_paid or one.adjusted):
            words = "nobody has paid or taken anything off an unbilled charge: say who owes it"
            yield MovingFault("lines.csv", one.line, "owed_by", words)
        if one.explained != one.balance:
            is_unbilled = one.owed_by == OwedBy.UNBILLED
            what = "nothing less what was paid ahead" if is_unbilled else "charge less payments and adjustments"
            words = (
                f"{what} is {format_dollars(one.explained)}, the balance says "
                f"{format_dollars(one.balance)}: put the one that is wrong right"
            )
            yield MovingFault("lines.csv", one.line, "balance", words)
        if not one.procedure and one.owed_by != OwedBy.UNBILLED:
            yield MovingFault("lines.csv", one.line, "procedure", "is empty, and the line is billed: say what was done")
        if one.owed_by == OwedBy.NOBODY and one.balance:
            yield MovingFault("lines.csv", one.line, "owed_by", "the balance is open: say who owes it")
        if one.patient_part and (not one.is_with_payer or not 0 < one.patient_part <= one.balance):
            words = "is the patient's part of a balance that is with a payer, and no more than that"
            yield MovingFault("lines.csv", one.line, "patient_part", words)


def _visits(office: MovingOffice) -> Iterator[MovingFault]:
    for visit in office.visits:
        for check in (_one_visit, _its_policies, _its_claims, _may_be_asked):
            yield from check(visit, office)


def _one_visit(visit: MovedVisit, office: MovingOffice) -> Iterator[MovingFault]:
    """Lines under one number are one visit of one patient, with one payer."""
    about: tuple[tuple[str, Callable[[MovedLine], object]], ...] = (
        ("patient", lambda one: one.patient),
        ("billing_npi", lambda one: one.billing_npi),
        ("rendering_npi", lambda one: one.rendering_npi),
    )
    for column, value in about:
        odd = next((one for one in visit.lines if value(one) != value(visit.lines[0])), None)
        if odd is not None:
            words = f"is another one than in line {visit.lines[0].line}, which has the same visit number"
            yield MovingFault("lines.csv", odd.line, column, f"{words}: give the visits numbers of their own")
    owing = [one for one in visit.lines if one.is_with_payer]
    odd = next((one for one in owing if one.owed_by != owing[0].owed_by), None)
    if odd is not None:
        words = f"line {owing[0].line} of the same visit is with another payer: name the one that has the claim now"
        yield MovingFault("lines.csv", odd.line, "owed_by", words)
    unbilled = [one for one in visit.lines if one.owed_by == OwedBy.UNBILLED]
    if unbilled and len(unbilled) < len(visit.lines):
        words = "other lines of the visit are billed: give the unbilled ones a visit number of their own"
        yield MovingFault("lines.csv", unbilled[0].line, "owed_by", words)
    if len(visit.lines) > MOST_LINES:
        words = f"the visit has {len(visit.lines)} lines, a claim holds {MOST_LINES}: divide it"
        yield MovingFault("lines.csv", visit.lines[MOST_LINES].line, "visit", words)
    if len({code for one in visit.lines for code in one.diagnoses}) > MOST_DIAGNOSES:
        words = f"the visit has more than {MOST_DIAGNOSES} diagnoses: a claim holds no more"
        yield MovingFault("lines.csv", visit.lines[0].line, "diagnoses", words)


def _its_policies(visit: MovedVisit, office: MovingOffice) -> Iterator[MovingFault]:
    policies = office.coverages_of(visit.patient, visit.service_date)
    held = {one.responsibility for one in policies}
    for policy in (one for one in policies if one.responsibility in {claim.payer for claim in visit.claims}):
        for column in policy.missing:
            words = f"is empty, and a claim of visit {visit.number} went to this payer: fill it in"
            yield MovingFault("coverages.csv", policy.line, column, words)
    for claim in visit.claims:
        if claim.payer not in held:
            words = "coverages.csv has no such policy of the patient on the day of service: add it"
            yield MovingFault("claims.csv", claim.line, "payer", words)
    for one in visit.lines:
        wanted = "P" if one.owed_by == OwedBy.UNBILLED else one.owed_by
        is_unbilled = one.owed_by == OwedBy.UNBILLED and held
        if (one.is_with_payer or is_unbilled) and wanted not in held:
            words = f"coverages.csv has no policy {wanted} of the patient on the day of service: add it"
            yield MovingFault("lines.csv", one.line, "owed_by", words)


def _its_claims(visit: MovedVisit, office: MovingOffice) -> Iterator[MovingFault]:
    for claim in visit.claims:
        yield from _its_days(claim, visit)
    first = visit.lines[0].line
    state = visit.state
    if state == VisitState.UNBILLED and visit.claims:
        words = "claims.csv has a claim of this visit: then its charge is billed; say who owes it"
        yield MovingFault("lines.csv", first, "owed_by", words)
    if state == VisitState.WITH_PAYER and visit.payer != visit.owing_payer:
        words = f"{visit.owing_payer} owes the visit, and the newest claim in claims.csv went to {visit.payer}"
        yield MovingFault("lines.csv", first, "owed_by", f"{words}: add the claim, or name who has it now")
    answered = any(one.insurance_paid or one.adjusted or one.patient_part for one in visit.lines)
    if state == VisitState.UNSENT and (answered or visit.owing_payer != "P"):
        words = "a payer has answered, and claims.csv has no claim of the visit: add the one that it answered"
        yield MovingFault("lines.csv", first, "visit", words)
    if state == VisitState.SELF_PAY and any(one.insurance_paid for one in visit.lines):
        words = "a payer has paid, and claims.csv has no claim of the visit: add the one that it paid"
        yield MovingFault("lines.csv", first, "visit", words)


def _its_days(claim: MovedClaim, visit: MovedVisit) -> Iterator[MovingFault]:
    if claim.last_submitted < claim.first_submitted:
        words = "lies before first_submitted: the claim was sent first, then again"
        yield MovingFault("claims.csv", claim.line, "last_submitted", words)
    if claim.first_submitted < visit.service_date:
        words = f"lies before the visit of {visit.service_date}: one of the days is wrong"
        yield MovingFault("claims.csv", claim.line, "first_submitted", words)


def _may_be_asked(visit: MovedVisit, office: MovingOffice) -> Iterator[MovingFault]:
    """What law keeps from a patient's account it keeps from one that moves."""
    owing = next((one for one in visit.lines if _is_patients(one) or one.patient_part > 0), None)
    if owing is None:
        return
    policies = office.coverages_of(visit.patient, visit.service_date)
    question = ShareQuestion(
        filing_indicators=frozenset(one.filing_indicator for one in policies if one.filing_indicator),
        is_qmb=False,
        remarks=frozenset(),
        reasons=frozenset(),
        has_open_denial=False,
    )
    permission = patient_may_be_billed(question)
    if not permission.allowed:
        words = f"{permission.reason}. Write it off in the old system, or say which payer owes it"
        yield MovingFault("lines.csv", owing.line, "owed_by", words)


def _control_numbers(office: MovingOffice) -> Iterator[MovingFault]:
    """A payer's answer names a claim by its number: it must lead to one visit."""
    first: dict[str, MovedClaim] = {}
    for claim in office.claims:
        earlier = first.setdefault(claim.control_number.upper(), claim)
        if earlier.visit != claim.visit:
            words = f"line {earlier.line} has the same number for another visit: a payer's answer would fit both"
            yield MovingFault("claims.csv", claim.line, "control_number", words)


def _days_to_come(office: MovingOffice) -> Iterator[MovingFault]:
    """Nothing has happened after the day of the old system's aging."""
    if not office.aging:
        return
    as_of = office.aging[0].as_of
    words = f"lies after {as_of}, the day of aging.csv"
    for claim in office.claims:
        for name in ("first_submitted", "last_submitted"):
            if getattr(claim, name) > as_of:
                yield MovingFault("claims.csv", claim.line, name, words)
    for line in office.lines:
        if line.service_date > as_of:
            yield MovingFault("lines.csv", line.line, "service_date", f"{words}: what is to come is an appointment")
    for account in office.accounts:
        if account.last_statement is not None and account.last_statement > as_of:
            yield MovingFault("accounts.csv", account.line, "last_statement", words)
    for coming in office.appointments:
        if coming.day < as_of:
            before = f"lies before {as_of}, the day of aging.csv: take it out; what took place is a visit"
            yield MovingFault("appointments.csv", coming.line, "day", before)
    for patient in office.patients:
        if patient.birth_date is not None and patient.birth_date > as_of:
            yield MovingFault("patients.csv", patient.line, "birth_date", words)


def _accounts(office: MovingOffice) -> Iterator[MovingFault]:
    for one in office.accounts:
        if one.stage != DunningStage.NONE and (one.last_statement is None or one.statements < 1):
            words = f"after a {one.stage.replace('_', ' ')}, give the number of papers sent and the day of the last one"
            yield MovingFault("accounts.csv", one.line, "last_statement", words)
        if one.first_statement and one.last_statement and one.last_statement < one.first_statement:
            words = "lies before first_statement: one of the days is wrong"
            yield MovingFault("accounts.csv", one.line, "last_statement", words)
        if one.paused_until and not one.pause_reason:
            words = "say why nothing is asked until that day: dispute, assistance, estate"
            yield MovingFault("accounts.csv", one.line, "pause_reason", words)


def _amounts(office: MovingOffice) -> Iterator[MovingFault]:
    for plan in office.plans:
        if plan.amount <= 0:
            yield MovingFault("plans.csv", plan.line, "amount", "an instalment is above zero")
        if plan.balance <= 0:
            words = "nothing is left to pay: take the plan out"
            yield MovingFault("plans.csv", plan.line, "balance", words)
    for line in office.lines:
        if line.charge < 0:
            yield MovingFault("lines.csv", line.line, "charge", "a charge is not below zero: move what it came to")


def _aging(office: MovingOffice) -> Iterator[MovingFault]:
    for row in office.aging:
        if row.as_of != office.aging[0].as_of:
            words = f"line {office.aging[0].line} has another day: an aging is of one day"
            yield MovingFault("aging.csv", row.line, "as_of", words)
        buckets = {one.bucket for one in office.aging if one.owed_by == row.owed_by}
        if row.bucket == "total" and len(buckets) > 1:
            words = f"{row.owed_by} is told by age, too: keep the buckets, or the total"
            yield MovingFault("aging.csv", row.line, "bucket", words)


def _providers(office: MovingOffice) -> Iterator[MovingFault]:
    for one in office.providers:
        if one.kind == "billing" and not (one.tax_id and one.street and one.city and one.state and one.postal_code):
            words = "who is billed under needs a tax id and a whole address: fill them in"
            yield MovingFault("providers.csv", one.line, "tax_id", words)


_CHECKS: tuple[Callable[[MovingOffice], Iterator[MovingFault]], ...] = (
    _providers,
    _twice,
    _strangers,
    _sums,
    _visits,
    _control_numbers,
    _accounts,
    _days_to_come,
    _amounts,
    _aging,
)


def tied(office: MovingOffice) -> Tie:
    """The old aging beside the lines of the office."""
    return tie(office.lines, office.aging)
