"""Invented files of banks."""

from collections.abc import Sequence
from dataclasses import dataclass

TRN = "TRN*1*EFT0001*1512345678~"


@dataclass(frozen=True, slots=True)
class Entry:
    cents: int
    code: str
    addenda: tuple[str, ...]
    sender: str


def entry(cents: int, *, code: str = "22", addenda: Sequence[str] = (), sender: str = "EXAMPLE PAYER") -> Entry:
    return Entry(cents, code, tuple(addenda), sender)


def ach_file(entries: Sequence[Entry], *, day: str = "261104") -> str:
    """A NACHA file of one batch, with sums that hold."""
    sender = entries[0].sender if entries else "EXAMPLE PAYER"
    records = [
        f"101 021000021 0910000192611030900A094101{'OUR BANK':<23}{'THEIR BANK':<23}{'':<8}",
        f"5220{sender:<16}{'':<20}1512345678CCDHCCLAIMPMT{day}{day}{'':<3}1091000010000001",
    ]
    for number, one in enumerate(entries, start=1):
        flag = 1 if one.addenda else 0
        records.append(
            f"6{one.code}021000021{'123456789':<17}{one.cents:010}{'':<15}{'FAMILY PRACTICE':<22}  {flag}"
            f"09100001{number:07}"
        )
        records += [f"705{text:<80}{place:04}{number:07}" for place, text in enumerate(one.addenda, start=1)]
    lines = len(records) - 2
    credit = sum(one.cents for one in entries if one.code in {"22", "32"})
    debit = sum(one.cents for one in entries if one.code in {"27", "37"})
    digits = 2100002 * len(entries)
    records.append(f"8220{lines:06}{digits:010}{debit:012}{credit:012}1512345678{'':<25}091000010000001")
    records.append(f"9000001{1:06}{lines:08}{digits:010}{debit:012}{credit:012}{'':<39}")
    records += ["9" * 94] * (-len(records) % 10)
    return "\n".join(records) + "\n"


def bai2_file() -> str:
    """A report of one account, with a summary, a continued record, and sums that hold."""
    return """01,BANK,CLINIC,261105,0200,1,,,2/
02,CLINIC,BANK,1,261104,,USD,2/
03,0012345,USD,010,500000,,,100,154299,3,Z/
88,015,649999,,/
16,142,150000,Z,B1,C1,HCCLAIMPMT
88,TRN*1*EFT0001*1512345678~
16,301,4200,S,4200,0,0,B2,,deposit/
16,555,4200,V,261104,,B3,,returned unpaid
16,354,99,D,2,0,50,1,49,B4,,interest, as agreed
49,1462797,7/
98,1462797,1,9/
99,1462797,1,11/
"""
