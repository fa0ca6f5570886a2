"""What people look for, kept for a day under an id: addresses of pages stand in histories and logs of browsers and
proxies, and a name has no place there (45 CFR 164.312(a)(1), 164.530(c)).
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete

from database.access import Person
from database.columns import new_id
from database.tables import SearchText

KEPT = timedelta(days=1)


def keep(session: Session, person: Person, text: str, *, at: datetime) -> str:
    """The id under which the person finds it again. What they looked for before yesterday is forgotten."""
    session.execute(delete(SearchText).where(col(SearchText.user_id) == person.user_id, col(SearchText.at) < at - KEPT))
    row = SearchText(id=new_id(), practice_id=person.practice_id, user_id=person.user_id, text=text, at=at)
    session.add(row)
    session.flush()
    return row.id


def text_of(session: Session, person: Person, search_id: str, *, at: datetime) -> str | None:
    """What this person looked for; None: somebody else did, or too long ago."""
    row = session.get(SearchText, search_id)
    if row is None or row.user_id != person.user_id or row.at < at - KEPT:
        return None
    return row.text
