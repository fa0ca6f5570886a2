"""What statements say, word by word: the text of each page stands in `tests/golden/statements/`, and is its PDF's too.

To write the files anew after a wanted change, delete them and run the test twice.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlmodel import Session

from activities import itemised_bills
from activities.statement_papers import write_statement
from billing.amendments import Change
from billing.dunning import BalanceItem as Item
from billing.dunning import Notice
from billing.money import Cents
from billing.prompt_pay import Chance, percent_of
from billing.statement_words import ENGLISH, SPANISH, Language, long_day
from billing.statements import Statement
from database import encounters
from database import office as offices
from database.tables import BillingEntity, Encounter, Patient
from templates import documents, itemised_view, rendering, statement_view
from tests.builders import a_claim, an_837p
from tests.office import PUBLIC_URL, Office
from tests.stories.test_households import MOTHER, answers_for, child
from tests.stories.test_instalment_plans import agreed
from tests.stories.test_patient_account import with_a_share

GOLDEN = Path(__file__).parent.parent / "golden" / "statements"
PAY_AT = f"{PUBLIC_URL}/pay/secret"


class _Text(HTMLParser):
    """A page as its lines of text; a picture is its alternative text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"p", "h1", "h2", "li", "tr", "br", "ul"}:
            self.lines.append("")
        if tag == "img":
            self.lines[-1] += f"[{dict(attrs)['alt']}]"

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td"}:
            self.lines[-1] += " | "

    def handle_data(self, data: str) -> None:
        self.lines[-1] += " ".join(data.split("\n")) if data.strip() else ""


def text_of(paper: Statement) -> str:
    parser = _Text()
    parser.feed(rendering.render("statement_paper.html", paper=statement_view.view(paper)))
    return "\n".join(line.rstrip(" |") for line in parser.lines if line.strip()) + "\n"


def written(
    office: Office,
    *visits: str,
    notice: Notice = Notice.STATEMENT,
    billed_days_ago: int = 0,
    chances: Mapping[str, Chance] | None = None,
) -> Statement:
    first = office.now - timedelta(days=billed_days_ago) if billed_days_ago else None
    with office.database.writing() as session:
        _give_telephone(session, visits[0])
        return write_statement(
            session,
            [Item(one, 0, office.now, first_statement_at=first) for one in visits],
            number="ABCDE-FGHJK",
            notice=notice,
            written_on=office.today,
            pay_by_days=30,
            zone=offices.zone_of(session, office.practice_id),
            pay_at=PAY_AT,
            chances=chances,
        )


def _give_telephone(session: Session, visit: str) -> None:
    payee = encounters.claim_of(session.get_one(Encounter, visit)).billing_provider
    entity = session.get_one(BillingEntity, payee.npi)
    entity.telephone = "6145550100"
    session.add(entity)


def reads(office: Office, visit: str, language: Language) -> None:
    with office.database.writing() as session:
        row = session.get_one(Patient, office.patient_of(visit))
        row.language = language
        session.add(row)


def alone(office: Office) -> str:
    """A visit that no insurance was billed for."""
    office.take_in(an_837p(a_claim()))
    [visit] = office.encounter_ids()
    office.amend(visit, Change.SELF_PAY, {"reason": "has no insurance"})
    office.go_on(visit)
    return visit


def deductible(office: Office) -> Statement:
    return written(office, with_a_share(office, code="1"))


def family(office: Office) -> Statement:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2, share=3000)
    for one in (first, second):
        answers_for(office, one, MOTHER)
    return written(office, first, second)


def reminder(office: Office) -> Statement:
    return written(office, with_a_share(office), notice=Notice.REMINDER, billed_days_ago=31)


def final_notice(office: Office) -> Statement:
    return written(office, with_a_share(office, code="2"), notice=Notice.FINAL_NOTICE, billed_days_ago=95)


def spanish(office: Office) -> Statement:
    visit = with_a_share(office, code="1")
    reads(office, visit, Language.SPANISH)
    return written(office, visit)


