"""Published 837P files: every claim becomes an encounter, a duplicate or a refusal with its reason; and what two
validators call right reaches a named state.
"""

import re
from pathlib import Path

import pytest

from database import encounters
from tests.office import Office
from tests.stories.test_bad_input import office_tasks

FILES = sorted(
    path
    for folder in ("x222a1", "broken", "malformed")
    for path in (Path(__file__).parents[1] / "golden" / folder).glob("*")
    if b"005010X222" in path.read_bytes() and path.suffix != ".md"
)
RIGHT = [path for path in FILES if path.parent.name == "x222a1" and path.name.startswith(("stu-", "moo-", "uhi-"))]


def claims_in(path: Path) -> int:
    """CLM segments, counted without our own reader."""
    text = path.read_bytes().decode("latin-1")
    element = text[text.index("ISA") + 3] if "ISA" in text else "*"
    return len(re.findall(r"(?:^|[~\n\r'!|^}])\s*CLM" + re.escape(element), text))


def test_there_are_files() -> None:
    assert len(FILES) >= 30
    assert len(RIGHT) >= 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_claim_is_accounted_for(path: Path, office: Office) -> None:
    report = office.take_in(path.read_bytes())
    assert report.claims == report.created + report.duplicates + len(report.refused)
    if report.unreadable is None:
        assert report.claims == claims_in(path)
    else:
        assert "ISA" in report.unreadable
    assert all(one.segment and one.reason for one in report.refused)
    again = office.take_in(path.read_bytes())
    assert again.created == 0
    assert again.duplicates == report.created + report.duplicates


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.name)
def test_a_right_claim_reaches_a_named_state(path: Path, office: Office) -> None:
    """With invented NPIs admitted, each is sent or waits in a task that says why."""
    office.policy("strict_npi_check_digit", 0)
    office.take_in(path.read_bytes())
    for encounter in office.encounter_ids():
        standing = office.go_on(encounter)
        if standing.stage == "submission":
            continue
        assert standing.open_tasks, (standing.stage, office.story(encounter))
        with office.database.reading() as session:
            assert encounters.agenda(session, encounter)


def test_most_right_claims_are_sent(office: Office) -> None:
    """Those for Medicare are years too late to be paid, and are held for that alone."""
    office.policy("strict_npi_check_digit", 0)
    for path in RIGHT:
        office.take_in(path.read_bytes())
    stages = [office.go_on(encounter).stage for encounter in office.encounter_ids()]
    reasons = [reason for _, reason in office_tasks(office)]
    too_late = reasons.count("T02: the payer's filing limit has passed (field delay_reason)")
    assert stages.count("submission") + too_late >= len(stages) // 2, (stages, reasons)
