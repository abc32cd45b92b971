"""Reads a QR code in a picture that a page sends: a frame of a camera, or a photo taken for it.

A frame is a small grey JPEG. A photo may be large: it is decoded at a fraction of its size. Progressive JPEGs, which
can hold thousands of scans, are not read at all. At most two pictures are read at a time.
"""

import asyncio
import io
from typing import Final

import zxingcpp
from PIL import Image

MOST_FRAME_BYTES: Final = 200_000
MOST_PHOTO_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 25_000_000
READ_AT: Final = 1600
_turns = asyncio.Semaphore(2)


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
