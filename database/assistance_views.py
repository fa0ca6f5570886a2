"""What pages and programs see of applications for help, the scale and the guidelines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from billing import help_letter_words, help_words
from billing.assistance import OPEN, STATE_WORDS, Per, Scale, State, Way
from billing.ledger import Account
from billing.poverty_guidelines import PUBLISHED, Region, in_force
from billing.statement_words import Language
from database import assistance, households, patient_names, records, users
from database.account_holds import PATIENT
from database.registrations import read_by
from database.tables import AssistanceApplication, Patient, Posting


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One application on a list."""

    id: str
    account_id: str
    patient: str
    state: State
    words: str
    received_on: date
    way: Way
    last_day: date | None
    """To answer, or of visits that it covers; None: none is set"""
    help: str
    """`75 percent off`; empty: none"""
    taken_off_cents: int
    """By now"""
    why: str


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application, whole."""

    row: ApplicationRow
    received_by: str
    applicant: str
    household_size: int | None
    income_cents: int | None
    income_per: Per
    insurance: str
    said: str
    missing: list[str]
    """What was asked for last"""
    answer_by: date | None
    reasoning: list[str]
    """How the scale comes to what it says now"""
    proposed: str
    """What the scale says now; empty: nothing is known to say"""
    is_confirmed: bool
    """Whether the practice confirmed the guideline"""
    documents: list[str]
    """What the policy asks for"""
    basis: list[str]
    """Why it was decided so"""
    percent_of_level: int | None
    decided_by: str
    decided_at: datetime | None
    is_alone: bool
    letters_in: Language
    """What the patient reads, and so what a person who writes to them writes"""

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN


@dataclass(frozen=True, slots=True)
class ScaleView:
    """One row of the policy."""

    id: str
    effective_from: date
    is_in_force: bool
    scale: Scale
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class GuidelineView:
    """A year's guideline for a region as it counts for the practice."""

    year: int
    region: Region
    effective_from: date
    first_cents: int
    each_more_cents: int
    source: str
    is_confirmed: bool
    is_in_force: bool


def page(session: Session, *, practice_id: str, states: Sequence[State], limit: int) -> list[ApplicationRow]:
    """Applications in these states: those with the nearest last day first."""
    query = select(AssistanceApplication).where(
        AssistanceApplication.practice_id == practice_id, col(AssistanceApplication.state).in_(states)
    )
    rows = session.exec(query.order_by(col(AssistanceApplication.received_at).desc()).limit(limit)).all()
    return sorted(_rows(session, rows), key=lambda one: (one.last_day is None, one.last_day or date.max, one.id))


def of_account(session: Session, holder_id: str) -> list[ApplicationRow]:
    """Every application for an account, the newest first."""
    return _rows(session, assistance.of_account(session, holder_id))


def view(session: Session, row: AssistanceApplication) -> ApplicationView:
    """One application with what the scale says of it."""
    proposal, is_confirmed = assistance.proposal_for(session, row)
    scale = assistance.scale_on(session, practice_id=row.practice_id, on=row.received_on)
    names = users.names_of(session, {one for one in (row.received_by, row.decided_by) if one})
    no_help = "no help" if proposal and proposal.help is None else ""
    return ApplicationView(
        row=_rows(session, [row])[0],
        received_by="the patient" if row.received_by == PATIENT else names.get(row.received_by, "the office"),
        applicant=row.applicant,
        household_size=row.household_size,
        income_cents=row.income_cents,
        income_per=Per(row.income_per),
        insurance=row.insurance,
        said=row.said,
        missing=help_words.missing(row.missing, Language.ENGLISH),
        answer_by=row.answer_by,
        reasoning=help_letter_words.reasons(proposal.reasons) if proposal else [],
        proposed=proposal.help.words if proposal and proposal.help else no_help,
        is_confirmed=is_confirmed,
        documents=list(scale.documents) if scale else [],
        basis=help_letter_words.reasons(assistance.basis_of(row)),
        percent_of_level=row.percent_of_level,
        decided_by=names.get(row.decided_by or "", ""),
        decided_at=row.decided_at,
        is_alone=row.is_alone,
        letters_in=read_by(session.get_one(Patient, households.holder_of(session, row.patient_id))),
    )


def scales(session: Session, *, practice_id: str, today: date) -> list[ScaleView]:
    """Every row of the policy, the newest first."""
    rows = assistance.scales(session, practice_id)
    in_force_id = next((one.id for one in rows if one.effective_from <= today), None)
    names = users.names_of(session, {one.made_by for one in rows})
    return [
        ScaleView(
            one.id,
            one.effective_from,
            one.id == in_force_id,
            records.load(Scale, one.content),
            one.made_at,
            names.get(one.made_by, ""),
        )
        for one in rows
    ]


def guidelines(session: Session, *, practice_id: str, today: date) -> list[GuidelineView]:
    """One for each year and region, the newest year first."""
    own = assistance.own_guidelines(session, practice_id)
    known = {(one.year, one.region): one for one in (*PUBLISHED, *own)}
    return [
        GuidelineView(
            one.year,
            one.region,
            one.effective_from,
            one.first_cents,
            one.each_more_cents,
            one.source,
            one in own,
            one == in_force(known.values(), one.region, today),
        )
        for one in sorted(known.values(), key=lambda one: (-one.year, one.region))
    ]


def _rows(session: Session, rows: Sequence[AssistanceApplication]) -> list[ApplicationRow]:
    taken = {
        application: int(cents)
        for application, cents in session.exec(
            select(Posting.detail, func.sum(Posting.amount_cents))
            .where(Posting.account == Account.ADJUSTMENT_ASSISTANCE, col(Posting.detail).in_([one.id for one in rows]))
            .group_by(Posting.detail)
        )
    }
    found = []
    for one in rows:
        holder = households.holder_of(session, one.patient_id)
        patient = session.get_one(Patient, holder)
        given = assistance.help_of(one)
        found.append(
            ApplicationRow(
                one.id,
                holder,
                patient_names.name_of(patient),
                State(one.state),
                STATE_WORDS[State(one.state)],
                one.received_on,
                Way(one.way),
                one.answer_by or one.until,
                given.words if given else "",
                taken.get(one.id, 0),
                one.why,
            )
        )
    return found
