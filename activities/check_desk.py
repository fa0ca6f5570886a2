"""What the claim edits would say of a claim with corrections in it that nobody has sent yet. Stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from activities.desk import Desk
from activities.known_facts import situation_of
from activities.refusals import priced_anew
from billing.charges import price_claim
from billing.claim import Claim
from billing.coding import located_faults, located_form_faults
from billing.corrections import apply_what_reads
from billing.edits.registry import Finding, Severity
from billing.scrubbing import EDITS, completed, mended, scrub
from database import office, practice_edits

UNREADABLE = ""
"""In the place of an edit's id: what was typed does not read"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, errors first."""

    findings: tuple[Finding, ...]
    edits: int
    """How many ran; none looks at a visit that no payer is billed for"""
    asked: tuple[str, ...]
    """The editions of rules that were asked"""

    @property
    def errors(self) -> int:
        return sum(one.severity == Severity.ERROR for one in self.findings)


def check(desk: Desk, corrections: Mapping[str, str], unread: Mapping[str, str]) -> Checked:
    """Run every edit over the claim as it would be, priced and mended as the office does before it scrubs.

    A correction that does not read is a finding of its own, beside those that are `unread` already, and the edits go
    on without it.
    """
    claim, wrong = apply_what_reads(desk.claim, corrections)
    told = [Finding(UNREADABLE, Severity.ERROR, path, message) for path, message in (wrong | dict(unread)).items()]
    desk.suppose(_priced(desk, priced_anew(desk, claim)))
    if desk.encounter.is_self_pay:
        faults = [*located_form_faults(desk.claim), *located_faults(desk.claim, desk.code_tables)]
        told += [Finding(UNREADABLE, Severity.ERROR, path, message) for path, message in faults]
        return Checked(tuple(told), 0, ())
    situation = situation_of(desk)
    claim, _ = mended(completed(desk.claim, situation.known), situation)
    own = practice_edits.in_use(desk.session, practice_id=desk.encounter.practice_id)
    overridden = set(desk.encounter.edits_overridden.split(","))
    found = [_let_be(one) if one.edit in overridden else one for one in scrub(claim, situation, own)]
    ordered = sorted([*told, *found], key=lambda one: one.severity != Severity.ERROR)
    return Checked(tuple(ordered), len(EDITS) + len(own), situation.known.asked)


def _priced(desk: Desk, claim: Claim) -> Claim:
    master = office.charge_master(
        desk.session,
        practice_id=desk.encounter.practice_id,
        procedures=[line.procedure for line in claim.lines],
    )
    return price_claim(claim, master)


def _let_be(one: Finding) -> Finding:
    """What a supervisor overrode holds the claim no more."""
    return replace(one, severity=Severity.WARNING, message=f"{one.message} (overridden by a supervisor)")
