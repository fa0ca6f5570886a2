"""docs/x12/: one page per transaction set. The tables are seen by reading a file made from the guide's own table."""

from collections.abc import Callable, Iterable

from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    claim_status_276,
    claim_status_277,
    claims_837i,
    claims_837p,
    eligibility_270,
    eligibility_271,
    remittance_835,
)
from interchange.x12.elements import parse_elements
from interchange.x12.grammar import SegmentRule
from interchange.x12.guides import names, x212, x214, x221a1, x222a1, x223a2, x231a1, x279a1
from tests.house.x12_landing import Landing, flat, landing_of, landings
from tests.interchange.specimen import ISA

RENEW = "<!-- Written from the code by `python -m tests.house.generated`; do not edit. -->"

_HOW = (
    "Each element of the guide was changed in a file that holds every row of it, and the file read again: the table "
    "says "
    "what changed. ST, SE and HL give the frame and are left out; so is an element that can say one thing only. "
    "Loops "
    "that occur twice are told once."
)


def page_837p() -> str:
    """docs/x12/837p.md"""
    return _page(
        "837P: the professional claim",
        "`interchange/x12/claims_837p.py`, guide 005010X222A1. Every CLM gives one `ReadClaim`, in whatever state "
        "the "
        "file is, streamed one by one; what belongs to no claim comes in a `ReadTransaction` after them.",
        """from interchange.x12 import claims_837p

with open("claims.837", "rb") as file:
    for item in claims_837p.read(file):
        if isinstance(item, claims_837p.ReadClaim) and item.claim is not None:
            print(item.claim.control_number, item.claim.charge_cents, len(item.issues))
        else:
            print([str(issue) for issue in item.issues])""",
        "A claim that cannot be built has `claim` None and an issue `unreadable` that names the element; its "
        "neighbours "
        "are not touched. A claim with slips carries both the noun and the issues. Beyond the grammar are checked: "
        "CLM02 "
        "against the lines (level `balance`), HL01, HL02 and LX01, diagnosis pointers, and composites written with "
        "another separator than ISA16, which are read as meant.",
        "An opaque segment is an `OpaqueSegment` with its loop, in `Claim.other_segments`, "
        "`ServiceLine.other_segments` or "
        "`ClaimBatch.other_segments`; `write` puts it back in the guide's order.",
        {"837P": landings(x222a1.GUIDE, "HC", _claims)},
        x222a1.GUIDE.version,
    )


def page_837i() -> str:
    """docs/x12/837i.md"""
    return _page(
        "837I: the institutional claim",
        "`interchange/x12/claims_837i.py`, guide 005010X223A2; a file that names 005010X223A3 is read without a word. "
        "Every CLM gives one `ReadClaim`, streamed one by one, as in the [837P](837p.md).",
        """from interchange.x12 import claims_837i

with open("claims.837", "rb") as file:
    for item in claims_837i.read(file):
        if isinstance(item, claims_837i.ReadClaim) and item.claim is not None:
            print(item.claim.control_number, item.claim.statement_from, item.claim.charge_cents)
        else:
            print([str(issue) for issue in item.issues])""",
        "A claim that cannot be built has `claim` None, an issue `unreadable` that names the element, and a `glimpse` "
        "of what could be read; its neighbours are not touched. Beyond the grammar are checked: CLM02 against the "
        "lines (level `balance`), HL01, HL02 and LX01.",
        "An opaque segment is an `OpaqueSegment` with its loop, in `other_segments` of claim, line or batch; `write` "
        "puts it back in the guide's order.",
        {"837I": landings(x223a2.GUIDE, "HC", _institutional_claims)},
        x223a2.GUIDE.version,
    )


def page_276_277() -> str:
    """docs/x12/276-277.md"""
    request = landings(x212.INQUIRY, "HR", lambda data: [one.request for one in claim_status_276.read(data)])
    answer = landings(x212.RESPONSE, "HN", lambda data: [one.answer for one in claim_status_277.read(data)])
    return _page(
        "276 and 277: claim status",
        "`interchange/x12/claim_status_276.py` and `claim_status_277.py`, guide 005010X212. Each ST gives one "
        "item, with all that it asks or answers. A payer's own request for documents (277RFAI, guide 005010X213) is "
        "read by `information_request_277.py` into the same nouns, with its number and its last day.",
        """from interchange.x12 import claim_status_277

with open("answer.277", "rb") as file:
    for read in claim_status_277.read(file):
        for one in read.answer.statuses if read.answer is not None else ():
            print(one.reference, one.level, one.verdicts)""",
        "An amount or date that cannot be read gives no noun and an issue `unreadable` that names the element.",
        "Everything that a transaction holds stands in `segments` of what was read.",
        {"276": request, "277": answer},
        x212.INQUIRY.version,
    )


