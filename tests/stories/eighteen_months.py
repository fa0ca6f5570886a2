"""One visit that takes eighteen months: denied, replaced, paid, a second payer, an agency, a reversal after its end.

Lived on the real engine by the story's test, and once by whoever records the golden histories.
"""

from datetime import timedelta

from activities.ids import account_workflow
from billing.remittance import ClaimPayment
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_claim, a_line, a_payment, a_reversal, a_second_policy, an_835, an_837p
from tests.stories.running import Running

MONTH = timedelta(days=30)


async def lived(live: Running) -> str:
    """The encounter's id, once it has come to zero for good."""
    office = live.office
    day = office.today - timedelta(days=2)
    office.take_in(an_837p(with_other_payers(a_claim(a_line(service_date=day)), [a_second_policy()])))
    [encounter] = office.encounter_ids()
    await live.settle(encounter)

    await live.advance(encounter, timedelta(days=14))
    await answered(live, encounter, paid=0, status="4", adjustments=(("CO", "16", 15000),), remarks=("N290",))
    await live.complete(encounter, resolution="replace", values={"corrections": "provider.82.npi = 1999999976"})

    await live.advance(encounter, timedelta(days=21))
    adjustments = (("CO", "45", 5000), ("PR", "2", 2000))
    primary = await answered(live, encounter, paid=8000, adjustments=adjustments, payer_claim_number="P2")
    primary_number = primary.control_number

    await live.advance(encounter, timedelta(days=21))
    adjustments = (("OA", "23", 13000), ("PR", "2", 500))
    second = await answered(live, encounter, paid=1500, status="2", adjustments=adjustments, payer_claim_number="S1")
    await unpaid_and_placed(live, encounter)
    assert office.stage(encounter) == "closed"

    office.now += 6 * MONTH
    corrected = a_payment(
        primary_number, paid=7000, adjustments=(("CO", "45", 5000), ("PR", "2", 3000)), payer_claim_number="P3"
    )
    await remitted(live, encounter, a_reversal(primary), corrected)
    assert office.stage(encounter) == "posting"
    await live.complete(encounter, resolution="replace", values={"corrections": ""})
    number = office.submission(encounter).control_number
    anew = a_payment(
        number, paid=2500, status="2", adjustments=(("OA", "23", 12000), ("PR", "2", 500)), payer_claim_number="S2"
    )
    await live.advance(encounter, timedelta(days=21))
    await remitted(live, encounter, a_reversal(second), anew)
    assert office.stage(encounter) == "closed", "the share is what it was, and with the agency"

    office.now += 5 * MONTH
    office.pay(encounter, 500)
    await live.settle(encounter)
    return encounter


async def answered(live: Running, encounter: str, **changes: object) -> ClaimPayment:
    """The payer that has the newest claim answers it."""
    payment = a_payment(live.office.submission(encounter).control_number, **changes)  # type: ignore[arg-type]
    await remitted(live, encounter, payment)
    return payment


async def remitted(live: Running, encounter: str, *payments: ClaimPayment) -> None:
    """One remittance comes, and the encounter is told."""
    trace = f"EFT{live.office.now:%Y%m%d}{payments[-1].payer_claim_number}"
    live.office.deliver_835(an_835(*payments, trace=trace))
    await live.tell(encounter)


async def unpaid_and_placed(live: Running, encounter: str) -> None:
    """Statements and a final notice bring nothing; a supervisor places the share with an agency."""
    account = live.client.get_workflow_handle(
        account_workflow(live.office.practice_id, live.office.patient_of(encounter))
    )
    for _ in range(25):
        if live.office.asked_about_account(encounter):
            break
        await live.advance_workflow(account, timedelta(days=10))
    live.office.decide_account(encounter, "place", agency="Example Recovery")
    await live.settle(encounter)
    await account.result()
