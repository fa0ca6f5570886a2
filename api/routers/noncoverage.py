"""What Original Medicare is expected to refuse, and the notices of non-coverage (form CMS-R-131) of a patient."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api import auth, errors, known_patient, noncovering
from api.actions import Done
from api.auth import Viewer, require
from api.authorizing import EndForm
from api.edit_form import written
from api.idempotency import IdempotencyKey
from api.noncovering import NoticeForm, NoticeRuleForm
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from billing.claim import ServiceLine
from billing.letters import address_lines
from billing.money import Cents, format_amount
from billing.noncoverage import Choice
from billing.roles import Permission
from database import appointments, noncoverage, patients, practice
from database import office as books
from database.access import Person
from database.appointments import AppointmentView, Coming
from database.noncoverage import NoticeRuleView, NoticeView

api = APIRouter(prefix="/api/v1", tags=["authorizations"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
RULE, ONE = "rule", "notice"
CHOICES = {
    Choice.BILL_MEDICARE: "Option 1: wants it, and Medicare is billed",
    Choice.PAY_ALONE: "Option 2: wants it, and Medicare is not billed",
    Choice.DECLINED: "Option 3: does not want it",
    Choice.NOT_SIGNED: "refused to choose or sign",
}


@api.get("/notice-rules")
def list_rules(office: TheOffice, person: Viewer) -> list[NoticeRuleView]:
    """What Original Medicare is expected to refuse, ended rules too."""
    with office.database.reading() as session:
        return noncoverage.rules_of(session, practice_id=person.practice_id)


@api.post("/notice-rules", status_code=201, response_model=dict[str, Any])
def post_rule(form: NoticeRuleForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """Keep a rule: planned visits ask for a notice, and claims say by GA or GZ how it stands (edit A03)."""
    return JSONResponse(noncovering.add_rule(office, person, form, key=key).body, 201)


@api.post("/notice-rules/{rule_id}/end")
def post_end(rule_id: str, form: EndForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> dict[str, Any]:
    """Give a rule its last day."""
    return noncovering.end_rule(office, person, rule_id, form, key=key).body


@api.get("/patients/{patient_id}/notices")
def list_notices(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> list[NoticeView]:
    """A patient's notices, the newest first."""
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        found = noncoverage.of_patient(session, patient_id)
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return found


@api.post("/patients/{patient_id}/notices", status_code=201, response_model=dict[str, Any])
def post_notice(patient_id: str, form: NoticeForm, key: IdempotencyKey, office: TheOffice, person: Worker) -> Response:
    """Keep a notice, with or without what the patient chose."""
    return JSONResponse(noncovering.keep(office, person, patient_id, None, form, key=key).body, 201)


