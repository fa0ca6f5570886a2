"""Whose turn it is: the claim goes on to the patient's next policy, comes back from one that does not cover, or waits
for a payer to whom an earlier one forwarded it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from activities.denial_tasks import amounts_of, review
from activities.desk import Desk
from activities.inquiry_desk import forget_inquiry
from activities.live_claims import live_claim
from activities.passed_on import ask_again, passed_on, settle_passed_on, take_shares_back
from activities.refusals import Refused, Values
from activities.submission_desk import SUBMISSION_REASONS, hand_over, withdraw
from billing.amendments import Change, Plan, plan
from billing.claim import Claim, Coverage, Name, Party, Person
from billing.coordination import IN_ORDER, PRIMARY, OtherPayer, claim_to, is_forwarded, own_policy
from billing.deadlines import Reason
from billing.ledger import Account
from billing.money import format_dollars
from billing.remittance import ClaimPayment
from billing.stages import Stage
from billing.submission import SubmissionState
from billing.tasks import NewTask, TaskType
from database import coverages, remittances
from database.tables import OtherPolicy, RemittanceClaim, RemittanceFile
from interchange.x12.coordination_writing import with_other_payers

RANKS = {"P": "primary", "S": "secondary", "T": "tertiary"}


def has_next_payer(desk: Desk, responsibility: str, payment: ClaimPayment) -> bool:
    """Whether what this payer calls the patient's goes to another one first: a later policy is known, or the payer
    says that it forwarded the claim to one."""
    place = IN_ORDER.index(responsibility)
    later = any(coverages.order(row) > place for row in desk.other_policies)
    return later or is_forwarded(payment)


def await_crossover(desk: Desk, payment: ClaimPayment) -> None:
    """The payer forwarded the claim: the next one answers by itself, and gets no second claim from us meanwhile."""
    if is_forwarded(payment) and desk.balances.total(Account.AR_INSURANCE) > 0:
        days = desk.policy("crossover_wait_days")
        desk.schedule(Reason.CROSSOVER_DUE, desk.at + timedelta(days=days))
        desk.say(f"The payer forwarded the claim to the next one; its answer is awaited for {days} days")


def forwarded_in_vain(desk: Desk) -> None:
    """No answer came: our own claim goes to the next policy, or a person finds out who has the claim."""
    desk.unschedule(Reason.CROSSOVER_DUE)
    row = coverages.next_to_bill(desk.session, desk.encounter.id)
    if row is None:
        desk.say("The payer to whom the claim was forwarded did not answer")
        _ask_a_person(desk, "the payer forwarded the claim to another one, and nothing came back: find out who has it")
        return
    desk.say(f"The {rank_of(row.responsibility)} payer did not answer the claim that it should have")
    if row.state == coverages.STALE and _plan_for(desk, row) == Plan.WAIT:
        row.state = coverages.WAITING
        desk.session.add(row)
        for submission in desk.submissions:
            if submission.responsibility == row.responsibility:
                withdraw(desk, submission)


def _ask_a_person(desk: Desk, because: str) -> bool:
    """What the payers passed on is a person's to decide; False when nothing is."""
    passed = passed_on(desk)
    for denial in passed:
        denial.state = "open"
        desk.session.add(denial)
    if passed:
        key = f"crossover:{desk.encounter.version}"
        desk.open_task(review(amounts_of(passed), line_ids=desk.line_ids, key=key, not_after=None, because=because))
    return bool(passed)


def turn_to_next_payer(desk: Desk) -> None:
    """The claim goes to the next policy that waits: verified first, then coded, priced and scrubbed like any other.

    A payer that was billed before the claim was changed gets a replacement of what it has.
    """
    row = coverages.next_to_bill(desk.session, desk.encounter.id)
    if row is None or desk.stage != Stage.POSTING:
        return
    if row.state == coverages.STALE and not _can_be_told(desk, row):
        return
    is_replaced = row.state == coverages.STALE and _plan_for(desk, row) == Plan.REPLACE
    number = live_claim(desk, row.responsibility).payer_claim_number if is_replaced else None
    to_place(desk, row)
    if number is not None:
        desk.keep(replace(desk.claim, frequency="7", original_reference=number))
    desk.encounter.verified_at = None
    forget_inquiry(desk)
    desk.move_to(Stage.VERIFICATION)
    open_cents = desk.balances.total(Account.AR_INSURANCE)
    said = f"a replacement of its claim {number}" if number is not None else format_dollars(open_cents)
    desk.say(f"The {rank_of(row.responsibility)} payer's turn: {said}")


def _plan_for(desk: Desk, row: OtherPolicy) -> Plan:
    """How a payer that was billed before the claim was changed is told."""
    return plan(Change.CORRECT, live_claim(desk, row.responsibility))


