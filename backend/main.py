"""The FastAPI app: its routers, its middleware and what it opens at start-up."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from backend.accounts import api as accounts
from backend.accounts import supabase
from backend.accounts.addressees import mail_state
from backend.administration import api as administration
from backend.api_clients import api as api_clients
from backend.associations import agreements_api as agreements
from backend.associations import api as associations
from backend.associations.documents import MOST_BYTES as LARGEST_DOCUMENT
from backend.associations.documents import document_store_of
from backend.associations.problems import DocumentTooLarge
from backend.beneficiaries import api as beneficiaries
from backend.beneficiaries import imports_api as imports
from backend.beneficiaries import transfers_api as transfers
from backend.beneficiaries.problems import FileTooLarge
from backend.calendars import api as calendars
from backend.cards import api as cards
from backend.chat_hooks import api as chat_hooks
from backend.collection_points import api as collection_points
from backend.collections import api as collections
from backend.collections import asking_api as asking
from backend.custody import api as custody
from backend.custody import papers_api as custody_papers
from backend.custody import tables_api as custody_tables
from backend.database.sessions import Database
from backend.diets import api as diets
from backend.documents import api as documents
from backend.drafts import api as drafts
from backend.drafts.drafter import drafter_of
from backend.email_changes import api as email_changes
from backend.favourites import api as favourites
from backend.favourites import habits
from backend.figures import api as figures
from backend.funds import api as funds
from backend.handed_passes import api as handed_passes
from backend.help import api as help_pages
from backend.http import health
from backend.http.cross_origin import open_to_origins
from backend.http.error_handlers import add_error_handlers
from backend.http.hot_routes import HotFirst, HotRoutes
from backend.http.middleware import Bound, EveryRequest
from backend.http.openapi import describe
from backend.http.processes import siblings
from backend.http.routing import remembering
from backend.identity.callers import identities
from backend.identity.supabase_auth import supabase_auth
from backend.impact import api as impact
from backend.kiosks import api as kiosks
from backend.ledger import api as ledger
from backend.lots import api as lots
from backend.lots import near
from backend.lots.unfound import Unfound, flush_every_minute
from backend.members import api as members
from backend.needs import api as needs
from backend.neighbours import api as neighbours
from backend.neighbours import invitations_api as shop_invitations
from backend.notices import api as notices
from backend.observability import metrics
from backend.observability.logs import configure_logs
from backend.organisations import api as organisations
from backend.pages import (
    account,
    account_pages,
    admins,
    assets,
    collecting,
    collectors,
    customers,
    developers,
    elsewhere,
    invitations,
    joining_shops,
    mail_pages,
    merchants,
    operators,
    pages,
    text_pages,
    visitors,
)
from backend.pages import associations as association_pages
from backend.pages import beneficiaries as beneficiary_pages
from backend.pages import devices as shared_devices
from backend.pages import organisations as organisation_pages
from backend.pages import photos as page_photos
from backend.pages import supabase as supabase_pages
from backend.pages.visit import page_of_problem
from backend.partners import api as partners
from backend.payments import api as payments
from backend.payments.looks import LOOKS as PAYMENT_LOOKS
from backend.payouts import api as payouts
from backend.payouts.looks import LOOKS as PAYOUT_LOOKS
from backend.photos import api as photos
from backend.photos.pictures import MOST_BYTES
from backend.photos.problems import PhotoTooLarge
from backend.photos.store import photo_store_of
from backend.pickups import api as pickups
from backend.places import api as places
from backend.places.geocoder import geocoder_of
from backend.privacy import api as privacy
from backend.problem_reports import api as problem_reports
from backend.problems.problem import show_to_browsers
from backend.recalls import api as recalls
from backend.recurring import api as recurring
from backend.reservations import api as reservations
from backend.reservations.passes import Passes
from backend.second_factors import api as second_factors
from backend.settings import SettingsRefused, settings
from backend.shops import api as shops
from backend.stations import api as stations
from backend.stripe.client import stripe_of
from backend.stripe.looks import gather
from backend.subscriptions import api as subscriptions
from backend.subscriptions.looks import LOOKS as SUBSCRIPTION_LOOKS
from backend.suspended_lots import api as suspended_lots
from backend.terms import api as terms
from backend.territories import api as territories
from backend.territories import report_api as territory_reports
from backend.tours import api as tours
from backend.tours import sheet_api as tour_sheets
from backend.tours import steps_api as tour_steps
from backend.waiting import api as waiting
from backend.webhooks import api as webhooks

# Every feature's routes, under /v1.
ROUTERS: Sequence[APIRouter] = (
    accounts.router,
    terms.router,
    help_pages.router,
    notices.router,
    privacy.router,
    members.router,
    organisations.router,
    api_clients.router,
    partners.router,
    partners.large,
    places.router,
    shops.router,
    stations.router,
    collection_points.router,
    needs.router,
    neighbours.router,
    shop_invitations.router,
    chat_hooks.router,
    webhooks.router,
    custody_tables.router,  # before /collections/{collection_id}
    collections.router,
    asking.router,
    drafts.router,
    lots.router,
    recurring.router,
    photos.router,
    associations.router,
    agreements.router,
    imports.router,
    transfers.router,
    beneficiaries.router,
    cards.router,
    kiosks.router,
    administration.router,
    ledger.router,
    recalls.router,
    reservations.router,
    handed_passes.router,
    problem_reports.router,
    waiting.router,
    favourites.router,
    habits.router,
    diets.router,
    subscriptions.router,
    suspended_lots.router,
    payments.router,
    payouts.router,
    tours.router,
    tour_steps.router,
    tour_sheets.router,
    calendars.router,
    custody.router,
    custody_papers.router,
    documents.router,
    funds.router,
    impact.router,
    figures.router,
    territories.router,
    territory_reports.router,
    territories.drawing,
)

# Served only where we sign people in ourselves.
OWN_SIGN_IN: Sequence[APIRouter] = (second_factors.router, email_changes.router, kiosks.sign_in)

# The pages for people. `elsewhere` answers what nothing else serves, so it is last.
PAGES: Sequence[Any] = (
    visitors,
    account,
    customers,
    beneficiary_pages,
    collectors,
    merchants,
    page_photos,
    admins,
    association_pages,
    organisation_pages,
    operators,
    developers,
    text_pages,
    mail_pages,
    invitations,
    joining_shops,
    pages,
    collecting,
    shared_devices,
    assets,
    elsewhere,
)

# The few routes that skip FastAPI's dependencies and middleware; they are tried first.
HOT: Sequence[HotRoutes] = (reservations.hot, near.hot, pickups.hot)

# The jobs that look at Stripe after an event, by its type. docs/stripe-events.md lists them.
STRIPE_LOOKS = gather(PAYMENT_LOOKS, PAYOUT_LOOKS, SUBSCRIPTION_LOOKS)

# Written to without signing in, by machines that sign their requests: the limit on anonymous writes does not apply.
UNLIMITED = frozenset({"/v1/stripe/webhook"})

# How many objects are made before the garbage collector looks for cycles among the newest, and how many of its rounds
# go by before it looks among older ones. Python's 700 are made many times by each page, nearly all without cycles.
GARBAGE = (20_000, 10, 10)

LARGEST_FORM = 25 * 1024 * 1024

# Uploads may be larger than other bodies: the file plus what a multipart form adds. They go to disk, not into memory.
UPLOADS = {
    "/v1/lots/drafts": Bound(MOST_BYTES + 64 * 1024, PhotoTooLarge),
    "/v1/photos": Bound(MOST_BYTES + 64 * 1024, PhotoTooLarge),
    # More than the API takes, so that a photo that is too large is answered by a page.
    "/reservations/*/problem": Bound(LARGEST_FORM, PhotoTooLarge),
    "/my-shops/code": Bound(LARGEST_FORM, PhotoTooLarge),
    "/my-shops/*/page-photo": Bound(LARGEST_FORM, PhotoTooLarge),
    "/my-shops/*/photo": Bound(LARGEST_FORM, PhotoTooLarge),
    "/share": Bound(LARGEST_FORM, PhotoTooLarge),
    "/association/about/photo": Bound(LARGEST_FORM, PhotoTooLarge),
    "/association/import": Bound(LARGEST_FORM, FileTooLarge),
    "/association/import/lines": Bound(LARGEST_FORM, FileTooLarge),
    "/association/agreements/new": Bound(LARGEST_FORM, DocumentTooLarge),
    "/v1/beneficiaries/import": Bound(imports.MOST_BYTES + 64 * 1024, FileTooLarge),
    "/v1/agreements": Bound(LARGEST_DOCUMENT + 64 * 1024, DocumentTooLarge),
    "/v1/tours/*/signed-sheet": Bound(LARGEST_DOCUMENT + 64 * 1024, DocumentTooLarge),
    "/tours/*/signed-sheet": Bound(LARGEST_FORM, DocumentTooLarge),
    "/tours/*/photo": Bound(LARGEST_FORM, PhotoTooLarge),
}

Connect = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Opens the app's connections and keeps them open while the app runs."""


