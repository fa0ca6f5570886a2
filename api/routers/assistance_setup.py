"""The practice's assistance policy: the sliding scale from a day on, and the poverty guidelines that it goes by."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, ValidationError
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.assistance import WIDEST_BAND, Band, Scale, Takes, faults_of
from billing.money import NotAnAmount, format_amount, parse_typed
from billing.poverty_guidelines import REGIONS, Guideline, Region
from billing.roles import Permission
from database import assistance_views, records
from database.access import Person
from database.assistance_views import GuidelineView, ScaleView
from database.columns import new_id
from database.tables import AssistanceScale, PovertyGuideline

api = APIRouter(prefix="/api/v1", tags=["assistance"])
pages = APIRouter(prefix="/setup/assistance", include_in_schema=False)

SetUp = Annotated[Person, require(Permission.SET_UP)]
HOME = "/setup/assistance"
MOST_BANDS = 20


class BandForm(Part):
    """One band of the scale."""

    up_to_percent: int
    """Of the federal poverty level"""
    takes: Takes
    value: int
    """Percent that is taken off, or cents that a visit costs at most"""


class ScaleForm(Part):
    """An assistance policy from a day on."""

    effective_from: date
    region: Region
    bands: Annotated[list[BandForm], Field(min_length=1, max_length=MOST_BANDS)]
    documents: Annotated[list[str], Field(max_length=20)] = []
    """What is asked for as proof"""
    documents_spanish: Annotated[list[str], Field(max_length=20)] = []
    """The same for who reads Spanish"""
    summary: Annotated[str, Field(max_length=4000)] = ""
    """The plain-language summary"""
    summary_spanish: Annotated[str, Field(max_length=4000)] = ""
    web: Annotated[str, Field(max_length=200)] = ""
    """Where the policy can be read"""

    def scale(self) -> Scale:
        """As the office keeps it. Raises Problem 422 with every band that makes no sense."""
        bands = tuple(Band(one.up_to_percent, one.takes, one.value) for one in self.bands)
        faults = [Fault(field="bands", message=f"band {index + 1} {words}") for index, words in faults_of(bands)]
        if faults:
            raise errors.invalid(faults)
        texts = (tuple(self.documents), self.summary, self.summary_spanish, self.web, tuple(self.documents_spanish))
        return Scale(self.region, bands, *texts)


class GuidelineForm(Part):
    """A year's poverty guideline for one region, as the practice goes by it."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    region: Region
    effective_from: date
    first: Annotated[str, Field(max_length=15)]
    """In dollars a year: a household of one"""
    each_more: Annotated[str, Field(max_length=15)]
    """In dollars a year: each further person"""
    source: Annotated[str, Field(min_length=1, max_length=200)]


@api.get("/assistance-policy")
def list_scales(office: TheOffice, person: Viewer) -> list[ScaleView]:
    """Every row of the practice's assistance policy, the newest first."""
    with office.database.reading() as session:
        return assistance_views.scales(session, practice_id=person.practice_id, today=office.today(person))


@api.post("/assistance-policy", status_code=201)
def set_scale(form: ScaleForm, key: IdempotencyKey, office: TheOffice, person: SetUp) -> dict[str, Any]:
    """Set the assistance policy from a day on. What was decided stays decided."""
    return _set_scale(office, person, form, key=key).body


@api.get("/poverty-guidelines")
def list_guidelines(office: TheOffice, person: Viewer) -> list[GuidelineView]:
    """The poverty guidelines by year and region, and whether the practice confirmed each."""
    with office.database.reading() as session:
        return assistance_views.guidelines(session, practice_id=person.practice_id, today=office.today(person))


@api.post("/poverty-guidelines", status_code=201)
def confirm_guideline(form: GuidelineForm, key: IdempotencyKey, office: TheOffice, person: SetUp) -> dict[str, Any]:
    """Confirm or correct a year's guideline for a region."""
    return _set_guideline(office, person, form, key=key).body


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The scale, its rows, and the guidelines."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("")
async def set_by_form(request: Request, office: TheOffice, person: SetUp) -> Response:
    """Set the scale."""
    typed = await typed_into(request)

    def act() -> Done:
        return _set_scale(office, person, _scale_typed(typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), "scale", typed, HOME, page)


@pages.post("/guidelines")
async def confirm_by_form(request: Request, office: TheOffice, person: SetUp) -> Response:
    """Confirm or correct a guideline."""
    typed = await typed_into(request)

    def act() -> Done:
        return _set_guideline(office, person, read(GuidelineForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), "guideline", typed, HOME, page)