def _can_be_told(desk: Desk, row: OtherPolicy) -> bool:
    """Whether a claim may go out to a payer that has an older one; else its answer is awaited, or a person tells it."""
    match _plan_for(desk, row):
        case Plan.WAIT:
            desk.schedule(Reason.CROSSOVER_DUE, desk.at + timedelta(days=desk.policy("crossover_wait_days")))
            desk.say(f"The {rank_of(row.responsibility)} payer has an older claim; its number or its answer is awaited")
            return False
        case Plan.NOT_WITH_THIS_PAYER:
            row.state = coverages.BILLED
            desk.session.add(row)
            rank = rank_of(row.responsibility)
            words = f"the {rank} payer takes no replacements: tell it by telephone what was changed"
            desk.say(words[0].upper() + words[1:])
            if not _ask_a_person(desk, words):
                key = f"tell:{row.id}:{desk.encounter.version}"
                desk.open_task(NewTask(TaskType.DENIAL_REVIEW, key, words, amount_cents=0))
            return False
    return True


def to_place(desk: Desk, row: OtherPolicy) -> None:
    """The claim is another policy's from here on; the one that it was is one of several."""
    coverages.keep_own(desk.session, desk.encounter, desk.claim, at=desk.at)
    row.state = coverages.BILLED
    desk.session.add(row)
    move_claim(desk, coverages.policy_of(row), payer_id=row.payer_id)


def back_to_place(desk: Desk, place: str) -> None:
    """The claim goes back to an earlier payer."""
    if place == desk.responsibility:
        return
    coverages.keep_own(desk.session, desk.encounter, desk.claim, at=desk.at)
    desk.forget_policies()
    earlier = next(row for row in desk.other_policies if row.responsibility == place)
    move_claim(desk, coverages.policy_of(earlier), payer_id=earlier.payer_id)


def make_later_stale(desk: Desk, place: str) -> None:
    """The claim is changed from the payer with this place on: those after it that have a claim are told in their turn,
    and one for whom a claim was only made ready is billed as if for the first time.
    """
    if place != desk.responsibility:
        coverages.keep_own(desk.session, desk.encounter, desk.claim, at=desk.at)
        desk.forget_policies()
    for row in desk.other_policies:
        if coverages.order(row) > IN_ORDER.index(place) and row.state == coverages.BILLED:
            row.state = coverages.STALE if _has_a_claim(desk, row) else coverages.WAITING
            desk.session.add(row)


def _has_a_claim(desk: Desk, row: OtherPolicy) -> bool:
    """Whether a claim is with this payer, or on its way."""
    claim = live_claim(desk, row.responsibility)
    if claim.state == SubmissionState.READY:
        return claim.is_in_batch
    return claim.state not in {None, SubmissionState.REJECTED}


def forth_to_place(desk: Desk, claim: Claim) -> None:
    """The claim is a later payer's again, as it was before it went back to an earlier one."""
    place = claim.coverage.responsibility
    if place != desk.responsibility:
        to_place(desk, next(row for row in desk.other_policies if row.responsibility == place))
    desk.keep(claim)


def move_claim(desk: Desk, policy: OtherPayer, *, payer_id: str) -> None:
    """Claim, encounter and what is open follow to another policy."""
    hand_over(desk, after=payer_id)
    desk.keep(claim_to(desk.claim, policy))
    desk.encounter.payer_id = payer_id
    desk.unschedule(*SUBMISSION_REASONS)
    desk.forget_policies()


def add_policy(desk: Desk, values: Values) -> str:
    """A policy that pays after the known ones; what is the patient's by now goes there first. Raises Refused."""
    place = _after_the_last(desk)
    relationship = values.get("relationship") or "18"
    is_self = relationship == "18"
    if not is_self and not values.get("subscriber_last_name"):
        raise Refused("invalid", "name the subscriber", (("subscriber_last_name", "who holds the policy?"),))
    subscriber = Person(Name(values.get("subscriber_last_name", ""), values.get("subscriber_first_name") or None))
    payer = Party("PR", is_person=False, name=Name(values["payer_name"]), id_qualifier="PI", id=values["payer_id"])
    policy = OtherPayer(
        Coverage(
            payer=payer,
            member_id=values["member_id"].replace(" ", ""),
            responsibility=place,
            relationship=relationship,
            group_number=values.get("group_number") or None,
            insurance_type=values.get("insurance_type") or None,
            filing_indicator=values.get("filing_indicator") or None,
        ),
        desk.claim.patient if is_self else subscriber,
    )
    coverages.add(desk.session, desk.encounter, policy, at=desk.at)
    desk.forget_policies()
    desk.keep(with_other_payers(desk.claim, ()))
    take_shares_back(desk)
    return f"A {rank_of(place)} policy is known"


def keep_as_next(desk: Desk) -> None:
    """The claim's own policy turns out to pay after another one: it waits for its turn."""
    own = own_policy(desk.claim)
    later = replace(own, coverage=replace(own.coverage, responsibility=_after_the_last(desk)))
    coverages.add(desk.session, desk.encounter, later, at=desk.at)
    desk.forget_policies()
    desk.keep(with_other_payers(desk.claim, ()))


