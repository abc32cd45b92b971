"""Turn an uploaded photo into pictures. Files are decoded in processes of their own, by backend/photos/decoder.py.

At most two photos are decoded at a time, and one of each account. One that takes too much processor time ends its
process, and one whose request is given up is stopped; others wait for neither.
"""

import asyncio
import atexit
import fcntl
import io
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Literal, TypeAlias, cast
from weakref import WeakValueDictionary

import structlog
from PIL import Image
from starlette.datastructures import UploadFile

from backend.photos import decoder
from backend.photos.problems import (
    PhotoDecoderUnavailable,
    PhotoOfWrongType,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoTooManyScans,
    PhotoUnreadable,
)
from backend.problems.problem import Problem
from backend.settings import settings

Size: TypeAlias = Literal["full", "card"]
Encoded: TypeAlias = dict[Size, bytes]

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 25_000_000
# A progressive JPEG is decoded scan by scan, each over all pixels: 10 scans are usual, and a file of 200 kB can hold
# thousands. The second bound is that of 25 megapixels in 12 scans.
MOST_SCANS, MOST_SCANNED_PIXELS = 64, 300_000_000
CPU_SECONDS: Final = 5  # a photo of 25 megapixels takes one or two
WAIT_SECONDS: Final = 30.0  # for an answer of the decoder, on a busy machine
LARGEST_ANSWER: Final = 32 * 1024 * 1024
PIPE_BYTES: Final = 1024 * 1024
IDLE_SECONDS: Final = 60.0  # then a decoder is ended; starting one takes about a fifth of a second
AT_ONCE: Final = min(2, os.cpu_count() or 1)  # of all processes that serve together

_PROBLEMS: dict[bytes, type[Problem]] = {
    b"wrong_type": PhotoOfWrongType,
    b"too_many_pixels": PhotoTooManyPixels,
    b"too_many_scans": PhotoTooManyScans,
    b"unreadable": PhotoUnreadable,
}
PROGRAM: Final = (sys.executable, "-m", decoder.__name__)
ROOT: Final = Path(__file__).parents[2]
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "SYSTEMROOT")

log = structlog.get_logger("ecopanier.photos")