def in_parts(office: Office) -> Statement:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2, share=3000)
    answers_for(office, first, MOTHER)
    agreed(office, first)
    answers_for(office, second, MOTHER)
    return written(office, second)


def self_pay(office: Office) -> Statement:
    return written(office, alone(office))


def prompt_pay(office: Office) -> Statement:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2, share=3000)
    for one in (first, second):
        answers_for(office, one, MOTHER)
    return written(office, first, second, chances={second: chance(office, 3000)})


def prompt_pay_spanish(office: Office) -> Statement:
    visit = alone(office)
    reads(office, visit, Language.SPANISH)
    return written(office, visit, chances={visit: chance(office, 15000)})


def chance(office: Office, owed_cents: int) -> Chance:
    """10% off within twenty days."""
    return Chance(Cents(owed_cents), percent_of(owed_cents, 10), office.today + timedelta(days=20))


PAPERS = (
    deductible,
    family,
    reminder,
    final_notice,
    spanish,
    in_parts,
    self_pay,
    prompt_pay,
    prompt_pay_spanish,
)


@pytest.mark.parametrize("make", PAPERS, ids=[one.__name__ for one in PAPERS])
def test_a_paper_says_what_its_file_says(office: Office, make: object) -> None:
    assert callable(make)
    paper = make(office)
    path = GOLDEN / f"{make.__name__}.txt"
    said = text_of(paper)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
        pytest.fail(f"{path} was missing and is written: read it, and run again")
    assert said == path.read_text(encoding="utf-8")
    assert documents.pdf("statements/statement", statement_view.content(paper)).startswith(b"%PDF-")


def test_a_spanish_paper_has_no_english_left(office: Office) -> None:
    paper = spanish(office)
    said = text_of(paper).replace(paper.notices[-1], "")
    texts = {part for key in ENGLISH for part in ENGLISH[key].split("{")[0].split(". ") if len(part) > 4}
    spoken = " ".join(SPANISH.values())
    assert sorted(text for text in texts if text in said and text not in spoken) == []
    pdf = documents.pdf("statements/statement", statement_view.content(paper))
    assert b"/Lang(es-US)" in pdf


def test_a_minors_envelope_is_in_their_language_and_another_language_writes_the_paper_anew(office: Office) -> None:
    visit = with_a_share(office)
    with office.database.writing() as session:
        row = session.get_one(Patient, office.patient_of(visit))
        row.birth_date = date(office.today.year - 9, 1, 1)
        session.add(row)
    reads(office, visit, Language.SPANISH)
    assert written(office, visit).addressee[0] == "Padre, madre o tutor de JANE DOE"


def test_an_itemised_bill_tells_what_became_of_each_charge_and_of_each_payment(office: Office) -> None:
    visit = with_a_share(office)
    office.pay(visit, 500)
    office.go_on(visit)
    reads(office, visit, Language.SPANISH)
    with office.database.reading() as session:
        bill = itemised_bills.of_visit(session, practice_id=office.practice_id, encounter_id=visit, today=office.today)
    assert bill is not None
    shown = itemised_view.view(bill)
    [one] = shown["visits"]
    assert one["rows"][0][1:] == ["99213", "99213", "1", "$150.00", "$80.00", "$50.00", "$5.00", "$0.00", "$15.00"]
    assert one["payments"] == [f"El {long_day(office.today, Language.SPANISH)}: $5.00"]
    assert documents.pdf("statements/itemised_bill", itemised_view.content(bill)).startswith(b"%PDF-")


def test_an_itemised_bill_before_the_plan_answers_leaves_all_with_the_plan(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [visit] = office.encounter_ids()
    office.go_on(visit)
    with office.database.reading() as session:
        bill = itemised_bills.of_account(
            session, practice_id=office.practice_id, patient_id=office.patient_of(visit), today=office.today
        )
    assert bill is not None
    assert [line.with_plan_cents for line in bill.visits[0].lines] == [15000]
