"""Patients: found by what a caller can say of them, and one patient with every visit, balance and letter.

Every query takes the practice. A visit that comes in finds its patient by coverage, name and birth date: who changes
the plan is a new row, and the page of one leads to the others. A visit that is opened from a patient's page is theirs
under whatever plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.claim import Address, Claim
from billing.ledger import ENCOUNTER_BALANCES, RECEIVABLES, Account
from billing.patients import WHO, Registration, differing, registration_of, telephone_digits
from billing.sent_visits import SentNumber
from billing.stages import Stage
from database import encounters, letters, member_ids, merges, patient_names, registrations, sent, submissions
from database.folding import begins, found_by
from database.letters import LetterRow
from database.merges import MergeView
from database.tables import Encounter, Patient, PatientNumber, Payer, Posting, Submission

Ids = SelectOfScalar[str]
"""Of patients"""

SHORTEST_NUMBER = 4
"""Characters of a member id, visit or control number that is worth looking for"""


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient that was found."""

    id: str
    name: str
    birth_date: date | None
    telephone: str | None
    """Ten digits"""
    last_visit: date | None
    visits: int
    open_cents: int
    """What payers and the patient still owe"""
    known_before: tuple[str, ...] = ()
    """Other names by which this search found them, of patients who were merged into this one"""


@dataclass(frozen=True, slots=True)
class PatientList:
    """Who was found."""

    items: list[PatientRow]
    has_more: bool
    """There are others: say more of the name"""


@dataclass(frozen=True, slots=True)
class CoverageView:
    """The coverage of the last visit."""

    payer: str
    payer_number: str | None
    member_id: str | None
    group_number: str | None
    relationship: str
    subscriber: str
    filing_indicator: str | None


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit and who owes what on it."""

    id: str
    external_id: str
    service_date: date
    stage: Stage
    on_hold: bool
    payer: str
    charge_cents: int
    payer_owed_cents: int
    patient_owed_cents: int
    unapplied_cents: int
    """Money of the patient that no balance has taken yet"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which a visit says something else than the patient's record."""

    field: str
    known: str
    """What the record says, as people read it; empty: nothing"""
    said: str


@dataclass(frozen=True, slots=True)
class VisitSays:
    """The last visit, where it says otherwise than the patient's record."""

    encounter_id: str
    external_id: str
    service_date: date
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class PatientView:
    """Everything the patient's page shows."""

    id: str
    name: str
    birth_date: date | None
    sex: str | None
    address: tuple[str, ...]
    """Lines"""
    record: Registration
    """Name, birth date, sex, address, telephone and e-mail apart"""
    email_failed: str | None
    """Why a mail server said no to the e-mail address; None: none did"""
    version: int
    """Given back when the patient is changed"""
    numbers: list[SentNumber]
    """What other systems call the patient: record numbers, and those of an office system before"""
    otherwise: VisitSays | None
    known_since: datetime
    coverage: CoverageView | None
    visits: list[VisitRow]
    """The newest first"""
    charge_cents: int
    payer_owed_cents: int
    patient_owed_cents: int
    unapplied_cents: int
    letters: list[LetterRow]
    merged_into: str | None
    """Who this patient turned out to be"""
    merges: list[MergeView]
    """Who turned out to be this patient"""
    other_coverages: list[PatientRow]
    """The same name and birth date: under another payer or member id, or another person"""

    @property
    def open_visits(self) -> list[VisitRow]:
        """Visits that are not closed: each goes on with what was entered on it."""
        return [one for one in self.visits if one.stage != Stage.CLOSED]


