"""The facts of one story in every order and twice: always the same books.

The story: a claim goes out; its 999, the clearinghouse's and the payer's 277CA, the 835, a second 835 that takes the
first back and corrects it, and the patient's payment arrive. 720 orders, each delivered twice over.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from tests.builders import a_277ca, a_999, a_claim, a_payment, a_reversal, an_835, an_837p
from tests.office import Office

FACTS = ("999", "clearinghouse", "payer", "835", "reversal", "payment")


class Story:
    """One encounter, sent; then facts delivered by name."""

    def __init__(self, office: Office) -> None:
        office.take_in(an_837p(a_claim()))
        [self.encounter] = office.encounter_ids()
        office.go_on(self.encounter)
        batch = office.send_claims()
        number = office.submission(self.encounter).control_number
        first = a_payment(number)
        corrected = a_payment(
            number,
            paid=6000,
            adjustments=(("CO", "45", 6000), ("PR", "3", 3000)),
            payer_claim_number="ICN001R",
        )
        taken_back = an_835(a_reversal(first), corrected, trace="EFT0002", number=2, plb=(("WO", "ICN001", -2000),))
        self._bodies = {
            "999": a_999(batch.group_number),
            "clearinghouse": a_277ca(number, sender="AY"),
            "payer": a_277ca(number, sender="PR", number=2),
            "835": an_835(first),
            "reversal": taken_back,
        }

    def deliver(self, office: Office, fact: str) -> None:
        """The fact arrives twice before the encounter looks."""
        for _ in range(2):
            self._send(office, fact)
        office.go_on(self.encounter)

    def _send(self, office: Office, fact: str) -> None:
        if fact == "payment":
            office.pay(self.encounter, 3000, payment_id="payment0000000000001")
        elif fact in {"835", "reversal"}:
            office.deliver_835(self._bodies[fact])
        else:
            office.deliver(self._bodies[fact])

    def books(self, office: Office) -> dict[tuple[str, int | None], int]:
        return office.accounts(self.encounter)


EXPECTED = {
    ("ADJ_CONTRACT", 1): 6000,
    ("CARD_CLEARING", None): 3000,
    ("CASH_UNAPPLIED", 1): 6000,
    ("REVENUE_GROSS", 1): -15000,
}


def walk(office: Office, story: Story, left: Sequence[str], order: tuple[str, ...]) -> int:
    """Go through every order of what is left, each from the books so far; returns how many were proven."""
    if not left:
        assert (story.books(office), office.stage(story.encounter)) == (EXPECTED, "closed"), order
        return 1
    proven = 0
    with closing(sqlite3.connect(":memory:")) as so_far:
        copy_books(office.path, so_far)
        for fact in left:
            story.deliver(office, fact)
            proven += walk(office, story, [one for one in left if one != fact], (*order, fact))
            with closing(sqlite3.connect(office.path)) as books:
                so_far.backup(books)
    return proven


def copy_books(path: str, target: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(path)) as source:
        source.backup(target)


def test_the_books_are_the_same_in_every_order(office: Office) -> None:
    story = Story(office)
    assert walk(office, story, FACTS, ()) == 720
