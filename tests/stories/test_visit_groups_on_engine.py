"""Parted and joined visits on the real engine: each encounter's workflow runs as ever, and a joined one ends last."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from billing.days import USUAL_ZONE, start_of, zone_named
from tests.builders import an_835
from tests.office import Office
from tests.stories.grouping import a_long_claim, a_therapy_visit, answer, books_hold, claim_of, opened, parts_of
from tests.stories.running import Running, running


def of_today(office: Office, procedure: str) -> Any:
    """A visit of today, so that its month is not over."""
    claim = a_therapy_visit(1)
    line = replace(claim.lines[0], procedure=procedure, service_date=office.today)
    return replace(claim, control_number=f"PT{procedure}", lines=(line,))


async def is_paid(live: Running, visit: str) -> None:
    """The payer pays the visit's claim, and its workflow hears of it."""
    live.office.deliver_835(an_835(answer(live.office, visit), trace=f"EFT{visit[:8]}"))
    await live.tell(visit)


async def test_both_claims_of_a_parted_visit_run_to_their_end(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        claim = a_long_claim(63)
        lines = tuple(replace(one, service_date=office.today) for one in claim.lines)
        visit = opened(office, replace(claim, lines=lines))
        await live.settle(visit)
        found = parts_of(office, visit)
        assert [len(claim_of(office, one).lines) for one in found] == [50, 13]
        for one in found:
            await live.settle(one)
            await is_paid(live, one)
            assert (await live.handle(one).result())["encounter_id"] == one
        books_hold(office)


async def test_a_joined_visit_ends_with_its_owner(office: Office, engine: Any) -> None:
    office.policy("join_visits_of_a_month", 1)
    async with running(office, engine) as live:
        visits = [opened(office, of_today(office, code)) for code in ("97110", "97140")]
        for one in visits:
            await live.settle(one)
        assert [office.stage(one) for one in visits] == ["scrubbing"] * 2
        today = office.today
        ends = start_of(date(today.year + today.month // 12, today.month % 12 + 1, 1), zone_named(USUAL_ZONE))
        owner, member = sorted(visits)  # opened at the same instant
        await live.advance(owner, ends - office.now + timedelta(hours=2))
        await live.settle(member)
        assert [office.stage(one) for one in (owner, member)] == ["acknowledgment", "billed_with"]
        await is_paid(live, owner)
        assert (await live.handle(owner).result())["encounter_id"] == owner
        await live.settle(member)
        assert (await live.handle(member).result())["encounter_id"] == member
        assert office.stage(member) == "closed"
        books_hold(office)
