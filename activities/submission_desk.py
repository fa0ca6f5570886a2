"""Charges into the ledger, and a clean claim made ready to be sent under a control number of its own."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from activities.claim_forms import form_of
from activities.desk import Desk
from activities.expected_desk import keep_expected
from billing.claim import Claim
from billing.coordination import PRIMARY, OtherDecision, OtherPayer, decision_of, joined_decision
from billing.deadlines import Reason
from billing.identifiers import CONTROL_ALPHABET, CONTROL_BODY, control_body, control_number
from billing.ledger import Account, Balances, Entry, EntryKind, Side, transfer
from billing.money import ZERO, Cents, format_dollars
from billing.paper_claims import PaperClaim
from billing.posting import lines_answered, part_answered
from billing.remittance import ClaimPayment
from billing.stages import Stage
from billing.submission import SubmissionState
from database import coverages, encounters, ledger, letters, office, records, sending, submissions
from database.columns import new_id
from database.letters import PAPER_CLAIM
from database.remittances import answered_on, standing_rows
from database.tables import Letter, Payer, RemittanceClaim, Submission
from interchange.x12 import trial, writing
from interchange.x12.coordination import has_other_payers
from interchange.x12.coordination_writing import with_other_payers
from interchange.x12.hierarchy_writing import UnknownProviderRole

SUBMISSION_REASONS = (
    Reason.TRANSMISSION_DUE,
    Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE,
    Reason.PAYER_ACKNOWLEDGMENT_DUE,
    Reason.REMITTANCE_DUE,
    Reason.STATUS_INQUIRY,
    Reason.FOLLOW_UP,
)
"""Agenda entries of one submission; a new submission starts its own clocks"""


def post_charges(desk: Desk) -> None:
    """Put each line's charge into the ledger. A changed charge is reversed and posted anew, never altered; that of a
    line which the claim has no more is taken back."""
    balances = desk.balances
    entries = []
    for line_id, line in zip(desk.line_ids, desk.claim.lines, strict=True):
        entries += _charge_entries(desk, balances, line_id, line.charge_cents)
    for row in encounters.lines(desk.session, desk.encounter)[len(desk.line_ids) :]:
        entries += _charge_entries(desk, balances, row.id, ZERO)
    if entries:
        desk.post(entries)
        desk.say(f"Charges of {format_dollars(desk.claim.charge_cents)} posted")


def _charge_entries(desk: Desk, balances: Balances, line_id: str, charge: Cents) -> list[Entry]:
    posted = balances.charged(line_id)
    if posted == charge:
        return []
    payer = desk.encounter.payer_id
    day = desk.encounter.service_date
    version = desk.encounter.version
    entries = []
    if posted:
        sides = transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(-posted), line_id=line_id, detail=payer)
        entries.append(Entry(EntryKind.CHARGE_CHANGED, f"charge:{line_id}:{version}:reversed", sides, day))
    if charge:
        sides = transfer(Account.AR_INSURANCE, Account.REVENUE, charge, line_id=line_id, detail=payer)
        entries.append(Entry(EntryKind.CHARGE, f"charge:{line_id}:{version}", sides, day))
    return entries


def void_charges(desk: Desk) -> None:
    """Take every charge back: the visit is billed to nobody. What a payer answered stays until it takes that back."""
    entries = []
    for line_id in [row.id for row in encounters.lines(desk.session, desk.encounter)]:
        posted = desk.balances.charged(line_id)
        if posted:
            sides = transfer(
                Account.AR_INSURANCE, Account.REVENUE, Cents(-posted), line_id=line_id, detail=desk.encounter.payer_id
            )
            source = f"void:{line_id}:{desk.encounter.version}"
            entries.append(Entry(EntryKind.VOIDED, source, sides, desk.encounter.service_date))
    desk.post(entries)


def make_submission(desk: Desk) -> None:
    """Make the claim ready: its own control number, a line number per line, and a wish for a batch."""
    number = _number(desk)
    payer = desk.session.get(Payer, desk.encounter.payer_id)
    assert payer is not None, "an encounter's payer is never deleted"
    submission = Submission(
        control_number=number,
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        payer_id=payer.id,
        partner_id=payer.partner_id,
        ordinal=len(desk.submissions) + 1,
        state=SubmissionState.READY,
        responsibility=desk.responsibility,
        is_paper=not desk.policy("takes_electronic_claims"),
        is_institutional=desk.claim.hospital is not None,
        claim=records.dump(outgoing(desk, number)),
        ready_at=desk.at,
    )
    desk.session.add(submission)
    keep_expected(desk, submission)
    desk.submissions.append(submission)
    desk.unschedule(*SUBMISSION_REASONS)
    desk.move_to(Stage.SUBMISSION)
    if submission.is_paper:
        _print(desk, submission)
        return
    desk.say("The claim is clean and ready to be sent")
    sending.wish(desk.session, practice_id=desk.encounter.practice_id, partner_id=payer.partner_id, at=desk.at)


def _number(desk: Desk) -> str:
    """The same visit's claim of the same ordinal has the same number, also in books that were restored. Should another
    claim have it, one is drawn; should that ever be taken, the row is refused and the step draws anew."""
    ordinal = str(len(desk.submissions) + 1)
    number = control_number(control_body(desk.encounter.id, ordinal, str(desk.responsibility)))
    if submissions.by_control_number(desk.session, number) is None:
        return number
    return control_number("".join(secrets.choice(CONTROL_ALPHABET) for _ in range(CONTROL_BODY)))


def _print(desk: Desk, submission: Submission) -> None:
    """A payer without EDI gets paper: it waits in the print queue, and counts as sent once somebody has mailed it."""
    claim = records.load(Claim, submission.claim)
    letter = Letter(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        kind=PAPER_CLAIM,
        content=records.dump(form_of(claim, other_payers(desk))),
        written_at=desk.at,
        written_by="office",
    )
    desk.session.add(letter)
    desk.say("The claim is clean; it goes on paper and waits in the print queue")


def withdraw(desk: Desk, submission: Submission) -> None:
    """Let go of a submission: it counts for nothing any more, and goes out in no batch and no envelope."""
    submission.withdrawn_at = desk.at
    submission.state = SubmissionState.WITHDRAWN
    desk.session.add(submission)
    for letter in letters.waiting_of_visit(desk.session, desk.encounter.id, kind=PAPER_CLAIM):
        content = letters.content_of(letter)
        if isinstance(content, PaperClaim) and content.control_number == submission.control_number:
            letters.withdraw(desk.session, letter, because="the claim was withdrawn", at=desk.at)


def trial_write(desk: Desk) -> str | None:
    """Write the claim alone: None when it can be sent, else the segment and element that cannot.

    One claim that cannot be written would hold up a whole batch.
    """
    try:
        claim = outgoing(desk, control_number("0" * CONTROL_BODY))
    except (writing.UnwritableData, UnknownProviderRole) as error:
        return str(error)
    return trial.unwritable(claim, desk.local_time)


def outgoing(desk: Desk, number: str) -> Claim:
    """The claim as it leaves: our control numbers, no other sender's trace, what the other payers decided by now."""
    claim = with_other_payers(desk.claim, other_payers(desk)) if tells_of_others(desk) else desk.claim
    lines = tuple(
        replace(line, control_number=line_id.upper()) for line_id, line in zip(desk.line_ids, claim.lines, strict=True)
    )
    frequency = claim.first_frequency if claim.is_original else claim.frequency
    return replace(claim, control_number=number, lines=lines, frequency=frequency, clearinghouse_trace=None)


