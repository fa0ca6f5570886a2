"""The implementation acknowledgment (999, guide 005010X231A1): read, written, and projected from our own issues."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from billing.acknowledgment import ImplementationAcknowledgment, SegmentError, SetAcknowledgment
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import Elements, Unreadable, get, join, maybe, trimmed
from interchange.x12.guides.x231a1 import GUIDE
from interchange.x12.issues import Issue
from interchange.x12.reading import walk
from interchange.x12.syntax import Source

VERSION = GUIDE.version
_TRIGGER = "SITUATIONAL TRIGGER"
_MAX_CODES = 5
_CONTEXT = {"837": "CLM01"}
"""CTX01-1 by the set that is answered: the guide has no name for a payment of an 835."""
_CONTEXT_CHARACTERS = 35
_LOOP_CHARACTERS = 4
"""IK303 holds four characters, so that 2010AA is told as 2010; longer ones that others send are read."""


class LoopTooLong(ValueError):
    """A loop id has more characters than IK303 holds."""


@dataclass(frozen=True, slots=True)
class ReadAcknowledgment:
    """One ST*999."""

    acknowledgment: ImplementationAcknowledgment | None
    """None when AK1 or AK9 is missing"""
    issues: tuple[Issue, ...]
    transaction: TransactionId | None
    """None: the issues of an interchange"""
    segments: tuple[Elements, ...] = ()
    """Everything the transaction holds, ST to SE, the model's part and the rest"""


def read(source: Source) -> Iterator[ReadAcknowledgment]:
    """Read every 999 of the file; TA1s in it are read by `acknowledgment_ta1`. Raises NotX12."""
    for item in walk(source, GUIDE):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadAcknowledgment(None, tuple(item.issues), None)
            continue
        found: ImplementationAcknowledgment | None = None
        try:
            found = _read([elements for _, elements in item.rows])
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
        yield ReadAcknowledgment(found, tuple(item.issues), item.id, item.segments)


def write(acknowledgment: ImplementationAcknowledgment) -> list[Elements]:
    """The body of one ST*999, AK1 to AK9. Raises LoopTooLong."""
    group = acknowledgment
    rows = [trimmed("AK1", group.functional_id, group.group_control_number, group.version)]
    for one in group.sets:
        rows.append(trimmed("AK2", one.transaction, one.control_number, one.version))
        for error in one.errors:
            rows += _write_error(error, one.transaction)
        rows.append(trimmed("IK5", one.code, *one.codes[:_MAX_CODES]))
    received = len(group.sets) if group.received_count is None else group.received_count
    accepted = sum(one.accepted for one in group.sets) if group.accepted_count is None else group.accepted_count
    included = received if group.included_count is None else group.included_count
    rows.append(trimmed("AK9", group.code, str(included), str(received), str(accepted), *group.codes[:_MAX_CODES]))
    return rows


def acknowledge(
    sets: Sequence[tuple[TransactionId, Iterable[Issue]]],
    *,
    group_issues: Iterable[Issue] = (),
    included_count: int | None = None,
) -> ImplementationAcknowledgment:
    """Answer one group: each transaction with the issues found in it. `included_count` is what GE01 said.

    Errors of the levels transaction, segment and element reject a set; warnings, sums and rules do not: those are a
    277CA's business. Raises ValueError when there is no transaction.
    """
    if not sets:
        raise ValueError("a group without transaction sets cannot be answered by a 999")
    answers = tuple(_answer(identity, issues) for identity, issues in sets)
    codes = _distinct(issue.code for issue in group_issues if issue.level == "group" and issue.is_error)
    accepted = 0 if codes else sum(one.accepted for one in answers)
    code = "A" if accepted == len(answers) else "P" if accepted else "R"
    first = sets[0][0]
    return ImplementationAcknowledgment(
        functional_id=first.gs01,
        group_control_number=first.gs06,
        code=code,
        sets=answers,
        received_count=len(answers),
        accepted_count=accepted,
        version=first.gs08 or None,
        included_count=included_count,
        codes=codes,
    )


# Reading ----------------------------------------------------------------------------------------------------------


