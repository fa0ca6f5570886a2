"""What a collection agency gets, what it answers, and what comes back: the books hold at the end of each."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from sqlmodel import select

from activities import agencies as placing
from activities import agency_answers, bank_desk
from billing.account_holds import HoldKind
from billing.agencies import RecallReason
from billing.agency_answers import read_answers
from billing.claim import Address
from database import account_holds, accounts, agencies, agency_remittances, ledger, records
from database.proof import prove_rows
from database.tables import AgencyFile, Encounter, Patient, PatientPayment, Placement, Posting, Task
from tests.bank_files import ach_file, entry
from tests.office import Office
from tests.stories.test_households import child, look_after

BOTH_DATABASES = True
NAME = "Example Recovery"


def placed(office: Office, *, share: int = 4000) -> tuple[str, str]:
    """(visit, holder) of a share that went to an agency after its statements."""
    visit = child(office, "ANNA", 1, share=share)
    holder = office.patient_of(visit)
    for _ in range(130):
        look_after(office, holder)
        if office.asked_about_account(visit):
            break
        office.let_pass(days=1)
    assert office.decide_account(visit, "place", agency=NAME).done
    office.go_on(visit)
    look_after(office, holder)
    return visit, holder


def the_placement(office: Office) -> Placement:
    with office.database.reading() as session:
        return session.exec(select(Placement)).one()


def tell(office: Office) -> list[dict[str, str]]:
    """The rows of the agency's next file."""
    with office.database.writing() as session:
        [row] = agencies.all_of(session, office.practice_id)
        row.fee_basis_points = 2500
        written = placing.write_file(session, row, actor_id=office.worker_id, at=office.now)
        if written is None:
            return []
        assert written.sha256 == hashlib.sha256(written.content).hexdigest()
        return list(csv.DictReader(io.StringIO(written.content.decode())))


def hear(office: Office, *rows: str) -> agency_answers.Taken:
    """The agency's file is taken: rows of reference, action, reason, collected, fee, remitted, paid_on, transaction."""
    reference = the_placement(office).id
    text = "reference,action,reason,collected,fee,remitted,paid_on,transaction\n"
    text += "".join(f"{one.replace('REF', reference)}\n" for one in rows)
    found, faults = read_answers(text)
    with office.database.writing() as session:
        [agency] = agencies.all_of(session, office.practice_id)
        held = agencies.find(session, practice_id=office.practice_id, agency_id=agency.id, hold=True)
        assert held is not None
        return agency_answers.take(
            session,
            held,
            text.encode(),
            found,
            faults,
            actor_id=office.worker_id,
            at=office.now,
            today=office.today,
        )


def recall(office: Office, reason: RecallReason) -> int:
    with office.database.writing() as session:
        row = session.exec(select(Placement)).one()
        return placing.recall(session, row, reason, words="", actor_id=office.supervisor_id, at=office.now)


def hold(office: Office, holder: str, kind: HoldKind) -> None:
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        account_holds.begin(
            session,
            practice_id=office.practice_id,
            patient_id=account.patient_id,
            kind=kind,
            reason="",
            until=None,
            at=office.now,
            by=office.worker_id,
        )
    look_after(office, holder)


def totals(office: Office, visit: str) -> dict[str, int]:
    with office.database.reading() as session:
        found: dict[str, int] = {}
        for row in session.exec(select(Posting).where(Posting.encounter_id == visit)):
            found[row.account] = found.get(row.account, 0) + row.amount_cents
    return {name: cents for name, cents in found.items() if cents}


def holds(office: Office) -> None:
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


