"""A whole practice leaves as files, and another installation that takes them over has the same balances."""

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from activities import moving_in, moving_out
from activities.moving_out import MovedOut
from billing.claim import Address
from billing.moving import MovedAppointment
from billing.moving_checks import faults_of
from billing.sent_visits import NO_POLICY
from database import appointments, encounters, ledger, moves, proof
from database.engine import Database
from database.tables import Appointment, Encounter, Outbox
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_second_policy, an_835, an_837p
from tests.office import Office
from tests.old_system import files_of, old_office

BOTH_DATABASES = True


@pytest.fixture
def elsewhere(sqlite_template: Path, tmp_path: Path) -> Iterator[Office]:
    """An empty installation."""
    shutil.copy(sqlite_template, tmp_path / "elsewhere.db")
    database = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    yield Office(database)
    database.close()


def take_over(office: Office, files: dict[str, bytes]) -> None:
    report = moving_in.move_in(
        office.database,
        files,
        practice_id=office.practice_id,
        partner_id=office.partner_id,
        at=office.now,
        by="operator",
    )
    assert report.faults == []


def leave(office: Office) -> MovedOut:
    return moving_out.move_out(office.database, practice_id=office.practice_id, at=office.now, by="operator")


def as_bytes(out: MovedOut) -> dict[str, bytes]:
    return {name: text.encode() for name, text in out.files.items()}


