"""Answers a file that came in: TA1 for its envelope, a 999 per group, and the verdicts of a 277CA on its claims.

Syntax decides the 999: a set with a fault in it is refused whole, with every fault named. Claims of a set that was
taken are looked at one by one: one that cannot be read, or whose sums do not come out, is refused in the 277CA and its
neighbours go on. A refused interchange is answered by a TA1 alone.

Claim status categories and codes are those that X12 publishes as code sources 507 and 508; for occurrences and values
the list has 719 to 722, 725 and 726 where it once had 461 to 463.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing.acknowledgment import (
    ClaimAcknowledgment,
    ImplementationAcknowledgment,
    InterchangeAcknowledgment,
    StatusReason,
)
from billing.claim import Claim, ClaimBatch, Party
from billing.institutional_claim import InstitutionalBatch, InstitutionalClaim
from interchange.x12 import acknowledgment_999, acknowledgment_ta1, claims_837i, claims_837p, fields, validate
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, read_transactions
from interchange.x12.guides import x222a1, x223a2
from interchange.x12.issues import Issue, has_errors
from interchange.x12.syntax import Source

REJECTED = "A7"
"""Claim status category (code source 507): rejected for invalid information"""
CHARGES = "178"
"""Claim status code: submitted charges"""
OTHER = "21"
"""Claim status code: missing or invalid information; the standard wants another one that says which"""
FORMAT = "481"
"""Claim status code: claim/submission format is invalid; where no other says which"""
COORDINATION = "672"
"""Claim status code: other payer's payment information is out of balance"""
_PATIENT = "QC"

_Status = tuple[str, str | None]
"""Claim status code (code source 508, as X12 publishes it), and the entity (STC01-3) that the code wants"""

_REASONS: dict[str, _Status] = {
    "CLM01": ("478", None),
    "CLM02": (CHARGES, None),
    "DTP01": ("188", None),
    "SV101": ("454", None),
    "SV102": ("583", None),
    "SV104": ("476", None),
    "SV107": ("477", None),
    "SV201": ("455", None),
    "SV203": ("583", None),
    "SV205": ("476", None),
}
"""By the element at fault: patient control number, charges, statement dates, procedure, line charge, units, diagnosis
pointer, revenue code"""
_DAYS: dict[str, _Status] = {"2300": ("188", None), "2400": ("187", None)}
"""A date, by its loop: statement dates, dates of service"""
_OF_FAULT: dict[tuple[str, str], _Status] = {
    ("DTP", "435"): ("189", None),
    ("AMT", "F3"): ("565", None),
    ("AMT", "F5"): ("183", _PATIENT),
    ("HI", "BBR"): ("486", None),
    ("HI", "BR"): ("486", None),
    ("HI", "CAH"): ("486", None),
    ("HI", "BBQ"): ("492", None),
    ("HI", "BQ"): ("492", None),
    ("HI", "BH"): ("720", None),
    ("HI", "BI"): ("722", None),
    ("HI", "BE"): ("726", None),
}
"""By the segment at fault and what its first element says that it is: admission date, estimated amount due, amount that
the patient has paid, day of the principal procedure and of others, of an occurrence and of an occurrence span, amount
of a value code"""
_READERS = {x222a1.GUIDE.version: claims_837p.read_transaction, x223a2.GUIDE.version: claims_837i.read_transaction}

ReadClaim = claims_837p.ReadClaim | claims_837i.ReadClaim


@dataclass(frozen=True, slots=True)
class TakenClaim:
    """One claim of a set that was taken."""

    claim: Claim | InstitutionalClaim
    batch: ClaimBatch | InstitutionalBatch | None
    """The header it came under"""


@dataclass(frozen=True, slots=True)
class RefusedClaim:
    """One claim that does not go on."""

    verdict: ClaimAcknowledgment
    provider: Party | None
    """Under whom the 277CA tells it: the billing provider; None when that cannot be read either"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to one interchange."""

    interchange: InterchangeAcknowledgment
    wants_ta1: bool
    """ISA14: send the TA1 even when all is well"""
    groups: tuple[ImplementationAcknowledgment, ...]
    """Empty when the interchange is refused, or holds nothing but acknowledgments, which nobody acknowledges"""
    taken: tuple[TakenClaim, ...] = ()
    """Claims of an 837P or 837I that go on"""
    refused: tuple[RefusedClaim, ...] = ()
    """Claims of an 837P or 837I that do not"""


_Sets = list[tuple[TransactionId, list[Issue]]]
"""The transactions of one group with what is wrong in each"""


