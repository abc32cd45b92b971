"""How a merchant changes or withdraws a lot, over HTTP and past it by SQL; what a reservation keeps."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from tests.journeys.test_lots import changes, is_hidden_from
from tests.town import Town, refused
from tests.town.answers import refusal_in


async def test_changing_a_lot_with_an_outdated_version_is_refused(town: Town) -> None:
    lot = await town.a_lot()
    sophie, path = lot.shop.merchant, f"/lots/{lot.id}"
    read = (await sophie.asks("GET", path)).headers["etag"]

    changed = await sophie.asks("PATCH", path, {"price_cents": 300}, headers={"If-Match": read})
    late = await sophie.asks("PATCH", path, {"price_cents": 350}, headers={"If-Match": read})

    assert (changed.status_code, changed.json()["price_cents"]) == (200, 300)
    assert changed.headers["etag"] == (await sophie.asks("GET", path)).headers["etag"] != read
    assert refusal_in(late).code == "precondition.failed"
    assert (await sophie.gets(path))["price_cents"] == 300


async def test_one_of_several_changes_with_the_same_version_wins(town: Town) -> None:
    lot = await town.a_lot()
    prices = range(300, 308)
    answers = await asyncio.gather(
        *(
            lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"price_cents": p}, headers={"If-Match": '"r1"'})
            for p in prices
        )
    )
    won = [price for price, answer in zip(prices, answers, strict=True) if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert won == [await town.value("select price_cents from app.lots")]
    assert await town.value("select version from app.lots") == 2


async def test_reserving_keeps_the_version_and_bounds_the_new_quantity(town: Town) -> None:
    lot = await town.a_free_lot(left=5)
    amina, sophie = await town.a_beneficiary(), lot.shop.merchant
    await amina.reserves(lot, 2)

    changed = await sophie.asks("PATCH", f"/lots/{lot.id}", {"quantity": 3}, headers={"If-Match": '"r1"'})
    refusal = await refused(changes(sophie, lot, quantity=1))

    assert (changed.json()["quantity"], changed.json()["remaining"]) == (3, 1)
    assert (refusal.status, refusal.code) == (409, "lot.quantity_below_reserved")
    assert await town.left(lot) == 1
    assert await town.stock_is_exact()


@pytest.mark.parametrize(
    "fields",
    [
        {"price_cents": 500},
        {"original_price_cents": 1000},
        {"kind": "free", "price_cents": 0},
        {"allergens": ["nuts"]},
        {"category": "pastry"},
        {"cold_chain": True},
        {"weight_grams": 900},
        {"date_kind": "best_before", "food_date": "2030-01-01"},
        {"pickup_end": "+1h"},
    ],
)
async def test_a_reserved_lot_keeps_its_price_food_facts_and_window(town: Town, fields: dict[str, Any]) -> None:
    lot = await town.a_lot(left=5)
    await (await town.a_customer()).reserves(lot)
    sophie = lot.shop.merchant
    before = await sophie.gets(f"/lots/{lot.id}")
    if "pickup_end" in fields:
        fields = {"pickup_end": (lot.pickup_end + timedelta(hours=1)).isoformat()}

    refusal = await refused(changes(sophie, lot, **fields))

    assert (refusal.status, refusal.code) == (409, "lot.has_reservations")
    assert await sophie.gets(f"/lots/{lot.id}") == before
    assert (await changes(sophie, lot, title="Panier du matin"))["title"] == "Panier du matin"


async def test_a_published_lot_cannot_become_a_draft_again(town: Town) -> None:
    lot = await town.a_lot()
    refusal = await refused(changes(lot.shop.merchant, lot, publish=False))
    assert (refusal.status, refusal.code) == (409, "lot.already_published")
    assert (await lot.shop.merchant.gets(f"/lots/{lot.id}"))["status"] == "published"


async def test_reservations_have_the_lots_price_when_it_changes_meanwhile(town: Town) -> None:
    for _ in range(5):
        lot = await town.a_lot(left=10)
        people = [await town.a_customer() for _ in range(4)]
        answers = await asyncio.gather(
            *(person.sends_reservation(lot) for person in people),
            lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"price_cents": 300}),
        )
        taken = {answer.json()["unit_price_cents"] for answer in answers[:-1]}
        stands = await town.value("select price_cents from app.lots where id = $1", lot.id)
        assert taken == {stands}
    assert await town.stock_is_exact()


@pytest.mark.parametrize(
    "change",
    [
        "version = 1",
        "published_at = now()",
        "place = '(0,0)'",
        "shop_id = gen_random_uuid()",
        "created_at = now()",
        "shelf = '(0,0)'",
    ],
)
async def test_a_merchant_cannot_write_protected_columns_by_sql(town: Town, change: str) -> None:
    lot = await town.a_lot()
    async with town.sql_as(lot.shop.merchant) as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute(f"update app.lots set {change} where id = $1", lot.id)  # noqa: S608


@pytest.mark.parametrize("change", ["remaining = 99", "quantity = 99", "shelf = '(0,0)'"])
async def test_a_merchant_cannot_write_stock_by_sql(town: Town, change: str) -> None:
    lot = await town.a_lot()
    async with town.sql_as(lot.shop.merchant) as connection:
        assert await connection.fetchval("select remaining from app.lot_stock where lot_id = $1", lot.id) == 5
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute(f"update app.lot_stock set {change} where lot_id = $1", lot.id)  # noqa: S608


async def test_the_quantity_beside_the_stock_is_always_the_lots(town: Town) -> None:
    lot, marc = await town.a_lot(left=5), await town.a_customer()
    await marc.reserves(lot, 2)
    both = "select array[l.quantity, s.quantity, s.remaining] from app.lots l join app.lot_stock s on s.lot_id = l.id"

    await changes(lot.shop.merchant, lot, quantity=9)
    assert await town.value(both) == [9, 9, 7]
    await town.changes("update app.lots set quantity = 2")
    assert await town.value(both) == [2, 2, 0]
    for wrong in ("update app.lots set quantity = 1", "update app.lot_stock set quantity = 3"):
        with pytest.raises(asyncpg.CheckViolationError):
            await town.changes(wrong)
    assert await town.value(both) == [2, 2, 0]


@pytest.mark.parametrize("careful", [True, False], ids=["with the trigger", "control: without it"])
@pytest.mark.parametrize(
    "change",
    [
        "kind = 'free', price_cents = 0",
        "category = 'cheese'",
        "pickup_end = pickup_end + interval '1 hour'",
        "date_kind = 'none', food_date = null",
        "food_date = food_date + 1",
        "status = 'withdrawn'",
        "place = point(1, 1)",
    ],
)
async def test_the_values_of_a_search_follow_the_lot(town: Town, change: str, careful: bool) -> None:
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011  any day will do
    lot = await town.a_lot(category="bakery", date_kind="best_before", food_date=tomorrow)
    differs = """
        select count(*) > 0 from app.lots l join app.lot_stock k on k.lot_id = l.id cross join app.on_shelves(l) s
        where (k.shelf[0], k.shelf[1], k.category_shelf[0], k.category_shelf[1], k.pickup_end, k.best_before_ends,
               k.published)
              is distinct from (s.shelf[0], s.shelf[1], s.category_shelf[0], s.category_shelf[1], s.pickup_end,
                                s.best_before_ends, s.published)
    """
    assert await town.value(differs) is False
    if not careful:
        await town.changes("drop trigger shelve_stock on app.lots")

    await town.changes(f"update app.lots set {change} where id = $1", lot.id)  # noqa: S608

    assert await town.value(differs) is not careful


@pytest.mark.parametrize("status", ["paused", "ended", "withdrawn"])
async def test_a_merchant_cannot_set_the_status_of_a_lot_by_sql(town: Town, status: str) -> None:
    lot = await town.a_lot()
    async with town.sql_as(lot.shop.merchant) as connection:
        with pytest.raises(Exception, match=r"lot\.status_not_yours"):
            await connection.execute("update app.lots set status = $1 where id = $2", status, lot.id)


async def test_only_its_merchant_changes_a_lot_by_sql(town: Town) -> None:
    lot = await town.a_lot()
    for person in (await town.a_merchant("Léa"), await town.a_customer(), await town.an_admin()):
        async with town.sql_as(person) as connection:
            assert await connection.execute("update app.lots set title = 'x' where id = $1", lot.id) == "UPDATE 0"
    async with town.sql_as(None) as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute("update app.lots set title = 'x' where id = $1", lot.id)


async def test_withdrawing_a_lot_returns_money_and_quota_to_its_holders(town: Town) -> None:
    sophie, marc, amina = await town.a_merchant(), await town.a_customer(), await town.a_beneficiary()
    shop = await town.a_shop(sophie)
    paid_lot, free_lot = await town.a_lot(shop=shop, left=3), await town.a_free_lot(shop=shop, left=3)
    bought = await marc.buys(paid_lot, 2)
    taken = await amina.reserves(free_lot, 2)

    for lot in (paid_lot, free_lot):
        answer = await sophie.posts(f"/lots/{lot.id}/withdraw", key=f"withdraw {lot.id}")
        assert (answer["status"], answer["remaining"]) == ("withdrawn", 3)
        assert await sophie.posts(f"/lots/{lot.id}/withdraw", key=f"withdraw {lot.id}") == answer
        assert (await sophie.posts(f"/lots/{lot.id}/withdraw"))["status"] == "withdrawn"
    await town.worker_runs()

    assert await town.status_of(bought) == await town.status_of(taken) == "cancelled"
    assert await town.money(bought) == (800, 800)
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()
    for lot in (paid_lot, free_lot):
        assert await is_hidden_from(await town.a_customer(), town, lot.id)
        assert (await refused(changes(sophie, lot, title="Encore"))).code == "lot.closed"
        assert (await refused(changes(sophie, lot, publish=True))).code == "lot.closed"
    assert (await marc.gets(f"/lots/{paid_lot.id}"))["status"] == "withdrawn"


async def test_a_lot_past_its_window_cannot_be_withdrawn_or_changed(town: Town) -> None:
    lot = await town.a_lot()
    await town.clock(lot.pickup_end)
    await town.worker_runs()
    assert (await refused(lot.shop.merchant.withdraws(lot))).code == "lot.closed"
    assert (await refused(changes(lot.shop.merchant, lot, title="Encore"))).code == "lot.closed"


async def test_withdrawing_and_reserving_do_not_deadlock(town: Town) -> None:
    """A person reserves twice while a lot is being withdrawn, in the order in which careless locking would deadlock."""
    lot, amina = await town.a_free_lot(left=5), await town.a_beneficiary()
    async with town.copy.connection() as holding:
        held = holding.transaction()
        await held.start()
        await holding.execute("select from app.lot_stock where lot_id = $1 for update", lot.id)
        first = asyncio.create_task(amina.sends_reservation(lot))
        await _until_waiting(town, 1)  # has locked her quota, waits for the lot
        second = asyncio.create_task(amina.sends_reservation(lot))
        await _until_waiting(town, 2)  # waits for her quota
        withdrawal = asyncio.create_task(lot.shop.merchant.asks("POST", f"/lots/{lot.id}/withdraw"))
        await _until_waiting(town, 3)  # waits for the lot, behind the first reservation
        await held.rollback()
    answers = [answer.status_code for answer in await asyncio.gather(first, second, withdrawal)]

    assert answers in ([201, 409, 200], [201, 201, 200])
    assert await town.left(lot) == 5
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()


async def _until_waiting(town: Town, statements: int) -> None:
    """Wait until so many statements wait for a lock."""
    for _ in range(500):
        if (
            await town.value(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            >= statements
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("too few statements wait for a lock")
