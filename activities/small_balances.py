"""An account whose whole balance is too little to ask for is settled by itself, where the practice wants it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from billing.dunning import BalanceItem
from billing.small_balances import may_be_waived, too_small
from billing.stages import FactKind
from database import accounts, coverages, encounters, office
from database.tables import Encounter, PatientAccount

LOOK_AGAIN = timedelta(days=1)
"""The visits have posted it long before"""


def waive(
    session: Session,
    account: PatientAccount,
    items: Sequence[BalanceItem],
    owed: Sequence[accounts.Owed],
    *,
    at: datetime,
) -> bool:
    """Tell each visit that its share is waived, once; False: it is asked for as before. The account is held."""
    policies = office.policies_for(session, practice_id=account.practice_id, payer_id=None)
    total = sum(one.cents for one in owed)
    if not too_small(items, owed_cents=total, last_paper_at=account.last_paper_at, policies=policies, at=at):
        return False
    of_plans = bool(policies.value("small_balance_of_plans", as_of=policies.day(at)))
    visits = [session.get_one(Encounter, one.encounter_id) for one in items]
    for visit in visits:
        plans = coverages.plans_of(session, visit, encounters.claim_of(visit))
        if not may_be_waived(is_self_pay=visit.is_self_pay, plans=plans, of_private_plans=of_plans):
            return False
    told = [
        encounters.add_fact(
            session,
            practice_id=account.practice_id,
            encounter_id=one.encounter_id,
            kind=FactKind.SMALL_BALANCE,
            source_key=f"small_balance:{one.encounter_id}:{one.due_since.isoformat()}",
            subject_id=account.patient_id,
            received_at=at,
            body=str(one.owed_cents),
        )
        for one in items
    ]
    return any(told)
