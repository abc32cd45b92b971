"""The CO₂e that one portion of a lot saves, in searches and on the lot, by the factor in force when it was written."""

from datetime import timedelta
from typing import Any

import psycopg

from backend.database.migrate import migrate
from tests.policies.test_migrating import migrate_until
from tests.town import Shop, Town
from tests.town.databases import Databases


async def searched(town: Town, shop: Shop, **filters: Any) -> list[int]:
    near = {"near": f"{shop.latitude},{shop.longitude}", **filters}
    found = (await town.request("GET", "/v1/lots", params=near)).json()["data"]
    return [lot["co2e_grams"] for lot in sorted(found, key=lambda lot: str(lot["id"]))]


async def test_a_portion_saves_co2e_by_its_weight_or_as_one_meal(town: Town) -> None:
    shop = await town.a_shop()
    light = await shop.merchant.lists(shop, weight_grams=450)
    unknown = await shop.merchant.lists(shop)

    assert (light["co2e_grams"], unknown["co2e_grams"]) == (810, 900)
    assert await searched(town, shop) == [810, 900]
    assert await searched(town, shop, sort="price") == [810, 900]
    listed = (await town.request("GET", f"/v1/shops/{shop.id}/lots")).json()["data"]
    assert [lot["co2e_grams"] for lot in listed] == [900, 810]

    marc = await town.a_customer()
    await marc.buys(await town.a_lot(shop=shop, left=1, weight_grams=1000))
    sold_out = (await town.request("GET", f"/v1/shops/{shop.id}/lots")).json()["data"][0]
    assert (sold_out["remaining"], sold_out["co2e_grams"]) == (0, 1800)


async def test_a_handover_saves_what_its_lot_said(town: Town) -> None:
    lot = await town.a_lot(weight_grams=333, opens_in=timedelta(0))
    marc = await town.a_customer()
    said = (await marc.gets(f"/lots/{lot.id}"))["co2e_grams"]
    await lot.shop.merchant.hands_over(await marc.pass_for(await marc.buys(lot)))
    assert await town.value("select co2e_grams from app.impact_entries") == said == 599


async def test_a_newer_factor_applies_to_lots_written_from_then_on(town: Town) -> None:
    shop, odile = await town.a_shop(), await town.an_admin()
    sophie = shop.merchant
    before = await sophie.lists(shop, weight_grams=500)
    draft = await sophie.lists(shop, weight_grams=500, publish=False)
    await odile.asks("PUT", "/admin/settings", {"co2e_grams_per_meal": 1200})

    after = await sophie.lists(shop, weight_grams=500)
    published = (await sophie.asks("PATCH", f"/lots/{draft['id']}", {"publish": True})).json()
    retitled = (await sophie.asks("PATCH", f"/lots/{before['id']}", {"title": "Panier du matin"})).json()
    assert [lot["co2e_grams"] for lot in (retitled, after, published)] == [900, 1200, 1200]
    weighed = (await sophie.asks("PATCH", f"/lots/{before['id']}", {"weight_grams": 250})).json()
    assert weighed["co2e_grams"] == 600
    assert await searched(town, shop) == [600, 1200, 1200]


async def test_a_factor_of_a_category_applies_to_that_category_alone(town: Town) -> None:
    await town.changes(
        "insert into app.impact_factors (id, method, category, co2e_grams_per_meal, source, valid_from)"
        " values (99, 'test', 'fish', 2000, 'a published comparison', '2026-01-01')"
    )
    shop = await town.a_shop()
    fish = await shop.merchant.lists(shop, category="fish", origin="Atlantique nord-est", weight_grams=500)
    bread = await shop.merchant.lists(shop, weight_grams=500)
    assert (fish["co2e_grams"], bread["co2e_grams"]) == (2000, 900)


def test_migrating_estimates_the_lots_of_the_past(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1450")
        with psycopg.connect(copy.url()) as connection:
            connection.execute("""
                with a as (insert into app.accounts (role, display_name) values ('merchant', 'Sophie') returning id),
                s as (
                    insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category)
                    select a.id, 'Pain', '73282932000074', 'Rue du Pain', '67482', 48, 7, 'bakery' from a returning id)
                insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity,
                    pickup_start, pickup_end, date_kind, status, place, shelf, category_shelf, words, weight_grams)
                select s.id, 'Pain', 'bakery', 'discounted', 800, 400, 9, now(), now() + interval '1 hour', 'none',
                    'draft', point(0, 0), point(0, 0), point(0, 0), '', w.weight
                from s, (values (250), (null), (1000)) as w (weight)
            """)
        migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            kept = connection.execute("select co2e_grams from app.lots order by 1").fetchall()
        assert [row[0] for row in kept] == [450, 900, 1800]
