"""The office's public API as the simulated people use it: the only place that knows its paths and shapes."""

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

PAGE = 200
PATIENCE_SECONDS = 60.0
"""How long people go on pressing the button while the office is away"""
NOT_READY = frozenset({202, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answered:
    """What the office said to an action."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_done(self) -> bool:
        return self.status in {200, 201}


class OfficeClient:
    """One base address and a token per role."""

    def __init__(self, url: str, tokens: Mapping[str, str], http: httpx.Client | None = None) -> None:
        self._tokens = tokens
        self._http = http or httpx.Client(base_url=url, timeout=30, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def _headers(self, role: str, *, key: str | None = None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._tokens[role]}"}
        return headers | ({"Idempotency-Key": key} if key else {})

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call, repeated with the same key while the office is away or not ready: people press the button again."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                response = self._http.request(method, path, **options)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                if response.status_code not in NOT_READY or time.monotonic() > deadline:
                    return response
            time.sleep(0.5)

    def _get(self, path: str, role: str = "supervisor", **params: Any) -> Any:
        response = self._send("GET", path, headers=self._headers(role), params=params)
        response.raise_for_status()
        return response.json()

    def _pages(self, path: str, **params: Any) -> Iterator[Mapping[str, Any]]:
        after = None
        while True:
            page = self._get(path, **params, limit=PAGE, **({"after": after} if after else {}))
            yield from page["items"]
            after = page["next_after"]
            if after is None:
                return

    def drop_file(self, body: bytes, *, key: str) -> Mapping[str, Any]:
        """Take a file in; the report says what became of each claim."""
        response = self._send(
            "POST",
            "/api/v1/inbound/files",
            content=body,
            headers=self._headers("integration", key=key) | {"Content-Type": "application/edi-x12"},
            timeout=300,
        )
        response.raise_for_status()
        report: Mapping[str, Any] = response.json()
        return report

    def open_tasks(self) -> list[Mapping[str, Any]]:
        return list(self._pages("/api/v1/tasks", state="open"))

    def encounters(self, stage: str | None = None) -> list[Mapping[str, Any]]:
        return list(self._pages("/api/v1/encounters", **({"stage": stage} if stage else {})))

    def encounter(self, encounter_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._get(f"/api/v1/encounters/{encounter_id}")
        return found

    def complete(self, task_id: str, role: str, resolution: str, values: Mapping[str, str]) -> Answered:
        """Complete a task once; an answer that takes longer is waited for under the same key."""
        response = self._send(
            "POST",
            f"/api/v1/tasks/{task_id}/complete",
            json={"resolution": resolution, "values": dict(values)},
            headers=self._headers(role, key=secrets.token_hex(12)),
        )
        return Answered(response.status_code, response.json())

    def pay(self, encounter_id: str, cents: int, *, received_on: date, key: str) -> Answered:
        """A patient pays by card."""
        response = self._send(
            "POST",
            f"/api/v1/encounters/{encounter_id}/payments",
            json={
                "amount": f"{cents // 100}.{cents % 100:02d}",
                "method": "card",
                "received_on": received_on.isoformat(),
            },
            headers=self._headers("account_representative", key=key),
        )
        return Answered(response.status_code, response.json())

    def letters_waiting(self) -> list[str]:
        """The ids of letters that nobody has sent yet, the oldest first; at most a hundred."""
        return [one["id"] for one in self._get("/api/v1/letters", state="waiting")]

    def letter(self, letter_id: str) -> Mapping[str, Any]:
        """What a letter says."""
        found: Mapping[str, Any] = self._get(f"/api/v1/letters/{letter_id}")
        return found

    def mark_sent(self, letter_id: str) -> None:
        """A letter was printed and sent."""
        response = self._send("POST", f"/api/v1/letters/{letter_id}/sent", headers=self._headers("biller"))
        response.raise_for_status()

    def pending(self) -> Mapping[str, Any]:
        """The machine's own work that is not done."""
        found: Mapping[str, Any] = self._get("/api/v1/operations/pending")
        return found
