"""Policies: timers and limits as rows with effective dates, never constants in the flow.

The installation's defaults are written into the table once, by `zerobalance setup`; a practice or a payer row
overrides them from its date on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from billing.days import day_of


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One row of the policy table."""

    name: str
    value: int
    effective_from: date
    practice_id: str | None = None
    payer_id: str | None = None

    @property
    def narrowness(self) -> int:
        """A payer's own row beats the practice's, which beats the installation's."""
        return 2 if self.payer_id else 1 if self.practice_id else 0


@dataclass(frozen=True, slots=True)
class Default:
    """An installation default and where it comes from."""

    value: int
    source: str


DEFAULTS: dict[str, Default] = {
    "transmission_due_hours": Default(24, "office: same or next day"),
    "syntax_acknowledgment_hours": Default(4, "CAQH CORE: batch 999 within an hour; alarm at four"),
    "clearinghouse_acknowledgment_business_days": Default(1, "office: minutes to an hour is usual"),
    "payer_acknowledgment_business_days": Default(3, "office: payers answer in one to two business days"),
    "sends_payer_acknowledgment": Default(1, "office: 0 for payers that send no 277CA of their own"),
    "remittance_alarm_days": Default(21, "office: commercial payers 7 to 30 days"),
    "takes_electronic_claims": Default(1, "office: 0 for payers that take paper only (CMS-1500)"),
    "paper_remittance_alarm_days": Default(45, "office: state prompt-pay laws allow about 45 days for paper"),
    "remittance_repeat_days": Default(14, "office: asked again every two weeks"),
    "status_inquiry": Default(
        1, "office: what became of a claim (276): 0 asks nobody by machine, 1 in real time, 2 also by files"
    ),
    "status_file_business_days": Default(3, "office: a 276 that went as a file is answered by then, or a person asks"),
    "early_status_days": Default(7, "office: so long after it was sent to a payer that sends no 277CA of its own"),
    "status_repeat_days": Default(14, "office: a pending claim is asked about again every two weeks"),
    "not_found_days": Default(2, "office: a claim that the payer does not find so long after it was sent goes again"),
    "deposit_wait_days": Default(5, "office: business days after which the bank should have booked a deposit"),
    "agency_wait_days": Default(
        25, "office: business days after which an agency should have passed on what its file told of"
    ),
    "reassociation_wait_days": Default(4, "CAQH CORE 370: remittance and transfer within three business days"),
    "filing_limit_days": Default(365, "42 CFR 424.44 for Medicare; other payers by their own rows"),
    "takeback_dispute_days": Default(30, "42 CFR 405.379: a redetermination asked within 30 days stops a recoupment"),
    "payer_refund_days": Default(60, "42 CFR 401.305: an overpayment is returned within 60 days of being identified"),
    "provider_adjustment_days": Default(60, "office: what stands on PLB_CLEARING two months is looked at"),
    "pays_capitation": Default(0, "office: 1 for plans that pay by the head: CO-24 is then settled, and no refusal"),
    "filing_warning_days": Default(15, "office: warned every day in the last fifteen days"),
    "aged_cash_lock_days": Default(
        21, "office: money that waits longer is put away before newer money is, by hand; 0 locks nothing"
    ),
    "filing_first_warning_percent": Default(50, "office: warned at half of the filing time; 0 warns of no share"),
    "filing_second_warning_percent": Default(75, "office: warned again at three quarters of it"),
    "filing_anchor": Default(
        0,
        "payers' manuals: counts from 0 the usual day, 1 first day of service, 2 last one, 3 earlier payer's answer, "
        "4 the later of 2 and 3 (docs/billing-process.md)",
    ),
    "filing_next_workday": Default(0, "office: 1 for payers whose last day moves on to the next day of work"),
    "posting_mode": Default(
        0, "office: 0 posts what no rule holds, 1 shows answers that refuse or take back first, 2 shows all first"
    ),
    "write_off_review_cents": Default(0, "office: a larger contractual write-off is looked at first; 0: none is"),
    "write_off_review_days": Default(0, "office: after so long such an answer is posted unseen; 0 waits for a person"),
    "unpaired_reversal_days": Default(30, "office: a person looks for the missing correction"),
    "self_pay_discount_percent": Default(0, "office: taken off for who pays alone; 0 bills the full charge"),
    "crossover_wait_days": Default(30, "office: a payer that forwards a claim has the next one answer within a month"),
    "amendment_wait_days": Default(45, "office: a void or a take-back that a payer has not answered in six weeks"),
    "patient_balance_days": Default(200, "office: longer than statements, final notice and review take together"),
    "statement_first_days": Default(2, "office: one to five days after the share is known"),
    "statement_cycle_days": Default(30, "office: at most one paper a cycle"),
    "coming_of_age_days": Default(
        30, "office: with a visit booked, it is asked so long before the birthday who answers; 0: at the visit"
    ),
    "statement_run_days": Default(0, "office: a run of statements begins every so many days; 0: by hand alone"),
    "print_both_sides": Default(1, "office: 0 where the printing machine prints one side of a sheet"),
    "statements_before_final_notice": Default(3, "office: statement and two reminders"),
    "final_notice_after_days": Default(90, "office: from the item's own first statement"),
    "final_notice_answer_days": Default(30, "office: time to answer a final notice"),
    "small_balance_cents": Default(0, "office: all that a patient owes, when no more than that; 0 waives nothing"),
    "prompt_pay_percent": Default(
        0, "office: taken off a share that is paid by a day on its first statement; 0: no offer"
    ),
    "prompt_pay_days": Default(20, "office: so long after the first statement a share may be paid with that discount"),
    "prompt_pay_of_plans": Default(
        0,
        "office: 1 offers it on what private plans left too; federal programmes' shares never (42 USC 1320a-7a(i)(6))",
    ),
    "patient_credit_days": Default(90, "office: a patient's credit that nobody used or paid back so long is listed"),
    "patient_refund_days": Default(30, "office: a patient's credit is paid back within a month; states differ"),
    "patient_refund_limit_cents": Default(50_000, "office: a second person agrees to pay more than that back"),
    "cheque_clears_days": Default(
        10, "office: a cheque may come back so long after it was received; till then its credit is not paid back"
    ),
    "small_balance_of_plans": Default(
        0, "office: 1 waives what private plans left too; federal programmes' shares never (42 USC 1320a-7a(i)(6))"
    ),
    "plan_instalments_at_most": Default(4, "12 CFR 1026.2(a)(17): more than four instalments may be credit"),
    "plan_grace_days": Default(10, "office: an instalment counts as missed so long after its day"),
    "plan_online_parts": Default(
        4, "office: a patient agrees alone on so many parts on the pay page, four at most; below 2: a person is asked"
    ),
    "plan_retry_days": Default(3, "office: a refused card is tried once more after so long; 0: not again"),
    "plan_notice_days": Default(10, "12 CFR 1005.10(d): told so long before a charge of another amount; 0: not told"),
    "plan_notice_always": Default(0, "office: 1 tells ahead of every instalment that is charged to a kept card"),
    "plan_misses_allowed": Default(1, "office: an agreement is broken by the next one"),
    "is_501r_hospital": Default(
        0, "26 CFR 1.501(r): 1 for a charitable hospital's facility: 120 days and 30 days' notice before placement"
    ),
    "assistance_limit_cents": Default(50_000, "office: a second person agrees to help of more than that"),
    "assistance_answer_days": Default(30, "26 CFR 1.501(r)-6(c)(5): a reasonable time to complete an application"),
    "assistance_reach_days": Default(
        240, "26 CFR 1.501(r)-1(b)(3) for hospitals; elsewhere days of service before the application"
    ),
    "assistance_period_days": Default(180, "office: help lasts six months from the day of the application"),
    "assistance_appeal_days": Default(30, "office: time to appeal against a decision on help"),
    "agb_basis_points": Default(
        0, "26 CFR 1.501(r)-5(b): amounts generally billed of the gross charge; 0 sets no such limit"
    ),
    "credit_reporting": Default(
        0, "office: 1 lets agencies tell credit bureaus, but of nobody who lives where the state forbids it"
    ),
    "placement_after_days": Default(120, "26 CFR 1.501(r)-6 for hospitals; the office's floor for all"),
    "medicare_questions_days": Default(90, "office: the Medicare secondary payer questions are asked each quarter"),
    "verification_lead_hours": Default(48, "office: 24 to 72 hours before a visit; 0 asks at booking and on its day"),
    "needs_group_number": Default(0, "office: 1 for payers that refuse claims without the group number"),
    "needs_referral": Default(0, "office: 1 for plans that pay nothing without a referral"),
    "needs_outpatient_procedures": Default(
        0, "office: 1 for payers that want one on each outpatient line of a hospital"
    ),
    "line_charge_limit_cents": Default(2_500_000, "office: a dearer line is pointed out before it leaves"),
    "charge_outlier_times": Default(0, "office: 0 asks nobody; 5 asks about a charge above five times its price"),
    "charge_late_days": Default(0, "office: 0 asks nobody; 30 asks about visits entered a month after the service"),
    "charge_needs_price": Default(0, "office: 1 asks about codes that are not in the charge master"),
    "missing_charge_days": Default(1, "office: who arrived has a visit by the next day; 0 asks nobody"),
    "second_factor_required": Default(0, "office: 1 lets nobody in by a password alone (45 CFR 164.312(d))"),
    "second_factor_after_provider": Default(0, "office: 1 asks for our code too after the provider's sign-in"),
    "break_glass_minutes": Default(60, "office: so long a sensitive record stays open to who broke its glass"),
    "second_look_percent": Default(0, "office: visits without a fault that a coder looks at too, by lot"),
    "override_limit_cents": Default(500_000, "office: two people override edits of a dearer claim; 0: of every one"),
    "write_off_limit_cents": Default(0, "office: every denial write-off needs a second person"),
    "takes_replacements": Default(1, "office: 0 for payers that take no frequency 7 or 8, such as Medicare Part B"),
    "appeal_limit_days": Default(120, "42 CFR 405.942 for Medicare; other payers by their own rows"),
    "appeal_warning_days": Default(15, "office: urgent in the last fifteen days"),
    "appeal_decision_days": Default(60, "42 CFR 405.950 for Medicare; other payers by their own rows"),
    "appeal_levels": Default(2, "payers' manuals: 1 or 2; Medicare's five are law"),
    "second_appeal_limit_days": Default(60, "office: from the first decision; other payers by their own rows"),
    "second_appeal_decision_days": Default(60, "office: other payers by their own rows"),
    "hearing_least_cents": Default(20_000, "42 CFR 405.1006: a hearing from so much on; set anew each year"),
    "court_least_cents": Default(196_000, "42 CFR 405.1006: from so much on a court reviews; set anew each year"),
    "corrected_remittance_days": Default(30, "office: an appeal is won, and the payer should have paid by then"),
    "information_request_days": Default(30, "office: payers give 30 to 45 days to send what they ask for"),
    "information_answer_days": Default(45, "office: records were sent, and the payer should have answered by then"),
    "variance_tolerance_cents": Default(100, "office: a line is looked at when it differs by more than a dollar"),
    "variance_tolerance_percent": Default(1, "office: and by more than one percent of what is expected"),
    "reconsideration_limit_days": Default(120, "office: from the payer's answer; other payers by their own rows"),
    "reconsideration_answer_days": Default(60, "office: a payer that has not answered is asked again"),
    "accept_underpayment_limit_cents": Default(2_500, "office: two people give up more than that on one claim"),
    "hold_without_enrolment": Default(0, "office: 1 once the matrix is kept; 0 holds only for rows not in force"),
    "strict_npi_check_digit": Default(1, "45 CFR 162.406; 0 admits test files with invented numbers"),
    "claim_lines_at_most": Default(50, "005010X222A1: LX at most 50 times; fewer where a payer takes fewer"),
    "one_rendering_provider_per_claim": Default(0, "office: 1 for payers that want a claim for each who rendered"),
    "one_month_per_claim": Default(0, "office: 1 for payers that want a claim for each calendar month"),
    "join_visits_of_a_month": Default(
        0, "office: 1 keeps clean visits until the month is over and bills them as one claim, as monthly therapy is"
    ),
    "joined_wait_days": Default(60, "office: a visit that another one bills is looked at again every two months"),
    "batch_wait_seconds": Default(10, "office: claims that become ready together leave in one interchange"),
    "batch_claims": Default(5000, "005010X222A1: at most 5,000 CLM in one ST"),
    "catch_up_claims": Default(500, "office: of what was held or is sent again in bulk, so many go at a time"),
    "catch_up_batches_per_hour": Default(12, "office: and so often; clearinghouses slow down who sends all at once"),
}


