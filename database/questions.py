"""Questions to colleagues: a note that asks one person or a role, open until one of those replies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, or_, select

from billing.roles import Permission, Role, permissions_of
from database import patient_names, users, worklists
from database.access import Person
from database.notes import NoteSubject, asks_in_words
from database.tables import Note, Question
from database.users import UserView


class State(StrEnum):
    """How a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    """By who asked it"""


class NobodyToAsk(ValueError):
    """Neither a person nor a role of the practice who comes in and may write."""


@dataclass(frozen=True, slots=True)
class Askable:
    """Whom a note may ask."""

    roles: list[Role]
    people: list[UserView]


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question with what it stands on."""

    note_id: str
    subject: NoteSubject
    subject_id: str
    whom: str
    """Patient's name, `Last, First`, or the claim's control number"""
    text: str
    asked_at: datetime
    asked_by: str
    asks: str
    """Name of the person, or the role in words"""
    state: State
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one person's day."""

    for_me: list[QuestionRow]
    """Open, the longest waiting first"""
    by_me: list[QuestionRow]
    """Open, the longest waiting first"""
    answered: list[QuestionRow]
    """Asked by me, answered since a day, the latest first"""


def who_may_be_asked(session: Session, *, practice_id: str) -> Askable:
    """Roles that somebody has, and people who come in, of those who may write notes; people by name."""
    people = [one for one in users.of_practice(session, practice_id=practice_id) if one.is_active and _writes(one)]
    held = {role for one in people for role in one.roles}
    return Askable([role for role in Role if role in held], people)


def ask(session: Session, note: Note, *, whom: str) -> None:
    """Let the note ask a role, by its name, or a user, by their id. Raises NobodyToAsk."""
    askable = who_may_be_asked(session, practice_id=note.practice_id)
    if whom in set(askable.roles):
        session.add(Question(note_id=note.id, practice_id=note.practice_id, role=whom))
    elif whom in {one.id for one in askable.people} - {note.written_by}:
        session.add(Question(note_id=note.id, practice_id=note.practice_id, user_id=whom))
    else:
        raise NobodyToAsk(whom)
    session.flush()


def lock(session: Session, *, practice_id: str, note_id: str) -> Question | None:
    """The question that a note asks, for a change of its state; None: it asks nothing."""
    query = select(Question).where(Question.practice_id == practice_id, Question.note_id == note_id)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def settle(session: Session, question: Question, state: State, *, at: datetime, user_id: str) -> None:
    """End an open question."""
    question.state, question.settled_at, question.settled_by = state, at, user_id
    session.add(question)
    session.flush()


def is_asked(session: Session, question: Question, person: Person) -> bool:
    """Whether a reply of this person answers the question: asked, of the role, or a supervisor where nobody is left
    who could."""
    if question.user_id == person.user_id or (question.role is not None and Role(question.role) in person.roles):
        return True
    askable = who_may_be_asked(session, practice_id=question.practice_id)
    is_left = question.role in set(askable.roles) or question.user_id in {one.id for one in askable.people}
    return person.may(Permission.APPROVE) and not is_left


def of_person(session: Session, person: Person, *, since: datetime) -> Questions:
    """What a person is asked, what they asked, and what was answered to them since."""
    mine = Note.written_by == person.user_id
    is_open = Question.state == State.OPEN
    asked: Any = or_(col(Question.user_id) == person.user_id, col(Question.role).in_(sorted(person.roles)))
    if person.may(Permission.APPROVE):
        askable = who_may_be_asked(session, practice_id=person.practice_id)
        left = [one.id for one in askable.people]
        asked = or_(asked, col(Question.user_id).not_in(left), col(Question.role).not_in(askable.roles))
    answered = (mine, Question.state == State.ANSWERED, col(Question.settled_at) >= since)
    return Questions(
        for_me=_rows(session, person.practice_id, (is_open, asked, Note.written_by != person.user_id)),
        by_me=_rows(session, person.practice_id, (is_open, mine)),
        answered=sorted(
            _rows(session, person.practice_id, answered), key=lambda one: one.settled_at or one.asked_at, reverse=True
        ),
    )


def _rows(session: Session, practice_id: str, where: Sequence[Any]) -> list[QuestionRow]:
    query = (
        select(Question, Note)
        .join(Note, col(Note.id) == col(Question.note_id))
        .where(Question.practice_id == practice_id, *where)
        .order_by(col(Note.written_at), Note.id)
    )
    found = session.exec(query).all()
    names = users.names_of(session, _people(found))
    about = worklists.about(session, [note for _, note in found])
    return [
        QuestionRow(
            note_id=note.id,
            subject=NoteSubject(note.subject),
            subject_id=note.subject_id,
            whom=about[note.subject_id].name,
            text=patient_names.words(about[note.subject_id].patient_id, note.text),
            asked_at=note.written_at,
            asked_by=names.get(note.written_by, note.written_by),
            asks=asks_in_words(question, names),
            state=State(question.state),
            settled_at=question.settled_at,
        )
        for question, note in found
    ]


def _people(found: Iterable[tuple[Question, Note]]) -> set[str]:
    return {one for question, note in found for one in (question.user_id, note.written_by) if one}


def _writes(one: UserView) -> bool:
    return Permission.WORK in permissions_of(frozenset(one.roles))