@api.put("/patients/{patient_id}/notices/{notice_id}")
def put_notice(
    patient_id: str, notice_id: str, form: NoticeForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """What is known of it now: what the patient chose, say. 409: changed meanwhile."""
    return noncovering.keep(office, person, patient_id, notice_id, form, key=key).body


@pages.get("/setup/notices")
def show_rules(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The rules."""
    return _rules_page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("/setup/notices")
async def add_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Keep a rule."""
    typed = await typed_into(request)

    def act() -> Done:
        return noncovering.add_rule(office, person, read(NoticeRuleForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _rules_page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), RULE, typed, "/setup/notices", page)


@pages.post("/setup/notices/{rule_id}/end")
async def end_by_form(request: Request, rule_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Give a rule its last day."""
    typed = await typed_into(request)

    def act() -> Done:
        return noncovering.end_rule(office, person, rule_id, read(EndForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _rules_page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), f"end-{rule_id}", typed, "/setup/notices", page)


@pages.get("/patients/{patient_id}/notices")
def show_notices(
    request: Request, patient_id: str, office: TheOffice, person: Viewer, change: str = "", note: str = ""
) -> Response:
    """A patient's notices; with one that is changed, it in the form; else what coming visits want."""
    return _page(request, office, person, patient_id, change, Failed(), NOTES.get(note, ""))


@pages.post("/patients/{patient_id}/notices")
async def keep_by_form(
    request: Request, patient_id: str, office: TheOffice, person: Worker, change: str = ""
) -> Response:
    """Keep one."""
    typed = await typed_into(request)

    def act() -> Done:
        return noncovering.keep(office, person, patient_id, change or None, read(NoticeForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, patient_id, change, failed)

    return await answer(lambda: run_in_threadpool(act), ONE, typed, f"/patients/{patient_id}/notices", page)


@pages.get("/patients/{patient_id}/notices/{notice_id}")
def show_worksheet(request: Request, patient_id: str, notice_id: str, office: TheOffice, person: Viewer) -> Response:
    """What goes into the boxes of CMS's form, to be printed."""
    found = {one.id: one for one in list_notices(request, patient_id, office, person)}
    if notice_id not in found:
        raise errors.not_found("notice")
    with office.database.reading() as session:
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
        told = found[notice_id].told
        master = books.charge_master(session, practice_id=person.practice_id, procedures=told.procedures)
        day = told.signed_on or office.today(person)
        words = {one: master.description_of(_one_unit(one, day)) for one in told.procedures}
        notifier = next(iter(practice.view(session, practice_id=person.practice_id).entities), None)
    return show(
        request,
        "notice_worksheet.html",
        person,
        patient=patient,
        told=told,
        words=words,
        notifier=notifier,
        address=address_lines(notifier.address) if notifier else (),
        choices=CHOICES,
    )


def _rules_page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    rules = list_rules(office, person)
    return show(
        request,
        "notice_rules.html",
        person,
        status=failed.status,
        failed=failed,
        typed={"begins": str(office.today(person))} | failed.typed,
        rules=rules,
        covered={one.id: written(one.rule.covered, with_dots=True) for one in rules},
        keys=failed.key_for,
        note=note,
        today=office.today(person),
        may_change=person.may(Permission.SET_UP),
    )


def _page(
    request: Request, office: Office, person: Person, patient_id: str, change: str, failed: Failed, note: str = ""
) -> Response:
    found = list_notices(request, patient_id, office, person)
    changed = next((one for one in found if one.id == change), None)
    visit, wanted = (None, {}) if changed else _wanted(office, person, patient_id, found)
    with office.database.reading() as session:
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
    return show(
        request,
        "notices.html",
        person,
        status=failed.status,
        failed=failed,
        typed=(_texts(changed) if changed else wanted) | failed.typed,
        visit=visit,
        found=found,
        changed=changed,
        patient=patient,
        choices=CHOICES,
        keys=failed.key_for,
        note=note,
        today=office.today(person),
        may_change=person.may(Permission.WORK),
    )


def _texts(one: NoticeView) -> dict[str, str]:
    told = one.told
    return {
        "procedures": " ".join(told.procedures),
        "reason": told.reason,
        "cost": format_amount(told.cost_cents),
        "choice": told.choice or "",
        "signed_on": str(told.signed_on or ""),
        "note": told.note,
        "version": str(one.version),
    }


def _one_unit(procedure: str, day: date) -> ServiceLine:
    return ServiceLine(procedure, Cents(0), Decimal(1), day)


def _wanted(
    office: Office, person: Person, patient_id: str, found: list[NoticeView]
) -> tuple[AppointmentView | None, dict[str, str]]:
    """The next booked visit that wants a notice, and what it wants in the form's inputs: the front desk has only to
    print it. (None, {}): none wants any."""
    today = office.today(person)
    written_for = {procedure for one in found for procedure in one.told.procedures}
    with office.database.reading() as session:
        rules = [one.rule for one in noncoverage.rules_of(session, practice_id=person.practice_id)]
        coming = appointments.of_patient(session, practice_id=person.practice_id, patient_id=patient_id, since=today)
        for visit in (one for one in coming if one.state == Coming.BOOKED):
            planned = [one for one in visit.procedures.split() if one not in written_for]
            wanting = [(one, rule.reason) for one in planned for rule in rules if rule.wants(one, visit.day)]
            if wanting:
                procedures = list(dict.fromkeys(one for one, _ in wanting))
                master = books.charge_master(session, practice_id=person.practice_id, procedures=procedures)
                cost = sum(master.price_of(_one_unit(one, visit.day)) or 0 for one in procedures)
                return visit, {
                    "procedures": " ".join(procedures),
                    "reason": "; ".join(dict.fromkeys(reason for _, reason in wanting))[:300],
                    "cost": format_amount(Cents(cost)) if cost else "",
                }
    return None, {}