def test_half_is_paid_at_the_agency_net_of_its_fee_and_the_rest_comes_back_after_a_dispute(office: Office) -> None:
    visit, holder = placed(office)
    [row] = tell(office)
    assert (row["action"], row["amount"], row["balance"], row["interest"], row["fees"]) == (
        "placed",
        "40",
        "40",
        "0",
        "0",
    )
    assert (row["itemization_amount"], row["payments"], row["credits"]) == ("150", "60", "50")
    assert "99213" not in str(row)
    assert tell(office) == []
    assert hear(office, "REF,acknowledge").taken == 1
    assert the_placement(office).state == "acknowledged"
    half = ("REF,paid,,20.00,5.00,15.00,,T-1",)
    assert hear(office, *half).taken == 1
    again = hear(office, *half)
    assert (again.is_new, again.taken) == (False, 0)
    assert hear(office, *half, "REF,acknowledge").unchanged == 2
    office.go_on(visit)
    money = totals(office, visit)
    assert (money["AGENCY_CLEARING"], money["AGENCY_FEE"], money["BAD_DEBT"]) == (1500, 500, 2000)
    assert (office.stage(visit), the_placement(office).balance_cents) == ("closed", 2000)
    holds(office)
    assert hear(office, "REF,suspend,dispute").taken == 1
    assert the_placement(office).state == "suspended"
    assert recall(office, RecallReason.DISPUTE_UPHELD) == 2000
    office.go_on(visit)
    look_after(office, holder)
    money = totals(office, visit)
    assert (money.get("BAD_DEBT", 0), money["AR_PAT"], office.stage(visit)) == (0, 2000, "patient_balance")
    assert [(one["action"], one["amount"], one["reason"]) for one in tell(office)] == [
        ("suspended", "20", "dispute"),
        ("recalled", "20", "dispute_upheld"),
    ]
    with pytest.raises(placing.NotPlaced, match="recalled already"):
        recall(office, RecallReason.ERROR)
    holds(office)


def cash(office: Office) -> tuple[int, int]:
    """(AGENCY_CLEARING, CASH_BANK); the books are proven."""
    holds(office)
    with office.database.reading() as session:
        sums = ledger.account_totals(session, practice_id=office.practice_id)
    return sums.get("AGENCY_CLEARING", 0), sums.get("CASH_BANK", 0)


def bank_books(office: Office, cents: int, sender: str = NAME) -> None:
    office.deliver(ach_file([entry(cents, sender=sender)], day=f"{office.today:%y%m%d}").encode())


def test_what_the_agency_passes_on_is_paired_with_the_net_of_its_file(office: Office) -> None:
    visit, _ = placed(office)
    tell(office)
    hear(office, "REF,paid,,20.00,5.00,15.00,,T-1")
    assert cash(office) == (0, 0), "the visit has not posted it yet"
    bank_books(office, 1500)
    office.go_on(visit)
    assert cash(office) == (0, 1500)
    hear(office, "REF,paid,,8.00,2.00,6.00,,T-2")
    hear(office, "REF,paid,,4.00,1.00,3.00,,T-3")
    office.go_on(visit)
    assert cash(office) == (900, 1500)
    bank_books(office, 901)
    assert cash(office) == (900, 1500)
    office.let_pass(days=40)
    for _ in range(2):
        with office.database.writing() as session:
            bank_desk.look(session, at=office.now)
    with office.database.reading() as session:
        query = select(Task).where(Task.type == "deposit_missing", Task.state == "open")
        assert sorted(one.amount_cents for one in session.exec(query)) == [300, 600]
    bank_books(office, 900)
    assert cash(office) == (0, 2400)
    with office.database.reading() as session:
        assert session.exec(query).all() == []


def test_what_was_taken_back_here_is_kept_back_from_the_next_sum(office: Office) -> None:
    visit, _ = placed(office)
    tell(office)
    hear(office, "REF,paid,,10.00,2.50,7.50,,T-1")
    office.go_on(visit)
    bank_books(office, 750, "SOMEBODY")
    assert cash(office) == (0, 750), "by its amount, within two weeks"
    with office.database.reading() as session:
        payment = session.exec(select(PatientPayment).where(PatientPayment.method == "agency")).one()
    office.take_back(visit, payment.id)
    office.go_on(visit)
    assert cash(office) == (-750, 750)
    hear(office, "REF,paid,,20.00,5.00,15.00,,T-2")
    office.go_on(visit)
    assert cash(office) == (750, 750)
    with office.database.reading() as session:
        owed = agency_remittances.waiting(session, practice_id=office.practice_id)
    assert sorted((one.cents, one.is_file) for one in owed) == [(-750, False), (1500, True)]
    bank_books(office, 750)
    assert cash(office) == (0, 1500)


