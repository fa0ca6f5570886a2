"""The page on which a paper remittance is typed in."""

import re
from datetime import date

import pytest

from billing.claim import Claim
from billing.money import Cents
from billing.paper_remittance import PaperClaim, PaperLine, PaperRemittance, payments
from billing.remittance import ClaimPayment
from billing.roles import Role
from billing.submission import SubmissionState
from database import records
from database.columns import new_id
from database.tables import Encounter, RemittanceClaim, RemittanceFile, Submission
from tests.api import builders
from tests.api.conftest import Book

NUMBER = "ZPAPER0000000001"


def sent(book: Book) -> Encounter:
    """A visit whose claim went out under NUMBER."""
    encounter = book.encounter()
    claim: Claim = builders.claim()
    with book.database.writing() as session:
        session.add(
            Submission(
                control_number=NUMBER,
                practice_id=book.practice_id,
                encounter_id=encounter.id,
                payer_id=encounter.payer_id,
                partner_id=book.partner_id,
                ordinal=1,
                state=SubmissionState.TRANSMITTED,
                claim=records.dump(claim),
                ready_at=book.now,
            )
        )
    return encounter


def filled(claim: Claim, **changes: str) -> dict[str, str]:
    """The grid of a claim that is paid in full."""
    cells = {f"claims.0.lines.{at}.paid": f"{line.charge_cents / 100:.2f}" for at, line in enumerate(claim.lines)}
    amount = f"{Cents(claim.charge_cents) / 100:.2f}"
    head = {"claims": NUMBER, "check_number": "7788", "paid_on": "2026-03-01", "amount": amount, "key": "paper-key-01"}
    return head | cells | changes


async def test_the_grid_shows_the_lines_and_takes_them_once(book: Book) -> None:
    sent(book)
    claim = builders.claim()
    async with book.signed_in(Role.POSTER) as browser:
        page = (await browser.get(f"/paper-remittance?claims={NUMBER.lower()}")).text
        assert f'name="claims.0.lines.{len(claim.lines) - 1}.paid"' in page
        for _ in range(2):
            done = await browser.post("/paper-remittance", data=filled(claim))
            assert done.headers["location"].startswith("/remittances/")
        listed = (await browser.get("/api/v1/remittances")).json()["items"]
    assert len(listed) == 1


async def test_a_wrong_sum_comes_back_at_its_cell_with_what_was_typed(book: Book) -> None:
    sent(book)
    wrong = filled(builders.claim()) | {"claims.0.lines.0.paid": "1.00"}
    async with book.signed_in(Role.POSTER) as browser:
        refused = await browser.post("/paper-remittance", data=wrong)
    assert refused.status_code == 422
    assert "paid and adjustments come to $1.00" in refused.text
    assert 'value="7788"' in refused.text


async def test_what_is_no_amount_is_told_at_its_cell(book: Book) -> None:
    sent(book)
    wrong = filled(builders.claim()) | {"claims.0.lines.0.contractual": "five", "amount": ""}
    async with book.signed_in(Role.POSTER) as browser:
        refused = await browser.post("/paper-remittance", data=wrong)
    assert refused.status_code == 422
    assert 'value="five"' in refused.text


async def test_an_unknown_claim_and_another_practices_are_not_found(book: Book) -> None:
    sent(book)
    async with book.signed_in(Role.POSTER) as browser:
        assert "Not known here: NOBODYS" in (await browser.get("/paper-remittance?claims=nobodys")).text
    async with book.connect(token=book.stranger, headers={"Accept": "text/html"}) as stranger:
        assert f"Not known here: {NUMBER}" in (await stranger.get(f"/paper-remittance?claims={NUMBER}")).text


async def test_the_front_desk_may_not(book: Book) -> None:
    async with book.connect(Role.FRONT_DESK) as client:
        headers = {"Idempotency-Key": "paper-0001"}
        assert (await client.post("/api/v1/remittances/paper", json={}, headers=headers)).status_code == 403
        assert (await client.get("/paper-remittance")).status_code == 403


