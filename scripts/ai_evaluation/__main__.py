"""The command line of `scripts/eval_ai`."""

import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field
from pydantic_settings import BaseSettings
from rich.console import Console
from rich.table import Table

from ai import Context, Drafter, DraftResult, GeminiModel
from backend.settings import Settings
from scripts.ai_evaluation.cases import Case, UnfitFolder, as_photo, cases_in, drawn_cases, keep
from scripts.ai_evaluation.scoring import Score, scored

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


if __name__ == "__main__":
    typer.run(main)
