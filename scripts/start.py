"""`scripts/run`: the whole of EcoPanier on this machine, until Ctrl-C.

ECOPANIER_DATA_DIR and PORT tell several runs apart; everything else is `scripts/ecopanier settings`.
"""

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
PAUSE_BEFORE_RESTART_SECONDS = 0.5


class CannotStart(Exception):
    """Something that a person can mend; the text says what."""


class Program:
    """One program of ours that is to run until we stop it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self._running: Guarded | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        self.stop()
        self._running = Guarded(self.command, log=self.log, environment=self.environment, folder=ROOT)

    def ended(self) -> str | None:
        """How it ended, or None while it runs."""
        status = self._running.poll() if self._running else None
        return None if status is None else how_it_ended(status)

    def stop(self) -> None:
        """Ask it to end and wait."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        """Wait for something that it does. Raises CannotStart if it ends before, or takes too long."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not done():
            ended = self.ended()
            if ended or time.monotonic() > deadline:
                reason = f"ended ({ended})" if ended else f"took more than {READY_WITHIN_SECONDS:.0f} s"
                raise CannotStart(
                    f"{self.name} {reason} before {what}:\n{last_lines(self.log)}\n(all of it: {self.log})"
                )
            time.sleep(LOOK_EVERY_SECONDS / 2)


class Database:
    """The embedded server, watched as the programs are."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.name, self.log = "Postgres", server.log
        self.start, self.stop = server.start, server.stop
        self._server = server

    def ended(self) -> str | None:
        """How it ended, or None while it runs."""
        return "nobody stopped it" if self._server.pid is None else None


class Run:
    """What one start needs to know, and the steps from nothing to ready."""

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
        os.environ.update(self.environment)
        self.settings = Settings.checked()
        self.watched: list[Program | Database] = []

    def start(self, until_end: ExitStack) -> None:
        """Start everything; what was started is stopped in the reverse order when `until_end` closes."""
        until_end.enter_context(alone_in(self.data))
        stand_in, to_stripe = None, dict[str, str]()
        if self.settings.stripe_api_key is None:
            stand_in, to_stripe = self.stripe_stand_in(until_end)
        ways = self.database(until_end)
        if ways.worker is None:
            raise CannotStart(
                "DATABASE_URL's login may not create roles: set ECOPANIER_WORKER_DATABASE_URL as well, and "
                "ECOPANIER_OWNER_DATABASE_URL to migrate from here."
            )
        # Each program is told its own way in; the owner's stays with the steps that need it.
        serving = {
            name: value for name, value in self.environment.items() if name not in (*databases.WAYS, databases.LISTEN)
        }
        if ways.owner is not None:
            owning = {**serving, **ways.environment}
            self.migrate(ways.owner, owning)
            if self.settings.demo and not self.settings.production and databases.is_empty(ways.owner):
                self.step("seed", owning, "A demo town was built")
        the_api = {**serving, **to_stripe, "DATABASE_URL": ways.api}
        the_worker = {**the_api, "ECOPANIER_WORKER_DATABASE_URL": ways.worker}
        if listen := self.environment.get(databases.LISTEN):
            the_worker[databases.LISTEN] = listen
        api = self.ours("api", ["serve", "--host", HOST, "--port", str(self.port)], the_api)
        self.keep(api, until_end)
        api.wait_until(self.is_ready, "it was ready")
        if stand_in is not None:
            stand_in.wait_until(self.stand_in_port.exists, "it listened")
        self.keep(self.ours("worker", ["worker"], the_worker), until_end)  # afterwards: both load at length

    def database(self, until_end: ExitStack) -> Ways:
        """The given database, or the embedded one, started."""
        if databases.is_given(self.environment):
            return databases.given(self.environment)
        server = databases.embedded_server(self.data, attach=False)
        self.say("Starting Postgres" if server.folder.exists() else "Making a database, and starting Postgres")
        self.keep(Database(server), until_end)
        return databases.embedded(server)

    def migrate(self, owner: str, environment: Mapping[str, str]) -> None:
        """Migrate, unless it is our own database and nothing has changed since: that takes a third of a later start."""
        note = None if databases.is_given(self.environment) else databases.MigrationNote(owner)
        if note is not None and note.is_current():
            return
        self.step("migrate", environment, "Database migrated")
        if note is not None:
            note.write()

    def stripe_stand_in(self, until_end: ExitStack) -> tuple[Program, dict[str, str]]:
        """Start the stand-in; returns it, and the settings that lead to it once it listens."""
        port = free_port("0")  # chosen here, so that the API need not wait to be told
        keys = {"STRIPE_API_KEY": "sk_test_stand_in", "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}"}
        places = ["--port-file", str(self.stand_in_port), "--state-file", str(self.data / "stripe-stand-in.sqlite")]
        webhook = ["--webhook-url", f"http://{HOST}:{self.port}/v1/stripe/webhook"]
        command = [sys.executable, "-m", "scripts.stand_ins.stripe", "--port", str(port), *places, *webhook]
        program = Program("stripe-stand-in", command, {**self.environment, **keys}, self.log("stripe-stand-in"))
        self.stand_in_port.unlink(missing_ok=True)
        self.keep(program, until_end)
        return program, {**keys, "STRIPE_API_BASE": f"http://{HOST}:{port}"}

    def ours(self, name: str, words: Sequence[str], environment: Mapping[str, str]) -> Program:
        """A command of `backend.cli` as a program with a log of its own."""
        return Program(name, [sys.executable, "-m", "backend.cli", *words], environment, self.log(name))

    def step(self, command: str, environment: Mapping[str, str], done: str, *options: str) -> None:
        """Run a command to its end. Raises CannotStart with its last words if it fails."""
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
        """Start a program, to be watched from now on and stopped at the end."""
        until_end.callback(program.stop)
        program.start()
        self.watched.append(program)

    def watch(self) -> None:
        """Start again what ends by itself. Raises CannotStart if that happens too often."""
        restarts: deque[float] = deque(maxlen=MOST_RESTARTS)
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            for program in self.watched:
                ended = program.ended()
                if ended is None:
                    continue
                now = time.monotonic()
                too_often = len(restarts) == MOST_RESTARTS and now - restarts[0] < RESTARTS_WINDOW_SECONDS
                words = (
                    f"{program.name} ended ({ended}). Its last lines, from {program.log}:\n{last_lines(program.log)}"
                )
                if too_often:
                    raise CannotStart(f"{words}\nThat is too often: everything is stopped.")
                self.say(f"{words}\nStarting it again.")
                restarts.append(now)
                time.sleep(PAUSE_BEFORE_RESTART_SECONDS)
                program.start()

    def is_ready(self) -> bool:
        """Whether the API says that it can work."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def say(self, text: str) -> None:
        print(text, flush=True)

    def tell_where_to_look(self) -> None:
        """Say what to open, in the order in which a newcomer wants it."""
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
        lines.append(f"  logs             {self.data / 'logs'}")
        sign_ins = self.data / "demo-sign-ins.txt"
        if sign_ins.exists():
            lines += ["", sign_ins.read_text().rstrip()]
        self.say("\n".join([*lines, "", "Ctrl-C stops everything."]))


