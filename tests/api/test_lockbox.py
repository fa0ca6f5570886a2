"""A lockbox's file at the bank's page: placed, asked about, taken back and asked about anew."""

from sqlmodel import select

from billing.roles import Role
from database import ledger
from database.tables import Encounter, PatientPayment, Task
from tests.api.conftest import Book
from tests.api.test_account_payments import kept, owing  # noqa: F401 - a fixture
from tests.api.test_bank import key, taken
from tests.api.test_day_close import absorb
from tests.lockbox_files import Sent, lockbox_file


def open_tasks(book: Book) -> list[Task]:
    with book.database.reading() as session:
        return list(session.exec(select(Task).where(Task.type == "unplaced_cheque", Task.state == "open")))


async def test_a_cheque_on_the_wrong_account_is_nobodys_again_and_asked_about_anew(
    book: Book,
    owing: tuple[Encounter, Encounter],  # noqa: F811
) -> None:
    first, second = owing
    text = lockbox_file([Sent(2500, beside=((first.external_id, 2500),)), Sent(700, "8")])
    async with book.signed_in(Role.POSTER) as client:
        broken = await taken(client, text.replace("00020000003200", "00020000003201"))
        said = await taken(client, text)
        page = await client.get("/bank")
        [receipt] = (await client.get(f"/api/v1/accounts/{first.patient_id}/payments")).json()
        for visit in (first, second):
            absorb(book, visit.id)
        back = f"/api/v1/accounts/{first.patient_id}/payments/{receipt['receipt_id']}/take-back"
        done = await client.post(back, json={"reason": "of another family"}, headers=key(1))
    assert (broken.status_code, "the lockbox says 3201 cents" in broken.json()["detail"]) == (422, True)
    assert said.json()["note"] == "2 cheques of a lockbox, 2 new, 1 of them on accounts, 1 to be looked at"
    assert "Say whose it is" in page.text
    assert (receipt["amount_cents"], receipt["method"]) == (2500, "lockbox")
    assert (done.status_code, done.json()["amount_cents"]) == (201, -2500)
    assert set(kept(book).values()) == {0}
    anew = [one.reason for one in open_tasks(book) if one.amount_cents == 2500]
    assert len(anew) == 1
    assert "It was taken back from the account that it was on." in anew[0]
    with book.database.reading() as session:
        assert {one.method for one in session.exec(select(PatientPayment))} == {"lockbox"}
        assert ledger.account_totals(session, practice_id=book.practice_id)["CASH_BANK"] == 3200
