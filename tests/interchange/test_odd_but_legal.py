"""What few senders send and every guide allows: nobody complains, nothing is lost; and one slip in it is named.

The files of `odd/` hold, for each transaction set, the rows, codes and shapes that published examples leave out.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    claim_status_276,
    claim_status_277,
    claims_837i,
    claims_837p,
    deidentify,
    eligibility_270,
    eligibility_271,
    remittance_835,
    validate,
    writing,
)
from interchange.x12.fields import Elements
from interchange.x12.issues import Issue
from interchange.x12.pseudonyms import Pseudonyms

ODD = Path(__file__).parent / "odd"
FILES = sorted(ODD.iterdir())
INSTANT = dt.datetime(2026, 3, 10, 10, 15, tzinfo=dt.UTC)
Noun = Any


@dataclass(frozen=True)
class Kind:
    """One transaction set: how its files are read, a noun per transaction or patient, and written."""

    transaction: str
    version: str
    read: Callable[[bytes], list[Noun]]
    write: Callable[[Noun], list[Elements]] | None = None


def batches(data: bytes, codec: Any) -> list[Noun]:
    by_set: dict[object, list[Noun]] = {}
    for item in codec.read(data):
        if isinstance(item, codec.ReadClaim):
            by_set.setdefault(item.transaction, []).append(item)
    return [dataclasses.replace(items[0].batch, claims=tuple(one.claim for one in items)) for items in by_set.values()]


def remittances(data: bytes) -> list[Noun]:
    reads = remittance_835.read_remittances(data)
    return [(one.remittance, [payment.payment for payment in one.payments]) for one in reads]


KINDS = {
    "270": Kind(
        "270",
        eligibility_270.VERSION,
        lambda data: [one.inquiry for one in eligibility_270.read(data)],
        eligibility_270.write,
    ),
    "271": Kind("271", eligibility_271.VERSION, lambda data: [one.response for one in eligibility_271.read(data)]),
    "276": Kind(
        "276",
        claim_status_276.VERSION,
        lambda data: [one.request for one in claim_status_276.read(data)],
        claim_status_276.write,
    ),
    "277": Kind(
        "277",
        claim_status_277.VERSION,
        lambda data: [one.answer for one in claim_status_277.read(data)],
        claim_status_277.write,
    ),
    "277ca": Kind(
        "277",
        acknowledgment_277ca.VERSION,
        lambda data: [one.file for one in acknowledgment_277ca.read(data)],
        acknowledgment_277ca.write,
    ),
    "835": Kind("835", remittance_835.VERSION, remittances, lambda noun: remittance_835.write(*noun)),
    "837i": Kind("837", claims_837i.VERSION, lambda data: batches(data, claims_837i), claims_837i.write),
    "837p": Kind("837", claims_837p.VERSION, lambda data: batches(data, claims_837p), claims_837p.write),
    "999": Kind(
        "999",
        acknowledgment_999.VERSION,
        lambda data: [one.acknowledgment for one in acknowledgment_999.read(data)],
        acknowledgment_999.write,
    ),
    "ta1": Kind("TA1", "", lambda data: [one.acknowledgment for one in acknowledgment_ta1.read(data)]),
}
every_file = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def kind_of(path: Path) -> Kind:
    return KINDS[path.name.partition("-")[0]]


def nouns(name: str) -> list[Noun]:
    path = ODD / f"{name}.edi"
    return kind_of(path).read(path.read_bytes())


def issues(data: bytes) -> list[Issue]:
    return [issue for report in validate.validate(data) for issue in report.issues]


def told(data: bytes) -> list[str]:
    return [str(issue) for issue in issues(data)]


def enveloped(group: writing.Group) -> str:
    ends = {"sender": writing.Address("ZZ", "LAKEFP01"), "receiver": writing.Address("ZZ", "MOCKHUB")}
    return writing.write_interchange([group], **ends, control_number=101, instant=INSTANT, usage="T")


@every_file
def test_nobody_complains_and_every_noun_is_made(path: Path) -> None:
    data = path.read_bytes()
    assert told(data) == []
    read = kind_of(path).read(data)
    assert read
    assert None not in read


@every_file
def test_it_reads_back_as_it_was_written(path: Path) -> None:
    kind = kind_of(path)
    if kind.write is None:
        pytest.skip("a 271 is written to an inquiry, a TA1 into an envelope")
    read = kind.read(path.read_bytes())
    bodies = [(f"{number:04d}", kind.write(noun)) for number, noun in enumerate(read, start=1)]
    text = enveloped(writing.Group(1, kind.version, bodies, kind.transaction))
    assert told(text.encode()) == []
    assert kind.read(text.encode()) == read


@every_file
def test_a_copy_that_names_nobody_is_legal_too(path: Path) -> None:
    parts = deidentify.deidentify(path.read_bytes(), Pseudonyms(b"a key for nobody"), as_of=INSTANT.date())
    copy = "".join(parts)
    assert told(copy.encode()) == []
    for name in ("DOE", "JANE", "ROE", "POE", "HARBOR", "ELM", "W1234", "PCN", "ICN"):
        assert name not in copy


# Delimiters and characters ----------------------------------------------------------------------------------------

MARKS = {
    "control characters": ("\x1d\x1f\x1e\x1c", ""),
    "control characters and line ends": ("\x1c\x1f\x1d\x1e", "\r\n"),
    "newline as terminator": ("|>^\n", ""),
    "carriage return as terminator": ("*>^\r", "\n"),
    "bars and brackets": ("|<}~", "\r\n"),
    "spaces behind the terminator": ("*:^~", "  \n"),
    "no repetition separator of its own": ("*:\\'", ""),
}


def written_with(text: str, marks: str, line_end: str) -> bytes:
    plain = text.replace("~\n", "~").translate(str.maketrans("*:^~", marks))
    return plain.replace(marks[3], marks[3] + line_end).encode()


@pytest.mark.parametrize("name", ["271-benefits", "835-plb-only", "837p-other-payers", "999-contexts"])
@pytest.mark.parametrize(("marks", "line_end"), MARKS.values(), ids=MARKS)
def test_other_delimiters_say_the_same(name: str, marks: str, line_end: str) -> None:
    path = ODD / f"{name}.edi"
    bent = written_with(path.read_text(), marks, line_end)
    assert told(bent) == []
    assert kind_of(path).read(bent) == kind_of(path).read(path.read_bytes())


def test_interchanges_of_one_file_have_delimiters_of_their_own() -> None:
    names = ("271-benefits", "837p-other-payers", "835-plb-only", "837i-inpatient-codes")
    parts = [
        written_with((ODD / f"{name}.edi").read_text(), marks, line_end)
        for name, (marks, line_end) in zip(names, MARKS.values(), strict=False)
    ]
    reports = list(validate.validate(b"".join(parts)))
    assert [str(issue) for report in reports for issue in report.issues] == []
    assert [one.transaction.st01 for one in reports if one.transaction] == ["271", "837", "837", "835", "837"]


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", b"\r\n  "])
@pytest.mark.parametrize("tail", [b"", b"\x1a", b"\x00\x00", b"\r\n\r\n"])
def test_what_stands_around_an_interchange_changes_nothing(head: bytes, tail: bytes) -> None:
    found = issues(head + (ODD / "837p-other-payers.edi").read_bytes() + tail)
    assert [(one.severity, one.level) for one in found] == [("warning", "interchange")] * head.startswith(b"\xef")


def test_the_extended_character_set_is_legal() -> None:
    name = "Lake & Sons %@[x]_{y} \\|<># $!\"'()+,-./;?="
    data = (ODD / "837p-other-payers.edi").read_text().replace("LAKE FAMILY PRACTICE", name).encode()
    assert told(data) == []
    assert batches(data, claims_837p)[0].claims[0].billing_provider.name.last == name


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_letter_outside_ascii_is_kept_and_warned_of(encoding: str) -> None:
    data = (ODD / "837p-other-payers.edi").read_text().replace("*QC*1*DOE*", "*QC*1*MUÑOZ*").encode(encoding)
    assert [(one.segment, one.element, one.severity) for one in issues(data)] == [("NM1", 3, "warning")]
    assert batches(data, claims_837p)[0].claims[0].patient.name.last == "MUÑOZ"


# What the nouns say -----------------------------------------------------------------------------------------------


def test_a_remittance_of_provider_adjustments_alone_pays() -> None:
    [(remittance, payments)] = nouns("835-plb-only")
    assert payments == []
    assert remittance.paid_cents == 412_50
    assert remittance.payer.contact.name == "EDI DESK"
    assert [(one.reason, one.reference, one.amount_cents) for one in remittance.provider_adjustments[-4:]] == [
        ("72", "CHK9", -50_00),
        ("IR", None, -50_00),
        ("WO", "OLD2", 200_00),
        ("50", None, -200_00),
    ]


def test_adjustments_of_every_shape_are_counted() -> None:
    [(_, [payment, *others])] = nouns("835-line-adjustments")
    line = payment.lines[0]
    assert sum(one.amount_cents for one in line.adjustments) == 100_00
    assert (line.procedure, line.submitted_procedure, line.submitted_units) == ("99214", "99215", 2)
    assert [one.procedure_qualifier for one in payment.lines] == [
        "HC",
        "NU",
        "HP",
        "N4",
        "AD",
        "ER",
        "WK",
        "IV",
        "N6",
        "UI",
    ]
    assert [one.value for one in line.references if one.qualifier == "0K"] == ["L33612", "A52001"]
    assert line.remarks == ("N130", "M51")
    assert [one.status for one in others] == ["2", "3", "22", "21", "20", "23"]
    assert (others[2].lines[0].paid_cents, others[2].lines[0].units) == (-60_00, -1)


def test_both_adjudications_of_a_stay_are_read() -> None:
    [(_, [stay, visit])] = nouns("835-inpatient")
    assert stay.remarks == ("MA02", "MA01", "MA18", "N2", "N19")
    assert (stay.corrected_member_id, stay.rendering_npi) == ("1EG4TE5MK74", "1234567893")
    assert (stay.crossover_payer.id, stay.received) == ("44556", dt.date(2026, 1, 10))
    assert (stay.priority_payer.id, stay.coverage_ended) == ("77889", dt.date(2026, 12, 31))
    assert (visit.status, visit.remarks, visit.member_id) == ("19", ("MA01",), "123456789A")


def test_another_payers_pharmacy_reject_is_told_from_a_status() -> None:
    claims = nouns("277-everything")[0].statuses
    assert [(one.status, one.code_list) for one in claims[1].verdicts[0].reasons] == [("70", "RX"), ("79", "RX")]
    assert [(one.status, one.entity) for one in claims[0].verdicts[0].reasons] == [
        ("317", "1P"),
        ("21", "QC"),
        ("294", None),
    ]
    assert (claims[0].verdicts[1].check_number, [one.paid_cents for one in claims[0].lines]) == ("CHK77", [80_25, 0])
    assert not claims[2].subscriber.is_person


def test_verdicts_know_the_provider_they_stand_under() -> None:
    [several, refused] = nouns("277ca-three-levels")
    assert several.provider.id == "1234567893"
    assert [(one.level, one.control_number, one.accepted) for one in several.acknowledgments] == [
        ("batch", None, True),
        ("provider", None, True),
        ("claim", "PCN1", True),
        ("claim", "PCN2", True),
        ("claim", "PCN3", False),
        ("provider", None, False),
    ]
    assert [one.provider and one.provider.id for one in several.acknowledgments] == [None] * 5 + ["123456789"]
    assert [one.accepted for one in refused.acknowledgments] == [False]


def test_benefits_keep_their_parties_and_limits() -> None:
    [answer] = nouns("271-benefits")
    other = next(one for one in answer.benefits if one.information == "R")
    assert [(one.role, one.id_qualifier, one.id) for one in other.related] == [
        ("PR", "PI", "PAY2"),
        ("P3", "XX", "1999999984"),
        ("X3", "FA", "FAC1"),
    ]
    assert [(one.in_network, one.procedure) for one in answer.benefits if one.procedure] == [
        ("Y", "HC:99213:25:GT"),
        (None, "N4:00409379501"),
    ]
    assert answer.benefits[0].service_types[-2:] == ("MH", "UC")
    assert [one.places_of_service for one in answer.benefits if one.places_of_service] == [("11", "22")]


def test_benefits_read_back_as_they_were_written() -> None:
    [answer], inquiry = nouns("271-benefits"), nouns("270-everything")[0]
    group = writing.Group(1, eligibility_271.VERSION, [("0001", eligibility_271.write(answer, inquiry))], "271")
    [again] = KINDS["271"].read(enveloped(group).encode())
    assert told(enveloped(group).encode()) == []
    assert (again.benefits, again.dates, again.reference) == (answer.benefits, answer.dates, answer.reference)


def test_errors_stand_at_their_levels() -> None:
    answers = nouns("271-errors-and-dependants")
    assert [[(one.level, one.code) for one in answer.errors] for answer in answers] == [
        [("2000A", "42"), ("2100A", "T4")],
        [("2100B", "51"), ("2100B", "43")],
        [("2100C", "75"), ("2100C", "73")],
        [],
        [("2100D", "67")],
        [("2110C", "33")],
    ]


def test_what_other_payers_decided_is_kept_with_its_payer() -> None:
    secondary, plain = nouns("837p-other-payers")
    [claim] = secondary.claims
    assert (claim.patient.name.suffix, claim.patient.address.country, claim.coverage.relationship) == ("JR", "CA", "19")
    assert not claim.subscriber.is_person
    assert [one.elements[1] for one in claim.lines[0].other_segments if one.elements[0] == "SVD"] == ["PAY1", "PAY2"]
    assert len(plain.claims) == 1


# One slip each ----------------------------------------------------------------------------------------------------

Place = tuple[str, int | None, int | None, str]
"""Segment, element, component, code"""
SUMS = {"charge-sum", "line", "cob-line"}
"""Told at the sum, not where the summand stands"""
SLIPS: Sequence[tuple[str, str, str, Place]] = [
    ("270-everything", "HC:99213:25***1:2", "HC:99213:25**IND*1:2", ("EQ", 4, None, "I10")),
    ("270-everything", "EQ**HC:99213:25***1:2", "EQ***IND", ("EQ", 1, None, "2")),
    ("270-everything", "REF*EL*", "REF*EM*", ("REF", 1, None, "7")),
    ("270-everything", "INS*N*19*", "INS*N*1*", ("INS", 2, None, "4")),
    ("271-benefits", "^MH^UC", "^MH^UCR", ("EB", 3, None, "5")),
    ("271-benefits", "NM1*X3*", "NM1*X4*", ("NM1", 1, None, "7")),
    ("271-benefits", "**XX*1999999984*41", "**XX*1999999984*4", ("NM1", 10, None, "7")),
    ("271-benefits", "VS*20**Y", "VS***Y", ("EB", 10, None, "2")),
    ("271-benefits", "AAA*N**62*C", "AAA*N**62*Q", ("AAA", 4, None, "7")),
    ("271-benefits", "DTP*307*RD8*20260101-20261231", "DTP*307*RD8*20260101-20261331", ("DTP", 3, None, "8")),
    ("271-errors-and-dependants", "HL*5*4*23*0", "HL*5*4*23*1", ("HL", 4, None, "7")),
    ("276-everything", "REF*XZ*RX1", "REF*VV*RX1", ("REF", 1, None, "7")),
    ("276-everything", "NM1*IL*2*", "NM1*IL*3*", ("NM1", 2, None, "7")),
    ("276-everything", "SVC*NU:0450*50.5**0450***2.5", "SVC*NU:0450*50.5**0450", ("SVC", 7, None, "1")),
    ("277-everything", "F2:70::RX", "F2:70::RZ", ("STC", 1, 4, "7")),
    ("277-everything", "STC*E1:24:41*", "STC*E1:24:41:RX*", ("STC", 1, 4, "I10")),
    ("277-everything", "STC*A4:35*20260310**80*0", "STC*A4:35***80*0", ("STC", 2, None, "1")),
    ("277ca-three-levels", "*FREE TEXT FROM THE PAYER", "**EXTRA", ("STC", 13, None, "3")),
    ("277ca-three-levels", "QTY*QA*2", "QTY*90*2", ("QTY", None, None, "2")),
    ("277ca-three-levels", "STC*A7:454**U", "STC*A7:454**WQ", ("STC", 3, None, "7")),
    ("835-inpatient", "MA18*N2*N19*0", "MA18*N2*N19*X", ("MIA", 24, None, "6")),
    ("835-inpatient", "*253*0", "*253**2", ("CAS", 6, None, "unreadable")),
    ("835-inpatient", "REF*9A*", "REF*9F*", ("REF", 1, None, "7")),
    ("835-inpatient", "NM1*GB*1*ROE", "NM1*GX*1*ROE", ("NM1", 1, None, "7")),
    ("835-inpatient", "QTY*LA*60", "QTY*LX*60", ("QTY", 1, None, "7")),
    ("835-line-adjustments", "SVC*UI:", "SVC*RB:", ("SVC", 1, 1, "7")),
    ("835-line-adjustments", "CLP*PCN11*2*", "CLP*PCN11*5*", ("CLP", 2, None, "7")),
    ("835-line-adjustments", "*144*-5*1", "*144*-6*1", ("SVC", 2, None, "line")),
    ("835-line-adjustments", "LQ*RX*75", "LQ*RY*75", ("LQ", 1, None, "7")),
    ("835-no-payment", "BPR*H*0*C*NON", "BPR*H*1*C*NON", ("BPR", 2, None, "transaction")),
    ("835-plb-only", "*IR*-50", "*IR", ("PLB", 14, None, "2")),
    ("835-plb-only", "72:CHK9", "73:CHK9", ("PLB", 11, 1, "7")),
    ("837i-inpatient-codes", "ABF:N179:::::::U", "ABF:N179:::::::Z", ("HI", 3, 9, "7")),
    (
        "837i-inpatient-codes",
        "HI*APR:R0602*APR:R531*APR:R42",
        "HI*APR:R0602*APR:R531*APR:R42*APR:R42",
        ("HI", 4, None, "3"),
    ),
    ("837i-inpatient-codes", "BBQ:4A023N7:D8:20260102", "BBQ:4A023N7:D8:20260132", ("HI", 1, 4, "8")),
    ("837i-inpatient-codes", "BI:70:RD8:", "BI:70:D8:", ("HI", 1, 3, "7")),
    ("837i-inpatient-codes", "DTP*435*DT*202601010945", "DTP*435*DT*20260101", ("DTP", 3, None, "8")),
    ("837i-inpatient-codes", "RD8:20260101-20260108", "RD8:20260101", ("HI", 1, 4, "8")),
    ("837i-outpatient-and-stays", "DTP*435*D8*20260101", "DTP*435*D8*202601010945", ("DTP", 3, None, "8")),
    ("271-benefits", "DTP*346*D8*20260101", "DTP*346*D8*20260101-20260131", ("DTP", 3, None, "8")),
    ("837i-inpatient-codes", "CL1*1*2*01", "CL1*1*2", ("CL1", 3, None, "1")),
    ("837i-outpatient-and-stays", "SV2*0170**3000", "SV2*0170**2999", ("CLM", 2, None, "charge-sum")),
    ("837i-outpatient-and-stays", "HL*3*2*23*0", "HL*3*1*23*0", ("HL", 2, None, "7")),
    ("837i-outpatient-and-stays", "SVD*PAY1*1500**0170*2", "SVD*PAY1*1500***2", ("SVD", 4, None, "1")),
    ("837p-ambulance-equipment", "CRC*07*N*08", "CRC*07*N*10", ("CRC", 3, None, "7")),
    ("837p-ambulance-equipment", "CR1*LB*140**B*DH*12", "CR1**140**B*DH*12", ("CR1", 1, None, "2")),
    ("837p-ambulance-equipment", "MEA*OG*HT*70", "MEA*OG*WT*70", ("MEA", 2, None, "7")),
    ("837p-ambulance-equipment", "FRM*1C***20260105", "FRM*1C***20260199", ("FRM", 4, None, "8")),
    ("837p-ambulance-equipment", "NM1*45*2*ERIE DIALYSIS", "NM1*45*1*ERIE DIALYSIS", ("NM1", 2, None, "7")),
    ("837p-drug-anaesthesia", "CTP****2.5*ML", "CTP****2.5*LM", ("CTP", 5, 1, "7")),
    ("837p-drug-anaesthesia", "CRC*75*Y*IH", "CRC*75*Y*IX", ("CRC", 3, None, "7")),
    ("837p-drug-anaesthesia", "CRC*ZZ*Y*AV", "CRC*ZY*Y*AV", ("CRC", 1, None, "7")),
    ("837p-drug-anaesthesia", "***1:2:3:4**", "***1:2:3:13**", ("SV1", 7, None, "diagnosis-pointer")),
    ("837p-drug-anaesthesia", "BP:00840*BO:58940", "BP:00840*BP:58940", ("HI", 2, 1, "7")),
    ("837p-drug-anaesthesia", "DTP*314*RD8*20260101-20260131", "DTP*314*RD8*20260101", ("DTP", 3, None, "8")),
    ("837p-other-payers", "SVD*PAY1*100*", "SVD*PAY1*101*", ("SVD", 2, None, "cob-line")),
    ("837p-other-payers", "OI***Y*P**Y", "OI***Y*Q**Y", ("OI", 4, None, "7")),
    ("999-contexts", "C023:1325", "C0231:1325", ("CTX", 6, 1, "5")),
    ("999-contexts", "IK4*2:2:3*", "IK4*2:2:X*", ("IK4", 1, 3, "6")),
    ("999-contexts", "AK9*P*3*3*2", "AK9*Q*3*3*2", ("AK9", 1, None, "7")),
    ("ta1-alone", "2217*E*025", "2217*F*025", ("TA1", 4, None, "7")),
]


@pytest.mark.parametrize(("name", "right", "wrong", "place"), SLIPS, ids=[f"{one[0]} {one[2]}" for one in SLIPS])
def test_one_slip_is_named_where_it_is(name: str, right: str, wrong: str, place: Place) -> None:
    text = (ODD / f"{name}.edi").read_text()
    assert right in text
    first, *consequences = issues(text.replace(right, wrong, 1).encode())
    assert (first.segment, first.element, first.component, first.code) == place
    assert {one.code for one in consequences} <= {"unreadable", "claim", "cob-claim"}
    if first.code not in SUMS:
        assert first.offset == text.rfind("\n", 0, text.index(right) + 1) + 1


def test_a_997_is_passed_over_with_a_word() -> None:
    head = "ISA*00*          *00*          *ZZ*SENDERID       *ZZ*RECEIVERID     *260310*1015*^*00501*000000621*0*P*:~"
    data = (
        f"{head}GS*FA*A*B*20260310*1015*1*X*005010~ST*997*0001~AK1*HC*1~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000621~"
    )
    [found] = issues(data.encode())
    assert (found.segment, found.code, found.severity) == ("ST", "I6", "warning")
    [read] = acknowledgment_999.read(data.encode())
    assert ("ST01", "6") in {(one.place, one.code) for one in read.issues if one.is_error}


def test_a_group_without_transactions_is_none_of_our_business() -> None:
    text = (ODD / "ta1-alone.edi").read_text()
    empty = "GS*FA*SENDER*RECEIVER*20260310*1015*9*X*005010X231A1~\nGE*0*9~\nIEA*1*"
    assert told(text.replace("IEA*0*", empty).encode()) == []
