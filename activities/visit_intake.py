"""Visits that other systems tell become encounters: stored raw first, each once, the rest refused with its reason."""

from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy.exc import IntegrityError

from activities.appointment_intake import take_appointment
from activities.opening_visits import open_visit
from activities.patient_intake import take_patient
from activities.taking_in import ImportReport, RefusedClaim, Sender, report_refusals
from billing.sent_visits import Known, SentVisit, completed
from database import known_parties, messages, office
from database.engine import Database
from interchange.fhir.nodes import NotFhir
from interchange.fhir.reading import read
from interchange.hl7 import admissions, appointments, charges, syntax

FHIR = "FHIR"
HL7 = "HL7v2"
UNSUPPORTED = "MSH-9"
"""Where a message says that it is of a type that is not taken in"""
NOT_TAKEN = (
    "messages of this type are not taken in: send charges (DFT P03, P11), patients (ADT A01, A04, A05, A08, A28, A31) "
    "or appointments (SIU S12 to S17, S26)"
)
SHOWN_FAULTS = 8
"""How many faults of one visit a refusal names; the rest are counted"""


def import_fhir(database: Database, body: bytes, sender: Sender) -> ImportReport:
    """Take a FHIR message in: every claim in it, or every encounter where there is none."""
    return _import(database, body, ImportReport(FHIR), sender, _take_fhir)


def import_hl7(database: Database, body: bytes, sender: Sender) -> ImportReport:
    """Take HL7 v2 in: one message or many; what is neither DFT, ADT nor SIU is refused and kept."""
    return _import(database, body, ImportReport(HL7), sender, _take_hl7)


def _import(
    database: Database,
    body: bytes,
    report: ImportReport,
    sender: Sender,
    take: Callable[[Database, bytes, ImportReport, Sender], None],
) -> ImportReport:
    """The bytes are stored before anything looks at them; what was not taken in is one task."""
    with database.writing() as session:
        message, _ = messages.store_inbound(
            session,
            partner_id=sender.partner_id,
            practice_id=sender.practice_id,
            kind=report.kind,
            body=body,
            received_at=sender.at,
        )
    take(database, body, report, sender)
    with database.writing() as session:
        report_refusals(session, message, report, sender)
    return report


def _take_fhir(database: Database, body: bytes, report: ImportReport, sender: Sender) -> None:
    with database.reading() as session:
        zone = office.zone_of(session, sender.practice_id)
    try:
        take_visits(database, read(body, zone=zone), report, sender)
    except NotFhir as error:
        report.unreadable = str(error)


def _take_hl7(database: Database, body: bytes, report: ImportReport, sender: Sender) -> None:
    with database.reading() as session:
        zone = office.zone_of(session, sender.practice_id)
    try:
        found = list(syntax.messages(body))
    except syntax.NotHl7 as error:
        report.unreadable = str(error)
        return
    for one in found:
        if one.type in charges.TYPES:
            take_visits(database, [charges.read(one)], report, sender)
        elif one.type in admissions.TYPES:
            _looking_again(partial(take_patient, database, *admissions.read(one), sender=sender), report)
        elif one.type in appointments.TYPES:
            told, whose = appointments.read(one, zone), admissions.read(one)
            _looking_again(partial(take_appointment, database, told, *whose, sender=sender), report)
        else:
            report.claims += 1
            report.refused.append(RefusedClaim(one.head.get(10)[:80], UNSUPPORTED, NOT_TAKEN))


def take_visits(database: Database, visits: Iterable[SentVisit], report: ImportReport, sender: Sender) -> None:
    """Each visit in a transaction of its own; the practice's set-up fills what the sender left out."""
    with database.reading() as session:
        known = known_parties.of_practice(session, practice_id=sender.practice_id, partner_id=sender.partner_id)
    for visit in visits:
        _looking_again(partial(_take_one, database, visit, known, sender=sender), report)


def _looking_again(take: Callable[..., None], report: ImportReport) -> None:
    """Take one thing in; where the same came in twice at this moment, the transaction that undid itself now sees the
    other's row. `take` says what became of the thing in the `report` that it is given; what was undone, nobody hears.
    """
    part = ImportReport(report.kind)
    try:
        take(report=part)
    except IntegrityError:
        part = ImportReport(report.kind)
        take(report=part)
    report.add(part)


def _take_one(database: Database, visit: SentVisit, known: Known, report: ImportReport, sender: Sender) -> None:
    whole = completed(visit, known)
    no = _faults(whole)
    if no is None:
        with database.writing() as session:
            no = open_visit(session, visit.key, whole, report, sender)
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
