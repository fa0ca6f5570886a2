"""What the small transaction sets share: walk one transaction, keep its segments and loops, gather the issues."""

from collections.abc import Iterator
from dataclasses import dataclass

from interchange.x12 import claim_checks, fields
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, read_transactions
from interchange.x12.fields import Elements, Unreadable
from interchange.x12.grammar import Guide, Walker
from interchange.x12.issues import Issue, issue_at
from interchange.x12.syntax import Segment, Source


@dataclass(slots=True)
class WalkedTransaction:
    """One transaction that fits into memory: acknowledgments and eligibility, not claims or payments."""

    id: TransactionId
    rows: list[tuple[str, Elements]]
    """Loop id and elements with normal separators, ST to SE"""
    issues: list[Issue]
    last: Segment | None

    def unreadable(self, reason: Unreadable) -> Issue:
        """The issue that says why the noun could not be made."""
        message = f"{reason.segment}{reason.element:02d} {reason}; ask the sender for a corrected file"
        if self.last is None:
            return Issue("unreadable", message, segment=reason.segment, element=reason.element, level="rule")
        return issue_at(self.last, "unreadable", message, level="rule", name=reason.segment, element=reason.element)


def walk(source: Source, guide: Guide) -> Iterator[WalkedTransaction | EnvelopeReport]:
    """Walk every transaction of the file through `guide`; the reports of the interchanges pass through.

    Raises NotX12 when the source holds no ISA.
    """
    for item in read_transactions(source):
        yield item if isinstance(item, EnvelopeReport) else walk_transaction(item, guide)


def walk_transaction(transaction: Transaction, guide: Guide) -> WalkedTransaction:
    """Read one transaction to its end."""
    walker = Walker(guide, transaction.delimiters)
    rows: list[tuple[str, Elements]] = []
    issues = list(claim_checks.guide_issues(transaction.id, guide))
    last: Segment | None = None
    for segment in transaction.segments():
        last = segment
        walker.advance(segment)
        issues += walker.missing
        issues += walker.issues
        rows.append((walker.loop, fields.normal(segment.elements, transaction.delimiters)))
    if last is None or last.id != "SE":
        issues += walker.finish(last)
    issues += transaction.issues
    return WalkedTransaction(transaction.id, rows, issues, last)
