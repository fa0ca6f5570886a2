"""Institutional claims: from the 837I to zero balance, through the same steps as any other."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from billing.amendments import Change
from billing.claim import Claim
from billing.institutional_visits import visit_of
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment
from database import encounters
from database.tables import Encounter, Outbox
from interchange.x12 import claims_837i, coordination
from interchange.x12.coordination_writing import with_other_payers
from interchange.x12.detect import identify
from tests.builders import (
    a_277ca,
    a_999,
    a_claim,
    a_hospital_claim,
    a_payment,
    a_second_policy,
    a_stay,
    an_837i,
    an_837p,
)
from tests.office import Office
from tests.stories.amending import accepted, amend, remitted, states

BOTH_DATABASES = True
PUBLISHED = sorted((Path(__file__).parents[1] / "golden" / "x223a2").iterdir())
SLIPS = {b"DTP*434*RD8*19960911~": b"DTP*434*D8*19960911~", b"***14:A:1*Y*A*": b"***14:A:1**A*"}
"""What stands in a published file against its own guide, and how it would be right"""


def taken_in(office: Office, claim: Claim) -> str:
    report = office.take_in(an_837i(claim))
    assert (report.kind, report.created, report.refused) == ("837I", 1, [])
    [encounter] = office.encounter_ids()
    return encounter


def sent(office: Office, claim: Claim) -> str:
    """A visit whose claim the first payer has."""
    encounter = taken_in(office, claim)
    assert office.go_on(encounter).open_tasks == ()
    office.send_claims()
    return encounter


def read_again(body: bytes) -> list[Claim]:
    """The claims of an interchange as its receiver reads them, without a fault."""
    found = [one for one in claims_837i.read(body) if isinstance(one, claims_837i.ReadClaim)]
    assert [one.issues for one in found] == [()] * len(found)
    return [visit_of(one.claim) for one in found if one.claim is not None]


def on_the_wire(office: Office) -> Claim:
    [claim] = read_again(list(office.wire.claims.values())[-1])
    return claim


def went_out(office: Office) -> Claim:
    office.send_claims()
    return on_the_wire(office)


def as_left(claim: Claim) -> Claim:
    """The claim without the numbers that the office gives it."""
    lines = tuple(replace(line, control_number=None) for line in claim.lines)
    return replace(claim, control_number="", lines=lines, clearinghouse_trace=None)


def a_line_paid(code: str, charge: int, *cas: tuple[str, str, int], **changes: object) -> LinePayment:
    found = tuple(Adjustment(group, reason, Cents(cents)) for group, reason, cents in cas)
    paid = charge - sum(cents for _, _, cents in cas)
    line = LinePayment(code, Cents(charge), Cents(paid), found)
    return replace(line, **changes)  # type: ignore[arg-type]


def an_answer(office: Office, encounter: str, *lines: LinePayment, **changes: object) -> ClaimPayment:
    number = office.submission(encounter).control_number
    paid = sum(line.paid_cents for line in lines)
    charge = sum(line.charge_cents for line in lines)
    return a_payment(number, charge=charge, paid=paid, lines=lines, place_of_service="13", **changes)  # type: ignore[arg-type]


def outpatient_answer(office: Office, encounter: str, *, patient: int = 0, **changes: object) -> ClaimPayment:
    """Line by line: the test by its procedure and revenue code, the supplies by their revenue code alone."""
    test = a_line_paid("80053", 10000, ("CO", "45", 4000), ("PR", "2", patient), revenue_code="0300")
    test = replace(test, adjustments=tuple(one for one in test.adjustments if one.amount_cents))
    supplies = a_line_paid("0270", 5000, ("CO", "45", 5000), procedure_qualifier="NU")
    return an_answer(office, encounter, test, supplies, **changes)


def test_a_hospital_visit_goes_from_the_837i_to_zero_balance(office: Office) -> None:
    encounter = sent(office, a_hospital_claim())
    batch_body = list(office.wire.claims.values())[-1]
    assert str(identify(batch_body)) == "837I"
    claim = on_the_wire(office)
    assert as_left(claim) == as_left(a_hospital_claim())
    office.deliver(a_999(1))
    office.deliver(a_277ca(claim.control_number, sender="AY"))
    office.deliver(a_277ca(claim.control_number))
    assert office.go_on(encounter).open_tasks == ()
    assert office.submission(encounter).payer_accepted_at is not None
    remitted(office, encounter, outpatient_answer(office, encounter))
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter) == {
        ("ADJ_CONTRACT", 1): 4000,
        ("ADJ_CONTRACT", 2): 5000,
        ("CASH_UNAPPLIED", 1): 6000,
        ("REVENUE_GROSS", 1): -10000,
        ("REVENUE_GROSS", 2): -5000,
    }


def test_a_stay_is_answered_by_its_revenue_codes_and_leaves_the_deductible_to_the_patient(office: Office) -> None:
    encounter = sent(office, a_stay())
    assert as_left(on_the_wire(office)) == as_left(a_stay())
    room = a_line_paid("0120", 300000, ("CO", "45", 100000), ("PR", "1", 50000), procedure_qualifier="NU")
    drugs = a_line_paid("0250", 45000, ("CO", "45", 45000), procedure_qualifier="NU")
    remitted(office, encounter, an_answer(office, encounter, room, drugs))
    assert office.stage(encounter) == "patient_balance", office.story(encounter)
    office.pay(encounter, 50000)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_the_second_payer_reads_what_the_first_decided_of_each_revenue_code(office: Office) -> None:
    encounter = sent(office, with_other_payers(a_hospital_claim(), [a_second_policy()]))
    remitted(office, encounter, outpatient_answer(office, encounter, patient=1500))
    claim = went_out(office)
    assert (claim.coverage.responsibility, claim.coverage.payer.id) == ("S", "88888")
    [decision] = coordination.read_decisions(claim)
    assert [(one.procedure, one.revenue_code, one.paid_cents) for one in decision.lines] == [
        ("80053", "0300", 4500),
        ("", "0270", 0),
    ]
    assert coordination.imbalances(claim) == []
    test = a_line_paid("80053", 10000, ("OA", "23", 8500), revenue_code="0300")
    supplies = a_line_paid("0270", 5000, ("OA", "23", 5000), procedure_qualifier="NU")
    remitted(office, encounter, an_answer(office, encounter, test, supplies, status="2", payer_claim_number="ICN2"))
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_a_corrected_stay_replaces_its_claim_by_the_type_of_bill(office: Office) -> None:
    encounter = sent(office, a_stay())
    accepted(office, encounter)
    corrections = "\n".join(
        (
            "patient_status = 06",
            "value_codes = 80 3.00, A1 1632.00",
            "line.3.revenue_code = 0300",
            "line.3.charge = 120.00",
            "diagnoses = J18.9/Y, E11.9/N",
        )
    )
    amend(office, encounter, Change.CORRECT, {"corrections": corrections, "reason": "the chart was completed"})
    claim = went_out(office)
    assert claim.hospital is not None
    assert (claim.hospital.type_of_bill(claim.frequency), claim.original_reference) == ("0117", "ICN001")
    assert claim.hospital.patient_status == "06"
    assert [(one.code, one.amount_cents) for one in claim.hospital.values] == [("80", 300), ("A1", 163200)]
    assert [line.revenue.code for line in claim.lines if line.revenue] == ["0120", "0250", "0300"]
    assert [(one.code, one.present_on_admission) for one in claim.diagnoses] == [
        ("J189", "Y"),
        ("E119", "N"),
        ("R0602", None),
    ]
    assert states(office, encounter) == ["done"]


def test_a_replacement_that_the_hospital_sends_amends_the_visit(office: Office) -> None:
    encounter = sent(office, a_stay())
    accepted(office, encounter)
    stay = a_stay()
    assert stay.hospital is not None
    again = replace(stay, frequency="7", original_reference="ICN001", hospital=replace(stay.hospital, drg="194"))
    assert office.take_in(an_837i(again)).amended == 1
    office.go_on(encounter)
    claim = went_out(office)
    assert claim.hospital is not None
    assert (claim.frequency, claim.hospital.drg, claim.original_reference) == ("7", "194", "ICN001")


def test_a_void_takes_the_whole_stay_back(office: Office) -> None:
    encounter = sent(office, a_stay())
    accepted(office, encounter)
    amend(office, encounter, Change.VOID, {"reason": "billed in error"})
    claim = went_out(office)
    assert claim.hospital is not None
    assert claim.hospital.type_of_bill(claim.frequency) == "0118"


def test_an_interim_bill_keeps_its_place_in_the_series(office: Office) -> None:
    stay = a_stay()
    assert stay.hospital is not None
    bill = replace(stay.hospital, series="2", patient_status="30", discharge_hour=None)
    sent(office, with_other_payers(replace(stay, frequency="2", hospital=bill), [a_second_policy()]))
    assert on_the_wire(office).frequency == "2"
    [encounter] = office.encounter_ids()
    room = a_line_paid("0120", 300000, ("PR", "1", 50000), procedure_qualifier="NU")
    drugs = a_line_paid("0250", 45000, procedure_qualifier="NU")
    remitted(office, encounter, an_answer(office, encounter, room, drugs))
    assert went_out(office).frequency == "2"


def batches_wished_for(office: Office) -> int:
    with office.database.reading() as session:
        wishes = session.exec(select(Outbox).where(Outbox.kind == "start_batch")).all()
        return sum(one.revision + 1 for one in wishes)


def test_claims_of_both_kinds_leave_in_interchanges_of_their_own(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    office.take_in(an_837i(replace(a_hospital_claim(), control_number="EXT2")))
    for encounter in office.encounter_ids():
        office.go_on(encounter)
    before = batches_wished_for(office)
    first = office.send_claims()
    assert batches_wished_for(office) == before + 1
    second = office.send_claims()
    assert batches_wished_for(office) == before + 1
    assert sorted(str(identify(one.body)) for one in (first, second)) == ["837I", "837P"]
    assert (first.claim_count, second.claim_count) == (1, 1)


def test_the_same_claim_is_taken_in_once(office: Office) -> None:
    office.take_in(an_837i(a_stay()))
    again = office.take_in(an_837i(a_stay(), number=2))
    assert (again.created, again.duplicates) == (0, 1)


def test_what_opens_no_visit_is_refused_with_its_segment(office: Office) -> None:
    stay = a_stay()
    assert stay.hospital is not None
    late = replace(stay, frequency="5")
    report = office.take_in(an_837i(late))
    [refused] = report.refused
    assert (refused.claim, refused.segment) == ("EXT1001", "CLM")
    assert "type of bill 0115 opens no visit here" in refused.reason
    other = replace(stay, coverage=replace(stay.coverage, responsibility="S"))
    assert office.take_in(an_837i(other)).refused[0].segment == "SBR"
    unknown = replace(stay, frequency="8", original_reference="NOBODYS")
    assert office.take_in(an_837i(unknown)).refused[0].segment == "CLM"
    damaged = an_837i(stay).replace(b"DTP*434*RD8*20261012-20261015", b"DTP*434*RD8*20261399-20261015")
    [fault] = office.take_in(damaged).refused
    assert fault.segment.startswith("DTP")


def test_what_a_person_must_mend_is_asked_in_words_that_mend_it(office: Office) -> None:
    stay = a_stay()
    assert stay.hospital is not None
    undated = replace(stay.hospital, admission_date=None, admission_hour=None)
    encounter = taken_in(office, replace(stay, providers=(), hospital=undated))
    [task] = office.go_on(encounter).open_tasks
    assert task.type == "claim_edit_failed"
    attending = f"attending = {stay.providers[0].id} SMITH ANN"
    values = {"corrections": f"admitted_on = 2026-10-12\nadmission_hour = 0930\n{attending}"}
    office.complete(encounter, "claim_edit_failed", "fixed", values)
    assert office.go_on(encounter).open_tasks == ()
    assert as_left(went_out(office)) == as_left(stay)


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda one: one.name)
def test_published_claims_are_taken_in_and_sent_as_they_say(office: Office, file: Path) -> None:
    body = file.read_bytes()
    slips = [wrong for wrong in SLIPS if wrong in body]
    assert len(office.take_in(body).refused) == len(slips)
    for wrong in slips:
        body = body.replace(wrong, SLIPS[wrong])
    told = [one for one in claims_837i.read(body) if isinstance(one, claims_837i.ReadClaim)]
    report = office.take_in(body)
    assert (report.created + report.duplicates, report.refused) == (len(told), [])
    with office.database.reading() as session:
        kept = {one.external_id: encounters.claim_of(one) for one in session.exec(select(Encounter)).all()}
    for one in told:
        assert one.claim is not None
        assert kept[one.claim.control_number] == visit_of(one.claim)
        body = an_837i(kept[one.claim.control_number])
        [again] = [read for read in claims_837i.read(body) if isinstance(read, claims_837i.ReadClaim)]
        assert again.claim == one.claim
