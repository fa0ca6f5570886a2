"""Whatever happens in an office, every report of every month adds up to the ledger, and a closed month stays as it was.

The office of `test_money_in_any_order` goes on for months here: some are closed, one is opened again.
"""

import os
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from sqlmodel import Session

from billing.fees import Agreed, Terms
from billing.periods import Month, month_named, month_of
from database import fees, periods
from tests.stories import report_sums
from tests.stories.test_money_in_any_order import CENTS, LOOKING, Money

LOOKS = int(os.environ.get("REPORT_EXAMPLES", "8"))


class Months(Money):
    """The same visits and payer, with time going by and a supervisor who closes months."""

    @rule(days=st.integers(1, 40))
    def time_goes_by(self, days: int) -> None:
        self.office.let_pass(days=days)

    @rule()
    def the_next_month_is_closed(self) -> None:
        """The one before today's, or what follows the latest closed one."""
        with self.office.database.writing() as session:
            known = periods.latest(session, practice_id=self.office.practice_id)
            last = month_of(self.office.today).after(-1)
            month = month_named(known.month).after(1) if known else last
            if month <= last:
                periods.close(
                    session,
                    month,
                    practice_id=self.office.practice_id,
                    note="",
                    at=self.office.now,
                    actor_id=self.office.supervisor_id,
                )
                self._invoice(session, month)

    def _invoice(self, session: Session, month: Month) -> None:
        """By terms that begin with the first month that is closed."""
        about = {"practice_id": self.office.practice_id, "at": self.office.now, "actor_id": self.office.supervisor_id}
        if not fees.agreements(session, practice_id=self.office.practice_id):
            terms = Terms(625, of_payers=True, of_patients=True, minimum_cents=0)
            fees.agree(session, month, Agreed(terms, "BILLERS LLC", "", 30), **about)  # type: ignore[arg-type]
        if not any(one.month >= month.key for one in fees.invoices(session, practice_id=self.office.practice_id)):
            fees.make(session, month, **about)  # type: ignore[arg-type]

    @rule(which=st.integers(0, 3), paid=CENTS, contract=CENTS, share=CENTS, days=st.integers(1, 40))
    def an_answer_arrives_at_once(self, which: int, paid: int, contract: int, share: int, days: int) -> None:
        """And the patient pays what it leaves, and a little more."""
        part = self._part(which, is_answered=False)
        if part is None:
            return
        self.office.let_pass(days=days)
        self.payer.answer(part, *self._split(part, paid, contract, share))
        self._deliver(len(self.payer.files) - 1)
        if part.visit in self.patient_paid:
            cents = 1000 + paid * 50
            self.office.pay(self.visits[part.visit], cents)
            self.office.go_on(self.visits[part.visit])
            self.patient_paid[part.visit] += cents

    @rule()
    def every_sum_comes_out(self) -> None:
        assert report_sums.faults(self.office) == []

    def _agree(self) -> None:
        """After weeks a person is asked about an answer that an earlier one stands in the way of, and the plain model
        knows no people: what counts here is that reports add up to the ledger, whatever stands in it."""

    def teardown(self) -> None:
        if hasattr(self, "payer"):
            for index in range(len(self.payer.files)):
                if index not in self.delivered:
                    self.office.let_pass(days=9)
                    self._deliver(index)
            assert report_sums.faults(self.office) == []
            with self.office.database.reading() as session:
                assert periods.unfounded(session)[1] == []
                assert fees.faults(session)[1] == []
        super().teardown()


def test_every_report_re_adds_to_the_ledger(sqlite_template: Path) -> None:
    Months.template = sqlite_template
    run_state_machine_as_test(
        Months,
        settings=settings(LOOKING, max_examples=LOOKS),
    )
