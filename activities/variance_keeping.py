"""What an answer of the first payer, or its being taken back, does to the cases of its lines, in the posting's step."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from activities.desk import Desk
from billing import underpayments
from billing.claim import Claim
from billing.coordination import PRIMARY
from billing.deadlines import Reason, reconsideration_deadline
from billing.letters import Letter as Content
from billing.letters import ShortLine, full_name, reconsideration_letter
from billing.money import Cents, format_dollars
from billing.posting import BilledLine, match_lines
from billing.remittance import ClaimPayment, LinePayment
from billing.tasks import NewTask, TaskType
from billing.underpayments import Found, State, Tolerance
from billing.variances import allowed_of
from database import contracts, encounters, letters, records, remittances, tasks, variances
from database.columns import new_id
from database.contracts import ExpectedView
from database.tables import ContractRow, Encounter, Letter, PaymentVariance, RemittanceClaim, Submission, Task

TASKS = frozenset({TaskType.UNDERPAYMENT, TaskType.UNDERPAYMENT_APPROVAL})
SHOWN = 20
"""Lines that a task tells one by one"""


def compare(desk: Desk, row: RemittanceClaim, payment: ClaimPayment, billed: Sequence[BilledLine]) -> None:
    """Keep the lines that differ beyond the payer's tolerance, renew those of an earlier answer, and ask a person about
    what is short. An answer without service lines says nothing of a line."""
    if row.responsibility != PRIMARY or not payment.lines:
        return
    kept = {one.line_id: one for one in _of_claim(desk, row.control_number)}
    expected = contracts.expected_lines(
        desk.session, practice_id=desk.encounter.practice_id, control_number=row.control_number
    )
    if not kept and not expected and not _may_be_recoded(payment):
        return
    by_line = {one.line_id: one for one in expected}
    units = _units_as_sent(desk, row.control_number)
    tolerance = Tolerance(desk.policy("variance_tolerance_percent"), desk.policy("variance_tolerance_cents"))
    for line, paid in match_lines(payment, billed) or []:
        contract = by_line.get(line.line_id)
        _look_at(desk, row, line, paid, contract, kept.get(line.line_id), tolerance, units.get(line.line_id.upper()))
    desk.session.flush()
    rest(desk)
    missing = sum(variances.case_of(one).missing_cents for one in variances.undecided(desk.session, desk.encounter.id))
    outdated = [one for one in desk.open_tasks() if one.type == TaskType.UNDERPAYMENT and one.amount_cents != missing]
    _close(desk, outdated, resolution="answered")
    ask(desk, key=row.id)


def _may_be_recoded(payment: ClaimPayment) -> bool:
    return any(one.submitted_procedure is not None or one.units is not None for one in payment.lines)


def _of_claim(desk: Desk, control_number: str) -> list[PaymentVariance]:
    found = variances.of_encounter(desk.session, desk.encounter.id)
    return [one for one in found if one.control_number == control_number]


def _units_as_sent(desk: Desk, control_number: str) -> dict[str, Decimal]:
    """Units of each line that counts units, by the line's number on the claim that was sent (REF*6R)."""
    submission = desk.session.get(Submission, control_number)
    if submission is None:
        return {}
    sent = records.load(Claim, submission.claim)
    return {(one.control_number or "").upper(): one.units for one in sent.lines if one.unit_basis == "UN"}


