"""An office whose patient pays 80.00 in four parts by a card that the processor keeps, over a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select

from activities import instalment_plans, kept_cards
from activities.account import AccountActivities
from activities.card_errands import CardErrandActivities
from activities.card_messages import CardErrandAnswer, CardErrandStep
from activities.card_processor import HttpGateway
from activities.messages import AccountStep, CardErrand
from billing.ledger import Account
from billing.letters import Letter as Content
from database import accounts, instalments, ledger, records
from database import kept_cards as card_rows
from database.account_holds import PATIENT
from database.proof import prove_rows
from database.tables import InstalmentPlan, KeptCard, Letter, PatientAccount, Task
from simulator.card_pages import create_gateway
from simulator.gateway import USUAL_EXPIRY, CardPageWish, Processor
from tests.card_notices import into_the_books
from tests.office import PUBLIC_URL, Office
from tests.servers import free_port, served
from tests.stories.test_households import child

TOKEN = SecretStr("card-token")
PART = 2000
FIRST_IN = 30
"""Days until the first part"""
WORDS = "Charge my card on the days of the plan."


@dataclass
class CardDesk:
    """What a patient, the clock and the account's workflow do."""

    office: Office
    processor: Processor
    account: AccountActivities
    errands: CardErrandActivities
    address: str
    """Of the processor"""
    visit: str = ""
    holder: str = ""

    @contextmanager
    def held(self) -> Iterator[tuple[Session, PatientAccount]]:
        with self.office.database.writing() as session:
            practice_id, at = self.office.practice_id, self.office.now
            yield session, accounts.lock(session, practice_id=practice_id, patient_id=self.holder, at=at)

    def owes(self, cents: int = 4 * PART) -> None:
        self.visit = child(self.office, "ANNA", 1, share=cents)
        self.holder = self.office.patient_of(self.visit)
        self.look()

    def agree(self, *, first_in: int = FIRST_IN) -> None:
        first_day = self.office.today + timedelta(days=first_in)
        with self.held() as (session, account):
            instalment_plans.agree(
                session, account, count=4, first_day=first_day, disclosure="", by=None, at=self.office.now
            )

    def end_plan(self) -> None:
        with self.held() as (session, account):
            row = instalments.active(session, account.patient_id)
            assert row is not None
            instalment_plans.end(session, account, row, reason="asked to", at=self.office.now)

    def wish(self) -> str:
        """A card is to be kept: the number of the wish."""
        with self.held() as (session, account):
            return kept_cards.ask(session, account, words=WORDS, said_by="", by=PATIENT, at=self.office.now).id

    def keep(self, number: str = "4242424242424242", *, expires: str = USUAL_EXPIRY) -> None:
        """The patient types a card on the processor's page, which tells the office."""
        page = self.processor.open_card_page(CardPageWish(reference=self.wish(), return_url="/"))
        self.processor.keep(page, number, expires)
        self.look()

    def stop(self, *, by: str = PATIENT) -> bool:
        with self.held() as (session, account):
            return kept_cards.stop(session, account, why="stopped on the pay page", by=by, at=self.office.now)

    def look(self, *, errands: bool = True) -> list[CardErrand]:
        """The account looks at itself and runs its errands, as its workflow would."""
        step = AccountStep(practice_id=self.office.practice_id, patient_id=self.holder, at=self.office.now)
        asked = list(self.account.look_after_account(step).errands)
        answered = [self.run(one) for one in asked] if errands else []
        if any(answered):
            self.office.go_on(self.visit)
            self.look()
        return asked

    def account_looks_again(self) -> datetime | None:
        """When, by what its last look said."""
        with self.held() as (_, account):
            return account.next_at

    def run(self, errand: CardErrand) -> bool:
        return self.note(errand, self.errands.run_card_errand(self.step(errand)))

    def note(self, errand: CardErrand, answer: CardErrandAnswer) -> bool:
        step = self.step(errand).model_copy(update={"answer": answer})
        return self.errands.note_card_errand(step).is_answered

    def step(self, errand: CardErrand) -> CardErrandStep:
        practice_id, at = self.office.practice_id, self.office.now
        return CardErrandStep(practice_id=practice_id, patient_id=self.holder, at=at, errand=errand)

    def pass_days(self, days: int) -> None:
        """Day by day; the books are proven at the end."""
        for _ in range(days):
            self.office.let_pass(days=1)
            self.look()
        with self.office.database.reading() as session:
            assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []

    def pay(self, cents: int) -> None:
        """In another way."""
        self.office.pay(self.visit, cents)
        self.office.go_on(self.visit)
        self.look()

    def charges(self) -> list[tuple[int, int, str]]:
        """(attempt, cents, state) of every try, the oldest first."""
        with self.office.database.reading() as session:
            plans = session.exec(select(InstalmentPlan.id)).all()
            made = [one for plan in plans for card in card_rows.views(session, plan) for one in card.charges]
        return [(one.attempt, one.amount_cents, one.state) for one in sorted(made, key=lambda one: one.made_at)]

    def cards(self) -> list[str]:
        """Their states, the oldest wish first."""
        with self.office.database.reading() as session:
            return list(session.exec(select(KeptCard.state).order_by(col(KeptCard.agreed_at))))

    def letters(self) -> list[Content]:
        """What went to the patient about charges."""
        with self.office.database.reading() as session:
            query = select(Letter).where(Letter.kind == "instalment_notice").order_by(col(Letter.written_at))
            return [records.load(Content, one.content) for one in session.exec(query)]

    def tasks(self) -> list[str]:
        with self.office.database.reading() as session:
            return list(session.exec(select(Task.type).where(Task.state == "open")))

    def plan(self) -> str:
        with self.office.database.reading() as session:
            newest = select(InstalmentPlan.state).order_by(col(InstalmentPlan.agreed_at).desc())
            return session.exec(newest).first() or ""

    def card_money(self) -> int:
        """What stands on CARD_CLEARING, in cents."""
        with self.office.database.reading() as session:
            sums = ledger.account_totals(session, practice_id=self.office.practice_id)
        return sums.get(Account.CARD_CLEARING, 0)

    def taken(self) -> int:
        """Cents that the processor took, by its own books."""
        return sum(one.cents for one in self.processor.charges.values())


@pytest.fixture
def cards(office: Office) -> Iterator[CardDesk]:
    """80.00 are owed; no plan and no card yet."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    notices = into_the_books(office)
    processor = Processor("http://office.test", "secret", lambda: office.now, notices)
    account = AccountActivities(office.database, PUBLIC_URL)
    errands = CardErrandActivities(office.database, HttpGateway(address, TOKEN))
    made = CardDesk(office, processor, account, errands, address)
    card_page = create_gateway(processor, token=TOKEN.get_secret_value(), public_url=address)
    with notices, served(card_page, port=port):
        made.owes()
        yield made
