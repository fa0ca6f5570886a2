"""Amendments on the desk: each is planned by where the live claim stands, carried out, or kept until it can be.

An amendment arrives as a fact, so that it reaches a closed visit too, and comes once however often it was sent.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlmodel import Session, col, select

from activities import share_gate
from activities.desk import Desk
from activities.inquiry_desk import forget_inquiry
from activities.live_claims import is_counted, live_claims
from activities.next_payer import add_policy, back_to_place, forth_to_place, make_later_stale, rank_of
from activities.refusals import Refused, Values, correct, corrected
from activities.seen import BEFORE_SUBMISSION
from activities.self_pay import bill_insurance_again, bill_patient_alone
from activities.submission_desk import (
    SUBMISSION_REASONS,
    make_submission,
    move_to_payer,
    trial_write,
    void_charges,
    withdraw,
)
from activities.taking_back import take_back
from billing.amendments import (
    ENDS_WITH_THE_PAYER,
    ONE_VISIT_ALONE,
    Change,
    LiveClaim,
    Plan,
    first_to_void,
    is_about_policy,
    plan,
)
from billing.claim import VOID, Claim
from billing.coordination import IN_ORDER, PRIMARY
from billing.deadlines import Reason
from billing.remittance import ClaimPayment
from billing.stages import Stage
from billing.submission import SubmissionState
from billing.tasks import POLICY, TaskType
from database import coverages, encounters, letters, records, tasks, visit_groups
from database.amendments import DONE, DROPPED, VOIDING, WAITING
from database.letters import CHANGED
from database.remittances import standing_rows
from database.tables import Amendment, Denial, Encounter, Fact, RemittanceClaim, RemittanceFile

SETTLED_BY_AN_AMENDMENT = frozenset(TaskType) - {
    TaskType.CREDIT_BALANCE,
    TaskType.PATIENT_REFUND_APPROVAL,
    TaskType.UNMATCHED_REMIT,
}
"""Tasks about the claim as it was; what is still wrong opens one again"""
_IN_WORDS = {
    Change.CORRECT: "what was billed is corrected",
    Change.NEW_COVERAGE: "another policy pays first",
    Change.ADD_POLICY: "another policy pays afterwards",
    Change.SELF_PAY: "the patient alone is billed",
    Change.VOID: "the visit did not happen",
    Change.WRONG_PATIENT: "the visit was another patient's",
}


def take_amendment(desk: Desk, fact: Fact) -> str:
    """A change that was made: carried out, or kept for later. The fact names its row."""
    row = desk.session.get(Amendment, fact.subject_id)
    assert row is not None, "an amendment's fact names its row"
    desk.say(f"Amendment: {_IN_WORDS[Change(row.kind)]}", actor="staff" if row.made_by else "office")
    if any(one.id != row.id for one in desk.amendments):
        desk.say("It waits until the change before it is done")
        return "waits for the change before it"
    return _go_on(desk, row)


def go_on_with_amendments(desk: Desk) -> None:
    """Try again what waited for a payer's number, its answer, or its letting go of a claim; one change at a time."""
    for row in desk.amendments:
        if row.state == VOIDING and not _let_go(desk):
            return
        _go_on(desk, row)
        if row.state in {WAITING, VOIDING}:
            return


def _go_on(desk: Desk, row: Amendment) -> str:
    change = Change(row.kind)
    never = _never(desk, row)
    if never is not None and row.state != VOIDING:
        return _end(desk, row, DROPPED, f"Not done: {never}")
    if row.state == VOIDING:
        void = desk.latest
        assert void is not None, "the void went out as a submission"
        void.adjudicated_at = void.adjudicated_at or desk.at
        desk.session.add(void)
    claims = live_claims(desk)
    try:
        place, wanted = _next(desk, row, change, claims)
        match wanted:
            case Plan.WAIT:
                desk.say("The payer has the claim and has given no number for it yet; the change waits for one")
                return "waits for the payer's claim number"
            case Plan.NOT_WITH_THIS_PAYER:
                words = "takes no replacements or voids (frequency 7, 8): ask for a reopening, or pay it back"
                return _end(desk, row, DROPPED, f"Not done: the {rank_of(place)} payer {words}")
            case Plan.VOID_FIRST:
                return _void_first(desk, row, place, claims[place].payer_claim_number)
        with desk.all_or_nothing():
            said = _CARRY_OUT[change](desk, row, place, claims[place] if wanted == Plan.REPLACE else None)
    except Refused as refusal:
        faults = "; ".join(message for _, message in refusal.answer.faults)
        return _end(desk, row, DROPPED, f"Not done: {faults or refusal.answer.message}")
    return _end(desk, row, DONE, said)


