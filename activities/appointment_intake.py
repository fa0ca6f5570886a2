"""Appointments that other systems tell of: each once under its sender's number, followed by what is said later."""

from sqlmodel import Session

from activities.known_patients import NotOnePatient
from activities.patient_intake import know_patient
from activities.taking_in import ImportReport, RefusedClaim, Sender
from billing.patients import Registration
from billing.sent_appointments import SentAppointment
from billing.sent_visits import SentVisit
from database import appointments
from database.engine import Database


def take_appointment(
    database: Database,
    told: SentAppointment,
    visit: SentVisit,
    person: Registration,
    report: ImportReport,
    sender: Sender,
) -> None:
    """Write it into the book, or change what stands there. `visit` and `person`: whose it is."""
    faults = [*told.faults, *visit.faults]
    if faults:
        _refuse(report, visit, faults[0].where, "; ".join((faults[0].reason, *(str(one) for one in faults[1:]))))
        return
    with database.writing() as session:
        try:
            words = _follow(session, told, visit, person, sender)
        except NotOnePatient as error:
            _refuse(report, visit, "PID-5", str(error))
            return
        except appointments.NotBooked as error:
            _refuse(report, visit, "SCH-11", str(error))
            return
    report.notes.append(f"{visit.where}: {words}")


def _follow(session: Session, told: SentAppointment, visit: SentVisit, person: Registration, sender: Sender) -> str:
    patient, _ = know_patient(session, visit, person, sender)
    return appointments.follow(session, told, practice_id=sender.practice_id, patient_id=patient.id, at=sender.at)


def _refuse(report: ImportReport, visit: SentVisit, where: str, reason: str) -> None:
    report.claims += 1
    report.refused.append(RefusedClaim(visit.claim.control_number, where, reason))