@cache
def _threads() -> ThreadPoolExecutor:
    """Return this process's threads for photos: at most so many at a time, because decoding takes much memory."""
    return ThreadPoolExecutor(max(1, AT_ONCE // settings().serving_processes), thread_name_prefix="photos")


_heavy = threading.Lock()
_idle: "list[_Decoder]" = []
# Each account's lock, by event loop. A lock goes when nobody uses it.
_turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures made from a photo.

    pixels: greyscale and upright, at most 2400 px on the longest side, for reading bar codes and print (colour would
    take four times the memory for the whole request). for_model: a JPEG of at most 1280 px on the longest side.
    width, height: of the stored `full` picture, in px.
    """

    pixels: Image.Image = field(repr=False)
    for_model: bytes = field(repr=False)
    width: int
    height: int
    _stored: "asyncio.Future[Encoded]" = field(repr=False)
    _work: "_Work" = field(repr=False)

    async def encoded(self) -> Encoded:
        """Return the pictures to store, as WebP: `full`, at most 1600 px on the longest side, and `card`, at most 480.

        Raises PhotoUnreadable.
        """
        return await asyncio.shield(self._stored)

    def give_up(self) -> None:
        """Stop making what is not made yet."""
        self._work.give_up()


async def read_photo(file: UploadFile, account: Hashable = None) -> Pictures:
    """Return the pictures of an uploaded photo. The file must stay open until then.

    account: whose photo it is; an account's next photo waits until all of this one is made. Cancelling the call stops
    the decoder. Raises PhotoTooLarge, PhotoOfWrongType, PhotoTooManyPixels, PhotoTooManyScans, PhotoUnreadable,
    PhotoDecoderUnavailable.
    """
    if (file.size or 0) > MOST_BYTES:
        raise PhotoTooLarge
    loop = asyncio.get_running_loop()
    turn = asyncio.Lock() if account is None else _turns.setdefault((loop, account), asyncio.Lock())
    await turn.acquire()
    first: asyncio.Future[Pictures] = loop.create_future()
    stored: asyncio.Future[Encoded] = loop.create_future()
    work = _Work()
    try:
        _threads().submit(_make, file.file, work, first, stored, turn)
    except BaseException:
        turn.release()
        raise
    try:
        return await first
    except asyncio.CancelledError:
        work.give_up()
        raise


class _Decoder:
    """A process that decodes one photo after the other. Making one raises OSError if no process can be started."""

    def __init__(self) -> None:
        self._ending: threading.Timer | None = None
        self._process = subprocess.Popen(  # noqa: S603  our own program; the photo comes by a pipe
            PROGRAM,
            cwd=ROOT,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(AttributeError, OSError):  # on Linux: a photo then passes in a few pieces
                fcntl.fcntl(cast(IO[bytes], pipe), fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def send(self, kind: bytes, *content: bytes) -> None:
        """Send a frame. Raises OSError if the process has ended."""
        given = cast(IO[bytes], self._process.stdin)
        for part in (decoder.FRAME.pack(kind, sum(map(len, content))), *content):
            view = memoryview(part)
            while view:
                view = view[given.write(view) :]

    def receive(self) -> tuple[bytes, memoryview]:
        """Return the kind and the content of the next frame. Raises _NoAnswer."""
        until = time.monotonic() + WAIT_SECONDS
        kind, length = decoder.FRAME.unpack(self._read(decoder.FRAME.size, until))
        if length > LARGEST_ANSWER:
            raise _NoAnswer("too long")
        return kind, self._read(length, until)

    def _read(self, length: int, until: float) -> memoryview:
        answers = cast(io.FileIO, self._process.stdout)
        content = memoryview(bytearray(length))
        rest = content
        while rest:
            readable, _, _ = select.select([answers], [], [], max(0.0, until - time.monotonic()))
            if not readable:
                raise _NoAnswer("too late")
            read = answers.readinto(rest)
            if not read:
                raise _NoAnswer(f"the decoder ended with {self._process.wait()}")
            rest = rest[read:]
        return content

    def rest(self) -> None:
        """Let the process wait for another photo, and end it if none comes."""
        _idle.append(self)
        self._ending = threading.Timer(IDLE_SECONDS, _end_if_idle, (self,))
        self._ending.daemon = True
        try:
            self._ending.start()
        except RuntimeError:  # no thread can be started that would end it
            _end_if_idle(self)

    def wake(self) -> bool:
        """Return whether the process can decode another photo; the system may have ended it meanwhile."""
        if self._ending is not None:
            self._ending.cancel()
        return self._process.poll() is None

    def kill(self) -> None:
        """Stop the process; whoever waits for its answer notices."""
        self._process.kill()

    def end(self) -> None:
        """Stop the process and close what leads to it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            cast(IO[bytes], pipe).close()


def _woken() -> _Decoder | None:
    """Return a decoder that is idle, if there is one."""
    while True:
        try:
            working = _idle.pop()
        except IndexError:
            return None
        if working.wake():
            return working
        working.end()


def _end_if_idle(working: _Decoder) -> None:
    with suppress(ValueError):  # it has just got another photo
        _idle.remove(working)
        working.end()


class _NoAnswer(Exception):
    """Raised when a decoder has ended, is too slow, or answers what it cannot mean."""


class _Work:
    """The work at one photo, which can be given up while it waits and while it is done."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._decoder: _Decoder | None = None
        self._killed = False
        self.given_up = False

    def give_up(self) -> None:
        """Kill the decoder if it works at this photo; otherwise no decoder will."""
        with self._changing:
            self.given_up = True
            if self._decoder is not None:
                self._decoder.kill()
                self._killed = True

    def begin(self) -> _Decoder | None:
        """Return a decoder for this work, or None if it was given up. Raises PhotoDecoderUnavailable."""
        with self._changing:
            if not self.given_up:
                try:
                    self._decoder = _woken() or _Decoder()
                except OSError as error:  # no memory, or too many processes: the photo may be a good one
                    log.error("photo.decoder_not_started", error=str(error))
                    raise PhotoDecoderUnavailable from None
            return self._decoder

    def end(self, sound: bool) -> None:
        """Return the decoder to the pool, or end it if it is not `sound`."""
        with self._changing:
            working, self._decoder = self._decoder, None
        if working is None:
            return
        if not sound or self._killed:
            working.end()
        else:
            working.rest()


def _make(
    file: BinaryIO,
    work: _Work,
    first: "asyncio.Future[Pictures]",
    stored: "asyncio.Future[Encoded]",
    turn: asyncio.Lock,
) -> None:
    """Make the pictures of a photo, in a thread that drives a decoder."""
    sound = False
    try:
        if (working := work.begin()) is not None:
            _drive(working, file, work, first, stored)
            sound = True
    except Problem as problem:
        sound = True
        _settle(first, stored, failure=problem.with_traceback(None))  # a traceback would keep the pixels in memory
    except Exception as error:
        if not work.given_up:
            log.info("photo.not_decoded", error=str(error) or type(error).__name__)
        _settle(first, stored, failure=PhotoUnreadable())
    finally:
        work.end(sound)
        with suppress(RuntimeError):  # the loop was closed meanwhile
            first.get_loop().call_soon_threadsafe(turn.release)


def _drive(
    working: _Decoder,
    file: BinaryIO,
    work: _Work,
    first: "asyncio.Future[Pictures]",
    stored: "asyncio.Future[Encoded]",
) -> None:
    """Send a photo to a decoder and settle the futures with its answers. Raises what it refuses the photo with."""
    file.seek(0)
    working.send(
        decoder.PHOTO, decoder.Limits(CPU_SECONDS, MOST_PIXELS, MOST_SCANS, MOST_SCANNED_PIXELS).packed(), file.read()
    )
    answers: dict[bytes, memoryview] = {}
    heavy = False
    try:
        while decoder.CARD_PICTURE not in answers:
            kind, content = working.receive()
            if kind == decoder.REFUSED:
                raise _PROBLEMS.get(bytes(content), PhotoUnreadable)
            if kind == decoder.HEAVY and not heavy:
                while not (heavy := _heavy.acquire(timeout=0.1)):
                    if work.given_up:
                        raise _NoAnswer("given up")
                working.send(decoder.GO_ON)
            elif kind == decoder.LIGHT and heavy:
                heavy = False
                _heavy.release()
            elif kind == decoder.GREY:
                pixels, width, height = _grey(content)
                made = Pictures(pixels, bytes(answers.pop(decoder.MODEL)), width, height, stored, work)
                _settle(first, result=made)
                del content, pixels, made
            else:
                answers[kind] = content
    finally:
        if heavy:
            _heavy.release()
    encoded: Encoded = {"full": bytes(answers[decoder.FULL_PICTURE]), "card": bytes(answers[decoder.CARD_PICTURE])}
    _settle(stored, result=encoded)


def _grey(content: memoryview) -> tuple[Image.Image, int, int]:
    """Return the grey picture in a decoder's answer, and the size of the stored one. Raises _NoAnswer."""
    width, height, *size = decoder.SIZES.unpack_from(content)
    pixels = content[decoder.SIZES.size :]
    if not all(0 < side <= decoder.FOR_CODES for side in (width, height, *size)) or size[0] * size[1] != len(pixels):
        raise _NoAnswer("not the pixels")
    return Image.frombuffer("L", (size[0], size[1]), cast(bytes, pixels), "raw", "L", 0, 1), width, height


def _settle(*futures: "asyncio.Future[Any]", result: object = None, failure: Exception | None = None) -> None:
    """Set the result or the exception of the event loop's futures, from a thread.

    asyncio.wrap_future is not used: it leaves a reference cycle that keeps the pictures in memory until the garbage
    collector runs.
    """

    def settle() -> None:
        for future in futures:
            if future.done():
                continue
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
                future.exception()  # marks it as retrieved: nobody may ever await the second future

    with suppress(RuntimeError):  # the loop was closed meanwhile
        futures[0].get_loop().call_soon_threadsafe(settle)


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()
