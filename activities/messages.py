"""Everything that travels between workflows, activities and clients: ids, cents, codes of state and instants only.

One message in, one message out. New fields come with defaults, so that running workflows can still read old ones.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from billing.deadlines import Reason
from billing.roles import Role
from billing.stages import Stage, Step
from billing.statement_runs import RunStep
from billing.tasks import TaskType


class Message(BaseModel):
    """The base of all messages: frozen, tolerant of unknown fields, silent about its input when it fails."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class StartEncounter(Message):
    """Ids only: the state is loaded from the database. `carried` is set by continue-as-new alone."""

    practice_id: str
    encounter_id: str
    carried: "Carried | None" = None


class AgendaItem(Message):
    """One instant with a meaning."""

    reason: Reason
    due_at: datetime
    owner: Role
    """Who acts when nothing arrives"""


class OpenTask(Message):
    """A task that waits for a person."""

    task_id: str
    type: TaskType
    role: Role
    due_at: datetime
    escalation: int = 0


class Standing(Message):
    """Where an encounter stands, as the database says: the recorded verdict that the workflow branches on."""

    practice_id: str
    encounter_id: str
    version: int
    stage: Stage
    step: Step
    """What the office does next by itself"""
    waiting_on: str
    agenda: tuple[AgendaItem, ...] = ()
    open_tasks: tuple[OpenTask, ...] = ()
    on_hold: bool = False
    payer_id: str
    owed_cents: int = 0
    patient_owed_cents: int = 0
    inquiry_id: str | None = None
    """The prepared 270, when the step is to verify; the prepared 276, when it is to ask what became of the claim"""
    at: datetime | None = None
    """The instant the step was dated: later ones are never dated before it"""
    has_facts: bool = False
    """Facts are stored that were not absorbed yet"""
    said: tuple[str, ...] = ()
    """What this transaction did, in words without names: shown as the story in the Temporal UI"""

    @property
    def is_closed(self) -> bool:
        return self.stage == Stage.CLOSED and self.step == Step.WAIT

    @property
    def next_item(self) -> AgendaItem | None:
        """The earliest entry of the agenda."""
        return min(self.agenda, key=lambda item: item.due_at, default=None)


class Carried(Message):
    """What continue-as-new takes along."""

    standing: Standing
    story: tuple[str, ...] = ()


class FactsArrived(Message):
    """Signal: facts are stored for this encounter. Ids only; empty means: look at yourself."""

    fact_ids: tuple[str, ...] = ()
    at: datetime | None = None
    """The latest cause's instant: nothing is dated before what caused it"""


class EncounterStep(Message):
    """Input of every step on one encounter."""

    practice_id: str
    encounter_id: str
    at: datetime
    message_id: str | None = None
    """The stored answer that the step reads"""
    reason: str = ""
    """Why there is no answer, where none came"""
    is_refused: bool = False
    """The question was refused for good: asking again brings the same"""


class InquiryStep(Message):
    """Send a prepared 270 or 276."""

    practice_id: str
    inquiry_id: str
    at: datetime


class InquiryAnswer(Message):
    """The stored answer's id; None: the payer was not reached."""

    message_id: str | None = None
    reason: str = ""
    is_refused: bool = False
    """Asking the same again brings the same"""


class CompleteTask(Message):
    """Update: a person finished a task. What was typed is stored under `form_id`."""

    command_key: str
    body_sha256: str
    actor_id: str
    task_id: str
    form_id: str


class PlaceHold(Message):
    """Update: nothing is sent for this encounter until the hold is released or its day comes."""

    command_key: str
    body_sha256: str
    actor_id: str
    until: datetime
    form_id: str
    """Where the reason is stored"""


class ReleaseHold(Message):
    """Update: go on."""

    command_key: str
    body_sha256: str
    actor_id: str


class CommandStep(Message):
    """Carry out one command in one transaction. Exactly one of the three is set."""

    practice_id: str
    encounter_id: str
    at: datetime
    complete_task: CompleteTask | None = None
    place_hold: PlaceHold | None = None
    release_hold: ReleaseHold | None = None


class Answer(Message):
    """What became of a command."""

    done: bool
    code: str
    """done, or why not: task_not_open, invalid, needs_second_person ..."""
    message: str
    faults: tuple[tuple[str, str], ...] = ()
    """(field, what is wrong) of a refused form"""


class CommandResult(Message):
    """The answer, and where the encounter stands now."""

    answer: Answer
    standing: Standing


class EncounterClosed(Message):
    """Result of the workflow: nobody owes anything."""

    encounter_id: str
    closed_at: datetime


class StartAccount(Message):
    """Ids only: the account is loaded from the database."""

    practice_id: str
    patient_id: str


class BalanceChanged(Message):
    """Signal: the ledger moved on this account, in either direction. Without amounts: look at yourself."""

    at: datetime | None = None


class AccountStep(Message):
    """Input of every step on one account."""

    practice_id: str
    patient_id: str
    at: datetime


class CardErrand(Message):
    """Something that the card processor is to be asked for a payment plan."""

    kind: str
    """billing.kept_cards.Errand"""
    subject_id: str
    """The checkout that is charged or taken back, or the card that is kept no longer"""