def search(session: Session, *, practice_id: str, text: str, limit: int = 50) -> PatientList:
    """Patients by the beginning of last or first name, or of both in any order, birth date, telephone, member id or a
    number. Who was merged into another one is found as the kept one.

    The number is the visit's own (CLM01 as it came) or that of a claim that was sent. An empty text finds nobody.
    """
    said = _said_of_them(practice_id, text.strip())
    if not said:
        return PatientList([], has_more=False)
    before = merges.known_before(session, found_by(col(Patient.id), said), practice_id=practice_id)
    if before:
        said.append(select(Patient.id).where(col(Patient.id).in_(before)))
    named_so = found_by(col(Patient.id), [*said, *_numbered(practice_id, text.strip())])
    query = select(Patient).where(Patient.practice_id == practice_id, col(Patient.merged_into).is_(None), named_so)
    query = query.order_by(Patient.last_name, col(Patient.first_name), col(Patient.birth_date), Patient.id)
    found = session.exec(query.limit(limit + 1)).all()
    if not found:
        found = _with_member_id(session, practice_id, text.strip(), limit)
    rows = [replace(one, known_before=before.get(one.id, ())) for one in _rows(session, practice_id, found[:limit])]
    return PatientList(rows, has_more=len(found) > limit)


def alike(session: Session, told: Registration, *, practice_id: str) -> list[PatientRow]:
    """Patients who are likely the same person: the same last name and birth date."""
    return _rows(session, practice_id, registrations.alike(session, told, practice_id=practice_id))


def change(session: Session, row: Patient, told: Registration) -> tuple[str, ...]:
    """Keep what is known now of a locked patient: names of the changed fields.

    A later visit under the new name and the coverage of the last one is this patient's too.
    """
    names = registrations.keep(session, row, told)
    last = encounters.newest(session, practice_id=row.practice_id, patient_id=row.id)
    if last is not None and not set(WHO).isdisjoint(names):
        registrations.know_as(session, row, replace(encounters.claim_of(last), patient=told.person))
    return names


def patient(session: Session, *, practice_id: str, patient_id: str) -> PatientView | None:
    """The patient's page; None when the practice has no such patient."""
    row = registrations.find(session, practice_id=practice_id, patient_id=patient_id)
    if row is None:
        return None
    found = _visits(session, practice_id, patient_id)
    visits = _visit_rows(session, practice_id, found)
    claim = encounters.claim_of(found[0]) if found else None
    record = registrations.of_row(row)
    return PatientView(
        id=row.id,
        name=patient_names.name_of(row),
        birth_date=row.birth_date,
        sex=row.sex,
        address=_lines(record.address),
        record=record,
        email_failed=row.email_failed_why if row.email_failed and row.email_failed == row.email else None,
        version=row.version,
        numbers=sent.numbers_of(session, practice_id=practice_id, patient_id=row.id),
        otherwise=_otherwise(record, found[0], claim) if claim else None,
        known_since=row.created_at,
        coverage=_coverage(claim),
        visits=visits,
        charge_cents=sum(one.charge_cents for one in visits),
        payer_owed_cents=sum(one.payer_owed_cents for one in visits),
        patient_owed_cents=sum(one.patient_owed_cents for one in visits),
        unapplied_cents=sum(one.unapplied_cents for one in visits),
        letters=letters.of_patient(session, practice_id=practice_id, patient_id=patient_id),
        merged_into=row.merged_into,
        merges=merges.of_patient(session, practice_id=practice_id, patient_id=row.id),
        other_coverages=_other_coverages(session, row),
    )


def _said_of_them(practice_id: str, text: str) -> list[Ids]:
    """Patients of whose own record a text may say something; none when it says nothing."""
    theirs = select(Patient.id).where(Patient.practice_id == practice_id)
    day = _day(text)
    if day is not None:
        return [theirs.where(col(Patient.birth_date) == day)]
    if not text.replace(",", "").strip():
        return []
    telephone = telephone_digits(text)
    called = [] if telephone is None else [theirs.where(col(Patient.telephone) == telephone)]
    return [*named(practice_id, text), *called]


