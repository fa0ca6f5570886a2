"""Tries whether one claim can be sent: it is written alone, as it would be in a batch."""

from datetime import datetime

from billing.claim import BatchHeader, Claim
from interchange.x12 import claim_files, writing
from interchange.x12.hierarchy_writing import UnknownProviderRole


def unwritable(claim: Claim, at: datetime) -> str | None:
    """None when the claim can be sent, else the segment and element that cannot."""
    party = claim.billing_provider
    header = BatchHeader(party, party, reference="TRIAL", created=at.date(), created_time="0000")
    try:
        writing.write_interchange(
            [writing.Group(1, claim_files.version_of(claim), [("0001", claim_files.write(header, [claim]))])],
            sender=writing.Address("ZZ", "TRIAL"),
            receiver=writing.Address("ZZ", "TRIAL"),
            control_number=1,
            instant=at,
        )
    except (writing.UnwritableData, UnknownProviderRole) as error:
        return str(error)
    return None
