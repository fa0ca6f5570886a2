"""Codes of six digits that a telephone shows (RFC 6238, 30 seconds), and codes on paper: whether one fits.

The secret is sealed with the office's keys; the clock of a telephone may be one step off either way.
"""

import hmac
import re
from datetime import datetime

import pyotp
from sqlmodel import Session

from database import second_factors
from database.tables import SecondFactor
from temporal.encryption import DecryptionError, KeyRing
from temporal.sealing import seal, unseal

STEP_SECONDS = 30
OFF = (0, -1, 1)
"""Steps by which a telephone's clock may differ"""
ISSUER = "Zero Balance"
_DIGITS = re.compile(r"[0-9]{6}")


class HeldOff(RuntimeError):
    """Too many wrong codes were typed just now; none is looked at for a while."""


def new_secret() -> str:
    """Of 160 random bits, in base 32 as telephones take it."""
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """What the square code says to a telephone: `otpauth://totp/...`."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def sealed(ring: KeyRing, secret: str, user_id: str) -> str:
    """The secret as it is kept."""
    return seal(ring, secret, about=_about(user_id))


def secret_of(ring: KeyRing, factor: SecondFactor) -> str:
    """The secret of a kept factor. Raises DecryptionError where its key is gone."""
    return unseal(ring, factor.secret, about=_about(factor.user_id))


def fitting_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """The step of time whose code this is; None where it is none's, or of a step that was used (`after`)."""
    if not _DIGITS.fullmatch(code):
        return None
    now = int(at.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    steps = [now + one for one in OFF if now + one > after]
    return next((one for one in steps if hmac.compare_digest(generator.generate_otp(one), code)), None)


def fits(session: Session, ring: KeyRing, factor: SecondFactor, typed: str, *, at: datetime) -> bool:
    """Whether a typed code opens the door, and then no other: of the telephone, or one on paper. A secret whose key is
    gone fits none. Raises HeldOff."""
    if second_factors.is_held_off(factor, at=at):
        raise HeldOff
    is_right = _fits(session, ring, factor, cleaned(typed), at=at)
    if is_right:
        second_factors.note_right(session, factor)
    else:
        second_factors.note_wrong(session, factor, at=at)
    return is_right


def cleaned(typed: str) -> str:
    """A code as people type it, without blanks and dashes."""
    return re.sub(r"[\s-]", "", typed).lower()


def _fits(session: Session, ring: KeyRing, factor: SecondFactor, code: str, *, at: datetime) -> bool:
    if not _DIGITS.fullmatch(code):
        return second_factors.use_recovery(session, factor, code)
    try:
        secret = secret_of(ring, factor)
    except DecryptionError:
        return False
    step = fitting_step(secret, code, at=at, after=factor.last_step)
    if step is None:
        return False
    factor.secret = sealed(ring, secret, factor.user_id)
    second_factors.use_step(session, factor, step)
    return True


def _about(user_id: str) -> str:
    return f"second_factor:{user_id}"