SWITCHES = frozenset(
    {
        "second_factor_after_provider",
        "second_factor_required",
        "print_both_sides",
        "filing_next_workday",
        "takes_electronic_claims",
        "sends_payer_acknowledgment",
        "takes_replacements",
        "needs_group_number",
        "needs_referral",
        "needs_outpatient_procedures",
        "hold_without_enrolment",
        "strict_npi_check_digit",
        "charge_needs_price",
        "pays_capitation",
        "one_rendering_provider_per_claim",
        "one_month_per_claim",
        "join_visits_of_a_month",
        "small_balance_of_plans",
        "prompt_pay_of_plans",
        "plan_notice_always",
        "is_501r_hospital",
        "credit_reporting",
    }
)
"""Policies that are 1 for yes and 0 for no"""

_OF_THE_PRACTICE = frozenset(
    {
        "batch_wait_seconds",
        "batch_claims",
        "catch_up_claims",
        "catch_up_batches_per_hour",
        "syntax_acknowledgment_hours",
        "statement_first_days",
        "statement_run_days",
        "print_both_sides",
        "second_factor_required",
        "second_factor_after_provider",
        "break_glass_minutes",
        "statement_cycle_days",
        "statements_before_final_notice",
        "final_notice_after_days",
        "final_notice_answer_days",
        "placement_after_days",
        "is_501r_hospital",
        "assistance_limit_cents",
        "assistance_answer_days",
        "assistance_reach_days",
        "assistance_period_days",
        "assistance_appeal_days",
        "agb_basis_points",
        "coming_of_age_days",
        "credit_reporting",
        "patient_credit_days",
        "patient_refund_days",
        "patient_refund_limit_cents",
        "cheque_clears_days",
        "small_balance_cents",
        "small_balance_of_plans",
        "prompt_pay_percent",
        "prompt_pay_days",
        "prompt_pay_of_plans",
        "plan_instalments_at_most",
        "plan_grace_days",
        "plan_online_parts",
        "plan_retry_days",
        "plan_notice_days",
        "plan_notice_always",
        "plan_misses_allowed",
        "missing_charge_days",
        "provider_adjustment_days",
        "deposit_wait_days",
        "agency_wait_days",
        "aged_cash_lock_days",
    }
)
"""A batch holds claims to many payers, a patient's account what several left, and a missing visit names no payer"""

