"""Structured logs: one JSON object per line on standard output, written by a thread so that requests do not wait."""

import atexit
import logging
import sys
import threading
import time
from collections.abc import Iterator, MutableMapping
from queue import Empty, SimpleQueue
from select import PIPE_BUF
from typing import Any, BinaryIO

import structlog
from pydantic_core import to_json

from backend.observability.failures import described_failure

# If the reader of standard output hangs, lines beyond this are dropped and counted, so that memory stays bounded.
MOST_WAITING_LINES = 100_000
PAUSE_SECONDS = 0.05


class LineWriter:
    """A file for structlog that queues lines. A thread writes the queued lines, at most twenty times a second."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._some = threading.Event()
        self._writing = threading.Lock()
        self.dropped = 0
        threading.Thread(target=self._keep_writing, name="log-writer", daemon=True).start()
        atexit.register(self.write_out)

    def write(self, line: bytes) -> None:
        """Queue one line."""
        if self._lines.qsize() < MOST_WAITING_LINES:
            self._lines.put(line)
        else:
            self.dropped += 1
        if not self._some.is_set():
            self._some.set()

    def flush(self) -> None:
        """Do nothing. structlog calls this after each line, but the thread flushes after each batch."""

    def write_out(self) -> None:
        """Write all queued lines now."""
        with self._writing:
            gathered: list[bytes] = []
            while True:
                try:
                    gathered.append(self._lines.get_nowait())
                except Empty:
                    break
            if self.dropped:
                gathered.append(to_json({"event": "log.dropped", "lines": self.dropped}) + b"\n")
                self.dropped = 0
            try:
                for part in _parts(gathered):
                    self._file.write(part)
                    self._file.flush()
            except (OSError, ValueError):
                return  # standard output is closed, so there is nowhere to report it

    def _keep_writing(self) -> None:
        while True:
            self._some.wait()
            time.sleep(PAUSE_SECONDS)
            self._some.clear()
            self.write_out()


def _parts(lines: list[bytes]) -> Iterator[bytes]:
    """Join lines to parts that a pipe takes whole, so that those of several processes do not mix within a line."""
    part: list[bytes] = []
    length = 0
    for line in lines:
        if part and length + len(line) > PIPE_BUF:
            yield b"".join(part)
            part, length = [], 0
        part.append(line)
        length += len(line)
    yield b"".join(part)


def configure_logs(level: str, file: BinaryIO | None = None) -> LineWriter:
    """Write structlog's and the standard library's log lines as one JSON stream. Call it once per process."""
    writer = LineWriter(file or sys.stdout.buffer)
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    structlog.configure(
        processors=[*shared, _as_json],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # structlog only calls `write` and `flush`, which LineWriter has.
        logger_factory=structlog.BytesLoggerFactory(file=writer),  # type: ignore[arg-type]
        # Module-level loggers outlive a configuration: cached, they would write to the stream of an earlier one.
        cache_logger_on_first_use=False,
    )
    handler = _Handler(writer)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_text],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # Below WARNING, libraries log addresses, job arguments and whole URLs.
    root.setLevel(max(least, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(max(least, logging.INFO))
    # Its lines contain raw paths and addresses; EveryRequest logs requests instead.
    logging.getLogger("uvicorn.access").disabled = True
    return writer


class _Handler(logging.Handler):
    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.write(self.format(record).encode() + b"\n")


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by a description without values. A structlog processor."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else sys.exc_info()[1] if told is True else told
    if isinstance(error, BaseException):
        event.update(described_failure(error))
    return event


def _as_json(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    return to_json(event, fallback=str)


def _as_text(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    return to_json(event, fallback=str).decode()
