"""What stories of amendments and of several payers do again and again, on the books of `tests.office`."""

from sqlmodel import select

from billing.amendments import Change
from billing.claim import Claim
from billing.remittance import ClaimPayment
from database import amendments
from database.columns import new_id
from database.tables import Submission
from interchange.x12 import claims_837p
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_277ca, a_claim, a_payment, a_second_policy, an_835, an_837p
from tests.office import Office

LATE_CHARGE = {"corrections": "line.2.procedure = 93000\nline.2.charge = 60.00", "reason": "the ECG was forgotten"}
BECAUSE = {"reason": "asked for by the front desk"}
OTHER_PAYER = {"payer_id": "77777", "payer_name": "RIGHT PAYER", "member_id": "R 1", "reason": "the card was old"}
FIRST = (("CO", "45", 5000), ("PR", "2", 2000))


def amend(office: Office, encounter: str, change: Change, values: dict[str, str]) -> None:
    """A supervisor's change, taken up at once."""
    office.amend(encounter, change, values)
    office.go_on(encounter)


def states(office: Office, encounter_id: str) -> list[str]:
    """What became of the encounter's amendments, oldest first."""
    with office.database.reading() as session:
        return [one.state for one in amendments.of_encounter(session, encounter_id)]


def went_out(office: Office) -> Claim:
    """The newest claim as its payer reads it, after a batch of all that is ready."""
    office.send_claims()
    last = list(office.wire.claims.values())[-1]
    [claim] = [one.claim for one in claims_837p.read(last) if isinstance(one, claims_837p.ReadClaim)]
    assert claim is not None
    return claim


def nothing_leaves(office: Office) -> bool:
    """Whether no claim waits for a batch."""
    with office.database.reading() as session:
        return not session.exec(select(Submission).where(Submission.state == "ready")).all()


def accepted(office: Office, encounter: str, number: str = "ICN001") -> None:
    """The payer's 277CA for the newest submission, with its claim number."""
    body = a_277ca(office.submission(encounter).control_number)
    office.deliver(body.replace(b"~DTP*472", f"~REF*1K*{number}~DTP*472".encode()) if b"REF*1K" not in body else body)
    office.go_on(encounter)


def remitted(office: Office, encounter: str, *payments: ClaimPayment) -> None:
    """A remittance with these claim payments, posted."""
    office.deliver_835(an_835(*payments, trace=f"EFT{new_id()}"))
    office.go_on(encounter)


def billed_once(office: Office) -> tuple[str, ClaimPayment]:
    """The first payer has paid, and the claim is ready for the second."""
    office.take_in(an_837p(with_other_payers(a_claim(), (a_second_policy(),))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    first = a_payment(office.submission(encounter).control_number, adjustments=FIRST)
    remitted(office, encounter, first)
    return encounter, first


def billed_twice(office: Office) -> tuple[str, ClaimPayment]:
    """The first payer has paid, the second has the claim and is silent."""
    encounter, first = billed_once(office)
    assert went_out(office).coverage.responsibility == "S"
    return encounter, first


def voids_go_out(office: Office, encounter: str) -> None:
    """The second payer takes its void, and the first payer's follows."""
    office.send_claims()
    accepted(office, encounter, "SEC1V")
    office.send_claims()


def told(claim: Claim) -> tuple[str, str, str | None]:
    """To which payer, as what, and about which claim of its own."""
    return claim.coverage.responsibility, claim.frequency, claim.original_reference


def both_lines(number: str, *, ecg: tuple[tuple[str, str, int], ...], ecg_paid: int, **changes: object) -> ClaimPayment:
    """The first payer's answer to the claim with the late charge."""
    visit = a_payment(number, adjustments=FIRST).lines[0]
    late = a_payment(number, charge=6000, paid=ecg_paid, adjustments=ecg, procedure="93000").lines[0]
    return a_payment(
        number,
        charge=21000,
        paid=8000 + ecg_paid,
        adjustments=(),
        lines=(visit, late),
        payer_claim_number="ICN002",
        **changes,
    )
