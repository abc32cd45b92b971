"""Zones of a commune: what may be drawn, from when it counts, and who reads their figures by day."""

from typing import Any

import pytest

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.days import a_merchant_s_shop, handed_over, people_of
from tests.town.people import Admin


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


WEST, EAST = square(7.70, 48.55, 7.75, 48.62), square(7.75, 48.55, 7.80, 48.62)
TWO = [{"name": "Ouest", "geometry": WEST}, {"name": "Est", "geometry": EAST}]


async def drawn(odile: Admin, zones: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = await odile.asks("PUT", "/admin/zones/67482", {"zones": zones})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["zones"]
    return found


async def test_zones_count_from_the_following_month_and_keep_their_codes(town: Town) -> None:
    await town.territories()
    await town.clock("2027-03-10T10:00:00+01:00")
    odile = await town.an_admin()
    first = await drawn(odile, TWO)
    assert [(one["name"], one["valid_from"], one["valid_until"]) for one in first] == [
        ("Est", "2027-04-01", None),
        ("Ouest", "2027-04-01", None),
    ]
    # Drawn again before they count: the first drawing is forgotten, and a name keeps its code.
    (east,) = await drawn(odile, [{"name": "Est", "geometry": EAST}])
    assert east["code"] == first[0]["code"]
    await town.clock("2027-04-10T10:00:00+02:00")
    both = await drawn(odile, TWO)
    assert [(one["name"], one["valid_from"], one["valid_until"]) for one in both] == [
        ("Est", "2027-04-01", "2027-05-01"),
        ("Est", "2027-05-01", None),
        ("Ouest", "2027-05-01", None),
    ]
    assert {one["code"] for one in both if one["name"] == "Est"} == {east["code"]}
    assert (await odile.gets("/admin/zones/67482"))["zones"] == both
    known = (await town.request("GET", f"/v1/territories/{east['code']}")).json()
    assert (known["kind"], known["commune"], known["epci"]) == ("zone", "67482", "246700488")
    assert (await town.request("GET", "/v1/territories/67482")).json()["parts"] == ["zone"]


@pytest.mark.parametrize(
    ("reason", "zones"),
    [
        ("overlap", [TWO[0], {"name": "Milieu", "geometry": square(7.74, 48.56, 7.77, 48.58)}]),
        ("elsewhere", [{"name": "Paris", "geometry": square(2.3, 48.8, 2.4, 48.9)}]),
        (
            "invalid",
            [
                {
                    "name": "Papillon",
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[7.7, 48.55], [7.8, 48.6], [7.8, 48.55], [7.7, 48.6], [7.7, 48.55]]],
                    },
                }
            ],
        ),
        (
            "hole",
            [
                {
                    "name": "Anneau",
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [
                            WEST["coordinates"][0],
                            square(7.71, 48.56, 7.72, 48.57)["coordinates"][0],
                        ],
                    },
                }
            ],
        ),
        (
            "not_closed",
            [{"name": "Ouvert", "geometry": {"type": "Polygon", "coordinates": [[[7.7, 48.5]] * 3 + [[7.8, 48.6]]]}}],
        ),
        ("name_twice", [TWO[0], {**TWO[1], "name": "Ouest"}]),
        (
            "too_many_points",
            [
                {
                    "name": "Dentelle",
                    "geometry": {
                        "type": "MultiPolygon",
                        "coordinates": [
                            [[[7.7 + n / 1e5, 48.55 + part / 100] for n in range(1500)] + [[7.7, 48.55 + part / 100]]]
                            for part in range(2)
                        ],
                    },
                }
            ],
        ),
    ],
)
async def test_zones_that_are_no_partition_are_refused(town: Town, reason: str, zones: list[dict[str, Any]]) -> None:
    await town.territories()
    odile = await town.an_admin()
    refusal = refusal_in(await odile.asks("PUT", "/admin/zones/67482", {"zones": zones}))
    assert (refusal.status, refusal.code, refusal.body["reason"]) == (422, "territory.zones_invalid", reason)
    assert await town.value("select count(*) from app.zone_shapes") == 0


async def test_only_admins_draw_and_only_communes_are_divided(town: Town) -> None:
    await town.territories()
    odile = await town.an_admin()
    for code in ("DEP-67", "67999", "75111"):
        refusal = refusal_in(await odile.asks("PUT", f"/admin/zones/{code}", {"zones": TWO}))
        assert (refusal.status, refusal.code) == (404, "territory.not_found")
    merchant = await town.a_merchant()
    assert refusal_in(await merchant.asks("PUT", "/admin/zones/67482", {"zones": TWO})).status == 403
    many = [
        {"name": f"Z{n}", "geometry": square(7.7 + n / 1000, 48.55, 7.7 + (n + 1) / 1000, 48.56)} for n in range(51)
    ]
    assert refusal_in(await odile.asks("PUT", "/admin/zones/67482", {"zones": many})).status == 422


