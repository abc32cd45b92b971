"""The running product: Postgres, API, worker and the Stripe stand-in, each in a process that can be killed."""

import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx2
from pydantic import SecretStr

from backend.database.migrate import migrate
from backend.identity.tokens import OwnTokens
from backend.places.loading import load_places
from backend.reservations.passes import Passes
from backend.settings import Settings
from backend.territories.loading import load_territories
from scripts import databases
from scripts.embedded_postgres import EmbeddedPostgres
from scripts.places import ROOT
from scripts.stand_ins.stripe import StandInRemote
from scripts.supervise import Guarded, last_lines

HOST = "127.0.0.1"
SECRET_KEY = "a key for proofs alone, 32 bytes at least"  # noqa: S105  # used for minutes
STRIPE_KEY = "sk_test_of_a_proof"
WEBHOOK_SECRET = "whsec_of_a_proof"  # noqa: S105  # of the stand-in
READY_WITHIN_SECONDS = 60.0
TOKEN_SECONDS = 300.0
POLL_SECONDS = 0.02
LONGEST_WORDS = 300

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Program:
    """One of our programs, which may be killed and started again."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.down = False
        self._running: Guarded | None = None
        self._one_at_a_time = threading.RLock()  # kills and supervision run in different threads

    def start(self) -> None:
        """Start it unless it runs."""
        with self._one_at_a_time:
            self.down = False
            if self._running is None or self.ended:
                self.stop()
                command = [sys.executable, "-m", *self.command]
                self._running = Guarded(command, log=self.log, environment=self.environment, folder=ROOT)

    def kill(self) -> None:
        """Send SIGKILL and wait until it has ended."""
        with self._one_at_a_time:
            self.down = True
            self.stop()

    def stop(self) -> None:
        """Kill it, if it runs."""
        with self._one_at_a_time:
            if self._running is not None:
                self._running.stop(signal.SIGKILL)
                self._running = None

    @property
    def ended(self) -> bool:
        """Return whether it ended without being killed by us."""
        return not self.down and self._running is not None and self._running.poll() is not None


class Database:
    """The server, which is killed as a whole: the postmaster and all its children."""

    name = "Postgres"

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self.start, self.stop = server.start, server.stop

    def kill(self) -> None:
        """Send SIGKILL to all its processes and wait until they have ended."""
        self.server.kill()


class House:
    """The running product, and access to it from outside. Use `async with House.built(folder) as house`."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """settings: of Postgres, in addition to those of `scripts/run`."""
        self.folder = folder
        server = EmbeddedPostgres(folder / "postgres", settings=settings, log=folder / "postgres.log")
        self.database = Database(server)
        with socket.create_server((HOST, 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://{HOST}:{port}"
        self._port = port
        known = Settings(secret_key=SecretStr(SECRET_KEY), public_url=self.url)
        self._tokens = OwnTokens(known.derived_key("access-tokens"), self.url)
        self._issued: dict[UUID, tuple[str, float]] = {}
        self.passes = Passes(known.derived_key("passes"))
        self.ahead = timedelta()
        self.owner_url: str
        self.api: Program
        self.worker: Program
        self.stand_in: Program
        self.stripe: StandInRemote
        self.http: httpx2.AsyncClient

    @classmethod
    @asynccontextmanager
    async def built(cls, folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator["House"]:
        """Start everything in an empty folder. All of it stops at the end, or when we are killed."""
        house = cls(folder, settings)
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=100)
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # only this machine, without TLS: no certificates to load
        async with httpx2.AsyncClient(trust_env=False, timeout=30, limits=limits, verify=plain) as house.http:
            try:
                await asyncio.to_thread(house._start)
                await house.is_ready()
                yield house
            finally:
                await asyncio.to_thread(house._stop)

    def _start(self) -> None:
        self.database.start()
        ways = databases.embedded(self.database.server)
        assert ways.owner is not None
        assert ways.worker is not None
        migrate(ways.owner)
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("ECOPANIER_", "STRIPE_"))}
        plain |= {"ECOPANIER_ENV": "test", "PYTHONUNBUFFERED": "1"}
        self.stand_in = self._stripe_stand_in(plain)
        ours = {
            **plain,
            "ECOPANIER_PUBLIC_URL": self.url,
            "ECOPANIER_SECRET_KEY": SECRET_KEY,
            "ECOPANIER_DATA_DIR": str(self.folder / "data"),
            "ECOPANIER_LOG_LEVEL": "warning",
            "ECOPANIER_RATE_LIMITS": "off",
            "ECOPANIER_PROCESSES": "1",  # a kill ends the requests that it answers
            "DATABASE_URL": ways.api,
            "ECOPANIER_WORKER_DATABASE_URL": ways.worker,
            "STRIPE_API_KEY": STRIPE_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "STRIPE_API_BASE": self.stripe.base_url,
        }
        self.owner_url = ways.owner
        self._owning = {**ours, "ECOPANIER_OWNER_DATABASE_URL": ways.owner}
        serve = ["backend.cli", "serve", "--host", HOST, "--port", str(self._port)]
        self.api = Program("API", serve, ours, self.folder / "api.log")
        self.worker = Program("worker", ["backend.cli", "worker"], ours, self.folder / "worker.log")
        self.api.start()
        self.worker.start()

    def _stripe_stand_in(self, environment: Mapping[str, str]) -> Program:
        port_file = self.folder / "stripe.port"
        command = [
            *("scripts.stand_ins.stripe", "--port-file", str(port_file), "--api-key", STRIPE_KEY),
            *("--state-file", str(self.folder / "stripe.sqlite"), "--webhook-secret", WEBHOOK_SECRET),
            *("--webhook-url", f"{self.url}/v1/stripe/webhook"),
        ]
        program = Program("Stripe stand-in", command, environment, self.folder / "stripe.log")
        program.start()
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not port_file.exists():
            if program.ended or time.monotonic() > deadline:
                raise RuntimeError(f"the stand-in did not start:\n{last_lines(program.log)}")
            time.sleep(POLL_SECONDS)
        port = port_file.read_text().strip()
        program.command = [*command, "--port", port]  # the same one after a kill
        self.stripe = StandInRemote(f"http://{HOST}:{port}", STRIPE_KEY.replace("sk_", "pk_", 1))
        return program

    def _stop(self) -> None:
        for program in (getattr(self, name, None) for name in ("worker", "api", "stand_in")):
            if program is not None:
                program.stop()
        self.database.stop()

    async def is_ready(self) -> None:
        """Wait until the API reaches its database, and Stripe answers. Raises RuntimeError if that takes too long."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            with suppress(httpx2.RequestError):
                stripe = await self.http.get(self.stripe.base_url)
                if stripe.is_success and (await self.http.get(f"{self.url}/readyz")).is_success:
                    return
            if time.monotonic() > deadline:
                said = last_lines(self.api.log, 1)[:LONGEST_WORDS]
                raise RuntimeError(f"not ready after {READY_WITHIN_SECONDS:.0f} s; the API's last words: {said}")
            await asyncio.sleep(POLL_SECONDS)

    async def stands(self) -> None:
        """Start everything that does not run, because an earlier trial was aborted."""
        await asyncio.to_thread(self.database.start)
        for program in (self.stand_in, self.api, self.worker):
            if program.down or program.ended:
                await asyncio.to_thread(program.start)
        await self.is_ready()
        await self.stripe.no_faults()
        await self.stripe.webhooks("release")

    async def is_seeded(self) -> str:
        """Build the demo town in the empty database and return its sign-ins. Raises RuntimeError if that fails.

        Communes and territories are loaded first, as `ecopanier migrate` does: an organisation follows a territory.
        """
        await asyncio.to_thread(load_places, self.owner_url)
        await asyncio.to_thread(load_territories, self.owner_url)
        seeding = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "scripts.command", "seed"),
            cwd=ROOT,
            env=self._owning,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await seeding.communicate()
        if seeding.returncode != 0:
            raise RuntimeError(f"the demo town could not be built: {said.decode()}")
        return said.decode()

    # Looking in

    @asynccontextmanager
    async def sql(self) -> AsyncIterator[Connection]:
        """Open a superuser's connection, after waiting for a server that is down."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            try:
                connection = await asyncpg.connect(self.database.server.url("postgres", databases.DATABASE))
                break
            except (OSError, asyncpg.PostgresError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(POLL_SECONDS)
        try:
            yield connection
        finally:
            await connection.close()

    async def value(self, query: str, *arguments: Any) -> Any:
        """Return one value, read as the superuser."""
        async with self.sql() as connection:
            return await connection.fetchval(query, *arguments)

    def token(self, account: UUID) -> str:
        """Return an access token like one from sign-in, renewed before it expires."""
        token, until = self._issued.get(account, ("", 0.0))
        if until < time.monotonic():
            token = self._tokens.issue(account, uuid4())
            self._issued[account] = (token, time.monotonic() + TOKEN_SECONDS)
        return token

    def kiosk_token(self, account: UUID, session: UUID, seconds: int) -> str:
        """An access token as sign-in at a kiosk gives it, which lasts longer here."""
        return self._tokens.issue(account, session, seconds)

    # Time

    async def now(self) -> datetime:
        """Return the time that the product's rules use."""
        present: datetime = await self.value("select app.clock()")
        return present

    async def time_passes(self, seconds: float) -> None:
        """Advance the clock of the product's rules. The machine's clock does not change."""
        self.ahead += timedelta(seconds=seconds)
        await self.value(
            "create or replace function app.clock() returns timestamptz language sql stable parallel safe as "
            f"$$ select now() + interval '{self.ahead.total_seconds()} seconds' $$"
        )

    async def the_clock_ticks(self) -> None:
        """Let the worker run its periodic jobs now, and make earlier workers look dead."""
        async with self.sql() as connection:
            await connection.execute("set search_path = jobs, pg_catalog")
            await connection.execute(
                "update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 minute'"
                " where id < (select max(id) from procrastinate_workers)"
            )
            await connection.execute(
                "insert into procrastinate_jobs (queue_name, task_name, priority, args)"
                " select 'default', task, 10, '{\"timestamp\": 0}'"
                " from unnest(array['by_the_clock', 'take_over', 'payments.reconcile']) task"
            )
