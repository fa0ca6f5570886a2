"""Proves that what names a patient stands in the book of record and nowhere else.

An office of real parts lives, every page is opened, and what is wrong on purpose is asked for, with patients' names in
the addresses. Then everything that leaves the book is read: the engine's database as it lies on the disk, every
workflow's history as its keys open it, logs, metrics, links and names of files, answers to mistakes, e-mails. The book
itself is read the same way: what is not found there was not looked for rightly.
"""

import json
import re
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx
from rich.console import Console
from sqlmodel import Session, select
from temporalio.client import Client

import demo
import office_setup
import proofs
from billing.claim import Claim
from billing.statement_emails import statement_email, text_of
from billing.statement_words import Language
from database import records
from database.proof import Proof
from database.tables import Encounter, Patient
from settings import Settings

ENCOUNTERS = 40
SEED = 2026
SHORTEST = 6
"""Letters of a name that is not found by chance in a text"""
SHORTEST_IN_BYTES = 8
"""The same in what is encrypted or packed"""
OF_ONE_SHAPE = 4
"""Pages of one kind that are opened: all encounters have the same page"""
SHOWN = 5
_LINK = re.compile(r"""(?:href|action|src)="([^"]+)\"""")
_OWN_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{20}|[A-Z0-9]{8,20}|[\d-]+")
NOT_OPENED = ("/static/", "/temporal", "/sign-out", "/reference", "/codec")


@dataclass
class Place:
    """One kind of place that was read, and what was found in it."""

    name: str
    statement: str
    read: int = 0
    found: list[str] = field(default_factory=list)

    def proof(self) -> Proof:
        """Nothing read proves nothing."""
        off = self.found if self.read else ["nothing was read"]
        return Proof(self.name, self.statement, self.read, off)


class Identifiers:
    """What names the patients of an office, ready to be looked for. What is found is told by its kind alone."""

    def __init__(self, found: Iterable[tuple[str, str]]) -> None:
        self.kinds = {text.casefold(): kind for kind, text in found if len(text) >= SHORTEST}
        self._in_text = _any_of(self.kinds)
        self._in_bytes = _any_of(one for one in self.kinds if len(one) >= SHORTEST_IN_BYTES)

    def look(self, place: Place, where: str, text: str) -> None:
        """Read a text."""
        place.read += 1
        self._note(place, where, self._in_text.finditer(text))

    def look_into(self, place: Place, where: str, body: bytes) -> None:
        """Read bytes: latin-1 leaves each ASCII name as it stands."""
        place.read += 1
        self._note(place, where, self._in_bytes.finditer(body.decode("latin-1")))

    def known_in(self, body: bytes) -> set[str]:
        """Which of them stand in the bytes."""
        return {one.group().casefold() for one in self._in_text.finditer(body.decode("latin-1"))}

    def _note(self, place: Place, where: str, matches: Iterator[re.Match[str]]) -> None:
        kinds = {self.kinds[one.group().casefold()] for one in matches}
        place.found += [f"{kind} in {where}" for kind in sorted(kinds)]


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])", re.IGNORECASE)


async def prove(console: Console, *, encounters: int, seed: int) -> None:
    """The command `zerobalance prove phi`. Exits with 1 when something does not hold."""
    began = time.monotonic()
    async with demo.own_office() as parts:
        outcome = await demo.drive(parts, encounters=encounters, seed=seed)
        places = await read_everything(parts)
    found = [one.proof() for one in places]
    figures = {
        "proof": "phi",
        "encounters": outcome.encounters,
        "proofs": [proofs.told(one) for one in found],
        "holds": bool(outcome.encounters) and all(one.holds for one in found),
    }
    console.print(f"{outcome.encounters} visits, read in {time.monotonic() - began:.0f} seconds")
    proofs.show(figures, console)
    if not figures["holds"]:
        sys.exit(1)


