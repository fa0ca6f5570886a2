"""The forms that pages show, and ways to fill them in: as they should be, and as nobody should."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

WRONG = (
    *("", " ", "x", "0", "-1", "99999999999999999999", "1e309", "NaN", "12.345", "1,000.00", "$5", "true", "null"),
    *("2026-02-30", "9999-12-31", "0001-01-01", "12:61", "Ω≈ç√", "１２", "\u00a0", "\u202ex", "\x00", "%00", "[]"),
    *("a" * 5000, "<script>", "'; --"),
)
LIKELY = ("10.00", "1", "5", "SMITH", "99213", "OH", "2026-11-05", "because it was told so")
FILES = (b"", b"\x00\xff", b"ISA*00*", b"a,b\n1,2\n", b"\xef\xbb\xbfname\n", b"x" * 2000)
PAGES_ALIKE = 3
"""So many pages of one kind are looked at: three visits, three patients"""
ID = re.compile(r"/([0-9a-z]{20}|[0-9A-Z]{16})(?=/|$|\?)")
"""Of a row, or a claim's number"""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    """Of an input, or select, textarea, button"""
    value: str
    options: tuple[str, ...] = ()


@dataclass(slots=True)
class Form:
    page: str
    method: str
    address: str
    fields: list[Field] = field(default_factory=list)

    @property
    def kind(self) -> tuple[str, str, frozenset[str]]:
        """Forms alike: the same method, address but for ids, and names of fields."""
        return self.method, shape(self.address), frozenset(one.name for one in self.fields)


def shape(address: str) -> str:
    """An address without ids and what is asked for."""
    path, _, query = address.partition("?")
    return ID.sub("/ID", path) + "?" + re.sub(r"=[^&]*", "=", query)


class Page(HTMLParser):
    """Where a page leads, and its forms."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in told:
            self._note_link(told["href"])
        elif tag == "form":
            action = urlsplit(urljoin(self.address, told.get("action", ""))).geturl()
            self.forms.append(Form(self.address, told.get("method", "get").lower(), action))
        elif tag == "option" and self._select is not None:
            self._select.append(told.get("value", ""))
        elif tag in {"input", "select", "textarea", "button"} and told.get("name") and self.forms:
            self._note_field(tag, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None and self.forms:
            last = self.forms[-1].fields.pop()
            self.forms[-1].fields.append(Field(last.name, last.kind, last.value, tuple(self._select)))
            self._select = None

    def _note_link(self, href: str) -> None:
        parts = urlsplit(urljoin("http://office.test" + self.address, href))
        if parts.netloc == "office.test" and not parts.path.startswith("/static"):
            self.links.append(parts.path + (f"?{parts.query}" if parts.query else ""))

    def _note_field(self, tag: str, told: dict[str, str]) -> None:
        self._select = [] if tag == "select" else None
        kind = told.get("type", "text") if tag == "input" else tag
        self.forms[-1].fields.append(Field(told["name"], kind, told.get("value", "")))


async def crawl(browser: httpx.AsyncClient, start: str, *, at_most: int) -> tuple[list[httpx.Response], list[Form]]:
    """Every answer to following the office's links from `start`, and one list of all forms found."""
    waiting, asked, alike = [start], set[str](), defaultdict[str, int](int)
    answers: list[httpx.Response] = []
    forms: list[Form] = []
    while waiting and len(answers) < at_most:
        address = waiting.pop(0)
        if address in asked or alike[shape(address)] >= PAGES_ALIKE:
            continue
        asked.add(address)
        alike[shape(address)] += 1
        answer = await browser.get(address)
        answers.append(answer)
        if "location" in answer.headers:
            waiting.append(urlsplit(answer.headers["location"]).path)
        elif answer.headers.get("content-type", "").startswith("text/html"):
            page = Page(address, answer.text)
            waiting += page.links
            forms += page.forms
    return answers, forms


def by_kind(forms: list[Form]) -> Iterator[list[Form]]:
    """Forms alike together, in the order of the first of each kind."""
    kinds = defaultdict[tuple[str, str, frozenset[str]], list[Form]](list)
    for one in forms:
        kinds[one.kind].append(one)
    yield from kinds.values()


def filled(form: Form, dice: random.Random) -> tuple[dict[str, list[str]], dict[str, tuple[str, bytes]]]:
    """What somebody sends: fields and files. Most is as the form offers it, some is missing, some is wrong."""
    fields: dict[str, list[str]] = defaultdict(list)
    files = {}
    for one in form.fields:
        if one.kind == "file":
            files[one.name] = ("told.csv", dice.choice(FILES))
        elif dice.random() > 0.05 and (value := _value(one, dice)) is not None:
            fields[one.name].append(value)
    return dict(fields), files


def _value(one: Field, dice: random.Random) -> str | None:
    if dice.random() < 0.25:
        return dice.choice(WRONG)
    match one.kind:
        case "hidden":
            return one.value
        case "checkbox" | "radio" | "button":
            return (one.value or "on") if dice.random() < 0.6 else None
        case "select":
            return dice.choice(one.options) if one.options else ""
        case _:
            return one.value if one.value and dice.random() < 0.5 else dice.choice(LIKELY)
