"""Writes documents as tagged PDF (PDF/UA): the same values that the page shows, set by typst.

Values reach the template as data and never as its text, so nothing that a person typed can be taken for markup.
PDF/UA refuses a document with a character that no font at hand can show, and a name or a letter may hold any
character: such a one is printed as MARK. The letter itself keeps what was typed.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).parent
MARK = "\N{REPLACEMENT CHARACTER}"
"""Printed in the place of a character that no font shows; the font that typst brings along has it"""
_ALWAYS = frozenset(chr(code) for code in range(0x20, 0x7F)) | {"\n", "\t", MARK}


def pdf(template: str, content: str) -> bytes:
    """The document that `template` (a path under templates/, without `.typ`) makes of `content`, a JSON text."""
    path = FOLDER / f"{template}.typ"
    printable = json.dumps(_printable(json.loads(content)))
    made: bytes = typst.compile(str(path), sys_inputs={"content": printable}, pdf_standards="ua-1")
    return made


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
