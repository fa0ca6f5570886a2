"""Who may do what, what was asked for, and what was done."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class User(SQLModel, table=True):
    """A person or a program that signs in."""

    __tablename__ = "app_user"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    login: str = Field(sa_type=sa.String(60), unique=True)
    display_name: str = Field(sa_type=sa.String(100))
    roles: str = Field(sa_type=sa.String(400))
    """billing.roles.Role values, comma separated"""
    password_hash: str | None = Field(default=None, sa_type=sa.String(200))
    is_active: bool = True
    must_change_password: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """The password was made up for them: somebody else has seen it"""


class Token(SQLModel, table=True):
    """A bearer token, kept only as its hash."""

    __tablename__ = "api_token"

    sha256: str = Field(sa_type=sa.String(64), primary_key=True)
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id", index=True)
    label: str = Field(sa_type=sa.String(60))
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class WebSession(SQLModel, table=True):
    """A sign-in in a browser. The cookie carries only a random id; the row can be revoked and goes stale."""

    __tablename__ = "web_session"

    sha256: str = Field(sa_type=sa.String(64), primary_key=True)
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id")
    created_at: datetime = Field(sa_type=Instant)
    last_seen_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    lacks_factor: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """The practice asks for a second factor, and this person has none yet: one page opens, where they set it up"""
    by_provider: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """The organisation's provider vouched for them: a password that they should change is not what they came in by"""


class SecondFactor(SQLModel, table=True):
    """What a person has beside their password: a secret that their telephone shares."""

    __tablename__ = "second_factor"

    user_id: str = Field(sa_type=Id, foreign_key="app_user.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    secret: str = Field(sa_type=sa.Text)
    """Sealed with the office's keys (temporal/sealing.py)"""
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: it was offered, and no right code was typed yet"""
    last_step: int = Field(default=0, sa_type=sa.BigInteger)
    """The step of time of the last code that was used: it and earlier ones open nothing"""
    wrong_codes: int = Field(default=0)
    """Since `wrong_since`; a right one ends the count"""
    wrong_since: datetime | None = Field(default=None, sa_type=Instant)
    recovery: str = Field(default="[]", sa_type=sa.Text)
    """SHA-256 of each code on paper that is not used, as JSON"""


class HalfSignIn(SQLModel, table=True):
    """A sign-in between the password, or the provider's word, and the code."""

    __tablename__ = "half_sign_in"

    sha256: str = Field(sa_type=sa.String(64), primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id")
    expires_at: datetime = Field(sa_type=Instant)
    by_provider: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class ProviderSignIn(SQLModel, table=True):
    """A sign-in between the office and the organisation's provider: nobody's yet."""

    __tablename__ = "provider_sign_in"

    sha256: str = Field(sa_type=sa.String(64), primary_key=True)
    """Of the state"""
    browser_sha256: str = Field(sa_type=sa.String(64))
    """Of the secret in the cookie of the browser that began it"""
    nonce: str = Field(sa_type=sa.String(64))
    verifier: str = Field(sa_type=sa.String(128))
    """Of PKCE: the provider has only its hash"""
    back: str = Field(default="", sa_type=sa.Text)
    expires_at: datetime = Field(sa_type=Instant)


class SearchText(SQLModel, table=True):
    """What somebody looked for, so that the page's address carries an id and not a patient's name."""

    __tablename__ = "search_text"
    __table_args__ = (sa.Index("ix_search_text_user", "user_id", "at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id")
    text: str = Field(sa_type=sa.String(80))
    at: datetime = Field(sa_type=Instant)


class Command(SQLModel, table=True):
    """A staff action that was carried out, with its answer: the second click gets the first one's answer."""

    practice_id: str = Field(sa_type=Id, primary_key=True)
    idempotency_key: str = Field(sa_type=sa.String(100), primary_key=True)
    body_sha256: str = Field(sa_type=sa.String(64))
    actor_id: str = Field(sa_type=Id)
    name: str = Field(sa_type=sa.String(40))
    subject_id: str = Field(sa_type=Id)
    answer: str = Field(sa_type=sa.Text)
    """JSON"""
    at: datetime = Field(sa_type=Instant)


class TaskForm(SQLModel, table=True):
    """What a person typed into a task: saved before it is acted on, so that ids alone travel to the workflow."""

    __tablename__ = "task_form"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id)
    task_id: str = Field(sa_type=Id, index=True)
    actor_id: str = Field(sa_type=Id)
    resolution: str = Field(sa_type=sa.String(40))
    values: str = Field(sa_type=sa.Text)
    """JSON object of field name to text"""
    saved_at: datetime = Field(sa_type=Instant)


class AuditEvent(SQLModel, table=True):
    """Who saw or changed what. Append-only and hash-chained; triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_newest", "practice_id", "id"),
        sa.Index("ix_audit_event_actor", "practice_id", "actor_id", "id"),
        sa.Index("ix_audit_event_subject", "practice_id", "subject_id", "id"),
        sa.Index("ix_audit_event_at", "practice_id", "at"),
    )

    id: int | None = Field(default=None, sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    practice_id: str = Field(sa_type=Id)
    at: datetime = Field(sa_type=Instant)
    actor_id: str = Field(sa_type=Id)
    action: str = Field(sa_type=sa.String(30))
    """view, create, update, decode, sign_in, refuse"""
    subject: str = Field(sa_type=sa.String(20))
    subject_id: str = Field(sa_type=sa.String(64))
    reason: str = Field(default="", sa_type=sa.String(300))
    source: str = Field(default="", sa_type=sa.String(60))
    previous_sha256: str = Field(sa_type=sa.String(64))
    sha256: str = Field(sa_type=sa.String(64))
