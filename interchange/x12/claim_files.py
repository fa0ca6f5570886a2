"""Claims as files of their own kind: the 837P, or the 837I of those with a HospitalBill."""

from collections.abc import Sequence
from dataclasses import fields

from billing.claim import BatchHeader, Claim, ClaimBatch
from billing.institutional_claim import InstitutionalBatch
from billing.institutional_visits import bill_of
from interchange.x12 import claims_837i, claims_837p
from interchange.x12.fields import Elements


def version_of(claim: Claim) -> str:
    """GS08 and ST03 of the file that this claim goes in."""
    return claims_837p.VERSION if claim.hospital is None else claims_837i.VERSION


def write(header: BatchHeader, claims: Sequence[Claim]) -> Sequence[Elements]:
    """The body of one ST*837, whose claims are of one kind. Raises as the writer of that kind does."""
    said = {one.name: getattr(header, one.name) for one in fields(BatchHeader)}
    if claims[0].hospital is None:
        return claims_837p.write(ClaimBatch(**said, claims=tuple(claims)))
    return claims_837i.write(InstitutionalBatch(**said, claims=tuple(bill_of(one) for one in claims)))
