"""Sign-ins on their way to the organisation's provider and back: each is taken up once, in the browser that began it.

Of the state, and of what binds it to the browser, only the SHA-256 is kept.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from database.access import SECRET_BYTES, digest
from database.tables import ProviderSignIn

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Begun:
    """What the answer is held against."""

    nonce: str
    verifier: str
    back: str
    """Our page to go to afterwards; empty: the first one"""


def begin(session: Session, *, state: str, nonce: str, verifier: str, back: str, at: datetime) -> str:
    """Note what was asked; the returned secret belongs in a cookie of the browser that asked."""
    session.execute(sa.delete(ProviderSignIn).where(col(ProviderSignIn.expires_at) < at))
    browser = secrets.token_urlsafe(SECRET_BYTES)
    row = ProviderSignIn(
        sha256=digest(state),
        browser_sha256=digest(browser),
        nonce=nonce,
        verifier=verifier,
        back=back,
        expires_at=at + LASTS,
    )
    session.add(row)
    session.flush()
    return browser


def take(session: Session, *, state: str, browser: str, at: datetime) -> Begun | None:
    """What was asked, once; None where it was answered before, too long ago, or asked in another browser."""
    row = session.get(ProviderSignIn, digest(state))
    if row is None or row.expires_at < at or not secrets.compare_digest(row.browser_sha256, digest(browser)):
        return None
    begun = Begun(row.nonce, row.verifier, row.back)
    gone = session.execute(sa.delete(ProviderSignIn).where(col(ProviderSignIn.sha256) == row.sha256))
    return begun if gone.rowcount == 1 else None  # type: ignore[attr-defined]
