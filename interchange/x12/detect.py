"""What a file is, from its first bytes: which transaction set, or a bank's file, or unknown."""

import re
from enum import StrEnum

from interchange.bank import lockbox_csv
from interchange.x12.syntax import NotX12, SegmentReader

_HEAD_BYTES = 64 * 1024
_CCD_RECORD = 94
"""Characters of one record of a bank's (NACHA) file."""


class FileKind(StrEnum):
    """What a file or message holds; the first transaction set decides."""

    CLAIMS_837P = "837P"
    """Professional claims, guide 005010X222"""
    CLAIMS_837I = "837I"
    """Institutional claims, guide 005010X223"""
    CLAIMS_837D = "837D"
    """Dental claims, guide 005010X224"""
    REMITTANCE_835 = "835"
    """Remittances, guide 005010X221"""
    ELIGIBILITY_270 = "270"
    """Eligibility inquiry, guide 005010X279"""
    ELIGIBILITY_271 = "271"
    """Eligibility answer, guide 005010X279"""
    STATUS_276 = "276"
    """Claim status inquiry, guide 005010X212"""
    STATUS_277 = "277"
    """Claim status answer, guide 005010X212"""
    REQUEST_277RFAI = "277RFAI"
    """A payer's request for additional information, guide 005010X213"""
    ACKNOWLEDGMENT_277CA = "277CA"
    """Claim acknowledgment, guide 005010X214"""
    ACKNOWLEDGMENT_999 = "999"
    """Implementation acknowledgment, guide 005010X231"""
    ACKNOWLEDGMENT_997 = "997"
    """Functional acknowledgment, the 999's predecessor"""
    ACKNOWLEDGMENT_TA1 = "TA1"
    """Interchange acknowledgment without any group"""
    BANK_BAI2 = "BAI2"
    """A bank's balance report: records of comma-separated fields, the first one `01`"""
    BANK_CCD = "CCD"
    """Bank file of 94-character records that opens with `101`"""
    LOCKBOX = "LOCKBOX"
    """A bank's file of cheques that its lockbox opened: records of 80 columns, 1 and 2 first"""
    LOCKBOX_CSV = "LOCKBOXCSV"
    """The same as CSV with a header"""
    UNKNOWN = "unknown"
    """None of these"""


_REPORT = re.compile(rb"\s*01,[^\n]*,2\s*/")
"""File header of version 2"""
_LOCKBOX = re.compile(rb"1[0-9]{2}[^\n,*|]{20}[0-9]{6}[^\n,*|]{0,131}\n2[^\n,*|]{20}")
"""Immediate address header and service record"""
_GUIDES = {
    "X222": FileKind.CLAIMS_837P,
    "X223": FileKind.CLAIMS_837I,
    "X224": FileKind.CLAIMS_837D,
    "X213": FileKind.REQUEST_277RFAI,
    "X214": FileKind.ACKNOWLEDGMENT_277CA,
    "X212": FileKind.STATUS_277,
}


def identify(data: bytes) -> FileKind:
    """Name what `data` holds, from ST01 and the guide in ST03 or GS08. Never raises."""
    if _is_bank_file(data):
        return FileKind.BANK_CCD
    if _REPORT.match(data):
        return FileKind.BANK_BAI2
    if _LOCKBOX.match(data):
        return FileKind.LOCKBOX
    if lockbox_csv.looks_like(data):
        return FileKind.LOCKBOX_CSV
    try:
        reader = SegmentReader(data[:_HEAD_BYTES])
    except NotX12:
        return FileKind.UNKNOWN
    version, acknowledges = "", False
    for segment in reader:
        if segment.id == "GS":
            version = segment.get(8)
        elif segment.id == "TA1":
            acknowledges = True
        elif segment.id == "ST":
            return of_set(segment.get(1), segment.get(3) or version)
    return FileKind.ACKNOWLEDGMENT_TA1 if acknowledges else FileKind.UNKNOWN


def of_set(transaction: str, version: str) -> FileKind:
    """Name a transaction set from ST01 and the guide in ST03 or GS08."""
    if transaction in {"837", "277"}:
        guide = next((kind for mark, kind in _GUIDES.items() if mark in version), None)
        if guide is not None and guide.value.startswith(transaction):
            return guide
        return FileKind.STATUS_277 if transaction == "277" else FileKind.UNKNOWN
    return FileKind(transaction) if transaction in FileKind.__members__.values() else FileKind.UNKNOWN


def _is_bank_file(data: bytes) -> bool:
    first = data[: _CCD_RECORD + 2].splitlines()[:1]
    return bool(first) and first[0].startswith(b"101") and len(first[0].rstrip(b"\r")) == _CCD_RECORD
