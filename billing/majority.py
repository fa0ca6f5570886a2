"""When a patient comes of age, and so answers for their own visits.

The age is that of the state of the patient's address. A parent who signed for a child's visits goes on owing them: what
was owed before the birthday does not pass to the child. The laws are listed from memory of the states' codes: look
before you rely on one.
"""

from dataclasses import dataclass
from datetime import date

from billing.claim import Person

DEFAULT_AGE = 18


@dataclass(frozen=True, slots=True)
class Majority:
    """One state's age of majority."""

    age: int
    """Years"""
    source: str
    """The law to look at"""


MAJORITY: dict[str, Majority] = {
    "AL": Majority(19, "Ala. Code 26-1-1"),
    "MS": Majority(21, "Miss. Code 1-3-27"),
    "NE": Majority(19, "Neb. Rev. Stat. 43-2101"),
    "PR": Majority(21, "Civil Code of Puerto Rico, article 97"),
}
UNLISTED = Majority(DEFAULT_AGE, "18 years, as in every state that is not listed")


def majority_of(state: str | None) -> Majority:
    """The age in a state; None: no state is known."""
    return MAJORITY.get((state or "").upper(), UNLISTED)


def of_age_on(patient: Person) -> date | None:
    """The first day on which the patient answers for a visit; who was born on 29 February, on the first of March of a
    year without one. None: no birth date is known."""
    born = patient.birth_date
    if born is None:
        return None
    year = born.year + majority_of(patient.address.state if patient.address else None).age
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def youngest_of_age(day: date) -> date:
    """The latest birth date of somebody who may be of age on a day, in whatever state."""
    year = day.year - min(DEFAULT_AGE, *(one.age for one in MAJORITY.values()))
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def is_under_age(patient: Person, day: date) -> bool:
    """Whether somebody else answers for the patient's visits of a day; who has no birth date answers."""
    since = of_age_on(patient)
    return since is not None and day < since
