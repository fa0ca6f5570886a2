"""Intake by file: an 837P or 837I, FHIR and HL7 v2 become encounters, each claim once; what cannot be taken in is
refused with its reason.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from activities.filing import CUT_OFF, file_message, is_filed
from activities.taking_in import ImportReport, RefusedClaim, Sender, report_refusals, take_in
from activities.visit_intake import import_fhir, import_hl7
from billing.claim import Claim
from billing.institutional_claim import InstitutionalClaim
from billing.institutional_visits import visit_of
from database import messages
from database.engine import Database
from database.tables import InboundMessage
from interchange.fhir.nodes import looks_like_fhir
from interchange.hl7.syntax import looks_like_hl7
from interchange.x12 import claims_837i, claims_837p
from interchange.x12.claims_837p import ReadTransaction
from interchange.x12.coordination import read_other_payers
from interchange.x12.detect import identify
from interchange.x12.issues import Issue
from interchange.x12.places import place
from interchange.x12.syntax import NotX12, Source

CLAIMS_A_TRANSACTION = 20
ReadClaim = claims_837p.ReadClaim | claims_837i.ReadClaim
READERS: dict[str, Callable[[Source], Iterator[ReadClaim | ReadTransaction]]] = {
    "837P": claims_837p.read,
    "837I": claims_837i.read,
}
"""Files of claims that become encounters"""
OTHER_CLAIMS = {"837D": "a dental claim"}
"""Claims that this office does not bill"""


def import_file(database: Database, body: bytes, *, practice_id: str, partner_id: str, at: datetime) -> ImportReport:
    """Take a file in: the bytes are stored first, then each claim becomes an encounter or a refusal with its reason.

    FHIR and HL7 v2 go the way of visits; anything else but an 837P or 837I goes the way of the mailbox.
    """
    sender = Sender(practice_id, partner_id, at)
    if looks_like_fhir(body):
        return import_fhir(database, body, sender)
    if looks_like_hl7(body):
        return import_hl7(database, body, sender)
    kind = identify(body)
    with database.writing() as session:
        message, is_new = messages.store_inbound(
            session, partner_id=partner_id, practice_id=practice_id, kind=str(kind), body=body, received_at=at
        )
    read = READERS.get(str(kind))
    if read is None:
        return _file_as_mail(database, message, is_new)
    report = ImportReport(str(kind))
    try:
        items = read(body)
        while page := list(islice(items, CLAIMS_A_TRANSACTION)):
            with database.writing() as session:
                for item in page:
                    _take_in(session, item, report, sender)
    except NotX12 as error:
        report.unreadable = str(error)
    with database.writing() as session:
        report_refusals(session, message, report, sender)
    return report


def _file_as_mail(database: Database, message: InboundMessage, is_new: bool) -> ImportReport:
    report = ImportReport(message.kind)
    if not is_new:
        report.notes.append("this very file was taken in before")
    with database.writing() as session:
        note = file_message(session, message.id)
    if message.kind == "unknown":
        report.unreadable = note
        return report
    if message.kind in OTHER_CLAIMS:
        _refuse_all(message, report)
        return report
    report.notes.append(note)
    if not is_filed(message.kind):
        report.incomplete = note
    return report


def _refuse_all(message: InboundMessage, report: ImportReport) -> None:
    """Claims of another kind: each is refused, and the sender told where it belongs."""
    reason = (
        f"{OTHER_CLAIMS[message.kind]} ({message.kind}): this office bills professional (837P) and institutional "
        "(837I) claims only, and took nothing in. Send it from the system that bills such claims; "
        "`zerobalance edi validate` checks the file"
    )
    for placed in place(message.body):
        if placed.segment.id == "CLM":
            report.refused.append(RefusedClaim(placed.segment.get(1), f"CLM {placed.segment.position}", reason))
    report.claims = len(report.refused)
    if not report.refused:
        report.incomplete = f"no claim stands in this {message.kind}: ask the sender for the whole file"
        report.notes.append(report.incomplete)


def _take_in(session: Session, item: ReadClaim | ReadTransaction, report: ImportReport, sender: Sender) -> None:
    if isinstance(item, ReadTransaction):
        report.notes += [f"{one.segment} {one.segment_index or ''}: {one.message}".strip() for one in item.issues]
        cut = next((one for one in item.issues if one.level == "transaction" and one.code in CUT_OFF), None)
        report.incomplete = report.incomplete or (cut.message if cut else None)
        return
    report.claims += 1
    fault = next(_errors(item.issues), None)
    if item.claim is None or fault is not None:
        where = f"{fault.segment} {fault.segment_index or ''}".strip() if fault else f"CLM {item.segment_index}"
        reason = fault.message if fault else "the claim cannot be read"
        report.refused.append(RefusedClaim(item.control_number, where, reason))
        return
    claim = _as_visit(item.claim)
    _, no = take_in(session, claim, report, sender, others=read_other_payers(claim))
    if no is not None:
        report.refused.append(RefusedClaim(item.control_number, no.segment, no.reason))


def _as_visit(told: Claim | InstitutionalClaim) -> Claim:
    return visit_of(told) if isinstance(told, InstitutionalClaim) else told


def _errors(issues: tuple[Issue, ...]) -> Iterator[Issue]:
    return (one for one in issues if one.severity == "error")
