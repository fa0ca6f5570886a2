"""The figures have numerator and denominator, and say so when there is nothing to count."""

from database import figures
from database.engine import Database
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_second_policy, an_835, an_837p
from tests.office import Office


def of(database: Database) -> dict[str, tuple[int, int]]:
    with database.reading() as session:
        return {one.name: (one.count, one.of) for one in figures.ratios(session)}


def test_nothing_counted_is_not_zero(database: Database) -> None:
    with database.reading() as session:
        assert {one.percent for one in figures.ratios(session)} == {None}


def test_one_clean_one_rejected_one_denied(database: Database) -> None:
    office = Office(database)
    visits = [a_claim(a_line(code, 15000), control_number=f"EXT{code}") for code in ("99212", "99213", "99214")]
    office.take_in(an_837p(*visits))
    clean, rejected, denied = office.encounter_ids()
    for encounter in (clean, rejected, denied):
        office.go_on(encounter)
    office.send_claims()
    number = {one: office.submission(one).control_number for one in (clean, rejected, denied)}
    code = {one: office.encounter_line(one).procedure for one in (clean, rejected, denied)}
    office.deliver(a_277ca(number[rejected], accepted=False))
    paid = a_payment(number[clean], paid=10000, adjustments=(("CO", "45", 5000),), procedure=code[clean])
    refused = a_payment(
        number[denied],
        paid=0,
        status="4",
        adjustments=(("CO", "50", 15000),),
        procedure=code[denied],
        payer_claim_number="ICN2",
    )
    office.deliver_835(an_835(paid, refused))
    for encounter in (clean, rejected, denied):
        office.go_on(encounter)
    assert of(database) == {
        "clean claims": (2, 3),
        "first-pass resolution": (1, 2),
        "initial denials": (1, 2),
        "touchless": (1, 1),
    }


def test_what_the_next_payer_is_asked_for_is_no_denial_and_its_claim_no_second_try(database: Database) -> None:
    office = Office(database)
    office.take_in(an_837p(with_other_payers(a_claim(), [a_second_policy()])))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    first = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(first, adjustments=(("CO", "45", 5000), ("PR", "2", 2000)))))
    office.go_on(encounter)
    office.send_claims()
    second = office.submission(encounter).control_number
    rest = a_payment(second, paid=2000, adjustments=(("OA", "23", 13000),), status="2", payer_claim_number="S1")
    office.deliver_835(an_835(rest, trace="EFT2"))
    office.go_on(encounter)
    assert of(database) == {
        "clean claims": (1, 1),
        "first-pass resolution": (1, 1),
        "initial denials": (0, 1),
        "touchless": (1, 1),
    }
    with database.reading() as session:
        untouched = figures.untouched(session, {"EXT1001"})
        nothing_else = figures.untouched(session, {"OTHER"})
        left, late = figures.tasks_left(session, now=office.now)
    assert ((untouched.count, untouched.of), nothing_else.percent) == ((1, 1), None)
    assert (left.of, late.of) == (0, 0)


def test_open_and_late_tasks_are_counted(database: Database) -> None:
    office = Office(database)
    office.take_in(an_837p(a_claim(member_id="")))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.let_pass(days=2)
    with database.reading() as session:
        left, late = figures.tasks_left(session, now=office.now)
    assert ((left.count, left.of), (late.count, late.of)) == ((1, 1), (1, 1))
