"""What payers' codes say, in the office's own words: why an inquiry (271 AAA03) or a claim (277CA STC) was refused.

The code always stands beside its words; one that is not here stands alone, and the payer's list says what it means.
"""

from collections.abc import Iterable
from itertools import chain

from billing.acknowledgment import ClaimAcknowledgment, StatusReason

INQUIRY_REFUSALS = {
    "04": "more is asked for than was authorized",
    "15": "something required is missing",
    "33": "something in the inquiry is wrong",
    "35": "the provider is out of the network",
    "41": "this office may not ask this payer",
    "42": "the payer cannot answer now",
    "43": "the provider's id is wrong or missing",
    "44": "the provider's name is wrong or missing",
    "45": "the provider's specialty is wrong or missing",
    "46": "the provider's telephone is wrong or missing",
    "47": "the provider's state is wrong or missing",
    "48": "the referring provider's id is wrong or missing",
    "49": "the provider is not the patient's primary care provider",
    "50": "the provider may not ask about this patient",
    "51": "the payer does not know the provider",
    "52": "the patient was not in the plan on the date of service",
    "53": "the benefit asked for does not fit the provider",
    "54": "the service asked for is wrong or missing",
    "55": "the diagnosis is wrong or missing",
    "56": "a date is wrong",
    "57": "the date of service is wrong",
    "58": "the birth date is wrong or missing",
    "60": "the birth date lies after the date of service",
    "61": "the patient died before the date of service",
    "62": "the date of service lies too far back or ahead for this payer",
    "63": "the date of service lies in the future",
    "64": "the patient's id is wrong or missing",
    "65": "the patient's name is wrong or missing",
    "66": "the patient's sex is wrong or missing",
    "67": "the payer does not know the patient",
    "68": "several patients have this id",
    "69": "it does not fit the patient's age",
    "70": "it does not fit the patient's sex",
    "71": "the birth date is not the one that the payer has",
    "72": "the member id is wrong or missing",
    "73": "the subscriber's name is wrong or missing",
    "74": "the subscriber's sex is wrong or missing",
    "75": "the payer does not know the subscriber",
    "76": "several subscribers have this id",
    "77": "the payer knows the subscriber but not the patient",
    "78": "the subscriber is not in the group or plan that was named",
    "79": "the payer's id is wrong",
    "80": "the payer did not answer",
    "97": "the provider's address is wrong or missing",
    "T4": "the payer's name or id is missing",
}
"""By AAA03 (005010X279A1)"""

VERDICTS = {
    "A3": "returned as unprocessable",
    "A4": "not found",
    "A6": "missing",
    "A7": "wrong",
    "A8": "does not fit the rest of the claim",
}
"""By STC01-1 (005010X214): categories that refuse"""

WHOLE = {
    "33": "the payer does not find the subscriber",
    "78": "it is a duplicate of another claim",
    "88": "there was no coverage on the dates of service",
    "116": "the claim belongs to another payer",
    "496": "the submitter is not approved for this provider",
    "718": "it came too late",
    "732": "the payer's billing rules want something otherwise",
}
"""By STC01-2: claim status codes that say everything by themselves"""

ABOUT = {
    "21": "something on the claim",
    "125": "name",
    "128": "tax id",
    "132": "Medicaid provider number",
    "145": "taxonomy",
    "153": "id number",
    "158": "birth date",
    "164": "member id",
    "187": "dates of service",
    "248": "what is said of an accident",
    "249": "place of service",
    "254": "principal diagnosis",
    "255": "diagnosis",
    "306": "description of the service",
    "453": "modifier",
    "454": "procedure",
    "476": "units",
    "477": "diagnosis pointer",
    "488": "diagnosis of a line",
    "500": "postal code",
    "507": "HCPCS code",
    "535": "claim frequency",
    "562": "NPI",
}
"""By STC01-2: claim status codes that name a thing, of which the category says what is the matter"""

ENTITIES = {
    "41": "submitter",
    "77": "facility",
    "82": "rendering provider",
    "85": "billing provider",
    "DN": "referring provider",
    "IL": "subscriber",
    "PR": "payer",
    "QC": "patient",
}
"""By STC01-3"""


def why_inquiry_was_refused(codes: Iterable[str]) -> str:
    """`("72", "75")` -> `the member id is wrong or missing; the payer does not know the subscriber (AAA 72, 75)`."""
    codes = tuple(dict.fromkeys(codes))
    known = "; ".join(INQUIRY_REFUSALS[code] for code in codes if code in INQUIRY_REFUSALS)
    return f"{known or 'for a reason of its own'} (AAA {', '.join(codes)})"


def why_claim_was_refused(acknowledgment: ClaimAcknowledgment) -> str:
    """`A7:164:IL` -> `member id of the subscriber: wrong (277CA A7:164)`; what is said of lines comes after."""
    reasons = [*acknowledgment.reasons, *chain.from_iterable(one.reasons for one in acknowledgment.lines)]
    known = "; ".join(dict.fromkeys(words for words in map(_in_words, reasons) if words))
    codes = ", ".join(dict.fromkeys(f"{one.category}:{one.status}" for one in reasons))
    return f"{known or 'for a reason that the office has no words for'} (277CA {codes})"


def _in_words(reason: StatusReason) -> str:
    if reason.code_list is not None:
        return ""
    if reason.status in WHOLE:
        return WHOLE[reason.status]
    if reason.status not in ABOUT or reason.category not in VERDICTS:
        return ""
    whose = f" of the {ENTITIES[reason.entity]}" if reason.entity in ENTITIES else ""
    return f"{ABOUT[reason.status]}{whose}: {VERDICTS[reason.category]}"
