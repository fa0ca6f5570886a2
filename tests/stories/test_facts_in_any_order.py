"""The facts of one story in every order and twice: always the same books.

The story: a claim goes out; its 999, the clearinghouse's and the payer's 277CA, the 835, a second 835 that takes the
first back and corrects it, and the patient's payment arrive. 720 orders, each delivered twice over.
"""

from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.builders import a_277ca, a_999, a_claim, a_payment, a_reversal, an_835, an_837p
from tests.office import Office

FACTS = ("999", "clearinghouse", "payer", "835", "reversal", "payment")


class Story:
    """One encounter, sent; then facts delivered by name."""

    def __init__(self, office: Office, number: int) -> None:
        self.office = office
        before = set(office.encounter_ids())
        office.take_in(an_837p(a_claim(control_number=f"EXT{number}"), number=number))
        [self.encounter] = set(office.encounter_ids()) - before
        office.go_on(self.encounter)
        self.payment = number
        self.batch = office.send_claims()
        self.number = office.submission(self.encounter).control_number
        first = a_payment(self.number)
        corrected = a_payment(
            self.number,
            paid=6000,
            adjustments=(("CO", "45", 6000), ("PR", "3", 3000)),
            payer_claim_number="ICN001R",
        )
        self._bodies = {
            "999": a_999(self.batch.group_number),
            "clearinghouse": a_277ca(self.number, sender="AY"),
            "payer": a_277ca(self.number, sender="PR", number=2),
            "835": an_835(first, trace=f"EFT{number}A"),
            "reversal": an_835(
                a_reversal(first), corrected, trace=f"EFT{number}B", number=2, plb=(("WO", "ICN001", -2000),)
            ),
        }

    def deliver(self, fact: str) -> None:
        if fact == "payment":
            self.office.pay(self.encounter, 3000, payment_id=f"payment{self.payment:013d}")
        elif fact in {"835", "reversal"}:
            self.office.deliver_835(self._bodies[fact])
        else:
            self.office.deliver(self._bodies[fact])
        self.office.go_on(self.encounter)

    def books(self) -> dict[tuple[str, int | None], int]:
        return self.office.accounts(self.encounter)


def outcome(office: Office, number: int, order: Sequence[str]) -> tuple[dict[tuple[str, int | None], int], str]:
    story = Story(office, number)
    for fact in order:
        story.deliver(fact)
    for fact in order:
        story.deliver(fact)
    return story.books(), office.stage(story.encounter)


EXPECTED = {
    ("ADJ_CONTRACT", 1): 6000,
    ("CARD_CLEARING", None): 3000,
    ("CASH_UNAPPLIED", 1): 6000,
    ("REVENUE_GROSS", 1): -15000,
}


@pytest.mark.parametrize("first", FACTS)
def test_the_books_are_the_same_in_every_order(first: str, office: Office) -> None:
    rest = [fact for fact in FACTS if fact != first]
    for number, order in enumerate(permutations(rest), start=1):
        books, stage = outcome(office, number, (first, *order))
        assert (books, stage) == (EXPECTED, "closed"), (first, *order)
