"""What a charge reviewer is asked about a visit, by the practice's policies."""

from activities.desk import Desk
from activities.expected_desk import expect
from billing.charge_review import ChargeRules, charge_questions
from billing.charges import ChargeMaster


def questions_about_charges(desk: Desk, master: ChargeMaster) -> list[str]:
    """Nothing while every policy of charge review is 0."""
    rules = ChargeRules(
        outlier_times=desk.policy("charge_outlier_times"),
        late_days=desk.policy("charge_late_days"),
        needs_price=bool(desk.policy("charge_needs_price")),
    )
    if rules == ChargeRules():
        return []
    found = expect(desk, desk.encounter.payer_id) if rules.outlier_times else None
    entered_on = desk.policies.day(desk.encounter.created_at)
    return charge_questions(desk.claim, master, rules, expected=found[0] if found else [], entered_on=entered_on)
