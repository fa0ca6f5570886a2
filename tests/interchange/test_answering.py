"""What is said to a file that came in: TA1, 999, and the verdicts on its claims."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
import pyx12

from billing.acknowledgment import ClaimAcknowledgmentFile
from billing.money import Cents
from interchange.x12 import acknowledgment_277ca, acknowledgment_999, answering, writing
from simulator.mailing import CLEARINGHOUSE, NOBODY
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


def an_837i(golden: Path) -> str:
    """Two institutional claims in one set, whose grammar and sums are right."""
    return (golden / "x223a2" / "stu-two-claims-for-the-same-provider.edi").read_text()


def test_institutional_claims_are_taken_too(golden: Path) -> None:
    [said] = answers(an_837i(golden).encode())
    assert [group.code for group in said.groups] == ["A"]
    assert len(said.taken) == 2
    assert said.refused == ()


@pytest.mark.parametrize(
    ("pattern", "wrong", "reasons"),
    [
        (r"(CLM\*[^*]*\*)[0-9.]+", r"\g<1>1", [("A7", "178", None)]),
        (r"(DTP\*434\*RD8\*)\d+-\d+", r"\g<1>20050231-20050301", [("A7", "21", None), ("A7", "188", None)]),
        (r"(SV2\*[^*]*\*[^*]*\*)[0-9.]+", r"\g<1>1.234", [("A7", "21", None), ("A7", "583", None)]),
        (r"HI\*BF:4019[^~]*", "HI*BH:11:D8:20050231", [("A7", "21", None), ("A7", "720", None)]),
        (r"HI\*BF:4019[^~]*", "HI*BI:70:RD8:20050231-20050301", [("A7", "21", None), ("A7", "722", None)]),
        (r"HI\*BF:4019[^~]*", "HI*BE:A2:::1.234", [("A7", "21", None), ("A7", "726", None)]),
        (r"(HI\*BF:4019[^~]*)", r"\g<1>~HI*BBR:4A023N7:D8:20050231", [("A7", "21", None), ("A7", "486", None)]),
        (r"(HI\*BF:4019[^~]*)", r"\g<1>~HI*BBQ:4A023N7:D8:20050231", [("A7", "21", None), ("A7", "492", None)]),
        (r"(CL1\*[^~]*)", r"\g<1>~AMT*F3*1.234", [("A7", "21", None), ("A7", "565", None)]),
    ],
)
def test_an_institutional_claim_is_refused_alone_and_with_the_status_that_says_why(
    pattern: str, wrong: str, reasons: list[tuple[str, str, str | None]], golden: Path
) -> None:
    text, count = re.subn(pattern, wrong, an_837i(golden), count=1)
    assert count == 1
    added = text.count("~") - an_837i(golden).count("~")
    [said] = answers(re.sub(r"SE\*(\d+)", lambda se: f"SE*{int(se[1]) + added}", text).encode())
    assert [group.code for group in said.groups] == ["A"]
    [refused] = said.refused
    assert [(one.category, one.status, one.entity) for one in refused.verdict.reasons] == reasons
    assert len(said.taken) == 1


def test_what_a_patient_paid_is_told_with_the_entity_that_the_code_wants() -> None:
    [said] = answers(an_837p(a_claim(patient_paid_cents=Cents(1200))).replace(b"AMT*F5*12~", b"AMT*F5*12.345~"))
    [refused] = said.refused
    assert [(one.status, one.entity) for one in refused.verdict.reasons] == [("21", None), ("183", "QC")]
    assert oracles.pyx12(a_277ca(said)) == []


def test_another_payers_decision_that_does_not_come_out_is_told_as_such(golden: Path) -> None:
    data = (golden / "x222a1" / "made-secondary-cob-line-level.edi").read_text()
    [said] = answers(re.sub(r"(SVD\*[^*]*\*)[0-9.]+", r"\g<1>1", data, count=1).encode())
    [refused] = said.refused
    assert [(one.category, one.status) for one in refused.verdict.reasons] == [("A7", "672")]


PUBLISHED = {
    "21": "Missing or invalid information. Usage: At least one other status code is required to identify it",
    "178": "Submitted charges",
    "183": "Amount entity has paid. Usage: This code requires use of an Entity Code",
    "187": "Date(s) of service",
    "188": "Statement from-through dates",
    "189": "Facility admission date",
    "454": "Procedure code for services rendered",
    "455": "Revenue code for services rendered",
    "476": "Missing or invalid units of service",
    "477": "Diagnosis code pointer is missing or invalid",
    "478": "Claim submitter's identifier",
    "481": "Claim/submission format is invalid",
    "486": "Principal Procedure Date",
    "492": "Other Procedure Date",
    "565": "Estimated Claim Due Amount",
    "583": "Line Item Charge Amount",
    "672": "Other Payer's payment information is out of balance",
    "720": "NUBC Occurrence Code Date(s)",
    "722": "NUBC Occurrence Span Code Date(s)",
    "726": "NUBC Value Code Amount(s)",
}
"""Claim status codes, code source 508, as X12 publishes them"""


def test_every_status_is_one_that_x12_publishes_and_has_the_entity_it_wants() -> None:
    told = {
        *answering._REASONS.values(),
        *answering._DAYS.values(),
        *answering._OF_FAULT.values(),
        *((code, None) for code in (answering.CHARGES, answering.OTHER, answering.FORMAT, answering.COORDINATION)),
    }
    assert {code for code, _ in told} == set(PUBLISHED)
    assert {code for code, entity in told if entity} == {
        code for code, text in PUBLISHED.items() if "requires use of an Entity" in text
    }


def test_pyx12_lists_every_status() -> None:
    root = ElementTree.parse(Path(pyx12.__file__).with_name("map") / "codes.xml").getroot()
    lists = {one.findtext("id"): {code.text for code in one.iter("code")} for one in root.iter("codeset")}
    assert lists["claim_status"] >= set(PUBLISHED)
    assert answering.REJECTED in lists["claim_status_cat"]


def test_a_wrong_day_of_admission_is_told_as_such(golden: Path) -> None:
    text = re.sub(r"(DTP\*434[^~]*~)", r"\g<1>DTP*435*DT*200502311200~", an_837i(golden), count=1)
    [said] = answers(re.sub(r"SE\*(\d+)", lambda se: f"SE*{int(se[1]) + 1}", text).encode())
    [refused] = said.refused
    assert [one.status for one in refused.verdict.reasons] == ["21", "189"]
    assert oracles.pyx12(a_277ca(said)) == []


def a_277ca(said: answering.Answer) -> str:
    """The verdicts on the claims that were refused."""
    file = ClaimAcknowledgmentFile(
        reference="ACK1",
        created=DAY,
        sender=CLEARINGHOUSE,
        receiver=replace(CLEARINGHOUSE, role="41"),
        provider=NOBODY,
        acknowledgments=tuple(one.verdict for one in said.refused),
    )
    body = acknowledgment_277ca.write(file)
    group = writing.Group(1, acknowledgment_277ca.VERSION, [("0001", body)], "277")
    return writing.write_interchange([group], sender=SENDER, receiver=RECEIVER, control_number=1, instant=NOON)


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (r"(CLM\*[^*]*\*)[0-9.]+", r"\g<1>1"),
        (r"(CLM\*[^*]*\*)[0-9.]+", r"\g<1>1.234"),
        (r"(DTP\*434\*RD8\*)\d+-\d+", r"\g<1>20050231-20050301"),
        (r"(SV2\*[^*]*\*[^*]*\*)[0-9.]+", r"\g<1>1.234"),
    ],
)
def test_pyx12_takes_the_277ca_that_refuses_an_institutional_claim(pattern: str, wrong: str, golden: Path) -> None:
    text, count = re.subn(pattern, wrong, an_837i(golden), count=1)
    assert count == 1
    [said] = answers(text.encode())
    assert len(said.refused) == 1
    assert oracles.pyx12(a_277ca(said)) == []


def test_a_claim_that_cannot_be_read_is_named_by_what_can_be_seen_of_it() -> None:
    claim = a_claim(control_number="DARK")
    text = re.sub(
        rb"DTP\*472\*D8\*\d+", b"DTP*472*D8*20260231", an_837p(claim, a_claim(control_number="GOOD")), count=1
    )
    [said] = answers(text)
    assert [one.claim.control_number for one in said.taken] == ["GOOD"]
    [refused] = said.refused
    verdict = refused.verdict
    assert (verdict.control_number, verdict.service_from) == ("DARK", None)
    assert (verdict.patient_name, verdict.patient_id) == (claim.patient.name, claim.coverage.member_id)
    assert verdict.charge_cents == claim.charge_cents
    assert refused.provider == claim.billing_provider
    assert [one.status for one in verdict.reasons] == ["21", "187"]
    written = a_277ca(said)
    assert oracles.pyx12(written) == []
    assert "DTP*472*D8*19000101~" in written


def test_a_claim_of_which_nothing_is_known_is_told_as_x214_allows() -> None:
    text = re.sub(rb"DTP\*472\*D8\*\d+", b"DTP*472*D8*20260231", an_837p(a_claim()), count=1)
    [said] = answers(text)
    [refused] = said.refused
    verdict = replace(
        refused.verdict, patient_name=None, patient_id=None, charge_cents=None, control_number=None, effective=None
    )
    written = a_277ca(replace(said, refused=(answering.RefusedClaim(verdict, None),)))
    assert oracles.pyx12(written) == []
    assert "NM1*QC*1*UNKNOWN*****MI*UNKNOWN~" in written
