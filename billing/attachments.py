"""Files that people keep beside the books: what may be kept, told by the bytes and not by the name."""

from enum import StrEnum

LARGEST = 10_000_000
"""Bytes of one file"""


class FileKind(StrEnum):
    """What a file is of."""

    CARD_FRONT = "card_front"
    CARD_BACK = "card_back"
    RECORD = "record"
    """A note, a report, an order: what a payer may ask for"""
    CORRESPONDENCE = "correspondence"
    PROOF_OF_NEED = "proof_of_need"
    """Of income or household, with an application for help"""
    OTHER = "other"


WORDS: dict[FileKind, str] = {
    FileKind.CARD_FRONT: "insurance card, front",
    FileKind.CARD_BACK: "insurance card, back",
    FileKind.RECORD: "medical record",
    FileKind.CORRESPONDENCE: "letter of a payer",
    FileKind.PROOF_OF_NEED: "proof of income or household",
    FileKind.OTHER: "other",
}

_BEGINS_WITH: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"%PDF-", "application/pdf"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
PICTURES = frozenset({"image/png", "image/jpeg"})
"""What a browser shows by itself"""


class Unfit(StrEnum):
    """Why a file is not kept."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    OTHER_TYPE = "other_type"


class NotKept(ValueError):
    """A file that the office does not keep, with the reason and what to do."""

    def __init__(self, why: Unfit, words: str) -> None:
        super().__init__(words)
        self.why = why


def content_type(body: bytes) -> str:
    """The type that the bytes tell. Raises NotKept for an empty, too large or other file."""
    if not body:
        raise NotKept(Unfit.EMPTY, "the file is empty: choose it again")
    if len(body) > LARGEST:
        raise NotKept(Unfit.TOO_LARGE, f"the file is above {LARGEST // 1_000_000} MB: scan it smaller, or split it")
    for begins, kind in _BEGINS_WITH:
        if body.startswith(begins):
            return kind
    raise NotKept(Unfit.OTHER_TYPE, "this is no PNG, JPEG, TIFF or PDF: scan or print it into one of these")
