"""Claim edits at work: published rules hold a claim, earlier visits are remembered, and each run is kept."""

import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import rule_loading
from activities import edit_effects
from billing.charges import Price
from billing.claim import Claim, Name, Party, ServiceLine
from billing.coding_rules import CodeRange, RuleEdition, RuleKind
from billing.edits.registry import Severity
from billing.money import Cents
from billing.practice_edits import Has, PracticeEdit, Unless, When
from billing.scrubbing import EDITS
from code_loading import FileRefused
from database import edit_runs, practice_edits, prices, rules
from database.edit_runs import Run
from tests.billing.fee_schedules import LOCALITIES, RELATIVE_VALUES
from tests.builders import CLINIC_NPI, DOCTOR_NPI, NOON, a_claim, a_line, an_837p
from tests.interchange.test_rule_files import ADD_ONS, FEES, NPPES, PAIRS, TABULAR, UNITS
from tests.office import Office, active
from tests.stories.test_bad_input import office_tasks

BOTH_DATABASES = True

FILES = {
    RuleKind.PAIRS: PAIRS.encode(),
    RuleKind.UNITS: UNITS.encode(),
    RuleKind.ADD_ONS: ADD_ONS.encode(),
    RuleKind.FEE_SCHEDULE: FEES.encode(),
    RuleKind.RELATIVE_VALUES: RELATIVE_VALUES.encode(),
    RuleKind.LOCALITIES: LOCALITIES.encode(),
    RuleKind.EXCLUSIONS: TABULAR,
    RuleKind.PROVIDERS: NPPES.encode(),
}


def edition(kind: RuleKind, name: str = "2026Q4") -> RuleEdition:
    return RuleEdition(kind, name, date(2026, 10, 1), date(2026, 12, 31))


def take(office: Office, kind: RuleKind, *files: Path, skip: bool = False, name: str = "2026Q4") -> int:
    count, _ = rule_loading.take(office.database, edition(kind, name), files, skip_bad_lines=skip, at=NOON)
    return count


@pytest.fixture
def library(office: Office, tmp_path: Path) -> dict[RuleKind, int]:
    """Every kind of file is loaded; rules by kind."""
    counts = {}
    for kind, body in FILES.items():
        file = tmp_path / f"{kind}.txt"
        file.write_bytes(body)
        counts[kind] = take(office, kind, file)
    return counts


def for_medicare(*lines: ServiceLine) -> Claim:
    claim = a_claim(*lines, member_id="1EG4TE5MK73")
    return replace(claim, coverage=replace(claim.coverage, filing_indicator="MB"))


def visits(office: Office, claim: Claim, *, number: int = 1) -> str:
    before = set(office.encounter_ids())
    office.take_in(an_837p(claim, number=number))
    [encounter] = set(office.encounter_ids()) - before
    office.go_on(encounter)
    return encounter


def run_of(office: Office, encounter: str) -> Run:
    with office.database.reading() as session:
        run = edit_runs.latest(session, practice_id=office.practice_id, encounter_id=encounter)
    assert run is not None
    return run


def test_every_file_is_loaded(library: dict[RuleKind, int]) -> None:
    """The pair of 1996 ended too long ago, and one NPI is neither gone nor ours."""
    assert library == {
        RuleKind.PAIRS: 1,
        RuleKind.UNITS: 3,
        RuleKind.ADD_ONS: 3,
        RuleKind.FEE_SCHEDULE: 1,
        RuleKind.RELATIVE_VALUES: 12,
        RuleKind.LOCALITIES: 1,
        RuleKind.EXCLUSIONS: 5,
        RuleKind.PROVIDERS: 1,
    }


