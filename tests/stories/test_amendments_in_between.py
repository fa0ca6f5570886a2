"""Changes that meet a claim on its way: between two batches, after a refusal, beside an answer to what was sent."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import select

from billing.amendments import Change
from billing.remittance import ClaimPayment
from database.tables import OtherPolicy, Payer, Posting
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_reversal, a_second_policy, an_837p
from tests.office import Office
from tests.stories.amending import (
    BECAUSE,
    FIRST,
    LATE_CHARGE,
    OTHER_PAYER,
    accepted,
    amend,
    billed_once,
    billed_twice,
    both_lines,
    nothing_leaves,
    remitted,
    states,
    told,
    went_out,
)

BOTH_DATABASES = True


def paid_visit(office: Office) -> tuple[str, str]:
    """One payer has paid: the encounter, and the number of its claim."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    remitted(office, encounter, a_payment(number))
    return encounter, number


def replaced(office: Office, *, refused: bool) -> str:
    """A late charge made a replacement, which waits for its batch, or was refused by a 277CA."""
    encounter, _ = paid_visit(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    if refused:
        went_out(office)
        office.deliver(a_277ca(office.submission(encounter).control_number, accepted=False))
        office.go_on(encounter)
    return encounter


def owed_by(office: Office, encounter: str) -> dict[str, int]:
    """Cents on AR_INS by the payer's number."""
    sums: dict[str, int] = {}
    with office.database.reading() as session:
        names = {one.id: one.payer_number for one in session.exec(select(Payer))}
        rows = session.exec(select(Posting).where(Posting.encounter_id == encounter, Posting.account == "AR_INS"))
        for one in rows:
            sums[names[one.detail]] = sums.get(names[one.detail], 0) + one.amount_cents
    return {number: cents for number, cents in sums.items() if cents}


def policies(office: Office, encounter: str) -> dict[str, str]:
    with office.database.reading() as session:
        rows = session.exec(select(OtherPolicy).where(OtherPolicy.encounter_id == encounter))
        return {one.responsibility: one.state for one in rows}


def test_a_void_waits_for_the_answer_to_a_replacement_and_names_that(office: Office) -> None:
    """What the payer took back before the void was sent does not let it go."""
    encounter, number = paid_visit(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert told(went_out(office)) == ("P", "7", "ICN001")
    office.let_pass(minutes=1)
    amend(office, encounter, Change.VOID, BECAUSE)
    assert states(office, encounter)[-1] == "waiting"
    office.let_pass(minutes=1)
    anew = both_lines(office.submission(encounter).control_number, ecg=(), ecg_paid=6000)
    remitted(office, encounter, a_reversal(a_payment(number)), anew)
    assert states(office, encounter)[-1] == "voiding"
    office.let_pass(minutes=1)
    assert told(went_out(office)) == ("P", "8", "ICN002")
    office.go_on(encounter)
    assert states(office, encounter)[-1] == "voiding"
    remitted(office, encounter, a_reversal(anew))
    assert (states(office, encounter)[-1], office.stage(encounter)) == ("done", "closed")
    assert office.accounts(encounter) == {}


def test_a_replacement_that_waits_for_its_batch_does_not_hide_what_was_paid(office: Office) -> None:
    encounter = replaced(office, refused=False)
    amend(office, encounter, Change.VOID, BECAUSE)
    assert told(went_out(office)) == ("P", "8", "ICN001")
    assert len(office.wire.claims) == 2, "the replacement did not leave"


def test_a_replacement_that_was_refused_does_not_hide_what_was_paid(office: Office) -> None:
    encounter = replaced(office, refused=True)
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    assert told(went_out(office)) == ("P", "8", "ICN001")


def test_a_second_correction_replaces_the_claim_that_the_payer_has(office: Office) -> None:
    encounter = replaced(office, refused=True)
    amend(office, encounter, Change.CORRECT, {"corrections": "line.1.charge = 160.00", "reason": "x"})
    assert told(went_out(office)) == ("P", "7", "ICN001")


def test_a_stale_payer_keeps_the_visit_open_though_nobody_owes_anything(office: Office) -> None:
    encounter, first = billed_twice(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    office.send_claims()
    remitted(office, encounter, a_reversal(first), paid_in_full(office, encounter))
    assert (office.stage(encounter), policies(office, encounter)["S"]) == ("posting", "stale")
    office.now += timedelta(days=31)
    office.go_on(encounter)
    assert (office.stage(encounter), policies(office, encounter)["S"]) == ("closed", "waiting")


def paid_in_full(office: Office, encounter: str) -> ClaimPayment:
    """The first payer's answer to the claim with the late charge, which leaves nothing open."""
    number = office.submission(encounter).control_number
    visit = a_payment(number, paid=15000, adjustments=()).lines[0]
    late = a_payment(number, charge=6000, paid=6000, adjustments=(), procedure="93000").lines[0]
    return a_payment(number, charge=21000, paid=21000, adjustments=(), lines=(visit, late), payer_claim_number="ICN002")


def test_a_payer_without_replacements_is_always_a_task(office: Office) -> None:
    office.policy("takes_replacements", 0)
    encounter, first = billed_twice(office)
    remitted(office, encounter, a_reversal(first))
    denied = a_payment(first.control_number, paid=0, adjustments=(("CO", "16", 15000),), remarks=("MA130",))
    remitted(office, encounter, denied)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    went_out(office)
    remitted(office, encounter, paid_in_full(office, encounter))
    assert office.open_task_types(encounter) == ["denial_review"]


def crossed_over(office: Office) -> tuple[str, ClaimPayment]:
    """The first payer forwarded the claim, and the second has answered it: no claim of ours went there."""
    office.take_in(an_837p(with_other_payers(a_claim(), (a_second_policy(),))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    first = a_payment(number, adjustments=FIRST, status="19")
    remitted(office, encounter, first)
    second = a_payment(number, paid=2000, adjustments=(("OA", "23", 13000),), status="2", payer_claim_number="SEC1")
    remitted(office, encounter, second)
    return encounter, first


def test_a_payer_that_got_the_claim_forwarded_is_told_of_a_change(office: Office) -> None:
    encounter, first = crossed_over(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert told(went_out(office)) == ("P", "7", "ICN001")
    anew = both_lines(office.submission(encounter).control_number, ecg=(("PR", "2", 1000),), ecg_paid=5000)
    remitted(office, encounter, a_reversal(first), anew)
    assert told(went_out(office)) == ("S", "7", "SEC1")


def test_a_changed_claim_that_was_forwarded_is_not_sent_again(office: Office) -> None:
    """The first payer forwards its new decision; the second one's refusal of that is worked."""
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    went_out(office)
    number = office.submission(encounter).control_number
    anew = both_lines(number, ecg=(("PR", "2", 1000),), ecg_paid=5000, status="19")
    remitted(office, encounter, a_reversal(first), anew)
    visit = a_payment("X", paid=0, adjustments=(("OA", "23", 13000), ("CO", "50", 2000))).lines[0]
    late = a_payment("X", charge=6000, paid=0, adjustments=(("OA", "23", 5000), ("CO", "50", 1000)), procedure="93000")
    refused = a_payment(
        number,
        charge=21000,
        paid=0,
        adjustments=(),
        status="2",
        payer_claim_number="SEC2",
        lines=(visit, late.lines[0]),
    )
    remitted(office, encounter, refused)
    assert office.open_task_types(encounter) == ["denial_review"]
    assert nothing_leaves(office)


def test_an_answer_to_the_old_claim_bills_the_patient_nothing(office: Office) -> None:
    encounter, _ = billed_twice(office)
    second = office.submission(encounter).control_number
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    went_out(office)
    answer = a_payment(second, paid=0, adjustments=(("OA", "23", 13000), ("PR", "1", 2000)), status="2")
    remitted(office, encounter, answer)
    assert ("AR_PAT", 1) not in office.accounts(encounter)


def test_what_is_open_stands_with_the_payer_where_the_claim_is(office: Office) -> None:
    office.take_in(an_837p(with_other_payers(a_claim(), (a_second_policy(),))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    denied = a_payment(office.submission(encounter).control_number, paid=0, adjustments=(("PR", "26", 15000),))
    remitted(office, encounter, denied)
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    assert owed_by(office, encounter) == {"77777": 15000}


def test_a_late_answer_of_the_first_payer_is_moved_along(office: Office) -> None:
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    anew = replace(
        a_payment(first.control_number, adjustments=(("CO", "45", 4000), ("PR", "2", 3000))), paid_cents=8000
    )
    remitted(office, encounter, a_reversal(first), anew)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert set(owed_by(office, encounter)) == {"99999"}


def test_another_payer_is_no_correction_of_a_claim_that_a_payer_has(office: Office) -> None:
    encounter, _ = paid_visit(office)
    amend(office, encounter, Change.CORRECT, {"corrections": "payer_id = 55555", "reason": "x"})
    assert states(office, encounter) == ["dropped"]
    assert any("another policy pays first" in one for one in office.story(encounter))


def test_a_file_for_a_payer_that_has_no_claim_yet_changes_nothing(office: Office) -> None:
    office.take_in(an_837p(with_other_payers(a_claim(), (a_second_policy(),))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    accepted(office, encounter, "ICN001")
    second = replace(a_claim().coverage, payer=a_second_policy().coverage.payer)
    changed = a_claim(a_line(), a_line("93000", 6000), frequency="7", original_reference="ICN001", coverage=second)
    office.take_in(an_837p(changed, number=2))
    office.go_on(encounter)
    assert states(office, encounter) == ["dropped"]
    assert nothing_leaves(office)


def test_a_void_takes_the_second_claim_out_of_the_next_batch(office: Office) -> None:
    encounter, _ = billed_once(office)
    amend(office, encounter, Change.VOID, BECAUSE)
    assert told(went_out(office)) == ("P", "8", "ICN001")
    assert len(office.wire.claims) == 2


def test_self_pay_is_decided_once(office: Office) -> None:
    """Both payers have a claim; the change goes on to its end although the claim is at the second one meanwhile."""
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    replacement = went_out(office).control_number
    office.let_pass(minutes=1)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert told(went_out(office)) == ("S", "8", "SEC1")
    accepted(office, encounter, "SEC1V")
    anew = both_lines(replacement, ecg=(), ecg_paid=6000)
    remitted(office, encounter, a_reversal(first), anew)
    assert told(went_out(office)) == ("P", "8", "ICN002")
    remitted(office, encounter, a_reversal(anew))
    assert (states(office, encounter)[-1], office.stage(encounter)) == ("done", "patient_balance")
    assert office.accounts(encounter)["AR_PAT", 1] == 15000


def test_a_change_that_waits_keeps_the_visit_open(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    remitted(office, encounter, a_payment(number, payer_claim_number=None, paid=15000, adjustments=()))
    assert office.stage(encounter) == "closed"
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert (states(office, encounter), office.stage(encounter)) == (["waiting"], "patient_balance")
    office.now += timedelta(days=46)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]


def test_a_remittance_may_tell_that_the_void_was_taken(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    counted = a_payment(
        office.submission(encounter).control_number, paid=0, adjustments=(("CO", "45", 5000), ("PR", "1", 10000))
    )
    remitted(office, encounter, counted)
    amend(office, encounter, Change.VOID, BECAUSE)
    void = went_out(office)
    remitted(office, encounter, a_payment(void.control_number, paid=0, adjustments=(("CO", "45", 15000),)))
    assert (states(office, encounter), office.stage(encounter), office.accounts(encounter)) == (["done"], "closed", {})
