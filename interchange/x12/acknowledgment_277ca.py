"""The claim acknowledgment (277CA, guide 005010X214): a claim's first fate, from a clearinghouse (NM1*AY) or a payer
(NM1*PR); verdicts may stand on the batch, on a provider, or on a claim."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from billing.acknowledgment import ClaimAcknowledgment, ClaimAcknowledgmentFile, LineAcknowledgment, StatusReason
from billing.claim import Name, Party
from billing.money import ZERO, Cents
from interchange.x12 import fields, parties
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import Elements, Joined, Unreadable, get, join, maybe, print_cents, print_day, trimmed
from interchange.x12.guides.x214 import GUIDE
from interchange.x12.issues import Issue
from interchange.x12.reading import walk
from interchange.x12.syntax import Source

VERSION = GUIDE.version
_ACCEPTING = {"A0", "A1", "A2", "A5"}
_LEVELS = {"21": "batch", "19": "provider", "PT": "claim"}
_REASONS_PER_STC = 3
_UNKNOWN = "UNKNOWN"
"""NM103 and NM109 of a patient whose name or number the claim did not show; 2100D must hold both"""
_NO_NUMBER = "0"
"""TRN02 of a claim without a CLM01"""
_NO_DAY = date(1900, 1, 1)
"""DTP*472 of a claim without a readable date of service: 2200D must hold one, and X12 advises this one (RFI 1791)"""


class ReceiverUnknown(ValueError):
    """A 277CA must say whom it answers (2100B); the file names nobody."""


@dataclass(frozen=True, slots=True)
class ReadClaimAcknowledgments:
    """One ST*277 of the file."""

    file: ClaimAcknowledgmentFile | None
    """None when it does not say who sends it, or an amount or date in it cannot be read"""
    issues: tuple[Issue, ...]
    transaction: TransactionId | None
    """None: the issues of an interchange"""
    segments: tuple[Elements, ...] = ()
    """Everything the transaction holds, ST to SE, the model's part and the rest"""


def read(source: Source) -> Iterator[ReadClaimAcknowledgments]:
    """Read every 277CA of the file. Raises NotX12."""
    for item in walk(source, GUIDE):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadClaimAcknowledgments(None, tuple(item.issues), None)
            continue
        found: ClaimAcknowledgmentFile | None = None
        try:
            found = _FileReader().read([elements for _, elements in item.rows])
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
        yield ReadClaimAcknowledgments(found, tuple(item.issues), item.id, item.segments)


class _FileReader:
    """Follows the HL levels of one 277CA."""

    def __init__(self) -> None:
        self.level = ""
        self.sender: Party | None = None
        self.receiver: Party | None = None
        self.provider: Party | None = None
        self._other_provider: Party | None = None
        self.batch_reference: str | None = None
        self.found: list[ClaimAcknowledgment] = []
        self._patient: Elements = ()
        self._rows: list[Elements] = []

    def read(self, rows: list[Elements]) -> ClaimAcknowledgmentFile:
        bht: Elements = next((row for row in rows if row[0] == "BHT"), ("BHT",))
        for row in rows:
            self._take(row)
        self._close()
        if self.sender is None:
            raise Unreadable("NM1", 1, "names no sender (2100A)")
        return ClaimAcknowledgmentFile(
            reference=get(bht, 3),
            created=fields.day(bht, 4),
            sender=self.sender,
            receiver=self.receiver,
            provider=self.provider,
            acknowledgments=tuple(self.found),
            created_time=get(bht, 5) or "0000",
        )

    def _take(self, row: Elements) -> None:
        if row[0] in {"HL", "SE"}:
            self._close()
            self.level = get(row, 3)
            if self.level != "PT":
                self._other_provider = None
            self._patient = ()
        elif row[0] == "NM1":
            self._take_party(row)
        elif row[0] == "TRN":
            self._close()
            self._rows = [row]
            if self.level == "21":
                self.batch_reference = maybe(row, 2)
        elif self._rows:
            self._rows.append(row)

    def _take_party(self, row: Elements) -> None:
        party, _ = parties.read_party([row])
        if self.level == "20" and self.sender is None:
            self.sender = party
        elif self.level == "21":
            self.receiver = self.receiver or party
        elif self.level == "19":
            self.provider = self.provider or party
            self._other_provider = party if party != self.provider else None
        elif self.level == "PT":
            self._patient = row

    def _close(self) -> None:
        rows, self._rows = self._rows, []
        level = _LEVELS.get(self.level)
        if level is None or self.sender is None or not any(row[0] == "STC" for row in rows):
            return
        found = _acknowledgment(rows, self.sender, level, patient=self._patient, batch_reference=self.batch_reference)
        self.found.append(dataclasses.replace(found, provider=self._other_provider))


