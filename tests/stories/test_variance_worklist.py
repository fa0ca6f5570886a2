"""The variance worklist over the API and on its pages: totals, lines, the CSV, and several claims in one letter."""

import csv
import io
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from api.app import create_app
from billing.contracts import Basis, Rate, Terms
from billing.money import Cents
from billing.roles import Role
from database import access, letters, variances
from database import office as books
from database.columns import new_id
from database.letters import QueueState
from settings import Settings
from tests.office import Office
from tests.stories.clinic import ByApi, Clinic, a_visit, answered, clinic
from tests.stories.test_expected import JANUARY, contract
from tests.stories.test_underpayments import allowed, decide, sent, short
from tests.stories.test_underpayments import answered as posted

BOTH_DATABASES = True
WORKLIST = "/api/v1/variances"


@dataclass
class Desk:
    """Somebody's client over an office's books."""

    http: httpx.AsyncClient

    async def get(self, path: str, **params: str) -> Any:
        response = await self.http.get(path, params=params)
        assert response.is_success, response.text
        return response.json()


def desk(office: Office, role: Role = Role.DENIALS, *, is_stranger: bool = False, is_browser: bool = False) -> Desk:
    with office.database.writing() as session:
        where = office.practice_id
        if is_stranger:
            where = books.add_practice(session, name=f"Stranger {new_id()}", at=office.now).id
        tokens = access.install_staff(session, practice_id=where, prefix=new_id(), at=office.now)
        person = access.person_of_token(session, tokens[role], at=office.now)
        assert person is not None
        cookie = access.open_session(session, user_id=person.user_id, at=office.now)
    app = create_app(Settings(public_url="http://office.test"), office.database, clock=lambda: office.now)
    headers, cookies = {"Authorization": f"Bearer {tokens[role]}"}, {}
    if is_browser:
        headers, cookies = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}, {"zerobalance_session": cookie}
    transport = httpx.ASGITransport(app)
    return Desk(httpx.AsyncClient(transport=transport, base_url="http://office.test", headers=headers, cookies=cookies))


def two_short_claims(office: Office) -> tuple[str, str]:
    one = sent(office)
    two = sent(office, number=2)
    short(office, one)
    posted(office, two, allowed(office, two, 9000, number="ICN002"), trace="EFT0009")
    return one, two


async def test_lines_are_found_by_what_is_asked(office: Office) -> None:
    one, _ = two_short_claims(office)
    decide(office, one, "accept", reason="=not worth it")
    client = desk(office)
    everything = await client.get(WORKLIST)
    accepted = await client.get(WORKLIST, state="accepted")
    assert (len(everything["items"]), len(accepted["items"])) == (2, 1)
    [line] = accepted["items"]
    assert (line["encounter_id"], line["difference_cents"], line["decided_why"]) == (one, -1200, "=not worth it")
    for nothing in ({"procedure": "99999"}, {"until": "2020-01-01"}, {"payer_id": "nobody"}):
        assert (await client.get(WORKLIST, **nothing))["items"] == []
    assert len((await client.get(WORKLIST, procedure="99213", since="2026-11-16", until="2026-11-16"))["items"]) == 2
    totals = await client.get(f"{WORKLIST}/totals", by="contract")
    [row] = totals["rows"]
    assert (row["lines"], row["short_cents"], row["rule"]) == (2, 3400, "$112.00 a unit by the contract")


async def test_the_csv_holds_the_lines_and_no_formula(office: Office) -> None:
    one, _ = two_short_claims(office)
    decide(office, one, "accept", reason="=1+1")
    response = await desk(office).http.get(f"{WORKLIST}/lines.csv", params={"state": "accepted"})
    [row] = csv.DictReader(io.StringIO(response.text))
    assert (row["expected"], row["allowed"], row["difference"]) == ("112.00", "100.00", "-12.00")
    assert row["decided_why"] == "'=1+1"


async def test_another_practice_sees_nothing_of_it(office: Office) -> None:
    two_short_claims(office)
    ids = [one["id"] for one in (await desk(office).get(WORKLIST))["items"]]
    stranger = desk(office, is_stranger=True)
    assert (await stranger.get(WORKLIST))["items"] == []
    assert (await stranger.get(f"{WORKLIST}/totals"))["rows"] == []
    answer = await stranger.http.post(
        f"{WORKLIST}/reconsider", json={"variance_ids": ids, "dry_run": True}, headers={"Idempotency-Key": new_id()}
    )
    assert answer.status_code == 422


