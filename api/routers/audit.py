"""Who saw and changed what, and who may come in: for auditors and supervisors. Reading it is written down, too."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api import auth
from api.auth import require
from api.office import TheOffice
from api.routers.pages import show
from billing.csv_file import write_rows
from billing.days import start_of
from billing.roles import Permission
from database import audit_views, users
from database.access import Person
from database.audit_views import AccessView, EventPage, EventView, Wanted

api = APIRouter(prefix="/api/v1/audit", tags=["audit"])
pages = APIRouter(prefix="/audit", include_in_schema=False)

Auditor = Annotated[Person, require(Permission.AUDIT)]

A_PAGE = 100
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
COLUMNS = ("event", "at (UTC)", "who", "who (id)", "did", "kind of record", "record", "why", "from", "sha256")
ACCESS_COLUMNS = (
    "login",
    "name",
    "comes in",
    "roles",
    "permissions",
    "last seen (UTC)",
    "open sign-ins",
    "tokens",
    "refusals",
)
FILTER_WORDS = {
    "who": "Who",
    "did": "Did what",
    "kind": "Kind of record",
    "record": "Record",
    "first": "From",
    "last": "To",
}
PLACES = {
    "encounter": "/encounters/{}",
    "patient": "/patients/{}",
    "account": "/accounts/{}",
    "claim": "/claims/{}",
    "remittance": "/remittances/{}",
    "letter": "/letters/{}",
    "task": "/tasks/{}",
}
"""Where the record of an event is looked at"""


class EventsWanted(BaseModel):
    """Which events; what is left out chooses nothing."""

    model_config = ConfigDict(frozen=True)

    who: str = Field("", max_length=20, description="Id of a user")
    did: str = Field("", max_length=30, description="view, create, update, sign_in, refuse, ...")
    kind: str = Field("", max_length=20, description="Kind of the record, such as encounter")
    record: str = Field("", max_length=64, description="Id of the record")
    first: date | None = Field(
        None, ge=FIRST_DAY, le=LAST_DAY, description="The first day, by the practice\u2019s calendar"
    )
    last: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY, description="The last day")

    def of(self, person: Person) -> Wanted:
        """As the database is asked: days are those of the person\u2019s practice."""
        return Wanted(
            actor_id=self.who.strip(),
            action=self.did,
            subject=self.kind,
            subject_id=self.record.strip(),
            since=None if self.first is None else start_of(self.first, person.zone),
            until=None if self.last is None else start_of(self.last + timedelta(days=1), person.zone),
        )


Before = Annotated[int | None, Query(ge=1, le=2**62)]
Choice = Annotated[EventsWanted, Query()]


@api.get("/events")
def list_events(
    request: Request, office: TheOffice, person: Auditor, wanted: Choice, before: Before = None
) -> EventPage:
    """A hundred events of the practice, the newest first; `before` is the `next_before` of the page before."""
    auth.seen(request, person, subject="audit", subject_id="events")
    with office.database.reading() as session:
        return audit_views.page(session, wanted.of(person), practice_id=person.practice_id, before=before, limit=A_PAGE)


@pages.get("/events.csv")
@api.get("/events.csv", response_class=Response)
def take_events(request: Request, office: TheOffice, person: Auditor, wanted: Choice) -> Response:
    """Every chosen event as CSV, the newest first."""
    auth.seen(request, person, subject="audit", subject_id="events", action="export")
    with office.database.reading() as session:
        events = audit_views.every(session, wanted.of(person), practice_id=person.practice_id)
        return _csv("audit", COLUMNS, map(_event_cells, events))


@api.get("/access")
def list_access(request: Request, office: TheOffice, person: Auditor) -> list[AccessView]:
    """Who may come in, with which roles and permissions, and when they did last."""
    auth.seen(request, person, subject="audit", subject_id="access")
    with office.database.reading() as session:
        return audit_views.access(session, practice_id=person.practice_id, at=office.now())


@pages.get("/access.csv")
@api.get("/access.csv", response_class=Response)
def take_access(request: Request, office: TheOffice, person: Auditor) -> Response:
    """The same as CSV."""
    return _csv("access", ACCESS_COLUMNS, map(_access_cells, list_access(request, office, person)))


@pages.get("")
def show_events(request: Request, office: TheOffice, person: Auditor, before: Before = None) -> Response:
    """The events as a page, with a form to choose among them."""
    typed = {name: text.strip() for name, text in request.query_params.items() if name in EventsWanted.model_fields}
    chosen = {name: text for name, text in typed.items() if text}
    fault, wanted = "", EventsWanted()
    try:
        wanted = EventsWanted.model_validate(chosen)
    except ValidationError as error:
        fault = "; ".join(f"{FILTER_WORDS[str(one['loc'][0])]}: {one['msg']}" for one in error.errors())
        chosen = {}
    found = list_events(request, office, person, wanted, before)
    with office.database.reading() as session:
        actions, kinds = audit_views.words(session, practice_id=person.practice_id)
        people = users.of_practice(session, practice_id=person.practice_id)
    return show(
        request,
        "audit.html",
        person,
        status=422 if fault else 200,
        found=found,
        typed=dict.fromkeys(EventsWanted.model_fields, "") | typed,
        query=urlencode(chosen),
        fault=fault,
        actions=actions,
        kinds=kinds,
        people=people,
        places=PLACES,
    )


@pages.get("/access")
def show_access(request: Request, office: TheOffice, person: Auditor) -> Response:
    """Who may come in, as a page."""
    return show(request, "access.html", person, found=list_access(request, office, person))


def _csv(name: str, columns: Iterable[str], rows: Iterable[list[str]]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(write_rows(tuple(columns), rows), media_type="text/csv; charset=utf-8", headers=headers)


def _event_cells(one: EventView) -> list[str]:
    return [
        str(one.id),
        f"{one.at:%Y-%m-%d %H:%M:%S}",
        one.actor,
        one.actor_id,
        one.action,
        one.subject,
        one.subject_id,
        one.reason,
        one.source,
        one.sha256,
    ]


def _access_cells(one: AccessView) -> list[str]:
    return [
        one.login,
        one.display_name,
        "yes" if one.is_active else "no",
        " ".join(one.roles),
        " ".join(one.permissions),
        f"{one.last_seen_at:%Y-%m-%d %H:%M}" if one.last_seen_at else "",
        str(one.open_sessions),
        str(one.tokens),
        str(one.refusals),
    ]