@asynccontextmanager
async def equipped(app: FastAPI) -> AsyncIterator[None]:
    """Open what the app needs besides the database, and close it at the end."""
    chosen = settings()
    app.state.identities = identities(chosen)
    app.state.supabase_auth = supabase_auth(chosen)
    app.state.passes = Passes(chosen.derived_key("passes"))
    app.state.stripe = stripe_of(chosen)
    app.state.stripe_looks = STRIPE_LOOKS
    app.state.photos = photo_store_of(chosen)
    app.state.documents = document_store_of(chosen)
    app.state.geocoder = geocoder_of(chosen)
    app.state.drafter = drafter_of(chosen)
    app.state.unfound = Unfound(siblings())
    # Importing Gemini's package is slow. Doing it in the background delays neither the start nor the first draft.
    preparing = asyncio.create_task(app.state.drafter.prepare())
    try:
        yield
    finally:
        await app.state.identities.close()
        if app.state.supabase_auth is not None:
            await app.state.supabase_auth.close()
        await app.state.stripe.aclose()
        await app.state.photos.close()
        await app.state.documents.close()
        if app.state.geocoder is not None:
            await app.state.geocoder.aclose()
        preparing.cancel()
        await asyncio.gather(preparing, return_exceptions=True)
        await app.state.drafter.close()


