"""A billing company asks a practice for its share: month by month, out of the ledger, each entry once and for good."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from billing.fees import Agreed, Invoice, Terms
from billing.periods import Month, month_named
from database import client_packs, fees, period_reports, periods, posted
from database.client_packs import NotClosed
from database.fees import AlreadyInvoiced, NeverClosed, NotInvoiced
from database.period_reports import Span
from database.proof import prove_rows
from database.tables import FeeAgreement, PeriodClose
from tests.builders import a_claim, a_payment, a_reversal, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True
NOVEMBER, DECEMBER, JANUARY = (month_named(one) for one in ("2026-11", "2026-12", "2027-01"))


def agree(office: Office, month: Month = NOVEMBER, *, is_end: bool = False, **terms: object) -> FeeAgreement:
    said = {"basis_points": 625, "of_payers": True, "of_patients": True, "minimum_cents": 0} | terms
    agreed = Agreed(Terms(**said), "BILLERS LLC", "1 MAIN ST, COLUMBUS OH 43004", 30)  # type: ignore[arg-type]
    about = {"practice_id": office.practice_id, "at": office.now, "actor_id": office.supervisor_id}
    with office.database.writing() as session:
        return fees.agree(session, month, agreed, is_end=is_end, **about)  # type: ignore[arg-type]


def close(office: Office, month: Month) -> PeriodClose:
    about = {"practice_id": office.practice_id, "at": office.now, "actor_id": office.supervisor_id}
    with office.database.writing() as session:
        return periods.close(session, month, note="", **about)  # type: ignore[arg-type]


def make(office: Office, month: Month) -> Invoice:
    about = {"practice_id": office.practice_id, "at": office.now, "actor_id": office.supervisor_id}
    with office.database.writing() as session:
        row = fees.make(session, month, **about)  # type: ignore[arg-type]
        found = fees.invoice(session, practice_id=office.practice_id, invoice_id=row.id)
    assert found is not None
    return found


def month_is_over(office: Office, month: Month) -> Invoice:
    """Closed on the second day of the next one, and invoiced."""
    while office.today <= month.last:
        office.let_pass(days=1)
    close(office, month)
    return make(office, month)


def unsound(office: Office) -> list[str]:
    with office.database.reading() as session:
        [proof] = [one for one in prove_rows(session) if one.name == "fees"]
        return list(proof.offenders)


def told(invoice: Invoice) -> dict[str, int]:
    return {str(one.receipt): one.cents for one in invoice.lines}


def in_the_ledger(office: Office, month: Month) -> int:
    """What a month's payments come to by the report that was there before, less patients' refunds."""
    with office.database.reading() as session:
        span = Span(office.practice_id, month.first, month.last)
        paid = period_reports.payments(session, span, "payer")
        entries = posted.posted(session, practice_id=office.practice_id, since=month.first, until=month.last)
        refunded = sum(one.cents("PAT_UNAPPLIED") for one in entries if one.kind == "refund")  # type: ignore[arg-type]
    assert all(one.agrees for one in paid.checks)
    return int(paid.total[-1]) - refunded


@pytest.fixture
def collected(office: Office) -> tuple[str, str]:
    """November: the payer paid $80, the patient $20. Gives the visit and the claim's number."""
    office.take_in(an_837p(a_claim()))
    [visit] = office.encounter_ids()
    office.go_on(visit)
    office.send_claims()
    number = office.submission(visit).control_number
    office.deliver_835(an_835(a_payment(number)))
    office.go_on(visit)
    office.pay(visit, 2000, payment_id="paid-at-the-desk")
    office.go_on(visit)
    return visit, number


def test_an_invoice_is_its_share_of_what_the_ledger_says_was_collected(
    office: Office, collected: tuple[str, str]
) -> None:
    agree(office)
    invoice = month_is_over(office, NOVEMBER)
    assert told(invoice) == {"payers_paid": 8000, "patients_paid": 2000}
    assert invoice.base_cents == in_the_ledger(office, NOVEMBER) == 10000
    assert (invoice.number, invoice.fee_cents, invoice.carried_out_cents) == ("0001", 625, 0)
    assert {one.payer_class for one in invoice.lines if one.payer} <= {"Commercial", "PPO", "HMO", "Medicare"}
    assert unsound(office) == []


def test_what_goes_away_later_lowers_a_later_base_and_below_zero_it_is_carried(
    office: Office, collected: tuple[str, str]
) -> None:
    visit, number = collected
    agree(office)
    november = month_is_over(office, NOVEMBER)
    office.deliver_835(an_835(a_reversal(a_payment(number)), trace="EFT0002", number=2))
    office.go_on(visit)
    office.take_back(visit, "paid-at-the-desk")
    office.go_on(visit)
    december = month_is_over(office, DECEMBER)
    assert told(december) == {"payers_reversed": -8000, "patients_returned": -2000}
    assert december.base_cents == in_the_ledger(office, DECEMBER) == -10000
    assert (december.number, december.fee_cents, december.carried_out_cents) == ("0002", 0, -10000)
    office.deliver_835(an_835(a_payment(number, paid=13000, adjustments=(("PR", "3", 2000),)), trace="E3", number=3))
    office.go_on(visit)
    january = month_is_over(office, JANUARY)
    assert (january.carried_in_cents, january.receipts_cents, january.base_cents) == (-10000, 13000, 3000)
    assert january.fee_cents == 188, "6.25 % of $30.00 is $1.875, half up"
    with office.database.reading() as session:
        kept = fees.invoice(session, practice_id=office.practice_id, invoice_id=november.id)
    assert kept == november, "what came later changed nothing of it"
    assert unsound(office) == []


