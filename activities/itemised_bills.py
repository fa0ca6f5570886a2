"""The itemised bill of a visit or of an account, from the claims and the ledger as they stand."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from activities.statement_papers import first_name, plan_of, service_rows
from billing.itemised_bills import ItemisedBill, ItemisedLine, ItemisedVisit, ReceivedPayment
from billing.letters import address_lines
from billing.statement_words import Language, say
from billing.statements import format_telephone, seen_by
from database import consents, encounters, households, registrations, service_words
from database.tables import BillingEntity, Encounter, Patient, PatientPayment


def of_visit(session: Session, *, practice_id: str, encounter_id: str, today: date) -> ItemisedBill | None:
    """One visit's; None: the practice knows no such visit, or it was void."""
    return _bill(session, _visits(session, practice_id, Encounter.id == encounter_id), today=today)


def of_account(session: Session, *, practice_id: str, patient_id: str, today: date) -> ItemisedBill | None:
    """Of every visit on the account that the patient's shares stand on; None: there is none."""
    everybody = households.members(session, households.holder_of(session, patient_id))
    return _bill(session, _visits(session, practice_id, households.ANSWERING.in_(everybody)), today=today)


def _visits(session: Session, practice_id: str, which: object) -> Sequence[Encounter]:
    query = select(Encounter).where(Encounter.practice_id == practice_id, col(Encounter.is_void).is_(False), which)  # type: ignore[arg-type]
    return session.exec(query.order_by(col(Encounter.service_date), Encounter.external_id, Encounter.id)).all()


def _bill(session: Session, visits: Sequence[Encounter], *, today: date) -> ItemisedBill | None:
    if not visits:
        return None
    newest = visits[-1]
    holder = session.get_one(Patient, households.holder_of(session, households.answering(newest)))
    language = registrations.read_by(holder)
    payee = encounters.claim_of(newest).billing_provider
    entity = session.get(BillingEntity, payee.npi or "")
    telephone = entity.telephone if entity else None
    reached = [say(language, "telephone", telephone=format_telephone(telephone))] if telephone else []
    is_shared = {one.patient_id for one in visits} != {holder.id}
    return ItemisedBill(
        written_on=today,
        sender=(payee.name.last, *address_lines(payee.address), *reached),
        addressee=consents.addressee(holder, on=today),
        visits=tuple(_visit(session, one, language, is_shared=is_shared) for one in visits),
        language=language,
    )


def _visit(session: Session, encounter: Encounter, language: Language, *, is_shared: bool) -> ItemisedVisit:
    claim = encounters.claim_of(encounter)
    names = service_words.of_claim(session, claim, practice_id=encounter.practice_id)
    rows, _ = service_rows(session, encounter, names, language)
    lines = []
    for ordinal, row in rows.items():
        line = claim.lines[ordinal - 1] if ordinal <= len(claim.lines) else None
        code = "-".join((line.called, *line.modifiers)) if line else ""
        units = f"{line.units.normalize():f}" if line else ""
        lines.append(ItemisedLine(line.service_date if line else claim.service_from, code, units, row))
    paid = select(PatientPayment).where(PatientPayment.encounter_id == encounter.id)
    received = session.exec(paid.order_by(col(PatientPayment.received_on), PatientPayment.id)).all()
    return ItemisedVisit(
        number=encounter.external_id,
        day=claim.service_from,
        provider=seen_by(claim),
        plan=plan_of(session, encounter, language),
        patient=first_name(session, encounter) if is_shared else "",
        lines=tuple(lines),
        payments=tuple(ReceivedPayment(one.received_on, one.amount_cents) for one in received),
    )
