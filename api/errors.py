"""Every refusal in one form: problem+json (RFC 9457), or a page with the same words for a person in a browser.

No problem repeats what was sent: a value, and even the name of an unknown field, may be patient data.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.routing import Match

from billing.sensitivity import LONGEST_REASON
from database.columns import new_id
from database.engine import DatabaseMissing
from templates import rendering

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "https://zerobalance.dev/problems/"
"""Names a problem; it need not be fetched"""

MACHINE_PATHS = ("/api/", "/codec", "/metrics", "/healthz", "/readyz", "/session")
"""Where answers are for programs, whatever they accept"""

SIGN_IN_PATH = "/sign-in"
PASSWORD_PATH = "/password"
PASSWORD_TO_CHANGE = "password-to-change"
"""Name of the problem of somebody who came in with a password that somebody else has seen"""
FACTOR_PATH = "/second-factor"
FACTOR_TO_SET = "second-factor-to-set"
"""The name of the refusal that sends somebody there"""
SENSITIVE = "sensitive"
"""Name of the problem of somebody from whom a patient's record is kept"""

_PLAIN = {
    "missing": "is needed",
    "int_parsing": "must be a whole number",
    "date_parsing": "write the day as YYYY-MM-DD",
    "date_from_datetime_parsing": "write the day as YYYY-MM-DD",
    "date_from_datetime_inexact": "write the day as YYYY-MM-DD",
    "date_type": "write the day as YYYY-MM-DD",
    "datetime_parsing": "write day and time as YYYY-MM-DD HH:MM",
    "datetime_from_date_parsing": "write day and time as YYYY-MM-DD HH:MM",
    "datetime_type": "write day and time as YYYY-MM-DD HH:MM",
    "int_type": "must be a whole number",
    "string_type": "must be text",
    "list_type": "must be a list",
    "bool_parsing": "must be yes or no",
    "decimal_parsing": "must be a number, such as 1 or 2.5",
}
"""What people are told instead of the model's own words"""

WRITTEN = {
    "^[A-Za-z0-9]{4,20}$": "must be a control number: 4 to 20 letters and digits",
    "^(CO|PR|OA|PI)$": "must be CO, PR, OA or PI, as the paper says it before the number: CO-50",
    "^[A-Za-z0-9]{1,5}$": "must be a reason code, 1 to 5 digits or letters: the 50 of CO-50",
    "^[A-Za-z0-9]{2,6}$": "must be remark codes such as N290, with blanks between",
    "^[A-Za-z0-9 -]+$": "must be letters, digits, blanks and dashes alone",
    "^[A-Za-z0-9.]+$": "must be letters, digits and dots alone",
    "^[A-Za-z]{2}$": "must be two letters, such as OH",
    "^[0-9]{5}(-?[0-9]{4})?$": "must be five or nine digits",
    "^[A-Z0-9]{2}$": "must be two capital letters or digits",
    "^(1[2-6]|4[1237])$": "must be a code of SBR05, such as 12",
    "^[0-9]{10}$": "must be ten digits",
    "^[A-Z0-9]{10}$": "must be ten capital letters and digits",
    "^[0-9]{2}-?[0-9]{7}$": "must be nine digits, such as 98-7654320",
    "^[A-Za-z0-9]{2}$": "must be two letters or digits",
    "^[0-9]{2}$": "must be two digits, such as 11",
    r"^[A-Za-z0-9._-]{1,38}$": "must be at most 38 letters, digits, dots, dashes and underscores",
    r"^[A-Za-z0-9 _.-]*\{reference\}[A-Za-z0-9 _.-]*$": "must hold {reference}, with letters and digits around it",
    "^[A-Za-z0-9._:-]+$": "must be letters, digits, dots, colons, dashes and underscores alone",
}
"""What people are told instead of a pattern; a test finds patterns without words"""

_SENT_IN = ("query", "path")
"""Where a field was sent: nobody needs to know that to mend it"""

_NOT_SENT = {"form": "", "typed": {}}
"""For a page's form that nobody has sent yet"""
_LOCAL = re.compile(r"(/[A-Za-z0-9_-]+)+")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


class Fault(BaseModel):
    """One thing wrong with what was sent."""

    field: str
    """Path of the field: `lines.0.charge`"""
    message: str


class ProblemBody(BaseModel):
    """The body of a refusal."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[Fault] = []
    patient_id: str | None = None
    """Of `merged`: the patient who was kept; of `sensitive`: whose glass may be broken"""


class Problem(Exception):
    """A refusal with everything its answer needs. `detail` says what, and what to do; never with data of people."""

    def __init__(
        self,
        status: int,
        name: str,
        title: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
        patient_id: str | None = None,
    ) -> None:
        super().__init__(name)
        self.status = status
        self.name = name
        self.title = title
        self.detail = detail
        self.faults = list(faults)
        self.headers = headers or {}
        self.patient_id = patient_id
        self.written: dict[str, str] = {}
        """What a person had typed into the form that is gone"""

    @property
    def body(self) -> ProblemBody:
        return ProblemBody(
            type=TYPE_PREFIX + self.name,
            title=self.title,
            status=self.status,
            detail=self.detail,
            faults=self.faults,
            patient_id=self.patient_id,
        )


def not_found(what: str) -> Problem:
    """There is no such thing, or it belongs to another practice: both look alike."""
    return Problem(404, "not-found", f"No such {what}")


def invalid(faults: Sequence[Fault]) -> Problem:
    """What was sent has faults; all of them are named."""
    return Problem(
        422, "invalid", "What was sent has faults", "Correct the named fields and send again.", faults=faults
    )


def task_over(resolution: str | None) -> Problem:
    """The task was ended by somebody else, or by a change of its visit."""
    detail = (
        "The visit was changed meanwhile, and the task ended by that; go on at the visit's open tasks."
        if resolution == "amended"
        else "Somebody finished it before you."
    )
    return Problem(409, "task-not-open", "This task is not open any more", detail)


def install(app: FastAPI) -> None:
    """Answer every exception in the one form."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DatabaseMissing, _on_database_missing)
    app.add_exception_handler(Exception, _on_bug)


