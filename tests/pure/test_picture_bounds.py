"""Photos that are too large, broken or of another type are refused, mostly before they are decoded."""

import asyncio
import io
import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageFile

from backend.photos import decoder, pictures
from backend.photos.problems import (
    PhotoOfWrongType,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoTooManyScans,
    PhotoUnreadable,
)
from tests.photographs import (
    HEIC,
    file_of,
    jpeg_of_scans,
    png_bomb,
    read,
    two_colours,
    uploaded,
)
from tests.pure.test_picture_decoders import decoders, refusal
from tests.pure.test_pictures import ACCEPTED


def refusal_here(file: bytes, pixels: int = pictures.MOST_PIXELS, scans: int = pictures.MOST_SCANS) -> str:
    """Return with which word the decoder refuses a file, run in this process."""
    limits = decoder.Limits(5, pixels, scans, pictures.MOST_SCANNED_PIXELS * scans // pictures.MOST_SCANS)
    with pytest.raises(decoder.Refused) as refused:
        decoder.make_pictures(io.BytesIO(file), limits, lambda *_: None, lambda: None)
    return str(refused.value)


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
