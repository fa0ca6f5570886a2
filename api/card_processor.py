"""The card processor's side of a payment: its hosted page takes the card, so that no card number ever comes here."""

from dataclasses import dataclass
from typing import Protocol

import httpx

from settings import Settings

TIMEOUT_SECONDS = 15.0


class ProcessorUnreachable(Exception):
    """It did not answer, or refused; the message says what, for the log alone."""


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


class HttpGateway:
    """A processor over HTTP, by the protocol of docs/pay-page.md."""

    def __init__(self, settings: Settings) -> None:
        assert settings.card_processor_url is not None, "made only where one is set"
        self._url = settings.card_processor_url.rstrip("/")
        self._token = settings.card_processor_token
        self._http = httpx.Client(trust_env=False, timeout=TIMEOUT_SECONDS)
        self.origin = str(httpx.URL(self._url).copy_with(raw_path=b"/")).rstrip("/")

    def open_checkout(self, *, reference: str, cents: int, back_to: str) -> HostedPage:
        """One call; asked again with the same reference it answers the same."""
        token = self._token.get_secret_value() if self._token else ""
        try:
            answer = self._http.post(
                f"{self._url}/v1/checkouts",
                json={"reference": reference, "amount_cents": cents, "currency": "USD", "return_url": back_to},
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": reference},
            )
            answer.raise_for_status()
            said = answer.json()
            page = HostedPage(str(said["id"]), str(said["url"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error
        if not page.address.startswith(f"{self.origin}/"):
            raise ProcessorUnreachable("its page is on another host")
        return page


def gateway_of(settings: Settings) -> PaymentGateway | None:
    """The processor of this installation; None: none is set, and patients pay in other ways."""
    return HttpGateway(settings) if settings.card_processor_url else None
