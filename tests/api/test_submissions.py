"""Submissions: what is ready, held and sent; plans, holds, send now; sending again in bulk. API and pages."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database import access
from database.columns import new_id
from database.tables import AuditEvent, Encounter, Outbox, Resubmission
from tests.api.conftest import Book
from tests.builders import a_277ca, a_999, a_claim, a_payment, an_835, an_837p
from tests.office import Office
from tests.stories import sending_desk as desk

READY, AGAIN = "/api/v1/submissions", "/api/v1/resubmissions"


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


@dataclass
class House:
    """An office whose people come in by the API, and a stranger's."""

    book: Book
    office: Office
    tokens: dict[Role, str]

    def connect(self, role: Role = Role.SUPERVISOR) -> httpx.AsyncClient:
        self.book.now = self.office.now
        return self.book.connect(token=self.tokens[role])

    def signed_in(self, role: Role = Role.SUPERVISOR) -> httpx.AsyncClient:
        self.book.now = self.office.now
        self.book.tokens = self.tokens
        return self.book.signed_in(role)

    def wishes(self) -> list[str | None]:
        with self.book.database.reading() as session:
            return list(session.exec(select(Outbox.fact_id).where(Outbox.kind == "start_batch")))

    def audited(self) -> list[str]:
        with self.book.database.reading() as session:
            return [
                one.reason for one in session.exec(select(AuditEvent)) if one.subject in {"partner", "resubmission"}
            ]


@pytest.fixture
def house(book: Book) -> House:
    office = Office(book.database)
    with book.database.writing() as session:
        tokens = access.install_staff(session, practice_id=office.practice_id, prefix="third", at=office.now)
    return House(book, office, tokens)


async def test_nothing_ready_and_nothing_sent_is_said(house: House) -> None:
    async with house.signed_in(Role.AUDITOR) as client:
        page = (await client.get("/submissions")).text
        again = (await client.get("/submissions/again")).text
    for words in ("Nothing is ready", "Nothing is held", "No interchange has been written yet", "nothing waits"):
        assert words in page
    assert "Send now" not in page
    assert "Nothing was sent again in bulk yet" in again


async def test_what_waits_and_what_was_sent_is_counted(house: House) -> None:
    visits = desk.visits(house.office, 2)
    assert desk.send(house.office) == 2
    number = house.office.submission(visits[0]).control_number
    house.office.deliver(a_999(desk.batch(house.office, house.office.submission(visits[0]).batch_id).group_number))
    house.office.deliver(a_277ca(number, sender="AY"))
    house.office.go_on(visits[0])
    desk.visits(house.office, 3, first=3)
    async with house.connect(Role.BILLER) as client:
        ready = (await client.get(READY)).json()
        [batch] = (await client.get(f"{READY}/batches")).json()["items"]
        claims = (await client.get(f"{READY}/batches/{batch['id']}?limit=1")).json()
        rest = (await client.get(f"{READY}/batches/{batch['id']}?after={claims['next_after']}")).json()
        file = await client.get(f"{READY}/batches/{batch['id']}/file")
    [line] = ready["ready"]
    assert (line["claims"], line["charge_cents"], line["hold_id"]) == (3, 45000, None)
    assert (ready["partners"][0]["ready"], ready["partners"][0]["is_held"]) == (3, False)
    counts = {name: batch[name] for name in ("claims", "charge_cents", "state", "taken", "clearinghouse_accepted")}
    assert counts == {"claims": 2, "charge_cents": 30000, "state": "accepted", "taken": 2, "clearinghouse_accepted": 1}
    assert [one["control_number"] for page in (claims, rest) for one in page["items"]] == sorted(
        house.office.submission(one).control_number for one in visits
    )
    assert file.content == next(iter(house.office.wire.claims.values()))
    with house.book.database.reading() as session:
        assert [one.subject_id for one in session.exec(select(AuditEvent)) if one.subject == "batch"] == [
            batch["id"]
        ] * 3


