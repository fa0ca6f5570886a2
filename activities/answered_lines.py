"""Which lines of a claim a payer's answer speaks of: all of them, or those of its part where the payer split it."""

from collections.abc import Sequence

from activities.desk import Desk
from activities.live_claims import submission_named
from billing.claim import Claim
from billing.posting import BilledLine, part_answered
from billing.remittance import ClaimPayment
from database import encounters, records
from database.remittances import standing_rows
from database.tables import RemittanceClaim


def by_lines(
    desk: Desk, responsibility: str | None, part: Sequence[BilledLine]
) -> tuple[set[str], list[RemittanceClaim]]:
    """Of the payer's answers that stand: the ids of the lines that those answer which leave this part alone, for the
    payer split the claim; and the answers that speak of this part, or of the whole. A line that was coded or priced
    anew since is the same line."""
    beside: set[str] = set()
    same: list[RemittanceClaim] = []
    desk.session.flush()
    for one in standing_rows(desk.session, desk.encounter.id, of=responsibility):
        answered = ids_of(
            part_answered(records.load(ClaimPayment, one.payment), lines_as_sent(desk, one.control_number))
        )
        if answered.isdisjoint(ids_of(part)):
            beside.update(answered)
        else:
            same.append(one)
    return beside, same


def ids_of(lines: Sequence[BilledLine]) -> set[str]:
    """The ids of service lines."""
    return {line.line_id for line in lines}


def lines_as_sent(desk: Desk, control_number: str) -> tuple[BilledLine, ...]:
    """The lines that the payer answers: those of the submission it names, for the claim may have been amended since;
    the claim's own where it names none."""
    submission = submission_named(desk, control_number)
    if submission is None:
        return desk.billed_lines
    sent = records.load(Claim, submission.claim)
    ids = {row.id.upper(): row.id for row in encounters.lines(desk.session, desk.encounter)}
    if any((line.control_number or "") not in ids for line in sent.lines):
        return desk.billed_lines
    return tuple(
        BilledLine(
            ids[line.control_number or ""], line.billed_code, line.modifiers, line.charge_cents, line.service_date
        )
        for line in sent.lines
    )
