"""Builds the application: one function, no hidden start-up, so that it runs in a server, a test or a proof alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import httpx
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from temporalio.client import Client

from activities.card_processor import gateway_at
from api import codec, errors, openid, temporal_ui
from api.codec import CodecCors
from api.description import REFUSALS, DescribedApp
from api.metrics import Meter, Metrics
from api.office import Clock, Office, wall_clock
from api.openid import Provider
from api.routers import (
    account_holds,
    account_lists,
    accounts,
    agencies,
    amendments,
    appeals,
    appointments,
    assistance,
    assistance_setup,
    audit,
    authorizations,
    bank,
    calls,
    charge_lag,
    charges,
    claim_status,
    claims,
    client_reports,
    codes,
    contracts,
    daily_figures,
    day_close,
    disputes,
    edits,
    encounters,
    enrolment_files,
    enrolments,
    estimates,
    figure_readers,
    figures,
    figures_compared,
    files,
    inbound,
    insurance,
    itemised_bills,
    letters,
    merges,
    moves,
    my_day,
    noncoverage,
    notes,
    office_search,
    open_matters,
    operations,
    pages,
    paper,
    patient_credits,
    patient_forms,
    patient_record,
    patients,
    pay,
    pay_assistance,
    pay_plans,
    payer_credits,
    payer_follow_up,
    payers,
    period_reports,
    periods,
    plan_cards,
    policies,
    practice,
    practices,
    provider_sign_in,
    receipts,
    records,
    recoveries,
    releases,
    resubmissions,
    second_factor,
    sensitive,
    sheet_pages,
    sheets,
    sign_in,
    statement_runs,
    stop_codes,
    submissions,
    task_holding,
    task_pages,
    tasks,
    tasks_in_bulk,
    users,
    variances,
    visit_groups,
    visit_notes,
    visits,
    worklist,
    write_offs,
)
from api.routers.sign_in import SignInLimit
from api.security import Door
from database import code_finding
from database.code_finding import CodeFinder
from database.engine import Database
from settings import OperatorError, Settings, variable
from templates import rendering
from temporal import encryption
from temporal.encryption import EncryptionCodec, KeyRing

ROUTERS = (
    encounters.router,
    tasks.router,
    my_day.api,
    task_holding.api,
    tasks_in_bulk.api,
    visit_notes.api,
    records.router,
    statement_runs.api,
    letters.api,
    paper.api,
    amendments.api,
    visit_groups.api,
    claims.api,
    claim_status.api,
    appeals.api,
    calls.api,
    recoveries.api,
    office_search.api,
    open_matters.api,
    write_offs.api,
    submissions.api,
    resubmissions.api,
    payer_credits.api,
    payer_follow_up.api,
    patient_credits.api,
    appointments.api,
    assistance.api,
    audit.api,
    assistance_setup.api,
    authorizations.api,
    noncoverage.api,
    stop_codes.api,
    files.api,
    notes.api,
    notes.questions_api,
    day_close.api,
    bank.api,
    account_lists.api,
    accounts.api,
    account_holds.api,
    receipts.api,
    itemised_bills.api,
    agencies.api,
    plan_cards.api,
    pay.api,
    patient_record.api,
    patients.api,
    sensitive.api,
    sensitive.audit_api,
    insurance.api,
    merges.api,
    estimates.of_patients,
    estimates.api,
    disputes.api,
    charges.api,
    charge_lag.api,
    daily_figures.api,
    figures_compared.api,
    figures.api,
    practices.api,
    client_reports.agreements,
    client_reports.invoices,
    client_reports.packs,
    figure_readers.api,
    period_reports.api,
    period_reports.day_api,
    periods.api,
    variances.api,
    contracts.of_payers,
    contracts.api,
    codes.api,
    edits.api,
    releases.api,
    payers.api,
    policies.api,
    practice.api,
    users.api,
    enrolments.api,
    enrolment_files.api,
    moves.api,
    sheets.api,
    sheet_pages.pages,
    inbound.router,
    operations.router,
    codec.router,
    temporal_ui.router,
    sign_in.router,
    provider_sign_in.router,
    statement_runs.pages,
    letters.pages,
    paper.pages,
    amendments.pages,
    visit_groups.pages,
    claims.pages,
    claim_status.pages,
    appeals.pages,
    calls.pages,
    recoveries.pages,
    office_search.pages,
    open_matters.pages,
    write_offs.pages,
    resubmissions.pages,
    submissions.pages,
    payer_credits.pages,
    payer_follow_up.pages,
    patient_credits.pages,
    appointments.pages,
    files.pages,
    notes.pages,
    day_close.pages,
    bank.pages,
    variances.pages,
    account_lists.pages,
    accounts.pages,
    account_holds.pages,
    receipts.pages,
    itemised_bills.pages,
    agencies.pages,
    pay.pages,
    pay_plans.pages,
    plan_cards.pages,
    pay_assistance.pages,
    assistance.pages,
    audit.pages,
    assistance_setup.pages,
    patient_forms.pages,
    patient_record.pages,
    patients.pages,
    sensitive.pages,
    sensitive.audit_pages,
    authorizations.pages,
    noncoverage.pages,
    stop_codes.pages,
    insurance.pages,
    merges.pages,
    estimates.pages,
    disputes.pages,
    visits.pages,
    visit_notes.pages,
    task_pages.pages,
    charges.pages,
    charge_lag.pages,
    daily_figures.pages,
    figures_compared.pages,
    figures.pages,
    practices.pages,
    client_reports.pages,
    figure_readers.pages,
    period_reports.pages,
    period_reports.day_pages,
    periods.pages,
    contracts.pages,
    codes.pages,
    edits.pages,
    releases.pages,
    payers.pages,
    policies.pages,
    practice.pages,
    users.pages,
    users.own,
    second_factor.own,
    enrolments.pages,
    enrolment_files.pages,
    moves.pages,
    my_day.pages,
    worklist.pages,
    task_holding.pages,
    tasks_in_bulk.pages,
    pages.router,
)

UI_TIMEOUT_SECONDS = 70.0
"""Temporal's web interface waits up to a minute for news of a running workflow"""