async def test_an_empty_worklist_says_what_to_do(office: Office) -> None:
    page = (await desk(office, is_browser=True).http.get("/variances")).text
    assert "No payer has allowed another amount than its contract says" in page
    page = (await desk(office, is_browser=True).http.get("/variances", params={"state": "open"})).text
    assert "No line is as you ask" in page
    wrong = await desk(office, is_browser=True).http.get("/variances", params={"since": "soon"})
    assert (wrong.status_code, "Write days as YYYY-MM-DD" in wrong.text) == (422, True)


async def test_the_page_shows_totals_lines_and_what_a_letter_would_hold(office: Office) -> None:
    two_short_claims(office)
    browser = desk(office, is_browser=True)
    for by, words in (("payer", "EXAMPLE PAYER"), ("code", "99213"), ("contract", "$112.00 a unit by the contract")):
        page = unescape((await browser.http.get("/variances", params={"by": by})).text)
        assert words in page
        assert "$34.00" in page
    picks = dict.fromkeys(re.findall(r'name="(variance_ids\.\w+)"', page), "yes")
    assert len(picks) == 2
    preview = unescape((await browser.http.post("/variances/preview", data=picks | {"argument": "See page 7"})).text)
    assert "$34.00 would be asked for" in preview
    assert preview.count("would be asked for") == 3
    with office.database.reading() as session:
        assert letters.page(session, practice_id=office.practice_id, state=QueueState.WAITING) == []
    nothing = await browser.http.post("/variances/preview", data={"argument": "See page 7"})
    assert (nothing.status_code, "choose at least one line" in nothing.text, "See page 7" in nothing.text) == (
        422,
        True,
        True,
    )


async def test_who_may_only_look_is_offered_no_letter(office: Office) -> None:
    two_short_claims(office)
    for role in (Role.AUDITOR, Role.CODER):
        page = (await desk(office, role, is_browser=True).http.get("/variances")).text
        assert ("99213" in page, "variance_ids." in page) == (True, False)


async def _short_visit(house: Clinic, number: int, paid: int) -> str:
    encounter = await house.visits(a_visit(house, external_id=f"V{number}", coverage=_coverage(number)))
    adjustments = (("CO", "45", 15000 - paid),)
    await answered(house, encounter, paid=paid, adjustments=adjustments, payer_claim_number=f"ICN00{number}")
    return encounter


def _coverage(number: int) -> dict[str, Any]:
    return {"payer": {"id": "99999", "name": "Example Payer"}, "member_id": f"ABC12345{number}"}


async def test_several_claims_go_into_one_letter_once(office: Office, engine: Any) -> None:
    async with clinic(office, engine, "api") as house:
        first = await house.visits(a_visit(house, external_id="V0", coverage=_coverage(0)))
        contract(office, Terms(Basis.SCHEDULE), Rate("99213", JANUARY, amount_cents=Cents(11200)))
        short_ones = [await _short_visit(house, number, paid) for number, paid in ((1, 10000), (2, 9000))]
        assert first not in short_ones
        hands = house.hands
        assert isinstance(hands, ByApi)
        listed = await hands._call(Role.DENIALS, "GET", "variances")
        body = {"variance_ids": [one["id"] for one in listed["items"]], "argument": "See page 7."}
        foreseen = await hands._call(Role.DENIALS, "POST", "variances/reconsider", body | {"dry_run": True})
        refused = await hands._call(Role.BILLER, "POST", "variances/reconsider", body)
        done = await hands._call(Role.DENIALS, "POST", "variances/reconsider", body)
        again = await hands._call(Role.DENIALS, "POST", "variances/reconsider", body)
        assert (foreseen["missing_cents"], foreseen["letter_id"]) == (3400, None)
        assert [one["is_done"] for one in refused["claims"]] == [False, False]
        assert "another role" in refused["claims"][0]["words"]
        assert [(one["is_done"], one["words"]) for one in done["claims"]] == [(True, "asked for")] * 2
        assert (done["missing_cents"], again["letter_id"]) == (3400, done["letter_id"])
        assert {one["words"] for one in again["claims"]} == {"is asked for in a letter already"}
        letter = await hands._call(Role.DENIALS, "GET", f"letters/{done['letter_id']}")
        assert sorted(row[0].partition(",")[0] for row in letter["rows"]) == ["ICN001", "ICN002"]
        assert "See page 7." in letter["paragraphs"]
        with office.database.reading() as session:
            assert {one.encounter_id for one in variances.of_letter(session, done["letter_id"])} == set(short_ones)
