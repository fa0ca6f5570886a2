"""The payers pay: 835s with what they take back, split, correct and answer letters about."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from billing.claim import Claim, Party
from billing.remittance import ClaimPayment, ProviderAdjustment, reversal_of
from interchange.x12 import coordination
from simulator import mailing, payer, recoveries, status
from simulator.kept import CLAIM, VOID, Kept
from simulator.scenarios import Scenario, scenario_of
from simulator.store import BOOKED

DUPLICATE_AFTER = timedelta(days=1)
"""After the first copy"""
FOUND_AFTER = timedelta(days=45)
"""After the payment: a mislaid remittance comes after all"""
LETTER_AFTER = timedelta(days=30)
"""A payer answers a letter that it has read"""
REST_AFTER = timedelta(days=2)
"""After the first part of a split answer"""
CROSSOVER_AFTER = timedelta(days=7)
"""After the first payer's answer"""

_PAYMENT = TypeAdapter(ClaimPayment)
_PARTY = TypeAdapter(Party)
_PLB = TypeAdapter(ProviderAdjustment)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one 835 tells."""

    payments: Sequence[ClaimPayment]
    adjustments: Sequence[ProviderAdjustment] = ()

    @property
    def amount(self) -> int:
        """Cents that are paid: BPR02."""
        return sum(one.paid_cents for one in self.payments) - sum(one.amount_cents for one in self.adjustments)


class Paying:
    """What payers do with claims that they have: `happen` by the kind of a planned event."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._store = kept.store
        self.happen: dict[str, Callable[[dict[str, Any], datetime], None]] = {
            "pay": self._pay,
            "again": self._send_again,
            "found": self._find,
            "correct": self._correct,
            "cross": self._cross,
            "rest": self._send_rest,
            "take": self._take_back,
            "answer": self._answer_letter,
        }

    def read_letter(self, text: str, at: datetime) -> list[str]:
        """A letter came by mail. Gives the control numbers of the claims that it names and the payer will answer."""
        with self._store.transaction():
            moved = (*payer.CONVINCED, Scenario.TAKEN)
            holders = ", ".join("?" for _ in moved)
            rows = self._store.rows(f"SELECT * FROM claim WHERE scenario IN ({holders})", *moved)
            named = [
                row["control_number"]
                for row in rows
                if row["payer_claim_number"] in text or row["control_number"] in text
            ]
            own = [one for one in named if self._store.first("letter", one)]
            if own:
                self._store.plan(self._kept.later(at, LETTER_AFTER), "answer", numbers=own)
        return own

    def _pay(self, event: dict[str, Any], at: datetime) -> None:
        groups: dict[tuple[Party, Party, bool], list[str]] = {}
        for number in event["numbers"]:
            claim, _ = self._kept.claim(number)
            is_mislaid = self._kept.scenario_of(number) == Scenario.MISLAID
            groups.setdefault((claim.coverage.payer, claim.billing_provider, is_mislaid), []).append(number)
        for (who, payee, is_mislaid), numbers in groups.items():
            payments = [one for number in numbers for one in self._answers(number, at)]
            if not payments:
                continue
            sent = self._send_payment(who, payee, payments, at, is_mislaid=is_mislaid)
            again = [number for number in numbers if self._kept.scenario_of(number) == Scenario.DUPLICATE]
            if again:
                self._store.plan(
                    self._kept.later(at, DUPLICATE_AFTER),
                    "again",
                    trace=self._last_trace(),
                    at=at.isoformat(),
                    payer=_PARTY.dump_python(who, mode="json"),
                    payee=_PARTY.dump_python(payee, mode="json"),
                    payments=[_PAYMENT.dump_python(one, mode="json") for one in sent.payments],
                    adjustments=[_PLB.dump_python(one, mode="json") for one in sent.adjustments],
                )

    def _answers(self, number: str, at: datetime) -> list[ClaimPayment]:
        """The answer to one claim; where it replaces or voids one that was paid, what was paid is taken back first.

        A void gets no other answer, and a claim that was voided before it was decided gets none.
        """
        claim, payer_claim_number = self._kept.claim(number)
        if self._kept.is_voided(payer_claim_number):
            return []
        first = self._store.row("SELECT * FROM claim WHERE payer_claim_number = ?", claim.original_reference or "")
        if first is None:
            return [] if claim.frequency == VOID else self._in_parts(number, self._adjudicated(number, at), at)
        before = payer.adjudicate(
            CLAIM.validate_json(first["claim"]),
            Scenario(first["scenario"]),
            payer_claim_number=first["payer_claim_number"],
            at=at,
        ).payment
        self._kept.book(first["control_number"], **{name: 0 for name in BOOKED if name != "charge"})
        taken_back = [reversal_of(before)] if before.paid_cents and first["paid"] else []
        return taken_back if claim.frequency == VOID else [*taken_back, self._adjudicated(number, at)]

    def _in_parts(self, number: str, answer: ClaimPayment, at: datetime) -> list[ClaimPayment]:
        """The answer, or its first part where the payer splits it: the rest follows."""
        parts = payer.parts_of(answer) if self._kept.scenario_of(number) == Scenario.SPLIT else [answer]
        for part in parts[1:]:
            told = _PAYMENT.dump_python(part, mode="json")
            self._store.plan(self._kept.later(at, REST_AFTER), "rest", payment=told)
        return parts[:1]

    def _send_rest(self, event: dict[str, Any], at: datetime) -> None:
        rest = _PAYMENT.validate_python(event["payment"])
        claim, _ = self._kept.claim(rest.control_number)
        self._send_payment(claim.coverage.payer, claim.billing_provider, [rest], at)

    def _take_back(self, event: dict[str, Any], at: datetime) -> None:
        """What was paid is wanted back; it is taken out of the next payment that is large enough."""
        for number in event["numbers"]:
            row = self._store.row("SELECT * FROM claim WHERE control_number = ?", number)
            assert row is not None, "claims are kept before anything happens to them"
            claim = CLAIM.validate_json(row["claim"])
            recoveries.begin(
                self._store,
                number,
                payer=claim.coverage.payer,
                payee=claim.billing_provider,
                reference=row["payer_claim_number"],
                cents=row["paid"],
            )

    def _answer_letter(self, event: dict[str, Any], at: datetime) -> None:
        """The payer has read a letter: it pays what was asked for, or gives back what it took."""
        taken = [one for one in event["numbers"] if self._kept.scenario_of(one) == Scenario.TAKEN]
        self._correct({"numbers": [one for one in event["numbers"] if one not in taken]}, at)
        for number in taken:
            claim, _ = self._kept.claim(number)
            back = recoveries.give_back(self._store, number, claim.billing_provider, at.date())
            if back:
                self._send_payment(claim.coverage.payer, claim.billing_provider, [], at, adjustments=back)

    def _last_trace(self) -> str:
        row = self._store.row("SELECT last FROM sequence WHERE name = 'trace'")
        assert row is not None, "a payment was sent before"
        return _trace(int(row["last"]))

    def _adjudicated(self, number: str, at: datetime, *, corrected: bool = False) -> ClaimPayment:
        claim, payer_claim_number = self._kept.claim(number)
        suffix = "R" if corrected else ""
        scenario = self._kept.scenario_of(number)
        decided = payer.adjudicate(
            claim, scenario, payer_claim_number=payer_claim_number + suffix, at=at, corrected=corrected
        )
        self._settle_earlier(claim)
        self._kept.book(
            number,
            allowed=decided.allowed,
            paid=decided.payment.paid_cents,
            contractual=decided.contractual,
            patient=decided.patient,
            billable_to_patient=0 if decided.is_protected else decided.patient,
            recoverable=payer.recoverable(claim, scenario, paid=decided.payment.paid_cents),
        )
        to = payer.forwards_to(claim)
        if to is None or claim.coverage.responsibility != "P" or not decided.patient:
            return decided.payment
        self._store.plan(
            self._kept.later(at, CROSSOVER_AFTER),
            "cross",
            claim=CLAIM.dump_python(payer.forwarded(claim, to, decided.payment, at=at), mode="json"),
        )
        return replace(decided.payment, status="19", crossover_payer=replace(to.coverage.payer, role="TT"))

    def _settle_earlier(self, claim: Claim) -> None:
        """What earlier payers called the patient's is asked of this one instead."""
        for decision in coordination.read_decisions(claim):
            row = self._store.row("SELECT * FROM claim WHERE payer_claim_number = ?", decision.payer_claim_number or "")
            if row is not None:
                self._kept.book(row["control_number"], patient=0, billable_to_patient=0)

    def _cross(self, event: dict[str, Any], at: datetime) -> None:
        """The next payer answers a claim that the first one forwarded; its figures go to the same claim's books."""
        claim = CLAIM.validate_python(event["claim"])
        number = f"ICN{self._store.next_number('payer_claim'):09d}"
        scenario = scenario_of(claim.coverage.member_id)
        decided = payer.adjudicate(claim, scenario, payer_claim_number=number, at=at)
        row = self._store.row("SELECT * FROM claim WHERE control_number = ?", claim.control_number)
        assert row is not None, "forwarded from there"
        self._kept.book(
            claim.control_number,
            paid=row["paid"] + decided.payment.paid_cents,
            contractual=row["contractual"] + decided.contractual,
            patient=decided.patient,
            billable_to_patient=0 if decided.is_protected else decided.patient,
        )
        self._send_payment(claim.coverage.payer, claim.billing_provider, [decided.payment], at)

    def _send_payment(
        self,
        who: Party,
        payee: Party,
        payments: Sequence[ClaimPayment],
        at: datetime,
        *,
        is_mislaid: bool = False,
        adjustments: Sequence[ProviderAdjustment] = (),
    ) -> Sent:
        """The 835 and the bank's file; a mislaid 835 comes later."""
        sent = self._with_adjustments(who, payee, Sent(payments, adjustments), at)
        payments, adjustments = sent.payments, sent.adjustments
        trace = _trace(self._store.next_number("trace"))
        body = mailing.remittance(self._store, who, payee, payments, trace=trace, at=at, adjustments=adjustments)
        plb = json.dumps([[one.reason, one.reference, one.amount_cents] for one in adjustments])
        self._store.change("INSERT INTO payment VALUES (?, ?, ?)", trace, sent.amount, plb)
        for one in payments:
            word = status.PAID if one.paid_cents else status.DENIED
            check = trace if one.paid_cents else None
            status.note(self._store, one.control_number, word, paid=one.paid_cents, check=check, day=at.date())
        if is_mislaid:
            self._store.plan(self._kept.later(at, FOUND_AFTER), "found", body=body.decode("ascii"))
        else:
            self._kept.post("835", body, at)
        if sent.amount:
            number = self._store.next_number("transfer")
            self._kept.post("CCD", mailing.transfer(who, trace=trace, cents=sent.amount, number=number, at=at), at)
        return sent

    def _with_adjustments(self, who: Party, payee: Party, sent: Sent, at: datetime) -> Sent:
        """Interest on what comes late, and what is wanted back of other claims."""
        payments, adjustments = [], list(sent.adjustments)
        for one in sent.payments:
            if self._kept.scenario_of(one.control_number) == Scenario.SLOW and one.paid_cents > 0:
                told, cents = payer.with_interest(one)
                reference = told.payer_claim_number or ""
                adjustments.append(recoveries.adjustment(payee, recoveries.INTEREST, reference, -cents, at.date()))
                payments.append(told)
            else:
                payments.append(one)
        amount = Sent(payments, adjustments).amount
        adjustments += recoveries.taken_from(self._store, who, payee, amount, at.date())
        return Sent(payments, adjustments)

    def _send_again(self, event: dict[str, Any], at: datetime) -> None:
        """The same remittance in a new envelope: its own dates, another ISA13."""
        body = mailing.remittance(
            self._store,
            _PARTY.validate_python(event["payer"]),
            _PARTY.validate_python(event["payee"]),
            [_PAYMENT.validate_python(one) for one in event["payments"]],
            trace=event["trace"],
            at=datetime.fromisoformat(event["at"]),
            adjustments=[_PLB.validate_python(one) for one in event["adjustments"]],
        )
        self._kept.post("835", body, at)

    def _find(self, event: dict[str, Any], at: datetime) -> None:
        self._kept.post("835", event["body"].encode("ascii"), at)

    def _correct(self, event: dict[str, Any], at: datetime) -> None:
        for number in event["numbers"]:
            claim, payer_claim_number = self._kept.claim(number)
            scenario = self._kept.scenario_of(number)
            before = payer.adjudicate(claim, scenario, payer_claim_number=payer_claim_number, at=at).payment
            after = self._adjudicated(number, at, corrected=True)
            payments = [reversal_of(before), after]
            self._send_payment(claim.coverage.payer, claim.billing_provider, payments, at)


def _trace(number: int) -> str:
    return f"EFT{number:09d}"
