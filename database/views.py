"""What people see of an encounter: one view model for the API and the workbench, read in one snapshot.

Every query takes the practice. Money is in cents; who may see a view is decided before it is asked for.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.claim import PURPOSES, Claim, Name
from billing.deadlines import WORDS, Reason
from billing.hospital_words import HospitalFact, hospital_facts
from billing.ledger import ADJUSTMENTS, APPLYING, RECEIVABLES, Account
from billing.stages import CHANGING, DISPUTING, WAITING_ON, Stage
from database import (
    amendments,
    encounters,
    ledger,
    letters,
    merges,
    moves,
    notes,
    patient_names,
    patients,
    payment_views,
    records,
    stories,
    variances,
    worklists,
)
from database.amendment_views import AmendmentView, PolicyView, amendments_of, policies_of
from database.folding import found_by
from database.group_views import GroupView, group_of
from database.letters import LetterRow
from database.notes import NoteSubject, NoteView
from database.paging import older
from database.payment_views import PaymentView
from database.stories import Event
from database.submissions import formerly_named
from database.tables import (
    AgendaEntry,
    Benefits,
    Encounter,
    Journal,
    Patient,
    Payer,
    Posting,
    Submission,
    Task,
)
from database.worklists import TaskRow


@dataclass(frozen=True, slots=True)
class EncounterRow:
    """One line of the list of encounters."""

    id: str
    external_id: str
    patient: str
    payer: str
    service_date: date
    stage: Stage
    waiting_on: str
    on_hold: bool
    charge_cents: int
    owed_cents: int
    known_before: tuple[str, ...] = ()
    """Other names by which this search found the patient, of patients who were merged into this one"""


@dataclass(frozen=True, slots=True)
class EncounterPage:
    """A page of encounters."""

    items: list[EncounterRow]
    next_after: str | None
    """Give it back as `after` for the next page; None: this was the last"""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What was given up on a line, by the payer's code."""

    code: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class LineMoney:
    """The money of one service line: charge = payer_paid + adjustments + patient_paid + open."""

    ordinal: int
    procedure: str
    modifiers: tuple[str, ...]
    service_date: date
    charge_cents: int
    payer_paid_cents: int
    adjustments: tuple[Adjusted, ...]
    patient_share_cents: int
    """What became the patient's to pay"""
    patient_paid_cents: int
    open_cents: int
    """What payer and patient still owe"""


@dataclass(frozen=True, slots=True)
class AgendaView:
    """What happens by itself, and when."""

    reason: Reason
    words: str
    due_at: datetime
    owner: str


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """One claim sent, with the dates of its progress."""

    control_number: str
    encounter_id: str
    ordinal: int
    payer: str
    purpose: str
    """original, replacement or void (CLM05-3)"""
    state: str
    ready_at: datetime
    transmitted_at: datetime | None
    syntax_accepted_at: datetime | None
    clearinghouse_accepted_at: datetime | None
    payer_accepted_at: datetime | None
    rejected_at: datetime | None
    adjudicated_at: datetime | None
    payer_claim_number: str | None
    first_submitted_at: datetime | None
    """When another system sent it first; None: it left from here"""
    old_numbers: list[str]
    """Under which that system had sent it, and its payer knows it"""


@dataclass(frozen=True, slots=True)
class BenefitsView:
    """One eligibility answer."""

    answered_at: datetime
    verdict: str
    copay_cents: int | None
    deductible_remaining_cents: int | None
    coinsurance: str | None
    is_qmb: bool
    by_telephone: bool


@dataclass(frozen=True, slots=True)
class EncounterView:
    """Everything the encounter's page shows."""

    id: str
    version: int
    external_id: str
    stage: Stage
    waiting_on: str
    on_hold: bool
    hold_reason: str | None
    patient_id: str
    patient: str
    birth_date: date | None
    payer: str
    member_id: str | None
    billing_provider: str
    diagnoses: tuple[str, ...]
    hospital: tuple[HospitalFact, ...]
    """What an institutional visit says besides; empty: a professional one"""
    service_date: date
    created_at: datetime
    closed_at: datetime | None
    charge_cents: int
    owed_cents: int
    patient_owed_cents: int
    unapplied_cents: int
    """Money of the patient that no balance has taken yet"""
    lines: list[LineMoney]
    agenda: list[AgendaView]
    tasks: list[TaskRow]
    is_self_pay: bool
    is_void: bool
    amendments: list[AmendmentView]
    policies: list[PolicyView]
    """In the order in which they pay"""
    group: GroupView
    submissions: list[SubmissionView]
    benefits: list[BenefitsView]
    letters: list[LetterRow]
    payments: list[PaymentView]
    refunded_cents: int
    notes: list[NoteView]
    timeline: list[Event]
    next_action: AgendaView | None = field(default=None)


