"""Reading uploaded photos: small upright pictures without metadata; bombs and broken or unknown files are refused."""

import asyncio
import errno
import io
import os
import resource
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pytest
from PIL import ExifTags, Image, ImageCms, ImageFile

from backend.photos import decoder, pictures
from backend.photos.problems import (
    PhotoDecoderUnavailable,
    PhotoOfWrongType,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoTooManyScans,
    PhotoUnreadable,
)
from backend.problems.problem import Problem
from tests.photographs import (
    BLUE,
    GREEN,
    HEIC,
    RED,
    WHITE,
    file_of,
    jpeg_of_scans,
    jpeg_with_metadata,
    opened,
    png_bomb,
    read,
    turned,
    two_colours,
    uploaded,
)

Point = tuple[float, float]


def colour_at(picture: Image.Image, point: Point) -> tuple[int, ...]:
    """Return the colour at a point given as fractions of the width and the height."""
    place = (int(point[0] * (picture.width - 1)), int(point[1] * (picture.height - 1)))
    found = picture.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return tuple(int(part) for part in found)


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(one, other, strict=True))


def refusal_here(file: bytes, pixels: int = pictures.MOST_PIXELS, scans: int = pictures.MOST_SCANS) -> str:
    """Return with which word the decoder refuses a file, run in this process."""
    limits = decoder.Limits(5, pixels, scans, pictures.MOST_SCANNED_PIXELS * scans // pictures.MOST_SCANS)
    with pytest.raises(decoder.Refused) as refused:
        decoder.make_pictures(io.BytesIO(file), limits, lambda *_: None, lambda: None)
    return str(refused.value)


async def refusal(file: bytes) -> type[Problem]:
    """Return the class of the problem with which a file is refused."""
    with pytest.raises(Problem) as refused:
        await read(file)
    return type(refused.value)


# Accepted formats


def palette(picture: Image.Image) -> Image.Image:
    few = picture.quantize(8)
    few.info["transparency"] = few.getpixel((0, 0))
    return few


ACCEPTED: dict[str, bytes] = {
    "JPEG": file_of(two_colours(4000, 3000), quality=90),
    "a progressive JPEG": file_of(two_colours(3000, 4000), progressive=True),
    "a JPEG in CMYK": file_of(two_colours().convert("CMYK")),
    "a JPEG of two pictures": file_of(two_colours(), "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))]),
    "PNG": file_of(two_colours(4000, 3000), "PNG"),
    "a PNG with transparency": file_of(two_colours(4000, 3000).convert("RGBA"), "PNG"),
    "a PNG of few colours": file_of(two_colours(2000, 1000).quantize(8), "PNG"),
    "WebP": file_of(two_colours(2000, 1500), "WEBP"),
    "an animated WebP": file_of(two_colours(), "WEBP", save_all=True, append_images=[Image.new("RGB", (800, 600))]),
    "an animated PNG": file_of(two_colours(), "PNG", save_all=True, append_images=[Image.new("RGB", (800, 600))]),
    "HEIC": HEIC,
    "one row of pixels": file_of(two_colours(20_000, 1), "PNG"),
}


@pytest.mark.parametrize("kind", ACCEPTED)
async def test_a_photo_becomes_two_webps_a_jpeg_for_the_model_and_grey_pixels(kind: str) -> None:
    source = opened(ACCEPTED[kind]) if kind != "HEIC" else Image.new("RGB", (64, 48))

    made, stored = await read(ACCEPTED[kind])

    assert set(stored) == {"full", "card"}
    full, card, seen = opened(stored["full"]), opened(stored["card"]), opened(made.for_model)
    assert (full.format, card.format, seen.format, made.pixels.mode) == ("WEBP", "WEBP", "JPEG", "L")
    assert full.size == (made.width, made.height)
    for picture, most in ((full, 1600), (card, 480), (seen, 1280), (made.pixels, 2400)):
        # As large as allowed, never larger than the photo, and with its proportions.
        assert max(picture.size) <= min(most, max(source.size)), picture.size
        assert max(picture.size) >= min(most, 1600, max(source.size))
        assert abs(picture.height - max(1, picture.width * source.height / source.width)) <= 1
        assert picture.mode in ("RGB", "L")
    for picture in (full, card, seen):
        assert alike(colour_at(picture, (0.2, 0.2)), RED), (kind, colour_at(picture, (0.2, 0.2)))
        assert alike(colour_at(picture, (0.6, 0.2)), BLUE)


async def test_16_bit_greys_keep_their_tone_and_transparency_becomes_white() -> None:
    deep = Image.frombytes("I;16", (64, 64), struct.pack("<H", 200 * 256) * 4096)
    clear = two_colours().convert("RGBA")
    clear.putalpha(0)

    _, of_deep = await read(file_of(deep, "PNG"))
    assert alike(colour_at(opened(of_deep["full"]), (0.5, 0.5)), (200, 200, 200))
    for photo in (clear, palette(two_colours())):
        _, of_clear = await read(file_of(photo, "PNG"))
        assert alike(colour_at(opened(of_clear["full"]), (0.2, 0.2)), WHITE)


# Metadata, orientation and colour profiles


async def test_all_metadata_is_removed() -> None:
    secret = "3 rue des Roses, Amina"
    photo = jpeg_with_metadata(secret)
    source = opened(photo)
    # The control: the photo contains all of it: XMP, profile, comment, EXIF with thumbnail, GPS, and trailing bytes.
    assert photo.count(secret.encode()) >= 7
    assert source.getexif().get_ifd(0x8825)
    assert {"exif", "xmp", "icc_profile", "comment"} <= source.info.keys()

    made, stored = await read(photo)

    for name, file in [*stored.items(), ("model", made.for_model)]:
        picture = opened(file)
        assert secret.encode() not in file, name
        assert not picture.getexif(), name
        assert not {"exif", "xmp", "icc_profile", "comment"} & picture.info.keys(), name
    assert {stored["full"][12:16], stored["card"][12:16]} == {b"VP8 "}  # no room for anything else
    assert not made.pixels.info

    _, from_png = await read(file_of(source, "PNG", exif=source.getexif(), icc_profile=source.info["icc_profile"]))
    assert secret.encode() not in from_png["full"] + from_png["card"]


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_is_turned_upright_from_every_exif_orientation(orientation: int) -> None:
    photo = turned(two_colours(1800, 1200), orientation)
    # The control: orientations from 5 on store the picture turned by 90 degrees.
    assert (opened(photo).width < opened(photo).height) is (orientation >= 5)

    made, stored = await read(photo)

    assert (made.width, made.height) == (1600, 1067)
    for picture in (opened(stored["full"]), opened(stored["card"]), opened(made.for_model)):
        assert picture.width > picture.height
        assert alike(colour_at(picture, (0.1, 0.9)), RED)
        assert alike(colour_at(picture, (0.9, 0.1)), BLUE)
        assert alike(colour_at(picture, (0.9, 0.9)), GREEN)
    assert made.pixels.width > made.pixels.height


async def test_colours_follow_the_embedded_profile_unless_it_is_broken() -> None:
    # A profile in which red and green are swapped.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    red = Image.new("RGB", (64, 64), (255, 0, 0))

    _, shown = await read(file_of(red, icc_profile=swapped))
    assert alike(colour_at(opened(shown["full"]), (0.5, 0.5)), (0, 255, 0))
    for broken in (b"not a profile at all", srgb[:200], b"\0" * 2_000_000):
        _, shown = await read(file_of(red, icc_profile=broken))
        assert alike(colour_at(opened(shown["full"]), (0.5, 0.5)), (255, 0, 0))


# Refused files

MEASURED = """
import io, re, sys
from PIL import Image
from backend.photos.decoder import Limits, Refused, make_pictures

def peak():
    # Not getrusage, which also counts the parent's memory.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024

bomb = io.BytesIO(open(sys.argv[1], "rb").read())
before = peak()
try:
    make_pictures(bomb, Limits(5, 25_000_000, 64, 300_000_000), print, print)
except Refused as refused:
    print(refused)
print(peak() - before)
Image.MAX_IMAGE_PIXELS = None
before = peak()
Image.open(sys.argv[1]).load()
print(peak() - before)
"""


async def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Any) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(await asyncio.to_thread(png_bomb, 9000))
    assert bomb.stat().st_size < 250 * 1024  # for 81 megapixels

    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", MEASURED, str(bomb)], capture_output=True, text=True, check=True
    )

    said, refusing, decoding = ran.stdout.split()
    assert said == "too_many_pixels"
    assert int(refusing) < 20  # MiB
    assert int(decoding) > 200  # the control: decoding it does take that much


