"""The claim as a whole: U and X."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.coordination import PRIMARY, coordination_imbalances
from billing.edits.registry import Bill, Scope, Severity, Situation, edit

MAX_LINES = 50


@edit("X01", fix="Shorten the text.")
def fields_fit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Texts fit their elements (NM103 60, NM104 35, NM109 80, N301 55, REF02 50, SBR03 50)."""
    texts = {
        "group_number": claim.coverage.group_number,
        "authorization": claim.authorization,
        "referral": claim.referral,
    }
    for path, text in texts.items():
        if len(text or "") > 50:
            yield path, f"the {path.replace('_', ' ')} is longer than 50 characters"
    people = (("patient", claim.patient), ("subscriber", claim.subscriber))
    for who, person in people:
        if len(person.name.last) > 60 or len(person.name.first or "") > 35:
            yield f"{who}.last_name", f"the {who}'s name is too long for the claim"
        if person.address is not None and len(person.address.street) > 55:
            yield f"{who}.street", f"the {who}'s street is too long for the claim"
    if len(claim.coverage.member_id or "") > 80:
        yield "member_id", "the member id is too long for the claim"


@edit("X03", fix="Part the visit into two claims.", bill=Bill.PROFESSIONAL)
def lines_counted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A professional claim has one to fifty lines (2400 LX)."""
    if not 1 <= len(claim.lines) <= MAX_LINES:
        yield "lines", f"a professional claim has 1 to {MAX_LINES} lines; this one has {len(claim.lines)}"


@edit("U02", fix="Give the payer's number of the claim that is changed.")
def change_names_its_claim(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A replacement (7) and a void (8) name the payer's claim (2300 REF*F8), where the payer takes them at all."""
    if claim.frequency in {"7", "8"} and not claim.original_reference:
        yield "frequency", "a replacement or a void needs the payer's number of the claim that it changes"
    if claim.frequency == "7" and not situation.allows("takes_replacements"):
        yield "frequency", "the payer takes no replacements; bill a new claim, or ask for a reopening"


REPEATED = frozenset({"59", "76", "77", "91", "XE", "XP", "XS", "XU"})
"""Modifiers that say: done once more, or apart from the other"""


@edit(
    "U01",
    fix="Void one of the two visits, or say by a modifier that it was done again (76, 77, 91, 59).",
    scope=Scope.LINE,
)
def billed_once(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """One service of one day, provider and payer is billed once (frequency 1; payers refuse the second as CARC 18)."""
    if not claim.is_original:
        return
    payer, billing = claim.coverage.payer.id, claim.billing_provider.npi
    before = {
        (one.service_date, one.procedure, tuple(sorted(one.modifiers)), one.rendering_npi)
        for one in situation.known.past
        if one.payer_id == payer and one.billing_npi == billing and not one.is_same_visit
    }
    rendering = claim.provider("82") or claim.billing_provider
    for number, line in enumerate(claim.lines, start=1):
        if not line.procedure:
            continue
        key = (line.service_date, line.procedure, tuple(sorted(line.modifiers)), rendering.npi)
        if key in before and not REPEATED.intersection(line.modifiers):
            yield f"line.{number}.procedure", f"line {number}: another visit of that day has billed it"


@edit(
    "U01B",
    Severity.WARNING,
    fix="Add up the units on one line, or say by a modifier why there are two.",
    scope=Scope.LINE,
)
def lines_differ(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """No two lines of a claim are the same (2400 SV1 or SV2, DTP*472)."""
    seen: set[tuple[object, ...]] = set()
    for number, line in enumerate(claim.lines, start=1):
        day = (line.service_date, line.service_date_to)
        where = (line.place_of_service, line.revenue)
        key = (line.procedure, line.modifiers, day, where, line.providers, line.other_segments)
        if key in seen and not REPEATED.intersection(line.modifiers):
            yield f"line.{number}.procedure", f"line {number} repeats an earlier line"
        seen.add(key)


@edit("U03", fix="Enter the earlier payer's answer again, to the cent.")
def earlier_answers_balance(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """What an earlier payer paid and adjusted is the charge, line by line (837 guides, 2320 and 2430)."""
    if claim.coverage.responsibility == PRIMARY:
        return
    charges = [line.charge_cents for line in claim.lines]
    decisions = [one.decision for one in situation.known.others if one.decision is not None]
    for ordinal, decision in enumerate(decisions, start=1):
        if any(not 1 <= one.line <= len(charges) for one in decision.lines):
            yield "lines", "an earlier payer answered lines that the claim does not have"
            continue
        found = coordination_imbalances(
            decision, charge_cents=claim.charge_cents, line_charges=charges, ordinal=ordinal
        )
        if found:
            yield "charge", f"{found[0].where}: its answer does not add up ({found[0].rule})"