def _read(rows: list[Elements]) -> ImplementationAcknowledgment:
    ak1 = next((row for row in rows if row[0] == "AK1"), None)
    ak9 = next((row for row in rows if row[0] == "AK9"), None)
    if ak1 is None:
        raise Unreadable("AK1", 1, "is missing: nothing says which group is answered")
    if ak9 is None:
        raise Unreadable("AK9", 1, "is missing: the group has no verdict")
    return ImplementationAcknowledgment(
        functional_id=get(ak1, 1),
        group_control_number=get(ak1, 2),
        code=get(ak9, 1),
        sets=tuple(_read_sets(rows)),
        received_count=_count(ak9, 3),
        accepted_count=_count(ak9, 4),
        version=maybe(ak1, 3),
        included_count=_count(ak9, 2),
        codes=tuple(code for code in ak9[5:10] if code),
    )


def _count(elements: Elements, number: int) -> int | None:
    text = get(elements, number)
    return int(text) if text.isascii() and text.isdigit() else None


def _read_sets(rows: list[Elements]) -> Iterator[SetAcknowledgment]:
    ak2: Elements = ()
    errors: list[SegmentError] = []
    group: list[Elements] = []
    for row in rows:
        if row[0] in {"AK2", "IK3", "IK5"} and group:
            errors.append(_read_error(group))
            group = []
        if row[0] == "AK2":
            ak2, errors = row, []
        elif row[0] == "IK3" or (group and row[0] in {"IK4", "CTX"}):
            group.append(row)
        elif row[0] == "IK5" and ak2:
            codes = tuple(code for code in row[2:7] if code)
            yield SetAcknowledgment(get(ak2, 1), get(ak2, 2), get(row, 1), tuple(errors), codes, maybe(ak2, 3))
            ak2 = ()


def _read_error(rows: list[Elements]) -> SegmentError:
    ik3 = rows[0]
    contexts = [get(row, 1).split(":") for row in rows if row[0] == "CTX"]
    numbers = [parts[1] for parts in contexts if len(parts) == 2 and not parts[0].startswith(_TRIGGER)]
    faults = tuple((get(row, 1), get(row, 3), maybe(row, 4)) for row in rows if row[0] == "IK4")
    position = _count(ik3, 2) or 0
    return SegmentError(get(ik3, 1), position, maybe(ik3, 3), maybe(ik3, 4), faults, numbers[0] if numbers else None)


# Writing ----------------------------------------------------------------------------------------------------------


def _write_error(error: SegmentError, transaction: str) -> list[Elements]:
    if len(error.loop or "") > _LOOP_CHARACTERS:
        raise LoopTooLong(
            f"IK303 of segment {error.position} {error.segment} has more than {_LOOP_CHARACTERS} characters: "
            "send the first four of the loop id"
        )
    rows = [trimmed("IK3", error.segment, str(error.position), error.loop, error.code)]
    if error.control_number and transaction in _CONTEXT:
        rows.append(("CTX", join(_CONTEXT[transaction], error.control_number[:_CONTEXT_CHARACTERS])))
    rows += [trimmed("IK4", join(*position.split(":")), "", code, copy) for position, code, copy in error.elements]
    return rows


# Projecting -------------------------------------------------------------------------------------------------------


def refuses(issues: Iterable[Issue]) -> bool:
    """Whether a set with these issues is refused."""
    return any(issue.is_error and issue.level in {"transaction", "segment", "element"} for issue in issues)


def _answer(identity: TransactionId, issues: Iterable[Issue]) -> SetAcknowledgment:
    errors = [issue for issue in issues if issue.is_error]
    placed = _segment_errors(issue for issue in errors if issue.level in {"segment", "element"})
    codes = ["5"] if placed else []
    codes += _distinct(issue.code for issue in errors if issue.level == "transaction")
    return SetAcknowledgment(
        identity.st01, identity.st02, "R" if codes else "A", placed, tuple(codes[:_MAX_CODES]), identity.version or None
    )


def _segment_errors(issues: Iterable[Issue]) -> tuple[SegmentError, ...]:
    """One SegmentError per faulty segment; a missing one and the one found in its place are two."""
    grouped: dict[tuple[int, str, str | None], list[Issue]] = {}
    for issue in issues:
        missing = issue.code if issue.level == "segment" else None
        grouped.setdefault((issue.segment_index or 0, issue.segment, missing), []).append(issue)
    found = []
    for (position, name, code), members in sorted(grouped.items(), key=lambda item: item[0][0]):
        elements = tuple(
            (f"{one.element}:{one.component}" if one.component else str(one.element), one.code, None)
            for one in members
            if one.level == "element" and one.element
        )
        first = members[0]
        loop = (first.loop or "")[:_LOOP_CHARACTERS] or None
        found.append(SegmentError(name, position, loop, code or "8", elements, first.control_number))
    return tuple(found)


def _distinct(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