def page_835() -> str:
    """docs/x12/835.md"""
    return _page(
        "835: the remittance",
        "`interchange/x12/remittance_835.py`, guide 005010X221A1. Read whole (`read_remittances`) or streamed "
        "payment by "
        "payment (`read`). What was not reported is None, never zero.",
        """from interchange.x12 import remittance_835

with open("payments.835", "rb") as file:
    for read in remittance_835.read_remittances(file):
        if read.is_balanced and read.remittance is not None:
            print(read.remittance.trace, read.remittance.paid_cents, len(read.payments))
        else:
            print([str(issue) for issue in read.issues])""",
        "A line, a claim or the transaction whose sums do not come out is an issue of level `balance` that names "
        "the rule "
        "and both amounts; `is_balanced` is then False, and nothing may be posted. A payment with an unreadable "
        "amount "
        "or date has `payment` None.",
        "Read past, but part of the content hash by which a remittance is known again: everything below. `NM1*IL` "
        "gives "
        "`ClaimPayment.member_id` when `NM1*QC` has no id. A second PER is not kept; of several, BL goes before the "
        "others.",
        {"835": landings(x221a1.GUIDE, "HP", _payments)},
        x221a1.GUIDE.version,
    )


def page_270_271() -> str:
    """docs/x12/270-271.md"""
    inquiry = landings(x279a1.INQUIRY, "HS", lambda data: [one.inquiry for one in eligibility_270.read(data)])
    response = landings(x279a1.RESPONSE, "HB", lambda data: [one.response for one in eligibility_271.read(data)])
    return _page(
        "270 and 271: eligibility",
        "`interchange/x12/eligibility_270.py` and `eligibility_271.py`, guide 005010X279A1. One `ReadInquiry` or "
        "`ReadResponse` per patient; the issues of the whole transaction come with its first.",
        """from interchange.x12 import eligibility_271

with open("answer.271", "rb") as file:
    for read in eligibility_271.read(file):
        if read.response is not None:
            print(read.response.reference, [one.information for one in read.response.benefits])
            print([(one.level, one.code) for one in read.response.errors])""",
        "AAA is no fault of the file but the payer's answer: an `InquiryError` with the loop it stands in. An "
        "amount or "
        "date that cannot be read gives no response and an issue `unreadable`.",
        "REF of the inquiry is read only when it has no description (REF03).",
        {"270": inquiry, "271": response},
        x279a1.INQUIRY.version,
    )


def page_999() -> str:
    """docs/x12/999.md"""
    return _page(
        "999: the implementation acknowledgment",
        "`interchange/x12/acknowledgment_999.py`, guide 005010X231A1. Read, written, and made from our own issues by "
        "`acknowledge`: errors of the levels transaction, segment and element reject a set.",
        """from interchange.x12 import acknowledgment_999

with open("answer.999", "rb") as file:
    for read in acknowledgment_999.read(file):
        if read.acknowledgment is not None:
            print(read.acknowledgment.group_control_number, read.acknowledgment.code)
            print([(one.control_number, one.code) for one in read.acknowledgment.sets])""",
        "Without AK1 or AK9 there is no acknowledgment, and an issue says which is missing.",
        "The situational trigger of a CTX is read past: its value is no claim's number. On writing only a claim of an "
        "837 has a context: the guide has no name for a payment.",
        {
            "999": landings(
                x231a1.GUIDE, "FA", lambda data: [one.acknowledgment for one in acknowledgment_999.read(data)]
            )
        },
        x231a1.GUIDE.version,
    )


def page_277ca() -> str:
    """docs/x12/277ca.md"""
    return _page(
        "277CA: the claim acknowledgment",
        "`interchange/x12/acknowledgment_277ca.py`, guide 005010X214. Verdicts stand on the batch (2200B), on a "
        "provider "
        "(2200C) or on a claim (2200D); each is a `ClaimAcknowledgment` whose `level` says which. Of several billing "
        "providers the file names the first; what stands under another says so in its own `provider`.",
        """from interchange.x12 import acknowledgment_277ca

with open("verdicts.277", "rb") as file:
    for read in acknowledgment_277ca.read(file):
        for one in read.file.acknowledgments if read.file is not None else ():
            print(one.level, one.control_number, one.accepted, one.reasons)""",
        "STC03 decides whether a claim is accepted; without it, the category of STC01 does. A file that does not "
        "say who "
        "sends it (2100A) gives no noun and an issue.",
        "QTY and AMT are computed on writing, from the claims. What 2100D and 2200D must hold and the verdict does not "
        "know is written as unknown: name and number UNKNOWN, claim number 0, charge 0, service on 1900-01-01.",
        {"277CA": landings(x214.GUIDE, "HN", lambda data: [one.file for one in acknowledgment_277ca.read(data)])},
        x214.GUIDE.version,
    )


