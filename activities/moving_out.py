"""A whole practice as another system, or another installation of this one, takes it over: the mirror of moving in.

What `moving_in` reads is written, and beside it every posting of the ledger. What stays is told with what is open on
it: nothing is left out in silence.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from activities.moved_appointments import coming
from activities.moved_out_visits import visit_numbers, visit_out
from billing.amendments import SELF_PAY
from billing.claim import Claim, Party
from billing.coordination import OtherPayer
from billing.days import day_of
from billing.held_policies import policy_key
from billing.money import Cents, format_dollars
from billing.moving import (
    FIRST_PAYERS,
    WHOLE,
    AgingParty,
    AgingRow,
    DunningStage,
    MovedAccount,
    MovedClaim,
    MovedCoverage,
    MovedLine,
    MovedPatient,
    MovedPlan,
    MovedProvider,
    MovingOffice,
    tie,
)
from billing.moving_checks import faults_of
from database import accounts, audit, coverages, encounters, held_policies, ledger, moves, office, registrations
from database.engine import Database
from database.tables import Encounter, Journal, Line, Patient, PatientAccount, PaymentPlan, Posting
from interchange import moving_files

STAYS = (
    "denials and appeals under way, tasks, holds and changes that wait: the line is with its payer",
    "answers of payers one by one, payments of patients one by one: their sums stand on the lines, each in ledger.csv",
    "how often each visit of a patient was billed: accounts.csv counts by patient",
    "what a claim says beyond these columns: authorizations, accidents, drugs, other providers, notes",
    "balances with a collection agency, tills and deposits",
    "wishes that no plan be told, consents, guarantors, Medicare's questions, and why policies stand in their order",
    "eligibility answers, documents, letters, notes, appointments that are over",
    "prices, policies, enrolments, users, the audit",
)
"""What no file of a move holds, in words"""


@dataclass(slots=True)
class MovedOut:
    """The files of a practice, and what they do not hold."""

    files: dict[str, str]
    total_cents: int
    """Open on the lines that are in the files"""
    ledger_cents: int
    """Open in the ledger"""
    patients: int
    visits: int
    lines: int
    left_out: list[str] = field(default_factory=list)

    @property
    def notice(self) -> str:
        """What the files do not hold, as a text beside them."""
        return "\n".join(("These files do not hold:", *(f"- {one}" for one in (*self.left_out, *STAYS)), ""))


def move_out(database: Database, *, practice_id: str, at: datetime, by: str) -> MovedOut:
    """Everything of a practice as files. It is written down who took it, and changes nothing else."""
    with database.reading() as session:
        out = _write(session, practice_id=practice_id, at=at)
    with database.writing() as session:
        audit.record(
            session,
            practice_id=practice_id,
            at=at,
            actor_id=by,
            action="export",
            subject="practice",
            subject_id=practice_id,
            reason=f"{out.patients} patients, {out.visits} visits",
        )
    return out


def _write(session: Session, *, practice_id: str, at: datetime) -> MovedOut:
    zone = office.zone_of(session, practice_id)
    today = day_of(at, zone)
    mine = select(Encounter).where(Encounter.practice_id == practice_id)
    visits = session.exec(mine.order_by(col(Encounter.service_date), Encounter.id)).all()
    numbers = visit_numbers(visits)
    lines: list[MovedLine] = []
    claims: list[MovedClaim] = []
    stays: Counter[str] = Counter()
    stays_cents: Counter[str] = Counter()
    for one in visits:
        out = visit_out(session, one, number=numbers[one.id], zone=zone)
        lines += out.lines
        claims += out.claims
        if out.why_not:
            stays[out.why_not] += 1
            stays_cents[out.why_not] += out.open_cents
    left_out = [f"{count} visits {why}, {format_dollars(stays_cents[why])} open" for why, count in stays.items()]
    policies, doubtful = _coverages(session, visits, practice_id=practice_id)
    if doubtful:
        left_out.append(f"{doubtful} policies that no visit has, or that another visit of the same day has otherwise")
    told = MovingOffice(
        providers=tuple(_providers(encounters.claim_of(one) for one in visits)),
        patients=tuple(_patients(session, practice_id)),
        coverages=tuple(policies),
        lines=tuple(lines),
        claims=tuple(claims),
        accounts=tuple(_accounts(session, practice_id=practice_id, at=at)),
        plans=tuple(_plans(session, practice_id)),
        appointments=tuple(coming(session, practice_id, today)),
        aging=tuple(_aging(lines, today)),
    )
    totals = ledger.account_totals(session, practice_id=practice_id)
    files = moving_files.write(told)
    left_out += _refused(files)
    files[moving_files.LEDGER] = _ledger(session, numbers, practice_id=practice_id)
    return MovedOut(
        files=files,
        total_cents=sum(one.total for one in told.aging),
        ledger_cents=sum(totals.get(account, 0) for account in moves.OPEN_ACCOUNTS),
        patients=len(told.patients),
        visits=len(told.visits),
        lines=len(lines),
        left_out=left_out,
    )


def _refused(files: Mapping[str, str]) -> list[str]:
    """What moving in will not read of these very files: who takes them over puts it right there."""
    read, faults = moving_files.read({name: text.encode() for name, text in files.items()})
    return [f"to be put right before they are taken over: {fault}" for fault in faults or faults_of(read)]


def _aging(lines: Sequence[MovedLine], today: date) -> list[AgingRow]:
    sums = tie(lines, [], as_of=today).by_bucket
    cells = sums or {(AgingParty.INSURANCE, WHOLE): 0}
    return [AgingRow(0, today, party, bucket, Cents(cents)) for (party, bucket), cents in sorted(cells.items())]


def _patients(session: Session, practice_id: str) -> Iterable[MovedPatient]:
    for row in session.exec(select(Patient).where(Patient.practice_id == practice_id).order_by(Patient.id)):
        told = registrations.of_row(row)
        place = told.address
        yield MovedPatient(
            line=0,
            patient=row.id,
            last_name=told.last_name,
            first_name=told.first_name,
            middle_name=told.middle_name,
            suffix=told.suffix,
            birth_date=told.birth_date,
            sex=told.sex,
            street=place.street if place else None,
            street_2=place.street_2 if place else None,
            city=place.city if place else None,
            state=place.state if place else None,
            postal_code=place.postal_code if place else None,
            telephone=told.telephone,
            email=told.email,
        )


def _coverages(session: Session, visits: Sequence[Encounter], *, practice_id: str) -> tuple[list[MovedCoverage], int]:
    """(policies with the days on which visits had them; how many stay, since another visit of the same day has another
    one, or no visit of the patient's has them).

    A policy is told for the days between the first visit that has it and the first later one that has it not.
    """
    by_patient: dict[str, dict[date, dict[str, OtherPayer]]] = {}
    doubtful = 0
    for visit in visits:
        claim = encounters.claim_of(visit)
        if claim.coverage.payer.id == SELF_PAY.payer.id:
            continue
        held = {one.responsibility: one for one in coverages.in_order(session, visit, claim)}
        days = by_patient.setdefault(visit.patient_id, {})
        known = days.setdefault(visit.service_date, held)
        doubtful += known != held and sum(known.get(place) != one for place, one in held.items())
        days[visit.service_date] = known | held
    found: list[MovedCoverage] = []
    for patient_id, days in by_patient.items():
        for place in FIRST_PAYERS:
            found += _spans(patient_id, [(day, days[day].get(place)) for day in sorted(days)])
    patients = session.exec(select(Patient.id).where(Patient.practice_id == practice_id).order_by(Patient.id))
    for patient_id in patients:
        named = {policy_key(one) for day in by_patient.get(patient_id, {}).values() for one in day.values()}
        for one in held_policies.of_patient(session, patient_id):
            if patient_id in by_patient or one.policy.responsibility not in FIRST_PAYERS:
                doubtful += policy_key(one.policy) not in named
            else:
                found.append(_coverage(patient_id, one.policy, one.valid_from, one.valid_to))
    return found, doubtful


def _spans(patient_id: str, days: Sequence[tuple[date, OtherPayer | None]]) -> list[MovedCoverage]:
    """One row for each run of visits with the same policy; the first begins and the last ends with no day."""
    found: list[MovedCoverage] = []
    begun: date | None = None
    for place, (day, policy) in enumerate(days):
        if place and policy == days[place - 1][1]:
            continue
        begun = day if place else None
        later = next((other for other, held in days[place:] if held != policy), None)
        if policy is not None:
            found.append(_coverage(patient_id, policy, begun, later - timedelta(days=1) if later else None))
    return found


def _coverage(patient_id: str, policy: OtherPayer, first: date | None, last: date | None) -> MovedCoverage:
    coverage, holder = policy.coverage, policy.subscriber
    return MovedCoverage(
        line=0,
        patient=patient_id,
        responsibility=coverage.responsibility,
        payer_id=coverage.payer.id or "",
        payer_name=coverage.payer.name.last,
        member_id=coverage.member_id or "",
        group_number=coverage.group_number,
        filing_indicator=coverage.filing_indicator,
        relationship=coverage.relationship,
        subscriber_last_name=None if coverage.is_self else holder.name.last,
        subscriber_first_name=None if coverage.is_self else holder.name.first,
        subscriber_birth_date=None if coverage.is_self else holder.birth_date,
        subscriber_sex=None if coverage.is_self else holder.sex,
        effective_from=first,
        effective_to=last,
    )


def _providers(claims: Iterable[Claim]) -> Iterable[MovedProvider]:
    """Whom the visits are billed under and who saw the patients, each as the newest claim names them."""
    found: dict[tuple[str, str], Party] = {}
    for claim in claims:
        rendering = claim.provider("82")
        for kind, party in (("billing", claim.billing_provider), ("rendering", rendering)):
            if party is not None and party.npi:
                found[kind, party.npi] = party
    for (kind, npi), party in sorted(found.items()):
        place = party.address
        yield MovedProvider(
            line=0,
            npi=npi,
            kind=kind,
            name=party.name.last,
            first_name=party.name.first,
            tax_id=party.reference("EI") or party.reference("SY"),
            taxonomy=party.taxonomy,
            street=place.street if place else None,
            city=place.city if place else None,
            state=place.state if place else None,
            postal_code=place.postal_code if place else None,
        )


def _accounts(session: Session, *, practice_id: str, at: datetime) -> Iterable[MovedAccount]:
    zone = office.zone_of(session, practice_id)
    rows = session.exec(
        select(PatientAccount).where(PatientAccount.practice_id == practice_id).order_by(PatientAccount.patient_id)
    )
    for row in rows:
        items = accounts.items(session, row.patient_id)
        papers = max((one.statements for one in items), default=0)
        first = min((one.first_statement_at for one in items if one.first_statement_at), default=None)
        final = max((one.final_notice_at for one in items if one.final_notice_at), default=None)
        last = final or row.last_paper_at if papers else None
        has_plan = session.get(PaymentPlan, row.patient_id) is not None
        paused = row.paused_until if not has_plan and row.paused_until and row.paused_until > at else None
        if not papers and paused is None:
            continue
        stage = DunningStage.STATEMENT if papers == 1 else DunningStage.REMINDER
        stage = DunningStage.FINAL_NOTICE if final else stage if papers else DunningStage.NONE
        yield MovedAccount(
            line=0,
            patient=row.patient_id,
            stage=stage,
            statements=papers,
            first_statement=day_of(first, zone) if first else None,
            last_statement=day_of(last, zone) if last else None,
            paused_until=day_of(paused, zone) if paused else None,
            pause_reason=(row.pause_reason or "no reason was given")[:400] if paused else None,
        )


def _plans(session: Session, practice_id: str) -> Iterable[MovedPlan]:
    rows = session.exec(
        select(PaymentPlan).where(PaymentPlan.practice_id == practice_id).order_by(PaymentPlan.patient_id)
    )
    for row in rows:
        yield MovedPlan(0, row.patient_id, Cents(row.amount_cents), row.day_of_month, Cents(row.balance_cents))


def _ledger(session: Session, numbers: dict[str, str], *, practice_id: str) -> str:
    """Every posting in the order of the book; the sides of an entry stand under its number and sum to zero."""
    rows = session.exec(
        select(Journal, Posting, Line.ordinal)
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .join(Line, col(Line.id) == col(Posting.line_id), isouter=True)
        .where(Journal.practice_id == practice_id)
        .order_by(col(Journal.number), col(Posting.id))
    )
    names = ("entry", "kind", "posted_on", "service_date", "visit", "line", "account", "detail", "amount", "source")
    return moving_files.rows_as_csv(
        names,
        (
            (
                str(journal.number),
                journal.kind,
                str(journal.posted_on),
                str(journal.service_date or ""),
                numbers.get(journal.encounter_id or "", ""),
                "" if ordinal is None else str(ordinal),
                posting.account,
                posting.detail,
                moving_files.dollars(posting.amount_cents),
                journal.source_key,
            )
            for journal, posting, ordinal in rows
        ),
    )
