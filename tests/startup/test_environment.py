"""The virtual environment that the scripts create for themselves, in checkouts with an empty lock file."""

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

# Without ensurepip, as on Debian without python3-venv, pip alone must suffice. It also takes a quarter of the time.
SAY = """
import sys
sys.modules["ensurepip"] = None
import environment
environment.enter("saying")
"""


class Checkout:
    """A checkout with a command that prints the environment it runs in, then waits for a line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        scripts = root / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(ENVIRONMENT, scripts)
        (scripts / "say").write_text(SAY)
        (root / "saying.py").write_text("import sys\nprint(sys.prefix, flush=True)\ninput()\n")
        self.change_lock_file("nothing")

    def change_lock_file(self, comment: str) -> None:
        (self.root / "requirements.lock").write_text(f"# {comment}\n")

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


def environment_of(command: subprocess.Popen[str]) -> Path:
    """Wait until the command runs; return its environment's folder."""
    assert command.stdout is not None
    return Path(command.stdout.readline().strip())


def end(command: subprocess.Popen[str]) -> str:
    """Let the command finish; return its output on stderr."""
    said = command.communicate("\n", PATIENCE_SECONDS)[1]
    assert command.returncode == 0, said
    return said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a folder, à part")


def test_an_environment_is_shared_and_kept_while_a_command_uses_it(checkout: Checkout) -> None:
    commands = [checkout.start() for _ in range(2)]
    first, same = (environment_of(command) for command in commands)
    said = "".join(end(command) for command in commands)
    assert first == same
    assert said.count("environment ready") == 1

    checkout.change_lock_file("something else")
    running = checkout.start()
    second = environment_of(running)
    assert checkout.environments() == {second}

    checkout.change_lock_file("a third thing")
    updated = checkout.start()
    third = environment_of(updated)
    assert checkout.environments() == {second, third}
    end(running)
    end(updated)


def test_the_start_after_a_killed_one_completes_the_environment(checkout: Checkout) -> None:
    killed = checkout.start()
    while not list(checkout.root.glob(".venvs/*/pyvenv.cfg")):
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (checkout.root / ".venv").exists()

    following = checkout.start()
    environment = environment_of(following)
    end(following)

    assert checkout.environments() == {environment}
    assert (checkout.root / ".venv").resolve() == environment


def test_a_failed_installation_shows_pip_s_error_and_is_not_used(checkout: Checkout) -> None:
    (checkout.root / "requirements.lock").write_text("not a requirement\n")
    failed = checkout.start()
    printed, said = failed.communicate(timeout=PATIENCE_SECONDS)

    assert (failed.returncode, printed) == (1, "")
    assert "Invalid requirement" in said
    assert "pip could not install requirements.lock" in said
    assert not (checkout.root / ".venv").exists()

    checkout.change_lock_file("nothing")
    following = checkout.start()
    environment = environment_of(following)
    end(following)
    assert checkout.environments() == {environment}
