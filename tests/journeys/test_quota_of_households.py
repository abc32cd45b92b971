"""The daily quota of free portions: one setting may raise it by household size, another lower it after no-shows."""

from datetime import timedelta
from typing import Any

from tests.town import Beneficiary, Lot, Town, refused


async def set_to(town: Town, **settings: int) -> None:
    for name, value in settings.items():
        await town.changes("update app.settings set value = $2 where name = $1", name, value)


async def lives_with(town: Town, beneficiary: Beneficiary, household: int | None) -> None:
    await town.changes(
        "update app.beneficiary_persons set household_size = $2 where beneficiary_id = $1", beneficiary.id, household
    )


async def right_of(beneficiary: Beneficiary) -> dict[str, Any]:
    right: dict[str, Any] = (await beneficiary.gets("/me"))["beneficiary"]
    return right


async def misses(town: Town, beneficiary: Beneficiary, lot: Lot) -> None:
    """Reserve a portion and do not collect it."""
    await beneficiary.reserves(lot)
    await town.clock(lot.pickup_end)
    await town.worker_runs()


async def test_a_large_household_raises_the_quota_when_the_setting_is_on(town: Town) -> None:
    amina, lot = await town.a_beneficiary(), await town.a_free_lot(left=20)
    await lives_with(town, amina, 6)
    assert (await right_of(amina))["quota_today"] == 2
    assert (await amina.tries_to_reserve(lot, 3)).code == "quota.daily_reached"

    # One more portion for every two people besides the beneficiary. Alone, or with no known household, it is two.
    await set_to(town, household_people_per_extra_portion=2)
    for household, quota in ((None, 2), (1, 2), (2, 2), (3, 3), (6, 4), (30, 16)):
        await lives_with(town, amina, household)
        assert (await right_of(amina))["quota_today"] == quota, household
    await lives_with(town, amina, 6)
    await amina.reserves(lot, 3)
    assert (await amina.tries_to_reserve(lot, 2)).code == "quota.daily_reached"
    await amina.reserves(lot)
    assert (await right_of(amina))["portions_left_today"] == 0
    assert await town.stock_is_exact()

    # When the setting is turned off, reservations stay and no more are possible.
    await set_to(town, household_people_per_extra_portion=0)
    right = await right_of(amina)
    assert (right["quota_today"], right["portions_left_today"]) == (2, 0)


async def test_no_shows_lower_the_quota_for_a_while_when_the_setting_is_on(town: Town) -> None:
    await town.clock("2026-03-02T09:00:00+01:00")
    amina = await town.a_beneficiary()
    await lives_with(town, amina, 6)
    assert (await right_of(amina))["no_shows"] == {
        "count": 0,
        "lowered": False,
        "forgiven_on": None,
        "explanation": None,
    }
    lots = []
    for day in ("2026-03-02", "2026-03-05", "2026-03-09"):
        await town.clock(f"{day}T09:00:00+01:00")
        lots.append(await town.a_free_lot(left=9))
        await misses(town, amina, lots[-1])

    # No-shows are counted, but have no consequence unless a setting gives them one.
    right = await right_of(amina)
    assert (right["quota_today"], right["no_shows"]["count"], right["no_shows"]["lowered"]) == (2, 3, False)
    assert "rien ne change pour vous" in right["no_shows"]["explanation"]

    # With the setting the quota is one, whatever the household, until fewer than that many no-shows are recent.
    await set_to(town, no_shows_that_lower_quota=2, household_people_per_extra_portion=1)
    right = await right_of(amina)
    assert right["quota_today"] == 1
    told = right["no_shows"]
    assert (told["count"], told["lowered"], told["forgiven_on"]) == (3, True, "2026-04-04")
    assert "jusqu'au 04/04/2026" in told["explanation"]
    accused = ("sanction", "puni", "faute", "absence", "avertissement", "bloqu")
    assert not [word for word in accused if word in told["explanation"].lower()]
    await town.clock("2026-03-10T09:00:00+01:00")
    lot = await town.a_free_lot(left=9, opens_in=timedelta(days=40))
    assert (await refused(amina.reserves(lot, 2))).code == "quota.daily_reached"
    await amina.reserves(lot)
    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"
    await amina.asks("PATCH", "/me", {"locale": "en"})
    assert "until 04 April 2026" in (await right_of(amina))["no_shows"]["explanation"]

    await town.clock("2026-04-03T23:59:59+02:00")
    assert (await right_of(amina))["quota_today"] == 1
    await town.clock("2026-04-04T00:00:00+02:00")
    right = await right_of(amina)
    assert (right["quota_today"], right["no_shows"]["count"], right["no_shows"]["lowered"]) == (7, 1, False)
    await amina.reserves(lot, 7)
    assert await town.stock_is_exact()

    # Once the last no-show is no longer recent, none is counted.
    await town.clock("2026-04-08T00:00:00+02:00")
    assert (await right_of(amina))["no_shows"]["count"] == 0


async def test_with_both_settings_off_no_household_or_no_show_is_read(town: Town) -> None:
    """On the hot path everybody's quota is the setting's, and reserving reads no other table for it."""
    amina, lot = await town.a_beneficiary(), await town.a_free_lot()
    await town.changes("alter table app.beneficiary_persons rename to elsewhere")
    await town.changes("drop function app.forgiving_days")

    await amina.reserves(lot, 2)

    # The control: with a setting on, the renamed table is read and the request fails.
    another = await town.a_free_lot()
    await set_to(town, household_people_per_extra_portion=1)
    assert (await amina.sends_reservation(another)).status_code == 500
