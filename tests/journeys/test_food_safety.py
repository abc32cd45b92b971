"""Food dates: one rule for five occasions, each tried through its own route or act; and the allergens' names."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backend.lots.models import Allergen
from tests.town import Beneficiary, Lot, Merchant, Town, refused
from tests.town.databases import WORKER
from tests.town.things import recurring_listing

EVENING = datetime.fromisoformat("2026-03-28T18:00:00+01:00")  # the night after it, the clocks change
TODAY = date(2026, 3, 28)
OCCASIONS = ("publication", "reservation", "conversion", "handover", "collection")


@dataclass(frozen=True)
class Food:
    date_kind: str
    days: int | None
    """The food date, in days from today. None: no date."""

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "date_kind": self.date_kind,
            "food_date": None if self.days is None else TODAY + timedelta(days=self.days),
        }


# Whether food may be used today, and whether it may be collected: a collection needs two days more.
TABLE = [
    (Food("none", None), True, True),
    (Food("best_before", -400), True, True),
    (Food("best_before", 3), True, True),
    (Food("use_by", -1), False, False),
    (Food("use_by", 0), True, False),
    (Food("use_by", 1), True, False),
    (Food("use_by", 2), True, True),
]


async def rule(town: Town, food: Food, occasion: str, in_time: bool = False) -> str | None:
    """Return the function's refusal this evening, or None. A publication is for a window that ends this evening."""
    refusal: str | None = await town.value(
        "select app.food_refusal($1, app.end_of_day($2, 'Europe/Paris'), $3, $4, $5)",
        *food.columns.values(),
        occasion,
        EVENING,
        in_time,
    )
    return refusal


async def old_food(town: Town, kind: str, food: Food) -> Lot:
    """Make a lot on offer with food of any age. The rules would refuse it, so they are lifted for a moment."""
    make = town.a_lot if kind == "discounted" else town.a_free_lot
    await town.changes("alter table app.lots drop constraint if exists lots_use_by_check")
    await town.changes("alter table app.lots disable trigger guard_new_lot")
    shop = await town.a_shop()
    place = await town.value("select place from app.shops where id = $1", shop.id)
    try:
        return await make(
            shop=shop,
            opens_in=timedelta(hours=-1),
            lasts=timedelta(hours=3),
            place=place,
            published_at=EVENING,
            **food.columns,
        )
    finally:
        await town.changes("alter table app.lots enable trigger guard_new_lot")


async def published(town: Town, merchant: Merchant, food: Food) -> str | None:
    shop = await town.a_shop(merchant)
    columns = food.columns
    if columns["food_date"]:
        columns["food_date"] = columns["food_date"].isoformat()
    window = {"pickup_start": EVENING.isoformat(), "pickup_end": (EVENING + timedelta(hours=2)).isoformat()}
    answer = await merchant.asks("POST", "/lots", {**await town.lot_fields(shop), **columns, **window})
    return None if answer.is_success else str(answer.json()["code"])


async def reserved(town: Town, amina: Beneficiary, food: Food) -> str | None:
    lot = await old_food(town, "free", food)
    answer = await amina.sends_reservation(lot)
    assert await town.left(lot) == (4 if answer.is_success else 5)
    return None if answer.is_success else str(answer.json()["code"])


async def converted(town: Town, food: Food) -> str | None:
    lot = await old_food(town, "discounted", food)
    await town.changes("update app.lots set becomes_free_at = $2 where id = $1", lot.id, EVENING)
    async with town.copy.connection(WORKER) as worker:
        done = await worker.fetchval("select app.convert_unsold(10)")
    assert (await town.value("select kind from app.lots where id = $1", lot.id) == "free") is bool(done)
    return None if done else "lot.past_use_by"