def _never(desk: Desk, row: Amendment) -> str | None:
    """Why a change can not be carried out, whatever the payers say; None when it can."""
    if desk.encounter.is_void:
        return "the visit is void; enter it anew if it took place"
    grouped = why_not_alone(desk.session, desk.encounter, Change(row.kind))
    if grouped is not None:
        return grouped
    if row.made_by is None and visit_groups.is_grouped(desk.session, desk.encounter):
        return "the visit has come to have several claims meanwhile, and the message speaks of it as a whole"
    if Change(row.kind) == Change.SELF_PAY:
        permission = share_gate.ask_pays_alone(desk.session, desk.encounter)
        return None if permission.allowed else permission.reason
    if Change(row.kind) == Change.NEW_COVERAGE and row.made_by is not None and not desk.encounter.is_self_pay:
        values = _values(row)
        first = coverages.in_order(desk.session, desk.encounter, desk.claim)[0].coverage
        named = values.get("payer_id"), values.get("member_id", "").replace(" ", "")
        if named == (first.payer.id, first.member_id):
            return "this is the policy that pays first already; mend it by a correction"
    return None


def why_not_alone(session: Session, encounter: Encounter, change: Change) -> str | None:
    """Why a visit that shares its claim with others cannot be changed so by itself; None: it can."""
    if encounter.billed_with_id is not None:
        return "the visit is billed with another one: change the claim there, or take the visit out before it is sent"
    if change in ONE_VISIT_ALONE and visit_groups.bills_others(session, encounter):
        return "its claim bills other visits too: take them out before it is sent, or correct the claim's lines"
    return None


def _next(desk: Desk, row: Amendment, change: Change, claims: Mapping[str, LiveClaim]) -> tuple[str, Plan]:
    """The payer (SBR01) whose claim is dealt with next, and how. Raises Refused for corrections that are none."""
    if change in ENDS_WITH_THE_PAYER:
        place, wanted = first_to_void(change, claims)
        return place or desk.responsibility, wanted
    if change != Change.CORRECT:
        return desk.responsibility, plan(change, claims[desk.responsibility])
    place = _begins_at(desk, row, claims)
    wanted = plan(change, claims[place])
    if row.made_by is not None and wanted != Plan.AT_ONCE and _names_another_payer(desk, row):
        raise Refused("not_possible", "another payer is a change of its own: choose that another policy pays first")
    return place, wanted


def _names_another_payer(desk: Desk, row: Amendment) -> bool:
    return corrected(desk, _values(row)["corrections"]).coverage.payer.id != desk.claim.coverage.payer.id


def _begins_at(desk: Desk, row: Amendment, claims: Mapping[str, LiveClaim]) -> str:
    """The first payer that a correction concerns: the one whose policy it mends, or every one that has the claim."""
    if row.made_by is None:
        number = records.load(Claim, row.body).coverage.payer.id
        known = coverages.in_order(desk.session, desk.encounter, desk.claim)
        named = (one.responsibility for one in known if one.coverage.payer.id == number)
        place = next(named, desk.responsibility)
        if place not in claims:
            raise Refused("not_possible", "the payer that it names has no claim of this visit yet")
        return place
    if is_about_policy(desk.claim, corrected(desk, _values(row)["corrections"])):
        return desk.responsibility
    return min(claims, key=IN_ORDER.index)


def _end(desk: Desk, row: Amendment, state: str, said: str) -> str:
    row.state = state
    row.ended_at = desk.at
    desk.session.add(row)
    desk.forget_amendments()
    desk.say(said)
    return said


