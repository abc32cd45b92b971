"""The test bed of the bench: its own Postgres with fsync on, databases, the API and the ORM baseline."""

import functools
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from backend.database.migrate import migrate
from backend.identity.tokens import OwnTokens
from backend.settings import Settings
from scripts.benchmarks.world import World
from scripts.databases import API_LOGIN, WORKER_LOGIN
from scripts.embedded_postgres import EmbeddedPostgres
from scripts.places import ROOT
from scripts.supervise import Guarded, last_lines

SUPERUSER = "postgres"
LOTS_OF_A_SHOP = 5
PAST_DAYS = 10  # on each of them everybody took a portion
READY_WITHIN_SECONDS = 60.0
CLIENTS = 16
MORE_LOTS = 5_000_000

# fsync, full-page writes and autovacuum stay on. There are no checkpoints, because one in the middle of a round would
# slow down only one of the two that are compared. The buffers hold the largest index, as on a dedicated server.
SERVER = {"max_wal_size": "16GB", "checkpoint_timeout": "1h", "shared_buffers": "1GB"}


@dataclass(frozen=True)
class Amounts:
    """How much is measured."""

    accounts: int = 2_000
    lots: int = 20_000
    few_lots: int = 10_000
    many_lots: int = 1_000_000
    more_lots: int | None = None
    searches: int = 2_000
    handovers: int = 1_000  # per client and turn
    import_lines: int = 50_000
    enrolled_people: int = 10_000
    sales: int = 125_000  # a million lines of the ledger
    invoiced_shops: int = 1_500
    lots_beside_demo_town: int = 100_000
    rounds: int = 7
    seconds: int = 4

    @classmethod
    def quick(cls) -> "Amounts":
        """Return the amounts of a smoke test, whose figures say little."""
        return cls(
            accounts=50,
            lots=2_000,
            many_lots=100_000,
            searches=300,
            handovers=20,
            import_lines=2_000,
            enrolled_people=1_000,
            sales=2_000,
            invoiced_shops=20,
            lots_beside_demo_town=2_000,
            rounds=1,
            seconds=1,
        )


