"""The local server of a stand-in, which runs on its own or in a test's process."""

import os
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.applications import Starlette

from backend.http.serving import server


class RefusedInProduction(RuntimeError):
    """Raised in production: a stand-in moves no money, knows five baguettes, and signs in whoever asks."""


def refuse_in_production(called: str) -> None:
    """Raise RefusedInProduction where ECOPANIER_ENV=production. called: whom the stand-in stands in for."""
    if os.environ.get("ECOPANIER_ENV", "").strip().lower() == "production":
        raise RefusedInProduction(f"The {called} stand-in does not run where ECOPANIER_ENV=production.")


class LocalServer:
    """A port of this machine, bound at once and served by `serve`, or from a thread of its own after `start`."""

    def __init__(self, called: str, host: str, port: int, backlog: int = 256) -> None:
        """Bind the port; 0 means any free one. called: whom it stands in for. Raises OSError for a port in use."""
        self._called = called
        self._socket = socket.create_server((host, port), backlog=backlog)  # it listens already, so early callers wait
        self.base_url = f"http://{host}:{self._socket.getsockname()[1]}"
        self._thread: threading.Thread | None = None

    def answer_with(self, app: Starlette) -> None:
        """Set what answers requests.

        Only critical errors are logged: a test may ask for lost replies and broken connections.
        """
        self._server = server(app, drain_seconds=1, log_level="critical")

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.base_url.rpartition(":")[2])

    def serve(self) -> None:
        """Serve until stopped or interrupted; returns when everything is closed."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def start(self) -> None:
        """Serve from a thread."""
        self._thread = threading.Thread(target=self.serve, name=f"{self._called.lower()} stand-in", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, and wait for the thread."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def write_port(port_file: Path | None, port: int) -> None:
    """Write the port to a file, if there is one, whole or not at all, so that nobody reads half a number."""
    if port_file is not None:
        written = port_file.with_name(port_file.name + ".new")
        written.write_text(f"{port}\n")
        os.replace(written, port_file)
