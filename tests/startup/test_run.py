"""`scripts/run` as its user sees it: starting, refusing to start, restarting killed processes, stopping."""

import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.startup.running import PATIENCE_SECONDS, Running


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - an address of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def family(running: Running) -> list[psutil.Process]:
    return psutil.Process(running.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder for several runs: only the first makes a database, which takes half of a start."""
    return tmp_path_factory.mktemp("run") / "a home" / "data, données"


def test_killed_processes_are_restarted_and_none_outlives_the_run(data: Path) -> None:
    running = Running(data)
    address = running.until_it_runs()
    assert is_ready(address)

    second = Running(data)
    assert second.status() == 1
    assert f"already runs with {data}" in second.said

    serving = [process for process in family(running) if "serve" in process.cmdline()]
    (api,) = [process for process in serving if process.parent() not in serving]
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


def test_postgres_is_started_again_once_it_can_be(data: Path) -> None:
    """As after a full disk, where Postgres ends and cannot start for as long as the disk is full."""
    running = Running(data)
    address = running.until_it_runs()
    needed, away = data / "postgres" / "global" / "pg_control", data / "pg_control"
    (postmaster,) = [p for p in family(running) if "-D" in p.cmdline() and "postgres" in p.name()]

    needed.rename(away)
    postmaster.kill()
    running.until(lambda: running.said.count("Trying again in") > 2, "trying again and again")
    assert not is_ready(address)
    assert running.process.poll() is None
    away.rename(needed)

    running.until(lambda: "Postgres runs again." in running.said and is_ready(address), "ready again")
    assert running.end(signal.SIGTERM) == 0


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = Running(tmp_path, PORT=str(port))

        assert running.status() == 1
        assert f"Port {port} cannot be used" in running.said


def test_production_starts_without_stand_ins_and_embedded_database(tmp_path: Path) -> None:
    running = Running(tmp_path, ECOPANIER_ENV="production")

    assert running.status() == 1
    assert "STRIPE_API_KEY is missing" in running.said
    assert "production does not embed a database" in running.said
    assert not list(tmp_path.iterdir())
