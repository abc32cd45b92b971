"""Reading printed text with tesseract: a script with its command line, broken programs, and no program at all."""

import asyncio
import os
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from ai import Context, Drafter, DraftWarning
from ai.local import LocalReader
from ai.tesseract import LONGEST_SIDE, Tesseract, as_pgm
from tests.ai.conftest import a_photo

PICTURE = Image.new("RGB", (3000, 1500), "white")


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder that is first in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def install(bin: Path, does: str, languages: str = "eng fra osd") -> None:
    """Install a `tesseract` that records its arguments, lists these languages and runs the shell code `does`."""
    program = bin / "tesseract"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {bin}/called\n'
        'if [ "$1" = --list-langs ]; then\n'
        f'  echo "List of available languages (3):"; for one in {languages}; do echo "$one"; done; exit 0\n'
        "fi\n"
        f"{does}\n"
    )
    program.chmod(0o755)


async def test_a_printed_date_fills_the_draft(bin: Path, context: Context) -> None:
    (bin / "print").write_text("YAOURT\n\nÀ consommer jusqu'au\n24/11/2026\n\f", encoding="utf-8")
    install(bin, f"cat > {bin}/given; cat {bin}/print")
    drafter = Drafter()
    drafted = await drafter.draft_listing(a_photo(PICTURE), context)
    await drafter.close()

    assert (drafted.draft.food_date, drafted.draft.date_kind) == (date(2026, 11, 24), "use_by")
    assert drafted.confidence["food_date"] == 0.7
    assert drafted.warnings == [DraftWarning.DATE_UNCONFIRMED]
    assert (bin / "called").read_text().splitlines() == ["--list-langs", "stdin stdout --psm 11 -l fra"]
    given = (bin / "given").read_bytes()
    header = b"P5\n%d %d\n255\n" % (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert given == as_pgm(PICTURE)
    assert given.startswith(header)
    assert len(given) == len(header) + LONGEST_SIDE * LONGEST_SIDE // 2


async def test_english_is_used_without_french_and_else_no_language_is_given(bin: Path) -> None:
    for languages, arguments in (("eng", " -l eng"), ("deu", "")):
        install(bin, "cat > /dev/null; echo read", languages)
        assert await Tesseract().text_in(PICTURE) == "read\n"
        assert (bin / "called").read_text().splitlines()[-1] == "stdin stdout --psm 11" + arguments


@pytest.mark.parametrize(
    "does",
    ["exit 1", "echo half; kill -9 $$", "exec 0<&-; exit 3"],
)
async def test_a_broken_program_gives_no_text(bin: Path, does: str) -> None:
    install(bin, does)
    assert await Tesseract().text_in(PICTURE) == ""


async def test_any_output_bytes_are_accepted(bin: Path, context: Context) -> None:
    install(bin, "cat > /dev/null; head -c 50000 /dev/urandom; printf '\\377\\376'")
    drafter = Drafter()
    assert (await drafter.draft_listing(a_photo(PICTURE), context)).draft.title is None
    await drafter.close()


async def test_the_program_is_killed_on_cancellation_and_at_its_time_limit(bin: Path) -> None:
    install(bin, f"echo $$ > {bin}/pid.new; mv {bin}/pid.new {bin}/pid; exec sleep 600")
    async with asyncio.timeout(60):
        reading = asyncio.create_task(Tesseract(limit_seconds=60).text_in(PICTURE))
        while not (bin / "pid").exists():
            await asyncio.sleep(0.01)
        pid = int((bin / "pid").read_text())
        os.kill(pid, 0)  # the control: it runs
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert await Tesseract(limit_seconds=0.05).text_in(PICTURE) == "", "the time limit ends it too"


async def test_without_the_program_reading_gives_no_text_and_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reader = LocalReader()
    reading = await reader.read(a_photo(PICTURE), context)
    reader.close()
    assert (reading.date, reading.warnings) == (None, frozenset())
