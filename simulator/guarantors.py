"""Guarantors who get papers and act on them, each by habit: at the desk, on the pay page, or not at all.

What they did with their money is their own book, which the proof of a year holds against the office's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from billing.claim import Address
from simulator import clinic
from simulator.families import PARTS, Family, Habit
from simulator.office_client import OfficeClient

THINKS_FOR = timedelta(days=6)
"""Between a paper and what is done about it"""
COMES_BACK_AFTER = timedelta(days=4)
"""A cheque without money behind it, or a letter to where nobody lives"""
FOUND_AFTER = timedelta(days=12)
"""Until somebody knows the new address"""
PATIENCE = 5
"""How often a deed is tried again"""
A_MONTH = timedelta(days=30)
NEW_HOME = Address("77 OTHER RD", "ELSEWHERE", "OH", "441029999")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody will do."""

    at: datetime
    what: str
    act: Callable[[datetime], bool]
    """Whether it is done; else it is tried again on the next day"""
    tries: int = 0


@dataclass
class Wallet:
    """What one guarantor knows of his own."""

    family: Family
    papers: list[Mapping[str, Any]] = field(default_factory=list)
    paid_cents: int = 0
    """Cheques and cards that stood, and what the agency got"""
    has_agreed: bool = False
    card_page: str = ""
    """Of the processor, where a card was typed that is charged for a plan"""
    charged_cents: int = 0
    """To that card"""


