"""Recurring listings in Paris time: published once a day, late after a pause of the worker, adjusted, and paused."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.town import Merchant, Shop, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.databases import WORKER
from tests.town.things import recurring_listing

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 6, 8)


def at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=PARIS)


async def publishes(town: Town, moment: datetime | None = None) -> int:
    """Run the worker's act, at `moment` if given, and return how many lots it published."""
    if moment is not None:
        await town.clock(moment)
    async with town.copy.connection(WORKER) as worker:
        published: int = await worker.fetchval("select app.publish_recurring(500)")
    return published


async def offered(town: Town, listing: dict[str, Any]) -> list[date]:
    """Return the days for which a listing has published a lot."""
    rows = await town.rows(
        "select recurring_day from app.lots where recurring_id = $1 order by recurring_day", listing["id"]
    )
    return [row["recurring_day"] for row in rows]


async def begins(merchant: Merchant, shop: Shop, **fields: Any) -> dict[str, Any]:
    listing: dict[str, Any] = await merchant.posts("/recurring-listings", recurring_listing(shop.id, **fields))
    return listing


async def sends(
    merchant: Merchant, method: str, listing: dict[str, Any], rest: str = "", json: Any = None
) -> str | None:
    answer = await merchant.asks(method, f"/recurring-listings/{listing['id']}{rest}", json)
    return None if answer.is_success else refusal_in(answer).code


async def test_a_listing_publishes_one_lot_every_weekday_at_its_time(town: Town) -> None:
    await town.clock(at(MONDAY, "09:00"))
    sophie, marc = await town.a_merchant(), await town.a_customer()
    shop = await town.a_shop(sophie)
    listing = await begins(sophie, shop, becomes_free_minutes=30, date_kind="use_by", food_date_in_days=1)
    assert datetime.fromisoformat(listing["next_publication"]) == at(MONDAY, "18:00")
    assert await publishes(town, at(MONDAY, "17:59:59")) == 0

    for number in range(7):  # a week in which the worker's act runs twice each time
        day = MONDAY + timedelta(days=number)
        await town.clock(at(day, "18:00"))
        await town.worker_runs()
        assert await publishes(town) == 0

    assert await offered(town, listing) == [MONDAY + timedelta(days=number) for number in range(5)]
    lots = (await sophie.gets(f"/shops/{shop.id}/lots"))["data"]
    friday = lots[0]
    day = MONDAY + timedelta(days=4)
    assert {name: friday[name] for name in ("title", "quantity", "price_cents", "kind", "allergens", "food_date")} == {
        "title": "Panier du soir",
        "quantity": 5,
        "price_cents": 480,
        "kind": "discounted",
        "allergens": ["gluten"],
        "food_date": "2026-06-13",
    }
    assert datetime.fromisoformat(friday["pickup_start"]) == at(day, "18:30")
    assert datetime.fromisoformat(friday["pickup_end"]) == at(day, "20:00")
    read = await sophie.gets(f"/recurring-listings/{listing['id']}")
    assert datetime.fromisoformat(read["next_publication"]) == at(MONDAY + timedelta(days=7), "18:00")
    assert read["last_problem"] is None

    await town.clock(at(MONDAY + timedelta(days=7), "18:45"))
    await town.worker_runs()
    [found] = (await marc.gets("/lots", near=f"{shop.latitude},{shop.longitude}"))["data"]
    await marc.asks("POST", f"/lots/{found['id']}/reservations", {"quantity": 1}, key="a bag")
    await town.clock(at(MONDAY + timedelta(days=7), "19:30"))
    await town.worker_runs()  # half an hour before the end
    assert (await sophie.gets(f"/lots/{found['id']}"))["kind"] == "free"


