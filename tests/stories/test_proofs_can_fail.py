"""The proofs hold on good books, and each one fails when the rows are tampered with beneath it."""

import sqlite3
from contextlib import closing

import pytest

from database.claim_books import claim_books
from database.proof import prove_rows
from proofs import against_payer
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office
from tests.stories.test_households import billed
from tests.stories.test_prompt_pay import self_pay
from tests.stories.test_small_balances import pass_days


def two_visits(office: Office) -> None:
    """One is paid, posted and closed; the other waits for its payer."""
    office.take_in(an_837p(a_claim(), a_claim(control_number="EXT1002", member_id="XYZ987654")))
    for encounter in office.encounter_ids():
        office.go_on(encounter)
    office.send_claims()
    encounter = min(office.encounter_ids())
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number)))
    office.go_on(encounter)
    office.pay(encounter, 2000)
    office.go_on(encounter)
    assert sorted(office.stage(one) for one in office.encounter_ids()) == ["acknowledgment", "closed"]


def failing(office: Office) -> set[str]:
    with office.database.reading() as session:
        return {proof.name for proof in prove_rows(session) if not proof.holds}


TAMPERED = {
    "entries": "UPDATE posting SET amount_cents = amount_cents + 1 WHERE id = (SELECT max(id) FROM posting)",
    "sides": "DELETE FROM posting WHERE journal_number = (SELECT max(number) FROM journal)",
    "dates": "UPDATE journal SET posted_on = '2001-01-01' WHERE number = (SELECT max(number) FROM journal)",
    "zero": "UPDATE encounter SET stage = 'closed'",
    "charges": "UPDATE encounter SET charge_cents = charge_cents + 1",
    "remittances": "UPDATE remittance_file SET state = 'closed'; "
    "UPDATE posting SET amount_cents = amount_cents - 1 WHERE account = 'CASH_UNAPPLIED' AND amount_cents < 0",
    "bank": "INSERT INTO bank_movement (id, practice_id, message_id, content_key, booked_on, amount_cents, record, "
    "state, reason, received_at) SELECT 'm', practice_id, message_id, 'k', '2026-11-04', 1, '{}', 'matched', '', "
    "received_at FROM remittance_file LIMIT 1",
    "shares": "UPDATE posting SET detail = 'PR-96' WHERE account = 'AR_PAT' AND amount_cents > 0",
    "protected": "UPDATE benefits SET is_qmb = 1",
    "write_offs": "UPDATE journal SET kind = 'write_off' WHERE number = (SELECT max(number) FROM journal)",
    "people": "UPDATE journal SET kind = 'given_up' WHERE number = (SELECT max(number) FROM journal)",
    "accounts": "DELETE FROM outbox; UPDATE encounter SET stage = 'patient_balance' WHERE stage = 'closed'; "
    "UPDATE posting SET amount_cents = 1 WHERE account = 'AR_PAT'",
    "moves": "INSERT INTO move (id, practice_id, digest, as_of, insurance_cents, patient_cents, patient_count, "
    "visit_count, line_count, tie, begun_at, begun_by, ended_at) SELECT 'moved', id, 'd', '2026-10-01', 1, 0, 1, 1, 1, "
    "'[]', '2026-10-01 00:00:00.000000', 'worker', '2026-10-01 00:00:00.000000' FROM practice",
    "agenda": "DELETE FROM agenda_entry",
    "lines": "UPDATE encounter SET billed_with_id = (SELECT max(id) FROM encounter) WHERE stage = 'closed'",
    "placements": "INSERT INTO agency (id, practice_id, name, folded_name, reached, fee_basis_points, number_form, "
    "made_at) SELECT 'ag', id, 'A', 'a', '', 0, '', '2026-11-04 00:00:00.000000' FROM practice; "
    "INSERT INTO placement (id, practice_id, patient_id, encounter_id, agency, agency_id, amount_cents, balance_cents, "
    "state, placed_at, placed_by, first_statement_at) SELECT 'pl', practice_id, patient_id, id, 'A', 'ag', 1, 1, "
    "'placed', '2026-11-04 00:00:00.000000', 'worker', '2026-11-04 00:00:00.000000' FROM encounter "
    "WHERE stage = 'closed'",
    "assistance": "UPDATE posting SET account = 'ADJ_ASSIST' WHERE account = 'ADJ_CONTRACT'",
    "prompt_pay": "UPDATE posting SET account = 'ADJ_PROMPT' WHERE account = 'ADJ_CONTRACT'",
    "lockbox": "UPDATE posting SET account = 'UNPLACED' WHERE account = 'CARD_CLEARING'",
    "agency_clearing": "UPDATE posting SET account = 'AGENCY_CLEARING' WHERE account = 'CARD_CLEARING'",
    "card_payouts": "UPDATE posting SET account = 'CARD_FEE' WHERE account = 'CARD_CLEARING'",
    "card_refunds": "UPDATE posting SET account = 'PAT_REFUND_DUE' WHERE account = 'CARD_CLEARING'",
    "instalment_charges": "INSERT INTO instalment_plan (id, practice_id, patient_id, encounters, total_cents, "
    "instalments, first_day, disclosure, agreed_at, state, forgiven, why) SELECT 'ip', practice_id, patient_id, id, 1, "
    "2, '2026-11-04', '', '2026-11-04 00:00:00.000000', 'active', 0, '' FROM encounter WHERE stage = 'closed'; "
    "INSERT INTO kept_card (id, practice_id, plan_id, state, words, said_by, agreed_at, agreed_by, address, label, "
    "ended_by, why) SELECT 'kc', practice_id, id, 'kept', '', '', agreed_at, 'patient', '', '', '', '' "
    "FROM instalment_plan; "
    "INSERT INTO checkout (id, practice_id, patient_id, amount_cents, made_at, state, address, paid_cents) "
    "SELECT 'co', practice_id, patient_id, 2, agreed_at, 'paid', '', 2 FROM instalment_plan; "
    "INSERT INTO instalment_charge (checkout_id, practice_id, plan_id, card_id, part_day, attempt, is_withdrawn, why) "
    "SELECT 'co', practice_id, id, 'kc', first_day, 1, 0, '' FROM instalment_plan",
    "periods": "INSERT INTO period_close (id, practice_id, month, standing_key, last_day, closed_at, closed_by, note, "
    "checklist, figures, sha256, reopen_reason) SELECT 'c', practice_id, '2026-10', '2026-10', '2026-10-31', "
    "'2026-11-01 00:00:00.000000', id, '', '[]', '{}', "
    "'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '' FROM app_user LIMIT 1",
    "fees": "INSERT INTO period_close (id, practice_id, month, last_day, closed_at, closed_by, note, checklist, "
    "figures, sha256, reopen_reason) SELECT 'c', practice_id, '2026-11', '2026-11-30', "
    "'2026-12-01 00:00:00.000000', id, '', '[]', '{}', '', '' FROM app_user LIMIT 1; "
    "INSERT INTO fee_agreement (id, practice_id, effective_from, ordinal, is_end, basis_points, of_payers, "
    "of_patients, minimum_cents, excluded_payers, biller, biller_address, pay_within_days, made_at, made_by) "
    "SELECT 'a', practice_id, '2026-11-01', 1, 0, 625, 1, 1, 0, '[]', '', '', 30, closed_at, closed_by "
    "FROM period_close; "
    "INSERT INTO fee_invoice (id, practice_id, number, month, agreement_id, close_id, after_entry, through_entry, "
    "receipts_cents, carried_in_cents, base_cents, share_cents, fee_cents, carried_out_cents, pay_by, made_at, "
    "made_by) "
    "SELECT 'i', practice_id, 1, '2026-11', 'a', 'c', 0, (SELECT max(number) FROM journal), 9999, 0, 9999, 625, 625, "
    "0, '2026-12-31', closed_at, closed_by FROM period_close; "
    "INSERT INTO fee_invoice_line (invoice_id, ordinal, practice_id, receipt, payer_id, payer_name, payer_class, "
    "entries, cents) SELECT 'i', 1, practice_id, 'patients_paid', '', '', '', 1, 9999 FROM period_close",
    "handed_over": "UPDATE posting SET account = 'PAT_TRANSFER' WHERE account = 'CARD_CLEARING'",
}


