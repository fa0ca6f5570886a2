"""Patients that other systems tell of: known again by coverage, or by name and birth date; else registered."""

from sqlmodel import Session

from activities.taking_in import ImportReport, RefusedClaim, Sender
from billing.claim import Claim
from billing.patients import Registration, in_words
from billing.sent_visits import SentVisit, with_known_payers
from database import known_parties, registrations
from database.engine import Database
from database.tables import Patient

SEVERAL = "several patients have this name and birth date: change the right one by hand"


class SeveralAlike(LookupError):
    """More than one patient has this name and birth date."""


def take_patient(database: Database, sent: SentVisit, told: Registration, report: ImportReport, sender: Sender) -> None:
    """Register the patient, or take over what is new; their policy is known from now on."""
    if sent.faults:
        reason = "; ".join(str(one) for one in sent.faults[1:])
        _refuse(report, sent, sent.faults[0].where, "; ".join(filter(None, (sent.faults[0].reason, reason))))
        return
    with database.writing() as session:
        known = known_parties.of_practice(session, practice_id=sender.practice_id, partner_id=sender.partner_id)
        claim = with_known_payers(sent, known).claim
        try:
            row = _known(session, claim, told, sender)
        except SeveralAlike:
            _refuse(report, sent, "PID-5", SEVERAL)
            return
        if row is None:
            _add(session, claim, told, sender)
            report.notes.append(f"{sent.where}: a patient was registered")
            return
        if claim.coverage.member_id:
            registrations.know_as(session, row, claim)
        names = registrations.follow(session, row, before=registrations.of_row(row), now=told)
        report.notes.append(f"{sent.where}: a patient is known; {in_words(names) if names else 'nothing'} is new")


def _known(session: Session, claim: Claim, told: Registration, sender: Sender) -> Patient | None:
    """By coverage and person, else the only one of this name and birth date. Raises SeveralAlike."""
    if claim.coverage.member_id:
        found = registrations.known_by(session, claim, practice_id=sender.practice_id)
        if found is not None:
            return found
    first = (told.first_name or "").lower()
    alike = [
        one
        for one in registrations.alike(session, told, practice_id=sender.practice_id)
        if (one.first_name or "").lower() == first
    ]
    if len(alike) > 1:
        raise SeveralAlike
    return alike[0] if alike else None


def _add(session: Session, claim: Claim, told: Registration, sender: Sender) -> None:
    row = registrations.register(session, told, practice_id=sender.practice_id, at=sender.at)
    if claim.coverage.member_id:
        registrations.know_as(session, row, claim)


def _refuse(report: ImportReport, sent: SentVisit, where: str, reason: str) -> None:
    report.claims += 1
    report.refused.append(RefusedClaim(sent.claim.control_number, where, reason))
