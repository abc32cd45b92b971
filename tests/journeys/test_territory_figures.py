"""Published figures of territories: what is told, what is suppressed, corrections, zones and changes of the map."""

import csv
from datetime import date
from typing import Any

import asyncpg
import pytest

from backend.settings import settings
from backend.territories.disclosure import Element, Place, candidate_cells, released
from backend.territories.releasing import correct_figures
from backend.worker import working
from tests.startup.commands import ecopanier
from tests.town import Town
from tests.town.databases import WORKER
from tests.town.days import a_merchant_s_shop, handed_over, people_of
from tests.town.funds import a_fund

DAY = "2027-03-10T18:00:00+01:00"


async def published(town: Town, at: str) -> None:
    """Do what the worker does at a time: end lots, add up, publish."""
    await town.clock(at)
    await town.worker_runs()


async def figures(town: Town, code: str, **query: str) -> list[dict[str, Any]]:
    answer = await town.request(
        "GET", f"/v1/territories/{code}/figures", params={"from": "2027-03-01", "to": "2027-04-30", **query}
    )
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def a_day_in_strasbourg(town: Town, *, beside: bool = False) -> None:
    """Hand over 24 portions of four shops in Strasbourg; `beside`: and 2 of one shop in Schiltigheim."""
    await town.territories()
    await town.clock(DAY)
    people = await people_of(town, 26)
    for number in range(4):
        shop = await a_merchant_s_shop(town, number)
        await handed_over(town, shop, people[number * 6 : number * 6 + 3], how="free", left=1)
        await handed_over(town, shop, people[number * 6 + 3 : number * 6 + 6], how="paid")
    if beside:
        await handed_over(town, await a_merchant_s_shop(town, 9, "67447"), people[24:])


async def test_a_day_is_published_an_hour_after_midnight(town: Town) -> None:
    await a_day_in_strasbourg(town)
    await published(town, "2027-03-11T00:59:00+01:00")
    assert await figures(town, "67482") == []
    await published(town, "2027-03-11T01:00:00+01:00")
    (day,) = await figures(town, "67482")
    assert (day["from"], day["to"], day["suppressed"], day["corrected_at"]) == ("2027-03-10", "2027-03-10", False, None)
    told = {name: day[name] for name in ("shops", "lots", "offered", "collected", "unsold", "food_kg", "meals")}
    assert told == {
        "shops": 4,
        "lots": 8,
        "offered": 28,
        "collected": 24,
        "unsold": 4,
        "food_kg": 12.0,
        "meals": 24.0,
    }
    assert day["given"] == 12
    assert "value_saved_cents" not in day
    assert "people_helped" not in day
    # Once it is published, nothing changes it.
    for statement in ("update app.released_figures set shops = 1", "delete from app.releases"):
        with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
            await town.changes(statement)
    before = await town.rows("select * from app.releases")
    await published(town, "2027-03-11T02:00:00+01:00")
    assert await town.rows("select * from app.releases") == before


async def test_a_small_commune_is_suppressed_and_so_is_what_would_tell_it(town: Town) -> None:
    await a_day_in_strasbourg(town, beside=True)
    await published(town, "2027-03-11T01:00:00+01:00")
    (small,) = await figures(town, "67447")
    assert small["suppressed"] is True
    assert {"shops", "collected", "given", "food_kg"}.isdisjoint(small)
    # France without Strasbourg would be Schiltigheim: the day of all is known, so Strasbourg is what is not told, or
    # the totals around both are.
    told = {code: (await figures(town, code))[0]["suppressed"] for code in ("FR", "246700488", "67482", "67447")}
    assert told["67447"] is True
    assert told["FR"] is False
    assert told["67482"] is True


async def test_a_territory_with_one_shop_and_one_person_publishes_no_figure(town: Town) -> None:
    await town.territories()
    await town.clock(DAY)
    await handed_over(town, await a_merchant_s_shop(town, 1), await people_of(town, 1))
    await published(town, "2027-04-01T01:00:00+02:00")
    for code in ("FR", "REG-44", "DEP-67", "246700488", "67482"):
        for by in ("day", "month"):
            rows = await figures(town, code, by=by)
            (row,) = [one for one in rows if one["from"] in ("2027-03-10", "2027-03-01")]
            assert set(row) == {
                *("code", "kind", "name", "from", "to", "published_at", "corrected_at", "method", "suppressed"),
                *("waiting_unserved", "searches_unserved"),
            }
            assert (row["suppressed"], row["waiting_unserved"], row["searches_unserved"]) == (True, 0, 0)


