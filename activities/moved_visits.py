"""One visit of an office that moves: opened, its balances in the ledger, its claims known by their old numbers."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from activities import coming_of_age
from activities.desk import Desk
from activities.patient_money import settle_patient_money
from billing.amendments import SELF_PAY
from billing.claim import Claim, Party, Person
from billing.coordination import IN_ORDER, PRIMARY, OtherPayer
from billing.days import noon_of
from billing.identifiers import CONTROL_ALPHABET, CONTROL_BODY, control_number
from billing.ledger import Account
from billing.money import format_dollars
from billing.moving import MovedClaim, MovedVisit, MovingOffice, VisitState
from billing.opening import claim_to, opening_entries, policies_of, with_line_numbers
from billing.sent_visits import Known
from billing.stages import Stage
from billing.submission import SubmissionState
from database import coverages, encounters, ledger, moves, office, outbox, records, registrations
from database.outbox import OutboxKind
from database.tables import Encounter, Move, Patient, Submission

STAGES = {
    VisitState.WITH_PAYER: Stage.ADJUDICATION,
    VisitState.FOR_NEXT: Stage.POSTING,
    VisitState.WITH_PATIENT: Stage.PATIENT_BALANCE,
    VisitState.SELF_PAY: Stage.PATIENT_BALANCE,
}
"""Where a visit stands that was under way"""
BEGINS_HERE = frozenset({VisitState.UNSENT, VisitState.UNBILLED})
"""No claim was ever sent: the visit goes through every step from its registration on"""


@dataclass(slots=True)
class Mover:
    """What every step of one move knows."""

    move_id: str
    practice_id: str
    partner_id: str
    told: MovingOffice
    as_of: date
    at: datetime
    """When the move began"""
    known: Known = field(default_factory=Known)


def move_visit(session: Session, mover: Mover, visit: MovedVisit, patient_id: str) -> None:
    """Open the visit where it stood, in this one transaction."""
    patient = session.get_one(Patient, patient_id)
    person = registrations.of_row(patient).person
    policies = policies_of(visit, mover.told, person)
    claims = {one.responsibility: _claim(visit, one, person, mover.known) for one in policies}
    now = visit.payer or (PRIMARY if visit.state in BEGINS_HERE and PRIMARY in claims else None)
    claim = claims[now] if now else _claim(visit, None, person, mover.known)
    encounter = _open(session, mover, visit, claim, patient, [one for one in policies if claim.coverage != SELF_PAY])
    line_ids = [one.id for one in encounters.lines(session, encounter)]
    entries = opening_entries(visit, line_ids, payer_id=encounter.payer_id)
    ledger.post(session, entries, practice_id=mover.practice_id, at=mover.at, encounter_id=encounter.id)
    encounters.tell(session, encounter, _story(visit), at=mover.at)
    if visit.state in BEGINS_HERE:
        return
    _submit(session, mover, visit, encounter, claims, line_ids)
    encounter.stage = STAGES[visit.state]
    session.add(encounter)
    session.flush()
    _settle(session, mover, encounter)


def _claim(visit: MovedVisit, payer: OtherPayer | None, person: Person, known: Known) -> Claim:
    line = visit.lines[0]
    billing = _party(known.billing, line.billing_npi) or known.billing[0]
    return claim_to(
        visit, payer, patient=person, billing=billing, rendering=_party(known.rendering, line.rendering_npi)
    )


def _party(parties: Sequence[Party], npi: str | None) -> Party | None:
    return next((one for one in parties if npi is not None and one.npi == npi), None)


def _open(
    session: Session,
    mover: Mover,
    visit: MovedVisit,
    claim: Claim,
    patient: Patient,
    policies: Sequence[OtherPayer],
) -> Encounter:
    own = claim.coverage.responsibility
    encounter, is_new = encounters.create(
        session,
        claim,
        practice_id=mover.practice_id,
        partner_id=mover.partner_id,
        external_id=visit.number,
        at=mover.at,
        others=[one for one in policies if one.responsibility != own],
        is_self_pay=claim.coverage == SELF_PAY,
        patient=patient,
        key=hashlib.sha256(f"moved:{visit.number}".encode()).hexdigest(),
    )
    assert is_new, "visits that were taken over are passed over"
    coming_of_age.register(session, encounter, at=mover.at)
    moves.keep_visit(session, session.get_one(Move, mover.move_id), encounter, number=visit.number)
    if own != PRIMARY:
        coverages.keep_own(session, encounter, claim, at=mover.at)
        for row in coverages.of_encounter(session, encounter.id):
            if IN_ORDER.index(row.responsibility) < IN_ORDER.index(own):
                row.state = coverages.BILLED
                session.add(row)
    return encounter


def _submit(
    session: Session,
    mover: Mover,
    visit: MovedVisit,
    encounter: Encounter,
    claims: dict[str, Claim],
    line_ids: Sequence[str],
) -> None:
    """Each claim that the old system sent, with the days on which it did. Its own number leads to it from now on."""
    zone = office.zone_of(session, mover.practice_id)
    balances = ledger.balances(session, practice_id=mover.practice_id, encounter_id=encounter.id)
    overpaid = balances.total(Account.AR_INSURANCE) < 0
    for ordinal, sent in enumerate(visit.claims, start=1):
        number = control_number("".join(secrets.choice(CONTROL_ALPHABET) for _ in range(CONTROL_BODY)))
        claim = with_line_numbers(claims[sent.payer], line_ids, control_number=number)
        payer = office.payer_for(
            session, claim.coverage.payer, practice_id=mover.practice_id, partner_id=mover.partner_id
        )
        left_at = noon_of(sent.last_submitted, zone)
        is_answered = overpaid or _is_answered(sent, visit)
        submission = Submission(
            control_number=number,
            practice_id=mover.practice_id,
            encounter_id=encounter.id,
            payer_id=payer.id,
            partner_id=payer.partner_id,
            ordinal=ordinal,
            state=SubmissionState.ADJUDICATED if is_answered else SubmissionState.TRANSMITTED,
            responsibility=sent.payer,
            claim=records.dump(claim),
            ready_at=noon_of(sent.first_submitted, zone),
            first_submitted_at=noon_of(sent.first_submitted, zone),
            transmitted_at=left_at,
            payer_accepted_at=left_at if sent.payer_claim_number else None,
            adjudicated_at=noon_of(mover.as_of, zone) if is_answered else None,
            payer_claim_number=sent.payer_claim_number,
            filing_limit_on=sent.filing_deadline,
        )
        session.add(submission)
        session.flush()
        moves.name_also(session, submission, sent.control_number)


def _is_answered(sent: MovedClaim, visit: MovedVisit) -> bool:
    """Whether this claim's payer was done with it: the patient owes now, or a payer after it does."""
    if visit.state in {VisitState.WITH_PATIENT, VisitState.FOR_NEXT}:
        return True
    return IN_ORDER.index(sent.payer) < IN_ORDER.index(visit.payer or PRIMARY)


def _settle(session: Session, mover: Mover, encounter: Encounter) -> None:
    """Give the visit its agenda, and close it where nobody owes anything: then it needs no workflow."""
    desk = Desk.take(session, practice_id=mover.practice_id, encounter_id=encounter.id, at=mover.at)
    settle_patient_money(desk)
    standing = desk.put_back()
    if standing.stage == Stage.CLOSED:
        outbox.forget(session, OutboxKind.WAKE_ENCOUNTER, practice_id=mover.practice_id, subject_id=encounter.id)


def _story(visit: MovedVisit) -> str:
    open_cents = sum(one.balance for one in visit.lines)
    words = {
        VisitState.WITH_PAYER: "a payer has the claim, and its answer is awaited",
        VisitState.FOR_NEXT: "a payer has answered, and the next one is billed from here",
        VisitState.UNSENT: "no claim had been sent; it is billed from here",
        VisitState.UNBILLED: "nothing had been billed; it is billed from here",
        VisitState.WITH_PATIENT: "the payers are done",
        VisitState.SELF_PAY: "nobody but the patient was billed",
    }
    return f"Moved here from another system with {format_dollars(open_cents)} open: {words[visit.state]}"
