"""Joining on the desk: visits of one patient that are not sent go to their payer as one claim, and out of it again.

The owner, the earliest visit, has the claim, the lines and the money; each other visit waits under `billed_with` until
the owner is at zero. All of it is one transaction over every row that it touches, taken in the order of their ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from activities.desk import Desk
from activities.inquiry_desk import forget_inquiry
from activities.parting_desk import refuse_what_is_on_its_way, start_anew
from activities.patient_money import hand_over
from activities.refusals import Refused
from activities.submission_desk import SUBMISSION_REASONS, post_charges
from billing import joining, parting
from billing.claim import Claim
from billing.deadlines import Reason
from billing.joining import Joined, Visit
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import ZERO, Cents
from billing.parting import Rules
from billing.stages import Stage
from database import encounters, sent, visit_groups

IN_ORDER = (Stage.REGISTRATION, Stage.VERIFICATION, Stage.CODING)
"""Where a claim begins anew: at the earliest of its visits' stages, and at coding at the latest"""


@dataclass(frozen=True, slots=True)
class Group:
    """Visits that are to be billed as one, the owner first."""

    desks: tuple[Desk, ...]
    is_look: bool = False
    """Nothing is locked, and nothing may be changed"""

    @property
    def owner(self) -> Desk:
        return self.desks[0]

    @property
    def members(self) -> tuple[Desk, ...]:
        return self.desks[1:]


def take_group(
    session: Session,
    *,
    practice_id: str,
    encounter_ids: Sequence[str],
    at: datetime,
    actor_id: str,
    is_look: bool = False,
) -> Group:
    """The visits, locked in the order of their ids unless this only looks; the one that bills others already is the
    owner, else the earliest. Raises encounters.EncounterMissing.
    """
    desks = []
    for one in sorted(set(encounter_ids)):
        row = encounters.find if is_look else encounters.lock
        found = row(session, practice_id=practice_id, encounter_id=one)
        if found is None:
            raise encounters.EncounterMissing(f"no encounter {one} in practice {practice_id}")
        desk = Desk(session, found, at)
        desk.actor_id = actor_id
        desks.append(desk)
    owners = {one.encounter.id for one in desks if visit_groups.bills_others(session, one.encounter)}
    desks.sort(
        key=lambda one: (
            one.encounter.id not in owners,
            one.encounter.service_date,
            one.encounter.created_at,
            one.encounter.id,
        )
    )
    return Group(tuple(desks), is_look)


def proposed(group: Group) -> Joined:
    """The claim that would bill them all. Raises Refused with everything that keeps them off one claim."""
    if len(group.desks) < 2:
        raise Refused("not_possible", "choose another visit that is billed with this one")
    for desk in group.desks:
        _refuse_alone(desk, is_look=group.is_look)
    if any(visit_groups.bills_others(one.session, one.encounter) for one in group.members):
        raise Refused("not_possible", "two of the visits bill others already: take those out first")
    if len({one.encounter.patient_id for one in group.desks}) > 1:
        raise Refused("not_possible", "the visits are not of one patient")
    if len({_policies(one) for one in group.desks}) > 1:
        raise Refused("not_possible", "the visits have other policies, or in another order: correct that first")
    visits = [Visit(one.encounter.external_id, one.claim) for one in group.desks]
    owner = group.owner
    faults = joining.why_not(visits, Rules.of(owner.policies, as_of=owner.today))
    if faults:
        raise Refused("not_possible", "; ".join(faults), tuple(("visits", words) for words in faults))
    return joining.joined(visits)


def _refuse_alone(desk: Desk, *, is_look: bool) -> None:
    name = desk.encounter.external_id
    try:
        refuse_what_is_on_its_way(desk, is_look=is_look)
    except Refused as refusal:
        raise Refused("not_possible", f"visit {name}: {refusal.answer.message}") from refusal
    if desk.encounter.is_self_pay:
        raise Refused("not_possible", f"visit {name}: nobody but the patient is billed for it")
    if desk.amendments:
        raise Refused("not_possible", f"visit {name}: a change of it is under way")
    if desk.stage == Stage.CODING and sent.words_of(desk.session, desk.encounter.id):
        raise Refused("not_possible", f"visit {name}: it came in words, and is coded first")


def _policies(desk: Desk) -> tuple[tuple[str, str], ...]:
    return tuple((one.responsibility, one.payer_id) for one in desk.other_policies)


@dataclass(frozen=True, slots=True)
class JoinedLine:
    """A line as it would stand on the claim."""

    number: int
    visit: str
    """The sender's number of the visit whose service it is"""
    service_date: date
    procedure: str
    units: Decimal
    place_of_service: str
    rendering: str
    """NPI"""
    diagnoses: tuple[str, ...]
    charge_cents: int


@dataclass(frozen=True, slots=True)
class JoinedClaim:
    """The claim before it is made."""

    owner_id: str
    owner: str
    """The visit that will have the claim and the balance"""
    diagnoses: tuple[str, ...]
    charge_cents: int
    lines: tuple[JoinedLine, ...]


def preview(group: Group) -> JoinedClaim:
    """What would be billed. Raises Refused."""
    found = proposed(group)
    claim = found.claim
    lines = [
        JoinedLine(
            number,
            group.desks[visit].encounter.external_id,
            line.service_date,
            "-".join((line.called, *line.modifiers)),
            line.units,
            line.place_of_service or claim.place_of_service,
            parting.rendering_of(claim, line) or "",
            tuple(claim.diagnoses[one - 1].code for one in line.diagnosis_pointers if one <= len(claim.diagnoses)),
            line.charge_cents,
        )
        for number, (line, visit) in enumerate(zip(claim.lines, found.visit_of, strict=True), start=1)
    ]
    owner = group.owner.encounter
    codes = tuple(one.code for one in claim.diagnoses)
    return JoinedClaim(owner.id, owner.external_id, codes, claim.charge_cents, tuple(lines))


