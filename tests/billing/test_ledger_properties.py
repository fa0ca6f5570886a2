"""Any sequence of charges, payments, reversals and allocations keeps the books balanced and equals a plain model."""

from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.ledger import Account, Balances, Entry, EntryKind, EntryNotBalanced, Side, transfer
from billing.money import Cents
from billing.posting import (
    BilledLine,
    PostingSituation,
    allocation,
    post_claim_payment,
    released_credit,
    reversing_entries,
)
from billing.remittance import Adjustment, ClaimPayment, LinePayment, claim_imbalances

DAY = date(2026, 10, 20)
CHARGES = st.lists(st.integers(1, 50_000), min_size=1, max_size=5)
PARTS = st.lists(st.integers(0, 100), min_size=4, max_size=4)


@dataclass
class Model:
    """One line as a person with paper and pencil keeps it."""

    charge: int
    paid: int = 0
    contractual: int = 0
    share: int = 0
    patient_paid: int = 0


@dataclass
class Answer:
    """One answer of the payer that stands."""

    entries: tuple[Entry, ...]
    effect: list[tuple[int, int, int]] = field(default_factory=list)
    """Paid, contractual, patient's share of each line"""


class Books(RuleBasedStateMachine):
    """One encounter's ledger beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.lines: list[Model] = []
        self.unapplied = 0
        self.answer: Answer | None = None
        self.number = 0

    def source(self, word: str) -> str:
        self.number += 1
        return f"{word}:{self.number}"

    def post(self, *entries: Entry) -> None:
        self.entries += entries

    @property
    def line_ids(self) -> list[str]:
        return [f"line{index}" for index in range(len(self.lines))]

    @property
    def balances(self) -> Balances:
        return Balances.of(
            (side.account, side.line_id, side.amount_cents) for entry in self.entries for side in entry.sides
        )

    @initialize(charges=CHARGES)
    def charge(self, charges: list[int]) -> None:
        self.lines = [Model(charge) for charge in charges]
        for line_id, line in zip(self.line_ids, self.lines, strict=True):
            sides = transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(line.charge), line_id=line_id)
            self.post(Entry(EntryKind.CHARGE, self.source("charge"), sides, DAY))

    @precondition(lambda self: self.answer is None)
    @rule(data=st.data(), denies=st.booleans())
    def the_payer_answers(self, data: st.DataObject, denies: bool) -> None:
        """Each line is cut into paid, contractual, patient's share and denied parts that sum to its charge."""
        payments, effect = [], []
        for index, line in enumerate(self.lines):
            paid, contractual, share, denied = cut(line.charge, data.draw(PARTS), denies=denies)
            cas = [("CO", "45", contractual), ("PR", "2", share), ("CO", "97", denied)]
            adjustments = tuple(Adjustment(group, reason, Cents(cents)) for group, reason, cents in cas if cents)
            payments.append(LinePayment(f"9921{index}", Cents(line.charge), Cents(paid), adjustments))
            effect.append((paid, contractual, 0 if denied else share))
        payment = ClaimPayment(
            "PCN",
            "1",
            Cents(sum(line.charge for line in self.lines)),
            Cents(sum(one.paid_cents for one in payments)),
            lines=tuple(payments),
        )
        assert claim_imbalances(payment, ordinal=1) == []
        verdict = post_claim_payment(payment, self.situation(), source=self.source("remit"))
        assert verdict.exception is None
        self.post(*verdict.entries)
        self.answer = Answer(verdict.entries, effect)
        self.apply(effect, sign=1)

    @precondition(lambda self: self.answer is not None)
    @rule()
    def the_payer_takes_it_back(self) -> None:
        assert self.answer is not None
        self.post(*reversing_entries(self.answer.entries, source=self.source("reversal")))
        self.apply(self.answer.effect, sign=-1)
        self.answer = None

    @rule(cents=st.integers(1, 60_000))
    def the_patient_pays(self, cents: int) -> None:
        sides = transfer(Account.CARD_CLEARING, Account.PATIENT_UNAPPLIED, Cents(cents))
        self.post(Entry(EntryKind.PATIENT_PAYMENT, self.source("payment"), sides))
        self.unapplied += cents

    @rule()
    def the_office_settles(self) -> None:
        """What was paid beyond the share is released, then what is unapplied is applied, first line first."""
        credit = released_credit(self.balances, self.line_ids, source=self.source("credit"))
        if credit is not None:
            self.post(credit)
        for line in self.lines:
            released = max(line.patient_paid - line.share, 0)
            line.patient_paid -= released
            self.unapplied += released
        applied = allocation(self.balances, self.line_ids, source=self.source("apply"))
        if applied is not None:
            self.post(applied)
        for line in self.lines:
            part = min(self.unapplied, line.share - line.patient_paid)
            line.patient_paid += part
            self.unapplied -= part

    @rule()
    def settling_again_changes_nothing(self) -> None:
        self.the_office_settles()
        assert released_credit(self.balances, self.line_ids, source="again") is None
        assert allocation(self.balances, self.line_ids, source="again") is None

    def situation(self) -> PostingSituation:
        return PostingSituation(
            lines=tuple(
                BilledLine(line_id, f"9921{index}", (), Cents(line.charge), DAY)
                for index, (line_id, line) in enumerate(zip(self.line_ids, self.lines, strict=True))
            ),
            charge_cents=Cents(sum(line.charge for line in self.lines)),
            filing_indicators=frozenset({"CI"}),
            is_qmb=False,
            already_adjudicated=self.answer is not None,
            payer_detail="payer",
        )

    def apply(self, effect: list[tuple[int, int, int]], *, sign: int) -> None:
        for line, (paid, contractual, share) in zip(self.lines, effect, strict=True):
            line.paid += sign * paid
            line.contractual += sign * contractual
            line.share += sign * share

    @invariant()
    def every_entry_and_the_whole_book_balance(self) -> None:
        assert all(sum(side.amount_cents for side in entry.sides) == 0 for entry in self.entries)
        assert sum(self.balances.total(account) for account in Account) == 0

    @invariant()
    def every_line_is_what_the_model_says(self) -> None:
        balances = self.balances
        for line_id, line in zip(self.line_ids, self.lines, strict=True):
            assert balances.line(Account.CASH_UNAPPLIED, line_id) == line.paid
            assert balances.line(Account.ADJUSTMENT_CONTRACTUAL, line_id) == line.contractual
            assert balances.line(Account.AR_PATIENT, line_id) == line.share - line.patient_paid
            owed = line.charge - line.paid - line.contractual - line.share
            assert balances.line(Account.AR_INSURANCE, line_id) == owed
        assert balances.total(Account.PATIENT_UNAPPLIED) == -self.unapplied

    @invariant()
    def no_source_comes_twice(self) -> None:
        sources = [entry.source_key for entry in self.entries]
        assert len(set(sources)) == len(sources)


def cut(charge: int, weights: list[int], *, denies: bool) -> tuple[int, int, int, int]:
    """Four parts of a charge; without a denial the rest is paid."""
    _paid, contractual, share, denied = (charge * weight // (sum(weights) or 1) for weight in weights)
    if not denies:
        denied = 0
    return charge - contractual - share - denied, contractual, share, denied


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_an_entry_that_does_not_balance_cannot_be_made() -> None:
    with pytest.raises(EntryNotBalanced, match="off by 1 cents"):
        Entry(EntryKind.CHARGE, "charge:1", (Side(Account.AR_INSURANCE, Cents(1)),))


def test_an_entry_that_moves_nothing_is_empty() -> None:
    assert Entry(EntryKind.CHARGE, "charge:1", transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(0))).is_empty
    assert Entry(EntryKind.CHARGE, "charge:2", ()).is_empty
