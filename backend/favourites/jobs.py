"""The job that tells people of lots that came on offer."""

from backend.job_context import Work

AT_ONCE = 2000  # followers a batch, which is one transaction
ALERTS_AT_ONCE = 50  # each searches for lots, in a dense city among many thousands


async def announce(work: Work) -> None:
    """Tell people which lots came on offer in favourite shops and near saved places, until nobody is left to tell.

    Another worker may do the same at the same time: each takes lots that the other has not locked.
    """
    while await work.acts.value("announce_lots", most=AT_ONCE):
        pass
    while await work.acts.value("tell_places", most=ALERTS_AT_ONCE):
        pass
