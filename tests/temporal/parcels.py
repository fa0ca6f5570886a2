"""A tiny workflow with everything that may carry data: input, result, activity, summaries, memo, failure, signal,
query, headers.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from temporal import attributes

MARKER = "Leopoldine"
"""A name that must never be readable in a history."""


class Parcel(BaseModel):
    sender: str
    sent_on: date
    weight: Decimal


@dataclass(frozen=True)
class Stamp:
    text: str


@activity.defn
def weigh(parcel: Parcel) -> Parcel:
    return parcel.model_copy(update={"weight": parcel.weight + Decimal("0.10")})


@activity.defn
def lose(parcel: Parcel) -> None:
    raise ApplicationError(f"lost the parcel of {parcel.sender}", parcel, type="ParcelLost", non_retryable=True)


@workflow.defn
class Delivery:
    def __init__(self) -> None:
        self.stamps: list[Stamp] = []

    @workflow.run
    async def run(self, parcel: Parcel) -> Parcel:
        workflow.upsert_search_attributes([attributes.PRACTICE_ID.value_set("p1"), attributes.ON_HOLD.value_set(False)])
        workflow.set_current_details(f"carrying for {parcel.sender}")
        weighed = await workflow.execute_activity(
            weigh, parcel, start_to_close_timeout=timedelta(seconds=10), summary=f"weigh for {parcel.sender}"
        )
        await workflow.sleep(timedelta(days=30), summary=f"wait for {parcel.sender}")
        await workflow.wait_condition(lambda: bool(self.stamps))
        try:
            await workflow.execute_activity(lose, weighed, start_to_close_timeout=timedelta(seconds=10))
        except Exception as error:
            weighed = weighed.model_copy(update={"sender": f"{weighed.sender}: {type(error).__name__}"})
        return weighed

    @workflow.signal
    def stamped(self, stamp: Stamp) -> None:
        self.stamps.append(stamp)

    @workflow.query
    def stamp_count(self) -> int:
        return len(self.stamps)
