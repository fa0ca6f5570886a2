"""Whoever looks at what belongs to one patient or visit over the API is written down, as on the pages."""

import pytest
from sqlmodel import func, select

from billing.roles import Role
from database.tables import AuditEvent
from tests.api.conftest import Book

NOTES = "/api/v1/encounters/{encounter_id}/visit-notes"
"""Only a note that is there is looked at"""


def looks(book: Book) -> int:
    with book.database.reading() as session:
        return session.exec(select(func.count()).where(AuditEvent.action == "view")).one()


@pytest.mark.parametrize("named", ["{encounter_id}", "{patient_id}", "{subject}/{subject_id}"])
async def test_each_call_about_one_patient_or_visit_leaves_a_trace(named: str, book: Book) -> None:
    visit = book.encounter()
    ids = {"{encounter_id}": visit.id, "{patient_id}": visit.patient_id}
    called, untold = [], []
    async with book.connect(Role.SUPERVISOR) as client:
        for path, calls in book.app.openapi()["paths"].items():
            url = path.replace(named, ids.get(named, f"encounter/{visit.id}"))
            if url == path or "{" in url or "get" not in calls or path == NOTES:
                continue
            before = looks(book)
            if (await client.get(url)).status_code == 200:
                called.append(path)
                untold += [path] if looks(book) == before else []
    assert called
    assert untold == []