def answer(source: Source, *, sender: Party, on: date) -> Iterator[Answer]:
    """Answer each interchange of a file: claims (837P, 837I), remittances (835), inquiries, whatever the guides know.

    `sender` is who speaks in the 277CA, `on` its day. Raises NotX12 when the source holds no ISA.
    """
    groups: dict[str, _Sets] = {}
    read: list[tuple[list[Issue], list[ReadClaim]]] = []
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            yield _answer(item, groups, read, sender, on)
            groups, read = {}, []
            continue
        issues, claims = _read(item)
        groups.setdefault(item.id.gs06, []).append((item.id, issues))
        read.append((issues, claims))


def _read(transaction: Transaction) -> tuple[list[Issue], list[ReadClaim]]:
    """The issues of a transaction, and its claims if it has any."""
    guide = validate.guide_for(transaction.id)
    reader = _READERS.get(guide.version) if guide is not None else None
    if reader is None:
        return list(validate.judge(transaction).issues), []
    issues: list[Issue] = []
    claims: list[ReadClaim] = []
    for item in reader(transaction):
        issues += item.issues
        if isinstance(item, ReadClaim):
            claims.append(item)
    return issues, claims


def _answer(
    report: EnvelopeReport,
    groups: dict[str, _Sets],
    read: list[tuple[list[Issue], list[ReadClaim]]],
    sender: Party,
    on: date,
) -> Answer:
    interchange = acknowledgment_ta1.acknowledge(report)
    wants_ta1 = report.isa14 == "1"
    if not interchange.accepted:
        return Answer(interchange, wants_ta1, ())
    said = {one.gs06: one for one in report.groups}
    answers = []
    refused_groups: set[str] = set()
    for gs06, sets in groups.items():
        if all(identity.st01 in {"999", "997"} for identity, _ in sets):
            continue
        own = said.get(gs06)
        answers.append(
            acknowledgment_999.acknowledge(
                sets, group_issues=own.issues if own else (), included_count=own.included_count if own else None
            )
        )
        if answers[-1].codes:
            refused_groups.add(gs06)
    taken, refused = _judge(read, refused_groups, sender, on)
    return Answer(interchange, wants_ta1, tuple(answers), tuple(taken), tuple(refused))


def _judge(
    read: list[tuple[list[Issue], list[ReadClaim]]], refused_groups: set[str], sender: Party, on: date
) -> tuple[list[TakenClaim], list[RefusedClaim]]:
    """The claims of the sets that a 999 takes: those that go on, and the verdicts on those that do not."""
    taken: list[TakenClaim] = []
    refused: list[RefusedClaim] = []
    for issues, claims in read:
        if acknowledgment_999.refuses(issues):
            continue
        for one in claims:
            if one.transaction.gs06 in refused_groups:
                continue
            if one.claim is not None and not has_errors(one.issues):
                taken.append(TakenClaim(one.claim, one.batch))
            else:
                refused.append(_refusal(one, sender, on))
    return taken, refused


def _refusal(one: ReadClaim, sender: Party, on: date) -> RefusedClaim:
    """The verdict on a claim, which names it by whatever could be read of it."""
    claim, seen = one.claim, one.glimpse
    errors = [issue for issue in one.issues if issue.is_error]
    verdict = ClaimAcknowledgment(
        sender=sender,
        control_number=one.control_number or None,
        reasons=_reasons(errors, seen.fault if seen else None),
        accepted=False,
        effective=on,
        batch_reference=one.batch.reference if one.batch else None,
    )
    if claim is not None:
        verdict = replace(
            verdict,
            charge_cents=claim.charge_cents,
            patient_name=claim.patient.name,
            patient_id=claim.coverage.member_id,
            service_from=claim.service_from,
            service_to=claim.service_to,
        )
        return RefusedClaim(verdict, claim.billing_provider)
    if seen is None:
        return RefusedClaim(verdict, None)
    verdict = replace(
        verdict,
        charge_cents=seen.charge_cents,
        patient_name=seen.patient_name,
        patient_id=seen.member_id,
        service_from=seen.service_from,
    )
    return RefusedClaim(verdict, seen.billing_provider)


def _reasons(errors: Sequence[Issue], fault: str | None) -> tuple[StatusReason, ...]:
    codes = dict.fromkeys(status for issue in errors for status in _statuses(issue, fault))
    return tuple(StatusReason(REJECTED, code, entity) for code, entity in codes)


def _statuses(issue: Issue, fault: str | None) -> tuple[_Status, ...]:
    """What is said of one error: what could not be read is missing or invalid information, and which."""
    if issue.code == "charge-sum":
        return ((CHARGES, None),)
    if issue.code.startswith("cob-"):
        return ((COORDINATION, None),)
    kind = (fault or "").partition(fields.COMPONENT)[0]
    which = _OF_FAULT.get((issue.segment, kind)) if issue.code == "unreadable" else None
    if which is None:
        which = _DAYS.get(issue.loop or "") if issue.place == "DTP03" else _REASONS.get(issue.place)
    return (OTHER, None), which or (FORMAT, None)
