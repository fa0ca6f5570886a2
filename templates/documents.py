"""Writes documents as tagged PDF (PDF/UA): the same values that the page shows, set by typst.

Values reach the template as data and never as its text, so nothing that a person typed can be taken for markup.
"""

from pathlib import Path

import typst

FOLDER = Path(__file__).parent


def pdf(template: str, content: str) -> bytes:
    """The document that `template` (a path under templates/, without `.typ`) makes of `content`, a JSON text."""
    path = FOLDER / f"{template}.typ"
    made: bytes = typst.compile(str(path), sys_inputs={"content": content}, pdf_standards="ua-1")
    return made
