"""A collection agency: takes the office's file, says what it has, collects from some, and gives the others up."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from simulator.office_client import OfficeClient

FEE_PERCENT = 25
COLLECTS_AFTER = timedelta(days=40)
GIVES_UP_AFTER = timedelta(days=90)
A_WEEK = timedelta(days=7)
"""How often files are exchanged"""
COLUMNS = "reference,action,reason,collected,fee,remitted,paid_on,transaction\n"


@dataclass
class Placed:
    """What it was given."""

    reference: str
    cents: int
    at: datetime
    is_suspended: bool = False


@dataclass
class Agency:
    """One agency, as far as the office's files tell it: every second one whom it asks pays in full."""

    office: OfficeClient
    placed: dict[str, Placed] = field(default_factory=dict)
    collected_cents: int = 0
    names: set[str] = field(default_factory=set)
    """Whom it was given, as the file names them: `last, first`"""
    _given: int = 0
    _next_at: datetime | None = None
    _pays: set[str] = field(default_factory=set)

    def next_at(self) -> datetime | None:
        """When files are exchanged next; None before the first time."""
        return self._next_at

    def act(self, now: datetime) -> int:
        """Exchange files, once a week; returns how many rows were told."""
        if self._next_at is not None and now < self._next_at:
            return 0
        self._next_at = now + A_WEEK
        told = 0
        for agency in self.office.agencies():
            if float(agency["fee_percent"]) != FEE_PERCENT:
                self.office.set_fee(agency, FEE_PERCENT)
            rows = self._read(self.office.agency_file(agency["id"]), now) + self._work(now)
            if rows:
                self.office.agency_answers(agency["id"], COLUMNS + "".join(f"{one}\n" for one in rows))
                told += len(rows)
        return told

    def _read(self, text: str, now: datetime) -> list[str]:
        """What the office tells; gives what is acknowledged."""
        said = []
        for row in csv.DictReader(io.StringIO(text)):
            if row["action"] == "placed":
                self._take(row, now)
                said.append(f"{row['reference']},acknowledge,,,,,,")
            elif row["reference"] in self.placed:
                self._change(row)
        return said

    def _take(self, row: Mapping[str, Any], now: datetime) -> None:
        self.placed[row["reference"]] = Placed(row["reference"], _cents(row["balance"]), now)
        self.names.add(row["guarantor"])
        self._given += 1
        if self._given % 2:
            self._pays.add(row["reference"])

    def _change(self, row: Mapping[str, Any]) -> None:
        known = self.placed[row["reference"]]
        match row["action"]:
            case "suspended":
                known.is_suspended = True
            case "resumed":
                known.is_suspended = False
            case "recalled":
                del self.placed[row["reference"]]
            case _:
                known.cents = _cents(row["balance"])
                if known.cents <= 0:
                    del self.placed[row["reference"]]

    def _work(self, now: datetime) -> list[str]:
        """What was collected or given up since last week."""
        rows = []
        for one in list(self.placed.values()):
            if one.is_suspended:
                continue
            if one.reference in self._pays and now - one.at >= COLLECTS_AFTER:
                self.collected_cents += one.cents
                paid = f"{one.cents // 100}.{one.cents % 100:02d}"
                rows.append(f"{one.reference},paid,,{paid},,,{now.date().isoformat()},T{one.reference}")
                del self.placed[one.reference]
            elif now - one.at >= GIVES_UP_AFTER:
                rows.append(f"{one.reference},close,uncollectible,,,,,")
                del self.placed[one.reference]
        return rows


def _cents(text: str) -> int:
    """Dollars as the file writes them."""
    return int(Decimal(text) * 100)
