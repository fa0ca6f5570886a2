"""Keeps sensitive records from who may not see them, for every route at once.

Whatever a request names by an id (in its address, its query, or the fields of its body) is followed to the patients
behind it (`database/record_patients.py`). Where one of them is kept from who asks, the answer is Problem 403
`sensitive`, which says so, and how to break the glass; nothing was read or written for the route then.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Message

from api import errors
from api.errors import Problem
from api.office import office_of
from database import patient_names
from database.access import Person
from database.record_patients import NAMED, WHOLE, Kept

Named = tuple[str, str]
"""What a request gives: the name of a parameter or field, and an id"""

IN_BODIES = NAMED.keys() - {"task_id"}
"""Fields of bodies that are followed. Tasks are named by bodies where many are taken at once: that shows nothing"""

BYTES = re.compile(r".*/(file|file\.pdf|manifest\.csv|\{file_id\}|\{message_id\}|refused)")
"""Routes that hand out a whole file, in which many patients may stand"""

LISTS = {"claims": "control_number"}
"""Parameters and fields whose text is a list of what another one names: control numbers, with blanks between"""

ACCOUNT_ROUTES = ("/accounts/{patient_id}", "/api/v1/accounts/{patient_id}")
"""Where a patient's id means the account that their shares stand on"""

_SEPARATED = re.compile(r"[^\s,;]+")
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_MOST = 100_000
"""Parts of a form that are looked at: more than any route reads"""
_UNSAID = frozenset({"key", "version", "form", "resolution", "change"})
"""What a form says by itself"""


async def refusal(request: Request, person: Person) -> Problem | None:
    """Why this person may not see what the request names: Problem 403 `sensitive`; None: they may.

    From here on names of other kept patients are masked in whatever the request shows.
    """
    patient_names.keep_from(person.kept)
    if not person.kept:
        return None
    typed = await _fields(request)
    named = [*request.path_params.items(), *request.query_params.multi_items(), *_ids(typed)]
    named += [(LISTS[name], one) for name, text in named + typed if name in LISTS for one in _SEPARATED.findall(text)]
    found = await run_in_threadpool(_kept, request, person, named)
    if not found:
        return None
    problem = sensitive(min(found))
    problem.written = _written(request, typed)
    return problem


def sensitive(patient_id: str) -> Problem:
    """What somebody is told from whom this patient's record is kept."""
    return Problem(
        403,
        errors.SENSITIVE,
        "This record is sensitive",
        "Only some people may see it. Who needs it for their work says why, and breaks the glass"
        f" (POST /api/v1/patients/{patient_id}/break-glass): it opens for a while, and a supervisor looks at it.",
        patient_id=patient_id,
    )


def _kept(request: Request, person: Person, named: list[Named]) -> set[str]:
    """The kept patients of whom the request asks something."""
    route = str(getattr(request.scope.get("route"), "path", ""))
    given = request.path_params
    found: set[str] = set()
    with office_of(request).database.reading() as session:
        kept = Kept(session, person.kept, practice_id=person.practice_id)
        for name, value in named:
            if name in NAMED:
                found |= kept.behind(NAMED[name], _spellings(name, value))
            if name in WHOLE and BYTES.fullmatch(route):
                found = found.union(*(kept.behind(rows, _spellings(name, value)) for rows in WHOLE[name]))
            if name == "control_number":
                found |= kept.formerly(value)
            if name == "number" and "by-paper" in route:
                found |= kept.on_paper(value.strip())
        if route.startswith(ACCOUNT_ROUTES):
            found |= kept.on_account(given["patient_id"])
        if "subject" in given and "subject_id" in given:
            found |= kept.on_subject(given["subject"], given["subject_id"])
    return found


def _spellings(name: str, value: str) -> set[str]:
    """What a route may take the value for: the models of forms and bodies strip blanks."""
    bare = value.strip()
    return {value, bare, bare.upper()} if name == "control_number" else {value, bare}


async def _fields(request: Request) -> list[Named]:
    """The texts of a form or a JSON body, each by the name that it stands under; nothing of files.

    The body stays where the route finds it. Whatever says that it is no form, or gave no field of one, is tried as
    JSON: the framework reads `application/x-www-form-urlencoded+json` so.
    """
    body = await request.body()
    typed = await _form_fields(request, body) if _is_form(request) else []
    if typed:
        return typed
    try:
        return list(_texts("", json.loads(body or b"null")))
    except (ValueError, RecursionError):
        return []


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS


async def _form_fields(request: Request, body: bytes) -> list[Named]:
    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    copy = Request(request.scope, again)
    try:
        async with copy.form(max_files=_MOST, max_fields=_MOST, max_part_size=len(body) + 1) as typed:
            return [(name, text) for name, text in typed.multi_items() if isinstance(text, str)]
    except HTTPException:
        return []  # the route cannot read it either, and says so


def _texts(name: str, value: Any) -> Iterator[Named]:
    """Every text in a JSON value, by the name of the field that it stands in, or whose list it stands in."""
    match value:
        case str():
            yield name, value
        case list():
            for one in value:
                yield from _texts(name, one)
        case dict():
            for key, one in value.items():
                yield from _texts(key, one)


def _ids(typed: list[Named]) -> Iterator[Named]:
    """The ids in a body: a field's text, or what stands behind the dot of a box that was ticked."""
    for name, value in typed:
        field, dot, behind = name.partition(".")
        if field in IN_BODIES:
            yield field, behind if dot else value


def _written(request: Request, typed: list[Named]) -> dict[str, str]:
    """What a person had typed into a form, to be given back to them: the glass may have closed meanwhile."""
    if not _is_form(request):
        return {}
    return {name: text for name, text in typed if name not in _UNSAID and text.strip()}
