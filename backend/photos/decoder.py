"""The program that decodes uploaded photos: `python -m backend.photos.decoder`, started by backend/photos/pictures.py.

A file can be made to keep a decoder busy, or to take it over. So this runs in processes of its own, with limits of
processor time and memory that the system enforces, without the API's environment, connections and keys.

A telephone's JPEG of 12 megapixels is decoded at half its size, which is all that is needed and takes a third of the
time and a quarter of the memory. The picture for the model is answered first; the stored pictures follow, so that no
large picture waits in memory.
"""

import ctypes
import io
import math
import os
import re
import resource
import signal
import struct
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Literal, NamedTuple, cast

from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.Image import Resampling, Transpose

FULL, CARD = 1600, 480  # px on the longest side
FOR_MODEL = 1280
FOR_CODES = 2400
HEAVY_PIXELS = 5_000_000  # decoded; only one such photo at a time
LARGEST_PROFILE = 1024 * 1024
LARGEST_MEMORY = 1024**3  # bytes of address space; a WebP of 25 megapixels takes 434 MiB
HEAD_BYTES = 16

# What goes to and from the program: a letter, the length of the content in four bytes, and the content.
FRAME = struct.Struct(">cI")
PHOTO, GO_ON = b"P", b"G"  # to it
HEAVY, LIGHT, GREY, MODEL, FULL_PICTURE, CARD_PICTURE, REFUSED = b"H", b"L", b"g", b"m", b"f", b"c", b"R"  # from it
SIZES = struct.Struct(">IIII")  # before the grey picture: width and height of the stored one, then of this

_LIMITS = struct.Struct(">IIIQ")
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
_SRGB = ImageCms.createProfile("sRGB")
# Opening a file would import these at the first photo.
_PLUGINS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
# Within a JPEG's compressed pixels 0xFF is followed by 0 or by a restart marker.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_WITHOUT_LENGTH = frozenset((0x01, 0xD8))
_END_OF_PICTURE, _SCAN = 0xD9, 0xDA
_SCAN_MARKER = bytes((0xFF, _SCAN))

Answer = Callable[..., None]
"""Sends a frame: its kind, then its content, in as many pieces as there are."""


class Limits(NamedTuple):
    """The limits of a photo. scanned_pixels: its pixels times its scans, if it has more than one."""

    cpu_seconds: int
    pixels: int
    scans: int
    scanned_pixels: int

    def packed(self) -> bytes:
        """Return the limits as they stand before a photo."""
        return _LIMITS.pack(*self)


class Refused(Exception):
    """Raised when a photo is refused."""

    def __init__(self, because: Literal["wrong_type", "too_many_pixels", "too_many_scans"]) -> None:
        super().__init__(because)


def main() -> None:
    """Answer one photo after the other, until standard input ends."""
    answers = os.dup(1)
    os.dup2(2, 1)  # nothing that a library prints may come between the answers
    _limit_all()

    def answer(kind: bytes, *content: bytes) -> None:
        for part in (FRAME.pack(kind, sum(map(len, content))), *content):
            view = memoryview(part)
            while view:
                view = view[os.write(answers, view) :]

    while (photo := _next_frame()) is not None:
        limits = Limits(*_LIMITS.unpack_from(photo))
        _limit_cpu(limits.cpu_seconds)
        try:
            make_pictures(io.BytesIO(memoryview(photo)[_LIMITS.size :]), limits, answer, _next_frame)
        except Refused as refused:
            answer(REFUSED, str(refused).encode())
        except Exception:  # decoders may raise anything on broken or malicious files
            answer(REFUSED, b"unreadable")
        del photo


def _next_frame() -> bytes | None:
    """Return the content of the next frame, or None at the end of standard input."""
    head = sys.stdin.buffer.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    _, length = FRAME.unpack(head)
    content = sys.stdin.buffer.read(length)
    return content if len(content) == length else None


def _limit_all() -> None:
    """Limit what this process may take, and let requests, which are shorter, run first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with suppress(OSError):
        os.nice(5)
    for what, most in (
        (resource.RLIMIT_AS, LARGEST_MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):  # not every system has each of them
            resource.setrlimit(what, (most, most))
    # After a large picture is freed, glibc would keep blocks of up to 32 MiB. With this threshold it returns blocks of
    # 8 MiB and more to the system. It may keep smaller ones, because getting fresh pages takes time.
    with suppress(AttributeError, OSError, TypeError):  # other C libraries have no mallopt
        m_mmap_threshold, large = -3, 8 * 1024 * 1024
        ctypes.CDLL(None).mallopt(m_mmap_threshold, large)


def _limit_cpu(seconds: int) -> None:
    """Let the system end this process if the next photo takes more processor time (up to a second more)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


