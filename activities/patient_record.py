"""A copy of everything the book holds about one patient, as one ZIP (45 CFR 164.524).

It is written row by row into a file of the caller's, and its manifest tells of every file how many rows and bytes it
has and their SHA-256. Names of files carry ids, never names of people. Pay links, card handles and keys are not in it.
"""

import hashlib
import json
import mimetypes
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, BinaryIO

from sqlmodel import Session, col, select

from billing.csv_file import lines_of
from billing.letters import Letter as Content
from billing.money import format_dollars
from billing.paper_claims import PaperClaim
from billing.record_copies import Requester
from billing.statements import Statement
from database import audit, letters, patient_record, users
from database.engine import Database
from database.patient_record import KINDS, NOT_COPIED, Kind
from database.patient_scope import Scope, scope_of
from database.tables import Attachment, Letter, Packet
from templates import documents, papers

MANIFEST, README = "manifest.json", "README.txt"
_PAY_LINK = re.compile(r"https?://\S*/pay/[^\s\"<>]+")
"""The one way in to a patient's pay page that a paper carries"""
WITHHELD = "[withheld]"
WHOSE = ("patient_id", "responsible_id", "account_id")
"""Columns with the id of a patient"""
LEDGER = ("entry", "posted_on", "kind", "service_date", "visit", "line", "account", "detail", "amount")
LOOKS = ("event", "at", "who", "who_id", "did", "kind_of_record", "record", "why", "sha256")
MARKS = frozenset({"mark_sensitive", "unmark_sensitive"})
"""Looks whose reason names the office's people, not the patient's affairs: it stays out"""
_TOLD = """What this practice holds about one patient, as it stood at {at} UTC.

manifest.json   every file with its rows, bytes and SHA-256; what the ledger comes to by account
*.json          one file for each kind of record
money/*.csv     the same for money, in dollars; money/ledger.csv is every posting on the patient's visits
letters/*.pdf   letters, statements and paper claims, printed anew from what is kept
packets/*.pdf   what went to a payer with a letter, byte for byte
files/*         what was attached, byte for byte; files.json says what each is
looks.*         who of the office saw, changed or took something of this record

Not in it:
{left}
"""


@dataclass(slots=True)
class Copied:
    """What a copy holds."""

    files: list[dict[str, Any]] = field(default_factory=list)
    """Name, rows (None: no list), bytes and sha256 of each"""
    ledger_cents: dict[str, int] = field(default_factory=dict)
    """Account -> what the postings in the copy come to"""
    manifest_sha256: str = ""


def copy_record(
    database: Database, into: BinaryIO, *, practice_id: str, patient_id: str, at: datetime, by: str, asked: Requester
) -> Copied:
    """Write the ZIP into an empty file, and write down who took it, for whom. The patient is known to be there."""
    with database.reading() as session, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        scope = scope_of(session, practice_id=practice_id, patient_id=patient_id)
        copied = _Writer(session, scope, archive, at).write()
    with database.writing() as session:
        audit.record(
            session,
            practice_id=practice_id,
            at=at,
            actor_id=by,
            action="copy_record",
            subject="patient",
            subject_id=patient_id,
            reason=f"asked for by {asked}; {len(copied.files)} files; manifest {copied.manifest_sha256}",
        )
    return copied


