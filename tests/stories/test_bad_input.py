"""Bad input: each a clear error or a task, nothing lost and nothing posted halfway."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from database.engine import Database, DatabaseMissing
from database.tables import Task
from temporal.engine import free_port
from tests.builders import a_277ca, a_999, a_claim, a_line, a_payment, an_835, an_837p
from tests.office import Office

ROOT = Path(__file__).parents[2]

BOTH_DATABASES = True


def office_tasks(office: Office) -> list[tuple[str, str]]:
    """(type, reason) of every open task of the practice."""
    with office.database.reading() as session:
        rows = session.exec(select(Task).where(Task.practice_id == office.practice_id, Task.state == "open"))
        return [(one.type, one.reason) for one in rows]


def sent_claim(office: Office) -> tuple[str, str]:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter, office.submission(encounter).control_number


def test_an_837p_cut_in_the_middle_keeps_its_whole_claims(office: Office) -> None:
    whole = an_837p(a_claim(control_number="FIRST"), a_claim(a_line(charge=9900), control_number="SECOND"))
    cut = whole[: whole.index(b"CLM*SECOND") + 25]
    report = office.take_in(cut)
    assert (report.claims, report.created) == (2, 1)
    [refused] = report.refused
    assert refused.claim == "SECOND"
    assert report.notes, "the file itself is said to be cut short"
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]


def test_institutional_claims_come_in_once(office: Office) -> None:
    path = ROOT / "tests" / "golden" / "x223a2" / "stu-two-claims-for-the-same-provider.edi"
    first, again = office.take_in(path.read_bytes()), office.take_in(path.read_bytes())
    assert (first.kind, first.claims, first.created, len(first.refused)) == ("837I", 2, 2, 0)
    assert (again.created, again.duplicates, len(again.refused)) == (0, 2, 0)


@pytest.mark.parametrize("cents", [7999, 8001])
def test_an_835_off_by_a_cent_is_not_posted(office: Office, cents: int) -> None:
    encounter, number = sent_claim(office)
    before = office.accounts(encounter)
    office.deliver_835(an_835(a_payment(number), paid=cents))
    office.go_on(encounter)
    assert office.accounts(encounter) == before
    [(kind, reason)] = office_tasks(office)
    assert kind == "era_unbalanced"
    assert "BPR02" in reason


def test_an_835_whose_line_is_off_by_a_cent_is_not_posted(office: Office) -> None:
    encounter, number = sent_claim(office)
    good = an_835(a_payment(number))
    office.deliver_835(good.replace(b"CAS*PR*3*20~", b"CAS*PR*3*19.99~"))
    office.go_on(encounter)
    assert [kind for kind, _ in office_tasks(office)] == ["era_unbalanced"]
    assert ("AR_PAT", 1) not in office.accounts(encounter)


@pytest.mark.parametrize("plb", [b"20260230*WO:1*45", b"20261231*WO:1", b"20261231*WO:1*4X5"])
def test_an_835_with_a_provider_adjustment_that_cannot_be_read_is_not_posted(office: Office, plb: bytes) -> None:
    encounter, number = sent_claim(office)
    before = office.accounts(encounter)
    good = an_835(a_payment(number), plb=(("WO", "1", 4500),))
    office.deliver_835(good.replace(b"20261231*WO:1*45~", plb + b"~"))
    office.go_on(encounter)
    assert office.accounts(encounter) == before
    [(kind, reason)] = office_tasks(office)
    assert kind == "era_unbalanced"
    assert "PLB" in reason


def test_an_unknown_control_number_becomes_a_task_and_the_rest_posts(office: Office) -> None:
    encounter, number = sent_claim(office)
    office.deliver_835(an_835(a_payment(number), a_payment("NOTOURS1", payer_claim_number="ICN999")))
    office.go_on(encounter)
    assert office.accounts(encounter)[("AR_PAT", 1)] == 2000
    [(kind, reason)] = office_tasks(office)
    assert kind == "unmatched_remit"
    assert "of remittance " in reason, "a poster finds it without opening the task"
    assert "Claim payment 2" in reason


def test_acknowledgments_that_are_not_ours_become_tasks(office: Office) -> None:
    office.deliver(a_999(99999))
    office.deliver(a_277ca("NOTOURS1"))
    assert sorted(kind for kind, _ in office_tasks(office)) == ["intake_error", "intake_error"]


def test_a_verdict_on_the_batch_that_accepts_is_no_riddle(office: Office) -> None:
    """A conforming 277CA carries one above its claims (2200B STC)."""
    _, number = sent_claim(office)
    body = a_277ca(number, sender="AY")
    assert body.count(b"STC*") == 2
    office.deliver(body)
    assert office_tasks(office) == []


def test_a_rejected_set_wakes_its_claims(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    batch = office.send_claims()
    office.deliver(a_999(batch.group_number, code="R"))
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["transmission_failed"]


def test_the_same_remittance_in_a_new_envelope_is_no_other(office: Office) -> None:
    encounter, number = sent_claim(office)
    office.deliver_835(an_835(a_payment(number)))
    office.go_on(encounter)
    once = office.accounts(encounter)
    assert "came before" in office.deliver_835(an_835(a_payment(number), number=77))
    office.go_on(encounter)
    assert office.accounts(encounter) == once


def test_the_same_trace_with_other_content_is_a_conflict(office: Office) -> None:
    encounter, number = sent_claim(office)
    office.deliver_835(an_835(a_payment(number)))
    other = a_payment(number, paid=9000, adjustments=(("CO", "45", 4000), ("PR", "3", 2000)))
    office.deliver_835(an_835(other, number=2))
    office.go_on(encounter)
    assert [kind for kind, _ in office_tasks(office)] == ["remittance_conflict"]
    assert office.accounts(encounter)[("CASH_UNAPPLIED", 1)] == 8000


def test_a_remittance_for_nobody_here_goes_to_the_operator(office: Office) -> None:
    sent_claim(office)
    body = an_835(a_payment("X1"), payee_npi="1234567893").replace(b"REF*TJ*987654320~", b"")
    office.deliver_835(body)
    with office.database.reading() as session:
        found = {one.type for one in session.exec(select(Task))}
    assert found == {"unknown_payee"}


def test_a_replacement_of_nothing_known_is_refused_with_a_task(office: Office) -> None:
    replaced = a_claim(control_number="REPLACED", frequency="7", original_reference="ICN1")
    report = office.take_in(an_837p(replaced))
    assert [(one.claim, one.segment) for one in report.refused] == [("REPLACED", "CLM")]
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]
    assert office.encounter_ids() == []


def with_stars(body: bytes) -> bytes:
    """The file in a sender's own separators, where a `*` may stand in a name."""
    return body.replace(b"*", b"|").replace(b"DOE", b"DO*E").replace(b"SMITH", b"SM*ITH")


