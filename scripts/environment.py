"""The project's own Python environment: `.venv`, made from `requirements.lock` when it is missing or out of date.

Standard library only, and importable by a Python too old for the rest, so that it can say which one is needed.

`.venv` is a link to one of several folders in `.venvs/`: a new environment is built aside, then the link is switched in
one step. So a build that was killed leaves nothing behind that anyone would use, and a server that still runs in the
previous environment keeps it: each run holds a shared lock on the stamp of the environment it uses.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
LINK = ROOT / ".venv"
STORE = ROOT / ".venvs"
STAMP = "ecopanier.json"
OLDEST_PYTHON = (3, 11)
QUIET_SECONDS = 5  # without a terminal, a line of progress at most this often


def enter(module: str, *arguments: str) -> None:
    """Become `python -m <module>` of the project's environment, made first where needed; does not return."""
    try:
        python = ready()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The next start begins anew.")
    except OSError as problem:
        sys.exit(f"Cannot prepare the Python environment: {problem}")
    environment = dict(os.environ)
    # Another Python's modules must not leak into ours; and what is compiled anew at every start makes it slow.
    for name in ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    if environment.get("ECOPANIER_DATA_DIR"):  # as the person typed it, from where they typed it
        environment["ECOPANIER_DATA_DIR"] = os.path.abspath(environment["ECOPANIER_DATA_DIR"])
    os.chdir(ROOT)
    os.execve(python, [str(python), "-m", module, *arguments], environment)


def ready() -> Path:
    """The interpreter of an environment that matches requirements.lock, kept from deletion while this process lives."""
    require_python()
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    while True:
        environment = current_environment(wanted) or make(wanted)
        with contextlib.suppress(FileNotFoundError):  # another run may have replaced and removed it just now
            kept = hold(environment / STAMP, exclusive=False)
            if (environment / STAMP).exists():
                os.set_inheritable(kept, True)  # the lock survives the exec that follows
                return environment / "bin" / "python"


def require_python() -> None:
    """Go on with a newer Python of this machine if this one is too old; say what is missing if there is none."""
    if os.name != "posix":
        sys.exit("EcoPanier runs on Linux and macOS; on Windows, inside WSL.")
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # It is tried first: a version manager's shim may stand there without a Python behind it.
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, *sys.argv])
    sys.exit(f"EcoPanier needs Python 3.{OLDEST_PYTHON[1]} or newer; this is {sys.version.split()[0]}.")


def current_environment(wanted: str) -> Path | None:
    """The environment that `.venv` leads to, if it is whole, made from this lock, and its Python is still there."""
    if not LINK.is_symlink():
        return None
    environment = LINK.resolve()
    try:
        stamp = json.loads((environment / STAMP).read_text())
    except (OSError, ValueError):
        return None
    python = os.path.realpath(environment / "bin" / "python")
    whole = stamp == {"lock": wanted, "python": python} and os.access(python, os.X_OK)
    return environment if whole else None


def hold(path: Path, *, exclusive: bool, wait: bool = True) -> int:
    """A lock on a file for as long as the returned descriptor is open. Raises BlockingIOError if not to wait."""
    import fcntl  # not on Windows, which require_python answers

    descriptor = os.open(path, os.O_RDONLY)
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make(wanted: str) -> Path:
    """Build an environment aside, lead `.venv` to it, remove those that nobody uses any more."""
    STORE.mkdir(exist_ok=True)
    try:
        only_builder = hold(STORE, exclusive=True, wait=False)
    except BlockingIOError:
        print("Another run is preparing the Python environment; waiting for it …", file=sys.stderr, flush=True)
        only_builder = hold(STORE, exclusive=True)
    try:
        current = current_environment(wanted)  # made while we waited?
        if current is None:
            current = STORE / f"{wanted[:12]}-{time.time_ns():x}"
            build(current, wanted)
            lead_to(current)
            remove_unused(current)
        return current
    finally:
        os.close(only_builder)


def build(folder: Path, wanted: str) -> None:
    """Make the environment in this folder and install the lock file into it; the stamp comes last."""
    started = time.monotonic()
    progress = Progress()
    progress.say("Preparing the Python environment (.venv), once: creating it")
    pip = create(folder)
    install(pip, folder, progress)
    python = os.path.realpath(folder / "bin" / "python")
    (folder / STAMP).write_text(json.dumps({"lock": wanted, "python": python}))
    progress.end(f"Python environment ready in {time.monotonic() - started:.0f} s.")


