"""What associations take, and who should receive a collection, with the reasons."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.town import Association, Shop, Town
from tests.town.answers import refusal_in

PARIS = ZoneInfo("Europe/Paris")
NEEDS: dict[str, Any] = {
    "takes": ["bakery", "dairy"],
    "weekdays": [1, 2, 3, 4, 5, 6, 7],
    "opens": "17:00",
    "closes": "21:00",
    "grams_a_day": 100_000,
    "cold_grams_a_day": 20_000,
    "farthest_metres": 8_000,
}


async def taking(town: Town, name: str, *, metres: int = 0, public: bool = True, **needs: Any) -> Association:
    """Make an association so far north of the shops, which says what it takes."""
    association = await town.an_association(name)
    await town.changes(
        "update app.associations set latitude = 48.58 + $2 / 111195.0, longitude = 7.75, is_public = $3 where id = $1",
        association.id,
        float(metres),
        public,
    )
    said = await association.asks("PUT", "/associations/me/needs", {**NEEDS, **needs})
    assert said.status_code == 200, said.text
    return association


async def evening(town: Town) -> tuple[datetime, datetime]:
    tomorrow = await town.today() + timedelta(days=1)
    return datetime.combine(tomorrow, time(18), PARIS), datetime.combine(tomorrow, time(19), PARIS)


async def asked(
    town: Town,
    shop: Shop,
    *,
    grams: int = 10_000,
    category: str = "bakery",
    cold: str = "none",
    to: UUID | None = None,
    use_by_in: timedelta | None = None,
) -> UUID:
    """Ask for a collection of one kind of food tomorrow evening; to: the association that accepted it."""
    begins, ends = await evening(town)
    collection: UUID = await town.value(
        "insert into app.collections (from_point, to_point, shop_id, association_id, asked_how, status, grams, cold,"
        " window_start, window_end, food_date_ends_at)"
        " select p.id, q.id, $1, $2, 'member', case when q.id is null then 'requested' else 'accepted' end, $3, $4,"
        " $5, $6, $7 from app.collection_points p left join app.collection_points q on q.association_id = $2"
        " where p.shop_id = $1 returning id",
        shop.id,
        to,
        grams,
        cold,
        begins,
        ends,
        None if use_by_in is None else ends + use_by_in,
    )
    await town.changes(
        "insert into app.collection_items (collection_id, title, category, grams, date_kind)"
        " values ($1, 'Invendus', $2, $3, 'none')",
        collection,
        category,
        grams,
    )
    return collection


async def suggested(town: Town, collection: UUID) -> dict[str, dict[str, Any]]:
    odile = await town.an_admin()
    found = (await odile.gets(f"/collections/{collection}/suggestions"))["data"]
    return {one["name"]: one for one in found}


async def test_an_association_says_what_it_takes(town: Town) -> None:
    relais = await town.an_association()
    assert refusal_in(await relais.asks("GET", "/associations/me/needs")).code == "needs.unknown"

    said = await relais.asks("PUT", "/associations/me/needs", {**NEEDS, "lacks": ["dairy"]})
    read = await relais.asks("GET", "/associations/me/needs")
    assert (said.status_code, read.json()["lacks"], read.headers["etag"]) == (200, ["dairy"], '"r1"')

    again = await relais.asks("PUT", "/associations/me/needs", NEEDS, headers={"If-Match": '"r1"'})
    assert again.headers["etag"] == '"r2"'
    stale = await relais.asks("PUT", "/associations/me/needs", NEEDS, headers={"If-Match": '"r1"'})
    assert refusal_in(stale).code == "precondition.failed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"closes": "16:00"}, "needs.hours_invalid"),
        ({"lacks": ["fish"]}, "needs.lack_invalid"),
        ({"cold_grams_a_day": 200_000}, "needs.cold_invalid"),
        ({"cold_grams_a_day": 0, "frozen": True}, "needs.cold_invalid"),
        ({"weekdays": [0]}, "request.invalid"),
        ({"takes": []}, "request.invalid"),
    ],
)
async def test_needs_that_contradict_themselves_are_refused(town: Town, change: dict[str, Any], code: str) -> None:
    relais = await town.an_association()

    assert refusal_in(await relais.asks("PUT", "/associations/me/needs", {**NEEDS, **change})).code == code
    assert await town.value("select count(*) from app.association_needs") == 0


async def test_the_nearest_of_equals_comes_first_and_reasons_are_said(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    await taking(town, "Près", metres=500)
    await taking(town, "Plus loin", metres=4000)
    await taking(town, "Trop loin", metres=9000)

    found = await suggested(town, await asked(town, shop))

    assert list(found) == ["Près", "Plus loin", "Trop loin"]
    assert [one["fits"] for one in found.values()] == [True, True, False]
    assert found["Trop loin"]["hinders"] == ["distance"]
    assert 450 < found["Près"]["distance_m"] < 550


async def test_a_lacked_category_outweighs_some_distance(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    await taking(town, "Près", metres=500)
    await taking(town, "En manque", metres=3000, lacks=["dairy"])

    assert list(await suggested(town, await asked(town, shop, category="dairy"))) == ["En manque", "Près"]
    assert list(await suggested(town, await asked(town, shop, category="bakery"))) == ["Près", "En manque"]


async def test_associations_that_received_much_in_thirty_days_come_later(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    served = await taking(town, "Servie", metres=500)
    await taking(town, "Oubliée", metres=1500)
    assert list(await suggested(town, await asked(town, shop))) == ["Servie", "Oubliée"]

    for _ in range(20):
        received = await asked(town, shop, grams=90_000, to=served.id)
        await town.changes(
            "update app.collections set status = 'received', window_start = now() - interval '3 days',"
            " window_end = now() - interval '2 days' where id = $1",
            received,
        )

    assert list(await suggested(town, await asked(town, shop))) == ["Oubliée", "Servie"]


@pytest.mark.parametrize(
    ("needs", "food", "hinders"),
    [
        ({"takes": ["dairy"]}, {}, ["category"]),
        ({"opens": "09:00", "closes": "12:00"}, {}, ["hours"]),
        ({"grams_a_day": 5_000, "cold_grams_a_day": 0}, {}, ["capacity"]),
        ({"cold_grams_a_day": 5_000}, {"cold": "chilled"}, ["cold"]),
        ({}, {"cold": "frozen"}, ["cold"]),
        ({}, {"use_by_in": timedelta(hours=47, minutes=59)}, ["use_by"]),
        ({}, {"use_by_in": timedelta(hours=48, minutes=1)}, []),
    ],
    ids=["category", "hours", "capacity", "cold", "frozen", "use-by too near", "use-by far enough"],
)
async def test_reasons_against_an_association_are_named(
    town: Town, needs: dict[str, Any], food: dict[str, Any], hinders: list[str]
) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    await taking(town, "Le Relais", **needs)

    found = await suggested(town, await asked(town, shop, **food))

    assert found["Le Relais"]["hinders"] == hinders
    assert found["Le Relais"]["fits"] is (hinders == [])


async def test_a_day_that_is_full_already_does_not_fit(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    relais = await taking(town, "Le Relais")
    await asked(town, shop, grams=95_000, to=relais.id)

    found = await suggested(town, await asked(town, shop))

    assert (found["Le Relais"]["hinders"], found["Le Relais"]["capacity_left_grams"]) == (["capacity"], 5_000)


async def test_a_large_shop_needs_an_agreement(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    relais = await taking(town, "Le Relais")
    said = await shop.merchant.asks("PATCH", f"/shops/{shop.id}", {"above_400_m2": True})
    assert said.json()["above_400_m2"] is True

    assert (await suggested(town, await asked(town, shop)))["Le Relais"]["hinders"] == ["agreement"]
    await town.an_agreement(relais, shop.id, status="confirmed")
    assert (await suggested(town, await asked(town, shop)))["Le Relais"]["fits"] is True


async def test_an_association_learns_of_no_secret_one(town: Town) -> None:
    shop = await town.a_shop()
    relais = await taking(town, "Le Relais")
    await taking(town, "Refuge caché", public=False)
    collection = await asked(town, shop, to=relais.id)

    names = {one["name"] for one in (await relais.gets(f"/collections/{collection}/suggestions"))["data"]}
    assert names == {"Le Relais"}
    assert set(await suggested(town, collection)) == {"Le Relais", "Refuge caché"}
    for other in (shop.merchant, await town.an_association("Autre")):
        refused = await other.asks("GET", f"/collections/{collection}/suggestions")
        assert refusal_in(refused).code == "collection.not_found"


async def test_the_best_fit_is_offered_only_where_admins_let_it(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set latitude = 48.58, longitude = 7.75 where id = $1", shop.id)
    near = await taking(town, "Près", decides="automatic")
    await taking(town, "Loin", metres=4000)
    collection = await asked(town, shop)

    best = (await town.rows("select * from app.best_receiver($1)", collection))[0]
    assert (best["association_id"], best["automatic"]) == (near.id, True)
    await town.changes(
        "insert into app.collection_changes (collection_id, at, change, details)"
        " values ($1, now(), 'refused', jsonb_build_object('association', $2::uuid))",
        collection,
        near.id,
    )
    assert (await town.rows("select * from app.best_receiver($1)", collection))[0]["automatic"] is False
    await town.changes("update app.settings set value = 0 where name = 'collections_offered_automatically'")
    assert await town.value("select association_id from app.best_receiver($1)", collection) is None
