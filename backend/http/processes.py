"""Serve an app with several processes that share one port.

The first process, the parent, imports the app and forks, so that the others share its memory. It serves nothing itself:
it passes on signals and replaces a process that ends. What the processes share stands in `Siblings`.
"""

import asyncio
import gc
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from backend.http.serving import DRAIN_SECONDS, START_FAILED, server

WAITING_CONNECTIONS = 2048
BUSIER_WAITS_SECONDS = 0.001
PAUSE_SECONDS = 1.0  # before a process is replaced, or accepts again after a failure
ENDING = (signal.SIGINT, signal.SIGTERM)

log = structlog.get_logger("ecopanier.processes")


@dataclass(frozen=True)
class Siblings:
    """The facts that one of several serving processes knows about the others.

    number: its own, from 0. connections: how many each of them has, by number, in shared memory. parent: a file that
    ends when the parent does. tells, hears: a way from all of them to number 0, message by message.
    """

    number: int
    connections: memoryview
    parent: int
    tells: socket.socket
    hears: socket.socket


_siblings: Siblings | None = None


def siblings() -> Siblings | None:
    """Return what this process knows of those that serve with it; None if it serves alone."""
    return _siblings


class _Sharing(uvicorn.Server):
    """A server on a socket from which other processes accept connections too.

    uvicorn's own accepts all connections that wait at once, so that one process would get nearly all of them. This one
    accepts one at a time, and lets a process with fewer connections go first.
    """

    def __init__(self, config: uvicorn.Config, listening: socket.socket, shared: Siblings) -> None:
        super().__init__(config)
        self._listening = listening
        self._shared = shared
        self._accepting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the app, then accept connections."""
        await super().startup(sockets=[])
        asyncio.get_running_loop().add_reader(self._shared.parent, self._end)
        self._accepting = asyncio.create_task(self._accept())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections, finish the requests that run, and end the app."""
        asyncio.get_running_loop().remove_reader(self._shared.parent)
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        self._listening.close()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Do uvicorn's regular work, and tell the others how many connections are open."""
        self._count()
        return await super().on_tick(counter)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._shared.parent)
        self.should_exit = True

    def _count(self) -> int:
        mine = len(self.server_state.connections)
        self._shared.connections[self._shared.number] = mine
        return mine

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._somebody_waits(loop)
            if self._count() > min(self._shared.connections):
                await asyncio.sleep(BUSIER_WAITS_SECONDS)
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                continue  # another process was faster, or the client changed its mind
            except OSError as problem:
                log.warning("connections.not_accepted", error=problem.strerror)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, connection)

    async def _somebody_waits(self, loop: asyncio.AbstractEventLoop) -> None:
        somebody = asyncio.Event()
        loop.add_reader(self._listening, somebody.set)
        try:
            await somebody.wait()
        finally:
            loop.remove_reader(self._listening)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn makes it
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state, _loop=None
        )
        return made


class _Parent:
    """The process that starts the others and ends when all of them have."""

    def __init__(self, app: ASGIApp, listening: socket.socket, count: int, ended: Callable[[int], None]) -> None:
        self._app = app
        self._listening = listening
        self._ended = ended
        self._connections = memoryview(mmap.mmap(-1, 4 * count)).cast("I")
        self._life, self._held = os.pipe()
        self._hears, self._tells = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._hears, self._tells):
            end.setblocking(False)
        self._running: dict[int, int] = {}
        self._signal: int | None = None
        self._failed = False

    def run(self) -> None:
        """Keep the processes running until a signal ends them, or one of them cannot start."""
        for which in ENDING:
            signal.signal(which, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        for number in range(len(self._connections)):
            self._start(number)
        while self._running:
            pid, status = os.wait()
            number = self._running.pop(pid)
            self._ended(pid)
            if self._signal is not None or self._failed:
                continue
            how = os.waitstatus_to_exitcode(status)
            if how == START_FAILED:
                self._failed = True
                self._end_all(signal.SIGTERM)
                continue
            sys.stderr.write(f"A serving process ended (status {how}). Another one takes its place.\n")
            time.sleep(PAUSE_SECONDS)
            self._start(number)
        if self._failed:
            raise SystemExit(START_FAILED)
        if self._signal == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)  # what a shell says of a process that this signal ended

    def _start(self, number: int) -> None:
        with _no_signals():  # until the new process no longer has our handlers, and we know of it
            if self._signal is not None:
                return
            self._connections[number] = 0
            pid = os.fork()
            if pid == 0:
                for which in (*ENDING, signal.SIGALRM):
                    signal.signal(which, signal.SIG_DFL)
            else:
                self._running[pid] = number
        if pid == 0:
            os.close(self._held)
            self._serve(number)

    def _serve(self, number: int) -> None:
        """Serve in a new process, and end it."""
        global _siblings
        _siblings = Siblings(number, self._connections, self._life, self._tells, self._hears)
        served = _Sharing(server(self._app).config, self._listening, _siblings)
        status = START_FAILED
        try:
            served.run()
            status = 0 if served.started else START_FAILED
        except KeyboardInterrupt:
            status = 0
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else START_FAILED
        finally:
            sys.stdout.flush()
            os._exit(status)  # what the parent would do at its end is not for this process to do

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._signal = number
        self._end_all(signal.SIGTERM)

    def _end_all(self, how: signal.Signals) -> None:
        signal.alarm(DRAIN_SECONDS + 5)
        for pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, how)

    def _kill(self, _number: int, _frame: FrameType | None) -> None:
        self._end_all(signal.SIGKILL)


@contextmanager
def _no_signals() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def serve_in_processes(app: ASGIApp, host: str, port: int, count: int, ended: Callable[[int], None]) -> None:
    """Serve an app with `count` processes until SIGINT or SIGTERM.

    ended: called in the parent with the id of each process that ended. Exits with status 3 if the port cannot be opened
    or a process cannot start the app.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=WAITING_CONNECTIONS)
    except OSError as problem:
        sys.stderr.write(f"Port {port} of {host} cannot be opened: {problem.strerror}.\n")
        raise SystemExit(START_FAILED) from None
    listening.setblocking(False)
    gc.collect()
    gc.freeze()  # so that garbage collections in the new processes leave the shared memory alone
    _Parent(app, listening, count, ended).run()
