"""A visit that is told again under its number, with other charges: what is new of it.

A DFT^P03 posts charges, and a system may send one message a charge: what is not there yet is a late charge. A charge
that is there with another price or quantity says that one of the two is wrong; which one, a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing.claim import Claim, Diagnosis, ServiceLine
from billing.money import Cents
from billing.patients import Registration, differing, in_words, registration_of
from billing.sent_visits import SentWord, WordKind

MOST_LINES, MOST_DIAGNOSES = 50, 12


class ChargesDiffer(ValueError):
    """The message and the visit cannot both be right; the message of the error says where and what to do."""


@dataclass(frozen=True, slots=True)
class LateCharges:
    """What a message adds to a visit."""

    claim: Claim
    """The visit with the charges that it did not have"""
    added: int
    words: tuple[SentWord, ...]
    """Of added services without a code, numbered as the lines they wait for"""


def late_charges(
    known: Claim,
    said: Claim,
    words: Sequence[SentWord],
    known_words: Sequence[SentWord],
    *,
    most_lines: int | None = MOST_LINES,
) -> LateCharges:
    """The known visit with the new charges of the message. A line that points beyond the message's diagnoses points at
    nothing then, and waits for a coder. `most_lines` None: the visit has several claims. Raises ChargesDiffer."""
    diagnoses = tuple(dict.fromkeys((*(one.code for one in known.diagnoses), *(one.code for one in said.diagnoses))))
    if len(diagnoses) > MOST_DIAGNOSES:
        raise ChargesDiffer("with these charges the visit would have more than twelve diagnoses: change it by hand")
    told_before = {(one.system, one.code, one.text) for one in known_words}
    lines, added_words = list(known.lines), []
    for number, line in enumerate(said.lines, start=1):
        word = next((one for one in words if one.kind == WordKind.SERVICE and one.number == number), None)
        if word is not None and not line.procedure:
            if (word.system, word.code, word.text) in told_before:
                continue
            added_words.append(replace(word, number=len(lines) + 1))
        elif _is_there(known.lines, line, number):
            continue
        pointed = [said.diagnoses[one - 1].code for one in line.diagnosis_pointers if 1 <= one <= len(said.diagnoses)]
        pointers = tuple(diagnoses.index(code) + 1 for code in pointed)
        lines.append(replace(line, diagnosis_pointers=pointers))
    if most_lines is not None and len(lines) > most_lines:
        raise ChargesDiffer("with these charges the visit would have more than fifty lines: change it by hand")
    whole = replace(
        known,
        diagnoses=tuple(Diagnosis(code, "ABF" if place else "ABK") for place, code in enumerate(diagnoses)),
        lines=tuple(lines),
        charge_cents=Cents(sum(one.charge_cents for one in lines)),
    )
    return LateCharges(whole, len(lines) - len(known.lines), tuple(added_words))


def told_otherwise(known: Claim, patient: Registration, said: Claim) -> list[str]:
    """What a visit that is told again says otherwise, as people call it: of the patient, the policy, the diagnoses.
    What it leaves out says nothing."""
    names = in_words(differing(patient, registration_of(said.patient)))
    policies = (
        ("payer", known.coverage.payer.id, said.coverage.payer.id),
        (
            "member id",
            known.coverage.member_id,
            said.coverage.member_id,
        ),
    )
    found = [names] if names else []
    found += [name for name, here, there in policies if there and _plain(here) != _plain(there)]
    if {one.code for one in said.diagnoses} - {one.code for one in known.diagnoses}:
        found.append("diagnosis")
    return found


def _plain(text: str | None) -> str:
    return (text or "").replace(" ", "").replace("-", "").upper()


def _is_there(known: Sequence[ServiceLine], line: ServiceLine, number: int) -> bool:
    """Whether the visit has this charge. Raises ChargesDiffer where it has it otherwise."""
    same = [one for one in known if _what(one) == _what(line)]
    if not same:
        return False
    if any(_is_alike(one, line) for one in same):
        return True
    raise ChargesDiffer(
        f"charge {number} is known with another price or number of units, and nothing takes the first one back: "
        "correct the visit in the office"
    )


def _what(line: ServiceLine) -> tuple[str, tuple[str, ...], date]:
    return line.procedure, line.modifiers, line.service_date


def _is_alike(known: ServiceLine, line: ServiceLine) -> bool:
    """A charge that comes without a price is not another one than that which the charge master priced."""
    return known.units == line.units and line.charge_cents in (known.charge_cents, 0)
