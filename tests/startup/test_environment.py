"""The environment that `scripts/run` makes for itself, in checkouts whose lock file asks for nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENVIRONMENT = Path(__file__).parents[2] / "scripts" / "environment.py"
PATIENCE_SECONDS = 60

# As on a Debian without python3-venv, where pip alone must do; it takes a quarter of the time, too.
SAY = """
import sys
sys.modules["ensurepip"] = None
import environment
environment.enter("saying")
"""


class Checkout:
    """A checkout with a command that says in which environment it runs, then waits for a line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        scripts = root / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(ENVIRONMENT, scripts)
        (scripts / "say").write_text(SAY)
        (root / "saying.py").write_text("import sys\nprint(sys.prefix, flush=True)\ninput()\n")
        self.asks_for("nothing")

    def asks_for(self, what: str) -> None:
        (self.root / "requirements.lock").write_text(f"# {what}\n")

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / "scripts" / "say")],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environments(self) -> set[Path]:
        return {path for path in (self.root / ".venvs").iterdir() if path.is_dir() and not path.is_symlink()}


def where(command: subprocess.Popen[str]) -> Path:
    """Where it runs, once it does."""
    assert command.stdout is not None
    return Path(command.stdout.readline().strip())


def end(command: subprocess.Popen[str]) -> str:
    """Let it go; returns what it told the person."""
    said = command.communicate("\n", PATIENCE_SECONDS)[1]
    assert command.returncode == 0, said
    return said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a folder, à part")


def test_starts_at_once_share_an_environment_which_stays_while_one_of_them_runs(checkout: Checkout) -> None:
    commands = [checkout.start() for _ in range(2)]
    first, same = (where(command) for command in commands)
    said = "".join(end(command) for command in commands)
    assert first == same
    assert said.count("environment ready") == 1

    checkout.asks_for("something else")
    running = checkout.start()
    second = where(running)
    assert checkout.environments() == {second}

    checkout.asks_for("a third thing")
    updated = checkout.start()
    third = where(updated)
    assert checkout.environments() == {second, third}
    end(running)
    end(updated)


def test_a_start_killed_half_way_is_made_good_by_the_next(checkout: Checkout) -> None:
    killed = checkout.start()
    while not list(checkout.root.glob(".venvs/*/pyvenv.cfg")):
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (checkout.root / ".venv").exists()

    following = checkout.start()
    environment = where(following)
    end(following)

    assert checkout.environments() == {environment}
    assert (checkout.root / ".venv").resolve() == environment
