"""Any sequence of answers, corrections, reversals, take-backs and payments, delivered in any order and more than once:
the books end where a plain sum over the payer's own says, balance at every step, and bill nobody who is protected.
"""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col, func, select

from billing.ledger import Account
from database.engine import Database
from database.tables import Posting
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office
from tests.stories.payer_books import Part, Payer, expected_of

LOOKS = int(os.environ.get("MONEY_EXAMPLES", "12"))
PATIENTS_OWN = ("AR_PAT", "PAT_UNAPPLIED")
GIVEN_UP = "ADJ_DENIAL"
"""Counts as owed by the payer: it is taken back when the answer that it was decided on is no more"""
CENTS = st.integers(min_value=0, max_value=100)
LOOKING = settings(
    stateful_step_count=25,
    deadline=None,
    phases=[one for one in Phase if one != Phase.explain],  # it traces every line, which takes most of the time
    suppress_health_check=list(HealthCheck),
)


class Money(RuleBasedStateMachine):
    """One office and one payer: visit A of one line, B of two that the payer splits, P of a protected patient."""

    template: Path

    @initialize()
    def open_the_office(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="zerobalance-money-")
        shutil.copy(self.template, Path(self.folder) / "office.db")
        self.office = Office(Database(f"sqlite:///{self.folder}/office.db"))
        claims = [
            a_claim(a_line("99213", 15000), member_id="AAA111", control_number="EXTA"),
            a_claim(a_line("99214", 20000), a_line("93000", 6000), member_id="BBB222", control_number="EXTB"),
            a_claim(a_line("99212", 9000), member_id="PPP333", control_number="EXTP"),
        ]
        self.visits: dict[str, str] = {}
        for letter, claim in zip("ABP", claims, strict=True):
            before = set(self.office.encounter_ids())
            self.office.take_in(an_837p(claim, number=len(before) + 1))
            [self.visits[letter]] = set(self.office.encounter_ids()) - before
            self.office.go_on(self.visits[letter])
        self.office.send_claims()
        parts = [
            Part("A", "99213", 15000),
            Part("B", "99214", 20000),
            Part("B", "93000", 6000),
            Part("P", "99212", 9000, is_protected=True),
        ]
        numbers = {letter: self.office.submission(one).control_number for letter, one in self.visits.items()}
        self.payer = Payer(numbers, parts)
        self.delivered: list[int] = []
        self.patient_paid = dict.fromkeys("AB", 0)

    def _part(self, index: int, *, is_answered: bool) -> Part | None:
        fitting = [one for one in self.payer.parts if (one.answer is not None) == is_answered]
        return fitting[index % len(fitting)] if fitting else None

    @staticmethod
    def _split(part: Part, paid: int, contract: int, share: int) -> tuple[int, int, int]:
        """Three amounts of at least half, and together at most the whole, of the charge."""
        cents = part.charge // 2 + part.charge * paid // 400
        written_off = (part.charge - cents) * contract // 100
        return cents, written_off, (part.charge - cents - written_off) * share // 100

    @rule(which=st.integers(0, 3), paid=CENTS, contract=CENTS, share=CENTS)
    def the_payer_answers(self, which: int, paid: int, contract: int, share: int) -> None:
        if part := self._part(which, is_answered=False):
            self.payer.answer(part, *self._split(part, paid, contract, share))

    @rule(which=st.integers(0, 3), paid=CENTS, contract=CENTS, share=CENTS)
    def the_payer_corrects(self, which: int, paid: int, contract: int, share: int) -> None:
        if part := self._part(which, is_answered=True):
            self.payer.correct(part, *self._split(part, paid, contract, share))

    @rule(which=st.integers(0, 3))
    def the_payer_reverses(self, which: int) -> None:
        if part := self._part(which, is_answered=True):
            self.payer.reverse(part)

    @rule(which=st.integers(0, 3), other=st.integers(0, 3), cents=st.integers(1, 2000))
    def the_payer_takes_back(self, which: int, other: int, cents: int) -> None:
        part, out_of = self._part(which, is_answered=True), self._part(other, is_answered=False)
        if part and out_of and not part.taken:
            self.payer.take_back(part, cents, out_of, out_of.charge)

    @rule(which=st.integers(0, 3))
    def the_payer_gives_back(self, which: int) -> None:
        if (part := self._part(which, is_answered=True)) and part.taken:
            self.payer.give_back(part)

    @precondition(lambda self: self.payer.files)
    @rule(which=st.integers(0, 1000))
    def a_file_arrives(self, which: int) -> None:
        """Any one, for the first time or again."""
        self._deliver(which % len(self.payer.files))

    @rule(letter=st.sampled_from("ABP"))
    def the_office_gives_up(self, letter: str) -> None:
        """What is refused by now is written off, by two people."""
        encounter = self.visits[letter]
        if "denial_review" not in self.office.open_task_types(encounter):
            return
        if self.office.complete(encounter, "denial_review", "write_off", {"reason": "enough"}).answer.done:
            who = self.office.supervisor_id
            self.office.complete(encounter, "write_off_approval", "approved", {"reason": "agreed"}, by=who)
        self.office.go_on(encounter)

    @rule(letter=st.sampled_from("AB"), cents=st.integers(1, 5000))
    def the_patient_pays(self, letter: str, cents: int) -> None:
        self.office.pay(self.visits[letter], cents)
        self.office.go_on(self.visits[letter])
        self.patient_paid[letter] += cents

    def _deliver(self, index: int) -> None:
        self.office.deliver_835(self.payer.files[index])
        self.delivered.append(index)
        for encounter in self.visits.values():
            self.office.go_on(encounter)

    @invariant()
    def every_visit_is_all_accounted_for(self) -> None:
        """Charge = payments + adjustments + balances: what stands on a visit's accounts sums to nothing."""
        with self.office.database.reading() as session:
            by_visit = select(Posting.encounter_id, func.sum(Posting.amount_cents)).group_by(col(Posting.encounter_id))
            sums = session.exec(by_visit).all()
        assert all(cents == 0 for _, cents in sums), sums

    @invariant()
    def the_protected_patient_owes_nothing(self) -> None:
        assert ("AR_PAT", 1) not in self.office.accounts(self.visits["P"])

    def teardown(self) -> None:
        if not hasattr(self, "payer"):
            return
        try:
            for index in range(len(self.payer.files)):
                if index not in self.delivered:
                    self._deliver(index)
            self._agree()
        finally:
            self.office.database.close()
            shutil.rmtree(self.folder)

    def _agree(self) -> None:
        for letter, encounter in self.visits.items():
            wanted = {"AR_INS": 0, "patient": -self.patient_paid.get(letter, 0), "ADJ_CONTRACT": 0}
            for part in self.payer.parts:
                if part.visit == letter:
                    wanted = {name: cents + expected_of(part)[name] for name, cents in wanted.items()}
            found = dict.fromkeys(wanted, 0)
            for (account, _), cents in self.office.accounts(encounter).items():
                name = "patient" if account in PATIENTS_OWN else "AR_INS" if account == GIVEN_UP else account
                if name in found:
                    found[name] += cents
            assert found == wanted, (letter, self.office.story(encounter))
        with self.office.database.reading() as session:
            totals = dict(
                session.exec(
                    select(Posting.account, func.sum(Posting.amount_cents)).group_by(col(Posting.account))
                ).all()
            )
        assert totals.get(Account.CASH_UNAPPLIED, 0) == 0
        assert totals.get(Account.EFT_CLEARING, 0) == self.payer.sent
        assert totals.get(Account.PLB_CLEARING, 0) == -sum(self.payer.forwarded.values())


def test_the_books_end_where_the_payers_do(sqlite_template: Path) -> None:
    Money.template = sqlite_template
    run_state_machine_as_test(
        Money,
        settings=settings(LOOKING, max_examples=LOOKS),
    )
