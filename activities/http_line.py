"""The line to a partner over HTTP: the small protocol of `docs/simulator.md`."""

from collections.abc import Generator
from datetime import UTC, datetime

import httpx

from activities.lines import PAGE, Cursor, Mail, NotReached, Parcel, Unread
from activities.messages import Transmission

SENDING = httpx.Timeout(30.0)
READING = 30.0
GONE = 410


class HttpLine:
    """Bearer token, idempotency key, mailbox with a rising id."""

    def __init__(self, http: httpx.Client, base_url: str, token: str) -> None:
        self._http = http
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}"}

    def send(self, parcel: Parcel) -> Transmission:
        """POST the claims under the parcel's key."""
        try:
            response = self._http.post(
                f"{self._base_url}/v1/claims",
                content=parcel.body,
                headers={**self._headers, "Content-Type": "application/edi-x12", "Idempotency-Key": parcel.key},
                timeout=SENDING,
            )
        except httpx.TransportError as error:
            return Transmission(reason=f"the partner was not reached ({type(error).__name__})")
        return _read_receipt(response, sha256=parcel.sha256)

    def mail(self, cursor: Cursor) -> Generator[Mail | Unread, None, None]:
        """GET the next page of the listing, then each message of it."""
        try:
            listing = self._get(f"{self._base_url}/v1/mailbox?after={cursor.after}&limit={PAGE}").json()
            for item in listing["messages"]:
                number = int(item["id"])
                response = self._get(f"{self._base_url}/v1/mailbox/{number}", gone_is_fine=True)
                gone = response.status_code == GONE
                yield Mail(
                    body=f"410 gone: mail {item['id']}".encode() if gone else response.content,
                    received_at=datetime.fromisoformat(item["received_at"]).astimezone(UTC),
                    kind="gone" if gone else str(item.get("kind") or ""),
                    id=number,
                )
        except httpx.HTTPError as error:
            raise NotReached(f"the mailbox was not reached ({type(error).__name__})") from error

    def _get(self, url: str, *, gone_is_fine: bool = False) -> httpx.Response:
        response = self._http.get(url, headers=self._headers, timeout=READING)
        if not (gone_is_fine and response.status_code == GONE):
            response.raise_for_status()
        return response


def _read_receipt(response: httpx.Response, *, sha256: str) -> Transmission:
    if response.status_code == 202:
        receipt = response.json()
        if receipt.get("sha256") not in {None, sha256}:
            return Transmission(reason="the partner's receipt names other bytes than were sent")
        return Transmission(receipt_id=str(receipt["receipt_id"]), received_at=receipt.get("received_at"))
    if response.status_code in {408, 425, 429} or response.status_code >= 500:
        wait = response.headers.get("retry-after", "")
        return Transmission(
            reason=f"the partner answered {response.status_code}",
            retry_after_seconds=int(wait) if wait.isdigit() else 0,
        )
    return Transmission(refused=True, reason=f"the partner refused it with status {response.status_code}")
