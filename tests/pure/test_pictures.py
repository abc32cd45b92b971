"""Reading uploaded photos: small upright pictures without metadata; bombs and broken or unknown files are refused."""

import asyncio
import io
import struct
import subprocess
import sys
import threading
import time
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageFile

from backend.photos import pictures
from backend.photos.problems import (
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
import asyncio, re, sys
from PIL import Image
from backend.photos.problems import PhotoTooManyPixels
from tests.photographs import read

def peak():
    # Not getrusage, which also counts the parent's memory.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024

bomb = open(sys.argv[1], "rb").read()
before = peak()
try:
    asyncio.run(read(bomb))
except PhotoTooManyPixels:
    print("refused")
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
    assert said == "refused"
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
    monkeypatch.setattr(Image.Image, "load", lambda _picture: pytest.fail("decoded"))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _picture: pytest.fail("decoded"))

    for file in huge:
        assert await refusal(file) is PhotoTooManyPixels
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100)
    for kind, file in ACCEPTED.items():
        assert await refusal(file) is PhotoTooManyPixels, kind


def jpeg_of_scans(scans: int, side: int = 64) -> bytes:
    """Return a progressive JPEG whose last scan is repeated, as a file that is small and slow to decode."""
    made = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(made, "JPEG", progressive=True)
    file = made.getvalue()
    last = file.rindex(b"\xff\xda")
    return file[:last] + file[last:-2] * (scans - file.count(b"\xff\xda") + 1) + file[-2:]


async def test_a_jpeg_of_thousands_of_scans_is_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    await read(jpeg_of_scans(40))  # unusual, and cheap
    decoded: list[str] = []

    def load(_picture: ImageFile.ImageFile) -> None:
        decoded.append("decoded")
        raise OSError

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)

    assert await refusal(jpeg_of_scans(5000)) is PhotoTooManyScans
    assert await refusal(jpeg_of_scans(40, side=3000)) is PhotoTooManyScans
    assert decoded == []
    monkeypatch.setattr(pictures, "MOST_SCANS", 10**6)  # the control: without the bound it is decoded
    assert await refusal(jpeg_of_scans(5000)) is PhotoUnreadable
    assert decoded == ["decoded"]


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


# Concurrency


async def test_large_photos_are_decoded_one_at_a_time_and_at_most_two_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decode = pictures._reduced
    at_once = {"big": [0, 0], "any": [0, 0]}
    counting = threading.Lock()

    def counted(photo: Image.Image) -> Image.Image:
        kinds = ["any", "big"] if photo.width * photo.height > pictures.HEAVY_PIXELS else ["any"]
        with counting:
            for kind in kinds:
                at_once[kind][0] += 1
                at_once[kind][1] = max(at_once[kind])
        time.sleep(0.02)
        with counting:
            for kind in kinds:
                at_once[kind][0] -= 1
        return decode(photo)

    monkeypatch.setattr(pictures, "_reduced", counted)
    await asyncio.gather(*(read(ACCEPTED[kind]) for kind in ("PNG", "JPEG", "PNG", "WebP", "PNG", "JPEG", "JPEG")))

    assert at_once["big"][1] == 1
    assert at_once["any"][1] <= 2


async def test_a_cancelled_request_does_not_block_later_photos() -> None:
    going = asyncio.ensure_future(pictures.read_photo(uploaded(ACCEPTED["JPEG"])))
    await asyncio.sleep(0)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going

    made, stored = await read(ACCEPTED["JPEG"])  # the decoding threads are free again

    assert (made.width, made.height) == (1600, 1200)
    assert io.BytesIO(stored["card"]).getbuffer().nbytes
