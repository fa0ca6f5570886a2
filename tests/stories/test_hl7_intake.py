"""HL7 v2 charges start encounters that reach submission; the same message twice starts one; nothing is lost."""

from sqlmodel import select

from database.tables import InboundMessage
from tests.builders import CLINIC_NPI
from tests.interchange.hl7_messages import dft, ft1
from tests.office import Office
from tests.stories.test_bad_input import office_tasks
from tests.stories.test_fhir_intake import set_up

BOTH_DATABASES = True


def test_charges_reach_submission_once(office: Office) -> None:
    set_up(office)
    for control in ("M1", "M1", "M2"):
        report = office.take_in(dft(control=control))
        assert (report.kind, report.claims, report.refused) == ("HL7v2", 1, [])
    assert (report.created, report.duplicates) == (0, 1)
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    [body] = office.wire.claims.values()
    assert b"SV1*HC:99213*150*UN*1" in body
    assert b"NM1*85*2*Example Clinic*****XX*" + CLINIC_NPI.encode() in body
    assert office_tasks(office) == []


def test_a_file_of_many_messages_keeps_its_good_ones(office: Office) -> None:
    set_up(office)
    good, bad = dft(), dft(ft1(""), control="M2")
    other = dft(control="M3", kind="MDM^T02")
    report = office.take_in(b"".join(b"\x0b" + one + b"\x1c\r" for one in (good, bad, other)))
    assert (report.claims, report.created) == (3, 1)
    assert [(one.claim, one.segment) for one in report.refused] == [("V2001", "FT1[0]-25"), ("M3", "MSH-9")]
    [(kind, reason)] = office_tasks(office)
    assert kind == "intake_error"
    assert "FT1[0]-25: no code" in reason
    with office.database.reading() as session:
        kept = session.exec(select(InboundMessage).where(InboundMessage.practice_id == office.practice_id)).one()
    assert (kept.kind, kept.state) == ("HL7v2", "filed")


def test_a_message_that_cannot_be_read_is_kept_with_a_task(office: Office) -> None:
    report = office.take_in(b"MSH|^^^^|A")
    assert report.unreadable is not None
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]
