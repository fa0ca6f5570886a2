"""Writes documents as tagged PDF (PDF/UA): the same values that the page shows, set by typst.

Values reach the template as data and never as its text, so nothing that a person typed can be taken for markup.
PDF/UA refuses a document with a character that no font at hand can show, and a name or a letter may hold any
character: such a one is printed as MARK. The letter itself keeps what was typed.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).parent
MARK = "\N{REPLACEMENT CHARACTER}"
"""Printed in the place of a character that no font shows; the font that typst brings along has it"""
JOINED = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
"""Files that can be part of a packet, and how typst wants them named"""
_ALWAYS = frozenset(chr(code) for code in range(0x20, 0x7F)) | {"\n", "\t", MARK}


def pdf(template: str, content: str) -> bytes:
    """The document that `template` (a path under templates/, without `.typ`) makes of `content`, a JSON text."""
    path = FOLDER / f"{template}.typ"
    printable = json.dumps(_printable(json.loads(content)))
    made: bytes = typst.compile(str(path), sys_inputs={"content": printable}, pdf_standards="ua-1")
    return made


STATEMENTS = FOLDER / "statements"


def statements(contents: Sequence[str]) -> tuple[bytes, list[int]]:
    """(several statements as one PDF, how many pages each fills), for the printing machine. `contents`: JSON texts of
    templates.statement_view.content. One by one they cost several times as much."""
    papers = [_printable(json.loads(one)) for one in contents]
    says = {"content": json.dumps({"papers": papers})}
    path = str(STATEMENTS / "part.typ")
    made: bytes = typst.compile(path, sys_inputs=says, pdf_standards="ua-1")
    return made, json.loads(typst.query(path, "<pages>", field="value", sys_inputs=says))


def print_file(parts: Sequence[bytes], pages: Sequence[Sequence[int]], *, both_sides: bool) -> bytes:
    """All parts as one PDF. `pages`: of each paper in each part; with `both_sides` a paper of an odd number of pages is
    followed by an empty one, so that none begins on the back of another. It is not tagged: a machine prints it, and
    whoever reads a statement by ear has the PDF of that statement."""
    with tempfile.TemporaryDirectory() as folder:
        shown = ['#set page(paper: "us-letter", margin: 0pt)']
        for number, (part, counts) in enumerate(zip(parts, pages, strict=True), start=1):
            (Path(folder) / f"{number}.pdf").write_bytes(part)
            first = 1
            for count in counts:
                shown += [f'#image("{number}.pdf", page: {page})' for page in range(first, first + count)]
                shown += ["#page[]"] if both_sides and count % 2 else []
                first += count
        path = Path(folder) / "file.typ"
        path.write_text("\n".join(shown), encoding="utf-8")
        made: bytes = typst.compile(str(path), root=folder)
    return made


class NotJoined(ValueError):
    """A file that cannot be part of a PDF, with the reason."""


MOST_PAGES = 300
"""Of one file in a packet"""
LETTERS = FOLDER / "letters"


def packet(content: str, files: Mapping[str, bytes]) -> bytes:
    """A letter with its enclosures as one PDF. `files` by the names that `content` gives them: PDF, PNG and JPEG.

    It is tagged (PDF/UA) unless a PDF is among them: what others made says nothing of how it is read aloud.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in ("letter_body.typ", "packet.typ"):
            shutil.copy(LETTERS / name, folder)
        for name, body in files.items():
            (Path(folder) / name).write_bytes(body)
        printable = json.dumps(_printable(json.loads(content)))
        is_tagged = not any(body.startswith(b"%PDF") for body in files.values())
        made: bytes = typst.compile(
            str(Path(folder) / "packet.typ"),
            root=folder,
            sys_inputs={"content": printable},
            pdf_standards="ua-1" if is_tagged else [],
        )
    return made


def pages_of(body: bytes, content_type: str, *, most: int = MOST_PAGES) -> int:
    """How many pages a file fills in a packet. Raises NotJoined: it is no picture or PDF, is locked or damaged, or too
    long. typst tells the number of a PDF's pages in no other way than by refusing the one after its last."""
    if content_type not in JOINED:
        raise NotJoined("it is neither a PDF nor a PNG or JPEG picture")
    with tempfile.TemporaryDirectory() as folder:
        name = f"file.{JOINED[content_type]}"
        (Path(folder) / name).write_bytes(body)
        if content_type != "application/pdf":
            _try_page(folder, name, None)
            return 1
        _try_page(folder, name, 1)
        low, high = 1, 2
        while _has_page(folder, name, high):
            if high > most:
                raise NotJoined(f"it has more than {most} pages")
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _has_page(folder, name, middle) else (low, middle)
    if low > most:
        raise NotJoined(f"it has more than {most} pages")
    return low


def _has_page(folder: str, name: str, page: int) -> bool:
    try:
        _try_page(folder, name, page)
    except NotJoined:
        return False
    return True


def _try_page(folder: str, name: str, page: int | None) -> None:
    which = "" if page is None else f", page: {page}"
    path = Path(folder) / "page.typ"
    path.write_text(f'#image("{name}"{which})', encoding="utf-8")
    try:
        typst.compile(str(path), root=folder)
    except typst.TypstError as error:
        raise NotJoined("it is locked or damaged and cannot be read") from error


def without_glyph(content: str) -> list[str]:
    """The characters of `content`, a JSON text, that are printed as MARK, each once; unseen ones by their number."""
    plain = json.dumps(json.loads(content), ensure_ascii=False)
    lost = [char for char in dict.fromkeys(plain) if not _has_glyph(char)]
    return [char if char.isprintable() else f"U+{ord(char):04X}" for char in lost]


def _printable(value: Any) -> Any:
    match value:
        case str():
            return "".join(char if _has_glyph(char) else MARK for char in value)
        case list():
            return [_printable(one) for one in value]
        case dict():
            return {name: _printable(one) for name, one in value.items()}
    return value


@lru_cache(maxsize=4096)
def _has_glyph(char: str) -> bool:
    """Whether a font at hand shows it. Tried out, about 7 ms once per process: typst tells it in no other way."""
    if char in _ALWAYS:
        return True
    if char.isspace() or not char.isprintable():
        return char in "\N{NO-BREAK SPACE}\N{SOFT HYPHEN}"
    try:
        typst.compile(str(FOLDER / "glyph.typ"), sys_inputs={"char": char}, pdf_standards="ua-1")
    except typst.TypstError:
        return False
    return True
