"""What each payer of a visit has by now: the claim that a change must reach, read off submissions and answers."""

from activities.desk import Desk
from billing.adjustment_codes import PATIENT_SHARE
from billing.amendments import LiveClaim
from billing.claim import Claim
from billing.coordination import claim_to
from billing.denial_codes import UNPROCESSABLE
from billing.remittance import ClaimPayment, Group
from billing.submission import SubmissionState
from database import coverages, encounters, moves, office, records
from database.remittances import standing_rows
from database.tables import RemittanceClaim, Submission

_NOT_THERE = frozenset({SubmissionState.READY, SubmissionState.REJECTED})
"""States of a submission that the payer has nothing of"""


def live_claims(desk: Desk) -> dict[str, LiveClaim]:
    """By SBR01: every payer that was sent a claim or has answered, and the one where the claim is now."""
    places = {one.responsibility for one in desk.submissions if one.withdrawn_at is None}
    places |= {row.responsibility for row in standing_rows(desk.session, desk.encounter.id)}
    return {place: live_claim(desk, place) for place in places | {desk.responsibility}}


def live_claim(desk: Desk, place: str) -> LiveClaim:
    """What the plan for the payer with this place is made from."""
    standing = standing_rows(desk.session, desk.encounter.id, of=place)
    sent = [one for one in desk.submissions if one.responsibility == place and one.withdrawn_at is None]
    latest = _with_the_payer(sent) or (sent[-1] if sent else None)
    numbers = [row.payer_claim_number for row in standing] + [one.payer_claim_number for one in sent]
    if latest is not None and encounters.progress(latest).state not in {*_NOT_THERE, SubmissionState.ADJUDICATED}:
        numbers = [latest.payer_claim_number]  # the payer is at this one: an older number would name what it replaces
    answers = {row.id for row in standing}
    is_split = len({row.payer_claim_number for row in standing if row.payer_claim_number}) > 1
    denials = [
        one for one in encounters.open_denials(desk.session, desk.encounter.id) if one.remittance_claim_id in answers
    ]
    policies = office.policies_for(desk.session, practice_id=desk.encounter.practice_id, payer_id=desk.payer_of(place))
    return LiveClaim(
        state=_state(latest, is_answered=bool(standing)),
        is_in_batch=latest is not None and latest.batch_id is not None,
        payer_claim_number=next((number for number in reversed(numbers) if number), None),
        takes_replacements=bool(policies.value("takes_replacements", as_of=desk.today)) and not is_split,
        is_split=is_split,
        is_counted=any(is_counted(row) for row in standing),
        is_unprocessable=any(UNPROCESSABLE in one.remarks.split(",") for one in denials),
    )


def claim_at(desk: Desk, place: str) -> Claim:
    """The claim as it names the payer with this place (SBR01): for letters to a payer that it has gone on from."""
    policy = next((coverages.policy_of(row) for row in desk.other_policies if row.responsibility == place), None)
    return desk.claim if policy is None or place == desk.responsibility else claim_to(desk.claim, policy)


def _with_the_payer(sent: list[Submission]) -> Submission | None:
    """The newest that the payer has or that is on its way: one made ready or refused since leaves the claim before it
    where it is.
    """
    for one in reversed(sent):
        state = encounters.progress(one).state
        if state == SubmissionState.READY and one.batch_id is not None:
            return one
        if state not in _NOT_THERE:
            return one
    return None


def _state(latest: Submission | None, *, is_answered: bool) -> SubmissionState | None:
    """Of the claim that this payer has. One that answered what an earlier payer forwarded was sent none by us."""
    state = None if latest is None else encounters.progress(latest).state
    return SubmissionState.ADJUDICATED if is_answered and state in {None, *_NOT_THERE} else state


def is_counted(row: RemittanceClaim) -> bool:
    """Whether an answer paid, or counted the visit towards what the patient pays."""
    payment = records.load(ClaimPayment, row.payment)
    return payment.paid_cents != 0 or any(
        one.group == Group.PATIENT and one.reason in PATIENT_SHARE for one in payment.all_adjustments()
    )


def submission_named(desk: Desk, control_number: str) -> Submission | None:
    """The submission of this number, its own or the one under which an old system had sent it."""
    found = next((one for one in desk.submissions if one.control_number == control_number), None)
    if found is None and any(one.first_submitted_at for one in desk.submissions):
        own = moves.aliases_of(desk.session, desk.encounter.id).get(control_number.strip().upper())
        found = next((one for one in desk.submissions if one.control_number == own), None)
    return found


def is_void(submission: Submission) -> bool:
    """Whether a submission takes its claim back."""
    return records.load(Claim, submission.claim).is_void
