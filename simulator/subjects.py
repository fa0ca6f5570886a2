"""Valid claims of many kinds, made from a seed, with what an office would know about each: what edits are proven on."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from billing.claim import (
    Address,
    Claim,
    Coverage,
    Diagnosis,
    Name,
    OpaqueSegment,
    Party,
    Person,
    ServiceLine,
    Sex,
)
from billing.coordination import LineDecision, OtherDecision, OtherPayer
from billing.edits.known import Known
from billing.edits.registry import Situation
from billing.hospital_bill import HospitalBill, Occurrence, Revenue, ValueAmount
from billing.money import Cents
from billing.policies import Policies
from billing.remittance import Adjustment, Group
from simulator.clinic import DOCTOR_NPI, FIRST_NAMES, LAST_NAMES, clinic

MBI = "1EG4TE5MK73"
"""The member id that CMS prints as its example"""
ORDERING_NPI = "1999999992"
HOSPITAL = Address("1 HOSPITAL WAY", "ANYTOWN", "OH", "441011235")


@dataclass(frozen=True, slots=True)
class Subject:
    """A claim and what is known when it is looked at."""

    claim: Claim
    situation: Situation

    def claims(self, **changes: Any) -> "Subject":
        """The subject with these fields of its claim changed; the charge follows the lines."""
        claim = replace(self.claim, **changes)
        if "charge_cents" not in changes:
            claim = replace(claim, charge_cents=Cents(sum(line.charge_cents for line in claim.lines)))
        return replace(self, claim=claim)

    def knows(self, **facts: Any) -> "Subject":
        """The subject with more known about it."""
        return replace(self, situation=replace(self.situation, known=replace(self.situation.known, **facts)))


def line(procedure: str, day: date, *modifiers: str, charge: int = 15000, **changes: Any) -> ServiceLine:
    """One unit for the first diagnosis."""
    made = ServiceLine(
        procedure=procedure,
        charge_cents=Cents(charge),
        units=Decimal(1),
        service_date=day,
        modifiers=modifiers,
        diagnosis_pointers=(1,),
    )
    return replace(made, **changes)


def valid_subjects(count: int, *, seed: int, today: date) -> list[Subject]:
    """`count` claims that a payer would take, over all profiles in turn."""
    dice = random.Random(seed)
    return [EVERY_PROFILE[number % len(EVERY_PROFILE)](_office_visit(dice, number, today)) for number in range(count)]


def _office_visit(dice: random.Random, number: int, today: date) -> Subject:
    """An adult's visit for a commercial payer."""
    day = today - timedelta(days=dice.randint(1, 20))
    person = Person(
        name=Name(dice.choice(LAST_NAMES), dice.choice(FIRST_NAMES)),
        birth_date=date(dice.randint(1940, 1995), dice.randint(1, 12), dice.randint(1, 28)),
        sex=dice.choice((Sex.FEMALE, Sex.MALE)),
        address=Address(f"{dice.randint(1, 999)} INVENTED ST", "ANYTOWN", "OH", "441019997"),
    )
    claim = Claim(
        control_number=f"E{number:06d}",
        charge_cents=Cents(15000),
        billing_provider=clinic(),
        coverage=Coverage(
            payer=Party(role="PR", is_person=False, name=Name("EXAMPLE MUTUAL"), id_qualifier="PI", id="90002"),
            member_id=f"MUT{number:07d}",
            group_number="GRP1",
            filing_indicator="CI",
        ),
        subscriber=person,
        patient=person,
        diagnoses=(Diagnosis(dice.choice(("J069", "I10", "E119", "M5450", "R519")), "ABK"),),
        lines=(line(dice.choice(("99213", "99214")), day),),
        providers=(_person("82", DOCTOR_NPI),),
    )
    at = datetime.combine(today, time(15), UTC)
    return Subject(claim, Situation(at, Policies.of([]), is_verified=True, known=Known()))


def _person(role: str, npi: str) -> Party:
    return Party(role=role, is_person=True, name=Name("INVENTED", "DOC"), id_qualifier="XX", id=npi)


def day_of(subject: Subject) -> date:
    """The day of the first line."""
    return subject.claim.lines[0].service_date


def with_lines(subject: Subject, *lines: ServiceLine) -> Subject:
    """The claim with these lines instead of its own."""
    return subject.claims(lines=lines)