def _acknowledgment(
    rows: list[Elements], sender: Party, level: str, *, patient: Elements, batch_reference: str | None
) -> ClaimAcknowledgment:
    first_line = next((at for at, row in enumerate(rows) if row[0] == "SVC"), len(rows))
    head = rows[:first_line]
    statuses = [row for row in head if row[0] == "STC"] or [row for row in rows if row[0] == "STC"]
    references = {get(row, 1): get(row, 2) for row in head if row[0] == "REF"}
    days: tuple[date | None, date | None] = (None, None)
    for row in head:
        if row[0] == "DTP" and get(row, 1) == "472":
            days = fields.period(row, 3)
    return ClaimAcknowledgment(
        sender=sender,
        control_number=maybe(rows[0], 2) if level == "claim" else None,
        reasons=tuple(reason for row in statuses for reason in _reasons(row)),
        accepted=all(_accepts(row) for row in statuses),
        effective=fields.parse_day(get(statuses[0], 2)),
        charge_cents=fields.maybe_cents(statuses[0], 4),
        payer_claim_number=references.get("1K"),
        clearinghouse_trace=references.get("D9"),
        level=level,
        batch_reference=batch_reference,
        patient_name=parties.read_name(patient) if patient else None,
        patient_id=maybe(patient, 9) if patient else None,
        service_from=days[0],
        service_to=days[1],
        lines=tuple(_lines(rows[first_line:])),
    )


def _accepts(stc: Elements) -> bool:
    """STC03 decides; when it is absent, the category does."""
    action = get(stc, 3)
    return action == "WQ" if action else fields.part(get(stc, 1), 1) in _ACCEPTING


def _reasons(stc: Elements) -> Iterator[StatusReason]:
    for number in (1, 10, 11):
        text = get(stc, number)
        if text:
            yield StatusReason(fields.part(text, 1) or "", fields.part(text, 2) or "", fields.part(text, 3))


def _lines(rows: list[Elements]) -> Iterator[LineAcknowledgment]:
    groups: list[list[Elements]] = []
    for row in rows:
        if row[0] == "SVC":
            groups.append([])
        groups[-1].append(row)
    for group in groups:
        reasons = tuple(reason for row in group if row[0] == "STC" for reason in _reasons(row))
        numbers = [get(row, 2) for row in group if row[0] == "REF" and get(row, 1) == "FJ"]
        yield LineAcknowledgment(get(group[0], 1), fields.cents(group[0], 2), reasons, numbers[0] if numbers else None)


# Writing ----------------------------------------------------------------------------------------------------------


def write(file: ClaimAcknowledgmentFile) -> list[Elements]:
    """The body of one ST*277, BHT to the last claim. Counts and sums (QTY, AMT) are computed from the claims.

    A batch without a verdict of its own is told as received (A1, status 19), for 2200B must hold an STC.
    Claims stand under the provider that they or else the file names, with the sums of its claims; a provider's own
    verdicts have no date (STC02 is not used there). Without a provider only the batch is answered. What a claim must
    tell and nobody knows is written as unknown (name and number UNKNOWN, charge 0, service on 1900-01-01), and the day
    of the file stands for the verdict's. Raises ReceiverUnknown.
    """
    if file.receiver is None:
        raise ReceiverUnknown(f"277CA {file.reference} names no receiver: give the submitter that it answers")
    day = print_day(file.created)
    claims = [one for one in file.acknowledgments if one.level == "claim"]
    has_provider = file.provider is not None or any(one.provider for one in file.acknowledgments)
    batch = [one for one in file.acknowledgments if one.level == "batch"]
    reference = next((one.batch_reference for one in file.acknowledgments if one.batch_reference), "0")
    rows: list[Elements] = [
        trimmed("BHT", "0085", "08", file.reference, day, file.created_time, "TH"),
        ("HL", "1", "", "20", "1"),
        *parties.write_party(file.sender),
        ("TRN", "1", file.reference),
        ("DTP", "050", "D8", day),
        ("DTP", "009", "D8", day),
        ("HL", "2", "1", "21", "1" if has_provider else "0"),
        *parties.write_party(file.receiver, suffixed=False),
        ("TRN", "2", reference),
    ]
    rows += [stc for one in batch or [_received(file, claims)] for stc in _statuses(one)]
    rows += _totals(claims, accepted="90", rejected="AA")
    below = [one for one in file.acknowledgments if one.level != "batch"]
    levels = 2
    for provider in dict.fromkeys([file.provider, *(one.provider or file.provider for one in below)]):
        if provider is not None:
            own = [one for one in below if (one.provider or file.provider) == provider]
            rows += _provider(provider, own, created=file.created, number=levels + 1)
            levels += 1 + sum(one.level == "claim" for one in own)
    return rows


