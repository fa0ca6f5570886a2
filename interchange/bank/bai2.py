"""Reads a bank's balance report (BAI2): records of comma-separated fields that end with a slash, continued by 88.

01 file, 02 group (with its day), 03 account, 16 one booking, 49, 98 and 99 their ends with sums and counts. Type codes
100 to 399 are credits, 400 to 699 debits; amounts have no decimal point. Text of a booking runs to the end of its line.
Counts and sums of every end have to hold. Summaries of an account (03 beside the booking) are passed over.
"""

from dataclasses import dataclass
from datetime import date, datetime

from billing.bank import Means, Movement, trace_in
from billing.money import Cents
from interchange.bank.faults import BankFileInvalid

CREDITS, DEBITS = range(100, 400), range(400, 700)
ACH = frozenset({142, 143, 165, 166, 168, 169, 445, 451, 455, 466, 468, 469, 547, 548, 557})
CHEQUES = frozenset({170, 171, 172, 173, 174, 175, 301, 115, 116, 475, 555, 552, 550, 551, 554, 659, 450})
"""Deposits, lockbox, and items that come back"""
WIRES = frozenset({191, 195, 196, 206, 207, 208, 491, 495, 496, 506, 508})
FUNDS_WITH = {"S": 3, "V": 2}
"""Fields that stand behind a type of funds; D says itself how many pairs"""


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    code: str
    fields: list[str]
    text: str
    """Behind the structured fields of a 16, with its continuations"""


def read(text: str) -> list[Movement]:
    """Every booking. Raises BankFileInvalid, and then nothing is to be taken."""
    reader = _Reader()
    for record in _records(text):
        reader.take(record)
    return reader.done()


def _records(text: str) -> list[_Record]:
    """Whole records: each with the 88s behind it."""
    found: list[_Record] = []
    lines = [(number, line.rstrip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    for number, line in lines:
        code, _, rest = line.partition(",")
        if code == "88":
            if not found:
                raise BankFileInvalid(number, "continues nothing")
            last = found[-1]
            more = rest if last.text or _is_booking(last) else rest.removesuffix("/")
            found[-1] = _Record(last.line, last.code, last.fields, f"{last.text},{more}" if last.text else more)
            continue
        if not (code.isascii() and code.isdigit() and len(code) == 2):
            raise BankFileInvalid(number, f"a record begins with two digits and a comma, not {line[:10]!r}")
        found.append(_Record(number, code, [], rest))
    return [_Record(one.line, one.code, one.text.removesuffix("/").split(","), one.text) for one in found]


def _is_booking(record: _Record) -> bool:
    return record.code == "16"


class _Reader:
    def __init__(self) -> None:
        self._found: list[Movement] = []
        self._day: date | None = None
        self._account: str | None = None
        self._account_sum = self._group_sum = self._file_sum = 0
        self._open: list[str] = []
        self._line = 0
        self._is_closed = False

    def take(self, record: _Record) -> None:
        self._line = record.line
        if self._is_closed:
            raise BankFileInvalid(record.line, "stands behind the file's end")
        match record.code:
            case "01":
                self._begin("01", under=None)
            case "02":
                self._begin("02", under="01")
                self._day, self._group_sum = self._day_of(_at(record.fields, 3)), 0
            case "03":
                self._begin("03", under="02")
                self._account, self._account_sum = _at(record.fields, 0), self._summaries(record.fields)
            case "16":
                self._book(record)
            case "49":
                self._end("03", record, self._account_sum)
                self._group_sum += self._account_sum
            case "98":
                self._end("02", record, self._group_sum)
                self._file_sum += self._group_sum
            case "99":
                self._end("01", record, self._file_sum)
                self._is_closed = True
            case code:
                raise BankFileInvalid(record.line, f"record {code} is not known")

    def done(self) -> list[Movement]:
        if not self._is_closed:
            raise BankFileInvalid(self._line, "the file ends without its last record (99): it is cut off")
        return self._found

    def _book(self, record: _Record) -> None:
        if self._open[-1:] != ["03"] or self._day is None or self._account is None:
            raise BankFileInvalid(record.line, "a booking outside an account")
        code = self._number(_at(record.fields, 0), "the type of the booking")
        cents = self._number(_at(record.fields, 1), "the amount")
        if code not in CREDITS and code not in DEBITS:
            raise BankFileInvalid(record.line, f"type {code} is no credit and no debit")
        self._account_sum += cents
        behind = 3 + self._funds(record.fields)
        text = ",".join(record.text.split(",")[behind + 2 :]).removesuffix("/").strip()
        if not cents:
            return
        trace, payer = trace_in(text.replace(",", ""))
        self._found.append(
            Movement(
                booked_on=self._day,
                amount_cents=Cents(cents if code in CREDITS else -cents),
                means=_means(code),
                account=self._account,
                reference=_at(record.fields, behind),
                sender="",
                text=text,
                trace=trace,
                payer_number=payer,
            )
        )

    def _funds(self, fields: list[str]) -> int:
        """How many fields stand behind the type of funds."""
        kind = _at(fields, 2).upper()
        if kind == "D":
            return 1 + 2 * self._number(_at(fields, 3), "the number of availabilities")
        return FUNDS_WITH.get(kind, 0)

    def _summaries(self, fields: list[str]) -> int:
        """The sum of an account's summary amounts (type, amount, count, funds), which its end counts, too."""
        total, place = 0, 2
        while place + 1 < len(fields):
            amount = fields[place + 1].strip()
            total += self._signed(amount) if amount else 0
            behind = fields[place:]
            place += 4 + (self._funds(["", "", *behind[3:]]) if len(behind) > 3 else 0)
        return total

    def _begin(self, code: str, *, under: str | None) -> None:
        if (self._open[-1] if self._open else None) != under:
            raise BankFileInvalid(self._line, f"record {code} stands in the wrong place")
        self._open.append(code)

    def _end(self, begun: str, record: _Record, found: int) -> None:
        if self._open[-1:] != [begun]:
            raise BankFileInvalid(record.line, f"record {record.code} ends nothing that is open")
        self._open.pop()
        told = self._signed(_at(record.fields, 0))
        if told != found:
            raise BankFileInvalid(record.line, f"record {record.code} says a sum of {told}, and {found} is here")

    def _number(self, text: str, what: str) -> int:
        text = text.strip()
        if not (text.isascii() and text.isdigit()):
            raise BankFileInvalid(self._line, f"{what} is no number: {text!r}")
        return int(text)

    def _signed(self, text: str) -> int:
        text = text.strip()
        sign = -1 if text.startswith("-") else 1
        return sign * self._number(text.lstrip("+-"), "the sum")

    def _day_of(self, text: str) -> date:
        try:
            return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError as error:
            raise BankFileInvalid(self._line, f"the day is none: {text!r}") from error


def _at(fields: list[str], place: int) -> str:
    return fields[place].strip() if place < len(fields) else ""


def _means(code: int) -> Means:
    if code in ACH:
        return Means.ACH
    if code in CHEQUES:
        return Means.CHEQUE
    return Means.WIRE if code in WIRES else Means.OTHER
