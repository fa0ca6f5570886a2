"""One day of a clinic with two physicians, from the first patient at the desk to the slip for the bank.

Lived through the API and through a browser. At its end every visit is at zero, the till agrees with the ledger, and
every proof of the books holds.
"""

from datetime import timedelta

from billing.ledger import Account
from billing.remittance import LinePayment
from billing.roles import Role
from database import ledger, proof
from tests.builders import a_payment
from tests.stories.clinic import Clinic, Visit, a_visit, answered, seen

JONES = {"npi": "1999999968", "last_name": "Jones", "first_name": "Bob"}


def of_dr_jones(house: Clinic, number: int) -> Visit:
    visit = a_visit(house, external_id=f"J{number}{house.office.practice_id[:8]}")
    visit["patient"] = visit["patient"] | {"last_name": f"Roe{number}"}
    visit["providers"] = visit["providers"] | {"rendering": JONES}
    return visit


def two_lines(number: str) -> tuple[LinePayment, ...]:
    """The visit and the ECG, as the payer pays them."""
    visit = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),)).lines[0]
    ecg = a_payment(number, charge=6000, paid=6000, adjustments=(), procedure="93000").lines[0]
    return visit, ecg


async def test_a_day_of_two_physicians(house: Clinic) -> None:
    office, hands = house.office, house.hands

    # Yesterday's visit of Dr. Jones was denied as never processed; this morning the answer lies in the mailbox.
    ecg = await house.visits(of_dr_jones(house, 1))
    await answered(house, ecg, paid=0, status="4", adjustments=(("CO", "16", 15000),), remarks=("MA130",))
    assert await house.sees(ecg) == seen("posting", "$150.00", "Work the denial")

    # Eight o'clock. A patient of Dr. Smith pays her copayment in cash before she is seen.
    copay = await house.visits(a_visit(house))
    await hands.take_payment(Role.FRONT_DESK, copay, "20.00", "cash")
    await house.settled(copay)

    # Nine o'clock. A patient of Dr. Jones whose plan has ended; the supervisor makes it self-pay, the patient pays.
    alone = await house.visits(of_dr_jones(house, 2))
    await answered(house, alone, paid=0, status="4", adjustments=(("PR", "27", 15000),), payer_claim_number="ICN2")
    await hands.amend(Role.SUPERVISOR, alone, "self_pay", reason="the plan ended last year")
    await house.settled(alone)
    assert await house.sees(alone) == seen("patient balance", "$150.00")
    await hands.take_payment(Role.FRONT_DESK, alone, "150.00", "cheque")
    await house.settled(alone)
    assert await house.sees(alone) == seen("closed", "$0.00")

    # Noon. Dr. Jones remembers an ECG; the biller adds it, and the denied claim goes out anew with both.
    late_charge = "line.2.procedure = 93000\nline.2.charge = 60.00"
    await hands.amend(Role.BILLER, ecg, "correct", corrections=late_charge, reason="the ECG was forgotten")
    await house.settled(ecg)
    assert await house.sees(ecg) == seen("acknowledgment", "$210.00")

    # Evening. The front desk counts its till, and the poster carries it to the bank.
    await hands.close_till(Role.FRONT_DESK, "20.00", "150.00")
    await hands.deposit(Role.POSTER, "SLIP 1", "0.00")

    # Two weeks later the payer has answered both claims.
    await house.live.advance(copay, timedelta(days=14))
    await answered(house, copay, payer_claim_number="ICN3")
    number = office.submission(ecg).control_number
    lines = two_lines(number)
    await answered(house, ecg, charge=21000, paid=16000, adjustments=(), lines=lines, payer_claim_number="ICN4")
    for visit in (ecg, copay, alone):
        assert await house.sees(visit) == seen("closed", "$0.00")
    with office.database.reading() as session:
        assert [one.name for one in proof.prove_rows(session) if not one.holds] == []
        totals = ledger.account_totals(session, practice_id=office.practice_id)
    assert (totals[Account.CASH_BANK], totals[Account.EFT_CLEARING]) == (17000, 24000)
    assert totals.get(Account.UNDEPOSITED, 0) == 0
