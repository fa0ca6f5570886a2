"""Visits that say nothing of insurance go out under what the patient holds: in the right order, each saying why."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claim import Address, Coverage, Name, Party, Person, Sex
from billing.consents import Guarantor, GuarantorIs, Wish
from billing.coordination import OtherPayer
from billing.held_policies import Basis, Custody, HeldPolicy
from billing.msp import Answers, EmployerSize, Entitlement
from billing.patients import Registration
from database import consents, held_policies, registrations
from database.tables import Patient
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.interchange.hl7_messages import dft
from tests.office import Office
from tests.stories.amending import went_out
from tests.stories.test_fhir_intake import set_up

BOTH_DATABASES = True
HOME = Address("1 ELM ST", "ANYTOWN", "OH", "44101")
MOTHER = Person(Name("DOE", "MARY"), date(1990, 3, 9), Sex.FEMALE, HOME)
FATHER = Person(Name("ROE", "PAUL"), date(1985, 7, 30), Sex.MALE, HOME)
JANE = Registration("Doe", "Jane", birth_date=date(2026, 10, 12), sex=Sex.FEMALE, address=HOME)
"""Eight days old on the day of the visit"""
GROWN = replace(JANE, birth_date=date(1955, 1, 1))
BORN = "PID|1||MRN77^^^CLINIC^MR||Doe^Jane^Q||{:%Y%m%d}|F|||1 Elm St^^Anytown^OH^44101"


def held(payer: str, subscriber: Person | None = None, **more: object) -> HeldPolicy:
    party = Party("PR", is_person=False, name=Name(f"PLAN {payer}"), id_qualifier="PI", id=payer)
    indicator = "MB" if more.get("basis") == Basis.MEDICARE else "CI"
    coverage = Coverage(
        party,
        member_id=f"M{payer}",
        relationship="19" if subscriber else "18",
        filing_indicator=indicator,
        group_number=None if indicator == "MB" else "G1",
    )
    person = subscriber or GROWN.person
    return HeldPolicy(OtherPayer(coverage, person), **{"basis": Basis.ACTIVE_EMPLOYMENT} | more)  # type: ignore[arg-type]


def known(office: Office, told: Registration, *policies: HeldPolicy, answers: Answers | None = None) -> str:
    with office.database.writing() as session:
        row = registrations.register(session, told, practice_id=office.practice_id, at=office.now)
        held_policies.keep(session, row, policies, at=office.now, by=office.supervisor_id)
        if answers:
            said = {"on": date(2026, 10, 1), "at": office.now, "by": office.supervisor_id}
            held_policies.keep_answers(session, row, answers, **said)
        return row.id


def visited(office: Office, told: Registration) -> str:
    set_up(office)
    report = office.take_in(dft(IN1="", PID=BORN.format(told.birth_date)))
    assert report.refused == []
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    return encounter


def test_a_newborn_goes_out_on_the_mothers_plan_and_her_statement_to_the_mother(office: Office) -> None:
    patient = known(office, JANE, held("11111", MOTHER))
    with office.database.writing() as session:
        guarantor = Guarantor(MOTHER, GuarantorIs.PARENT)
        consents.keep_guarantor(session, session.get_one(Patient, patient), guarantor)
    encounter = visited(office, JANE)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.relationship) == ("11111", "19")
    assert (claim.subscriber.name.first, claim.patient.name.first) == ("MARY", "Jane")
    number = office.submission(encounter).control_number
    payment = a_payment(number, paid=10000, adjustments=(("CO", "45", 3000), ("PR", "3", 2000)))
    office.deliver_835(an_835(payment))
    office.go_on(encounter)
    assert office.stage(encounter) == "patient_balance"
    with office.database.reading() as session:
        assert consents.addressee(session.get_one(Patient, patient), on=office.today)[0] == "MARY DOE"


@pytest.mark.parametrize(
    ("custody", "first", "second"),
    [((None, None), "11111", "22222"), ((Custody.APART, Custody.ORDERED), "22222", "11111")],
)
def test_parents_two_plans_pay_by_birthday_and_else_by_the_courts_order(
    office: Office, custody: tuple[Custody | None, Custody | None], first: str, second: str
) -> None:
    mothers = held("11111", MOTHER, custody=custody[0])
    known(office, JANE, held("22222", FATHER, custody=custody[1]), mothers)
    encounter = visited(office, JANE)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.responsibility) == (first, "P")
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 3000), ("PR", "3", 2000)))))
    office.go_on(encounter)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.responsibility) == (second, "S")


@pytest.mark.parametrize(
    ("size", "first", "says_why"), [(EmployerSize.FROM_100, "11111", "12"), (EmployerSize.UNDER_20, "33333", None)]
)
def test_medicare_beside_an_employers_plan_goes_by_the_questions(
    office: Office, size: EmployerSize, first: str, says_why: str | None
) -> None:
    answers = Answers(entitlement=Entitlement.AGE, has_employer_plan=True, employer_size=size)
    medicare = replace(held("33333", basis=Basis.MEDICARE))
    medicare = replace(
        medicare, policy=replace(medicare.policy, coverage=replace(medicare.policy.coverage, member_id="1EG4TE5MK72"))
    )
    known(office, GROWN, medicare, held("11111"), answers=answers)
    encounter = visited(office, GROWN)
    claim = went_out(office)
    assert claim.coverage.payer.id == first
    if says_why is None:
        return
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 3000), ("PR", "3", 2000)))))
    office.go_on(encounter)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.insurance_type) == ("33333", says_why)


def test_who_wants_no_plan_told_is_billed_alone_and_a_visit_with_a_plan_waits(office: Office) -> None:
    patient = known(office, GROWN, held("11111"))
    with office.database.writing() as session:
        row = session.get_one(Patient, patient)
        row.wish, row.wish_reason = Wish.DO_NOT_BILL, "signed"
        session.add(row)
    encounter = visited(office, GROWN)
    assert office.stage(encounter) == "patient_balance"
    assert office.wire.claims == {}
    named = a_claim(patient=GROWN.person, subscriber=GROWN.person, control_number="EXT2")
    with office.database.writing() as session:
        registrations.know_as(session, session.get_one(Patient, patient), named)
    office.take_in(an_837p(named))
    [other] = [one for one in office.encounter_ids() if one != encounter]
    office.go_on(other)
    assert office.open_task_types(other) == ["registration_incomplete"]
    office.complete(other, "registration_incomplete", "self_pay", {"reason": "as asked"}, by=office.supervisor_id)
    office.go_on(other)
    assert office.stage(other) == "patient_balance"
    assert office.wire.claims == {}


def test_a_member_id_put_right_on_a_visit_is_put_right_for_the_next_one(office: Office) -> None:
    patient = known(office, GROWN, held("11111"))
    encounter = visited(office, GROWN)
    office.send_claims()
    number = office.submission(encounter).control_number
    denied = a_payment(number, paid=0, adjustments=(("CO", "31", 15000),), status="4")
    office.deliver_835(an_835(denied))
    office.go_on(encounter)
    [task] = office.open_task_types(encounter)
    result = office.complete(encounter, task, "replace", {"corrections": "member_id = NEW11111"})
    assert result.answer.done, result.answer
    with office.database.reading() as session:
        [now] = held_policies.of_patient(session, patient)
    assert now.policy.coverage.member_id == "NEW11111"
    assert any("The policy that the patient holds takes over" in text for text in office.story(encounter))