class Program:
    """A serving process on its own port. It is ready once the object is made."""

    def __init__(self, name: str, module: list[str], environment: dict[str, str], folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        log = folder / f"{name}.log"
        command = [sys.executable, "-m", *module, "--port", str(self.port)]
        self._running = Guarded(command, log=log, environment=environment, folder=ROOT)
        self.process = psutil.Process(self._running.pid)
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._answers():
            if self._running.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{name} did not start:\n{last_lines(log)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it and wait until it has ended."""
        self._running.stop()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Ground:
    """Makes each part of the test bed on first use, and stops all of them when `until_done` closes."""

    def __init__(self, folder: Path, amounts: Amounts, until_done: ExitStack) -> None:
        self.amounts = amounts
        self._folder = folder
        self._until_done = until_done
        self._secret = os.urandom(32).hex()

    @functools.cached_property
    def server(self) -> EmbeddedPostgres:
        """The running Postgres."""
        return self._until_done.enter_context(EmbeddedPostgres(self._folder / "postgres", settings=SERVER))

    @functools.cached_property
    def town(self) -> str:
        """The database of most requests, with beneficiaries; lots 1 to `lots` are free and never sell out."""
        amounts = self.amounts
        with self._world("town") as world:
            world.beneficiaries(amounts.accounts)
            world.shops(amounts.lots // LOTS_OF_A_SHOP)
            world.free_lots(amounts.lots, shops=amounts.lots // LOTS_OF_A_SHOP)
            world.discounted_lots(amounts.lots, shops=amounts.lots // LOTS_OF_A_SHOP, first=amounts.lots + 1)
            world.history(amounts.accounts * PAST_DAYS, lots=amounts.lots, accounts=amounts.accounts)
        return "town"

    @functools.cached_property
    def demo_town(self) -> str:
        """The database of the pages: the demo town, whose people can sign in, among many lots of others."""
        lots = self.amounts.lots_beside_demo_town
        with self._world("demo_town", seeded=True) as world:
            shops = lots // LOTS_OF_A_SHOP
            world.shops(shops)
            world.merchants(shops // 2, shops=shops)
            world.discounted_lots(lots, shops=shops)
        return "demo_town"

    @functools.cache  # noqa: B019  lives as long as the run
    def market(self, lots: int) -> str:
        """Return a database with this many published lots to search."""
        name = f"market_{lots}"
        with self._world(name) as world:
            world.shops(lots // LOTS_OF_A_SHOP)
            world.discounted_lots(lots, shops=lots // LOTS_OF_A_SHOP)
        return name

    def counter(self, name: str, reservations: int) -> str:
        """Return a database with this many confirmed reservations to hand over."""
        amounts = self.amounts
        with self._world(name) as world:
            world.beneficiaries(amounts.accounts)
            world.shops(amounts.lots // LOTS_OF_A_SHOP)
            world.free_lots(amounts.lots, shops=amounts.lots // LOTS_OF_A_SHOP)
            world.reservations(reservations, lots=amounts.lots, accounts=amounts.accounts)
        return name

    def url(self, database: str, login: str = API_LOGIN) -> str:
        """Return the URL of a database for a login."""
        return self.server.url(login, database)

    def worker_url(self, database: str) -> str:
        """Return the URL of a database for the worker."""
        return self.url(database, WORKER_LOGIN)

    def connected(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """Open a superuser's connection on which each statement is a transaction."""
        return psycopg.connect(self.url(database, SUPERUSER), autocommit=True)

    @functools.cached_property
    def api(self) -> Program:
        """The API as it is served, connected to the town, without rate limits."""
        return self.served("api", {})

    def served(self, name: str, settings: Mapping[str, str]) -> Program:
        """Start another API process connected to the town, with these additional settings."""
        return self._program(name, ["backend.cli", "serve"], settings)

    @functools.cached_property
    def orm_baseline(self) -> Program:
        """The two hot endpoints as they are usually written, as a program."""
        from scripts.benchmarks import orm_baseline

        with self.connected(self.town) as connection:
            orm_baseline.allow(connection)
        return self._program("orm-baseline", ["scripts.benchmarks.orm_baseline"], {})

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings of the served processes; the bench needs their keys."""
        return Settings.model_validate({"secret_key": self._secret, "data_dir": self._folder})

    @functools.cached_property
    def tokens(self) -> OwnTokens:
        """Issues access tokens with the API's key."""
        return OwnTokens(self.settings.derived_key("access-tokens"), self.settings.public_url)

    def _program(self, name: str, module: list[str], settings: Mapping[str, str]) -> Program:
        if "DATABASE_URL" not in settings:
            settings = {**settings, "DATABASE_URL": self.url(self.town)}
        program = Program(name, module, self._environment(settings), self._folder)
        self._until_done.callback(program.stop)
        return program

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        ours = {
            "ECOPANIER_SECRET_KEY": self._secret,
            "ECOPANIER_DATA_DIR": str(self._folder),
            "ECOPANIER_RATE_LIMITS": "off",
            "ECOPANIER_PROCESSES": "1",  # so that what is compared has the same
        }
        return {**kept, **ours, **settings}

    def _seed(self, database: str) -> None:
        """Build the demo town in a database. Raises CalledProcessError if that fails."""
        ours = {"DATABASE_URL": self.url(database), "ECOPANIER_OWNER_DATABASE_URL": self.url(database, SUPERUSER)}
        command = [sys.executable, "-m", "scripts.command", "seed"]
        subprocess.run(command, cwd=ROOT, env=self._environment(ours), stdout=subprocess.DEVNULL, check=True)

    @functools.cached_property
    def _migrated(self) -> str:
        with self.connected("postgres") as connection:
            connection.execute("create database migrated")
        migrate(self.url("migrated", SUPERUSER))
        return "migrated"

    @contextmanager
    def _world(self, name: str, *, seeded: bool = False) -> Iterator[World]:
        """Create a database to fill. seeded: whether it has the demo town before that."""
        with self.connected("postgres") as connection:
            connection.execute(f"create database {name} template {self._migrated} strategy file_copy".encode())
        if seeded:
            self._seed(name)
        with psycopg.connect(self.url(name, SUPERUSER)) as connection:
            world = World(connection)
            yield world
            world.done()
