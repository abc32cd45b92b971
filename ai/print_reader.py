"""Read the food date that is printed on a label. A date counts only if it is read again, at another size, as the same.

One wrong digit makes food last a month or a year longer, and a blurred 3 is read as an 8 with full confidence. What
remains the same at several sizes was nearly never misread; else the merchant is better served by an empty field.
"""

import asyncio
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from PIL import ImageOps
from PIL.Image import Image, Resampling, Transform

from ai.label_dates import Box, Found, LabelDate, days_in, find_dates, food_date
from ai.printed_text import Line, slope
from ai.tesseract import OcrFailed, Tesseract

LONGEST_SIDE = 1600  # px: enough to read a date, in a third of the time that 2400 px take
_LARGEST_SLOPE = 0.025  # from which a picture is turned and read once more
_HEIGHTS = (24, 32, 40)  # px of the digits
_LEAST_READS = 2
_MARGIN_BESIDE, _MARGIN_ABOVE = 2.0, 0.45  # in heights of the digits: a lost digit would stand there
_LONGEST_CROP = 2000  # px


class OcrSkipped(Exception):
    """Raised when print was not read: no turn came in time, reading took too long, or the program failed."""


class PrintReader:
    """Reads as many pictures at once as there are processors.

    limit_seconds: what reading may take once its turn has come. wait_seconds: how long it may wait for its turn.
    """

    def __init__(self, limit_seconds: float = 4.0, wait_seconds: float = 3.5, program: Tesseract | None = None) -> None:
        self._limit_seconds = limit_seconds
        self._wait_seconds = wait_seconds
        self._program = program or Tesseract()
        self._at_once = asyncio.Semaphore(os.cpu_count() or 1)

    async def food_date(self, pixels: Image, today: date) -> LabelDate | None:
        """Return the date that applies to the food; None if there is none to read, or no program. Raises OcrSkipped."""
        if not self._program.is_installed:
            return None
        try:
            await asyncio.wait_for(self._at_once.acquire(), self._wait_seconds)
        except TimeoutError:
            raise OcrSkipped("no turn came") from None
        try:
            async with asyncio.timeout(self._limit_seconds):
                return await self._read(pixels, today)
        except (TimeoutError, OcrFailed) as error:
            raise OcrSkipped(str(error)) from None
        finally:
            self._at_once.release()

    async def _read(self, pixels: Image, today: date) -> LabelDate | None:
        grey = await asyncio.to_thread(pixels.convert, "L")
        lines = await self._lines_in(grey)
        falls = slope(lines)
        if abs(falls) > _LARGEST_SLOPE:
            degrees = math.degrees(math.atan(falls))
            grey = await asyncio.to_thread(grey.rotate, degrees, Resampling.BILINEAR, expand=True, fillcolor=255)
            lines = await self._lines_in(grey)
            falls = slope(lines)
        applies = await asyncio.to_thread(lambda: food_date(find_dates(lines, today), today))
        if applies is None:
            return None
        looks = await asyncio.to_thread(_closer_looks, grey, applies.box, falls)
        again = await self._program.lines_in(looks)
        return applies.label_date if _is_confirmed(applies, again, today) else None

    async def _lines_in(self, grey: Image) -> list[Line]:
        [lines] = await self._program.lines_in([await asyncio.to_thread(_fitted, grey)])
        return lines


def _fitted(grey: Image) -> Image:
    if max(grey.size) <= LONGEST_SIDE:
        return grey
    small = grey.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Resampling.BILINEAR)
    return small


def _closer_looks(grey: Image, box: Box, falls: float) -> list[Image]:
    """Return the part of the picture that shows a date and what is next to it, level, at several sizes.

    box: where the date is in the picture as `_fitted` made it.
    """
    times = max(1.0, max(grey.size) / LONGEST_SIDE)
    left, top, right, bottom = (times * side for side in box)
    return [_part(grey, (left, top, right, bottom), falls, height) for height in _HEIGHTS]


def _part(grey: Image, box: Box, falls: float, height: int) -> Image:
    left, top, right, bottom = box
    tall = max(
        bottom - top - abs(falls) * (right - left), 0.3 * (bottom - top), 1.0
    )  # the box of turned text is higher
    scale = height / tall
    wide = min(round((right - left + 2 * _MARGIN_BESIDE * tall) * scale), _LONGEST_CROP)
    high = round((1 + 2 * _MARGIN_ABOVE) * height)
    turn = math.atan(falls)
    across, down = math.cos(turn) / scale, math.sin(turn) / scale
    centre_x, centre_y = (left + right) / 2, (top + bottom) / 2
    begin_x, begin_y = (
        centre_x - across * wide / 2 + down * high / 2,
        centre_y - down * wide / 2 - across * high / 2,
    )
    matrix = (across, -down, begin_x, down, across, begin_y)
    part = grey.transform((wide, high), Transform.AFFINE, matrix, Resampling.BICUBIC, fillcolor=255)
    return ImageOps.autocontrast(part)


def _is_confirmed(found: Found, again: Iterable[Sequence[Line]], today: date) -> bool:
    """Return whether a date was read again, and nowhere another instead."""
    reads = [{day for line in lines for day in days_in(line, today)} for lines in again]
    agreed = Counter(found.day in days for days in reads if days)
    return agreed[True] >= _LEAST_READS and not agreed[False]
