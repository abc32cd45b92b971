"""The daily job of API clients."""

from backend.job_context import Work

SOME = 200


async def tell(work: Work) -> None:
    """Tell the owners of API clients that expire within 30 days."""
    while await work.acts.value("tell_of_api_clients", most=SOME) >= SOME:
        pass
