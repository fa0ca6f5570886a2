"""Files of several transactions drawn from a seed, each with the nouns it was written from, and their judgement.

The same kind and seed give the same file. A kind says what our writer writes, how it is read back, and which validators
from outside know it.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    claims_837p,
    eligibility_270,
    eligibility_271,
    remittance_835,
    validate,
    writing,
)
from interchange.x12.claims_837p import ReadClaim
from interchange.x12.fields import Elements
from tests.interchange import generated_answers, generated_claims, generated_payments, oracles
from tests.interchange.draw import Draw

INSTANT = dt.datetime(2026, 3, 10, 10, 15, tzinfo=dt.UTC)
Draught = tuple[object, list[Elements]]
"""What is expected of the reader, and the body of the transaction"""


@dataclass(frozen=True)
class Kind:
    """One transaction set."""

    transaction: str
    version: str
    make: Callable[[Draw], Draught]
    read: Callable[[bytes], list[object]]
    """What the file says, one noun per transaction"""
    judges: tuple[Callable[[str], list[str]], ...]


@dataclass(frozen=True)
class Drawn:
    """One file."""

    kind: Kind
    text: str
    expected: list[object]


def draw_file(name: str, *, seed: int, count: int) -> Drawn:
    """A file of `count` transactions of the kind `name`."""
    kind, draw = KINDS[name], Draw(f"{name} {seed}")
    drawn = [kind.make(draw) for _ in range(count)]
    bodies = [(f"{number:04d}", body) for number, (_, body) in enumerate(drawn, start=1)]
    text = writing.write_interchange(
        [writing.Group(seed % 10**9 + 1, kind.version, bodies, kind.transaction)],
        sender=writing.Address("ZZ", "LAKEFP01"),
        receiver=writing.Address("ZZ", "MOCKHUB"),
        control_number=seed % 10**8 + 1,
        instant=INSTANT,
        usage="T",
        line_end="\n",
    )
    return Drawn(kind, text, [expected for expected, _ in drawn])


def faults(drawn: Drawn, *, outside: bool = True) -> list[str]:
    """What is wrong with a file that our writers wrote: read back otherwise, or blamed by ourselves or by a judge."""
    data = drawn.text.encode()
    reports = validate.validate(data, without={"duplicate-claim"})  # short numbers are drawn twice now and then
    found = [f"ours: {issue}" for report in reports for issue in report.issues]
    read = drawn.kind.read(data)
    found += [
        f"ours: transaction {number} does not read back as it was written"
        for number, (expected, got) in enumerate(zip(drawn.expected, read, strict=False), start=1)
        if got != expected
    ]
    if len(read) != len(drawn.expected):
        found.append(f"ours: {len(read)} of {len(drawn.expected)} transactions were read")
    if outside:
        found += [f"{judge.__name__}: {one}" for judge in drawn.kind.judges for one in judge(drawn.text)]
    return found


def _claims(draw: Draw) -> Draught:
    batch = generated_claims.batch(draw)
    return batch, claims_837p.write(batch)


def _read_claims(data: bytes) -> list[object]:
    by_set: dict[str, list[ReadClaim]] = {}
    for item in claims_837p.read(data):
        if isinstance(item, ReadClaim):
            by_set.setdefault(item.transaction.st02, []).append(item)
    return [_batch(items) for items in by_set.values()]


def _batch(items: list[ReadClaim]) -> object:
    header = items[0].batch
    return header and dataclasses.replace(header, claims=tuple(one.claim for one in items if one.claim))


def _remittance(draw: Draw) -> Draught:
    remittance, payments = generated_payments.remittance(draw)
    return (remittance, payments), remittance_835.write(remittance, payments)


def _read_remittances(data: bytes) -> list[object]:
    reads = remittance_835.read_remittances(data)
    return [(one.remittance, [payment.payment for payment in one.payments]) for one in reads]


def _inquiry(draw: Draw) -> Draught:
    inquiry = generated_answers.inquiry(draw)
    return inquiry, eligibility_270.write(inquiry)


def _response(draw: Draw) -> Draught:
    inquiry = generated_answers.inquiry(draw)
    response = generated_answers.response(draw, inquiry)
    return response, eligibility_271.write(response, inquiry)


def _acknowledgment(draw: Draw) -> Draught:
    acknowledgment = generated_answers.implementation_acknowledgment(draw)
    return acknowledgment, acknowledgment_999.write(acknowledgment)


def _verdicts(draw: Draw) -> Draught:
    file = generated_answers.claim_acknowledgments(draw)
    return file, acknowledgment_277ca.write(file)


KINDS = {
    "837P": Kind("837", claims_837p.VERSION, _claims, _read_claims, (oracles.pyx12, oracles.x12sdk)),
    "835": Kind("835", remittance_835.VERSION, _remittance, _read_remittances, (oracles.pyx12, oracles.oxedi)),
    "270": Kind(
        "270",
        eligibility_270.VERSION,
        _inquiry,
        lambda data: [one.inquiry for one in eligibility_270.read(data)],
        (oracles.x12sdk,),
    ),
    "271": Kind(
        "271",
        eligibility_271.VERSION,
        _response,
        lambda data: [one.response for one in eligibility_271.read(data)],
        (oracles.x12sdk,),
    ),
    "999": Kind(
        "999",
        acknowledgment_999.VERSION,
        _acknowledgment,
        lambda data: [one.acknowledgment for one in acknowledgment_999.read(data)],
        (oracles.pyx12,),
    ),
    "277CA": Kind(
        "277",
        acknowledgment_277ca.VERSION,
        _verdicts,
        lambda data: [one.file for one in acknowledgment_277ca.read(data)],
        (oracles.pyx12,),
    ),
}
