"""Member ids of visits: the way from what stands on an insurance card to the people who showed it."""

from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from database.tables import Encounter, VisitMemberId

LONGEST = 80


def written(member_id: str) -> str:
    """As it is looked for: in capitals and without blanks."""
    return "".join(member_id.split()).upper()


def keep(session: Session, encounter: Encounter, member_id: str | None) -> None:
    """Let the visit be found by the member id of one of its policies. An earlier one finds it still."""
    number = written(member_id or "")
    if not number or len(number) > LONGEST:
        return
    key = (encounter.practice_id, number, encounter.id)
    if session.get(VisitMemberId, key) is None:
        session.add(VisitMemberId(practice_id=key[0], member_id=number, encounter_id=encounter.id))
        session.flush()


def visits_under(practice_id: str, member_id: str) -> SelectOfScalar[str]:
    """Ids of the practice's visits under this member id."""
    return select(VisitMemberId.encounter_id).where(
        VisitMemberId.practice_id == practice_id, VisitMemberId.member_id == written(member_id)
    )
