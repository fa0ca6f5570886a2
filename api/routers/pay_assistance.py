"""The pay page's application for help with the bill: filled in, completed and proved by the patient, behind the secret
link and the second fact."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.datastructures import UploadFile

from activities import assistance as helping
from api.assistance_form import ApplicationForm
from api.errors import Problem
from api.office import Office, TheOffice
from api.routers import pay
from api.routers.pages import read, show_to_patient, typed_into
from billing import help_words
from billing.assistance import LARGEST_HOUSEHOLD, OPEN, Per, State, Way
from billing.attachments import LARGEST, FileKind, NotKept, content_type
from billing.days import day_of
from billing.money import format_dollars
from billing.statement_words import Language
from database import account_holds, accounts, assistance, attachments, households
from database import office as offices
from database.attachments import FileSubject
from database.tables import AssistanceApplication, PatientAccount, PayLink

pages = APIRouter(prefix="/pay", include_in_schema=False)

MOST_FILES = 10
"""With one application, by the patient"""
Text = str | tuple[str, ...]
_ASKED = ("applicant", "household_size", "income")
"""What the page cannot do without"""
OF_THE_OFFICE = frozenset({"way", "received_on"})
"""Fields that only staff fill in"""
LIMITS = {"files": str(MOST_FILES), "megabytes": str(LARGEST // 1_000_000), "people": str(LARGEST_HOUSEHOLD)}
"""Values of the page's texts"""


@dataclass(frozen=True)
class Refused:
    """What is wrong with what was sent: by field the key of its words in billing.help_words, and what was typed."""

    faults: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)


@pages.get("/{token}/help")
async def show_form(request: Request, token: str, office: TheOffice) -> Response:
    """The application: to be filled in, or as it stands."""
    return await pay.inside(request, token, office, lambda link: _page(request, office, link, token, Refused()))


@pages.post("/{token}/help")
async def apply(request: Request, token: str, office: TheOffice) -> Response:
    """Apply, or say more while the application is open. The same form again changes nothing."""
    typed = await typed_into(request, max_fields=12)
    return await pay.inside(request, token, office, lambda link: _apply(request, office, link, token, typed))


@pages.post("/{token}/help/files")
async def send_file(request: Request, token: str, office: TheOffice) -> Response:
    """Send a document with the application that is open."""
    async with request.form(max_files=1, max_fields=3, max_part_size=LARGEST) as form:
        given = form.get("file")
        name = given.filename or "" if isinstance(given, UploadFile) else ""
        body = await given.read(LARGEST + 1) if isinstance(given, UploadFile) else b""
    return await pay.inside(request, token, office, lambda link: _keep(request, office, link, token, name, body))


def _apply(request: Request, office: Office, link: PayLink, token: str, typed: dict[str, str]) -> Response:
    said = {name: text.strip() for name, text in typed.items() if text.strip() and name not in OF_THE_OFFICE}
    faults = _faults_of(said)
    if faults:
        return _page(request, office, link, token, Refused(faults, typed))
    form = read(ApplicationForm, said)
    given = form.said()
    at = office.now()
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=at)
        known = assistance.open_of(session, account.patient_id)
        today = day_of(at, offices.zone_of(session, link.practice_id))
        is_again = known is not None and known.state != State.INCOMPLETE and _says(known, form, given.income_cents)
        if not is_again and assistance.scale_on(session, practice_id=link.practice_id, on=today) is not None:
            helping.receive(session, account, given, way=Way.PAGE, received_on=today, by=account_holds.PATIENT, at=at)
            pay.audited(session, link, "create", at=at)
    return RedirectResponse(f"/pay/{token}/help", status_code=303)


def _faults_of(said: dict[str, str]) -> dict[str, str]:
    """What is left out and what is wrong, by field."""
    faults = {name: f"needed_{name}" for name in _ASKED if name not in said}
    try:
        read(ApplicationForm, said).said()
    except Problem as problem:
        faults |= {one.field: f"wrong_{one.field}" for one in problem.faults}
    return faults


def _says(row: AssistanceApplication, form: ApplicationForm, income_cents: int | None) -> bool:
    """Whether the application says all of it already: the form was sent twice."""
    said = (row.applicant, row.household_size, row.income_cents, row.income_per, row.insurance)
    is_same = said == (form.applicant, form.household_size, income_cents, form.income_per, form.insurance)
    return is_same and form.note in row.said


