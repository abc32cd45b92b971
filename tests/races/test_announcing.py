"""Followers of a shop are each told once, whoever announces at the same time and whatever dies meanwhile."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from uuid import UUID

import pytest

from tests.town import Lot, Town
from tests.town.databases import WORKER, Connection
from tests.town.tidings import at_noon

SKIPS = " for update skip locked);"
TELLS = "perform app.notify_each('favourite_offers', accounts, told, onces, subjects);"


async def followers_of(town: Town, shop_id: UUID, number: int) -> None:
    """Make customers with confirmed addresses who follow a shop."""
    await town.changes(
        "with made as (insert into app.accounts (role, display_name, email, email_verified_at)"
        " select 'customer', 'P', 'p' || n || '@example.org', now() from generate_series(1, $2::int) n returning id)"
        " insert into app.favourites (account_id, shop_id, slot) select id, $1, 1 from made",
        shop_id,
        number,
    )


async def announced_to(town: Town, number: int) -> Lot:
    await at_noon(town)
    shop = await town.a_shop()
    await followers_of(town, shop.id, number)
    return await town.a_lot(shop=shop)


async def announces(connection: Connection, most: int) -> int:
    """Announce all lots, `most` people at a time; return in how many transactions."""
    transactions = 1
    while await connection.fetchval("select app.announce_lots($1)", most):
        transactions += 1
    return transactions


async def told(town: Town) -> tuple[int, int, int, int]:
    """Return how many people were told, and how many notices, mails and jobs of mails there are."""
    row = (
        await town.rows(
            "select (select count(distinct account_id) from app.notices), (select count(*) from app.notices),"
            " (select count(*) from app.notice_deliveries),"
            " (select count(*) from jobs.procrastinate_jobs where task_name = 'notices.deliver')"
        )
    )[0]
    return tuple(row.values())


async def changes_act(town: Town, act: str, *changes: tuple[str, str]) -> None:
    source = await town.value("select pg_get_functiondef($1::regproc)", f"app.{act}")
    for before, after in changes:
        assert source.count(before) == 1
        source = source.replace(before, after)
    await town.changes(source)


@pytest.mark.parametrize("kept_by", ["lock and key", "key", "nothing"])
async def test_two_workers_tell_each_follower_once(town: Town, kept_by: str) -> None:
    await announced_to(town, 60)
    if "lock" not in kept_by:
        slowly = "perform pg_sleep(0.02); " + TELLS
        await changes_act(town, "announce_lots", (SKIPS, ");"), (TELLS, slowly))
    if "key" not in kept_by:
        await town.changes("drop index app.notices_once_key")
        await changes_act(
            town, "notify_each", ("on conflict (account_id, event, once) where once is not null do nothing", "")
        )

    async with town.copy.connection(WORKER) as first, town.copy.connection(WORKER) as second:
        await asyncio.gather(announces(first, 10), announces(second, 10))

    people, *made = await told(town)
    assert people == 60
    assert made == [60] * 3 if "key" in kept_by else all(number > 60 for number in made)


async def test_a_batch_whose_worker_dies_is_done_again(town: Town) -> None:
    await announced_to(town, 30)
    async with town.copy.connection(WORKER) as dying:
        transaction = dying.transaction()
        await transaction.start()
        assert await dying.fetchval("select app.announce_lots(20)") == 1
        pid = await dying.fetchval("select pg_backend_pid()")
        await town.changes("select pg_terminate_backend($1, 5000)", pid)
        dying.terminate()  # it cannot say goodbye to a server that is gone
    assert await told(town) == (0, 0, 0, 0)

    async with town.copy.connection(WORKER) as another:
        await announces(another, 20)
    assert await told(town) == (30, 30, 30, 30)


async def test_control_progress_noted_before_the_notices_loses_followers(town: Town) -> None:
    await announced_to(town, 30)
    source = await town.value("select pg_get_functiondef('app.announce_lots'::regproc)")
    await changes_act(town, "announce_lots", (TELLS, ""))
    async with town.copy.connection(WORKER) as dying:
        assert await dying.fetchval("select app.announce_lots(20)") == 1  # and dies before it tells anybody
    await town.changes(source)

    async with town.copy.connection(WORKER) as another:
        await announces(another, 20)
    assert await told(town) == (10, 10, 10, 10)


KILLED = """
import asyncio, asyncpg, os
async def main():
    connection = await asyncpg.connect(os.environ["AS_WORKER"])
    while await connection.fetchval("select app.announce_lots(7)"):
        print("told", flush=True)
asyncio.run(main())
"""


async def test_killed_announcers_lose_nobody_and_tell_nobody_twice(town: Town) -> None:
    await announced_to(town, 400)
    for _ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            KILLED,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "AS_WORKER": town.copy.url(WORKER)},
        )
        assert process.stdout is not None
        for _ in range(5):
            assert await process.stdout.readline() == b"told\n"
        process.send_signal(signal.SIGKILL)
        await process.wait()

    people = (await told(town))[0]
    assert 0 < people < 400
    # Postgres notices only a little later that its clients are dead; until then their lots stay locked.
    while await town.value(
        "select exists (select from pg_stat_activity where datname = current_database() and usename = $1)", WORKER
    ):
        await asyncio.sleep(0.05)
    async with town.copy.connection(WORKER) as another:
        await announces(another, 100)
    assert await told(town) == (400, 400, 400, 400)


async def test_publishing_leaves_ten_thousand_followers_to_the_worker(town: Town) -> None:
    await at_noon(town)
    shop = await town.a_shop()
    await followers_of(town, shop.id, 10_000)
    await town.changes("analyze app.favourites, app.accounts")

    await town.a_lot(shop=shop, opens_in=timedelta(hours=4))
    at_once = await told(town)
    async with town.copy.connection(WORKER) as worker:
        transactions = await announces(worker, 2000)

    assert at_once == (0, 0, 0, 0)
    assert (await told(town))[:2] == (10_000, 10_000)
    assert transactions <= 10_000 / 2000 + 2
