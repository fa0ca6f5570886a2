"""A file made from a guide's table: every loop once, every row once, every element that the guide uses filled."""

from collections.abc import Callable, Iterator

from interchange.x12.elements import ElementRule
from interchange.x12.grammar import Guide, LoopRule, SegmentRule

Fill = Callable[[str, int, int, ElementRule], str]
"""Segment id, element, component (0 for a simple element), and the rule: what to write there"""
Row = tuple[str, tuple[str, ...]]
"""Loop id and elements"""

ISA = "ISA*00*          *00*          *ZZ*OFFICEID       *ZZ*HUBID          *260310*1015*^*00501*000000621*0*T*:"


def plain(_segment: str, _element: int, _component: int, rule: ElementRule) -> str:
    """The simplest value that the rule allows; of the kinds of id, the NPI."""
    if rule.codes is not None:
        return "XX" if "XX" in rule.codes else sorted(rule.codes)[0]
    form = {
        "R": "1",
        "N": "1",
        "DT": "20260102",
        "PD": "20260102",
        "SP": "20260102-20260103",
        "DH": "20260102",
        "TM": "1015",
    }.get(rule.kind)
    return form or "A" * max(rule.minimum, min(2, rule.maximum))


def rows(guide: Guide, fill: Fill = plain) -> list[Row]:
    """The transaction set, ST to SE; levels number themselves."""
    found: list[Row] = []
    level = 0
    for loop, rule in walk(guide.root.rule):
        elements = [rule.id, *(_element(rule.id, number, one, fill) for number, one in enumerate(rule.elements, 1))]
        if rule.id == "HL":
            level += 1
            elements[1:3] = [str(level), str(level - 1) if level > 1 else ""]
        if rule.id in {"ST", "SE"}:
            elements[2] = "0001"
        if rule.id == "LX":
            elements[1] = "1"
        if rule.id == "ST":
            elements[3] = guide.version
        while not elements[-1]:
            elements.pop()
        found.append((loop, tuple(elements)))
    found[-1] = (found[-1][0], ("SE", str(len(found)), "0001"))
    return found


def text(guide: Guide, found: list[Row], group: str) -> bytes:
    """The rows as a file; `group` is GS01."""
    head = [ISA, f"GS*{group}*OFFICEID*HUBID*20260310*1015*621*X*{guide.version}"]
    tail = ["GE*1*621", "IEA*1*000000621", ""]
    return "~".join([*head, *("*".join(elements) for _, elements in found), *tail]).encode()


def walk(loop: LoopRule) -> Iterator[tuple[str, SegmentRule]]:
    """Loop id and row, in the guide's order."""
    for child in loop.children:
        if isinstance(child, SegmentRule):
            yield loop.id, child
        else:
            yield from walk(child)


def _element(segment: str, number: int, rule: ElementRule, fill: Fill) -> str:
    if rule.usage == "-":
        return ""
    if not rule.components:
        return fill(segment, number, 0, rule)
    parts = [
        "" if one.usage == "-" else fill(segment, number, at, one) for at, one in enumerate(rule.components, start=1)
    ]
    return ":".join(parts).rstrip(":")