async def test_interchanges_are_found_by_partner_state_and_day_and_paged(house: House) -> None:
    for number in range(1, 4):
        desk.visits(house.office, 1, first=number)
        desk.send(house.office)
        house.office.let_pass(days=1)
    day = (house.office.today - timedelta(days=2)).isoformat()
    async with house.connect() as client:
        first = (await client.get(f"{READY}/batches?limit=2")).json()
        second = (await client.get(f"{READY}/batches", params={"limit": 2, "after": first["next_after"]})).json()
        that_day = (await client.get(f"{READY}/batches?since={day}&until={day}")).json()["items"]
        none = (await client.get(f"{READY}/batches?state=failed")).json()["items"]
        bad = [
            (await client.get(f"{READY}/batches?{query}")).status_code
            for query in ("state=lost", "since=soon", "after=nowhere", "until=9999-12-31")
        ]
    numbers = [one["interchange_number"] for page in (first, second) for one in page["items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert (len(numbers), second["next_after"], none) == (3, None, [])
    assert [one["interchange_number"] for one in that_day] == [numbers[1]]
    assert bad == [422, 422, 422, 422]
    async with house.signed_in() as client:
        shown = (await client.get(f"/submissions?since={day}&until={day}")).text
        empty = (await client.get("/submissions?state=failed")).text
        odd = await client.get("/submissions?since=soon&after=nowhere&state=lost&partner=none")
    assert f"{numbers[1]:09d}" in shown
    assert f"{numbers[0]:09d}" not in shown
    assert "No interchange fits" in empty
    assert odd.status_code == 422


async def test_a_strangers_ids_are_found_by_nobody(house: House) -> None:
    desk.visits(house.office, 1)
    desk.send(house.office)
    hold = desk.hold(house.office)
    async with house.connect() as client:
        [batch] = (await client.get(f"{READY}/batches")).json()["items"]
        house.office.let_pass(hours=5)
        house.book.now = house.office.now
        run = (await client.post(f"{AGAIN}/preview", json={"kind": "no_999"}, headers=key())).json()
    async with house.book.connect(token=house.book.stranger) as client:
        answers = [
            await client.get(f"{READY}/batches/{batch['id']}"),
            await client.get(f"{READY}/batches/{batch['id']}/file"),
            await client.get(f"/submissions/batches/{batch['id']}"),
            await client.get(f"/submissions/batches/{batch['id']}/file"),
            await client.delete(f"{READY}/holds/{hold}", headers=key()),
            await client.get(f"{AGAIN}/{run['row']['id']}"),
            await client.get(f"/submissions/again/{run['row']['id']}"),
            await client.post(
                f"{AGAIN}/{run['row']['id']}/confirm", json={"fingerprint": run["fingerprint"]}, headers=key()
            ),
            await client.post(f"{AGAIN}/{run['row']['id']}/stop", headers=key()),
        ]
        nothing = await client.post(f"{AGAIN}/preview", json={"batch_id": batch["id"]}, headers=key())
        listed = [(await client.get(path)).json() for path in (f"{READY}/batches", AGAIN)]
        held = await client.post(
            f"{READY}/holds",
            json={
                "partner_id": house.office.partner_id,
                "payer_id": desk_payer(house),
                "reason": "another one's payer",
            },
            headers=key(),
        )
    assert [one.status_code for one in answers] == [404] * len(answers)
    assert (nothing.status_code, held.status_code) == (422, 422)
    assert (listed[0]["items"], listed[1]) == ([], [])


def desk_payer(house: House) -> str:
    return house.office.submission(house.office.encounter_ids()[0]).payer_id


@pytest.mark.parametrize(
    ("path", "body", "may"),
    [
        ("/send", {"partner_id": "P"}, {Role.EDI_ANALYST, Role.SUPERVISOR}),
        ("/plans", {"partner_id": "P", "times": "12:00", "effective_from": "T", "reason": "asked"}, {Role.SUPERVISOR}),
        ("/holds", {"partner_id": "P", "reason": "the payer is down"}, {Role.SUPERVISOR}),
    ],
)
async def test_each_role_may_do_its_own(house: House, path: str, body: dict[str, str], may: set[Role]) -> None:
    desk.visits(house.office, 1)
    told = {"P": house.office.partner_id, "T": house.office.today.isoformat()}
    body = {name: told.get(value, value) for name, value in body.items()}
    for role in (Role.BILLER, Role.AUDITOR, Role.EDI_ANALYST, Role.SUPERVISOR):
        async with house.connect(role) as client:
            answer = await client.post(READY + path, json=body, headers=key())
        assert (answer.status_code != 403) == (role in may), (role, answer.text)


async def test_send_now_asks_for_a_batch_and_a_hold_beats_it(house: House) -> None:
    form = {"partner_id": house.office.partner_id}
    async with house.connect(Role.EDI_ANALYST) as client:
        empty = await client.post(f"{READY}/send", json=form, headers=key())
        unknown = await client.post(f"{READY}/send", json={"partner_id": "elsewhere"}, headers=key())
        desk.plan(house.office, times="17:00")
        desk.visits(house.office, 2)
        assert desk.send(house.office) == 0
        same = key()
        sent = await client.post(f"{READY}/send", json=form, headers=same)
        twice = await client.post(f"{READY}/send", json=form, headers=same)
        assert None in house.wishes()
        assert desk.send(house.office) == 2
        desk.visits(house.office, 1, first=3)
        desk.hold(house.office)
        held = await client.post(f"{READY}/send", json=form, headers=key())
    assert (empty.status_code, empty.json()["title"].startswith("Nothing is ready")) == (409, True)
    assert unknown.status_code == 422
    assert sent.json() == twice.json()
    assert sent.json()["claims"] == 2
    assert held.status_code == 409
    assert held.json()["detail"] == "the payer is down. Nothing leaves before the hold is released."
    assert house.audited() == ["send now: 2 claims"]


async def test_a_plan_is_kept_by_day_and_refused_with_its_reason(house: House) -> None:
    today = house.office.today.isoformat()
    form = {"partner_id": house.office.partner_id, "times": "12:00 17:00", "effective_from": today, "reason": "asked"}
    async with house.connect() as client:
        kept = await client.post(f"{READY}/plans", json=form, headers=key())
        mended = await client.post(f"{READY}/plans", json=form | {"times": "9:30", "at_count": 50}, headers=key())
        plans = (await client.get(READY)).json()["plans"]
        wrong = {
            name: (await client.post(f"{READY}/plans", json=form | change, headers=key())).json()["faults"][0]
            for name, change in {
                "times": {"times": "25:00"},
                "effective_from": {"effective_from": "2020-01-01"},
                "at_count": {"at_count": 0},
            }.items()
        }
        alone = await client.post(f"{READY}/plans", json=form | {"times": "", "at_count": 9}, headers=key())
        ended = await client.post(f"{READY}/plans", json=form | {"times": ""}, headers=key())
        after = (await client.get(READY)).json()
    assert (kept.status_code, kept.json()["plan"]) == (201, "at 12:00 and 17:00")
    assert mended.status_code == 201
    assert [one["plan"] for one in plans] == ["at 09:30, or as soon as 50 claims wait"]
    assert {name: one["field"] for name, one in wrong.items()} == {name: name for name in wrong}
    assert "would never leave" in alone.text
    assert (ended.status_code, after["partners"][0]["plan"]) == (201, "")


async def test_a_hold_is_placed_shown_and_released_once(house: House) -> None:
    desk.visits(house.office, 2)
    tomorrow = (house.office.today + timedelta(days=1)).isoformat()
    form = {"partner_id": house.office.partner_id, "reason": "enrolment not live yet", "key": new_id()}
    async with house.signed_in() as client:
        past = await client.post("/submissions/holds", data=form | {"until": house.office.today.isoformat()})
        placed = await client.post("/submissions/holds", data=form | {"until": tomorrow, "key": new_id()})
        again = await client.post("/submissions/holds", data=form | {"key": new_id()})
        page = (await client.get("/submissions")).text
        [hold] = (await client.get(READY)).json()["holds"]
        released = await client.post(f"/submissions/holds/{hold['id']}/release", data={"key": new_id()})
        late = await client.post(f"/submissions/holds/{hold['id']}/release", data={"key": new_id()})
    assert (past.status_code, placed.status_code, again.status_code) == (422, 303, 409)
    assert "must be a day to come" in past.text
    assert "enrolment not live yet" in past.text, "what was typed stands in the form"
    for words in ("enrolment not live yet", "2 claims", "days left", "when the hold ends", "all, by the hold below"):
        assert words in page
    assert (hold["claims"], hold["days_left"]) == (2, 352)
    assert (released.status_code, late.status_code) == (303, 409)
    assert "is over already" in late.text
    assert house.wishes().count(None) == 1
    assert [one.split(":")[0] for one in house.audited()] == [f"sending held, until {tomorrow}", "sending released"]


async def previewed(client: httpx.AsyncClient, **form: Any) -> dict[str, Any]:
    answer = await client.post(f"{AGAIN}/preview", json=form, headers=key())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_preview_is_confirmed_once(house: House) -> None:
    desk.visits(house.office, 2)
    desk.send(house.office)
    house.office.let_pass(hours=5)
    async with house.connect(Role.EDI_ANALYST) as client:
        shown = await previewed(client, kind="no_999")
        path = f"{AGAIN}/{shown['row']['id']}/confirm"
        same, form = key(), {"fingerprint": shown["fingerprint"]}
        wrong = await client.post(path, json={"fingerprint": "0" * 64}, headers=key())
        done = await client.post(path, json=form, headers=same)
        twice = await client.post(path, json=form, headers=same)
        other = await client.post(path, json=form, headers=key())
        [run] = (await client.get(AGAIN)).json()
    assert (shown["row"]["going"], shown["row"]["going_cents"], shown["row"]["state"]) == (2, 30000, "previewed")
    assert [(one["words"], one["claims"]) for one in shown["parts"]] == [
        ("a new original under a new control number", 2)
    ]
    assert (wrong.status_code, done.json(), twice.json()) == (409, {"id": run["id"], "claims": 2}, done.json())
    assert (other.status_code, other.json()["title"]) == (409, "This was confirmed already")
    assert (run["state"], run["waiting"]) == ("running", 2)
    with house.book.database.reading() as session:
        assert len(session.exec(select(Outbox).where(Outbox.kind == "start_resubmission")).all()) == 1


async def test_a_stale_preview_says_what_has_changed_and_sends_nothing(house: House) -> None:
    visits = desk.visits(house.office, 3)
    desk.send(house.office)
    house.office.let_pass(hours=5)
    async with house.connect(Role.EDI_ANALYST) as client:
        shown = await previewed(client, batch_id=house.office.submission(visits[0]).batch_id)
        accepted, answered = (house.office.submission(one).control_number for one in visits[:2])
        house.office.deliver(a_277ca(accepted))
        house.office.go_on(visits[0])
        house.office.deliver_835(an_835(a_payment(answered, paid=10000, adjustments=(("CO", "45", 5000),))))
        stale = await client.post(
            f"{AGAIN}/{shown['row']['id']}/confirm", json={"fingerprint": shown["fingerprint"]}, headers=key()
        )
        newer = await previewed(
            client, interchange=desk.batch(house.office, house.office.submission(visits[0]).batch_id).interchange_number
        )
        gone = await client.get(f"{AGAIN}/{shown['row']['id']}")
    assert stale.status_code == 409
    assert "1 claim now: the payer has accepted it" in stale.json()["detail"]
    assert "1 claim now: the payer has answered it" in stale.json()["detail"]
    assert (newer["row"]["going"], newer["row"]["refused"]) == (1, 2)
    assert gone.status_code == 404, "a newer preview of the same person takes the place of one that nobody confirmed"
    with house.book.database.reading() as session:
        assert session.exec(select(Outbox).where(Outbox.kind == "start_resubmission")).all() == []


async def test_a_run_is_stopped_and_each_claim_says_so(house: House) -> None:
    house.office.policy("catch_up_claims", 1)
    desk.visits(house.office, 3)
    desk.send(house.office)
    house.office.let_pass(hours=5)
    async with house.signed_in(Role.EDI_ANALYST) as client:
        started = await client.post("/submissions/again/preview", data={"kind": "no_999", "key": new_id()})
        path = started.headers["location"].split("?")[0]
        preview = (await client.get(path)).text
        shown = (await client.get(f"{AGAIN}/{path.split('/')[-1]}")).json()
        form = {"fingerprint": shown["fingerprint"], "key": new_id()}
        confirmed = await client.post(f"{path}/confirm", data=form)
        desk.give_turns(house.office, path.split("/")[-1])
        desk.send(house.office)
        running = (await client.get(path)).text
        stopped = await client.post(f"{path}/stop", data={"key": new_id()})
        late = await client.post(f"{path}/stop", data={"key": new_id()})
        page = (await client.get(path)).text
        listed = (await client.get("/submissions/again")).text
    assert (started.status_code, confirmed.status_code, stopped.status_code, late.status_code) == (303, 303, 303, 409)
    assert "Send 3 claims again" in preview
    assert "at most 1 claim at a time" in preview
    assert "1 claim went, 2 wait, 0 were refused" in running
    assert "sent in interchange" in running
    assert page.count("the resubmission was stopped before its turn") == 3, "the sum, and each of the two claims"
    assert "stopped" in listed
    standing = desk.give_turns(house.office, path.split("/")[-1])
    assert (standing.waiting, standing.next_at) == (0, None)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "kind"),
        ({"kind": "lost"}, "kind"),
        ({"kind": "no_999", "reason": "A3:21"}, "reason"),
        ({"kind": "no_999", "since": "2026-03-02T10:00", "until": "2026-03-02T10:00"}, "until"),
        ({"kind": "no_999", "since": "soon"}, "since"),
        ({"kind": "no_999", "since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"kind": "no_999", "until": "9999-12-31T23:59:00"}, "until"),
        ({"interchange": "12a"}, "interchange"),
        ({"interchange": "77"}, "kind"),
        ({"kind": "rejected"}, "kind"),
    ],
)
async def test_a_choice_that_cannot_be_says_why_and_keeps_what_was_typed(
    house: House, form: dict[str, str], field: str
) -> None:
    async with house.signed_in(Role.EDI_ANALYST) as client:
        refused = await client.post(f"{AGAIN}/preview", json=form, headers=key())
        page = await client.post("/submissions/again/preview", data=form | {"batch_id": "", "key": new_id()})
    assert (refused.status_code, page.status_code) == (422, 422)
    assert refused.json()["faults"][0]["field"] == field
    assert f'id="{field}-fault"' in page.text


async def test_too_many_claims_at_once_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("database.resubmissions.MOST", 1)
    desk.visits(house.office, 2)
    desk.send(house.office)
    async with house.connect(Role.EDI_ANALYST) as client:
        refused = await client.post(f"{AGAIN}/preview", json={"kind": "no_999"}, headers=key())
    assert refused.status_code == 422
    assert "narrow it down" in refused.text


async def test_where_none_may_go_there_is_nothing_to_confirm(house: House) -> None:
    desk.visits(house.office, 1)
    desk.send(house.office)
    async with house.signed_in(Role.EDI_ANALYST) as client:
        shown = await previewed(client, kind="no_999")
        page = (await client.get(f"/submissions/again/{shown['row']['id']}")).text
        confirmed = await client.post(
            f"{AGAIN}/{shown['row']['id']}/confirm", json={"fingerprint": shown["fingerprint"]}, headers=key()
        )
    assert "None of these claims may go again" in page
    assert "its acknowledgment is not overdue yet" in page
    assert (confirmed.status_code, confirmed.json()["title"]) == (409, "None of these claims may go again")
    with house.book.database.reading() as session:
        assert [one.state for one in session.exec(select(Resubmission))] == ["previewed"]


async def test_each_label_of_the_page_names_its_own_input(house: House) -> None:
    async with house.signed_in() as client:
        page = (await client.get("/submissions")).text
    ids, labels = re.findall(r' id="([^"]+)"', page), re.findall(r'<label for="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert set(labels) <= set(ids)
    assert len(set(labels)) == len(labels)


async def test_days_beyond_the_calendar_leave_the_page_as_it_is(house: House) -> None:
    async with house.signed_in() as client:
        page = await client.get("/submissions", params={"until": "9999-12-31"})
        again = await client.post("/submissions/again/preview", data={"kind": "no_999", "since": "soon"})
    assert page.status_code == 422
    for words in ("A day lies beyond the calendar", "Ready and not sent", 'value="9999-12-31"'):
        assert words in page.text
    assert "write day and time as YYYY-MM-DD HH:MM" in again.text


async def test_a_visits_page_says_that_sending_is_on_hold(house: House) -> None:
    [visit, _] = desk.visits(house.office, 2)
    form = {"partner_id": house.office.partner_id, "reason": "enrolment not live yet", "key": new_id()}
    async with house.signed_in() as client:
        before = (await client.get(f"/encounters/{visit}")).text
        await client.post("/submissions/holds", data=form)
        held = (await client.get(f"/encounters/{visit}")).text
    assert "does not leave yet" not in before
    assert "does not leave yet: sending to this partner is on hold (enrolment not live yet)" in held


async def test_a_visit_on_hold_is_shown_beside_its_payer(house: House) -> None:
    house.office.take_in(an_837p(a_claim()))
    [visit] = house.office.encounter_ids()
    house.office.go_on(visit)
    with house.book.database.writing() as session:
        row = session.get_one(Encounter, visit)
        row.on_hold = True
        session.add(row)
    async with house.signed_in() as client:
        page = (await client.get("/submissions")).text
        refused = await client.post(f"{READY}/send", json={"partner_id": house.office.partner_id}, headers=key())
    assert "1 claim by the hold of its visit" in page
    assert (refused.status_code, "on hold" in refused.json()["title"]) == (409, True)
