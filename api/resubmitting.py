"""Sending again in bulk, once: preview, confirm, stop; behind the REST routes and the workbench's forms."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, field_validator
from sqlmodel import Session

from activities import resending
from api import actions, errors
from api.actions import Done
from api.claim_form import Part
from api.errors import Fault, Problem
from api.office import Office
from api.sending import Identity, Nothing
from billing.resubmission import Refusal, changes, fingerprint
from database import outbox, resubmissions
from database.access import Person
from database.outbox import OutboxKind
from database.resubmissions import Chosen, Kind, Sought, TooMany
from database.tables import Resubmission


class ChoiceForm(Part):
    """Which claims are to go again. An interchange or what is the matter has to be named."""

    kind: Kind | None = None
    batch_id: Identity = ""
    interchange: Annotated[int | None, Field(ge=1, le=999_999_999)] = None
    """ISA13: its number says as much as its id, where one partner has it"""
    partner_id: Identity = ""
    payer_id: Identity = ""
    since: datetime | None = None
    until: datetime | None = None
    """By when the interchange was written; without a zone by the practice's clock"""
    reason: Annotated[str, Field(max_length=20)] = ""
    """Of a rejection by the clearinghouse: category and status of its 277CA, such as A3:21"""

    @field_validator("kind", "interchange", "since", "until", mode="before")
    @classmethod
    def _nothing_typed(cls, typed: object) -> object:
        return None if isinstance(typed, str) and not typed.strip() else typed

    def sought(self, person: Person) -> Sought:
        """As the query takes it. Raises Problem 422 where it would mean every claim there is."""
        if self.kind is None and not self.batch_id and self.interchange is None:
            raise errors.invalid([Fault(field="kind", message="say what is the matter, or name an interchange")])
        if self.reason and self.kind != Kind.REJECTED:
            message = "is of rejected claims: choose those, or leave the reason empty"
            raise errors.invalid([Fault(field="reason", message=message)])
        since, until = _instant(self.since, person, field="since"), _instant(self.until, person, field="until")
        if since is not None and until is not None and since >= until:
            raise errors.invalid([Fault(field="until", message="must lie after the first instant")])
        return Sought(
            self.kind,
            self.batch_id.strip() or None,
            self.interchange,
            self.partner_id or None,
            self.payer_id or None,
            since,
            until,
            self.reason.strip(),
        )


class ConfirmForm(Part):
    """What the preview said of itself: another one is another choice."""

    fingerprint: Annotated[str, Field(min_length=64, max_length=64)]


def _instant(at: datetime | None, person: Person, *, field: str) -> datetime | None:
    if at is None:
        return None
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=person.zone)).astimezone(UTC)
    except OverflowError as error:
        raise errors.invalid([Fault(field=field, message="no interchange is of that year")]) from error


def preview(office: Office, person: Person, form: ChoiceForm, *, key: str) -> Done:
    """Look at what would go again, as what, and why not; it is kept, and nothing goes. Raises Problem 422."""
    sought = form.sought(person)
    chosen = _chosen(office, person, sought)

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        if not chosen:
            raise errors.invalid([Fault(field="kind", message="no claim is found")])
        row = resubmissions.keep_preview(
            session, sought, chosen, practice_id=person.practice_id, at=office.now(), by=person.user_id
        )
        return row.id, {"id": row.id, "fingerprint": row.fingerprint}

    return actions.kept_once(office, person, "preview_resubmission", person.practice_id, form, effect, key=key)


def confirm(office: Office, person: Person, resubmission_id: str, form: ConfirmForm, *, key: str) -> Done:
    """Send again what was shown. Raises Problem 404, and 409 where it would be something else by now, with what.

    It is looked at before the book is taken for writing, since that takes a while; whatever happens in between is seen
    by each visit when its turn comes.
    """
    with office.database.reading() as session:
        shown = resubmissions.find(session, practice_id=person.practice_id, resubmission_id=resubmission_id)
    if shown is None:
        raise errors.not_found("resubmission")
    chosen = _chosen(office, person, resubmissions.read_sought(shown.sought)) if shown.state == "previewed" else []

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _of(session, person, resubmission_id)
        if row.state != "previewed":
            raise Problem(409, "confirmed-already", "This was confirmed already", "Look below at what became of it.")
        now = {one.submission.control_number: one.decision for one in chosen}
        if form.fingerprint != row.fingerprint or fingerprint(list(now.values())) != row.fingerprint:
            raise _changed(changes(resubmissions.decisions(session, row.id), now))
        going = sum(one.decision.way is not None for one in chosen)
        if going == 0:
            raise Problem(409, "nothing-goes", "None of these claims may go again", "The table says why.")
        row.state, row.confirmed_at, row.confirmed_by = "running", office.now(), person.user_id
        session.add(row)
        outbox.enqueue(
            session,
            OutboxKind.START_RESUBMISSION,
            practice_id=row.practice_id,
            subject_id=row.id,
            at=office.now(),
        )
        words = f"{going} of {len(chosen)} claims are sent again"
        actions.updated(session, office, person, "resubmission", row.id, words)
        return row.id, {"id": row.id, "claims": going}

    return actions.kept_once(office, person, "confirm_resubmission", resubmission_id, form, effect, key=key)


def stop(office: Office, person: Person, resubmission_id: str, *, key: str) -> Done:
    """Claims that have not had their turn stay where they are. Raises Problem 404, and 409 where none waits."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _of(session, person, resubmission_id)
        if row.state != "running":
            raise Problem(409, "not-running", "This resubmission does not run", "Reload the page.")
        row.state, row.ended_at, row.stopped_by = "stopped", office.now(), person.user_id
        session.add(row)
        count = resubmissions.refuse_waiting(session, row.id, Refusal.STOPPED, at=office.now())
        actions.updated(session, office, person, "resubmission", row.id, f"stopped with {count} claims left")
        return row.id, {"id": row.id, "left": count}

    return actions.kept_once(office, person, "stop_resubmission", resubmission_id, Nothing(), effect, key=key)


def _of(session: Session, person: Person, resubmission_id: str) -> Resubmission:
    row = resubmissions.hold(session, practice_id=person.practice_id, resubmission_id=resubmission_id)
    if row is None:
        raise errors.not_found("resubmission")
    return row


def _chosen(office: Office, person: Person, sought: Sought) -> list[Chosen]:
    """What would become now of what is sought. Raises Problem 422."""
    with office.database.reading() as session:
        try:
            found = resubmissions.candidates(session, sought, practice_id=person.practice_id)
        except TooMany as error:
            raise errors.invalid([Fault(field="kind", message=str(error))]) from error
        return resending.decide(session, found, practice_id=person.practice_id, at=office.now())


def _changed(words: list[str]) -> Problem:
    told = "; ".join(words) or "it is not the preview that was shown"
    title = "What would go has changed since it was shown"
    return Problem(409, "preview-stale", title, f"{told[0].upper()}{told[1:]}. Nothing was sent. Look again.")