def use_database(app: FastAPI, database: Database) -> None:
    """Make the app use this database."""
    app.state.database = database
    health.set_readiness(app, database.ready)
    metrics.set_mail_state(app, partial(mail_state, database.acts))


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[None]:
    """Open everything that the app needs. Raises UnsafeDatabase if its login could bypass row-level security."""
    chosen = settings()
    if chosen.database_url is None:
        raise SettingsRefused(["DATABASE_URL is missing: set it, or use `scripts/run`, which embeds a database."])
    async with equipped(app):
        database = await Database.open(chosen.database_url.get_secret_value(), chosen)
        use_database(app, database)
        counting = asyncio.create_task(flush_every_minute(app.state.unfound, database.acts))
        try:
            yield
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
            await database.close()


def _lifespan(connect: Connect) -> Connect:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        writer = configure_logs(settings().log_level)
        try:
            async with connect(app):
                # Objects made at start-up stay: frozen, they are not scanned by the garbage collector any more.
                gc.collect()
                gc.freeze()
                gc.set_threshold(*GARBAGE)
                yield
        finally:
            writer.write_out()

    return lifespan


class _App(FastAPI):
    """FastAPI, with the hot routes tried before its own middleware, and `EveryRequest` around everything."""

    hot: Sequence[HotRoutes] = ()

    def build_middleware_stack(self) -> ASGIApp:
        """Return the app with its middleware. Starlette calls this before the first request."""
        self.router.middleware_stack = remembering(self.router)  # type: ignore[assignment]  # only its names differ
        rest = super().build_middleware_stack()
        app = EveryRequest(HotFirst(rest, self.hot, self.exception_handlers), unlimited=UNLIMITED, uploads=UPLOADS)
        # Outermost, so that refusals and the hot routes can be read by these origins too.
        return open_to_origins(app, settings().cors_origins)


def create_app(
    *,
    connect: Connect = connected,
    routers: Sequence[APIRouter] | None = None,
    hot: Sequence[HotRoutes] = HOT,
) -> FastAPI:
    """Return the app, configured by this process's settings.

    Tests pass their own `connect`, `routers` and `hot`; `routers=None` means all of the product's.
    """
    app = _App(
        title="EcoPanier",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(connect),
        redirect_slashes=False,  # the redirect would repeat the Host header, which a caller can forge
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.hot = hot
    add_error_handlers(app)
    show_to_browsers(page_of_problem)
    for routes in hot:
        app.router.routes[:0] = routes.routes
    if routers is None:
        own = settings().auth == "own"
        who_signs_in = accounts if own else supabase
        routers = [*ROUTERS, who_signs_in.sign_in, *(OWN_SIGN_IN if own else [])]
        app.include_router(who_signs_in.well_known)
    for router in routers:
        app.include_router(router, prefix="/v1")
    app.include_router(health.router)
    app.include_router(health.router, prefix="/v1", include_in_schema=False)
    if settings().serves_metrics:
        app.router.routes.extend(metrics.routes)
    if settings().serves_docs:
        app.router.routes.extend(pages.docs_routes)
    if settings().auth == "own":
        app.router.routes.extend([*account_pages.routes, *visitors.joining.routes, *account.email.routes])
    else:
        app.router.routes.extend(supabase_pages.routes)
    for module in PAGES:
        app.router.routes.extend(module.routes)
    describe(app, hot)
    return app