def _void_first(desk: Desk, row: Amendment, place: str, number: str | None) -> str:
    before = desk.claim
    back_to_place(desk, place)
    desk.keep(replace(desk.claim, frequency=VOID, original_reference=number))
    unsendable = trial_write(desk)
    if unsendable is not None:
        forth_to_place(desk, before)
        return _end(desk, row, DROPPED, f"Not done: the void cannot be written: {unsendable}")
    _clear(desk, denials_become="voided")
    _take_off_the_table(desk)
    make_submission(desk)
    row.state = VOIDING
    desk.session.add(row)
    desk.say(f"The {rank_of(place)} payer's claim {number} is voided first (frequency 8)")
    return "the void is under way"


def _let_go(desk: Desk) -> bool:
    """Whether the payer has let go of the claim: nothing that it paid or counted stands, and it took the void or
    took back."""
    void = desk.latest
    if void is None or void.transmitted_at is None:
        return False
    desk.session.flush()
    rows = desk.session.exec(
        select(RemittanceClaim, RemittanceFile.received_at)
        .join(RemittanceFile, col(RemittanceFile.id) == RemittanceClaim.remittance_id)
        .where(
            RemittanceClaim.encounter_id == desk.encounter.id,
            RemittanceClaim.responsibility == desk.responsibility,
            RemittanceClaim.state == "posted",
        )
    ).all()
    answers = [(row, received_at, records.load(ClaimPayment, row.payment).is_reversal) for row, received_at in rows]
    if any(is_counted(row) for row, _, is_reversal in answers if row.reversed_by is None and not is_reversal):
        return False
    taken_back = any(is_reversal and received_at >= void.transmitted_at for _, received_at, is_reversal in answers)
    return void.adjudicated_at is not None or taken_back


def _clear(desk: Desk, *, denials_become: str) -> None:
    """What asked about the claim as it was is settled by the change."""
    desk.session.flush()
    query = select(Denial).where(
        Denial.encounter_id == desk.encounter.id, col(Denial.state).in_((*encounters.UNDECIDED, "passed_on"))
    )
    for denial in desk.session.exec(query):
        denial.state = denials_become
        desk.session.add(denial)
    for task in desk.open_tasks():
        if TaskType(task.type) in SETTLED_BY_AN_AMENDMENT:
            tasks.close_task(desk.session, task, resolution="amended", at=desk.at, actor_id=None)
    letters.withdraw_appeals(desk.session, desk.encounter.id, because=CHANGED, at=desk.at)
    desk.unschedule(*SUBMISSION_REASONS, Reason.APPEAL_LIMIT, Reason.CROSSOVER_DUE)


def _take_off_the_table(desk: Desk) -> None:
    """Nothing that was made ready or refused counts any more; a claim that is with a payer keeps its history."""
    for submission in desk.submissions:
        is_with_a_batch = submission.state == SubmissionState.READY and submission.batch_id is not None
        gone = encounters.progress(submission).state in {SubmissionState.READY, SubmissionState.REJECTED}
        if submission.withdrawn_at is None and gone and not is_with_a_batch:
            withdraw(desk, submission)


def _correct(desk: Desk, row: Amendment, place: str, replaces: LiveClaim | None) -> str:
    desk.actor_id = row.made_by or "office"
    if row.made_by is None:
        make_later_stale(desk, place)
        back_to_place(desk, place)
        _keep_sent(desk, records.load(Claim, row.body))
    else:
        before = desk.claim
        correct(desk, _values(row)["corrections"])
        if not is_about_policy(before, desk.claim):
            make_later_stale(desk, place)
        back_to_place(desk, place)
    number = replaces.payer_claim_number if replaces else None
    desk.keep(replace(desk.claim, frequency="7" if replaces else desk.claim.first_frequency, original_reference=number))
    _clear(desk, denials_become="resubmitted")
    _take_off_the_table(desk)
    if desk.stage in {Stage.REGISTRATION, Stage.VERIFICATION}:
        forget_inquiry(desk)
        return "Corrected; the registration is looked at again"
    desk.move_to(Stage.CODING)
    return f"Corrected; a replacement of the payer's claim {number} follows" if replaces else "Corrected"