def join(group: Group, *, reason: str) -> Joined:
    """Bill them as one claim; the caller puts them back. Raises Refused."""
    found = proposed(group)
    owner = group.owner
    stage = min((*(one.stage for one in group.desks), Stage.CODING), key=_how_far)
    was = [row.visit_id for row in encounters.lines(owner.session, owner.encounter)[: len(owner.claim.lines)]]
    start_anew(owner, resolution="joined", stage=stage)
    names = ", ".join(one.encounter.external_id for one in group.members)
    visit_ids = [
        was[place] if not ordinal else group.desks[ordinal].encounter.id for place, ordinal in enumerate(found.visit_of)
    ]
    visit_groups.add_lines(owner.session, owner.encounter, visit_ids)
    owner.keep(found.claim)
    owner.say(f"Bills visit {names} too: {reason}", actor=_who(owner))
    _begin(owner, stage)
    for desk in group.members:
        _hand_to(desk, owner, reason)
    return found


def _how_far(stage: Stage) -> int:
    return IN_ORDER.index(stage) if stage in IN_ORDER else len(IN_ORDER)


def _who(desk: Desk) -> str:
    return "office" if desk.actor_id == "office" else "staff"


def _begin(desk: Desk, stage: Stage) -> None:
    desk.unschedule(*SUBMISSION_REASONS, Reason.MONTH_OVER, Reason.INQUIRY_RETRY)
    if stage in {Stage.REGISTRATION, Stage.VERIFICATION}:
        desk.move_to(Stage.REGISTRATION)
        desk.encounter.verified_at = None
        forget_inquiry(desk)


def _hand_to(desk: Desk, owner: Desk, reason: str) -> None:
    """The visit's lines are the owner's now: its charges are taken back here, and its money goes there."""
    owner.encounter.note_unsigned = owner.encounter.note_unsigned or desk.encounter.note_unsigned
    start_anew(desk, resolution="joined", stage=Stage.BILLED_WITH)
    hand_over(desk, owner.encounter.id, Cents(-desk.balances.total(Account.PATIENT_UNAPPLIED)))
    _take_charges_back(desk)
    desk.encounter.on_hold = False
    desk.encounter.hold_reason = None
    desk.encounter.billed_with_id = owner.encounter.id
    desk.encounter.charge_cents = ZERO
    desk.unschedule(*Reason)
    forget_inquiry(desk)
    desk.say(f"Billed with visit {owner.encounter.external_id}: {reason}", actor=_who(desk))


def _take_charges_back(desk: Desk) -> None:
    entries = []
    for row in encounters.lines(desk.session, desk.encounter):
        charged = desk.balances.charged(row.id)
        if charged:
            sides = transfer(
                Account.AR_INSURANCE, Account.REVENUE, Cents(-charged), line_id=row.id, detail=desk.encounter.payer_id
            )
            source = f"joined:{row.id}:{desk.encounter.version}"
            entries.append(Entry(EntryKind.CHARGE_CHANGED, source, sides, desk.encounter.service_date))
    desk.post(entries)


def take_out(owner: Desk, member: Desk, *, reason: str) -> None:
    """A visit is billed by itself again, with its lines as they stand now. Raises Refused once the claim was sent."""
    if member.encounter.billed_with_id != owner.encounter.id:
        raise Refused("not_possible", "the visit is not billed with another one; reload the page")
    refuse_what_is_on_its_way(owner)
    rows = encounters.lines(owner.session, owner.encounter)[: len(owner.claim.lines)]
    places = [place for place, row in enumerate(rows) if row.visit_id == member.encounter.id]
    own = encounters.claim_of(member.encounter)
    alone = joining.taken_out(own, owner.claim, places) if places else own
    kept = [place for place in range(len(rows)) if place not in set(places)]
    stage = min((owner.stage, Stage.CODING), key=_how_far)
    start_anew(owner, resolution="taken_out", stage=stage)
    _keep_without(owner, kept, places, paid_by_other=own.patient_paid_cents)
    _begin(owner, stage)
    member.encounter.billed_with_id = None
    member.keep(alone)
    member.encounter.verified_at = owner.encounter.verified_at
    member.move_to(stage)
    _begin(member, stage)
    back = min(visit_groups.handed_over_cents(member.session, member.encounter), _held(owner))
    hand_over(owner, member.encounter.id, Cents(back))
    owner.say(f"Visit {member.encounter.external_id} is billed by itself again: {reason}", actor=_who(owner))
    member.say(f"Billed by itself again: {reason}", actor=_who(member))
    put_back((owner, member), "taken out")


def _held(owner: Desk) -> int:
    return max(0, -owner.balances.total(Account.PATIENT_UNAPPLIED))


def _keep_without(owner: Desk, kept: Sequence[int], gone: Sequence[int], *, paid_by_other: Cents | None) -> None:
    claim: Claim = parting.with_lines(owner.claim, kept)
    paid = owner.claim.patient_paid_cents
    if paid is not None and paid_by_other is not None:
        left = Cents(max(0, paid - paid_by_other))
        claim = joining.with_paid(claim, left or None)
    was_charged = any(owner.balances.charged(line_id) for line_id in owner.line_ids)
    visit_groups.drop_lines(owner.session, owner.encounter, gone)
    owner.keep(claim)
    if was_charged:
        post_charges(owner)


def put_back(desks: Sequence[Desk], what: str) -> None:
    """Put visits back that were joined or taken out, and wake them."""
    for desk in desks:
        desk.put_back()
        visit_groups.tell(desk.session, desk.encounter, what=what, at=desk.at)
