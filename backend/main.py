"""The app: what it serves, in the order in which it is tried."""

import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from backend import health
from backend.error_handlers import add_error_handlers
from backend.every_request import EveryRequest
from backend.front_page import pages
from backend.front_page.pages import PublicImpact
from backend.health import Readiness
from backend.observability import metrics
from backend.observability.logs import configure_logs
from backend.openapi import describe
from backend.routing import HotRoutes
from backend.settings import settings

# One a feature, under /v1.
ROUTERS: Sequence[APIRouter] = ()

# The few that skip FastAPI's dependencies; tried first.
HOT: Sequence[HotRoutes] = ()

# Changed without signing in, by machines that sign what they send.
UNLIMITED = frozenset({"/v1/stripe/webhook"})


async def _nothing_to_ask() -> str | None:
    return None


async def _no_figures() -> Mapping[str, Any]:
    return {
        "meals": 0,
        "food_kg": 0.0,
        "co2e_kg": 0.0,
        "value_saved_cents": 0,
        "people_helped": 0,
        "method": "ecopanier-2025",
        "since": None,
    }


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    writer = configure_logs(settings().log_level)
    # What start-up made stays; the collector need not walk it during requests.
    gc.collect()
    gc.freeze()
    yield
    writer.write_out()


def create_app(
    *,
    ready: Readiness = _nothing_to_ask,
    impact: PublicImpact = _no_figures,
    routers: Sequence[APIRouter] = ROUTERS,
    hot: Sequence[HotRoutes] = HOT,
) -> FastAPI:
    """Make the app, from the settings of this process."""
    app = FastAPI(
        title="EcoPanier",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,  # the redirect would repeat the Host header, which anybody can write
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(EveryRequest, unlimited=UNLIMITED)
    add_error_handlers(app)
    health.ask_readiness_of(app, ready)
    pages.show_impact_of(app, impact)
    for routes in hot:
        app.router.routes[:0] = routes.routes
    for router in routers:
        app.include_router(router, prefix="/v1")
    app.include_router(health.router)
    app.include_router(health.router, prefix="/v1", include_in_schema=False)
    app.router.routes.extend([*metrics.routes, *pages.routes])
    describe(app, hot)
    return app
