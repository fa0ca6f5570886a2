"""Notices of the simulated card processor, folded into an office's books without its API."""

import json

import httpx
from pydantic import TypeAdapter

from activities import card_payments, card_payouts
from activities.card_payments import Told
from billing.card_payouts import Payout
from tests.office import Office


def into_the_books(office: Office) -> httpx.Client:
    """What the processor tells through: each notice is one transaction, as the API makes it."""

    def fold(request: httpx.Request) -> httpx.Response:
        said = json.loads(request.content)
        data = said["data"]
        if said["type"] == card_payouts.SENT:
            payout, event_id = TypeAdapter(Payout).validate_python(data), request.headers["webhook-id"]
            with office.database.writing() as session:
                words = card_payouts.take(session, event_id, payout, request.content.decode(), at=office.now)
            return httpx.Response(202, text=words)
        told = Told(
            request.headers["webhook-id"],
            said["type"],
            data["reference"],
            data.get("payment", ""),
            data.get("amount_cents", 0),
            request.content.decode(),
            data.get("reason", ""),
            data.get("card", ""),
            data.get("label", ""),
            data.get("expires", ""),
        )
        with office.database.writing() as session:
            return httpx.Response(202, text=card_payments.take(session, told, at=office.now))

    return httpx.Client(transport=httpx.MockTransport(fold))
