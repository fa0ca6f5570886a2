"""One claim as its page shows it: as it was sent, who acknowledged it, and what was answered, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest

from sqlmodel import Session, select

from billing.claim import Claim
from billing.contracts import NO_CONTRACT
from billing.coordination import PRIMARY
from billing.denial_codes import REASON_CODES
from billing.hospital_words import HospitalFact, hospital_facts
from billing.information import attachments_of
from billing.money import Cents
from billing.posting import BilledLine
from billing.remittance import Adjustment, ClaimPayment
from billing.submission import ON_ITS_WAY, SubmissionState
from billing.variances import claim_compared, lines_compared
from database import contracts, records, status_views, submissions, views
from database.contracts import ExpectedView
from database.status_views import StatusView
from database.tables import RemittanceClaim, Submission
from database.views import SubmissionView


@dataclass(frozen=True, slots=True)
class SentLine:
    """One service line as it was sent."""

    procedure: str
    modifiers: tuple[str, ...]
    service_date: date
    units: Decimal
    charge_cents: int
    pointers: tuple[int, ...]
    expected_cents: int | None
    """What the payer should allow by its contract, as it was known when the claim was made; None: not known"""
    expected_words: str
    """How it comes about, or why it is not known"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word of a clearinghouse or a payer before adjudication (277CA)."""

    at: datetime
    who: str
    """clearinghouse or payer"""
    accepted: bool
    codes: str
    """Category and status codes, such as A2:20"""


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """One CAS triplet in the office's words."""

    code: str
    """Group and reason, such as CO-45"""
    amount_cents: int
    words: str


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """One SVC of an answer."""

    procedure: str
    charge_cents: int
    paid_cents: int
    adjustments: tuple[AdjustmentView, ...]
    remarks: tuple[str, ...]
    allowed_cents: int | None
    """Charge less contractual adjustments; None: some was refused, or another payer came first"""
    expected_cents: int | None
    verdict: str
    """Such as underpaid by $12.00; empty: nothing to compare"""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One claim payment (CLP) that names the claim."""

    remittance_id: str
    status: str
    """CLP02"""
    paid_cents: int
    payer_claim_number: str | None
    state: str
    """open, posted, excepted, unmatched"""
    is_taken_back: bool
    adjustments: tuple[AdjustmentView, ...]
    """On the claim as a whole"""
    verdict: str
    """Allowed beside expected of the whole claim; empty: nothing to compare"""
    difference_cents: int | None
    lines: tuple[AnsweredLine, ...]


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Everything the claim's page shows."""

    submission: SubmissionView
    frequency: str
    """CLM05-3"""
    original_reference: str | None
    """REF*F8"""
    responsibility: str
    """SBR01"""
    member_id: str | None
    patient: str
    billing_provider: str
    rendering_provider: str | None
    diagnoses: tuple[str, ...]
    hospital: tuple[HospitalFact, ...]
    """What an institutional claim says besides; empty: a professional one"""
    authorization: str | None
    attachments: tuple[str, ...]
    """Documents that follow the claim (2300 PWK): report type, way and control number"""
    charge_cents: int
    lines: tuple[SentLine, ...]
    is_paper: bool
    withdrawn_at: datetime | None
    is_under_way: bool
    """It is at a clearinghouse or a payer, without an answer"""
    verdicts: tuple[Verdict, ...]
    statuses: tuple[StatusView, ...]
    """What the payer was asked about it, and said"""
    answers: tuple[AnswerView, ...]


