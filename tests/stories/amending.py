"""What stories of amendments and of several payers do again and again, on the books of `tests.office`."""

from sqlmodel import select

from billing.amendments import Change
from billing.claim import Claim
from billing.remittance import ClaimPayment
from database import amendments
from database.columns import new_id
from database.tables import Submission
from interchange.x12 import claims_837p
from tests.builders import a_277ca, an_835
from tests.office import Office


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
