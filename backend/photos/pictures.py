"""Turn an uploaded file into pictures: check it before decoding, then encode new files from its pixels, no metadata.

A phone's JPEG of 12 megapixels is decoded at half its size, which is enough and takes a third of the time and a quarter
of the memory. The picture for the model is made first. The stored pictures follow on the same thread, so that no large
picture waits in memory for a free thread.
"""

import asyncio
import ctypes
import io
import os
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Literal, TypeAlias, cast

import structlog
from PIL import Image, ImageCms
from PIL.Image import Resampling, Transpose
from starlette.datastructures import UploadFile

from backend.photos.problems import (
    PhotoOfWrongType,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoTooManyScans,
    PhotoUnreadable,
)
from backend.problems.problem import Problem

Size: TypeAlias = Literal["full", "card"]
Encoded: TypeAlias = dict[Size, bytes]

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 25_000_000
# A progressive JPEG is decoded scan by scan, each over all pixels: 10 scans are usual, and a file of 200 kB can hold
# thousands. The second bound is that of 25 megapixels in 12 scans.
MOST_SCANS, MOST_SCANNED_PIXELS = 64, 300_000_000
FULL, CARD = 1600, 480  # px on the longest side
FOR_MODEL = 1280
FOR_CODES = 2400
HEAVY_PIXELS = 5_000_000  # decoded pixels; photos with more are decoded one at a time
LARGEST_PROFILE = 1024 * 1024
HEAD_BYTES = 16

# Pillow checks this before it allocates memory for pixels. Above the limit it warns, which we turn into an error; above
# twice the limit it raises.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_ON_ITS_SIDE = (5, 6, 7, 8)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")

log = structlog.get_logger("ecopanier.photos")

# After a large picture is freed, glibc would keep blocks of up to 32 MiB in each thread. With this threshold it returns
# blocks of 8 MiB and more to the system. It may keep smaller ones, because getting fresh pages takes time.
_M_MMAP_THRESHOLD, _LARGE = -3, 8 * 1024 * 1024
with suppress(AttributeError, OSError, TypeError):  # other C libraries have no mallopt
    ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _after_others() -> None:
    """Lower this thread's priority, so that short requests run first. Only Linux has priorities per thread."""
    if sys.platform == "linux":
        os.nice(5)


# At most two photos at a time, however many requests there are, because decoding takes much memory.
_threads = ThreadPoolExecutor(min(2, os.cpu_count() or 1), thread_name_prefix="photos", initializer=_after_others)
_heavy = threading.Lock()
_heic = threading.Lock()


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

    async def encoded(self) -> Encoded:
        """Return the pictures to store, as WebP: `full`, at most 1600 px on the longest side, and `card`, at most 480.

        Raises PhotoUnreadable.
        """
        return await asyncio.shield(self._stored)


async def read_photo(file: UploadFile) -> Pictures:
    """Return the pictures of an uploaded photo, made in a thread. The file must stay open until `encoded` returns.

    Raises PhotoTooLarge, PhotoOfWrongType, PhotoTooManyPixels, PhotoUnreadable.
    """
    if (file.size or 0) > MOST_BYTES:
        raise PhotoTooLarge
    loop = asyncio.get_running_loop()
    first: asyncio.Future[Pictures] = loop.create_future()
    stored: asyncio.Future[Encoded] = loop.create_future()
    _threads.submit(_make, file.file, first, stored)
    return await first


def _make(file: BinaryIO, first: "asyncio.Future[Pictures]", stored: "asyncio.Future[Encoded]") -> None:
    if first.cancelled():
        return  # the request was cancelled
    try:
        _make_in_turn(file, first, stored)
    except Problem as problem:
        _settle(first, stored, failure=problem.with_traceback(None))  # a traceback would keep the pixels in memory
    except Exception as error:  # decoders may raise anything on broken or malicious files
        log.info("photo.not_decoded", error=type(error).__name__)
        _settle(first, stored, failure=PhotoUnreadable())


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


def _make_in_turn(file: BinaryIO, first: "asyncio.Future[Pictures]", stored: "asyncio.Future[Encoded]") -> None:
    photo, orientation, profile = _decoded(file)
    upright = _turned(orientation)

    # The request waits for this one. BOX takes two thirds of the time of BILINEAR.
    seen = upright(_fitted(photo, FOR_MODEL, Resampling.BOX))
    for_model = _bytes(seen, "JPEG", quality=85)
    del seen
    grey = upright(_fitted(photo.convert("L"), FOR_CODES))
    width, height = _fit(photo.size, FULL)
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    _settle(first, result=Pictures(grey, for_model, width, height, stored))
    del grey

    full = _fitted(photo, FULL)
    del photo
    full = upright(_in_srgb(full, profile))
    card = full.resize(_fit(full.size, CARD), Resampling.BILINEAR, reducing_gap=1.5)
    encoded = {"full": _bytes(full, "WEBP", quality=80, method=1), "card": _bytes(card, "WEBP", quality=75)}
    _settle(stored, result=encoded)