def insured(subject: Subject, **changes: Any) -> Subject:
    """The claim under a policy that differs so."""
    return subject.claims(coverage=replace(subject.claim.coverage, **changes))


def medicare(subject: Subject) -> Subject:
    """The same for Medicare Part B."""
    return insured(subject, filing_indicator="MB", member_id=MBI, group_number=None)


def _aged(subject: Subject, years: int, **changes: Any) -> Subject:
    day = day_of(subject)
    born = date(day.year - years, 1, 15) if (day.month, day.day) >= (1, 15) else date(day.year - years - 1, 1, 15)
    person = replace(subject.claim.patient, birth_date=born, **changes)
    return subject.claims(patient=person, subscriber=person)


def _diagnosed(subject: Subject, *codes: str) -> Subject:
    diagnoses = tuple(Diagnosis(code, "ABF" if place else "ABK") for place, code in enumerate(codes))
    return subject.claims(diagnoses=diagnoses)


def _same(subject: Subject) -> Subject:
    return subject


def _physical(subject: Subject) -> Subject:
    return with_lines(_diagnosed(_aged(subject, 45), "Z0000"), line("99396", day_of(subject)))


def _child(subject: Subject) -> Subject:
    """A dependent of four years."""
    held = subject.claim.subscriber
    child = replace(held, name=Name(held.name.last, "KIM"), birth_date=date(day_of(subject).year - 4, 1, 15))
    grown = insured(_diagnosed(subject, "Z00129"), relationship="19").claims(patient=child)
    vaccines = line("90460", day_of(subject)), line("90686", day_of(subject))
    return with_lines(grown, line("99392", day_of(subject), "25"), *vaccines)


def _laboratory(subject: Subject) -> Subject:
    tests = line("85025", day_of(subject)), line("80053", day_of(subject))
    claim = with_lines(medicare(subject), *tests)
    segments = (OpaqueSegment("2300", ("REF", "X4", "36D0123456")),)
    return claim.claims(providers=(*claim.claim.providers, _person("DN", ORDERING_NPI)), other_segments=segments)


def _procedure(subject: Subject) -> Subject:
    day = day_of(subject)
    return with_lines(_diagnosed(subject, "M1711"), line("99213", day, "25"), line("20610", day, "RT"))


def _therapy(subject: Subject) -> Subject:
    return with_lines(medicare(subject), line("97110", day_of(subject), "GP", units=Decimal(2)))


def _drug(subject: Subject) -> Subject:
    segments = (
        OpaqueSegment("2410", ("LIN", "", "N4", "00409379501")),
        OpaqueSegment("2410", ("CTP", "", "", "", "1", "ML")),
    )
    given = line("J1885", day_of(subject), other_segments=segments)
    medicaid = insured(subject, filing_indicator="MC", member_id="123456789012", group_number=None)
    return with_lines(medicaid, line("99213", day_of(subject), "25"), given)


def _at_a_distance(subject: Subject) -> Subject:
    return with_lines(subject, line("99213", day_of(subject), "95")).claims(place_of_service="10")


def _in_hospital(subject: Subject) -> Subject:
    day = day_of(subject)
    facility = Party("77", False, Name("ANYTOWN HOSPITAL"), "XX", ORDERING_NPI, address=HOSPITAL)
    admitted = OpaqueSegment("2300", ("DTP", "435", "D8", f"{day - timedelta(days=1):%Y%m%d}"))
    visit = with_lines(medicare(subject), line("99232", day))
    providers = (*subject.claim.providers, facility)
    return visit.claims(place_of_service="21", providers=providers, other_segments=(admitted,))


def _emergency(subject: Subject) -> Subject:
    facility = Party("77", False, Name("ANYTOWN HOSPITAL"), "XX", ORDERING_NPI, address=HOSPITAL)
    hurt = _diagnosed(subject, "S52501A", "W1830XA").claims(accident=("OA",))
    providers = (*subject.claim.providers, facility)
    return with_lines(hurt, line("99284", day_of(subject))).claims(place_of_service="23", providers=providers)


