"""The steps on one encounter: each loads it, decides, stores, and returns where it stands. One transaction each.

All are local activities: short, on our own database, harmless when run twice.
"""

from sqlmodel import Session
from temporalio import activity

from activities import due, resolutions
from activities.absorption import absorb_pending
from activities.charge_desk import questions_about_charges
from activities.coding_desk import is_looked_at_again, is_note_awaited
from activities.desk import Desk
from activities.enrolment_desk import lacks_enrolment
from activities.inquiry_desk import ask_payer, note_silence, read_stored_answer
from activities.known_facts import situation_of
from activities.messages import CommandResult, CommandStep, EncounterStep, Standing
from activities.month_desk import waits_for_its_month
from activities.next_payer import turn_to_next_payer
from activities.parting_desk import part_where_needed
from activities.patient_money import settle_patient_money
from activities.self_pay import bill_patient_alone
from activities.status_desk import read_answer
from activities.submission_desk import make_submission, post_charges, trial_write
from billing.charges import charge_faults, price_claim
from billing.coding import CODES_STAND, coding_faults, table_faults, tables_missing
from billing.edits.registry import Severity, Situation
from billing.registration import registration_faults, wish_faults
from billing.scrubbing import completed, mended, scrub
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from database import edit_runs, office, practice_edits, sent, tasks
from database.engine import Database
from database.tables import Patient


class EncounterActivities:
    """What an encounter's workflow asks of the book of record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    def open_encounter(self, step: EncounterStep) -> Standing:
        """Load the standing. A new encounter is registered on the way: its gaps become a task."""
        with self._database.writing() as session:
            desk = _take(session, step)
            inquiry_id = None
            if desk.stage == Stage.REGISTRATION:
                inquiry_id = register(desk)
            elif desk.stage == Stage.VERIFICATION:
                inquiry_id = ask_payer(desk)
            return desk.put_back(inquiry_id=inquiry_id)

    @activity.defn
    def register_encounter(self, step: EncounterStep) -> Standing:
        """Look at the registration again after a correction, and prepare the eligibility inquiry."""
        with self._database.writing() as session:
            desk = _take(session, step)
            return desk.put_back(inquiry_id=register(desk))

    @activity.defn
    def note_silent_payer(self, step: EncounterStep) -> Standing:
        """The payer did not answer the inquiry: the next rung of the ladder, or a person."""
        with self._database.writing() as session:
            desk = _take(session, step)
            note_silence(desk, "the payer was not reached")
            return desk.put_back()

    @activity.defn
    def prepare_claim(self, step: EncounterStep) -> Standing:
        """Verification's answer, coding, charges and edits: as far as the encounter comes without a person."""
        with self._database.writing() as session:
            desk = _take(session, step)
            if desk.stage == Stage.VERIFICATION and step.message_id is not None:
                read_stored_answer(desk, step.message_id)
            if desk.stage == Stage.CODING:
                review_codes(desk)
            if desk.stage == Stage.CHARGE_REVIEW:
                part_where_needed(desk)
                review_charges(desk)
            if desk.stage == Stage.SCRUBBING:
                scrub_claim(desk)
            return desk.put_back()

    @activity.defn
    def bill_next_payer(self, step: EncounterStep) -> Standing:
        """The payer is done and something is open: the patient's next policy is verified, and billed."""
        with self._database.writing() as session:
            desk = _take(session, step)
            turn_to_next_payer(desk)
            inquiry_id = ask_payer(desk) if desk.stage == Stage.VERIFICATION else None
            return desk.put_back(inquiry_id=inquiry_id)

    @activity.defn
    def absorb_facts(self, step: EncounterStep) -> Standing:
        """Fold everything that arrived into the encounter."""
        with self._database.writing() as session:
            desk = _take(session, step)
            absorb_pending(desk)
            inquiry_id = ask_payer(desk) if desk.stage == Stage.VERIFICATION else None
            return desk.put_back(inquiry_id=inquiry_id)

    @activity.defn
    def read_status_answer(self, step: EncounterStep) -> Standing:
        """What the payer said of the claim (277), or that it said nothing: the next question, a new claim, a person."""
        with self._database.writing() as session:
            desk = _take(session, step)
            read_answer(desk, step.message_id, why=step.reason, is_refused=step.is_refused)
            return desk.put_back()

    @activity.defn
    def do_what_is_due(self, step: EncounterStep) -> Standing:
        """Act on every agenda entry whose instant has really come; the timer only says that it may have."""
        with self._database.writing() as session:
            desk = _take(session, step)
            for reason in desk.due():
                due.act(desk, reason)
            inquiry_id = ask_payer(desk) if desk.stage == Stage.VERIFICATION else None
            return desk.put_back(inquiry_id=inquiry_id)

    @activity.defn
    def execute_command(self, step: CommandStep) -> CommandResult:
        """Carry out a staff command once, with its answer, in the transaction of its effect."""
        with self._database.writing() as session:
            desk = Desk.take(session, practice_id=step.practice_id, encounter_id=step.encounter_id, at=step.at)
            answer = resolutions.execute(desk, step)
            if not answer.done:
                desk = Desk.take(session, practice_id=step.practice_id, encounter_id=step.encounter_id, at=step.at)
            inquiry_id = ask_payer(desk) if desk.stage == Stage.VERIFICATION else None
            return CommandResult(answer=answer, standing=desk.put_back(inquiry_id=inquiry_id))


