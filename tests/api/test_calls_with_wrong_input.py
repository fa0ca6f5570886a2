"""Every call of the API, as its description allows it and as it does not (schemathesis).

The calls are made in an office in which much has happened, and most ids in them are of real rows. No answer is a fault
of the office, and each has a status, a kind of content and a form that the description tells. Afterwards the books
must prove. EXAMPLES=200 makes so many calls of each; `make fuzz-api` does.
"""

import os
import random

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlmodel import SQLModel

from billing.roles import Role
from database.proof import prove_rows
from tests.api.addresses import NUMBERS, TABLES, WORDS, ParameterUnknown, place
from tests.api.conftest import Book
from tests.api.lived_in import lived_in

EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
REAL = 0.8
"""How often an id is one of a row that is there"""

Ids = dict[tuple[str, str], list[str]]
"""(table, column) -> what stands in it"""


def test_no_call_is_a_fault_of_the_office(tmp_path_factory: pytest.TempPathFactory) -> None:
    book = lived_in(tmp_path_factory.mktemp("lived_in"))
    schema = schemathesis.openapi.from_dict(book.app.openapi())
    schema.app = book.app
    ids, dice, faults, calls = _ids(book), random.Random(int(os.environ.get("DICE", "1"))), list[str](), 0

    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def call(case: schemathesis.Case) -> None:
            nonlocal calls
            _with_real_ids(case, ids, dice)
            faults.extend(_faults(case, book))
            calls += 1

        call()

    assert faults == []
    assert calls > 500
    with book.database.reading() as session:
        assert [one.name for one in prove_rows(session) if not one.holds] == []
    book.database.close()


def _faults(case: schemathesis.Case, book: Book) -> list[str]:
    """What is wrong with the answer. Without an engine 503 is an honest one, and so is that of no card processor."""
    answer = case.call(headers={"Authorization": f"Bearer {book.tokens[Role.SUPERVISOR]}"})
    said = answer.content[:300].decode(errors="replace")
    told = f"{case.method} {case.formatted_path} {case.body!r:.300} -> {answer.status_code} {said}"
    if answer.status_code == 503:
        return []
    if answer.status_code >= 500:
        return [told]
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failed:
        return [f"{told}: {one}" for one in failed.exceptions]
    return []


def _ids(book: Book) -> Ids:
    wanted = {(table, "id") for table in TABLES.values()} | set(NUMBERS.values())
    tables = SQLModel.metadata.tables
    with book.database.reading() as session:
        return {
            (table, column): [str(one) for one in session.scalars(sa.select(tables[table].c[column]).limit(50))]
            for table, column in sorted(wanted)
        }


def _with_real_ids(case: schemathesis.Case, ids: Ids, dice: random.Random) -> None:
    """Most of the ids in the address and in the body are of rows of the practice."""
    for told in (case.path_parameters, case.body if isinstance(case.body, dict) else {}):
        for name in told:
            if dice.random() < REAL and (real := _real(case.path, name, ids, dice)) is not None:
                told[name] = real


def _real(path: str, name: str, ids: Ids, dice: random.Random) -> str | None:
    if name in WORDS:
        return WORDS[name]
    try:
        there = ids.get(place(path, name), [])
    except ParameterUnknown:
        return None
    return dice.choice(there) if there else None
