"""Code tables on the way of a visit: a faulty code becomes a task with suggestions, and a recoded claim goes out."""

from datetime import date
from pathlib import Path

import code_loading
from billing.claim import Diagnosis
from billing.code_tables import CodeSystem, Edition
from database import codes, encounters
from tests.builders import a_claim, a_line, an_837p
from tests.code_editions import CPT2026, FY2026, FY2027, Q4, load, order_line
from tests.office import Office
from tests.stories.test_bad_input import office_tasks, run

BOTH_DATABASES = True

FORM_ONLY = "codes were checked for their form only: no edition in force on"


def visit(office: Office, *codes: str, line: str = "99213") -> str:
    diagnoses = tuple(Diagnosis(code, "ABF" if place else "ABK") for place, code in enumerate(codes))
    office.take_in(an_837p(a_claim(a_line(line), diagnoses=diagnoses)))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    return encounter


def story(office: Office, encounter: str) -> list[str]:
    with office.database.reading() as session:
        told = encounters.timeline(session, practice_id=office.practice_id, encounter_id=encounter)
        return [one.text for one in told if FORM_ONLY in one.text]


def recode(office: Office, encounter: str, corrections: str) -> None:
    office.complete(encounter, "code_review", "recoded", {"corrections": corrections})
    office.go_on(encounter)


def test_an_unknown_code_is_recoded_and_the_claim_goes(office: Office) -> None:
    load(office.database, FY2026, FY2027, Q4, CPT2026)
    encounter = visit(office, "E1199")
    assert office_tasks(office) == [
        ("code_review", "diagnosis 1: E11.99 is unknown to ICD-10-CM FY2027; nearest: E11.9 (field diagnoses)")
    ]
    recode(office, encounter, "diagnoses = E11")
    [(kind, reason)] = office_tasks(office)
    assert (kind, reason) == (
        "code_review",
        "diagnosis 1: E11 needs more characters; nearest: E11.9, E11.10 (field diagnoses)",
    )
    recode(office, encounter, "diagnoses = E11.9")
    assert office_tasks(office) == []
    office.send_claims()
    assert office.submission(encounter).control_number
    assert b"ABK:E119" in next(iter(office.wire.claims.values()))
    assert story(office, encounter) == []


def test_a_code_of_last_year_ended_on_september_30(office: Office) -> None:
    load(office.database, FY2026, FY2027)
    visit(office, "J069", "J068")
    assert office_tasks(office) == [
        ("code_review", "diagnosis 2: J06.8 ended on 2026-09-30; nearest: J06.81, J06.82 (field diagnoses)")
    ]


def test_a_procedure_that_ended_names_what_stands_in_its_place(office: Office) -> None:
    load(office.database, FY2027, Q4)
    encounter = visit(office, "J069", line="J0002")
    assert office_tasks(office) == [
        ("code_review", "line 1: J0002 ended on 2026-10-15; see: J0001 (field line.1.procedure)")
    ]
    recode(office, encounter, "line.1.procedure = J0001")
    assert "code_review" not in office.open_task_types(encounter)


def test_without_an_edition_of_the_day_the_form_is_checked_and_the_story_says_so_once(office: Office) -> None:
    load(office.database, FY2026)
    encounter = visit(office, "Z9999", "J9")
    assert [kind for kind, _ in office_tasks(office)] == ["code_review"], "the form of J9"
    recode(office, encounter, "diagnoses = Z9999")
    assert office_tasks(office) == []
    assert story(office, encounter) == [f"ICD-10-CM {FORM_ONLY} 2026-10-20 is loaded"]


def test_an_office_without_tables_bills_as_before(office: Office) -> None:
    encounter = visit(office, "Z9999", line="J9999")
    assert office.open_task_types(encounter) == []
    assert [one.split()[0] for one in story(office, encounter)] == ["HCPCS", "ICD-10-CM"]


def test_a_supervisor_may_let_a_code_stand_that_only_the_payer_knows(office: Office) -> None:
    load(office.database, FY2027, Q4)
    encounter = visit(office, "J069", line="W9999")
    filled = {"reason": "The state's Medicaid has this code of its own"}
    refused = office.complete(encounter, "code_review", "codes_stand", filled)
    assert not refused.answer.done
    office.complete(encounter, "code_review", "codes_stand", filled, by=office.supervisor_id)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == []
    assert office.submission(encounter).control_number


def test_letting_codes_stand_mends_no_malformed_code(office: Office) -> None:
    load(office.database, FY2027)
    encounter = visit(office, "J9")
    office.complete(encounter, "code_review", "codes_stand", {"reason": "No"}, by=office.supervisor_id)
    office.go_on(encounter)
    [(kind, reason)] = office_tasks(office)
    assert (kind, "not a well-formed code" in reason) == ("code_review", True)


def test_the_command_loads_lists_and_refuses(tmp_path: Path) -> None:
    data = {"ZEROBALANCE_DATA_DIR": str(tmp_path / "data")}
    good, bad = tmp_path / "order.txt", tmp_path / "bad.txt"
    good.write_text("00001 J069    1 Infection\n00002 E119    1 Diabetes\n", encoding="utf-8")
    bad.write_text("00001 J069    1 Infection\nnonsense\n", encoding="utf-8")
    year = ("--system", "icd10cm", "--edition", "FY2026", "--from", "2025-10-01", "--to", "2026-09-30")
    first, again = (run("codes", "load", str(good), *year, **data) for _ in range(2))
    refused = run("codes", "load", str(bad), *year, **data)
    listed = run("codes", "list", **data)
    skipped = run("codes", "load", str(bad), *year, "--skip-bad-lines", **data)
    missing = run("codes", "load", str(tmp_path / "none.txt"), *year, **data)
    backwards = run("codes", "load", str(good), *year[:-1], "2020-01-01", **data)

    assert (first.returncode, "2 codes, 2 added" in first.stdout) == (0, True), first.stderr
    assert "0 added, 0 changed, 0 removed, 2 unchanged" in again.stdout
    assert (refused.returncode, "line 2:" in refused.stderr, "not taken" in refused.stderr) == (1, True, True)
    assert "ICD-10-CM FY2026, 2025-10-01 to 2026-09-30: 2 codes, from order.txt" in listed.stdout
    assert "HCPCS: no edition for today" in listed.stdout
    assert (skipped.returncode, "1 removed" in skipped.stdout, "line 2:" in skipped.stdout) == (0, True, True)
    assert (missing.returncode, "there is no such file" in " ".join(missing.stderr.split())) == (1, True)
    assert backwards.returncode == 2
    assert "Traceback" not in refused.stderr + missing.stderr + backwards.stderr


def test_a_new_edition_is_tried_over_the_last_claims_and_leaves_nothing(office: Office, tmp_path: Path) -> None:
    encounter = visit(office, "J069")
    edition = Edition(CodeSystem.ICD10CM, "FY2027", date(2026, 10, 1), date(2027, 9, 30))
    file = tmp_path / "order.txt"
    file.write_text(order_line(1, "I10", True, "Essential (primary) hypertension"))
    tried = code_loading.tried(office.database, edition, file, last=10, skip_bad_lines=False)
    assert [(one.encounter_id, one.held_now) for one in tried] == [(encounter, ("D03",))]
    with office.database.reading() as session:
        assert codes.editions(session) == []
