"""A clinic's visits, made from a seed: the same seed gives the same bytes, so that a second run adds nothing."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.claim import (
    Address,
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
from billing.coordination import OtherPayer
from billing.money import Cents
from interchange.x12 import claims_837p, writing
from interchange.x12.coordination_writing import with_other_payers
from simulator.scenarios import STORIES, Scenario

CLINIC_NPI = "1999999984"
DOCTOR_NPI = "1999999976"
ZONE = ZoneInfo("America/New_York")
"""Of the clinic, in Ohio"""
FIRST_NAMES = ("ANNA", "BRUNO", "CARLA", "DEMI", "EGON", "FIFI", "GUSTAV", "HILDA", "IGOR", "JUNO")
LAST_NAMES = ("TESTMANN", "SAMPLEWELL", "MOCKINGTON", "DUMMLER", "EXAMPLO", "PLACEHOLT", "FICTIVO", "SPECIMEN")
SERVICES = (("99213", 15000), ("99214", 22000), ("93000", 6000), ("36415", 2500), ("85025", 4000), ("J3420", 3000))
SERVICE_WORDS = {
    "99213": "Office visit",
    "99214": "Longer office visit",
    "93000": "Heart tracing (ECG)",
    "36415": "Blood draw",
    "85025": "Blood count",
    "J3420": "Vitamin B12 injection",
}
"""What the clinic's patients read on a statement"""
DIAGNOSES = ("J069", "I10", "E119", "M5450", "Z0000", "R519")
SHARING = frozenset({Scenario.COINS, Scenario.DEDUCT, Scenario.COPAY})
"""Scenarios in which a second policy has something to pay"""
SECOND_KINDS = (("SECOND", "CI"), ("CROSS", "CI"), ("COPAY", "CI"), ("MEDICAID", "MC"))
"""Letters of the second policy's member id, and its kind of plan (SBR09)"""
CONTRACT_PERCENT = Decimal("62.5")
"""Of the charge: what the payers' contracts with the clinic say"""
PAYERS = (("SIMULATED HEALTH", "90001"), ("EXAMPLE MUTUAL", "90002"))


def visits(count: int, *, seed: int, today: date) -> list[Claim]:
    """`count` clean visits of the week before `today`, over the scenarios in their shares."""
    dice = random.Random(seed)
    mix = [scenario for scenario, story in STORIES.items() for _ in range(story.share)]
    order = [scenario for scenario, story in STORIES.items() if story.share]
    chosen = [order[number] if number < len(order) else dice.choice(mix) for number in range(count)]
    return [_visit(number, scenario, dice, seed=seed, today=today) for number, scenario in enumerate(chosen, start=1)]


def clean_visits(count: int, *, seed: int, today: date) -> list[Claim]:
    """`count` visits that every payer pays in full."""
    dice = random.Random(seed)
    return [_visit(number, Scenario.PAID, dice, seed=seed, today=today) for number in range(1, count + 1)]


def _visit(number: int, scenario: Scenario, dice: random.Random, *, seed: int, today: date) -> Claim:
    day = today - timedelta(days=dice.randint(1, 7))
    services = some_services(dice)
    payer = dice.choice(PAYERS)
    if scenario == Scenario.OTHER:
        payer = PAYERS[0]
    person = Person(
        name=Name(dice.choice(LAST_NAMES), dice.choice(FIRST_NAMES)),
        birth_date=date(dice.randint(1940, 2015), dice.randint(1, 12), dice.randint(1, 28)),
        sex=dice.choice((Sex.FEMALE, Sex.MALE)),
        address=Address(f"{dice.randint(1, 999)} INVENTED ST", "ANYTOWN", "OH", "441019999"),
    )
    diagnosis = dice.choice(DIAGNOSES)
    member_id = f"{scenario}{seed}{number:06d}"
    claim = claim_of(f"V{seed}X{number:05d}", person, services, day, payer, member_id=member_id, diagnosis=diagnosis)
    if scenario not in SHARING:
        return claim
    return with_other_payers(claim, _second_policy(number, seed=seed, person=person))


def some_services(dice: random.Random) -> list[tuple[str, int]]:
    """One to four of what the clinic does, each with its charge in cents."""
    return dice.sample(SERVICES, dice.randint(1, 4))


def claim_of(
    number: str,
    person: Person,
    services: Sequence[tuple[str, int]],
    day: date,
    payer: tuple[str, str],
    *,
    member_id: str,
    diagnosis: str,
) -> Claim:
    """One visit of a patient who is insured by himself. `payer`: name and id."""
    payer_name, payer_id = payer
    lines = tuple(_line(*service, day) for service in services)
    return Claim(
        control_number=number,
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=clinic(),
        coverage=Coverage(
            payer=Party(role="PR", is_person=False, name=Name(payer_name), id_qualifier="PI", id=payer_id),
            member_id=member_id,
            group_number="GRP1",
            filing_indicator="CI",
        ),
        subscriber=person,
        patient=person,
        diagnoses=(Diagnosis(diagnosis, "ABK"),),
        lines=lines,
        providers=(
            Party(
                role="82",
                is_person=True,
                name=Name("INVENTED", "DOC"),
                id_qualifier="XX",
                id=DOCTOR_NPI,
                taxonomy="207Q00000X",
            ),
        ),
    )


def _second_policy(number: int, *, seed: int, person: Person) -> list[OtherPayer]:
    """Every second patient with a share to pay has another policy; each kind of it comes in turn."""
    letters, indicator = SECOND_KINDS[number // 2 % len(SECOND_KINDS)]
    if number % 2:
        return []
    coverage = Coverage(
        payer=Party(role="PR", is_person=False, name=Name("SECOND RESERVE"), id_qualifier="PI", id="90003"),
        member_id=f"{letters}{seed}{number:06d}",
        responsibility="S",
        filing_indicator=indicator,
    )
    return [OtherPayer(coverage, person)]


def _line(procedure: str, charge: int, day: date) -> ServiceLine:
    return ServiceLine(
        procedure=procedure,
        charge_cents=Cents(charge),
        units=Decimal(1),
        service_date=day,
        diagnosis_pointers=(1,),
    )


def clinic() -> Party:
    """The billing provider"""
    return Party(
        role="85",
        is_person=False,
        name=Name("INVENTED FAMILY CLINIC"),
        id_qualifier="XX",
        id=CLINIC_NPI,
        taxonomy="207Q00000X",
        address=Address("100 MAIN ST", "ANYTOWN", "OH", "441011234"),
        references=(Reference("EI", "987654320"),),
    )


def file_of(claims: list[Claim], *, number: int, at: datetime) -> bytes:
    """The visits as the 837P that a practice system would drop."""
    batch = ClaimBatch(
        submitter=Party(
            role="41",
            is_person=False,
            name=Name("INVENTED FAMILY CLINIC"),
            id_qualifier="46",
            id="CLINIC01",
            contact=Contact("FRONT DESK", (("TE", "5555550111"),)),
        ),
        receiver=Party(role="40", is_person=False, name=Name("ZERO BALANCE"), id_qualifier="46", id="ZEROBALANCE"),
        reference=f"VISITS{number}",
        created=at.date(),
        created_time=f"{at:%H%M}",
        claims=tuple(claims),
    )
    text = writing.write_interchange(
        [writing.Group(number, claims_837p.VERSION, [("0001", claims_837p.write(batch))])],
        sender=writing.Address("ZZ", "CLINIC01"),
        receiver=writing.Address("ZZ", "ZEROBALANCE"),
        control_number=number,
        instant=at,
    )
    return text.encode("ascii")