def _keep_sent(desk: Desk, sent: Claim) -> None:
    """A claim that came in with frequency 7: its content, for the payer where the encounter is."""
    desk.keep(replace(sent, coverage=replace(sent.coverage, responsibility=desk.responsibility)))
    move_to_payer(desk)


def _new_coverage(desk: Desk, row: Amendment, place: str, replaces: LiveClaim | None) -> str:
    back_to_place(desk, PRIMARY)
    coverages.bill_all_anew(desk.session, desk.encounter.id)
    desk.forget_policies()
    if row.made_by is None:
        _keep_sent(desk, records.load(Claim, row.body))
    else:
        correct(desk, coverage_as_corrections(_values(row)))
    desk.keep(replace(desk.claim, frequency=desk.claim.first_frequency, original_reference=None, authorization=None))
    _clear(desk, denials_become="moved")
    for submission in desk.submissions:
        if submission.withdrawn_at is None:
            withdraw(desk, submission)
    if desk.encounter.is_self_pay:
        bill_insurance_again(desk)
    desk.encounter.verified_at = None
    forget_inquiry(desk)
    desk.move_to(Stage.REGISTRATION)
    return "Another policy pays first; its coverage is verified before the claim goes there"


def coverage_as_corrections(values: Values) -> str:
    """A policy that was typed into a form, as corrections of the claim."""
    typed = [f"{field.name} = {values.get(field.name, '')}" for field in POLICY]
    return "\n".join([*typed, values.get("corrections", "")])


def _add(desk: Desk, row: Amendment, place: str, replaces: LiveClaim | None) -> str:
    return add_policy(desk, _values(row))


def _self_pay(desk: Desk, row: Amendment, place: str, replaces: LiveClaim | None) -> str:
    back_to_place(desk, PRIMARY)
    return make_self_pay(desk, actor=row.made_by or "office")


def make_self_pay(desk: Desk, *, actor: str) -> str:
    """Nobody but the patient is billed from here on. Raises Refused once an earlier payer has paid its part, and where
    law keeps the patient from paying.
    """
    if desk.responsibility != PRIMARY:
        raise Refused("not_possible", "an earlier payer has paid its part: let the later policy go instead")
    permission = share_gate.ask_pays_alone(desk.session, desk.encounter)
    if not permission.allowed:
        raise Refused("not_possible", f"{permission.reason}; a policy that was never in force is corrected first")
    _clear(desk, denials_become="moved")
    for submission in desk.submissions:
        if submission.withdrawn_at is None:
            withdraw(desk, submission)
    desk.keep(replace(desk.claim, frequency=desk.claim.first_frequency, original_reference=None))
    desk.encounter.is_self_pay = True
    forget_inquiry(desk)
    desk.unschedule(Reason.INQUIRY_RETRY)
    if desk.stage in BEFORE_SUBMISSION:
        desk.move_to(Stage.CODING)
        return "Billed as self-pay once it is coded and priced"
    return bill_patient_alone(desk, actor=actor)


def _void(desk: Desk, row: Amendment, place: str, replaces: LiveClaim | None) -> str:
    _clear(desk, denials_become="voided")
    _take_off_the_table(desk)
    if desk.encounter.is_self_pay:
        bill_insurance_again(desk)
    for answer in standing_rows(desk.session, desk.encounter.id):
        if answer.paid_cents == 0:
            source = f"superseded:{answer.id}"
            take_back(desk, answer, row.id, source=source, state="voided", is_asked_again=False)
    void_charges(desk)
    desk.encounter.is_void = True
    forget_inquiry(desk)
    desk.unschedule(Reason.INQUIRY_RETRY)
    desk.move_to(Stage.PATIENT_BALANCE)
    return "The visit is void: billed to nobody"


def _values(row: Amendment) -> Values:
    values: Values = json.loads(row.body)
    return values


_CARRY_OUT: dict[Change, Callable[[Desk, Amendment, str, LiveClaim | None], str]] = {
    Change.CORRECT: _correct,
    Change.NEW_COVERAGE: _new_coverage,
    Change.ADD_POLICY: _add,
    Change.SELF_PAY: _self_pay,
    Change.VOID: _void,
    Change.WRONG_PATIENT: _void,
}
