"""A visit as another system tells it, and what the office adds to it: whom it bills under, who saw the patient.

A health record leaves out what a practice knows of itself. What was sent and what was added are kept apart: the same
message has the same key, whatever the practice's set-up says on the day it comes again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from billing.claim import Claim, Coverage, Name, Party, Person
from billing.coordination import OtherPayer
from billing.intake import fingerprint
from billing.patients import Registration

BILLING, RENDERING, FACILITY = "85", "82", "77"
"""NM101"""
NOBODY = Party(BILLING, is_person=False, name=Name(""))
"""Stands where the sender named no billing provider"""
NO_POLICY = Coverage(Party("PR", is_person=False, name=Name("")), member_id=None)
"""Stands where the sender named no insurance, nor that the patient pays alone"""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a message leaves out or says wrongly. Quotes no value: it may be a patient's."""

    where: str
    """In the sender's words: `Claim[0].item[1].productOrService`, `PID-5`, `line 7, procedure`"""
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class WordKind(StrEnum):
    """What was told in words that stand on no claim."""

    DIAGNOSIS = "diagnosis"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class SentWord:
    """A diagnosis or a service as it was sent, kept word by word for the coder."""

    kind: WordKind
    number: int
    """Of its kind within the message, from 1; of a service: the line that waits for its code"""
    system: str
    """Of the code: `http://snomed.info/sct`, `L`; empty where none was named"""
    code: str
    text: str

    def __str__(self) -> str:
        coded = " ".join(filter(None, (SYSTEMS.get(self.system, self.system), self.code)))
        words = f"{self.kind} {self.number}: {self.text or 'no words'}"
        return f"{words} ({coded})" if coded else words


SYSTEMS = {
    "http://snomed.info/sct": "SNOMED CT",
    "SCT": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "LN": "LOINC",
    "L": "local code",
    "I9": "ICD-9",
    "I9C": "ICD-9-CM",
}
"""Code systems as people call them"""


@dataclass(frozen=True, slots=True)
class SentNumber:
    """A number that a sending system gives a patient or a visit."""

    system: str
    """Who gives such numbers: an identifier's system, an assigning authority, or the sending application"""
    number: str


@dataclass(frozen=True, slots=True)
class SentVisit:
    """One visit of a message. It starts an encounter when it has no faults."""

    where: str
    """`Claim[0]`"""
    claim: Claim
    """As sent: who or what was left out has an empty name or none"""
    others: tuple[OtherPayer, ...] = ()
    """The policies that pay after the claim's own, in that order"""
    is_self_pay: bool = False
    faults: tuple[Gap, ...] = ()
    """Why it cannot start an encounter"""
    notes: tuple[Gap, ...] = ()
    """What was passed over or assumed, for whoever looks at the encounter"""
    words: tuple[SentWord, ...] = ()
    """What no code stands for yet"""
    patient_numbers: tuple[SentNumber, ...] = ()
    """Medical record numbers"""
    visit_number: SentNumber | None = None
    """The sender's number of the visit; None: it gave none of its own"""
    message_number: str = ""
    """The message that told of it (MSH-10)"""

    @property
    def key(self) -> str:
        """The fingerprint of what was sent: the same visit in another envelope has the same."""
        coded = fingerprint(self.claim, *self.others)
        if not self.words:
            return coded
        return hashlib.sha256("\n".join((coded, *map(str, self.words))).encode()).hexdigest()

    @property
    def names_no_policy(self) -> bool:
        """Whether nothing was told of who pays."""
        return self.claim.coverage == NO_POLICY and not self.is_self_pay


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a practice works with."""

    billing: tuple[Party, ...] = ()
    """85, each with NPI, tax id and address"""
    rendering: tuple[Party, ...] = ()
    """82, each with an NPI"""
    payers: tuple[Party, ...] = ()
    """PR, each with its number at the clearinghouse"""


def completed(visit: SentVisit, known: Known) -> SentVisit:
    """The visit with everything that the practice knows better than the sender, and what is still missing."""
    for step in (_with_billing_provider, _with_rendering_providers, _without_own_facility, with_known_payers):
        visit = step(visit, known)
    return visit


def told(visit: SentVisit, where: str, reason: str) -> SentVisit:
    """The visit with a note more."""
    return replace(visit, notes=(*visit.notes, Gap(where, reason)))


def with_policies(visit: SentVisit, policies: Sequence[OtherPayer]) -> SentVisit:
    """A visit without insurance of its own under those that the patient is known to have, the first to pay first."""
    if not policies or not visit.names_no_policy:
        return visit
    first, *more = policies
    claim = replace(visit.claim, coverage=first.coverage, subscriber=first.subscriber)
    visit = replace(visit, claim=claim, others=tuple(more))
    return told(visit, f"{visit.where} insurance", "not named; what the office knows of the patient stands in")


def with_record(claim: Claim, known: Registration) -> Claim:
    """The claim with what it leaves out of the patient and the office knows: birth date, sex, address, first name."""
    sent = claim.patient
    name = replace(sent.name, first=sent.name.first or known.first_name)
    patient = Person(
        name,
        sent.birth_date or known.birth_date,
        sent.sex or known.sex,
        sent.address or known.address,
        sent.references,
        sent.is_person,
    )
    return replace(claim, patient=patient, subscriber=patient if claim.coverage.is_self else claim.subscriber)


def _refused(visit: SentVisit, where: str, reason: str) -> SentVisit:
    return replace(visit, faults=(*visit.faults, Gap(where, reason)))


def _with_billing_provider(visit: SentVisit, known: Known) -> SentVisit:
    """Known by NPI, else by tax id; a stranger must be told whole; who is not named is the only one there is."""
    sent = visit.claim.billing_provider
    where = f"{visit.where} billing provider"
    same = _only(known.billing, lambda one: one.npi == sent.npi) if sent.npi else None
    if same is None and not sent.npi and (tax_id := sent.reference("EI")):
        same = _only(known.billing, lambda one: one.reference("EI") == tax_id)
    if same is not None:
        return _billed_under(visit, replace(same, taxonomy=same.taxonomy or sent.taxonomy))
    is_whole = sent.npi and sent.name.last and sent.address and (sent.reference("EI") or sent.reference("SY"))
    if is_whole:
        return visit
    if len(known.billing) != 1:
        there = f"{len(known.billing)} billing entities are" if known.billing else "no billing entity is"
        reason = f"no NPI, tax id and address, and {there} set up: see Set-up, Practice"
        return _refused(visit, where, reason)
    if sent.npi and not sent.is_person:
        reason = "this NPI bills for nobody here, and its tax id or address is missing: see Set-up, Practice"
        return _refused(visit, where, reason)
    if sent.is_person and sent.npi and visit.claim.provider(RENDERING) is None:
        seen = replace(sent, role=RENDERING, references=(), address=None)
        visit = replace(visit, claim=replace(visit.claim, providers=(seen, *visit.claim.providers)))
    visit = _billed_under(visit, known.billing[0])
    return told(visit, where, "not told whole; the practice's only billing entity bills")


def _billed_under(visit: SentVisit, party: Party) -> SentVisit:
    return replace(visit, claim=replace(visit.claim, billing_provider=party))


def _with_rendering_providers(visit: SentVisit, known: Known) -> SentVisit:
    """Providers without an NPI are found by name among the practice's; nobody named is the only one there is."""
    kept: list[Party] = []
    for sent in visit.claim.providers:
        party = _provider(sent, known)
        if party is not None:
            kept.append(party)
        else:
            visit = told(visit, f"{visit.where} provider {sent.role}", "no NPI, and nobody of that name here: left out")
    if not any(one.role == RENDERING for one in visit.claim.providers) and len(known.rendering) == 1:
        kept.append(known.rendering[0])
        visit = told(visit, f"{visit.where} rendering provider", "not named; the practice's only provider stands in")
    lines = tuple(
        replace(line, providers=tuple(party for one in line.providers if (party := _provider(one, known))))
        for line in visit.claim.lines
    )
    return replace(visit, claim=replace(visit.claim, providers=tuple(kept), lines=lines))