def _numbered(practice_id: str, text: str) -> list[Ids]:
    """Patients of whom a text is a number; none where it can be none."""
    found: list[Ids] = []
    if len(text) >= SHORTEST_NUMBER and _day(text) is None:
        spellings = {text, text.upper()}
        visits = select(Encounter.patient_id).where(Encounter.practice_id == practice_id)
        by_control_number = (
            select(Encounter.patient_id)
            .join(Submission, col(Submission.encounter_id) == col(Encounter.id))
            .where(Submission.practice_id == practice_id, col(Submission.control_number).in_(spellings))
        )
        found.append(visits.where(col(Encounter.external_id).in_(spellings)))
        found.append(by_control_number)
        numbered = select(PatientNumber.patient_id).where(PatientNumber.practice_id == practice_id)
        found.append(numbered.where(col(PatientNumber.number).in_(spellings)))
        formerly = submissions.formerly_named(practice_id, text)
        found.append(visits.where(col(Encounter.id).in_(formerly)))
    return found


def named(practice_id: str, text: str) -> list[Ids]:
    """Patients whose names begin so: `last`, `first`, `last, first`, or both with a blank between in any order. One
    select a way, each answered by an index."""
    theirs = select(Patient.id).where(Patient.practice_id == practice_id)
    return [theirs.where(one) for one in _name_begins(text)]


def _name_begins(text: str) -> list[sa.ColumnElement[bool]]:
    before, comma, after = (part.strip() for part in text.partition(","))
    if comma and before:
        last = begins(Patient.last_name, before)
        return [sa.and_(last, begins(Patient.first_name, after)) if after else last]
    words = text.replace(",", " ").split()
    whole = " ".join(words)
    found = [begins(Patient.last_name, whole), begins(Patient.first_name, whole)]
    for cut in range(1, len(words)):
        one, other = " ".join(words[:cut]), " ".join(words[cut:])
        found.append(sa.and_(begins(Patient.last_name, one), begins(Patient.first_name, other)))
        found.append(sa.and_(begins(Patient.last_name, other), begins(Patient.first_name, one)))
    return found


def _day(text: str) -> date | None:
    """A day as the office writes it, or as people in the United States say it: `1970-05-01`, `5/1/1970`."""
    try:
        if "/" in text:
            month, day, year = (int(part) for part in text.split("/"))
            return date(year, month, day)
        return date.fromisoformat(text) if "-" in text else None
    except ValueError:
        return None


def _with_member_id(session: Session, practice_id: str, text: str, limit: int) -> Sequence[Patient]:
    """Patients with a visit under this member id."""
    if not any(char.isdigit() for char in text):
        return []
    visits = select(Encounter.patient_id).where(col(Encounter.id).in_(member_ids.visits_under(practice_id, text)))
    query = select(Patient).where(Patient.practice_id == practice_id, col(Patient.id).in_(visits))
    return session.exec(query.order_by(Patient.last_name, Patient.id).limit(limit + 1)).all()


def _rows(session: Session, practice_id: str, found: Sequence[Patient]) -> list[PatientRow]:
    ids = [row.id for row in found]
    visits = session.exec(
        select(Encounter.patient_id, func.max(Encounter.service_date), func.count())
        .where(Encounter.practice_id == practice_id, col(Encounter.patient_id).in_(ids))
        .group_by(Encounter.patient_id)
    )
    seen = {patient_id: (last, int(count)) for patient_id, last, count in visits}
    owed = session.exec(
        select(Encounter.patient_id, func.sum(Posting.amount_cents))
        .join(Posting, col(Posting.encounter_id) == col(Encounter.id))
        .where(
            Encounter.practice_id == practice_id,
            col(Encounter.patient_id).in_(ids),
            col(Posting.account).in_([account.value for account in RECEIVABLES]),
        )
        .group_by(Encounter.patient_id)
    )
    cents = {patient_id: int(total) for patient_id, total in owed}
    return [
        PatientRow(
            id=row.id,
            name=patient_names.name_of(row),
            birth_date=patient_names.unless_kept(row.id, row.birth_date),
            telephone=patient_names.unless_kept(row.id, row.telephone),
            last_visit=seen[row.id][0] if row.id in seen else None,
            visits=seen[row.id][1] if row.id in seen else 0,
            open_cents=cents.get(row.id, 0),
        )
        for row in found
    ]


