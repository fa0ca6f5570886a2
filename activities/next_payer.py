"""Whose turn it is: the claim goes on to the patient's next policy, comes back from one that does not cover, or waits
for a payer to whom an earlier one forwarded it.

What the earlier payer called the patient's waits on AR_INS as `passed_on` until the last policy has answered.
"""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import select

from activities import share_gate
from activities.denial_tasks import amounts_of, review
from activities.desk import Desk
from activities.inquiry_desk import forget_inquiry
from activities.refusals import Refused, Values
from activities.submission_desk import SUBMISSION_REASONS, hand_over, withdraw
from billing.adjustment_codes import PATIENT_SHARE
from billing.claim import Coverage, Name, Party, Person
from billing.coordination import IN_ORDER, PRIMARY, OtherPayer, claim_to, is_forwarded, own_policy
from billing.deadlines import Reason
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.remittance import ClaimPayment
from billing.stages import Stage
from database import coverages, encounters, ledger, remittances
from database.columns import new_id
from database.tables import Denial, OtherPolicy, RemittanceClaim, RemittanceFile
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
    desk.say("The payer to whom the claim was forwarded did not answer")
    if any(row.state == coverages.WAITING for row in desk.other_policies):
        return
    passed = passed_on(desk)
    for denial in passed:
        denial.state = "open"
        desk.session.add(denial)
    if passed:
        because = "the payer forwarded the claim to another one, and nothing came back: find out who has it"
        key = f"crossover:{desk.encounter.version}"
        desk.open_task(review(amounts_of(passed), line_ids=desk.line_ids, key=key, not_after=None, because=because))


def turn_to_next_payer(desk: Desk) -> None:
    """The claim goes to the next policy that waits: verified first, then coded, priced and scrubbed like any other."""
    row = coverages.next_waiting(desk.session, desk.encounter.id)
    if row is None or desk.stage != Stage.POSTING:
        return
    policy = coverages.policy_of(row)
    _remember_own(desk)
    row.state = coverages.BILLED
    desk.session.add(row)
    move_claim(desk, policy, payer_id=row.payer_id)
    desk.encounter.verified_at = None
    forget_inquiry(desk)
    desk.move_to(Stage.VERIFICATION)
    open_cents = desk.balances.total(Account.AR_INSURANCE)
    desk.say(f"{format_dollars(open_cents)} goes to the {_rank(row.responsibility)} payer")


def _remember_own(desk: Desk) -> None:
    """The policy that was billed until now is one of several from here on."""
    if any(row.responsibility == desk.responsibility for row in desk.other_policies):
        return
    coverages.add(desk.session, desk.encounter, own_policy(desk.claim), at=desk.at, state=coverages.BILLED)
    desk.__dict__.pop("other_policies", None)


def move_claim(desk: Desk, policy: OtherPayer, *, payer_id: str) -> None:
    """Claim, encounter and what is open follow to another policy."""
    hand_over(desk, before=desk.encounter.payer_id, after=payer_id)
    desk.keep(claim_to(desk.claim, policy))
    desk.encounter.payer_id = payer_id
    desk.unschedule(*SUBMISSION_REASONS)
    for name in ("policies", "other_policies", "filing_anchor"):
        desk.__dict__.pop(name, None)


def add_policy(desk: Desk, values: Values) -> str:
    """A policy that pays after the known ones; what is the patient's by now goes there first. Raises Refused."""
    taken = {desk.responsibility, *(row.responsibility for row in desk.other_policies)}
    place = next(one for one in IN_ORDER if one not in taken)
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
    desk.__dict__.pop("other_policies", None)
    desk.keep(with_other_payers(desk.claim, ()))
    _take_shares_back(desk)
    return f"A {_rank(place)} policy is known"


def keep_as_next(desk: Desk) -> None:
    """The claim's own policy turns out to pay after another one: it waits for its turn."""
    own = own_policy(desk.claim)
    taken = {row.responsibility for row in desk.other_policies} | {PRIMARY}
    place = next(one for one in IN_ORDER if one not in taken)
    later = replace(own, coverage=replace(own.coverage, responsibility=place))
    coverages.add(desk.session, desk.encounter, later, at=desk.at)
    desk.__dict__.pop("other_policies", None)
    desk.keep(with_other_payers(desk.claim, ()))


def _take_shares_back(desk: Desk) -> None:
    """What payers called the patient's stands on AR_INS again, and is passed on to the policy that was learned of."""
    standing = remittances.standing_rows(desk.session, desk.encounter.id)
    shares: dict[tuple[str, str], int] = {}
    for _, posting in ledger.journal_of_encounter(
        desk.session, practice_id=desk.encounter.practice_id, encounter_id=desk.encounter.id
    ):
        if posting.account == Account.AR_PATIENT and posting.line_id and posting.detail.startswith("PR-"):
            key = (posting.line_id, posting.detail)
            shares[key] = shares.get(key, 0) + posting.amount_cents
    entries = []
    for (line_id, code), cents in shares.items():
        if cents <= 0 or not standing:
            continue
        sides = (
            Side(Account.AR_INSURANCE, Cents(cents), line_id, desk.encounter.payer_id),
            Side(Account.AR_PATIENT, Cents(-cents), line_id, code),
        )
        source = f"taken_back:{desk.encounter.id}:{desk.encounter.version}:{line_id}:{code}"
        entries.append(Entry(EntryKind.SHARE_TAKEN_BACK, source, sides, desk.encounter.service_date))
        desk.session.add(
            Denial(
                id=new_id(),
                practice_id=desk.encounter.practice_id,
                encounter_id=desk.encounter.id,
                line_id=line_id,
                remittance_claim_id=standing[-1].id,
                adjustment_group="PR",
                reason=code.removeprefix("PR-"),
                amount_cents=cents,
                state="passed_on",
            )
        )
    desk.post(entries)


