"""The nightly count of what shops regularly leave."""

from uuid import UUID

from backend.job_context import Work

SHOPS = 100


async def count_leftovers(work: Work) -> None:
    """Count again what each verified shop regularly leaves. After an interruption the next run does all of it."""
    counted: UUID | None = None
    while counted := await work.acts.value("count_leftovers", after=counted, most=SHOPS):
        continue
