"""The job of figures: it closes days."""

from backend.job_context import Work

DAYS_AT_ONCE = 30


async def close_days(work: Work) -> None:
    """Keep the sums of the days on which nothing can change any more."""
    while await work.acts.value("close_platform_days", most=DAYS_AT_ONCE):
        pass