@pytest.mark.parametrize(
    ("changing", "before", "after"),
    [
        ("2026-03-29", "2026-03-28T17:00+00:00", "2026-03-29T16:00+00:00"),
        ("2026-10-25", "2026-10-24T16:00+00:00", "2026-10-25T17:00+00:00"),
    ],
    ids=["spring", "autumn"],
)
async def test_publication_keeps_paris_time_across_a_change_of_clocks(
    town: Town, changing: str, before: str, after: str
) -> None:
    day = date.fromisoformat(changing)
    await town.clock(at(day - timedelta(days=1), "09:00"))
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    evening = await begins(sophie, shop, weekdays=[6, 7])
    night = await begins(sophie, shop, weekdays=[6, 7], publish_at="22:00", pickup_from="22:30", pickup_until="02:30")
    left_out = await begins(sophie, shop, weekdays=[7], publish_at="01:00", pickup_from="02:30", pickup_until="03:00")

    for moment in (before, after):
        due = datetime.fromisoformat(moment)
        assert await publishes(town, due - timedelta(seconds=1)) == 0
        assert await publishes(town, due) == 1
        assert await publishes(town, due + timedelta(hours=5)) == 1  # the overnight listing
        await publishes(town, at(day, "01:00"))

    times = [
        (row["pickup_start"], row["pickup_end"])
        for row in await town.rows(
            "select pickup_start, pickup_end from app.lots where recurring_id = $1 order by 1", evening["id"]
        )
    ]
    assert [start - datetime.fromisoformat(due) for (start, _), due in zip(times, (before, after), strict=True)] == [
        timedelta(minutes=30)
    ] * 2
    assert await offered(town, night) == [day - timedelta(days=1), day]
    lasted = await town.value(
        "select pickup_end - pickup_start from app.lots where recurring_id = $1 order by pickup_start limit 1",
        night["id"],
    )
    # From 22:30 until 02:30. In spring 02:30 does not exist and becomes 03:30; in autumn the second 02:30 counts.
    assert lasted == timedelta(hours=4 if changing == "2026-03-29" else 5)
    # A window whose end the missing hour puts before its start is not published, and its merchant reads why.
    read = await sophie.gets(f"/recurring-listings/{left_out['id']}")
    if changing == "2026-03-29":
        assert (read["last_problem"], read["last_problem_day"]) == ("lot.pickup_window_invalid", changing)
        assert await offered(town, left_out) == []
    else:
        assert await offered(town, left_out) == [day]


async def test_a_worker_that_was_down_publishes_while_the_window_is_open(town: Town) -> None:
    await town.clock(at(MONDAY, "09:00"))
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    listing = await begins(sophie, shop)
    overnight = await begins(sophie, shop, publish_at="21:00", pickup_from="21:00", pickup_until="08:00")

    assert await publishes(town, at(MONDAY + timedelta(days=1), "07:00")) == 1  # yesterday's overnight window is open
    assert await publishes(town, at(MONDAY + timedelta(days=1), "19:59")) == 1
    await publishes(town, at(MONDAY + timedelta(days=5), "12:00"))  # the worker missed Wednesday to Friday

    assert await offered(town, listing) == [MONDAY + timedelta(days=1)]
    assert await offered(town, overnight) == [MONDAY]
    read = await sophie.gets(f"/recurring-listings/{listing['id']}")
    assert (read["last_problem"], read["last_problem_day"]) == ("lot.window_over", "2026-06-12")
    assert datetime.fromisoformat(read["next_publication"]) == at(MONDAY + timedelta(days=7), "18:00")


async def test_a_new_or_resumed_listing_starts_with_its_next_publication(town: Town) -> None:
    """A publication time that has passed is not made up for: the food may have been sold otherwise."""
    await town.clock(at(MONDAY, "18:30"))
    sophie = await town.a_merchant()
    listing = await begins(sophie, await town.a_shop(sophie))
    assert await publishes(town) == 0

    paused = await sophie.posts(f"/recurring-listings/{listing['id']}/pause")
    assert (paused["active"], paused["next_publication"]) == (False, None)
    assert (await sophie.posts(f"/recurring-listings/{listing['id']}/pause"))["active"] is False
    assert await publishes(town, at(MONDAY + timedelta(days=1), "18:10")) == 0
    resumed = await sophie.posts(f"/recurring-listings/{listing['id']}/resume")
    assert datetime.fromisoformat(resumed["next_publication"]) == at(MONDAY + timedelta(days=2), "18:00")
    assert await publishes(town) == 0
    assert await publishes(town, at(MONDAY + timedelta(days=2), "18:00")) == 1

    # Moving the time to later on a day that has its lot already does not publish a second one.
    assert await sends(sophie, "PATCH", listing, json={"publish_at": "19:00"}) is None
    assert await publishes(town, at(MONDAY + timedelta(days=2), "19:00")) == 0
    assert await offered(town, listing) == [MONDAY + timedelta(days=2)]


