"""The interchange acknowledgment (TA1): one segment between ISA and IEA that answers an envelope."""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.acknowledgment import InterchangeAcknowledgment
from interchange.x12.envelope import EnvelopeReport, read_transactions
from interchange.x12.fields import Elements
from interchange.x12.issues import Issue
from interchange.x12.syntax import Segment, Source

_NOTE_NONE = "000"


@dataclass(frozen=True, slots=True)
class ReadInterchangeAcknowledgment:
    """One TA1 of the file."""

    acknowledgment: InterchangeAcknowledgment
    issues: tuple[Issue, ...]
    sender: tuple[str, str]
    """ISA05 and ISA06 of the interchange that carries it"""
    receiver: tuple[str, str]


def read(source: Source) -> Iterator[ReadInterchangeAcknowledgment]:
    """Read every TA1 of the file, those before a 999 too. Raises NotX12."""
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            for segment in item.acknowledgments:
                yield ReadInterchangeAcknowledgment(_read(segment), tuple(item.issues), item.sender, item.receiver)


def write(acknowledgment: InterchangeAcknowledgment) -> Elements:
    """The TA1 segment, for `writing.write_interchange(acknowledgments=...)`."""
    one = acknowledgment
    return ("TA1", one.control_number, one.interchange_date, one.interchange_time, one.code, one.note)


def acknowledge(report: EnvelopeReport) -> InterchangeAcknowledgment:
    """Answer an interchange by what was found at its envelope: the first error decides the note."""
    errors = [issue.code for issue in report.issues if issue.level == "interchange" and issue.is_error]
    code = "R" if errors else "A"
    return InterchangeAcknowledgment(
        control_number=report.isa13,
        accepted=not errors,
        code=code,
        note=errors[0] if errors else _NOTE_NONE,
        interchange_date=report.interchange_date,
        interchange_time=report.interchange_time,
    )


def _read(segment: Segment) -> InterchangeAcknowledgment:
    code = segment.get(4)
    return InterchangeAcknowledgment(
        control_number=segment.get(1),
        accepted=code in {"A", "E"},
        code=code,
        note=segment.get(5),
        interchange_date=segment.get(2),
        interchange_time=segment.get(3),
    )
