"""Families who come to the clinic all year: who answers for whom, how they are insured, and how they pay."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from billing.claim import Address, Claim, Name, Person, Sex
from simulator import clinic
from simulator.scenarios import STORIES, Scenario

PARTS = 4
"""Instalments that a plan is asked for in"""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Habit(StrEnum):
    """What a guarantor does when a paper comes."""

    CHEQUE = "pays the first paper by cheque"
    CARD = "pays the first paper on the pay page"
    HALVES = "pays half at the first paper and the rest at the next"
    REMINDED = "pays when reminded"
    LAST_MOMENT = "pays the final notice"
    PARTS = "agrees on parts and keeps to them"
    CARD_PARTS = "agrees on parts on the pay page, and lets a card be charged for them"
    MISSES = "agrees on parts, pays one, and pays the final notice"
    DISPUTES = "disputes the bill, and pays when it was explained"
    BOUNCES = "pays by a cheque that comes back, then by card"
    MOVED = "has moved: the first paper comes back"
    BANKRUPT = "files for bankruptcy"
    DIED = "dies"
    NEVER = "never pays"


SHARES: dict[Habit, int] = {
    Habit.CHEQUE: 28,
    Habit.CARD: 20,
    Habit.HALVES: 6,
    Habit.REMINDED: 12,
    Habit.LAST_MOMENT: 6,
    Habit.PARTS: 3,
    Habit.CARD_PARTS: 3,
    Habit.MISSES: 3,
    Habit.DISPUTES: 3,
    Habit.BOUNCES: 2,
    Habit.MOVED: 3,
    Habit.BANKRUPT: 1,
    Habit.DIED: 1,
    Habit.NEVER: 9,
}
"""How many of a hundred families"""
LEAVES_A_SHARE = (Scenario.COPAY, Scenario.DEDUCT, Scenario.COINS)
SHARE_PERCENT = 70
"""Patients of whose visits their plan always leaves something"""


@dataclass(frozen=True, slots=True)
class Member:
    """One patient: how the plan answers is the same all year, as the member id tells."""

    person: Person
    member_id: str
    payer: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """Who answers, and for whom; the first member is the guarantor where `is_patient`."""

    number: int
    guarantor: Person
    is_patient: bool
    members: tuple[Member, ...]
    habit: Habit


def families(count: int, *, seed: int) -> list[Family]:
    """The same seed makes the same families. Every habit stands in the first hundred as often as its share."""
    dice = random.Random(seed)
    habits = [habit for habit, share in SHARES.items() for _ in range(share)]
    dice.shuffle(habits)
    return [_family(number, habits[number % len(habits)], dice, seed=seed) for number in range(count)]


def _family(number: int, habit: Habit, dice: random.Random, *, seed: int) -> Family:
    last = clinic.LAST_NAMES[number % len(clinic.LAST_NAMES)] + LETTERS[number // 26 % 26] + LETTERS[number % 26]
    home = Address(f"{number + 1} INVENTED ST", "ANYTOWN", "OH", "441019999")
    guarantor = Person(
        name=Name(last, dice.choice(clinic.FIRST_NAMES)),
        birth_date=date(dice.randint(1950, 1995), dice.randint(1, 12), dice.randint(1, 28)),
        sex=dice.choice((Sex.FEMALE, Sex.MALE)),
        address=home,
    )
    children = dice.choice((0, 0, 1, 2, 3))
    is_patient = children == 0 or dice.random() < 1 / 2
    people = [guarantor] if is_patient else []
    for place in range(children):
        name = Name(last, f"{clinic.FIRST_NAMES[(number + place) % len(clinic.FIRST_NAMES)]}LING")
        born = date(dice.randint(2010, 2022), dice.randint(1, 12), dice.randint(1, 28))
        people.append(Person(name, born, dice.choice((Sex.FEMALE, Sex.MALE)), home))
    members = tuple(_member(number, place, one, dice, seed=seed) for place, one in enumerate(people))
    return Family(number, guarantor, is_patient, members, habit)


def _member(number: int, place: int, person: Person, dice: random.Random, *, seed: int) -> Member:
    mix = [scenario for scenario, story in STORIES.items() for _ in range(story.share)]
    scenario = dice.choice(LEAVES_A_SHARE if dice.random() * 100 < SHARE_PERCENT else mix)
    payer = clinic.PAYERS[0] if scenario == Scenario.OTHER else dice.choice(clinic.PAYERS)
    return Member(person, f"{scenario}{seed}{number:04d}{place}", payer)


def visits_of(family: Family, *, term: int, seed: int, today: date) -> list[Claim]:
    """The visits of the week before `today`: one of somebody in the first term, then of every second family."""
    dice = random.Random(f"{seed}-{family.number}-{term}")
    if term and dice.random() < 1 / 2:
        return []
    coming = dice.sample(family.members, dice.randint(1, min(2, len(family.members))))
    return [
        clinic.claim_of(
            f"Y{seed}T{term}F{family.number:04d}P{place}",
            member.person,
            clinic.some_services(dice),
            today - timedelta(days=dice.randint(1, 7)),
            member.payer,
            member_id=member.member_id,
            diagnosis=dice.choice(clinic.DIAGNOSES),
        )
        for place, member in enumerate(coming)
    ]


def number_in(control_number: str) -> int:
    """The number of the family that a visit is of."""
    return int(control_number.partition("F")[2].partition("P")[0])
