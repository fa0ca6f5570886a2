"""The segments of an 837P claim from its nouns, the opaque segments back in the guide's order."""

from collections.abc import Sequence

from billing.claim import Claim, ClaimBatch, Party, ServiceLine
from interchange.x12 import fields, forms, guide_order, hierarchy_writing, parties, writing
from interchange.x12.fields import Elements
from interchange.x12.forms import Form, Say
from interchange.x12.guides.x222a1 import GUIDE

MOST_LINES = 50
"""LX of one claim"""
_CLAIM = Form(
    "CLM control_number $charge_cents - - (place_of_service;=B;frequency) provider_signature assignment "
    "benefits_assigned release signature_source (accident[]) special_program - - - - - - - delay_reason",
    "?AMT =F5 $patient_paid_cents",
    "?REF =9F referral",
    "?REF =G1 authorization",
    "?REF =F8 original_reference",
    "?REF =D9 clearinghouse_trace",
    "?HI diagnoses(qualifier;code)",
)
"""What 2300 says of itself, of a Claim"""
_LINE = Form(
    "LX number",
    "SV1 (procedure_qualifier;procedure;modifiers[4];procedure_description) $charge_cents unit_basis #units "
    "place_of_service - (diagnosis_pointers[]) - emergency - epsdt family_planning - - copay_status",
    "DTP =472 form days",
    "?REF =6R control_number",
    given=("number", "form", "days"),
)
"""What 2400 says of itself, of a ServiceLine"""

_CLAIM_LOOP = {
    "DN": "2310A",
    "P3": "2310A",
    "82": "2310B",
    "77": "2310C",
    "DQ": "2310D",
    "PW": "2310E",
    "45": "2310F",
}
_LINE_LOOP = {
    "82": "2420A",
    "QB": "2420B",
    "77": "2420C",
    "DQ": "2420D",
    "DK": "2420E",
    "DN": "2420F",
    "P3": "2420F",
    "PW": "2420G",
    "45": "2420H",
}


def write_batch(batch: ClaimBatch) -> Sequence[Elements]:
    """BHT to the last service line, without ST and SE. Raises UnknownProviderRole, or writing.DoesNotFit for a claim
    with no line, with too many, or with too many modifiers on one.

    What can be sent with our delimiters is written as text at once; anything else by its elements, so that the envelope
    says which of them it refuses.
    """
    said: list[str] = []
    try:
        text = hierarchy_writing.batch_text(GUIDE, batch, batch.claims, _claim_text, said.append)
    except (writing.UnwritableData, forms.NotPlain):
        return batch_rows(batch)
    if forms.find_odd("".join(said)) is not None or writing.has_loose_blanks(text):
        return batch_rows(batch)
    return writing.Body(text, lambda: batch_rows(batch))


def batch_rows(batch: ClaimBatch) -> list[Elements]:
    """The same, by its elements. Raises the same."""
    return hierarchy_writing.write_batch(GUIDE, batch, batch.claims, _write_claim)


# The claim --------------------------------------------------------------------------------------------------------


def _write_claim(claim: Claim) -> list[Elements]:
    rows = _claim_rows(claim)
    hierarchy_writing.prove_lines(len(claim.lines), most=MOST_LINES)
    for number, line in enumerate(claim.lines, start=1):
        rows += _line_rows(number, line)
    return rows


def _claim_rows(claim: Claim) -> list[Elements]:
    providers = [hierarchy_writing.provider_block(GUIDE, party, _CLAIM_LOOP) for party in _named(claim)]
    rest = [one for one in claim.other_segments if one.loop.startswith("23")]
    return guide_order.joined(GUIDE, "2300", _CLAIM.rows(claim), providers, rest)


def _claim_text(claim: Claim, say: Say) -> str:
    rest = [one for one in claim.other_segments if one.loop.startswith("23")] if claim.other_segments else []
    below = guide_order.texts_below(GUIDE, "2300", rest)
    if below is None:
        text = writing.text_of(_claim_rows(claim))
    else:
        text = _CLAIM.text(claim, say) + _below_text(_named(claim), _CLAIM_LOOP, below)
    hierarchy_writing.prove_lines(len(claim.lines), most=MOST_LINES)
    for number, line in enumerate(claim.lines, start=1):
        text += _line_text(number, line, say)
    return text


def _named(claim: Claim) -> list[Party]:
    billing = claim.billing_provider
    return [party for party in claim.providers if not _is_billing_again(party, billing)]


def _is_billing_again(party: Party, billing: Party) -> bool:
    """A rendering provider who is the billing individual and about whom nothing more is said: 2310B is left out."""
    if party.role != "82" or not billing.is_person or not party.is_person:
        return False
    same = (party.name, party.id_qualifier, party.id) == (billing.name, billing.id_qualifier, billing.id)
    says_more = party.references or party.contact or party.taxonomy not in {None, billing.taxonomy}
    return same and not says_more


def _below_text(providers: Sequence[Party], loops: dict[str, str], below: list[tuple[int, str]]) -> str:
    """The loops below a claim or line: its providers, and what was kept opaque."""
    if not providers and not below:
        return ""
    placed = [(hierarchy_writing.provider_loop(GUIDE, party, loops), party) for party in providers]
    texts = [(GUIDE.loop_rank(loop), parties.party_text(party)) for loop, party in placed] + below
    if len(texts) > 1:
        texts.sort(key=lambda one: one[0])
    return "".join([text for _, text in texts])


# The lines --------------------------------------------------------------------------------------------------------


def _line_rows(number: int, line: ServiceLine) -> list[Elements]:
    providers = [hierarchy_writing.provider_block(GUIDE, party, _LINE_LOOP) for party in line.providers]
    return guide_order.joined(
        GUIDE, "2400", _LINE.rows(line, str(number), *_days(line)), providers, line.other_segments
    )


def _line_text(number: int, line: ServiceLine, say: Say) -> str:
    below = guide_order.texts_below(GUIDE, "2400", line.other_segments)
    if below is None:
        return writing.text_of(_line_rows(number, line))
    return _LINE.text(line, say, str(number), *_days(line)) + _below_text(line.providers, _LINE_LOOP, below)


def _days(line: ServiceLine) -> tuple[str, str]:
    """The form of DTP*472 and what it says in that form."""
    first = fields.print_day(line.service_date)
    if line.service_date_to is None:
        return "D8", first
    return "RD8", f"{first}-{fields.print_day(line.service_date_to)}"