def test_what_the_patient_pays_here_meanwhile_is_told_and_a_rest_paid_there_is_all(office: Office) -> None:
    visit, holder = placed(office)
    tell(office)
    office.pay(visit, 1000)
    office.go_on(visit)
    look_after(office, holder)
    [row] = tell(office)
    assert (row["action"], row["amount"], row["balance"], row["payments"]) == ("paid_direct", "10", "30", "70")
    assert hear(office, "REF,paid,,30,,,,T-2").taken == 1
    office.go_on(visit)
    assert (the_placement(office).state, office.stage(visit)) == ("paid_in_full", "closed")
    money = totals(office, visit)
    assert (money["AGENCY_FEE"], money["AGENCY_CLEARING"], money.get("BAD_DEBT", 0)) == (750, 2250, 0)
    assert tell(office) == []
    holds(office)


@pytest.mark.parametrize(("why", "reason"), [(HoldKind.BANKRUPTCY, "bankruptcy"), (HoldKind.DECEASED, "deceased")])
def test_a_bankruptcy_or_a_death_keeps_the_agency_from_asking(office: Office, why: HoldKind, reason: str) -> None:
    visit, holder = placed(office)
    tell(office)
    hold(office, holder, why)
    look_after(office, holder)
    assert the_placement(office).state == "suspended"
    assert [(one["action"], one["reason"]) for one in tell(office)] == [("suspended", reason)]
    assert recall(office, RecallReason(reason)) == 4000
    office.go_on(visit)
    office.let_pass(days=90)
    look_after(office, holder)
    assert totals(office, visit)["AR_PAT"] == 4000
    assert [one["action"] for one in tell(office)] == ["recalled"]
    holds(office)


def test_the_agency_goes_on_when_the_hold_ended(office: Office) -> None:
    _, holder = placed(office)
    assert hear(office, "REF,acknowledge").taken == 1
    hold(office, holder, HoldKind.DISPUTE)
    with office.database.writing() as session:
        [row] = account_holds.standing(session, holder)
        account_holds.end(session, row, why="the bill is right", at=office.now, by=office.worker_id)
    look_after(office, holder)
    assert [one["action"] for one in tell(office)] == ["placed", "suspended", "resumed"]
    assert the_placement(office).state == "acknowledged"
    holds(office)


def test_money_that_crosses_with_a_recall_is_taken_all_the_same(office: Office) -> None:
    visit, holder = placed(office)
    recall(office, RecallReason.ERROR)
    office.go_on(visit)
    look_after(office, holder)
    assert hear(office, "REF,paid,,15,,,,T-3").taken == 1
    office.go_on(visit)
    assert totals(office, visit)["AR_PAT"] == 2500
    holds(office)


def test_faulty_rows_are_named_and_the_good_ones_taken(office: Office) -> None:
    placed(office)
    said = hear(
        office,
        "REF,acknowledge",
        "nothing,acknowledge",
        "REF,paid,,40.01,,,,T-4",
        f"REF,paid,,10,,,{office.today + timedelta(days=1)},T-5",
        "REF,close,uncollectible",
        "REF,suspend,dispute",
    )
    assert (said.taken, [one.line for one in said.faults]) == (2, [3, 4, 5, 7])
    assert "nothing that was placed with Example Recovery" in said.faults[0].message
    assert "more than the $40.00 that were placed" in said.faults[1].message
    assert "closed already" in said.faults[3].message
    holds(office)


def test_a_name_in_other_capitals_is_the_same_agency(office: Office) -> None:
    with office.database.writing() as session:
        for name in (NAME, "EXAMPLE  recovery ", "Another"):
            agencies.named(session, name, practice_id=office.practice_id, at=office.now)
    with office.database.reading() as session:
        assert [one.name for one in agencies.all_of(session, office.practice_id)] == ["Another", NAME]
        assert session.exec(select(AgencyFile)).all() == []
        assert session.exec(select(Encounter)).all() == []


def test_the_file_forbids_to_report_by_default_and_whatever_the_practice_wants_where_the_state_does(
    office: Office,
) -> None:
    visit, _ = placed(office, share=4000)
    assert [one["credit_reporting"] for one in tell(office)] == ["do not report"]
    office.policy("credit_reporting", 1)
    office.pay(visit, 1000)
    office.go_on(visit)
    assert [one["credit_reporting"] for one in tell(office)] == ["may report"]
    with office.database.writing() as session:
        patient = session.get_one(Patient, office.patient_of(visit))
        patient.address = records.dump(Address("1 PINE ST", "ALBANY", "NY", "122070000"))
    office.pay(visit, 1000)
    office.go_on(visit)
    assert [one["credit_reporting"] for one in tell(office)] == ["do not report"]
