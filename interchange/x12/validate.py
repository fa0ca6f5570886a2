"""Judge any file that the guides know: envelope, grammar, and the sums of claims and remittances."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from interchange.x12 import claims_837i, claims_837p, reading, remittance_835
from interchange.x12.claim_transactions import ReadTransaction
from interchange.x12.code_values import CodeChecker
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, read_transactions
from interchange.x12.grammar import Guide
from interchange.x12.guides import x221a1, x222a1, x223a2
from interchange.x12.guides.every import GUIDES
from interchange.x12.issues import Issue, has_errors, issue_at
from interchange.x12.syntax import Delimiters, Source


@dataclass(frozen=True, slots=True)
class TransactionReport:
    """The verdict on one transaction, or on the envelope around several (transaction None)."""

    transaction: TransactionId | None
    issues: tuple[Issue, ...]
    claims_count: int = 0
    """CLM or CLP segments read"""

    @property
    def is_valid(self) -> bool:
        """No error; warnings may be."""
        return not has_errors(self.issues)

    @property
    def is_balanced(self) -> bool | None:
        """Whether every sum of the claims or payments could be made and comes out; None for sets without sums."""
        if not _has_sums(self.transaction):
            return None
        return not any(_is_off(self.transaction, issue) for issue in self.issues)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a TransactionReport says, without its issues: they were told before."""

    transaction: TransactionId | None
    delimiters: Delimiters
    claims_count: int
    error_count: int
    warning_count: int
    is_balanced: bool | None

    @property
    def is_valid(self) -> bool:
        """No error; warnings may be."""
        return not self.error_count


def verdicts(source: Source, hear: Callable[[Issue], None], *, without: Collection[str] = ()) -> Iterator[Verdict]:
    """One verdict per transaction set, one per interchange, and nothing kept: `hear` is told of each issue as it is
    found, before the verdict that counts it. Raises NotX12 when the source holds no ISA.

    `without` names rules of `code_values` that are switched off.
    """
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            ear = _Ear(hear, None)
            for issue in item.issues:
                ear.take(issue)
            yield ear.verdict(item.delimiters, 0)
            continue
        ear = _Ear(hear, item.id)
        item.watch = CodeChecker(item.delimiters, ear.take, without).look
        yield ear.verdict(item.delimiters, _listen(item, ear.take))


def validate(source: Source, *, without: Collection[str] = ()) -> Iterator[TransactionReport]:
    """The same with the issues of each transaction in its report. Raises NotX12."""
    issues: list[Issue] = []
    for verdict in verdicts(source, issues.append, without=without):
        yield TransactionReport(verdict.transaction, tuple(issues), verdict.claims_count)
        issues.clear()


def guide_for(identity: TransactionId) -> Guide | None:
    """The guide of a transaction: its own version, else the one for its ST01 (an erratum or a missing ST03)."""
    candidates = [guide for guide in GUIDES if guide.transaction == identity.st01]
    exact = [guide for guide in candidates if identity.version in guide.versions]
    family = [guide for guide in candidates if guide.version[:10] == identity.version[:10] or not identity.version]
    return next(iter(exact + family), None)


def judge(transaction: Transaction) -> TransactionReport:
    """The verdict on one transaction of an envelope that the caller walks."""
    issues: list[Issue] = []
    count = _listen(transaction, issues.append)
    return TransactionReport(transaction.id, tuple(issues), count)


class _Ear:
    """Counts the issues of one transaction, or of one envelope, and passes them on."""

    def __init__(self, hear: Callable[[Issue], None], transaction: TransactionId | None) -> None:
        self._hear = hear
        self._transaction = transaction
        self._errors = self._warnings = 0
        self._is_off = False

    def take(self, issue: Issue) -> None:
        self._errors += issue.is_error
        self._warnings += not issue.is_error
        self._is_off = self._is_off or _is_off(self._transaction, issue)
        self._hear(issue)

    def verdict(self, delimiters: Delimiters, claims_count: int) -> Verdict:
        is_balanced = not self._is_off if _has_sums(self._transaction) else None
        return Verdict(self._transaction, delimiters, claims_count, self._errors, self._warnings, is_balanced)


def _has_sums(transaction: TransactionId | None) -> bool:
    return transaction is not None and transaction.st01 in {"837", "835"}


def _is_off(transaction: TransactionId | None, issue: Issue) -> bool:
    """Whether a sum does not come out, or could not be made."""
    is_remittance = transaction is not None and transaction.st01 == "835"
    return issue.level == "balance" or (
        issue.code == "unreadable" and (is_remittance or issue.control_number is not None)
    )


def _listen(transaction: Transaction, hear: Callable[[Issue], None]) -> int:
    """Read a transaction to its end; `hear` is told of every issue. The count of its claims."""
    early, transaction.issues = transaction.issues, []
    transaction.hear = hear
    transaction.tell(early)
    guide = guide_for(transaction.id)
    if guide is x222a1.GUIDE:
        return _claims(claims_837p.read_transaction(transaction), hear)
    if guide is x223a2.GUIDE:
        return _claims(claims_837i.read_transaction(transaction), hear)
    if guide is x221a1.GUIDE:
        return _payments(transaction, hear)
    if guide is not None:
        for _ in reading.follow(transaction, guide):
            pass
        return 0
    for segment in transaction.segments():
        if segment.position == 1:
            message = "no guide for this transaction set and version: only its envelope was checked"
            hear(issue_at(segment, "I6", message, level="transaction", severity="warning", name="ST"))
    return 0


def _claims(
    items: Iterable[claims_837p.ReadClaim | claims_837i.ReadClaim | ReadTransaction], hear: Callable[[Issue], None]
) -> int:
    count = 0
    for item in items:
        for issue in item.issues:
            hear(issue)
        count += not isinstance(item, ReadTransaction)
    return count


def _payments(transaction: Transaction, hear: Callable[[Issue], None]) -> int:
    count = 0
    for item in remittance_835.read_transaction(transaction):
        if not isinstance(item, remittance_835.RemittanceHeader):
            for issue in item.issues:
                hear(issue)
        count += isinstance(item, remittance_835.ReadPayment)
    return count
