"""Reads a lockbox file (BAI, fixed columns): the cheques that a bank opened and put on the practice's account.

1 immediate address header, 2 service, 5 detail header (lockbox, day), 6 detail (one cheque), 4 overflow (what stood
beside it), 7 batch total, 8 service total, 9 destination trailer. Records have 80 columns; some banks write more.
Counts and sums of 7 and 8 and the count of 9 have to hold. Columns from one:

5: batch 2-4, lockbox 8-14, day 15-20 (YYMMDD). 6: batch 2-4, item 5-7, amount 8-17, transit 18-26, account 27-36,
cheque 37-46, its day 47-52, remitter from 53. 4: batch 2-4, item 5-7, sequence 9-10, last 11, then invoices of 16 with
amounts of 10. 7: batch 2-4, lockbox 8-14, day 15-20, count 21-23, sum 24-33. 8: count 21-24, sum 25-34. 9: records 2-7.
"""

from dataclasses import dataclass, field
from datetime import date

from billing.lockbox import Cheque, ChequeBatch
from billing.money import Cents
from interchange.bank.columns import ColumnReader, records
from interchange.bank.faults import BankFileInvalid

WIDTH, WIDEST = 80, 160
INVOICE, AMOUNT = 16, 10
"""Columns of an overflow's pairs"""


@dataclass(slots=True)
class _Item:
    batch: str
    item: int
    cents: int
    record: str
    said: list[str] = field(default_factory=list)
    """Of its overflow records, from column 12"""


@dataclass(slots=True)
class _Box:
    """What stands between a 5 and its 8."""

    lockbox: str
    day: date
    items: list[_Item] = field(default_factory=list)
    count: int = 0
    cents: int = 0


def read(text: str) -> list[ChequeBatch]:
    """Every batch with money. Raises BankFileInvalid, and then nothing is to be taken."""
    reader = _Reader()
    for number, record in records(text, WIDTH):
        reader.take(number, record)
    return reader.done()


class _Reader(ColumnReader):
    def __init__(self) -> None:
        super().__init__()
        self._found: list[ChequeBatch] = []
        self._box: _Box | None = None
        self._records = 0
        self._is_begun = self._is_closed = False

    def take(self, number: int, record: str) -> None:
        self._line = number
        self._records += 1
        self._expect(len(record) <= WIDEST, f"{len(record)} characters; a record has {WIDTH}")
        self._expect(not self._is_closed, "stands behind the file's end")
        kind = record[0]
        self._expect(self._is_begun == (kind != "1"), "a file has one header (record 1), its first record")
        match kind:
            case "1":
                self._is_begun = True
            case "2":
                self._expect(self._box is None, "a service begins inside a lockbox")
            case "5":
                self._open_box(record)
            case "6":
                self._take_cheque(record)
            case "4":
                self._take_overflow(record)
            case "7":
                self._close_batch(record)
            case "8":
                self._close_box(record)
            case "9":
                self._close_file(record)
            case _:
                raise BankFileInvalid(number, f"no record begins with {kind!r}")

    def done(self) -> list[ChequeBatch]:
        self._expect(self._is_closed, "the file ends without its last record (9): it is cut off")
        return self._found

    def _open_box(self, record: str) -> None:
        """Some banks repeat the header before every batch of the lockbox."""
        lockbox, day = record[7:14].strip(), self._day(record[14:20], "the day of the deposit")
        if self._box is not None:
            same = (self._box.lockbox, self._box.day) == (lockbox, day)
            self._expect(same and not self._box.items, "a lockbox begins inside another one")
            return
        self._box = _Box(lockbox, day)

    def _take_cheque(self, record: str) -> None:
        item = _Item(
            record[1:4], self._number(record[4:7], "the item"), self._number(record[7:17], "the amount"), record
        )
        self._open().items.append(item)

    def _take_overflow(self, record: str) -> None:
        items = self._open().items
        self._expect(bool(items), "an overflow without a cheque")
        last = items[-1]
        named = (record[1:4], self._number(record[4:7], "the item"))
        self._expect(named == (last.batch, last.item), "an overflow names another cheque than the one before it")
        last.said.append(record[11:].rstrip())

    def _close_batch(self, record: str) -> None:
        box = self._open()
        told = record[1:4]
        strangers = [one.item for one in box.items if one.batch != told]
        self._expect(not strangers, f"the total is of batch {told}, and cheques of another batch stand before it")
        self._compare(record[20:23], record[23:33], len(box.items), sum(one.cents for one in box.items), "batch")
        box.count += len(box.items)
        box.cents += sum(one.cents for one in box.items)
        cheques = tuple(_cheque(one) for one in box.items if one.cents)
        if cheques:
            self._found.append(ChequeBatch(box.lockbox, told, box.day, cheques))
        box.items.clear()

    def _close_box(self, record: str) -> None:
        box = self._open()
        self._expect(not box.items, "the lockbox ends inside a batch")
        self._compare(record[20:24], record[24:34], box.count, box.cents, "lockbox")
        self._box = None

    def _close_file(self, record: str) -> None:
        self._expect(self._box is None, "the file ends inside a lockbox")
        told = self._number(record[1:7], "the number of records")
        self._expect(told == self._records, f"{told} records are announced, and {self._records} are here")
        self._is_closed = True

    def _compare(self, count: str, cents: str, counted: int, summed: int, what: str) -> None:
        for told, here, name in ((count, counted, "cheques"), (cents, summed, "cents")):
            said = self._number(told, name)
            self._expect(said == here, f"the {what} says {said} {name}, and {here} are here")

    def _open(self) -> _Box:
        if self._box is None:
            raise BankFileInvalid(self._line, "stands outside a lockbox")
        return self._box


def _cheque(one: _Item) -> Cheque:
    pairs = ((said, place) for said in one.said for place in range(0, len(said), INVOICE + AMOUNT))
    invoices = (said[place : place + INVOICE].strip() for said, place in pairs)
    remitter = one.record[52:].strip()
    return Cheque(
        item=one.item,
        amount_cents=Cents(one.cents),
        transit=one.record[17:26].strip(),
        account=one.record[26:36].strip(),
        number=one.record[36:46].strip().lstrip("0"),
        remitter=remitter if any(sign.isalpha() for sign in remitter) else "",
        invoices=tuple(invoice for invoice in invoices if invoice),
        text=" ".join((one.record[46:52], one.record[52:].strip(), *one.said)).strip(),
    )