def rows(out: MovedOut, file: str, *, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """A file's rows, patients by name instead of their ids."""
    people = {
        one["patient"]: f"{one['last_name']} {one['first_name']}"
        for one in csv.DictReader(io.StringIO(out.files["patients.csv"]))
    }
    found = []
    for row in csv.DictReader(io.StringIO(out.files[file])):
        told: dict[str, Any] = {name: cell for name, cell in row.items() if name not in without}
        if "patient" in told:
            told["patient"] = people[told["patient"]]
        found.append(told)
    return sorted(found, key=str)


def busy(office: Office) -> None:
    """Visits of the office's own: unbilled with a copayment, under way, denied, shared, settled."""
    names = ("UNBILLED", "SENT", "DENIED", "SHARE", "SETTLED")
    for number, name in enumerate(names):
        person = replace(a_claim().patient, name=replace(a_claim().patient.name, last=name))
        claim = a_claim(a_line(), a_line("36415", 1000), member_id=f"M{number}", patient=person, subscriber=person)
        office.take_in(an_837p(replace(claim, control_number=f"OWN{name}")))
    by_name = {}
    with office.database.reading() as session:
        for one in encounters.page(session, practice_id=office.practice_id, limit=10_000):
            if one.external_id.startswith("OWN"):
                by_name[one.external_id.removeprefix("OWN")] = one.id
    for name, encounter in by_name.items():
        if name != "UNBILLED":
            office.go_on(encounter)
    office.pay(by_name["UNBILLED"], 1500)
    office.encounter.absorb_facts(office.step(by_name["UNBILLED"]))
    office.send_claims()
    office.deliver(a_277ca(office.submission(by_name["SENT"]).control_number, charge=16000))
    office.go_on(by_name["SENT"])
    answers = {
        "DENIED": (8000, (("CO", "97", 7000),)),
        "SHARE": (8000, (("CO", "45", 5000), ("PR", "3", 2000))),
        "SETTLED": (10000, (("CO", "45", 5000),)),
    }
    for name, (paid, adjustments) in answers.items():
        payment = a_payment(office.submission(by_name[name]).control_number, paid=paid, adjustments=adjustments)
        second = a_payment("X", charge=1000, paid=1000, adjustments=(), procedure="36415").lines
        payment = replace(payment, charge_cents=16000, paid_cents=paid + 1000, lines=(*payment.lines, *second))
        office.deliver_835(an_835(payment, trace=f"EFT{name}"))
        office.go_on(by_name[name])
    office.pay(by_name["SHARE"], 500)
    office.go_on(by_name["SHARE"])


def test_the_round_trip_keeps_every_balance(office: Office, elsewhere: Office) -> None:
    take_over(office, files_of(old_office(60)))
    busy(office)
    out = leave(office)
    assert out.total_cents == out.ledger_cents
    assert out.left_out == []
    states = {(one["visit"], one["owed_by"]) for one in rows(out, "lines.csv") if one["visit"].startswith("OWN")}
    assert states == {
        ("OWNUNBILLED", "unbilled"),
        ("OWNSENT", "P"),
        ("OWNDENIED", "P"),
        ("OWNDENIED", "nobody"),
        ("OWNSHARE", "patient"),
        ("OWNSHARE", "nobody"),
        ("OWNSETTLED", "nobody"),
    }

    elsewhere.now = office.now
    take_over(elsewhere, as_bytes(out))
    back = leave(elsewhere)

    assert back.total_cents == back.ledger_cents == out.total_cents
    for file in ("lines.csv", "aging.csv", "accounts.csv", "plans.csv", "patients.csv", "providers.csv"):
        assert rows(back, file, without=("patient",) if file == "patients.csv" else ()) == rows(
            out, file, without=("patient",) if file == "patients.csv" else ()
        )
    assert {one["control_number"] for one in rows(back, "claims.csv")} == {
        one["control_number"] for one in rows(out, "claims.csv")
    }
    with elsewhere.database.reading() as session:
        [moved] = moves.view(session, practice_id=elsewhere.practice_id)
        assert [one for one in proof.prove_rows(session) if not one.holds] == []
        totals = ledger.account_totals(session, practice_id=elsewhere.practice_id)
    assert moved.ties
    assert sum(totals.values()) == 0


def test_every_posting_is_in_the_ledger_file_and_each_entry_sums_to_zero(office: Office) -> None:
    busy(office)
    out = leave(office)
    sums: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for row in csv.DictReader(io.StringIO(out.files["ledger.csv"])):
        cents = int(row["amount"].replace(".", ""))
        sums[row["entry"]] = sums.get(row["entry"], 0) + cents
        accounts[row["account"]] = accounts.get(row["account"], 0) + cents
    assert set(sums.values()) == {0}
    with office.database.reading() as session:
        assert accounts == ledger.account_totals(session, practice_id=office.practice_id)


def test_what_stays_is_told(office: Office) -> None:
    busy(office)
    out = leave(office)
    assert out.notice.startswith("These files do not hold:\n- denials and appeals")
    assert "the audit" in out.notice


def test_a_second_policy_is_told_for_the_days_on_which_visits_had_it(office: Office, elsewhere: Office) -> None:
    claim = with_other_payers(a_claim(), [a_second_policy()])
    office.take_in(an_837p(claim))
    out = leave(office)
    assert [one["responsibility"] for one in rows(out, "coverages.csv")] == ["P", "S"]
    take_over(elsewhere, as_bytes(out))
    assert rows(leave(elsewhere), "coverages.csv") == rows(out, "coverages.csv")


WAITING = {
    "no member id": a_claim(member_id=""),
    "no payer number": replace(
        a_claim(), coverage=replace(a_claim().coverage, payer=replace(a_claim().coverage.payer, id=None))
    ),
    "no insurance": replace(a_claim(), coverage=NO_POLICY),
    "no code": a_claim(a_line("")),
}


@pytest.mark.parametrize("what", WAITING)
def test_a_visit_that_waits_for_something_leaves_and_waits_there(office: Office, elsewhere: Office, what: str) -> None:
    with office.database.writing() as session:
        encounters.create(
            session,
            WAITING[what],
            practice_id=office.practice_id,
            partner_id=office.partner_id,
            external_id="WAITS",
            at=office.now,
        )
    out = leave(office)
    assert out.left_out == []
    take_over(elsewhere, as_bytes(out))
    back = leave(elsewhere)
    for file in ("coverages.csv", "lines.csv", "aging.csv"):
        assert rows(back, file) == rows(out, file)
    [arrived] = elsewhere.encounter_ids()
    with elsewhere.database.reading() as session:
        row = session.get_one(Encounter, arrived)
        assert (row.stage, row.is_self_pay) == ("registration", False)
        assert encounters.claim_of(row).coverage.member_id == (WAITING[what].coverage.member_id or None)


def test_what_would_be_refused_there_is_told_here(office: Office) -> None:
    person = replace(a_claim().patient, address=Address("1 ELM ST", "TORONTO", "ON", "M5V2T6"))
    office.take_in(an_837p(replace(a_claim(), patient=person, subscriber=person)))
    [told] = [one for one in leave(office).left_out if "postal_code" in one]
    assert told.startswith("to be put right before they are taken over: patients.csv line 2, postal_code")


def test_a_sent_claim_needs_its_policy_whole() -> None:
    told = old_office(30)
    patient = next(one.patient for visit in told.visits for one in visit.lines if visit.claims)
    policies = tuple(replace(one, member_id="") if one.patient == patient else one for one in told.coverages)
    faults = faults_of(replace(told, coverages=policies))
    assert {(one.file, one.column) for one in faults} == {("coverages.csv", "member_id")}
    assert "a claim of visit" in faults[0].message


def test_who_is_expected_leaves_and_is_expected_there(office: Office, elsewhere: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    who = {"practice_id": office.practice_id, "patient_id": office.patient_of(encounter), "by": office.worker_id}
    plan = {
        "minutes": 45,
        "provider": "Dr. Curie",
        "reason": "=check-up",
        "procedures": "70551 99213",
        "at": office.now,
    }
    with office.database.writing() as session:
        for days, time in ((1, "09:30"), (0, "14:00"), (2, "08:00"), (-1, "10:00")):
            day = office.today + timedelta(days=days)
            row = appointments.book(session, day=day, at_time=time, **who, **plan)
            row.state = "cancelled" if days == 2 else row.state
    out = leave(office)
    assert {one["at_time"] for one in rows(out, "appointments.csv")} == {"09:30", "14:00"}

    take_over(elsewhere, as_bytes(out))
    assert rows(leave(elsewhere), "appointments.csv") == rows(out, "appointments.csv")
    with elsewhere.database.writing() as session:
        [first, _] = session.exec(select(Appointment).order_by(col(Appointment.day))).all()
        first.state = "cancelled"
        assert session.exec(select(Outbox).where(Outbox.subject_id == first.id)).first() is not None
    take_over(elsewhere, as_bytes(out))
    with elsewhere.database.reading() as session:
        states = session.exec(select(Appointment.state).order_by(col(Appointment.day))).all()
    assert states == ["cancelled", "booked"], "a second run changes nothing"


def test_what_took_place_is_no_appointment() -> None:
    told = old_office(3)
    one = MovedAppointment(2, "A1", told.patients[0].patient, told.aging[0].as_of, "09:30")
    early = replace(one, line=3, day=one.day - timedelta(days=1))
    stranger = replace(one, line=4, appointment="A2", patient="NOBODY")
    faults = faults_of(replace(told, appointments=(one, early, stranger)))
    assert [(fault.line, fault.column) for fault in faults] == [(3, "appointment"), (3, "day"), (4, "patient")]


def test_an_empty_practice_leaves_and_arrives(office: Office, elsewhere: Office) -> None:
    out = leave(office)
    take_over(elsewhere, as_bytes(out))
    assert leave(elsewhere).files == out.files
