"""Parting on the desk: a visit whose lines do not fit one claim becomes several encounters, before it is sent or after.

Lines are moved, never copied: what the visit's first claim has no more is charged on the part that took it, once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from activities.desk import Desk
from activities.refusals import Refused
from activities.submission_desk import post_charges, withdraw
from billing import parting
from billing.claim import Claim
from billing.coding_rules import CONTRACTOR_DEFINED, RuleKind, edition_for
from billing.coordination import PRIMARY
from billing.ledger import Account
from billing.parting import Places, Rules
from billing.stages import Stage
from billing.submission import SubmissionState
from database import encounters, rules, submissions, tasks, visit_groups
from database.tables import Encounter

PARTABLE = (Stage.CHARGE_REVIEW, Stage.SCRUBBING, Stage.SUBMISSION)
"""Stages in which a person may part a visit: it is coded, and not sent"""
SETTLED_BY_A_PAYER = (Account.CASH_UNAPPLIED, Account.AR_PATIENT)
"""Accounts that name a line once its payer has paid it, or counted it towards what the patient pays"""


def part_where_needed(desk: Desk) -> None:
    """Before its first claim is priced: a visit that one claim cannot hold is parted by itself."""
    encounter = desk.encounter
    is_whole = encounter.is_self_pay or encounter.is_void or not desk.claim.is_original
    if is_whole or desk.latest is not None or visit_groups.bills_others(desk.session, encounter):
        return
    wanted = Rules.of(desk.policies, as_of=desk.today)
    because = parting.why(desk.claim, wanted)
    if because:
        found = parting.parts(desk.claim, wanted, primaries_of(desk))
        part(desk, found[1:], because=because, stage=Stage.CHARGE_REVIEW)


def primaries_of(desk: Desk) -> Mapping[str, frozenset[str]]:
    """The add-on codes of the claim, with what they are added to by the rules in force; empty: by whatever."""
    loaded = [one.edition for one in rules.editions(desk.session)]
    edition = edition_for(loaded, RuleKind.ADD_ONS, desk.claim.service_from)
    if edition is None:
        return {}
    found = rules.add_ons_among(desk.session, edition.name, [line.procedure for line in desk.claim.lines])
    return {
        code: frozenset()
        if any(one.primary_code == CONTRACTOR_DEFINED or one.kind != "1" for one in those)
        else frozenset(one.primary_code for one in those)
        for code, those in found.items()
    }


def part(desk: Desk, found: Sequence[Places], *, because: str, stage: Stage) -> list[Encounter]:
    """Move each part's lines to an encounter of its own that begins at `stage`; what is left stays here."""
    claim = desk.claim
    gone = sorted(place for places in found for place in places)
    kept = [place for place in range(len(claim.lines)) if place not in set(gone)]
    whole = [parting.with_lines(claim, places) for places in (kept, *found)]
    paid = parting.shared_out(claim.patient_paid_cents, [one.charge_cents for one in whole])
    first, *others = [replace(one, patient_paid_cents=cents) for one, cents in zip(whole, paid, strict=True)]
    was_charged = any(desk.balances.charged(line_id) for line_id in desk.line_ids)
    rows = [_part_off(desk, one, because=because, stage=stage) for one in others]
    visit_groups.drop_lines(desk.session, desk.encounter, gone)
    desk.keep(first)
    if was_charged:
        post_charges(desk)
    numbers = ", ".join(one.external_id for one in rows)
    desk.say(f"Parted into {len(rows) + 1} claims because {because}; the other lines are on {numbers}")
    return rows


def _part_off(desk: Desk, claim: Claim, *, because: str, stage: Stage) -> Encounter:
    new = replace(claim, frequency=claim.first_frequency, original_reference=None)
    row = visit_groups.part_off(desk.session, desk.encounter, new, stage=stage, because=because, at=desk.at)
    words = f"Parted from visit {desk.encounter.external_id} because {because}"
    encounters.tell(desk.session, row, words, at=desk.at)
    return row