def _received(file: ClaimAcknowledgmentFile, claims: Sequence[ClaimAcknowledgment]) -> ClaimAcknowledgment:
    """The batch came in, whatever became of its claims."""
    return ClaimAcknowledgment(
        sender=file.sender,
        control_number=None,
        reasons=(StatusReason("A1", "19", file.sender.role),),
        accepted=True,
        effective=file.created,
        charge_cents=Cents(sum(one.charge_cents or ZERO for one in claims)),
        level="batch",
    )


def _provider(provider: Party, own: Sequence[ClaimAcknowledgment], *, created: date, number: int) -> list[Elements]:
    """The level of one provider, HL01 `number`, with its own verdicts and its claims."""
    verdicts = [dataclasses.replace(one, effective=None) for one in own if one.level == "provider"]
    claims = [one for one in own if one.level == "claim"]
    rows: list[Elements] = [
        ("HL", str(number), "2", "19", "1" if claims else "0"),
        *parties.write_party(provider),
        ("TRN", "1", "0"),
    ]
    rows += [stc for one in verdicts for stc in _statuses(one)]
    rows += _totals(claims, accepted="QA", rejected="QC")
    for at, one in enumerate(claims, start=number + 1):
        rows.append(("HL", str(at), str(number), "PT"))
        rows += _claim(_with_what_is_due(one, created))
    return rows


def _with_what_is_due(one: ClaimAcknowledgment, created: date) -> ClaimAcknowledgment:
    """The verdict on a claim with everything that 2100D and 2200D must hold."""
    name = one.patient_name or Name("")
    return dataclasses.replace(
        one,
        control_number=one.control_number or _NO_NUMBER,
        effective=one.effective or created,
        charge_cents=ZERO if one.charge_cents is None else one.charge_cents,
        patient_name=name if name.last else dataclasses.replace(name, last=_UNKNOWN),
        patient_id=one.patient_id or _UNKNOWN,
        service_from=one.service_from or _NO_DAY,
    )


def _claim(one: ClaimAcknowledgment) -> list[Elements]:
    rows = [
        parties.write_nm1("QC", one.patient_name or Name(""), is_person=True, qualifier="MI", number=one.patient_id),
        trimmed("TRN", "2", one.control_number),
        *_statuses(one),
    ]
    if one.payer_claim_number:
        rows.append(("REF", "1K", one.payer_claim_number))
    if one.clearinghouse_trace:
        rows.append(("REF", "D9", one.clearinghouse_trace))
    if one.service_from:
        form, days = "D8", print_day(one.service_from)
        if one.service_to:
            form, days = "RD8", f"{days}-{print_day(one.service_to)}"
        rows.append(("DTP", "472", form, days))
    for line in one.lines:
        rows.append(("SVC", Joined(line.procedure), print_cents(line.charge_cents)))
        rows += _stc(line.reasons, print_day(one.effective), "U", "")
        if line.control_number:
            rows.append(("REF", "FJ", line.control_number))
    return rows


def _statuses(one: ClaimAcknowledgment) -> list[Elements]:
    return _stc(one.reasons, print_day(one.effective), "WQ" if one.accepted else "U", print_cents(one.charge_cents))


def _stc(reasons: Sequence[StatusReason], day: str, action: str, amount: str) -> list[Elements]:
    rows = []
    for at in range(0, len(reasons), _REASONS_PER_STC):
        first, *more = [join(one.category, one.status, one.entity) for one in reasons[at : at + _REASONS_PER_STC]]
        rows.append(trimmed("STC", first, day, action, amount, *("",) * 5, *more))
    return rows


def _totals(claims: Sequence[ClaimAcknowledgment], *, accepted: str, rejected: str) -> list[Elements]:
    taken = [one.charge_cents or ZERO for one in claims if one.accepted]
    refused = [one.charge_cents or ZERO for one in claims if not one.accepted]
    rows: list[Elements] = []
    if taken:
        rows.append(("QTY", accepted, str(len(taken))))
    if refused:
        rows.append(("QTY", rejected, str(len(refused))))
    if taken:
        rows.append(("AMT", "YU", print_cents(Cents(sum(taken)))))
    if refused:
        rows.append(("AMT", "YY", print_cents(Cents(sum(refused)))))
    return rows
