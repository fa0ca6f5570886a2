"""A small OpenID provider for tests: a real HTTP server that signs in whom a test names, and says what a test wants.

It keeps the rules that the office relies on: a code is good once, for the client and the redirect address that asked,
and only with the verifier of PKCE whose hash it was shown.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.servers import free_port, served

CLIENT, SECRET = "the-office", "secret-of-the-office"
Key = ECKey | RSAKey


def new_key(algorithm: str) -> Key:
    """A key with a name of its own, for RS256 or ES256."""
    named = {"kid": secrets.token_hex(4), "use": "sig"}
    return RSAKey.generate_key(2048, named) if algorithm.startswith("RS") else ECKey.generate_key("P-256", named)


@dataclass
class Directory:
    """Whom the provider signs in, and how it says so."""

    issuer: str
    clock: Callable[[], datetime]
    algorithm: str = "ES256"
    keys: list[Key] = field(default_factory=list)
    """The last one signs; those that are shown"""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "17", "preferred_username": "m.curie"})
    claims: dict[str, Any] = field(default_factory=dict)
    """Said over what is right"""
    sign: Callable[[dict[str, Any]], str] | None = None
    """Instead of the provider's own signature"""
    is_away: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    """Each request to sign in"""
    keys_read: int = 0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def code_for(self, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return code

    def redeem(self, form: dict[str, str]) -> dict[str, str] | None:
        """What the code was asked with, once; None where something does not fit."""
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        is_it = asked.get("code_challenge_method") == "S256" and challenge == asked.get("code_challenge")
        return asked if is_it else None

    def token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        said = {"iss": self.issuer, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 300}
        claims = {name: value for name, value in (said | self.person | self.claims).items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": self.algorithm, "kid": self.keys[-1].kid}, claims, self.keys[-1])


@contextmanager
def provider(
    clock: Callable[[], datetime], *, algorithm: str = "ES256", host: str = "127.0.0.1"
) -> Iterator[Directory]:
    """A provider on this machine until the block ends. `host` is what browsers call it."""
    port = free_port()
    directory = Directory(f"http://{host}:{port}", clock, algorithm, [new_key(algorithm)])
    with served(_app(directory), port=port):
        yield directory


def _app(directory: Directory) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        issuer = directory.issuer
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        document = {"issuer": issuer} | {name: issuer + path for name, path in ends.items()}
        return JSONResponse(document, 503 if directory.is_away else 200)

    @app.get("/keys")
    def keys() -> Response:
        directory.keys_read += 1
        return JSONResponse(KeySet(directory.keys).as_dict(private=False))

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        directory.asked.append(dict(request.query_params))
        return HTMLResponse(
            f'<!doctype html><title>Provider</title><a id="yes" href="/yes?{request.url.query}">Yes</a>'
        )

    @app.get("/yes")
    def consent(request: Request) -> Response:
        asked = dict(request.query_params)
        said = {"code": directory.code_for(asked), "state": asked["state"], "iss": directory.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(said)}", 303)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        who = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = directory.redeem(form)
        if request.headers.get("authorization") != f"Basic {who}" or asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        body = {"access_token": "unused", "token_type": "Bearer", "id_token": directory.token(asked["nonce"])}
        return JSONResponse(body)

    return app
