"""What the small transaction sets share: walk one transaction, keep its segments and loops, gather the issues."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

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
    offsets: list[int] = field(default_factory=list)
    """Byte offset of each row"""

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
        return replace(issue, segment_index=at + 1, file_index=index, offset=self.offsets[at], loop=loop)


def walk(source: Source, guide: Guide) -> Iterator[WalkedTransaction | EnvelopeReport]:
    """Walk every transaction of the file through `guide`; the reports of the interchanges pass through.

    Raises NotX12 when the source holds no ISA.
    """
    for item in read_transactions(source):
        yield item if isinstance(item, EnvelopeReport) else walk_transaction(item, guide)


def walk_transaction(transaction: Transaction, guide: Guide) -> WalkedTransaction:
    """Read one transaction to its end."""
    walked = WalkedTransaction(transaction.id, [], transaction.issues, None)
    for loop, segment in follow(transaction, guide):
        walked.last = segment
        walked.rows.append((loop, fields.normal(segment.elements, transaction.delimiters)))
        walked.offsets.append(segment.offset)
    return walked


def follow(transaction: Transaction, guide: Guide) -> Iterator[tuple[str, Segment]]:
    """Each segment with its loop; the transaction is told what is wrong as they pass."""
    walker = Walker(guide, transaction.delimiters)
    last: Segment | None = None
    for segment in transaction.segments():
        if last is None:
            transaction.tell(guide_issues(transaction.id, guide, segment))
        last = segment
        walker.advance(segment)
        transaction.tell(walker.missing)
        transaction.tell(walker.issues)
        yield walker.loop, segment
    if last is None or last.id != "SE":
        transaction.tell(walker.finish(last))


def guide_issues(transaction: TransactionId, guide: Guide, first: Segment) -> Iterator[Issue]:
    """A transaction of another version of the guide is read all the same, with a word about it at its first segment."""
    if transaction.st01 != guide.transaction:
        message = f"the transaction set is not an {guide.transaction}; it was read as one: check what was sent"
        yield issue_at(first, "6", message, level="transaction", name="ST", element=1)
    elif transaction.version not in guide.versions:
        message = f"the guide named is not {guide.version}; it was read as that one: check what was sent"
        yield issue_at(first, "I6", message, level="transaction", severity="warning", name="ST", element=3)
