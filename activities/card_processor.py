"""The card processor's side of a payment: its hosted page takes the card, so that no card number ever comes here."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import httpx
from pydantic import SecretStr, TypeAdapter

from billing.card_payouts import Payout

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


@dataclass(frozen=True, slots=True)
class ChargeSaid:
    """What the processor says of one charge."""

    state: str
    """succeeded, failed, canceled or pending"""
    payment: str = ""
    """Its number of the payment"""
    reason: str = ""
    """Why it failed: `expired`, or its own words"""


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

    def open_card_page(self, *, reference: str, back_to: str) -> HostedPage:
        """Open its page that takes a card and keeps it; the same reference opens the same one. What it keeps is told
        by a notice. Raises ProcessorUnreachable."""
        ...

    def charge(self, *, reference: str, card: str, cents: int) -> ChargeSaid:
        """Charge a card that it keeps; the same reference does it once, and is answered the same ever after. Raises
        ProcessorUnreachable, ProcessorRefused."""
        ...

    def cancel(self, *, reference: str) -> ChargeSaid:
        """Never charge under this reference; says what became of it where it was charged before. Raises
        ProcessorUnreachable, ProcessorRefused."""
        ...

    def forget(self, *, reference: str, card: str) -> None:
        """Keep a card no longer. Raises ProcessorUnreachable."""
        ...

    def payouts(self, *, since: date) -> list[Payout]:
        """What it sent to the bank account from a day on, the oldest first. Raises ProcessorUnreachable,
        ProcessorRefused."""
        ...


_PAYOUTS = TypeAdapter(list[Payout])


class HttpGateway:
    """A processor over HTTP, by the protocol of docs/pay-page.md."""

    def __init__(self, url: str, token: SecretStr | None) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self.origin = str(httpx.URL(self._url).copy_with(raw_path=b"/")).rstrip("/")

    def open_checkout(self, *, reference: str, cents: int, back_to: str) -> HostedPage:
        """One call; asked again with the same reference it answers the same."""
        wish = {"reference": reference, "amount_cents": cents, "currency": "USD", "return_url": back_to}
        return self._page("/v1/checkouts", wish)

    def open_card_page(self, *, reference: str, back_to: str) -> HostedPage:
        """One call; asked again with the same reference it answers the same."""
        return self._page("/v1/card-pages", {"reference": reference, "return_url": back_to})

    def charge(self, *, reference: str, card: str, cents: int) -> ChargeSaid:
        """One call; asked again with the same reference it answers the same."""
        wish = {"reference": reference, "card": card, "amount_cents": cents, "currency": "USD"}
        return self._charge_said("/v1/charges", wish)

    def cancel(self, *, reference: str) -> ChargeSaid:
        """One call; asked again with the same reference it answers the same."""
        return self._charge_said("/v1/charges/cancel", {"reference": reference}, key=f"cancel-{reference}")

    def forget(self, *, reference: str, card: str) -> None:
        """One call; a card that it does not know is forgotten."""
        try:
            answer = self._post("/v1/cards/forget", {"reference": reference, "card": card}, key=f"forget-{reference}")
            if answer.status_code != httpx.codes.NOT_FOUND:
                answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error

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

    def payouts(self, *, since: date) -> list[Payout]:
        """One call, which changes nothing there."""
        try:
            with httpx.Client(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
                answer = http.get(f"{self._url}/v1/payouts", params={"since": since.isoformat()}, headers=self._door())
            if answer.status_code in REFUSALS:
                raise ProcessorRefused(f"the card processor refused it ({answer.status_code})")
            answer.raise_for_status()
            return _PAYOUTS.validate_python(answer.json()["payouts"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error

    def _page(self, path: str, wish: dict[str, object]) -> HostedPage:
        try:
            answer = self._post(path, wish)
            answer.raise_for_status()
            said = answer.json()
            page = HostedPage(str(said["id"]), str(said["url"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error
        if not page.address.startswith(f"{self.origin}/"):
            raise ProcessorUnreachable("its page is on another host")
        return page

    def _charge_said(self, path: str, wish: dict[str, object], *, key: str = "") -> ChargeSaid:
        try:
            answer = self._post(path, wish, key=key)
            if answer.status_code in REFUSALS:
                raise ProcessorRefused(f"the card processor refused it ({answer.status_code})")
            answer.raise_for_status()
            said = answer.json()
            return ChargeSaid(str(said["state"]), str(said.get("payment", "")), str(said.get("reason", "")))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProcessorUnreachable(f"{type(error).__name__}") from error

    def _post(self, path: str, wish: dict[str, object], *, key: str = "") -> httpx.Response:
        """`key`: where it is not the reference itself, under which something else may be asked for."""
        headers = self._door() | {"Idempotency-Key": key or str(wish["reference"])}
        with httpx.Client(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
            return http.post(f"{self._url}{path}", json=wish, headers=headers)

    def _door(self) -> dict[str, str]:
        token = self._token.get_secret_value() if self._token else ""
        return {"Authorization": f"Bearer {token}"}


def gateway_at(url: str | None, token: SecretStr | None) -> PaymentGateway | None:
    """The processor of this installation; None: none is set, and patients pay in other ways."""
    return HttpGateway(url, token) if url else None
