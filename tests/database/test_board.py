"""Each figure of the board by hand: numerator, denominator and value of a month in which little happened."""

from collections.abc import Callable

from billing.board import Figure
from billing.periods import month_named
from database import board, period_balances
from database.period_reports import Span
from tests.builders import a_277ca, a_claim, a_line, a_payment, an_835, an_837p
from tests.office import Office


def figures(office: Office, month: str) -> dict[str, Figure]:
    with office.database.reading() as session:
        found = board.board(session, practice_id=office.practice_id, month=month_named(month))
    return {one.name: one for one in found}


def parts(office: Office, month: str) -> Callable[[str], tuple[int, int, str]]:
    found = figures(office, month)
    return lambda name: (found[name].numerator, found[name].denominator, str(found[name].value))


def one_clean_one_rejected_one_denied(office: Office) -> list[str]:
    """$150 each, sent on November 2nd and answered then: $100 and $50 off; $150 refused. The patient pays $20."""
    office.take_in(
        an_837p(*[a_claim(a_line(code, 15000), control_number=f"EXT{code}") for code in ("99212", "99213", "99214")])
    )
    visits = office.encounter_ids()
    clean, rejected, denied = visits
    for encounter in visits:
        office.go_on(encounter)
    office.send_claims()
    number = {one: office.submission(one).control_number for one in visits}
    code = {one: office.encounter_line(one).procedure for one in visits}
    office.deliver(a_277ca(number[rejected], accepted=False))
    share = (("CO", "45", 3000), ("PR", "3", 2000))
    paid = a_payment(number[clean], paid=10000, adjustments=share, procedure=code[clean])
    refused = a_payment(
        number[denied],
        paid=0,
        status="4",
        adjustments=(("CO", "50", 15000),),
        procedure=code[denied],
        payer_claim_number="ICN2",
    )
    office.deliver_835(an_835(paid, refused))
    office.pay(clean, 2000)
    for encounter in visits:
        office.go_on(encounter)
    return visits


def test_a_month_without_anything_has_no_figures_and_not_zeros(office: Office) -> None:
    assert {one.value for one in figures(office, "2026-10").values()} == {None}


def test_each_figure_by_hand(office: Office) -> None:
    one_clean_one_rejected_one_denied(office)
    of = parts(office, "2026-11")
    assert of("clean_claims") == (2, 3, "66.7")
    assert of("first_pass") == (1, 2, "50.0")
    assert of("initial_denials") == (1, 0, "None"), "no claim was sent in the three months before"
    assert of("touchless") == (1, 1, "100.0")
    assert of("auto_posted") == (2, 2, "100.0")
    assert of("auto_posted_amount") == (10000, 10000, "100.0")
    assert of("days_in_ar") == (30000, 45000, "60.7"), "September to November have 91 days: 30000 * 91 / 45000"
    assert of("ar_over_90") == (0, 30000, "0.0")
    assert of("denial_write_offs") == (0, 42000, "0.0")
    assert of("bad_debt") == (0, 45000, "0.0")
    assert of("patient_collection") == (2000, 2000, "100.0")


def test_a_month_of_adjustments_without_charges_has_no_share_of_them() -> None:
    assert Figure("denial_write_offs", "", "", "", 5750, -228005).value is None


def test_denials_are_measured_against_the_three_months_before(office: Office) -> None:
    visits = one_clean_one_rejected_one_denied(office)
    found = figures(office, "2026-12")["initial_denials"]
    assert (found.numerator, found.denominator, found.over, str(found.value)) == (0, 3, 3, "0.0")
    assert found.visits == set(visits)


def test_what_was_collected_is_matched_by_the_day_of_service(office: Office) -> None:
    one_clean_one_rejected_one_denied(office)
    of = parts(office, "2027-06")
    assert of("net_collection") == (12000, 42000, "28.6"), "10000 and 2000 of 45000 less 3000"
    assert of("ar_over_90") == (30000, 30000, "100.0")
    assert parts(office, "2026-12")("net_collection")[2] == "None", "the visits are too young"


def test_what_is_old_agrees_with_the_ages(office: Office) -> None:
    one_clean_one_rejected_one_denied(office)
    found = figures(office, "2027-02")["ar_over_90"]
    month = month_named("2027-02")
    with office.database.reading() as session:
        span = Span(office.practice_id, month.first, month.last)
        ages = period_balances.aging(session, span, "payer", "service").total
    assert (found.numerator, found.denominator) == (int(ages[5]) + int(ages[6]), int(ages[-1]) - int(ages[1]))


def test_denials_stand_by_their_cause_and_a_share_is_none(office: Office) -> None:
    one_clean_one_rejected_one_denied(office)
    with office.database.reading() as session:
        report = board.denials_by_cause(session, practice_id=office.practice_id, month=month_named("2026-11"))
    assert [(row.cells[0], *row.cells[2:]) for row in report.rows] == [("CO-50", 1, 15000)]


def test_a_figure_leads_to_its_visits(office: Office) -> None:
    visits = one_clean_one_rejected_one_denied(office)
    found = figures(office, "2026-11")["clean_claims"]
    with office.database.reading() as session:
        report = board.visits_of(session, found)
    assert {row.encounter_id for row in report.rows} == set(visits)
    assert report.total[3:] == (found.numerator, found.denominator)
