"""A payer's letter that it wants money back, recorded over HTTP and on the visit's page."""

from datetime import date

import pytest
from sqlmodel import select

from billing.roles import Role
from database import messages
from database.columns import new_id
from database.tables import AuditEvent, Encounter, Fact, Payer, RecoveryNotice, RemittanceClaim, RemittanceFile
from tests.api.conftest import OPENED, Book

NOTICE = {"amount": "80.00", "reference": "OP-77", "dated_on": "2026-03-02", "said": "paid twice"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


def paid(book: Book, cents: int = 10000) -> Encounter:
    """A visit on which a payer paid."""
    visit = book.encounter()
    with book.database.writing() as session:
        message, _ = messages.store_inbound(
            session,
            partner_id=session.get_one(Payer, visit.payer_id).partner_id,
            kind="835",
            body=b"ISA",
            received_at=OPENED,
        )
        file = RemittanceFile(
            id=new_id(),
            practice_id=book.practice_id,
            message_id=message.id,
            set_ordinal=1,
            payee_npi="",
            trace="EFT1",
            payer_number="1512345678",
            payment_date=date(2026, 2, 1),
            content_hash="0" * 64,
            paid_cents=cents,
            claim_count=1,
            header="{}",
            state="closed",
            received_at=OPENED,
        )
        session.add(file)
        session.flush()
        session.add(
            RemittanceClaim(
                id=new_id(),
                practice_id=book.practice_id,
                remittance_id=file.id,
                ordinal=1,
                control_number="ACC1",
                status="1",
                charge_cents=15000,
                paid_cents=cents,
                payment="{}",
                state="posted",
                encounter_id=visit.id,
                responsibility="P",
            )
        )
    return visit


async def test_a_notice_is_recorded_once_with_the_payers_last_day(book: Book) -> None:
    visit = paid(book)
    path = f"/api/v1/encounters/{visit.id}/recovery-notices"
    async with book.connect(Role.BILLER) as client:
        again = key()
        for _ in range(2):
            answer = await client.post(path, json=NOTICE, headers=again)
            assert (answer.status_code, answer.json()["dispute_by"]) == (201, "2026-04-01")
        [found] = (await client.get(path)).json()
        assert (found["amount_cents"], found["state"], found["said"]) == (8000, "open", "paid twice")
        refused = await client.post(path, json=NOTICE | {"reference": "op-77"}, headers=key())
        assert refused.json()["faults"][0]["field"] == "reference"
    with book.database.reading() as session:
        assert session.exec(select(Fact.kind)).all() == ["recovery_announced"]
        assert session.exec(select(AuditEvent).where(AuditEvent.subject == "recovery_notice")).one().action == "create"
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path, json=NOTICE, headers=key())).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "eighty"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "100.01"}, "amount"),
        ({"dated_on": "2036-01-01"}, "dated_on"),
        ({"dated_on": "2016-02-20"}, "dated_on"),
        ({"dated_on": "9999-12-31"}, "dated_on"),
        ({"dispute_by": "9999-12-31"}, "dispute_by"),
        ({"dispute_by": "2026-03-01"}, "dispute_by"),
    ],
)
async def test_every_fault_is_at_its_field_and_nothing_is_kept(book: Book, change: dict[str, str], field: str) -> None:
    visit = paid(book)
    async with book.connect(Role.BILLER) as client:
        path = f"/api/v1/encounters/{visit.id}/recovery-notices"
        refused = await client.post(path, json=NOTICE | change, headers=key())
    assert (refused.status_code, field in [one["field"] for one in refused.json()["faults"]]) == (422, True)
    with book.database.reading() as session:
        assert session.exec(select(RecoveryNotice)).all() == []


async def test_the_visits_page_records_it_and_keeps_what_was_typed(book: Book) -> None:
    visit = paid(book)
    async with book.signed_in(Role.BILLER) as browser:
        path = f"/encounters/{visit.id}/recovery-notices"
        refused = await browser.post(path, data=NOTICE | {"amount": "500"})
        assert "payers have paid less on this visit" in refused.text
        nothing = await browser.post(path, data=NOTICE | {"amount": "0"})
        assert "must be more than 0.00" in nothing.text
        assert "OP-77" in refused.text
        assert (await browser.post(path, data=NOTICE)).status_code == 303
        assert "OP-77" in (await browser.get(f"/encounters/{visit.id}")).text
    async with book.signed_in(Role.AUDITOR) as browser:
        assert (await browser.post(path, data=NOTICE)).status_code == 403
