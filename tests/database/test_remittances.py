"""What is still open of a remittance."""

from sqlmodel import select

from database import remittances
from database.columns import new_id
from database.tables import RemittanceFile
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office


def test_a_look_at_some_encounters_of_a_file_tells_of_no_other(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter_id] = office.encounter_ids()
    office.go_on(encounter_id)
    office.send_claims()
    office.deliver_835(an_835(a_payment(office.submission(encounter_id).control_number)))

    with office.database.reading() as session:
        remittance_id = session.exec(select(RemittanceFile.id)).one()
        whole = remittances.encounters_open(session, remittance_id)
        its_own = remittances.encounters_open(session, remittance_id, among=[encounter_id, new_id()])
        others = remittances.encounters_open(session, remittance_id, among=[new_id()])
    assert (whole, its_own, others) == ([encounter_id], [encounter_id], [])