def test_a_pair_holds_a_claim_to_medicare_until_a_modifier_parts_it(
    office: Office, library: dict[RuleKind, int]
) -> None:
    encounter = visits(office, for_medicare(a_line("G0101"), a_line("G0102")))
    [(task, reason)] = office_tasks(office)
    assert task == "claim_edit_failed"
    assert reason == (
        "C04: line 2: G0102 is part of G0101 (line 1) unless a modifier says otherwise (field line.2.modifiers)"
    )
    run = run_of(office, encounter)
    assert run.edits > 80
    assert run.asked == (
        "NCCI add-ons 2026Q4",
        "ICD-10-CM Excludes1 2026Q4",
        "Physician fee schedule 2026Q4",
        "NCCI pairs 2026Q4",
        "NPPES 2026Q4",
        "NCCI unit limits 2026Q4",
    )
    assert ("C04", True) in [(one.edit, bool(one.fix)) for one in run.findings]
    office.complete(encounter, "claim_edit_failed", "fixed", {"corrections": "line.2.modifiers = XU"})
    office.go_on(encounter)
    assert office.open_task_types(encounter) == []
    assert "C04" not in {one.edit for one in run_of(office, encounter).findings}


def test_units_beyond_the_limit_are_held(office: Office, library: dict[RuleKind, int]) -> None:
    visits(office, for_medicare(a_line("G0101", units=Decimal(2))))
    assert office_tasks(office) == [
        ("claim_edit_failed", "C05: line 1: G0101 is paid 1 times a day; here are 2 (field line.1.units)")
    ]


def test_an_add_on_without_its_service_is_held(office: Office, library: dict[RuleKind, int]) -> None:
    visits(office, for_medicare(a_line("G0505"), a_line("99213")))
    assert [kind for kind, _ in office_tasks(office)] == ["claim_edit_failed"]
    assert "G0505 is added to a service that is missing" in office_tasks(office)[0][1]


def test_a_deactivated_provider_is_noted(office: Office, library: dict[RuleKind, int]) -> None:
    """Gone in January, back at the end of February."""
    february = replace(a_line(), service_date=date(2026, 2, 10))
    encounter = visits(office, a_claim(february))
    assert [one.path for one in run_of(office, encounter).findings if one.edit == "P02"] == ["provider.82.npi"]


def test_the_same_visit_under_another_number_is_held_as_a_duplicate(office: Office) -> None:
    visits(office, a_claim())
    again = visits(office, a_claim(control_number="EXT1002"), number=2)
    assert "U01: line 1: another visit of that day has billed it" in office_tasks(office)[0][1]
    office.complete(again, "claim_edit_failed", "overridden", {"reason": "seen twice"}, by=office.supervisor_id)
    office.go_on(again)
    assert office.open_task_types(again) == []


def test_a_patient_whom_the_physician_knows_is_not_new(office: Office) -> None:
    visits(office, a_claim(a_line(service_date=date(2026, 6, 1))))
    visits(office, a_claim(a_line("99203"), control_number="EXT1002"), number=2)
    assert "C11: line 1: the same physician saw the patient within three years" in office_tasks(office)[0][1]


def test_what_can_be_mended_in_one_way_is_mended_and_told(office: Office) -> None:
    doctor = Party("82", True, a_claim().providers[0].name, "XX", CLINIC_NPI)
    claim = replace(a_claim(), providers=(doctor,))
    encounter = visits(office, replace(claim, coverage=replace(claim.coverage, member_id="abc-123 456")))
    assert office.open_task_types(encounter) == []
    assert [one.edit for one in run_of(office, encounter).mended] == ["S02", "P06"]
    assert any("Mended by itself: S02" in line for line in office.story(encounter))
    office.send_claims()
    assert b"NM1*IL*1*DOE*JANE****MI*ABC123456~" in next(iter(office.wire.claims.values()))
    assert DOCTOR_NPI.encode() not in next(iter(office.wire.claims.values()))


def test_a_new_edition_is_tried_over_the_last_claims_and_leaves_nothing(office: Office, tmp_path: Path) -> None:
    paired = visits(office, for_medicare(a_line("G0101"), a_line("G0102")))
    visits(office, a_claim(control_number="EXT1002", member_id="XYZ987654"), number=2)
    file = tmp_path / "pairs.txt"
    file.write_text(PAIRS)
    tried = rule_loading.tried(office.database, edition(RuleKind.PAIRS), [file], last=10, skip_bad_lines=False)
    assert [(one.encounter_id, one.held_now, one.held_no_more) for one in tried] == [(paired, ("C04",), ())]
    with office.database.reading() as session:
        assert rules.editions(session) == []
        assert edit_effects.effects(session, last=10, at=office.now) == []