async def read_everything(parts: demo.Parts) -> list[Place]:
    """Every place, the logs last: they are to hold nothing of what the reading itself asked for."""
    with parts.database.reading() as session:
        looked_for = Identifiers(identifiers(session))
        names = [row.last_name for row in session.exec(select(Patient))]
    temporal = await office_setup.connected(parts.settings, "proof")
    async with _browser(parts) as browser:
        pages = [
            await _links(browser, looked_for),
            await _mistakes(browser, looked_for, names),
            await _metrics(browser, looked_for),
        ]
    return [
        _book(parts, looked_for),
        await _histories(temporal, looked_for),
        _engine_on_disk(parts.settings, looked_for),
        *pages,
        _emails(parts, looked_for),
        *_files(parts.settings, looked_for),
    ]


def identifiers(session: Session) -> Iterator[tuple[str, str]]:
    """(kind, text) of everything that names a patient (45 CFR 164.514(b)(2)) or says what ails them."""
    for row in session.exec(select(Patient)):
        yield from (("a name", one) for one in (row.last_name, row.first_name) if one)
        if row.birth_date is not None:
            yield from (("a birth date", one) for one in _written(row.birth_date))
        yield from (("a way to reach somebody", one) for one in (row.telephone, row.email) if one)
        if row.address:
            lines = json.loads(row.address)
            yield from (("an address", one) for one in lines.get("lines", []) if any(char.isdigit() for char in one))
    for visit in session.exec(select(Encounter)):
        claim = records.load(Claim, visit.record)
        if claim.coverage.member_id:
            yield "a member id", claim.coverage.member_id
        yield "a visit's number", visit.external_id
        for one in claim.diagnoses:
            code = one.code.replace(".", "")
            yield from (("a diagnosis", text) for text in (code, f"{code[:3]}.{code[3:]}"))


def _written(day: date) -> tuple[str, ...]:
    return day.isoformat(), f"{day:%Y%m%d}", f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day.year}"


def _book(parts: demo.Parts, looked_for: Identifiers) -> Place:
    """The positive: the reader finds every name where it belongs."""
    place = Place("reader", "the reader finds nearly every identifier in the book of record, where it belongs")
    folder = parts.settings.data_dir
    known: set[str] = set()
    for path in sorted(folder.glob("office.sqlite3*")):
        known |= looked_for.known_in(path.read_bytes())
    place.read = len(looked_for.kinds)
    names = {text for text, kind in looked_for.kinds.items() if kind in {"a name", "a member id", "a visit's number"}}
    if missed := len(names - known):
        place.found.append(f"{missed} of {len(names)} names and numbers are not found in the book")
    return place


async def _histories(temporal: Client, looked_for: Identifiers) -> Place:
    """Ids, attributes, memos, summaries, inputs, results and failures, with the keys that an auditor has."""
    place = Place("histories", "no workflow's history, attributes or details name a patient, with the keys or without")
    async for execution in temporal.list_workflows():
        handle = temporal.get_workflow_handle(execution.id, run_id=execution.run_id)
        async for event in _events(temporal, handle):
            looked_for.look(place, f"{execution.workflow_type} {execution.id}", event)
        looked_for.look(place, f"the list at {execution.id}", f"{execution.id} {execution.typed_search_attributes}")
    return place


async def _events(temporal: Client, handle: Any) -> AsyncIterator[str]:
    codec = temporal.data_converter.payload_codec
    async for event in handle.fetch_history_events():
        packed = event.SerializeToString()
        yield packed.decode("latin-1")
        if codec is not None:
            for payload in _payloads(event):
                for opened in await codec.decode([payload]):
                    yield opened.data.decode("utf-8", "replace")


def _payloads(message: Any) -> Iterator[Any]:
    """Every payload within a protobuf message."""
    if message.DESCRIPTOR.full_name == "temporal.api.common.v1.Payload":
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        for one in _values(descriptor, value):
            if hasattr(one, "ListFields"):
                yield from _payloads(one)


def _values(descriptor: Any, value: Any) -> Iterable[Any]:
    if descriptor.message_type.GetOptions().map_entry:
        return list(value.values())
    return [value] if hasattr(value, "ListFields") else list(value)


def _engine_on_disk(settings: Settings, looked_for: Identifiers) -> Place:
    place = Place("engine", "the engine's database names no patient as it lies on the disk")
    for path in sorted(settings.data_dir.glob("temporal*.sqlite3*")):
        looked_for.look_into(place, path.name, path.read_bytes())
    return place


