"""The institutional claim file (837I, guide 005010X223A2): read into claims, written from a batch.

It reads as the 837P does: every CLM segment gives exactly one ReadClaim, and what belongs to no claim comes in a
ReadTransaction. Files that name 005010X223A3 are read by the same guide; a payer that wants this version gets it by
`writing.Group(version=VERSION_A3)`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.institutional_claim import InstitutionalBatch, InstitutionalClaim
from interchange.x12 import (
    claim_checks,
    claim_transactions,
    institutional_making,
    institutional_reading,
    institutional_writing,
)
from interchange.x12.envelope import EnvelopeReport, Transaction, read_transactions
from interchange.x12.fields import Elements
from interchange.x12.guides.x223a2 import GUIDE
from interchange.x12.syntax import Source

VERSION = GUIDE.version
VERSION_A3 = "005010X223A3"

ReadTransaction = claim_transactions.ReadTransaction


@dataclass(frozen=True, slots=True)
class ReadClaim(claim_transactions.ReadClaim[InstitutionalClaim, InstitutionalBatch]):
    """One CLM of the file."""


_SET = claim_transactions.ClaimSet(
    GUIDE,
    institutional_reading.read_claim,
    claim_checks.institutional_issues,
    InstitutionalBatch,
    ReadClaim,
    institutional_making.CLAIMS,
)


def read(source: Source) -> Iterator[ReadClaim | ReadTransaction]:
    """Read claims one by one, keeping no more than one. Raises NotX12 when the source holds no ISA."""
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            yield ReadTransaction(tuple(item.issues), None, 0, None, item)
        else:
            yield from read_transaction(item)


def claims(source: Source) -> Iterator[InstitutionalClaim]:
    """The claims alone, as fast as they can be had: for counting and searching, never for taking in.

    Envelopes are followed and segments fit the guide or are read the long way, but no sum is proven, no place is kept,
    and a claim that cannot be read is passed over in silence. Raises NotX12 when the source holds no ISA.
    """
    for item in read_transactions(source):
        if not isinstance(item, EnvelopeReport):
            yield from _SET.claims(item)


def read_transaction(transaction: Transaction) -> Iterator[ReadClaim | ReadTransaction]:
    """The same for one transaction of an envelope that the caller walks."""
    return _SET.read(transaction)


def write(batch: InstitutionalBatch) -> list[Elements]:
    """The body of one ST*837: BHT to the last line, for `writing.Group.sets`. ST, SE and counts are the envelope's."""
    return institutional_writing.write_batch(batch)
