"""Sign-in by the organisation's own provider of identities (OpenID Connect Core 1.0, authorization code with PKCE):
what is asked of it, and what it says. How that travels is `api/openid_provider.py`, which needs the extra `sso`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from billing.roles import Role
from settings import OperatorError, Settings, variable

CALLBACK_PATH = "/sign-in/callback"
START_PATH = "/sign-in/provider"


class ProviderSilent(RuntimeError):
    """The provider cannot be reached, or answers nothing that can be read. The message says what was asked for."""


class AnswerRefused(RuntimeError):
    """What the provider says is not believed. The message says why, in words for the person and without their data."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What binds an answer to this one question."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    """Of PKCE (RFC 7636)"""


@dataclass(frozen=True, slots=True)
class Said:
    """Whom the provider has signed in."""

    login: str
    """Of the claim that the settings name, in small letters"""
    name: str
    """As people are shown; empty: it says none"""
    groups: Sequence[str]


class Provider(Protocol):
    """The organisation's provider."""

    issuer: str

    def address(self, asked: Asked) -> str:
        """Where the browser goes to sign in. Raises ProviderSilent."""

    def said(self, code: str, asked: Asked, *, at: datetime) -> Said:
        """Whom a code is about. Raises ProviderSilent and AnswerRefused."""


def roles_by_group(settings: Settings) -> dict[str, frozenset[Role]]:
    """Group of the provider -> the roles that it gives. Raises OperatorError for a word that is no role."""
    found = {}
    for group, names in settings.oidc_roles.items():
        unknown = set(names) - set(Role)
        if unknown:
            words = f"{variable('oidc_roles')} names roles that are none: {', '.join(sorted(unknown))}."
            raise OperatorError(f"{words} There are {', '.join(Role)}.")
        found[group] = frozenset(Role(name) for name in names)
    return found