def _keep(request: Request, office: Office, link: PayLink, token: str, name: str, body: bytes) -> Response:
    at = office.now()
    try:
        told = content_type(body) if name else ""
    except NotKept as error:
        return _page(request, office, link, token, Refused({"file": f"file_{error.why}"}))
    if not name:
        return _page(request, office, link, token, Refused({"file": "file_none"}))
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=at)
        row = assistance.open_of(session, account.patient_id)
        fault = _kept(session, account, row, name, told, body, at=at)
        if not fault:
            pay.audited(session, link, "create", at=at)
    if fault:
        return _page(request, office, link, token, Refused({"file": fault}))
    return RedirectResponse(f"/pay/{token}/help", status_code=303)


def _kept(
    session: Session,
    account: PatientAccount,
    row: AssistanceApplication | None,
    name: str,
    told: str,
    body: bytes,
    *,
    at: datetime,
) -> str:
    """Keep a document with the application that is open; gives the key of what is wrong, empty when it is kept."""
    if row is None:
        return "file_too_early"
    subject, here = FileSubject.ASSISTANCE, {"practice_id": row.practice_id, "subject_id": row.id}
    if len(attachments.of(session, **here, subject=subject)) >= MOST_FILES:
        return "file_too_many"
    kind = FileKind.PROOF_OF_NEED
    attachments.add(
        session, **here, subject=subject, kind=kind, name=name, content_type=told, body=body, at=at, by=None
    )
    helping.documents_came(session, account, row, at=at)
    return ""


def _page(request: Request, office: Office, link: PayLink, token: str, refused: Refused) -> Response:
    with office.database.reading() as session:
        holder = households.holder_of(session, link.patient_id)
        of_practice = pay.practice_of(session, link)
        language = of_practice["language"]
        say = partial(_say, language)
        today = day_of(office.now(), of_practice["zone"])
        scale = assistance.scale_on(session, practice_id=link.practice_id, on=today)
        rows = assistance.of_account(session, holder)
        row = rows[0] if rows else None
        files = (
            attachments.of(session, practice_id=link.practice_id, subject=FileSubject.ASSISTANCE, subject_id=row.id)
            if row
            else []
        )
        return show_to_patient(
            request,
            "pay_help.html",
            status=422 if refused.faults else 200,
            token=token,
            scale=scale,
            asked=_in_language(language, scale.documents, scale.documents_spanish) if scale else None,
            summary=_in_language(language, scale.summary, scale.summary_spanish) if scale else None,
            application=row and _shown(row, language),
            is_open=row is not None and row.state in OPEN,
            is_incomplete=row is not None and row.state == State.INCOMPLETE,
            files=files,
            faults={name: say(key) for name, key in refused.faults.items()},
            typed=refused.typed or _as_typed(row),
            pers=list(Per),
            **of_practice | {"say": say},
        )


def _say(language: Language, key: str, **values: str) -> str:
    return help_words.say(language, key, **LIMITS | values)


def _in_language(language: Language, english: Text, spanish: Text) -> dict[str, Any]:
    """What the practice wrote, and in which language: English where there is no Spanish."""
    is_spanish = language == Language.SPANISH and bool(spanish)
    written = Language.SPANISH if is_spanish else Language.ENGLISH
    return {"said": spanish if is_spanish else english, "language": written}


def _shown(row: AssistanceApplication, language: Language) -> dict[str, Any]:
    """The application as the patient reads it. What was granted is told once it is decided."""
    given = assistance.help_of(row) if row.state == State.GRANTED else None
    state = State.REVIEW if row.state == State.PROPOSED else State(row.state)
    return {
        "received_on": row.received_on,
        "words": help_words.say(language, f"state_{state}"),
        "missing": help_words.missing(row.missing, language) if row.state == State.INCOMPLETE else [],
        "answer_by": row.answer_by,
        "help": help_words.given(given, language) if given else "",
        "until": row.until if given else None,
    }


def _as_typed(row: AssistanceApplication | None) -> dict[str, str]:
    """What was said before, to be corrected; nothing of an application that is over."""
    if row is None or row.state not in OPEN:
        return {}
    income = "" if row.income_cents is None else format_dollars(row.income_cents).removeprefix("$")
    size = str(row.household_size or "")
    return {
        "applicant": row.applicant,
        "household_size": size,
        "income": income,
        "income_per": row.income_per,
        "insurance": row.insurance,
    }
