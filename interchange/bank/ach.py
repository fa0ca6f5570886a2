"""Reads ACH entries (NACHA): 94 characters a record, with the addenda in which a payer names its remittance.

File 1, batch 5, entry 6, addenda 7, batch control 8, file control 9. Entries of CCD carry one addenda of 80 characters,
those of CTX up to 9,999 that read as one text. Credits of the receiver are positive; entries without money (prenotes)
are passed over. Counts and sums of both controls have to hold.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from billing.bank import Means, Movement, trace_in
from billing.money import Cents
from interchange.bank.columns import ColumnReader, records
from interchange.bank.faults import BankFileInvalid

WIDTH = 94
CREDITS, DEBITS = frozenset({"22", "32"}), frozenset({"27", "37"})
"""Transaction codes: checking and savings"""
WITHOUT_MONEY = frozenset({"23", "28", "33", "38", "24", "29", "34", "39"})
"""Prenotes and entries of no amount"""
EFFECTIVE = "the effective date"
PADDING, BLOCK = "9" * WIDTH, 10
"""A file is filled up to whole blocks of records"""


@dataclass(slots=True)
class _Batch:
    line: int
    booked_on: date
    company: str
    entries: int = 0
    """Entries and addenda"""
    credit: int = 0
    debit: int = 0


@dataclass(slots=True)
class _Entry:
    line: int
    cents: int
    account: str
    reference: str
    addenda: list[str] = field(default_factory=list)


def read(text: str) -> list[Movement]:
    """Every entry with money. Raises BankFileInvalid, and then nothing is to be taken."""
    reader = _Reader()
    for number, record in records(text, WIDTH):
        reader.take(number, record)
    return reader.done()


class _Reader(ColumnReader):
    def __init__(self) -> None:
        super().__init__()
        self._found: list[Movement] = []
        self._batch: _Batch | None = None
        self._entry: _Entry | None = None
        self._totals = _Batch(0, date.min, "")
        self._batches = 0
        self._is_closed = False
        self._created = date.min

    def take(self, number: int, record: str) -> None:
        self._line = number
        if len(record) > WIDTH:
            raise BankFileInvalid(number, f"{len(record)} characters; a record has {WIDTH}")
        if self._is_closed:
            if record != PADDING:
                raise BankFileInvalid(number, "stands behind the file's end")
            return
        match record[0]:
            case "1":
                self._expect(number == 1, "a file has one header, its first record")
                self._created = self._day(record[23:29], EFFECTIVE)
            case "5":
                self._open_batch(record)
            case "6":
                self._take_entry(record)
            case "7":
                self._take_addenda(record)
            case "8":
                self._close_batch(record)
            case "9":
                self._close_file(record)
            case kind:
                raise BankFileInvalid(number, f"no record begins with {kind!r}")

    def done(self) -> list[Movement]:
        self._expect(self._is_closed, "the file ends without its control (record 9): it is cut off")
        return self._found

    def _open_batch(self, record: str) -> None:
        self._expect(self._batch is None, "a batch begins inside another one")
        day = self._day(record[69:75], EFFECTIVE) if record[69:75].strip() else self._created
        self._batch = _Batch(self._line, day, record[4:20].strip())

    def _take_entry(self, record: str) -> None:
        self._finish_entry()
        batch = self._open()
        code, cents = record[1:3], self._number(record[29:39], "the amount")
        batch.entries += 1
        if code in CREDITS:
            batch.credit += cents
        elif code in DEBITS:
            batch.debit += cents
            cents = -cents
        elif code not in WITHOUT_MONEY:
            raise BankFileInvalid(self._line, f"transaction code {code} is not known")
        self._entry = _Entry(self._line, cents, record[12:29].strip(), record[79:94].strip())

    def _take_addenda(self, record: str) -> None:
        batch = self._open()
        self._expect(self._entry is not None, "an addenda without an entry")
        assert self._entry is not None
        batch.entries += 1
        self._entry.addenda.append(record[3:83])

    def _finish_entry(self) -> None:
        entry, self._entry = self._entry, None
        if entry is None or not entry.cents:
            return
        batch = self._open()
        text = "".join(entry.addenda).rstrip()
        trace, payer = trace_in(text)
        self._found.append(
            Movement(
                booked_on=batch.booked_on,
                amount_cents=Cents(entry.cents),
                means=Means.ACH,
                account=entry.account,
                reference=entry.reference,
                sender=batch.company,
                text=text,
                trace=trace,
                payer_number=payer,
            )
        )

    def _close_batch(self, record: str) -> None:
        self._finish_entry()
        batch = self._open()
        self._compare(batch, record[4:10], record[20:32], record[32:44], "batch")
        self._totals.entries += batch.entries
        self._totals.credit += batch.credit
        self._totals.debit += batch.debit
        self._batches += 1
        self._batch = None

    def _close_file(self, record: str) -> None:
        self._expect(self._batch is None, "the file ends inside a batch")
        told = self._number(record[1:7], "the number of batches")
        self._expect(told == self._batches, f"{told} batches are announced, and {self._batches} are here")
        self._compare(self._totals, record[13:21], record[31:43], record[43:55], "file")
        self._is_closed = True

    def _compare(self, found: _Batch, entries: str, debit: str, credit: str, what: str) -> None:
        for told, here, name in (
            (entries, found.entries, "entries and addenda"),
            (debit, found.debit, "cents of debits"),
            (credit, found.credit, "cents of credits"),
        ):
            count = self._number(told, name)
            self._expect(count == here, f"the {what} says {count} {name}, and {here} are here")

    def _open(self) -> _Batch:
        if self._batch is None:
            raise BankFileInvalid(self._line, "stands outside a batch")
        return self._batch


def write(entry: Movement, *, created: datetime, number: int) -> str:
    """A file of one credit with one addenda: what a bank hands on of a payer's transfer. `number` names the entry."""
    day = f"{entry.booked_on:%y%m%d}"
    bank, origin = "09100001", f"{entry.payer_number or '':>10.10}"
    records = [
        f"101 021000021{origin}{created:%y%m%d%H%M}A094101{'BANK OF THE PRACTICE':<23}{entry.sender:<23.23}{'':<8}",
        f"5220{entry.sender:<16.16}{'':<20}{origin}CCDHCCLAIMPMT{day}{day}   1{bank}{1:07}",
        f"622{'02100002'}1{entry.account:<17.17}{entry.amount_cents:010}{'':<15}{'':<22}  1{bank}{number:07}",
        f"705{entry.text:<80.80}{1:04}{number:07}",
        f"8220{2:06}{2100002:010}{0:012}{entry.amount_cents:012}{origin}{'':<25}{bank}{1:07}",
        f"9{1:06}{1:06}{2:08}{2100002:010}{0:012}{entry.amount_cents:012}{'':<39}",
    ]
    return "\n".join([*records, *[PADDING] * (-len(records) % BLOCK)]) + "\n"
