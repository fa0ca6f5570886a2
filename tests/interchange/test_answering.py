"""What is said to a file that came in: TA1, 999, and the verdicts on its claims."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from billing.money import Cents
from interchange.x12 import acknowledgment_999, answering, writing
from simulator.mailing import CLEARINGHOUSE
from tests.builders import NOON, RECEIVER, SENDER, a_claim, an_837p
from tests.interchange import oracles

DAY = date(2026, 11, 2)


def answers(data: bytes) -> list[answering.Answer]:
    return list(answering.answer(data, sender=CLEARINGHOUSE, on=DAY))


def test_a_good_file_is_taken_whole() -> None:
    [said] = answers(an_837p(a_claim(control_number="ONE"), a_claim(control_number="TWO")))
    assert (said.interchange.code, said.wants_ta1) == ("A", False)
    assert [group.code for group in said.groups] == ["A"]
    assert [one.claim.control_number for one in said.taken] == ["ONE", "TWO"]
    assert said.refused == ()


def test_a_claim_whose_sum_is_off_is_refused_and_its_neighbour_goes_on() -> None:
    off = replace(a_claim(control_number="OFF"), charge_cents=Cents(15001))
    [said] = answers(an_837p(off, a_claim(control_number="GOOD")))
    assert [group.code for group in said.groups] == ["A"]
    assert [one.claim.control_number for one in said.taken] == ["GOOD"]
    [refused] = said.refused
    assert (refused.verdict.control_number, refused.verdict.accepted) == ("OFF", False)
    assert [(one.category, one.status) for one in refused.verdict.reasons] == [("A7", "178")]
    assert refused.provider == off.billing_provider


def test_a_fault_of_syntax_refuses_the_set_in_the_999_alone() -> None:
    [said] = answers(an_837p(a_claim()).replace(b"HI*ABK:J069~", b""))
    [group] = said.groups
    assert (group.code, group.sets[0].code, said.taken, said.refused) == ("R", "R", (), ())
    assert [error.segment for error in group.sets[0].errors] == ["HI"]


def test_a_refused_interchange_is_answered_by_a_ta1_alone() -> None:
    [said] = answers(an_837p(a_claim()).replace(b"IEA*1*000000001", b"IEA*1*000000009"))
    assert (said.interchange.code, said.interchange.note) == ("R", "001")
    assert (said.groups, said.taken) == ((), ())


def test_a_group_whose_trailer_lies_takes_no_other_with_it() -> None:
    first, second = an_837p(a_claim(control_number="ONE")), an_837p(a_claim(control_number="TWO"), number=2)
    group = second[second.index(b"GS*") : second.index(b"IEA*")]
    both = first.replace(b"GE*1*1~", b"GE*7*1~" + group).replace(b"IEA*1*", b"IEA*2*")
    [said] = answers(both)
    assert [(one.code, one.codes, one.included_count) for one in said.groups] == [("R", ("5",), 7), ("A", (), 1)]
    assert [one.claim.control_number for one in said.taken] == ["TWO"]


def test_a_count_that_is_no_count_is_no_error_of_ours() -> None:
    [said] = answers(an_837p(a_claim()).replace(b"GE*1*1~", b"GE*" + b"9" * 5000 + b"*1~"))
    assert [(one.code, one.codes) for one in said.groups] == [("R", ("5",))]


def test_an_acknowledgment_is_not_acknowledged(golden: Path) -> None:
    for path in (golden / "x231a1").iterdir():
        for said in answers(path.read_bytes()):
            assert said.groups == ()


@pytest.mark.parametrize(("whole", "code"), [(True, "A"), (False, "R")])
def test_a_remittance_is_answered_by_a_999_that_others_accept(whole: bool, code: str, golden: Path) -> None:
    data = (golden / "x221a1" / "stu-secondary-payments.edi").read_bytes()
    if not whole:
        data = data.replace(b"TRN*", b"TRM*")
    [said] = answers(data)
    [group] = said.groups
    assert group.code == code
    text = writing.write_interchange(
        [writing.Group(1, acknowledgment_999.VERSION, [("0001", acknowledgment_999.write(group))], "999")],
        sender=SENDER,
        receiver=RECEIVER,
        control_number=1,
        instant=NOON,
    )
    assert oracles.pyx12(text) == []
