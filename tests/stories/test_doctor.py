"""`zerobalance doctor` names what is missing, says what stops claims, and falls silent once it is mended."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from pydantic import SecretStr
from sqlmodel import func, select
from typer.testing import CliRunner

import doctor
from activities.enrolment_desk import put_entries
from billing.claim import Name, Party
from billing.code_tables import CodeEntry, CodeSystem, Edition
from billing.coding_rules import CountedBy, RuleEdition, RuleKind, UnitLimit
from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState
from billing.letters import appeal_letter
from cli import app
from database import codes, records, rules
from database import office as office_rows
from database.columns import new_id
from database.enrolments import Entry
from database.tables import AgendaEntry, Charge, Letter, Payer, Practice, User
from settings import Settings
from tests.builders import CLINIC_NPI, DOCTOR_NPI, NOON, a_claim, an_837p
from tests.office import Office

SECRETS = {"clearinghouse": SecretStr("secret")}
CLAIMS = f"EXAMPLE PAYER (99999): 837 enrolment of provider {CLINIC_NPI}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, partner_tokens=SECRETS, webhook_secrets=SECRETS)


@pytest.fixture
def healthy(office: Office) -> Office:
    """An office that lacks nothing: one visit, its payer enrolled, its procedure priced."""
    office.take_in(an_837p())
    with office.database.writing() as session:
        session.add(
            Charge(
                id=new_id(),
                practice_id=office.practice_id,
                procedure="99213",
                price_cents=15000,
                effective_from=date(2026, 1, 1),
            )
        )
    put(office, EnrolmentState.ACTIVE)
    return office


def put(office: Office, state: EnrolmentState, **changes: date | str) -> None:
    with office.database.writing() as session:
        payer = session.exec(select(Payer.id).where(Payer.practice_id == office.practice_id)).first()
        assert payer is not None
        days = {name: changes.get(name) for name in ("effective_from", "effective_to")}
        npi = str(changes.get("npi", CLINIC_NPI))
        kind = EnrolmentKind(changes.get("kind", "837"))
        cell = Enrolment(npi, kind, state, **days)  # type: ignore[arg-type]
        entry = Entry(payer, cell, changes.get("recheck_on"))  # type: ignore[arg-type]
        put_entries(session, [entry], practice_id=office.practice_id, at=NOON, by=office.supervisor_id)


def found(office: Office, settings: Settings) -> list[tuple[bool, str]]:
    return [(one.stops_claims, one.what) for one in doctor.examine(office.database, settings, at=NOON)]


def test_a_healthy_office_hears_nothing(healthy: Office, settings: Settings) -> None:
    assert found(healthy, settings) == []


def test_a_row_that_is_not_in_force_today_stops_claims(healthy: Office, settings: Settings) -> None:
    put(healthy, EnrolmentState.REQUESTED)
    put(healthy, EnrolmentState.REFUSED, npi=DOCTOR_NPI, kind="contract")
    assert found(healthy, settings) == [
        (True, f"{CLAIMS}: requested, not active yet (one claim)"),
        (True, f"EXAMPLE PAYER (99999): contract of provider {DOCTOR_NPI}: refused by the payer (one claim)"),
    ]


def test_a_missing_row_stops_claims_only_where_the_policy_asks_for_one(office: Office, settings: Settings) -> None:
    office.take_in(an_837p())
    lax = [one for one in found(office, settings) if "enrolment" in one[1]]
    office.policy("hold_without_enrolment", 1)
    strict = [one for one in found(office, settings) if one[0]]
    office.policy("takes_electronic_claims", 0)
    paper = [one for one in found(office, settings) if one[0]]

    assert lax == [(False, f"{CLAIMS} is in no row (one claim)")]
    words = "there is no row in the matrix (one claim)"
    contract = (True, f"EXAMPLE PAYER (99999): contract of provider {DOCTOR_NPI}: {words}")
    assert strict == [(True, f"{CLAIMS}: {words}"), contract]
    assert paper == [contract]


def test_what_ended_and_what_is_due_is_named(healthy: Office, settings: Settings) -> None:
    put(healthy, EnrolmentState.ACTIVE, kind="835", recheck_on=NOON.date())
    put(healthy, EnrolmentState.ACTIVE, kind="eft", effective_to=NOON.date() - timedelta(days=1))
    put(healthy, EnrolmentState.ACTIVE, kind="270", recheck_on=NOON.date() + timedelta(days=1))
    whose = f"of provider {CLINIC_NPI}"
    assert found(healthy, settings) == [
        (False, f"EXAMPLE PAYER (99999): 835 enrolment {whose} was to be looked at again on 2026-11-02"),
        (False, f"EXAMPLE PAYER (99999): EFT enrolment {whose}: ended on 2026-11-01"),
    ]


def test_wrong_numbers_missing_prices_and_test_values_are_named(healthy: Office, settings: Settings) -> None:
    claim = a_claim(control_number="EXT2")
    wrong = replace(claim.providers[0], id="1999999970")
    line = replace(claim.lines[0], procedure="93000")
    nobody = Party("PR", is_person=False, name=Name("NUMBERLESS"))
    healthy.take_in(an_837p(replace(claim, providers=(wrong,), lines=(line,)), number=2))
    with healthy.database.writing() as session:
        office_rows.payer_for(session, nobody, practice_id=healthy.practice_id, partner_id=healthy.partner_id)
    before = found(healthy, settings)
    healthy.policy("strict_npi_check_digit", 0)
    after = found(healthy, settings)

    assert (True, "the NPI 1999999970 has a wrong check digit (one claim)") in before
    assert (True, "payer NUMBERLESS has no number at the clearinghouse (2010BB NM109)") in before
    assert (False, "used in the last 90 days without a price: 93000") in before
    assert (False, "the NPI 1999999970 has a wrong check digit (one claim)") in after
    words = "the policy strict_npi_check_digit is 0 for the practice: a value for test files"
    assert (False, words) in after
    assert len(after) == len(before) + 1


def test_an_office_that_has_hardly_begun_hears_what_comes_first(office: Office, tmp_path: Path) -> None:
    with office.database.writing() as session:
        supervisor = session.get_one(User, office.supervisor_id)
        supervisor.is_active = False
        session.add(supervisor)
    stops = found(office, Settings(data_dir=tmp_path))
    assert [what.split(":")[0].split(" has ")[-1] for _, what in stops] == [
        "no token",
        "no webhook secret",
        "there is no payer yet",
        "the charge master is empty",
        "nobody is a supervisor",
    ]
    assert [one for one, _ in stops] == [True, False, False, False, False]


def asked(office: Office, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("ZEROBALANCE_DATABASE_URL", office.database.url)
    for name in ("PARTNER_TOKENS", "WEBHOOK_SECRETS"):
        monkeypatch.setenv(f"ZEROBALANCE_{name}", '{"clearinghouse": "secret"}')
    return CliRunner().invoke(app, ["doctor", *arguments], catch_exceptions=False)


def test_the_command_ends_with_one_only_when_claims_would_stop(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = asked(office, monkeypatch)
    office.take_in(an_837p())
    office.policy("hold_without_enrolment", 1)
    stopped = asked(office, monkeypatch, "--json")

    assert warned.exit_code == 0
    assert "look at it" in warned.stdout
    assert "stops claims" not in warned.stdout
    assert stopped.exit_code == 1
    told = json.loads(stopped.stdout)
    assert told["stops_claims"] is True
    assert told["findings"][0]["to_do"].startswith("enrol, then save the row")


def test_a_practice_on_utc_and_a_paper_that_nobody_prints_are_named(healthy: Office, settings: Settings) -> None:
    paper = appeal_letter(
        a_claim(),
        written_on=NOON.date(),
        payer_claim_number=None,
        answered_on=NOON.date(),
        level=1,
        level_name="appeal",
        disputed=[],
        amount_cents=1,
        argument="please",
    )
    with healthy.database.writing() as session:
        session.get_one(Practice, healthy.practice_id).time_zone = "UTC"
        for days, withdrawn in ((9, True), (4, False), (1, False)):
            session.add(
                Letter(
                    id=new_id(),
                    practice_id=healthy.practice_id,
                    kind="appeal",
                    content=records.dump(paper),
                    written_at=NOON - timedelta(days=days),
                    written_by="office",
                    withdrawn_at=NOON if withdrawn else None,
                )
            )
    assert found(healthy, settings) == [
        (False, "its days are told in UTC"),
        (False, f"the oldest of the papers in the print queue was written on {NOON.date() - timedelta(days=4)}"),
    ]


def test_a_visit_whose_next_action_nobody_does_is_told(healthy: Office, settings: Settings) -> None:
    [encounter] = healthy.encounter_ids()
    healthy.go_on(encounter)
    with healthy.database.reading() as session:
        due = session.exec(select(func.max(AgendaEntry.due_at))).one()
    words = [one.what for one in doctor.examine(healthy.database, settings, at=due + timedelta(hours=2))]
    assert "1 visit waits for something that was due an hour ago" in words


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 9, 1), None),
        (date(2026, 9, 15), "the newest edition of HCPCS ends on 2026-09-30"),
        (date(2026, 10, 2), "the newest edition of HCPCS ended on 2026-09-30"),
    ],
)
def test_an_edition_that_ends_is_told_three_weeks_before(
    today: date, words: str | None, healthy: Office, settings: Settings
) -> None:
    edition = Edition(CodeSystem.HCPCS, "2026Q3", date(2026, 7, 1), date(2026, 9, 30))
    with healthy.database.writing() as session:
        codes.load(session, edition, [CodeEntry("J0001", "", "", True, edition.valid_from, None)], source="x", at=NOON)
    at = datetime.combine(today, time(12), UTC)
    told = [one.what for one in doctor.examine(healthy.database, settings, at=at) if "edition" in one.what]
    assert told == ([words] if words else [])


def test_rules_that_ended_are_told_with_when_they_come(healthy: Office, settings: Settings) -> None:
    edition = RuleEdition(RuleKind.UNITS, "2026Q3", date(2026, 7, 1), date(2026, 9, 30))
    with healthy.database.writing() as session:
        rules.load(session, edition, [UnitLimit("J0001", 1, CountedBy.LINE)], source="x", at=NOON)
    [told] = [one for one in doctor.examine(healthy.database, settings, at=NOON) if "edition" in one.what]
    assert told.what == "the newest edition of NCCI unit limits ended on 2026-09-30"
    assert told.to_do == "load the next one; it comes each quarter"