async def test_a_single_day_can_be_skipped_or_changed(town: Town) -> None:
    await town.clock(at(MONDAY, "09:00"))
    sophie = await town.a_merchant()
    listing = await begins(sophie, await town.a_shop(sophie), date_kind="use_by", food_date_in_days=0)
    days = [MONDAY + timedelta(days=number) for number in range(7)]

    async def changes(day: date, **fields: Any) -> str | None:
        return await sends(sophie, "PUT", listing, f"/days/{day}", fields)

    assert await changes(days[0], skipped=True) is None
    assert await changes(days[1], quantity=9, price_cents=400, pickup_from="19:00", pickup_until="21:30") is None
    assert await changes(days[2], skipped=True) is None
    assert await changes(days[2], quantity=2) is None  # replaces the change before it
    assert await changes(days[3], skipped=True) is None
    assert await sends(sophie, "DELETE", listing, f"/days/{days[3]}") is None
    shown = (await sophie.gets(f"/recurring-listings/{listing['id']}"))["days"]
    assert [(day["day"], day["skipped"], day["quantity"]) for day in shown] == [
        ("2026-06-08", True, None),
        ("2026-06-09", False, 9),
        ("2026-06-10", False, 2),
    ]
    before = shown
    for day, fields, code in (
        (days[5], {"quantity": 1}, "recurring.day_closed"),  # a Saturday
        (MONDAY - timedelta(days=3), {"skipped": True}, "recurring.day_closed"),
        (date(2028, 6, 12), {"skipped": True}, "recurring.day_closed"),
        (days[1], {"price_cents": 900}, "lot.price_outside_law"),
        (days[1], {"pickup_until": "18:00", "pickup_from": "17:00"}, "recurring.window_before_publication"),
        (days[1], {"pickup_until": "01:00"}, "lot.use_by_before_pickup"),
        (days[1], {"skipped": True, "quantity": 1}, "data.out_of_bounds"),
        (days[1], {"quantity": 0}, "request.invalid"),
        (days[1], {"pickup_from": "25:00"}, "request.invalid"),
    ):
        assert await changes(day, **fields) == code, (day, fields)
    assert (await sophie.gets(f"/recurring-listings/{listing['id']}"))["days"] == before

    for day in days:
        await publishes(town, at(day, "18:00"))
        assert await changes(day, quantity=3) == "recurring.day_closed"

    assert await offered(town, listing) == days[1:5]
    rows = await town.rows(
        "select quantity, price_cents, pickup_start, pickup_end from app.lots order by recurring_day"
    )
    assert tuple(rows[0]) == (9, 400, at(days[1], "19:00"), at(days[1], "21:30"))
    assert [(row["quantity"], row["price_cents"]) for row in rows[1:]] == [(2, 480), (5, 480), (5, 480)]


async def test_a_failing_publication_does_not_stop_the_others(town: Town) -> None:
    await town.clock(at(MONDAY, "09:00"))
    sophie, odile, lea = await town.a_merchant(), await town.an_admin(), await town.a_merchant("Léa")
    shop = await town.a_shop(sophie)
    recalled = await begins(sophie, shop, gtin="3017620422003")
    outlawed, good = await begins(sophie, shop), await begins(sophie, shop)
    suspended = await begins(lea, await town.a_shop(lea))
    unverified = await begins(lea, await town.a_shop(lea, verified=False))
    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "batch": "L1", "reason": "Listeria"})
    await odile.suspends_account(lea)
    await town.changes("alter table app.recurring_listings drop constraint recurring_listings_price_check")
    await town.changes("update app.recurring_listings set price_cents = 1100 where id = $1", outlawed["id"])

    assert await publishes(town, at(MONDAY, "18:00")) == 1

    assert await offered(town, good) == [MONDAY]
    problems = {
        listing["id"]: (listing["last_problem"], listing["last_problem_day"])
        for listing in (await sophie.gets(f"/shops/{shop.id}/recurring-listings"))["data"]
    }
    assert problems == {
        good["id"]: (None, None),
        outlawed["id"]: ("lot.price_outside_law", "2026-06-08"),
        recalled["id"]: ("lot.recalled", "2026-06-08"),
    }
    await odile.restores_account(lea)
    assert await publishes(town, at(MONDAY, "18:05")) == 1  # its window is still open
    assert (await offered(town, suspended), await offered(town, unverified)) == ([MONDAY], [])
    assert await sends(sophie, "PATCH", outlawed, json={"price_cents": 500}) is None
    assert (await sophie.gets(f"/recurring-listings/{outlawed['id']}"))["last_problem"] is None
    assert await publishes(town, at(MONDAY + timedelta(days=1), "18:00")) == 3


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price_cents": 359}, "lot.price_outside_law"),
        ({"kind": "free"}, "lot.price_outside_law"),
        ({"kind": "free", "price_cents": 0, "becomes_free_minutes": 5}, "lot.becomes_free_invalid"),
        ({"becomes_free_minutes": 1440}, "lot.becomes_free_invalid"),  # before the window opens
        ({"date_kind": "use_by"}, "lot.food_date_mismatch"),
        ({"food_date_in_days": 1}, "lot.food_date_mismatch"),
        ({"date_kind": "use_by", "food_date_in_days": 0, "pickup_until": "02:00"}, "lot.use_by_before_pickup"),
        ({"pickup_from": "16:00", "pickup_until": "18:00"}, "recurring.window_before_publication"),
        ({"photo_id": "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"}, "lot.photo_unknown"),
        ({"weekdays": []}, "request.invalid"),
        ({"weekdays": [0]}, "request.invalid"),
        ({"publish_at": "24:00"}, "request.invalid"),
        ({"publish_at": 18}, "request.invalid"),
        ({"gtin": "3017620422004"}, "request.invalid"),
        ({"becomes_free_minutes": 0}, "request.invalid"),
        ({"active": False}, "request.invalid"),
        ({"due_at": "2026-01-01T00:00:00Z"}, "request.invalid"),
    ],
)
async def test_a_recurring_listing_that_breaks_a_rule_is_refused(
    lasting_town: Town, fields: dict[str, Any], code: str
) -> None:
    sophie = await lasting_town.a_merchant()
    shop = await lasting_town.a_shop(sophie)
    listing = await begins(sophie, shop)

    refusal = await refused(begins(sophie, shop, **fields))
    edited = await sends(sophie, "PATCH", listing, json=fields)

    assert (refusal.status, refusal.code, edited) == (422, code, code)
    assert await lasting_town.value("select count(*) from app.recurring_listings where shop_id = $1", shop.id) == 1
    assert await sophie.gets(f"/recurring-listings/{listing['id']}") == listing