async def handed_over(town: Town, amina: Beneficiary, food: Food) -> str | None:
    lot = await old_food(town, "free", Food("none", None))
    reservation = await amina.reserves(lot)
    await town.changes(
        "update app.lots set date_kind = $2, food_date = $3 where id = $1", lot.id, *food.columns.values()
    )
    answer = await lot.shop.merchant.asks(
        "POST", "/pickups", {"qr": (shown := await amina.pass_for(reservation)).qr, "pin": shown.pin}
    )
    assert await town.status_of(reservation) == ("picked_up" if answer.is_success else "confirmed")
    assert await town.value("select count(*) from app.impact_entries where reservation_id = $1", reservation.id) == int(
        answer.is_success
    )
    return None if answer.is_success else str(answer.json()["code"])


async def test_the_five_occasions_follow_the_same_food_date_rule(town: Town) -> None:
    await town.clock(EVENING)
    merchant = await town.a_merchant()
    await town.changes("update app.settings set maximum = 99, value = 99 where name = 'free_portions_per_day'")
    amina = await town.a_beneficiary()
    for food, good_today, good_in_two_days in TABLE:
        refusals = {
            "publication": await published(town, merchant, food),
            "reservation": "lot.past_use_by" if await reserved(town, amina, food) == "lot.closed" else None,
            "conversion": await converted(town, food),
            "handover": await handed_over(town, amina, food),
            "collection": await rule(town, food, "collection"),
        }
        assert {occasion: code is None for occasion, code in refusals.items()} == {
            **dict.fromkeys(OCCASIONS, good_today),
            "collection": good_in_two_days,
        }, food
        assert refusals == {occasion: await rule(town, food, occasion) for occasion in OCCASIONS}, food
        assert (await rule(town, food, "collection", in_time=True) is None) is good_today, food


async def test_control_without_the_rule_old_food_is_accepted_everywhere(town: Town) -> None:
    source: str = await town.value("select pg_get_functiondef('app.food_refusal'::regproc)")
    await town.changes(source.replace("when date_kind <> 'use_by' then null", "when true then null"))
    await town.clock(EVENING)
    await town.changes("update app.settings set maximum = 99, value = 99 where name = 'free_portions_per_day'")
    amina, old = await town.a_beneficiary(), Food("use_by", -1)

    assert await reserved(town, amina, old) is None
    assert await converted(town, old) is None
    assert await handed_over(town, amina, old) is None


@pytest.mark.parametrize(
    ("at", "use_by", "good"),
    [
        ("2026-03-28T23:59:59+01:00", "2026-03-28", True),
        ("2026-03-29T00:00:00+01:00", "2026-03-28", False),
        ("2026-03-29T23:59:59+02:00", "2026-03-29", True),  # the day with 23 hours
        ("2026-10-25T23:59:59+01:00", "2026-10-25", True),  # the day with 25 hours
    ],
)
async def test_a_use_by_date_ends_at_midnight_in_paris(lasting_town: Town, at: str, use_by: str, good: bool) -> None:
    refusal = await lasting_town.value(
        "select app.food_refusal('use_by', app.end_of_day($1, 'Europe/Paris'), 'handover', $2)",
        date.fromisoformat(use_by),
        datetime.fromisoformat(at),
    )
    assert refusal == (None if good else "lot.past_use_by")


async def test_a_donation_needs_two_days_before_its_use_by_date(lasting_town: Town) -> None:
    said = await lasting_town.rows(
        "select takeover, app.food_refusal("
        "   'use_by', app.end_of_day('2026-06-10', 'Europe/Paris'), 'collection', takeover) as refusal"
        " from unnest($1::timestamptz[]) takeover",
        [datetime.fromisoformat(f"2026-06-{day}+02:00") for day in ("08T23:59:59", "09T00:00:00", "11T00:00:00")],
    )
    assert [row["refusal"] for row in said] == [None, "lot.use_by_too_near", "lot.past_use_by"]


async def test_the_food_date_rule_is_inlined_into_query_plans(lasting_town: Town) -> None:
    """Postgres inlines the function: the plan contains the comparison and no call."""
    plan = await lasting_town.rows(
        "explain (verbose) select from app.lots l"
        " where app.food_refusal(l.date_kind, l.food_date_ends_at, 'reservation', '2026-03-28T18:00Z') is null"
    )
    text = "\n".join(row[0] for row in plan)
    assert "food_refusal" not in text
    assert "collection" not in text


