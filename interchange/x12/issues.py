"""What is wrong with an X12 file, said so that a TA1 or a 999 is a plain projection of it.

`level` names the code list that `code` comes from: interchange TA105, group AK905, transaction IK502, segment IK304,
element IK403. The levels `code`, `balance` and `rule` are the office's own and carry a word instead of an X12 code.
"""

from dataclasses import dataclass
from typing import Literal

from interchange.x12.syntax import Segment

Level = Literal["interchange", "group", "transaction", "segment", "element", "code", "balance", "rule"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault, where it is, and what to do. The message never quotes a name, a date of birth or a member id."""

    code: str
    """The code of the list that `level` names, or a word for `balance` and `rule`."""
    message: str
    severity: Severity = "error"
    segment: str = ""
    """Segment id, of the missing segment when one is missing."""
    element: int | None = None
    """Element position, from 1."""
    component: int | None = None
    """Component position inside the element, from 1."""
    segment_index: int | None = None
    """Place in the transaction, ST = 1; for a missing segment the place where it was due."""
    file_index: int | None = None
    """Place in the file, from 1."""
    offset: int | None = None
    """Byte offset of the segment in the file."""
    loop: str | None = None
    control_number: str | None = None
    """CLM01 or CLP01 of the claim it happened in, None outside a claim."""
    level: Level = "segment"

    @property
    def is_error(self) -> bool:
        """Whether the standard or a sum is broken; a warning is a slip that was read past."""
        return self.severity == "error"

    def __str__(self) -> str:
        where = f"segment {self.file_index}" if self.file_index else "file"
        return f"{self.severity}: {where} {self.place}: {self.message}"

    @property
    def place(self) -> str:
        """Segment, element and component: `SV101-2`."""
        if self.element is None:
            return self.segment
        return f"{self.segment}{self.element:02d}" + (f"-{self.component}" if self.component else "")


def has_errors(issues: tuple[Issue, ...] | list[Issue]) -> bool:
    """Whether any of the issues is more than a warning."""
    return any(issue.severity == "error" for issue in issues)


def issue_at(
    segment: Segment,
    code: str,
    message: str,
    *,
    level: Level,
    severity: Severity = "error",
    name: str | None = None,
    element: int | None = None,
    component: int | None = None,
    loop: str | None = None,
    control_number: str | None = None,
) -> Issue:
    """An issue placed at `segment`; `name` when the fault is in another one (a missing one, a line's)."""
    return Issue(
        code,
        message,
        severity,
        segment=name or segment.id,
        element=element,
        component=component,
        segment_index=segment.position or None,
        file_index=segment.index,
        offset=segment.offset,
        loop=loop,
        control_number=control_number,
        level=level,
    )
