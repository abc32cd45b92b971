"""Commands for published figures and the map of territories."""

import asyncio
import sys
from datetime import date, datetime
from typing import Annotated

import typer

from backend.cli.common import as_owner, needed
from backend.settings import settings

SHORTEST_REASON, LONGEST_REASON = 3, 500


def rebuild_figures(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day to count; by default all days.")
    ] = None,
) -> None:
    """Count the figures of shops' days anew from the entries; exit status 1 if published ones differ.

    Days whose collections are no longer kept stay as they are. The platform's sums of days are counted anew too.
    """
    from backend.worker import working

    async def run() -> tuple[int, int]:
        async with working(settings()) as (work, _):
            row = await work.acts.row("rebuild_figures", since=since and since.date(), published_too=False)
            return row["differed"], row["left_alone"]

    differed, left_alone = asyncio.run(run())
    sys.stdout.write(f"{differed} figures differed from their entries, {differed - left_alone} were replaced.\n")
    if left_alone:
        sys.stdout.write(f"{left_alone} are published: see `ecopanier figures correct`.\n")
        raise SystemExit(1)


def correct_figures(
    why: Annotated[str, typer.Option(help="Why the figures were wrong, which everybody can read.")],
) -> None:
    """Publish corrections of the days and months whose figures differ from their entries.

    What changed is told only if enough people and merchants stand behind it. Otherwise the figure is suppressed.
    """
    from backend.territories.releasing import correct_figures as correct
    from backend.worker import working

    async def run() -> list[tuple[str, date]]:
        async with working(settings()) as (work, _):
            return await correct(work.acts, why)

    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise SystemExit(f"Nothing was corrected. --why: {SHORTEST_REASON} to {LONGEST_REASON} characters.")
    done = asyncio.run(run())
    for kind, first_day in done:
        sys.stdout.write(f"Corrected: {kind} {first_day}.\n")
    sys.stdout.write(f"{len(done)} corrections.\n")


def change_map(
    old: Annotated[str, typer.Argument(help="The INSEE code of a commune that was merged or renamed.")],
    new: Annotated[str, typer.Argument(help="The INSEE code of the commune of which it is a part from then on.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The first day of the change.")],
) -> None:
    """Note that a commune is a part of another from a day on, today or later. Earlier figures stay with the old one."""
    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    with as_owner(owner_url, "Nothing was changed") as connection:
        connection.execute("select app.change_map(%s, %s, %s)", [old, new, day.date()])
    sys.stdout.write(f"From {day.date()} on, {old} is {new}.\n")
