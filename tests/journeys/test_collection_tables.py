"""The monthly table of collections and the count of crates: who sees which rows, and what the sums are."""

from tests.town import Town
from tests.town.answers import accepted
from tests.town.rounds import Round, a_collection, a_round


async def a_month(town: Town) -> Round:
    """Collect 30 and 10 kg of two shops in one tour of 8 km, and receive them, on one afternoon."""
    await town.clock("2026-12-02T14:00:00+01:00")  # the tour begins an hour earlier, which must be in the same month
    association = await town.an_association()
    collections = [
        await a_collection(town, association=association, items=[{"grams": grams}]) for grams in (30_000, 10_000)
    ]
    tour = await a_round(town, *collections, vehicle="car", metres=8000)
    await tour.takes(1, crates_brought=4)
    await tour.takes(2, 10, items=[{"item_id": str(collections[1].items[0]), "kg": 8}], crates_fetched=3)
    await tour.leaves(crates_brought=1, crates_fetched=2)
    for one in collections:
        await association.posts(f"/collections/{one.id}/reception", {})
    day = (await town.today()).isoformat()
    path = f"/collections/{collections[0].id}/outcomes"
    await association.posts(path, {"outcome": "distributed", "grams": 25_000, "day": day})
    await association.posts(path, {"outcome": "bin", "grams": 1000, "day": day})
    return tour


async def test_each_sees_only_their_own_rows(town: Town) -> None:
    tour, other = await a_month(town), await a_month(town)
    month = f"{await town.today():%Y-%m}"
    first, second = tour.collections

    def of(row: dict[str, object]) -> tuple[object, ...]:
        return tuple(row[name] for name in ("id", "collections", "collected_grams", "accepted_grams", "metres"))

    got = await first.shop.merchant.gets("/collections/table", month=month)
    assert [of(row) for row in got["rows"]] == [(str(first.shop.id), 1, 30_000, 30_000, 6316)]
    got = await tour.association.gets("/collections/table", month=month, by="association")
    (row,) = got["rows"]
    assert of(row) == (str(tour.association.id), 2, 38_000, 38_000, 8000)
    assert (row["tours"], row["trips_saved"], row["distributed_grams"], row["lost_grams"]) == (1, 1, 25_000, 1000)
    assert row["transport_co2e_grams"] == 8 * 192
    assert row["asked_grams"] == 40_000
    got = await tour.association.gets("/collections/table", month=month, by="shop")
    assert [row["id"] for row in got["rows"]] == [str(first.shop.id), str(second.shop.id)]
    got = await tour.collector.gets("/collections/table", month=month, by="collector")
    assert [row["id"] for row in got["rows"]] == [str(tour.collector.id)]
    got = await first.shop.merchant.gets("/collections/table", month=month, by="collector")
    assert [(row["id"], row["name"]) for row in got["rows"]] == [(None, None)]
    got = await (await town.an_admin()).gets("/collections/table", month=month, by="association")
    assert {row["id"] for row in got["rows"]} == {str(tour.association.id), str(other.association.id)}
    assert (await (await town.a_customer()).gets("/collections/table", month=month))["rows"] == []
    got = await tour.association.gets("/collections/table", month=month, by="commune")
    assert [row["id"] for row in got["rows"]] == ["67482"]
    assert (await tour.association.gets("/collections/table", month="2020-01"))["rows"] == []
    for wrong in ({"month": "2026-13"}, {"month": "2026-07", "by": "person"}):
        assert (await tour.association.asks("GET", "/collections/table", params=wrong)).status_code == 422


async def test_cells_of_the_csv_compute_nothing(town: Town) -> None:
    tour = await a_month(town)
    shop = tour.collections[0].shop
    await town.changes("update app.shops set name = '=1+1' where id = $1", shop.id)
    month = f"{await town.today():%Y-%m}"
    got = accepted(await shop.merchant.asks("GET", "/collections/table.csv", params={"month": month}))
    assert got.headers["content-type"] == "text/csv; charset=utf-8"
    _, row = got.text.strip().split("\r\n")
    assert row.split(";")[0] == "'=1+1"
    assert row.split(";")[5] == "30"


async def test_crates_are_counted_by_point(town: Town) -> None:
    tour = await a_month(town)
    month = f"{await town.today():%Y-%m}"
    first = tour.collections[0].shop.merchant
    (mine,) = (await first.gets("/collections/crates", month=month))["data"]
    assert (mine["brought"], mine["fetched"]) == (4, 0)
    (mine,) = (await tour.association.gets("/collections/crates", month=month))["data"][-1:]
    all_ = (await tour.collector.gets("/collections/crates", month=month))["data"]
    assert (sum(row["brought"] for row in all_), sum(row["fetched"] for row in all_)) == (5, 5)
    assert (await (await town.a_merchant()).gets("/collections/crates", month=month))["data"] == []
