"""Two practices in one installation, each with the same story: no query of one shows a row of the other."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, select

from billing.claim import Claim
from billing.remittance import ClaimPayment
from database import (
    encounters,
    ledger,
    ledger_views,
    office,
    remittance_views,
    remittances,
    submissions,
    tasks,
    views,
    worklists,
)
from database.engine import Database
from database.tables import (
    Encounter,
    Journal,
    Posting,
    RemittanceClaim,
    RemittanceFile,
    Submission,
    Task,
)
from database.worklists import TaskOrder
from tests.builders import CLINIC_NPI, NOON, a_claim, a_payment, an_835, an_837p
from tests.office import Office

OTHER_NPI = "1234567893"


class Practice:
    """One practice with an encounter, a claim sent and answered, a denial, a task and a ledger."""

    def __init__(self, database: Database, npi: str) -> None:
        self.office = Office(database)
        self.id = self.office.practice_id
        self.office.take_in(an_837p(claim_of(npi)))
        [self.encounter] = self.office.encounter_ids()
        self.office.go_on(self.encounter)
        self.office.send_claims()
        self.number = self.office.submission(self.encounter).control_number
        self.payment = a_payment(self.number, paid=0, adjustments=(("CO", "50", 15000),), payer_claim_number="ICN001")
        stranger = a_payment("STRANGER", charge=100, paid=100, adjustments=(), payer_claim_number="ICN999")
        self.office.deliver_835(an_835(self.payment, stranger, payee_npi=npi, trace=f"EFT{npi}"))
        self.office.go_on(self.encounter)


def claim_of(npi: str) -> Claim:
    claim = a_claim()
    return replace(claim, billing_provider=replace(claim.billing_provider, id=npi))


@pytest.fixture
def two(database: Database) -> tuple[Practice, Practice]:
    return Practice(database, CLINIC_NPI), Practice(database, OTHER_NPI)


def of_practice(session: Session, table: Any, practice_id: str) -> Any:
    return session.exec(select(table).where(table.practice_id == practice_id)).first()


def test_lists_show_only_the_own_rows(two: tuple[Practice, Practice]) -> None:
    for mine in two:
        with mine.office.database.reading() as session:
            assert [one.id for one in encounters.page(session, practice_id=mine.id)] == [mine.encounter]
            asked = worklists.task_page(
                session,
                practice_id=mine.id,
                state="open",
                roles=None,
                task_type=None,
                order=TaskOrder.DEADLINE,
                after=None,
                limit=50,
            )
            assert {session.get_one(Task, one.id).practice_id for one in asked.items} == {mine.id}
            assert {one.practice_id for one in remittances.page(session, practice_id=mine.id)} == {mine.id}
            assert {one.practice_id for one in remittances.waiting(session, practice_id=mine.id)} <= {mine.id}
            assert ledger.account_totals(session, practice_id=mine.id)["REVENUE_GROSS"] == -15000
            page = views.encounter_page(session, practice_id=mine.id, stage=None, after=None, limit=50)
            assert mine.encounter in str(page)
            assert all(one.encounter not in str(page) for one in two if one is not mine)
            shown = remittance_views.remittance_page(session, practice_id=mine.id, after=None, limit=50)
            assert str(shown).count("EFT") == 1


def test_what_belongs_to_the_other_practice_is_not_found_by_its_id(two: tuple[Practice, Practice]) -> None:
    for mine, theirs in (two, reversed(two)):
        with mine.office.database.reading() as session:
            remittance = of_practice(session, RemittanceFile, theirs.id)
            task = of_practice(session, Task, theirs.id)
            subject = {"practice_id": mine.id, "encounter_id": theirs.encounter}
            assert encounters.find(session, **subject) is None
            assert list(encounters.timeline(session, **subject)) == []
            assert list(ledger.journal_of_encounter(session, **subject)) == []
            assert ledger.balances(session, **subject).by_account_and_line == {}
            assert ledger.unapplied_cents(session, practice_id=mine.id, remittance_id=remittance.id) == 0
            assert tasks.task(session, practice_id=mine.id, task_id=task.id) is None
            assert list(tasks.open_tasks(session, practice_id=mine.id, subject_id=task.subject_id)) == []
            assert remittances.find(session, practice_id=mine.id, remittance_id=remittance.id) is None
            found = remittances.known(session, practice_id=mine.id, content_hash=remittance.content_hash)
            assert found is None or found.practice_id == mine.id
            assert views.encounter(session, **subject) is None
            assert views.submissions(session, **subject) == []
            assert views.submission(session, practice_id=mine.id, control_number=theirs.number) is None
            assert ledger_views.ledger_entries(session, **subject) == []
            assert worklists.task(session, practice_id=mine.id, task_id=task.id) is None
            assert worklists.tasks_of(session, practice_id=mine.id, subject_id=theirs.encounter) == []
            assert remittance_views.remittance(session, practice_id=mine.id, remittance_id=remittance.id) is None
            assert worklists.command(session, practice_id=mine.id, key="any") is None


def test_the_other_practices_encounter_cannot_be_locked(two: tuple[Practice, Practice]) -> None:
    mine, theirs = two
    with pytest.raises(encounters.EncounterMissing), mine.office.database.writing() as session:
        encounters.lock(session, practice_id=mine.id, encounter_id=theirs.encounter)


@pytest.mark.parametrize("rung", ["control number", "payer claim number", "service"])
def test_a_payment_never_finds_an_encounter_of_another_practice(two: tuple[Practice, Practice], rung: str) -> None:
    mine, theirs = two
    claim = claim_of(OTHER_NPI)
    payment: ClaimPayment = replace(
        theirs.payment,
        control_number=theirs.number if rung == "control number" else "UNKNOWN",
        payer_claim_number="ICN001" if rung == "payer claim number" else None,
        patient_name=claim.patient.name,
        member_id=claim.coverage.member_id,
        service_from=claim.service_from,
    )
    with mine.office.database.reading() as session:
        found = remittances.match(session, payment, practice_id=mine.id)
        assert found is None or found[0] == mine.encounter
        if rung == "control number":
            assert found is None


def test_a_batch_takes_only_the_own_claims(database: Database) -> None:
    mine, theirs = Office(database), Office(database)
    theirs.partner_id = mine.partner_id
    for one, npi in ((mine, CLINIC_NPI), (theirs, OTHER_NPI)):
        one.take_in(an_837p(claim_of(npi)))
        [encounter_id] = one.encounter_ids()
        one.go_on(encounter_id)
    with database.writing() as session:
        ready, _ = submissions.take_ready(
            session, practice_id=mine.practice_id, partner_id=mine.partner_id, limit=10, at=NOON
        )
        assert [one.practice_id for one in ready] == [mine.practice_id]


def test_a_billing_provider_belongs_to_one_practice(two: tuple[Practice, Practice]) -> None:
    mine, theirs = two
    report = mine.office.take_in(an_837p(replace(claim_of(OTHER_NPI), control_number="EXT2")))
    assert len(report.refused) == 1
    with mine.office.database.reading() as session:
        assert office.practice_of_payee(session, npi=OTHER_NPI, tax_id=None) == theirs.id
        tax_id = claim_of(OTHER_NPI).billing_provider.reference("EI")
        assert office.practice_of_payee(session, npi=None, tax_id=tax_id) is None


def test_policies_of_one_practice_do_not_bind_the_other(two: tuple[Practice, Practice]) -> None:
    mine, theirs = two
    theirs.office.policy("filing_limit_days", 90)
    with mine.office.database.reading() as session:
        own = office.policies_for(session, practice_id=mine.id, payer_id=None)
        others = office.policies_for(session, practice_id=theirs.id, payer_id=None)
    today = NOON.date()
    assert own.value("filing_limit_days", as_of=today) == 365
    assert others.value("filing_limit_days", as_of=today) == 90


def test_every_row_that_hangs_on_an_encounter_has_its_practice(two: tuple[Practice, Practice]) -> None:
    """Written by whatever step: no row carries another practice than its encounter."""
    owners = {one.encounter: one.id for one in two}
    with two[0].office.database.reading() as session:
        for name, table in SQLModel.metadata.tables.items():
            if {"practice_id", "encounter_id"} <= set(table.columns.keys()):
                rows = session.execute(select(table.c.practice_id, table.c.encounter_id)).all()
                strangers = [row for row in rows if row.encounter_id and owners[row.encounter_id] != row.practice_id]
                assert strangers == [], name
        for table in (Encounter, Submission, Journal, Posting, RemittanceClaim):
            count = len(session.exec(select(table).where(col(table.practice_id).in_(owners.values()))).all())  # type: ignore[attr-defined]
            assert count > 0