ABOUT_PAYERS = tuple(sorted(DEFAULTS.keys() - _OF_THE_PRACTICE))
"""Policies of which a payer may have a row of its own"""


_LARGEST = {
    "_days": 3_650,
    "_hours": 8_760,
    "_minutes": 1_440,
    "_seconds": 86_400,
    "_percent": 100,
    "_cents": 100_000_000,
}
"""By the last part of a policy's name: ten years, one year, one day, one day, the whole, a million dollars"""
_LARGEST_COUNT = 12
_LARGEST_OF = {
    "batch_claims": 5000,
    "catch_up_claims": 5000,
    "catch_up_batches_per_hour": 3600,
    "filing_anchor": 4,
    "appeal_levels": 2,
    "posting_mode": 2,
    "status_inquiry": 2,
    "plan_instalments_at_most": 60,
    "plan_online_parts": 4,
    "claim_lines_at_most": 50,
    "agb_basis_points": 10_000,
    "prompt_pay_percent": 50,
}


_AT_LEAST_ONE = frozenset(
    {
        "break_glass_minutes",
        "batch_claims",
        "catch_up_claims",
        "catch_up_batches_per_hour",
        "claim_lines_at_most",
        "joined_wait_days",
        "filing_limit_days",
        "statement_cycle_days",
        "plan_instalments_at_most",
        "appeal_limit_days",
        "appeal_levels",
        "second_appeal_limit_days",
    }
)


