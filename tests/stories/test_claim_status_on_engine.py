"""The status inquiry as a process on the real engine, while time is skipped: each branch of the workflow once."""

from datetime import timedelta
from typing import Any

from database import status_inquiries
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_status, an_835, an_837p
from tests.office import Office
from tests.stories.running import Running, running
from tests.stories.test_on_the_engine import no_history_differs


async def sent(live: Running) -> tuple[str, str]:
    """A claim that both accepted: (encounter, control number)."""
    day = live.office.today - timedelta(days=2)
    live.office.take_in(an_837p(a_claim(a_line(service_date=day))))
    [encounter] = live.office.encounter_ids()
    await live.settle(encounter)
    number = live.office.submission(encounter).control_number
    for who, place in (("AY", 1), ("PR", 2)):
        live.office.deliver(a_277ca(number, sender=who, number=place))
        await live.settle(encounter)
    return encounter, number


def states(office: Office, number: str) -> list[tuple[str, str | None]]:
    with office.database.reading() as session:
        return [(one.state, one.meaning) for one in status_inquiries.of_claim(session, number)]


async def test_pending_twice_brings_a_person_and_the_remittance_ends_it(office: Office, engine: Any) -> None:
    office.wire.status = lambda inquiry: a_status(inquiry, "P1")
    async with running(office, engine) as live:
        encounter, number = await sent(live)
        await live.advance(encounter, timedelta(days=22))
        assert (await live.standing(encounter)).open_tasks == ()
        await live.advance(encounter, timedelta(days=15))
        assert [one.type for one in (await live.standing(encounter)).open_tasks] == ["no_response"]
        assert states(office, number) == [("answered", "pending")] * 2
        office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
        await live.tell(encounter)
        await live.handle(encounter).result()
        assert await no_history_differs(live, engine, encounter)


async def test_a_silent_partner_is_tried_by_the_ladder(office: Office, engine: Any) -> None:
    office.wire.status = lambda inquiry: a_status(inquiry, "P1")
    async with running(office, engine) as live:
        encounter, number = await sent(live)
        await live.advance(encounter, timedelta(days=20))
        office.wire.failing = 10_000
        await live.advance(encounter, timedelta(days=4))
        assert states(office, number) == [("failed", None)]
        assert [one.type for one in (await live.standing(encounter)).open_tasks] == ["no_response"]
        assert await no_history_differs(live, engine, encounter)


async def test_a_lost_claim_is_sent_again(office: Office, engine: Any) -> None:
    office.wire.status = lambda inquiry: a_status(inquiry, "A4", "35")
    async with running(office, engine) as live:
        day = live.office.today - timedelta(days=2)
        office.take_in(an_837p(a_claim(a_line(service_date=day))))
        [encounter] = office.encounter_ids()
        await live.settle(encounter)
        first = office.submission(encounter).control_number
        office.deliver(a_277ca(first, sender="AY"))
        await live.settle(encounter)
        await live.advance(encounter, timedelta(days=6))
        await live.settle(encounter)
        second = office.submission(encounter)
        assert second.control_number != first
        assert second.transmitted_at is not None
        assert states(office, first) == [("answered", "not_found")]
        assert await no_history_differs(live, engine, encounter)
