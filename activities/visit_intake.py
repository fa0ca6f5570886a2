"""Visits that other systems tell become encounters: stored raw first, each once, the rest refused with its reason."""

from collections.abc import Iterable

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from activities.taking_in import ImportReport, RefusedClaim, Sender, report_refusals, take_in
from billing.sent_visits import Known, SentVisit, completed
from database import encounters, known_parties, messages, office, practice
from database.engine import Database
from interchange.fhir.nodes import NotFhir
from interchange.fhir.reading import read
from interchange.x12.coordination_writing import with_other_payers

FHIR = "FHIR"
SHOWN_FAULTS = 8
"""How many faults of one visit a refusal names; the rest are counted"""


def import_fhir(database: Database, body: bytes, sender: Sender) -> ImportReport:
    """Take a FHIR message in: every claim in it, or every encounter where there is none."""
    report = ImportReport(FHIR)
    with database.writing() as session:
        message, _ = messages.store_inbound(
            session,
            partner_id=sender.partner_id,
            practice_id=sender.practice_id,
            kind=FHIR,
            body=body,
            received_at=sender.at,
        )
    with database.reading() as session:
        zone = office.zone_of(session, sender.practice_id)
    try:
        take_visits(database, read(body, zone=zone), report, sender)
    except NotFhir as error:
        report.unreadable = str(error)
    with database.writing() as session:
        report_refusals(session, message, report, sender)
    return report


def take_visits(database: Database, visits: Iterable[SentVisit], report: ImportReport, sender: Sender) -> None:
    """Each visit in a transaction of its own; the practice's set-up fills what the sender left out."""
    with database.reading() as session:
        known = known_parties.of_practice(session, practice_id=sender.practice_id, partner_id=sender.partner_id)
    for visit in visits:
        try:
            _take_one(database, visit, known, report, sender)
        except IntegrityError:
            # The same visit came in twice at this moment. This transaction undid itself, and now sees the other's row.
            _take_one(database, visit, known, report, sender)


def _take_one(database: Database, visit: SentVisit, known: Known, report: ImportReport, sender: Sender) -> None:
    whole = completed(visit, known)
    no = _faults(whole)
    if no is None:
        with database.writing() as session:
            no = _open(session, visit.key, whole, report, sender)
    report.claims += 1
    if no is not None:
        report.refused.append(no)
    else:
        report.notes += [str(one) for one in whole.notes]


def _faults(visit: SentVisit) -> RefusedClaim | None:
    """Every fault of the visit as one refusal: the place is that of the first."""
    if not visit.faults:
        return None
    first, *more = visit.faults
    words = [first.reason, *(str(one) for one in more[: SHOWN_FAULTS - 1])]
    if len(more) >= SHOWN_FAULTS:
        words.append(f"and {len(more) - SHOWN_FAULTS + 1} more")
    return RefusedClaim(visit.claim.control_number, first.where, "; ".join(words))


def _open(session: Session, key: str, visit: SentVisit, report: ImportReport, sender: Sender) -> RefusedClaim | None:
    claim = practice.with_pay_to(session, visit.claim, practice_id=sender.practice_id)
    if visit.others:
        claim = with_other_payers(claim, visit.others)
    encounter, no = take_in(session, claim, report, sender, others=visit.others, key=key, is_self_pay=visit.is_self_pay)
    if encounter is not None and visit.notes:
        words = "; ".join(str(one) for one in visit.notes)
        encounters.tell(session, encounter, f"What the message left open: {words}", at=sender.at)
    return None if no is None else RefusedClaim(claim.control_number, visit.where, no.reason)
