"""A patient's name as lists, searches and worklists show it, to whoever looks.

Who looks is said once for a request, where it is admitted (`api/auth.py`); what is made without anybody looking, such
as papers and files for payers, takes names from the claim or the patient's record and masks none.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from database.tables import Patient

MASK = "Sensitive record"
"""Instead of the name of a patient whose record is kept from who looks"""

UNREAD = "Kept from you: open the record and break the glass to read this."
"""Instead of words about such a patient"""

_hidden: ContextVar[frozenset[str]] = ContextVar("patients kept from who looks", default=frozenset())

Said = TypeVar("Said")


@contextmanager
def nobody_looks() -> Iterator[None]:
    """Around one request: nobody has said yet who looks, and afterwards what was said is forgotten."""
    token = _hidden.set(frozenset())
    try:
        yield
    finally:
        _hidden.reset(token)


def keep_from(patients: Collection[str]) -> None:
    """From here on in this request, or this task, somebody looks from whom these patients are kept."""
    _hidden.set(frozenset(patients))


def is_kept(patient_id: str | None) -> bool:
    """Whether this patient's record is kept from who looks."""
    return patient_id in _hidden.get()


def name_of(row: Patient) -> str:
    """`Last, First`, or the mask."""
    return shown(row, f"{row.last_name}, {row.first_name}" if row.first_name else row.last_name)


def shown(row: Patient, said: str) -> str:
    """Somebody's name on this patient's record, such as their guarantor's, or the mask."""
    return MASK if is_kept(row.id) else said


def words(patient_id: str | None, said: str) -> str:
    """Words about a patient, or that they are not for who looks."""
    return UNREAD if said and is_kept(patient_id) else said


def unless_kept(patient_id: str | None, said: Said) -> Said | None:
    """A birth date or the like of a patient; None for who may not see it."""
    return None if is_kept(patient_id) else said