def chosen_lines(desk: Desk, text: str) -> Places:
    """Lines by their numbers, `3, 5-7`, as places from 0. Raises Refused with the field `lines`."""
    found: set[int] = set()
    for piece in filter(None, (one.strip() for one in text.replace(";", ",").split(","))):
        first, dash, last = piece.partition("-")
        if not (first.strip().isdecimal() and (last.strip().isdecimal() or not dash)) or len(piece) > len("999 - 999"):
            raise _no_lines(f"{piece[:20]} is no line: write numbers by commas, such as 3, 5-7")
        found |= set(range(int(first), int(last or first) + 1))
    count = len(desk.claim.lines)
    if not found:
        raise _no_lines("choose the lines that go on a claim of their own, such as 3, 5-7")
    if wrong := sorted(one for one in found if not 1 <= one <= count):
        raise _no_lines(f"the claim has lines 1 to {count}, and no line {wrong[0]}")
    if len(found) == count:
        raise _no_lines("one line at least stays on the claim")
    return tuple(sorted(one - 1 for one in found))


def _no_lines(words: str) -> Refused:
    return Refused("invalid", "please choose the lines", (("lines", words),))


def part_by_hand(desk: Desk, lines: str, reason: str) -> list[Encounter]:
    """A person parts a visit that is coded and not sent. Raises Refused with what stands in the way."""
    refuse_what_is_on_its_way(desk)
    if desk.stage not in PARTABLE:
        words = "its codes are still looked at: part it once it is coded" if not desk.submissions else _sent_already()
        raise Refused("not_possible", words)
    if visit_groups.bills_others(desk.session, desk.encounter):
        raise Refused("not_possible", "this claim bills other visits too: take a visit out again instead")
    if desk.claim.hospital is not None:
        raise Refused("not_possible", "an institutional claim is not parted: its statement covers the whole stay")
    if desk.encounter.is_self_pay:
        raise Refused("not_possible", "nobody but the patient is billed: there is no claim to part")
    places = chosen_lines(desk, lines)
    start_anew(desk, resolution="parted", stage=Stage.CHARGE_REVIEW)
    return part(desk, [places], because=f"a person wanted it: {reason}", stage=Stage.CHARGE_REVIEW)


def refuse_what_is_on_its_way(desk: Desk, *, is_look: bool = False) -> None:
    """Raises Refused for a visit with a claim that left, or may leave at this moment; one that is merely ready is held
    until the transaction ends, unless this only looks."""
    if desk.encounter.is_void:
        raise Refused("not_possible", "the visit is void: nobody is billed for it")
    if desk.encounter.billed_with_id is not None:
        raise Refused("not_possible", "the visit is billed with another one: take it out there first")
    if not is_look:
        submissions.hold(desk.session, desk.encounter.id)
    for one in desk.submissions:
        state = encounters.progress(one).state
        is_free = state == SubmissionState.READY and one.batch_id is None
        if one.withdrawn_at is None and not is_free:
            raise Refused("not_possible", _sent_already())


def _sent_already() -> str:
    return "its claim has been sent: part it from the task of a denial or a rejection, or correct it"


def start_anew(desk: Desk, *, resolution: str, stage: Stage) -> None:
    """What was ready is let go, what was asked about the claim as it was is settled, and it is looked at again."""
    for one in desk.submissions:
        if one.withdrawn_at is None:
            withdraw(desk, one)
    for task in desk.open_tasks():
        tasks.close_task(desk.session, task, resolution=resolution, at=desk.at, actor_id=None)
    desk.session.flush()
    desk.move_to(stage)


def split_off(desk: Desk, lines: str, reason: str) -> str:
    """Lines of a claim that was answered or refused go on a claim of their own: a new original. What becomes of the
    claim that they leave is the caller's. Raises Refused."""
    if desk.responsibility != PRIMARY:
        words = "an earlier payer has answered the claim as it is: only the first payer's claim can be split"
        raise Refused("not_possible", words)
    if visit_groups.bills_others(desk.session, desk.encounter):
        raise Refused("not_possible", "this claim bills other visits too, and cannot be split: correct or appeal it")
    if desk.claim.hospital is not None:
        raise Refused("not_possible", "an institutional claim is not split: its statement covers the whole stay")
    places = chosen_lines(desk, lines)
    paid = [desk.line_ids[place] for place in places]
    if any(desk.balances.line(account, one) for one in paid for account in SETTLED_BY_A_PAYER):
        words = (
            "the payer has paid one of these lines, or charged it to the patient: choose lines that it refused whole"
        )
        raise Refused("invalid", "please choose the lines", (("lines", words),))
    [row] = part(desk, [places], because=f"a person split it: {reason}", stage=Stage.CODING)
    return f"Lines {lines} go on a claim of their own, {row.external_id}"
