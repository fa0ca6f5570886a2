"""ADT: who a patient is and how they are insured, without anything to bill.

Source: HL7 2.5.1 chapter 3: A01 admitted, A04 registered, A05 expected, A08 and A31 changed, A28 added.
"""

import re
from dataclasses import replace

from billing.claim import Claim, Coverage, Name, Party
from billing.money import Cents
from billing.patients import TELEPHONE_DIGITS, Registration, registration_of
from billing.sent_visits import NOBODY, SentVisit
from interchange.hl7 import people
from interchange.hl7.syntax import Message

TYPES = frozenset(f"ADT^{event}" for event in ("A01", "A04", "A05", "A08", "A28", "A31"))


def read(message: Message) -> tuple[SentVisit, Registration]:
    """(the patient and the first policy as of a visit without lines, what the message says of the patient)."""
    told = people.Told()
    pid = message.first("PID")
    patient = people.patient_of(pid, told)
    policies = people.policies_of(message, patient, told)
    nobody = Coverage(Party("PR", is_person=False, name=Name("")), member_id=None)
    claim = Claim(
        control_number=message.head.get(10)[:80],
        charge_cents=Cents(0),
        billing_provider=NOBODY,
        coverage=policies[0].coverage if policies else nobody,
        subscriber=policies[0].subscriber if policies else patient,
        patient=patient,
        diagnoses=(),
        lines=(),
    )
    if patient.birth_date is None and not claim.coverage.member_id:
        told.fault("PID-7", "without birth date and member id nobody knows the patient again")
    digits = re.sub(r"[^0-9]", "", pid.get(13, 12) or pid.get(13))
    telephone = digits[-TELEPHONE_DIGITS:] if len(digits) >= TELEPHONE_DIGITS else None
    where = message.type.replace("^", " ")
    faults = tuple(dict.fromkeys(told.faults))
    return SentVisit(where, claim, faults=faults), replace(registration_of(patient), telephone=telephone)
