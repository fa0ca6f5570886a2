"""ADT: who a patient is and how they are insured, without anything to bill.

Source: HL7 2.5.1 chapter 3: A01 admitted, A04 registered, A05 expected, A08 and A31 changed, A28 added.
"""

import re
from dataclasses import replace

from billing.claim import Claim
from billing.money import Cents
from billing.patients import TELEPHONE_DIGITS, Registration, registration_of
from billing.sent_visits import NO_POLICY, NOBODY, SentVisit
from billing.statement_words import Language
from interchange.hl7 import people
from interchange.hl7.syntax import Message, Segment

TYPES = frozenset(f"ADT^{event}" for event in ("A01", "A04", "A05", "A08", "A28", "A31"))
_SPOKEN = {Language.ENGLISH: {"en", "eng", "english"}, Language.SPANISH: {"es", "spa", "spanish"}}


def read(message: Message) -> tuple[SentVisit, Registration]:
    """(the patient and the first policy as of a visit without lines, what the message says of the patient)."""
    told = people.Told()
    pid = message.first("PID")
    patient = people.patient_of(pid, told)
    policies = people.policies_of(message, patient, told)
    claim = Claim(
        control_number=message.head.get(10)[:80],
        charge_cents=Cents(0),
        billing_provider=NOBODY,
        coverage=policies[0].coverage if policies else NO_POLICY,
        subscriber=policies[0].subscriber if policies else patient,
        patient=patient,
        diagnoses=(),
        lines=(),
    )
    numbers = people.numbers_of(message)
    if patient.birth_date is None and not claim.coverage.member_id and not numbers:
        told.fault("PID-7", "without birth date, member id and record number nobody knows the patient again")
    where = message.type.replace("^", " ")
    faults = tuple(dict.fromkeys(told.faults))
    visit = SentVisit(where, claim, tuple(policies[1:]), faults=faults, patient_numbers=numbers)
    return visit, replace(registration_of(patient), telephone=_telephone(pid), language=_language(pid))


def _language(pid: Segment) -> Language | None:
    """PID-15, where it is a language that papers are written in: ISO 639-1 or 639-2, or its English name."""
    said = (pid.get(15).lower(), pid.get(15, 2).lower())
    return next((language for language, names in _SPOKEN.items() if names.intersection(said)), None)


def _telephone(pid: Segment) -> str | None:
    """PID-13: XTN-12, else XTN-6 and 7, else XTN-1."""
    parted = pid.get(13, 6) + pid.get(13, 7)
    digits = re.sub(r"[^0-9]", "", pid.get(13, 12) or pid.get(13) or parted)
    return digits[-TELEPHONE_DIGITS:] if len(digits) >= TELEPHONE_DIGITS else None
