"""Child processes that do not outlive us, each with a log file for its output."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

LARGEST_LOG_BYTES = 10_000_000

# Each child has a guard, a shell that ends it when we are killed. The kernel's PR_SET_PDEATHSIG is no alternative: it
# depends on the thread that started the child and exists on Linux only. The guard reads from a pipe of ours. If it gets
# a last line, we stopped the child ourselves; if the pipe closes without one, we were killed.
GUARD = """
trap '' HUP INT QUIT TERM
read -r child || exit 0
read -r done && exit 0
kill -s "$1" "$child" || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; kill -0 "$child" || exit 0; done
kill -s KILL "$child"
"""


class Guarded:
    """A child process that ends when we are killed. It has its own session, so that Ctrl-C reaches only us.

    if_orphaned: the signal that it gets when we die without having stopped it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        if_orphaned: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", if_orphaned.name.removeprefix("SIG")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        try:
            with open_log(log) as output:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=folder,
                    start_new_session=True,
                )
        except BaseException:
            self._guard.communicate()
            raise
        self.pid = self._process.pid
        assert self._guard.stdin is not None
        print(self.pid, file=self._guard.stdin, flush=True)

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.poll()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, within_seconds: float = 20.0) -> int:
        """Send the signal, kill the process if it has not ended within the time, and return its exit status.

        Does nothing to a process that has already ended.
        """
        self._process.send_signal(with_signal)
        try:
            self._process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        status = self._process.wait()
        with suppress(BrokenPipeError):
            self._guard.communicate("done\n")
        return status


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending. A large log is first renamed to `<name>.1`, replacing an earlier one of that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_lines(path: Path, count: int = 20) -> str:
    """Return the last lines of a log, to be shown to a person."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
