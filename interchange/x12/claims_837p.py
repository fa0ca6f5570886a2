"""The professional claim file (837P, guide 005010X222A1): read into claims, written from a batch.

Every CLM segment gives exactly one ReadClaim, in whatever state the file is; what belongs to no claim comes in a
ReadTransaction after the claims of its transaction, and after each interchange. One bad claim never loses its
neighbours, and a claim with slips carries both the noun and the issues: the caller decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from billing.claim import Claim, ClaimBatch
from interchange.x12 import claim_checks, claim_making, claim_reading, claim_transactions, claim_writing
from interchange.x12.envelope import EnvelopeReport, Transaction, read_transactions
from interchange.x12.fields import Elements
from interchange.x12.guides.x222a1 import GUIDE
from interchange.x12.syntax import Source

VERSION = GUIDE.version

ReadTransaction = claim_transactions.ReadTransaction


@dataclass(frozen=True, slots=True)
class ReadClaim(claim_transactions.ReadClaim[Claim, ClaimBatch]):
    """One CLM of the file."""


_SET = claim_transactions.ClaimSet(
    GUIDE, claim_reading.read_claim, claim_checks.professional_issues, ClaimBatch, ReadClaim, claim_making.CLAIMS
)


def read(source: Source) -> Iterator[ReadClaim | ReadTransaction]:
    """Read claims one by one, keeping no more than one. Raises NotX12 when the source holds no ISA."""
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            yield ReadTransaction(tuple(item.issues), None, 0, None, item)
        else:
            yield from read_transaction(item)


def claims(source: Source) -> Iterator[Claim]:
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


def write(batch: ClaimBatch) -> Sequence[Elements]:
    """The body of one ST*837: BHT to the last line, for `writing.Group.sets`. ST, SE and counts are the envelope's."""
    return claim_writing.write_batch(batch)