@pytest.mark.parametrize(
    ("cells", "fields", "words"),
    [
        ({"claims.0.lines.0.other": "5.00"}, "claims.0.lines.0.code", "write group and reason with a dash"),
        ({"claims.0.lines.1.code": "50"}, "claims.0.lines.1.code", "write group and reason with a dash"),
        ({"claims.0.lines.0.code": "XX-50"}, "claims.0.lines.0.code", "must be CO, PR, OA or PI"),
        ({"claims.0.lines.0.copayment": "1,5"}, "claims.0.lines.0.copayment", "comma that is not before three"),
        ({"claims.0.lines.0.other": "x", "claims.0.lines.0.code": "CO-50"}, "claims.0.lines.0.other", "not a number"),
        ({"claims.0.lines.0.remarks": "N290 ?"}, "claims.0.lines.0.remarks", "must be remark codes such as N290"),
        ({"check_number": "77#88"}, "check_number", "must be letters, digits, blanks and dashes alone"),
    ],
)
async def test_a_fault_stands_at_its_cell_in_the_papers_words(
    cells: dict[str, str], fields: str, words: str, book: Book
) -> None:
    sent(book)
    async with book.signed_in(Role.POSTER) as browser:
        refused = await browser.post("/paper-remittance", data=filled(builders.claim()) | cells)
    page = refused.text

    assert refused.status_code == 422
    assert re.search(rf'id="paper-{re.escape(fields)}-fault">[^<]*{words}', page)
    told = re.search(r'<ul class="fault">(.*?)</ul>', page, re.DOTALL)
    assert told is not None
    assert words in told[1]
    assert "String should" not in page
    if fields.startswith("claims"):
        line = int(fields.split(".")[3])
        assert f"claim {NUMBER}, line {line + 1} ({builders.claim().lines[line].procedure}), " in told[1]
    else:
        assert "cheque number: " in told[1]


async def test_an_amount_with_its_dollar_sign_is_taken(book: Book) -> None:
    sent(book)
    claim = builders.claim()
    cells = filled(claim)
    with_signs = {name: f"${text}" for name, text in cells.items() if name.endswith(".paid") or name == "amount"}
    async with book.signed_in(Role.POSTER) as browser:
        done = await browser.post("/paper-remittance", data=cells | with_signs)
    assert done.headers["location"].startswith("/remittances/")


def paid_in_full() -> ClaimPayment:
    """What `filled` says of the claim."""
    claim = builders.claim()
    lines = tuple(PaperLine(Cents(one.charge_cents)) for one in claim.lines)
    paper = PaperRemittance("7788", date(2026, 3, 1), claim.charge_cents, (PaperClaim(NUMBER, lines),))
    [payment] = payments(paper, {NUMBER: claim})
    return payment


async def test_what_was_mistyped_is_taken_back_on_its_page(book: Book) -> None:
    sent(book)
    async with book.signed_in(Role.POSTER) as browser:
        posted = await browser.post("/paper-remittance", data=filled(builders.claim()))
        home = posted.headers["location"].partition("?")[0]
        with book.database.writing() as session:
            row = RemittanceClaim(
                id=new_id(),
                practice_id=book.practice_id,
                remittance_id=home.rpartition("/")[2],
                ordinal=1,
                control_number=NUMBER,
                status="1",
                charge_cents=builders.claim().charge_cents,
                paid_cents=builders.claim().charge_cents,
                payment=records.dump(paid_in_full()),
                state="posted",
            )
            session.add(row)
            session.get_one(RemittanceFile, row.remittance_id).state = "posting"
        page = (await browser.get(home)).text
        silent = await browser.post(f"{home}/take-back", data={"key": "back-key-02", "reason": ""})
        done = [
            await browser.post(f"{home}/take-back", data={"key": "back-key-03", "reason": "a wrong line"})
            for _ in range(2)
        ]
        after = (await browser.get(home)).text
        undoing = (await browser.get(done[0].headers["location"])).text
    async with book.signed_in(Role.BILLER) as browser:
        others = await browser.post(f"{home}/take-back", data={"key": "back-key-04", "reason": "why not"})

    assert "It was mistyped: take it back" in page
    assert (silent.status_code, 'id="take-back-reason-fault"' in silent.text) == (422, True)
    assert [one.status_code for one in done] == [303, 303]
    assert done[0].headers["location"] == done[1].headers["location"]
    assert "It was mistyped: take it back" not in after
    assert f'<a href="{done[0].headers["location"].partition("?")[0]}">taken back</a>' in after
    assert "7788-BACK-" in undoing
    assert others.status_code == 403
