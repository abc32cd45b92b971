"""The job of impact: it closes the periods of the published series."""

from backend.job_context import Work


async def close_periods(work: Work) -> None:
    """Add the months that are over to the series."""
    await work.acts.value("close_impact_periods")
