"""What people are told of lots that come on offer: helpers for tests of favourites, alerts and quiet hours."""

from typing import Any

from tests.town.people import Person
from tests.town.town import Town

NOON = "2026-12-02T12:00+01:00"  # a Wednesday, outside quiet hours


async def at_noon(town: Town) -> None:
    """Set the clock to noon, and let mails about offers go out at once."""
    await town.clock(NOON)
    await town.changes("update app.settings set value = 0 where name = 'gather_minutes'")


async def told_of_offers(person: Person, event: str = "favourite_offers") -> list[dict[str, Any]]:
    """Run the due jobs, then return the notices of a person about offers, oldest first."""
    await person.town.worker_runs()
    notices: list[dict[str, Any]] = (await person.gets("/notices", limit=100))["data"]
    return [notice for notice in reversed(notices) if notice["event"] == event]


async def waiting_mails_are_due(town: Town) -> None:
    """Make the queue run the mails that wait for a later moment; the test has set its clock to that moment."""
    await town.changes("update jobs.procrastinate_jobs set scheduled_at = null where task_name = 'notices.deliver'")


async def has_confirmed_address(person: Person, address: str) -> None:
    """Give somebody an address in clear that they have confirmed, as customers have one."""
    await person.town.changes(
        "update app.accounts set email = $2, email_verified_at = now() where id = $1", person.id, address
    )
