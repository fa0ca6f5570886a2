"""Intake by file: an 837P becomes encounters, each claim once; what cannot be taken in is refused with its reason."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlmodel import Session

from activities.filing import CUT_OFF, file_message, is_filed
from billing.amendments import change_of
from billing.intake import Refusal, intake_key, refusal
from billing.tasks import NewTask, TaskType
from database import amendments, coverages, encounters, messages, records, tasks
from database.engine import Database
from database.office import PayeeOfAnotherPractice
from database.tables import InboundMessage
from interchange.x12.claims_837p import ReadClaim, ReadTransaction, read
from interchange.x12.coordination import read_other_payers
from interchange.x12.detect import identify
from interchange.x12.issues import Issue
from interchange.x12.places import place
from interchange.x12.syntax import NotX12

CLAIMS_A_TRANSACTION = 20
CLAIMS = "837P"
OTHER_CLAIMS = {"837I": "an institutional claim", "837D": "a dental claim"}
"""Claims that this office does not bill"""


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """One claim that did not become an encounter."""

    claim: str
    """The sender's own number (CLM01)"""
    segment: str
    """Segment id and its place in the transaction set"""
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What became of one file: claims = created + amended + duplicates + refused."""

    kind: str
    claims: int = 0
    created: int = 0
    amended: int = 0
    """Replacements and voids of visits that are known"""
    duplicates: int = 0
    refused: list[RefusedClaim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Faults of the file that cost no claim"""
    unreadable: str | None = None
    """Why nothing of the file could be read"""
    incomplete: str | None = None
    """Why more may be missing than was refused: the file is cut short, or of a kind that is not taken in"""

    def as_json(self, file: str) -> dict[str, Any]:
        """The report as the command line and the API print it."""
        shown: dict[str, Any] = {
            "file": file,
            "kind": self.kind,
            "claims": self.claims,
            "created": self.created,
            "amended": self.amended,
            "duplicates": self.duplicates,
            "refused": [asdict(one) for one in self.refused],
        }
        if self.notes:
            shown["notes"] = self.notes
        if self.unreadable:
            shown["error"] = self.unreadable
        return shown


def import_file(database: Database, body: bytes, *, practice_id: str, partner_id: str, at: datetime) -> ImportReport:
    """Take a file in: the bytes are stored first, then each claim becomes an encounter or a refusal with its reason.

    Anything but an 837P goes the way of the mailbox.
    """
    kind = identify(body)
    with database.writing() as session:
        message, is_new = messages.store_inbound(
            session, partner_id=partner_id, practice_id=practice_id, kind=str(kind), body=body, received_at=at
        )
    if str(kind) != CLAIMS:
        return _file_as_mail(database, message, is_new)
    report = ImportReport(CLAIMS)
    try:
        items = read(body)
        while page := list(islice(items, CLAIMS_A_TRANSACTION)):
            with database.writing() as session:
                for item in page:
                    _take_in(session, item, report, practice_id=practice_id, partner_id=partner_id, at=at)
    except NotX12 as error:
        report.unreadable = str(error)
    with database.writing() as session:
        _report_refusals(session, message, report, practice_id=practice_id, at=at)
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
        f"{OTHER_CLAIMS[message.kind]} ({message.kind}): this office bills professional claims (837P) only, and took "
        "nothing in. Send it from the system that bills such claims; `zerobalance edi validate` checks the file"
    )
    for placed in place(message.body):
        if placed.segment.id == "CLM":
            report.refused.append(RefusedClaim(placed.segment.get(1), f"CLM {placed.segment.position}", reason))
    report.claims = len(report.refused)
    if not report.refused:
        report.incomplete = f"no claim stands in this {message.kind}: ask the sender for the whole file"
        report.notes.append(report.incomplete)


def _take_in(
    session: Session,
    item: ReadClaim | ReadTransaction,
    report: ImportReport,
    *,
    practice_id: str,
    partner_id: str,
    at: datetime,
) -> None:
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
    if not item.claim.is_original:
        no = _amend(session, item, report, practice_id=practice_id, at=at)
    else:
        no = refusal(item.claim)
        if no is None:
            no = _create(session, item, report, practice_id=practice_id, partner_id=partner_id, at=at)
    if no is not None:
        report.refused.append(RefusedClaim(item.control_number, no.segment, no.reason))


def _amend(
    session: Session, item: ReadClaim, report: ImportReport, *, practice_id: str, at: datetime
) -> Refusal | None:
    """A replacement (7) or void (8) amends the encounter that it names."""
    claim = item.claim
    assert claim is not None, "checked by the caller"
    encounter = amendments.original_of(session, claim, practice_id=practice_id)
    if encounter is None:
        words = (
            f"no visit of this practice is named by its number or by REF F8; frequency {claim.frequency} changes one"
        )
        return Refusal("CLM", words)
    known = coverages.in_order(session, encounter, encounters.claim_of(encounter))
    change = change_of(claim, (one.coverage.payer.id for one in known))
    if change is None:
        return Refusal("CLM", f"claim frequency {claim.frequency} is neither 7 (replacement) nor 8 (void)")
    made = amendments.make(
        session, encounter, change, body=records.dump(claim), at=at, source_key=intake_key(claim)[:60]
    )
    if made is None:
        report.duplicates += 1
    else:
        report.amended += 1
    return None


def _create(
    session: Session, item: ReadClaim, report: ImportReport, *, practice_id: str, partner_id: str, at: datetime
) -> Refusal | None:
    assert item.claim is not None, "checked by the caller"
    try:
        _, is_new = encounters.create(
            session,
            item.claim,
            practice_id=practice_id,
            partner_id=partner_id,
            external_id=item.control_number,
            at=at,
            others=read_other_payers(item.claim),
        )
    except PayeeOfAnotherPractice as error:
        return Refusal("NM1", f"{error}; import the file for that practice")
    if is_new:
        report.created += 1
    else:
        report.duplicates += 1
    return None


def _errors(issues: tuple[Issue, ...]) -> Iterator[Issue]:
    return (one for one in issues if one.severity == "error")


def _report_refusals(
    session: Session, message: InboundMessage, report: ImportReport, *, practice_id: str, at: datetime
) -> None:
    """One task for everything of the file that a person must look at."""
    row = session.get(InboundMessage, message.id)
    assert row is not None, "stored above"
    row.state = "filed"
    known = f"{report.created} created, {report.amended} amended, {report.duplicates} duplicates"
    row.note = f"{known}, {len(report.refused)} refused"
    session.add(row)
    faults = [f"{one.segment}: {one.reason}" for one in report.refused]
    faults += [text for text in (report.unreadable, report.incomplete) if text]
    if not faults:
        return
    tasks.open_task(
        session,
        NewTask(TaskType.INTAKE_ERROR, key="claims", reason=f"{len(faults)} not taken in. " + "; ".join(faults)),
        practice_id=practice_id,
        subject="message",
        subject_id=message.id,
        at=at,
    )
