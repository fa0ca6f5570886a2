"""An office in which much has happened: scenarios of `tests/golden/scenarios`, one after the other in one practice."""

from pathlib import Path

from sqlmodel import SQLModel

from billing.roles import Role
from database import access
from database.engine import Database
from settings import Settings
from tests.api.conftest import Book
from tests.office import Office
from tests.stories.scenario import FOLDER, Playing, read

PLAYED = (48, 1, 3, 4, 5, 7, 8, 11, 12, 14, 16, 19, 20, 25, 26, 27, 28, 32, 43, 46, 49, 52, 72)
"""Numbers of scenarios that leave visits in many stages and tasks of many kinds, and change no policy"""
CHECKED = ("journal", "then")
"""Steps that only look"""


def lived_in(folder: Path) -> Book:
    """The office on SQLite, with nobody but its supervisor."""
    database = Database(f"sqlite:///{folder / 'office.sqlite3'}")
    SQLModel.metadata.create_all(database.engine)
    office = Office(database)
    for number in PLAYED:
        [path] = FOLDER.glob(f"{number:02}-*.txt")
        playing = Playing(office, mark=f"{number:02}")
        for step in read(path).steps:
            if not step.line.startswith(CHECKED):
                playing.play_one(step)
    with database.writing() as session:
        token = access.issue_token(session, user_id=office.supervisor_id, label="all day", at=office.now)
    settings = Settings(data_dir=folder, public_url="http://office.test", ui_origin="http://engine.test")
    tokens = {Role.SUPERVISOR: token}
    book = Book(database, settings, office.practice_id, office.partner_id, tokens, stranger="", now=office.now)
    book.open()
    return book
