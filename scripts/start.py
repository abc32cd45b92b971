"""`scripts/run`: run all of EcoPanier on this machine until Ctrl-C.

To run it several times at once, give each run its own ECOPANIER_DATA_DIR and PORT. `scripts/ecopanier settings` lists
all other settings.
"""

import errno
import fcntl
import os
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from backend.settings import Settings, SettingsRefused
from scripts import databases
from scripts.databases import NoDatabase, Ways
from scripts.embedded_postgres import EmbeddedPostgres, PostgresFailed
from scripts.places import ROOT, data_folder
from scripts.supervise import Guarded, last_lines

HOST = "127.0.0.1"
READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
MOST_RESTARTS, RESTARTS_WINDOW_SECONDS = 5, 60.0
PAUSE_BEFORE_RESTART_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0


class CannotStart(Exception):
    """Raised when EcoPanier cannot start or keep running. The message says what to do."""


class Program:
    """One of our programs, which should run until we stop it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self._running: Guarded | None = None

    def start(self) -> None:
        """Start or restart it."""
        self.stop()
        self._running = Guarded(self.command, log=self.log, environment=self.environment, folder=ROOT)

    def ended(self) -> str | None:
        """Return how it ended, or None while it runs."""
        status = self._running.poll() if self._running else None
        return None if status is None else how_it_ended(status)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        """Wait until `done()` is true. Raises CannotStart if the program ends before that or takes too long."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not done():
            ended = self.ended()
            if ended or time.monotonic() > deadline:
                reason = f"ended ({ended})" if ended else f"took more than {READY_WITHIN_SECONDS:.0f} s"
                raise CannotStart(
                    f"{self.name} {reason} before {what}:\n{last_lines(self.log)}\n(whole log: {self.log})"
                )
            time.sleep(LOOK_EVERY_SECONDS / 2)


