"""What is looked at before it is posted goes by the payer that answers, wherever the visit has gone since."""

from billing.posting_review import StopCode
from database import stop_codes
from tests.office import Office
from tests.stories.scenario import FOLDER, Playing, Step, read


def test_an_answer_goes_by_the_rules_of_the_payer_that_was_asked(office: Office) -> None:
    playing = Playing(office)
    sent, *answered_and_sent_on = read(FOLDER / "05-second-payer-pays-part-of-the-share.txt").steps[:4]
    playing.play_one(sent)
    visit = playing.visits["A"]
    first = office.submission(visit)
    for step in answered_and_sent_on:
        playing.play_one(step)
    with office.database.writing() as session:
        stop_codes.add(
            session,
            StopCode("45", "CO", "the contract is disputed"),
            practice_id=office.practice_id,
            payer_id=first.payer_id,
            at=office.now,
            by=office.supervisor_id,
        )
    playing.play_one(Step("835", tuple(line.strip() for line in CORRECTED.split("\n") if line.strip()), 1))
    assert office.open_task_types(visit) == ["payment_review"]


CORRECTED = """
    BPR*H*0*C*NON************20261118
    TRN*1*NP0090*1512345678
    CLP*{A}*22*-150*-80*-20*12*ICN005*11*1
    SVC*HC:99213*-150*-80
    DTM*472*20261020
    CAS*CO*45*-50
    CAS*PR*2*-20
    CLP*{A}*1*150*80*10*12*ICN005R*11*1
    SVC*HC:99213*150*80**1
    DTM*472*20261020
    CAS*CO*45*60
    CAS*PR*2*10
"""