def test_a_month_that_is_opened_again_changes_no_invoice_and_loses_no_entry(
    office: Office, collected: tuple[str, str]
) -> None:
    visit, _ = collected
    agree(office)
    november = month_is_over(office, NOVEMBER)
    by = {"practice_id": office.practice_id, "at": office.now}
    with office.database.writing() as session:
        second = office._person(session, "second", "supervisor")
        session.flush()
        periods.ask_to_open(session, NOVEMBER, reason="a till", actor_id=office.supervisor_id, **by)  # type: ignore[arg-type]
        periods.open_again(session, NOVEMBER, actor_id=second, **by)  # type: ignore[arg-type]
    office.pay(visit, 500)
    office.go_on(visit)
    close(office, NOVEMBER)
    with pytest.raises(NotInvoiced, match="in their order; 2026-12 is next"):
        make(office, NOVEMBER)
    december = month_is_over(office, DECEMBER)
    assert december.receipts_cents == 500
    assert (december.after_entry, december.number) == (november.through_entry, "0002")
    assert unsound(office) == []


def test_terms_say_what_counts_and_the_least_that_is_asked(office: Office, collected: tuple[str, str]) -> None:
    with office.database.reading() as session:
        payer_id = session.exec(sa.text("SELECT payer_id FROM encounter")).scalar_one()  # type: ignore[call-overload]
    agree(office, of_patients=False, minimum_cents=50_00)
    agree(office, DECEMBER, excluded_payers=frozenset({payer_id}))
    november = month_is_over(office, NOVEMBER)
    assert (told(november), november.share_cents, november.fee_cents) == ({"payers_paid": 8000}, 500, 50_00)
    with pytest.raises(AlreadyInvoiced, match="2026-11 is invoiced: terms can begin with 2026-12"):
        agree(office, basis_points=1)
    december = month_is_over(office, DECEMBER)
    assert (december.lines, december.fee_cents) == ([], 0)
    agree(office, JANUARY, is_end=True)
    while office.today <= JANUARY.last:
        office.let_pass(days=1)
    close(office, JANUARY)
    with pytest.raises(NotInvoiced, match="no agreement about a fee is in force in 2027-01"):
        make(office, JANUARY)
    assert unsound(office) == []


def test_a_month_is_invoiced_once_it_is_closed(office: Office, collected: tuple[str, str]) -> None:
    with pytest.raises(NotInvoiced, match="no agreement"):
        make(office, NOVEMBER)
    agree(office)
    with pytest.raises(NotInvoiced, match="2026-11 is not closed"):
        make(office, NOVEMBER)
    month_is_over(office, NOVEMBER)
    with pytest.raises(NotInvoiced, match="invoiced once"):
        make(office, NOVEMBER)


def test_terms_begin_with_no_month_that_can_never_be_invoiced(office: Office, collected: tuple[str, str]) -> None:
    while office.today <= NOVEMBER.last:
        office.let_pass(days=1)
    close(office, NOVEMBER)
    with pytest.raises(NeverClosed, match="terms can begin with 2026-11"):
        agree(office, NOVEMBER.after(-1))
    agree(office)
    assert make(office, NOVEMBER).fee_cents == 625


@pytest.mark.parametrize("table", ["fee_agreement", "fee_invoice", "fee_invoice_line"])
def test_the_database_refuses_to_change_what_was_asked(office: Office, collected: tuple[str, str], table: str) -> None:
    agree(office)
    month_is_over(office, NOVEMBER)
    for statement in (f"UPDATE {table} SET practice_id = practice_id", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), office.database.writing() as session:
            session.execute(sa.text(statement))


def test_two_who_make_the_same_invoice_at_once_make_one(office: Office, collected: tuple[str, str]) -> None:
    agree(office)
    while office.today <= NOVEMBER.last:
        office.let_pass(days=1)
    close(office, NOVEMBER)
    with ThreadPoolExecutor(2) as threads:
        tries = [threads.submit(make, office, NOVEMBER) for _ in range(2)]
        failed = [one.exception() for one in tries]
    assert sorted(str(type(one).__name__) for one in failed) == ["NoneType", "NotInvoiced"]
    with office.database.reading() as session:
        assert [one.number for one in fees.invoices(session, practice_id=office.practice_id)] == ["0001"]


def test_every_report_of_a_pack_agrees_with_the_ledger(office: Office, collected: tuple[str, str]) -> None:
    agree(office)
    invoice = month_is_over(office, NOVEMBER)
    with office.database.reading() as session:
        pack = client_packs.pack(session, NOVEMBER, practice_id=office.practice_id)
        with pytest.raises(NotClosed):
            client_packs.pack(session, DECEMBER, practice_id=office.practice_id)
    assert [one.name for one in pack.reports if not one.checks] == []
    assert [check.words for one in pack.reports for check in one.checks if not check.agrees] == []
    assert [one.name for one in pack.reports if one.names_people] == []
    assert (pack.invoice, pack.changed) == (invoice, [])
    days, paid = pack.reports[0], pack.reports[2]
    assert int(days.total[3]) == -int(paid.total[-1]) == -10000