def create(folder: Path) -> list[str]:
    """Make an empty environment; returns the command that runs pip for it."""
    command = [sys.executable, "-m", "venv", str(folder)]
    if importlib.util.find_spec("ensurepip") is not None:
        pip = [str(folder / "bin" / "python"), "-m", "pip"]
    elif importlib.util.find_spec("pip") is not None:  # Debian's Python without python3-venv, but with python3-pip
        command.insert(3, "--without-pip")
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    else:
        version = f"3.{sys.version_info.minor}"
        sys.exit(
            f"\nThis Python ({sys.executable}) lacks ensurepip, which venv needs. Install it, then start again:\n"
            f"  Debian, Ubuntu:  apt install python{version}-venv\n"
            "  elsewhere:       the package that brings pip for this Python"
        )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"\nCould not create {folder}:\n{done.stdout}{done.stderr}")
    return pip


def install(pip: list[str], folder: Path, progress: Progress) -> None:
    """Install requirements.lock with pip, whose own configuration (files, PIP_*) is respected."""
    pinned = re.findall(r"^\w.*==.*", LOCK.read_text(), re.MULTILINE)
    total = sum(not re.search("== '(win32|emscripten)'", line) for line in pinned)
    command = [*pip, "install", "--require-hashes", "--no-deps", "--no-input", "--progress-bar", "off"]
    running = subprocess.Popen(
        [*command, "--disable-pip-version-check", "-r", str(LOCK)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1"},  # a configured --user would miss the environment
    )
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=read_into, args=(running, lines), daemon=True).start()
    said: list[str] = []
    fetched = to_install = 0
    try:
        while True:
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=0.3)
                if line is None:
                    break
                said.append(line)
                if line.startswith(("Collecting ", "Processing ")):
                    fetched += 1
                    progress.say(f"Fetching packages: {fetched} of about {total}")
                if line.startswith("Installing collected packages:"):
                    to_install = line.count(",") + 1
            if to_install:  # pip says nothing while it installs
                installed = sum(1 for _ in folder.glob("lib/python*/site-packages/*.dist-info"))
                progress.say(f"Installing packages: {min(installed, to_install)} of {to_install}")
    except BaseException:
        running.terminate()
        running.wait()
        raise
    if running.wait() != 0:
        progress.end("pip could not install requirements.lock:")
        sys.exit("".join(said[-15:]) + "\nNothing was changed; start again once this is solved.")


def read_into(running: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Hand on what a process writes, line by line, then None."""
    for line in running.stdout or ():
        lines.put(line)
    lines.put(None)


def lead_to(environment: Path) -> None:
    """Switch `.venv` to this environment in one step; somebody's own folder of that name is kept beside it."""
    if LINK.exists() and not LINK.is_symlink():
        aside = LINK.with_name(f".venv.before-{time.time_ns():x}")
        LINK.rename(aside)
        print(f"There was a folder .venv that this project had not made; it is now {aside.name}.", file=sys.stderr)
    new = STORE / "link"
    new.unlink(missing_ok=True)
    new.symlink_to(environment.relative_to(ROOT))
    new.replace(LINK)


def remove_unused(kept: Path) -> None:
    """Delete the environments in which nothing runs, and what killed builds left."""
    for other in STORE.iterdir():
        if other == kept or other.is_symlink() or not other.is_dir():
            continue
        with contextlib.ExitStack() as until_gone:
            try:
                until_gone.callback(os.close, hold(other / STAMP, exclusive=True, wait=False))
                (other / STAMP).unlink()  # first, so that nobody enters what is being deleted
            except BlockingIOError:
                continue
            except FileNotFoundError:
                pass  # never finished; and no one else builds while we hold the lock
            shutil.rmtree(other, ignore_errors=True)


class Progress:
    """One changing line on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self.changing = sys.stderr.isatty()
        self.last_said = float("-inf")

    def say(self, text: str) -> None:
        if self.changing:
            width = shutil.get_terminal_size().columns
            sys.stderr.write(f"\r\033[K{text[: width - 1]}")
        elif time.monotonic() - self.last_said >= QUIET_SECONDS:
            self.last_said = time.monotonic()
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def end(self, text: str) -> None:
        sys.stderr.write(f"\r\033[K{text}\n" if self.changing else f"{text}\n")
        sys.stderr.flush()
