"""Files to read and write: as many claims as asked for, valid and balanced, the same bytes for the same count."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from billing.claim import (
    Address,
    BatchHeader,
    Claim,
    ClaimBatch,
    Contact,
    Coverage,
    Diagnosis,
    Name,
    Party,
    Person,
    Reference,
    ServiceLine,
    Sex,
)
from billing.code_tables import CodeEntry
from billing.hospital_bill import ValueAmount
from billing.institutional_claim import InstitutionalBatch, InstitutionalClaim, InstitutionalLine
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment, Remittance
from interchange.x12 import claims_837i, claims_837p, remittance_835, writing
from interchange.x12.fields import Elements

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLAIMS_A_SET = 5_000
"""CLM in one ST, as the guide advises; the same for CLP"""
SERVICES = (("99213", 15000, 9000), ("99214", 22050, 13010), ("93000", 6000, 2525), ("36415", 2500, 310))
SENDER = writing.Address("ZZ", "BENCHSENDER")
RECEIVER = writing.Address("ZZ", "BENCHRECEIVER")


def claims(count: int) -> Iterator[Claim]:
    """Visits of one or two lines, one subscriber each."""
    return (_claim(number) for number in range(count))


def children(count: int) -> Iterator[Claim]:
    """The same visits, each of a subscriber's child; the subscriber has a social security number."""
    return (_of_child(claim, number) for number, claim in enumerate(claims(count)))


def stays(count: int) -> Iterator[InstitutionalClaim]:
    """Institutional claims of one to three lines, one subscriber each."""
    return (_stay(claim, number) for number, claim in enumerate(claims(count)))


def payments(count: int) -> Iterator[ClaimPayment]:
    """The answers to them: contractual adjustments, every third with a coinsurance."""
    return (_payment(number) for number in range(count))


def write_claims(path: Path, count: int) -> None:
    """An 837P of `count` claims."""
    every = list(claims(count))
    sets = [
        (f"{number:04d}", claims_837p.write(batch(every[at : at + CLAIMS_A_SET])))
        for number, at in enumerate(range(0, count, CLAIMS_A_SET), start=1)
    ]
    _write(path, claims_837p.VERSION, sets, "837")


def order_file(path: Path, entries: Sequence[CodeEntry]) -> None:
    """An ICD-10-CM order file of these codes."""
    with path.open("w", encoding="utf-8") as file:
        for number, one in enumerate(sorted(entries, key=lambda entry: entry.code), start=1):
            file.write(f"{number:05d} {one.code:<7} {int(one.is_billable)} {one.short:<60} {one.long}\n")


def write_children(path: Path, count: int) -> None:
    """An 837P of `count` claims of dependents."""
    _write(path, claims_837p.VERSION, [("0001", claims_837p.write(batch(list(children(count)))))], "837")


def write_stays(path: Path, count: int) -> None:
    """An 837I of `count` claims."""
    header = {one.name: getattr(batch([]), one.name) for one in fields(BatchHeader)}
    body = claims_837i.write(InstitutionalBatch(**header, claims=tuple(stays(count))))
    _write(path, claims_837i.VERSION, [("0001", body)], "837")


def write_payments(path: Path, count: int) -> None:
    """An 835 of `count` payments."""
    every = list(payments(count))
    sets: list[tuple[str, list[Elements]]] = []
    for number, at in enumerate(range(0, count, CLAIMS_A_SET), start=1):
        some = every[at : at + CLAIMS_A_SET]
        sets.append((f"{number:04d}", remittance_835.write(remittance(some, number), some)))
    _write(path, remittance_835.VERSION, sets, "835")


def batch(some: list[Claim]) -> ClaimBatch:
    """One ST*837."""
    contact = Contact("FRONT DESK", (("TE", "5555550111"),))
    return ClaimBatch(
        submitter=Party("41", False, Name("BENCH CLINIC"), "46", "BENCH01", contact=contact),
        receiver=Party("40", False, Name("BENCH HUB"), "46", "HUB01"),
        reference="BENCH",
        created=AT.date(),
        created_time="0930",
        claims=tuple(some),
    )


def remittance(some: list[ClaimPayment], number: int) -> Remittance:
    """One ST*835 that pays them by one transfer."""
    return Remittance(
        payer=Party(
            "PR", False, Name("BENCH MUTUAL"), address=_address(), contact=Contact(None, (("TE", "5555550199"),))
        ),
        payee=Party("PE", False, Name("BENCH CLINIC"), "XX", "1999999984", references=(Reference("TJ", "987654320"),)),
        trace=f"EFT{number:05d}",
        payer_id="1512345678",
        payment_date=date(2026, 3, 2),
        paid_cents=Cents(sum(one.paid_cents for one in some)),
        method="CHK",
        handling="I",
        credit_debit="C",
    )


