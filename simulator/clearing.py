"""The clearinghouse at work: takes interchanges in, plans what follows, and lets it happen when its instant comes."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from billing.acknowledgment import ClaimAcknowledgment, ImplementationAcknowledgment, InterchangeAcknowledgment
from billing.claim import Claim, Party
from billing.institutional_claim import InstitutionalClaim
from billing.institutional_visits import visit_of
from billing.remittance import ClaimPayment, reversal_of
from interchange.x12 import (
    acknowledgment_999,
    answering,
    claim_status_276,
    coordination,
    eligibility_270,
    eligibility_271,
)
from interchange.x12.envelope import TransactionId
from interchange.x12.issues import Issue
from simulator import mailing, payer, status
from simulator.scenarios import Scenario, scenario_of
from simulator.store import BOOKED, Store

SYNTAX_AFTER = timedelta(minutes=5)
EARLY_AFTER = timedelta(minutes=10)
CLEARINGHOUSE_AFTER = timedelta(minutes=20)
PAYER_AFTER = timedelta(days=1)
PAYMENT_AFTER = timedelta(days=14)
FOUND_AFTER = timedelta(days=45)
"""After the payment: a mislaid remittance comes after all"""
SLOW_AFTER = timedelta(days=60)
DUPLICATE_AFTER = timedelta(days=15)
CORRECTION_AFTER = timedelta(days=20)
RECONSIDERED_AFTER = timedelta(days=45)
CROSSOVER_AFTER = timedelta(days=7)
"""After the first payer's answer"""
VOID = "8"
"""CLM05-3"""

_CLAIM = TypeAdapter(Claim)
_PAYMENT = TypeAdapter(ClaimPayment)
_SAID = TypeAdapter(ImplementationAcknowledgment)
_TA1 = TypeAdapter(InterchangeAcknowledgment)
_VERDICT = TypeAdapter(ClaimAcknowledgment)
_PARTY = TypeAdapter(Party)


class KeyUsedForAnotherBody(ValueError):
    """The idempotency key came before with other bytes."""


