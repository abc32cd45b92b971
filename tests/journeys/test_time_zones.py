"""Days and hours where the shop is, from Tahiti to Nouméa."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.time_zones import zone_name, zone_names
from tests.journeys.test_drafts import SALAD, a_picture
from tests.journeys.test_recurring import publishes
from tests.journeys.test_reminders import mails
from tests.town import Lot, Shop, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.databases import WORKER
from tests.town.things import a_place_in, recurring_listing

STRASBOURG, NOUMEA, SAINT_DENIS, PAPEETE = "67482", "98818", "97411", "98735"
LES_ABYMES, SAINT_PIERRE, FORT_DE_FRANCE = "97101", "97502", "97209"
DAY = date(2026, 6, 10)


def at(text: str, zone: str) -> datetime:
    """Return a local time of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


ZONES = {
    "Europe/Paris": ("67482", "2A004", "2B033", "01001", "95127", "75056", "97999", "99999"),
    "America/Guadeloupe": ("97101", "97134", "97701", "97801", "97123"),
    "America/Martinique": ("97209",),
    "America/Cayenne": ("97302",),
    "Indian/Reunion": ("97411", "98413", "98415"),
    "America/Miquelon": ("97501", "97502"),
    "Indian/Mayotte": ("97611",),
    "Indian/Kerguelen": ("98411", "98412"),
    "Antarctica/DumontDUrville": ("98414",),
    "Pacific/Wallis": ("98611", "98613"),
    "Pacific/Tahiti": ("98735", "98714", "98744"),
    "Pacific/Marquesas": ("98718", "98723", "98731", "98746", "98756", "98757"),
    "Pacific/Gambier": ("98719",),
    "Pacific/Noumea": ("98818", "98801"),
    "Etc/GMT+8": ("98901",),
}


async def test_each_commune_has_the_time_zone_of_its_territory(lasting_town: Town) -> None:
    codes = {code: zone for zone, codes in ZONES.items() for code in codes}
    rows = await lasting_town.rows("select code, app.zone_of(code) as zone from unnest($1::text[]) code", list(codes))
    assert {row["code"]: row["zone"] for row in rows} == codes
    assert await lasting_town.value("select app.zone_of(null)") == "Europe/Paris"

    # Postgres, Python and our words know the same zones, with the same clocks in both halves of the year.
    assert {*zone_names("fr"), "Europe/Paris"} == set(ZONES)
    assert len({zone_name(zone, language) for zone in ZONES for language in ("fr", "en")}) == 2 * len(ZONES)
    for noon in ("2026-01-15T12:00+00:00", "2026-07-15T12:00+00:00"):
        moment = datetime.fromisoformat(noon)
        for zone in ZONES:
            local = await lasting_town.value("select $1::timestamptz at time zone $2", moment, zone)
            assert local == moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None), zone


async def a_dated_lot(
    town: Town, commune: str, now: datetime, closes: datetime, use_by: date, kind: str = "free", **fields: Any
) -> Lot:
    """Make a lot of this use-by date, whose pickup window is open from now to `closes`."""
    await town.clock(now)
    make = town.a_free_lot if kind == "free" else town.a_lot
    return await make(
        shop=await town.a_shop(commune=commune),
        opens_in=timedelta(0),
        lasts=closes - now,
        date_kind="use_by",
        food_date=use_by,
        **fields,
    )


