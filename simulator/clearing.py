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
from interchange.x12 import (
    acknowledgment_999,
    answering,
    claim_status_276,
    eligibility_270,
    eligibility_271,
)
from interchange.x12.envelope import TransactionId
from interchange.x12.issues import Issue
from simulator import mailing, payer, recoveries, status
from simulator.kept import CLAIM, Kept
from simulator.paying import Paying
from simulator.scenarios import Scenario, scenario_of
from simulator.store import BOOKED, Store

SYNTAX_AFTER = timedelta(minutes=5)
EARLY_AFTER = timedelta(minutes=10)
CLEARINGHOUSE_AFTER = timedelta(minutes=20)
PAYER_AFTER = timedelta(days=1)
PAYMENT_AFTER = timedelta(days=14)
SLOW_AFTER = timedelta(days=60)
CORRECTION_AFTER = timedelta(days=20)
TAKEN_AFTER = timedelta(days=21)

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
        self._kept = Kept(store, pace=pace)
        self._paying = Paying(self._kept)
        self._advancing = threading.Lock()
        self._happen: dict[str, Callable[[dict[str, Any], datetime], None]] = {
            "envelope": self._acknowledge_envelope,
            "syntax": self._acknowledge_syntax,
            "refuse": self._refuse_claims,
            "acknowledge": self._acknowledge_claims,
            **self._paying.happen,
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

    def read_letter(self, text: str, at: datetime) -> list[str]:
        """A letter came by mail. Gives the control numbers of the claims that it names and the payer will answer."""
        return self._paying.read_letter(text, at)

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
        """The payers' own figures, in cents; `taken`: of what was paid for the claim, out of other payments;
        `ever_billable`: the most that any answer on it left to the patient."""
        most = {row["control_number"]: row["most"] for row in self._store.rows("SELECT * FROM left_to_patient")}
        taken = recoveries.taken_by_claim(self._store)
        claims = [
            {"control_number": row["control_number"], "scenario": row["scenario"]}
            | {"taken": taken.get(row["control_number"], 0)}
            | {"ever_billable": most.get(row["control_number"], 0)}
            | {name: row[name] for name in BOOKED}
            for row in self._store.rows("SELECT * FROM claim ORDER BY control_number")
        ]
        payments = [
            {"trace": row["trace"], "amount": row["amount"], "plb": json.loads(row["plb"])}
            for row in self._store.rows("SELECT * FROM payment ORDER BY trace")
        ]
        return {"claims": claims, "payments": payments}

    def _look_into(self, body: bytes, at: datetime) -> None:
        for answer in answering.answer(body, sender=mailing.CLEARINGHOUSE, on=at.date()):
            soon = self._kept.later(at, SYNTAX_AFTER)
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
        self._store.plan(self._kept.later(at, CLEARINGHOUSE_AFTER), "refuse", verdicts=verdicts)

    def _take_in(self, claims: Sequence[Claim], at: datetime) -> None:
        for claim in claims:
            scenario = self._scenario(claim)
            self._store.change(
                f"INSERT OR IGNORE INTO claim VALUES (?, ?, ?, ?, ?, {', '.join('0' for _ in BOOKED)})",
                claim.control_number,
                _fingerprint(claim),
                scenario.value,
                CLAIM.dump_json(claim).decode(),
                f"ICN{self._store.next_number('payer_claim'):09d}",
            )
            self._kept.book(claim.control_number, charge=claim.charge_cents)
        numbers = [claim.control_number for claim in claims]
        if not numbers:
            return
        self._plan_for(claims, numbers, at)

    def _plan_for(self, claims: Sequence[Claim], numbers: list[str], at: datetime) -> None:
        by_scenario: dict[Scenario, list[str]] = {}
        for claim in claims:
            by_scenario.setdefault(self._kept.scenario_of(claim.control_number), []).append(claim.control_number)
        plan = self._store.plan
        plan(self._kept.later(at, CLEARINGHOUSE_AFTER), "acknowledge", numbers=numbers, sender="AY", accepted=True)
        for scenario, own in by_scenario.items():
            if scenario in {Scenario.SILENT, Scenario.LOST}:
                continue
            accepted = scenario != Scenario.REJECT
            plan(self._kept.later(at, PAYER_AFTER), "acknowledge", numbers=own, sender="PR", accepted=accepted)
            if accepted:
                delay = {Scenario.EARLY: EARLY_AFTER, Scenario.SLOW: SLOW_AFTER}.get(scenario, PAYMENT_AFTER)
                plan(self._kept.later(at, delay), "pay", numbers=own)
            if scenario == Scenario.REVERSED:
                plan(self._kept.later(at, CORRECTION_AFTER), "correct", numbers=own)
            if scenario == Scenario.TAKEN:
                plan(self._kept.later(at, TAKEN_AFTER), "take", numbers=own)

    def _scenario(self, claim: Claim) -> Scenario:
        """What becomes of a claim. One that comes again and says what was asked for is paid, and so is a silent one:
        somebody has called. Any other that comes again as an original is a duplicate."""
        scenario = scenario_of(claim.coverage.member_id)
        if scenario == Scenario.OTHER and claim.coverage.payer.id == payer.LIABLE_PAYER:
            scenario = Scenario.PAID
        same = self._store.rows("SELECT payer_claim_number FROM claim WHERE fingerprint = ?", _fingerprint(claim))
        known = any(not self._kept.is_voided(row["payer_claim_number"]) for row in same)
        is_again = known or not claim.is_original
        if is_again and (scenario in {Scenario.SILENT, Scenario.LOST} or payer.is_mended(claim, scenario)):
            return Scenario.PAID
        return Scenario.REPEATED if known and claim.is_original and scenario != Scenario.REJECT else scenario

    def _post(self, kind: str, body: bytes, at: datetime) -> None:
        self._store.post(kind, body, hashlib.sha256(body).hexdigest(), at=at)

    def _acknowledge_syntax(self, event: dict[str, Any], at: datetime) -> None:
        said = _SAID.validate_python(event["said"])
        self._kept.post("999", mailing.syntax_acknowledgment(self._store, said, at), at)

    def _acknowledge_envelope(self, event: dict[str, Any], at: datetime) -> None:
        said = _TA1.validate_python(event["said"])
        self._kept.post("TA1", mailing.envelope_acknowledgment(self._store, said, at), at)

    def _refuse_claims(self, event: dict[str, Any], at: datetime) -> None:
        verdicts = [
            (_PARTY.validate_python(provider), _VERDICT.validate_python(verdict))
            for provider, verdict in event["verdicts"]
        ]
        body = mailing.verdicts_on_claims(
            self._store, verdicts, sender=mailing.CLEARINGHOUSE, submitter_id=mailing.OFFICE.id, at=at
        )
        self._kept.post("277CA", body, at)

    def _acknowledge_claims(self, event: dict[str, Any], at: datetime) -> None:
        claims = [self._kept.claim(number)[0] for number in event["numbers"]]
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
        self._kept.post("277CA", body, at)


def _as_visit(told: Claim | InstitutionalClaim) -> Claim:
    return visit_of(told) if isinstance(told, InstitutionalClaim) else told


def _fingerprint(claim: Claim) -> str:
    """The same visit, whatever its control numbers."""
    lines = tuple(replace(line, control_number=None) for line in claim.lines)
    same = replace(claim, control_number="", lines=lines)
    return hashlib.sha256(CLAIM.dump_json(same)).hexdigest()
