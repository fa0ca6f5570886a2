"""Packets: what goes to a payer with a letter, made anew until it is sent, and kept byte for byte from then on."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from database.columns import new_id
from database.tables import Letter, Packet


class PacketSent(ValueError):
    """What was sent is not made anew."""


@dataclass(frozen=True, slots=True)
class PacketView:
    """A packet without its bytes."""

    id: str
    letter_id: str
    pages: int
    sha256: str
    made_at: datetime
    enclosures: list[str]
    """Titles of what is in it"""
    apart: list[str]
    """Titles of what goes beside it, each with the reason"""
    keys: list[str]
    """What was chosen, by `billing.packets.Enclosure.key`"""


def of_letter(session: Session, letter_id: str) -> Packet | None:
    """The packet of a letter, or None."""
    return session.exec(select(Packet).where(Packet.letter_id == letter_id)).first()


def view_of(row: Packet) -> PacketView:
    held = json.loads(row.enclosures)
    return PacketView(row.id, row.letter_id, row.pages, row.sha256, row.made_at, **held)


def keep(
    session: Session,
    letter: Letter,
    *,
    body: bytes,
    pages: int,
    enclosures: list[str],
    apart: list[str],
    keys: list[str],
    at: datetime,
    by: str,
) -> Packet:
    """Keep it in the place of one that was made before; the caller holds the letter. Raises PacketSent."""
    row = of_letter(session, letter.id)
    if letter.sent_at is not None and row is not None:
        raise PacketSent(letter.id)
    if row is None:
        row = Packet(
            id=new_id(),
            practice_id=letter.practice_id,
            letter_id=letter.id,
            body=body,
            sha256="",
            pages=0,
            enclosures="",
            made_at=at,
            made_by=by,
        )
    row.body, row.sha256, row.pages = body, hashlib.sha256(body).hexdigest(), pages
    row.enclosures = json.dumps({"enclosures": enclosures, "apart": apart, "keys": keys})
    row.made_at, row.made_by = at, by
    session.add(row)
    session.flush()
    return row