def _take(session: Session, step: EncounterStep) -> Desk:
    return Desk.take(session, practice_id=step.practice_id, encounter_id=step.encounter_id, at=step.at)


def _ask(desk: Desk, task_type: TaskType, reason: str, **detail: str) -> None:
    """The office comes no further by itself: a person is asked, once per look at the encounter."""
    key, amount = str(desk.encounter.version), desk.encounter.charge_cents
    desk.open_task(NewTask(task_type, key=key, reason=reason, amount_cents=amount, detail=detail))


def register(desk: Desk) -> str | None:
    """Step 1. Returns the prepared inquiry's id when the registration is complete."""
    if desk.encounter.on_hold:
        return None
    faults = registration_faults(desk.claim, as_of=desk.today, is_self_pay=desk.encounter.is_self_pay)
    if not desk.encounter.is_self_pay:
        faults += wish_faults(desk.session.get_one(Patient, desk.encounter.patient_id).wish)
    if faults:
        _ask(desk, TaskType.REGISTRATION_INCOMPLETE, "; ".join(faults))
        return None
    desk.say("Registration is complete")
    if desk.encounter.is_self_pay:
        desk.move_to(Stage.CODING)
        return None
    desk.move_to(Stage.VERIFICATION)
    return ask_payer(desk)


def review_codes(desk: Desk) -> None:
    """Step 3: form first, then the tables of the day where they are loaded and nobody has let the codes stand."""
    if is_note_awaited(desk):
        return
    faults = coding_faults(desk.claim)
    if CODES_STAND not in desk.encounter.edits_overridden.split(","):
        faults += table_faults(desk.claim, desk.code_tables)
        for words in tables_missing(desk.code_tables):
            desk.say_once(words)
    if faults:
        sent_as = [str(one) for one in sent.words_of(desk.session, desk.encounter.id)]
        told = [f"Sent as: {'; '.join(sent_as)}"] if sent_as else []
        _ask(desk, TaskType.CODE_REVIEW, ". ".join(("; ".join(faults), *told)))
        return
    if is_looked_at_again(desk):
        return
    desk.move_to(Stage.CHARGE_REVIEW)


def review_charges(desk: Desk) -> None:
    """Step 4: price what has no charge, compare the rest with the charge master, and post the charges."""
    master = office.charge_master(
        desk.session,
        practice_id=desk.encounter.practice_id,
        procedures=[line.procedure for line in desk.claim.lines],
    )
    priced = price_claim(desk.claim, master)
    if priced != desk.claim:
        desk.keep(priced)
    faults = charge_faults(desk.claim, master)
    reasons = "; ".join([*faults, *questions_about_charges(desk, master)])
    if reasons and not (tasks.was_approved(desk.session, desk.encounter.id, reasons) and not faults):
        _ask(desk, TaskType.CHARGE_REVIEW, reasons)
        return
    post_charges(desk)
    desk.move_to(Stage.SCRUBBING)


def _complete(desk: Desk, situation: Situation) -> None:
    """What the patient has and the claim lacks goes on it by itself, and is told."""
    before, claim = desk.claim, completed(desk.claim, situation.known)
    if claim == before:
        return
    desk.keep(claim)
    if claim.authorization != before.authorization:
        desk.say(f"Authorization {claim.authorization} of the patient goes on the claim")
    if claim.lines != before.lines:
        desk.say("The patient signed a notice of non-coverage: GA goes on the claim")


def scrub_claim(desk: Desk) -> None:
    """Step 5, first half: every edit, then the enrolments; a clean claim becomes ready to be sent. A self-pay visit is
    the patient's now.
    """
    if desk.encounter.is_self_pay:
        desk.say(bill_patient_alone(desk))
        settle_patient_money(desk)
        return
    situation = situation_of(desk)
    _complete(desk, situation)
    claim, done = mended(desk.claim, situation)
    if claim != desk.claim:
        desk.keep(claim)
        desk.say(f"Mended by itself: {'; '.join(f'{one.edit}, {one.message}' for one in done)}")
    own = practice_edits.in_use(desk.session, practice_id=desk.encounter.practice_id)
    findings = scrub(claim, situation, own)
    asked = situation.known.asked
    edit_runs.keep(desk.session, desk.encounter, findings, mended=done, asked=asked, own=len(own), at=desk.at)
    overridden = set(desk.encounter.edits_overridden.split(","))
    errors = [one for one in findings if one.severity == Severity.ERROR and one.edit not in overridden]
    if errors:
        words = "; ".join(f"{one.edit}: {one.message} (field {one.path})" for one in errors)
        _ask(desk, TaskType.CLAIM_EDIT_FAILED, words, edits=",".join(sorted({one.edit for one in errors})))
        return
    unsendable = trial_write(desk)
    if unsendable is not None:
        words = f"X02: the claim cannot be written: {unsendable}; correct the field it comes from"
        _ask(desk, TaskType.CLAIM_EDIT_FAILED, words, edits="X02")
        return
    if situation.known.enrolment_gap and lacks_enrolment(desk):
        return
    for one in findings:
        if one.severity == Severity.WARNING:
            desk.say_once(f"Edit {one.edit} warns: {one.message}")
    if not waits_for_its_month(desk):
        make_submission(desk)
