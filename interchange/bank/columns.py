"""Records of fixed columns, as banks write them: what each line has to hold, and a message with its number."""

from collections.abc import Iterator
from datetime import date, datetime

from interchange.bank.faults import BankFileInvalid


def records(text: str, width: int) -> Iterator[tuple[int, str]]:
    """Each line that says something with its number from one, filled up to the width."""
    for number, record in enumerate(text.splitlines(), start=1):
        if record.strip():
            yield number, record.ljust(width)


class ColumnReader:
    """Knows in which line it is."""

    def __init__(self) -> None:
        self._line = 0

    def _expect(self, holds: bool, message: str) -> None:
        if not holds:
            raise BankFileInvalid(self._line, message)

    def _number(self, text: str, what: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise BankFileInvalid(self._line, f"{what} is no number: {text!r}")
        return int(text)

    def _day(self, text: str, what: str) -> date:
        """Of six digits, the year first."""
        try:
            return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError as error:
            raise BankFileInvalid(self._line, f"{what} is no day: {text!r}") from error
