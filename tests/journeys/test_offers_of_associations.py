"""Associations offer one another what they have too much of, and shops learn what they usually have left."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.test_needs import evening, taking
from tests.town import Association, Lot, Shop, Town
from tests.town.answers import refusal_in


async def offer(town: Town, **changed: Any) -> dict[str, Any]:
    begins, ends = await evening(town)
    bread = {"title": "Pains", "category": "bakery", "kg": 20, "date_kind": "none"}
    return {"items": [bread], "window_start": begins.isoformat(), "window_end": ends.isoformat(), **changed}


async def giver(town: Town) -> Association:
    """Return an association that itself takes bread, so that only the rule keeps it from receiving its own."""
    return await taking(town, "Donne", metres=0)


async def test_surplus_is_offered_to_the_association_that_fits_best(town: Town) -> None:
    gives, near = await giver(town), await taking(town, "Près", metres=500)
    await taking(town, "Loin", metres=6000)

    made = await gives.posts("/associations/me/offers", await offer(town, notes="Sonner"), key="surplus")

    assert (made["asked_how"], made["shop"], made["giver"]["name"]) == ("association", None, "Donne")
    assert (made["status"], made["association"]["name"], made["grams"]) == ("requested", "Près", 20_000)
    accepted = await near.posts(f"/collections/{made['id']}/accept", {})
    assert (accepted["status"], accepted["giver"]["name"]) == ("accepted", "Donne")
    again = await gives.posts("/associations/me/offers", await offer(town, notes="Sonner"), key="surplus")
    assert again["id"] == made["id"]
    assert await town.value("select count(*) from app.collections") == 1


async def test_an_association_does_not_receive_its_own_surplus(town: Town) -> None:
    gives, odile = await giver(town), await town.an_admin()

    made = await gives.posts("/associations/me/offers", await offer(town))

    assert made["association"] is None
    other = {"association_id": str(gives.id)}
    refused = await odile.asks("POST", f"/collections/{made['id']}/accept", other)
    assert refusal_in(refused).code == "association.not_found"
    cancelled = await gives.posts(f"/collections/{made['id']}/cancel", {"reason": "Distribué"})
    assert cancelled["status"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"items": []}, "request.invalid"),
        ({"items": [{"title": "Vin", "category": "drinks", "kg": 2, "date_kind": "none"}]}, "lot.alcohol"),
        (
            {
                "items": [
                    {"title": "Lait", "category": "dairy", "kg": 2, "date_kind": "use_by", "food_date": "2020-01-01"}
                ]
            },
            "lot.past_use_by",
        ),
        ({"window_end": "2020-01-01T10:00:00Z"}, "collection.window_invalid"),
    ],
)
async def test_an_invalid_offer_is_refused(town: Town, change: dict[str, Any], code: str) -> None:
    gives = await giver(town)

    refused = await gives.asks("POST", "/associations/me/offers", await offer(town, **change))

    assert refusal_in(refused).code == code
    assert await town.value("select count(*) from app.collections") == 0


async def test_only_those_who_work_at_a_verified_association_offer(town: Town) -> None:
    gives, merchant = await giver(town), await town.a_merchant()
    assert refusal_in(await merchant.asks("POST", "/associations/me/offers", await offer(town))).code == (
        "access.forbidden"
    )
    await town.changes("update app.members set role = 'reader' where association_id = $1", gives.id)
    assert (await gives.asks("POST", "/associations/me/offers", await offer(town))).status_code in (403, 404)
    assert await town.value("select count(*) from app.collections") == 0


async def ended(town: Town, shop: Shop, *, weeks_ago: int, left: int, **fields: Any) -> Lot:
    """Make a lot of ten that ended so many weeks ago and had so many portions left."""
    lot = await town.a_lot(shop=shop, left=10, **fields)
    end = await town.now() - timedelta(weeks=weeks_ago)
    await town.changes(
        "update app.lots set status = 'ended', pickup_start = $2::timestamptz - interval '1 hour', pickup_end = $2"
        " where id = $1",
        lot.id,
        end,
    )
    if left < 10:
        eater = await town.a_customer()
        await town.changes(
            "insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, ended_at)"
            " values ($1, $2, $3, 400, 'picked_up', $4)",
            lot.id,
            eater.id,
            10 - left,
            end,
        )
    return lot


async def test_usual_leftovers_are_the_median_of_eight_weeks(town: Town) -> None:
    merchant = await town.a_merchant()
    shop = await town.a_shop(merchant)
    for weeks_ago, left in ((1, 4), (2, 0), (3, 10), (9, 10)):
        await ended(town, shop, weeks_ago=weeks_ago, left=left, category="bakery", weight_grams=300)
    for weeks_ago in (1, 2):
        await ended(town, shop, weeks_ago=weeks_ago, left=10, category="dairy", weight_grams=300)

    found = await merchant.gets(f"/shops/{shop.id}/usual-leftovers")

    [bread] = found["data"]
    weekday = await town.value("select extract(isodow from app.local_day(app.clock(), 'Europe/Paris'))::int")
    assert (found["method"], found["weeks"]) == ("median", 8)
    assert bread == {"weekday": weekday, "category": "bakery", "grams": 1200, "portions": 4, "days": 3}


async def test_usual_leftovers_are_for_the_members_of_the_shop(town: Town) -> None:
    shop, stranger = await town.a_shop(), await town.a_merchant("Ailleurs")
    await town.a_shop(stranger)

    assert refusal_in(await stranger.asks("GET", f"/shops/{shop.id}/usual-leftovers")).code == "shop.not_found"
    assert (await shop.merchant.gets(f"/shops/{shop.id}/usual-leftovers"))["data"] == []