async def test_only_its_merchant_reads_and_changes_a_recurring_listing(lasting_town: Town) -> None:
    town = lasting_town
    sophie, lea = await town.a_merchant(), await town.a_merchant("Léa")
    shop = await town.a_shop(sophie)
    listing, newer = await begins(sophie, shop), await begins(sophie, shop, weekdays=[7, 7, 1])
    assert newer["weekdays"] == [1, 7]
    path, none = f"/recurring-listings/{listing['id']}", "/recurring-listings/01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"
    tomorrow = await town.today() + timedelta(days=7 - (await town.today()).weekday())

    assert (await refused(begins(lea, shop))).code == "shop.not_found"
    assert refusal_in(await lea.asks("GET", f"/shops/{shop.id}/recurring-listings")).code == "shop.not_found"
    for method, rest, body in (
        ("GET", "", None),
        ("PATCH", "", {"quantity": 9}),
        ("PATCH", "", {}),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("PUT", f"/days/{tomorrow}", {"skipped": True}),
        ("DELETE", f"/days/{tomorrow}", None),
    ):
        theirs, nobodys = await lea.asks(method, path + rest, body), await lea.asks(method, none + rest, body)
        assert (theirs.status_code, theirs.json()["code"]) == (404, "recurring.not_found"), (method, rest)
        assert {**theirs.json(), "request_id": 0} == {**nobodys.json(), "request_id": 0}
        for person in (await town.a_customer(), await town.an_admin()):
            assert refusal_in(await person.asks(method, path + rest, body)).code == "access.forbidden"
    assert await sophie.gets(path) == listing

    page = await sophie.gets(f"/shops/{shop.id}/recurring-listings", limit=1)
    rest_of_it = await sophie.gets(f"/shops/{shop.id}/recurring-listings", limit=1, after=page["next"])
    assert [found["id"] for found in page["data"] + rest_of_it["data"]] == [newer["id"], listing["id"]]
    read = (await sophie.asks("GET", path)).headers["etag"]
    changed = accepted(await sophie.asks("PATCH", path, {"quantity": 7}, headers={"If-Match": read}))
    late = await sophie.asks("PATCH", path, {"quantity": 8}, headers={"If-Match": read})
    assert (changed.json()["quantity"], refusal_in(late).code) == (7, "precondition.failed")
    assert (await sophie.gets(path))["quantity"] == 7


async def test_the_photo_of_a_recurring_listing_is_kept(town: Town) -> None:
    sophie = await town.a_merchant()
    photo, other = [
        await town.value(
            "insert into app.photos (account_id, status, width, height, created_at)"
            " values ($1, 'kept', 800, 600, now() - interval '2 days') returning id",
            sophie.id,
        )
        for _ in range(2)
    ]
    listing = await begins(sophie, await town.a_shop(sophie), photo_id=str(photo))
    assert await sends(sophie, "PATCH", listing, json={"title": "Pains"}) is None
    orphans = "select * from app.orphaned_photos(10)"
    async with town.copy.connection(WORKER) as worker:
        assert [row[0] for row in await worker.fetch(orphans)] == [other]
        assert await sends(sophie, "PATCH", listing, json={"photo_id": None}) is None
        assert photo in [row[0] for row in await worker.fetch(orphans)]
    # It is being removed.
    assert await sends(sophie, "PATCH", listing, json={"photo_id": str(photo)}) == "lot.photo_unknown"
