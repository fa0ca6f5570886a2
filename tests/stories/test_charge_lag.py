"""How long charges take, counted from the visits: entered and sent by the practice's calendar."""

from datetime import UTC, date, datetime

from billing.charge_lag import Lag
from database.charge_lag import ChargeLag, charge_lag
from database.tables import Encounter
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office

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
