"""The door: no request forged by another site, no page framed or scripted by others.

A browser says where a request comes from: `Sec-Fetch-Site`, and where it leaves that out (plain http on a named
host) `Origin`. Unsafe requests that ride on a cookie are admitted from our own pages only; `same-site` (another
port or subdomain) is refused like any stranger. Bearer tokens are never sent by a browser on its own.
"""

import secrets
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import auth, errors
from api.errors import Problem
from database import patient_names

BODY_LIMIT_BYTES = 50_000_000

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
PAY_PAGES = "/pay/"
"""Pages for patients: their forms lead on to the card processor's page"""
BACK_TO_PAPER = "/paper"
"""The pay page by which a patient ends e-mail: it looks at no cookie, and mail programs send its form (RFC 8058)"""
ENGINE_PAGES = "/temporal"
"""Pages of Temporal's web interface: they bring scripts of their own"""


class Door:
    """Admits or refuses each request, and puts the security headers on each answer."""

    def __init__(self, app: ASGIApp, *, ui_origin: str, is_https: bool, processor_origin: str = "") -> None:
        self.app = app
        self.processor_origin = processor_origin
        self.ui_origin = ui_origin
        self.is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._guard(scope["path"], nonce, MutableHeaders(scope=message))
            await send(message)

        request = Request(scope, receive)
        problem = self.objection(request)
        if problem is not None:
            await errors.respond(request, problem)(scope, receive, send_guarded)
            return
        with patient_names.nobody_looks():
            await self.app(scope, _measured(receive), send_guarded)

    def objection(self, request: Request) -> Problem | None:
        """Why the request is not admitted, if so. A body of unknown length is measured where it is read."""
        if "\0" in request.scope["path"] + unquote(request.url.query):
            return Problem(
                400, "bad-request", "The request cannot be read", "Its address holds U+0000, which no text can."
            )
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT_BYTES:
            return Problem(413, "too-large", "The body is above 50 MB", "Split the file.")
        if self.is_forged(request):
            title = "This request came from another site"
            return Problem(403, "cross-site", title, "Open the page here and do it again.")
        return None

    def is_forged(self, request: Request) -> bool:
        """Whether a browser was made to send this by a page that is not ours."""
        headers = request.headers
        path = request.url.path
        is_pay_page = path.startswith(PAY_PAGES) and not path.endswith(BACK_TO_PAPER)
        signs_in = path == errors.SIGN_IN_PATH or path.startswith(f"{errors.SIGN_IN_PATH}/")
        rides_on_cookie = auth.COOKIE in request.cookies or signs_in or is_pay_page
        if request.method in SAFE_METHODS or "authorization" in headers or not rides_on_cookie:
            return False
        if request.url.path.startswith("/codec/") and headers.get("origin") == self.ui_origin:
            return False
        return not is_from_own_page(headers)

    def _guard(self, path: str, nonce: str, headers: MutableHeaders) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        if self.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if path.startswith(ENGINE_PAGES):
            headers["Content-Security-Policy"] = "frame-ancestors 'none'"
            return
        forms_to = f"'self' {self.processor_origin}".rstrip() if path.startswith(PAY_PAGES) else "'self'"
        headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
            f"connect-src 'self'; form-action {forms_to}; base-uri 'none'; frame-ancestors 'none'"
        )
        if path.startswith(PAY_PAGES):
            headers["Referrer-Policy"] = "no-referrer"
        if not path.startswith("/static/"):
            headers["Cache-Control"] = "no-store"


def _measured(receive: Receive) -> Receive:
    """The body's pieces until they exceed the limit: a length that was not declared is found here."""
    received = 0

    async def receive_measured() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_LIMIT_BYTES:
            raise HTTPException(413)
        return message

    return receive_measured


def is_from_own_page(headers: Headers) -> bool:
    """Whether the browser says that a page of this very origin, or the person themselves, sent the request."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in OWN_SITES
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")
