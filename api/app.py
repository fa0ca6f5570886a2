"""Builds the application: one function, no hidden start-up, so that it runs in a server, a test or a proof alike."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from temporalio.client import Client

from api import errors
from api.metrics import Meter, Metrics
from api.office import Clock, Office, wall_clock
from api.routers import encounters, operations, records, tasks
from api.security import Door
from database.engine import Database
from settings import Settings
from templates import rendering
from temporal import encryption
from temporal.encryption import EncryptionCodec, KeyRing

ROUTERS = (encounters.router, tasks.router, records.router, operations.router)


def create_app(
    settings: Settings,
    database: Database,
    *,
    client: Client | None = None,
    keyring: KeyRing | None = None,
    clock: Clock = wall_clock,
) -> FastAPI:
    """The API, the workbench and the codec endpoint as one ASGI application.

    `client` None: everything that needs the engine answers 503. `keyring` None: the installation's own. `clock` is
    the only clock that any route reads.
    """
    app = FastAPI(
        title="Zero Balance",
        summary="The back office of a medical practice: every encounter until nobody owes anything on it.",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": errors.ProblemBody, "description": "Refused: application/problem+json"}},
        # The framework would send addresses and exceptions wherever the environment points; ours go to our own logs.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    codec = EncryptionCodec(keyring or encryption.load_or_create_keyring(settings))
    app.state.office = Office(settings, database, codec, client, clock)
    app.state.metrics = Metrics()
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=rendering.STATIC))
    is_https = settings.public_url.startswith("https:")
    app.add_middleware(Door, ui_origin=settings.ui_origin, is_https=is_https)
    app.add_middleware(Meter, metrics=app.state.metrics)
    return app