async def test_food_past_its_best_before_date_is_marked_and_handed_over(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(date_kind="best_before", food_date=date(2020, 1, 1))
    near = {"near": f"{lot.shop.latitude},{lot.shop.longitude}"}

    assert (await marc.gets(f"/lots/{lot.id}"))["past_best_before"] is True
    assert [found["past_best_before"] for found in (await marc.gets("/lots", **near))["data"]] == [True]
    bought = await marc.buys(lot)
    await town.opens(lot)
    assert (await lot.shop.merchant.hands_over(await marc.pass_for(bought)))["quantity"] == 1


async def test_allergens_have_the_names_of_the_regulation(lasting_town: Town) -> None:
    answer = await lasting_town.request("GET", "/v1/allergens")

    listed = answer.json()["data"]
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert [allergen["code"] for allergen in listed] == [allergen.value for allergen in Allergen]
    assert len({allergen["name_fr"] for allergen in listed}) == len({a["name_en"] for a in listed}) == 14
    for allergen in listed:
        assert allergen.keys() == {"code", "name_fr", "name_en"}
    names = {allergen["code"]: (allergen["name_fr"], allergen["name_en"]) for allergen in listed}
    assert names["eggs"] == ("Œufs et produits à base d'œufs", "Eggs and products thereof")


async def test_a_lot_whose_use_by_date_precedes_pickup_is_refused(town: Town) -> None:
    """It is refused when listing, when editing, and by a constraint when writing past the trigger."""
    lot = await town.a_lot(opens_in=timedelta(hours=1), date_kind="use_by", food_date=date(2099, 1, 1))
    refusal = await refused(
        lot.shop.merchant.posts(
            "/lots", {**await town.lot_fields(lot.shop), "date_kind": "use_by", "food_date": "2020-01-01"}
        )
    )
    answer = await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"food_date": "2020-01-01"})
    with pytest.raises(Exception, match="lots_use_by_check"):
        await town.changes("update app.lots set food_date = '2020-01-01' where id = $1", lot.id)

    assert refusal.code == answer.json()["code"] == "lot.use_by_before_pickup"
    assert await town.value("select array_agg(food_date) from app.lots") == [date(2099, 1, 1)]


async def test_a_window_ends_at_the_latest_at_midnight_of_the_use_by_date(town: Town) -> None:
    await town.clock("2026-06-08T17:00+02:00")
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    dated = {"pickup_start": "2026-06-08T20:00+02:00", "date_kind": "use_by", "food_date": "2026-06-08"}

    listed = await sophie.lists(shop, **dated, pickup_end="2026-06-09T00:00+02:00")
    refusal = await refused(sophie.lists(shop, **dated, pickup_end="2026-06-09T00:01+02:00"))

    assert refusal.code == "lot.use_by_before_pickup"
    recurring = recurring_listing(shop.id, pickup_until="00:00", date_kind="use_by", food_date_in_days=0)
    assert (await sophie.posts("/recurring-listings", recurring))["pickup_until"] == "00:00"
    refusal = await refused(sophie.posts("/recurring-listings", {**recurring, "pickup_until": "00:30"}))
    assert refusal.code == "lot.use_by_before_pickup"

    lot = await town.a_lot(
        shop=shop, opens_in=timedelta(hours=3), lasts=timedelta(hours=4), date_kind="use_by", food_date=date(2026, 6, 8)
    )
    marc = await town.a_customer()
    bought = await marc.buys(lot)
    await town.clock("2026-06-08T23:59:59+02:00")
    assert (await sophie.hands_over(await marc.pass_for(bought)))["reservation_id"] == str(bought.id)
    assert listed["pickup_end"] == lot.pickup_end.astimezone(UTC).isoformat().replace("+00:00", "Z")