def _write(path: Path, version: str, sets: Sequence[tuple[str, Sequence[Elements]]], kind: str) -> None:
    text = writing.write_interchange(
        [writing.Group(1, version, sets, kind)], sender=SENDER, receiver=RECEIVER, control_number=1, instant=AT
    )
    path.write_bytes(text.replace("~", "~\n").encode("ascii"))


@cache
def _address() -> Address:
    return Address("100 MAIN ST", "ANYTOWN", "OH", "441011234")


@cache
def _clinic() -> Party:
    return Party(
        "85",
        False,
        Name("BENCH CLINIC"),
        "XX",
        "1999999984",
        taxonomy="207Q00000X",
        address=_address(),
        references=(Reference("EI", "987654320"),),
    )


def _lines_of(number: int) -> list[tuple[str, int, int]]:
    return [SERVICES[(number + at) % len(SERVICES)] for at in range(1 + number % 2)]


def _day(number: int) -> date:
    return date(2026, 2, 1) + timedelta(days=number % 28)


def _claim(number: int) -> Claim:
    person = Person(Name("SAMPLE", f"P{number:06d}"), date(1980, 1, 1 + number % 28), Sex.FEMALE, _address())
    lines = tuple(
        ServiceLine(
            code, Cents(charge), Decimal(1), _day(number), diagnosis_pointers=(1,), control_number=f"L{number}N{at}"
        )
        for at, (code, charge, _) in enumerate(_lines_of(number))
    )
    return Claim(
        control_number=f"B{number:07d}",
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=_clinic(),
        coverage=Coverage(
            Party("PR", False, Name("BENCH MUTUAL"), "PI", "90001"),
            f"M{number:08d}",
            group_number="G1",
            filing_indicator="CI",
        ),
        subscriber=person,
        patient=person,
        diagnoses=(Diagnosis("J069", "ABK"), Diagnosis("I10", "ABF")),
        lines=lines,
        providers=(Party("82", True, Name("SMITH", "ANN"), "XX", "1999999976", taxonomy="207Q00000X"),),
    )


def _of_child(claim: Claim, number: int) -> Claim:
    child = Person(Name("SAMPLE", f"C{number:06d}"), date(2015, 1, 1 + number % 28), Sex.MALE, _address())
    return replace(
        claim,
        coverage=replace(claim.coverage, relationship="19"),
        subscriber=replace(claim.subscriber, references=(Reference("SY", f"{number:09d}"),)),
        patient=child,
    )


def _stay(claim: Claim, number: int) -> InstitutionalClaim:
    lines = [
        InstitutionalLine(f"{250 + at:04d}", Cents(10_000 + number % 7 + at), Decimal(1 + at), procedure="85025")
        for at in range(1 + number % 3)
    ]
    return InstitutionalClaim(
        control_number=claim.control_number,
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=claim.billing_provider,
        coverage=claim.coverage,
        subscriber=claim.subscriber,
        patient=claim.patient,
        diagnoses=(Diagnosis("J069", "ABK", "Y"), Diagnosis("I10", "ABF", "N")),
        lines=tuple(lines),
        facility_type="11",
        statement_from=_day(number),
        statement_to=_day(number) + timedelta(days=2),
        patient_status="01",
        admission_date=_day(number),
        admission_hour="1030",
        admission_type="1",
        admission_source="1",
        values=(ValueAmount("A2", Cents(1_531 + number % 100)),),
        conditions=("09",),
        medical_record_number=f"R{number:07d}",
        providers=(Party("71", True, Name("SMITH", "ANN"), "XX", "1999999976", taxonomy="207Q00000X"),),
    )


def _payment(number: int) -> ClaimPayment:
    lines = tuple(_line(number, at, code, charge, paid) for at, (code, charge, paid) in enumerate(_lines_of(number)))
    patient = sum(one.amount_cents for line in lines for one in line.adjustments if one.group == "PR")
    return ClaimPayment(
        control_number=f"B{number:07d}",
        status="1",
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        paid_cents=Cents(sum(line.paid_cents for line in lines)),
        payer_claim_number=f"ICN{number:09d}",
        patient_responsibility_cents=Cents(patient) if patient else None,
        filing_indicator="12",
        place_of_service="11",
        frequency="1",
        lines=lines,
        patient_name=Name("SAMPLE", f"P{number:06d}"),
        member_id=f"M{number:08d}",
        service_from=_day(number),
    )


def _line(number: int, at: int, code: str, charge: int, paid: int) -> LinePayment:
    share = 1000 if number % 3 == 0 and paid > 1000 else 0
    adjustments = [Adjustment("CO", "45", Cents(charge - paid))]
    if share:
        adjustments.append(Adjustment("PR", "2", Cents(share)))
    return LinePayment(
        code,
        Cents(charge),
        Cents(paid - share),
        tuple(adjustments),
        units=Decimal(1),
        service_date=_day(number),
        control_number=f"L{number}N{at}",
    )