def jpeg_claiming(width: int, height: int) -> bytes:
    """Return a small JPEG whose header states another size."""
    small = file_of(two_colours(64, 64))
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


async def test_more_than_25_megapixels_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = await read(png_bomb(5000))
    assert (made.width, made.height) == (1600, 1600)
    huge = [png_bomb(5001), jpeg_claiming(5001, 5000), jpeg_claiming(65_500, 65_500), webp_claiming(16_383, 16_383)]
    for file in huge:
        assert await refusal(file) is PhotoTooManyPixels

    monkeypatch.setattr(Image.Image, "load", lambda _picture: pytest.fail("decoded"))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _picture: pytest.fail("decoded"))
    for file in huge:
        assert refusal_here(file) == "too_many_pixels"
    for kind, file in ACCEPTED.items():
        assert refusal_here(file, pixels=100) == "too_many_pixels", kind


async def test_a_jpeg_of_thousands_of_scans_is_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    await read(jpeg_of_scans(40))  # unusual, and cheap
    decoded: list[str] = []

    def load(_picture: ImageFile.ImageFile) -> None:
        decoded.append("decoded")
        raise OSError("far too much")

    assert await refusal(jpeg_of_scans(5000)) is PhotoTooManyScans
    assert await refusal(jpeg_of_scans(40, side=3000)) is PhotoTooManyScans

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    assert refusal_here(jpeg_of_scans(5000)) == "too_many_scans"
    assert decoded == []
    with pytest.raises(OSError, match="far too much"):
        refusal_here(jpeg_of_scans(5000), scans=10**6)  # the control: without the bound it is decoded
    assert decoded == ["decoded"]


