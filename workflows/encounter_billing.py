"""One encounter through the nine steps: from registration until nobody owes anything on it.

The workflow waits and remembers until when; the database is the book of record. Every step returns a `Standing`, the
recorded verdict on where the encounter stands, and the workflow branches on nothing else. So a changed rule never
breaks a running encounter, and first start, signal-with-start and reopening are one path: load, absorb, go on.
"""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.claim_status import ClaimStatusActivities
    from activities.eligibility import EligibilityActivities
    from activities.encounter import EncounterActivities
    from activities.messages import (
        Answer,
        Carried,
        CommandResult,
        CommandStep,
        CompleteTask,
        EncounterClosed,
        EncounterStep,
        FactsArrived,
        InquiryAnswer,
        InquiryStep,
        PlaceHold,
        ReleaseHold,
        Standing,
        StartEncounter,
    )
    from activities.names import Process, Signal
    from billing.deadlines import WORDS
    from billing.stages import Stage, Step
    from workflows.local_steps import take_step
    from workflows.new_runs import CURRENT_BUILD, is_new_run_due
    from workflows.policies import PARTNER_CALL, SHORTEST_WAIT
    from workflows.showing import attributes_of, details_of

Command = CompleteTask | PlaceHold | ReleaseHold


@workflow.defn(name=Process.ENCOUNTER_BILLING)
class EncounterBilling:
    """The process of one encounter. Staff act through updates, facts arrive as signals, one timer keeps the agenda.

    The transaction that sees everything at zero closes it; the inbox is looked at once more before the end.
    """

    @workflow.init
    def __init__(self, start: StartEncounter) -> None:
        self._practice_id = start.practice_id
        self._encounter_id = start.encounter_id
        self._standing: Standing | None = start.carried.standing if start.carried else None
        self._shown: Standing | None = self._standing
        self._story: list[str] = list(start.carried.story) if start.carried else []
        self._facts_wait = False
        self._latest_cause: datetime | None = None
        self._commands: list[Command] = []
        self._answers: dict[str, Answer] = {}

    @workflow.run
    async def run(self, start: StartEncounter) -> EncounterClosed:
        """Load, then absorb facts, answer staff, do what is due, take the next step and wait, until closed."""
        if start.carried is None:
            await self.load()
        while not await self.is_at_the_end():
            await self.absorb_facts()
            await self.answer_staff()
            await self.do_what_is_due()
            await self.take_next_step()
            await self.continue_as_new_when_long()
            await self.wait()
        return EncounterClosed(encounter_id=self._encounter_id, closed_at=self.now())

    @workflow.signal(
        name=Signal.FACTS_ARRIVED,
        description="Facts are stored: acknowledgments, remittances, payments.",
    )
    def facts_arrived(self, facts: FactsArrived) -> None:
        """Remember that something came; the loop reads it from the database."""
        self._facts_wait = True
        if facts.at is not None:
            self._latest_cause = max(self._latest_cause or facts.at, facts.at)

    @workflow.update(description="Complete an open task with what was typed into its form.")
    async def complete_task(self, command: CompleteTask) -> Answer:
        """One task's resolution, carried out in one transaction."""
        return await self.carry_out(command)

    @complete_task.validator
    def task_is_open(self, command: CompleteTask) -> None:
        """A stale click is refused at once and leaves no trace."""
        standing = self._standing
        if standing is not None and command.task_id not in {task.task_id for task in standing.open_tasks}:
            raise ApplicationError("this task is not open any more; reload the page", type="TaskNotOpen")

    @workflow.update(description="Send nothing for this encounter until a day.")
    async def place_hold(self, command: PlaceHold) -> Answer:
        """Hold the encounter; facts that arrive are still absorbed."""
        return await self.carry_out(command)

    @place_hold.validator
    def is_not_on_hold(self, command: PlaceHold) -> None:
        """One hold at a time."""
        if self._standing is not None and self._standing.on_hold:
            raise ApplicationError("the encounter is already on hold", type="AlreadyOnHold")

    @workflow.update(description="Go on with an encounter that was held.")
    async def release_hold(self, command: ReleaseHold) -> Answer:
        """End the hold before its day."""
        return await self.carry_out(command)

    @release_hold.validator
    def is_on_hold(self, command: ReleaseHold) -> None:
        """Only what is held can be released."""
        if self._standing is not None and not self._standing.on_hold:
            raise ApplicationError("the encounter is not on hold", type="NotOnHold")

    @workflow.query(description="Where the encounter stands.")
    def standing(self) -> Standing | None:
        """The last recorded verdict; None before the first step."""
        return self._standing

    async def load(self) -> None:
        """Load the standing; a new encounter is registered on the way."""
        self.note(await take_step(EncounterActivities.open_encounter, self.step(), Standing, "Open the encounter"))
        self._facts_wait = self._facts_wait or self.known().has_facts

    async def absorb_facts(self) -> None:
        """Fold what arrived, in whatever order, into the encounter."""
        if not self._facts_wait:
            return
        self._facts_wait = False
        self.note(await take_step(EncounterActivities.absorb_facts, self.step(), Standing, "Absorb what arrived"))

    async def answer_staff(self) -> None:
        """Carry out staff commands one by one, each in one transaction, and leave the answer for its caller."""
        while self._commands:
            command = self._commands.pop(0)
            result = await take_step(
                EncounterActivities.execute_command, self.command_step(command), CommandResult, "Carry out a command"
            )
            self._answers[command.command_key] = result.answer
            self.note(result.standing)

    async def do_what_is_due(self) -> None:
        """Act on the agenda when the timer says that its earliest instant may have come."""
        item = self.known().next_item
        if item is not None and item.due_at <= self.now():
            self.note(await take_step(EncounterActivities.do_what_is_due, self.step(), Standing, WORDS[item.reason]))

    async def take_next_step(self) -> None:
        """What the office can do by itself now."""
        match self.known().step:
            case Step.REGISTER:
                await self.register()
            case Step.VERIFY:
                await self.verify_insurance()
            case Step.PREPARE_CLAIM:
                await self.prepare_claim()
            case Step.BILL_NEXT_PAYER:
                await self.bill_next_payer()
            case Step.ASK_STATUS:
                await self.ask_about_claim()
            case Step.WAIT:
                pass

    async def register(self) -> None:
        """Step 1: registration, looked at again after a correction."""
        step = take_step(EncounterActivities.register_encounter, self.step(), Standing, "Check the registration")
        self.note(await step)

    async def verify_insurance(self) -> None:
        """Step 2: ask the payer (270), then read the stored answer (271) and go on as far as it allows."""
        answer = await self.inquire()
        if answer.message_id is None:
            step = take_step(EncounterActivities.note_silent_payer, self.step(), Standing, "The payer was silent")
            self.note(await step)
        else:
            await self.prepare_claim(answer.message_id)

    async def inquire(self) -> InquiryAnswer:
        """One bounded call; every outcome is a value, so that staff are served between tries."""
        inquiry_id = self.known().inquiry_id
        if inquiry_id is None:
            return InquiryAnswer(reason="no inquiry is prepared")
        try:
            return await workflow.execute_activity_method(
                EligibilityActivities.inquire_eligibility,
                InquiryStep(practice_id=self._practice_id, inquiry_id=inquiry_id, at=self.now()),
                summary="Ask the payer about eligibility (270/271)",
                **PARTNER_CALL,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return InquiryAnswer(reason="the inquiry could not be sent")

    async def prepare_claim(self, answer_id: str | None = None) -> None:
        """Steps 3 to 5: coding, charges and edits, up to a clean claim that waits for its batch."""
        step = self.step(answer_id)
        self.note(
            await take_step(EncounterActivities.prepare_claim, step, Standing, "Code, charge and scrub the claim")
        )

    async def ask_about_claim(self) -> None:
        """Step 6, when the payer is silent: ask what became of the claim (276), and read the stored answer (277)."""
        answer = await self.inquire_status()
        step = self.step(answer.message_id).model_copy(
            update={"reason": answer.reason, "is_refused": answer.is_refused}
        )
        self.note(await take_step(EncounterActivities.read_status_answer, step, Standing, "Read the payer's answer"))

    async def inquire_status(self) -> InquiryAnswer:
        """One bounded call; every outcome is a value."""
        inquiry_id = self.known().inquiry_id
        if inquiry_id is None:
            return InquiryAnswer(reason="no inquiry is prepared")
        try:
            return await workflow.execute_activity_method(
                ClaimStatusActivities.inquire_claim_status,
                InquiryStep(practice_id=self._practice_id, inquiry_id=inquiry_id, at=self.now()),
                summary="Ask the payer what has become of the claim (276/277)",
                **PARTNER_CALL,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return InquiryAnswer(reason="the inquiry could not be sent")

    async def bill_next_payer(self) -> None:
        """Steps 2 to 5 once more, for the patient's next policy; what was decided before goes with the claim."""
        step = take_step(EncounterActivities.bill_next_payer, self.step(), Standing, "Bill the patient's next policy")
        self.note(await step)

    async def wait(self) -> None:
        """Wait for a fact, a person, or the earliest entry of the agenda: the only timer there is."""
        if self.has_work() or self.known().step != Step.WAIT:
            return
        self.show()
        if self.is_finished():
            return
        item = self.known().next_item
        if item is None:
            await workflow.wait_condition(self.has_work)
            return
        left = max(item.due_at - workflow.now(), SHORTEST_WAIT)
        summary = f"Until {item.due_at:%Y-%m-%d %H:%M} UTC: {WORDS[item.reason]} ({item.owner.replace('_', ' ')})"
        try:
            await workflow.wait_condition(self.has_work, timeout=left, timeout_summary=summary)
        except TimeoutError:
            workflow.logger.debug("the agenda is due")

    async def continue_as_new_when_long(self) -> None:
        """The one continue-as-new point: nothing unread and nobody waiting for an answer may be lost."""
        if not is_new_run_due():
            return
        if self.known().step != Step.WAIT or not await self.is_quiet():
            return
        workflow.continue_as_new(
            StartEncounter(
                practice_id=self._practice_id,
                encounter_id=self._encounter_id,
                carried=Carried(standing=self.known(), story=tuple(self._story)),
            ),
            initial_versioning_behavior=CURRENT_BUILD,
        )

    async def carry_out(self, command: Command) -> Answer:
        """Put a command in the queue and wait for the loop's answer."""
        self._commands.append(command)
        await workflow.wait_condition(lambda: command.command_key in self._answers)
        return self._answers[command.command_key]

    async def is_at_the_end(self) -> bool:
        """Closed, nothing unread, and every caller has an answer: the inbox is looked at once more before the end."""
        return self.is_finished() and await self.is_quiet() and self.is_finished()

    async def is_quiet(self) -> bool:
        """Let callers pick up their answers. False when there is work again: a handler waits for the loop, never the
        loop for a handler that has something to be done.
        """
        await workflow.wait_condition(lambda: self.has_work() or workflow.all_handlers_finished())
        return not self.has_work()

    def has_work(self) -> bool:
        """Whether the loop has something to do before it may wait."""
        return self._facts_wait or bool(self._commands)

    def is_finished(self) -> bool:
        """Closed, and nothing came meanwhile."""
        return self.known().stage == Stage.CLOSED and self.known().step == Step.WAIT and not self.has_work()

    def known(self) -> Standing:
        """The last verdict."""
        assert self._standing is not None, "the first step loads it"
        return self._standing

    def note(self, standing: Standing) -> None:
        """Keep a verdict and tell its story on the encounter's page in the Temporal UI."""
        self._standing = standing
        if standing.at is not None:
            self._latest_cause = max(self._latest_cause or standing.at, standing.at)
        self._story = [*self._story, *standing.said][-12:]
        workflow.set_current_details(details_of(standing, self._story))

    def show(self) -> None:
        """Bring the search attributes up to date, once per turn and only when something changed."""
        changed = attributes_of(self.known(), self._shown)
        if changed:
            workflow.upsert_search_attributes(changed)
        self._shown = self.known()

    def now(self) -> datetime:
        """Business time: the workflow's clock, and never before what caused this turn."""
        now = workflow.now()
        return max(now, self._latest_cause) if self._latest_cause is not None else now

    def step(self, message_id: str | None = None) -> EncounterStep:
        """The input of a step taken now."""
        return EncounterStep(
            practice_id=self._practice_id, encounter_id=self._encounter_id, at=self.now(), message_id=message_id
        )

    def command_step(self, command: Command) -> CommandStep:
        """The input of a command carried out now."""
        return CommandStep(
            practice_id=self._practice_id,
            encounter_id=self._encounter_id,
            at=self.now(),
            complete_task=command if isinstance(command, CompleteTask) else None,
            place_hold=command if isinstance(command, PlaceHold) else None,
            release_hold=command if isinstance(command, ReleaseHold) else None,
        )
