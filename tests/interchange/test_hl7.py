"""HL7 v2 read: charges become a visit, what is missing is told with its field, and every message has an answer."""

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.sent_visits import SentVisit
from interchange.hl7 import admissions
from interchange.hl7.acknowledging import Answer, acknowledge
from interchange.hl7.charges import read
from interchange.hl7.syntax import NotHl7, messages
from tests.builders import DOCTOR_NPI, NOON
from tests.interchange.hl7_messages import POLICY, adt, dft, ft1, segment


def only(body: bytes) -> SentVisit:
    [message] = messages(body)
    return read(message)


def faults(visit: SentVisit) -> list[str]:
    return [str(one) for one in visit.faults]


def test_a_dft_is_read_whole() -> None:
    visit = only(dft(ft1(), ft1("87880", "25.5", modifiers="QW~59")))
    one = visit.claim
    assert (faults(visit), visit.notes) == ([], ())
    assert (one.control_number, one.charge_cents) == ("V2001", 17550)
    assert (one.patient.name.last, one.patient.name.first, one.patient.birth_date) == ("Doe", "Jane", date(1980, 1, 1))
    assert (one.coverage.payer.id, one.coverage.payer.name.last) == ("99999", "Example Payer")
    assert (one.coverage.member_id, one.coverage.is_self) == ("ABC123456", True)
    assert [(code.qualifier, code.code) for code in one.diagnoses] == [("ABK", "J069")]
    assert [(line.procedure, line.modifiers, line.diagnosis_pointers) for line in one.lines] == [
        ("99213", (), (1,)),
        ("87880", ("QW", "59"), (1,)),
    ]
    assert [(party.role, party.npi) for party in one.providers] == [("82", DOCTOR_NPI)]


def test_the_number_of_the_message_and_its_day_make_no_other_visit() -> None:
    later = dft(control="M2").replace(b"20261021080000", b"20261022090000")
    assert only(later).key == only(dft()).key


def test_other_delimiters_and_escapes_are_read() -> None:
    body = dft(PID="PID|1||M||O\\T\\Neil \\S\\ Sons\\X2E\\^Jane||19800101|F")
    assert only(body).claim.patient.name.last == "O&Neil ^ Sons."
    other = dft().replace(b"^~\\&", b"@~\\&").replace(b"^", b"@")
    assert only(other).claim == only(dft()).claim


def test_a_file_holds_many_messages_framed_or_not() -> None:
    framed = b"".join(b"\x0b" + dft(control=f"M{place}") + b"\x1c\r" for place in range(3))
    assert len(list(messages(framed))) == 3
    batch = b"FHS|^~\\&|EHR\rBHS|^~\\&|EHR\r" + dft() + dft() + b"BTS|2\rFTS|1\r"
    assert len(list(messages(batch.replace(b"\r", b"\r\n")))) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (dft(ft1("")), "FT1[0]-25: no code"),
        (dft(ft1(day="")), "FT1[0]-4: no day of service since 2000"),
        (dft(ft1(price="1.005")), "FT1[0]-11: no amount of dollars and whole cents"),
        (dft(ft1(price="-5")), "FT1[0]-11: no amount of dollars and whole cents"),
        (dft(ft1(kind="CD")), "FT1[0]-6: a credit takes a charge back: change the visit in the office"),
        (dft(PID="PID|1"), "PID-5: the patient has no last name"),
    ],
)
def test_what_cannot_start_an_encounter_is_told_with_its_field(body: bytes, told: str) -> None:
    assert told in faults(only(body))


def test_a_dependent_names_the_insured() -> None:
    visit = only(dft(IN1=segment("IN1", POLICY | {16: "Doe^Mary", 17: "PAR"})))
    assert (visit.claim.coverage.relationship, visit.claim.subscriber.name.first) == ("G8", "Mary")


def test_an_npi_may_stand_with_its_authority() -> None:
    doctor = f"^Smith^Ann^^^^^^&{DOCTOR_NPI}&NPI"
    visit = only(dft(PV1=segment("PV1", {2: "O", 7: doctor, 19: "V2001"}), IN1=segment("IN1", POLICY | {17: "Self"})))
    assert [(one.npi, one.name.first) for one in visit.claim.providers] == [(DOCTOR_NPI, "Ann")]
    assert visit.claim.coverage.is_self


@pytest.mark.parametrize("body", [b"", b"PID|1", b"MSH", b"MSH|", b"hello", b"MSH|^^^^|A"])
def test_what_is_no_message_says_so(body: bytes) -> None:
    with pytest.raises(NotHl7):
        list(messages(body))
    assert acknowledge(body, Answer.REJECTED, ["no"], at=NOON, number="1").startswith(b"MSH|^~\\&|ZEROBALANCE")


def test_an_answer_names_the_message_and_each_fault() -> None:
    said = acknowledge(dft(control="M|7".replace("|", "-")), Answer.ERROR, ["FT1[0]-25: a|b"], at=NOON, number="9")
    [head, verdict, fault, _] = said.decode().split("\r")
    assert head == "MSH|^~\\&|ZEROBALANCE||EHR|CLINIC|20261102120000||ACK^P03|9|P|2.5.1"
    assert verdict == "MSA|AE|M-7"
    assert fault == "ERR|||101^Required field missing^HL70357|E||||FT1[0]-25: a\\F\\b"


@given(st.integers(0, 10_000), st.binary(max_size=6), st.integers(0, 6))
@settings(max_examples=400, deadline=None)
def test_no_changed_message_raises_anything_but_not_hl7(place: int, noise: bytes, lost: int) -> None:
    body = dft(ft1(), ft1("J1885", modifiers="59")) + adt()
    cut = place % len(body)
    broken = body[:cut] + noise + body[cut + lost :]
    acknowledge(broken, Answer.ERROR, ["no"], at=NOON, number="1")
    with contextlib.suppress(NotHl7):
        for message in messages(broken):
            visit = read(message)
            admissions.read(message)
            assert visit.key
            assert "\\x00" not in repr(visit.claim)
            assert repr(visit.claim).encode()


def test_a_local_diagnosis_is_told_in_the_senders_words() -> None:
    local = segment("DG1", {1: "1", 3: "COUGH^Cough since 3 weeks^L", 5: "20261020", 6: "F"})
    visit = only(dft(DG1=local))
    assert [one.code for one in visit.claim.diagnoses] == ["J069"], "of the charge alone"
    assert [(one.code, one.text) for one in visit.words] == [("COUGH", "Cough since 3 weeks")]
