"""Three visits wait for an enrolment in a running office; one click lets all three go, by the API and in a browser."""

from billing.roles import Role
from database.tables import Encounter
from tests.builders import CLINIC_NPI
from tests.stories.clinic import Clinic, a_visit, seen

WAITS = seen("scrubbing", "$150.00", "An enrolment is missing")


async def test_one_click_in_the_matrix_sends_every_claim_that_waits(house: Clinic) -> None:
    first = await house.visits(a_visit(house))
    with house.office.database.reading() as session:
        payer = session.get_one(Encounter, first).payer_id
    await house.hands.enrol(Role.SUPERVISOR, payer, CLINIC_NPI, "837", "requested")
    waiting = []
    for number in (1, 2, 3):
        visit = a_visit(house)
        patient = visit["patient"] | {"first_name": f"Jane{number * 'n'}"}
        coverage = visit["coverage"] | {"member_id": f"WAITS{number}"}
        waiting.append(
            await house.visits(visit | {"external_id": f"W{number}", "patient": patient, "coverage": coverage})
        )
    assert [await house.sees(one) for one in waiting] == [WAITS] * 3

    await house.hands.enrol(Role.SUPERVISOR, payer, CLINIC_NPI, "837", "active")
    for encounter in waiting:
        await house.settled(encounter)

    assert [await house.sees(one) for one in waiting] == [seen("acknowledgment", "$150.00")] * 3
