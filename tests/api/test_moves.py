import csv
import io
import zipfile

from sqlmodel import select

from activities import moving_in
from billing.roles import Role
from database.tables import AuditEvent
from tests.api import builders
from tests.api.conftest import Book
from tests.old_system import files_of, old_office


def moved(book: Book) -> int:
    """Ten accounts of another system; the total of its aging."""
    told = old_office(10)
    where = {"practice_id": book.practice_id, "partner_id": book.partner_id}
    assert moving_in.move_in(book.database, files_of(told), at=book.now, by="operator", **where).faults == []
    return sum(one.total for one in told.aging)


async def test_an_office_without_a_move_says_how_to_begin(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = await browser.get("/setup/moves")
        assert "zerobalance migrate DIRECTORY" in page.text
        assert (await browser.get("/api/v1/moves")).json() == []


async def test_a_move_is_shown_and_signed_off_by_a_supervisor_once(book: Book) -> None:
    total = moved(book)
    async with book.connect(Role.SUPERVISOR) as client:
        [shown] = (await client.get("/api/v1/moves")).json()
    assert (shown["total_cents"], shown["booked_cents"], shown["ties"]) == (total, total, True)
    done = {"resolution": "signed_off", "values": {}}
    path = f"/api/v1/tasks/{shown['task_id']}/complete"
    async with book.connect(Role.BILLER) as client:
        refused = await client.post(path, json=done, headers={"Idempotency-Key": "sign-off-0"})
        assert refused.status_code == 403
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = (await browser.get("/setup/moves")).text
        assert "Not signed off" in page
        assert f'href="/tasks/{shown["task_id"]}"' in page
        assert "Sign a move off" in (await browser.get(f"/tasks/{shown['task_id']}")).text
    async with book.connect(Role.SUPERVISOR) as client:
        answer = await client.post(path, json=done, headers={"Idempotency-Key": "sign-off-1"})
        assert answer.json()["message"].startswith("signed off")
        again = await client.post(path, json=done, headers={"Idempotency-Key": "sign-off-2"})
        assert again.status_code == 409
        [after] = (await client.get("/api/v1/moves")).json()
    assert after["signed_off_at"] is not None
    assert after["task_id"] is None


async def test_another_practice_sees_nothing_of_it(book: Book) -> None:
    moved(book)
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/moves")).json() == []


async def test_a_visit_that_waits_for_its_diagnoses_leaves_without_them(book: Book) -> None:
    book.encounter(builders.claim(diagnoses=[]))
    async with book.connect(Role.SUPERVISOR) as client:
        taken = await client.get("/api/v1/moves/export")
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        lines = list(csv.DictReader(io.StringIO(archive.read("lines.csv").decode("utf-8-sig"))))
    assert [(one["procedure"], one["diagnoses"]) for one in lines] == [("99213", ""), ("87880", "")]


async def test_everything_leaves_as_a_zip_for_a_supervisor_alone(book: Book) -> None:
    moved(book)
    async with book.connect(Role.BILLER) as client:
        assert (await client.get("/api/v1/moves/export")).status_code == 403
    async with book.signed_in(Role.SUPERVISOR) as browser:
        assert 'href="/setup/moves/export.zip"' in (await browser.get("/setup/moves")).text
        taken = await browser.get("/setup/moves/export.zip")
    names = zipfile.ZipFile(io.BytesIO(taken.content)).namelist()
    assert {"patients.csv", "lines.csv", "ledger.csv", "not-exported.txt"} <= set(names)
    with book.database.reading() as session:
        assert len(session.exec(select(AuditEvent).where(AuditEvent.action == "export")).all()) == 1


async def test_the_deidentified_data_leave_as_a_zip_for_a_supervisor_alone_and_of_their_practice(book: Book) -> None:
    book.encounter()
    async with book.connect(Role.BILLER) as client:
        assert (await client.get("/api/v1/moves/deidentified")).status_code == 403
    async with book.connect(token=book.stranger) as client:
        nothing = zipfile.ZipFile(io.BytesIO((await client.get("/api/v1/moves/deidentified")).content))
        assert nothing.read("visits.csv").decode().count("\n") == 1
    async with book.signed_in(Role.SUPERVISOR) as browser:
        assert 'href="/setup/moves/deidentified.zip"' in (await browser.get("/setup/moves")).text
        taken = await browser.get("/setup/moves/deidentified.zip")
    assert int(taken.headers["content-length"]) == len(taken.content)
    assert zipfile.ZipFile(io.BytesIO(taken.content)).read("visits.csv").decode().count("\n") == 2