async def test_a_month_tells_people_in_groups_of_eleven_and_value_with_its_parts(town: Town) -> None:
    await town.territories()
    await town.clock(DAY)
    people = await people_of(town, 48)
    for number in range(4):
        shop = await a_merchant_s_shop(town, number)
        mine = people[number * 12 : number * 12 + 12]
        await handed_over(town, shop, mine[:6], how="free")
        await handed_over(town, shop, mine[6:], how="paid", price_cents=400)
    await published(town, "2027-04-01T01:00:00+02:00")
    (month,) = await figures(town, "67482", by="month")
    assert (month["from"], month["to"], month["people_helped"]) == ("2027-03-01", "2027-03-31", 22)
    assert month["value_saved_cents"] == 48 * 800
    assert month["recovered_by_shops_cents"] == 24 * 400
    assert month["saved_by_people_cents"] == 48 * 800 - 24 * 400
    assert month["collected"] == 48
    (by_category,) = await figures(town, "67482", by="month", category="bakery")
    assert by_category["collected"] == 48
    assert by_category["km"] is None
    assert await figures(town, "67482", by="month", category="fish") == []


async def test_a_suspended_portion_gives_the_same_bytes_as_a_paid_one(town: Town) -> None:
    await town.territories()
    answers = {}
    for month, how in ((3, "paid"), (4, "suspended")):
        await town.clock(f"2027-{month:02}-10T18:00:00+02:00")
        people = await people_of(town, 26)
        for number in range(4):
            shop = await a_merchant_s_shop(town, 10 * month + number)
            await handed_over(town, shop, people[number * 6 : number * 6 + 3], how="free", left=1)
            await handed_over(town, shop, people[number * 6 + 3 : number * 6 + 6], how="paid", left=1)
        # The one that differs.
        await handed_over(town, shop, people[24:25], how="paid" if how == "paid" else "suspended", left=2)
        await published(town, f"2027-{month:02}-11T02:00:00+02:00")
        answer = await town.request(
            "GET",
            "/v1/territories/67482/figures",
            params={"from": f"2027-{month:02}-10", "to": f"2027-{month:02}-10"},
        )
        (row,) = answer.json()["data"]
        assert row["suppressed"] is False
        answers[how] = {name: value for name, value in row.items() if name not in ("from", "to", "published_at")}
    assert answers["paid"] == answers["suspended"]
    days = await town.rows("select * from app.figure_days order by day, shop_id, category")
    march, april = ([row for row in days if row["day"].month == month] for month in (3, 4))
    told = [[sorted(tuple(row.values())[3:] for row in rows)] for rows in (march, april)]
    assert told[0] == told[1]


@pytest.mark.parametrize("categories", [["bakery"], ["fish"]])
async def test_sales_of_one_shop_are_suppressed_beside_a_fund_s_statement(town: Town, categories: list[str]) -> None:
    await town.territories()
    await town.clock(DAY)
    await a_fund(town, await town.an_organisation(territory="67482"), categories=categories)
    people = await people_of(town, 24)
    for number in range(3):
        await handed_over(town, await a_merchant_s_shop(town, number), people[number * 6 : number * 6 + 6])
    await handed_over(town, await a_merchant_s_shop(town, 4), people[18:], how="paid")
    await published(town, "2027-03-11T01:00:00+01:00")
    (row,) = await figures(town, "67482")
    # The control: a fund for other food states nothing of this.
    assert row["suppressed"] is (categories == ["bakery"])


async def test_missed_days_are_caught_up_oldest_first(town: Town) -> None:
    await a_day_in_strasbourg(town)
    await published(town, "2027-03-20T10:00:00+01:00")
    rows = await town.rows("select kind, first_day from app.releases order by id")
    assert [row["first_day"] for row in rows] == [date(2027, 3, day) for day in range(10, 20)]
    await published(town, "2027-04-02T10:00:00+02:00")
    kinds = [
        (row["kind"], row["first_day"])
        for row in await town.rows("select kind, first_day from app.releases order by id")
    ]
    assert ("month", date(2027, 3, 1)) in kinds
    assert len(kinds) == len(set(kinds)) == 23 + 1


