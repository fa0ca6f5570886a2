"""Tries whether one claim can be sent: it is written alone, as it would be in a batch."""

from datetime import datetime

from billing.claim import Claim, ClaimBatch
from interchange.x12 import claims_837p, writing
from interchange.x12.hierarchy_writing import UnknownProviderRole


def unwritable(claim: Claim, at: datetime) -> str | None:
    """None when the claim can be sent, else the segment and element that cannot."""
    party = claim.billing_provider
    batch = ClaimBatch(party, party, reference="TRIAL", created=at.date(), created_time="0000", claims=(claim,))
    try:
        writing.write_interchange(
            [writing.Group(1, claims_837p.VERSION, [("0001", claims_837p.write(batch))])],
            sender=writing.Address("ZZ", "TRIAL"),
            receiver=writing.Address("ZZ", "TRIAL"),
            control_number=1,
            instant=at,
        )
    except (writing.UnwritableData, UnknownProviderRole) as error:
        return str(error)
    return None