def make_pictures(file: BinaryIO, limits: Limits, answer: Answer, go_on: Callable[[], object]) -> None:
    """Answer with the pictures that are made from a photo. Raises Refused, and whatever Pillow raises.

    Answers HEAVY and waits for `go_on` before it decodes a large photo, and LIGHT once that takes little memory.
    """
    photo, orientation, profile = decoded(file, limits, answer, go_on)
    upright = _turned(orientation)

    # The request waits for these. BOX takes two thirds of the time of BILINEAR.
    seen = upright(_fitted(photo, FOR_MODEL, Resampling.BOX))
    answer(MODEL, _bytes(seen, "JPEG", quality=85))
    del seen
    grey = upright(_fitted(photo.convert("L"), FOR_CODES))
    width, height = _fit(photo.size, FULL)
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    answer(GREY, SIZES.pack(width, height, *grey.size), grey.tobytes())
    del grey

    full = _fitted(photo, FULL)
    del photo
    full = upright(_in_srgb(full, profile))
    card = full.resize(_fit(full.size, CARD), Resampling.BILINEAR, reducing_gap=1.5)
    answer(FULL_PICTURE, _bytes(full, "WEBP", quality=80, method=1))
    answer(CARD_PICTURE, _bytes(card, "WEBP", quality=75))


def decoded(
    file: BinaryIO, limits: Limits, answer: Answer, go_on: Callable[[], object]
) -> tuple[Image.Image, int, bytes | None]:
    """Return a photo as RGB, decoded at a reduced size if possible, its EXIF orientation and its colour profile.

    Raises Refused before anything is decoded, and whatever Pillow raises on a broken file.
    """
    kind = _kind(file)
    # Pillow checks this before it makes room for pixels. Above twice as many it raises an error by itself.
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            photo = Image.open(file, formats=[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("too_many_pixels") from None
    with photo:
        width, height = photo.size
        if width * height > limits.pixels:
            raise Refused("too_many_pixels")
        if kind == "JPEG":
            if has_more_scans(file, min(limits.scans, max(1, limits.scanned_pixels // (width * height)))):
                raise Refused("too_many_scans")
            # Decodes each side at 1/2, 1/4 or 1/8, but never below the stored size.
            times = FULL / max(width, height)
            photo.draft("RGB", (max(1, int(width * times)), max(1, int(height * times))))
        # Progressive files are held in memory as coefficients of the full size, however small they are decoded.
        heavy = photo.width * photo.height > HEAVY_PIXELS or bool(photo.info.get("progressive"))
        if heavy:
            answer(HEAVY)
            go_on()
        photo.load()
        orientation = _orientation(photo)
        profile = photo.info.get("icc_profile")
        small = _opaque(_reduced(photo))
        if small is photo and kind != "JPEG":  # other formats would decode again at each use
            small = photo.copy()
    if heavy:
        answer(LIGHT)
    small.info = {}  # otherwise comments and profiles would be written into the new files
    usable = isinstance(profile, bytes) and 0 < len(profile) <= LARGEST_PROFILE and small.mode == "RGB"
    return small, orientation, cast(bytes, profile) if usable else None


def has_more_scans(file: BinaryIO, most: int) -> bool:
    """Return whether a JPEG has more than so many scans. Its thumbnail's and a second picture's do not count."""
    place = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(place)
    if data.count(_SCAN_MARKER) <= most:  # most files are done here, where counting takes a twentieth of the time
        return False
    at, scans = 2, 0
    while (marker := _MARKER.search(data, at)) is not None:
        at, kind = marker.end(), marker[1][0]
        if kind == _END_OF_PICTURE:
            break
        if kind == _SCAN:
            scans += 1
            if scans > most:
                return True
        if kind not in _WITHOUT_LENGTH:
            at += max(2, int.from_bytes(data[at : at + 2], "big"))  # its content is not searched: it may be a thumbnail
    return False


def _kind(file: BinaryIO) -> str:
    """Return the format that the first bytes tell; names and content types are the client's to invent.

    Raises Refused.
    """
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
        if "HEIF" not in Image.OPEN:
            import pi_heif  # slow to import, and not needed for other formats

            pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
        return "HEIF"
    raise Refused("wrong_type")


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


def _bytes(picture: Image.Image, kind: str, **options: int) -> bytes:
    written = io.BytesIO()
    picture.info = {}
    picture.save(written, kind, **options)
    return written.getvalue()


if __name__ == "__main__":
    main()
