"""The published figures: money and people helped up to the last midnight, people in whole groups of eleven."""

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from backend.database.migrate import migrate
from tests.policies.test_migrating import migrate_until
from tests.town import Lot, Town
from tests.town.databases import Databases

MONEY = ("value_saved_cents", "saved_by_people_cents", "recovered_by_shops_cents")


async def public(town: Town, *names: str) -> tuple[Any, ...]:
    figures = (await town.request("GET", "/v1/impact")).json()
    return tuple(figures[name] for name in names)


async def help_people(town: Town, lot: Lot, count: int) -> None:
    """Hand a free portion to so many people who never got one."""
    for number in range(count):
        amina = await town.a_beneficiary(f"Amina {number}")
        await lot.shop.merchant.hands_over(await amina.pass_for(await amina.reserves(lot)))


@pytest.mark.parametrize("added_up", [True, False], ids=["totals", "entries since"])
async def test_people_helped_are_whole_groups_of_eleven_of_the_days_before(town: Town, added_up: bool) -> None:
    await town.clock("2026-12-01T10:00:00+01:00")
    lot = await town.a_free_lot(left=100, opens_in=timedelta(0), lasts=timedelta(days=3))

    async def told() -> int:
        if added_up:
            await town.changes("select app.add_up_impact()")
        (people,) = await public(town, "people_helped")
        return int(people)

    seen = set()
    for _ in range(12):
        await help_people(town, lot, 1)
        seen.add(await told())
    assert seen == {0}, "today is not told"

    await town.clock("2026-12-01T23:59:59+01:00")
    assert await told() == 0
    await town.clock("2026-12-02T00:00:00+01:00")
    assert await told() == 11
    await help_people(town, lot, 9)
    assert await told() == 11
    await town.clock("2026-12-03T00:00:00+01:00")
    assert await told() == 11, "twenty-one are one group of eleven"
    await help_people(town, lot, 1)
    await town.clock("2026-12-04T00:00:00+01:00")
    assert await told() == 22


async def test_value_saved_is_the_original_price_with_its_two_parts(town: Town) -> None:
    shop = await town.a_shop()
    paid, free = await town.a_lot(shop=shop, price_cents=300), await town.a_free_lot(shop=shop)
    marc, amina, zoe = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    bought = await marc.buys(paid, 2)
    await (await town.a_customer("Jeanne")).gives(paid)
    suspended = await amina.reserves(await town.suspended_lot_of(paid))
    given = await zoe.reserves(free)
    await town.opens(paid)
    for person, reservation in ((marc, bought), (amina, suspended), (zoe, given)):
        await shop.merchant.hands_over(await person.pass_for(reservation))

    assert await public(town, *MONEY) == (0, 0, 0)
    await town.clock(await town.now() + timedelta(days=1))
    # 2 sold at 3 € instead of 6 €, one suspended for 3 €, one free of 8 €.
    assert await public(town, *MONEY) == (2600, 1700, 900)
    await town.changes("select app.add_up_impact()")
    assert await public(town, *MONEY) == (2600, 1700, 900)
    own = [await person.gets("/impact/me") for person in (marc, amina, zoe)]
    parts = [[figures[name] for name in MONEY] for figures in own]
    assert parts == [[1200, 600, 600], [600, 300, 300], [800, 800, 0]]
    of_shop = await shop.merchant.gets(f"/impact/shops/{shop.id}")
    assert tuple(of_shop[name] for name in MONEY) == (2600, 1700, 900)


@pytest.mark.parametrize("added_up", [True, False], ids=["totals", "entries since"])
async def test_money_does_not_move_around_a_handover_before_midnight(town: Town, added_up: bool) -> None:
    """The shop is in Guadeloupe, five hours behind Paris in December: each figure has its own midnight."""
    await town.clock("2026-12-01T10:00:00-04:00")
    shop = await town.a_shop(commune="97105")
    lot = await town.a_lot(shop=shop, opens_in=timedelta(0), lasts=timedelta(hours=3))
    merchant, marc = lot.shop.merchant, await town.a_customer()
    shown = await marc.pass_for(await marc.buys(lot))

    async def told() -> tuple[Any, Any]:
        if added_up:
            await town.changes("select app.add_up_impact()")
        of_shop = await merchant.gets(f"/impact/shops/{lot.shop.id}")
        return await public(town, *MONEY), tuple(of_shop[name] for name in MONEY)

    nothing, value = (0, 0, 0), (800, 400, 400)
    assert await told() == (nothing, nothing)
    await merchant.hands_over(shown)
    assert await told() == (nothing, nothing)
    assert await public(town, "meals") == (1,), "meals move at once"
    for at, expected in {
        "2026-12-01T23:59:59+01:00": (nothing, nothing),
        "2026-12-02T00:00:00+01:00": (value, nothing),
        "2026-12-01T23:59:59-04:00": (value, nothing),
        "2026-12-02T00:00:00-04:00": (value, value),
    }.items():
        await town.clock(at)
        assert await told() == expected, at


