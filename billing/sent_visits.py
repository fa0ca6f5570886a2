"""A visit as another system tells it, and what the office adds to it: whom it bills under, who saw the patient.

A health record leaves out what a practice knows of itself. What was sent and what was added are kept apart: the same
message has the same key, whatever the practice's set-up says on the day it comes again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from billing.claim import Claim, Name, Party
from billing.coordination import OtherPayer
from billing.intake import fingerprint

BILLING, RENDERING, FACILITY = "85", "82", "77"
"""NM101"""
NOBODY = Party(BILLING, is_person=False, name=Name(""))
"""Stands where the sender named no billing provider"""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a message leaves out or says wrongly. Quotes no value: it may be a patient's."""

    where: str
    """In the sender's words: `Claim[0].item[1].productOrService`, `PID-5`, `line 7, procedure`"""
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


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

    @property
    def key(self) -> str:
        """The fingerprint of what was sent: the same visit in another envelope has the same."""
        return fingerprint(self.claim, *self.others)


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
