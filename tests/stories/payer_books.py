"""A payer with books of its own, for stories about money in any order: answers, corrections, reversals, take-backs.

It plans its payments in a sensible order and writes each as an 835; in which order they are delivered, and how often,
is the test's matter. What it expects of the office's books is a plain sum over its own, in cents.
"""

from dataclasses import dataclass, field
from itertools import count

from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment
from tests.builders import a_reversal, an_835

PROTECTED = "N781"


@dataclass
class Part:
    """What the payer answers in one CLP: a claim, or its half of one that it split."""

    visit: str
    procedure: str
    charge: int
    is_protected: bool = False
    answer: ClaimPayment | None = None
    """What stands"""
    taken: int = 0
    """Taken back out of another payment, and not given back"""
    reference: str = ""
    """By which that was named"""

    @property
    def paid(self) -> int:
        return self.answer.paid_cents if self.answer else 0


@dataclass
class Payer:
    """`numbers`: the control number of each visit's claim."""

    numbers: dict[str, str]
    parts: list[Part]
    files: list[bytes] = field(default_factory=list)
    forwarded: dict[str, int] = field(default_factory=dict)
    """Balances that the next payments are short of, by reference"""
    sent: int = 0
    """Sum of BPR02"""
    _number: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]

    def answer(self, part: Part, paid: int, contract: int, share: int) -> None:
        """Answer a part that has no answer; the rest of the charge is refused. What was carried forward is taken."""
        part.answer = self._payment(part, paid, contract, share)
        self._send([part.answer])

    def correct(self, part: Part, paid: int, contract: int, share: int) -> None:
        """Take an answer back and give another one in the same file."""
        assert part.answer is not None
        before, part.answer = part.answer, self._payment(part, paid, contract, share)
        self._send([a_reversal(before), part.answer])

    def reverse(self, part: Part) -> None:
        """Take an answer back, and give back what was taken for it; the correction may come later, or never."""
        assert part.answer is not None
        before, part.answer = part.answer, None
        given = (("WO", part.reference, -part.taken),) if part.taken else ()
        part.taken = 0
        self._send([a_reversal(before)], *given)

    def take_back(self, part: Part, cents: int, out_of: Part, paid: int) -> None:
        """Recover an overpayment of one part out of the payment of another that has no answer yet."""
        assert part.answer is not None
        part.taken, part.reference = cents, str(part.answer.payer_claim_number)
        out_of.answer = self._payment(out_of, paid, out_of.charge - paid, 0)
        self._send([out_of.answer], ("WO", part.reference, cents))

    def give_back(self, part: Part) -> None:
        """What was taken is paid again."""
        cents, part.taken = part.taken, 0
        self._send([], ("WO", part.reference, -cents))

    def _payment(self, part: Part, paid: int, contract: int, share: int) -> ClaimPayment:
        refused = part.charge - paid - contract - share
        amounts = (("CO", "45", contract), ("PR", "2", share), ("CO", "50", refused))
        cas = tuple(Adjustment(group, reason, Cents(cents)) for group, reason, cents in amounts if cents)
        remarks = (PROTECTED,) if part.is_protected else ()
        line = LinePayment(part.procedure, Cents(part.charge), Cents(paid), cas, remarks=remarks)
        return ClaimPayment(
            control_number=self.numbers[part.visit],
            status="1",
            charge_cents=Cents(part.charge),
            paid_cents=Cents(paid),
            payer_claim_number=f"ICN{next(self._number):05}",
            filing_indicator="12",
            lines=(line,),
        )

    def _send(self, payments: list[ClaimPayment], *plb: tuple[str, str, int]) -> None:
        """One file that pays at least nothing: what is short is carried forward, what was carried is taken."""
        number = next(self._number)
        amounts = list(plb)
        left = sum(one.paid_cents for one in payments) - sum(cents for _, _, cents in plb)
        for reference, cents in list(self.forwarded.items()):
            part = min(cents, left)
            if part > 0:
                amounts.append(("FB", reference, part))
                left -= part
                self.forwarded[reference] -= part
        if left < 0:
            amounts.append(("FB", f"BALANCE{number}", left))
            self.forwarded[f"BALANCE{number}"] = -left
            left = 0
        self.sent += left
        self.files.append(an_835(*payments, trace=f"EFT{number:05}", number=number, plb=tuple(amounts)))


def expected_of(part: Part) -> dict[str, int]:
    """What the office's books say once all files are in: owed by the payer, by or to the patient, written off."""
    if part.answer is None:
        return {"AR_INS": part.charge, "patient": 0, "ADJ_CONTRACT": 0}
    cas = {(one.group, one.reason): one.amount_cents for one in part.answer.all_adjustments()}
    share, refused = cas.get(("PR", "2"), 0), cas.get(("CO", "50"), 0)
    kept = share if part.is_protected or refused else 0
    return {
        "AR_INS": refused + kept + part.taken,
        "patient": share - kept,
        "ADJ_CONTRACT": cas.get(("CO", "45"), 0),
    }
