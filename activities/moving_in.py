"""An office moves here: looked at first, then taken over as one move that may be run again and changes nothing twice.

Every visit is one transaction: its opening balances, its claims under their old numbers, and its stage, so that its
workflow finds it where it stood. What a run did not come to, the next one does; nobody is asked for money before a
person has signed the move off.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from activities.known_patients import NotOnePatient, only_alike
from activities.moved_accounts import keep_accounts
from activities.moved_appointments import keep_appointments
from activities.moved_visits import Mover, move_visit
from billing.claim import Address
from billing.held_policies import HeldPolicy
from billing.money import format_dollars
from billing.moving import OLD_SYSTEM, MovedPatient, MovingOffice, Tie
from billing.moving_checks import MovingFault, faults_of, not_tied, notes_of, tied
from billing.opening import policy, registration
from billing.patients import contradicting
from billing.sent_visits import Known, SentNumber
from billing.tasks import NewTask, TaskType
from database import (
    audit,
    guarantor_patients,
    held_policies,
    known_parties,
    moves,
    practice,
    registrations,
    sent,
    tasks,
)
from database.engine import Database
from database.practice import EntityView, ProviderView
from database.tables import BillingEntity, Move, Patient
from interchange import moving_files


@dataclass(slots=True)
class MoveReport:
    """What is known of a move, and what a run did."""

    faults: list[MovingFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tie: Tie = field(default_factory=Tie)
    patients: int = 0
    lines: int = 0
    visits: Counter[str] = field(default_factory=Counter)
    """How many by what becomes of them (`billing.moving.VisitState`)"""
    taken_visits: int = 0
    """In this run"""
    known_visits: int = 0
    """Taken over by an earlier run"""
    move_id: str | None = None
    """None: nothing was written"""


class MoveNotWhole(RuntimeError):
    """The ledger does not say what the files said: a fault of this program, and the move is not ended."""


def look(database: Database, files: Mapping[str, bytes], *, practice_id: str, partner_id: str) -> MoveReport:
    """Everything that can be said without writing: faults, notes, and the old aging beside the lines."""
    with database.reading() as session:
        return _look(session, files, practice_id=practice_id, partner_id=partner_id)[0]


def move_in(
    database: Database, files: Mapping[str, bytes], *, practice_id: str, partner_id: str, at: datetime, by: str
) -> MoveReport:
    """Take the office over. Nothing is written while there is a fault; run again, it goes on where it was, and once all
    is taken over it writes nothing: what people have changed since stays."""
    with database.writing() as session:
        report, told = _look(session, files, practice_id=practice_id, partner_id=partner_id)
        if report.faults:
            return report
        move = _begin(session, files, told, report, practice_id=practice_id, at=at, by=by)
        report.move_id = move.id
        if move.ended_at is not None:
            report.known_visits = len(told.visits)
            return report
        mover = Mover(move.id, practice_id, partner_id, told, move.as_of, move.begun_at)
        _keep_providers(session, told, practice_id=practice_id)
    people = _move_patients(database, mover)
    with database.reading() as session:
        mover.known = known_parties.of_practice(session, practice_id=practice_id, partner_id=partner_id)
        taken = set(moves.visits(session, practice_id=practice_id))
    for visit in told.visits:
        if visit.number in taken:
            report.known_visits += 1
            continue
        with database.writing() as session:
            move_visit(session, mover, visit, people[visit.patient])
        report.taken_visits += 1
    keep_accounts(database, mover, people)
    keep_appointments(database, mover, people)
    _end(database, mover, report, at=at, by=by)
    return report


def digest_of(files: Mapping[str, bytes]) -> str:
    """What makes it the same move when it is run again."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return whole.hexdigest()


def _look(
    session: Session, files: Mapping[str, bytes], *, practice_id: str, partner_id: str
) -> tuple[MoveReport, MovingOffice]:
    told, faults = moving_files.read(files)
    report = MoveReport(faults, tie=tied(told), patients=len(told.patients), lines=len(told.lines))
    report.visits = Counter(one.state.value for one in told.visits)
    if not faults:
        faults += faults_of(told)
    if not faults and (fault := not_tied(report.tie)):
        faults.append(fault)
    report.notes += notes_of(told)
    move = moves.of_files(session, digest_of(files), practice_id=practice_id)
    if move is not None:
        report.notes.append("these files are taken over already" if move.ended_at else "an earlier run is gone on with")
    faults += _office_faults(session, told, move, practice_id=practice_id, partner_id=partner_id)
    return report, told


