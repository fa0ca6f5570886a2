"""What the payers keep of each claim, and how anything reaches the office's mailbox."""

import hashlib
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from billing.claim import Claim
from simulator.scenarios import Scenario
from simulator.store import Store

CLAIM = TypeAdapter(Claim)
VOID = "8"
"""CLM05-3"""


class Kept:
    """The claims in the store. `pace` is how long a simulated day takes; a real day by default."""

    def __init__(self, store: Store, *, pace: timedelta = timedelta(days=1)) -> None:
        self.store = store
        self._pace = pace

    def later(self, at: datetime, delay: timedelta) -> datetime:
        """The instant after `delay` of the simulated days."""
        return at + delay * (self._pace / timedelta(days=1))

    def scenario_of(self, number: str) -> Scenario:
        """How the claim fares."""
        row = self.store.row("SELECT scenario FROM claim WHERE control_number = ?", number)
        assert row is not None, "claims are kept before they are planned for"
        return Scenario(row["scenario"])

    def claim(self, number: str) -> tuple[Claim, str]:
        """The claim and the payer's number for it."""
        row = self.store.row("SELECT claim, payer_claim_number FROM claim WHERE control_number = ?", number)
        assert row is not None, "claims are kept before anything happens to them"
        return CLAIM.validate_json(row["claim"]), row["payer_claim_number"]

    def book(self, number: str, **amounts: int) -> None:
        """The payers' figures of a claim, in cents."""
        names = ", ".join(f"{name} = ?" for name in amounts)
        self.store.change(f"UPDATE claim SET {names} WHERE control_number = ?", *amounts.values(), number)
        if "billable_to_patient" in amounts:
            self.store.change(
                "INSERT INTO left_to_patient VALUES (?, ?) "
                "ON CONFLICT (control_number) DO UPDATE SET most = max(most, excluded.most)",
                number,
                amounts["billable_to_patient"],
            )

    def is_voided(self, payer_claim_number: str) -> bool:
        """Whether a void of it has come."""
        query = (
            "SELECT 1 FROM claim WHERE json_extract(claim, '$.frequency') = ? "
            "AND json_extract(claim, '$.original_reference') = ?"
        )
        return self.store.row(query, VOID, payer_claim_number) is not None

    def post(self, kind: str, body: bytes, at: datetime) -> None:
        """Put a message into the mailbox."""
        self.store.post(kind, body, hashlib.sha256(body).hexdigest(), at=at)