async def test_figures_counted_anew_are_the_same_bytes(town: Town) -> None:
    await a_day_in_strasbourg(town)
    await published(town, "2027-03-11T00:30:00+01:00")
    every = "select string_agg(d::text, '\n' order by day, shop_id, category) from app.figure_days d"
    added_up = await town.value(every)
    async with town.copy.connection(WORKER) as worker:
        counted = await worker.fetch("select * from app.rebuild_figures()")
    assert [tuple(row) for row in counted] == [(0, 0)]
    assert await town.value(every) == added_up
    assert added_up.count("\n") == 3


async def test_an_operator_counts_figures_anew_and_corrects_published_ones(town: Town) -> None:
    await a_day_in_strasbourg(town)
    await published(town, "2027-03-11T01:00:00+01:00")
    login = {"ECOPANIER_WORKER_DATABASE_URL": town.copy.url(WORKER)}
    counted = await ecopanier(town, "figures", "rebuild", **login)
    assert (counted.status, counted.text) == (0, "0 figures differed from their entries, 0 were replaced.\n")
    await town.changes("update app.figure_days set collected = collected + 1, food_grams = food_grams + 500")
    (wrong,) = await figures(town, "67482")

    refused = await ecopanier(town, "figures", "rebuild", **login)
    unexplained = await ecopanier(town, "figures", "correct", "--why", "x", **login)
    corrected = await ecopanier(town, "figures", "correct", "--why", "Compté deux fois", **login)

    assert refused.status == 1
    assert refused.text.endswith("4 are published: see `ecopanier figures correct`.\n")
    assert unexplained.status == 1
    assert (corrected.status, corrected.text) == (0, "Corrected: day 2027-03-10.\n1 corrections.\n")
    (right,) = await figures(town, "67482")
    assert right["corrected_at"] is not None
    assert (wrong["collected"], right["collected"]) == (24, 24), "what was released was right and is told again"
    assert (await ecopanier(town, "figures", "correct", "--why", "Encore", **login)).text == "0 corrections.\n"


async def test_an_operator_merges_communes_from_today_on(town: Town) -> None:
    await town.territories()
    early = await ecopanier(town, "territories", "change", "67447", "67482", "2020-01-01")
    unknown = await ecopanier(town, "territories", "change", "67447", "99999", "2999-01-01")
    merged = await ecopanier(town, "territories", "change", "67447", "67482", "2999-01-01")

    assert (early.status, unknown.status) == (1, 1)
    assert early.text.startswith("Nothing was changed: ")
    assert unknown.text.startswith("Nothing was changed: ")
    assert (merged.status, merged.text) == (0, "From 2999-01-01 on, 67447 is 67482.\n")


async def test_a_correction_is_another_release_and_tells_only_safe_changes(town: Town) -> None:
    await a_day_in_strasbourg(town)
    await published(town, "2027-03-11T01:00:00+01:00")
    (before,) = await figures(town, "67482")
    # What was added up for one shop is wrong; then for all four.
    one_wrong = (
        "update app.figure_days set collected = collected + 1, food_grams = food_grams + 500"
        " where shop_id = (select shop_id from app.figure_days order by shop_id limit 1)"
    )
    await town.changes(one_wrong)
    every = "select * from app.released_figures order by release_id, code, category"
    first = await town.rows(every)
    async with town.copy.connection(WORKER) as worker:
        (rebuilt,) = await worker.fetch("select * from app.rebuild_figures()")
        assert tuple(rebuilt) == (1, 1)  # published figures are left to a correction
    assert await corrections(town, "Compté deux fois") == [("day", date(2027, 3, 10))]
    (row,) = await figures(town, "67482")
    assert row["suppressed"] is True
    assert row["corrected_at"] is not None
    assert (await town.rows(every))[: len(first)] == first

    # The control: where what changed has enough behind it, the right figure is told instead.
    await town.changes("update app.figure_days set collected = collected + 1")
    assert await corrections(town, "Compté deux fois") == [("day", date(2027, 3, 10))]
    (row,) = await figures(town, "67482")
    assert (row["suppressed"], row["collected"]) == (False, before["collected"])
    assert await corrections(town, "Encore") == []
    # Days whose collections are no longer kept cannot be counted again, and are not corrected.
    await town.changes("update app.figure_days set donated_grams = donated_grams + 500")
    await town.clock("2033-03-11T02:00:00+01:00")
    assert await corrections(town, "Trop tard") == []
    with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
        await town.changes("update app.releases set why = 'x'")


