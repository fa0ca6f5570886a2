"""Sending again in bulk. Each claim's own visit decides on its turn, by the facts of that moment, and makes the new
claim itself: nobody has two. A stored interchange goes back on its way in one transaction over all of its visits.
"""

import json
from datetime import datetime

from sqlmodel import Session
from temporalio import activity

from activities import resending
from activities.messages import ResubmissionStanding, ResubmissionStep
from billing.resubmission import Way
from billing.stages import FactKind
from database import encounters, office, resubmissions, sending
from database.engine import Database
from database.tables import Resubmission, ResubmissionItem


class ResubmissionActivities:
    """What the workflow of a bulk resubmission asks of the book of record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    def give_turns(self, step: ResubmissionStep) -> ResubmissionStanding:
        """The next claims have their turn, once, and not before the pace lets them."""
        with self._database.writing() as session:
            row = resubmissions.hold(session, practice_id=step.practice_id, resubmission_id=step.resubmission_id)
            if row is None or row.state != "running":
                return ResubmissionStanding(waiting=0)
            policies = office.policies_for(session, practice_id=row.practice_id, payer_id=None)
            pace = sending.pace(policies, at=step.at)
            if row.last_sent_at is not None and step.at < row.last_sent_at + pace.gap:
                waiting = resubmissions.count_waiting(session, row.id)
                return ResubmissionStanding(waiting=waiting, next_at=row.last_sent_at + pace.gap)
            turns = resubmissions.next_turns(session, row.id, limit=pace.claims)
            if turns and turns[0].way == Way.SAME_INTERCHANGE:
                resending.transmit_again(session, turns, at=step.at)
            else:
                for one in turns:
                    _tell_visit(session, row, one, at=step.at)
            row.last_sent_at = step.at
            session.add(row)
            session.flush()
            waiting = resubmissions.count_waiting(session, row.id)
            if waiting == 0:
                row.state, row.ended_at = "done", step.at
                return ResubmissionStanding(waiting=0)
            return ResubmissionStanding(waiting=waiting, next_at=step.at + pace.gap)


def _tell_visit(session: Session, row: Resubmission, one: ResubmissionItem, *, at: datetime) -> None:
    one.state = resubmissions.ASKED
    session.add(one)
    encounters.add_fact(
        session,
        practice_id=row.practice_id,
        encounter_id=one.encounter_id,
        kind=FactKind.RESUBMISSION_WISHED,
        source_key=f"resubmission:{row.id}:{one.ordinal}",
        subject_id=row.id,
        received_at=at,
        body=json.dumps({"ordinal": one.ordinal, "control_number": one.control_number}),
    )