def create_app(
    settings: Settings,
    database: Database,
    *,
    client: Client | None = None,
    keyring: KeyRing | None = None,
    clock: Clock = wall_clock,
    ui_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The API, the workbench and the codec endpoint as one ASGI application.

    `client` None: everything that needs the engine answers 503. `keyring` None: the installation's own. `clock` is
    the only clock that any route reads. `ui_transport` replaces the way to Temporal's web interface.
    """
    app = DescribedApp(
        title="Zero Balance",
        summary="The back office of a medical practice: every encounter until nobody owes anything on it.",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # The framework would send addresses and exceptions wherever the environment points; ours go to our own logs.
        lifespan=_closing,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.keyring = keyring or encryption.load_or_create_keyring(settings)
    payload_codec = EncryptionCodec(app.state.keyring)
    finder = CodeFinder(database, settings.data_dir / code_finding.FOLDER)
    app.state.office = Office(settings, database, payload_codec, client, finder, clock)
    app.state.temporal_ui = httpx.AsyncClient(
        base_url=settings.ui_address, transport=ui_transport, timeout=UI_TIMEOUT_SECONDS, trust_env=False
    )
    app.state.metrics = Metrics()
    app.state.sign_in_limit = SignInLimit()
    app.state.provider = _provider_of(settings)
    errors.install(app)
    app.described = ROUTERS
    app.router.routes.extend(_routes())
    app.mount("/static", StaticFiles(directory=rendering.STATIC))
    is_https = settings.public_url.startswith("https:")
    gateway = gateway_at(settings.card_processor_url, settings.card_processor_token)
    app.state.payment_gateway = gateway
    origin = gateway.origin if gateway else ""
    app.add_middleware(Door, ui_origin=settings.ui_origin, is_https=is_https, processor_origin=origin)
    app.add_middleware(CodecCors, origin=settings.ui_origin)
    app.add_middleware(Meter, metrics=app.state.metrics)
    return app


def _provider_of(settings: Settings) -> Provider | None:
    """The provider by which people sign in; None: they sign in by password. Raises OperatorError."""
    if not settings.oidc_issuer:
        return None
    openid.roles_by_group(settings)
    try:
        from api.openid_provider import OpenIdProvider
    except ImportError as error:
        words = "Sign-in by a provider needs further packages: install the extra `sso`, or unset"
        raise OperatorError(f"{words} {variable('oidc_issuer')}.") from error
    return OpenIdProvider(settings)


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """All routes, prepared once in a process: they hold nothing of an application, and it takes half a second."""
    whole = APIRouter()
    for router in ROUTERS:
        whole.include_router(router, responses=REFUSALS)
    return tuple(whole.routes)


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    """Nothing to begin; at the end, let go of the connections to Temporal's web interface."""
    yield
    await app.state.temporal_ui.aclose()