async def corrections(town: Town, why: str) -> list[tuple[str, date]]:
    async with working(settings()) as (work, _):
        return await correct_figures(work.acts, why)


async def test_a_merged_commune_keeps_its_history(town: Town) -> None:
    await town.territories()
    await town.clock(DAY)
    shops = [await a_merchant_s_shop(town, number, "67447") for number in range(3)]
    for day, at in ((1, DAY), (2, "2027-03-11T18:00:00+01:00")):
        await town.clock(at)
        for shop in shops:
            await handed_over(town, shop, await people_of(town, 5))
        if day == 1:
            await town.changes("select app.change_map('67447', '67482', '2027-03-11')")
            with pytest.raises(asyncpg.PostgresError, match=r"period_invalid"):
                await town.changes("select app.change_map('67447', '67482', '2027-03-09')")
    await published(town, "2027-03-12T02:00:00+01:00")
    told = {code: [(row["from"], row["collected"]) for row in await figures(town, code)] for code in ("67447", "67482")}
    assert told == {"67447": [("2027-03-10", 15)], "67482": [("2027-03-11", 15)]}


async def test_a_shop_that_moves_takes_no_history_with_it(town: Town) -> None:
    await town.territories("68224")
    await town.clock(DAY)
    shops = [await a_merchant_s_shop(town, number) for number in range(3)]
    for shop in shops:
        await handed_over(town, shop, await people_of(town, 5))
    await town.clock("2027-03-11T00:10:00+01:00")
    for shop in shops:
        await town.changes("update app.shops set insee_code = '68224', latitude = 47.75 where id = $1", shop.id)
    await published(town, "2027-03-11T02:00:00+01:00")
    (row,) = await figures(town, "67482")
    assert row["collected"] == 15
    assert await figures(town, "68224") == []


async def test_the_csv_and_the_map_have_the_same_figures(town: Town) -> None:
    await a_day_in_strasbourg(town)
    await published(town, "2027-03-11T01:00:00+01:00")
    query = {"from": "2027-03-10", "to": "2027-03-10"}
    table = await town.request("GET", "/v1/territories/67482/figures.csv", params=query)
    assert table.headers["content-type"].startswith("text/csv")
    assert 'rel="license"' in table.headers["link"]
    (line,) = csv.DictReader(table.text.splitlines())
    (row,) = await figures(town, "67482")
    assert (line["collected"], line["food_kg"], line["suppressed"]) == (str(row["collected"]), "12.0", "false")
    described = (await town.request("GET", "/v1/figures/dictionary")).json()
    assert described["licence"] == "Licence Ouverte 2.0"
    assert [field["name"] for field in described["fields"]] == list(line)

    shown = await town.request(
        "GET", "/v1/territories/246700488/figures.geojson", params={**query, "by": "day", "parts": "commune"}
    )
    assert shown.headers["content-type"] == "application/geo+json"
    (feature,) = shown.json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [7.7675, 48.5713]}
    assert feature["properties"]["figures"][0]["collected"] == 24

    again = await town.request(
        "GET", "/v1/territories/67482/figures.csv", params=query, headers={"If-None-Match": table.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    for bad in ({"from": "2027-03-11", "to": "2027-03-10"}, {"from": "2025-01-01", "to": "2027-03-10"}):
        refusal = await town.request("GET", "/v1/territories/67482/figures", params=bad)
        assert (refusal.status_code, refusal.json()["code"]) == (422, "territory.period_invalid")
    unknown = await town.request("GET", "/v1/territories/67999/figures")
    assert unknown.json()["code"] == "territory.not_found"


def test_a_month_is_decided_where_every_shop_s_figures_are_known() -> None:
    day, place = date(2027, 3, 10), Place("REG-44", "DEP-67", "246700488", "67482")
    every = [
        Element(place, day, "bakery", shop, {12 * shop + n: (500, 800) for n in range(12)}, known=True)
        for shop in range(4)
    ]
    month = date(2027, 3, 1), date(2027, 3, 31)
    cells = candidate_cells(every, *month)
    assert set(released(every, cells).published) == cells
