"""How long a patient's credit may lie before the state takes it as unclaimed property.

The periods below are starting points from memory of the states' unclaimed property laws, and none is verified: the
page says so beside each. A state that is not listed, or not known, counts three years, as most do.
"""

from dataclasses import dataclass
from datetime import date

DEFAULT_YEARS = 3


@dataclass(frozen=True, slots=True)
class Dormancy:
    """One state's period."""

    years: int
    source: str
    """The law to look at before it is relied on"""


DORMANCY: dict[str, Dormancy] = {
    "CA": Dormancy(3, "Cal. Code Civ. Proc. 1520"),
    "DE": Dormancy(5, "12 Del. C. 1133"),
    "FL": Dormancy(5, "Fla. Stat. 717.102"),
    "NY": Dormancy(3, "N.Y. Aband. Prop. Law 1315"),
    "TX": Dormancy(3, "Tex. Prop. Code 72.101"),
}
UNLISTED = Dormancy(DEFAULT_YEARS, "no law is listed for this state: most count three years")


def dormancy_of(state: str | None) -> Dormancy:
    """The period of the state of the patient's last known address; None: no state is known."""
    return DORMANCY.get((state or "").upper(), UNLISTED)


def due_on(since: date, state: str | None) -> date:
    """The day on which a credit that began on `since` becomes the state's; of 29 February, the first of March."""
    year = since.year + dormancy_of(state).years
    try:
        return since.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def since_when(changes: list[tuple[date, int]]) -> date | None:
    """When the credit that stands now began, by the changes of a liability in order (credits negative, in cents);
    None: there is none."""
    balance, began = 0, None
    for day, cents in changes:
        before, balance = balance, balance + cents
        if balance >= 0:
            began = None
        elif before >= 0:
            began = day
    return began