def passed_on(desk: Desk) -> list[Denial]:
    """What earlier payers called the patient's and nobody has settled."""
    desk.session.flush()
    query = select(Denial).where(Denial.encounter_id == desk.encounter.id, Denial.state == "passed_on")
    return list(desk.session.exec(query.order_by(Denial.id)))


def note_asked(desk: Desk) -> None:
    """A later payer has answered for what the earlier ones passed on: only what it passes on itself is still asked."""
    for denial in passed_on(desk):
        denial.state = "answered"
        desk.session.add(denial)


def ask_again(desk: Desk, taken_back: RemittanceClaim) -> None:
    """A later payer took its answer back: what the payer before it passed on is asked for once more."""
    place = IN_ORDER.index(taken_back.responsibility)
    standing = remittances.standing_rows(desk.session, desk.encounter.id)
    before = [row for row in standing if IN_ORDER.index(row.responsibility) < place]
    last = max(before, key=lambda row: (IN_ORDER.index(row.responsibility), row.id), default=None)
    if last is None:
        return
    desk.session.flush()
    query = select(Denial).where(Denial.remittance_claim_id == last.id, Denial.state == "answered")
    for denial in desk.session.exec(query):
        denial.state = "passed_on"
        desk.session.add(denial)


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
    desk.move_to(Stage.POSTING)
    if not any(one.state == coverages.WAITING for one in desk.other_policies):
        settle_passed_on(desk)
    return f"Not covered by the {_rank(mine)} payer; what the {_rank(before.responsibility)} one left is settled"


def _billed_before(desk: Desk, row: OtherPolicy) -> OtherPolicy | None:
    """The policy that was billed last among those that pay before this one."""
    earlier = [
        one
        for one in desk.other_policies
        if coverages.order(one) < coverages.order(row) and one.state == coverages.BILLED
    ]
    return earlier[-1] if earlier else None


def settle_passed_on(desk: Desk) -> None:
    """No payer is left to ask: shares go through the gate to the patient, the rest is a person's to decide."""
    waiting = passed_on(desk)
    undecided = encounters.open_denials(desk.session, desk.encounter.id)
    refused = {one.line_id for one in (*undecided, *(one for one in waiting if not _is_share(one)))}
    for denial in waiting:
        is_share = _is_share(denial)
        permission = share_gate.ask(
            desk,
            remarks=denial.remarks.split(","),
            reasons=(denial.reason,),
            has_open_denial=denial.line_id in refused,
        )
        if is_share and permission.allowed:
            _bill(desk, denial)
        else:
            denial.state = "open"
            denial.blocked_reason = permission.reason if is_share else None
        desk.session.add(denial)
    desk.session.flush()


def _is_share(denial: Denial) -> bool:
    return denial.adjustment_group == "PR" and denial.reason in PATIENT_SHARE


def _bill(desk: Desk, denial: Denial) -> None:
    """The share becomes the patient's as far as it is open: part of it may have been paid before it was corrected."""
    cents = Cents(min(denial.amount_cents, desk.balances.line(Account.AR_INSURANCE, denial.line_id)))
    if cents <= 0:
        denial.state = "answered"
        desk.say(f"{format_dollars(Cents(denial.amount_cents))} is nobody's any more: it was paid already")
        return
    sides = (
        Side(Account.AR_PATIENT, cents, denial.line_id, f"PR-{denial.reason}"),
        Side(Account.AR_INSURANCE, Cents(-cents), denial.line_id, desk.encounter.payer_id),
    )
    entry = Entry(EntryKind.SHARE_LEFT, f"share_left:{denial.id}", sides, desk.encounter.service_date)
    desk.post([entry])
    denial.state = "billed"
    desk.say(f"{format_dollars(cents)} is the patient's: no other payer is left to ask")


def policy_for_answer(
    desk: Desk, row: RemittanceClaim, payment: ClaimPayment, responsibility: str
) -> OtherPolicy | None:
    """The policy whose payer answers without having been sent a claim of ours (a crossover); made from the remittance
    where the office did not know of it. None: the claim's own payer answers."""
    if responsibility == desk.responsibility:
        return None
    found = next((one for one in desk.other_policies if one.responsibility == responsibility), None)
    if found is None:
        found = coverages.add(
            desk.session, desk.encounter, _as_remitted(desk, row, payment, responsibility), at=desk.at
        )
        desk.__dict__.pop("other_policies", None)
        desk.say(
            f"A {_rank(responsibility)} payer answers that this office did not know of; look at the patient's card"
        )
    if found.state == coverages.WAITING:
        found.state = coverages.BILLED
        desk.session.add(found)
        _remember_own(desk)
        hand_over(desk, before=desk.encounter.payer_id, after=found.payer_id)
    desk.unschedule(Reason.CROSSOVER_DUE)
    return found


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


def _rank(responsibility: str) -> str:
    return RANKS.get(responsibility, "next")
