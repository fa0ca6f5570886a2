"""A month is closed, sealed and opened again; what comes late is posted today, and the closed figures stand."""

import pytest
import sqlalchemy as sa
from sqlmodel import select

from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.periods import month_named
from database import ledger, period_checks, periods
from database.periods import AnotherPerson, NotNow
from database.proof import prove_rows
from database.tables import Journal, PeriodClose, User
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office
from tests.stories import report_sums

BOTH_DATABASES = True
NOVEMBER = month_named("2026-11")


def a_visit(office: Office) -> str:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter


def close(office: Office, key: str = "2026-11", *, by: str | None = None) -> PeriodClose:
    with office.database.writing() as session:
        return periods.close(
            session,
            month_named(key),
            practice_id=office.practice_id,
            note="",
            at=office.now,
            actor_id=by or office.supervisor_id,
        )


def ask(office: Office, by: str) -> PeriodClose:
    with office.database.writing() as session:
        return periods.ask_to_open(
            session,
            NOVEMBER,
            practice_id=office.practice_id,
            reason="a till was not counted",
            at=office.now,
            actor_id=by,
        )


def open_again(office: Office, by: str) -> PeriodClose:
    with office.database.writing() as session:
        return periods.open_again(session, NOVEMBER, practice_id=office.practice_id, at=office.now, actor_id=by)


def another_supervisor(office: Office) -> str:
    with office.database.writing() as session:
        return office._person(session, "second", "supervisor")


def proof(office: Office) -> tuple[int, list[str]]:
    with office.database.reading() as session:
        [found] = [one for one in prove_rows(session) if one.name == "periods"]
        return found.looked_at, list(found.offenders)


def test_what_comes_late_is_posted_today_and_the_closed_month_stands(office: Office) -> None:
    encounter = a_visit(office)
    with pytest.raises(NotNow, match="2026-11 has not ended; it can be closed from 2026-12-01 on"):
        close(office)
    office.let_pass(days=30)
    row = close(office)
    with office.database.reading() as session:
        before = report_sums.rolled(session, office.practice_id, NOVEMBER)
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number)))
    office.go_on(encounter)
    office.pay(encounter, 2000)
    office.go_on(encounter)
    with office.database.reading() as session:
        late = session.exec(select(Journal).where(Journal.kind == EntryKind.CLAIM_PAYMENT)).one()
        after = report_sums.rolled(session, office.practice_id, NOVEMBER)
        said = periods.closings(session, NOVEMBER, practice_id=office.practice_id)
    assert (str(late.posted_on)[:7], str(late.service_date)[:7]) == ("2026-12", "2026-10")
    assert before == after
    assert [(one.sha256, one.changed) for one in said] == [(row.sha256, [])]
    assert report_sums.faults(office) == []
    assert proof(office) == (1, [])


def test_a_clock_that_lags_does_not_reach_into_a_closed_month(office: Office) -> None:
    a_visit(office)
    lagging = office.now
    office.let_pass(days=30)
    close(office)
    entry = Entry(EntryKind.CHARGE, "late", transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(100)))
    with office.database.writing() as session:
        ledger.post(session, [entry], practice_id=office.practice_id, at=lagging)
    with office.database.reading() as session:
        day = session.exec(select(Journal.posted_on).where(Journal.source_key == "late")).one()
    assert str(day) == "2026-12-01"
    assert proof(office) == (1, [])


def test_what_is_open_is_kept_with_the_closing(office: Office) -> None:
    encounter = a_visit(office)
    office.pay(encounter, 2500, method="cash")
    office.go_on(encounter)
    office.let_pass(days=30)
    with office.database.reading() as session:
        periods_now = period_checks.checklist(session, practice_id=office.practice_id, month=NOVEMBER)
    close(office)
    with office.database.reading() as session:
        [closing] = periods.closings(session, NOVEMBER, practice_id=office.practice_id)
    opened = {one.name: (one.count, one.cents) for one in closing.matters if not one.is_clear}
    assert closing.matters == periods_now
    assert opened == {"tills": (1, 2500), "deposits": (0, 2500), "credits": (1, 2500)}