@dataclass
class Guarantors:
    """All of them. Papers come in through `receive`; `act` does what is due."""

    office: OfficeClient
    families: Sequence[Family]
    browser: httpx.Client
    wallets: dict[str, Wallet] = field(default_factory=dict)
    """By the name on the envelope"""
    deeds: list[Deed] = field(default_factory=list)
    paid: int = 0
    """How often somebody paid"""
    failed: list[str] = field(default_factory=list)
    """What the office would not let them do"""

    def __post_init__(self) -> None:
        for family in self.families:
            self.wallets[envelope_name(family)] = Wallet(family)

    def receive(self, letter_id: str, said: Mapping[str, Any], at: datetime) -> None:
        """A letter comes; only statements and notices are to guarantors."""
        wallet = self.wallets.get(said["addressee"][0]) if "notice" in said else None
        if wallet is None:
            return
        wallet.papers.append(dict(said, letter_id=letter_id))
        self._resolve(wallet, at)

    def next_at(self) -> datetime | None:
        """When somebody does something next."""
        return min((one.at for one in self.deeds), default=None)

    def act(self, now: datetime) -> int:
        """Do what is due; returns how much was done."""
        due = [one for one in self.deeds if one.at <= now]
        self.deeds = [one for one in self.deeds if one.at > now]
        done = 0
        for one in due:
            if one.act(now):
                done += 1
            elif one.tries < PATIENCE:
                self.deeds.append(replace(one, at=now + timedelta(days=1), tries=one.tries + 1))
            else:
                self.failed.append(one.what)
        return done

    def paid_cents(self) -> int:
        """What all of them paid and did not get back by a bounce."""
        return sum(one.paid_cents + one.charged_cents for one in self.wallets.values())

    def read_card_statements(self) -> None:
        """What the cards were charged for plans: their banks tell, nobody acts on it."""
        for one in self.wallets.values():
            if one.card_page:
                one.charged_cents = int(self.browser.get(f"{one.card_page}/statement").json()["charged_cents"])

    def _plan(self, at: datetime, what: str, act: Callable[[datetime], bool]) -> None:
        self.deeds.append(Deed(at, what, act))

    def _resolve(self, wallet: Wallet, at: datetime) -> None:
        """What this guarantor makes of the newest paper."""
        paper, count = wallet.papers[-1], len(wallet.papers)
        total, notice = int(paper["total_cents"]), paper["notice"]
        soon = at + THINKS_FOR
        match wallet.family.habit:
            case Habit.CHEQUE:
                self._plan(soon, "cheque", self._cheque(wallet, paper, total))
            case Habit.CARD:
                self._plan(soon, "card", self._card(wallet, paper))
            case Habit.HALVES:
                cents = total if count % 2 == 0 or total < 2 else total // 2
                self._plan(soon, "half", self._cheque(wallet, paper, cents))
            case Habit.REMINDED if notice != "statement":
                self._plan(soon, "reminded", self._card(wallet, paper))
            case Habit.LAST_MOMENT if notice == "final_notice":
                self._plan(soon, "at last", self._cheque(wallet, paper, total))
            case Habit.PARTS | Habit.MISSES if not wallet.has_agreed:
                self._plan(soon, "agree", self._agree(wallet, paper))
            case Habit.CARD_PARTS if not wallet.has_agreed:
                self._plan(soon, "agree alone", self._agree_alone(wallet, paper))
            case Habit.CARD_PARTS:
                self._plan(soon, "card", self._card(wallet, paper))
            case Habit.MISSES | Habit.PARTS if notice == "final_notice" or wallet.family.habit == Habit.PARTS:
                self._plan(soon, "the rest", self._cheque(wallet, paper, total))
            case Habit.DISPUTES:
                first = self._ask(paper, "dispute", "I was not there that day.") if count == 1 else None
                self._plan(soon, "dispute or pay", first or self._card(wallet, paper))
            case Habit.BOUNCES:
                is_first = count == 1
                again = self._bouncing(wallet, paper, total) if is_first else self._card(wallet, paper)
                self._plan(soon, "bounce or pay", again)
            case Habit.MOVED:
                is_first = count == 1
                moved = self._moved(wallet, paper) if is_first else self._cheque(wallet, paper, total)
                self._plan(at + COMES_BACK_AFTER, "moved or pays", moved)
            case Habit.BANKRUPT | Habit.DIED if count == 1:
                kind = "bankruptcy" if wallet.family.habit == Habit.BANKRUPT else "deceased"
                self._plan(soon, kind, self._hold(paper, kind))
            case _:
                pass

    def _cheque(self, wallet: Wallet, paper: Mapping[str, Any], cents: int) -> Callable[[datetime], bool]:
        def act(now: datetime) -> bool:
            account = self.office.account_by_paper(paper["number"])
            day = now.astimezone(clinic.ZONE).date()
            answer = self.office.pay_account(account, cents, received_on=day, paper=paper["number"])
            if answer.is_done:
                wallet.paid_cents += cents
                self.paid += 1
            return answer.is_done

        return act

    def _bouncing(self, wallet: Wallet, paper: Mapping[str, Any], cents: int) -> Callable[[datetime], bool]:
        """A cheque over what is asked of who pays soon, which the bank sends back."""

        def act(now: datetime) -> bool:
            account = self.office.account_by_paper(paper["number"])
            day = now.astimezone(clinic.ZONE).date()
            asked = cents - self._taken_off(account)
            answer = self.office.pay_account(account, asked, received_on=day, paper=paper["number"])
            if not answer.is_done:
                return False
            receipt = answer.body["receipt_id"]
            back = self.office.take_back_receipt
            self._plan(now + COMES_BACK_AFTER, "bounced", lambda _: back(account, receipt, "NSF").is_done)
            return True

        return act

    def _taken_off(self, account: str) -> int:
        """What the account's open offers take off for who pays now."""
        items = self.office.account(account)["items"]
        return sum(int(one["prompt_pay"]["off_cents"]) for one in items if one["prompt_pay"])

    def _card(self, wallet: Wallet, paper: Mapping[str, Any]) -> Callable[[datetime], bool]:
        """Whatever the pay page says is owed is paid there, by a card on the processor's own page."""

        def act(now: datetime) -> bool:
            page = self._open(wallet, paper)
            asked = re.search(r"All of it: \$([\d,]+\.\d\d)", page)
            if asked is None:
                return "You owe nothing" in page or self._pay_at_the_desk(wallet, paper, now)
            token = httpx.URL(paper["pay_at"]).path
            checkout = self.browser.post(f"{token}/checkout", data={"what": "all"})
            paid = self.browser.post(checkout.headers["location"], data={"card": "4242424242424242"})
            if paid.status_code != httpx.codes.SEE_OTHER:
                return False
            wallet.paid_cents += int(asked[1].replace(",", "").replace(".", ""))
            self.paid += 1
            return True

        return act

    def _pay_at_the_desk(self, wallet: Wallet, paper: Mapping[str, Any], now: datetime) -> bool:
        """The link has ended: a call tells what is owed, and a cheque pays it."""
        owed = int(self.office.account(self.office.account_by_paper(paper["number"]))["owed_cents"])
        return owed == 0 or self._cheque(wallet, paper, owed)(now)

    def _open(self, wallet: Wallet, paper: Mapping[str, Any]) -> str:
        """The pay page behind the link of the paper, once the birth date is told."""
        path = httpx.URL(paper["pay_at"]).path
        born = wallet.family.members[0].person.birth_date
        assert born is not None, "families are made with birth dates"
        self.browser.post(f"{path}/open", data={"born": born.isoformat()})
        return self.browser.get(path).text

    def _ask(self, paper: Mapping[str, Any], about: str, text: str) -> Callable[[datetime], bool]:
        def act(now: datetime) -> bool:
            wallet = self.wallets[paper["addressee"][0]]
            page = self._open(wallet, paper)
            if "You owe nothing" in page:
                return True
            asked = self.browser.post(
                f"{httpx.URL(paper['pay_at']).path}/ask", data={"about": about, "text": text, "key": paper["number"]}
            )
            return asked.status_code == httpx.codes.SEE_OTHER

        return act

    def _agree(self, wallet: Wallet, paper: Mapping[str, Any]) -> Callable[[datetime], bool]:
        """A call: what is owed is paid in monthly parts. The first comes; whoever misses pays no other."""

        def act(now: datetime) -> bool:
            account = self.office.account_by_paper(paper["number"])
            first = (now + timedelta(days=10)).astimezone(clinic.ZONE).date()
            agreed = self.office.agree_on_parts(account, PARTS, first)
            if not agreed.is_done:
                return agreed.status in {409, 422}
            wallet.has_agreed = True
            [plan] = [one for one in self.office.account(account)["plans"] if one["state"] == "active"]
            parts = plan["parts"][:1] if wallet.family.habit == Habit.MISSES else plan["parts"]
            for number, part in enumerate(parts):
                at = now + timedelta(days=8) + number * A_MONTH
                self._plan(at, "instalment", self._cheque(wallet, paper, int(part["cents"])))
            return True

        return act

    def _agree_alone(self, wallet: Wallet, paper: Mapping[str, Any]) -> Callable[[datetime], bool]:
        """On the pay page: monthly parts, and a card that the processor keeps and charges for them. Where no plan is
        offered, all of it is paid there."""

        def act(now: datetime) -> bool:
            page = self._open(wallet, paper)
            path = httpx.URL(paper["pay_at"]).path
            first = (now + timedelta(days=10)).astimezone(clinic.ZONE).date()
            if f'action="{path}/plan"' not in page:
                return self._card(wallet, paper)(now)
            self.browser.post(f"{path}/plan", data={"count": str(PARTS), "first_day": first.isoformat()})
            read = re.search(r'name="read" value="(\w+)"', self.browser.get(path).text)
            if read is None:
                return False
            asked = self.browser.post(f"{path}/plan/card", data={"read": read[1]})
            kept = self.browser.post(asked.headers["location"], data={"card": "4242424242424242"})
            if kept.status_code != httpx.codes.SEE_OTHER:
                return False
            wallet.has_agreed, wallet.card_page = True, asked.headers["location"]
            return True

        return act

    def _hold(self, paper: Mapping[str, Any], kind: str) -> Callable[[datetime], bool]:
        def act(now: datetime) -> bool:
            return self.office.hold_account(self.office.account_by_paper(paper["number"]), kind).is_done

        return act

    def _moved(self, wallet: Wallet, paper: Mapping[str, Any]) -> Callable[[datetime], bool]:
        """The envelope comes back; some days later somebody finds the new address."""

        def act(now: datetime) -> bool:
            self.office.mark_returned(paper["letter_id"])
            account = self.office.account_by_paper(paper["number"])
            members = [patient_id for patient_id, _ in self.office.account(account)["members"]]
            self._plan(
                now + FOUND_AFTER,
                "found",
                lambda _: all(self.office.answers_for(one, wallet.family.guarantor, NEW_HOME) for one in members),
            )
            return True

        return act


def envelope_name(family: Family) -> str:
    """As it stands on an envelope."""
    name = family.guarantor.name
    return " ".join(filter(None, (name.first, name.last)))


def true_non_payers(families: Sequence[Family]) -> set[str]:
    """Who never meant to pay, by the name on the envelope."""
    return {envelope_name(one) for one in families if one.habit == Habit.NEVER}