@contextmanager
def alone_in(data: Path) -> Iterator[None]:
    """Keep other runs out of this data directory. Raises CannotStart if one is in there."""
    with (data / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"EcoPanier runs already with {data} (process {lock.read().strip()}). "
                "For a second one give it its own: ECOPANIER_DATA_DIR=.data-2 PORT=8001 ./scripts/run"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def free_port(wanted: str) -> int:
    """The wanted port, or a free one for 0. Raises CannotStart if it cannot be had."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger from a run before
        try:
            trial.bind((HOST, int(wanted)))
        except (ValueError, OverflowError):
            raise CannotStart(f"PORT={wanted} is not a port.") from None
        except OSError as problem:
            raise CannotStart(
                f"Port {wanted} cannot be used ({problem.strerror}). Choose another one: PORT=8001 ./scripts/run"
            ) from None
        return int(trial.getsockname()[1])


def how_it_ended(status: int) -> str:
    """An exit status in words."""
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Start, wait, stop. Exit status 0 after Ctrl-C or SIGTERM, 1 when something could not start or kept ending."""
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
        sys.exit("\nStopped at once; what still runs is ending.")  # the guards see to it
    except (CannotStart, SettingsRefused, NoDatabase, PostgresFailed, OSError) as problem:
        sys.exit(f"\n{problem}")


if __name__ == "__main__":
    main()