@pytest.mark.parametrize(
    ("commune", "zone"), [(NOUMEA, "Pacific/Noumea"), (SAINT_DENIS, "Indian/Reunion")], ids=["Nouméa", "Réunion"]
)
async def test_food_is_not_used_after_its_use_by_day_where_the_shop_is(town: Town, commune: str, zone: str) -> None:
    midnight = at("2026-06-11T00:00", zone)  # in Paris it is still the day before
    assert midnight.astimezone(ZoneInfo("Europe/Paris")).date() == DAY
    amina, marc = await town.a_beneficiary(), await town.a_customer()
    lot = await a_dated_lot(town, commune, midnight - timedelta(minutes=30), midnight, DAY)
    sold = await town.a_lot(
        shop=lot.shop, opens_in=timedelta(0), lasts=timedelta(minutes=30), date_kind="use_by", food_date=DAY
    )
    kept = await amina.reserves(lot)
    bought = await marc.buys(sold)
    sophie = lot.shop.merchant
    late = {
        "pickup_start": (midnight - timedelta(hours=1)).isoformat(),
        "date_kind": "use_by",
        "food_date": DAY.isoformat(),
    }

    # No window goes on after that day.
    refusal = await refused(sophie.lists(lot.shop, **late, pickup_end=(midnight + timedelta(minutes=1)).isoformat()))
    assert (refusal.status, refusal.code) == (422, "lot.use_by_before_pickup")
    assert (await sophie.lists(lot.shop, **late, pickup_end=midnight.isoformat()))["food_date"] == DAY.isoformat()
    with pytest.raises(Exception, match="lots_use_by_check"):
        await town.changes("update app.lots set pickup_end = pickup_end + interval '1 minute' where id = $1", lot.id)

    # Even if one did, nothing is reserved, converted or handed over.
    await town.changes("alter table app.lots drop constraint lots_use_by_check")
    await town.changes(
        "update app.lots set pickup_end = pickup_end + interval '2 hours' where shop_id = $1", lot.shop.id
    )
    passes = [await amina.pass_for(kept), await marc.pass_for(bought)]
    await town.clock(midnight - timedelta(seconds=1))
    await (await town.a_beneficiary("Zoé")).reserves(lot)
    await town.clock(midnight)
    assert (await (await town.a_beneficiary("Luc")).tries_to_reserve(lot)).code == "lot.closed"
    assert (await marc.tries_to_reserve(sold)).code == "lot.closed"
    for shown in passes:
        assert (await sophie.tries_to_hand_over(shown)).code == "lot.past_use_by"
    await town.changes("update app.lots set becomes_free_at = $2 where id = $1", sold.id, midnight)
    async with town.copy.connection(WORKER) as worker:
        assert await worker.fetchval("select app.convert_unsold(10)") == 0
    assert await town.value("select count(*) from app.impact_entries") == 0
    assert await town.stock_is_exact()


async def test_good_food_is_not_refused_in_the_evening_of_guadeloupe(town: Town) -> None:
    evening = at("2026-06-10T20:00", "America/Guadeloupe")  # in Paris it is two o'clock of the next day
    lot = await a_dated_lot(town, LES_ABYMES, evening, evening + timedelta(hours=3), DAY, kind="discounted")
    marc = await town.a_customer()
    listed = await lot.shop.merchant.lists(
        lot.shop,
        pickup_start=evening.isoformat(),
        pickup_end=at("2026-06-11T00:00", "America/Guadeloupe").isoformat(),
        date_kind="use_by",
        food_date="2026-06-10",
    )
    assert (listed["food_date"], listed["shop"]["time_zone"]) == ("2026-06-10", "America/Guadeloupe")

    bought = await marc.buys(lot)
    await town.clock(evening + timedelta(hours=2))
    assert (await lot.shop.merchant.hands_over(await marc.pass_for(bought)))["quantity"] == 1


async def test_best_before_dates_pass_where_the_shop_is(town: Town) -> None:
    moment = datetime.fromisoformat("2026-06-10T14:00:00+00:00")  # in Nouméa it is one o'clock of the 11th
    await town.clock(moment)
    marc, marked = await town.a_customer(), {}
    for commune in (NOUMEA, STRASBOURG, PAPEETE):
        shop = await town.a_shop(commune=commune)
        lot = await town.a_lot(shop=shop, date_kind="best_before", food_date=DAY)
        [found] = (await marc.gets("/lots", near=f"{shop.latitude},{shop.longitude}"))["data"]
        marked[found["shop"]["time_zone"]] = found["past_best_before"]
        assert (await marc.gets(f"/lots/{lot.id}"))["past_best_before"] is found["past_best_before"]
    assert marked == {"Pacific/Noumea": True, "Europe/Paris": False, "Pacific/Tahiti": False}


async def test_recurring_listings_keep_the_shop_s_time(town: Town) -> None:
    await town.clock(at("2026-06-08T09:00", "Indian/Reunion"))
    shop = await town.a_shop(commune=SAINT_DENIS)
    sophie = shop.merchant
    listing = await sophie.posts(
        "/recurring-listings",
        recurring_listing(shop.id, weekdays=[1, 2], pickup_until="00:00", date_kind="use_by", food_date_in_days=0),
    )
    late = await sophie.posts(
        "/recurring-listings",
        recurring_listing(shop.id, weekdays=[2], publish_at="01:00", pickup_from="01:00", pickup_until="03:00"),
    )
    assert datetime.fromisoformat(listing["next_publication"]) == at("2026-06-08T18:00", "Indian/Reunion")
    path = f"/recurring-listings/{listing['id']}"
    await sophie.asks("PUT", f"{path}/days/2026-06-08", {"quantity": 3})

    assert await publishes(town, at("2026-06-08T17:59:59", "Indian/Reunion")) == 0
    assert await publishes(town, at("2026-06-08T18:00", "Indian/Reunion")) == 1
    closed = refusal_in(await sophie.asks("PUT", f"{path}/days/2026-06-08", {"quantity": 4}))
    assert closed.code == "recurring.day_closed"
    [lot] = (await sophie.gets(f"/shops/{shop.id}/lots"))["data"]
    assert (lot["quantity"], lot["food_date"]) == (3, "2026-06-08")
    assert datetime.fromisoformat(lot["pickup_start"]) == at("2026-06-08T18:30", "Indian/Reunion")
    assert datetime.fromisoformat(lot["pickup_end"]) == at("2026-06-09T00:00", "Indian/Reunion")
    # The small hours of Tuesday are Monday evening in Paris.
    assert await publishes(town, at("2026-06-09T01:00", "Indian/Reunion")) == 1
    assert (await sophie.gets(path))["days"] == []  # Monday is over
    assert (await sophie.gets(f"/recurring-listings/{late['id']}"))["last_problem"] is None