async def test_a_shop_belongs_to_the_zone_of_its_point(town: Town) -> None:
    """On a border it belongs to the zone with the lower code; outside all zones to the rest of the commune."""
    await town.territories()
    await town.clock("2027-03-10T10:00:00+01:00")
    await drawn(await town.an_admin(), TWO)
    codes = {
        row["name"]: row["code"]
        for row in await town.rows("select name, code from app.territories where kind = 'zone'")
    }
    await town.clock("2027-04-02T18:00:00+02:00")
    places = {"west": 7.72, "east": 7.77, "border": 7.75, "outside": 7.83}
    shops = {}
    for number, (name, longitude) in enumerate(places.items()):
        shop = await a_merchant_s_shop(town, number)
        await town.changes("update app.shops set latitude = 48.58, longitude = $2 where id = $1", shop.id, longitude)
        await handed_over(town, shop, await people_of(town, 1))
        shops[shop.id] = name
    await town.changes("select app.add_up_impact()")
    rows = await town.rows("select shop_id, zone from app.places_of_shops('2027-04-02', '2027-04-02', false)")
    assert {shops[row["shop_id"]]: row["zone"] for row in rows} == {
        "west": codes["Ouest"],
        "east": codes["Est"],
        "border": min(codes.values()),
        "outside": None,
    }
    # In March nothing was divided.
    await town.changes("update app.figure_days set day = '2027-03-31'")
    rows = await town.rows("select zone from app.places_of_shops('2027-03-31', '2027-03-31', false)")
    assert [row["zone"] for row in rows] == [None] * 4


async def test_figures_of_zones_by_day_are_for_the_territory_s_own_organisations(town: Town) -> None:
    await town.territories("68224")
    odile = await town.an_admin()
    await town.clock("2027-03-10T10:00:00+01:00")
    west, east = square(7.70, 48.55, 7.7401, 48.62), square(7.7401, 48.55, 7.80, 48.62)
    await drawn(odile, [{"name": "Ouest", "geometry": west}, {"name": "Est", "geometry": east}])
    await town.clock("2027-04-02T18:00:00+02:00")
    for number in range(8):
        shop = await a_merchant_s_shop(town, number)
        longitude = 7.72 if number % 2 else 7.77
        await town.changes("update app.shops set latitude = 48.58, longitude = $2 where id = $1", shop.id, longitude)
        await handed_over(town, shop, await people_of(town, 6))
    await town.clock("2027-05-01T02:00:00+02:00")
    await town.worker_runs()
    zone = await town.value("select code from app.territories where name = 'Est'")

    of_strasbourg = await town.an_organisation("Ville de Strasbourg", territory="67482")
    of_mulhouse = await town.an_organisation("Ville de Mulhouse", territory="68224")
    client = await (await town.an_api_client(of_strasbourg, "figures:read")).signs_in()
    stranger = await (await town.an_api_client(of_mulhouse, "figures:read")).signs_in()
    query = {"from": "2027-04-01", "to": "2027-04-30"}

    async def read(path: str, token: str | None, **more: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await town.request("GET", f"/v1/territories/{path}", params={**query, **more}, headers=headers)

    for token in (client.token, await town.token_for(of_strasbourg.owner.id)):
        (own,) = (await read(f"{zone}/figures", token)).json()["data"]
        assert (own["suppressed"], own["collected"]) == (False, 24)
        parts = (await read("67482/figures", token, parts="zone")).json()["data"]
        assert [one["collected"] for one in parts] == [24, 24]
    # A client of Mulhouse sees what anybody sees, byte for byte.
    for path, more in (
        (f"{zone}/figures", {}),
        ("67482/figures", {"parts": "zone"}),
        ("67482/figures", {}),
        ("67482/figures.csv", {"by": "month"}),
        ("67482/figures.geojson", {"by": "day"}),
        ("FR/figures", {}),
    ):
        anybody = await read(path, None, **more)
        assert anybody.status_code == 200, anybody.text
        for token in (stranger.token, await town.token_for(of_mulhouse.owner.id)):
            assert (await read(path, token, **more)).content == anybody.content
    assert (await read(f"{zone}/figures", None)).json()["data"] == []
    # By month anybody reads them.
    (month,) = (await read(f"{zone}/figures", None, by="month")).json()["data"]
    assert (month["suppressed"], month["collected"]) == (False, 24)


async def test_live_figures_are_for_the_territory_s_own_and_need_three_merchants(town: Town) -> None:
    await town.territories("68224")
    city = await town.an_organisation(territory="67482")
    elsewhere = await town.an_organisation("Ville de Mulhouse", territory="68224")
    for number in range(2):
        await town.a_lot(shop=await a_merchant_s_shop(town, number), left=3)
    token = await town.token_for(city.owner.id)

    async def live(who: str | None) -> Any:
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        return await town.request("GET", "/v1/territories/67482/live", headers=headers)

    few = (await live(token)).json()
    assert few["suppressed"] is True
    assert "shops" not in few
    # Only beneficiaries see free lots: what is left of them would tell each portion that somebody reserves.
    await town.a_free_lot(shop=await a_merchant_s_shop(town, 3), left=4)
    assert (await live(token)).json()["suppressed"] is True
    third = await town.a_lot(shop=await a_merchant_s_shop(town, 4), left=4)
    await town.a_free_lot(shop=third.shop, left=2)
    told = (await live(token)).json()
    assert {name: told[name] for name in ("suppressed", "shops", "lots", "portions")} == {
        "suppressed": False,
        "shops": 3,
        "lots": 3,
        "portions": 10,
    }
    assert (await live(None)).status_code == 401
    other = await live(await town.token_for(elsewhere.owner.id))
    assert (other.status_code, other.json()["code"]) == (403, "territory.not_yours")
    unknown = await town.request("GET", "/v1/territories/67999/live", headers={"Authorization": f"Bearer {token}"})
    assert unknown.json()["code"] == "territory.not_yours"