async def test_todays_entries_are_found_through_the_index(town: Town) -> None:
    lot, marc = await town.a_lot(left=2), await town.a_customer()
    await marc.buys(lot)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(await marc.buys(lot)))
    await town.changes("set session_replication_role = replica")
    await town.changes(
        "insert into app.impact_entries select (json_populate_record(e, json_build_object('reservation_id',"
        " app.uuid7(), 'recorded_at', e.recorded_at - (30000 - n) * interval '1 minute'))).*"
        " from app.impact_entries e, generate_series(1, 30000) n order by n"
    )
    await town.changes("select brin_summarize_new_values('app.impact_entries_recorded_at_idx')")
    await town.changes("analyze app.impact_entries")
    plan = "\n".join(
        row[0]
        for row in await town.rows(
            "explain select sum(value_saved_cents) from app.impact_entries"
            " where recorded_at >= app.paris_day(app.clock()) at time zone 'Europe/Paris'"
        )
    )
    assert "impact_entries_recorded_at_idx" in plan


async def test_a_converted_lot_tells_its_shop_one_total_the_day_after(town: Town) -> None:
    """Its sold and free portions are at one counter: a sum before and after a handover would tell which it was."""
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    lot = await town.a_lot(opens_in=timedelta(0), becomes_free_at=await town.now() + timedelta(hours=1))
    merchant, path = lot.shop.merchant, f"/impact/shops/{lot.shop.id}"
    bought = await marc.buys(lot)
    await town.clock(await town.now() + timedelta(hours=1))
    await town.worker_runs()
    free = await amina.reserves(lot)
    for person, reservation in ((marc, bought), (amina, free)):
        await merchant.hands_over(await person.pass_for(reservation))
        assert [(await merchant.gets(path))[name] for name in MONEY] == [0, 0, 0]

    await town.clock(lot.pickup_end)
    await town.worker_runs()
    assert [(await merchant.gets(path))[name] for name in MONEY] == [0, 0, 0]
    await town.clock(lot.pickup_end + timedelta(days=1))
    figures = await merchant.gets(path)
    assert [figures[name] for name in MONEY] == [1600, 1200, 400]
    assert figures["meals"] == 2


def test_migrating_completes_the_entries_of_the_past(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1070")
        with psycopg.connect(copy.url()) as connection:
            account, shop = connection.execute("""
                with a as (insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id)
                insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
                select a.id, 'Pain', '73282932000074', 'Rue du Pain', '67482', 48, 7, 'bakery' from a
                returning owner_id, id
            """).fetchone() or (None, None)
            for kind, price, given, paid in (("discounted", 300, 0, 300), ("free", 0, 300, 0), ("free", 0, 0, 0)):
                connection.execute(
                    """
                    with l as (
                        insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents,
                            quantity, remaining, pickup_start, pickup_end, date_kind, status, given_price_cents,
                            suspended_from, place, shelf, category_shelf, words)
                        select %(shop)s, 'Pain', 'bakery', %(kind)s, 800, %(price)s, 9, 9, now(),
                            now() + interval '1 hour', 'none', 'draft', %(given)s,
                            case when %(given)s > 0 then (select o.id from app.lots o limit 1) end,
                            point(0, 0), point(0, 0), point(0, 0), ''
                        returning id),
                    r as (
                        insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, quota_day)
                        select l.id, %(account)s, 2, %(paid)s, 'picked_up', case when %(paid)s = 0 then current_date end
                        from l returning id)
                    insert into app.impact_entries (reservation_id, account_id, shop_id, factor_id, food_grams, meals,
                        co2e_grams, value_saved_cents, people_helped, recorded_at)
                    select r.id, %(account)s, %(shop)s, 1, 1000, 2, 1800, 2 * (800 - greatest(%(paid)s, %(given)s)), 0,
                        now() - interval '2 days'
                    from r
                    """,
                    {"shop": shop, "account": account, "kind": kind, "price": price, "given": given, "paid": paid},
                )
            # All but the last were added up before.
            connection.execute("""
                update app.impact_totals set value_saved_cents = 3600, counted_before = pg_current_xact_id()
            """)

        migrate(copy.url())

        with psycopg.connect(copy.url()) as connection:
            entries = connection.execute("""
                select e.value_saved_cents, e.recovered_by_shops_cents
                from app.impact_entries e join app.reservations r on r.id = e.reservation_id
                join app.lots l on l.id = r.lot_id order by l.price_cents desc, l.given_price_cents desc
            """).fetchall()
            assert entries == [(1600, 600), (1600, 600), (1600, 0)]
            (figures,) = connection.execute("select app.public_impact()").fetchone() or ({},)
        figures = figures if isinstance(figures, dict) else json.loads(figures)
        assert tuple(figures[name] for name in MONEY) == (4800, 3600, 1200)


async def test_money_waits_for_midnight_in_paris_just_after_midnight_too(town: Town) -> None:
    await town.clock("2026-12-02T00:20+01:00")
    lot, marc = await town.a_lot(opens_in=timedelta(minutes=-10)), await town.a_customer("Marc")
    before = (await town.request("GET", "/v1/impact")).json()
    await lot.shop.merchant.hands_over(await marc.pass_for(await marc.buys(lot)))

    after = (await town.request("GET", "/v1/impact")).json()
    assert after["meals"] > before["meals"]
    assert after["value_saved_cents"] == before["value_saved_cents"]
    await town.clock("2026-12-03T00:00:30+01:00")
    assert (await town.request("GET", "/v1/impact")).json()["value_saved_cents"] > before["value_saved_cents"]
