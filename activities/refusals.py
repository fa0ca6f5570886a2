"""What every staff command may need: a typed refusal, corrections of the claim, a day to come."""

from datetime import date, datetime

from activities.desk import Desk
from activities.messages import Answer
from activities.seen import BEFORE_SUBMISSION
from activities.submission_desk import move_to_payer
from billing.charges import repriced
from billing.claim import Claim
from billing.corrections import CorrectionsInvalid, apply_corrections, parse_corrections
from billing.days import noon_of
from database import office

Values = dict[str, str]
"""A filled-in form: field name to what was typed"""


class Refused(Exception):
    """A command that may not be carried out; becomes a typed answer."""

    def __init__(self, code: str, message: str, faults: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.answer = Answer(done=False, code=code, message=message, faults=faults)


def correct(desk: Desk, text: str) -> None:
    """Put what was typed as `field = value` lines on the claim. Raises Refused with every fault at once."""
    claim = corrected(desk, text)
    if text.strip() and claim == desk.claim:
        fault = "the claim says so already: nothing would change, and the payer would be sent the same again"
        raise Refused("invalid", "please correct the form", (("corrections", fault),))
    desk.keep(claim)
    move_to_payer(desk)


def corrected(desk: Desk, text: str) -> Claim:
    """The claim with what was typed as `field = value` lines. Raises Refused with every fault at once."""
    try:
        claim = apply_corrections(desk.claim, parse_corrections(text))
    except CorrectionsInvalid as invalid:
        raise Refused(
            "invalid",
            "some corrections cannot be applied",
            tuple(("corrections", f"{path}: {fault}") for path, fault in invalid.faults.items()),
        ) from invalid
    return priced_anew(desk, claim)


def priced_anew(desk: Desk, claim: Claim) -> Claim:
    """Another service has another price: of the charge master, where the one before was. A claim that is out already
    keeps a charge for which the master has no other."""
    lines = (*desk.claim.lines, *claim.lines)
    master = office.charge_master(
        desk.session, practice_id=desk.encounter.practice_id, procedures=[line.procedure for line in lines]
    )
    priced = repriced(desk.claim, claim, master)
    if desk.stage not in BEFORE_SUBMISSION and any(not line.charge_cents for line in priced.lines):
        return claim
    return priced


def day_to_come(desk: Desk, text: str) -> datetime:
    """Noon of the day that was typed as YYYY-MM-DD. Raises Refused for a day that has passed."""
    day = noon_of(date.fromisoformat(text), desk.policies.zone)
    if day <= desk.at:
        raise Refused("invalid", "choose a day to come", (("follow_up", "choose a day to come"),))
    return day
