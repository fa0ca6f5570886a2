"""An office of another system, invented from a seed: its files, and what its own aging says."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from billing.claim import Sex
from billing.money import Cents
from billing.moving import (
    AgingParty,
    AgingRow,
    DunningStage,
    MovedAccount,
    MovedClaim,
    MovedCoverage,
    MovedLine,
    MovedPatient,
    MovedPlan,
    MovedProvider,
    MovingOffice,
    OwedBy,
)
from interchange import moving_files
from tests.builders import CLINIC_NPI, DOCTOR_NPI, TAX_ID

AS_OF = date(2026, 10, 31)
PAYERS = (("99999", "EXAMPLE PAYER", "CI"), ("88888", "OTHER PAYER", "BL"), ("77777", "MEDICARE PART B", "MB"))
LAST = ("ADAMS", "BAKER", "CLARK", "DAVIS", "EVANS", "FISHER", "GRANT", "HAYES", "IRWIN", "JONES")
FIRST = ("ALICE", "BRUCE", "CARLA", "DAVID", "ERICA", "FRANK", "GRACE", "HENRY", "INGRID", "JAMES")
PROCEDURES = (("99213", 15000), ("99214", 21050), ("36415", 1899), ("93000", 7525), ("J1100", 333))


def files_of(office: MovingOffice) -> dict[str, bytes]:
    return {name: text.encode() for name, text in moving_files.write(office).items()}


def aging_of(office: MovingOffice) -> tuple[AgingRow, ...]:
    """What the old system's report says: added up by its own hand, not by the code that is tested."""
    sums: dict[tuple[str, str], int] = {}
    for one in office.lines:
        if one.owed_by == "unbilled":
            continue
        days = (AS_OF - one.service_date).days
        bucket = "0-30" if days < 31 else "31-60" if days < 61 else "61-90" if days < 91 else "91-120"
        bucket = "over 120" if days > 120 else bucket
        with_payer = one.owed_by in ("P", "S", "T")
        for party, cents in (
            ("insurance", one.balance - one.patient_part if with_payer else 0),
            ("patient", one.patient_part if with_payer else one.balance),
        ):
            sums[party, bucket] = sums.get((party, bucket), 0) + cents
    return tuple(
        AgingRow(0, AS_OF, AgingParty(party), bucket, Cents(cents)) for (party, bucket), cents in sorted(sums.items())
    )


def old_office(accounts: int, seed: int = 1) -> MovingOffice:
    """So many accounts: most visits with a payer or the patient, some at a second payer, unsent, unbilled, self-pay,
    settled or overpaid."""
    draw = Random(seed)
    patients, coverages, lines, claims, dunning, plans = [], [], [], [], [], []
    for number in range(1, accounts + 1):
        patient = f"P{number:05d}"
        patients.append(_patient(draw, number, patient))
        held = draw.choice((1, 1, 1, 2, 2)) if draw.random() < 0.93 else 0
        coverages += [_coverage(draw, patient, place) for place in "PS"[:held]]
        owes = False
        for ordinal in range(draw.choice((1, 1, 2, 3))):
            visit = f"V{number:05d}-{ordinal}"
            made, sent = _visit(draw, visit, patient, held)
            lines += made
            claims += sent
            owes |= any(one.owed_by == OwedBy.PATIENT and one.balance > 0 for one in made)
        if owes and draw.random() < 0.8:
            dunning.append(_account(draw, patient))
        if owes and draw.random() < 0.1:
            plans.append(MovedPlan(0, patient, Cents(2500), draw.randint(1, 28), Cents(10000)))
    office = MovingOffice(
        providers=(
            MovedProvider(0, CLINIC_NPI, "billing", "EXAMPLE CLINIC", None, TAX_ID, "207Q00000X", *_place()),
            MovedProvider(0, DOCTOR_NPI, "rendering", "SMITH", "ANN"),
        ),
        patients=tuple(patients),
        coverages=tuple(coverages),
        lines=tuple(lines),
        claims=tuple(claims),
        accounts=tuple(dunning),
        plans=tuple(plans),
    )
    return replace(office, aging=aging_of(office))


def _place() -> tuple[str, str, str, str]:
    return "100 MAIN ST", "ANYTOWN", "OH", "441011234"


