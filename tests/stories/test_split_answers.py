"""A first payer that splits a claim, or refuses a copy of it: what the second payer is told, and asked for again."""

from dataclasses import replace

from sqlmodel import select

from billing.claim import Claim
from billing.contracts import Basis, Rate, Terms
from billing.coordination import OtherDecision
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment
from database import records
from database.tables import Denial, RemittanceClaim
from interchange.x12.coordination import read_other_payers
from tests.builders import a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.office import Office
from tests.stories.scenario import FOLDER, Playing, Step, read
from tests.stories.test_expected import JANUARY, contract, meet_payer
from tests.stories.test_underpayments import task_of

BOTH_DATABASES = True


def told(office: Office, encounter: str) -> OtherDecision:
    """What the newest claim says that the first payer decided."""
    [other] = read_other_payers(records.load(Claim, office.submission(encounter).claim))
    assert other.decision is not None
    return other.decision


def test_the_second_payer_is_told_of_both_halves_and_asked_for_both_again(office: Office) -> None:
    playing = Playing(office)
    playing.play(read(FOLDER / "69-a-split-answer-is-told-whole-to-the-second-payer.txt"))
    decision = told(office, playing.visits["A"])
    assert (decision.paid_cents, decision.remaining_cents) == (14500, 3600)
    assert [(line.line, line.paid_cents) for line in decision.lines] == [(1, 10400), (2, 4100)]
    taken_back = [line for segment in TAKEN_BACK.splitlines() if (line := segment.strip())]
    playing.play_one(Step("835", tuple(taken_back), 1))
    with office.database.reading() as session:
        asked = session.exec(select(Denial.amount_cents).where(Denial.state == "passed_on")).all()
    assert sorted(asked) == [1000, 2600]


def test_the_second_payer_is_told_of_the_answer_and_not_of_a_refused_copy(office: Office) -> None:
    playing = Playing(office)
    playing.play(read(FOLDER / "70-a-duplicate-is-refused-before-the-second-payer-is-asked.txt"))
    decision = told(office, playing.visits["A"])
    assert (decision.paid_cents, decision.payer_claim_number) == (8000, "ICN005")


TAKEN_BACK = """
    BPR*H*0*C*NON************20261127
    TRN*1*NP0078*1698765432
    N1*PR*PAYER 88888
    CLP*{A'}*22*-260*-30*-6*CI*ICN02*11*1
    SVC*HC:99214*-200*-22
    DTM*472*20261020
    CAS*OA*23*-174
    CAS*PR*2*-4
    SVC*HC:93000*-60*-8
    DTM*472*20261020
    CAS*OA*23*-50
    CAS*PR*2*-2
    PLB*1999999984*20261231*FB*-30
"""


def halves(office: Office, *, rates: bool = False) -> tuple[str, list[ClaimPayment]]:
    """A visit of $200 and $60 at the payer, and its answer in two parts with a number each."""
    if rates:
        meet_payer(office)
        contract(
            office,
            Terms(Basis.SCHEDULE),
            Rate("99214", JANUARY, amount_cents=Cents(11000)),
            Rate("93000", JANUARY, amount_cents=Cents(5000)),
        )
    claim = a_claim(a_line("99214", 20000), a_line("93000", 6000), control_number="EXTS")
    office.take_in(an_837p(claim))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    billed = (("99214", 20000, 10400), ("93000", 6000, 4100))
    parts = [
        a_payment(
            number,
            charge=charge,
            paid=cents,
            adjustments=(("CO", "45", charge - cents),),
            payer_claim_number=f"ICN01{letter}",
            procedure=procedure,
        )
        for (procedure, charge, cents), letter in zip(billed, "AB", strict=True)
    ]
    return encounter, parts


def denied(part: ClaimPayment) -> ClaimPayment:
    [line] = part.lines
    refused = replace(line, paid_cents=Cents(0), adjustments=(Adjustment("CO", "50", line.charge_cents),))
    return replace(part, paid_cents=Cents(0), lines=(refused,))


def test_a_claim_that_its_payer_split_is_not_replaced_under_one_of_its_numbers(office: Office) -> None:
    encounter, (first, second) = halves(office)
    office.deliver_835(an_835(first, denied(second), trace="EFT1"))
    office.go_on(encounter)
    for way, values in (("replace", {"corrections": "authorization = A1"}), ("void", {"reason": "mistaken"})):
        answer = office.complete(encounter, "denial_review", way, values, by=office.supervisor_id).answer
        assert not answer.done
        assert "split this claim" in answer.message


def test_the_second_half_that_was_excepted_is_posted_after_all(office: Office) -> None:
    encounter, (first, second) = halves(office)
    office.deliver_835(an_835(first, trace="EFT1"))
    office.go_on(encounter)
    short = replace(second, lines=(replace(second.lines[0], procedure="93010"),))
    office.deliver_835(an_835(short, trace="EFT2", number=2))
    office.go_on(encounter)
    with office.database.writing() as session:
        row = session.exec(select(RemittanceClaim).where(RemittanceClaim.payer_claim_number == "ICN01B")).one()
        assert row.state == "excepted"
        row.payment = records.dump(second)
    number = office.submission(encounter).control_number
    answer = office.complete(encounter, "unmatched_remit", "matched", {"control_number": number}).answer
    assert answer.done, answer
    office.go_on(encounter)
    books = office.accounts(encounter)
    assert (books["CASH_UNAPPLIED", 1], books["CASH_UNAPPLIED", 2]) == (10400, 4100)
    assert office.stage(encounter) == "closed"


def test_what_the_other_half_left_short_is_asked_about_still(office: Office) -> None:
    encounter, (first, second) = halves(office, rates=True)
    office.deliver_835(an_835(first, second, trace="EFT1"))
    office.go_on(encounter)
    assert task_of(office, encounter).amount_cents == 600 + 900
    office.deliver_835(an_835(a_reversal(second), trace="EFT2", number=2))
    office.go_on(encounter)
    assert task_of(office, encounter).amount_cents == 600
    again = replace(second, payer_claim_number="ICN01C")
    office.deliver_835(an_835(again, trace="EFT3", number=3))
    office.go_on(encounter)
    assert task_of(office, encounter).amount_cents == 600 + 900
