"""Speaks with an OpenID provider: its discovery document, its keys, the code and the ID token.

The ID token is believed when one of the provider's own keys signed it by an algorithm with a public key, and issuer,
audience, nonce and times are right (OpenID Connect Core 1.0, 3.1.3.7). A key that is not known yet is asked for once.
"""

import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from api.openid import CALLBACK_PATH, AnswerRefused, Asked, ProviderSilent, Said
from settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""With a public key: neither `none` nor a secret that both sides know"""
LEEWAY_SECONDS = 60
"""By which two clocks may differ"""
REREAD_SECONDS = 3600.0
"""After which the discovery document and the keys are read again"""
KEYS_AGAIN_SECONDS = 10.0
"""At most so often are keys read again for the sake of one that is not known: anybody can name such a key"""
TIMEOUT_SECONDS = 10.0
LONGEST_LOGIN = 60
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_TIMES = frozenset({"iat", "nbf"})
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OpenIdProvider:
    """The provider that the settings name. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        assert settings.oidc_client_secret is not None, "checked by the settings"
        self.issuer = settings.oidc_issuer
        self._settings = settings
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._redirect_uri = settings.public_url + CALLBACK_PATH
        self._document: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, asked: Asked) -> str:
        """Where the browser goes to sign in. Raises ProviderSilent."""
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._discovered()["authorization_endpoint"],
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
            )
        return str(address)

    def said(self, code: str, asked: Asked, *, at: datetime) -> Said:
        """Whom a code is about. Raises ProviderSilent and AnswerRefused."""
        endpoint = self._discovered()["token_endpoint"]
        try:
            with self._client() as client:
                answer = client.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=asked.verifier
                )
        except OAuthError as error:
            raise AnswerRefused(f"the provider does not take its own code any more ({error.error})") from error
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderSilent(f"{endpoint}: {type(error).__name__}") from error
        if not isinstance(answer.get("id_token"), str):
            raise AnswerRefused("the provider sent no ID token; the scope must have `openid` in it")
        return self._read(self._checked(answer["id_token"], asked.nonce, at))

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self._settings.oidc_client_id,
            self._secret,
            scope=self._settings.oidc_scopes,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    def _discovered(self) -> dict[str, Any]:
        if self._document is None or time.monotonic() - self._document[0] > REREAD_SECONDS:
            document = self._get(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if document.get("issuer") != self.issuer:
                raise ProviderSilent("the discovery document names another issuer than the settings")
            for name in _NEEDED:
                if not _is_safe(document.get(name)):
                    raise ProviderSilent(f"the discovery document has no https address as {name}")
            self._document = (time.monotonic(), document)
        return self._document[1]

    def _checked(self, token: str, nonce: str, at: datetime) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._settings.oidc_client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._keys_for(token), algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except ExpiredTokenError as error:
            raise AnswerRefused("the ID token has run out; is the clock of this office right?") from error
        except ClaimError as error:
            if error.claim in _TIMES and error.claim in claims:
                raise AnswerRefused("the ID token is of a time to come; is the clock of this office right?") from error
            raise AnswerRefused(f"the ID token is not for this sign-in (claim {error.claim})") from error
        except (JoseError, ValueError) as error:
            raise AnswerRefused("no key of the provider signed the ID token as it may") from error
        is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if is_for_several and claims.get("azp") != self._settings.oidc_client_id:
            raise AnswerRefused("the ID token is not for this sign-in (claim azp)")
        return claims

    def _keys_for(self, token: str) -> KeySet:
        """The provider's keys; read again where the token names one that is not among them."""
        wanted = jws.extract_compact(token.encode()).headers().get("kid")
        now = time.monotonic()
        if self._keys is not None and now - self._keys[0] <= REREAD_SECONDS:
            is_known = wanted is None or wanted in {one.kid for one in self._keys[1].keys}
            if is_known or now - self._keys[0] <= KEYS_AGAIN_SECONDS:
                return self._keys[1]
        keys = KeySet.import_key_set(self._get(self._discovered()["jwks_uri"]))  # type: ignore[arg-type]
        self._keys = (now, keys)
        return keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as http:
                said = http.get(address).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderSilent(f"{address}: {type(error).__name__}") from error
        if not isinstance(said, dict):
            raise ProviderSilent(f"{address}: no JSON object")
        return said

    def _read(self, claims: dict[str, Any]) -> Said:
        settings = self._settings
        login = claims.get(settings.oidc_login_claim)
        if not isinstance(login, str) or not login.strip():
            raise AnswerRefused(
                f"the ID token has no claim {settings.oidc_login_claim}, by which people are known here"
            )
        if settings.oidc_login_claim == "email" and claims.get("email_verified") is not True:
            raise AnswerRefused("the provider has not verified the e-mail address by which people are known here")
        groups = claims.get(settings.oidc_groups_claim) if settings.oidc_groups_claim else []
        groups = groups if isinstance(groups, list) else [groups]
        name = claims.get("name")
        return Said(
            login.strip().lower()[: LONGEST_LOGIN + 1],
            name.strip() if isinstance(name, str) else "",
            [one for one in groups if isinstance(one, str)],
        )


def _is_safe(address: object) -> bool:
    """https, or this very machine."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
