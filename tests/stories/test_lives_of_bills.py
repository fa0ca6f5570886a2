"""Bills that something happens to: a new visit late in an old one's life, a payer's change of mind, a poor patient.

All papers of each story stand word by word in `tests/golden/statements/`, their numbers and links left out.
"""

import re
from collections.abc import Callable

import pytest
from sqlmodel import col, select

from billing.account_holds import HoldKind
from billing.statements import Statement
from database import account_holds, accounts, letters
from database.proof import prove_rows
from database.tables import BalanceItem, Letter, Placement, Task
from tests.builders import a_payment, a_reversal, an_835
from tests.office import Office
from tests.stories.test_agencies import placed, tell
from tests.stories.test_households import MOTHER, answers_for, child, look_after
from tests.stories.test_statement_texts import GOLDEN, text_of

BOTH_DATABASES = True


def live(office: Office, holder: str, days: int) -> None:
    """So many days pass; each paper is sent on the day that it is written."""
    for _ in range(days):
        look_after(office, holder)
        with office.database.writing() as session:
            for paper in session.exec(select(Letter).where(col(Letter.sent_at).is_(None))):
                if paper.withdrawn_at is None:
                    letters.mark_sent(session, paper, at=office.now, actor_id="office")
        office.let_pass(days=1)
    look_after(office, holder)


def papers(office: Office, holder: str) -> list[Statement]:
    with office.database.reading() as session:
        rows = session.exec(select(Letter).where(Letter.patient_id == holder).order_by(col(Letter.written_at)))
        return [accounts.statement_of(one) for one in rows]


def said(office: Office, holder: str) -> str:
    """The text of every paper, one after the other, without what is random or of this day."""
    text = "-----\n".join(text_of(one) for one in papers(office, holder))
    text = re.sub(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", "NUMBER", text)
    return re.sub(r"/pay/[\w-]+", "/pay/SECRET", text)


def holds(office: Office) -> None:
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


def answered_anew(office: Office, visit: str, *, before: int, after: int, remark: tuple[str, ...] = ()) -> None:
    """The payer takes its answer back and leaves another share."""
    number = office.submission(visit).control_number
    old = a_payment(
        number, paid=10000 - before, adjustments=(("CO", "45", 5000), ("PR", "3", before)), payer_claim_number="ICN1"
    )
    group = "CO" if remark else "PR"
    new = a_payment(
        number,
        paid=10000 - after,
        adjustments=(("CO", "45", 5000), *(((group, "3", after),) if after else ())),
        payer_claim_number="ICN1R",
    )
    office.deliver_835(an_835(a_reversal(old), new, trace="EFT77", number=77))
    office.go_on(visit)


def day_85(office: Office) -> str:
    """A balance is 85 days old when a sister's visit comes: each keeps its own age, and only the old one is final."""
    old = child(office, "ANNA", 1, share=2000)
    answers_for(office, old, MOTHER)
    holder = office.patient_of(old)
    live(office, holder, 85)
    new = child(office, "BETH", 2, share=3000)
    assert answers_for(office, new, MOTHER) == holder
    live(office, holder, 45)
    final = [one for one in papers(office, holder) if one.notice == "final_notice"]
    assert [[visit.number for visit in one.visits] for one in final] == [["V1"]]
    assert {visit.number for one in papers(office, holder) for visit in one.visits} == {"V1", "V2"}
    with office.database.reading() as session:
        age = {one.encounter_id: one.statements for one in session.exec(select(BalanceItem))}
    assert age[old] > age[new] >= 1
    return holder


def payer_takes_back(office: Office) -> str:
    """The patient paid 20.00; then the payer leaves only 5.00: 15.00 are a credit that a person pays back."""
    visit = child(office, "ANNA", 1, share=2000)
    holder = office.patient_of(visit)
    live(office, holder, 5)
    office.pay(visit, 2000)
    office.go_on(visit)
    live(office, holder, 5)
    answered_anew(office, visit, before=2000, after=500)
    live(office, holder, 40)
    assert -office.accounts(visit).get(("PAT_UNAPPLIED", None), 0) == 1500
    with office.database.reading() as session:
        task = session.exec(select(Task).where(Task.type == "credit_balance", Task.state == "open")).one()
    assert task.amount_cents == 1500
    assert len(papers(office, holder)) == 1
    return holder


def protected_after_all(office: Office) -> str:
    """Medicaid was not on file: a statement went out, the payer's new answer leaves the patient nothing, and no second
    paper asks; what was paid meanwhile is a credit."""
    visit = child(office, "ANNA", 1, share=2000)
    holder = office.patient_of(visit)
    live(office, holder, 5)
    office.pay(visit, 700)
    office.go_on(visit)
    answered_anew(office, visit, before=2000, after=2000, remark=("N781",))
    live(office, holder, 130)
    assert office.accounts(visit).get(("AR_PAT", 1), 0) == 0
    assert -office.accounts(visit).get(("PAT_UNAPPLIED", None), 0) == 700
    assert len(papers(office, holder)) == 1
    return holder


STORIES: tuple[Callable[[Office], str], ...] = (day_85, payer_takes_back, protected_after_all)


@pytest.mark.parametrize("story", STORIES, ids=[one.__name__ for one in STORIES])
def test_every_paper_of_it_says_what_its_file_says(office: Office, story: Callable[[Office], str]) -> None:
    text = said(office, story(office))
    holds(office)
    is_golden(text, story.__name__)


def is_golden(text: str, name: str) -> None:
    """The papers say what their file says, which is written when there is none."""
    path = GOLDEN / f"{name}.txt"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} was missing and is written: read it, and run again")
    assert text == path.read_text(encoding="utf-8")


def test_a_dispute_that_is_right_in_part_after_placement_leaves_the_agency_the_rest(office: Office) -> None:
    visit, holder = placed(office, share=4000)
    assert [one["action"] for one in tell(office)] == ["placed"]
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        held = account_holds.begin(
            session,
            practice_id=office.practice_id,
            patient_id=account.patient_id,
            kind=HoldKind.DISPUTE,
            encounter_id=visit,
            reason="the copayment is 15.00",
            until=None,
            at=office.now,
            by=office.worker_id,
        )
    look_after(office, holder)
    answered_anew(office, visit, before=4000, after=1500)
    with office.database.writing() as session:
        account_holds.end(session, session.merge(held), why="right in part", at=office.now, by=office.worker_id)
    look_after(office, holder)
    told = [(one["action"], one["balance"]) for one in tell(office)]
    assert [action for action, _ in told] == ["suspended", "reduced", "resumed"]
    assert told[-1][1] == "15"
    with office.database.reading() as session:
        assert session.exec(select(Placement.balance_cents)).one() == 1500
    assert office.accounts(visit)["BAD_DEBT", 1] == 1500
    holds(office)
