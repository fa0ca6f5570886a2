"""Drives an office through a year of families: they come again, get papers, and pay or do not, each by habit."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from simulator import clinic, families
from simulator.agency import Agency
from simulator.drive import Drive, Outcome
from simulator.families import Family
from simulator.guarantors import Guarantors
from simulator.people import Patients, Staff

TERMS = 4
"""How often families come"""
A_TERM = timedelta(days=45)
LASTS = timedelta(days=420)
"""A year, and as long as the last papers take"""
GRAIN = timedelta(days=1)


@dataclass
class Year(Drive):
    """One run: `count` families. Afterwards `guarantors` and `agency` hold their own books."""

    browser: httpx.Client = field(kw_only=True)
    longest: timedelta = LASTS
    grain: timedelta = GRAIN

    def __post_init__(self) -> None:
        self.families: Sequence[Family] = families.families(self.count, seed=self.seed)
        self.guarantors = Guarantors(self.world.office, self.families, self.browser)
        self.agency = Agency(self.world.office)
        self._coming = [self.now + term * A_TERM for term in range(TERMS)]
        self._known: set[str] = set()

    def _begin(self, outcome: Outcome, staff: Staff) -> None:
        staff.posted = lambda letter_id, said: self.guarantors.receive(letter_id, said, self.now)
        self._outcome = outcome
        self._come()

    def _come(self) -> None:
        """The visits of a term are taken in, and the front desk writes down who answers for whom."""
        term = TERMS - len(self._coming)
        self._coming.pop(0)
        today = self._today
        visits = [
            one
            for family in self.families
            for one in families.visits_of(family, term=term, seed=self.seed, today=today)
        ]
        body = clinic.file_of(visits, number=self.seed * TERMS + term + 1, at=self.now)
        report = self.world.office.drop_file(body, key=secrets.token_hex(12))
        self._outcome.created += int(report["created"])
        self._outcome.duplicates += int(report["duplicates"])
        self._outcome.refused += len(report["refused"])
        self._register()

    def _register(self) -> None:
        office = self.world.office
        for row in office.encounters():
            family = self.families[families.number_in(row["external_id"])]
            home = family.guarantor.address
            patient_id = office.encounter(row["id"])["patient_id"] if row["id"] not in self._known else ""
            self._known.add(row["id"])
            if (
                not patient_id
                or patient_id in self._known
                or row["patient"].split(", ")[1] == family.guarantor.name.first
            ):
                continue
            self._known.add(patient_id)
            assert home is not None, "families are made with a home"
            office.answers_for(patient_id, family.guarantor, home)

    def _let_people_act(self, staff: Staff, patients: Patients) -> int:
        done = staff.work() + staff.mail() + self.guarantors.act(self.now) + self.agency.act(self.now)
        patients.payments, patients.paid_cents = self.guarantors.paid, self.guarantors.paid_cents()
        if self._coming and self._coming[0] <= self.now:
            self._come()
            done += 1
        return done

    def _next_instant(self) -> datetime | None:
        wanted = [self.world.next_instant(), self.guarantors.next_at(), self.agency.next_at(), *self._coming[:1]]
        return min((one for one in wanted if one is not None), default=None)

    def _is_over(self, outcome: Outcome) -> bool:
        """Only the calendar ends it: an account that is held or at an agency is not over."""
        return False
