"""Validators from outside, for what our own reader and writer could get wrong together.

Each takes the text of a file and returns its complaints, the false alarms that are known taken out. A transaction
that an oracle passed over in silence is a complaint.
"""

import io
import json
import logging
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oxedi as oxedi_library
from pyx12 import params, x12n_document
from x12sdk.io import X12ModelReader

from interchange.x12.syntax import SegmentReader

PYX12_FALSE_ALARMS = (
    re.compile(r"^PLB: Loop FOOTER exceeded max count"),
    re.compile(r"^HL: Mandatory loop .*\(2000C\) missing"),
    re.compile(r"^STC: Mandatory segment .*Provider Status.*missing"),
)
"""835: PLB may repeat. 277CA: level 19 and its STC are situational, a batch may be refused as a whole."""

X12SDK_UNKNOWN = (
    (re.compile(r"\bDMG\*D8\*(\d{8})\*U\b"), r"DMG*D8*\1*F"),
    (re.compile(r"\bAAA\*([NY])\*\*(?:58|64|7[1-8])\b"), r"AAA*\1**15"),
    (re.compile(r"\b(EB(?:\*[^*~]*){8})\*[A-Z]\w\b"), r"\1*1"),
)
"""Codes that the guides have and x12sdk does not, and one that it knows in their place: it would read no further in the
transaction. DMG03 U, most of AAA03, and EB09, which it takes for a number."""


def pyx12(text: str) -> list[str]:
    """pyx12 4.0.0 knows 837P, 837I (X223A2), 835, 277CA and 999; of a guide it does not know it says so."""
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    answer, errors = io.StringIO(), io.StringIO()
    try:
        accepted = x12n_document.x12n_document(params.params(), io.StringIO(text), answer, None, fd_json=errors)
    except Exception as fault:
        return [f"{type(fault).__name__}: {fault}"]
    found = json.loads(errors.getvalue() or "{}")
    complaints = list(_faults(found))
    if not accepted and not complaints:
        complaints = ["refused without a reason: look at ISA and GS"]
    judged = sum(len(group["transactions"]) for one in found.get("interchanges", []) for group in one["groups"])
    return [one for one in complaints if not any(alarm.match(one) for alarm in PYX12_FALSE_ALARMS)] + _passed_over(
        text, judged
    )


def x12sdk(text: str) -> list[str]:
    """x12sdk 2.2.0 knows 837P, 837I, 835, 270, 271, 276 and 277, and stops at the first fault.

    Its false alarms hide what it has not come to yet, so they cannot be taken out of its answer; do not send it
    - a 276 or 277 with two service lines in a claim: it puts the second into the first and miscounts;
    - an 837I with sex U, DTP*472 RD8, NTE*ADD, NM1*72 on a line, an MIA01 other than 0, or a drug (2410) without
      REF.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "judged.edi"
        for unknown, known in X12SDK_UNKNOWN:
            text = unknown.sub(known, text)
        path.write_text(text, encoding="ascii")
        try:
            with X12ModelReader(str(path)) as reader:
                judged = sum(1 for _ in reader.models())
        except Exception as fault:
            return [f"{type(fault).__name__}: {fault}"]
    return _passed_over(text, judged)


def oxedi(text: str) -> list[str]:
    """oxedi 0.6.0 knows the 835 alone: its segments, codes and every sum."""
    try:
        read = oxedi_library.parse(text.encode())
    except oxedi_library.ParseError as fault:
        return [f"{type(fault).__name__}: {fault}"]
    sent = sum(segment.id == "CLP" for segment in SegmentReader(text.encode()))
    judged = read.count_claims()
    passed_over = [] if judged == sent else [f"{judged} of {sent} claims were judged"]
    return [str(one) for one in read.diagnostics] + passed_over


def _faults(tree: dict[str, Any], segment: str = "") -> Iterator[str]:
    """Every member of an `errors` list of pyx12's report, behind the id of its segment."""
    here = tree.get("seg_id") or segment
    for key, members in tree.items():
        if isinstance(members, list):
            for one in members:
                if key == "errors":
                    yield f"{here}: {one.get('err_str', one) if isinstance(one, dict) else one}"
                elif isinstance(one, dict):
                    yield from _faults(one, here)


def _passed_over(text: str, judged: int) -> list[str]:
    sent = sum(segment.id == "ST" for segment in SegmentReader(text.encode()))
    return [] if judged == sent else [f"{judged} of {sent} transactions were judged"]