@pytest.mark.parametrize(
    ("changing", "before", "after"),
    [
        # Saint-Pierre-et-Miquelon changes its clocks on other days than Paris.
        ("2026-03-08", "2026-03-07T21:00+00:00", "2026-03-08T20:00+00:00"),
        ("2026-11-01", "2026-10-31T20:00+00:00", "2026-11-01T21:00+00:00"),
    ],
    ids=["spring", "autumn"],
)
async def test_a_change_of_clocks_is_that_of_the_shop_s_zone(
    town: Town, changing: str, before: str, after: str
) -> None:
    day = date.fromisoformat(changing)
    await town.clock(at(f"{day - timedelta(days=1)}T09:00", "America/Miquelon"))
    shop = await town.a_shop(commune=SAINT_PIERRE)
    await shop.merchant.posts(
        "/recurring-listings",
        recurring_listing(shop.id, weekdays=[6, 7], pickup_until="00:00", date_kind="use_by", food_date_in_days=0),
    )
    for moment in (before, after):
        due = datetime.fromisoformat(moment)
        assert await publishes(town, due - timedelta(seconds=1)) == 0
        assert await publishes(town, due) == 1
    ends = await town.rows("select pickup_end, food_date_ends_at from app.lots order by pickup_end")
    assert [row["pickup_end"] for row in ends] == [row["food_date_ends_at"] for row in ends]
    assert ends[1]["pickup_end"] - ends[0]["pickup_end"] == timedelta(hours=23 if day.month == 3 else 25)


async def test_a_no_show_is_forgiven_on_a_day_of_the_shop(town: Town) -> None:
    await town.changes("update app.settings set value = 1 where name = 'no_shows_that_lower_quota'")
    await town.clock(at("2026-06-09T22:00", "Pacific/Noumea"))
    amina, shop = await town.a_beneficiary(), await town.a_shop(commune=NOUMEA)
    missed = await town.a_free_lot(shop=shop, opens_in=timedelta(minutes=30), lasts=timedelta(hours=1))
    await amina.reserves(missed)
    await town.clock(missed.pickup_end)
    await town.worker_runs()

    right = (await amina.gets("/me"))["beneficiary"]
    assert (right["quota_today"], right["no_shows"]["forgiven_on"]) == (1, "2026-07-09")
    forgiven = at("2026-07-09T00:00", "Pacific/Noumea")
    await town.clock(forgiven - timedelta(seconds=1))
    assert (await amina.gets("/me"))["beneficiary"]["quota_today"] == 1
    await town.clock(forgiven)
    assert (await amina.gets("/me"))["beneficiary"]["quota_today"] == 2


async def test_a_draft_s_today_and_budget_are_those_of_the_shop(town: Town) -> None:
    await town.changes("update app.settings set value = 1 where name = 'model_drafts_per_shop_and_day'")
    shop = await town.a_shop(commune=NOUMEA)
    town.gemini.answers_always(SALAD)
    readers = []
    for moment in ("2026-06-10T14:00", "2026-06-10T23:59", "2026-06-11T00:00"):
        await town.clock(at(moment, "Pacific/Noumea"))
        readers.append((await shop.merchant.photographs(a_picture()))["reader"])

    assert readers == ["model", "local", "model"]
    assert [row["day"] for row in await town.rows("select day from app.model_calls order by day")] == [
        DAY, DAY + timedelta(days=1),
    ]  # fmt: skip
    asked = [str(request) for request in town.gemini.requests]
    assert ["2026-06-11" in text for text in asked[-2:]] == [False, True]