def page_ta1() -> str:
    """docs/x12/ta1.md"""
    rule = SegmentRule("TA1", True, 0, parse_elements("!N9 !N6 !TM4 !=A,E,R !AN3"))

    def look(elements: tuple[str, ...]) -> dict[str, str]:
        data = "~".join([ISA, "*".join(elements), "IEA*0*000000621", ""]).encode()
        return flat([one.acknowledgment for one in acknowledgment_ta1.read(data)])

    return _page(
        "TA1: the interchange acknowledgment",
        "`interchange/x12/acknowledgment_ta1.py`. One segment between ISA and the first GS that answers an "
        "envelope; it "
        "has no transaction set and no guide of its own. `acknowledge` makes one from what was found at an envelope.",
        """from interchange.x12 import acknowledgment_ta1

with open("answer.ta1", "rb") as file:
    for read in acknowledgment_ta1.read(file):
        print(read.acknowledgment.control_number, read.acknowledgment.accepted, read.acknowledgment.note)""",
        "An empty TA101 or a TA104 other than A, E, R is an issue; the noun is made all the same. The issues of the "
        "interchange that carries it come with it. A and E count as accepted.",
        "Nothing.",
        {"TA1": [landing_of(rule, ("TA1", "000000621", "260310", "1015", "A", "000"), look)]},
        "",
    )


PAGES: dict[str, Callable[[], str]] = {
    "x12/837p.md": page_837p,
    "x12/837i.md": page_837i,
    "x12/835.md": page_835,
    "x12/270-271.md": page_270_271,
    "x12/276-277.md": page_276_277,
    "x12/999.md": page_999,
    "x12/ta1.md": page_ta1,
    "x12/277ca.md": page_277ca,
}


def _claims(data: bytes) -> list[object]:
    found = [one for one in claims_837p.read(data) if isinstance(one, claims_837p.ReadClaim)]
    return [*(one.claim for one in found), *(one.batch for one in found)]


def _institutional_claims(data: bytes) -> list[object]:
    found = [one for one in claims_837i.read(data) if isinstance(one, claims_837i.ReadClaim)]
    return [*(one.claim for one in found), *(one.batch for one in found)]


def _payments(data: bytes) -> list[object]:
    found = list(remittance_835.read_remittances(data))
    return [*(one.remittance for one in found), *(payment.payment for one in found for payment in one.payments)]


def _page(
    title: str, about: str, example: str, errors: str, rest: str, found: dict[str, list[Landing]], version: str
) -> str:
    """`found` is by transaction set; `rest` says what becomes of what has no field."""
    parts = [
        f"# {title}",
        RENEW,
        about,
        f"```python\n{example}\n```",
        "## How errors are told",
        f"{errors} What all sets share stands in [X12](../x12.md#levels-of-an-issue).",
        "## Where each element lands",
        _HOW,
    ]
    for name, seen in found.items():
        rows = [row for one in seen if not one.is_opaque and not one.is_read_past for row in _rows(one, version)]
        parts += [f"### {name}"] if len(found) > 1 else []
        parts.append("\n".join(["| loop | segment | element | lands in |", "| --- | --- | --- | --- |", *rows]))
    parts += ["## What has no field of its own", rest]
    for name, seen in found.items():
        where = f" ({name})" if len(found) > 1 else ""
        parts += _section(f"Kept opaque{where}", _by_loop((one for one in seen if one.is_opaque), version))
        past = _by_loop((one for one in seen if one.is_read_past), version)
        parts += _section(f"Read past: whole segments{where}", past)
        parts += _section(f"Read past: single elements{where}", _elements_past(seen))
    return "\n\n".join(parts) + "\n"


def _section(title: str, text: str) -> list[str]:
    return [f"### {title}", text] if text else []


def _rows(one: Landing, version: str) -> list[str]:
    """One row per field, with the elements that land in it."""
    places: dict[str, list[str]] = {}
    for place, fields in one.fields.items():
        if fields:
            places.setdefault("<br>".join(f"`{name}`" for name in fields), []).append(place)
    loop = _loop(one.loop, version)
    return [f"| {loop} | {_segment(one)} | {', '.join(at)} | {fields} |" for fields, at in places.items()]


def _by_loop(found: Iterable[Landing], version: str) -> str:
    loops: dict[str, list[str]] = {}
    for one in found:
        loops.setdefault(_loop(one.loop, version), []).append(_segment(one))
    return "\n".join(f"- {loop}: {', '.join(dict.fromkeys(segments))}" for loop, segments in loops.items())


def _elements_past(found: list[Landing]) -> str:
    lines = []
    for one in found:
        past = [place for place, fields in one.fields.items() if not fields]
        if past and not one.is_read_past and not one.is_opaque:
            lines.append(f"- {_loop(one.loop, '')} {_segment(one)}: {', '.join(past)}")
    return "\n".join(dict.fromkeys(lines))


def _loop(loop: str, version: str) -> str:
    return "whole set" if loop == "ST" else f"{loop} {names.loop_name(version, loop)}".strip()


def _segment(one: Landing) -> str:
    return one.segment.replace("*", "\\*")