def _anesthesia(subject: Subject) -> Subject:
    given = line("00790", day_of(subject), "AA", "P2", unit_basis="MJ", units=Decimal(90))
    facility = Party("77", False, Name("ANYTOWN SURGERY"), "XX", ORDERING_NPI, address=HOSPITAL)
    return with_lines(subject, given).claims(place_of_service="24", providers=(*subject.claim.providers, facility))


def _pregnancy(subject: Subject) -> Subject:
    return with_lines(
        _diagnosed(_aged(subject, 30, sex=Sex.FEMALE), "O0900"), line("76801", day_of(subject), charge=20000)
    )


def second(subject: Subject, paid: int = 10000) -> Subject:
    """Billed to the second payer, after the first paid 100.00 of 150.00."""
    first = replace(subject.claim.coverage, payer=replace(subject.claim.coverage.payer, id="90001"))
    contractual = Adjustment(Group.CONTRACTUAL, "45", Cents(15000 - 10000))
    decided = LineDecision(1, "90001", Cents(paid), "99213", adjustments=(contractual,))
    other = OtherPayer(first, subject.claim.subscriber, OtherDecision("P", "90001", Cents(paid), lines=(decided,)))
    billed = insured(with_lines(subject, line("99213", day_of(subject))), responsibility="S")
    return billed.knows(others=(other,))


def _corrected(subject: Subject) -> Subject:
    return subject.claims(frequency="7", original_reference="ICN0001")


PROFILES: tuple[Callable[[Subject], Subject], ...] = (
    _same,
    medicare,
    _physical,
    _child,
    _laboratory,
    _procedure,
    _therapy,
    _drug,
    _at_a_distance,
    _in_hospital,
    _emergency,
    _anesthesia,
    _pregnancy,
    second,
    _corrected,
)


def _revenue(code: str, charge: int, procedure: str = "", **changes: Any) -> ServiceLine:
    return replace(line(procedure, date.min, charge=charge), diagnosis_pointers=(), revenue=Revenue(code), **changes)


def _hospital(subject: Subject, bill: HospitalBill, *lines: ServiceLine) -> Subject:
    """The visit as a hospital bills it; lines without a day of their own are of the statement's first."""
    dated = tuple(replace(one, service_date=bill.statement_from) for one in lines)
    attending = _person("71", DOCTOR_NPI)
    place = bill.place_of_service
    return subject.claims(
        lines=dated, providers=(attending,), hospital=bill, place_of_service=place, frequency=bill.series
    )


def _outpatient(subject: Subject) -> Subject:
    """A test and supplies in a hospital's outpatient department: type of bill 0131."""
    day = day_of(subject)
    bill = HospitalBill("13", day, day, patient_status="01", admission_type="3", admission_source="1")
    return _hospital(subject, bill, _revenue("0300", 10000, "80053"), _revenue("0270", 5000))


def _stay(subject: Subject) -> Subject:
    """Three days in a room: type of bill 0111."""
    last = day_of(subject)
    first = last - timedelta(days=3)
    bill = HospitalBill(
        "11",
        first,
        last,
        patient_status="01",
        admission_date=first,
        admission_hour="0930",
        discharge_hour="1100",
        admission_type="1",
        admission_source="1",
        drg="194",
        values=(ValueAmount("80", Cents(300)),),
        conditions=("09",),
        occurrences=(Occurrence("11", first),),
    )
    room = _revenue("0120", 300000, unit_basis="DA", units=Decimal(3))
    drugs = _revenue("0250", 45000, units=Decimal(12))
    undated = [replace(one, revenue=replace(one.revenue or Revenue(""), is_dated=False)) for one in (room, drugs)]
    diagnoses = (Diagnosis("J189", "ABK", "Y"), Diagnosis("I10", "ABF", "Y"), Diagnosis("R0602", "ABJ"))
    return _hospital(subject, bill, *undated).claims(diagnoses=diagnoses)


def _interim(subject: Subject) -> Subject:
    """The first bill of a stay that goes on: type of bill 0112."""
    stay = _stay(subject)
    assert stay.claim.hospital is not None, "made above"
    bill = replace(stay.claim.hospital, series="2", patient_status="30", discharge_hour=None)
    return stay.claims(hospital=bill, frequency="2")


HOSPITAL_PROFILES: tuple[Callable[[Subject], Subject], ...] = (_outpatient, _stay, _interim)
EVERY_PROFILE = PROFILES + HOSPITAL_PROFILES
