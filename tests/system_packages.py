"""Real programs for tests: a pytest plugin that installs the system's packages where it may.

A test that drives a program which no Python package brings says so:

    @pytest.mark.needs_program("pgbouncer", "pgbouncer")  # the program, then Debian's packages that bring it

If the program is missing and this is Debian with root's rights, apt-get installs it. Where that is not possible, the
test is deselected and the run's last lines say what was missing and how many tests were therefore not run. With
CI=true nothing is deselected: there, such a test fails.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

APT = ("apt-get", "--yes", "--quiet", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=1")
LONGEST_SECONDS = 600
MARK = "needs_program"
not_run = pytest.StashKey[dict[str, int]]()


def missing(program: str, *packages: str) -> str | None:
    """Return why a program cannot be used here, or None if it can; install its packages first if they are missing.

    Workers of one run come here at once: one installs, the others wait and read the outcome. So all decide alike.
    """
    if _is_complete(program, packages):
        return None
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    name = hashlib.sha256(f"{run} {packages}".encode()).hexdigest()[:16]
    outcome = Path(tempfile.gettempdir(), f"ecopanier-packages-{os.geteuid()}-{name}")
    with Path(tempfile.gettempdir(), f"ecopanier-packages-{os.geteuid()}.lock").open("a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not outcome.exists():
            outcome.write_text(_install(program, packages) or "")
        return outcome.read_text() or None


def _is_complete(program: str, packages: tuple[str, ...]) -> bool:
    if shutil.which(program) is None:
        return False
    if shutil.which("dpkg-query") is None:
        return True  # not Debian: the program came in another way
    asked = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}\n", *packages]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return said.returncode == 0 and set(said.stdout.split()) == {"installed"}


def _install(program: str, packages: tuple[str, ...]) -> str | None:
    """Install packages. Returns why that failed, or None."""
    if _is_complete(program, packages):
        return None  # another run on this machine was faster
    by_hand = f"{program} is missing: apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return by_hand
    install = ("install", "--no-install-recommends", *packages)
    said = ""
    # The package lists may be missing or old, but updating them takes longer than most installs.
    for command in (install, ("update",), install):
        said = _apt_get(*command)
        if _is_complete(program, packages):
            return None
    return f"{by_hand} (which failed: {said})"


def _apt_get(*command: str) -> str:
    """Run apt-get and return the last line that it wrote."""
    try:
        done = subprocess.run(
            [*APT, *command],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {LONGEST_SECONDS} s"
    return (done.stdout.strip().splitlines() or ["no word"])[-1]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(program, *packages): a program that Debian's packages bring")
    config.stash[not_run] = {}


def _missing_for(item: pytest.Item) -> str | None:
    reasons = (missing(*mark.args) for mark in item.iter_markers(MARK))
    return next((reason for reason in reasons if reason is not None), None)


@pytest.hookimpl(trylast=True)  # after -k and -m have chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests whose program is missing, unless this is CI."""
    if os.environ.get("CI") == "true" or config.option.collectonly:
        return
    for item in list(items):
        if (reason := _missing_for(item)) is not None:
            items.remove(item)
            config.hook.pytest_deselected(items=[item])
            config.stash[not_run][reason] = config.stash[not_run].get(reason, 0) + 1


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose program is missing in CI."""
    if (reason := _missing_for(item)) is not None:
        pytest.fail(reason, pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of xdist: hand over what was not run to the process that prints the summary."""
    if (handed_over := getattr(session.config, "workeroutput", None)) is not None:
        handed_over[MARK] = session.config.stash[not_run]


@pytest.hookimpl(optionalhook=True)  # xdist's
def pytest_testnodedown(node: Any) -> None:
    """Note what a worker did not run; each worker collects, and deselects, the same tests."""
    node.config.stash[not_run].update(getattr(node, "workeroutput", {}).get(MARK, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason, count in config.stash[not_run].items():
        terminalreporter.write_line(f"{count} tests were not run: {reason}", yellow=True)