def _patient(draw: Random, number: int, patient: str) -> MovedPatient:
    return MovedPatient(
        line=0,
        patient=patient,
        last_name=f"{draw.choice(LAST)}{number}",
        first_name=draw.choice(FIRST),
        birth_date=date(1940, 1, 1) + timedelta(days=draw.randrange(25000)),
        sex=draw.choice((Sex.FEMALE, Sex.MALE)),
        street=f"{number} ELM ST",
        city="ANYTOWN",
        state="OH",
        postal_code="441019999",
        telephone=f"614555{number:04d}",
    )


def _coverage(draw: Random, patient: str, place: str) -> MovedCoverage:
    payer_id, name, indicator = PAYERS[0] if place == "P" else draw.choice(PAYERS[1:])
    return MovedCoverage(0, patient, place, payer_id, name, f"{place}{patient}", filing_indicator=indicator)


def _account(draw: Random, patient: str) -> MovedAccount:
    stage = draw.choice(list(DunningStage))
    if stage == DunningStage.NONE:
        return MovedAccount(0, patient, stage)
    papers = {DunningStage.STATEMENT: 1, DunningStage.REMINDER: 2, DunningStage.FINAL_NOTICE: 3}[stage]
    last = AS_OF - timedelta(days=draw.randint(1, 60))
    return MovedAccount(0, patient, stage, papers, last - timedelta(days=30 * (papers - 1)), last)


def _visit(draw: Random, visit: str, patient: str, held: int) -> tuple[list[MovedLine], list[MovedClaim]]:
    day = AS_OF - timedelta(days=draw.randint(3, 200))
    kinds = ["P", "P", "P", "patient", "patient", "nobody", "unsent", "unbilled", "credit"] if held else ["self-pay"]
    kind = draw.choice(kinds + ["S", "S"] * (held - 1))
    lines = [_line(draw, visit, patient, day, kind) for _ in range(draw.randint(1, 4))]
    if kind in ("unsent", "unbilled", "self-pay"):
        return lines, []
    sent = [_claim(draw, visit, "P", day + timedelta(days=1), known=kind != "P" or draw.random() < 0.5)]
    if kind == "S":
        sent.append(_claim(draw, visit, "S", day + timedelta(days=2), known=False))
    return lines, sent


def _line(draw: Random, visit: str, patient: str, day: date, kind: str) -> MovedLine:
    procedure, charge = draw.choice(PROCEDURES)
    about = MovedLine(
        line=0,
        visit=visit,
        patient=patient,
        service_date=day,
        procedure=procedure,
        charge=Cents(charge),
        balance=Cents(0),
        owed_by=OwedBy.NOBODY,
        diagnoses=("J069", "I10")[: draw.randint(1, 2)],
        rendering_npi=DOCTOR_NPI,
    )
    if kind == "unbilled":
        return replace(about, owed_by=OwedBy.UNBILLED)
    if kind == "unsent":
        return replace(about, balance=Cents(charge), owed_by=OwedBy.PRIMARY)
    if kind == "P":
        copay = draw.choice((0, 0, charge // 10))
        return replace(about, balance=Cents(charge - copay), patient_paid=Cents(copay), owed_by=OwedBy.PRIMARY)
    if kind == "self-pay":
        return replace(about, balance=Cents(charge), owed_by=OwedBy.PATIENT)
    adjusted = draw.randrange(charge // 3 + 1)
    paid = draw.randrange((charge - adjusted) // 2 + 1)
    left = charge - adjusted - paid
    about = replace(about, insurance_paid=Cents(paid), adjusted=Cents(adjusted))
    if kind == "S":
        return replace(about, balance=Cents(left), owed_by=OwedBy.SECONDARY)
    if kind == "patient":
        some = draw.randrange(left)
        return replace(about, balance=Cents(left - some), patient_paid=Cents(some), owed_by=OwedBy.PATIENT)
    if kind == "credit":
        return replace(about, balance=Cents(-500), patient_paid=Cents(left + 500), owed_by=OwedBy.PATIENT)
    return replace(about, patient_paid=Cents(left))


def _claim(draw: Random, visit: str, payer: str, left: date, *, known: bool) -> MovedClaim:
    """Sent on `left`; `known`: the payer has given it a number."""
    number = f"OLD{visit}{payer}"
    icn = f"ICN{visit}{payer}" if known else None
    limit = left + timedelta(days=365) if draw.random() < 0.3 else None
    return MovedClaim(0, visit, number, payer, left, left, icn, filing_deadline=limit)