async def test_shops_and_passes_say_their_time_zone(town: Town) -> None:
    hours = {"monday": [{"opens": "07:00", "closes": "13:00"}]}
    sophie = await town.a_merchant()
    latitude, longitude = a_place_in(SAINT_DENIS)
    made = await sophie.registers_shop(
        insee_code=SAINT_DENIS, latitude=latitude, longitude=longitude, opening_hours=hours
    )
    assert (made["time_zone"], made["opening_hours"]["monday"]) == ("Indian/Reunion", hours["monday"])
    assert (await sophie.gets(f"/shops/{made['id']}"))["time_zone"] == "Indian/Reunion"
    refused_field = await sophie.asks("PATCH", f"/shops/{made['id']}", {"time_zone": "Europe/Paris"})
    assert refusal_in(refused_field).code == "request.invalid"

    shop, amina = await town.a_shop(commune=FORT_DE_FRANCE), await town.a_beneficiary()
    reservation = await amina.reserves(await town.a_free_lot(shop=shop))
    shown = await amina.pass_for(reservation)
    handed = await amina.posts(f"/reservations/{reservation.id}/handed-pass")
    friends = await town.request("POST", "/v1/handed-passes/show", json={"token": handed["token"]})
    assert shown.body["shop"]["time_zone"] == accepted(friends).json()["shop"]["time_zone"] == "America/Martinique"
    page = accepted(await town.request("GET", "/pass")).text
    assert "heure de Martinique" in page
    assert "heure de Paris" not in page


async def test_mails_say_days_and_hours_of_the_shop(town: Town) -> None:
    await town.clock(at("2026-06-10T22:30", "Indian/Reunion"))
    shop = await town.a_shop(commune=SAINT_DENIS)
    lot = await town.a_lot(left=1, shop=shop, opens_in=timedelta(hours=4))  # the 11th there, the 10th in Paris
    jeanne, marc = await town.a_customer("Jeanne"), await town.a_customer()
    held = await jeanne.reserves(lot)
    await marc.waits(lot)
    await jeanne.cancels(held)
    await town.worker_runs()

    [(to, subject, text)] = mails(town, "portion_kept")
    assert (to, subject) == (marc.email, "Une portion vous est gardée jusqu'à 22 h 45 (heure de La Réunion)")
    assert "Retrait : jeudi 11 juin, " in text
    assert "jusqu'à 22 h 45 (heure de La Réunion)." in text


async def goes(shop: Shop, commune: str) -> str | None:
    """Give a shop another commune over HTTP; return the problem's code, or None."""
    latitude, longitude = a_place_in(commune)
    place = {"insee_code": commune, "latitude": latitude, "longitude": longitude}
    answer = await shop.merchant.asks("PATCH", f"/shops/{shop.id}", place)
    return None if answer.is_success else refusal_in(answer).code


async def test_lots_and_listings_follow_a_shop_to_its_time_zone(town: Town) -> None:
    await town.clock(at("2026-06-10T10:00", "Indian/Reunion"))
    shop = await town.a_shop(commune=STRASBOURG)
    sophie = shop.merchant
    good = await town.a_lot(shop=shop, date_kind="use_by", food_date=DAY)
    marked = await town.a_lot(shop=shop, date_kind="best_before", food_date=date(2026, 6, 9))
    over = await town.a_lot(shop=shop, date_kind="use_by", food_date=DAY)
    await sophie.withdraws(over)
    listing = await sophie.posts("/recurring-listings", recurring_listing(shop.id))
    ends = "select id, food_date_ends_at as at from app.lots where shop_id = $1"

    assert await goes(shop, SAINT_DENIS) is None
    found = {row["id"]: row["at"] for row in await town.rows(ends, shop.id)}
    assert found == {
        good.id: at("2026-06-11T00:00", "Indian/Reunion"),
        marked.id: at("2026-06-10T00:00", "Indian/Reunion"),
        over.id: at("2026-06-11T00:00", "Europe/Paris"),  # what is over stays as it was
    }
    read = await sophie.gets(f"/recurring-listings/{listing['id']}")
    assert datetime.fromisoformat(read["next_publication"]) == at("2026-06-10T18:00", "Indian/Reunion")

    # The good lot is collected until the use-by day ends in Nouméa; half an hour more would be too late there.
    assert good.pickup_end == at("2026-06-11T00:00", "Pacific/Noumea")
    late = await town.a_lot(
        shop=shop, opens_in=timedelta(hours=4), lasts=timedelta(hours=3.5), date_kind="use_by", food_date=DAY
    )
    before = await town.rows(ends, shop.id)
    assert await goes(shop, NOUMEA) == "shop.lots_outlast_use_by"
    assert await town.rows(ends, shop.id) == before
    assert (await sophie.gets(f"/shops/{shop.id}"))["insee_code"] == SAINT_DENIS
    await sophie.withdraws(late)
    assert await goes(shop, NOUMEA) is None
    assert await town.value("select food_date_ends_at from app.lots where id = $1", good.id) == good.pickup_end
    assert await goes(shop, "98817") is None  # the same zone
