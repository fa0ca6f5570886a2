"""What somebody says who applies for help with the bill, on a form of the office or of the pay page."""

from datetime import date
from typing import Annotated

from pydantic import Field

from activities.assistance import Said
from api import errors
from api.claim_form import Part
from api.errors import Fault
from billing.assistance import LARGEST_HOUSEHOLD, Per, Way
from billing.money import Cents, NotAnAmount, parse_typed


class ApplicationForm(Part):
    """An application, or what is said more while one is open. What is left out stays as it was."""

    applicant: Annotated[str, Field(max_length=200)] = ""
    """Who applies"""
    household_size: Annotated[int, Field(ge=1, le=LARGEST_HOUSEHOLD)] | None = None
    income: Annotated[str, Field(max_length=15)] = ""
    """In dollars, of the whole household before taxes"""
    income_per: Per = Per.YEAR
    insurance: Annotated[str, Field(max_length=200)] = ""
    """Who insures the household; empty: not said"""
    note: Annotated[str, Field(max_length=2000)] = ""
    way: Way = Way.DESK
    """How it came"""
    received_on: date | None = None
    """Day on which it came; None: today"""

    def said(self) -> Said:
        """As the office keeps it. Raises Problem 422."""
        return Said(self.applicant, self.household_size, self._cents(), self.income_per, self.insurance, self.note)

    def _cents(self) -> Cents | None:
        if not self.income:
            return None
        try:
            cents = parse_typed(self.income)
        except NotAnAmount as error:
            raise errors.invalid([Fault(field="income", message=str(error))]) from error
        if cents < 0:
            raise errors.invalid([Fault(field="income", message="must be 0.00 or more")])
        return cents
