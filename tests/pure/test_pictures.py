"""Reading uploaded photos: small upright pictures without metadata, in true colours."""

import struct

import pytest
from PIL import Image, ImageCms

from tests.photographs import (
    BLUE,
    GREEN,
    HEIC,
    RED,
    WHITE,
    file_of,
    jpeg_with_metadata,
    opened,
    read,
    turned,
    two_colours,
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


# Decoders
