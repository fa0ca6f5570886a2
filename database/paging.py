"""Pages of lists in the order of an instant and an id, from behind a row that was shown last."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from database.columns import Instant


def older(at: Any, row_id: Any, *, than_at: datetime, than_id: str) -> sa.ColumnElement[bool]:
    """What comes behind in a list with the newest first. One comparison of pairs is a range of an index, which the
    same said with OR is not."""
    return sa.tuple_(at, row_id) < sa.tuple_(sa.literal(than_at, Instant), than_id)


def later(at: Any, row_id: Any, *, than_at: datetime, than_id: str) -> sa.ColumnElement[bool]:
    """What comes behind in a list with the earliest first."""
    return sa.tuple_(at, row_id) > sa.tuple_(sa.literal(than_at, Instant), than_id)
