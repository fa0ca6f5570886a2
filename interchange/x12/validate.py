"""Judge any file that the guides know: envelope, grammar, and the sums of claims and remittances."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from interchange.x12 import claims_837i, claims_837p, reading, remittance_835
from interchange.x12.claim_transactions import ReadTransaction
from interchange.x12.code_values import CodeChecker
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, read_transactions
from interchange.x12.grammar import Guide
from interchange.x12.guides import x212, x214, x221a1, x222a1, x223a2, x231a1, x279a1
from interchange.x12.issues import Issue, has_errors
from interchange.x12.syntax import Source

GUIDES: tuple[Guide, ...] = (
    x222a1.GUIDE,
    x223a2.GUIDE,
    x221a1.GUIDE,
    x279a1.INQUIRY,
    x279a1.RESPONSE,
    x231a1.GUIDE,
    x214.GUIDE,
    x212.INQUIRY,
    x212.RESPONSE,
)


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
        if self.transaction is None or self.transaction.st01 not in {"837", "835"}:
            return None
        is_remittance = self.transaction.st01 == "835"
        return not any(
            issue.level == "balance"
            or (issue.code == "unreadable" and (is_remittance or issue.control_number is not None))
            for issue in self.issues
        )


def validate(source: Source, *, without: Collection[str] = ()) -> Iterator[TransactionReport]:
    """One report per transaction set, one per interchange. Raises NotX12 when the source holds no ISA.

    `without` names rules of `code_values` that are switched off.
    """
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            yield TransactionReport(None, tuple(item.issues))
            continue
        codes = CodeChecker(item.delimiters, without)
        item.watch = codes.look
        report = judge(item)
        yield replace(report, issues=(*report.issues, *codes.issues))


def guide_for(identity: TransactionId) -> Guide | None:
    """The guide of a transaction: its own version, else the one for its ST01 (an erratum or a missing ST03)."""
    candidates = [guide for guide in GUIDES if guide.transaction == identity.st01]
    exact = [guide for guide in candidates if identity.version in guide.versions]
    family = [guide for guide in candidates if guide.version[:10] == identity.version[:10] or not identity.version]
    return next(iter(exact + family), None)


def judge(transaction: Transaction) -> TransactionReport:
    """The verdict on one transaction of an envelope that the caller walks."""
    guide = guide_for(transaction.id)
    if guide is x222a1.GUIDE:
        return _claims(transaction.id, claims_837p.read_transaction(transaction))
    if guide is x223a2.GUIDE:
        return _claims(transaction.id, claims_837i.read_transaction(transaction))
    if guide is x221a1.GUIDE:
        return _payments(transaction)
    if guide is not None:
        return TransactionReport(transaction.id, tuple(reading.walk_transaction(transaction, guide).issues))
    for _ in transaction.segments():
        pass
    message = "no guide for this transaction set and version: only its envelope was checked"
    unknown = Issue("I6", message, "warning", segment="ST", segment_index=1, level="transaction")
    return TransactionReport(transaction.id, (unknown, *transaction.issues))


def _claims(
    identity: TransactionId, items: Iterable[claims_837p.ReadClaim | claims_837i.ReadClaim | ReadTransaction]
) -> TransactionReport:
    issues: list[Issue] = []
    count = 0
    for item in items:
        issues += item.issues
        count += not isinstance(item, ReadTransaction)
    return TransactionReport(identity, tuple(issues), count)


def _payments(transaction: Transaction) -> TransactionReport:
    issues: list[Issue] = []
    count = 0
    for item in remittance_835.read_transaction(transaction):
        if not isinstance(item, remittance_835.RemittanceHeader):
            issues += item.issues
        count += isinstance(item, remittance_835.ReadPayment)
    return TransactionReport(transaction.id, tuple(issues), count)
