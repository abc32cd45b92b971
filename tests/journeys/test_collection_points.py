"""Collection points: shops and associations are points by themselves, depots are added, and a map shows them."""

from typing import Any

import pytest

from tests.town import Person, Town
from tests.town.answers import refusal_in

BOX = "7.5,48.4,8.0,48.8"
DEPOT: dict[str, Any] = {
    "kind": "depot",
    "name": "Dépôt de la Meinau",
    "address": "3 rue de la Ziegelau, 67100 Strasbourg",
    "insee_code": "67482",
    "latitude": 48.5594,
    "longitude": 7.7586,
    "access": "Sonner « Réserve ».",
    "contacts": [{"name": "Mme Keller", "telephone": "+33 3 88 00 00 00"}],
    "capacity_grams": 400_000,
}


async def on_map(person: Person, box: str = BOX, **asked: Any) -> list[dict[str, Any]]:
    query = "".join(f"&{name}={value}" for name, value in asked.items())
    answer = await person.asks("GET", f"/collection-points?bbox={box}{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/geo+json")
    features: list[dict[str, Any]] = answer.json()["features"]
    return features


async def test_shops_and_public_associations_are_points_by_themselves(town: Town) -> None:
    ines = await town.a_collector()
    shop = await town.a_shop()
    waiting = await town.a_shop(verified=False)
    secret, public = await town.an_association("Le Refuge"), await town.an_association("Le Relais")
    await town.changes(
        "update app.associations set latitude = 48.58, longitude = 7.75, is_public = (id = $1)", public.id
    )

    shown = await on_map(ines)

    properties = [feature["properties"] for feature in shown]
    assert {one["shop_id"] for one in properties} == {str(shop.id), None}
    assert {one["association_id"] for one in properties} == {str(public.id), None}
    assert not {str(waiting.id), str(secret.id)} & {one["shop_id"] or one["association_id"] for one in properties}
    assert "contacts" not in properties[0]
    assert "access" not in properties[0]

    await town.changes(
        "update app.shops set name = 'Au Bon Pain', latitude = 43.3, longitude = 5.4 where id = $1", shop.id
    )
    assert [one["properties"]["kind"] for one in await on_map(ines)] == ["association"]
    (moved,) = await on_map(ines, "5.0,43.0,6.0,44.0")
    assert (moved["properties"]["name"], moved["geometry"]["coordinates"]) == ("Au Bon Pain", [5.4, 43.3])


async def test_an_association_keeps_a_depot_until_it_closes_it(town: Town) -> None:
    relais, other, ines = await town.an_association(), await town.an_association("Autre"), await town.a_collector()
    point = (await relais.posts("/collection-points", DEPOT))["id"]

    read = await relais.asks("GET", f"/collection-points/{point}")
    assert (read.json()["contacts"][0]["name"], read.json()["association_id"]) == ("Mme Keller", str(relais.id))
    changed = await relais.asks(
        "PATCH", f"/collection-points/{point}", {"access": "Portail vert."}, headers={"If-Match": read.headers["etag"]}
    )
    assert (changed.status_code, changed.json()["access"]) == (200, "Portail vert.")
    stale = await relais.asks(
        "PATCH", f"/collection-points/{point}", {"access": "x"}, headers={"If-Match": read.headers["etag"]}
    )
    assert refusal_in(stale).code == "precondition.failed"
    for stranger in (other, ines):
        assert (
            refusal_in(await stranger.asks("GET", f"/collection-points/{point}")).code == "collection_point.not_found"
        )
        edit = await stranger.asks("PATCH", f"/collection-points/{point}", {"access": "x"})
        assert refusal_in(edit).code == "collection_point.not_found"
    assert [one["id"] for one in await on_map(ines, kind="depot")] == [point]

    assert (await relais.asks("DELETE", f"/collection-points/{point}")).status_code == 204
    assert await on_map(ines, kind="depot") == []
    assert await town.value("select contacts::text from app.collection_points where id = $1", point) == "[]"


async def test_a_depot_stays_while_a_collection_goes_there(town: Town) -> None:
    relais, shop = await town.an_association(), await town.a_shop()
    point = (await relais.posts("/collection-points", DEPOT))["id"]
    await town.changes(
        "insert into app.collections"
        " (from_point, to_point, shop_id, association_id, asked_how, status, window_start, window_end)"
        " select id, $1, shop_id, $2, 'member', 'accepted', now(), now() + interval '1 hour'"
        " from app.collection_points where shop_id = $3",
        point,
        relais.id,
        shop.id,
    )

    assert refusal_in(await relais.asks("DELETE", f"/collection-points/{point}")).code == "collection_point.in_use"
    # Whoever brings or gives food sees where to, and whom to call.
    assert (await shop.merchant.gets(f"/collection-points/{point}"))["contacts"][0]["name"] == "Mme Keller"


