"""A file that a person chose, or rows that they pasted, as text."""

from collections.abc import Callable

from fastapi import Request, Response
from starlette.datastructures import UploadFile

from api.errors import Problem

LONGEST_FILE = 1_000_000
PASTED = 10_000
"""Of what is no text: how much stands in the form again"""
CSV_BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
"""How the reference describes it"""


async def sent(request: Request) -> bytes:
    """The form's `file`, or what was pasted instead."""
    async with request.form(max_files=1, max_fields=5, max_part_size=LONGEST_FILE) as form:
        file, pasted = form.get("file"), form.get("pasted")
        return await file.read() if isinstance(file, UploadFile) and file.size else str(pasted or "").encode()


def looked_at(body: bytes, look: Callable[[str], Response], refuse: Callable[[str, str], Response]) -> Response:
    """The page of what a CSV would change. `refuse`: the page again with (why it cannot be read, what was pasted)."""
    try:
        text = text_of(body)
    except Problem as problem:
        return refuse(problem.title, body[:PASTED].decode(errors="replace") if problem.name == "not-text" else "")
    if not text.strip():
        return refuse("Choose a file, or paste its rows", "")
    return look(text)


def text_of(body: bytes) -> str:
    """The file as text: UTF-8, or what a spreadsheet on Windows writes. Raises Problem 413 and 422."""
    if len(body) > LONGEST_FILE:
        raise Problem(413, "too-large", "The file is above 1 MB", "Split the file.")
    if b"\0" in body:
        raise Problem(422, "not-text", "This is no CSV file", "Save the sheet as CSV and send that.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")