def _scale_typed(typed: dict[str, str]) -> ScaleForm:
    """The page's form: one band a line, `100: 100%` or `150: $20`."""
    faults, bands = [], []
    for number, line in enumerate(filter(None, map(str.strip, typed.get("bands", "").splitlines())), start=1):
        try:
            bands.append(_band(line))
        except ValueError as error:
            faults.append(Fault(field="bands", message=f"line {number}: {error}"))
    if not bands and not faults:
        faults.append(Fault(field="bands", message="write at least one band"))
    if faults:
        raise errors.invalid(faults)
    documents = {name: _lines(typed.get(name, "")) for name in ("documents", "documents_spanish")}
    plain = {name: text for name, text in typed.items() if name in ScaleForm.model_fields}
    try:
        return ScaleForm.model_validate(plain | {"bands": bands} | documents)
    except ValidationError as error:
        raise errors.invalid(errors.validation_faults(error.errors())) from error


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _band(line: str) -> dict[str, Any]:
    """`up to 200: 75%` -> a band. Raises ValueError with what to write."""
    level, colon, gives = line.removeprefix("up to").partition(":")
    level, gives = level.strip().removesuffix("%").strip(), gives.strip()
    if not colon or not level.isdecimal() or len(level) > len(str(WIDEST_BAND)):
        raise ValueError("write the percent of the poverty level, a colon, and the help: 200: 75% or 200: $20")
    if gives.endswith("%") and gives[:-1].strip().isdecimal() and len(gives) < len("1000%"):
        return {"up_to_percent": int(level), "takes": Takes.PERCENT, "value": int(gives[:-1])}
    if gives.startswith("$"):
        try:
            return {"up_to_percent": int(level), "takes": Takes.CAP, "value": parse_typed(gives)}
        except NotAnAmount as error:
            raise ValueError(str(error)) from error
    raise ValueError("say what is taken off as 75%, or what a visit costs at most as $20")


def _set_scale(office: Office, person: Person, form: ScaleForm, *, key: str) -> Done:
    scale = form.scale()
    actions.require_near(form.effective_from, today=office.today(person), field="effective_from")

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = AssistanceScale(
            id=new_id(),
            practice_id=person.practice_id,
            effective_from=form.effective_from,
            content=records.dump(scale),
            made_at=office.now(),
            made_by=person.user_id,
        )
        session.add(row)
        session.flush()
        actions.audited(session, office, person, action="create", subject="assistance_scale", subject_id=row.id)
        return row.id, {"scale_id": row.id}

    return actions.kept_once(office, person, "set_assistance_scale", person.practice_id, form, effect, key=key)


def _set_guideline(office: Office, person: Person, form: GuidelineForm, *, key: str) -> Done:
    cents, faults = {}, []
    for name, text in (("first", form.first), ("each_more", form.each_more)):
        try:
            cents[name] = parse_typed(text)
            if cents[name] <= 0:
                faults.append(Fault(field=name, message="must be more than 0.00"))
        except NotAnAmount as error:
            faults.append(Fault(field=name, message=str(error)))
    if faults:
        raise errors.invalid(faults)
    told = Guideline(form.year, form.region, form.effective_from, cents["first"], cents["each_more"], form.source)

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = PovertyGuideline(
            id=new_id(),
            practice_id=person.practice_id,
            year=told.year,
            region=told.region,
            effective_from=told.effective_from,
            first_cents=told.first_cents,
            each_more_cents=told.each_more_cents,
            source=told.source,
            made_at=office.now(),
            made_by=person.user_id,
        )
        session.add(row)
        session.flush()
        actions.audited(session, office, person, action="create", subject="poverty_guideline", subject_id=row.id)
        return row.id, {"guideline_id": row.id}

    return actions.kept_once(office, person, "set_poverty_guideline", person.practice_id, form, effect, key=key)


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    found = list_scales(office, person)
    now = next((one for one in found if one.is_in_force), None)
    return show(
        request,
        "assistance_setup.html",
        person,
        status=failed.status,
        scales=found,
        guidelines=list_guidelines(office, person),
        regions=REGIONS,
        typed=failed.typed if failed.form == "scale" else _as_typed(now, office.today(person)),
        failed=failed,
        keys=failed.key_for,
        note=note,
        may_change=person.may(Permission.SET_UP),
    )


def _as_typed(now: ScaleView | None, today: date) -> dict[str, str]:
    """The form filled with what is in force."""
    if now is None:
        return {"effective_from": today.isoformat(), "region": Region.CONTIGUOUS}
    scale = now.scale
    return {
        "effective_from": today.isoformat(),
        "region": scale.region,
        "bands": "\n".join(map(_line_of, scale.bands)),
        "documents": "\n".join(scale.documents),
        "documents_spanish": "\n".join(scale.documents_spanish),
        "summary": scale.summary,
        "summary_spanish": scale.summary_spanish,
        "web": scale.web,
    }


def _line_of(band: Band) -> str:
    gives = f"${format_amount(band.value)}" if band.takes == Takes.CAP else f"{band.value}%"
    return f"{band.up_to_percent}: {gives}"
