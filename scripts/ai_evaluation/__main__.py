"""The command line of `scripts/eval_ai`."""

import asyncio
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field
from pydantic_settings import BaseSettings
from rich.console import Console
from rich.table import Table

from ai import Context, Drafter, DraftResult, GeminiModel
from ai.print_reader import PrintReader
from backend.settings import Settings
from scripts.ai_evaluation.cases import TODAY, Case, UnfitFolder, as_photo, cases_in, drawn_cases, keep
from scripts.ai_evaluation.date_labels import DateLabel, drawn_labels
from scripts.ai_evaluation.scoring import DateOutcome, Score, date_outcome, scored

_NOON = 12


class ConfiguredModel(BaseSettings):
    """The product's three settings of the model, with the same defaults. The other settings are not needed."""

    key: str = Field(default="", validation_alias="GEMINI_API_KEY")
    model: str = Field(default=Settings.model_fields["gemini_model"].default, validation_alias="GEMINI_MODEL")
    base_url: str = Field(default=Settings.model_fields["gemini_base_url"].default, validation_alias="GEMINI_BASE_URL")

    def made(self) -> GeminiModel | None:
        """Return the model, or None without a key."""
        return GeminiModel(self.key, self.model, self.base_url) if self.key else None


def main(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of photos with an expected.toml; by default, pictures drawn here.")
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="Also print each draft with its warnings.")] = False,
    local: Annotated[bool, typer.Option("--local", help="Do not ask the model, even with a key.")] = False,
    draw: Annotated[
        Path | None, typer.Option(help="Only write the drawn pictures and their expected values into this folder.")
    ] = None,
    dates: Annotated[
        bool, typer.Option("--dates", help="Only read the dates of drawn labels, with tesseract: takes minutes.")
    ] = False,
) -> None:
    """Read photos with the configured model (GEMINI_API_KEY, GEMINI_MODEL, GEMINI_BASE_URL) and the local reader.

    Prints how often each field was right. Without a key, only the local reader is used. Photos and what was read in
    them leave this machine only to reach the model.
    """
    console = Console()
    if draw is not None:
        for path in keep(drawn_cases(), draw):
            console.print(str(path), highlight=False, soft_wrap=True)
        return
    if dates:
        labels = list(drawn_labels())
        outcomes = asyncio.run(read_dates(labels))
        console.print(dates_table("kind of label", [(label.kind, one) for label, one in outcomes]))
        console.print(dates_table("condition", [(label.condition, one) for label, one in outcomes]))
        return
    try:
        cases = drawn_cases() if folder is None else cases_in(folder)
    except UnfitFolder as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    model = None if local else ConfiguredModel().made()
    drafted, seconds = asyncio.run(read(cases, model))
    if details:
        for case, one in zip(cases, drafted, strict=True):
            warned = ", ".join(one.warnings) or "no warning"
            console.print(f"[bold]{case.name}[/bold] by {one.reader}: {warned}")
            console.print(one.draft.model_dump(mode="json", exclude_none=True))
    console.print(table(scored(zip(cases, (one.draft for one in drafted), strict=True)), len(cases)))
    reader = f"model {model.name}, with the local reader" if model else "local reader alone (no GEMINI_API_KEY)"
    console.print(f"{reader}; median {statistics.median(seconds) * 1000:.0f} ms a photo")


async def read(cases: list[Case], model: GeminiModel | None) -> tuple[list[DraftResult], list[float]]:
    """Draft each case, one after another, so that each time is that of one photo. Returns drafts and seconds."""
    drafter = Drafter(model)
    drafted, seconds = [], []
    try:
        for case in cases:
            photo = as_photo(case.picture())
            now = datetime(case.today.year, case.today.month, case.today.day, _NOON, tzinfo=UTC)
            began = time.perf_counter()
            drafted.append(await drafter.draft_listing(photo, Context(case.today, now)))
            seconds.append(time.perf_counter() - began)
    finally:
        await drafter.close()
    return drafted, seconds


def table(scores: dict[str, Score], photos: int) -> Table:
    """Return the scores as a table with one row per field."""
    made = Table("field", title=f"{photos} photos")
    for heading in ("right", "wrong", "silent", "empty", "invented", "accuracy"):
        made.add_column(heading, justify="right")
    for name, score in scores.items():
        counts = (score.right, score.wrong, score.silent, score.unsaid, score.invented)
        made.add_row(name, *map(str, counts), f"{score.accuracy:.0%}")
    return made


async def read_dates(labels: Iterable[DateLabel]) -> list[tuple[DateLabel, DateOutcome]]:
    """Read the date of each label with the program `tesseract`, and compare it with the printed one."""
    reader = PrintReader(limit_seconds=600, wait_seconds=3600)  # however slow this machine is

    async def outcome(label: DateLabel) -> tuple[DateLabel, DateOutcome]:
        async with at_once:
            pixels = await asyncio.to_thread(lambda: as_photo(label.picture()).pixels)
            return label, date_outcome(await reader.food_date(pixels, TODAY), label.expected)

    at_once = asyncio.Semaphore(2 * (os.cpu_count() or 1))
    return await asyncio.gather(*map(outcome, labels))


def dates_table(heading: str, outcomes: list[tuple[str, DateOutcome]]) -> Table:
    """Return how many dates were read how, with one row per kind of label or condition, and one for all."""
    made = Table(title=f"{len(outcomes)} labels", box=None, pad_edge=False)
    made.add_column(heading, no_wrap=True)
    for outcome in DateOutcome:
        made.add_column(outcome, justify="right")
    counts = {name: Counter(one for other, one in outcomes if other == name) for name, _ in outcomes}
    for name, counted in (counts | {"all": Counter(one for _, one in outcomes)}).items():
        made.add_row(name, *(str(counted[outcome] or "") for outcome in DateOutcome))
    return made


if __name__ == "__main__":
    typer.run(main)