def validation_faults(errors: Sequence[Any]) -> list[Fault]:
    """Pydantic's findings without the values it found."""
    return [Fault(field=_path(error), message=_message(error)) for error in errors]


def respond(request: Request, problem: Problem) -> Response:
    """The refusal as problem+json, as a page, or as the way to sign in or to choose a password."""
    if request.url.path.startswith(MACHINE_PATHS) or "text/html" not in request.headers.get("accept", ""):
        body = problem.body.model_dump(exclude_none=True)
        return JSONResponse(body, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)
    if problem.status == 401:
        back = _form_page(request)
        return RedirectResponse(SIGN_IN_PATH + (f"?back={back}" if back else ""), status_code=303)
    if problem.name == PASSWORD_TO_CHANGE:
        return RedirectResponse(PASSWORD_PATH, status_code=303)
    if problem.name == FACTOR_TO_SET:
        return RedirectResponse(FACTOR_PATH, status_code=303)
    person = getattr(request.state, "person", None)
    if problem.name == SENSITIVE:
        back = local(request.url.path) if request.method == "GET" else _form_page(request)
        return HTMLResponse(glass_page(request, problem, back=back, failed=_NOT_SENT, key=new_id()), problem.status)
    page = rendering.render(
        "problem.html", problem=problem.body, written=problem.written, nonce=request.state.nonce, person=person
    )
    return HTMLResponse(page, problem.status)


def glass_page(request: Request, glass: Problem, *, back: str, failed: Any, key: str) -> str:
    """That a record is sensitive, and the form by which its glass is broken. `back`: where to go on to then."""
    return rendering.render(
        "glass.html",
        glass=glass,
        back=back,
        failed=failed,
        key=key,
        longest=LONGEST_REASON,
        nonce=request.state.nonce,
        person=request.state.person,
    )


def local(path: str) -> str:
    """The path, if it is one of our own pages and nothing else; or nothing."""
    return path if _LOCAL.fullmatch(path) else ""


def _form_page(request: Request) -> str:
    """The page from which a form was sent, without its query; nothing: it was no form, or that cannot be told.

    A form that was refused stands at the address that it is sent to: what can be opened above that is its page.
    """
    sender = urlsplit(request.headers.get("referer", ""))
    if request.method != "POST" or sender.netloc != request.headers.get("host"):
        return ""
    path = local(sender.path)
    while path and not _opens(request, path):
        path = path.rpartition("/")[0]
    return path


def _opens(request: Request, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return respond(request, error)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return respond(request, invalid(validation_faults(error.errors())))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    names = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    titles = {404: "There is nothing at this address", 405: "Not with this method", 413: "The body is above 50 MB"}
    title = titles.get(error.status_code, "The request cannot be read")
    name = names.get(error.status_code, "bad-request")
    return respond(request, Problem(error.status_code, name, title, headers=dict(error.headers or {})))


async def _on_database_missing(request: Request, error: Exception) -> Response:
    detail = "The database does not answer. Try again shortly."
    return respond(
        request, Problem(503, "database-unavailable", "Not available now", detail, headers={"Retry-After": "10"})
    )


async def _on_bug(request: Request, error: Exception) -> Response:
    structlog.get_logger().error("request failed", error_type=type(error).__name__, method=request.method)
    return respond(
        request, Problem(500, "internal", "Something went wrong here", "Nothing was changed halfway. Try again.")
    )


def _path(error: ErrorDetails) -> str:
    if error["type"] == "json_invalid":
        return "body"
    parts = [str(part) for part in error["loc"] if part != "body"]
    if parts and parts[0] in _SENT_IN:
        del parts[0]
    if parts and error["type"] == "extra_forbidden" and not _FIELD_NAME.fullmatch(parts[-1]):
        parts[-1] = "(unknown)"
    return ".".join(parts) or "body"


def _message(error: ErrorDetails) -> str:
    if error["type"] in _PLAIN:
        return _PLAIN[error["type"]]
    context = error.get("ctx", {})
    match error["type"]:
        case "string_too_short" if context["min_length"] > 1:
            return f"needs at least {context['min_length']} characters"
        case "string_too_short":
            return "is needed"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "greater_than":
            return f"must be more than {context['gt']}"
        case "string_pattern_mismatch":
            return WRITTEN.get(context["pattern"], "is not written as it should be")
        case "string_too_long":
            return f"must be at most {context['max_length']} characters"
        case "too_short":
            return f"needs at least {context['min_length']}"
        case "too_long":
            return f"must be at most {context['max_length']}"
        case "literal_error":
            return f"must be {context['expected']}"
    if error["type"] == "extra_forbidden":
        return "is no field here"
    if error["type"] == "enum":
        return f"must be {error['ctx']['expected']}"
    if error["type"] == "json_invalid":
        return f"is not valid JSON at character {error['loc'][-1]}"
    return str(error["msg"]).removeprefix("Value error, ")
