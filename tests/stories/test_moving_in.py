"""An office of another system moves here: it ties to the cent, goes on where it stood, and nobody is asked early."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select

from activities import moving_in
from activities.account import AccountActivities
from activities.messages import AccountStep
from activities.office_tasks import complete_office_task
from billing.ledger import Account
from billing.money import Cents
from billing.moving import AgingParty, AgingRow, DunningStage, MovedAccount, MovingOffice, OwedBy
from database import ledger, moves, outbox, proof, tasks, views
from database.columns import new_id
from database.tables import (
    AgendaEntry,
    BalanceItem,
    Encounter,
    Journal,
    Letter,
    MovedVisitRow,
    Patient,
    PatientAccount,
    PatientNumber,
    RemittanceClaim,
    Submission,
    Task,
)
from tests.builders import a_277ca, a_payment, an_835
from tests.office import PUBLIC_URL, Office
from tests.old_system import AS_OF, aging_of, files_of, old_office
from tests.stories.running import running

BOTH_DATABASES = True
PARTS = ("AR_INS", "AR_PAT", "PAT_UNAPPLIED")


def look(office: Office, told: MovingOffice) -> moving_in.MoveReport:
    return moving_in.look(office.database, files_of(told), practice_id=office.practice_id, partner_id=office.partner_id)


def move(office: Office, told: MovingOffice) -> moving_in.MoveReport:
    return moving_in.move_in(
        office.database,
        files_of(told),
        practice_id=office.practice_id,
        partner_id=office.partner_id,
        at=office.now,
        by="operator",
    )


def sign_off(office: Office) -> str:
    with office.database.writing() as session:
        task = session.exec(select(Task).where(Task.type == "move_sign_off", Task.state == "open")).one()
        return complete_office_task(
            session,
            practice_id=office.practice_id,
            task=task,
            resolution="signed_off",
            values={},
            actor_id=office.supervisor_id,
            at=office.now,
        ).message


def visit_of(office: Office, number: str) -> str:
    with office.database.reading() as session:
        return moves.visits(session, practice_id=office.practice_id)[number].encounter_id


def row(office: Office, encounter_id: str) -> Encounter:
    with office.database.reading() as session:
        return session.get_one(Encounter, encounter_id)


def balances(office: Office, encounter_id: str) -> dict[str, int]:
    with office.database.reading() as session:
        found = ledger.balances(session, practice_id=office.practice_id, encounter_id=encounter_id)
        return {part: found.total(Account(part)) for part in PARTS}


def look_after(office: Office, patient_id: str) -> None:
    step = AccountStep(practice_id=office.practice_id, patient_id=patient_id, at=office.now)
    AccountActivities(office.database, PUBLIC_URL).look_after_account(step)


def count(office: Office, table: type) -> int:
    with office.database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def proofs_hold(office: Office) -> None:
    with office.database.reading() as session:
        broken = [one for one in proof.prove_rows(session) if not one.holds]
    assert broken == []


def one_visit(kind: str, *, accounts: int = 40, lines: int | None = None) -> MovingOffice:
    """The first invented visit of a kind, with its patient and nothing else."""
    told = old_office(accounts, seed=3)
    for visit in told.visits:
        owed = {one.owed_by.value for one in visit.lines}
        if owed == {kind} and visit.claims and all(one.balance > 0 for one in visit.lines):
            mine = [one for one in told.claims if one.visit == visit.number]
            found = replace(
                told,
                patients=tuple(one for one in told.patients if one.patient == visit.patient),
                coverages=tuple(one for one in told.coverages if one.patient == visit.patient),
                lines=visit.lines,
                claims=tuple(mine),
                accounts=(),
                plans=(),
            )
            return replace(found, aging=aging_of(found))
    raise AssertionError(f"no visit is owed by {kind}")


def test_five_hundred_accounts_tie_out_and_nothing_is_asked_before_the_sign_off(office: Office) -> None:
    told = old_office(500)
    told_total = sum(one.total for one in told.aging)
    dry = look(office, told)
    assert (dry.faults, dry.tie.total_cents, dry.tie.holds) == ([], told_total, True)
    assert count(office, Patient) == 0

    report = move(office, told)

    assert report.faults == []
    assert report.taken_visits == len(told.visits) > 500
    with office.database.reading() as session:
        [moved] = moves.view(session, practice_id=office.practice_id)
        totals = ledger.account_totals(session, practice_id=office.practice_id)
        assert session.exec(select(func.count()).select_from(Letter)).one() == 0
        stages = Counter(session.exec(select(Encounter.stage)))
    assert (moved.booked_cents, moved.ties, moved.total_cents) == (told_total, True, told_total)
    assert sum(totals.get(part, 0) for part in PARTS) == told_total
    assert {"registration", "adjudication", "patient_balance", "closed"} <= set(stages)
    proofs_hold(office)

    with office.database.reading() as session:
        accounts = list(session.exec(select(PatientAccount.patient_id)))
    assert len(accounts) > 100
    for patient_id in accounts:
        look_after(office, patient_id)
    assert count(office, Letter) == 0
    proofs_hold(office)

    assert sign_off(office).startswith("signed off")
    with office.database.writing() as session:
        woken = {one.subject_id for one in outbox.lease(session, limit=5000) if one.kind == "wake_account"}
    assert woken >= set(accounts)
    office.let_pass(days=3)
    for patient_id in accounts:
        look_after(office, patient_id)
    assert count(office, Letter) > 50
    proofs_hold(office)


def test_a_second_run_finds_nothing_to_do(office: Office) -> None:
    told = old_office(30)
    move(office, told)
    tables = (Encounter, Patient, PatientNumber, Submission, Journal, BalanceItem, Task, AgendaEntry)
    before = [count(office, table) for table in tables]
    office.let_pass(days=1)
    again = move(office, told)
    assert (again.faults, again.taken_visits, again.known_visits) == ([], 0, len(told.visits))
    assert [count(office, table) for table in tables] == before


def test_a_second_run_pauses_nobody_whose_pause_a_person_has_ended(office: Office) -> None:
    told = one_visit("patient")
    paused = MovedAccount(2, told.patients[0].patient, DunningStage.NONE, 0, paused_until=AS_OF + timedelta(days=400))
    told = replace(told, accounts=(replace(paused, pause_reason="abroad"),))
    move(office, told)
    with office.database.writing() as session:
        account = session.exec(select(PatientAccount)).one()
        assert account.pause_reason == "abroad"
        account.paused_until = account.pause_reason = None
        session.add(account)
    move(office, told)
    with office.database.reading() as session:
        assert session.exec(select(PatientAccount.paused_until)).one() is None


def test_a_run_that_was_killed_is_gone_on_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    told = old_office(30)
    done: list[str] = []
    real = moving_in.move_visit

    def dying(session, mover, visit, patient_id):  # type: ignore[no-untyped-def]
        if len(done) == 11:
            raise KeyboardInterrupt
        real(session, mover, visit, patient_id)
        done.append(visit.number)

    monkeypatch.setattr(moving_in, "move_visit", dying)
    with pytest.raises(KeyboardInterrupt):
        move(office, told)
    monkeypatch.setattr(moving_in, "move_visit", real)
    with office.database.reading() as session:
        assert moves.unfinished(session, practice_id=office.practice_id) is not None
        assert not list(tasks.open_tasks(session, practice_id=office.practice_id, subject_id="move"))
    other = look(office, old_office(5, seed=2))
    assert "has begun and not ended" in other.faults[0].message
    report = move(office, told)
    assert (report.known_visits, report.taken_visits) == (11, len(told.visits) - 11)
    with office.database.reading() as session:
        [moved] = moves.view(session, practice_id=office.practice_id)
    assert moved.ties
    assert moved.ended_at is not None
    proofs_hold(office)


def test_off_by_a_cent_is_refused_with_the_place_and_writes_nothing(office: Office) -> None:
    told = old_office(500)
    first = told.aging[0]
    wrong = replace(told, aging=(replace(first, total=Cents(first.total - 1)), *told.aging[1:]))
    report = move(office, wrong)
    [fault] = report.faults
    assert (fault.file, report.move_id) == ("aging.csv", None)
    assert "off by $0.01 in all" in fault.message
    assert f"{first.owed_by} {first.bucket}" in fault.message
    assert (count(office, Patient), count(office, Journal)) == (0, 0)


def test_every_fault_is_told_at_once(office: Office) -> None:
    told = old_office(20)
    lines = list(told.lines)
    lines[0] = replace(lines[0], balance=Cents(lines[0].balance + 1), owed_by=OwedBy.PATIENT)
    lines[1] = replace(lines[1], patient="NOBODY")
    report = look(office, replace(told, lines=tuple(lines), claims=told.claims[1:]))
    places = {(one.file, one.line, one.column) for one in report.faults}
    assert ("lines.csv", 2, "balance") in places
    assert ("lines.csv", 3, "patient") in places
    assert all(one.message for one in report.faults)


def test_nothing_has_happened_after_the_day_of_the_aging(office: Office) -> None:
    told, to_come = one_visit("P"), AS_OF + timedelta(days=400)
    claims = (replace(told.claims[0], last_submitted=to_come), *told.claims[1:])
    patients = (replace(told.patients[0], birth_date=to_come), *told.patients[1:])
    lines = (replace(told.lines[0], service_date=to_come), *told.lines[1:])
    report = look(office, replace(told, claims=claims, patients=patients, lines=lines))
    assert {
        ("claims.csv", "last_submitted"),
        ("patients.csv", "birth_date"),
        ("lines.csv", "service_date"),
    } <= {(one.file, one.column) for one in report.faults}


def test_a_deadline_that_has_passed_is_noted(office: Office) -> None:
    told = one_visit("P")
    passed = AS_OF - timedelta(days=1)
    claims = tuple(replace(one, payer_claim_number=None, filing_deadline=passed) for one in told.claims)
    report = look(office, replace(told, claims=claims))
    assert report.faults == []
    assert any("1 claims have a filing deadline that has passed" in one for one in report.notes)


def test_a_visit_the_next_payer_owes_comes_to_a_biller_for_what_the_first_decided(office: Office) -> None:
    told = one_visit("S")
    told = replace(told, claims=tuple(one for one in told.claims if one.payer == "P"))
    assert move(office, told).faults == []
    encounter = visit_of(office, told.claims[0].visit)
    assert row(office, encounter).stage == "posting"
    standing = office.go_on(encounter)
    assert standing.stage == "scrubbing"
    [task] = standing.open_tasks
    with office.database.reading() as session:
        held = session.get_one(Task, task.task_id)
    assert held.type == "claim_edit_failed"
    assert held.reason.startswith("S08: a later payer is billed before the first has answered")


def test_the_old_number_finds_the_visit_and_stands_beside_the_claim(office: Office) -> None:
    told = one_visit("P")
    move(office, told)
    number = told.claims[0].control_number
    with office.database.reading() as session:
        [found] = views.newest_encounters(
            session, practice_id=office.practice_id, stage=None, text=number, before=None, limit=5
        ).items
        [claim] = views.submissions(session, practice_id=office.practice_id, encounter_id=found.id)
    assert claim.old_numbers == [number.upper()]
    assert claim.first_submitted_at is not None


def test_a_visit_with_a_payer_awaits_its_answer_with_its_own_days(office: Office) -> None:
    for share in ("first", "second"):
        office.policy(f"filing_{share}_warning_percent", 0)
    told = one_visit("P")
    claim = replace(told.claims[0], payer_claim_number=None, filing_deadline=date(2027, 1, 15))
    move(office, replace(told, claims=(claim,)))
    encounter = visit_of(office, claim.visit)
    assert row(office, encounter).stage == "adjudication"
    with office.database.reading() as session:
        [sent] = session.exec(select(Submission)).all()
        agenda = {one.reason: one.due_at for one in session.exec(select(AgendaEntry))}
    assert sent.first_submitted_at is not None
    assert sent.first_submitted_at.date() == claim.first_submitted
    warned = datetime(2027, 1, 16, 4, 59, tzinfo=UTC) - timedelta(days=15)
    assert agenda["timely_filing"] == warned
    assert "remittance_due" in agenda
    standing = office.go_on(encounter)
    assert standing.stage == "adjudication"


@pytest.mark.parametrize("by", ["835", "277CA"])
def test_an_answer_to_the_old_number_finds_its_visit(office: Office, by: str) -> None:
    told = one_visit("P")
    told = replace(told, lines=told.lines[:1])
    visit = replace(told.lines[0], procedure="99213", charge=Cents(15000))
    line = replace(visit, patient_paid=Cents(1000), balance=Cents(14000))
    told = replace(told, lines=(line,), coverages=told.coverages[:1])
    told = replace(told, aging=aging_of(told))
    assert move(office, told).faults == []
    [claim] = told.claims
    encounter = visit_of(office, claim.visit)
    if by == "277CA":
        office.deliver(a_277ca(claim.control_number.lower(), charge=line.charge))
        office.go_on(encounter)
        with office.database.reading() as session:
            assert session.exec(select(Submission)).one().payer_accepted_at is not None
        return
    share = 2500
    payment = a_payment(
        claim.control_number,
        charge=line.charge,
        paid=line.charge - share - 100,
        procedure=line.procedure,
        adjustments=(("CO", "45", 100), ("PR", "3", share)),
    )
    office.deliver_835(an_835(payment))
    office.go_on(encounter)
    with office.database.reading() as session:
        answer = session.exec(select(RemittanceClaim)).one()
    assert (answer.matched_by, answer.state, answer.encounter_id) == ("old_control_number", "posted", encounter)
    assert balances(office, encounter) == {"AR_INS": 0, "AR_PAT": share - 1000, "PAT_UNAPPLIED": 0}
    proofs_hold(office)


def test_a_second_payers_answer_posts_after_the_first_ones_in_the_old_books(office: Office) -> None:
    told = one_visit("S")
    line = told.lines[0]
    told = replace(told, lines=(line,))
    told = replace(told, aging=aging_of(told))
    assert move(office, told).faults == []
    encounter = visit_of(office, line.visit)
    assert balances(office, encounter)["AR_INS"] == line.balance
    claim = next(one for one in told.claims if one.payer == "S")
    prior = line.charge - line.balance
    payment = a_payment(
        claim.control_number,
        charge=line.charge,
        paid=line.balance - 10,
        procedure=line.procedure,
        adjustments=(("OA", "23", prior), ("PR", "2", 10)),
        status="2",
    )
    office.deliver_835(an_835(payment))
    office.go_on(encounter)
    assert balances(office, encounter) == {"AR_INS": 0, "AR_PAT": 10, "PAT_UNAPPLIED": 0}


def test_the_patients_papers_go_on_where_the_old_system_left_them(office: Office) -> None:
    told = one_visit("patient")
    patient = told.patients[0].patient
    account = MovedAccount(
        2, patient, DunningStage.STATEMENT, 1, AS_OF - timedelta(days=20), AS_OF - timedelta(days=20)
    )
    move(office, replace(told, accounts=(account,)))
    with office.database.reading() as session:
        patient_id = session.exec(select(Patient.id)).one()
    look_after(office, patient_id)
    assert count(office, Letter) == 0
    sign_off(office)
    look_after(office, patient_id)
    assert count(office, Letter) == 0
    office.let_pass(days=30)
    look_after(office, patient_id)
    with office.database.reading() as session:
        [letter] = session.exec(select(Letter)).all()
    assert letter.kind == "reminder"
    assert '"charged_cents"' in letter.content
    assert "earlier books" in letter.content


def test_who_stands_on_a_parents_account_is_moved_onto_that(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    told = one_visit("patient")

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(moving_in, "keep_accounts", dying)
        with pytest.raises(KeyboardInterrupt):
            move(office, told)
    with office.database.writing() as session:
        patient = session.exec(select(Patient)).one()
        holder = Patient(**patient.model_dump(exclude={"id", "identity_key"}), id=new_id(), identity_key="holder")
        session.add(holder)
        session.flush()
        patient.account_id = holder.id
    for _ in range(2):
        move(office, told)
        with office.database.reading() as session:
            assert session.exec(select(BalanceItem)).one().patient_id == holder.id
    look_after(office, holder.id)


def test_what_law_keeps_from_patients_does_not_move_to_them(office: Office) -> None:
    told = one_visit("patient")
    medicaid = tuple(replace(one, filing_indicator="MC") for one in told.coverages)
    report = look(office, replace(told, coverages=medicaid))
    assert "Medicaid pays in full" in str(report.faults[0])


def test_an_aging_of_one_total_ties_too(office: Office) -> None:
    told = old_office(20)
    whole = {party: sum(one.total for one in told.aging if one.owed_by == party) for party in AgingParty}
    rows = tuple(AgingRow(0, AS_OF, party, "total", Cents(cents)) for party, cents in whole.items())
    assert move(office, replace(told, aging=rows)).faults == []
    with office.database.reading() as session:
        assert session.exec(select(func.count()).select_from(MovedVisitRow)).one() == len(told.visits)
        assert session.exec(select(func.count()).where(col(Task.type) == "move_sign_off")).one() == 1


async def test_on_the_engine_a_moved_claim_waits_and_closes(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        told = one_visit("P")
        visit = replace(told.lines[0], procedure="99213", charge=Cents(15000))
        line = replace(visit, patient_paid=Cents(0), balance=Cents(15000))
        told = replace(told, lines=(line,), coverages=told.coverages[:1])
        told = replace(told, aging=aging_of(told))
        assert move(office, told).faults == []
        encounter = visit_of(office, told.claims[0].visit)
        await live.settle(encounter)
        standing = await live.standing(encounter)
        assert (standing.stage, standing.step, standing.owed_cents) == ("adjudication", "wait", 15000)
        paid = a_payment(told.claims[0].control_number, paid=10000, adjustments=(("CO", "45", 5000),))
        office.deliver_835(an_835(paid))
        await live.handle(encounter).signal("facts_arrived", {"at": None})
        assert (await live.handle(encounter).result())["encounter_id"] == encounter
        assert row(office, encounter).stage == "closed"
