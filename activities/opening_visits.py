"""A visit as it was sent becomes an encounter of a patient, once; told again under its number, it is the same one."""

from dataclasses import dataclass, replace

from sqlmodel import Session

from activities.known_patients import NotOnePatient, whose
from activities.taking_in import SHARED, ImportReport, RefusedClaim, Sender, take_in
from billing.amendments import SELF_PAY, Change
from billing.claim import Claim
from billing.late_charges import ChargesDiffer, late_charges, told_otherwise
from billing.patients import contradicting, registration_of
from billing.sent_visits import SentVisit, with_policies, with_record
from database import amendments, encounters, held_policies, practice, records, registrations, sent, visit_groups
from database.tables import Encounter, Patient, VisitNumber
from interchange.x12.coordination_writing import with_other_payers


def open_visit(
    session: Session, key: str, visit: SentVisit, report: ImportReport, sender: Sender
) -> RefusedClaim | None:
    """Open an encounter for a visit that the practice completed; `key` is that of what was sent."""
    told = registration_of(visit.claim.patient)
    try:
        patient = whose(session, visit.claim, told, visit.patient_numbers, practice_id=sender.practice_id)
    except NotOnePatient as error:
        return RefusedClaim(visit.claim.control_number, f"{visit.where} patient", str(error))
    known = _numbered(session, visit, sender)
    if known is not None and known.intake_key != key and visit.claim.is_original:
        return _tell_again(session, known, key, visit, patient, report, sender)
    if patient is not None:
        if patient.wish is not None and visit.names_no_policy:
            visit = replace(visit, claim=replace(visit.claim, coverage=SELF_PAY), is_self_pay=True)
        visit = with_policies(visit, held_policies.insured_on(session, patient, visit.claim.service_from))
        visit = replace(visit, claim=with_record(visit.claim, registrations.of_row(patient)))
    return _open(session, key, visit, patient, report, sender)


@dataclass(frozen=True, slots=True)
class SaidOtherwise:
    """A visit is here already, and its sender tells something of it otherwise."""

    patient_id: str
    reason: str


def said_otherwise(session: Session, key: str, visit: SentVisit, sender: Sender) -> SaidOtherwise | None:
    """What taking the visit in would leave as it is; None: it is new, or nothing is otherwise."""
    known = _numbered(session, visit, sender)
    if known is None or known.intake_key == key:
        return None
    try:
        late = late_charges(_as_it_will_be(session, known), visit.claim, visit.words, sent.words_of(session, known.id))
    except ChargesDiffer as error:
        return SaidOtherwise(known.patient_id, str(error))
    return None if late.added else _otherwise(session, known, visit)


def _otherwise(session: Session, encounter: Encounter, visit: SentVisit) -> SaidOtherwise | None:
    known = registrations.of_row(session.get_one(Patient, encounter.patient_id))
    names = told_otherwise(encounters.claim_of(encounter), known, visit.claim)
    if not names:
        return None
    words = f"the visit is here already with another {', '.join(names)}, and that stays as it is"
    return SaidOtherwise(
        encounter.patient_id, f"{words}: correct the patient's record or the visit here, or ask the sender"
    )


def _numbered(session: Session, visit: SentVisit, sender: Sender) -> Encounter | None:
    if visit.visit_number is None:
        return None
    return sent.visit_numbered(session, visit.visit_number, practice_id=sender.practice_id)


def _open(
    session: Session, key: str, visit: SentVisit, patient: Patient | None, report: ImportReport, sender: Sender
) -> RefusedClaim | None:
    claim = practice.with_pay_to(session, visit.claim, practice_id=sender.practice_id)
    if visit.others:
        claim = with_other_payers(claim, visit.others)
    encounter, no = take_in(
        session,
        claim,
        report,
        sender,
        others=visit.others,
        key=key,
        is_self_pay=visit.is_self_pay,
        patient=patient,
    )
    if no is not None:
        return RefusedClaim(claim.control_number, visit.where, no.reason)
    if encounter is not None:
        row = patient or session.get_one(Patient, encounter.patient_id)
        sent.number_patient(session, row, visit.patient_numbers, were_free=patient is None)
        _keep_beside(session, encounter, visit, sender)
    return None


