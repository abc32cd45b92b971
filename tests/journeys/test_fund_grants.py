"""Which portions a fund grants: by what its merchant gave, by place, day, category and rate, and by what is left."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.journeys.test_funds import START, differences, left
from tests.journeys.test_zones import TWO, drawn
from tests.town import Town, refused
from tests.town.funds import a_fund, closes, free_portions, the_month_ends


async def granted(town: Town, fund: UUID) -> list[tuple[int, int, int]]:
    """Return the grants of a fund: portions, grams and cents."""
    rows = await town.rows(
        "select portions, grams, cents from accounting.grants where fund_id = $1 order by reservation_id", fund
    )
    return [tuple(row) for row in rows]


async def test_weight_and_category_decide_the_amount(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city, per="kg", rate_cents=200, category_rates={"bakery": 101})
    bread, _ = await free_portions(town, 2, weight_grams=755)
    await town.clock(START)
    rice, _ = await free_portions(town, 1, weight_grams=755, category="grocery")
    await closes(town, bread)
    await closes(town, rice)
    # 1510 g at 1.01 €/kg are 152.51 cents, and 755 g at 2.00 €/kg are 151: half up.
    assert await granted(town, fund) == [(2, 1510, 153), (1, 755, 151)]
    assert await differences(town) == []


@pytest.mark.parametrize(
    ("fund", "lot"),
    [
        ({"categories": ["grocery", "fish"]}, {}),
        ({"first_day": "2026-12-03"}, {}),
        ({"last_day": "2026-12-02"}, {"opens_in": timedelta(hours=14)}),
        ({"territory": "67180"}, {}),
    ],
    ids=["another category", "before its first day", "after its last day", "another commune"],
)
async def test_a_portion_that_does_not_fit_is_not_granted(
    town: Town, fund: dict[str, Any], lot: dict[str, Any]
) -> None:
    await town.clock(START)
    await town.territories("67180", "44")
    city = await town.an_organisation("Grand Est", territory="FR")
    made = await a_fund(town, city, **fund)
    fitting = await a_fund(town, city)
    closing, _ = await free_portions(town, 1, **lot)
    await closes(town, closing)
    assert await granted(town, made) == []
    assert len(await granted(town, fitting)) == 1, "the control: a fund for everything"


async def test_the_smallest_territory_pays_first_then_the_oldest_fund(town: Town) -> None:
    await town.clock(START)
    state = await town.an_organisation("État", territory="FR")
    city = await town.an_organisation()
    country = await a_fund(town, state)
    older = await a_fund(town, city, ceiling_cents=200)
    newer = await a_fund(town, city, ceiling_cents=150)
    lot, _ = await free_portions(town, 1, 1, 1)
    await closes(town, lot)
    assert [len(await granted(town, fund)) for fund in (older, newer, country)] == [1, 1, 1]
    assert await differences(town) == []


async def test_a_reservation_is_granted_all_or_nothing(town: Town) -> None:
    await town.clock(START)
    fund = await a_fund(town, await town.an_organisation(), ceiling_cents=460)
    lot, held = await free_portions(town, 2, 2, 1)
    await closes(town, lot)
    assert await granted(town, fund) == [(2, 1000, 300), (1, 500, 150)], "160 cents are too few for two portions"
    assert await left(town, fund) == 10
    assert len(held) == 3


async def test_a_suspended_portion_is_never_granted(town: Town) -> None:
    await town.clock(START)
    fund = await a_fund(town, await town.an_organisation())
    lot = await town.a_lot(left=5)
    await (await town.a_customer()).gives(lot, 2)
    amina = await town.a_beneficiary()
    held = await amina.reserves(await town.suspended_lot_of(lot), 2)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(held))
    await closes(town, lot)
    assert await town.value("select portions from accounting.closed_lots") == 2
    assert await granted(town, fund) == []
    assert await left(town, fund) == 1000
    await the_month_ends(town)
    assert await lot.shop.merchant.gets(f"/shops/{lot.shop.id}/grants") == {"data": [], "has_more": False, "next": None}


async def test_a_converted_lot_is_granted_for_its_free_portions_only(town: Town) -> None:
    await town.clock(START)
    fund = await a_fund(town, await town.an_organisation())
    lot = await town.a_lot(left=5)
    marc = await town.a_customer()
    bought = await marc.buys(lot)
    await marc.gives(lot)
    await town.opens(lot)
    await town.changes("update app.lots set becomes_free_at = app.clock() where id = $1", lot.id)
    await town.worker_runs()
    amina, basile = await town.a_beneficiary("Amina"), await town.a_beneficiary("Basile")
    given, suspended = await amina.reserves(lot), await basile.reserves(await town.suspended_lot_of(lot))
    for who, held in ((marc, bought), (amina, given), (basile, suspended)):
        await lot.shop.merchant.hands_over(await who.pass_for(held))
    await closes(town, lot)
    assert await town.value("select portions from accounting.closed_lots") == 2
    assert await town.value("select array_agg(reservation_id) from accounting.grants") == [given.id]
    assert await left(town, fund) == 850
    assert await differences(town) == []


async def test_portions_that_nobody_collected_are_not_granted(town: Town) -> None:
    await town.clock(START)
    fund = await a_fund(town, await town.an_organisation())
    lot, _ = await free_portions(town, 1, 1, collect=False)
    await closes(town, lot)
    assert await granted(town, fund) == []


@pytest.mark.parametrize("how", ["withdrawn", "recalled"])
async def test_portions_collected_before_a_lot_ended_early_are_granted(town: Town, how: str) -> None:
    await town.clock(START)
    fund = await a_fund(town, await town.an_organisation())
    lot, _ = await free_portions(town, 1, gtin="03017620422003")
    waiting = await town.a_beneficiary()
    await waiting.reserves(lot)
    if how == "withdrawn":
        await lot.shop.merchant.withdraws(lot)
    else:
        await (await town.an_admin()).posts("/admin/recalls", {"gtin": "03017620422003", "reason": "Listeria"})
    await closes(town, lot)
    assert await town.value("select status from app.lots where id = $1", lot.id) == how
    assert await granted(town, fund) == [(1, 500, 150)]


async def test_a_fund_that_was_ended_still_grants_what_was_collected_before(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    lot, _ = await free_portions(town, 1)
    ended = await city.owner.posts(f"/funds/{fund}/end")
    assert (ended["status"], ended["ended_on"]) == ("ended", "2026-12-02")
    assert (await city.owner.posts(f"/funds/{fund}/end"))["ended_on"] == "2026-12-02"
    await town.clock("2026-12-03T10:00:00+01:00")
    later, _ = await free_portions(town, 1)
    await closes(town, lot)
    await closes(town, later)
    assert await granted(town, fund) == [(1, 500, 150)]
    await town.worker_runs()
    assert await town.value("select (status, left_cents, returned_cents)::text from app.funds") == "(ended,0,850)"
    assert await differences(town) == []


async def test_funds_of_a_closed_organisation_end(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    proposed = await a_fund(town, city, confirmed=False)
    admin = await town.an_admin()
    await admin.asks("PATCH", f"/organisations/{city.id}", {"status": "closed"})
    states = {one["id"]: one["status"] for one in (await admin.gets("/funds"))["data"]}
    assert states == {str(fund): "ended", str(proposed): "ended"}
    refusal = await refused(admin.posts(f"/admin/funds/{proposed}/confirm"))
    assert (refusal.status, refusal.code) == (409, "fund.decided")
    assert (await town.rows("select 1 from app.funds where settled_at is null")) != []
    await town.clock("2026-12-09T10:00:00+01:00")
    await town.worker_runs()
    assert await town.value("select returned_cents from app.funds where id = $1", fund) == 1000
    assert await differences(town) == []


async def test_a_fund_of_a_district_pays_the_shops_in_it_before_the_city_s(town: Town) -> None:
    await town.clock("2026-11-10T10:00:00+01:00")
    await town.territories()
    await drawn(await town.an_admin(), TWO)
    await town.clock(START)
    west = await town.value("select code from app.territories where name = 'Ouest'")
    city = await town.an_organisation()
    whole, district = await a_fund(town, city), await a_fund(town, city, territory=west)
    lots = [
        (await free_portions(town, 1, shop=await town.a_shop(near=(48.58, longitude))))[0] for longitude in (7.72, 7.77)
    ]
    for lot in lots:
        await closes(town, lot)
    assert (len(await granted(town, district)), len(await granted(town, whole))) == (1, 1)
    await town.clock("2027-02-10T10:00:00+01:00")
    assert await town.value("select app.settle_funds(10)") == 2
    assert await differences(town) == []