def _look_at(
    desk: Desk,
    row: RemittanceClaim,
    line: BilledLine,
    paid: LinePayment,
    contract: ExpectedView | None,
    kept: PaymentVariance | None,
    tolerance: Tolerance,
    units: Decimal | None,
) -> None:
    found = Found(
        allowed_cents=allowed_of(paid.charge_cents, paid.adjustments),
        expected_cents=None if contract is None or contract.expected_cents is None else Cents(contract.expected_cents),
        recode=underpayments.recode_of(paid, procedure=line.procedure, units=units),
    )
    if kept is None:
        case = underpayments.case_of(found, tolerance)
        if case is None:
            return
        kept = _new(desk, row, line, contract)
    else:
        case = underpayments.answered_anew(variances.case_of(kept), found, tolerance)
    kept.remittance_claim_id = row.id
    kept.answered_on = remittances.answered_on(desk.session, row)
    kept.recode = found.recode[:200]
    gained = case.recovered_cents - kept.recovered_cents
    variances.keep(desk.session, kept, case)
    if gained > 0:
        desk.say(f"Recovered from the payer: {format_dollars(gained)} more was allowed for {line.procedure}")
    if case.state == State.RECODED:
        desk.say(f"The payer changed {line.procedure}: {found.recode}")
    if case.state == State.OVERPAID:
        desk.say(
            f"The payer allowed {format_dollars(found.difference_cents or 0)} more for {line.procedure} than "
            "its contract says; it may take that back"
        )


def _new(desk: Desk, row: RemittanceClaim, line: BilledLine, contract: ExpectedView | None) -> PaymentVariance:
    is_known = contract is not None and contract.expected_cents is not None
    return PaymentVariance(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        payer_id=desk.payer_of(row.responsibility),
        line_id=line.line_id,
        remittance_claim_id=row.id,
        control_number=row.control_number,
        service_date=line.service_date,
        procedure=line.procedure,
        modifiers=",".join(line.modifiers),
        charge_cents=line.charge_cents,
        contract_id=contract.contract_id if contract else None,
        rule=contract.words if contract and is_known else "",
        state=State.OPEN,
        opened_at=desk.at,
        answered_on=desk.today,
    )


def take_back(desk: Desk, original: RemittanceClaim) -> None:
    """An answer is taken back: its cases wait for the next one, and nothing is asked about them until then; what
    another part of a split claim left short is asked about still."""
    rows = [
        one for one in variances.of_encounter(desk.session, desk.encounter.id) if one.remittance_claim_id == original.id
    ]
    if not rows:
        return
    for row in rows:
        lost = row.recovered_cents
        variances.keep(desk.session, row, underpayments.taken_back(variances.case_of(row)))
        if lost > 0:
            desk.say(
                f"The payer took its answer back: {format_dollars(lost)} of {row.procedure} is not recovered any more"
            )
    leave_letters(desk, rows)
    _close(desk, desk.open_tasks(), resolution="reversed")
    rest(desk)
    if any(one.state == State.OPEN for one in variances.of_encounter(desk.session, desk.encounter.id)):
        ask(desk, key=f"left:{original.id}")


def _close(desk: Desk, found: Sequence[Task], *, resolution: str) -> None:
    for task in found:
        if TaskType(task.type) in TASKS:
            tasks.close_task(desk.session, task, resolution=resolution, at=desk.at, actor_id=None)
    desk.session.flush()


def leave_letters(desk: Desk, rows: Sequence[PaymentVariance]) -> None:
    """Take lines out of letters that nobody has sent: what they dispute is no longer there."""
    for letter_id in dict.fromkeys(one.letter_id for one in rows if one.letter_id):
        letter = desk.session.get_one(Letter, letter_id)
        letters.hold(desk.session, letter)
        if letter.sent_at is not None or letter.withdrawn_at is not None:
            continue
        for row in rows:
            if row.letter_id == letter_id:
                row.letter_id = None
                desk.session.add(row)
        if left := variances.of_letter(desk.session, letter_id):
            write_again(desk, letter, left)
        else:
            letters.withdraw(desk.session, letter, because="the payer answered anew", at=desk.at)


def write_again(desk: Desk, letter: Letter, rows: Sequence[PaymentVariance]) -> None:
    """Let a reconsideration say what its lines are now; of several visits, it is no single visit's letter."""
    visits = dict.fromkeys(one.encounter_id for one in rows)
    letter.encounter_id = next(iter(visits)) if len(visits) == 1 else None
    letter.content = records.dump(_letter_about(desk, rows))
    desk.session.add(letter)
    desk.session.flush()