def _office_faults(
    session: Session, told: MovingOffice, move: Move | None, *, practice_id: str, partner_id: str
) -> list[MovingFault]:
    """What the files have against what the office has already."""
    faults = []
    begun = moves.unfinished(session, practice_id=practice_id)
    if begun is not None and (move is None or begun.id != move.id):
        words = "a move of other files has begun and not ended: run it again with the files that it began with"
        faults.append(MovingFault("lines.csv", 0, "", words))
    known = known_parties.of_practice(session, practice_id=practice_id, partner_id=partner_id)
    faults += _party_faults(session, told, known, practice_id=practice_id)
    visits = moves.visits(session, practice_id=practice_id)
    for visit in told.visits:
        row = visits.get(visit.number)
        if row is not None and (move is None or row.move_id != move.id):
            words = "a visit of this number moved here before: take it out"
            faults.append(MovingFault("lines.csv", visit.lines[0].line, "visit", words))
    aliases = moves.aliases(session, practice_id=practice_id)
    for claim in told.claims:
        owner = aliases.get(claim.control_number.upper())
        row = visits.get(claim.visit)
        if owner is not None and (row is None or row.encounter_id != owner):
            words = "another visit that moved here has this number: a payer's answer would fit both"
            faults.append(MovingFault("claims.csv", claim.line, "control_number", words))
    for patient in told.patients:
        try:
            _known(session, patient, practice_id=practice_id)
        except NotOnePatient as error:
            faults.append(MovingFault("patients.csv", patient.line, "patient", str(error)))
    return faults


def _party_faults(session: Session, told: MovingOffice, known: Known, *, practice_id: str) -> list[MovingFault]:
    faults = []
    billing = {one.npi for one in known.billing} | {one.npi for one in told.providers if one.kind == "billing"}
    rendering = {one.npi for one in known.rendering} | {one.npi for one in told.providers if one.kind == "rendering"}
    for one in told.providers:
        entity = session.get(BillingEntity, one.npi)
        if one.kind == "billing" and entity is not None and entity.practice_id != practice_id:
            words = "another practice of this installation bills under this NPI"
            faults.append(MovingFault("providers.csv", one.line, "npi", words))
    for visit in told.visits:
        line = visit.lines[0]
        if line.billing_npi is None and len(billing) != 1:
            words = "name who is billed under: " + ("set nobody up yet" if not billing else "the practice has several")
            faults.append(MovingFault("lines.csv", line.line, "billing_npi", words))
        elif line.billing_npi is not None and line.billing_npi not in billing:
            words = "nobody is billed under this NPI: add them to providers.csv, or set them up"
            faults.append(MovingFault("lines.csv", line.line, "billing_npi", words))
        if line.rendering_npi is not None and line.rendering_npi not in rendering:
            words = "nobody of this NPI sees patients here: add them to providers.csv, or set them up"
            faults.append(MovingFault("lines.csv", line.line, "rendering_npi", words))
    return faults


def _known(session: Session, patient: MovedPatient, *, practice_id: str) -> Patient | None:
    """The patient, if the office has them: by the old number, else by name and birth date. Raises NotOnePatient."""
    told = registration(patient)
    found = sent.patient_numbered(session, [SentNumber(OLD_SYSTEM, patient.patient)], practice_id=practice_id)
    if found is None:
        return only_alike(session, told, practice_id=practice_id)
    if {"last_name", "birth_date"} <= set(contradicting(registrations.of_row(found), told)):
        raise NotOnePatient("is another patient's number here, by last name and birth date: put one of them right")
    return found


def _begin(
    session: Session,
    files: Mapping[str, bytes],
    told: MovingOffice,
    report: MoveReport,
    *,
    practice_id: str,
    at: datetime,
    by: str,
) -> Move:
    digest = digest_of(files)
    known = moves.of_files(session, digest, practice_id=practice_id)
    if known is not None:
        return known
    move = moves.begin(session, report.tie, told, practice_id=practice_id, digest=digest, at=at, by=by)
    audit.record(
        session, practice_id=practice_id, at=at, actor_id=by, action="begin", subject="move", subject_id=move.id
    )
    return move


