"""What the small transaction sets share: walk one transaction, keep its segments and loops, gather the issues."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from interchange.x12 import fields
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, read_transactions
from interchange.x12.fields import Elements, Unreadable
from interchange.x12.grammar import Guide
from interchange.x12.issues import Issue, issue_at
from interchange.x12.syntax import Segment, Source
from interchange.x12.walking import Walker


@dataclass(slots=True)
class WalkedTransaction:
    """One transaction that fits into memory: acknowledgments and eligibility, not claims or payments."""

    id: TransactionId
    rows: list[tuple[str, Elements]]
    """Loop id and elements with normal separators, ST to SE"""
    issues: list[Issue]
    last: Segment | None

    @property
    def segments(self) -> tuple[Elements, ...]:
        """Everything it holds, ST to SE."""
        return tuple([elements for _, elements in self.rows])

    def unreadable(self, reason: Unreadable) -> Issue:
        """The issue that says why the noun could not be made."""
        message = f"{reason.segment}{reason.element:02d} {reason}; ask the sender for a corrected file"
        if self.last is None:
            return Issue("unreadable", message, segment=reason.segment, element=reason.element, level="rule")
        issue = issue_at(self.last, "unreadable", message, level="rule", name=reason.segment, element=reason.element)
        at = reason.place(self.segments)
        if at is None:
            return issue
        index, loop = self.last.index - len(self.rows) + 1 + at, self.rows[at][0]
        return replace(issue, segment_index=at + 1, file_index=index, offset=None, loop=loop)


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
    issues = list(guide_issues(transaction.id, guide))
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


def guide_issues(transaction: TransactionId, guide: Guide) -> Iterator[Issue]:
    """A transaction of another version of the guide is read all the same, with a word about it."""
    if transaction.st01 != guide.transaction:
        message = f"the transaction set is not an {guide.transaction}; it was read as one: check what was sent"
        yield Issue("6", message, segment="ST", element=1, segment_index=1, level="transaction")
    elif transaction.version not in guide.versions:
        message = f"the guide named is not {guide.version}; it was read as that one: check what was sent"
        yield Issue("I6", message, "warning", segment="ST", element=3, segment_index=1, level="transaction")