async def test_name_and_place_of_a_shops_point_follow_the_shop(town: Town) -> None:
    shop = await town.a_shop()
    point = await town.value("select id from app.collection_points where shop_id = $1", shop.id)

    renamed = await shop.merchant.asks("PATCH", f"/collection-points/{point}", {"name": "Autre"})
    assert refusal_in(renamed).code == "collection_point.follows"
    edited = await shop.merchant.asks(
        "PATCH", f"/collection-points/{point}", {"access": "2e cour", "service_seconds": 600}
    )
    assert (edited.json()["access"], edited.json()["service_seconds"]) == ("2e cour", 600)
    closed = await shop.merchant.asks("DELETE", f"/collection-points/{point}")
    assert refusal_in(closed).code == "collection_point.follows"


async def test_many_points_are_counted_by_cells_of_the_map(town: Town) -> None:
    ines = await town.a_collector()
    await town.changes(
        "insert into app.collection_points (kind, name, latitude, longitude, shown)"
        " select 'relay', 'R' || n, 48.5 + (n % 20) * 0.005, 7.6 + (n / 20) * 0.005, true"
        " from generate_series(0, 399) n"
    )

    far, near = await on_map(ines, zoom=6), await on_map(ines, zoom=13)
    assert all(one["properties"]["cluster"] for one in far + near)
    assert len(far) < len(near)
    for shown in (far, near):
        assert sum(one["properties"]["count"] for one in shown) == 400
    few = await on_map(ines, "7.6,48.5,7.62,48.52")
    assert 0 < len(few) <= 25
    assert not any(one["properties"]["cluster"] for one in few)


@pytest.mark.parametrize("box", ["8,48,7,49", "7,49,8,48", "-181,48,8,49", "7,48,8,86"])
async def test_a_map_area_that_is_none_is_refused(town: Town, box: str) -> None:
    ines = await town.a_collector()
    assert refusal_in(await ines.asks("GET", f"/collection-points?bbox={box}")).code == "collection_point.box_invalid"


async def test_the_map_is_not_for_customers_or_beneficiaries(town: Town) -> None:
    for person in (await town.a_customer(), await town.a_beneficiary()):
        assert refusal_in(await person.asks("GET", f"/collection-points?bbox={BOX}")).code == "access.forbidden"


async def test_a_depot_outside_france_is_refused(town: Town) -> None:
    relais = await town.an_association()
    added = await relais.asks("POST", "/collection-points", {**DEPOT, "latitude": 52.52, "longitude": 13.4})
    assert refusal_in(added).code == "collection_point.outside_territory"
    assert await town.value("select count(*) from app.collection_points where kind = 'depot'") == 0


async def test_reports_and_past_collections_forecast_the_next_one(town: Town) -> None:
    shop, relais = await town.a_shop(), await town.an_association()
    point = await town.value("select id from app.collection_points where shop_id = $1", shop.id)
    unknown = await shop.merchant.gets(f"/collection-points/{point}/forecast")
    assert (unknown["due_on"], unknown["method"], unknown["collections"]) == (None, None, 0)
    await town.changes(
        "insert into app.collections (from_point, to_point, shop_id, association_id, asked_how, status, grams,"
        " window_start, window_end)"
        " select $1, q.id, $2, $3, 'member', 'received', 18000, noon - n * interval '4 days',"
        " noon - n * interval '4 days' + interval '1 hour'"
        # Not at this hour: when clocks change, an evening becomes the next day.
        " from app.collection_points q, generate_series(1, 9) n,"
        " (select date_trunc('day', now()) + interval '11 hours') d (noon) where q.association_id = $3",
        point,
        shop.id,
        relais.id,
    )

    told = await shop.merchant.gets(f"/collection-points/{point}/forecast")
    today = await town.today()
    assert (told["grams"], told["method"], told["mean_error_days"], told["collections"]) == (18000, "rates", 0.0, 9)
    assert abs((today - type(today).fromisoformat(told["due_on"])).days) <= 1

    reported = await shop.merchant.asks("POST", f"/collection-points/{point}/reports", {"percent": 60})
    assert reported.status_code == 204
    refused = await relais.asks("POST", f"/collection-points/{point}/reports", {"percent": 60})
    assert refusal_in(refused).code == "collection_point.not_found"
