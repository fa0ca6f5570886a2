"""Papers of a patient's account, made from the claims and the ledger as they stand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo
from itertools import chain, repeat

from sqlmodel import Session, col, select

from billing.claim import Address
from billing.days import day_of
from billing.dunning import BalanceItem as Item
from billing.dunning import Notice
from billing.instalments import still_open
from billing.ledger import ADJUSTMENTS, APPLYING, CHARGES, Account, EntryKind
from billing.money import Cents
from billing.prompt_pay import Chance
from billing.statement_words import Language, say
from billing.statements import HELP, ServiceRow, Statement, VisitPart, agreement_in_words, statement, visit_part
from database import (
    assistance,
    consents,
    encounters,
    households,
    instalments,
    ledger,
    office,
    records,
    registrations,
    service_words,
)
from database.registrations import read_by
from database.tables import BillingEntity, Encounter, Patient, Payer

TAKEN_OFF = (*ADJUSTMENTS, Account.BAD_DEBT, Account.MOVED_ADJUSTMENTS)
SHARES = frozenset({EntryKind.CLAIM_PAYMENT, EntryKind.REVERSAL, EntryKind.BILLED_TO_PATIENT, EntryKind.OPENING})
"""Entries that move a share to the patient's account or take it back"""


def number_of(paper_id: str) -> str:
    """What a patient writes on a cheque: the first ten characters of the paper's id, in two groups."""
    return f"{paper_id[:5]}-{paper_id[5:10]}".upper()


def write_statement(
    session: Session,
    items: Sequence[Item],
    *,
    number: str,
    notice: Notice,
    written_on: date,
    pay_by_days: int,
    zone: tzinfo,
    pay_at: str = "",
    chances: Mapping[str, Chance] | None = None,
) -> Statement:
    """The paper on these items, from the claims, the ledger and the patient's record as they stand. `pay_at`: the
    address of the pay page; `chances`: what may be paid instead of what is owed, by visit."""
    offered = chances or {}
    wanted = {one.encounter_id: one for one in items}
    found = session.exec(
        select(Encounter)
        .where(col(Encounter.id).in_(wanted))
        .order_by(col(Encounter.service_date), Encounter.external_id, Encounter.id)
    ).all()
    newest = found[-1]
    holder = households.holder_of(session, households.answering(newest))
    is_shared = {encounter.patient_id for encounter in found} != {holder}
    patient = session.get_one(Patient, holder)
    language = read_by(patient)
    visits = [
        _visit(
            session,
            encounter,
            wanted[encounter.id],
            zone,
            is_shared=is_shared,
            language=language,
            chance=offered.get(encounter.id),
        )
        for encounter in found
    ]
    payee = encounters.claim_of(newest).billing_provider
    entity = session.get(BillingEntity, payee.npi or "")
    return statement(
        payee,
        registrations.of_row(patient).person,
        visits,
        number=number,
        notice=notice,
        written_on=written_on,
        pay_by=written_on + timedelta(days=pay_by_days),
        telephone=entity.telephone if entity else None,
        pay_to=records.load(Address, entity.pay_to_address) if entity and entity.pay_to_address else None,
        addressee=consents.addressee(patient, on=written_on),
        pay_at=pay_at,
        language=language,
        is_self_pay=any(one.is_self_pay for one in found),
        agreement=_agreement(session, patient, zone, today=written_on, language=language),
        assistance=assistance.scale_on(session, practice_id=patient.practice_id, on=written_on),
        is_hospital=_is_hospital(session, patient, on=written_on),
    )


def _is_hospital(session: Session, patient: Patient, *, on: date) -> bool:
    policies = office.policies_for(session, practice_id=patient.practice_id, payer_id=None)
    return bool(policies.value("is_501r_hospital", as_of=on))


def _agreement(session: Session, holder: Patient, zone: tzinfo, *, today: date, language: Language) -> str:
    """What the account pays in parts; empty where nothing is agreed."""
    row = instalments.active(session, holder.id)
    if row is None:
        return ""
    policies = office.policies_for(session, practice_id=holder.practice_id, payer_id=None)
    paid = instalments.standing_of(session, row, policies, today=today).paid_cents
    return agreement_in_words(
        day_of(row.agreed_at, zone),
        total=Cents(row.total_cents),
        paid=Cents(paid),
        parts=still_open(instalments.parts_of(row), paid=paid),
        language=language,
    )


def _visit(
    session: Session,
    encounter: Encounter,
    item: Item,
    zone: tzinfo,
    *,
    is_shared: bool,
    language: Language,
    chance: Chance | None,
) -> VisitPart:
    claim = encounters.claim_of(encounter)
    names = service_words.of_claim(session, claim, practice_id=encounter.practice_id)
    if len({line.service_date for line in claim.lines}) > 1:
        names = [f"{line.service_date}: {name}" for line, name in zip(claim.lines, names, strict=True)]
    rows, shares = service_rows(session, encounter, names, language)
    return visit_part(
        claim,
        number=encounter.external_id,
        plan=plan_of(session, encounter, language),
        rows=list(rows.values()),
        shares=shares,
        billed_first_on=day_of(item.first_statement_at, zone) if item.first_statement_at else None,
        patient=first_name(session, encounter) if is_shared else "",
        is_self_pay=encounter.is_self_pay,
        language=language,
        chance=chance,
    )


def service_rows(
    session: Session, encounter: Encounter, names: Sequence[str], language: Language
) -> tuple[dict[int, ServiceRow], dict[str, int]]:
    """(what stands on each line in the ledger by its ordinal, cents that came to the patient by reason). `names`: what
    the claim's lines are called."""
    by_line: dict[str | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    shares: dict[str, int] = defaultdict(int)
    for journal, posting in ledger.journal_of_encounter(
        session, practice_id=encounter.practice_id, encounter_id=encounter.id
    ):
        by_line[posting.line_id][posting.account] += posting.amount_cents
        if posting.account == Account.AR_PATIENT and journal.kind in SHARES:
            shares[posting.detail] += posting.amount_cents
        if posting.account == Account.AR_PATIENT and journal.kind in APPLYING:
            by_line[posting.line_id]["you paid"] -= posting.amount_cents
        if posting.account == Account.ADJUSTMENT_ASSISTANCE:
            shares[HELP] += posting.amount_cents
    rows = {}
    gone = repeat(say(language, "not_billed"))
    for line_row, name in zip(encounters.lines(session, encounter), chain(names, gone), strict=False):
        sums = by_line[line_row.id]
        if line_row.ordinal > len(names) and not any(sums.values()):
            continue
        rows[line_row.ordinal] = ServiceRow(
            service=name,
            charged_cents=-sum(sums[account] for account in CHARGES),
            plan_paid_cents=sums[Account.CASH_UNAPPLIED] + sums[Account.MOVED_INSURANCE_PAID],
            taken_off_cents=sum(sums[account] for account in TAKEN_OFF),
            you_paid_cents=sums["you paid"] + sums[Account.MOVED_PATIENT_PAID],
            owed_cents=sums[Account.AR_PATIENT],
        )
    return rows, shares


def plan_of(session: Session, encounter: Encounter, language: Language) -> str:
    """The plan's name, or that none was billed."""
    return say(language, "no_plan") if encounter.is_self_pay else session.get_one(Payer, encounter.payer_id).name


def first_name(session: Session, encounter: Encounter) -> str:
    """How a paper about several patients calls this one."""
    patient = session.get_one(Patient, encounter.patient_id)
    return patient.first_name or patient.last_name