def test_a_file_with_bad_lines_changes_nothing(office: Office, library: dict[RuleKind, int], tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(UNITS + "G0104,many,3 Date\n")
    with pytest.raises(FileRefused, match=r"bad\.csv line 8: wants a code, whole units"):
        take(office, RuleKind.UNITS, bad)
    with office.database.reading() as session:
        assert len(rules.limits_of(session, "2026Q4", ["G0101", "J1885", "A4550"])) == 3
    assert take(office, RuleKind.UNITS, bad, skip=True) == 3


def test_a_newer_file_of_pairs_takes_the_place_of_the_older(
    office: Office, library: dict[RuleKind, int], tmp_path: Path
) -> None:
    zipped = tmp_path / "ccipra.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("ccipra-f1.txt", PAIRS)
        archive.writestr("readme.pdf", b"licence")
    assert take(office, RuleKind.PAIRS, zipped, name="2027Q1") == 1
    with office.database.reading() as session:
        names = [one.edition.name for one in rules.editions(session) if one.edition.kind == RuleKind.PAIRS]
    assert names == ["2027Q1"]


def test_a_zip_of_two_files_and_a_file_without_rules_are_refused(office: Office, tmp_path: Path) -> None:
    zipped = tmp_path / "two.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.txt", PAIRS)
        archive.writestr("b.txt", PAIRS)
    with pytest.raises(FileRefused, match="unzip it, and name the files"):
        take(office, RuleKind.PAIRS, zipped)
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    with pytest.raises(FileRefused, match="no rule of NCCI pairs is in it"):
        take(office, RuleKind.PAIRS, empty)


def test_an_edit_of_the_practice_holds_claims_until_they_have_what_it_needs(office: Office) -> None:
    wants_referral = PracticeEdit(
        "",
        Severity.ERROR,
        "this payer wants a referral",
        date(2020, 1, 1),
        when=When(procedures=(CodeRange("99213", "99213"),)),
        unless=Unless(has=Has.REFERRAL),
    )
    with office.database.writing() as session:
        practice_edits.add(session, wants_referral, practice_id=office.practice_id, at=office.now, by=office.worker_id)
    encounter = visits(office, a_claim())
    assert "Z1: line 1: this payer wants a referral (field line.1.procedure)" in office_tasks(office)[0][1]
    assert run_of(office, encounter).edits == len(EDITS) + 1
    office.complete(encounter, "claim_edit_failed", "fixed", {"corrections": "referral = R77"})
    office.go_on(encounter)
    assert office_tasks(office) == []
    assert office.submission(encounter).ordinal == 1


def test_an_answer_about_another_name_is_noted_in_the_turn_that_reads_it(office: Office) -> None:
    office.wire.answer = lambda inquiry: replace(active(inquiry), subscriber_name=Name("ROE", "JANE"))
    encounter = visits(office, a_claim())
    assert "Edit S03 warns: the payer knows the subscriber under another last name" in office.story(encounter)


def test_a_corrected_code_goes_out_at_its_own_price(office: Office) -> None:
    prices_of = [Price("99213", Cents(15000), date(2020, 1, 1)), Price("99214", Cents(22000), date(2020, 1, 1))]
    wants_referral = PracticeEdit(
        "", Severity.ERROR, "wants a referral", date(2020, 1, 1), when=When(procedures=(CodeRange("99214", "99214"),))
    )
    with office.database.writing() as session:
        where = {"practice_id": office.practice_id}
        prices.save(session, prices.compare(session, prices_of, **where), **where)
        practice_edits.add(session, wants_referral, at=office.now, by=office.worker_id, **where)
    encounter = visits(office, a_claim(a_line("99214", 22000)))
    office.complete(encounter, "claim_edit_failed", "fixed", {"corrections": "line.1.procedure = 99213"})
    office.go_on(encounter)
    assert office_tasks(office) == []
    assert office.encounter_line(encounter).charge_cents == 15000
    assert office.accounts(encounter)["AR_INS", 1] == 15000
