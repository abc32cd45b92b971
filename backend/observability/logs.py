"""Structured logs: one JSON object a line on standard output, written by a thread so that no request waits for it."""

import atexit
import logging
import sys
import threading
import time
from collections.abc import MutableMapping
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

import structlog
from pydantic_core import to_json

from backend.observability.failures import described_failure

# A reader that stands still must not make the process grow without end: lines beyond this are dropped and counted.
MOST_WAITING_LINES = 100_000
PAUSE_SECONDS = 0.05


class LineWriter:
    """A file for structlog that only queues; a thread writes what has gathered, at most twenty times a second."""

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
        """Do nothing: structlog flushes after each line, the thread after each gathering."""

    def write_out(self) -> None:
        """Write everything queued, now."""
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
                self._file.write(b"".join(gathered))
                self._file.flush()
            except (OSError, ValueError):
                return  # standard output is gone: there is nobody to tell

    def _keep_writing(self) -> None:
        while True:
            self._some.wait()
            time.sleep(PAUSE_SECONDS)
            self._some.clear()
            self.write_out()


def configure_logs(level: str, file: BinaryIO | None = None) -> LineWriter:
    """Send structlog's lines, and those of libraries that use `logging`, to one JSON stream; once a process."""
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
        # structlog only writes to it and flushes it.
        logger_factory=structlog.BytesLoggerFactory(file=writer),  # type: ignore[arg-type]
        # Loggers of modules live as long as the process: kept ones would write to a stream of the past.
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
    # What libraries tell in passing holds addresses, arguments of jobs, whole URLs.
    root.setLevel(max(least, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(max(least, logging.INFO))
    # Its lines hold raw paths and addresses; EveryRequest writes ours instead.
    logging.getLogger("uvicorn.access").disabled = True
    return writer


class _Handler(logging.Handler):
    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.write(self.format(record).encode() + b"\n")


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by what may be told of it."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else sys.exc_info()[1] if told is True else told
    if isinstance(error, BaseException):
        event.update(described_failure(error))
    return event


def _as_json(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    return to_json(event, fallback=str)


def _as_text(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    return to_json(event, fallback=str).decode()
