"""The office's public API as the simulated people use it: the only place that knows its paths and shapes."""

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from billing.claim import Address, Person

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

    def account_by_paper(self, number: str) -> str:
        """The account that the number on a cheque belongs to."""
        found: str = self._get(f"/api/v1/accounts/by-paper/{number}", "account_representative")["patient_id"]
        return found

    def account(self, patient_id: str) -> Mapping[str, Any]:
        """One account, with its items, agreements and holds."""
        found: Mapping[str, Any] = self._get(f"/api/v1/accounts/{patient_id}")
        return found

    def pay_account(self, patient_id: str, cents: int, *, received_on: date, paper: str) -> Answered:
        """A cheque comes for an account with the number of the paper that it pays; what is more than is owed stays as
        a credit."""
        body = {
            "amount": f"{cents // 100}.{cents % 100:02d}",
            "method": "cheque",
            "received_on": received_on.isoformat(),
            "reference": f"C{paper}",
            "paper": paper,
            "keep_credit": True,
        }
        return self._do("POST", f"accounts/{patient_id}/payments", body)

    def take_back_receipt(self, patient_id: str, receipt_id: str, reason: str) -> Answered:
        """The bank gives a cheque back."""
        path = f"accounts/{patient_id}/payments/{receipt_id}/take-back"
        return self._do("POST", path, {"reason": reason}, role="payment_poster")

    def agree_on_parts(self, patient_id: str, count: int, first_day: date) -> Answered:
        """What is owed now is paid in monthly parts."""
        body = {"count": count, "first_day": first_day.isoformat()}
        return self._do("POST", f"accounts/{patient_id}/instalment-plans", body)

    def hold_account(self, patient_id: str, kind: str) -> Answered:
        """Nothing is asked of the account."""
        return self._do("POST", f"accounts/{patient_id}/holds", {"kind": kind, "reason": "a letter came"})

    def answers_for(self, patient_id: str, person: Person, home: Address) -> bool:
        """Somebody answers for what the patient owes, and lives there; whether it is kept."""
        assert person.birth_date is not None, "who answers for somebody has a birth date"
        body = {
            "last_name": person.name.last,
            "first_name": person.name.first,
            "birth_date": person.birth_date.isoformat(),
            "address": {
                "street": home.street,
                "city": home.city,
                "state": home.state,
                "postal_code": home.postal_code,
            },
            "relationship": "parent",
        }
        return self._do("PUT", f"patients/{patient_id}/guarantor", body, role="front_desk").is_done

    def mark_returned(self, letter_id: str) -> None:
        """A letter came back with the mail."""
        response = self._send("POST", f"/api/v1/letters/{letter_id}/returned", headers=self._headers("biller"))
        response.raise_for_status()

    def agencies(self) -> list[Mapping[str, Any]]:
        """Every collection agency."""
        found: list[Mapping[str, Any]] = self._get("/api/v1/agencies")
        return found

    def set_fee(self, agency: Mapping[str, Any], percent: int) -> None:
        """What an agency keeps of what it collects."""
        body = {"name": agency["name"], "fee_percent": percent}
        self._do("PUT", f"agencies/{agency['id']}", body, role="supervisor")

    def agency_file(self, agency_id: str) -> str:
        """What the agency is told now, as CSV; empty where there is nothing to tell."""
        written = self._do("POST", f"agencies/{agency_id}/files", None)
        if not written.is_done or not written.body.get("file_id"):
            return ""
        path = f"/api/v1/agencies/{agency_id}/files/{written.body['file_id']}"
        response = self._send("GET", path, headers=self._headers("supervisor"))
        response.raise_for_status()
        return response.text

    def agency_answers(self, agency_id: str, text: str) -> Mapping[str, Any]:
        """What an agency sends; the report says what was taken."""
        headers = self._headers("payment_poster") | {"Content-Type": "text/csv"}
        response = self._send("POST", f"/api/v1/agencies/{agency_id}/answers", content=text.encode(), headers=headers)
        response.raise_for_status()
        taken: Mapping[str, Any] = response.json()
        return taken

    def _do(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, role: str = "account_representative"
    ) -> Answered:
        """One command, once, however often it has to be sent."""
        headers = self._headers(role, key=secrets.token_hex(12))
        response = self._send(method, f"/api/v1/{path}", json=body, headers=headers)
        return Answered(response.status_code, response.json())

    def pending(self) -> Mapping[str, Any]:
        """The machine's own work that is not done."""
        found: Mapping[str, Any] = self._get("/api/v1/operations/pending")
        return found
