"""Spreadsheets of visits: the mapping of each sender, what became of each sheet, and its rows that were not taken."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from billing.sheets import DateOrder, SheetMapping
from database.tables import RefusedRow, SheetMappingRow, SheetTaken

SHOWN = 50
"""Of the newest sheets"""


@dataclass(frozen=True, slots=True)
class SheetView:
    """One sheet that was taken in."""

    message_id: str
    source: str
    taken_at: datetime
    created: int
    amended: int
    duplicates: int
    refused: int
    """Rows that were not taken"""


def mapping_of(session: Session, source: str, *, practice_id: str) -> SheetMapping | None:
    """How a sender's sheets are read, or None."""
    row = session.get(SheetMappingRow, (practice_id, source))
    return _noun(row) if row else None


def mappings(session: Session, *, practice_id: str) -> dict[str, SheetMapping]:
    """Every sender's, by name."""
    rows = session.exec(select(SheetMappingRow).where(SheetMappingRow.practice_id == practice_id))
    return {one.source: _noun(one) for one in sorted(rows, key=lambda row: row.source.lower())}


def keep_mapping(
    session: Session, source: str, mapping: SheetMapping, *, practice_id: str, at: datetime, by: str
) -> bool:
    """Keep how a sender's sheets are read; False where it is so already."""
    row = session.get(SheetMappingRow, (practice_id, source), with_for_update=True)
    if row is not None and _noun(row) == mapping:
        return False
    row = row or SheetMappingRow(
        practice_id=practice_id, source=source, columns="", fixed="", date_order="", changed_at=at, changed_by=by
    )
    row.columns = json.dumps(dict(mapping.columns))
    row.fixed = json.dumps(dict(mapping.fixed))
    assert mapping.date_order is not None, "a mapping without it has a fault and is not kept"
    row.date_order = mapping.date_order
    row.changed_at, row.changed_by = at, by
    session.add(row)
    session.flush()
    return True


def _noun(row: SheetMappingRow) -> SheetMapping:
    return SheetMapping(json.loads(row.columns), json.loads(row.fixed), DateOrder(row.date_order))


def keep_taken(session: Session, taken: SheetTaken, refused: Sequence[tuple[int, Sequence[str], str]]) -> None:
    """What became of a sheet, in the place of what became of it before: (row, cells, reason) of each refused row."""
    session.execute(
        delete(RefusedRow).where(
            col(RefusedRow.practice_id) == taken.practice_id, col(RefusedRow.message_id) == taken.message_id
        )
    )
    session.merge(taken)
    for row, cells, reason in refused:
        session.add(
            RefusedRow(
                practice_id=taken.practice_id,
                message_id=taken.message_id,
                row=row,
                cells=json.dumps(list(cells)),
                reason=reason,
            )
        )
    session.flush()


def newest(session: Session, *, practice_id: str) -> list[SheetView]:
    """The sheets that were taken in last."""
    rows = session.exec(
        select(SheetTaken)
        .where(SheetTaken.practice_id == practice_id)
        .order_by(col(SheetTaken.taken_at).desc(), SheetTaken.message_id)
        .limit(SHOWN)
    )
    return [
        SheetView(one.message_id, one.source, one.taken_at, one.created, one.amended, one.duplicates, one.refused)
        for one in rows
    ]


def refused(
    session: Session, message_id: str, *, practice_id: str
) -> tuple[list[str], list[tuple[int, list[str], str]]] | None:
    """(headers, (row, cells, reason) of each row that was not taken) of one sheet, or None."""
    taken = session.get(SheetTaken, (practice_id, message_id))
    if taken is None:
        return None
    rows = session.exec(
        select(RefusedRow)
        .where(RefusedRow.practice_id == practice_id, RefusedRow.message_id == message_id)
        .order_by(col(RefusedRow.row))
    )
    return json.loads(taken.headers), [(one.row, json.loads(one.cells), one.reason) for one in rows]