def test_months_are_closed_in_order_and_once(office: Office) -> None:
    a_visit(office)
    office.let_pass(days=95)
    close(office)
    with pytest.raises(NotNow, match="2026-11 is closed"):
        close(office)
    with pytest.raises(NotNow, match="2026-12 is next"):
        close(office, "2027-01")
    close(office, "2026-12")
    with pytest.raises(NotNow, match="only the latest closed month can be opened again: 2026-12"):
        ask(office, office.supervisor_id)


def test_two_persons_open_a_month_again(office: Office) -> None:
    a_visit(office)
    second = another_supervisor(office)
    office.let_pass(days=30)
    close(office)
    assert ask(office, office.supervisor_id).reopened_at is None
    with pytest.raises(AnotherPerson):
        open_again(office, office.supervisor_id)
    assert open_again(office, second).reopened_by == second
    with pytest.raises(NotNow, match="2026-11 is not closed"):
        open_again(office, second)
    close(office, by=second)
    with office.database.reading() as session:
        standing = periods.closings(session, NOVEMBER, practice_id=office.practice_id)
    assert sorted(one.is_standing for one in standing) == [False, True]
    assert len({one.sha256 for one in standing}) == 1, "nothing had been posted meanwhile"


def test_a_wish_to_open_is_dropped(office: Office) -> None:
    a_visit(office)
    second = another_supervisor(office)
    office.let_pass(days=30)
    close(office)
    ask(office, office.supervisor_id)
    with pytest.raises(NotNow, match="somebody asked for it already"):
        ask(office, second)
    with office.database.writing() as session:
        periods.keep_closed(session, NOVEMBER, practice_id=office.practice_id)
    with pytest.raises(NotNow, match="nobody asked"):
        open_again(office, second)
    assert proof(office) == (1, [])


def test_who_approves_alone_opens_alone(office: Office) -> None:
    """Nobody else of the practice may approve: a second person would never come."""
    a_visit(office)
    office.let_pass(days=30)
    close(office)
    row = ask(office, office.supervisor_id)
    assert (row.reopened_by, row.standing_key) == (office.supervisor_id, None)
    with office.database.reading() as session:
        [closing] = periods.closings(session, NOVEMBER, practice_id=office.practice_id)
    assert closing.was_alone


def test_who_asked_and_is_left_alone_opens_it(office: Office) -> None:
    a_visit(office)
    second = another_supervisor(office)
    office.let_pass(days=30)
    close(office)
    ask(office, office.supervisor_id)
    with office.database.writing() as session:
        gone = session.get_one(User, second)
        gone.is_active = False
        session.add(gone)
    assert open_again(office, office.supervisor_id).standing_key is None


@pytest.mark.parametrize(
    ("table", "statement", "said"),
    [
        ("posting", "UPDATE posting SET amount_cents = amount_cents * 2", "moved AR_INS charge"),
        ("journal", "UPDATE journal SET encounter_id = NULL", "entries_sha256"),
        ("", "UPDATE period_close SET figures = '{}'", "SHA-256"),
    ],
)
def test_a_change_beneath_a_closed_month_is_found(table: str, statement: str, said: str, office: Office) -> None:
    a_visit(office)
    office.let_pass(days=30)
    close(office)
    with office.database.writing() as session:
        if table:
            _let_change(session, office, table)
        session.execute(sa.text(statement))
    with office.database.reading() as session:
        [closing] = periods.closings(session, NOVEMBER, practice_id=office.practice_id)
    assert proof(office)[1] != []
    assert any(said in one for one in closing.changed)


def _let_change(session: object, office: Office, table: str) -> None:
    """Take away what keeps rows of the ledger from being changed."""
    if office.database.is_sqlite:
        names = session.execute(  # type: ignore[attr-defined]
            sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"), {"table": table}
        ).all()
        for (name,) in names:
            session.execute(sa.text(f"DROP TRIGGER {name}"))  # type: ignore[attr-defined]
        return
    session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))  # type: ignore[attr-defined]
