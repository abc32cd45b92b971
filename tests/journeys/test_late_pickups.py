"""Pickups that a station sends late, because it had no network when the pass was shown."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.journeys.test_stations import Device, _a_station, _open_lot
from tests.town import Pass, Person, Shop, Town
from tests.town.answers import Refusal, refusal_in, refused

HOUR = timedelta(hours=1)


async def _shown(town: Town) -> tuple[Shop, Device, Person, Pass, Any]:
    """Return a shop, its station, a customer, their pass for a lot that can be collected now, and the lot."""
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    device, _ = await _a_station(shop)
    lot = await _open_lot(town, shop)
    return shop, device, amina, await amina.pass_for(await amina.buys(lot)), lot


async def _sends(device: Person, shown: Pass, at: datetime, **more: str) -> Any:
    return await device.asks("POST", "/pickups", {"qr": shown.qr, "pin": shown.pin, "shown_at": at.isoformat(), **more})


async def _is_refused(device: Person, shown: Pass, at: datetime) -> Refusal:
    return refusal_in(await _sends(device, shown, at))


async def _status(shop: Shop) -> list[tuple[str, bool]]:
    listed = (await shop.merchant.gets("/reservations"))["data"]
    return [(one["status"], one["shown_at"] is not None) for one in listed]


@pytest.mark.parametrize("lot_ended", [True, False], ids=["no-show", "not yet ended"])
async def test_a_pass_shown_in_its_window_is_handed_over_hours_later(town: Town, lot_ended: bool) -> None:
    shop, device, amina, shown, _ = await _shown(town)
    at = await town.now()
    await town.clock(at + 8 * HOUR)
    if lot_ended:
        await town.value("select app.end_lots(100)")
    assert (await refused(device.hands_over(shown))).code == "pass.outside_window"  # the control

    answer = await _sends(device, shown, at)

    assert answer.status_code == 200
    assert await _status(shop) == [("picked_up", True)]
    assert await town.value("select count(*) from app.impact_entries") == 1
    assert (await refused(device.hands_over(shown))).code == "pass.already_used"
    # The holder sees a pickup like any other.
    [mine] = (await amina.gets("/reservations"))["data"]
    assert (mine["status"], mine["shown_at"]) == ("picked_up", None)


async def test_a_pass_shown_outside_its_window_stays_refused(town: Town) -> None:
    shop, device, _, shown, _ = await _shown(town)
    at = await town.now()
    await town.clock(at + 8 * HOUR)
    for moment in (at - HOUR, at + 7 * HOUR):
        assert (await _is_refused(device, shown, moment)).code == "pass.outside_window"
    assert await _status(shop) == [("confirmed", False)]
    assert await town.value("select count(*) from app.impact_entries") == 0


async def test_future_and_older_moments_and_those_of_people_are_refused(town: Town) -> None:
    shop, device, _, shown, _ = await _shown(town)
    now = await town.now()
    await town.clock(now)
    for moment in (now + timedelta(minutes=1), now - 12 * HOUR - timedelta(seconds=1)):
        refusal = await _is_refused(device, shown, moment)
        assert (refusal.status, refusal.code) == (422, "pickup.time_refused")
    assert (await _is_refused(shop.merchant, shown, now)).code == "pickup.time_refused"
    assert await _status(shop) == [("confirmed", False)]
    assert (await _sends(device, shown, now)).status_code == 200  # the control


async def test_a_late_wrong_pin_counts_as_a_try(town: Town) -> None:
    _, device, _, shown, _ = await _shown(town)
    wrong = f"{(int(shown.pin) + 1) % 1_000_000:06d}"
    refusal = refusal_in(await _sends(device, shown, await town.now() - timedelta(minutes=1), pin=wrong))
    assert (refusal.code, refusal.body["tries_left"]) == ("pass.wrong_pin", 4)


async def test_a_pass_sent_late_by_two_stations_at_once_is_used_once(town: Town) -> None:
    shop, device, _, shown, _ = await _shown(town)
    other, _ = await _a_station(shop, "Caisse 2")
    at = await town.now()
    await town.clock(at + 8 * HOUR)
    await town.value("select app.end_lots(100)")

    answers = await asyncio.gather(*(_sends(one, shown, at) for one in (device, other) * 5))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert await town.value("select count(*) from app.impact_entries") == 1


async def test_a_late_pickup_of_a_free_portion_takes_its_absence_back(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_beneficiary("Amina")
    device, _ = await _a_station(shop)
    lot = await town.a_free_lot(shop=shop, opens_in=-timedelta(minutes=5))
    shown = await amina.pass_for(await amina.reserves(lot))
    at = await town.now()
    await town.clock(at + 8 * HOUR)
    await town.value("select app.end_lots(100)")
    absent = await town.value("select count(*) from app.reservations where status = 'no_show'")

    assert (await _sends(device, shown, at)).status_code == 200

    assert absent == 1
    assert await town.value("select count(*) from app.reservations where status = 'no_show'") == 0


async def test_a_late_pickup_of_a_given_portion_refunds_no_donor(town: Town) -> None:
    shop, jeanne, amina = await town.a_shop(), await town.a_customer("Jeanne"), await town.a_beneficiary("Amina")
    device, _ = await _a_station(shop)
    lot = await _open_lot(town, shop)
    gift = await jeanne.gives(lot, 2, if_unclaimed="refund")
    shown = await amina.pass_for(await amina.reserves(await town.suspended_lot_of(lot)))
    at = await town.now()
    await town.clock(at + 8 * HOUR)
    await town.worker_runs()

    assert (await _sends(device, shown, at)).status_code == 200
    await town.clock(at + 24 * HOUR)
    for _ in range(2):
        await town.worker_runs()
        await town.stripe.webhooks_quiet()

    # The portion that nobody collected is given back, and only that one.
    assert await town.money(gift) == (800, 400)
