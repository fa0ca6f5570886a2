"""The ways out of a denial: what each does to the claim, the books and the agenda, in the command's transaction."""

import json
from collections.abc import Sequence
from dataclasses import replace

from activities import appeal_desk, share_gate
from activities.denial_rows import decided
from activities.denial_tasks import amounts_of
from activities.desk import Desk
from activities.inquiry_desk import forget_inquiry
from activities.live_claims import live_claim
from activities.parting_desk import split_off
from activities.refusals import Refused, Values, correct, corrected, day_to_come
from billing.amendments import Change
from billing.corrections import parse_corrections
from billing.deadlines import Reason
from billing.denials import Exit, Situation, why_not
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from database import amendments, encounters, office
from database.remittances import standing_rows
from database.tables import Denial, Payer, Task


def take_exit(desk: Desk, task: Task, values: Values, actor_id: str, *, way: Exit) -> str:
    """End a review by `way`. Raises Refused with what stands in the way and what to do instead."""
    denials = encounters.open_denials(desk.session, desk.encounter.id)
    reason = why_not(way, situation_of(desk, denials))
    if reason is not None:
        raise Refused("not_possible", reason)
    match way:
        case Exit.REPLACE:
            return send_again(desk, denials, values, frequency="7")
        case Exit.RETRO_AUTH:
            desk.keep(replace(desk.claim, authorization=values["authorization"]))
            return send_again(desk, denials, values, frequency="7")
        case Exit.NEW_ORIGINAL:
            return send_again(desk, denials, values, frequency="1")
        case Exit.SPLIT_CLAIM:
            return _split(desk, denials, values)
        case Exit.OTHER_PAYER:
            return _to_other_payer(desk, denials, values)
        case Exit.APPEAL:
            return appeal_desk.file(desk, denials, values, actor_id)
        case Exit.BILL_PATIENT:
            return _bill_patient(desk, denials, values, actor_id)
        case Exit.WRITE_OFF:
            return _propose_write_off(desk, task, denials, values, actor_id)
        case Exit.VOID:
            return _void(desk, task, denials, values, actor_id)
    return _look_again(desk, values, way)


def situation_of(desk: Desk, denials: Sequence[Denial]) -> Situation:
    """What decides which ways out are open now, with the payer that the claim is at."""
    claim = live_claim(desk, desk.responsibility)
    standing = standing_rows(desk.session, desk.encounter.id, of=desk.responsibility)
    return Situation(
        denied=amounts_of(denials),
        payer_claim_number=claim.payer_claim_number,
        takes_replacements=claim.takes_replacements,
        is_split=claim.is_split,
        is_paid=any(row.paid_cents for row in standing),
        no_appeal=appeal_desk.standing_of(desk, denials).why_not,
    )


def send_again(desk: Desk, denials: Sequence[Denial], values: Values, *, frequency: str) -> str:
    """The claim as it stands now, corrected, goes through coding, charges and edits again."""
    if values.get("corrections"):
        correct(desk, values["corrections"])
    number = situation_of(desk, denials).payer_claim_number if frequency != "1" else None
    desk.keep(replace(desk.claim, frequency=frequency, original_reference=number))
    decided(desk, denials, "resubmitted")
    desk.move_to(Stage.CODING)
    if frequency == "1":
        return "Corrected; a new original claim follows"
    return f"Corrected; a replacement of the payer's claim {number} follows"


def _split(desk: Desk, denials: Sequence[Denial], values: Values) -> str:
    """Chosen lines go on a claim of their own; the rest replaces what the payer has (7), or is sent anew where it takes
    no replacement, or processed nothing."""
    is_replaced = why_not(Exit.REPLACE, situation_of(desk, denials)) is None
    said = split_off(desk, values["lines"], values["reason"])
    return f"{said}. {send_again(desk, denials, {}, frequency='7' if is_replaced else '1')}"


def _to_other_payer(desk: Desk, denials: Sequence[Denial], values: Values) -> str:
    correct(desk, _policy_there(desk, values["corrections"]))
    desk.keep(replace(desk.claim, frequency="1", original_reference=None))
    decided(desk, denials, "moved")
    desk.encounter.verified_at = None
    desk.move_to(Stage.VERIFICATION)
    forget_inquiry(desk)
    return "Another payer is liable; its coverage is verified before the claim goes there"


def _policy_there(desk: Desk, text: str) -> str:
    """The corrections, with the name of a payer that the practice knows. Raises Refused where the other payer, or what
    it needs to know the patient by, is missing: the first payer's member id means nothing there."""
    number = corrected(desk, text).coverage.payer.id or ""
    refusing = desk.session.get_one(Payer, desk.encounter.payer_id)
    if number == refusing.payer_number:
        fault = "name the other payer: payer_id = ..., and the member_id there"
        raise Refused("invalid", "this is the payer that refused", (("corrections", fault),))
    typed = parse_corrections(text)
    where = desk.encounter.practice_id, refusing.partner_id
    known = office.known_payer(desk.session, practice_id=where[0], partner_id=where[1], number=number)
    missing = [name for name in ("member_id", "payer_name") if name not in typed]
    if known is not None and "payer_name" in missing:
        missing.remove("payer_name")
        text = f"{text}\npayer_name = {known.name}"
    if missing:
        fault = f"write {' and '.join(f'{name} = ...' for name in missing)} too, as on the card of payer {number}"
        raise Refused("invalid", "the other policy is not whole", (("corrections", fault),))
    return text


