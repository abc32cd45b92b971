"""A shop's figures by days that are over: exact sums, days where the shop is, its readers, and the spreadsheet."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from tests.town import Lot, Person, Shop, Town
from tests.town.answers import refusal_in

NUMBERS = ("offered", "reserved", "collected", "lost", "revenue_cents", "value_saved_cents", "food_kg", "co2e_kg")
NOTHING = (0, 0, 0, 0, 0, 0, 0, 0)


def numbers(days: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(days[name] for name in NUMBERS)


async def figures(person: Person, shop: Shop, since: str, until: str, by: str = "day") -> dict[str, Any]:
    found: dict[str, Any] = await person.gets(f"/shops/{shop.id}/figures", **{"from": since, "to": until, "by": by})
    return found


async def table(person: Person, path: str, **asked: str) -> list[dict[str, str]]:
    answer = await person.asks("GET", path, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def closes(town: Town, lot: Lot) -> None:
    """Set the clock to the end of the lot's window, and let the worker end it."""
    await town.clock(lot.pickup_end)
    await town.worker_runs()


async def sells(town: Town, shop: Shop, at: str, portions: int = 1, **fields: Any) -> Lot:
    """Sell and hand over portions of a lot of five, at this time, and close the lot an hour later."""
    await town.clock(at)
    lot = await town.a_lot(shop=shop, opens_in=timedelta(0), lasts=timedelta(hours=1), **fields)
    marc = await town.a_customer()
    await shop.merchant.hands_over(await marc.pass_for(await marc.buys(lot, portions)))
    await closes(town, lot)
    return lot


async def test_a_shop_reads_what_became_of_its_portions(town: Town) -> None:
    await town.clock("2026-12-01T10:00:00+01:00")
    shop = await town.a_shop()
    sophie = shop.merchant
    when: dict[str, Any] = {"opens_in": timedelta(hours=3), "lasts": timedelta(hours=1)}
    paid = await town.a_lot(shop=shop, left=8, price_cents=400, weight_grams=250, **when)
    free = await town.a_free_lot(shop=shop, left=3, **when)
    gone = await town.a_lot(shop=shop, left=9, **when)
    over_tomorrow = await town.a_lot(shop=shop, left=7, lasts=timedelta(hours=30))
    marc, absent, donor = [await town.a_customer(name) for name in ("Marc", "Karim", "Jeanne")]
    amina, zoe = await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    bought = await marc.buys(paid, 2)
    await absent.buys(paid)
    await marc.cancels(await marc.buys(paid))
    await donor.gives(paid, 2)
    suspended = await zoe.reserves(await town.suspended_lot_of(paid))
    given = await amina.reserves(free)
    await sophie.withdraws(gone)
    await town.opens(paid)
    for person, held in ((marc, bought), (zoe, suspended), (amina, given)):
        await sophie.hands_over(await person.pass_for(held))
    await closes(town, paid)
    await town.clock("2026-12-02T00:00:00+01:00")

    found = await figures(sophie, shop, "2026-11-30", "2026-12-01")

    # Sold: two and a suspended one, of 4 € instead of 8 €. Free: one of 8 €. Of eleven portions one was not collected
    # by its holder, and six by nobody.
    first = (11, 5, 4, 7, 1200, 3200, 1.3, 2.3)  # 3 of 250 g, and one of an unknown weight, which counts as a meal
    assert [numbers(row) for row in found["rows"]] == [NOTHING, first]
    assert [(row["from"], row["to"]) for row in found["rows"]] == [(day, day) for day in ("2026-11-30", "2026-12-01")]
    assert (numbers(found["total"]), numbers(found["before"])) == (first, NOTHING)
    assert {name: found[name] for name in ("from", "to", "by", "time_zone", "method")} == {
        "from": "2026-11-30",
        "to": "2026-12-01",
        "by": "day",
        "time_zone": "Europe/Paris",
        "method": "ecopanier-2025",
    }
    # A lot whose window is not over by then comes on its own day, and the days before are compared.
    await closes(town, over_tomorrow)
    await town.clock("2026-12-03T00:00:00+01:00")
    later = await figures(sophie, shop, "2026-12-02", "2026-12-02")
    assert (numbers(later["total"]), numbers(later["before"])) == ((7, 0, 0, 7, 0, 0, 0, 0), first)
    assert (later["before"]["from"], later["before"]["to"]) == ("2026-12-01", "2026-12-01")


async def test_collected_portions_of_a_withdrawn_lot_still_count(town: Town) -> None:
    await town.clock("2026-12-01T10:00:00+01:00")
    lot = await town.a_lot(left=5, opens_in=timedelta(0))
    marc = await town.a_customer()
    await lot.shop.merchant.hands_over(await marc.pass_for(await marc.buys(lot, 2)))
    await marc.buys(lot)
    await lot.shop.merchant.withdraws(lot)
    await town.clock("2026-12-02T10:00:00+01:00")
    found = await figures(lot.shop.merchant, lot.shop, "2026-12-01", "2026-12-01")
    assert numbers(found["total"])[:6] == (2, 2, 2, 0, 800, 1600)


