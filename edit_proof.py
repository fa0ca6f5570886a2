"""Proves the claim edits: defects that claims really have are found, and valid claims are let through."""

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from billing.claim import Claim
from billing.edits.registry import Severity, Situation
from billing.policies import Policies
from billing.scrubbing import EDITS, scrub
from interchange.x12 import claims_837p
from interchange.x12.trial import unwritable
from settings import OperatorError
from simulator.defects import DEFECTS, Defect
from simulator.subjects import Subject, valid_subjects

Figures = dict[str, Any]
VALID = 3000
"""Valid claims that are looked at"""
CLAIMS_PER_DEFECT = 15
"""Each defect is put on a claim of every profile"""
ID = 3
"""Characters of an edit's id; P01B belongs to P01"""
WRITER = "X02"
LAST = "total"
"""What follows from everything else is put wrong after it"""
MISSED_AT_MOST = 1
FALSE_BLOCKS_BELOW = 0.01


@dataclass(slots=True)
class Tally:
    """How often a defect was put on a claim, and found there."""

    tried: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)

    def count(self, *, is_found: bool, told: str) -> None:
        self.tried += 1
        self.found += is_found
        if not is_found and len(self.missed) < 3:
            self.missed.append(told)


def prove_edits(console: Console, *, seed: int, file: Path | None) -> None:
    """Print the proof; ends the process with exit code 1 when it does not hold. `file`: an 837P of valid claims."""
    subjects = valid_subjects(VALID, seed=seed, today=datetime.now(UTC).date())
    figures = prove(subjects, seed=seed) | ({} if file is None else {"file": blocks_of(claims_in(file))})
    show(figures, console)
    if not figures["holds"]:
        sys.exit(1)


def prove(subjects: Sequence[Subject], *, seed: int) -> Figures:
    """Every defect alone and in pairs, and every valid claim."""
    singly = {one: tried_singly(one, bases_for(one, subjects)) for one in DEFECTS}
    pairs = [pair for pair in combinations(DEFECTS, 2) if _go_together(*pair)]
    dice = random.Random(seed)
    paired: dict[Defect, Tally] = defaultdict(Tally)
    for pair in pairs:
        for one, tally in zip(pair, _try_pair(pair, dice.choice(bases_for(pair[0], subjects))), strict=True):
            paired[one].tried += tally.tried
            paired[one].found += tally.found
            paired[one].missed += tally.missed
    blocked = Counter(code for subject in subjects for code in errors_of(subject))
    held = sum(bool(errors_of(subject)) for subject in subjects)
    rows = [_row(one, singly[one], paired[one]) for one in DEFECTS]
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_id[row["edit"]].append(row)
    caught = [code for code, found in by_id.items() if all(one["singly"][0] == one["singly"][1] for one in found)]
    return {
        "proof": "edits",
        "edits": len(EDITS),
        "ids": len(by_id),
        "ids_caught": len(caught),
        "ids_missed": sorted(by_id.keys() - set(caught)),
        "defects": rows,
        "pairs": len(pairs),
        "pairs_found_both": sum(row["paired"][0] for row in rows),
        "pairs_tried": sum(row["paired"][1] for row in rows),
        "valid_claims": len(subjects),
        "false_blocks": held,
        "false_blocks_by_edit": dict(blocked),
        "holds": len(caught) >= len(by_id) - MISSED_AT_MOST and held < FALSE_BLOCKS_BELOW * len(subjects),
    }


def bases_for(one: Defect, subjects: Sequence[Subject]) -> Sequence[Subject]:
    """The claims that the defect is put on: those of its kind."""
    own = [subject for subject in subjects if (subject.claim.hospital is not None) == one.is_hospitals]
    return own[:CLAIMS_PER_DEFECT]


def _go_together(one: Defect, other: Defect) -> bool:
    return one.is_hospitals == other.is_hospitals and not one.touches & other.touches


