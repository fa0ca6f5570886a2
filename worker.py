"""Starts the worker: connects, registers, runs until it is told to stop. No logic."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from temporalio.client import Client

from activities.account import AccountActivities
from activities.batch import BatchActivities
from activities.card_errands import CardErrandActivities
from activities.card_payouts import CardPayoutActivities
from activities.card_processor import gateway_at
from activities.card_refunds import CardRefundActivities
from activities.claim_status import ClaimStatusActivities
from activities.coming_visit import ComingVisitActivities
from activities.dispatch import Dispatcher
from activities.eligibility import EligibilityActivities
from activities.encounter import EncounterActivities
from activities.mail_line import MailServer
from activities.mailbox import MailboxActivities
from activities.partner_lines import PartnerLines
from activities.reconcile import ReconcileActivities
from activities.remittance import RemittanceActivities
from activities.resubmission import ResubmissionActivities
from activities.statement_runs import StatementRunActivities
from database.engine import Database
from settings import OperatorError, Settings
from temporal import bootstrap, client, encryption, logs, worker_runtime
from workflows.bulk_resubmission import BulkResubmission
from workflows.card_refund import CardRefund
from workflows.coming_visit import ComingVisit
from workflows.encounter_billing import EncounterBilling
from workflows.patient_account import PatientAccount
from workflows.remittance_file import RemittanceFile
from workflows.scheduled_runs import Mailbox, Reconcile, StatementRunsDue
from workflows.statement_run import StatementRun
from workflows.submission_batch import SubmissionBatch

WORKFLOWS: Sequence[type] = (
    EncounterBilling,
    PatientAccount,
    ComingVisit,
    SubmissionBatch,
    BulkResubmission,
    CardRefund,
    RemittanceFile,
    StatementRun,
    Mailbox,
    Reconcile,
    StatementRunsDue,
)
"""Every workflow of the office: worker and replayer read them here."""


class PartnerTokenMissing(OperatorError, LookupError):
    """A trading partner is called without a token, password or key for it."""


def activities_of(
    database: Database, temporal: Client, settings: Settings, http: httpx.Client
) -> Sequence[Callable[..., Any]]:
    """Every activity of the office, with what each needs to touch the world."""
    token_of = _tokens(settings)
    lines = PartnerLines(http, token_of)
    gateway = gateway_at(settings.card_processor_url, settings.card_processor_token)
    account = AccountActivities(database, settings.public_url, has_processor=gateway is not None)
    coming_visit = ComingVisitActivities(database)
    encounter = EncounterActivities(database)
    eligibility = EligibilityActivities(database, http, token_of)
    claim_status = ClaimStatusActivities(database, http, token_of, lines)
    batch = BatchActivities(database, lines)
    remittance = RemittanceActivities(database, temporal, settings.task_queue)
    resubmission = ResubmissionActivities(database)
    statement_run = StatementRunActivities(database, mail_server(settings))
    mailbox = MailboxActivities(database, lines)
    card_refund = CardRefundActivities(database, gateway)
    card_errand = CardErrandActivities(database, gateway)
    card_payout = CardPayoutActivities(database, gateway)
    reconcile = ReconcileActivities(database, temporal)
    return (
        account.look_after_account,
        coming_visit.look_ahead,
        encounter.open_encounter,
        encounter.register_encounter,
        encounter.note_silent_payer,
        encounter.prepare_claim,
        encounter.bill_next_payer,
        encounter.absorb_facts,
        encounter.do_what_is_due,
        encounter.read_status_answer,
        encounter.execute_command,
        eligibility.inquire_eligibility,
        claim_status.inquire_claim_status,
        batch.prepare_interchange,
        batch.transmit,
        batch.record_receipt,
        batch.look_at_batch,
        batch.report_unacknowledged,
        resubmission.give_turns,
        statement_run.begin_due_runs,
        statement_run.take_papers,
        statement_run.mail_papers,
        statement_run.set_papers,
        statement_run.make_file,
        remittance.store_rows,
        remittance.tell_encounters,
        remittance.count_open_rows,
        mailbox.fetch_mail,
        mailbox.file_messages,
        card_errand.run_card_errand,
        card_errand.note_card_errand,
        card_refund.ask_processor,
        card_refund.note_answer,
        card_refund.note_silence,
        card_payout.take_card_payouts,
        reconcile.reconcile,
    )


def _tokens(settings: Settings) -> Callable[[str], str]:
    """How a trading partner's token, password or key is found by its name."""

    def token_of(name: str) -> str:
        if name not in settings.partner_tokens:
            raise PartnerTokenMissing(
                f"there is no token, password or key for the partner {name!r}: "
                f'set ZEROBALANCE_PARTNER_TOKENS=\'{{"{name}": "..."}}\''
            )
        return settings.partner_tokens[name].get_secret_value()

    return token_of


def mail_server(settings: Settings) -> MailServer:
    """Where e-mail is handed over; without a host there is none."""
    password = settings.smtp_password
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else "",
        sender=settings.smtp_sender,
    )


async def main() -> None:
    """Connect, check that database and engine are set up, then work until SIGTERM."""
    settings = Settings()
    logs.configure_logging(settings)
    database = Database(settings.database_url)
    database.check()
    keyring = encryption.load_or_create_keyring(settings)
    runtime = worker_runtime.build_runtime(settings)
    temporal = await client.connect(settings, keyring, role="worker", runtime=runtime)
    await bootstrap.require_attributes(temporal)
    with httpx.Client() as http:
        worker = worker_runtime.build_worker(
            temporal,
            settings,
            workflows=WORKFLOWS,
            activities=activities_of(database, temporal, settings, http),
        )
        dispatcher = Dispatcher(
            database,
            temporal,
            task_queue=settings.task_queue,
            interval_seconds=settings.dispatcher_interval_seconds,
        )
        sending = asyncio.create_task(dispatcher.run())
        try:
            await worker_runtime.run_until_stopped(worker)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            database.close()


if __name__ == "__main__":
    worker_runtime.run_process(main)
