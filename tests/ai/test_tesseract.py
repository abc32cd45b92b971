"""Reading printed dates: how `tesseract` is run, in turn and for how long, and what a draft says if it was not read.

A shell script stands for the program here; test_printed_dates.py runs the real one.
"""

import asyncio
import os
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from ai import Context, Drafter, DraftWarning
from ai.label_dates import LabelDate
from ai.local import LocalReader
from ai.print_reader import LONGEST_SIDE, OcrSkipped, PrintReader
from ai.tesseract import OcrFailed, Tesseract
from ai.vocabulary import DateKind
from tests.ai.conftest import a_photo

PICTURE = Image.new("RGB", (3000, 1500), "white")
GREY = PICTURE.convert("L")
TODAY = date(2026, 11, 22)
READ = LabelDate(date(2026, 11, 24), DateKind.USE_BY)


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder that is first in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def install(bin: Path, does: str = "", languages: str = "eng fra osd", *, looks: tuple[str, ...] = ()) -> None:
    """Install a `tesseract` that records its arguments, lists these languages and runs the shell code `does`.

    Then it reads a label in a large file, and `looks` in the small one of closer looks at the date.
    """
    words = "A consommer jusqu'au 24/11/2026".split()
    (bin / "label").write_text(tsv([[(word, 100 * number) for number, word in enumerate(words)]]))
    (bin / "looks").write_text(tsv([[(word, 0)] for word in looks or ("24/11/2026",) * 3]))
    program = bin / "tesseract"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {bin}/called\n'
        'if [ "$1" = --list-langs ]; then\n'
        f'  echo "List of available languages (3):"; for one in {languages}; do echo "$one"; done; exit 0\n'
        "fi\n"
        f"{does}\n"
        f"cat > {bin}/given; if [ $(wc -c < {bin}/given) -gt 500000 ]; then cat {bin}/label; else cat {bin}/looks; fi\n"
    )
    program.chmod(0o755)


def tsv(pages: list[list[tuple[str, int]]]) -> str:
    """Return words as the program writes them: each page one line, each word with its distance from the left."""
    rows = ["level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"]
    for page, words in enumerate(pages, 1):
        rows.append(f"1\t{page}\t0\t0\t0\t0\t0\t0\t1600\t800\t-1\t")
        rows += [
            f"5\t{page}\t1\t1\t1\t{n}\t{left}\t50\t90\t30\t91.5\t{word}" for n, (word, left) in enumerate(words, 1)
        ]
    return "\n".join(rows) + "\n"


async def test_a_printed_date_fills_the_draft(bin: Path, context: Context) -> None:
    install(bin)
    drafter = Drafter()
    drafted = await drafter.draft_listing(a_photo(PICTURE), context)
    await drafter.close()

    assert (drafted.draft.food_date, drafted.draft.date_kind) == (READ.day, "use_by")
    assert drafted.confidence["food_date"] == 0.7
    assert drafted.warnings == [DraftWarning.DATE_UNCONFIRMED]
    assert (bin / "called").read_text().splitlines() == [
        "--list-langs",
        "stdin stdout --psm 11 -l fra tsv",
        "stdin stdout --psm 11 -l fra tsv",
    ]
    with Image.open(bin / "given") as looks:
        sizes = [look.size for look in ImageSequence.Iterator(looks)]
    assert len(sizes) == 3, "closer looks at the date"
    assert max(max(size) for size in sizes) < LONGEST_SIDE // 2


@pytest.mark.parametrize(
    ("looks", "read"),
    [
        (("24/11/2026", "24/11/26", "DLC 24.11.26 L2447"), READ),
        (("24/11/2026", "", "24/11/2026"), READ),
        (("24/11/2026", "24/11/2026", "24/11/2028"), None),
        (("24/11/2026", "", "2A/11/2026"), None),
        (("", "", ""), None),
    ],
)
async def test_a_date_counts_only_if_closer_looks_agree(
    bin: Path, looks: tuple[str, ...], read: LabelDate | None
) -> None:
    install(bin, looks=looks)
    assert await PrintReader().food_date(GREY, TODAY) == read


async def test_english_is_used_without_french_and_else_no_language_is_given(bin: Path) -> None:
    for languages, arguments in (("eng", " -l eng"), ("deu", "")):
        install(bin, languages=languages)
        assert len(await Tesseract().lines_in([GREY])) == 1
        assert (bin / "called").read_text().splitlines()[-1] == f"stdin stdout --psm 11{arguments} tsv"


@pytest.mark.parametrize("does", ["exit 1", "echo half; kill -9 $$", "exec 0<&-; exit 3"])
async def test_a_broken_program_leaves_a_draft_that_says_so(bin: Path, context: Context, does: str) -> None:
    install(bin, does)
    with pytest.raises(OcrFailed):
        await Tesseract().lines_in([GREY])
    drafter = Drafter()
    drafted = await drafter.draft_listing(a_photo(PICTURE), context)
    await drafter.close()
    assert (drafted.draft.food_date, drafted.warnings) == (None, [DraftWarning.OCR_SKIPPED])


async def test_any_output_bytes_are_accepted(bin: Path, context: Context) -> None:
    install(bin, "cat > /dev/null; head -c 50000 /dev/urandom; printf '\\377\\376'; exit")
    drafter = Drafter()
    assert (await drafter.draft_listing(a_photo(PICTURE), context)).draft.title is None
    await drafter.close()


async def test_the_program_is_killed_on_cancellation_and_at_its_time_limit(bin: Path) -> None:
    install(bin, f"echo $$ > {bin}/pid.new; mv {bin}/pid.new {bin}/pid; exec sleep 600")
    async with asyncio.timeout(60):
        reading = asyncio.create_task(PrintReader(limit_seconds=60).food_date(GREY, TODAY))
        while not (bin / "pid").exists():
            await asyncio.sleep(0.01)
        pid = int((bin / "pid").read_text())
        os.kill(pid, 0)  # the control: it runs
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(OcrSkipped):
            await PrintReader(limit_seconds=0.05).food_date(GREY, TODAY)


async def test_waiting_for_a_turn_does_not_count_into_the_time_limit(
    bin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    install(bin, "sleep 0.3")
    reader = PrintReader(limit_seconds=3, wait_seconds=60)
    reads = await asyncio.gather(*(reader.food_date(GREY, TODAY) for _ in range(8)))
    assert reads == [READ] * 8, "together they take longer than the limit"


async def test_a_draft_whose_turn_does_not_come_says_so_and_keeps_the_rest(
    bin: Path, monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    install(bin, "sleep 1")
    drafter = Drafter(local=LocalReader(PrintReader(wait_seconds=0.1)))
    one, other = await asyncio.gather(*(drafter.draft_listing(a_photo(PICTURE), context) for _ in range(2)))
    await drafter.close()
    assert (one.draft.food_date, one.warnings) == (READ.day, [DraftWarning.DATE_UNCONFIRMED])
    assert (other.draft.food_date, other.warnings) == (None, [DraftWarning.OCR_SKIPPED])
    assert other.draft.category == one.draft.category == "bakery"


async def test_without_the_program_reading_gives_no_text_and_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reader = LocalReader()
    reading = await reader.read(a_photo(PICTURE), context)
    reader.close()
    assert (reading.date, reading.warnings) == (None, frozenset())