def tells_of_others(desk: Desk) -> bool:
    """Whether the claim's other payers are written from the books. A primary claim that came in with some keeps them
    as they were sent: they may say more than the office's nouns do."""
    if not desk.other_policies:
        return False
    return desk.responsibility != PRIMARY or not has_other_payers(desk.claim)


def other_payers(desk: Desk) -> list[OtherPayer]:
    """The patient's other policies, each with what its payer decided and did not take back."""
    if not desk.other_policies:
        return []
    standing = standing_rows(desk.session, desk.encounter.id)
    found = []
    for row in desk.other_policies:
        if row.responsibility == desk.responsibility:
            continue
        policy = coverages.policy_of(row)
        answers = [one for one in standing if one.responsibility == row.responsibility]
        found.append(replace(policy, decision=_decision(desk, policy, answers)) if answers else policy)
    return found


def _decision(desk: Desk, policy: OtherPayer, answers: Sequence[RemittanceClaim]) -> OtherDecision:
    """A payer's posted answers as the next payer is told of them, several where it split the claim; without their lines
    where the claim's have changed since."""
    payments = [records.load(ClaimPayment, one.payment) for one in answers]
    numbers = [_lines_decided(desk, one) for one in payments]
    if sorted({number for each in numbers for number in each}) != list(range(1, len(desk.line_ids) + 1)):
        payments = [replace(one, adjustments=tuple(one.all_adjustments()), lines=()) for one in payments]
        numbers = [[] for _ in payments]
    return joined_decision(
        [
            decision_of(payment, policy.coverage, lines=each, decided_on=answered_on(desk.session, answer))
            for payment, each, answer in zip(payments, numbers, answers, strict=True)
        ]
    )


def _lines_decided(desk: Desk, payment: ClaimPayment) -> list[int]:
    """The claim's line (from 1) of each SVC; none where that cannot be told."""
    answered = lines_answered(payment, part_answered(payment, desk.billed_lines)) if payment.lines else None
    return [desk.line_ids.index(line.line_id) + 1 for line in answered or ()]


def hand_over(desk: Desk, *, after: str) -> None:
    """What is open is another payer's now, wherever it stood: sub-accounts of AR_INS change, the sum does not."""
    open_by_payer: dict[tuple[str | None, str], int] = defaultdict(int)
    for _, posting in ledger.journal_of_encounter(
        desk.session, practice_id=desk.encounter.practice_id, encounter_id=desk.encounter.id
    ):
        if posting.account == Account.AR_INSURANCE:
            open_by_payer[posting.line_id, posting.detail] += posting.amount_cents
    sides: list[Side] = []
    for (line_id, before), cents in open_by_payer.items():
        if cents and before != after:
            sides.append(Side(Account.AR_INSURANCE, Cents(cents), line_id, after))
            sides.append(Side(Account.AR_INSURANCE, Cents(-cents), line_id, before))
    if sides:
        source = f"payer_changed:{desk.encounter.id}:{desk.encounter.version}:{desk.ordinal()}"
        desk.post([Entry(EntryKind.PAYER_CHANGED, source, tuple(sides), desk.encounter.service_date)])


def move_to_payer(desk: Desk) -> None:
    """After a correction of the payer: the encounter's row follows the claim."""
    payer = desk.session.get(Payer, desk.encounter.payer_id)
    assert payer is not None, "an encounter's payer is never deleted"
    told = desk.claim.coverage.payer
    if payer.payer_number == (told.id or ""):
        return
    found = office.payer_for(desk.session, told, practice_id=desk.encounter.practice_id, partner_id=payer.partner_id)
    desk.encounter.payer_id = found.id
    hand_over(desk, after=found.id)
    desk.forget_policies()
