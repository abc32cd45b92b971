"""The local reader, which needs no API key: reads bar codes and print on this machine, off the event loop."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ai.bar_codes import Codes, codes_in
from ai.draft_warnings import DraftWarning
from ai.label_dates import LabelDate
from ai.listing import Context, Photo
from ai.print_reader import PrintReader


@dataclass(frozen=True, slots=True)
class LocalReading:
    """The facts read in the picture without a model. date: from print; None without tesseract."""

    codes: Codes = field(default_factory=Codes)
    date: LabelDate | None = None
    warnings: frozenset[DraftWarning] = frozenset()


def _lower_priority() -> None:
    """Lower the thread's priority so that requests, which are shorter, come first. Works on Linux only."""
    if sys.platform == "linux":
        os.nice(5)


class LocalReader:
    """Reads as many pictures at once as there are processors, because decoding is CPU-bound."""

    def __init__(self, print_reader: PrintReader | None = None) -> None:
        self._threads = ThreadPoolExecutor(
            os.cpu_count() or 1, thread_name_prefix="local reader", initializer=_lower_priority
        )
        self._print = print_reader or PrintReader()

    async def read(self, photo: Photo, context: Context) -> LocalReading:
        """Read codes and print at the same time. Never raises: an unreadable picture gives a warning instead."""
        loop = asyncio.get_running_loop()
        codes, printed = await asyncio.gather(
            loop.run_in_executor(self._threads, codes_in, photo.pixels, context.today),
            self._print.food_date(photo.pixels, context.today),
            return_exceptions=True,
        )
        warnings = {DraftWarning.PHOTO_NOT_READ} if isinstance(codes, BaseException) else set()
        if isinstance(printed, BaseException):
            warnings.add(DraftWarning.OCR_SKIPPED)
        return LocalReading(
            codes=Codes() if isinstance(codes, BaseException) else codes,
            date=None if isinstance(printed, BaseException) else printed,
            warnings=frozenset(warnings),
        )

    def close(self) -> None:
        """Shut the threads down without waiting for pictures that are being read."""
        self._threads.shutdown(wait=False, cancel_futures=True)
