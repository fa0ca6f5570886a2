"""Acknowledgments: TA1 and 999 (syntax), 277CA (a claim's first fate, before adjudication).

A claim *rejected* here never entered adjudication: it is mended and sent again as a new original. That is not a
denial.
"""

from dataclasses import dataclass
from datetime import date

from billing.claim import Name, Party
from billing.money import Cents

DUPLICATE = "025"
"""TA105"""


@dataclass(frozen=True, slots=True)
class InterchangeAcknowledgment:
    """TA1."""

    control_number: str
    """TA101 = ISA13 of the interchange it answers"""
    accepted: bool
    """TA104 A or E"""
    code: str
    """TA104: A accepted, E accepted with errors, R rejected"""
    note: str
    """TA105: 000 none, 001 control numbers differ, 025 duplicate ..."""
    interchange_date: str = ""
    """TA102 = ISA09 of that interchange, YYMMDD"""
    interchange_time: str = ""
    """TA103 = ISA10, HHMM"""

    @property
    def is_duplicate(self) -> bool:
        """The receiver has an interchange of this number: of the same bytes, it has those."""
        return self.note == DUPLICATE


@dataclass(frozen=True, slots=True)
class SegmentError:
    """IK3 with its IK4s: one faulty segment of the transaction a 999 answers."""

    segment: str
    """IK301"""
    position: int
    """IK302: counted from the ST, which is 1"""
    loop: str | None
    """IK303"""
    code: str | None
    """IK304"""
    elements: tuple[tuple[str, str, str | None], ...] = ()
    """IK4: (element position such as `2` or `2:1`, IK403 code, copy of the bad data or None)"""
    control_number: str | None = None
    """CTX01 = CLM01:..., the claim it happened in"""


@dataclass(frozen=True, slots=True)
class SetAcknowledgment:
    """AK2 .. IK5: one transaction set's verdict."""

    transaction: str
    """AK201: 837"""
    control_number: str
    """AK202 = ST02"""
    code: str
    """IK501: A accepted, E accepted with errors, R, M, W, X rejected"""
    errors: tuple[SegmentError, ...] = ()
    codes: tuple[str, ...] = ()
    """IK502-506: why it was not simply accepted"""
    version: str | None = None
    """AK203"""

    @property
    def accepted(self) -> bool:
        return self.code in {"A", "E"}


@dataclass(frozen=True, slots=True)
class ImplementationAcknowledgment:
    """One 999."""

    functional_id: str
    """AK101: HC"""
    group_control_number: str
    """AK102 = GS06"""
    code: str
    """AK901: A, E, P partially accepted, R rejected"""
    sets: tuple[SetAcknowledgment, ...]
    """Empty when the sender reports only the group"""
    received_count: int | None = None
    """AK903"""
    accepted_count: int | None = None
    """AK904"""
    version: str | None = None
    """AK103: 005010X222A1"""
    included_count: int | None = None
    """AK902: the sets that the group said it held"""
    codes: tuple[str, ...] = ()
    """AK905-909"""

    def accepts(self, set_control_number: str) -> bool:
        """Whether ST02 was taken: its own IK5 if there is one, else the group's AK9."""
        for one in self.sets:
            if one.control_number.lstrip("0") == set_control_number.lstrip("0"):
                return one.accepted
        return self.code in {"A", "E"}


@dataclass(frozen=True, slots=True)
class StatusReason:
    """One composite of STC01, STC10 or STC11."""

    category: str
    """-1: A0 forwarded, A1 received, A2 accepted into adjudication, A3 A6 A7 A8 rejected, A4 not found, A5 split"""
    status: str
    """-2: claim status code"""
    entity: str | None = None
    """-3: 85 billing provider, IL subscriber, PR payer ..."""
    code_list: str | None = None
    """-4, in a 277 only: RX, the status is a reject code of the pharmacies (NCPDP), not a claim status code"""


@dataclass(frozen=True, slots=True)
class LineAcknowledgment:
    """One rejected service line of a claim (loop 2220D)."""

    procedure: str
    """SVC01, components joined by `:`"""
    charge_cents: Cents
    """SVC02"""
    reasons: tuple[StatusReason, ...]
    control_number: str | None = None
    """REF*FJ: the office's line id, REF*6R of the 837"""


@dataclass(frozen=True, slots=True)
class ClaimAcknowledgment:
    """One claim's fate in a 277CA (loop 2200D), or a whole batch's or provider's when it stands higher."""

    sender: Party
    """2100A: NM101 AY is a clearinghouse, PR a payer"""
    control_number: str | None
    """TRN02 of 2200D = CLM01; None when the verdict stands on the batch (2200B) or the provider (2200C)"""
    reasons: tuple[StatusReason, ...]
    accepted: bool
    """STC03 WQ accept; U reject. Absent: by category"""
    effective: date | None
    """STC02"""
    charge_cents: Cents | None = None
    """STC04"""
    payer_claim_number: str | None = None
    """REF*1K"""
    clearinghouse_trace: str | None = None
    """REF*D9"""
    level: str = "claim"
    """claim, provider or batch"""
    batch_reference: str | None = None
    """TRN02 of 2200B = BHT03 of the 837"""
    patient_name: Name | None = None
    """2100D NM1*QC"""
    patient_id: str | None = None
    """2100D NM109"""
    service_from: date | None = None
    """DTP*472"""
    service_to: date | None = None
    """DTP*472 RD8"""
    lines: tuple[LineAcknowledgment, ...] = ()
    provider: Party | None = None
    """2100C NM1*85 that it stands under, when that is not the file's first; None: the file's `provider`"""

    @property
    def codes(self) -> str:
        """Category and status of each reason: `A2:20, A3:33`."""
        return ", ".join(f"{one.category}:{one.status}" for one in self.reasons)

    @property
    def from_clearinghouse(self) -> bool:
        """A clearinghouse's acceptance says nothing yet about the payer's."""
        return self.sender.role == "AY"


@dataclass(frozen=True, slots=True)
class ClaimAcknowledgmentFile:
    """One ST*277 of guide 005010X214."""

    reference: str
    """BHT03"""
    created: date
    sender: Party
    """2100A"""
    receiver: Party | None
    """2100B NM1*41: the submitter"""
    provider: Party | None
    """2100C NM1*85 of the first provider; what stands under another names it itself"""
    acknowledgments: tuple[ClaimAcknowledgment, ...]
    created_time: str = "0000"