async def test_a_lot_that_became_free_is_one_total_of_both(town: Town) -> None:
    await town.clock("2026-12-01T10:00:00+01:00")
    soon = await town.now() + timedelta(hours=1)
    lot = await town.a_lot(left=5, opens_in=timedelta(0), becomes_free_at=soon)
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    bought = await marc.buys(lot, 2)
    await town.clock(soon)
    await town.worker_runs()
    free = await amina.reserves(lot)
    for person, held in ((marc, bought), (amina, free)):
        await lot.shop.merchant.hands_over(await person.pass_for(held))
    await closes(town, lot)
    await town.clock("2026-12-02T10:00:00+01:00")
    found = await figures(lot.shop.merchant, lot.shop, "2026-12-01", "2026-12-01")
    assert numbers(found["total"])[:6] == (5, 3, 3, 2, 800, 2400)


async def test_weeks_and_months_are_cut_off_at_the_ends_of_the_period(town: Town) -> None:
    shop = await town.a_shop()
    for day in ("2026-10-31", "2026-11-01", "2026-11-02", "2026-11-30"):
        await sells(town, shop, f"{day}T12:00:00+01:00")
    await town.clock("2026-12-01T12:00:00+01:00")

    weeks = await figures(shop.merchant, shop, "2026-10-31", "2026-11-04", "week")
    months = await figures(shop.merchant, shop, "2026-10-31", "2026-11-30", "month")

    def rows(found: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(row["from"], row["to"], row["collected"], row["revenue_cents"]) for row in found["rows"]]

    # The first of November is a Sunday.
    assert rows(weeks) == [("2026-10-31", "2026-11-01", 2, 800), ("2026-11-02", "2026-11-04", 1, 400)]
    assert rows(months) == [("2026-10-31", "2026-10-31", 1, 400), ("2026-11-01", "2026-11-30", 3, 1200)]
    assert (weeks["before"]["from"], weeks["before"]["to"]) == ("2026-10-26", "2026-10-30")
    assert months["total"]["collected"] == 4
    default = await shop.merchant.gets(f"/shops/{shop.id}/figures")
    assert (default["from"], default["to"], len(default["rows"])) == ("2026-11-01", "2026-11-30", 30)
    assert default["before"]["collected"] == 1


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        # 25 hours, in winter and in summer time; 23 hours.
        ("67482", "2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-25T23:59:00+01:00"),
        ("67482", "2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-29T23:59:00+02:00"),
        ("97411", "2026-06-10", "2026-06-10T00:00:00+04:00", "2026-06-10T23:59:00+04:00"),
    ],
)
async def test_days_are_those_where_the_shop_is(town: Town, zone: str, day: str, first: str, last: str) -> None:
    shop = await town.a_shop(commune=zone)
    for end in (first, last):
        await town.clock(end)
        begins = await town.now() - timedelta(hours=1)
        for minutes in (-1, 0, 1):
            await town.clock(begins + timedelta(minutes=minutes))
            lot = await town.a_lot(shop=shop, left=1, opens_in=timedelta(0), lasts=timedelta(hours=1))
            await closes(town, lot)
    await town.clock(await town.now() + timedelta(days=2))
    found = await figures(shop.merchant, shop, day, day)
    # A window that ends at midnight ends on the day that begins then.
    assert [row["offered"] for row in found["rows"]] == [4]
    assert found["before"]["offered"] == 1