def _letter_about(desk: Desk, rows: Sequence[PaymentVariance]) -> Content:
    claims = {
        one: encounters.claim_of(desk.session.get_one(Encounter, one))
        for one in dict.fromkeys(r.encounter_id for r in rows)
    }
    named = dict.fromkeys(one.contract_id for one in rows if one.contract_id)
    return reconsideration_letter(
        claims[rows[0].encounter_id],
        [_short_line(desk, one, claims[one.encounter_id]) for one in rows],
        written_on=desk.today,
        contracts=[desk.session.get_one(ContractRow, one).name for one in named],
        argument="\n".join(dict.fromkeys(one.decided_why for one in rows)),
    )


def _short_line(desk: Desk, row: PaymentVariance, claim: Claim) -> ShortLine:
    answer = desk.session.get_one(RemittanceClaim, row.remittance_claim_id)
    return ShortLine(
        payer_claim_number=answer.payer_claim_number,
        patient=full_name(claim.patient),
        member_id=claim.coverage.member_id,
        service_date=row.service_date,
        procedure="-".join(filter(None, (row.procedure, *row.modifiers.split(",")))),
        charge_cents=row.charge_cents,
        expected_cents=row.expected_cents or 0,
        allowed_cents=row.allowed_cents or 0,
        rule=row.rule,
        recode=row.recode,
    )


def ask(desk: Desk, *, key: str, because: str = "") -> None:
    """One task about all lines of the visit that are short and undecided; none where nothing is."""
    rows = variances.undecided(desk.session, desk.encounter.id)
    if not rows or any(TaskType(one.type) in TASKS for one in desk.open_tasks()):
        return
    places = {line_id: place for place, line_id in enumerate(desk.line_ids)}
    rows.sort(key=lambda one: places.get(one.line_id, len(places)))
    words = [_in_words(desk, one) for one in rows[:SHOWN]]
    words += [f"and {len(rows) - SHOWN} lines more"] if len(rows) > SHOWN else []
    limit = reconsideration_deadline(min(one.answered_on for one in rows), desk.policies)
    desk.open_task(
        NewTask(
            TaskType.UNDERPAYMENT,
            key=key,
            reason=f"{'; '.join([because, *words] if because else words)}. {_last_day(desk, limit)}",
            amount_cents=sum(variances.case_of(one).missing_cents for one in rows),
            not_after=limit,
        )
    )


def _last_day(desk: Desk, limit: datetime) -> str:
    verb = "was" if desk.at > limit else "is"
    return f"The last day to ask for a reconsideration {verb} {desk.policies.day(limit)}."


def _in_words(desk: Desk, row: PaymentVariance) -> str:
    case = variances.case_of(row)
    contract = desk.session.get(ContractRow, row.contract_id) if row.contract_id else None
    number = f"line {desk.line_ids.index(row.line_id) + 1}, " if row.line_id in desk.line_ids else ""
    return underpayments.in_words(
        Found(case.allowed_cents, case.expected_cents, row.recode),
        name=f"{number}{row.procedure}",
        rule=f"{contract.name}: {row.rule}" if contract else row.rule,
    )


def rest(desk: Desk) -> None:
    """Wait for the payer's answer no longer than something is disputed."""
    rows = variances.of_encounter(desk.session, desk.encounter.id)
    if not any(one.state == State.DISPUTED for one in rows):
        desk.unschedule(Reason.RECONSIDERATION_DUE)


def ask_again(desk: Desk) -> None:
    """The payer should have answered by now: bring the matter up again."""
    desk.unschedule(Reason.RECONSIDERATION_DUE)
    ask(desk, key=f"again:{desk.at:%Y%m%d%H%M}", because="the payer has not answered what was asked about this")
