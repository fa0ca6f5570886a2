"""A secondary claim built from the primary's answer: balanced, legal for two readers, and read back as it was meant."""

from dataclasses import replace
from datetime import date

from billing.claim import Address, Claim, Coverage, Name, Party, Person
from billing.coordination import OtherPayer, claim_to, decision_of
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment
from interchange.x12 import claims_837p, coordination
from interchange.x12.coordination_writing import with_other_payers
from interchange.x12.validate import validate
from tests.builders import a_claim, a_line, a_payment, an_837p
from tests.interchange import oracles

DECIDED = date(2026, 11, 2)
PARENT = Person(Name("DOE", "JOHN", "Q"), address=Address("1 ELM ST", "ANYTOWN", "OH", "441019999"))
SECOND = OtherPayer(
    Coverage(
        payer=Party("PR", is_person=False, name=Name("SECOND PAYER"), id_qualifier="PI", id="88888"),
        member_id="SEC987",
        responsibility="S",
        relationship="19",
        group_number="GRP7",
        filing_indicator="BL",
    ),
    PARENT,
)


def svc(code: str, charge: int, paid: int, *cas: tuple[str, str, int]) -> LinePayment:
    return LinePayment(code, Cents(charge), Cents(paid), tuple(Adjustment(g, r, Cents(a)) for g, r, a in cas))


def secondary(primary: Claim, payment: ClaimPayment, *lines: int) -> Claim:
    policy = OtherPayer(primary.coverage, primary.subscriber)
    decision = decision_of(payment, primary.coverage, lines=lines, decided_on=DECIDED)
    return with_other_payers(claim_to(primary, SECOND), [replace(policy, decision=decision)])


def read_back(claim: Claim) -> Claim:
    body = an_837p(claim)
    assert [issue for report in validate(body) for issue in report.issues] == []
    [read] = [one.claim for one in claims_837p.read(body) if isinstance(one, claims_837p.ReadClaim)]
    assert read is not None
    return read


def test_lines_carry_what_the_primary_decided_on_each() -> None:
    primary = a_claim(a_line("99213", 15000), a_line("93000", 5000, modifiers=("26",)))
    payment = a_payment(
        "PCN",
        charge=20000,
        paid=11000,
        adjustments=(),
        lines=(
            replace(svc("93000", 5000, 3000, ("CO", "45", 2000)), modifiers=("26",)),
            svc("99213", 15000, 8000, ("CO", "45", 5000), ("PR", "3", 2000)),
        ),
        remarks=("MA01",),
    )
    claim = read_back(secondary(primary, payment, 2, 1))
    assert claim.coverage == SECOND.coverage
    assert claim.subscriber.name.first == "JOHN"
    [other] = coordination.read_other_payers(claim)
    assert other.coverage == primary.coverage
    assert other.decision is not None
    assert (other.decision.paid_cents, other.decision.remaining_cents, other.decision.payer_claim_number) == (
        11000,
        2000,
        "ICN001",
    )
    assert other.decision.remarks == ("MA01",)
    assert [(one.line, one.paid_cents, one.modifiers, one.adjudicated_on) for one in other.decision.lines] == [
        (1, 8000, (), DECIDED),
        (2, 3000, ("26",), DECIDED),
    ]
    assert coordination.imbalances(claim) == []


def test_an_answer_without_lines_goes_on_without_lines() -> None:
    payment = replace(
        a_payment("PCN"),
        lines=(),
        adjustments=(Adjustment("CO", "45", Cents(5000)), Adjustment("PR", "1", Cents(2000))),
    )
    claim = read_back(secondary(a_claim(), payment))
    [decision] = coordination.read_decisions(claim)
    assert (decision.adjudicated_on, decision.lines, len(decision.adjustments)) == (DECIDED, (), 2)
    assert coordination.imbalances(claim) == []


def test_claim_level_adjustments_stay_with_the_claim() -> None:
    payment = a_payment("PCN", paid=7000, adjustments=(), lines=(svc("99213", 15000, 8000, ("CO", "45", 7000)),))
    payment = replace(payment, adjustments=(Adjustment("CO", "253", Cents(1000)),))
    claim = read_back(secondary(a_claim(), payment, 1))
    assert coordination.imbalances(claim) == []


def test_a_primary_claim_names_the_policy_that_comes_after_it() -> None:
    claim = read_back(with_other_payers(a_claim(), [SECOND]))
    [other] = coordination.read_other_payers(claim)
    assert (other.coverage, other.decision) == (SECOND.coverage, None)
    assert other.subscriber.name == PARENT.name


def test_written_again_the_others_are_replaced_not_doubled() -> None:
    once = with_other_payers(a_claim(), [SECOND])
    assert with_other_payers(once, [SECOND]) == once
    assert with_other_payers(once, []) == a_claim()


def test_other_readers_find_no_fault() -> None:
    primary = a_claim()
    body = an_837p(secondary(primary, a_payment("PCN"), 1))
    assert oracles.pyx12(body.decode()) == []
    assert oracles.x12sdk(body.decode()) == []