def _decoded(file: BinaryIO) -> tuple[Image.Image, int, bytes | None]:
    """Return a photo as RGB, decoded at a reduced size if possible, its EXIF orientation and its colour profile.

    Raises PhotoOfWrongType, PhotoTooManyPixels, PhotoTooManyScans, and whatever Pillow raises on a broken file.
    """
    kind = _kind(file)
    try:
        photo = Image.open(file, formats=[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoTooManyPixels from None
    with photo:
        width, height = photo.size
        if width * height > MOST_PIXELS:
            raise PhotoTooManyPixels
        if kind == "JPEG":
            scans = _scans(file)
            if scans > MOST_SCANS or (scans > 1 and width * height * scans > MOST_SCANNED_PIXELS):
                raise PhotoTooManyScans
            # Decodes each side at 1/2, 1/4 or 1/8, but never below the stored size.
            times = FULL / max(width, height)
            photo.draft("RGB", (max(1, int(width * times)), max(1, int(height * times))))
        with _turn(photo):
            photo.load()
            orientation = _orientation(photo)
            profile = photo.info.get("icc_profile")
            small = _opaque(_reduced(photo))
            if small is photo and kind != "JPEG":  # other formats would decode again at each use
                small = photo.copy()
    small.info = {}  # otherwise comments and profiles would be written into the new files
    usable = isinstance(profile, bytes) and 0 < len(profile) <= LARGEST_PROFILE and small.mode == "RGB"
    return small, orientation, cast(bytes, profile) if usable else None


def _scans(file: BinaryIO) -> int:
    """Return how many scans a JPEG has at most: image data holds no bare marker, a thumbnail may hold one."""
    place = file.tell()
    file.seek(0)
    scans = file.read(MOST_BYTES).count(b"\xff\xda")
    file.seek(place)
    return scans


def _kind(file: BinaryIO) -> str:
    """Return the format, recognised by the first bytes: a client can invent the name and the content type."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        with _heic:
            if "HEIF" not in Image.OPEN:
                import pi_heif  # imported at the first HEIC photo

                pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
        return "HEIF"
    raise PhotoOfWrongType


def _turn(photo: Image.Image) -> AbstractContextManager[object]:
    """Return a lock that lets pictures that need much memory be decoded one at a time, or no lock for others."""
    width, height = photo.size
    # Progressive files are held in memory as coefficients at full size, however small they are decoded.
    heavy = width * height > HEAVY_PIXELS or bool(photo.info.get("progressive"))
    return _heavy if heavy else nullcontext()


def _orientation(photo: Image.Image) -> int:
    try:
        return int(photo.getexif().get(_ORIENTATION, 1))
    except Exception:  # ignore a broken EXIF block
        return 1


def _reduced(photo: Image.Image) -> Image.Image:
    """Return the photo shrunk by an integer factor, which is fast, to somewhat more than the stored size."""
    if photo.mode.startswith("I"):  # 16 bits per pixel: keep the upper 8
        photo = photo.point(lambda value: value * (1 / 256)).convert("L")
    times = max(photo.size) // FULL
    if times < 2:
        return photo
    if photo.mode in ("1", "P", "PA"):
        photo = photo.convert("RGBA" if photo.has_transparency_data else "RGB")
    return photo.reduce(times)


def _opaque(photo: Image.Image) -> Image.Image:
    """Return the photo as RGB, with white where it was transparent."""
    if photo.mode == "RGB" and "transparency" not in photo.info:
        return photo
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        white = Image.new("RGB", photo.size, (255, 255, 255))
        white.paste(photo, mask=photo.getchannel("A"))
        return white
    return photo.convert("RGB")


def _turned(orientation: int) -> Callable[[Image.Image], Image.Image]:
    turn = _UPRIGHT.get(orientation)
    return (lambda picture: picture) if turn is None else (lambda picture: picture.transpose(turn))


def _fit(size: tuple[int, int], longest: int) -> tuple[int, int]:
    times = min(1.0, longest / max(size))
    return max(1, round(size[0] * times)), max(1, round(size[1] * times))


def _fitted(picture: Image.Image, longest: int, way: Resampling = Resampling.BILINEAR) -> Image.Image:
    size = _fit(picture.size, longest)
    return picture if size == picture.size else picture.resize(size, way)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture converted to sRGB from the photo's colour profile, if it has a readable one."""
    if profile is None:
        return picture
    try:
        shown = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB)
    except (ImageCms.PyCMSError, OSError):
        return picture
    return shown or picture


_SRGB = ImageCms.createProfile("sRGB")


def _bytes(picture: Image.Image, kind: str, **options: int) -> bytes:
    written = io.BytesIO()
    picture.info = {}
    picture.save(written, kind, **options)
    return written.getvalue()
