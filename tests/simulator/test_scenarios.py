"""What the payers do: every remittance balances, the books add up, the table in the docs says what the code does."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import oxedi
import pytest

from billing.claim import Claim
from billing.claim_status import ClaimStatus, ClaimStatusInquiry, ClaimStatusRequest
from billing.remittance import ClaimPayment, claim_imbalances, reversal_of
from billing.task_forms import form_faults
from billing.tasks import KINDS, TaskType
from interchange.x12 import claim_status_276, claim_status_277, remittance_835, writing
from simulator import clinic, payer
from simulator.clearing import Clearing
from simulator.clearinghouse import open_store
from simulator.people import WAYS
from simulator.scenarios import STORIES, Scenario, scenario_of
from tests.builders import RECEIVER, SENDER
from tests.simulator.test_wire import BEGIN, House

DOCS = Path(__file__).parents[2] / "docs" / "simulator.md"


@pytest.mark.parametrize("scenario", list(Scenario))
@pytest.mark.parametrize("corrected", [False, True])
def test_every_answer_balances(scenario: Scenario, corrected: bool) -> None:
    [claim] = clinic.clean_visits(1, seed=9, today=BEGIN.date())
    claim = replace(claim, coverage=replace(claim.coverage, member_id=f"{scenario}1"))
    decided = payer.adjudicate(claim, scenario, payer_claim_number="ICN1", at=BEGIN, corrected=corrected)
    assert claim_imbalances(decided.payment, ordinal=1) == []
    assert claim_imbalances(reversal_of(decided.payment), ordinal=1) == []
    settled = {("CO", "45"), *(("PR", reason) for reason in payer.PATIENT_REASONS)}
    cas = decided.payment.all_adjustments()
    refused = sum(one.amount_cents for one in cas if (one.group, one.reason) not in settled)
    assert decided.allowed == decided.payment.paid_cents + decided.patient + refused
    paid = decided.payment.paid_cents
    whole = sum(line.charge_cents * 5 // 8 for line in claim.lines) if scenario in payer.MENDABLE else paid
    assert paid + payer.recoverable(claim, scenario, paid=paid) == whole
    assert decided.contractual == claim.charge_cents - decided.allowed


def test_all_scenarios_together_balance_and_other_readers_agree(tmp_path: Path) -> None:
    house = House(tmp_path)
    visits = clinic.visits(40, seed=4, today=BEGIN.date())
    house.send(clinic.file_of(visits, number=1, at=BEGIN))
    house.pass_time(days=61)
    bodies = [house.body(one["id"]) for one in house.mail() if one["kind"] == "835"]
    for number, body in enumerate(bodies):
        path = tmp_path / f"{number}.835"
        path.write_bytes(body)
        assert [str(one) for one in oxedi.parse_file(str(path)).diagnostics] == []
        [item] = remittance_835.read_remittances(body)
        assert [one for one in item.issues if one.severity == "error"] == []
        assert item.remittance is not None
    books = house.client.get("/v1/books").json()
    again = {one["trace"]: one["amount"] for one in books["payments"]}
    assert len(again) == len(books["payments"])
    adjudicated = [one for one in books["claims"] if one["allowed"]]
    adjusted = sum(cents for one in books["payments"] for _, _, cents in one["plb"])
    assert sum(again.values()) == sum(one["paid"] for one in adjudicated) - adjusted
    assert "L6" in {reason for one in books["payments"] for reason, _, _ in one["plb"]}
    assert all(one["charge"] >= one["paid"] + one["contractual"] + one["patient"] for one in adjudicated)
    assert any(one["recoverable"] for one in adjudicated)
    house.client.close()
    house.store.close()


def answers(house: House) -> list[ClaimPayment]:
    """Every claim payment that came, in order."""
    bodies = [house.body(one["id"]) for one in house.mail() if one["kind"] == "835"]
    return [one for body in bodies for one in remittance_835.payments(body)]


def visit_of(scenario: Scenario, *, seed: int = 9, number: str = "VISIT1") -> Claim:
    """A visit of two lines that fares so."""
    visits = clinic.clean_visits(20, seed=seed, today=BEGIN.date())
    visit = next(one for one in visits if len(one.lines) > 1)
    member = replace(visit.coverage, member_id=f"{scenario}1", payer=visits[0].coverage.payer)
    return replace(visit, control_number=number, coverage=member)


def provider_money(house: House) -> list[tuple[str, str | None, int]]:
    """(reason, reference, cents) of every PLB that came, in order."""
    bodies = [house.body(one["id"]) for one in house.mail() if one["kind"] == "835"]
    headers = [item.remittance for body in bodies for item in remittance_835.read_remittances(body)]
    found = [one for header in headers if header is not None for one in header.provider_adjustments]
    return [(one.reason, one.reference, one.amount_cents) for one in found]


@pytest.mark.parametrize("scenario", [Scenario.APPEALED, Scenario.RECORDS, Scenario.UNDERPAID])
def test_who_writes_is_paid_and_who_does_not_is_not(scenario: Scenario, tmp_path: Path) -> None:
    house = House(tmp_path)
    house.send(clinic.file_of([visit_of(scenario)], number=1, at=BEGIN))
    house.pass_time(days=60)
    [first] = answers(house)
    assert house.client.post("/v1/letters", json={"text": "About nothing"}).json() == {"answered": []}
    about = {"text": f"Claim {first.payer_claim_number}: the records are enclosed."}
    assert house.client.post("/v1/letters", json=about).json() == {"answered": ["VISIT1"]}
    assert house.client.post("/v1/letters", json=about).json() == {"answered": []}, "a second letter changes nothing"
    house.pass_time(days=29)
    assert len(answers(house)) == 1
    house.pass_time(days=1)
    _, back, again = answers(house)
    whole = sum(line.charge_cents * 5 // 8 for line in visit_of(scenario).lines)
    assert (back.status, back.paid_cents, again.paid_cents) == ("22", -first.paid_cents, whole)
    house.client.close()
    house.store.close()


def test_what_was_paid_is_taken_out_of_another_payment_and_given_back_after_a_letter(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.send(clinic.file_of([visit_of(Scenario.TAKEN)], number=1, at=BEGIN))
    house.pass_time(days=25)
    assert provider_money(house) == [], "nothing was paid since that it could be taken out of"
    paid = answers(house)[0].paid_cents
    others = [visit_of(Scenario.PAID, number=f"OTHER{n}") for n in range(4)]
    others = [replace(one, coverage=replace(one.coverage, member_id=f"W{n}")) for n, one in enumerate(others)]
    house.send(clinic.file_of(others, number=2, at=BEGIN), key="two")
    house.pass_time(days=14)
    assert provider_money(house) == [("WO", "ICN000000001", paid)]
    books = house.client.get("/v1/books").json()
    assert {one["control_number"]: one["taken"] for one in books["claims"]}["VISIT1"] == paid
    assert house.client.post("/v1/letters", json={"text": "ICN000000001 is right"}).json() == {"answered": ["VISIT1"]}
    house.pass_time(days=30)
    assert provider_money(house)[1:] == [("WO", "ICN000000001", -paid)]
    assert all(one["taken"] == 0 for one in house.client.get("/v1/books").json()["claims"])
    house.client.close()
    house.store.close()


def test_a_split_answer_comes_in_two_parts_that_add_up(tmp_path: Path) -> None:
    house = House(tmp_path)
    visit = visit_of(Scenario.SPLIT)
    house.send(clinic.file_of([visit], number=1, at=BEGIN))
    house.pass_time(days=15)
    assert len(answers(house)) == 1
    house.pass_time(days=2)
    first, rest = answers(house)
    assert (first.control_number, rest.control_number) == ("VISIT1", "VISIT1")
    assert first.payer_claim_number != rest.payer_claim_number
    assert len(rest.lines) == 1
    assert first.charge_cents + rest.charge_cents == visit.charge_cents
    assert [claim_imbalances(one, ordinal=1) for one in (first, rest)] == [[], []]
    house.client.close()
    house.store.close()


@pytest.mark.parametrize("days", [1, 15], ids=["before it was decided", "after it was paid"])
def test_a_void_is_never_paid_and_gives_back_what_was(days: int, tmp_path: Path) -> None:
    house = House(tmp_path)
    [visit] = clinic.clean_visits(1, seed=9, today=BEGIN.date())
    visit = replace(visit, coverage=replace(visit.coverage, member_id="PAID1"))
    house.send(clinic.file_of([visit], number=1, at=BEGIN))
    house.pass_time(days=days)
    void = replace(visit, control_number="VOID1", frequency="8", original_reference="ICN000000001")
    house.send(clinic.file_of([void], number=2, at=BEGIN), key="two")
    house.pass_time(days=30)
    said = answers(house)
    assert sum(one.paid_cents for one in said) == 0
    assert [one.status for one in said] == ([] if days == 1 else ["1", "22"])
    again = replace(visit, control_number="AGAIN1")
    house.send(clinic.file_of([again], number=3, at=BEGIN), key="three")
    house.pass_time(days=30)
    assert answers(house)[-1].paid_cents > 0, "what was voided may be billed again"
    house.client.close()
    house.store.close()


def test_the_docs_say_what_the_code_does() -> None:
    rows = re.findall(r"^\| `([A-Z]+)` \| (.+?) \| (\d+) \|$", DOCS.read_text(), re.MULTILINE)
    assert rows == [(name.value, story.says, str(story.share)) for name, story in STORIES.items()]
    assert sum(story.share for story in STORIES.values()) == 100


def test_the_letters_choose() -> None:
    assert [scenario_of(text) for text in ("COPAY7", "denied1", "ABC", None)] == [
        Scenario.COPAY,
        Scenario.DENIED,
        Scenario.PAID,
        Scenario.PAID,
    ]


def test_the_same_seed_makes_the_same_clinic() -> None:
    def bytes_of(seed: int) -> bytes:
        return clinic.file_of(clinic.visits(30, seed=seed, today=BEGIN.date()), number=1, at=BEGIN)

    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)
    told = {scenario for scenario, story in STORIES.items() if story.share}
    first = clinic.visits(len(told), seed=3, today=BEGIN.date())
    assert {scenario_of(one.coverage.member_id) for one in first} == told


def test_staff_know_a_way_out_of_every_task() -> None:
    assert set(WAYS) == set(TaskType) == set(KINDS)
    task = {"id": "t", "subject_id": "e" * 20, "role": "biller", "opened_at": "2026-03-02T12:00:00Z"}
    for task_type, way in WAYS.items():
        assert form_faults(task_type, way.resolution, way.values(task)) == [], task_type


def test_a_day_is_as_long_as_the_pace_says(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    clearing = Clearing(store, pace=timedelta(seconds=60))
    clearing.take_claims(
        clinic.file_of(clinic.clean_visits(1, seed=1, today=date(2026, 11, 2)), number=1, at=BEGIN), key="k", at=BEGIN
    )
    clearing.advance(BEGIN + timedelta(seconds=61 * 14))
    kinds = [row["kind"] for row in store.mail(after=0, limit=10)]
    store.close()
    assert kinds == ["999", "277CA", "277CA", "835", "CCD"]


@pytest.mark.parametrize(
    ("scenario", "days", "category"),
    [
        (Scenario.PAID, 0, "A1"),
        (Scenario.PAID, 2, "P1"),
        (Scenario.PAID, 15, "F1"),
        (Scenario.LATE, 15, "F2"),
        (Scenario.SLOW, 40, "P1"),
        (Scenario.SLOW, 61, "F1"),
        (Scenario.REJECT, 2, "A7"),
        (Scenario.LOST, 30, "A4"),
        (Scenario.SILENT, 30, "E1"),
        (Scenario.MISLAID, 15, "F1"),
        (Scenario.EARLY, 2, "F1"),
    ],
)
def test_a_payer_that_is_asked_says_what_it_knows(scenario: Scenario, days: int, category: str, tmp_path: Path) -> None:
    house = House(tmp_path)
    [visit] = clinic.clean_visits(1, seed=9, today=BEGIN.date())
    visit = replace(visit, coverage=replace(visit.coverage, member_id=f"{scenario}1"))
    house.send(clinic.file_of([visit], number=1, at=BEGIN))
    house.pass_time(days=days)
    status = asked_about(house, visit)
    assert status.verdicts[0].reasons[0].category == category
    assert status.reference == "Q1"
    if scenario == Scenario.MISLAID:
        assert (answers(house), status.verdicts[0].check_number) == ([], "EFT000000001")
        house.pass_time(days=46)
        assert [one.paid_cents for one in answers(house)] == [status.verdicts[0].paid_cents]
    if scenario == Scenario.LOST:
        house.send(clinic.file_of([replace(visit, control_number="AGAIN1")], number=2, at=BEGIN), key="two")
        house.pass_time(days=15)
        assert answers(house)[-1].paid_cents > 0


def asked_about(house: House, visit: Claim) -> ClaimStatus:
    question = ClaimStatusInquiry(
        reference="Q1",
        payer=replace(visit.coverage.payer, role="PR", address=None),
        receiver=replace(visit.billing_provider, role="41", address=None, references=()),
        provider=replace(visit.billing_provider, role="1P", address=None, references=()),
        subscriber=replace(visit.subscriber, address=None),
        member_id=visit.coverage.member_id,
        patient_control_number=visit.control_number,
    )
    request = ClaimStatusRequest("B1", BEGIN.date(), "1200", (question,))
    group = writing.Group(1, claim_status_276.VERSION, [("0001", claim_status_276.write(request))], "276")
    text = writing.write_interchange([group], sender=SENDER, receiver=RECEIVER, control_number=1, instant=BEGIN)
    response = house.client.post("/v1/claim-status", content=text.encode())
    assert response.status_code == 200
    [answer] = [one.answer for one in claim_status_277.read(response.content) if one.answer]
    return answer.statuses[0]
