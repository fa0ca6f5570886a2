"""The card processor's side of a payment: its hosted page takes the card, so that no card number ever comes here."""

from dataclasses import dataclass
from typing import Protocol

import httpx
from pydantic import SecretStr

TIMEOUT_SECONDS = 15.0
REFUSALS = frozenset({400, 404, 422})
"""For good; 409 may say that the same request is still at work"""


class ProcessorUnreachable(Exception):
    """It did not answer, or refused; the message says what, for the log alone."""


class ProcessorRefused(Exception):
    """It understood and will not do it (4xx); asking again changes nothing."""


@dataclass(frozen=True, slots=True)
class HostedPage:
    """Where the patient pays."""

    id: str
    """The processor's number of the checkout"""
    address: str


class PaymentGateway(Protocol):
    """What the office asks of a card processor."""

    origin: str
    """Of its pages: the browser may be sent there"""

    def open_checkout(self, *, reference: str, cents: int, back_to: str) -> HostedPage:
        """Open its page for one payment; the same reference opens the same one. Raises ProcessorUnreachable."""
        ...

    def refund(self, *, reference: str, payment: str, cents: int) -> str:
        """Pay part or all of a payment back to its card; the same reference does it once. Gives the processor's number.
        What became of it is told by a notice. Raises ProcessorUnreachable, ProcessorRefused."""
        ...


class HttpGateway:
    """A processor over HTTP, by the protocol of docs/pay-page.md."""

    def __init__(self, url: str, token: SecretStr | None) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self.origin = str(httpx.URL(self._url).copy_with(raw_path=b"/")).rstrip("/")

    def open_checkout(self, *, reference: str, cents: int, back_to: str) -> HostedPage:
        """One call; asked again with the same reference it answers the same."""
        wish = {"reference": reference, "amount_cents": cents, "currency": "USD", "return_url": back_to}
        try:
            answer = self._post("/v1/checkouts", wish)
            answer.raise_for_status()
            said = answer.json()
            page = HostedPage(str(said["id"]), str(said["url"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error
        if not page.address.startswith(f"{self.origin}/"):
            raise ProcessorUnreachable("its page is on another host")
        return page

    def refund(self, *, reference: str, payment: str, cents: int) -> str:
        """One call; asked again with the same reference it answers the same."""
        wish = {"reference": reference, "payment": payment, "amount_cents": cents, "currency": "USD"}
        try:
            answer = self._post("/v1/refunds", wish)
            if answer.status_code in REFUSALS:
                raise ProcessorRefused(f"the card processor refused it ({answer.status_code})")
            answer.raise_for_status()
            return str(answer.json()["id"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error

    def _post(self, path: str, wish: dict[str, object]) -> httpx.Response:
        token = self._token.get_secret_value() if self._token else ""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(wish["reference"])}
        with httpx.Client(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
            return http.post(f"{self._url}{path}", json=wish, headers=headers)


def gateway_at(url: str | None, token: SecretStr | None) -> PaymentGateway | None:
    """The processor of this installation; None: none is set, and patients pay in other ways."""
    return HttpGateway(url, token) if url else None
