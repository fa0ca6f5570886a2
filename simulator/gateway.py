"""A card processor for demonstrations and tests: a page that takes a card of nobody, and signed notices of what became
of it. It speaks the protocol of docs/pay-page.md.
"""

import html
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import httpx
from fastapi import FastAPI, Form, Header, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from simulator.notices import signature

CARDS = "/cards"
"""Where the simulated clearinghouse's server shows it"""
DECLINED = "4000000000000002"
"""The card that is refused"""


class CheckoutWish(BaseModel):
    """What the office asks for."""

    reference: str
    amount_cents: Annotated[int, Field(gt=0)]
    currency: str
    return_url: str


class RefundWish(BaseModel):
    """What is to go back to the card of a payment."""

    reference: str
    payment: str
    amount_cents: Annotated[int, Field(gt=0)]
    currency: str


@dataclass
class Kept:
    """One checkout."""

    id: str
    wish: CheckoutWish
    state: str = "open"
    payment: str = ""


@dataclass
class Processor:
    """What it remembers, and how it tells the office."""

    office_url: str
    secret: str
    clock: Callable[[], datetime]
    http: httpx.Client
    kept: dict[str, Kept] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    refunds: dict[str, RefundWish] = field(default_factory=dict)
    """By their reference"""
    fails_refunds: bool = False
    """What it takes on, it says afterwards that it could not do"""
    is_away: bool = False
    """It answers nobody"""

    def open(self, wish: CheckoutWish) -> Kept:
        """The same reference opens the same checkout."""
        with self.lock:
            known = next((one for one in self.kept.values() if one.wish.reference == wish.reference), None)
            if known is None:
                known = Kept(f"chk_{secrets.token_hex(8)}", wish)
                self.kept[known.id] = known
            return known

    def charge(self, one: Kept, card: str) -> None:
        """Take the money once, or refuse the card, and tell the office."""
        with self.lock:
            if one.state != "open":
                return
            is_refused = card.replace(" ", "") == DECLINED
            one.state = "failed" if is_refused else "paid"
            one.payment = f"pay_{secrets.token_hex(8)}"
        self.tell("payment.failed" if is_refused else "payment.succeeded", one)

    def refund(self, wish: RefundWish) -> bool:
        """Pay back once, and tell the office; False: there is no such payment, or not so much of it left."""
        with self.lock:
            known = wish.reference in self.refunds
            paid = sum(
                one.wish.amount_cents
                for one in self.kept.values()
                if one.payment == wish.payment and one.state == "paid"
            )
            gone = sum(one.amount_cents for one in self.refunds.values() if one.payment == wish.payment)
            if not known and gone + wish.amount_cents > paid:
                return False
            self.refunds.setdefault(wish.reference, wish)
        if not known:
            self.tell_of_refund("refund.failed" if self.fails_refunds else "refund.succeeded", wish)
        return True

    def tell_of_refund(self, kind: str, wish: RefundWish, *, event_id: str | None = None) -> httpx.Response:
        """What became of a refund."""
        data = {"reference": wish.reference, "payment": wish.payment, "amount_cents": wish.amount_cents}
        return self._send(kind, data, event_id)

    def tell(self, kind: str, one: Kept, *, cents: int | None = None, event_id: str | None = None) -> httpx.Response:
        """What became of a payment."""
        data = {
            "checkout": one.id,
            "reference": one.wish.reference,
            "payment": one.payment,
            "amount_cents": one.wish.amount_cents if cents is None else cents,
        }
        return self._send(kind, data, event_id)

    def _send(self, kind: str, data: Mapping[str, object], event_id: str | None) -> httpx.Response:
        """A signed notice; the same event again has the same id."""
        body = json.dumps({"type": kind, "data": data}).encode()
        event, timestamp = event_id or f"evt_{secrets.token_hex(8)}", str(int(self.clock().timestamp()))
        return self.http.post(
            f"{self.office_url}/api/v1/payments/notify",
            content=body,
            headers={
                "Content-Type": "application/json",
                "webhook-id": event,
                "webhook-timestamp": timestamp,
                "webhook-signature": signature(self.secret, notice_id=event, timestamp=timestamp, body=body),
            },
        )


def create_gateway(processor: Processor, *, token: str, public_url: str) -> FastAPI:
    """The processor as one application, reached by browsers under `public_url`."""
    app = FastAPI(title="Simulated card processor", docs_url=None, redoc_url=None)

    @app.post("/v1/checkouts", status_code=201)
    def open_checkout(wish: CheckoutWish, authorization: Annotated[str, Header()] = "") -> Response:
        if processor.is_away:
            return Response(status_code=503)
        if authorization != f"Bearer {token}":
            return Response(status_code=401)
        one = processor.open(wish)
        said = {"id": one.id, "url": f"{public_url}/checkout/{one.id}"}
        return Response(json.dumps(said), 201, media_type="application/json")

    @app.post("/v1/refunds", status_code=201)
    def refund(wish: RefundWish, authorization: Annotated[str, Header()] = "") -> Response:
        if processor.is_away:
            return Response(status_code=503)
        if authorization != f"Bearer {token}":
            return Response(status_code=401)
        if not processor.refund(wish):
            return Response(status_code=422)
        return Response(json.dumps({"id": f"ref_{wish.reference}"}), 201, media_type="application/json")

    @app.get("/checkout/{checkout_id}")
    def show(checkout_id: str) -> Response:
        one = processor.kept.get(checkout_id)
        if one is None:
            return HTMLResponse("<h1>No such checkout</h1>", 404)
        if one.state != "open":
            return RedirectResponse(one.wish.return_url, 303)
        amount = f"${one.wish.amount_cents / 100:,.2f}"
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>Pay by card</title><h1>Pay {html.escape(amount)}</h1>"
            "<p>This is a simulation. No card of anybody is charged; the card "
            f"{DECLINED} is refused.</p><form method=post><label for=card>Card number</label> "
            "<input id=card name=card value=4242424242424242> <button>Pay</button></form>"
        )

    @app.post("/checkout/{checkout_id}")
    def pay(checkout_id: str, card: Annotated[str, Form()] = "") -> Response:
        one = processor.kept.get(checkout_id)
        if one is None:
            return HTMLResponse("<h1>No such checkout</h1>", 404)
        processor.charge(one, card)
        return RedirectResponse(one.wish.return_url, 303)

    return app
