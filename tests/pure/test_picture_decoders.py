"""The processes that decode photos: their limits, who waits for whom, and what ends or kills them."""

import asyncio
import errno
import io
import os
import resource
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import psutil
import pytest

from backend.photos import decoder, pictures
from backend.photos.problems import (
    PhotoDecoderUnavailable,
    PhotoUnreadable,
)
from backend.problems.problem import Problem
from tests.photographs import (
    jpeg_of_scans,
    read,
    uploaded,
)
from tests.pure.test_pictures import ACCEPTED


async def refusal(file: bytes) -> type[Problem]:
    """Return the class of the problem with which a file is refused."""
    with pytest.raises(Problem) as refused:
        await read(file)
    return type(refused.value)


class Counted:
    """A lock that counts how often it is held at once, and taken in all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.taken = 0

    def acquire(self, timeout: float = -1) -> bool:
        if not self._lock.acquire(timeout=timeout):
            return False
        self.now, self.taken = self.now + 1, self.taken + 1
        self.most = max(self.most, self.now)
        return True

    def release(self) -> None:
        self.now -= 1
        self._lock.release()


async def test_large_photos_are_decoded_one_at_a_time_and_at_most_two_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy = Counted()
    monkeypatch.setattr(pictures, "_heavy", heavy)
    photos = ["PNG", "JPEG", "PNG", "WebP", "PNG", "a progressive JPEG", "JPEG"]

    await asyncio.gather(*(read(ACCEPTED[kind]) for kind in photos))

    assert (heavy.taken, heavy.most, heavy.now) == (4, 1, 0)
    assert len(decoders()) <= 2


def decoders() -> dict[int, psutil.Process]:
    """Return the processes that decode photos, by their id."""
    found = {}
    for process in psutil.Process().children():
        with suppress(psutil.Error):
            if decoder.__name__ in process.cmdline():
                found[process.pid] = process
    return found


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let decoders begin at bombs, and end them after one second of processor time, however long that takes."""
    monkeypatch.setattr(pictures, "MOST_SCANS", 10**6)
    monkeypatch.setattr(pictures, "MOST_SCANNED_PIXELS", 10**15)
    monkeypatch.setattr(pictures, "CPU_SECONDS", 1)
    monkeypatch.setattr(pictures, "WAIT_SECONDS", 600.0)


BOMB = jpeg_of_scans(500, side=5000)  # some seconds of processor time


async def test_a_photo_that_takes_too_much_processor_time_is_refused(
    unbounded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(ACCEPTED["JPEG"])
    before = decoders()

    assert await refusal(BOMB) is PhotoUnreadable

    ended = before.keys() - decoders().keys()
    assert len(ended) == 1, "the decoder"
    assert (await read(ACCEPTED["JPEG"]))[0].width == 1600, "another is started"
    monkeypatch.setattr(pictures, "CPU_SECONDS", 600)  # the control: it is a picture, and takes long
    await read(BOMB)
    assert max(sum(process.cpu_times()[:2]) for process in decoders().values()) > 1


async def test_many_bombs_of_one_account_do_not_keep_others_waiting(unbounded: None) -> None:
    over: list[str] = []

    async def send(account: str, file: bytes) -> None:
        with suppress(PhotoUnreadable):
            await (await pictures.read_photo(uploaded(file), account)).encoded()
        over.append(account)

    async with asyncio.TaskGroup() as people:
        bombs = [people.create_task(send("mallory", BOMB)) for _ in range(3)]
        bombs.append(people.create_task(send("trudy", BOMB)))
        await asyncio.sleep(0)
        await send("sophie", ACCEPTED["JPEG"])

    assert over.index("sophie") <= 2, "one bomb of each at most was before her"
    assert sorted(over) == ["mallory"] * 3 + ["sophie", "trudy"]


async def test_photos_of_one_account_are_decoded_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Counted()
    begin, end = pictures._Work.begin, pictures._Work.end
    mine: set[pictures._Work] = set()

    def counted_begin(work: pictures._Work) -> Any:
        mine.add(work)
        begun.now += 1
        begun.most = max(begun.most, begun.now)
        return begin(work)

    def counted_end(work: pictures._Work, sound: bool) -> None:
        if work in mine:  # not a photo of the test before, which may end late
            begun.now -= 1
        end(work, sound)

    monkeypatch.setattr(pictures._Work, "begin", counted_begin)
    monkeypatch.setattr(pictures._Work, "end", counted_end)
    made = await asyncio.gather(*(pictures.read_photo(uploaded(ACCEPTED["WebP"]), "sophie") for _ in range(4)))
    await asyncio.gather(*(one.encoded() for one in made))
    assert begun.most == 1


async def test_a_cancelled_request_stops_its_decoder_and_blocks_no_later_photo(
    unbounded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "CPU_SECONDS", 600)
    await read(ACCEPTED["JPEG"])
    going = asyncio.ensure_future(pictures.read_photo(uploaded(BOMB), "mallory"))
    waiting = asyncio.ensure_future(pictures.read_photo(uploaded(BOMB), "mallory"))
    await asyncio.sleep(0.3)
    before = decoders()  # with the one that decodes the bomb, which may have been started for it
    for reading in (waiting, going):
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    made, stored = await read(ACCEPTED["JPEG"])

    assert (made.width, made.height) == (1600, 1200)
    assert io.BytesIO(stored["card"]).getbuffer().nbytes
    async with asyncio.timeout(30):
        while before.keys() <= decoders().keys():
            await asyncio.sleep(0.02)


async def test_giving_pictures_up_stops_what_is_not_made_yet(unbounded: None) -> None:
    made = await pictures.read_photo(uploaded(ACCEPTED["PNG"]), "sophie")
    made.give_up()
    with suppress(PhotoUnreadable):  # unless it was made already
        await made.encoded()
    assert (await read(ACCEPTED["JPEG"]))[0].width == 1600


async def test_a_decoder_that_dies_or_answers_nonsense_costs_one_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    for nonsense in (b"", b"g\0\0\0\x10" + bytes(16), b"g\xff\xff\xff\xff", b"m\0\0\0\0c\0\0\0\0"):
        program = f"import sys; sys.stdout.buffer.write({nonsense!r}); sys.stdout.flush(); sys.stdin.buffer.read(9)"
        with monkeypatch.context() as patched:
            patched.setattr(pictures, "PROGRAM", (sys.executable, "-c", program))
            patched.setattr(pictures, "_woken", lambda: None)
            assert await refusal(ACCEPTED["JPEG"]) is PhotoUnreadable, nonsense
        made, _ = await read(ACCEPTED["JPEG"])
        assert made.width == 1600


@pytest.mark.parametrize("errno_", [errno.EAGAIN, errno.ENOMEM, None], ids=["too many", "no memory", "no program"])
async def test_when_no_decoder_can_be_started_the_photo_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch, errno_: int | None
) -> None:
    def refused(*_: object, **__: object) -> None:
        assert errno_ is not None
        raise OSError(errno_, os.strerror(errno_))

    with monkeypatch.context() as patched:
        patched.setattr(pictures, "_woken", lambda: None)
        if errno_ is None:
            patched.setattr(pictures, "PROGRAM", ("/there/is/no/such/program",))
        else:
            patched.setattr(subprocess, "Popen", refused)
        for _ in range(2):  # the second time the account's turn is free
            with pytest.raises(PhotoDecoderUnavailable):
                await pictures.read_photo(uploaded(ACCEPTED["JPEG"]), "sophie")

    made = await pictures.read_photo(uploaded(ACCEPTED["JPEG"]), "sophie")
    await made.encoded()


