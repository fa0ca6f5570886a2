"""Claim edits: the office's own with what they ask for, those that the practice writes, and what either would say."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlmodel import Session

from activities import edit_effects
from activities.edit_effects import Effect
from api import actions, errors
from api.actions import Done
from api.auth import Viewer
from api.edit_form import PracticeEditForm, typed_of
from api.errors import Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from billing.edits.registry import Severity
from billing.practice_edits import Has
from billing.roles import Permission
from billing.scrubbing import EDITS
from database import favourites, practice_edits
from database.access import Person
from database.practice_edits import EditChanged, Held, PracticeEditView

api = APIRouter(prefix="/api/v1", tags=["edits"])
pages = APIRouter(prefix="/setup/edits", include_in_schema=False)

Last = Annotated[int, Query(ge=1, le=5_000)]
USUAL, FEW = 1_000, 200
"""Visits that are tried: of one edit, which only reads the claim, and of all, which ask the tables of each"""
ONE = "edit"
HAS = {
    Has.AUTHORIZATION: "an authorization number",
    Has.REFERRAL: "a referral number",
    Has.REFERRING: "a referring provider",
    Has.ORDERING: "an ordering provider",
}


@dataclass(frozen=True, slots=True)
class OfficeEdit:
    """One edit that every practice has."""

    code: str
    does: str
    """holds, notes or mends"""
    says: str
    """What it asks for, and its source"""
    fix: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What an edit would say of the newest visits."""

    looked_at: int
    visits: list[Held]


@api.get("/edits")
def list_edits(_person: Viewer) -> list[OfficeEdit]:
    """Every edit of the office; a practice adds its own."""
    return [
        OfficeEdit(
            one.code,
            "mends" if one.mend else "holds" if one.severity == Severity.ERROR else "notes",
            " ".join(one.says.split()),
            one.fix,
        )
        for one in sorted(EDITS, key=lambda one: one.code)
    ]


@api.get("/edits/effects")
def list_effects(office: TheOffice, person: Supervisor, last: Last = FEW) -> list[Effect]:
    """Visits among the last so many of which the edits would say something else now than when they left: after new
    codes, rules, contracts or edits. Changes nothing.
    """
    with office.database.reading() as session:
        return edit_effects.effects(session, last=last, at=office.now(), practice_id=person.practice_id)


@api.get("/practice-edits")
def list_practice_edits(office: TheOffice, person: Viewer) -> list[PracticeEditView]:
    """The practice's own edits by number; those that ended, too."""
    with office.database.reading() as session:
        return practice_edits.of_practice(session, practice_id=person.practice_id)


@api.post("/practice-edits/trial")
def try_edit(form: PracticeEditForm, office: TheOffice, person: Supervisor, last: Last = USUAL) -> Trial:
    """What the edit would say of the newest visits if it had held on their days. Nothing is kept."""
    return _tried(office, person, form, last)


