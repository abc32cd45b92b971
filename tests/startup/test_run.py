"""`scripts/run` as somebody at a keyboard knows it: started, refused, killed, stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
OURS = ("DATABASE_URL", "ECOPANIER_", "STRIPE_", "SMTP_", "SUPABASE_", "PORT")


class Running:
    """One `scripts/run`, and what it has said so far."""

    def __init__(self, data: Path, **environment: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        chosen = {"ECOPANIER_DATA_DIR": str(data), "ECOPANIER_DEMO": "0", "PORT": "0", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.start"],
            cwd=ROOT,
            env={**inherited, **chosen},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._listen)
        self._reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.said += line

    def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"not {what}; it said:\n{self.said}"
            time.sleep(0.05)

    def until_it_runs(self) -> str:
        """Wait until it says where to look; returns that address."""
        self.until(lambda: "Ctrl-C stops everything" in self.said or self.process.poll() is not None, "running")
        found = re.search(r"EcoPanier runs on (http://\S+) ", self.said)
        assert found, self.said
        return found[1]

    def end(self, with_signal: signal.Signals) -> int:
        """Send it a signal; returns its exit status."""
        self.process.send_signal(with_signal)
        return self.status()

    def status(self) -> int:
        """Its exit status, once it has ended."""
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self._reader.join(PATIENCE_SECONDS)
            if self.process.stdout:
                self.process.stdout.close()


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def family(running: Running) -> list[psutil.Process]:
    return psutil.Process(running.process.pid).children(recursive=True)


def test_what_is_killed_comes_back_and_nothing_outlives_the_run(tmp_path: Path) -> None:
    data = tmp_path / "a home" / "data, données"
    running = Running(data)
    address = running.until_it_runs()
    assert is_ready(address)

    second = Running(data)
    assert second.status() == 1
    assert f"runs already with {data}" in second.said

    (api,) = [process for process in family(running) if "serve" in process.cmdline()]
    api.kill()
    running.until(lambda: "api ended (signal SIGKILL)" in running.said and is_ready(address), "ready again")
    (postmaster,) = [p for p in family(running) if "-D" in p.cmdline() and "postgres" in p.name()]
    postmaster.kill()
    running.until(lambda: "Postgres ended" in running.said and is_ready(address), "ready again")

    started = family(running)
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    assert psutil.wait_procs(started, timeout=PATIENCE_SECONDS)[1] == []

    again = Running(data)
    assert is_ready(again.until_it_runs())
    started = family(again)
    assert again.end(signal.SIGTERM) == 0
    assert "Database migrated" not in again.said
    assert psutil.wait_procs(started, timeout=0)[1] == []


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = Running(tmp_path, PORT=str(port))

        assert running.status() == 1
        assert f"Port {port} cannot be used" in running.said


def test_production_starts_neither_a_stand_in_nor_a_database(tmp_path: Path) -> None:
    running = Running(tmp_path, ECOPANIER_ENV="production")

    assert running.status() == 1
    assert "STRIPE_API_KEY is missing" in running.said
    assert "production does not embed a database" in running.said
    assert not list(tmp_path.iterdir())
