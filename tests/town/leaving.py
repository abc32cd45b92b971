"""Shops that regularly leave food, and associations that take it."""

from datetime import timedelta
from typing import Any

from tests.town.people import Association
from tests.town.things import Shop
from tests.town.town import Town

WEEKS = 8
NEEDS: dict[str, Any] = {
    "takes": ["bakery", "dairy"],
    "weekdays": [1, 2, 3, 4, 5, 6, 7],
    "opens": "17:00",
    "closes": "21:00",
    "grams_a_day": 100_000,
    "farthest_metres": 8_000,
}


async def leaves(town: Town, shop: Shop, *, category: str = "bakery", grams: int = 6_300, weeks: int = WEEKS) -> None:
    """Let a shop have left so much in each of the last weeks, on `weekday_left`, and count it."""
    for week in range(weeks):
        lot = await town.a_lot(shop=shop, left=1, category=category, weight_grams=grams)
        end = await town.now() - timedelta(weeks=week, hours=1)
        await town.changes(
            "update app.lots set status = 'ended', pickup_start = $2::timestamptz - interval '1 hour', pickup_end = $2"
            " where id = $1",
            lot.id,
            end,
        )
    await counts(town)


async def weekday_left(town: Town) -> int:
    """Return the day of the week on which shops left food: that of an hour ago in Paris, Monday is 1."""
    weekday: int = await town.value("select extract(isodow from app.paris_day(app.clock() - interval '1 hour'))::int")
    return weekday


async def counts(town: Town) -> None:
    """Count what shops regularly leave, as the worker does each night."""
    await town.changes("do $$ begin perform app.count_leftovers(null, 1000); end $$")


async def shows(town: Town, shop: Shop, shown: bool = True) -> None:
    """Let the owner of a shop choose whether associations see what it leaves."""
    answer = await shop.merchant.asks("PATCH", f"/shops/{shop.id}", {"shows_leftovers": shown})
    assert answer.status_code == 200, answer.text


async def an_association_that_takes(
    town: Town, name: str = "Le Relais", *, metres: int = 500, public: bool = True, commune: str = "67482", **needs: Any
) -> Association:
    """Make a verified association so far north of (48.58, 7.75), which says what it takes."""
    association = await town.an_association(name, commune=commune)
    await town.changes(
        "update app.associations set latitude = 48.58 + $2 / 111195.0, longitude = 7.75, is_public = $3 where id = $1",
        association.id,
        float(metres),
        public,
    )
    said = await association.asks("PUT", "/associations/me/needs", {**NEEDS, **needs})
    assert said.status_code == 200, said.text
    return association