def _provider(sent: Party, known: Known) -> Party | None:
    if sent.role == FACILITY:
        return sent
    same = _only(known.rendering, lambda one: one.npi == sent.npi) if sent.npi else None
    if not sent.npi:
        same = _only(known.rendering, lambda one: _words(one) == _words(sent))
    if same is not None:
        return replace(same, role=sent.role, taxonomy=same.taxonomy or sent.taxonomy)
    return sent if sent.npi and sent.name.last else None


def _without_own_facility(visit: SentVisit, known: Known) -> SentVisit:
    """Where the service was given is named only where that is not the billing provider (2310C), with its address."""
    billing = visit.claim.billing_provider
    kept = tuple(
        one
        for one in visit.claim.providers
        if one.role != FACILITY
        or (one.address and one.name.last and one.address != billing.address and one.npi != (billing.npi or ""))
    )
    return replace(visit, claim=replace(visit.claim, providers=kept))


def with_known_payers(visit: SentVisit, known: Known) -> SentVisit:
    """Payers are known by their number; a payer that the practice has under this name once has that number."""
    coverage = replace(visit.claim.coverage, payer=_payer(visit.claim.coverage.payer, known))
    others: list[OtherPayer] = []
    for place, one in enumerate(visit.others, start=2):
        payer = _payer(one.coverage.payer, known)
        if payer.id and one.coverage.member_id:
            others.append(replace(one, coverage=replace(one.coverage, payer=payer)))
        else:
            visit = told(visit, f"{visit.where} policy {place}", "without payer number or member id: add it by hand")
    return replace(visit, claim=replace(visit.claim, coverage=coverage), others=tuple(others))


def _payer(sent: Party, known: Known) -> Party:
    if any(one.id == sent.id for one in known.payers):
        return sent
    same = _only(known.payers, lambda one: _words(one) == _words(sent)) if sent.name.last else None
    return sent if same is None else replace(sent, id=same.id, id_qualifier="PI")


def _words(party: Party) -> tuple[str, str]:
    return party.name.last.casefold(), (party.name.first or "").casefold()


def _only(parties: Sequence[Party], fits: Callable[[Party], bool]) -> Party | None:
    """The one that fits, when exactly one does."""
    found = [one for one in parties if fits(one)]
    return found[0] if len(found) == 1 else None