async def test_a_decoder_is_ended_at_once_when_no_thread_can_end_it_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_timer: threading.Timer) -> None:
        raise RuntimeError("can't start new thread")

    before = decoders()
    monkeypatch.setattr(pictures, "_woken", lambda: None)
    monkeypatch.setattr(threading.Timer, "start", refused)
    async with asyncio.timeout(30):
        for _ in range(2):  # the second time the account's turn is free
            made = await pictures.read_photo(uploaded(ACCEPTED["JPEG"]), "sophie")
            await made.encoded()
        while decoders().keys() - before.keys():
            await asyncio.sleep(0.02)


async def test_a_decoder_killed_while_it_is_idle_costs_no_photo() -> None:
    await read(ACCEPTED["JPEG"])
    for process in decoders().values():
        process.kill()
        process.wait()
    assert (await read(ACCEPTED["JPEG"]))[0].width == 1600


async def test_idle_decoders_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "IDLE_SECONDS", 0.2)
    pictures._end_all()
    before = decoders()
    await read(ACCEPTED["JPEG"])
    async with asyncio.timeout(30):
        while decoders().keys() - before.keys():
            await asyncio.sleep(0.05)
    assert (await read(ACCEPTED["JPEG"]))[0].width == 1600


async def test_a_decoder_ends_when_its_server_is_killed() -> None:
    program = (
        "import time; from backend.photos import pictures as p; d = p._Decoder(); "
        "print(d._process.pid, flush=True); time.sleep(60)"
    )
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert server.stdout is not None
    orphan = psutil.Process(int(await server.stdout.readline()))
    server.kill()
    await server.wait()
    async with asyncio.timeout(30):
        while orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)


async def test_decoders_know_nothing_of_the_product_and_write_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_SECRET_KEY", "a secret that no decoder may know")
    before = decoders()
    monkeypatch.setattr(pictures, "_idle", idle := [pictures._Decoder()])
    await read(ACCEPTED["JPEG"])
    [process] = [process for pid, process in decoders().items() if pid not in before]
    assert "ECOPANIER_SECRET_KEY" not in process.environ()
    assert process.nice() > psutil.Process().nice() or os.getpriority(os.PRIO_PROCESS, 0) >= 15
    limits = (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
    assert [process.rlimit(limit)[0] for limit in limits] == [decoder.LARGEST_MEMORY, 0, 0]
    async with asyncio.timeout(30):
        while not idle:
            await asyncio.sleep(0.01)
    pictures._end_all()