async def test_a_day_can_be_read_once_it_is_over_where_the_shop_is(town: Town) -> None:
    """Guadeloupe is five hours behind Paris in December."""
    shop = await town.a_shop(commune="97105")
    await sells(town, shop, "2026-12-01T20:00:00-04:00")
    asked = {"from": "2026-12-01", "to": "2026-12-01"}
    path = f"/shops/{shop.id}/figures"

    await town.clock("2026-12-01T23:59:59-04:00")
    assert refusal_in(await shop.merchant.asks("GET", path, params=asked)).code == "figures.period_invalid"
    await town.clock("2026-12-02T00:00:00-04:00")
    assert (await shop.merchant.gets(path, **asked))["total"]["collected"] == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-12-02", "to": "2026-12-01"},
        {"to": "2026-12-03"},
        {"from": "2026-12-03"},
        {"from": "2025-10-28", "to": "2026-12-02"},  # 401 days
        {"from": "2019-12-31", "to": "2020-01-02"},
        {"to": "0001-01-01"},
        {"from": "9999-12-31"},
    ],
)
async def test_only_four_hundred_days_that_are_over_can_be_asked_for(town: Town, asked: dict[str, str]) -> None:
    await town.clock("2026-12-03T12:00:00+01:00")
    shop, odile = await town.a_shop(), await town.an_admin()
    for person, path in ((shop.merchant, f"/shops/{shop.id}"), (odile, f"/shops/{shop.id}"), (odile, "/admin")):
        for form in ("", ".csv"):
            refusal = refusal_in(await person.asks("GET", f"{path}/figures{form}", params=asked))
            assert (refusal.status, refusal.code) == (422, "figures.period_invalid")
    longest = await figures(shop.merchant, shop, "2025-10-29", "2026-12-02")
    assert len(longest["rows"]) == 400
    for wrong in ({"by": "year"}, {"from": "2026-12"}, {"to": "yesterday"}, {"from": "1700000000"}):
        answer = await shop.merchant.asks("GET", f"/shops/{shop.id}/figures", params=wrong)
        assert refusal_in(answer).code == "request.invalid"


async def test_members_of_the_shop_and_admins_read_its_figures(town: Town) -> None:
    shop = await town.a_shop()
    people = {role: await town.a_customer(role) for role in ("owner", "staff", "reader", "former")}
    for role, person in people.items():
        await town.changes(
            "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, $3, now())",
            shop.id,
            person.id,
            "reader" if role == "former" else role,
        )
    await town.changes("delete from app.members where account_id = $1", people.pop("former").id)
    readers: tuple[Person, ...] = (*people.values(), shop.merchant, await town.an_admin())
    strangers: dict[Person, str] = {
        await town.a_merchant("Gilles"): "shop.not_found",
        (await town.a_shop()).merchant: "shop.not_found",
        await town.a_customer(): "access.forbidden",
        await town.a_beneficiary(): "access.forbidden",
        await town.an_association(): "access.forbidden",
        await town.a_collector(): "access.forbidden",
    }
    for form in ("", ".csv"):
        path = f"/shops/{shop.id}/figures{form}"
        for reader in readers:
            assert (await reader.asks("GET", path)).status_code == 200
        for stranger, code in strangers.items():
            assert refusal_in(await stranger.asks("GET", path)).code == code
        assert (await town.request("GET", f"/v1{path}")).status_code == 401


async def test_the_spreadsheet_has_the_rows_the_total_and_the_days_before(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set name = '=Boulangerie' where id = $1", shop.id)
    await sells(town, shop, "2026-11-30T12:00:00+01:00", price_cents=401)
    await sells(town, shop, "2026-12-02T12:00:00+01:00", 2, weight_grams=333)
    await town.clock("2026-12-03T12:00:00+01:00")

    rows = await table(
        shop.merchant, f"/shops/{shop.id}/figures.csv", **{"from": "2026-12-01", "to": "2026-12-02", "by": "day"}
    )

    assert {row.pop("Commerce") for row in rows} == {"'=Boulangerie"}
    assert [list(row.values()) for row in rows] == [
        ["Jour", "2026-12-01", "2026-12-01", "0", "0", "0", "0", "0,00", "0,00", "0,0", "0,0"],
        ["Jour", "2026-12-02", "2026-12-02", "5", "2", "2", "3", "8,00", "16,00", "0,7", "1,2"],
        ["Total", "2026-12-01", "2026-12-02", "5", "2", "2", "3", "8,00", "16,00", "0,7", "1,2"],
        ["Avant", "2026-11-29", "2026-11-30", "5", "1", "1", "4", "4,01", "8,02", "0,5", "0,9"],
    ]


async def test_a_number_of_days_ends_yesterday(town: Town) -> None:
    shop = await town.a_shop()
    whole = await shop.merchant.gets(f"/shops/{shop.id}/figures", days="28", by="week")
    same = await shop.merchant.gets(f"/shops/{shop.id}/figures", **{"from": whole["from"], "by": "week"})
    assert (date.fromisoformat(whole["to"]) - date.fromisoformat(whole["from"])).days == 27
    assert whole == same
    assert whole["role"] == "owner"
    assert (await (await town.an_admin()).gets(f"/shops/{shop.id}/figures"))["role"] is None


async def test_only_members_read_their_workplace(town: Town) -> None:
    shop = await town.a_shop()
    place = await shop.merchant.gets(f"/shops/{shop.id}/workplace")
    assert (place["id"], place["role"], place["status"], place["to_correct"]) == (str(shop.id), "owner", "verified", [])
    for stranger in (await town.a_merchant("Gilles"), await town.a_customer(), await town.an_admin()):
        assert refusal_in(await stranger.asks("GET", f"/shops/{shop.id}/workplace")).code == "shop.not_found"
