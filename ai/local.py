"""The reader that needs no key: machine codes and print, read on this machine, off the event loop."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ai.bar_codes import Codes, codes_in
from ai.draft_warnings import DraftWarning
from ai.label_dates import LabelDate, food_date_in
from ai.listing import Context, Photo
from ai.tesseract import Tesseract


@dataclass(frozen=True, slots=True)
class LocalReading:
    """What the picture says without a model. date: from print, where tesseract is installed."""

    codes: Codes = field(default_factory=Codes)
    date: LabelDate | None = None
    warnings: frozenset[DraftWarning] = frozenset()


def _after_others() -> None:
    """Let requests come first, which take less. Only on Linux has a thread a priority of its own."""
    if sys.platform == "linux":
        os.nice(5)


class LocalReader:
    """As many pictures at once as there are processors: decoding is all computing."""

    def __init__(self, print_reader: Tesseract | None = None) -> None:
        self._threads = ThreadPoolExecutor(
            os.cpu_count() or 1, thread_name_prefix="local reader", initializer=_after_others
        )
        self._print = print_reader or Tesseract()

    async def read(self, photo: Photo, context: Context) -> LocalReading:
        """Read codes and print at the same time. Raises nothing; a picture that cannot be read says so."""
        loop = asyncio.get_running_loop()
        codes, text = await asyncio.gather(
            loop.run_in_executor(self._threads, codes_in, photo.pixels, context.today),
            self._print.text_in(photo.pixels),
            return_exceptions=True,
        )
        failed = isinstance(codes, BaseException)
        return LocalReading(
            codes=Codes() if isinstance(codes, BaseException) else codes,
            date=None if isinstance(text, BaseException) else food_date_in(text, context.today),
            warnings=frozenset({DraftWarning.PHOTO_NOT_READ} if failed else ()),
        )

    def close(self) -> None:
        """Let the threads go; what they are reading now is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
