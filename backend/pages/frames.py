"""Reads a QR code in a picture that a page sends: a frame of a camera, or a photo taken for it.

A frame is a small grey JPEG. A photo may be large: it is decoded at a fraction of its size. Progressive JPEGs, which
can hold thousands of scans, are not read at all. At most two pictures are read at a time.
"""

import asyncio
import io
from typing import Final

import limits
import zxingcpp
from PIL import Image
from starlette.responses import JSONResponse, Response

from backend.http.rate_limits import spend
from backend.pages.visit import Visit
from backend.problems.common import BodyTooLarge

FRAMES: Final = limits.parse("200/minute")  # one every 400 ms, and some photos
MOST_FRAME_BYTES: Final = 200_000
MOST_PHOTO_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 25_000_000
READ_AT: Final = 1600
_turns = asyncio.Semaphore(2)


async def answer_frame(visit: Visit, whose: str) -> Response:
    """Return the text of the QR code in the frame that was sent, or null. whose: whom the limit counts.

    Raises RateLimited, BodyTooLarge.
    """
    await spend(visit.request.scope, "frames", FRAMES, whose)
    frame = b""
    async for part in visit.request.stream():
        frame += part
        if len(frame) > MOST_FRAME_BYTES:
            raise BodyTooLarge
    return JSONResponse({"text": await code_in(frame)})


async def code_in(picture: bytes) -> str | None:
    """Return the text of the QR code in a JPEG; None if there is none, or if the picture is not one that we read."""
    async with _turns:
        return await asyncio.to_thread(_code_in, picture)


def _code_in(picture: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG",)) as image:
            if image.width * image.height > MOST_PIXELS or image.info.get("progressive"):
                return None
            image.draft("L", (READ_AT, READ_AT))
            found = zxingcpp.read_barcodes(
                image.convert("L"), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
            )
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return next((code.text for code in found if code.text), None)