def test_a_name_that_no_payer_can_be_sent_is_asked_for(office: Office) -> None:
    report = office.take_in(with_stars(an_837p(a_claim())))
    assert (report.created, report.refused) == (1, [])
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["registration_incomplete"]
    typed = {"corrections": "patient.last_name = DOE"}
    office.complete(encounter, "registration_incomplete", "fields_completed", typed)
    office.go_on(encounter)
    [(kind, reason)] = office_tasks(office)
    assert (kind, "X02" in reason) == ("claim_edit_failed", True), "the physician's name is not sendable either"


def test_a_visit_paid_under_two_submissions_is_posted_once(office: Office) -> None:
    encounter, first = sent_claim(office)
    office.deliver(a_277ca(first, accepted=False))
    office.go_on(encounter)
    office.complete(encounter, "claim_rejected", "corrected_new_claim", {"corrections": "member_id = MEMBERQ77B"})
    office.go_on(encounter)
    office.send_claims()
    second = office.submission(encounter).control_number
    assert second != first
    for number, control_number in enumerate((second, first), start=1):
        office.deliver_835(an_835(a_payment(control_number), trace=f"EFT{number}", number=number))
        office.go_on(encounter)
    assert office.accounts(encounter)[("AR_PAT", 1)] == 2000
    [(kind, reason)] = office_tasks(office)
    assert (kind, "already adjudicated" in reason) == ("unmatched_remit", True)


def test_a_missing_database_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing, match="zerobalance setup"):
        Database(f"sqlite:///{tmp_path / 'nothing.db'}").check()


PORTS = ("API_PORT", "SIMULATOR_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command on ports of its own: an office may be at work on this machine."""
    environment = {**{f"ZEROBALANCE_{port}": str(free_port()) for port in PORTS}, **environment}
    return subprocess.run(
        [sys.executable, "cli.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_demonstration_keeps_off_the_books_of_a_clinic(tmp_path: Path) -> None:
    """It would add invented visits to them, and let time pass for the real ones."""
    assert run("setup", "--practice", "Real Clinic", ZEROBALANCE_DATA_DIR=str(tmp_path)).returncode == 0
    result = run("demo", "--once", ZEROBALANCE_DATA_DIR=str(tmp_path))
    assert result.returncode == 1
    assert "Real Clinic" in result.stderr
    assert "ZEROBALANCE_DATA_DIR" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use_names_its_variable(tmp_path: Path) -> None:

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run("demo", "--once", ZEROBALANCE_DATA_DIR=str(tmp_path), ZEROBALANCE_API_PORT=port)
    assert result.returncode == 1
    assert "ZEROBALANCE_API_PORT" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["import README.md", "prove books --here", "demo --once", "worker", "api"])
def test_damaged_books_are_one_sentence(command: str, tmp_path: Path) -> None:
    (tmp_path / "office.sqlite3").write_bytes(os.urandom(5000))
    result = run(*command.split(), ZEROBALANCE_DATA_DIR=str(tmp_path))
    assert result.returncode == 1
    assert "ZEROBALANCE_DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_the_import_command_speaks_json_and_exit_codes(tmp_path: Path) -> None:
    good, bad, none = tmp_path / "good.837", tmp_path / "bad.837", tmp_path / "none.837"
    good.write_bytes(an_837p(a_claim()))
    bad.write_bytes(an_837p(a_claim(control_number="R", frequency="8", original_reference="X")))
    none.write_bytes(b"\x00\x01 no file of ours \xff" * 50)
    data = {"ZEROBALANCE_DATA_DIR": str(tmp_path / "data")}
    first = run("import", "--json", str(good), **data)
    assert (first.returncode, '"created": 1' in first.stdout) == (0, True), first.stderr
    again = run("import", "--json", str(good), **data)
    assert (again.returncode, '"duplicates": 1' in again.stdout) == (0, True)
    refused = run("import", "--json", str(bad), **data)
    assert (refused.returncode, '"segment": "CLM"' in refused.stdout) == (1, True)
    cut = tmp_path / "cut.837"
    whole = an_837p(a_claim(control_number="ONE"), a_claim(control_number="TWO"), number=2)
    cut.write_bytes(whole[: whole.index(b"CLM*TWO")])
    short = run("import", "--json", str(cut), **data)
    assert (short.returncode, "cut short" in short.stdout + short.stderr) == (1, True), short.stdout
    for unreadable in (str(none), str(tmp_path / "is-not-there.837")):
        result = run("import", "--json", unreadable, **data)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