def largest(name: str) -> int:
    """The most that a policy may be: beyond it stands a slip of the pen, which no clock could be set by."""
    if name in SWITCHES:
        return 1
    if name in _LARGEST_OF:
        return _LARGEST_OF[name]
    return next((most for ending, most in _LARGEST.items() if name.endswith(ending)), _LARGEST_COUNT)


def smallest(name: str) -> int:
    """The least that a policy may be: with nought of these nothing would ever leave, or be in time."""
    return 1 if name in _AT_LEAST_ONE else 0


@dataclass(frozen=True, slots=True)
class Policies:
    """The rows that can apply to one encounter, and the calendar that they are read by."""

    rows: tuple[PolicyRow, ...]
    zone: tzinfo = UTC
    """The practice's"""

    def day(self, at: datetime) -> date:
        """The practice's day at this instant."""
        return day_of(at, self.zone)

    def value(self, name: str, *, as_of: date) -> int:
        """The number in force on `as_of`: the narrowest row, then the newest. Falls back to the default. Never beyond
        its bounds, whatever a row says.
        """
        row = self._row(name, as_of)
        return DEFAULTS[name].value if row is None else max(smallest(name), min(row.value, largest(name)))

    def is_payers_own(self, name: str, *, as_of: date) -> bool:
        """Whether the number in force is the payer's, and no default of the office."""
        row = self._row(name, as_of)
        return row is not None and row.payer_id is not None

    def is_overridden(self, name: str, *, as_of: date) -> bool:
        """Whether the practice or the payer has a row of its own in force."""
        row = self._row(name, as_of)
        return row is not None and row.narrowness > 0

    def _row(self, name: str, as_of: date) -> PolicyRow | None:
        fitting = [row for row in self.rows if row.name == name and row.effective_from <= as_of]
        return max(fitting, key=lambda row: (row.narrowness, row.effective_from), default=None)

    @classmethod
    def of(cls, rows: Iterable[PolicyRow], zone: tzinfo = UTC) -> "Policies":
        return cls(tuple(rows), zone)