class Clearing:
    """Everything behind the wire. `pace` is how long a simulated day takes; a real day by default."""

    def __init__(self, store: Store, *, pace: timedelta = timedelta(days=1)) -> None:
        self._store = store
        self._pace = pace
        self._advancing = threading.Lock()
        self._happen: dict[str, Callable[[dict[str, Any], datetime], None]] = {
            "envelope": self._acknowledge_envelope,
            "syntax": self._acknowledge_syntax,
            "refuse": self._refuse_claims,
            "acknowledge": self._acknowledge_claims,
            "pay": self._pay,
            "again": self._send_again,
            "found": self._find,
            "correct": self._correct,
            "cross": self._cross,
        }

    def answer_eligibility(self, body: bytes, at: datetime) -> bytes:
        """271 for a 270; a 999 when the 270 is faulty."""
        issues: list[Issue] = []
        for item in eligibility_270.read(body):
            issues += [one for one in item.issues if one.severity == "error"]
            if item.inquiry is not None and not issues:
                response = payer.answer_inquiry(item.inquiry)
                return mailing.eligibility_answer(self._store, eligibility_271.write(response, item.inquiry), at)
        identity = TransactionId("270", "0001", "005010X279A1", gs01="HS", gs06="1", gs08="005010X279A1")
        return mailing.syntax_acknowledgment(self._store, acknowledgment_999.acknowledge([(identity, issues)]), at)

    def answer_status(self, body: bytes, at: datetime) -> bytes:
        """277 for a 276; a 999 when the 276 is faulty. Raises NotX12."""
        said = status.answer(self._store, body, at)
        if said is not None:
            return said
        issues = [issue for item in claim_status_276.read(body) for issue in item.issues]
        identity = TransactionId("276", "0001", "005010X212", gs01="HR", gs06="1", gs08="005010X212")
        return mailing.syntax_acknowledgment(self._store, acknowledgment_999.acknowledge([(identity, issues)]), at)

    def take_claims(self, body: bytes, *, key: str, at: datetime) -> dict[str, str]:
        """A receipt. The same key and bytes give the same receipt. Raises KeyUsedForAnotherBody."""
        digest = hashlib.sha256(body).hexdigest()
        with self._store.transaction():
            known = self._store.row("SELECT * FROM receipt WHERE key = ?", key)
            if known is not None and known["sha256"] != digest:
                raise KeyUsedForAnotherBody(key)
            if known is None:
                receipt_id = f"R{self._store.next_number('receipt'):08d}"
                self._store.change("INSERT INTO receipt VALUES (?, ?, ?, ?)", key, digest, receipt_id, at.isoformat())
                self._look_into(body, at)
                known = self._store.row("SELECT * FROM receipt WHERE key = ?", key)
            assert known is not None, "inserted above"
            return {name: known[name] for name in ("receipt_id", "received_at", "sha256")}

    def advance(self, now: datetime) -> int:
        """Let everything happen, once, whose instant has come; returns how much did."""
        happened = 0
        with self._advancing:
            while events := self._store.due(now):
                for event in events:
                    with self._store.transaction():
                        self._happen[event["kind"]](json.loads(event["body"]), datetime.fromisoformat(event["due_at"]))
                        self._store.change("UPDATE event SET done = 1 WHERE id = ?", event["id"])
                    happened += 1
        return happened

    def books(self) -> dict[str, Any]:
        """The payers' own figures, in cents."""
        claims = [
            {"control_number": row["control_number"], "scenario": row["scenario"]}
            | {name: row[name] for name in BOOKED}
            for row in self._store.rows("SELECT * FROM claim ORDER BY control_number")
        ]
        payments = [
            {"trace": row["trace"], "amount": row["amount"], "plb": json.loads(row["plb"])}
            for row in self._store.rows("SELECT * FROM payment ORDER BY trace")
        ]
        return {"claims": claims, "payments": payments}

    def _later(self, at: datetime, delay: timedelta) -> datetime:
        return at + delay * (self._pace / timedelta(days=1))

    def _look_into(self, body: bytes, at: datetime) -> None:
        for answer in answering.answer(body, sender=mailing.CLEARINGHOUSE, on=at.date()):
            soon = self._later(at, SYNTAX_AFTER)
            if answer.wants_ta1 or not answer.interchange.accepted:
                self._store.plan(soon, "envelope", said=_TA1.dump_python(answer.interchange, mode="json"))
            for said in answer.groups:
                self._store.plan(soon, "syntax", said=_SAID.dump_python(said, mode="json"))
            self._tell(answer, at)
            self._take_in([_as_visit(one.claim) for one in answer.taken], at)

    def _tell(self, answer: answering.Answer, at: datetime) -> None:
        """Claims that cannot be read, or whose sums do not come out, are told one by one; the others go on."""
        if not answer.refused:
            return
        known = [one.provider for one in answer.refused if one.provider is not None]
        known += [one.claim.billing_provider for one in answer.taken] + [mailing.NOBODY]
        verdicts = [
            (
                _PARTY.dump_python(one.provider or known[0], mode="json"),
                _VERDICT.dump_python(one.verdict, mode="json"),
            )
            for one in answer.refused
        ]
        self._store.plan(self._later(at, CLEARINGHOUSE_AFTER), "refuse", verdicts=verdicts)

    def _take_in(self, claims: Sequence[Claim], at: datetime) -> None:
        for claim in claims:
            scenario = self._scenario(claim)
            self._store.change(
                f"INSERT OR IGNORE INTO claim VALUES (?, ?, ?, ?, ?, {', '.join('0' for _ in BOOKED)})",
                claim.control_number,
                _fingerprint(claim),
                scenario.value,
                _CLAIM.dump_json(claim).decode(),
                f"ICN{self._store.next_number('payer_claim'):09d}",
            )
            self._book(claim.control_number, charge=claim.charge_cents)
        numbers = [claim.control_number for claim in claims]
        if not numbers:
            return
        self._plan_for(claims, numbers, at)

    def _plan_for(self, claims: Sequence[Claim], numbers: list[str], at: datetime) -> None:
        by_scenario: dict[Scenario, list[str]] = {}
        for claim in claims:
            by_scenario.setdefault(self._scenario_of(claim.control_number), []).append(claim.control_number)
        plan = self._store.plan
        plan(self._later(at, CLEARINGHOUSE_AFTER), "acknowledge", numbers=numbers, sender="AY", accepted=True)
        for scenario, own in by_scenario.items():
            if scenario in {Scenario.SILENT, Scenario.LOST}:
                continue
            accepted = scenario != Scenario.REJECT
            plan(self._later(at, PAYER_AFTER), "acknowledge", numbers=own, sender="PR", accepted=accepted)
            if accepted:
                delay = {Scenario.EARLY: EARLY_AFTER, Scenario.SLOW: SLOW_AFTER}.get(scenario, PAYMENT_AFTER)
                plan(self._later(at, delay), "pay", numbers=own)
            corrected = {Scenario.REVERSED: CORRECTION_AFTER, Scenario.UNDERPAID: RECONSIDERED_AFTER}.get(scenario)
            if corrected is not None:
                plan(self._later(at, corrected), "correct", numbers=own)

    def _scenario(self, claim: Claim) -> Scenario:
        """What becomes of a claim. One that comes again and says what was asked for is paid, and so is a silent one:
        somebody has called. Any other that comes again as an original is a duplicate."""
        scenario = scenario_of(claim.coverage.member_id)
        if scenario == Scenario.OTHER and claim.coverage.payer.id == payer.LIABLE_PAYER:
            scenario = Scenario.PAID
        same = self._store.rows("SELECT payer_claim_number FROM claim WHERE fingerprint = ?", _fingerprint(claim))
        known = any(not self._is_voided(row["payer_claim_number"]) for row in same)
        is_again = known or not claim.is_original
        if is_again and (scenario in {Scenario.SILENT, Scenario.LOST} or payer.is_mended(claim, scenario)):
            return Scenario.PAID
        return Scenario.REPEATED if known and claim.is_original and scenario != Scenario.REJECT else scenario

    def _scenario_of(self, number: str) -> Scenario:
        row = self._store.row("SELECT scenario FROM claim WHERE control_number = ?", number)
        assert row is not None, "claims are kept before they are planned for"
        return Scenario(row["scenario"])

    def _claim(self, number: str) -> tuple[Claim, str]:
        row = self._store.row("SELECT claim, payer_claim_number FROM claim WHERE control_number = ?", number)
        assert row is not None, "claims are kept before anything happens to them"
        return _CLAIM.validate_json(row["claim"]), row["payer_claim_number"]

    def _book(self, number: str, **amounts: int) -> None:
        names = ", ".join(f"{name} = ?" for name in amounts)
        self._store.change(f"UPDATE claim SET {names} WHERE control_number = ?", *amounts.values(), number)

    def _post(self, kind: str, body: bytes, at: datetime) -> None:
        self._store.post(kind, body, hashlib.sha256(body).hexdigest(), at=at)

    def _acknowledge_syntax(self, event: dict[str, Any], at: datetime) -> None:
        said = _SAID.validate_python(event["said"])
        self._post("999", mailing.syntax_acknowledgment(self._store, said, at), at)

    def _acknowledge_envelope(self, event: dict[str, Any], at: datetime) -> None:
        said = _TA1.validate_python(event["said"])
        self._post("TA1", mailing.envelope_acknowledgment(self._store, said, at), at)

    def _refuse_claims(self, event: dict[str, Any], at: datetime) -> None:
        verdicts = [
            (_PARTY.validate_python(provider), _VERDICT.validate_python(verdict))
            for provider, verdict in event["verdicts"]
        ]
        body = mailing.verdicts_on_claims(
            self._store, verdicts, sender=mailing.CLEARINGHOUSE, submitter_id=mailing.OFFICE.id, at=at
        )
        self._post("277CA", body, at)

    def _acknowledge_claims(self, event: dict[str, Any], at: datetime) -> None:
        claims = [self._claim(number)[0] for number in event["numbers"]]
        if event["sender"] == "AY":
            self._send_acknowledgment(claims, mailing.CLEARINGHOUSE, event["accepted"], at)
            return
        for claim in claims:
            status.note(self._store, claim.control_number, status.PENDING if event["accepted"] else status.REJECTED)
        for one in dict.fromkeys(claim.coverage.payer for claim in claims):
            own = [claim for claim in claims if claim.coverage.payer == one]
            self._send_acknowledgment(own, mailing.payer_party(one), event["accepted"], at)

    def _send_acknowledgment(self, claims: Sequence[Claim], sender: Party, accepted: bool, at: datetime) -> None:
        body = mailing.claim_acknowledgment(
            self._store, claims, sender=sender, accepted=accepted, submitter_id=mailing.OFFICE.id, at=at
        )
        self._post("277CA", body, at)

    def _pay(self, event: dict[str, Any], at: datetime) -> None:
        groups: dict[tuple[Party, Party, bool], list[str]] = {}
        for number in event["numbers"]:
            claim, _ = self._claim(number)
            is_mislaid = self._scenario_of(number) == Scenario.MISLAID
            groups.setdefault((claim.coverage.payer, claim.billing_provider, is_mislaid), []).append(number)
        for (who, payee, is_mislaid), numbers in groups.items():
            payments = [one for number in numbers for one in self._answers(number, at)]
            if not payments:
                continue
            self._send_payment(who, payee, payments, at, is_mislaid=is_mislaid)
            again = [number for number in numbers if self._scenario_of(number) == Scenario.DUPLICATE]
            if again:
                self._store.plan(
                    self._later(at, DUPLICATE_AFTER - PAYMENT_AFTER),
                    "again",
                    trace=self._last_trace(),
                    at=at.isoformat(),
                    payer=_PARTY.dump_python(who, mode="json"),
                    payee=_PARTY.dump_python(payee, mode="json"),
                    payments=[_PAYMENT.dump_python(one, mode="json") for one in payments],
                )

    def _answers(self, number: str, at: datetime) -> list[ClaimPayment]:
        """The answer to one claim; where it replaces or voids one that was paid, what was paid is taken back first.

        A void gets no other answer, and a claim that was voided before it was decided gets none.
        """
        claim, payer_claim_number = self._claim(number)
        if self._is_voided(payer_claim_number):
            return []
        first = self._store.row("SELECT * FROM claim WHERE payer_claim_number = ?", claim.original_reference or "")
        if first is None:
            return [] if claim.frequency == VOID else [self._adjudicated(number, at)]
        before = payer.adjudicate(
            _CLAIM.validate_json(first["claim"]),
            Scenario(first["scenario"]),
            payer_claim_number=first["payer_claim_number"],
            at=at,
        ).payment
        self._book(first["control_number"], **{name: 0 for name in BOOKED if name != "charge"})
        taken_back = [reversal_of(before)] if before.paid_cents and first["paid"] else []
        return taken_back if claim.frequency == VOID else [*taken_back, self._adjudicated(number, at)]

    def _is_voided(self, payer_claim_number: str) -> bool:
        query = (
            "SELECT 1 FROM claim WHERE json_extract(claim, '$.frequency') = ? "
            "AND json_extract(claim, '$.original_reference') = ?"
        )
        return self._store.row(query, VOID, payer_claim_number) is not None

    def _last_trace(self) -> str:
        row = self._store.row("SELECT last FROM sequence WHERE name = 'trace'")
        assert row is not None, "a payment was sent before"
        return _trace(int(row["last"]))

    def _adjudicated(self, number: str, at: datetime, *, corrected: bool = False) -> ClaimPayment:
        claim, payer_claim_number = self._claim(number)
        suffix = "R" if corrected else ""
        scenario = self._scenario_of(number)
        decided = payer.adjudicate(
            claim, scenario, payer_claim_number=payer_claim_number + suffix, at=at, corrected=corrected
        )
        self._settle_earlier(claim)
        self._book(
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
            self._later(at, CROSSOVER_AFTER),
            "cross",
            claim=_CLAIM.dump_python(payer.forwarded(claim, to, decided.payment, at=at), mode="json"),
        )
        return replace(decided.payment, status="19", crossover_payer=replace(to.coverage.payer, role="TT"))

    def _settle_earlier(self, claim: Claim) -> None:
        """What earlier payers called the patient's is asked of this one instead."""
        for decision in coordination.read_decisions(claim):
            row = self._store.row("SELECT * FROM claim WHERE payer_claim_number = ?", decision.payer_claim_number or "")
            if row is not None:
                self._book(row["control_number"], patient=0, billable_to_patient=0)

    def _cross(self, event: dict[str, Any], at: datetime) -> None:
        """The next payer answers a claim that the first one forwarded; its figures go to the same claim's books."""
        claim = _CLAIM.validate_python(event["claim"])
        number = f"ICN{self._store.next_number('payer_claim'):09d}"
        scenario = scenario_of(claim.coverage.member_id)
        decided = payer.adjudicate(claim, scenario, payer_claim_number=number, at=at)
        row = self._store.row("SELECT * FROM claim WHERE control_number = ?", claim.control_number)
        assert row is not None, "forwarded from there"
        self._book(
            claim.control_number,
            paid=row["paid"] + decided.payment.paid_cents,
            contractual=row["contractual"] + decided.contractual,
            patient=decided.patient,
            billable_to_patient=0 if decided.is_protected else decided.patient,
        )
        self._send_payment(claim.coverage.payer, claim.billing_provider, [decided.payment], at)

    def _send_payment(
        self, who: Party, payee: Party, payments: Sequence[ClaimPayment], at: datetime, *, is_mislaid: bool = False
    ) -> None:
        """The 835 and the bank's file; a mislaid 835 comes later."""
        trace = _trace(self._store.next_number("trace"))
        body = mailing.remittance(self._store, who, payee, payments, trace=trace, at=at)
        amount = sum(one.paid_cents for one in payments)
        self._store.change("INSERT INTO payment VALUES (?, ?, '[]')", trace, amount)
        for one in payments:
            word = status.PAID if one.paid_cents else status.DENIED
            check = trace if one.paid_cents else None
            status.note(self._store, one.control_number, word, paid=one.paid_cents, check=check, day=at.date())
        if is_mislaid:
            self._store.plan(self._later(at, FOUND_AFTER), "found", body=body.decode("ascii"))
        else:
            self._post("835", body, at)
        if amount:
            number = self._store.next_number("transfer")
            self._post("CCD", mailing.transfer(who, trace=trace, cents=amount, number=number, at=at), at)

    def _send_again(self, event: dict[str, Any], at: datetime) -> None:
        """The same remittance in a new envelope: its own dates, another ISA13."""
        body = mailing.remittance(
            self._store,
            _PARTY.validate_python(event["payer"]),
            _PARTY.validate_python(event["payee"]),
            [_PAYMENT.validate_python(one) for one in event["payments"]],
            trace=event["trace"],
            at=datetime.fromisoformat(event["at"]),
        )
        self._post("835", body, at)

    def _find(self, event: dict[str, Any], at: datetime) -> None:
        self._post("835", event["body"].encode("ascii"), at)

    def _correct(self, event: dict[str, Any], at: datetime) -> None:
        for number in event["numbers"]:
            claim, payer_claim_number = self._claim(number)
            scenario = self._scenario_of(number)
            before = payer.adjudicate(claim, scenario, payer_claim_number=payer_claim_number, at=at).payment
            after = self._adjudicated(number, at, corrected=True)
            payments = [reversal_of(before), after]
            self._send_payment(claim.coverage.payer, claim.billing_provider, payments, at)


def _trace(number: int) -> str:
    return f"EFT{number:09d}"


def _as_visit(told: Claim | InstitutionalClaim) -> Claim:
    return visit_of(told) if isinstance(told, InstitutionalClaim) else told


def _fingerprint(claim: Claim) -> str:
    """The same visit, whatever its control numbers."""
    lines = tuple(replace(line, control_number=None) for line in claim.lines)
    same = replace(claim, control_number="", lines=lines)
    return hashlib.sha256(_CLAIM.dump_json(same)).hexdigest()
