"""What stories of parted and joined visits do again and again, on the books of `tests.office`."""

from dataclasses import replace
from datetime import date, timedelta

from activities import joining_desk, parting_desk
from activities.desk import Desk
from billing.claim import Claim, Diagnosis
from billing.remittance import ClaimPayment
from database import encounters, proof, visit_groups
from database.columns import new_id
from database.tables import Encounter
from interchange.x12 import claims_837p
from tests.builders import a_claim, a_line, a_payment, an_835
from tests.office import Office

FIRST_DAY = date(2026, 10, 1)
LOW_BACK, NECK = Diagnosis("M5450", "ABK"), Diagnosis("M542", "ABF")


def a_long_claim(count: int) -> Claim:
    """So many lines of one visit, over a few weeks, pointing at two diagnoses in turn."""
    lines = [
        a_line(
            "97110",
            1000 + place,
            modifiers=("GP",),
            service_date=FIRST_DAY + timedelta(days=place % 28),
            diagnosis_pointers=(1 + place % 2,),
        )
        for place in range(count)
    ]
    return a_claim(*lines, diagnoses=(LOW_BACK, NECK))


def a_therapy_visit(day: int, **changes: object) -> Claim:
    """One visit of October: an hour of exercises."""
    line = a_line("97110", 10000, modifiers=("GP",), service_date=date(2026, 10, day))
    return replace(
        a_claim(line, control_number=f"PT10{day:02d}", diagnoses=(LOW_BACK,)),
        **changes,  # type: ignore[arg-type]
    )


def opened(office: Office, claim: Claim) -> str:
    """A visit that came in by whatever way."""
    with office.database.writing() as session:
        row, _ = encounters.create(
            session,
            claim,
            practice_id=office.practice_id,
            partner_id=office.partner_id,
            external_id=claim.control_number,
            at=office.now,
        )
        return row.id


def ready(office: Office, claim: Claim) -> str:
    """The same, as far as it comes before a batch takes it."""
    visit = opened(office, claim)
    office.go_on(visit)
    return visit


def parts_of(office: Office, visit: str) -> list[str]:
    """The claims of a visit, the first one first."""
    with office.database.reading() as session:
        return [one.id for one in visit_groups.parts_of(session, session.get_one(Encounter, visit))]


def part_by_hand(office: Office, visit: str, lines: str, reason: str = "the plan wants it") -> list[str]:
    """A person parts a visit."""
    with office.database.writing() as session:
        desk = Desk.take(session, practice_id=office.practice_id, encounter_id=visit, at=office.now)
        rows = parting_desk.part_by_hand(desk, lines, reason)
        desk.put_back()
        return [one.id for one in rows]


def join(office: Office, *visits: str) -> None:
    """A person bills visits as one claim; each is told."""
    join_only(office, *visits)
    for one in visits:
        office.go_on(one)


def join_only(office: Office, *visits: str) -> None:
    """The same, and nobody is told yet."""
    with office.database.writing() as session:
        group = joining_desk.take_group(
            session,
            practice_id=office.practice_id,
            encounter_ids=visits,
            at=office.now,
            actor_id=office.worker_id,
        )
        joining_desk.join(group, reason="therapy of the month")
        joining_desk.put_back(group.desks, "joined")


def take_out(office: Office, owner: str, member: str) -> None:
    """A person takes a visit out again; both are told."""
    with office.database.writing() as session:
        group = joining_desk.take_group(
            session,
            practice_id=office.practice_id,
            encounter_ids=(owner, member),
            at=office.now,
            actor_id=office.worker_id,
        )
        joining_desk.take_out(*group.desks, reason="another week's")
    for one in (owner, member):
        office.go_on(one)


def sent_claims(office: Office) -> list[Claim]:
    """The claims of the next batch as their payer reads them."""
    before = len(office.wire.claims)
    office.send_claims()
    bodies = list(office.wire.claims.values())[before:]
    read = [one for body in bodies for one in claims_837p.read(body)]
    return [one.claim for one in read if isinstance(one, claims_837p.ReadClaim) and one.claim is not None]


def answer(office: Office, visit: str, *, share: int = 0, icn: str = "ICN001") -> ClaimPayment:
    """The payer pays every line of the visit's newest claim but a share of each for the patient."""
    with office.database.reading() as session:
        claim = encounters.claim_of(session.get_one(Encounter, visit))
    number = office.submission(visit).control_number
    adjustments = (("PR", "3", share),) if share else ()
    lines = tuple(
        replace(
            a_payment(
                number,
                charge=line.charge_cents,
                paid=line.charge_cents - share,
                adjustments=adjustments,
                procedure=line.procedure,
            ).lines[0],
            modifiers=line.modifiers,
            control_number=line_id.upper(),
        )
        for line, line_id in zip(claim.lines, office.line_ids(visit), strict=False)
    )
    paid = sum(one.paid_cents for one in lines)
    return a_payment(number, charge=claim.charge_cents, paid=paid, adjustments=(), lines=lines, payer_claim_number=icn)


def pay(office: Office, visit: str, *, share: int = 0, icn: str = "ICN001") -> ClaimPayment:
    """The same, arrived and posted."""
    said = answer(office, visit, share=share, icn=icn)
    office.deliver_835(an_835(said, trace=f"EFT{new_id()}"))
    office.go_on(visit)
    return said


def claim_of(office: Office, visit: str) -> Claim:
    with office.database.reading() as session:
        return encounters.claim_of(session.get_one(Encounter, visit))


def books_hold(office: Office) -> None:
    """Every proof of the books holds."""
    with office.database.reading() as session:
        failing = [(one.name, one.offenders) for one in proof.prove_rows(session) if not one.holds]
    assert failing == []
