"""The project's own Python environment: `.venv`, built from `requirements.lock` if it is missing or out of date.

This module uses only the standard library. A Python that is too old for the project can still import it, so that it can
say which version is needed.

`.venv` is a link to one of the folders in `.venvs/`. A new environment is built in a new folder, then the link is
switched in one step. So nobody ever uses what a killed build left, and a server that still runs in the previous
environment keeps it: each run holds a shared lock on the stamp file of the environment that it uses.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
LINK = ROOT / ".venv"
STORE = ROOT / ".venvs"
STAMP = "ecopanier.json"
OLDEST_PYTHON = (3, 11)


def enter(module: str, *arguments: str) -> None:
    """Become `python -m <module>` in the project's environment, which is built first if needed. Does not return."""
    try:
        python = ready()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The next start builds the Python environment again.")
    except OSError as problem:
        sys.exit(f"Cannot prepare the Python environment: {problem}")
    environment = dict(os.environ)
    # Modules of another Python must not be imported here, and without .pyc files every start would be slow.
    for name in ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    if environment.get("ECOPANIER_DATA_DIR"):  # relative to the folder in which the person typed it
        environment["ECOPANIER_DATA_DIR"] = os.path.abspath(environment["ECOPANIER_DATA_DIR"])
    os.chdir(ROOT)
    os.execve(python, [str(python), "-m", module, *arguments], environment)


def ready() -> Path:
    """Return the interpreter of an environment that matches requirements.lock, building it if needed.

    The environment is locked against deletion while this process lives.
    """
    require_python()
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    while True:
        environment = current_environment(wanted) or make(wanted)
        with contextlib.suppress(FileNotFoundError):  # another run may have just replaced and removed it
            kept = hold(environment / STAMP, exclusive=False)
            if (environment / STAMP).exists():
                os.set_inheritable(kept, True)  # so that the lock survives the exec that follows
                return environment / "bin" / "python"


def require_python() -> None:
    """If this Python is too old, restart with a newer one of this machine; exit with a message if there is none."""
    if os.name != "posix":
        sys.exit("EcoPanier runs on Linux and macOS. On Windows, use WSL.")
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # Try it first: it may be a version manager's shim without a Python behind it.
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, *sys.argv])
    sys.exit(f"EcoPanier needs Python 3.{OLDEST_PYTHON[1]} or newer; this is {sys.version.split()[0]}.")


def current_environment(wanted: str) -> Path | None:
    """Return the environment that `.venv` links to, if it is complete, built from this lock, and has its Python."""
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
    """Lock a file, for as long as the returned descriptor is open. Without `wait`, raises BlockingIOError if taken."""
    import fcntl  # does not exist on Windows, where require_python has exited before

    descriptor = os.open(path, os.O_RDONLY)
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make(wanted: str) -> Path:
    """Build a new environment, point `.venv` to it, and remove environments that nobody uses. Return it.

    If another run builds it at the same time, wait for that one and return its environment.
    """
    STORE.mkdir(exist_ok=True)
    try:
        only_builder = hold(STORE, exclusive=True, wait=False)
    except BlockingIOError:
        print("Another run is preparing the Python environment; waiting for it …", file=sys.stderr, flush=True)
        only_builder = hold(STORE, exclusive=True)
    try:
        current = current_environment(wanted)  # another run may have built it while we waited
        if current is None:
            current = STORE / f"{wanted[:12]}-{time.time_ns():x}"
            build(current, wanted)
            switch_to(current)
            remove_unused(current)
        return current
    finally:
        os.close(only_builder)


def build(folder: Path, wanted: str) -> None:
    """Create an environment in this folder and install requirements.lock into it. Its stamp file is written last."""
    started = time.monotonic()
    print("Preparing the Python environment (.venv). This is done once.", file=sys.stderr, flush=True)
    pip = create(folder)
    install(pip)
    python = os.path.realpath(folder / "bin" / "python")
    (folder / STAMP).write_text(json.dumps({"lock": wanted, "python": python}))
    print(f"Python environment ready in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)


def create(folder: Path) -> list[str]:
    """Create an empty environment, and return the command that runs pip for it."""
    command = [sys.executable, "-m", "venv", str(folder)]
    if importlib.util.find_spec("ensurepip") is not None:
        pip = [str(folder / "bin" / "python"), "-m", "pip"]
    elif importlib.util.find_spec("pip") is not None:  # on Debian, with python3-pip but without python3-venv
        command.insert(3, "--without-pip")
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    else:
        version = f"3.{sys.version_info.minor}"
        sys.exit(
            f"\nThis Python ({sys.executable}) lacks ensurepip, which venv needs. Install it, then start again:\n"
            f"  Debian, Ubuntu:  apt install python{version}-venv\n"
            "  other systems:   install the package that contains pip for this Python"
        )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"\nCould not create {folder}:\n{done.stdout}{done.stderr}")
    return pip


def install(pip: list[str]) -> None:
    """Install requirements.lock with pip, which shows its own progress and respects its own configuration."""
    command = [*pip, "install", "--require-hashes", "--no-deps", "--no-input", "--disable-pip-version-check"]
    installed = subprocess.run(
        [*command, "-r", str(LOCK)],
        stdout=sys.stderr,  # standard output belongs to the command that needs the environment
        env={**os.environ, "PIP_USER": "0"},  # --user in pip's configuration would install outside the environment
        check=False,
    )
    if installed.returncode != 0:
        sys.exit("\npip could not install requirements.lock. Nothing was changed; start again once this is solved.")


def switch_to(environment: Path) -> None:
    """Point `.venv` to this environment in one step. A folder `.venv` that somebody else made is renamed first."""
    if LINK.exists() and not LINK.is_symlink():
        aside = LINK.with_name(f".venv.before-{time.time_ns():x}")
        LINK.rename(aside)
        print(f"There was a folder .venv that this project did not create; it is now {aside.name}.", file=sys.stderr)
    new = STORE / "link"
    new.unlink(missing_ok=True)
    new.symlink_to(environment.relative_to(ROOT))
    new.replace(LINK)


def remove_unused(kept: Path) -> None:
    """Delete environments that no process uses, and what killed builds left."""
    for other in STORE.iterdir():
        if other == kept or other.is_symlink() or not other.is_dir():
            continue
        with contextlib.ExitStack() as until_gone:
            try:
                until_gone.callback(os.close, hold(other / STAMP, exclusive=True, wait=False))
                (other / STAMP).unlink()  # first, so that nobody enters an environment that is being deleted
            except BlockingIOError:
                continue
            except FileNotFoundError:
                pass  # an unfinished build; nobody else builds while we hold the lock
            shutil.rmtree(other, ignore_errors=True)
