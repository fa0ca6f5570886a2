"""Runs that a schedule starts: fetch each partner's mail, reconcile the engine with the books, begin statements."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.card_payouts import CardPayoutActivities
    from activities.mailbox import MailboxActivities
    from activities.messages import (
        Filed,
        FileStep,
        MailStep,
        Reconciled,
        ReconcileStep,
        StartMailbox,
        StatementRunsBegun,
    )
    from activities.reconcile import ReconcileActivities
    from activities.statement_runs import StatementRunActivities
    from workflows.policies import LONG_RUN, PARTNER_CALL

CARD_PAYOUTS = "card-payouts"
"""Patch: the card processor is asked for its payouts once the books are compared"""


@workflow.defn
class Mailbox:
    """Fetch and file what one partner has. A push notice starts the same run that the schedule starts anyway."""

    @workflow.init
    def __init__(self, start: StartMailbox) -> None:
        self._mail_waits = True

    @workflow.signal(description="The partner says that there is mail.")
    def mail_waiting(self) -> None:
        """Look once more before ending."""
        self._mail_waits = True

    @workflow.run
    async def run(self, start: StartMailbox) -> Filed:
        """Fetch pages until there are no more, file them, and look again if a notice came meanwhile."""
        filed = failed = 0
        while self._mail_waits:
            self._mail_waits = False
            await self.fetch(start)
            done = await self.file(start)
            filed, failed = filed + done.filed, failed + done.failed
        return Filed(filed=filed, failed=failed)

    async def fetch(self, start: StartMailbox) -> None:
        """Store everything new; an unreachable partner is looked at again by the next run."""
        more = True
        while more:
            fetched = await workflow.execute_activity_method(
                MailboxActivities.fetch_mail,
                MailStep(partner_id=start.partner_id),
                summary="Fetch the mailbox",
                **LONG_RUN,
            )
            more = fetched.more

    async def file(self, start: StartMailbox) -> Filed:
        """File everything stored."""
        filed = failed = 0
        more = True
        while more:
            done = await workflow.execute_activity_method(
                MailboxActivities.file_messages,
                FileStep(partner_id=start.partner_id),
                summary="File what came",
                **LONG_RUN,
            )
            filed, failed, more = filed + done.filed, failed + done.failed, done.more
        return Filed(filed=filed, failed=failed)


@workflow.defn
class Reconcile:
    """The safety net under the outbox."""

    @workflow.run
    async def run(self) -> Reconciled:
        """What the database says should run is started or woken; what the card processor paid out is asked for."""
        done = await workflow.execute_activity_method(
            ReconcileActivities.reconcile,
            ReconcileStep(at=workflow.now()),
            summary="Compare the books with the engine",
            **LONG_RUN,
        )
        if workflow.patched(CARD_PAYOUTS):
            await workflow.execute_activity_method(
                CardPayoutActivities.take_card_payouts,
                ReconcileStep(at=workflow.now()),
                summary="Ask the card processor for its payouts",
                **PARTNER_CALL,
            )
        return done


@workflow.defn
class StatementRunsDue:
    """The plan of each practice's runs of statements."""

    @workflow.run
    async def run(self) -> StatementRunsBegun:
        """Practices whose day has come begin one."""
        return await workflow.execute_activity_method(
            StatementRunActivities.begin_due_runs,
            ReconcileStep(at=workflow.now()),
            summary="Begin the runs of statements that are due",
            **LONG_RUN,
        )