@dataclass(slots=True)
class _Writer:
    session: Session
    scope: Scope
    archive: zipfile.ZipFile
    at: datetime
    copied: Copied = field(default_factory=Copied)

    def write(self) -> Copied:
        for kind in KINDS:
            self._put(f"{kind.name}.json", _array(self._rows(kind)))
            if kind.is_money:
                self._put(f"money/{kind.name}.csv", self._sheet(kind))
        self._put("ledger.json", _array(dict(zip(LEDGER, row, strict=True)) for row in self._postings()))
        self._put("money/ledger.csv", _lines(LEDGER, self._postings()))
        for row in self._postings():
            self.copied.ledger_cents[row[6]] = self.copied.ledger_cents.get(row[6], 0) + row[8]
        self._put("looks.json", _array(dict(zip(LOOKS, row, strict=True)) for row in self._looks()))
        self._put("looks.csv", _lines(LOOKS, self._looks()))
        self._papers()
        self._bytes()
        left = (*(f"{count} {what}" for what, count in self.scope.left_out.items()), *NOT_COPIED.values())
        told = "\n".join(f"- {one}" for one in left)
        self._put(README, [(_TOLD.format(at=f"{self.at:%Y-%m-%d %H:%M}", left=told), 0)], rows=False)
        self._manifest()
        return self.copied

    def _put(self, name: str, parts: Iterable[tuple[str | bytes, int]], *, rows: bool = True) -> str:
        """Write a file of (text or bytes, rows in it) and note what it is. Its SHA-256."""
        digest, size, count = hashlib.sha256(), 0, 0
        entry = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self.archive.open(entry, "w") as file:
            for part, held in parts:
                body = part.encode() if isinstance(part, str) else part
                digest.update(body)
                file.write(body)
                size, count = size + len(body), count + held
        sha256 = digest.hexdigest()
        self.copied.files.append({"name": name, "rows": count if rows else None, "bytes": size, "sha256": sha256})
        return sha256

    def _rows(self, kind: Kind) -> Iterator[dict[str, Any]]:
        for row in patient_record.rows_of(self.session, kind, self.scope):
            yield {
                name: WITHHELD if self._is_somebody_else(name, value) else _told(value) for name, value in row.items()
            }

    def _is_somebody_else(self, name: str, value: Any) -> bool:
        """The id of who holds the account, or answers for a visit, where it is another patient."""
        return name in WHOSE and value is not None and value not in self.scope.patients

    def _sheet(self, kind: Kind) -> Iterator[tuple[str, int]]:
        names = [one.name for one in kind.columns]
        return _lines(names, ([row[name] for name in names] for row in self._rows(kind)))

    def _postings(self) -> Iterator[tuple[Any, ...]]:
        for journal, posting in patient_record.postings(self.session, self.scope):
            yield (
                journal.number,
                journal.posted_on.isoformat(),
                journal.kind,
                journal.service_date.isoformat() if journal.service_date else None,
                posting.encounter_id,
                posting.line_id,
                posting.account,
                posting.detail,
                posting.amount_cents,
            )

    def _looks(self) -> Iterator[tuple[Any, ...]]:
        names: dict[str, str] = {}
        for event in patient_record.looks(self.session, self.scope):
            if event.actor_id not in names:
                names |= {event.actor_id: event.actor_id} | users.names_of(self.session, {event.actor_id})
            yield (
                event.id,
                event.at.isoformat(),
                names[event.actor_id],
                event.actor_id,
                event.action,
                event.subject,
                event.subject_id,
                "" if event.action in MARKS else event.reason,
                event.sha256,
            )

    def _papers(self) -> None:
        """Every letter printed anew: a statement without the link to its pay page."""
        for id_ in self._ids("letters"):
            letter = self.session.get_one(Letter, id_)
            content = _without_link(letters.content_of(letter))
            self._put(f"letters/{id_}.pdf", [(documents.pdf(*papers.printed(content)), 0)], rows=False)
            self.session.expunge(letter)

    def _bytes(self) -> None:
        """What is kept as bytes, one file at a time."""
        for id_ in self._ids("packets"):
            body = self.session.exec(select(Packet.body).where(Packet.id == id_)).one()
            self._put(f"packets/{id_}.pdf", [(body, 0)], rows=False)
        for id_ in self._ids("files"):
            body, kind = self.session.exec(
                select(Attachment.body, Attachment.content_type).where(col(Attachment.id) == id_)
            ).one()
            ending = mimetypes.guess_extension(kind) or ".bin"
            self._put(f"files/{id_}{ending}", [(body, 0)], rows=False)

    def _ids(self, name: str) -> list[str]:
        kind = next(one for one in KINDS if one.name == name)
        return [row["id"] for row in patient_record.rows_of(self.session, kind, self.scope)]

    def _manifest(self) -> None:
        told = {
            "made_at": self.at.isoformat(),
            "practice_id": self.scope.practice_id,
            "patient_ids": list(self.scope.patients),
            "files": list(self.copied.files),
            "ledger_cents": self.copied.ledger_cents,
            "left_out": self.scope.left_out,
            "not_copied": NOT_COPIED,
            "withheld_columns": {one.name: sorted(one.withheld) for one in KINDS if one.withheld},
        }
        text = json.dumps(told, indent=1) + "\n"
        self.copied.manifest_sha256 = self._put(MANIFEST, [(text, 0)], rows=False)


def _array(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """A JSON array, one row a line."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row), 1
        before = ",\n"
    yield ("[]\n" if before == "[\n" else "\n]\n"), 0


def _lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[tuple[str, int]]:
    """CSV: cents as dollars under the column's name without its ending."""
    names = list(columns)
    is_money = [one.endswith("_cents") or one == "amount" for one in names]
    cells = ([_cell(*one) for one in zip(row, is_money, strict=True)] for row in rows)
    for place, line in enumerate(lines_of([one.removesuffix("_cents") for one in names], cells)):
        yield line, int(place > 0)


def _cell(value: Any, is_money: bool) -> str:
    if value is None:
        return ""
    if is_money:
        return format_dollars(value).replace("$", "").replace(",", "")
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _told(value: Any) -> Any:
    """As JSON has it: nouns that are kept as JSON are told as such, and no text carries a link to a pay page."""
    if isinstance(value, str):
        if value.startswith(("{", "[")):
            with suppress(json.JSONDecodeError):
                return _told(json.loads(value))
        return _PAY_LINK.sub(WITHHELD, value)
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _without_link(content: Content | PaperClaim | Statement) -> Content | PaperClaim | Statement:
    return replace(content, pay_at="") if isinstance(content, Statement) else content