def _keep_beside(session: Session, encounter: Encounter, visit: SentVisit, sender: Sender) -> None:
    """The sender's number and words, and what it left open."""
    sent.keep_words(session, encounter, visit.words)
    if visit.visit_number is not None:
        # Whoever tells of the same visit at this moment fails here, looks again, and finds it.
        number = visit.visit_number
        session.add(
            VisitNumber(
                practice_id=encounter.practice_id,
                system=number.system,
                number=number.number,
                encounter_id=encounter.id,
                message_number=visit.message_number,
            )
        )
        session.flush()
    if visit.notes:
        words = "; ".join(str(one) for one in visit.notes)
        encounters.tell(session, encounter, f"What the message left open: {words}", at=sender.at)


def _as_it_will_be(session: Session, encounter: Encounter) -> Claim:
    """The visit's claim once the changes that senders told of and that still wait are made; nothing of them is lost.

    Raises ChargesDiffer while a person's change is under way: the two would undo each other.
    """
    waiting = [one for one in amendments.of_encounter(session, encounter.id) if one.state == amendments.WAITING]
    if any(one.made_by is not None or one.kind != Change.CORRECT for one in waiting):
        raise ChargesDiffer("somebody in the office is changing this visit: take the message in again once it is done")
    claim = records.load(Claim, waiting[-1].body) if waiting else encounters.claim_of(encounter)
    elsewhere = [one for one in visit_groups.parts_of(session, encounter) if one.id != encounter.id]
    return replace(claim, lines=(*claim.lines, *(line for one in elsewhere for line in encounters.claim_of(one).lines)))


def _tell_grouped_again(
    session: Session, encounter: Encounter, visit: SentVisit, report: ImportReport
) -> RefusedClaim | None:
    """A visit of several claims, or of one that it shares: every charge of the message is on one of them, or a person
    adds what is not."""
    there = [line for one in visit_groups.parts_of(session, encounter) for line in encounters.claim_of(one).lines]
    known = replace(encounters.claim_of(encounter), lines=tuple(there))
    try:
        if not late_charges(
            known, visit.claim, visit.words, sent.words_of(session, encounter.id), most_lines=None
        ).added:
            report.duplicates += 1
            return None
    except ChargesDiffer as error:
        return RefusedClaim(visit.claim.control_number, visit.where, str(error))
    return RefusedClaim(visit.claim.control_number, visit.where, SHARED)


def _tell_again(
    session: Session,
    encounter: Encounter,
    key: str,
    visit: SentVisit,
    patient: Patient | None,
    report: ImportReport,
    sender: Sender,
) -> RefusedClaim | None:
    """The visit is known under this number: charges that it has not are late charges; all others are there."""
    claim = visit.claim
    if patient is not None and patient.id != encounter.patient_id:
        reason = "this visit number is another patient's visit here: ask the sender which of the two is right"
        return RefusedClaim(claim.control_number, f"{visit.where} visit number", reason)
    whose_it_is = registrations.of_row(session.get_one(Patient, encounter.patient_id))
    if patient is None and contradicting(whose_it_is, registration_of(claim.patient)):
        reason = "this visit number is the visit of somebody with another name or birth date here: ask the sender"
        return RefusedClaim(claim.control_number, f"{visit.where} visit number", reason)
    if encounter.is_void:
        reason = "this visit is void here: open it anew by hand if it took place"
        return RefusedClaim(claim.control_number, f"{visit.where} visit number", reason)
    encounter = encounters.lock(session, practice_id=encounter.practice_id, encounter_id=encounter.id)
    if visit_groups.is_grouped(session, encounter):
        return _tell_grouped_again(session, encounter, visit, report)
    known_words = sent.words_of(session, encounter.id)
    try:
        late = late_charges(_as_it_will_be(session, encounter), claim, visit.words, known_words)
    except ChargesDiffer as error:
        return RefusedClaim(claim.control_number, visit.where, str(error))
    if not late.added:
        report.duplicates += 1
        if other := _otherwise(session, encounter, visit):
            report.differing.append(RefusedClaim(claim.control_number, visit.where, other.reason))
        return None
    made = amendments.make(
        session, encounter, Change.CORRECT, body=records.dump(late.claim), at=sender.at, source_key=key[:60]
    )
    if made is None:
        report.duplicates += 1
        return None
    if other := _otherwise(session, encounter, visit):
        report.notes.append(f"{visit.where}: late charges came in; {other.reason}")
    sent.keep_words(session, encounter, late.words)
    encounters.tell(session, encounter, f"{late.added} late charges came in under the visit's number", at=sender.at)
    report.amended += 1
    return None
