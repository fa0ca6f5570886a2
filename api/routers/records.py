"""Records to look at: commands, claims, remittances, the ledger."""

from typing import Annotated

from fastapi import APIRouter, Request

from api import actions, auth, errors
from api.auth import Viewer, require
from api.office import TheOffice
from api.routers.encounters import Cursor, PageSize
from billing.roles import Permission
from database import ledger, ledger_views, remittance_views, views, worklists
from database.access import Person
from database.ledger_views import LedgerEntry
from database.remittance_views import RemittancePage, RemittanceView
from database.views import SubmissionView
from database.worklists import CommandView

router = APIRouter(prefix="/api/v1")


@router.get("/commands/{key}", tags=["commands"])
def show_command(
    key: str, office: TheOffice, person: Annotated[Person, require(Permission.VIEW, Permission.INTAKE)]
) -> CommandView:
    """What became of a command. 404: it was not carried out, or not yet."""
    with office.database.reading() as session:
        found = worklists.command(session, practice_id=person.practice_id, key=key)
    if found is None:
        raise errors.Problem(
            404,
            "not-found",
            "No command was carried out under this key",
            "If it was accepted a moment ago, ask again shortly.",
            headers={"Retry-After": "2"},
        )
    return found


@router.get("/claims/{control_number}", tags=["claims"])
def show_claim(request: Request, control_number: str, office: TheOffice, person: Viewer) -> SubmissionView:
    """One claim by its control number (CLM01), with the dates of its progress."""
    with office.database.reading() as session:
        found = views.submission(session, practice_id=person.practice_id, control_number=control_number.upper())
    if found is None:
        raise errors.not_found("claim")
    auth.seen(request, person, subject="claim", subject_id=found.control_number)
    return found


@router.get("/remittances", tags=["remittances"])
def list_remittances(office: TheOffice, person: Viewer, after: Cursor = None, limit: PageSize = 50) -> RemittancePage:
    """Remittances by id."""
    with office.database.reading() as session:
        return remittance_views.remittance_page(session, practice_id=person.practice_id, after=after, limit=limit)


@router.get("/remittances/{remittance_id}", tags=["remittances"])
def show_remittance(request: Request, remittance_id: str, office: TheOffice, person: Viewer) -> RemittanceView:
    """One remittance with its claims and the money that nothing has taken yet."""
    with office.database.reading() as session:
        found = remittance_views.remittance(session, practice_id=person.practice_id, remittance_id=remittance_id)
    if found is None:
        raise errors.not_found("remittance")
    auth.seen(request, person, subject="remittance", subject_id=remittance_id)
    return found


@router.get("/ledger/accounts", tags=["ledger"])
def show_trial_balance(office: TheOffice, person: Viewer) -> dict[str, int]:
    """Cents per account, debit positive; together they are zero."""
    with office.database.reading() as session:
        return ledger.account_totals(session, practice_id=person.practice_id)


@router.get("/ledger/encounters/{encounter_id}", tags=["ledger"])
def list_entries(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[LedgerEntry]:
    """Every entry of one encounter, in order of posting."""
    actions.require_encounter(office, person, encounter_id)
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    with office.database.reading() as session:
        return ledger_views.ledger_entries(session, practice_id=person.practice_id, encounter_id=encounter_id)
