"""Visits from a sender's spreadsheet: shown first, then taken in by the one way of intake.

The bytes are stored before anything looks at them. Every good visit starts once; every row that was not taken is kept
with its reason, to be downloaded, mended and sent again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from activities.opening_visits import said_otherwise
from activities.taking_in import ImportReport, RefusedClaim, Sender
from activities.visit_intake import take_visits
from billing.days import day_of
from billing.sent_visits import completed
from billing.sheets import SheetMapping, mapping_faults
from billing.tasks import NewTask, TaskType
from database import known_parties, messages, office, sheets, tasks
from database.engine import Database
from database.tables import InboundMessage, SheetTaken
from interchange.sheets import NotASheet, Sheet, SheetFault, SheetVisit, opened, read, text_of

SHEET = "CSV"
TOLD = 8
"""Refused rows that a task names; all of them are in the download"""


@dataclass(frozen=True, slots=True)
class SheetPreview:
    """What taking a sheet in would do."""

    visits: list[SheetVisit]
    """Those that would start an encounter, or are there already"""
    rows: int
    faults: list[SheetFault]
    whose: dict[int, str]
    """By row: the patient whose visit is there already, and of whom the row says something else"""


@dataclass(slots=True)
class SheetReport:
    """What became of a sheet."""

    report: ImportReport
    message_id: str
    refused_rows: int
    """Rows that were not taken"""


def preview(database: Database, text: str, mapping: SheetMapping, *, source: str, sender: Sender) -> SheetPreview:
    """Read the sheet and say what would come of it. Raises interchange.sheets.NotASheet."""
    sheet = read(text, mapping, source=source, today=_today(database, sender))
    visits: list[SheetVisit] = []
    faults = list(sheet.faults)
    whose: dict[int, str] = {}
    with database.reading() as session:
        known = known_parties.of_practice(session, practice_id=sender.practice_id, partner_id=sender.partner_id)
        for one in sheet.visits:
            whole = completed(one.visit, known)
            wrong = [gap.reason for gap in whole.faults]
            if not wrong and (other := said_otherwise(session, one.visit.key, whole, sender)) is not None:
                wrong.append(other.reason)
                whose[one.rows[0]] = other.patient_id
            faults += [SheetFault(one.rows[0], "", reason) for reason in wrong]
            if not wrong:
                visits.append(one)
    return SheetPreview(visits, len(sheet.rows), sorted(faults, key=lambda one: one.row), whose)


def _today(database: Database, sender: Sender) -> date:
    with database.reading() as session:
        return day_of(sender.at, office.zone_of(session, sender.practice_id))


def import_sheet(
    database: Database, body: bytes, text: str, mapping: SheetMapping, *, source: str, sender: Sender
) -> SheetReport:
    """Take every good visit in. `body`: the bytes as they came; `text`: what they say. Raises NotASheet."""
    with database.writing() as session:
        message, _ = messages.store_inbound(
            session,
            partner_id=sender.partner_id,
            practice_id=sender.practice_id,
            kind=SHEET,
            body=body,
            received_at=sender.at,
        )
        message_id = message.id
    sheet = read(text, mapping, source=source, today=_today(database, sender))
    report = ImportReport(SHEET)
    take_visits(database, (one.visit for one in sheet.visits), report, sender)
    report.duplicates -= len(report.differing)
    refused = _refused(sheet, [*report.refused, *report.differing])
    report.refused = [RefusedClaim(f"row {row}", f"row {row}", reason) for row, _, reason in refused]
    report.claims = report.created + report.amended + report.duplicates + len(refused)
    _keep(database, sheet, report, refused, source=source, message_id=message_id, sender=sender)
    return SheetReport(report, message_id, len(refused))


def import_by_mapping(database: Database, body: bytes, *, source: str, sender: Sender) -> ImportReport:
    """Take a sheet in by the mapping that is kept of its sender; what forbids reading it is the report's."""
    report = ImportReport(SHEET)
    with database.reading() as session:
        mapping = sheets.mapping_of(session, source, practice_id=sender.practice_id)
    if mapping is None:
        report.unreadable = f"no mapping of a sender {source!r} is kept: make one in the workbench, under CSV visits"
        return report
    try:
        text = text_of(body)
        faults = mapping_faults(mapping, opened(text).headers)
        if faults:
            report.unreadable = "; ".join(f"{one.field}: {one.message}" for one in faults)
            return report
        return import_sheet(database, body, text, mapping, source=source, sender=sender).report
    except NotASheet as error:
        report.unreadable = str(error)
        return report


def _refused(sheet: Sheet, by_intake: Sequence[RefusedClaim]) -> list[tuple[int, tuple[str, ...], str]]:
    """Every row that was not taken, as it came, with all that was wrong with it."""
    reasons: dict[int, list[str]] = {}
    for fault in sheet.faults:
        words = f"{fault.column}: {fault.message}" if fault.column else fault.message
        reasons.setdefault(fault.row, []).append(words)
    rows_of: Mapping[str, tuple[int, ...]] = {one.visit.claim.control_number: one.rows for one in sheet.visits}
    for no in by_intake:
        for row in rows_of.get(no.claim, ()):
            reasons.setdefault(row, []).append(no.reason)
    return [(row, sheet.rows[row], "; ".join(dict.fromkeys(words))) for row, words in sorted(reasons.items())]


def _keep(
    database: Database,
    sheet: Sheet,
    report: ImportReport,
    refused: Sequence[tuple[int, tuple[str, ...], str]],
    *,
    source: str,
    message_id: str,
    sender: Sender,
) -> None:
    """What became of the sheet, and one task for what a person must look at."""
    with database.writing() as session:
        row = session.get_one(InboundMessage, message_id)
        row.state = "filed"
        row.note = (
            f"{report.created} created, {report.amended} amended, {report.duplicates} duplicates, "
            f"{len(refused)} rows refused"
        )
        session.add(row)
        taken = SheetTaken(
            practice_id=sender.practice_id,
            message_id=message_id,
            source=source,
            headers=json.dumps(list(sheet.headers)),
            created=report.created,
            amended=report.amended,
            duplicates=report.duplicates,
            refused=len(refused),
            taken_at=sender.at,
        )
        sheets.keep_taken(session, taken, refused)
        if not refused:
            return
        words = [f"row {number}: {reason}" for number, _, reason in refused[:TOLD]]
        more = f"; and {len(refused) - TOLD} more" if len(refused) > TOLD else ""
        reason = (
            f"{len(refused)} rows of a sheet of {source} were not taken. {'; '.join(words)}{more}. "
            "Download them under CSV visits, mend them and send them again."
        )
        tasks.open_task(
            session,
            NewTask(TaskType.INTAKE_ERROR, key="rows", reason=reason),
            practice_id=sender.practice_id,
            subject="message",
            subject_id=message_id,
            at=sender.at,
        )
