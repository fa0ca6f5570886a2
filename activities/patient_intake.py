"""Patients that other systems tell of: known again by coverage, or by name and birth date; else registered."""

from sqlmodel import Session

from activities.known_patients import NotOnePatient, only_alike, whose
from activities.taking_in import ImportReport, RefusedClaim, Sender
from billing.coordination import own_policy
from billing.held_policies import HeldPolicy
from billing.patients import Registration, in_words
from billing.sent_visits import SentVisit, with_known_payers
from database import guarantor_patients, held_policies, known_parties, registrations, sent
from database.engine import Database
from database.tables import Patient


def take_patient(
    database: Database, visit: SentVisit, told: Registration, report: ImportReport, sender: Sender
) -> None:
    """Register the patient, or take over what is new; their numbers and policies are known from now on."""
    if visit.faults:
        reason = "; ".join(str(one) for one in visit.faults[1:])
        _refuse(report, visit, visit.faults[0].where, "; ".join(filter(None, (visit.faults[0].reason, reason))))
        return
    with database.writing() as session:
        try:
            _, words = know_patient(session, visit, told, sender)
        except NotOnePatient as error:
            _refuse(report, visit, "PID-5", str(error))
            return
    report.notes.append(f"{visit.where}: {words}")


def know_patient(session: Session, visit: SentVisit, told: Registration, sender: Sender) -> tuple[Patient, str]:
    """(the patient that a message tells of, what became of it). Raises NotOnePatient."""
    known = known_parties.of_practice(session, practice_id=sender.practice_id, partner_id=sender.partner_id)
    visit = with_known_payers(visit, known)
    claim, practice_id = visit.claim, sender.practice_id
    found = whose(session, claim, told, visit.patient_numbers, practice_id=practice_id)
    row = found or only_alike(session, told, practice_id=practice_id)
    if row is None:
        row = registrations.register(session, told, practice_id=practice_id, at=sender.at)
        words = "a patient was registered"
    else:
        names = registrations.follow(session, row, before=registrations.of_row(row), now=told)
        words = f"a patient is known; {in_words(names) if names else 'nothing'} is new"
    guarantor_patients.recognise(session, at=sender.at)
    if claim.coverage.member_id:
        registrations.know_as(session, row, claim)
        row = registrations.lock(session, practice_id=practice_id, patient_id=row.id)
        policies = [HeldPolicy(one) for one in (own_policy(claim), *visit.others)]
        held_policies.keep(session, row, policies, at=sender.at, by=None)
    sent.number_patient(session, row, visit.patient_numbers, were_free=found is None)
    return row, words


def _refuse(report: ImportReport, visit: SentVisit, where: str, reason: str) -> None:
    report.claims += 1
    report.refused.append(RefusedClaim(visit.claim.control_number, where, reason))
