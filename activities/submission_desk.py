"""Charges into the ledger, and a clean claim made ready to be sent under a control number of its own."""

import secrets
from dataclasses import replace
from datetime import timedelta

from activities.desk import Desk
from billing.claim import Claim, ClaimBatch
from billing.deadlines import Reason
from billing.identifiers import CONTROL_ALPHABET, CONTROL_BODY, control_number
from billing.ledger import Account, Balances, Entry, EntryKind, transfer
from billing.money import Cents, format_dollars
from billing.stages import Stage
from billing.submission import SubmissionState
from database import office, outbox, records
from database.outbox import OutboxKind
from database.tables import Payer, Submission
from interchange.x12 import claims_837p, writing
from interchange.x12.hierarchy_writing import UnknownProviderRole

SUBMISSION_REASONS = (
    Reason.TRANSMISSION_DUE,
    Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE,
    Reason.PAYER_ACKNOWLEDGMENT_DUE,
    Reason.REMITTANCE_DUE,
    Reason.FOLLOW_UP,
)
"""Agenda entries of one submission; a new submission starts its own clocks"""


def post_charges(desk: Desk) -> None:
    """Put each line's charge into the ledger. A changed charge is reversed and posted anew, never altered."""
    balances = desk.balances
    entries = []
    for line_id, line in zip(desk.line_ids, desk.claim.lines, strict=True):
        entries += _charge_entries(desk, balances, line_id, line.charge_cents)
    if entries:
        desk.post(entries)
        desk.say(f"Charges of {format_dollars(desk.claim.charge_cents)} posted")


def _charge_entries(desk: Desk, balances: Balances, line_id: str, charge: Cents) -> list[Entry]:
    posted = Cents(-balances.line(Account.REVENUE, line_id))
    if posted == charge:
        return []
    payer = desk.encounter.payer_id
    day = desk.encounter.service_date
    version = desk.encounter.version
    entries = []
    if posted:
        sides = transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(-posted), line_id=line_id, detail=payer)
        entries.append(Entry(EntryKind.CHARGE_CHANGED, f"charge:{line_id}:{version}:reversed", sides, day))
    sides = transfer(Account.AR_INSURANCE, Account.REVENUE, charge, line_id=line_id, detail=payer)
    entries.append(Entry(EntryKind.CHARGE, f"charge:{line_id}:{version}", sides, day))
    return entries


def void_charges(desk: Desk) -> None:
    """Take every charge back: the visit is billed to nobody. What a payer answered stays until it takes that back."""
    entries = []
    for line_id in desk.line_ids:
        posted = Cents(-desk.balances.line(Account.REVENUE, line_id))
        if posted:
            sides = transfer(
                Account.AR_INSURANCE, Account.REVENUE, Cents(-posted), line_id=line_id, detail=desk.encounter.payer_id
            )
            source = f"void:{line_id}:{desk.encounter.version}"
            entries.append(Entry(EntryKind.VOIDED, source, sides, desk.encounter.service_date))
    desk.post(entries)


def make_submission(desk: Desk) -> None:
    """Make the claim ready: its own control number, a line number per line, and a wish for a batch.

    Should a number ever be drawn twice, the row is refused and the step, tried again, draws another.
    """
    number = control_number("".join(secrets.choice(CONTROL_ALPHABET) for _ in range(CONTROL_BODY)))
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
        claim=records.dump(outgoing(desk.claim, number, desk.line_ids)),
        ready_at=desk.at,
    )
    desk.session.add(submission)
    desk.submissions.append(submission)
    desk.unschedule(*SUBMISSION_REASONS)
    desk.move_to(Stage.SUBMISSION)
    desk.say("The claim is clean and ready to be sent")
    outbox.enqueue(
        desk.session,
        OutboxKind.START_BATCH,
        practice_id=desk.encounter.practice_id,
        subject_id=payer.partner_id,
        at=desk.at,
        delay=timedelta(seconds=desk.policy("batch_wait_seconds")),
    )


def trial_write(desk: Desk) -> str | None:
    """Write the claim alone: None when it can be sent, else the segment and element that cannot.

    One claim that cannot be written would hold up a whole batch.
    """
    claim = outgoing(desk.claim, control_number("0" * CONTROL_BODY), desk.line_ids)
    party = claim.billing_provider
    batch = ClaimBatch(party, party, reference="TRIAL", created=desk.at.date(), created_time="0000", claims=(claim,))
    try:
        writing.write_interchange(
            [writing.Group(1, claims_837p.VERSION, [("0001", claims_837p.write(batch))])],
            sender=writing.Address("ZZ", "TRIAL"),
            receiver=writing.Address("ZZ", "TRIAL"),
            control_number=1,
            instant=desk.at,
        )
    except (writing.UnwritableData, UnknownProviderRole) as error:
        return str(error)
    return None


def outgoing(claim: Claim, number: str, line_ids: list[str]) -> Claim:
    """The claim as it leaves: our control numbers, no other sender's trace."""
    lines = tuple(
        replace(line, control_number=line_id.upper()) for line_id, line in zip(line_ids, claim.lines, strict=True)
    )
    return replace(claim, control_number=number, lines=lines, clearinghouse_trace=None)


def move_to_payer(desk: Desk) -> None:
    """After a correction of the payer: the encounter's row follows the claim."""
    payer = desk.session.get(Payer, desk.encounter.payer_id)
    assert payer is not None, "an encounter's payer is never deleted"
    number = desk.claim.coverage.payer.id or ""
    if payer.payer_number == number:
        return
    found = office.payer_for(
        desk.session,
        practice_id=desk.encounter.practice_id,
        partner_id=payer.partner_id,
        number=number,
        name=desk.claim.coverage.payer.name.last,
    )
    desk.encounter.payer_id = found.id
    desk.__dict__.pop("policies", None)