def encounter_page(
    session: Session, *, practice_id: str, stage: Stage | None, after: str | None, limit: int
) -> EncounterPage:
    """A page of the practice's encounters by id."""
    rows = encounters.page(session, practice_id=practice_id, stage=stage, after=after, limit=limit + 1)
    return EncounterPage(_rows(session, practice_id, rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def newest_encounters(
    session: Session, *, practice_id: str, stage: Stage | None, text: str, before: str | None, limit: int
) -> EncounterPage:
    """Encounters, the one opened last first, from behind the one with the id `before` on.

    `text`: the patient's name as `patients.named` reads it, or a whole visit or control number. Raises NotACursor.
    """
    query = select(Encounter).where(Encounter.practice_id == practice_id)
    if stage is not None:
        query = query.where(Encounter.stage == stage)
    before_merges: dict[str, tuple[str, ...]] = {}
    if text.strip(" ,"):
        people = found_by(col(Patient.id), patients.named(practice_id, text.strip()))
        before_merges = merges.known_before(session, people, practice_id=practice_id)
        query = query.where(found_by(col(Encounter.id), _ways_to(practice_id, text.strip(), before_merges)))
    at, opened_at = col(Encounter.id), col(Encounter.created_at)
    if before is not None:
        last = encounters.find(session, practice_id=practice_id, encounter_id=before)
        if last is None:
            raise worklists.NotACursor("before")
        query = query.where(older(opened_at, at, than_at=last.created_at, than_id=last.id))
    rows = session.exec(query.order_by(opened_at.desc(), at.desc()).limit(limit + 1)).all()
    shown = _rows(session, practice_id, rows[:limit], before_merges)
    return EncounterPage(shown, rows[limit - 1].id if len(rows) > limit else None)


def _ways_to(practice_id: str, text: str, kept: Collection[str]) -> list[SelectOfScalar[str]]:
    """Visits by their patient's name or by a number; `kept`: patients who were known by it before."""
    theirs = select(Encounter.id).where(Encounter.practice_id == practice_id)
    spellings = {text, text.upper()}
    sent = select(Submission.encounter_id).where(
        Submission.practice_id == practice_id, col(Submission.control_number).in_(spellings)
    )
    return [
        theirs.where(found_by(col(Encounter.patient_id), patients.named(practice_id, text))),
        theirs.where(col(Encounter.patient_id).in_(kept)),
        theirs.where(col(Encounter.external_id).in_(spellings)),
        sent,
        formerly_named(practice_id, text),
    ]


def _rows(
    session: Session, practice_id: str, shown: Sequence[Encounter], before: Mapping[str, tuple[str, ...]] | None = None
) -> list[EncounterRow]:
    ids = [row.id for row in shown]
    owed = _owed(session, practice_id, ids)
    waiting = _waiting_on(session, practice_id, ids)
    people = _patients(session, {row.patient_id for row in shown})
    payers = _payers(session, {row.payer_id for row in shown})
    return [
        EncounterRow(
            id=row.id,
            external_id=row.external_id,
            patient=patient_names.name_of(people[row.patient_id]),
            payer=payers[row.payer_id].name,
            service_date=row.service_date,
            stage=Stage(row.stage),
            waiting_on=waiting.get(row.id, WAITING_ON[Stage(row.stage)]),
            on_hold=row.on_hold,
            charge_cents=row.charge_cents,
            owed_cents=owed.get(row.id, 0),
            known_before=(before or {}).get(row.patient_id, ()),
        )
        for row in shown
    ]


def encounter(session: Session, *, practice_id: str, encounter_id: str) -> EncounterView | None:
    """The whole encounter as its page shows it; None when the practice has no such encounter."""
    row = encounters.find(session, practice_id=practice_id, encounter_id=encounter_id)
    if row is None:
        return None
    claim = encounters.claim_of(row)
    balances = ledger.balances(session, practice_id=practice_id, encounter_id=encounter_id)
    agenda = [_agenda(entry) for entry in encounters.agenda(session, row.id)]
    tasks = worklists.tasks_of(session, practice_id=practice_id, subject_id=row.id)
    return EncounterView(
        id=row.id,
        version=row.version,
        external_id=row.external_id,
        stage=Stage(row.stage),
        waiting_on=_waiting_on(session, practice_id, [row.id]).get(row.id, WAITING_ON[Stage(row.stage)]),
        on_hold=row.on_hold,
        hold_reason=row.hold_reason,
        patient_id=row.patient_id,
        patient=patient_names.name_of(session.get_one(Patient, row.patient_id)),
        birth_date=claim.patient.birth_date,
        payer=session.get_one(Payer, row.payer_id).name,
        member_id=claim.coverage.member_id,
        billing_provider=claim.billing_provider.name.last,
        diagnoses=tuple(one.code for one in claim.coded_diagnoses),
        hospital=hospital_facts(claim),
        service_date=row.service_date,
        created_at=row.created_at,
        closed_at=row.closed_at,
        charge_cents=row.charge_cents,
        owed_cents=balances.owed_cents,
        patient_owed_cents=balances.total(Account.AR_PATIENT),
        unapplied_cents=-balances.total(Account.PATIENT_UNAPPLIED),
        lines=_lines(session, row, claim),
        agenda=agenda,
        tasks=tasks,
        is_self_pay=row.is_self_pay,
        is_void=row.is_void,
        amendments=amendments_of(session, row.id),
        policies=policies_of(session, row, claim),
        group=group_of(session, row),
        submissions=submissions(session, practice_id=practice_id, encounter_id=row.id),
        benefits=_benefits(session, row),
        letters=list(letters.of_encounter(session, row.id)),
        payments=payment_views.of_visit(session, row),
        refunded_cents=payment_views.refunded_cents(session, row),
        notes=notes.of(session, practice_id=practice_id, subject=NoteSubject.ENCOUNTER, subject_id=row.id),
        timeline=stories.story(encounters.timeline(session, practice_id=practice_id, encounter_id=row.id), tasks),
        next_action=agenda[0] if agenda else None,
    )


def submissions(session: Session, *, practice_id: str, encounter_id: str) -> list[SubmissionView]:
    """Every submission of one encounter, oldest first."""
    query = select(Submission, Payer).join(Payer, col(Payer.id) == col(Submission.payer_id))
    rows = session.exec(
        query.where(Submission.practice_id == practice_id, Submission.encounter_id == encounter_id).order_by(
            col(Submission.ordinal)
        )
    )
    return [_submission(session, row, payer) for row, payer in rows]


def submission(session: Session, *, practice_id: str, control_number: str) -> SubmissionView | None:
    """The submission with this control number (CLM01), or None."""
    row = session.get(Submission, control_number)
    if row is None or row.practice_id != practice_id:
        return None
    return _submission(session, row, session.get_one(Payer, row.payer_id))


def _lines(session: Session, row: Encounter, claim: Claim) -> list[LineMoney]:
    sides: dict[str | None, list[tuple[Journal, Posting]]] = defaultdict(list)
    for journal, posting in ledger.journal_of_encounter(session, practice_id=row.practice_id, encounter_id=row.id):
        sides[posting.line_id].append((journal, posting))
    count = len(claim.lines)
    known = [one for one in encounters.lines(session, row) if one.ordinal <= count or _leaves_something(sides[one.id])]
    money = [_line_money(line.ordinal, claim, sides[line.id]) for line in known]
    return [_without_charge(one) for one in money] if row.is_void else money


def _leaves_something(sides: Sequence[tuple[Journal, Posting]]) -> bool:
    """Whether an amount stands on a line that the claim has no more."""
    by_account: dict[str, int] = defaultdict(int)
    for _, posting in sides:
        by_account[posting.account] += posting.amount_cents
    return any(by_account.values())


def _without_charge(one: LineMoney) -> LineMoney:
    """A line of a void visit: its charge was taken back, or never posted."""
    known = one.payer_paid_cents + sum(each.amount_cents for each in one.adjustments)
    voided = one.charge_cents - known - one.patient_paid_cents - one.open_cents
    return replace(one, adjustments=(*one.adjustments, Adjusted("void", voided))) if voided else one


def _line_money(ordinal: int, claim: Claim, sides: Sequence[tuple[Journal, Posting]]) -> LineMoney:
    line = claim.lines[ordinal - 1] if ordinal <= len(claim.lines) else None
    by_account: dict[str, int] = defaultdict(int)
    adjusted: dict[str, int] = defaultdict(int)
    patient_paid = 0
    for journal, posting in sides:
        by_account[posting.account] += posting.amount_cents
        if posting.account in ADJUSTMENTS:
            adjusted[posting.detail or posting.account] += posting.amount_cents
        if posting.account == Account.BAD_DEBT:
            adjusted["bad debt"] += posting.amount_cents
        if posting.account == Account.AR_PATIENT and journal.kind in APPLYING:
            patient_paid -= posting.amount_cents
    return LineMoney(
        ordinal=ordinal,
        procedure=line.listed if line else "no longer on this claim",
        modifiers=line.modifiers if line else (),
        service_date=line.service_date if line else claim.service_from,
        charge_cents=line.charge_cents if line else 0,
        payer_paid_cents=by_account[Account.CASH_UNAPPLIED],
        adjustments=tuple(Adjusted(code, cents) for code, cents in sorted(adjusted.items()) if cents),
        patient_share_cents=by_account[Account.AR_PATIENT] + patient_paid,
        patient_paid_cents=patient_paid,
        open_cents=sum(by_account[account] for account in RECEIVABLES),
    )


def _benefits(session: Session, row: Encounter) -> list[BenefitsView]:
    rows = session.exec(
        select(Benefits).where(Benefits.encounter_id == row.id).order_by(col(Benefits.answered_at).desc())
    )
    return [
        BenefitsView(
            one.answered_at,
            one.verdict,
            one.copay_cents,
            one.deductible_remaining_cents,
            one.coinsurance,
            one.is_qmb,
            by_telephone=one.message_id is None,
        )
        for one in rows
    ]


def _submission(session: Session, row: Submission, payer: Payer) -> SubmissionView:
    aliases = moves.aliases_of(session, row.encounter_id) if row.first_submitted_at else {}
    return SubmissionView(
        control_number=row.control_number,
        encounter_id=row.encounter_id,
        ordinal=row.ordinal,
        payer=payer.name,
        purpose=PURPOSES.get(records.load(Claim, row.claim).frequency, "original"),
        state=row.state,
        ready_at=row.ready_at,
        transmitted_at=row.transmitted_at,
        syntax_accepted_at=row.syntax_accepted_at,
        clearinghouse_accepted_at=row.clearinghouse_accepted_at,
        payer_accepted_at=row.payer_accepted_at,
        rejected_at=row.rejected_at,
        adjudicated_at=row.adjudicated_at,
        payer_claim_number=row.payer_claim_number,
        first_submitted_at=row.first_submitted_at,
        old_numbers=[old for old, own in aliases.items() if own == row.control_number],
    )


def _agenda(row: AgendaEntry) -> AgendaView:
    reason = Reason(row.reason)
    return AgendaView(reason, WORDS[reason], row.due_at, row.owner)


def _owed(session: Session, practice_id: str, ids: Sequence[str]) -> dict[str, int]:
    rows = session.exec(
        select(Posting.encounter_id, func.sum(Posting.amount_cents))
        .where(
            Posting.practice_id == practice_id,
            col(Posting.encounter_id).in_(ids),
            col(Posting.account).in_([account.value for account in RECEIVABLES]),
        )
        .group_by(col(Posting.encounter_id))
    )
    return {encounter_id or "": int(cents) for encounter_id, cents in rows}


def _waiting_on(session: Session, practice_id: str, ids: Sequence[str]) -> dict[str, str]:
    """The role of the most urgent open task, for encounters that have one; the payer, while a change is under way, or
    once nothing is owed and it was asked to correct what it allowed."""
    rows = session.exec(
        select(Task.subject_id, Task.role)
        .where(Task.practice_id == practice_id, Task.state == "open", col(Task.subject_id).in_(ids))
        .order_by(col(Task.due_at).desc())
    )
    asked = {subject_id: role.replace("_", " ") for subject_id, role in rows}
    disputed = variances.disputed(session, ids)
    owed = _owed(session, practice_id, sorted(disputed)) if disputed else {}
    awaited = (one for one in disputed if not owed.get(one))
    return dict.fromkeys(awaited, DISPUTING) | dict.fromkeys(amendments.changing(session, ids), CHANGING) | asked


def _patients(session: Session, ids: set[str]) -> dict[str, Patient]:
    return {row.id: row for row in session.exec(select(Patient).where(col(Patient.id).in_(ids)))}


def _payers(session: Session, ids: set[str]) -> dict[str, Payer]:
    return {row.id: row for row in session.exec(select(Payer).where(col(Payer.id).in_(ids)))}


def person_name(name: Name) -> str:
    """`Last, First`."""
    return ", ".join(part for part in (name.last, name.first) if part)