def claim(session: Session, *, practice_id: str, control_number: str) -> ClaimView | None:
    """The claim with this control number (CLM01), or None."""
    row = session.get(Submission, control_number)
    shown = views.submission(session, practice_id=practice_id, control_number=control_number)
    if row is None or shown is None:
        return None
    sent = records.load(Claim, row.claim)
    expected = contracts.expected_lines(session, practice_id=practice_id, control_number=control_number)
    rendering = sent.provider("82")
    return ClaimView(
        submission=shown,
        frequency=sent.frequency,
        original_reference=sent.original_reference,
        responsibility=row.responsibility,
        member_id=sent.coverage.member_id,
        patient=views.person_name(sent.patient.name),
        billing_provider=f"{sent.billing_provider.name.last} ({sent.billing_provider.npi or 'no NPI'})",
        rendering_provider=f"{views.person_name(rendering.name)} ({rendering.npi or 'no NPI'})" if rendering else None,
        diagnoses=tuple(one.code for one in sent.coded_diagnoses),
        hospital=hospital_facts(sent),
        authorization=sent.authorization,
        attachments=tuple(" ".join(one) for one in attachments_of(sent)),
        charge_cents=sent.charge_cents,
        lines=tuple(
            SentLine(
                line.listed,
                line.modifiers,
                line.service_date,
                line.units,
                line.charge_cents,
                line.diagnosis_pointers,
                one.expected_cents if one else None,
                one.words if one else NO_CONTRACT.words,
            )
            for line, one in zip_longest(sent.lines, expected)
        ),
        is_paper=row.is_paper,
        withdrawn_at=row.withdrawn_at,
        is_under_way=row.withdrawn_at is None and SubmissionState(row.state) in ON_ITS_WAY,
        verdicts=_verdicts(session, row),
        statuses=tuple(status_views.of_claim(session, row)),
        answers=_answers(session, row, sent, expected),
    )


def _verdicts(session: Session, row: Submission) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            at=fact.received_at,
            who="clearinghouse" if one.from_clearinghouse else "payer",
            accepted=one.accepted,
            codes=one.codes,
        )
        for fact, one in submissions.acknowledgments(session, row)
    )


def _answers(
    session: Session, row: Submission, sent: Claim, expected: Sequence[ExpectedView]
) -> tuple[AnswerView, ...]:
    found = session.exec(
        select(RemittanceClaim)
        .where(
            RemittanceClaim.practice_id == row.practice_id,
            RemittanceClaim.encounter_id == row.encounter_id,
            RemittanceClaim.control_number == row.control_number,
        )
        .order_by(RemittanceClaim.id)
    )
    return tuple(_answer(one, sent, expected if row.responsibility == PRIMARY else ()) for one in found)


def _answer(row: RemittanceClaim, sent: Claim, expected: Sequence[ExpectedView]) -> AnswerView:
    payment = records.load(ClaimPayment, row.payment)
    amounts = {
        one.line_id.upper(): None if one.expected_cents is None else Cents(one.expected_cents) for one in expected
    }
    billed = [
        BilledLine(line.control_number or "", line.billed_code, line.modifiers, line.charge_cents, line.service_date)
        for line in sent.lines
    ]
    whole = claim_compared(payment, list(amounts.values()))
    return AnswerView(
        remittance_id=row.remittance_id,
        status=row.status,
        paid_cents=row.paid_cents,
        payer_claim_number=row.payer_claim_number,
        state=row.state,
        is_taken_back=row.reversed_by is not None,
        adjustments=tuple(_adjustment(one) for one in payment.adjustments),
        verdict=whole.words,
        difference_cents=whole.difference_cents,
        lines=tuple(
            AnsweredLine(
                line.procedure,
                line.charge_cents,
                line.paid_cents,
                tuple(_adjustment(one) for one in line.adjustments),
                line.remarks,
                one.allowed_cents,
                one.expected_cents,
                one.words,
            )
            for line, one in zip(payment.lines, lines_compared(payment, billed, amounts), strict=True)
        ),
    )


def _adjustment(one: Adjustment) -> AdjustmentView:
    known = REASON_CODES.get(one.reason)
    words = known.words if known else "a reason this office does not know"
    return AdjustmentView(f"{one.group}-{one.reason}", one.amount_cents, words)