def test_good_books_are_proven(office: Office) -> None:
    """The audit chain's own tampering is tried in `tests/database/test_audit.py`."""
    two_visits(office)
    with office.database.reading() as session:
        proofs = prove_rows(session)
    assert {proof.name for proof in proofs} == TAMPERED.keys() | {"audit"}
    assert [proof.name for proof in proofs if not proof.holds] == []


@pytest.mark.parametrize("proof", TAMPERED)
def test_each_proof_fails_on_tampered_rows(proof: str, office: Office) -> None:
    two_visits(office)
    with closing(sqlite3.connect(office.path)) as books:
        for (trigger,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            books.execute(f"DROP TRIGGER {trigger}")
        books.executescript(TAMPERED[proof])
        assert books.total_changes > 0
    assert proof in failing(office)


def test_a_discount_fails_its_proof_where_the_rest_of_the_share_was_not_paid_in_time(office: Office) -> None:
    """The offer is the visit's and the payment in time more than a discount of this size is of."""
    office.policy("prompt_pay_percent", 10)
    office.policy("small_balance_cents", 500)
    visit = self_pay(office)
    billed(office, office.patient_of(visit))
    office.pay(visit, 13000)
    office.go_on(visit)
    office.let_pass(days=21)
    office.pay(visit, 1700)
    office.go_on(visit)
    pass_days(office, visit, 100)
    assert failing(office) == set()
    with closing(sqlite3.connect(office.path)) as books:
        for (trigger,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            books.execute(f"DROP TRIGGER {trigger}")
        changed = books.execute(
            "UPDATE posting SET account = 'ADJ_PROMPT', detail = (SELECT id FROM prompt_pay_offer) "
            "WHERE account = 'ADJ_SMALL'"
        )
        assert changed.rowcount == 1
        books.commit()
    assert "prompt_pay" in failing(office)


def test_a_visit_that_never_began_is_found(office: Office) -> None:
    """Its workflow's start was lost; the visit is older than any start takes."""
    two_visits(office)
    office.take_in(an_837p(a_claim(control_number="EXT1003", member_id="LATE00001"), number=2))
    assert failing(office) == set(), "it may still be starting"
    with closing(sqlite3.connect(office.path)) as books:
        books.execute("UPDATE encounter SET created_at = '2026-10-01 00:00:00.000000' WHERE version = 0")
        books.commit()
    assert failing(office) == {"agenda"}


def refused(office: Office, *adjustments: tuple[str, str, int]) -> str:
    """A visit of which the payer paid nothing."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=0, adjustments=adjustments)))
    office.go_on(encounter)
    return encounter


def against(office: Office, encounter: str, **sums: int) -> list[str]:
    """The proofs that fail beside a payer's books of this one claim."""
    claim = {"control_number": office.submission(encounter).control_number, "paid": 0, "contractual": 0, "patient": 0}
    books = {"claims": [claim | {"billable_to_patient": 0} | sums], "payments": []}
    with office.database.reading() as session:
        return [one.name for one in against_payer(claim_books(session), {}, books) if not one.holds]


def test_what_a_person_billed_after_a_refusal_agrees_unless_the_patient_is_protected(office: Office) -> None:
    encounter = refused(office, ("PR", "27", 15000))
    assert office.complete(
        encounter, "denial_review", "bill_patient", {"reason": "the plan had ended"}, by=office.supervisor_id
    ).answer.done
    office.go_on(encounter)
    assert office.accounts(encounter)["AR_PAT", 1] == 15000
    assert against(office, encounter) == []
    assert against(office, encounter, patient=15000) == ["patient"]


def test_a_void_of_what_was_refused_whole_agrees_with_a_payer_that_was_not_told(office: Office) -> None:
    encounter = refused(office, ("CO", "45", 5000), ("CO", "96", 10000))
    assert against(office, encounter, contractual=5000) == []
    assert against(office, encounter, contractual=4000) == ["contractual"]
    office.complete(encounter, "denial_review", "void", {"reason": "wrong patient"}, by=office.supervisor_id)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    assert against(office, encounter, contractual=5000) == []