def _visits(session: Session, practice_id: str, patient_id: str) -> Sequence[Encounter]:
    return session.exec(
        select(Encounter)
        .where(Encounter.practice_id == practice_id, Encounter.patient_id == patient_id)
        .order_by(col(Encounter.service_date).desc(), col(Encounter.created_at).desc(), Encounter.id)
    ).all()


def _visit_rows(session: Session, practice_id: str, found: Sequence[Encounter]) -> list[VisitRow]:
    balances = _balances(session, practice_id, [row.id for row in found])
    payer_ids = {row.payer_id for row in found}
    payers = {row.id: row.name for row in session.exec(select(Payer).where(col(Payer.id).in_(payer_ids)))}
    return [
        VisitRow(
            id=row.id,
            external_id=row.external_id,
            service_date=row.service_date,
            stage=Stage(row.stage),
            on_hold=row.on_hold,
            payer=payers[row.payer_id],
            charge_cents=row.charge_cents,
            payer_owed_cents=balances[row.id, Account.AR_INSURANCE],
            patient_owed_cents=balances[row.id, Account.AR_PATIENT],
            unapplied_cents=-balances[row.id, Account.PATIENT_UNAPPLIED],
        )
        for row in found
    ]


def _balances(session: Session, practice_id: str, ids: Iterable[str]) -> dict[tuple[str, str], int]:
    rows = session.exec(
        select(Posting.encounter_id, Posting.account, func.sum(Posting.amount_cents))
        .where(
            Posting.practice_id == practice_id,
            col(Posting.encounter_id).in_(list(ids)),
            col(Posting.account).in_([account.value for account in ENCOUNTER_BALANCES]),
        )
        .group_by(col(Posting.encounter_id), Posting.account)
    )
    found: dict[tuple[str, str], int] = defaultdict(int)
    found.update({(encounter_id or "", account): int(cents) for encounter_id, account, cents in rows})
    return found


def _other_coverages(session: Session, row: Patient) -> list[PatientRow]:
    """Who is kept from who looks is left out: a mask beside the same name would say who it is."""
    if row.birth_date is None:
        return []
    query = select(Patient).where(
        Patient.practice_id == row.practice_id,
        Patient.birth_date == row.birth_date,
        func.lower(Patient.last_name) == func.lower(row.last_name),
        func.lower(func.coalesce(Patient.first_name, "")) == func.lower(row.first_name or ""),
        Patient.id != row.id,
    )
    found = session.exec(query.order_by(Patient.id)).all()
    return _rows(session, row.practice_id, [one for one in found if not patient_names.is_kept(one.id)])


def _coverage(claim: Claim | None) -> CoverageView | None:
    if claim is None:
        return None
    coverage, subscriber = claim.coverage, claim.subscriber.name
    return CoverageView(
        payer=coverage.payer.name.last,
        payer_number=coverage.payer.id,
        member_id=coverage.member_id,
        group_number=coverage.group_number,
        relationship=coverage.relationship,
        subscriber=f"{subscriber.last}, {subscriber.first}" if subscriber.first else subscriber.last,
        filing_indicator=coverage.filing_indicator,
    )


def _otherwise(record: Registration, visit: Encounter, claim: Claim) -> VisitSays | None:
    said = registration_of(claim.patient)
    found = tuple(Difference(one, _text(record, one), _text(said, one)) for one in differing(record, said))
    return VisitSays(visit.id, visit.external_id, visit.service_date, found) if found else None


def _text(record: Registration, name: str) -> str:
    value = getattr(record, name)
    return ", ".join(_lines(value)) if isinstance(value, Address) else str(value or "")


def _lines(address: Address | None) -> tuple[str, ...]:
    if address is None:
        return ()
    town = " ".join(part for part in (address.city, address.state, address.postal_code) if part)
    return tuple(part for part in (address.street, address.street_2, town) if part)
