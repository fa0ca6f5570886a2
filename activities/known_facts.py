"""Gathers what the edits of one claim may know beyond it: published rules, earlier visits, the payer's last answer."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, TypeVar

from sqlmodel import Session

from activities.desk import Desk
from activities.enrolment_desk import enrolment_gap
from activities.submission_desk import other_payers
from billing.authorizations import AuthorizationRule, lines_to_authorize
from billing.claim import Claim
from billing.coding_rules import ASKED_BY_EDITS, RULE_NAMES, RuleEdition, RuleKind, edition_for
from billing.edits.known import Known, PastService
from billing.edits.registry import Situation
from billing.eligibility import EligibilityResponse
from billing.noncoverage import NoticeRule, lines_to_notice
from billing.verification import told_to_authorize
from database import authorizations, encounters, held_policies, noncoverage, records, rules, visit_groups

YEARS_BACK = 3
"""As long as nobody is a new patient"""
Found = TypeVar("Found")


def known_facts(desk: Desk) -> Known:
    """Everything that the office and the loaded files know about this claim."""
    claim, session = desk.claim, desk.session
    library = _Library(session, claim)
    procedures = [line.procedure for line in claim.lines]
    past = list(_past(desk))
    answer = _answer(desk)
    told = told_to_authorize(answer) if answer else []
    days = {line.service_date for line in claim.lines}
    that_day = [one.procedure for one in past if one.service_date in days]
    return Known(
        tables=desk.code_tables,
        pairs=library.ask(RuleKind.PAIRS, rules.pairs_among, procedures, []),
        limits=library.ask(RuleKind.UNITS, rules.limits_of, procedures, {}),
        add_ons=library.ask(RuleKind.ADD_ONS, rules.add_ons_among, [*procedures, *that_day], {}),
        indicators=library.ask(RuleKind.FEE_SCHEDULE, rules.indicators_of, procedures, {}),
        providers=library.ask(RuleKind.PROVIDERS, rules.provider_facts, list(_npis(claim)), {}),
        exclusions=library.ask(RuleKind.EXCLUSIONS, rules.exclusions_among, [one.code for one in claim.diagnoses], []),
        past=past,
        answer=answer,
        others=other_payers(desk),
        medicare_asked_on=_medicare_asked_on(desk),
        authorizations=authorizations.approved(
            session,
            desk.encounter.patient_id,
            payer_number=claim.coverage.payer.id,
            without=desk.encounter.id,
        ),
        lines_to_authorize=lines_to_authorize(claim, [*rules_in_force(desk), *told]),
        lines_to_notice=lines_to_notice(claim, notice_rules(desk)),
        notices=noncoverage.chosen(session, desk.encounter.patient_id),
        enrolment_gap=enrolment_gap(desk),
        asked=library.asked,
        loaded=frozenset(library.editions),
    )


class _Library:
    """The editions of each kind of rules that a claim's first day of service is asked of."""

    def __init__(self, session: Session, claim: Claim) -> None:
        self._session = session
        loaded = [one.edition for one in rules.editions(session)]
        found = {kind: edition_for(loaded, kind, claim.service_from) for kind in ASKED_BY_EDITS}
        self.editions: dict[RuleKind, RuleEdition] = {kind: one for kind, one in found.items() if one is not None}

    @property
    def asked(self) -> tuple[str, ...]:
        return tuple(f"{RULE_NAMES[kind]} {edition.name}" for kind, edition in sorted(self.editions.items()))

    def ask(
        self, kind: RuleKind, question: Callable[[Session, str, Any], Found], about: list[str], nothing: Found
    ) -> Found:
        """What the edition says about these codes or numbers; `nothing` where none is loaded."""
        edition = self.editions.get(kind)
        return nothing if edition is None else question(self._session, edition.name, about)


def _npis(claim: Claim) -> Iterator[str]:
    parties = [claim.billing_provider, *claim.providers, *(party for line in claim.lines for party in line.providers)]
    yield from (party.npi for party in parties if party.npi is not None)


def _past(desk: Desk) -> Iterator[PastService]:
    """Every service of the same patient in three years that was not voided, this visit's own aside."""
    same_visit = visit_groups.together_with(desk.session, desk.encounter)
    for visit_id, claim in encounters.claims_before(desk.session, desk.encounter, years=YEARS_BACK):
        rendering = claim.provider("82") or claim.billing_provider
        for line in claim.lines:
            yield PastService(
                line.service_date,
                line.procedure,
                line.modifiers,
                claim.billing_provider.npi,
                rendering.npi,
                claim.coverage.payer.id,
                is_same_visit=visit_id in same_visit,
            )


def _answer(desk: Desk) -> EligibilityResponse | None:
    """The newest 271, where it speaks of the member that is billed; what was told by telephone names nobody."""
    benefits = encounters.latest_benefits(desk.session, desk.encounter.id)
    if benefits is None or benefits.message_id is None:
        return None
    answer = records.load(EligibilityResponse, benefits.response)
    return answer if answer.member_id in {None, desk.claim.coverage.member_id} else None


def rules_in_force(desk: Desk) -> list[AuthorizationRule]:
    """What payers want authorized, as the practice keeps it."""
    return [one.rule for one in authorizations.rules_of(desk.session, practice_id=desk.encounter.practice_id)]


def notice_rules(desk: Desk) -> list[NoticeRule]:
    """What Medicare is expected to refuse, as the practice keeps it."""
    return [one.rule for one in noncoverage.rules_of(desk.session, practice_id=desk.encounter.practice_id)]


def _medicare_asked_on(desk: Desk) -> date | None:
    answered = held_policies.latest_answers(desk.session, desk.encounter.patient_id)
    return answered.on if answered else None


def situation_of(desk: Desk) -> Situation:
    """What the edits are run with."""
    verified = desk.encounter.verified_at is not None
    return Situation(desk.at, desk.policies, verified, desk.filing, known_facts(desk))