class Database:
    """The embedded server, watched like the programs."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.name, self.log = "Postgres", server.log
        self.start, self.stop = server.start, server.stop
        self._server = server

    def ended(self) -> str | None:
        """Return how it ended, or None while it runs."""
        return "nobody stopped it" if self._server.pid is None else None


class Run:
    """The state of one run, and the steps that start it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.began = time.monotonic()
        self.data = data_folder()
        self.port = free_port(environment.get("PORT") or "8000")
        self.environment = {
            **environment,
            "ECOPANIER_PUBLIC_URL": environment.get("ECOPANIER_PUBLIC_URL") or f"http://{HOST}:{self.port}",
            "ECOPANIER_DATA_DIR": str(self.data),
            "PYTHONUNBUFFERED": "1",
        }
        self.stand_in_port = self.data / "stripe-stand-in.port"
        self.stand_in_state = self.data / "stripe-stand-in.sqlite"
        os.environ.update(self.environment)
        self.settings = Settings.checked()
        self.watched: list[Program | Database] = []

    def start(self, until_end: ExitStack) -> None:
        """Start everything. Closing `until_end` stops what was started, in reverse order."""
        until_end.enter_context(alone_in(self.data))
        stand_in, to_stripe = None, dict[str, str]()
        if self.settings.stripe_api_key is None:
            stand_in, to_stripe = self.stripe_stand_in(until_end)
        ways = self.database(until_end)
        if ways.worker is None:
            raise CannotStart(
                "The login of DATABASE_URL may not create roles: set ECOPANIER_WORKER_DATABASE_URL as well, and "
                "ECOPANIER_OWNER_DATABASE_URL to migrate from here."
            )
        # Each program gets only its own database URL; only the steps that need the owner's URL get that.
        serving = {
            name: value for name, value in self.environment.items() if name not in (*databases.WAYS, databases.LISTEN)
        }
        if ways.owner is not None:
            owning = {**serving, **ways.environment}
            self.migrate(ways.owner, owning)
            if self.settings.demo and not self.settings.production and databases.is_empty(ways.owner):
                known = ["--stripe-state", str(self.stand_in_state)] if stand_in is not None else []
                self.step("seed", owning, "A demo town was built", *known)
        the_api = {**serving, **to_stripe, "DATABASE_URL": ways.api}
        the_worker = {**the_api, "ECOPANIER_WORKER_DATABASE_URL": ways.worker}
        if listen := self.environment.get(databases.LISTEN):
            the_worker[databases.LISTEN] = listen
        api = self.ours("api", ["serve", "--host", HOST, "--port", str(self.port)], the_api)
        self.keep(api, until_end)
        api.wait_until(self.is_ready, "it was ready")
        if stand_in is not None:
            stand_in.wait_until(self.stand_in_port.exists, "it listened")
        self.keep(self.ours("worker", ["worker"], the_worker), until_end)  # after the API: both take long to load

    def database(self, until_end: ExitStack) -> Ways:
        """Return the URLs of the given database, or start the embedded one and return its URLs."""
        if databases.is_given(self.environment):
            return databases.given(self.environment)
        server = databases.embedded_server(self.data, attach=False)
        self.say("Starting Postgres" if server.folder.exists() else "Making a database, and starting Postgres")
        self.keep(Database(server), until_end)
        return databases.embedded(server)

    def migrate(self, owner: str, environment: Mapping[str, str]) -> None:
        """Migrate the database.

        The embedded one is not migrated again if nothing has changed, which saves a third of a start.
        """
        note = None if databases.is_given(self.environment) else databases.MigrationNote(owner)
        if note is not None and note.is_current():
            return
        self.step("migrate", environment, "Database migrated")
        if note is not None:
            note.write()

    def stripe_stand_in(self, until_end: ExitStack) -> tuple[Program, dict[str, str]]:
        """Start the stand-in without waiting for it. Returns it and the settings by which the API reaches it."""
        port = free_port("0")  # chosen here, so that the API can start before the stand-in listens
        signed_with = ("STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_THIN_WEBHOOK_SECRET")
        keys = {"STRIPE_API_KEY": "sk_test_stand_in"} | {name: f"whsec_{secrets.token_hex(16)}" for name in signed_with}
        places = ["--port-file", str(self.stand_in_port), "--state-file", str(self.stand_in_state)]
        webhook = ["--webhook-url", f"http://{HOST}:{self.port}/v1/stripe/webhook"]
        command = [sys.executable, "-m", "scripts.stand_ins.stripe", "--port", str(port), *places, *webhook]
        program = Program("stripe-stand-in", command, {**self.environment, **keys}, self.log("stripe-stand-in"))
        self.stand_in_port.unlink(missing_ok=True)
        self.keep(program, until_end)
        return program, {**keys, "STRIPE_API_BASE": f"http://{HOST}:{port}"}

    def ours(self, name: str, words: Sequence[str], environment: Mapping[str, str]) -> Program:
        """Return a command of `backend.cli` as a program with its own log."""
        return Program(name, [sys.executable, "-m", "backend.cli", *words], environment, self.log(name))

    def step(self, command: str, environment: Mapping[str, str], done: str, *options: str) -> None:
        """Run a command to its end. Raises CannotStart with the end of its log if it fails."""
        log = self.log(command)
        log.unlink(missing_ok=True)
        began = time.monotonic()
        running = Guarded(
            [sys.executable, "-m", "scripts.command", command, *options], log=log, environment=environment, folder=ROOT
        )
        try:
            while running.poll() is None:
                time.sleep(LOOK_EVERY_SECONDS / 5)
        finally:
            status = running.stop()
        if status != 0:
            raise CannotStart(f"`{command}` failed ({how_it_ended(status)}):\n{last_lines(log)}")
        self.say(f"{done} ({time.monotonic() - began:.1f} s)")

    def keep(self, program: Program | Database, until_end: ExitStack) -> None:
        """Start a program, watch it from now on, and stop it at the end."""
        until_end.callback(program.stop)
        program.start()
        self.watched.append(program)

    def watch(self) -> None:
        """Restart programs that end by themselves. Raises CannotStart if one other than Postgres ends too often."""
        restarts: deque[float] = deque(maxlen=MOST_RESTARTS)
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            for program in self.watched:
                ended = program.ended()
                if ended is None:
                    continue
                words = (
                    f"{program.name} ended ({ended}). Its last lines, from {program.log}:\n{last_lines(program.log)}"
                )
                if isinstance(program, Database):
                    self.say(f"{words}\nRestarting it.")
                    self.bring_back(program)
                    break  # look again: without Postgres, others may have ended too
                now = time.monotonic()
                too_often = len(restarts) == MOST_RESTARTS and now - restarts[0] < RESTARTS_WINDOW_SECONDS
                if too_often:
                    raise CannotStart(f"{words}\nThis happened too often, so everything was stopped.")
                self.say(f"{words}\nRestarting it.")
                restarts.append(now)
                time.sleep(PAUSE_BEFORE_RESTART_SECONDS)
                program.start()

    def bring_back(self, database: Database) -> None:
        """Start Postgres as soon as that is possible. It keeps trying, because somebody may free a full disk.

        Meanwhile nothing else is restarted; the API answers that the database is unavailable.
        """
        pause, reason_given = PAUSE_BEFORE_RESTART_SECONDS, False
        while True:
            time.sleep(pause)
            try:
                database.start()
            except (PostgresFailed, OSError) as problem:
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                self.say(
                    f"{'Postgres still does not start.' if reason_given else problem}\nTrying again in {pause:.0f} s."
                )
                reason_given = True
            else:
                self.say("Postgres runs again.")
                return

    def is_ready(self) -> bool:
        """Return whether the API reports that it is ready."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def say(self, text: str) -> None:
        try:
            print(text, flush=True)
        except OSError as problem:
            if problem.errno not in (errno.ENOSPC, errno.EDQUOT):  # our output may be a file on the same full disk
                raise

    def tell_where_to_look(self) -> None:
        """Print the addresses to open, in the order that a newcomer needs them."""
        here = f"http://{HOST}:{self.port}"
        lines = [
            "",
            f"EcoPanier runs on {here} (ready after {time.monotonic() - self.began:.1f} s).",
            "",
            f"  what runs here   {here}/",
            *([f"  the API          {here}/docs"] if self.settings.serves_docs else []),
            f"  impact           {here}/v1/impact",
        ]
        if self.settings.smtp_url is None:
            lines.append(f"  mails, as files  {self.data / 'mails'}")
        if self.settings.stripe_api_key is None:
            stand_in = self.stand_in_port.read_text().strip()
            lines.append(f"  payments         a stand-in for Stripe on http://{HOST}:{stand_in}, NO MONEY MOVES:")
            lines.append("                   public key pk_test_stand_in, payment method pm_card_visa")
            lines.append("                   refunds, disputes and payouts: /dashboard there")
        lines.append(f"  logs             {self.data / 'logs'}")
        sign_ins = self.data / "demo-sign-ins.txt"
        if sign_ins.exists():
            lines += ["", sign_ins.read_text().rstrip()]
        self.say("\n".join([*lines, "", "Ctrl-C stops everything."]))


@contextmanager
def alone_in(data: Path) -> Iterator[None]:
    """Keep other runs out of this data directory. Raises CannotStart if another run uses it."""
    with (data / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"EcoPanier already runs with {data} (process {lock.read().strip()}). "
                "To run a second one, give it its own directory: ECOPANIER_DATA_DIR=.data-2 PORT=8001 ./scripts/run"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def free_port(wanted: str) -> int:
    """Return the wanted port, or a free one for "0". Raises CannotStart if the port cannot be used."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier run may linger
        try:
            trial.bind((HOST, int(wanted)))
        except (ValueError, OverflowError):
            raise CannotStart(f"PORT={wanted} is not a valid port number.") from None
        except OSError as problem:
            raise CannotStart(
                f"Port {wanted} cannot be used ({problem.strerror}). Choose another one: PORT=8001 ./scripts/run"
            ) from None
        return int(trial.getsockname()[1])


def how_it_ended(status: int) -> str:
    """Return an exit status in words."""
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Start everything and watch it. Exits with 0 after Ctrl-C or SIGTERM, with 1 if a program fails to run."""
    if sys.argv[1:]:
        sys.exit(__doc__)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with ExitStack() as until_end:
            run = Run(os.environ)
            try:
                run.start(until_end)
                run.tell_where_to_look()
                run.watch()
            except KeyboardInterrupt:
                run.say("\nStopping …")
        run.say("Stopped.")
    except KeyboardInterrupt:
        sys.exit("\nStopped at once. Programs that still run are ending.")  # their guards end them
    except (CannotStart, SettingsRefused, NoDatabase, PostgresFailed, OSError) as problem:
        sys.exit(f"\n{problem}")


if __name__ == "__main__":
    main()
