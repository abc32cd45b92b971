"""Unmet demand: searches that found nothing and waits that ended without an offer, in whole groups of eleven."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.database.acts import Acts
from backend.database.sessions import Database
from backend.lots import unfound
from backend.lots.unfound import Unfound
from backend.settings import settings
from tests.town import Town
from tests.town.databases import API
from tests.town.days import a_merchant_s_shop, handed_over, people_of

TODAY = datetime.now(unfound.PARIS).date()


class _Collected(Acts):
    """Acts that keep what they are called with, or fail; everywhere is Strasbourg."""

    def __init__(self, failing: bool = False) -> None:
        self.failing = failing
        self.calls: list[dict[str, Any]] = []

    async def value(self, act: str, /, **arguments: Any) -> Any:
        if self.failing:
            raise asyncpg.InterfaceError("away")
        if act == "communes_at":
            return ["67482" for _ in arguments["latitudes"]]
        assert act == "count_searches"
        self.calls.append(arguments)


async def test_a_searcher_counts_once_a_day_under_a_hash_that_dies_at_midnight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counting = Unfound()
    for _ in range(3):
        counting.note("192.0.2.1", None, 48.5734, 7.7521)
        counting.note("192.0.2.1", None, 47.75, 7.33)
    counting.note("192.0.2.2", None, 48.5731, 7.7519)
    key, seen = counting._key, counting._seen
    assert len(seen) == 2
    assert all(len(mark) == 8 for mark in seen)
    assert b"192.0.2.1" not in b"".join(seen)

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Tomorrow":
            return cls(2099, 1, 1, tzinfo=tz)

    monkeypatch.setattr(unfound, "datetime", Tomorrow)
    counting.note("192.0.2.1", None, 48.5734, 7.7521)
    assert counting._key != key
    assert len(counting._seen) == 1
    assert counting._seen.isdisjoint(seen)

    away = _Collected(failing=True)
    await counting.flush(away)
    acts = _Collected()
    await counting.flush(acts)
    await counting.flush(acts)  # nothing is counted twice
    (call,) = acts.calls
    assert (call["days"], call["numbers"]) == ([TODAY, date(2099, 1, 1)], [2, 1])
    assert call["communes"] == ["67482", "67482"]


async def test_a_searcher_counts_once_signed_in_or_not() -> None:
    counting, acts = Unfound(), _Collected()
    counting.note("192.0.2.1", None, 48.57, 7.75)
    counting.note("192.0.2.1", "Marc", 48.57, 7.75)
    counting.note("198.51.100.7", "Marc", 48.57, 7.75)
    await counting.flush(acts)
    counting.note("203.0.113.9", None, 48.58, 7.75)
    await counting.flush(acts)
    assert [call["numbers"] for call in acts.calls] == [[1], [2]]
    # Two accounts behind one address are two people.
    counting.note("203.0.113.10", "Léa", 48.57, 7.75)
    counting.note("203.0.113.10", "Paul", 48.57, 7.75)
    counting.note("203.0.113.10", None, 48.57, 7.75)
    await counting.flush(acts)
    assert acts.calls[-1]["numbers"] == [4]


async def test_three_processes_do_not_make_eleven_people_of_four(town: Town) -> None:
    await town.territories()
    processes = [Unfound(), Unfound(), Unfound()]  # or one that was started three times
    database = await Database.open(town.copy.url(API), settings())
    try:
        for counting in processes:
            for person in range(4):
                counting.note(f"192.0.2.{person}", None, 48.5734, 7.7521)
            await counting.flush(database.acts)
    finally:
        await database.close()
    assert await town.value("select searches from app.unmet_days") == 4


async def test_a_search_without_a_result_counts_in_its_commune_and_no_other(town: Town) -> None:
    await town.territories()
    await town.ensure_served()
    lea = {"Authorization": f"Bearer {await town.token_for((await town.a_customer('Léa')).id)}"}
    for who in (lea, lea, {}):  # without her token she is a visitor at an address that she counts for
        await town.request("GET", "/v1/lots", params={"near": "48.5713,7.7675"}, headers=who)
    await town.a_lot()
    marc = await town.token_for((await town.a_customer()).id)
    headers = {"Authorization": f"Bearer {marc}"}
    found = await town.request("GET", "/v1/lots", params={"near": "48.5839,7.7455"}, headers=headers)
    assert found.json()["data"]  # so it is not counted
    missed = {"near": "48.6119,7.7441", "q": "truffes"}
    await town.request("GET", "/v1/lots", params=missed, headers=headers)
    database = await Database.open(town.copy.url(API), settings())
    try:
        await town.unfound.flush(database.acts)
    finally:
        await database.close()
    rows = await town.rows("select commune, searches, day from app.unmet_days order by commune")
    assert [tuple(row) for row in rows] == [("67447", 1, TODAY), ("67482", 1, TODAY)]
    columns = await town.rows("select column_name from information_schema.columns where table_name = 'unmet_days'")
    assert {row[0] for row in columns} == {"day", "commune", "waiting", "searches"}


async def test_unmet_demand_is_told_in_groups_of_eleven_and_larger_ones_are_sums(town: Town) -> None:
    await town.territories()
    await town.clock("2027-03-10T18:00:00+01:00")
    await handed_over(town, await a_merchant_s_shop(town, 1), await people_of(town, 1))
    lot = await town.a_lot(shop=await a_merchant_s_shop(town, 2), left=1)
    await _waited(town, lot.id, 12)
    few = await town.a_lot(shop=await a_merchant_s_shop(town, 3, "67447"), left=1)
    await _waited(town, few.id, 10)
    await town.changes(
        "insert into app.unmet_days (day, commune, searches)"
        " values ('2027-03-10', '67482', 25), ('2027-03-10', '67447', 3)"
    )
    await town.clock("2027-04-01T02:00:00+02:00")
    await town.worker_runs()
    # What comes after its day was published is left out.
    async with town.copy.connection(API) as api:
        await api.execute("select app.count_searches(array['2027-03-10'::date], array['67482'], array[1000])")
    for code, waiting, searches in (("67482", 11, 22), ("67447", 0, 0), ("246700488", 11, 22), ("FR", 11, 22)):
        for by in ("day", "month"):
            answer = await town.request(
                "GET", f"/v1/territories/{code}/figures", params={"from": "2027-03-01", "to": "2027-03-31", "by": by}
            )
            rows = [row for row in answer.json()["data"] if row["from"] in ("2027-03-10", "2027-03-01")]
            told = [(row["suppressed"], row["waiting_unserved"], row["searches_unserved"]) for row in rows]
            # In Schiltigheim nothing happened on that day that would have figures.
            assert told == ([] if (code, by) == ("67447", "day") else [(True, waiting, searches)]), (code, by)


async def _waited(town: Town, lot: UUID, people: int) -> None:
    """Let so many people wait for a lot until its window was over."""
    await town.changes(
        "insert into app.waiting (lot_id, account_id, quantity, status, ended_at)"
        " select $1, u.id, 1, 'closed', app.clock() from unnest($2::uuid[]) u (id)",
        lot,
        await people_of(town, people),
    )
