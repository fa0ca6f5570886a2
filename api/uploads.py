"""A file that a person chose, or rows that they pasted, as text."""

from fastapi import Request
from starlette.datastructures import UploadFile

from api.errors import Problem

LONGEST_FILE = 1_000_000
CSV_BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
"""How the reference describes it"""


async def sent(request: Request) -> bytes:
    """The form's `file`, or what was pasted instead."""
    async with request.form(max_files=1, max_fields=5, max_part_size=LONGEST_FILE) as form:
        file, pasted = form.get("file"), form.get("pasted")
        return await file.read() if isinstance(file, UploadFile) and file.size else str(pasted or "").encode()


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