def _browser(parts: demo.Parts) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {parts.tokens['supervisor']}", "Accept": "text/html"}
    base = f"http://127.0.0.1:{parts.settings.api_port}"
    return httpx.AsyncClient(base_url=base, headers=headers, timeout=120, trust_env=False)


async def _links(browser: httpx.AsyncClient, looked_for: Identifiers) -> Place:
    """Pages are opened as far as links lead, a few of each shape; what a page shows is its own, where it leads is
    not."""
    place = Place("links", "no link, form, redirect or name of a file names a patient")
    waiting, seen, shapes = ["/"], {"/"}, dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        answer = await browser.get(path)
        for name in ("location", "content-disposition"):
            looked_for.look(place, f"{name} of {_shape(path)}", unquote(answer.headers.get(name, "")))
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for link in _LINK.findall(answer.text):
            looked_for.look(place, f"a link of {_shape(path)}", unquote(link))
            target = urljoin(path, link.replace("&amp;", "&"))
            shape = _shape(target)
            if target in seen or not _is_own(target) or shapes.get(shape, 0) >= OF_ONE_SHAPE:
                continue
            seen.add(target)
            shapes[shape] = shapes.get(shape, 0) + 1
            waiting.append(target)
    return place


def _is_own(target: str) -> bool:
    return target.startswith("/") and not target.startswith(("//", *NOT_OPENED))


def _shape(target: str) -> str:
    """An address without its ids: pages of one shape are one template's."""
    parts = urlsplit(target)
    names = sorted(one.partition("=")[0] for one in parts.query.split("&") if one)
    return "/".join("*" if _OWN_ID.fullmatch(one) else one for one in parts.path.split("/")) + "?" + "&".join(names)


async def _mistakes(browser: httpx.AsyncClient, looked_for: Identifiers, names: list[str]) -> Place:
    """Answers to what is wrong, asked for by what names nobody, and then with names where ids belong."""
    place = Place("mistakes", "no answer to a mistake tells of a patient whom it was not asked about")
    described = (await browser.get("/api/v1/openapi.json")).json()
    for route, ways in described["paths"].items():
        for method in ways:
            nobody = re.sub(r"\{[^}]+\}", "0" * 20, route)
            answer = await browser.request(method, nobody, headers={"Accept": "application/json"}, json={"wrong": 1})
            if answer.is_error:
                looked_for.look(place, f"{method.upper()} {route}", answer.text)
            somebody = re.sub(r"\{[^}]+\}", names[0], route)
            await browser.request(method, f"{somebody}?q={names[-1]}", headers={"Accept": "application/json"})
    return place


async def _metrics(browser: httpx.AsyncClient, looked_for: Identifiers) -> Place:
    place = Place("metrics", "no metric names a patient")
    answer = await browser.get("/metrics")
    for line in answer.raise_for_status().text.splitlines():
        looked_for.look(place, line.partition("{")[0], line)
    return place


def _emails(parts: demo.Parts, looked_for: Identifiers) -> Place:
    place = Place("e-mails", "no e-mail about a statement names anybody but the practice")
    with parts.database.reading() as session:
        for row in session.exec(select(Patient)):
            for language in Language:
                email = statement_email(demo.PRACTICE, f"{parts.settings.public_url}/pay/{row.id}", language=language)
                looked_for.look(place, "a statement's e-mail", f"{email.subject}\n{text_of(email)}")
    return place


def _files(settings: Settings, looked_for: Identifiers) -> tuple[Place, Place]:
    """(what files are called, what the logs say)"""
    called = Place("file names", "no file that the office keeps is called by a patient")
    logs = Place("logs", "no line of a log names a patient")
    for path in sorted(settings.data_dir.rglob("*")):
        looked_for.look(called, path.suffix, str(path.relative_to(settings.data_dir)))
        if path.suffix == ".log":
            for line in path.read_text(errors="replace").splitlines():
                looked_for.look(logs, path.name, line)
    return called, logs
