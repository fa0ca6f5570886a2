"""Who reads the figures of another practice: given by that practice, one way, until it is ended."""

import pytest

from billing.roles import Role
from database import access, figure_readers
from database import office as practices
from database.columns import new_id
from database.engine import Database
from database.figure_readers import NoSuchReader, ReadsAlready
from database.tables import User
from tests.builders import NOON
from tests.office import Office


@pytest.fixture
def operator(office: Office) -> User:
    """Of another practice of the installation."""
    with office.database.writing() as session:
        other = practices.add_practice(session, name=f"Lakeside {new_id()}", at=NOON)
        return access.add_user(
            session, practice_id=other.id, login=f"operator-{new_id()}", display_name="Op", roles=[Role.SUPERVISOR]
        )


def read_by(database: Database, user: User) -> list[str]:
    with database.reading() as session:
        found = figure_readers.practices_of(session, user_id=user.id, practice_id=user.practice_id)
    return [one.id for one in found]


def give(office: Office, login: str) -> str:
    with office.database.writing() as session:
        return figure_readers.give(
            session, practice_id=office.practice_id, login=login, at=office.now, actor_id=office.supervisor_id
        ).id


def test_a_reader_reads_what_was_given_until_it_ends_and_may_be_given_it_again(office: Office, operator: User) -> None:
    assert read_by(office.database, operator) == [operator.practice_id]
    reader_id = give(office, operator.login)
    assert read_by(office.database, operator) == [operator.practice_id, office.practice_id]
    with pytest.raises(ReadsAlready):
        give(office, operator.login)
    with office.database.writing() as session:
        assert figure_readers.find(session, practice_id=operator.practice_id, reader_id=reader_id) is None
        row = figure_readers.find(session, practice_id=office.practice_id, reader_id=reader_id)
        assert row is not None
        figure_readers.end(session, row, at=office.now, actor_id=office.supervisor_id)
    assert read_by(office.database, operator) == [operator.practice_id]
    give(office, operator.login)
    assert read_by(office.database, operator) == [operator.practice_id, office.practice_id]
    with office.database.reading() as session:
        told = figure_readers.of_practice(session, practice_id=office.practice_id)
    assert [one.ended_at is None for one in told] == [True, False]


def test_only_somebody_of_another_practice_is_given_it(office: Office, operator: User) -> None:
    with office.database.reading() as session:
        own = session.get_one(User, office.worker_id).login
    for login in (own, "nobody"):
        with pytest.raises(NoSuchReader):
            give(office, login)
    with office.database.writing() as session:
        session.get_one(User, operator.id).is_active = False
    with pytest.raises(NoSuchReader):
        give(office, operator.login)
