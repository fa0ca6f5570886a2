"""The simulated card processor over HTTP: what the office calls, and the pages that take a card of nobody."""

import html
import json
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Header, HTTPException, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from simulator.gateway import (
    DECLINED,
    DECLINED_LATER,
    USUAL_EXPIRY,
    CancelWish,
    CardPageWish,
    Charged,
    ChargeWish,
    CheckoutWish,
    ForgetWish,
    Processor,
    RefundWish,
)

GATEWAY_TIMEOUT = 504


def create_gateway(processor: Processor, *, token: str, public_url: str) -> FastAPI:
    """The processor as one application, reached by browsers under `public_url`."""
    app = FastAPI(title="Simulated card processor", docs_url=None, redoc_url=None)
    _add_calls(app, processor, token=token, public_url=public_url)
    _add_charges(app, processor, token=token)
    _add_checkout_page(app, processor)
    _add_card_page(app, processor)
    return app


def _door(processor: Processor, token: str) -> Any:
    def check(authorization: Annotated[str, Header()] = "") -> None:
        if processor.is_away:
            raise HTTPException(503)
        if authorization != f"Bearer {token}":
            raise HTTPException(401)

    return Depends(check)


def _add_calls(app: FastAPI, processor: Processor, *, token: str, public_url: str) -> None:
    door = _door(processor, token)

    @app.post("/v1/checkouts", dependencies=[door])
    def open_checkout(wish: CheckoutWish) -> Response:
        one = processor.open(wish)
        return JSONResponse({"id": one.id, "url": f"{public_url}/checkout/{one.id}"}, 201)

    @app.post("/v1/refunds", dependencies=[door])
    def refund(wish: RefundWish) -> Response:
        if not processor.refund(wish):
            return Response(status_code=422)
        return JSONResponse({"id": f"ref_{wish.reference}"}, 201)

    @app.get("/v1/payouts", dependencies=[door])
    def payouts(since: str) -> Response:
        return JSONResponse({"payouts": processor.payouts_since(since)})

    @app.post("/v1/card-pages", dependencies=[door])
    def open_card_page(wish: CardPageWish) -> Response:
        one = processor.open_card_page(wish)
        return JSONResponse({"id": one.id, "url": f"{public_url}/card/{one.id}"}, 201)

    @app.post("/v1/cards/forget", dependencies=[door])
    def forget(wish: ForgetWish) -> Response:
        processor.forget(wish)
        return Response(status_code=204)


def _add_charges(app: FastAPI, processor: Processor, *, token: str) -> None:
    door = _door(processor, token)

    @app.post("/v1/charges", dependencies=[door])
    def charge(wish: ChargeWish) -> Response:
        said = processor.charge_kept(wish)
        if processor.lost_answers:
            processor.lost_answers -= 1
            return Response(status_code=GATEWAY_TIMEOUT)
        return _said(said)

    @app.post("/v1/charges/cancel", dependencies=[door])
    def cancel(wish: CancelWish) -> Response:
        return _said(processor.cancel(wish))


def _said(one: Charged) -> Response:
    return Response(
        json.dumps({"state": one.state, "payment": one.payment, "reason": one.reason}), media_type="application/json"
    )


def _add_checkout_page(app: FastAPI, processor: Processor) -> None:
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


def _add_card_page(app: FastAPI, processor: Processor) -> None:
    @app.get("/card/{page_id}")
    def show(page_id: str) -> Response:
        one = processor.cards.get(page_id)
        if one is None:
            return HTMLResponse("<h1>No such page</h1>", 404)
        if one.reference:
            return RedirectResponse(one.wish.return_url, 303)
        return HTMLResponse(
            "<!doctype html><html lang=en><title>Keep a card</title><h1>Keep a card for your payment plan</h1>"
            "<p>This is a simulation. No card of anybody is charged; the card "
            f"{DECLINED_LATER} is kept, and refused on its days.</p><form method=post>"
            "<label for=card>Card number</label> <input id=card name=card value=4242424242424242> "
            f"<label for=expires>Last month</label> <input id=expires name=expires value={USUAL_EXPIRY}> "
            "<button>Keep it</button></form>"
        )

    @app.get("/card/{page_id}/statement")
    def statement(page_id: str) -> Response:
        """What the cardholder's bank tells of it."""
        one = processor.cards.get(page_id)
        if one is None:
            return Response(status_code=404)
        return JSONResponse({"charged_cents": processor.charged_to(one)})

    @app.post("/card/{page_id}")
    def keep(
        page_id: str, card: Annotated[str, Form()] = "", expires: Annotated[str, Form()] = USUAL_EXPIRY
    ) -> Response:
        one = processor.cards.get(page_id)
        if one is None:
            return HTMLResponse("<h1>No such page</h1>", 404)
        processor.keep(one, card, expires)
        return RedirectResponse(one.wish.return_url, 303)