def tried_singly(one: Defect, bases: Iterable[Subject]) -> Tally:
    """The defect on each of the claims."""
    tally = Tally()
    for base in bases:
        found = _found(one.put_on(base)) - _found(base)
        tally.count(is_found=one.edit in found, told=base.claim.lines[0].called)
    return tally


def _try_pair(pair: tuple[Defect, Defect], base: Subject) -> tuple[Tally, Tally]:
    """Both on one claim: one look has to find both."""
    first, last = sorted(pair, key=lambda one: LAST in one.touches)
    found = _found(last.put_on(first.put_on(base)))
    tallies = Tally(), Tally()
    for one, other, tally in zip(pair, reversed(pair), tallies, strict=True):
        tally.count(is_found=one.edit in found, told=f"beside {other.edit}: {other.says}")
    return tallies


def _found(subject: Subject) -> set[str]:
    """Ids of every edit that has something to say; the writer's last."""
    found = {one.edit[:ID] for one in scrub(subject.claim, subject.situation)}
    return found | ({WRITER} if unwritable(subject.claim, subject.situation.at) else set())


def errors_of(subject: Subject) -> set[str]:
    """Edits that hold the claim."""
    errors = {one.edit for one in scrub(subject.claim, subject.situation) if one.severity == Severity.ERROR}
    return errors | ({WRITER} if unwritable(subject.claim, subject.situation.at) else set())


def _row(one: Defect, singly: Tally, paired: Tally) -> dict[str, Any]:
    return {
        "edit": one.edit,
        "kind": one.kind,
        "defect": one.says,
        "source": one.source,
        "singly": [singly.found, singly.tried],
        "paired": [paired.found, paired.tried],
        "missed": [*singly.missed, *paired.missed][:3],
    }


def claims_in(file: Path) -> list[Claim]:
    """The claims of an 837P. Raises OperatorError when there are none."""
    found = [
        one.claim
        for one in claims_837p.read(file.read_bytes())
        if isinstance(one, claims_837p.ReadClaim) and one.claim is not None and one.claim.lines
    ]
    if not found:
        raise OperatorError(f"{file.name} holds no claim that can be read")
    return found


def blocks_of(claims: Sequence[Claim]) -> Figures:
    """How many of these claims an edit would hold, each looked at two days after its service."""
    held: Counter[str] = Counter()
    blocked = 0
    for claim in claims:
        at = datetime.combine(claim.service_to + timedelta(days=2), time(12), UTC)
        errors = errors_of(Subject(claim, Situation(at, Policies.of([]), is_verified=True)))
        blocked += bool(errors)
        held.update(errors)
    return {"claims": len(claims), "blocked": blocked, "by_edit": dict(held)}


def show(figures: Figures, console: Console) -> None:
    """A table for people, and on standard output one JSON object with the figures."""
    table = Table(title="Proof of the claim edits")
    for heading in ("edit", "defect", "kind", "alone", "in pairs", "source"):
        table.add_column(heading)
    for one in figures["defects"]:
        table.add_row(one["edit"], one["defect"], one["kind"], _of(one["singly"]), _of(one["paired"]), one["source"])
    console.print(table)
    for line in _summary(figures):
        console.print(line)
    sys.stdout.write(json.dumps(figures) + "\n")


def _summary(figures: Figures) -> Iterator[str]:
    yield f"{figures['ids_caught']} of {figures['ids']} edit ids found every defect; missed: {figures['ids_missed']}"
    yield f"in {figures['pairs']} pairs {figures['pairs_found_both']} of {figures['pairs_tried']} defects were found"
    yield (
        f"valid claims held: {figures['false_blocks']} of {figures['valid_claims']} {figures['false_blocks_by_edit']}"
    )
    if "file" in figures:
        told = figures["file"]
        yield f"claims of the file that would be held: {told['blocked']} of {told['claims']} {told['by_edit']}"


def _of(pair: Sequence[int]) -> str:
    return f"{pair[0]} of {pair[1]}"