def _keep_providers(session: Session, told: MovingOffice, *, practice_id: str) -> None:
    """Set up who is not set up yet; what the practice keeps of the others stays."""
    for one in told.providers:
        if one.kind == "rendering":
            if one.npi not in {known.npi for known in practice.providers(session, practice_id=practice_id)}:
                made = ProviderView(one.npi, one.name, one.first_name, one.taxonomy, is_active=True)
                practice.save_provider(session, made, practice_id=practice_id)
            continue
        entity = session.get(BillingEntity, one.npi)
        if entity is None or entity.address is None:
            address = Address(one.street or "", one.city or "", one.state, one.postal_code)
            tax_id = (one.tax_id or "").replace("-", "")
            told_entity = EntityView(one.npi, one.name, tax_id, one.taxonomy, address, None, None)
            practice.save_entity(session, told_entity, practice_id=practice_id)


def _move_patients(database: Database, mover: Mover) -> dict[str, str]:
    """Every patient's id by the old number; who is new is registered, with how they are insured."""
    people = {}
    for patient in mover.told.patients:
        with database.writing() as session:
            people[patient.patient] = _move_patient(session, mover, patient)
    return people


def _move_patient(session: Session, mover: Mover, patient: MovedPatient) -> str:
    told = registration(patient)
    row = _known(session, patient, practice_id=mover.practice_id)
    number = [SentNumber(OLD_SYSTEM, patient.patient)]
    if row is None:
        row = registrations.register(session, told, practice_id=mover.practice_id, at=mover.at)
        sent.number_patient(session, row, number, were_free=True)
    else:
        registrations.follow(session, row, before=None, now=told)
        sent.number_patient(session, row, number, were_free=False)
    guarantor_patients.recognise(session, at=mover.at)
    _keep_policies(session, mover, row, patient)
    move = session.get_one(Move, mover.move_id)
    moves.keep_patient(session, move, row.id)
    return row.id


def _keep_policies(session: Session, mover: Mover, row: Patient, patient: MovedPatient) -> None:
    """How the patient is insured, with the days of each policy; what the office knows of it already stays."""
    every = [one for one in mover.told.policies_of(patient.patient) if one.payer_id and one.member_id]
    told = sorted(every, key=lambda one: one.effective_to is not None and one.effective_to < mover.as_of)
    if not told or held_policies.said_at(session, row.id) is not None:
        return
    person = registrations.of_row(row).person
    said = [HeldPolicy(policy(one, person), valid_from=one.effective_from, valid_to=one.effective_to) for one in told]
    locked = registrations.lock(session, practice_id=mover.practice_id, patient_id=row.id)
    held_policies.keep(session, locked, said, at=mover.at, by=None)


def _end(database: Database, mover: Mover, report: MoveReport, *, at: datetime, by: str) -> None:
    """Everything is there: the ledger is held against the files once more, and a person is asked to sign it off."""
    with database.writing() as session:
        move = moves.lock(session, mover.move_id, practice_id=mover.practice_id)
        assert move is not None, "a move is never deleted"
        booked = moves.booked_cents(session, move.id)
        if booked != report.tie.total_cents:
            raise MoveNotWhole(f"move {move.id}: booked {booked} cents, the files say {report.tie.total_cents}")
        if move.ended_at is not None:
            return  # another run ended it meanwhile
        move.ended_at = at
        session.add(move)
        words = (
            f"{move.patient_count} patients and {move.visit_count} visits moved here, {format_dollars(booked)} open as "
            f"of {move.as_of}, as the old aging says. Look at a few of them beside the old system. Nobody who came "
            "with them gets a statement or a notice before this is signed off."
        )
        tasks.open_task(
            session,
            NewTask(TaskType.MOVE_SIGN_OFF, key="sign_off", reason=words, amount_cents=booked),
            practice_id=mover.practice_id,
            subject="move",
            subject_id=move.id,
            at=at,
        )
        audit.record(
            session,
            practice_id=mover.practice_id,
            at=at,
            actor_id=by,
            action="end",
            subject="move",
            subject_id=move.id,
        )