@api.post("/practice-edits", status_code=201, response_model=dict[str, Any])
def post_edit(form: PracticeEditForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """Keep an edit: claims that have not left are looked at with it from now on."""
    return JSONResponse(_keep(office, person, None, form, key=key).body, 201)


@api.put("/practice-edits/{edit_id}")
def put_edit(
    edit_id: str, form: PracticeEditForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> dict[str, Any]:
    """The edit as it is from now on, under its number. 409: somebody changed it meanwhile."""
    return _keep(office, person, edit_id, form, key=key).body


@pages.get("")
def show_edits(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """Every edit, the practice's own first."""
    own = list_practice_edits(office, person)
    return show(
        request,
        "edits.html",
        person,
        own=own,
        edits=list_edits(person),
        today=office.today(person),
        note=NOTES.get(note, ""),
        may_change=person.may(Permission.SET_UP),
    )


@pages.get("/effects")
def show_effects(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """What all edits would say today of the last visits."""
    return show(request, "edit_effects.html", person, effects=list_effects(office, person), last=FEW)


@pages.get("/new")
def show_new(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """An empty form."""
    return _page(request, office, person, None, Failed())


@pages.post("/new")
async def add_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Keep one, or only try it."""
    return await _posted(request, office, person, None)


@pages.get("/{edit_id}")
def show_one(request: Request, edit_id: str, office: TheOffice, person: Supervisor) -> Response:
    """One edit in its form."""
    return _page(request, office, person, edit_id, Failed())


@pages.post("/{edit_id}")
async def change_by_form(request: Request, edit_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Change one, or only try what was typed."""
    return await _posted(request, office, person, edit_id)


async def _posted(request: Request, office: Office, person: Person, edit_id: str | None) -> Response:
    typed = await typed_into(request)
    trials: list[Trial] = []

    def act() -> Done:
        form = read(PracticeEditForm, typed)
        if typed.get("do") != "try":
            return _keep(office, person, edit_id, form, key=typed["key"])
        trials.append(_tried(office, person, form, USUAL))
        return Done({}, 200)

    def page(failed: Failed) -> Response:
        return _page(request, office, person, edit_id, failed, trials)

    answered = await answer(lambda: run_in_threadpool(act), ONE, typed, "/setup/edits", page)
    return await run_in_threadpool(page, Failed(typed=typed)) if trials else answered


def _tried(office: Office, person: Person, form: PracticeEditForm, last: int) -> Trial:
    with office.database.reading() as session:
        looked_at, found = practice_edits.tried(session, form.edit(), practice_id=person.practice_id, last=last)
    return Trial(looked_at, list(found))


def _keep(office: Office, person: Person, edit_id: str | None, form: PracticeEditForm, *, key: str) -> Done:
    at = office.now()

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        if edit_id is None:
            kept = practice_edits.add(session, form.edit(), practice_id=person.practice_id, at=at, by=person.user_id)
        else:
            kept = _changed(session, edit_id)
        words = f"claim edit {kept.edit.code}: {kept.edit.message}"
        actions.updated(session, office, person, "practice", person.practice_id, words)
        return kept.id, {"id": kept.id, "code": kept.edit.code, "version": kept.version}

    def _changed(session: Session, edit_id: str) -> PracticeEditView:
        try:
            kept = practice_edits.change(
                session,
                edit_id,
                form.edit(),
                version=actions.version_shown(form.version),
                practice_id=person.practice_id,
                at=at,
                by=person.user_id,
            )
        except EditChanged as error:
            detail = "Look at what it says now, and save again."
            raise Problem(409, "changed-meanwhile", "Somebody changed this edit meanwhile", detail) from error
        if kept is None:
            raise errors.not_found("edit")
        return kept

    return actions.kept_once(office, person, "keep_practice_edit", edit_id or "", form, effect, key=key)


def _page(
    request: Request,
    office: Office,
    person: Person,
    edit_id: str | None,
    failed: Failed,
    trials: list[Trial] | None = None,
) -> Response:
    known = {one.id: one for one in list_practice_edits(office, person)}
    if edit_id is not None and edit_id not in known:
        raise errors.not_found("edit")
    one = known[edit_id] if edit_id else None
    with office.database.reading() as session:
        payers = favourites.known_payers(session, practice_id=person.practice_id)
    now = typed_of(one.edit) if one else {"begins": str(office.today(person)), "severity": Severity.ERROR}
    return show(
        request,
        "practice_edit.html",
        person,
        status=failed.status,
        failed=failed,
        typed=now | failed.typed,
        overtaken=_overtaken(now, failed) if failed.status == 409 else {},
        one=one,
        trial=trials[0] if trials else None,
        payers={each.number: each.name for each in payers if each.number},
        severities={Severity.ERROR: "holds the claim", Severity.WARNING: "is noted, and the claim goes out"},
        has=HAS,
        key=failed.key_for(ONE),
    )


def _overtaken(now: dict[str, str], failed: Failed) -> dict[str, str]:
    """What the edit says now where the form that somebody has overtaken says otherwise: text by input."""
    return {name: text for name, text in now.items() if failed.typed.get(name, "").strip() != text}
