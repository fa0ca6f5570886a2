"""Taking in: what every way in has in common. Each claim becomes an encounter once, amends one, or is refused with its
reason; what was refused is one office task for the message.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from activities import coming_of_age
from billing.amendments import change_of
from billing.claim import Claim
from billing.coordination import OtherPayer
from billing.intake import Refusal, intake_key, refusal
from billing.tasks import NewTask, TaskType
from database import amendments, coverages, encounters, records, tasks, visit_groups
from database.office import PayeeOfAnotherPractice
from database.tables import Encounter, InboundMessage, Patient

SHARED = (
    "the visit has several claims here, or shares one with other visits: what changes it as a whole would bill a line "
    "twice. Change it on the visit's page"
)
"""Why a message does not change a visit that was parted or joined"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose message it is."""

    practice_id: str
    partner_id: str
    at: datetime


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
    differing: list[RefusedClaim] = field(default_factory=list)
    """Duplicates of which something is told otherwise than it is known here; nothing was changed"""
    notes: list[str] = field(default_factory=list)
    """Faults of the file that cost no claim"""
    unreadable: str | None = None
    """Why nothing of the file could be read"""
    incomplete: str | None = None
    """Why more may be missing than was refused: the file is cut short, or of a kind that is not taken in"""

    def add(self, part: "ImportReport") -> None:
        """What became of a part of the file joins it."""
        self.claims += part.claims
        self.created += part.created
        self.amended += part.amended
        self.duplicates += part.duplicates
        self.refused += part.refused
        self.differing += part.differing
        self.notes += part.notes

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
        if notes := [*self.notes, *(f"{one.segment}: {one.reason}" for one in self.differing)]:
            shown["notes"] = notes
        if self.unreadable:
            shown["error"] = self.unreadable
        return shown


def take_in(
    session: Session,
    claim: Claim,
    report: ImportReport,
    sender: Sender,
    *,
    others: Sequence[OtherPayer] = (),
    key: str | None = None,
    is_self_pay: bool = False,
    patient: Patient | None = None,
) -> tuple[Encounter | None, Refusal | None]:
    """(the encounter that it opened, why it was refused).

    `key`: what was sent, where the office added to it. `patient`: whose visit it is, where that is known.
    """
    if not claim.is_original:
        return None, _amend(session, claim, report, sender, key=key)
    no = refusal(claim)
    if no is not None:
        return None, no
    try:
        encounter, is_new = encounters.create(
            session,
            claim,
            practice_id=sender.practice_id,
            partner_id=sender.partner_id,
            external_id=claim.control_number,
            at=sender.at,
            others=others,
            is_self_pay=is_self_pay,
            patient=patient,
            key=key,
        )
    except PayeeOfAnotherPractice as error:
        return None, Refusal("NM1", f"{error}; import the file for that practice")
    if not is_new:
        report.duplicates += 1
        return None, None
    report.created += 1
    coming_of_age.register(session, encounter, at=sender.at)
    return encounter, None


def _amend(session: Session, claim: Claim, report: ImportReport, sender: Sender, *, key: str | None) -> Refusal | None:
    """A replacement (7) or void (8) amends the encounter that it names."""
    encounter = amendments.original_of(session, claim, practice_id=sender.practice_id)
    if encounter is None:
        words = (
            f"no visit of this practice is named by its number or by REF F8; frequency {claim.frequency} changes one"
        )
        return Refusal("CLM", words)
    if visit_groups.is_grouped(session, encounter):
        return Refusal("CLM", SHARED)
    known = coverages.in_order(session, encounter, encounters.claim_of(encounter))
    change = change_of(claim, (one.coverage.payer.id for one in known))
    if change is None:
        return Refusal("CLM", f"claim frequency {claim.frequency} is neither 7 (replacement) nor 8 (void)")
    source_key = (key or intake_key(claim))[:60]
    made = amendments.make(session, encounter, change, body=records.dump(claim), at=sender.at, source_key=source_key)
    if made is None:
        report.duplicates += 1
    else:
        report.amended += 1
    return None


def report_refusals(session: Session, message: InboundMessage, report: ImportReport, sender: Sender) -> None:
    """One task for everything of the file that a person must look at."""
    row = session.get(InboundMessage, message.id)
    assert row is not None, "stored above"
    row.state = "filed"
    known = f"{report.created} created, {report.amended} amended, {report.duplicates} duplicates"
    row.note = f"{known}, {len(report.refused)} refused"
    session.add(row)
    faults = [f"{one.claim and f'claim {one.claim}, '}{one.segment}: {one.reason}" for one in report.refused]
    faults += [text for text in (report.unreadable, report.incomplete) if text]
    if not faults:
        return
    tasks.open_task(
        session,
        NewTask(TaskType.INTAKE_ERROR, key="claims", reason=f"{len(faults)} not taken in. " + "; ".join(faults)),
        practice_id=sender.practice_id,
        subject="message",
        subject_id=message.id,
        at=sender.at,
    )
