"""How long charges take, counted from the visits: entered and sent by the practice's calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime

from activities import moving_in
from billing.charge_lag import Lag
from database.charge_lag import ChargeLag, charge_lag
from database.tables import Encounter
from tests.builders import DOCTOR_NPI, a_claim, a_line, an_837p
from tests.office import Office
from tests.old_system import files_of, old_office

BOTH_DATABASES = True


def measured(office: Office, since: date = date(2026, 10, 1), until: date = date(2026, 10, 31)) -> ChargeLag:
    with office.database.reading() as session:
        return charge_lag(session, practice_id=office.practice_id, since=since, until=until)


def test_from_service_to_entry_and_to_the_first_claim(office: Office) -> None:
    """Entered at nine in the evening in Ohio, which is the next day in UTC, and sent two days later."""
    office.now = datetime(2026, 10, 24, 1, 0, tzinfo=UTC)
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    assert measured(office).rows[0].unsent == 1
    office.let_pass(days=2)
    office.send_claims()
    office.take_in(an_837p(a_claim(a_line(service_date=date(2026, 9, 30)), control_number="BEFORE"), number=2))
    everybody, doctor = measured(office).rows
    assert (everybody.provider, doctor.provider) == ("all", "SMITH, ANN (1999999976)")
    assert (doctor.to_entry, doctor.to_claim, doctor.unsent) == (Lag(1, 3, 3), Lag(1, 5, 5), 0)


def test_who_bills_stands_for_who_is_not_named_and_voided_visits_count_for_nothing(office: Office) -> None:
    office.take_in(an_837p(a_claim(providers=())))
    [encounter] = office.encounter_ids()
    assert [one.provider for one in measured(office).rows] == ["all", "EXAMPLE CLINIC (1999999984)"]
    with office.database.writing() as session:
        row = session.get_one(Encounter, encounter)
        row.is_void = True
        session.add(row)
    assert measured(office).rows == []


def test_one_npi_is_one_provider_under_the_newest_name(office: Office) -> None:
    doctor = a_claim().provider("82")
    assert doctor is not None
    married = replace(doctor, name=replace(doctor.name, last="JONES"))
    later = a_claim(a_line(service_date=date(2026, 10, 21)), control_number="LATER", providers=(married,))
    office.take_in(an_837p(a_claim(), later))
    assert [one.provider for one in measured(office).rows] == ["all", f"JONES, ANN ({DOCTOR_NPI})"]
    assert measured(office).rows[1].to_entry.visits == 2


def test_visits_that_moved_here_are_left_out_and_counted(office: Office) -> None:
    told = old_office(8)
    report = moving_in.move_in(
        office.database,
        files_of(told),
        practice_id=office.practice_id,
        partner_id=office.partner_id,
        at=office.now,
        by="operator",
    )
    assert report.faults == []
    office.take_in(an_837p(a_claim()))
    found = measured(office, since=date(2025, 10, 31))
    assert (found.rows[0].to_entry.visits, found.moved) == (1, len(told.visits))
    assert measured(office, since=date(2020, 1, 1), until=date(2020, 1, 2)).moved == 0