def jpeg_with_noise(scans: int, side: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated and long: fewer fit into 10 MB, and each takes longer."""
    noise = Image.effect_noise((side, side), 100).convert("RGB")
    file = file_of(noise, progressive=True, quality=30)
    last = file.rindex(b"\xff\xda")
    most = (pictures.MOST_BYTES - last) // (len(file) - 2 - last)
    return file[:last] + file[last:-2] * min(scans - file.count(b"\xff\xda") + 1, most) + file[-2:]


@pytest.mark.parametrize(
    ("make", "scans", "side"),
    [(jpeg_of_scans, 64, 2165), (jpeg_of_scans, 12, 5000), (jpeg_with_noise, 64, 2165), (jpeg_with_noise, 12, 5000)],
)
async def test_a_jpeg_just_within_the_bounds_is_decoded_or_cut_by_the_cpu_limit(
    make: Callable[[int, int], bytes], scans: int, side: int
) -> None:
    assert 0.99 < scans * side * side / pictures.MOST_SCANNED_PIXELS <= 1
    assert scans <= pictures.MOST_SCANS
    file = await asyncio.to_thread(make, scans, side)
    assert len(file) <= pictures.MOST_BYTES
    async with asyncio.timeout(30):
        while decoders():
            pictures._end_all()
            await asyncio.sleep(0.02)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    with suppress(PhotoUnreadable):
        made, _ = await read(file)
        assert (made.width, made.height) == (1600, 1600)

    async with asyncio.timeout(30):
        while decoders():  # a photo's decoder may come to rest a moment later
            pictures._end_all()
            await asyncio.sleep(0.02)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    # The limit is in whole seconds, after what starting took, and the system looks at it now and then.
    assert spent <= pictures.CPU_SECONDS + 2


async def test_scans_of_a_thumbnail_and_of_a_second_picture_do_not_count() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = jpeg_of_scans(5000, side=8)[:60_000]
    photo = file_of(two_colours(), exif=exif)
    assert photo.count(b"\xff\xda") > 1000
    made, _ = await read(photo + jpeg_of_scans(5000))
    assert (made.width, made.height) == (800, 600)


async def test_a_file_over_10_mb_is_refused_without_reading_it() -> None:
    large = uploaded(b"\xff\xd8\xff" + bytes(20))
    large.size = pictures.MOST_BYTES + 1
    with pytest.raises(PhotoTooLarge):
        await pictures.read_photo(large)
    assert large.file.tell() == 0


def png_with_text(size: int) -> bytes:
    """Return a PNG with a compressed text of `size` bytes, about a thousandth of that in the file."""
    data = b"Comment\0\0" + zlib.compress(bytes(size), 9)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    plain = file_of(two_colours(64, 64), "PNG")
    return plain[:33] + chunk + plain[33:]


BROKEN: dict[str, bytes] = {
    "cut off": ACCEPTED["JPEG"][: len(ACCEPTED["JPEG"]) // 2],
    "a PNG cut off": ACCEPTED["PNG"][: len(ACCEPTED["PNG"]) // 2],
    "a WebP cut off": ACCEPTED["WebP"][: len(ACCEPTED["WebP"]) // 2],
    "a HEIC cut off": HEIC[:420],
    "a HEIC that is larger inside": HEIC.replace(struct.pack(">II", 64, 64), struct.pack(">II", 8, 8)),
    "only a JPEG's first bytes": b"\xff\xd8\xff\xe0",
    "zeros": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "a text that expands to 200 MB": png_with_text(200_000_000),
}
OF_WRONG_TYPE: dict[str, bytes] = {
    "empty": b"",
    "GIF": file_of(two_colours(64, 64), "GIF"),
    "TIFF": file_of(two_colours(64, 64), "TIFF"),
    "BMP": file_of(two_colours(64, 64), "BMP"),
    "PDF": file_of(two_colours(64, 64), "PDF"),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "AVIF": b"\0\0\0\x20ftypavif" + bytes(100),
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "a program": b"MZ" + bytes(1000),
}


async def test_broken_files_and_other_types_are_refused() -> None:
    for name, file in BROKEN.items():
        assert await refusal(file) is PhotoUnreadable, name
    for name, file in OF_WRONG_TYPE.items():
        assert await refusal(file) is PhotoOfWrongType, name


# Decoders


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
    """Let decoders begin at bombs, and end them after one second of processor time."""
    monkeypatch.setattr(pictures, "MOST_SCANS", 10**6)
    monkeypatch.setattr(pictures, "MOST_SCANNED_PIXELS", 10**15)
    monkeypatch.setattr(pictures, "CPU_SECONDS", 1)


BOMB = jpeg_of_scans(500, side=5000)


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
    began = time.perf_counter()
    await read(BOMB)
    assert time.perf_counter() - began > 1


async def test_many_bombs_of_one_account_do_not_keep_others_waiting(unbounded: None) -> None:
    over: list[str] = []

    async def send(account: str, file: bytes) -> None:
        with suppress(PhotoUnreadable):
            await (await pictures.read_photo(uploaded(file), account)).encoded()
        over.append(account)

    async with asyncio.TaskGroup() as people:
        bombs = [people.create_task(send("mallory", BOMB)) for _ in range(5)]
        bombs.append(people.create_task(send("trudy", BOMB)))
        await asyncio.sleep(0)
        await send("sophie", ACCEPTED["JPEG"])

    assert over.index("sophie") <= 2, "one bomb of each at most was before her"
    assert sorted(over) == ["mallory"] * 5 + ["sophie", "trudy"]


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
    before = decoders()
    going = asyncio.ensure_future(pictures.read_photo(uploaded(BOMB), "mallory"))
    waiting = asyncio.ensure_future(pictures.read_photo(uploaded(BOMB), "mallory"))
    await asyncio.sleep(0.3)
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
