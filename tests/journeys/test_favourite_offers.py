"""Followers of a shop are told when it offers again: once a day, in one mail, and of free lots only with a right."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.journeys.test_favourites import asks, likes
from tests.journeys.test_notices import chooses, has_confirmed
from tests.town import Person, Town
from tests.town.tidings import at_noon, told_of_offers, waiting_mails_are_due
from tests.visitors import mails


async def test_a_follower_is_told_once_a_day_when_a_shop_offers(town: Town) -> None:
    await at_noon(town)
    marc, lea, shop = await town.a_customer(), await town.a_customer("Léa"), await town.a_shop()
    await likes(marc, shop.id)
    name = await town.value("select name from app.shops where id = $1", shop.id)
    await town.a_lot(shop=shop, status="draft")
    assert await told_of_offers(marc) == []

    listed = await shop.merchant.lists(shop, title="Pains du soir")
    (notice,) = await told_of_offers(marc)
    assert notice["title"] == f"{name} propose de nouveau des lots"
    assert "– Pains du soir, 4,00 €\n      Retrait : mercredi 2 décembre, 15 h – 19 h" in notice["text"]
    assert notice["deliveries"] == [{"channel": "mail", "state": "sent"}]
    (mail,) = await mails(town, marc.email)
    assert (mail.subject, "/unsubscribe/" in mail.text) == (notice["title"], True)
    assert "Pains du soir" in mail.html

    await shop.merchant.lists(shop)
    await shop.merchant.withdraws(await town.a_lot(shop=shop))
    await shop.merchant.asks("PATCH", f"/lots/{listed['id']}", {"title": "Pains"})
    assert len(await told_of_offers(marc)) == 1
    assert await told_of_offers(lea) == []
    assert await town.value("select count(*) from app.lots_to_announce") == 0

    await town.clock("2026-12-03T12:00+01:00")
    await shop.merchant.lists(shop)
    assert len(await told_of_offers(marc)) == 2


async def test_recurring_listings_and_restored_shops_announce_like_people(town: Town) -> None:
    await at_noon(town)
    marc, odile, shop = await town.a_customer(), await town.an_admin(), await town.a_shop()
    await likes(marc, shop.id)
    body = {"publish_at": "14:00", "pickup_from": "18:30", "pickup_until": "20:00", "weekdays": [1, 2, 3, 4, 5]}
    lot = await town.lot_fields(shop)
    for left_out in ("pickup_start", "pickup_end", "publish"):
        del lot[left_out]
    await shop.merchant.posts("/recurring-listings", {**lot, **body})
    assert await told_of_offers(marc) == []

    await town.clock("2026-12-02T14:01+01:00")
    assert len(await told_of_offers(marc)) == 1

    # A lot that comes back with its shop was announced before.
    await odile.suspends_account(shop.merchant)
    await odile.restores_account(shop.merchant)
    await town.clock("2026-12-03T09:00+01:00")
    assert len(await told_of_offers(marc)) == 1


async def test_only_people_with_a_current_right_are_told_of_free_lots(town: Town) -> None:
    await at_noon(town)
    shop = await town.a_shop()
    marc, amina, ended = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    await town.changes("update app.beneficiaries set eligible_until = '2026-12-01' where id = $1", ended.id)
    for person in (marc, amina, ended):
        await likes(person, shop.id)

    await town.a_free_lot(shop=shop)
    (notice,) = await told_of_offers(amina)
    assert "Panier du soir, offert" in notice["text"]
    assert await told_of_offers(marc) == await told_of_offers(ended) == []


async def test_a_lot_that_becomes_free_is_told_to_beneficiaries_only(town: Town) -> None:
    await at_noon(town)
    shop, marc, amina = await town.a_shop(), await town.a_customer(), await town.a_beneficiary()
    for person in (marc, amina):
        await likes(person, shop.id)
    await town.a_lot(shop=shop, becomes_free_at=await town.now() + timedelta(hours=1))
    assert (len(await told_of_offers(marc)), len(await told_of_offers(amina))) == (1, 1)

    await town.clock(await town.now() + timedelta(hours=1))
    first, second = await told_of_offers(amina)
    assert "4,00 €" in first["text"]
    assert "offert" in second["text"]
    assert len(await told_of_offers(marc)) == 1

    await town.a_free_lot(shop=shop)
    assert len(await told_of_offers(amina)) == 2


async def test_offers_that_are_over_are_left_out_of_the_mail(town: Town) -> None:
    """A right that ends and a lot that sells out between the notice and its mail, and a lot that became free."""
    await at_noon(town)
    await town.changes("update app.settings set value = 30 where name = 'gather_minutes'")
    shop, sold, free = await town.a_shop(), await town.a_shop(), await town.a_shop()
    marc, amina, lea = await town.a_customer(), await town.a_beneficiary(), await town.a_customer("Léa")
    await has_confirmed(town, amina, "amina@example.org")
    for shop_of, followers in ((shop, (amina,)), (sold, (marc,)), (free, (lea,))):
        for person in followers:
            await likes(person, shop_of.id)
    await town.a_free_lot(shop=shop)
    last = await town.a_lot(shop=sold, left=1)
    await town.a_lot(shop=free, becomes_free_at=await town.now() + timedelta(minutes=10))
    for person in (marc, amina, lea):
        (notice,) = await told_of_offers(person)
        assert notice["deliveries"] == [{"channel": "mail", "state": "queued"}]

    await (await town.a_customer("Paul")).buys(last)
    await town.changes("update app.beneficiaries set status = 'suspended' where id = $1", amina.id)
    await town.clock(await town.now() + timedelta(minutes=30))
    await town.worker_runs()
    await waiting_mails_are_due(town)
    about_offers = [mail for mail in await mails(town) if "propose" in mail.subject]
    assert about_offers == []
    assert await town.value("select count(*) from app.notice_deliveries where state = 'queued'") == 0


async def test_offers_of_several_shops_come_in_one_mail(town: Town) -> None:
    await at_noon(town)
    await town.changes("update app.settings set value = 10 where name = 'gather_minutes'")
    marc = await town.a_customer()
    shops = [await town.a_shop() for _ in range(3)]
    for number, shop in enumerate(shops):
        await likes(marc, shop.id)
        await town.changes("update app.shops set name = $2 where id = $1", shop.id, f"Commerce {number}")
        await town.a_lot(shop=shop)
        await town.worker_runs()
    assert await mails(town) == []

    await waiting_mails_are_due(town)
    (mail,) = await mails(town)
    assert mail.subject == "3 de vos commerces favoris proposent de nouveau des lots"
    assert [name in mail.text for name in ("Commerce 0", "Commerce 1", "Commerce 2")] == [True] * 3
    states = {one["deliveries"][0]["state"] for one in await told_of_offers(marc)}
    assert states == {"sent"}


async def test_mails_about_offers_wait_for_the_end_of_quiet_hours(town: Town) -> None:
    await at_noon(town)
    marc, lea, shop = await town.a_customer(), await town.a_customer("Léa"), await town.a_shop()
    assert (await marc.gets("/me/notice-preferences"))["quiet_hours"] == {
        "begins": "21:00", "ends": "08:00", "time_zone": "Europe/Paris"}  # fmt: skip
    await likes(marc, shop.id)
    await likes(lea, shop.id)
    await lea.asks("PUT", "/me/notice-preferences", {"quiet_hours": None})
    assert (await lea.gets("/me/notice-preferences"))["quiet_hours"] is None

    await town.clock("2026-12-02T22:30+01:00")
    await town.a_lot(shop=shop, opens_in=timedelta(hours=12))
    assert [len(await told_of_offers(person)) for person in (marc, lea)] == [1, 1]
    assert [mail.to for mail in await mails(town)] == [lea.email]
    due = await town.value("select scheduled_at from jobs.procrastinate_jobs where status = 'todo'")
    assert due.isoformat() == "2026-12-03T07:00:00+00:00"

    # A queue that is early, or was down until the next night, does not wake anybody.
    await town.clock("2026-12-03T07:59+01:00")
    await waiting_mails_are_due(town)
    assert len(await mails(town)) == 1
    await town.clock("2026-12-03T08:00+01:00")
    await waiting_mails_are_due(town)
    assert [mail.to for mail in await mails(town)] == [lea.email, marc.email]


async def test_quiet_hours_are_chosen_with_their_zone(town: Town) -> None:
    marc = await town.a_customer()

    async def chooses_hours(**hours: str | None) -> tuple[int, str | None]:
        return await asks(marc, "PUT", "/me/notice-preferences", {"quiet_hours": hours})

    assert await chooses_hours(begins="22:00", ends="06:30", time_zone="Indian/Reunion") == (200, None)
    kept = {"begins": "22:00", "ends": "06:30", "time_zone": "Indian/Reunion"}
    assert (await marc.gets("/me/notice-preferences"))["quiet_hours"] == kept
    assert await chooses_hours(begins="22:00", ends="06:30", time_zone="Mars/Olympus") == (422, "notice.unknown_zone")
    assert await chooses_hours(begins="22:00", ends="22:00") == (422, "notice.quiet_hours_empty")
    for wrong in ({"begins": "24:00", "ends": "06:00"}, {"begins": "22:00"}, {"begins": "22:00", "ends": None}):
        assert await chooses_hours(**wrong) == (422, "request.invalid")
    assert await asks(marc, "PUT", "/me/notice-preferences", {}) == (422, "request.invalid")
    assert (await marc.gets("/me/notice-preferences"))["quiet_hours"] == kept

    await marc.posts("/me/places", {"name": "Papeete", "latitude": -17.55, "longitude": -149.56})
    assert await chooses_hours(begins="22:00", ends="06:30") == (200, None)
    assert (await marc.gets("/me/notice-preferences"))["quiet_hours"]["time_zone"] == "Pacific/Tahiti"


@pytest.mark.parametrize(
    ("begins", "ends", "moment", "quiet_until"),
    [
        ("21:00", "08:00", "2026-03-28T20:59+01:00", None),
        ("21:00", "08:00", "2026-03-28T21:00+01:00", "2026-03-29T08:00+02:00"),  # a night of ten hours
        ("21:00", "08:00", "2026-03-29T07:59+02:00", "2026-03-29T08:00+02:00"),
        ("21:00", "08:00", "2026-03-29T08:00+02:00", None),
        ("21:00", "08:00", "2026-10-24T21:00+02:00", "2026-10-25T08:00+01:00"),  # a night of twelve hours
        ("21:00", "02:30", "2026-03-29T01:59+01:00", "2026-03-29T03:30+02:00"),  # 2:30 does not exist
        ("21:00", "02:30", "2026-03-29T03:30+02:00", None),
        ("21:00", "02:30", "2026-10-25T01:59+02:00", "2026-10-25T02:30+01:00"),  # 2:30 comes twice
        ("21:00", "02:30", "2026-10-25T02:15+01:00", "2026-10-25T02:30+01:00"),
        ("21:00", "02:30", "2026-10-25T02:30+01:00", None),
        ("13:00", "15:00", "2026-12-02T14:00+01:00", "2026-12-02T15:00+01:00"),
        ("13:00", "15:00", "2026-12-02T15:00+01:00", None),
    ],
)
async def test_quiet_hours_end_by_the_clock_on_the_wall(
    lasting_town: Town, begins: str, ends: str, moment: str, quiet_until: str | None
) -> None:
    marc = await lasting_town.a_customer()
    await marc.asks("PUT", "/me/notice-preferences", {"quiet_hours": {"begins": begins, "ends": ends}})

    same = await lasting_town.value(
        "select app.quiet_until($1, $2::text::timestamptz) is not distinct from $3::text::timestamptz",
        marc.id, moment, quiet_until,
    )  # fmt: skip

    assert same


@pytest.mark.parametrize("channels", [("app", "mail"), ("mail",), ("app",)])
async def test_people_who_turned_offers_off_get_none(town: Town, channels: tuple[str, ...]) -> None:
    await at_noon(town)
    marc, shop = await town.a_customer(), await town.a_shop()
    await likes(marc, shop.id)
    await chooses(marc, False, *channels, event="favourite_offers")

    await town.a_lot(shop=shop)

    assert len(await told_of_offers(marc)) == (0 if "app" in channels else 1)
    assert len(await mails(town, marc.email)) == (0 if "mail" in channels else 1)


async def test_suspended_accounts_and_refused_addresses_get_no_offers(town: Town) -> None:
    await at_noon(town)
    shop = await town.a_shop()
    people: list[Person] = [await town.a_customer(name) for name in ("Marc", "Léa", "Paul")]
    for person in people:
        await likes(person, shop.id)
    marc, lea, paul = people
    await (await town.an_admin()).suspends_account(marc)
    await town.changes("insert into app.refused_addresses values ($1, 550, now())", lea.id)
    await paul.asks("PUT", "/me/consents", {"notifications": {"version": "2026-01", "given": False}})

    await town.a_lot(shop=shop)

    await town.worker_runs()
    told = await town.rows("select account_id from app.notices where event = 'favourite_offers'")
    assert {row["account_id"] for row in told} == {lea.id, paul.id}
    assert await mails(town) == []


async def test_an_account_has_two_hundred_favourites_at_most(town: Town) -> None:
    marc, shop = await town.a_customer(), await town.a_shop()
    await town.changes(
        "with made as (insert into app.shops"
        " (owner_id, name, siret, address, insee_code, latitude, longitude, category, status)"
        " select $1, 'x', lpad(n::text, 14, '0'), 'x', '67482', 48.58, 7.74, 'bakery', 'verified'"
        " from generate_series(1, 200) n returning id)"
        " insert into app.favourites (account_id, shop_id, slot) select $2, id, row_number() over () from made",
        shop.merchant.id,
        marc.id,
    )
    assert await asks(marc, "PUT", f"/favourites/{shop.id}") == (409, "favourite.limit_reached")
    other = await town.value("select shop_id from app.favourites where slot = 70")
    assert await asks(marc, "PUT", f"/favourites/{other}") == (204, None)  # it is one already
    assert await asks(marc, "DELETE", f"/favourites/{other}") == (204, None)
    await likes(marc, shop.id)
    assert await asks(marc, "PUT", f"/favourites/{other}") == (409, "favourite.limit_reached")
    assert await asks(marc, "PUT", f"/favourites/{uuid4()}") == (404, "shop.not_found")