def _after_the_last(desk: Desk) -> str:
    """The place (SBR01) after every policy that is known. Raises Refused when all eleven are taken."""
    taken = {desk.responsibility, *(row.responsibility for row in desk.other_policies)}
    place = 1 + max(IN_ORDER.index(one) for one in taken)
    if place == len(IN_ORDER):
        raise Refused("not_possible", f"a claim names at most {len(IN_ORDER)} payers: let one of the policies go first")
    return IN_ORDER[place]


def let_policy_go(desk: Desk) -> str:
    """The claim's policy does not cover the visit after all: back to the payer before it, and on from there.

    Raises Refused for the only policy there is.
    """
    mine = desk.responsibility
    row = next((one for one in desk.other_policies if one.responsibility == mine), None)
    before = None if row is None else _billed_before(desk, row)
    if mine == PRIMARY or row is None or before is None:
        raise Refused("not_possible", "this is the visit's only policy: correct it, or bill the visit as self-pay")
    row.state = coverages.DROPPED
    desk.session.add(row)
    for submission in desk.submissions:
        if submission.responsibility == mine:
            withdraw(desk, submission)
    forget_inquiry(desk)
    desk.unschedule(Reason.INQUIRY_RETRY)
    move_claim(desk, coverages.policy_of(before), payer_id=before.payer_id)
    ask_again(desk, after=mine)
    desk.move_to(Stage.POSTING)
    if coverages.next_to_bill(desk.session, desk.encounter.id) is None:
        settle_passed_on(desk)
    return f"Not covered by the {rank_of(mine)} payer; what the {rank_of(before.responsibility)} one left is settled"


def _billed_before(desk: Desk, row: OtherPolicy) -> OtherPolicy | None:
    """The policy that was billed last among those that pay before this one."""
    earlier = [
        one
        for one in desk.other_policies
        if coverages.order(one) < coverages.order(row) and one.state == coverages.BILLED
    ]
    return earlier[-1] if earlier else None


@dataclass(frozen=True, slots=True)
class Answering:
    """The payer that answers without having been sent a claim of ours (a crossover), or after the claim moved on."""

    policy: OtherPayer
    row: OtherPolicy | None
    """None: the office did not know of it, and takes it from the remittance"""
    payer_id: str


def who_answers(desk: Desk, row: RemittanceClaim, payment: ClaimPayment) -> Answering | None:
    """Whose answer a row is, once it says as which payer it speaks; None: the claim's own payer's. Writes nothing but
    a payer's row that was missing."""
    place = row.responsibility
    if place in (PRIMARY, desk.responsibility):
        return None
    found = next((one for one in desk.other_policies if one.responsibility == place), None)
    if found is not None:
        return Answering(coverages.policy_of(found), found, found.payer_id)
    policy = _as_remitted(desk, row, payment, place)
    return Answering(policy, None, coverages.payer_for(desk.session, desk.encounter, policy).id)


def take_up_answer(desk: Desk, answering: Answering, *, control_number: str) -> None:
    """The policy that answers is billed, by the payer before it if not by us; one that was unknown is kept.
    `control_number`: of the claim that is answered.
    """
    row = answering.row
    if row is None:
        row = coverages.add(desk.session, desk.encounter, answering.policy, at=desk.at)
        rank = rank_of(row.responsibility)
        desk.say(f"A {rank} payer answers that this office did not know of; look at the patient's card")
    if row.state == coverages.WAITING:
        row.state = coverages.BILLED
        desk.session.add(row)
        if not any(one.responsibility == desk.responsibility for one in desk.other_policies):
            coverages.keep_own(desk.session, desk.encounter, desk.claim, at=desk.at)
        hand_over(desk, after=row.payer_id)
    elif row.state == coverages.STALE and desk.latest is not None and control_number == desk.latest.control_number:
        row.state = coverages.BILLED  # it was forwarded the changed claim
        desk.session.add(row)
    desk.forget_policies()
    desk.unschedule(Reason.CROSSOVER_DUE)


def _as_remitted(desk: Desk, row: RemittanceClaim, payment: ClaimPayment, responsibility: str) -> OtherPayer:
    file = desk.session.get(RemittanceFile, row.remittance_id)
    assert file is not None, "a claim payment belongs to a remittance"
    payer = remittances.header(file).payer
    return OtherPayer(
        Coverage(
            payer=Party("PR", is_person=False, name=Name(payer.name.last), id_qualifier="PI", id=file.payer_number),
            member_id=payment.member_id,
            responsibility=responsibility,
            filing_indicator=payment.filing_indicator,
        ),
        Person(payment.patient_name or desk.claim.patient.name),
    )


def rank_of(responsibility: str) -> str:
    """The payer's place in words."""
    return RANKS.get(responsibility, "next")
