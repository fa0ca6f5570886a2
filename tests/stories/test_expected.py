"""What a payer should allow is written down with the claim, and stays whatever becomes of the contract."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

import doctor
from billing.amendments import Change
from billing.claim import Claim
from billing.coding_rules import RuleEdition, RuleKind
from billing.contracts import NO_CONTRACT, Basis, Rate, Terms
from billing.money import Cents
from database import claim_views, contracts, records, remittance_views, rules
from database.contracts import ExpectedView, RateChange
from database.office import payer_for
from database.tables import ContractRow, Line, Payer
from interchange import rule_files
from settings import Settings
from tests.billing.fee_schedules import AS_MEDICARE, LOCALITIES, RELATIVE_VALUES
from tests.builders import NOON, a_claim, a_line, a_payment, an_835, an_837p
from tests.office import Office
from tests.stories.amending import amend

BOTH_DATABASES = True
JANUARY = date(2026, 1, 1)
ECG = "line.2.procedure = 93000\nline.2.charge = 60.00"


def contract(office: Office, terms: Terms, *rates: Rate, begins: date = JANUARY, ends: date | None = None) -> str:
    """The office has met the payer, and keeps a contract with it."""
    with office.database.writing() as session:
        payer = session.exec(select(Payer).where(Payer.practice_id == office.practice_id)).one()
        where = {"practice_id": office.practice_id, "payer_id": payer.id}
        row = contracts.add(
            session, **where, name=f"From {begins}", begins=begins, ends=ends, terms=terms, at=office.now
        )
        contracts.save_rates(session, row, [RateChange(one, None) for one in rates])
        return row.id


def meet_payer(office: Office) -> None:
    """Somebody adds the payer before its first visit."""
    with office.database.writing() as session:
        where = {"practice_id": office.practice_id, "partner_id": office.partner_id}
        payer_for(session, a_claim().coverage.payer, **where)


def visit(office: Office, claim: Claim, *, number: int = 2) -> str:
    before = set(office.encounter_ids())
    office.take_in(an_837p(claim, number=number))
    [encounter] = set(office.encounter_ids()) - before
    office.go_on(encounter)
    return encounter


def expected(office: Office, encounter: str) -> list[ExpectedView]:
    number = office.submission(encounter).control_number
    with office.database.reading() as session:
        return contracts.expected_lines(session, practice_id=office.practice_id, control_number=number)


def load_fee_schedule(office: Office) -> None:
    for kind, text in ((RuleKind.RELATIVE_VALUES, RELATIVE_VALUES), (RuleKind.LOCALITIES, LOCALITIES)):
        edition = RuleEdition(kind, "2026A", JANUARY, date(2026, 12, 31))
        found: list[Any] = list(rule_files.read(io.StringIO(text), kind))
        with office.database.writing() as session:
            rules.load(session, edition, found, source="x", at=NOON)


PRICED = Rate("99213", JANUARY, amount_cents=Cents(9000))


def test_without_a_contract_nothing_is_expected(office: Office) -> None:
    meet_payer(office)
    assert expected(office, visit(office, a_claim())) == []


def test_each_line_is_written_down_with_how_it_comes_about(office: Office) -> None:
    meet_payer(office)
    kept = contract(office, Terms(Basis.SCHEDULE), PRICED)
    encounter = visit(office, a_claim(a_line(), a_line("93000", 7000)))
    priced, unpriced = expected(office, encounter)
    assert (priced.expected_cents, priced.words) == (9000, "$90.00 a unit by the contract")
    assert (priced.contract, priced.contract_id, priced.edition) == ("From 2026-01-01", kept, None)
    assert (unpriced.expected_cents, unpriced.words) == (None, "not known: the contract has no price of 93000")
    with office.database.reading() as session:
        lines = session.exec(select(Line.id).where(Line.encounter_id == encounter).order_by(col(Line.ordinal)))
        assert [priced.line_id, unpriced.line_id] == list(lines)


def test_it_stays_when_the_contract_changes(office: Office) -> None:
    meet_payer(office)
    kept = contract(office, Terms(Basis.SCHEDULE), PRICED)
    before = visit(office, a_claim())
    with office.database.writing() as session:
        row = session.get_one(ContractRow, kept)
        row.terms = records.dump(Terms(Basis.CHARGE, Decimal(50)))
        dearer = replace(PRICED, amount_cents=Cents(9900))
        contracts.save_rates(session, row, contracts.compare_rates(session, kept, [dearer]))
        session.add(row)
    after = visit(office, a_claim(a_line(service_date=date(2026, 10, 21)), control_number="EXT1002"), number=3)
    assert [one.expected_cents for one in expected(office, before)] == [9000]
    assert [one.expected_cents for one in expected(office, after)] == [9900]


def test_a_day_without_a_contract_says_so(office: Office) -> None:
    meet_payer(office)
    contract(office, Terms(Basis.SCHEDULE), PRICED, ends=date(2026, 6, 30))
    [found] = expected(office, visit(office, a_claim()))
    assert (found.expected_cents, found.contract) == (None, None)
    assert "no contract with this payer" in found.words


@pytest.mark.parametrize(
    ("terms", "is_loaded", "cents", "edition"),
    [
        (replace(AS_MEDICARE, locality="0910204"), True, [14964, 3741], "2026A"),
        (replace(AS_MEDICARE, locality="0910204"), False, [None, None], None),
        (replace(AS_MEDICARE, locality="0910299"), True, [None, None], "2026A"),
        (replace(AS_MEDICARE, locality="0910204", edition="2025D"), True, [None, None], None),
    ],
)
def test_medicares_fee_is_worked_out_from_what_is_loaded(
    office: Office, terms: Terms, is_loaded: bool, cents: list[int | None], edition: str | None
) -> None:
    meet_payer(office)
    contract(office, terms)
    if is_loaded:
        load_fee_schedule(office)
    found = expected(office, visit(office, a_claim(a_line("G0002", 100000), a_line("G0003", 100000))))
    assert [one.expected_cents for one in found] == cents
    assert {one.edition for one in found} == {edition}


def test_a_base_code_that_is_not_on_the_claim_is_read_too(office: Office) -> None:
    """Of a second endoscopy what exceeds the base is paid, though nobody billed the base."""
    meet_payer(office)
    load_fee_schedule(office)
    contract(office, replace(AS_MEDICARE, locality="0910204"))
    found = expected(office, visit(office, a_claim(a_line("G0011", 100000), a_line("G0012", 100000))))
    assert [one.expected_cents for one in found] == [22445, 3741]


def test_a_replacement_gets_rows_of_its_own_by_what_it_bills(office: Office) -> None:
    meet_payer(office)
    contract(office, Terms(Basis.SCHEDULE), PRICED, Rate("93000", JANUARY, amount_cents=Cents(2500)))
    encounter = visit(office, a_claim())
    office.send_claims()
    office.deliver_835(an_835(a_payment(office.submission(encounter).control_number)))
    office.go_on(encounter)
    first = office.submission(encounter).control_number
    amend(office, encounter, Change.CORRECT, {"corrections": ECG, "reason": "the ECG was forgotten"})
    office.go_on(encounter)
    assert office.submission(encounter).control_number != first
    assert [one.expected_cents for one in expected(office, encounter)] == [9000, 2500]
    with office.database.reading() as session:
        kept = contracts.expected_lines(session, practice_id=office.practice_id, control_number=first)
    assert [one.expected_cents for one in kept] == [9000]


@pytest.mark.parametrize(
    ("cents", "difference", "verdict"),
    [(11200, -1200, "underpaid by $12.00"), (9000, 1000, "overpaid by $10.00"), (10000, 0, "as expected")],
)
def test_what_the_payer_allowed_stands_beside_it(office: Office, cents: int, difference: int, verdict: str) -> None:
    """Charge 150, contractual 50: allowed 100."""
    meet_payer(office)
    contract(office, Terms(Basis.SCHEDULE), replace(PRICED, amount_cents=Cents(cents)))
    encounter = visit(office, a_claim())
    office.send_claims()
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number)))
    office.go_on(encounter)
    with office.database.reading() as session:
        claim = claim_views.claim(session, practice_id=office.practice_id, control_number=number)
        [file] = remittance_views.newest_remittances(
            session, practice_id=office.practice_id, trace="", before=None, limit=2
        )
        remittance = remittance_views.remittance(session, practice_id=office.practice_id, remittance_id=file.id)
    assert claim is not None
    assert remittance is not None
    [line] = claim.answers[0].lines
    assert (claim.lines[0].expected_cents, line.allowed_cents, line.verdict) == (cents, 10000, verdict)
    assert (claim.answers[0].verdict, claim.answers[0].difference_cents) == (verdict, difference)
    assert [(one.verdict, one.difference_cents) for one in remittance.claims] == [(verdict, difference)]


def test_without_a_contract_the_allowed_amount_still_stands_there(office: Office) -> None:
    encounter = visit(office, a_claim())
    office.send_claims()
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number)))
    with office.database.reading() as session:
        claim = claim_views.claim(session, practice_id=office.practice_id, control_number=number)
    assert claim is not None
    assert claim.lines[0].expected_words == NO_CONTRACT.words
    assert (claim.answers[0].lines[0].allowed_cents, claim.answers[0].verdict) == (10000, "")


def test_the_doctor_tells_of_a_contract_that_nothing_prices(office: Office, tmp_path: Path) -> None:
    meet_payer(office)
    contract(office, Terms(Basis.MEDICARE, locality="0910204"))
    settings = Settings(data_dir=tmp_path)

    def told() -> list[str]:
        found = doctor.examine(office.database, settings, at=NOON)
        return [one.what.partition(" is asked")[0] for one in found if "is asked for and not loaded" in one.what]

    assert told() == ["the relative value file of From 2026-01-01", "the locality 0910204 of From 2026-01-01"]
    load_fee_schedule(office)
    assert told() == []
