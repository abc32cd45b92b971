"""Serves the product to tests: uvicorn on a loopback port, in its own thread, connected to a test's database."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from backend import main
from backend.associations.documents import document_store_of
from backend.database.sessions import Database
from backend.http.rate_limits import counters
from backend.http.serving import server
from backend.lots.unfound import Unfound
from backend.photos.store import photo_store_of
from backend.places.geocoder import geocoder_of
from backend.settings import Settings, settings
from scripts.stand_ins.gemini import GeminiStandIn
from scripts.stand_ins.stripe import StripeStandIn
from tests.town.databases import API, WORKER, Copy

SECRET_KEY = "a key for tests alone, 32 bytes at least"


class Served:
    """One app for the whole run. Each test connects it to its own database.

    A new app and server for each test would take longer than most tests.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.stripe = StripeStandIn(
            webhook_url=f"{self.url}/v1/stripe/webhook",
            connect_webhook_secret="whsec_of_connected_accounts",
            thin_webhook_secret="whsec_of_thin_events",
        )
        self.stripe.start()
        self.gemini = GeminiStandIn()
        self.gemini.__enter__()
        self._environment = {
            "ECOPANIER_ENV": "test",
            "ECOPANIER_PUBLIC_URL": self.url,
            "ECOPANIER_SECRET_KEY": SECRET_KEY,
            "ECOPANIER_LOG_LEVEL": "error",
            "ECOPANIER_PROCESSES": "1",
            # One proxy is trusted, so that each person can have their own address and rate limits count them apart.
            "ECOPANIER_TRUSTED_PROXIES": "1",
            "STRIPE_API_KEY": self.stripe.api_key,
            "STRIPE_API_BASE": self.stripe.base_url,
            "STRIPE_WEBHOOK_SECRET": self.stripe.webhook_secret,
            "STRIPE_CONNECT_WEBHOOK_SECRET": self.stripe.connect_webhook_secret,
            "STRIPE_THIN_WEBHOOK_SECRET": self.stripe.thin_webhook_secret,
            "GEMINI_API_KEY": self.gemini.api_key,
            "GEMINI_BASE_URL": self.gemini.base_url,
        }
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._app: FastAPI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._copy: Copy | None = None
        self._checked = False
        self._moving = asyncio.Lock()

    @contextmanager
    def environment(self, copy: Copy, data_dir: Path) -> Iterator[Settings]:
        """Set the environment to a test's settings, which are read as always; restore it at the end."""
        wanted = {
            **self._environment,
            "DATABASE_URL": copy.url(API),
            "ECOPANIER_WORKER_DATABASE_URL": copy.url(WORKER),
            "ECOPANIER_OWNER_DATABASE_URL": copy.url(),
            "ECOPANIER_DATA_DIR": str(data_dir),
        }
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        settings.cache_clear()
        try:
            yield settings()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            settings.cache_clear()

    async def connect_to(self, copy: Copy) -> None:
        """Serve this database from now on. Call it within `environment`."""
        async with self._moving:
            if self._copy is copy:
                return
            if self._thread is None:
                await asyncio.to_thread(self._start)
            assert self._loop is not None
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._move(copy), self._loop))
            self._copy = copy

    async def disconnect_from(self, copy: Copy) -> None:
        """Close the connections to a database that is about to be dropped, and reset Stripe and Gemini."""
        if self._copy is not copy or self._loop is None:
            return
        self.gemini.forget()
        await self.stripe.no_faults()
        await self.stripe.webhooks("release")
        await self.stripe.webhooks_quiet()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._move(None), self._loop))
        self._copy = None

    def stop(self) -> None:
        if self._thread is not None and self._server is not None:
            self._server.should_exit = True
            self._thread.join()
        self.stripe.stop()
        self.gemini.__exit__(None, None, None)
        self._socket.close()

    @property
    def unfound(self) -> Unfound:
        """The searches without a result that the product counted since it was connected to this town."""
        assert self._app is not None
        found: Unfound = self._app.state.unfound
        return found

    def _start(self) -> None:
        self._app = main.create_app(connect=self._connected)
        # As `ecopanier serve`, except that shutdown hardly waits for the last requests.
        self._server = server(self._app, drain_seconds=1, keep_alive_seconds=60)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="served app", daemon=True)
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the app did not start")

    @asynccontextmanager
    async def _connected(self, app: FastAPI) -> AsyncIterator[None]:
        """Open what `main.connected` opens, except the database."""
        app.state.database = None
        async with main.equipped(app):
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            yield

    async def _move(self, copy: Copy | None) -> None:
        """Connect the app to a database, or to none. Runs in the server's loop, to which the connections belong."""
        app = self._app
        assert app is not None
        if app.state.database is not None:
            await app.state.database.close()
            app.state.database = None
        await counters.reset()
        if copy is None:
            return
        app.state.photos = photo_store_of(settings())
        app.state.documents = document_store_of(settings())
        if app.state.geocoder is not None:
            await app.state.geocoder.aclose()
        app.state.geocoder = geocoder_of(settings())
        app.state.unfound = Unfound()
        # All copies are equal, so the first is checked for all: the check reads much of the catalogue.
        if self._checked:
            main.use_database(app, Database._unchecked(copy.url(API), settings()))
        else:
            main.use_database(app, await Database.open(copy.url(API), settings()))
            self._checked = True
