"""Read printed text in a picture with the `tesseract` program, where it is installed."""

import asyncio
import contextlib
import os
import shutil

from PIL.Image import Image, Resampling

LONGEST_SIDE = 1600  # px: enough to read a date, in a third of the time that 2400 px take
_KEPT_VARIABLES = ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "SYSTEMROOT")


class Tesseract:
    """Runs the program, at most once per processor at a time. If it is not installed, no text is ever found."""

    def __init__(self, limit_seconds: float = 4.0) -> None:
        self._limit_seconds = limit_seconds
        self._at_once = asyncio.Semaphore(os.cpu_count() or 1)
        self._languages: dict[str, str] = {}

    async def text_in(self, pixels: Image) -> str:
        """Return the text in the picture; "" if there is none, if reading takes too long, or without the program."""
        program = shutil.which("tesseract")
        if program is None:
            return ""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._limit_seconds), self._at_once:
                picture = await asyncio.to_thread(as_pgm, pixels)
                language = await self._language(program)
                read = await _output(program, "stdin", "stdout", "--psm", "11", *language, given=picture)
                return read.decode("utf-8", "replace")
        return ""

    async def _language(self, program: str) -> list[str]:
        """Return the options for French if its data is installed. Digits can be read without it."""
        if program not in self._languages:
            listed = (await _output(program, "--list-langs")).decode("utf-8", "replace").split()
            self._languages[program] = next((language for language in ("fra", "eng") if language in listed), "")
        return ["-l", self._languages[program]] if self._languages[program] else []


def as_pgm(pixels: Image) -> bytes:
    """Return grey pixels in the simplest format that tesseract reads, which needs no compression."""
    grey = pixels.convert("L")
    if max(grey.size) > LONGEST_SIDE:
        grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Resampling.BILINEAR)
    return b"P5\n%d %d\n255\n" % grey.size + grey.tobytes()


async def _output(program: str, *arguments: str, given: bytes = b"") -> bytes:
    """Return what the program prints, or b"" if it fails. Cancelling the call kills the program."""
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
    )
    try:
        printed, _ = await process.communicate(given)
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    return printed if process.returncode == 0 else b""
