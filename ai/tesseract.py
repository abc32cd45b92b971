"""Run the `tesseract` program, where it is installed, on pictures with print."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Sequence
from io import BytesIO

from PIL.Image import Image

from ai.printed_text import Line, lines_of_tsv

_KEPT_VARIABLES = ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "SYSTEMROOT")
_SCATTERED = "11"  # --psm: text anywhere, in no order


class OcrFailed(Exception):
    """Raised when the program does not read a picture."""


class Tesseract:
    """Runs the program, one process a call. Cancelling a call kills its process."""

    def __init__(self) -> None:
        self._languages: dict[str, str] = {}

    @property
    def is_installed(self) -> bool:
        """Return whether there is a program to run."""
        return shutil.which("tesseract") is not None

    async def lines_in(self, pictures: Sequence[Image]) -> list[list[Line]]:
        """Return the lines of print in each of some grey pictures. Raises OcrFailed."""
        program = shutil.which("tesseract")
        if program is None:
            raise OcrFailed("not installed")
        if program not in self._languages:
            listed = (await _output(program, "--list-langs")).split()
            # Digits can be read without French.
            self._languages[program] = next((language for language in ("fra", "eng") if language in listed), "")
        language = ["-l", self._languages[program]] if self._languages[program] else []
        given = await asyncio.to_thread(as_tiff, pictures)
        written = await _output(program, "stdin", "stdout", "--psm", _SCATTERED, *language, "tsv", given=given)
        pages = lines_of_tsv(written)
        if len(pages) != len(pictures):
            raise OcrFailed(f"{len(pages)} pages of {len(pictures)}")
        return pages


def as_tiff(pictures: Sequence[Image]) -> bytes:
    """Return grey pictures as the pages of one file, without compression."""
    written = BytesIO()
    pictures[0].save(written, "TIFF", save_all=True, append_images=pictures[1:])
    return written.getvalue()


async def _output(program: str, *arguments: str, given: bytes = b"") -> str:
    """Return what the program prints. Raises OcrFailed."""
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
        )
    except OSError as error:
        raise OcrFailed(str(error)) from error
    try:
        printed, _ = await process.communicate(given)
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise OcrFailed(f"exit status {process.returncode}")
    return printed.decode("utf-8", "replace")
