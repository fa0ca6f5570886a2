"""Invented files of a bank's lockbox."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One cheque; `beside`: what the bank read from its coupon, as (invoice, cents)."""

    cents: int
    number: str = "1043"
    beside: tuple[tuple[str, int], ...] = ()
    remitter: str = "MARTHA DOE"


def lockbox_file(*batches: Sequence[Sent], day: str = "261104", lockbox: str = "0012345") -> str:
    """A BAI file of one lockbox, with counts and sums that hold."""
    records = [
        f"100{'CLINIC':<10}{'0910000191':<10}2611050200",
        f"2{'CLINIC':<10}{'0910000191':<10}{'':<10}40008008001",
    ]
    records.append(f"5000000{lockbox}{day}")
    for number, cheques in enumerate(batches, start=1):
        for item, one in enumerate(cheques, start=1):
            records.append(
                f"6{number:03}{item:03}{one.cents:010}021000021{'0000123456'}{one.number:0>10}110326{one.remitter:<28}"
            )
            for place, (invoice, cents) in enumerate(one.beside, start=1):
                last = 9 if place == len(one.beside) else 0
                records.append(f"4{number:03}{item:03}6{place:02}{last}{invoice:<16}{cents:010}")
        total = sum(one.cents for one in cheques)
        records.append(f"7{number:03}000{lockbox}{day}{len(cheques):03}{total:010}")
    every = [one for cheques in batches for one in cheques]
    records.append(f"8000000{lockbox}{day}{len(every):04}{sum(one.cents for one in every):010}")
    records.append(f"9{len(records) + 1:06}")
    return "\n".join(one.ljust(80) for one in records) + "\n"
