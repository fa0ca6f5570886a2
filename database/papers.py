"""Papers of patients' accounts (statements, reminders, final notices): found by the number that stands on a cheque, and
the visits that one asks for."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from billing.dunning import Notice
from database import accounts, households
from database.tables import Encounter, Letter

ENDS_OF_NUMBER = 10
"""Characters of a paper's id that its number shows"""


def numbered(session: Session, number: str, *, practice_id: str) -> Letter | None:
    """The paper with this number (`ABCDE-FGHJK`); None: there is none, or more than one."""
    begins = "".join(one for one in number.casefold() if one.isalnum())
    if len(begins) != ENDS_OF_NUMBER:
        return None
    query = select(Letter).where(
        Letter.practice_id == practice_id, col(Letter.id).startswith(begins), col(Letter.patient_id).is_not(None)
    )
    found = session.exec(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def holder_of(session: Session, paper: Letter) -> str | None:
    """Who holds the account now that it was about; None: it is of no account."""
    return None if paper.patient_id is None else households.holder_of(session, paper.patient_id)


def asks(paper: Letter) -> bool:
    """Whether it asks for money: an estimate does not."""
    return paper.kind in set(Notice)


def visits_on(session: Session, papers: Collection[Letter], *, holder_id: str) -> set[str]:
    """The visits that these papers ask for, where their shares stand on the holder's account now."""
    numbers = {one.number for paper in papers if asks(paper) for one in accounts.statement_of(paper).visits}
    if not numbers:
        return set()
    query = select(Encounter.id).where(
        households.ANSWERING.in_(households.members(session, holder_id)), col(Encounter.external_id).in_(numbers)
    )
    return set(session.exec(query))