class AccountStanding(Message):
    """Where an account stands, as the database says."""

    version: int
    owed_cents: int = 0
    next_at: datetime | None = None
    """When something happens by itself; None: nothing does"""
    is_paused: bool = False
    open_tasks: int = 0
    at: datetime | None = None
    said: tuple[str, ...] = ()
    errands: tuple[CardErrand, ...] = ()
    """What the card processor is to be asked now"""

    @property
    def is_settled(self) -> bool:
        """Nothing is owed and nobody is asked anything."""
        return self.owed_cents == 0 and not self.open_tasks and not self.is_paused and not self.errands


class AccountSettled(Message):
    """Result of the workflow: nothing is owed on the account now."""

    patient_id: str
    settled_at: datetime


class StartComingVisit(Message):
    """Look after the coverage of an appointment."""

    practice_id: str
    appointment_id: str


class AppointmentChanged(Message):
    """Signal: the appointment, or the patient's coverage, may have changed."""

    at: datetime | None = None


class ComingVisitStep(Message):
    """Input of every step on one appointment."""

    practice_id: str
    appointment_id: str
    at: datetime
    message_id: str | None = None
    """The payer's stored answer, where one came"""
    was_silent: bool = False
    """The payer was asked and gave none"""


class ComingVisitStanding(Message):
    """Where a coming visit stands, as the database says."""

    day: str = ""
    """The appointment's, YYYY-MM-DD"""
    is_over: bool = False
    """The patient came, or nobody comes any more"""
    coverage: str = ""
    """What the last check said, in words"""
    inquiry_id: str | None = None
    """A 270 that is to be sent now"""
    next_at: datetime | None = None
    open_tasks: int = 0
    at: datetime | None = None
    said: tuple[str, ...] = ()


class StartBatch(Message):
    """Take the ready claims of one practice for one partner."""

    practice_id: str
    partner_id: str
    batch_id: str
    at: datetime


class BatchStep(Message):
    """Input of every step on one batch."""

    practice_id: str
    partner_id: str
    batch_id: str
    at: datetime


class BatchStanding(Message):
    """How far a batch has come."""

    state: str
    """empty, prepared, transmitted, accepted, rejected, failed"""
    claim_count: int = 0
    acknowledgment_due_at: datetime | None = None


class Transmission(Message):
    """What the partner said to an interchange."""

    receipt_id: str | None = None
    """None: not reached, or refused"""
    received_at: datetime | None = None
    refused: bool = False
    """True: a final no (4xx); False with no receipt: try again"""
    reason: str = ""
    retry_after_seconds: int = 0


class ReceiptStep(Message):
    """Store what the partner said."""

    practice_id: str
    partner_id: str
    batch_id: str
    at: datetime
    transmission: Transmission


class StartResubmission(Message):
    """Claims that somebody chose and confirmed go again."""

    practice_id: str
    resubmission_id: str
    at: datetime


class ResubmissionStep(Message):
    """Input of every step of one bulk resubmission."""

    practice_id: str
    resubmission_id: str
    at: datetime


class ResubmissionStanding(Message):
    """How far a bulk resubmission has come."""

    waiting: int
    """Claims that have not had their turn"""
    next_at: datetime | None = None
    """When the next ones have theirs; None: it has ended"""


class StartStatementRun(Message):
    """Papers to patients that wait are set, and sent."""

    practice_id: str
    run_id: str
    at: datetime


class StatementRunStep(Message):
    """Input of every step of one run of statements."""

    practice_id: str
    run_id: str
    at: datetime


class StatementRunStanding(Message):
    """How far a run of statements has come, and what it does next."""

    step: RunStep
    next_at: datetime | None = None
    """When a mail server that was not ready is tried again"""
    taken: int = 0
    waiting: int = 0
    """Papers that are neither in the file nor sent"""
    in_file: int = 0
    handed_over: int = 0
    """E-mails that the mail server took"""
    kept: int = 0
    """Papers that stay here, each with its reason"""


class StatementRunsBegun(Message):
    """What the plan began."""

    runs: int


class StartRemittance(Message):
    """One 835 transaction for one payee."""

    practice_id: str
    remittance_id: str
    at: datetime


class RemittanceStep(Message):
    """Input of every step on one remittance."""

    practice_id: str
    remittance_id: str
    at: datetime


class RemittanceStanding(Message):
    """How far a remittance has come."""

    state: str
    open_rows: int = 0
    unmatched_rows: int = 0
    row_count: int = 0
    unapplied_cents: int = 0


class StartMailbox(Message):
    """Fetch and file what a partner has for us."""

    partner_id: str


class MailStep(Message):
    """Fetch the next page of a mailbox."""

    partner_id: str


class MailFetched(Message):
    """What is stored now."""

    stored: int = 0
    more: bool = False
    reason: str = ""
    """Why the mailbox could not be read, if so"""


class FileStep(Message):
    """File what is stored and not yet filed."""

    partner_id: str | None = None


class Filed(Message):
    """How many messages were filed, and how many could not be."""

    filed: int = 0
    failed: int = 0
    more: bool = False


class ReconcileStep(Message):
    """Compare the database with the engine."""

    at: datetime


class Reconciled(Message):
    """What was mended."""

    started: int = 0
    woken: int = 0
    batches: int = 0
