"""A first payer that splits a claim, or refuses a copy of it: what the second payer is told, and asked for again."""

from sqlmodel import select

from billing.claim import Claim
from billing.coordination import OtherDecision
from database import records
from database.tables import Denial
from interchange.x12.coordination import read_other_payers
from tests.office import Office
from tests.stories.scenario import FOLDER, Playing, Step, read

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