def _bill_patient(desk: Desk, denials: Sequence[Denial], values: Values, actor_id: str) -> str:
    moving = [one for one in denials if one.adjustment_group == "PR" and one.blocked_reason is None]
    if not moving:
        why = next((one.blocked_reason for one in denials if one.blocked_reason), "the payer assigns none of it (PR)")
        raise Refused("not_possible", f"nothing of this may be billed to the patient: {why}")
    _ask_the_gate(desk, moving, denials)
    entries = [
        Entry(
            EntryKind.BILLED_TO_PATIENT,
            f"billed:{one.id}",
            (
                Side(Account.AR_PATIENT, Cents(one.amount_cents), one.line_id, f"PR-{one.reason}"),
                Side(Account.AR_INSURANCE, Cents(-one.amount_cents), one.line_id, desk.encounter.payer_id),
            ),
            desk.encounter.service_date,
        )
        for one in moving
    ]
    desk.post(entries, actor=actor_id)
    decided(desk, moving, "billed")
    return f"{format_dollars(sum(one.amount_cents for one in moving))} is the patient's: {values['reason']}"


def _ask_the_gate(desk: Desk, moving: Sequence[Denial], denials: Sequence[Denial]) -> None:
    for one in moving:
        others = any(other.line_id == one.line_id and other not in moving for other in denials)
        permission = share_gate.ask(desk, remarks=one.remarks.split(","), reasons=(one.reason,), has_open_denial=others)
        if not permission.allowed:
            raise Refused("not_possible", permission.reason)


def _propose_write_off(desk: Desk, task: Task, denials: Sequence[Denial], values: Values, actor_id: str) -> str:
    amount = amount_to_write_off(desk, denials)
    if amount <= 0:
        raise Refused("not_possible", "nothing is left to write off; reload the page")
    if amount <= desk.policy("write_off_limit_cents"):
        return write_off(desk, denials, actor=actor_id)
    desk.open_task(
        NewTask(
            TaskType.WRITE_OFF_APPROVAL,
            key=task.id,
            reason=f"A write-off of {format_dollars(amount)} is proposed: {values['reason']}",
            amount_cents=amount,
            detail={"proposed_by": actor_id},
        )
    )
    return f"A write-off of {format_dollars(amount)} was proposed"


def amount_to_write_off(desk: Desk, denials: Sequence[Denial]) -> Cents:
    """What is refused; where no amount is, what the payer still owes without having said why."""
    if denials:
        return Cents(sum(denial.amount_cents for denial in denials))
    return Cents(sum(cents for cents in desk.balances.lines(Account.AR_INSURANCE).values() if cents > 0))


def write_off(desk: Desk, denials: Sequence[Denial], *, actor: str) -> str:
    """Give the refused amounts up; the caller has seen to the approval."""
    total = amount_to_write_off(desk, denials)
    source = f"{desk.encounter.id}:{desk.encounter.version}"
    rows: list[tuple[str, str | None, Cents, str]] = [
        (f"write_off:{one.id}", one.line_id, Cents(one.amount_cents), f"{one.adjustment_group}-{one.reason}")
        for one in denials
    ] or [
        (f"write_off:{source}:{line_id}", line_id, cents, "unexplained")
        for line_id, cents in desk.balances.lines(Account.AR_INSURANCE).items()
        if cents > 0
    ]
    entries = [
        Entry(
            EntryKind.WRITE_OFF,
            key,
            (
                Side(Account.ADJUSTMENT_DENIAL, cents, line_id, code),
                Side(Account.AR_INSURANCE, Cents(-cents), line_id, desk.encounter.payer_id),
            ),
            desk.encounter.service_date,
        )
        for key, line_id, cents, code in rows
    ]
    desk.post(entries, actor=actor)
    decided(desk, denials, "written_off")
    return f"{format_dollars(total)} of denied charges written off with approval"


def _void(desk: Desk, task: Task, denials: Sequence[Denial], values: Values, actor_id: str) -> str:
    """Voiding is a change of what was billed: it waits for the payer to let go, and for its money."""
    decided(desk, denials, "voided")
    amendments.make(
        desk.session,
        desk.encounter,
        Change.VOID,
        body=json.dumps({"reason": values["reason"]}),
        at=desk.at,
        source_key=f"denial:{task.id}",
        made_by=actor_id,
    )
    return f"The visit is to be voided: {values['reason']}"


def _look_again(desk: Desk, values: Values, way: Exit) -> str:
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    what = str(way).replace("_", " ").capitalize()
    return f"{what} (reference {values['reference']}); looked at again on {values['follow_up']}"
