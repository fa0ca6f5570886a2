"""Renders the pages: one environment, and the filters that turn cents, days and codes into text for people."""

import json
from contextvars import ContextVar
from dataclasses import asdict
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from billing import corrections, days, hospital_corrections
from billing.letters import Letter
from billing.money import format_dollars
from billing.statement_words import LANGUAGES, long_day, say
from billing.statements import format_telephone
from templates import qr, statement_view

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
CATEGORY = 3
"""Characters of an ICD-10-CM code before its dot"""

environment = Environment(
    loader=FileSystemLoader(FOLDER / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_reader_zone: ContextVar[tzinfo] = ContextVar("reader_zone", default=UTC)
"""Set while a page is rendered: macros that templates import see no values of the page"""


def render(name: str, *, zone: tzinfo = UTC, **values: Any) -> str:
    """The page `name`, its instants told by `zone`. A value that is missing is an error, never an empty place."""
    token = _reader_zone.set(zone)
    try:
        return environment.get_template(name).render(values)
    finally:
        _reader_zone.reset(token)


def dollars(cents: int) -> str:
    """123456 -> `$1,234.56`."""
    return format_dollars(cents)


def day(value: date | datetime | None) -> str:
    """`2026-03-31`, of an instant the day on the reader's calendar; a dash when there is none."""
    if isinstance(value, datetime):
        value = days.day_of(value, _reader_zone.get())
    return "–" if value is None else f"{value:%Y-%m-%d}"


def letter_content(letter: Letter) -> str:
    """What a letter says, as the JSON that its PDF is made of."""
    printed = {
        "written_on": long_day(letter.written_on, letter.language),
        "page_of": say(letter.language, "page_of", page="{page}", pages="{pages}"),
    }
    return json.dumps(asdict(letter) | printed)


def instant(value: datetime | None) -> str:
    """`2026-03-31 14:05 EDT`, by the clock of who reads the page; a dash when there is none."""
    return "–" if value is None else days.in_words(value, _reader_zone.get())


def telephone(digits: str) -> str:
    """`6145550100` -> `(614) 555-0100`."""
    return format_telephone(digits)


def words(code: str) -> str:
    """`patient_balance` -> `patient balance`."""
    return str(code).replace("_", " ")


def diagnosis(code: str) -> str:
    """`E119` -> `E11.9`: files leave out the dot that people write."""
    return code if len(code) <= CATEGORY else f"{code[:CATEGORY]}.{code[CATEGORY:]}"


environment.globals["correction_fields"] = corrections.FIELDS
environment.globals["hospital_fields"] = corrections.HOSPITAL_FIELDS
environment.globals["languages"] = LANGUAGES
environment.globals["hospital_words"] = hospital_corrections.WORDS
environment.filters.update(
    dollars=dollars,
    day=day,
    telephone=telephone,
    instant=instant,
    long_day=long_day,
    words=words,
    diagnosis=diagnosis,
    qr=qr.data_uri,
    statement_view=statement_view.view,
)
