"""Pickup stations: a device is paired with a code, hands over, and can do nothing else until it is revoked."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.journeys.test_kiosk import PUBLIC_ROUTES, reached
from tests.town import Lot, Merchant, Pass, Person, Shop, Town
from tests.town.answers import Refusal, accepted, refusal_in, refused

# Everything that a station's token is for.
STATION_ROUTES = {"POST /v1/pickups", "GET /v1/stations/me"}
# Of the routes that ignore who calls at a kiosk, those that look at a person's token.
FOR_PEOPLE = {"GET /v1/terms", "GET /v1/terms/{kind}/{version}"}


class Device(Person):
    """A device at a counter; with a token once it is paired."""

    role = "station"

    def __init__(self, town: Town, address: str = "192.0.2.40") -> None:
        super().__init__(town, UUID(int=0), "Caisse", None, "station_none")
        self.address = address

    async def shows(self, code: str) -> Any:
        """Send a pairing code and return the answer, whatever its status."""
        body = {"pairing_code": code}
        return await self.town.request(
            "POST", "/v1/stations/pair", json=body, headers={"X-Forwarded-For": self.address}
        )

    async def is_refused(self, code: str) -> Refusal:
        return refusal_in(await self.shows(code))

    async def pairs(self, code: str) -> "Device":
        self.token = accepted(await self.shows(code)).json()["station_token"]
        return self

    async def hands_over(self, shown: Pass, *, key: str | None = None, pin: str | None = None) -> Any:
        return await self.posts("/pickups", {"qr": shown.qr, "pin": pin or shown.pin}, key=key)

    async def passes_to_come(self) -> int:
        number: int = (await self.gets("/stations/me"))["passes_to_come"]
        return number


async def _adds(owner: Person, shop: Shop, name: str = "Caisse 1", *, key: str | None = None) -> dict[str, Any]:
    added: dict[str, Any] = await owner.posts(f"/shops/{shop.id}/stations", {"name": name}, key=key)
    return added


async def _a_station(shop: Shop, name: str = "Caisse 1") -> tuple[Device, str]:
    """Return a paired device and the station's id."""
    added = await _adds(shop.merchant, shop, name)
    return await Device(shop.merchant.town).pairs(added["pairing_code"]), added["id"]


async def _open_lot(town: Town, shop: Shop, **fields: Any) -> Lot:
    return await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5), **fields)


async def _also_owns(town: Town, shop: Shop, name: str = "Gilles") -> Merchant:
    other = await town.a_merchant(name)
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'owner', now())",
        shop.id,
        other.id,
    )
    return other


async def test_a_paired_device_hands_over_and_its_shop_sees_where(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    bought = await amina.buys(await _open_lot(town, shop))
    by_hand = await amina.buys(await _open_lot(town, shop))

    added = await _adds(shop.merchant, shop, "Caisse près de la porte")
    waiting = await shop.merchant.gets(f"/shops/{shop.id}/stations/{added['id']}")
    answer = await Device(town).shows(added["pairing_code"].lower().replace("-", " "))
    device = Device(town)
    device.token = answer.json()["station_token"]
    before = await device.gets("/stations/me")
    handed = await device.hands_over(await amina.pass_for(bought))
    await shop.merchant.hands_over(await amina.pass_for(by_hand))

    assert (waiting["status"], added["status"]) == ("waiting", "waiting")
    assert "pairing_code" not in waiting
    assert len(added["pairing_code"].replace("-", "")) * 5 >= 40
    assert answer.json().keys() == {"station_token", "token_type"}
    assert answer.headers["cache-control"] == "no-store"
    today = str(await town.value("select app.local_day(app.clock(), 'Europe/Paris')"))
    assert before == {
        "id": added["id"],
        "name": "Caisse près de la porte",
        "shop_id": str(shop.id),
        "shop": "Boulangerie du Marché",
        "day": today,
        "passes_to_come": 2,
    }
    assert await device.passes_to_come() == 0
    assert handed["reservation_id"] == str(bought.id)
    # The shop reads which station it was; a handover by a person names none, and the holder is told nothing.
    seen = {one["id"]: one["station"] for one in (await shop.merchant.gets("/reservations"))["data"]}
    assert seen == {str(bought.id): "Caisse près de la porte", str(by_hand.id): None}
    assert (await amina.gets(f"/reservations/{bought.id}"))["station"] is None
    row = (await town.rows("select handed_over_by, station_id from app.reservations where id = $1", bought.id))[0]
    assert (row["handed_over_by"], str(row["station_id"])) == (None, added["id"])
    listed = (await shop.merchant.gets(f"/shops/{shop.id}/stations"))["data"]
    assert [(one["id"], one["status"], one["pairing_ends_at"]) for one in listed] == [(added["id"], "paired", None)]
    entries = await town.rows(
        "select action, actor_id, actor_role, detail ->> 'station' as station from app.audit_entries"
        " where subject = 'shop' and subject_id = $1 and action like 'station%' order by id",
        shop.id,
    )
    assert [tuple(entry) for entry in entries] == [
        ("station.added", shop.merchant.id, "merchant", added["id"]),
        ("station.paired", None, "nobody", added["id"]),
    ]


async def test_a_wrong_late_or_used_code_pairs_nothing(town: Town) -> None:
    shop = await town.a_shop()
    began = await town.now()
    await town.clock(began)
    late, used = await _adds(shop.merchant, shop), await _adds(shop.merchant, shop)
    device = Device(town)
    await device.pairs(used["pairing_code"])
    withdrawn = await _adds(shop.merchant, shop)
    path = f"/shops/{shop.id}/stations/{withdrawn['id']}"
    accepted(await shop.merchant.asks("DELETE", path))

    await town.clock(began + timedelta(minutes=5))
    codes = {"wrong": "0000000000", "late": late["pairing_code"], "used": used["pairing_code"], "not a code": "Bonjour"}
    codes["withdrawn"] = withdrawn["pairing_code"]
    refusals = {name: await device.is_refused(code) for name, code in codes.items()}

    assert {(refusal.status, refusal.code) for refusal in refusals.values()} == {(403, "station.wrong_code")}
    assert len({refusal.body["detail"] for refusal in refusals.values()}) == 1
    assert (await shop.merchant.asks("GET", path)).status_code == 404
    assert await town.value("select count(*) from app.stations where token_hash is not null") == 1
    # The control: one second before its time is over, the same code pairs.
    await town.clock(began + timedelta(minutes=4, seconds=59))
    await Device(town).pairs(late["pairing_code"])


async def test_guessing_codes_is_limited_by_address(town: Town) -> None:
    shop = await town.a_shop()
    began = await town.now()
    await town.clock(began)
    guesser, elsewhere = Device(town), Device(town, "192.0.2.41")

    for number in range(20):
        assert (await guesser.is_refused(f"{number:010d}")).code == "station.wrong_code"
        assert (await guesser.is_refused("3017620422003")).code == "station.wrong_code"  # cannot be a code: no guess
    code = (await _adds(shop.merchant, shop))["pairing_code"]
    stopped = await guesser.is_refused(code)

    assert (stopped.status, stopped.code) == (429, "auth.too_many_tries")
    assert 0 < int(stopped.headers["retry-after"]) <= 900
    # The controls: the same code pairs from elsewhere, and right codes do not count.
    await elsewhere.pairs(code)
    for _ in range(25):
        await elsewhere.pairs((await _adds(shop.merchant, shop))["pairing_code"])


async def test_eight_devices_showing_one_code_at_once_pair_one(town: Town) -> None:
    shop = await town.a_shop()
    for _ in range(5):
        code = (await _adds(shop.merchant, shop))["pairing_code"]
        devices = [Device(town, f"192.0.2.{50 + number}") for number in range(8)]

        answers = await asyncio.gather(*(device.shows(code) for device in devices))

        assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7
    assert await town.value("select count(*) from app.stations where token_hash is not null") == 5


async def test_a_stations_token_reaches_pickups_and_itself_only(town: Town) -> None:
    shop = await town.a_shop()
    device, _ = await _a_station(shop)

    taken, tried = await reached(device, "station.not_here")

    assert taken == STATION_ROUTES | PUBLIC_ROUTES - FOR_PEOPLE
    assert tried > len(taken) + 80
    refusal = await refused(device.gets("/me"))
    assert (refusal.status, refusal.code) == (403, "station.not_here")
    # Not even where a visitor may read, and not for what belongs to its own shop.
    for path in ("/lots?near=48.58,7.75", "/reservations", f"/shops/{shop.id}", f"/shops/{shop.id}/stations"):
        assert (await refused(device.gets(path))).code == "station.not_here"
    # The control: no route refuses the shop's owner as a station.
    assert len((await reached(shop.merchant, "station.not_here"))[0]) == tried
    # A person is no station, and neither is a visitor.
    assert (await refused(shop.merchant.gets("/stations/me"))).code == "access.forbidden"
    assert (await town.request("GET", "/v1/stations/me")).status_code == 401


async def test_a_station_hands_over_at_its_own_shop_only(town: Town) -> None:
    shop, other, amina = await town.a_shop(), await town.a_shop(), await town.a_customer("Amina")
    elsewhere = await amina.pass_for(await amina.buys(await _open_lot(town, other)))
    device, _ = await _a_station(shop)

    assert await device.passes_to_come() == 0
    assert (await refused(device.hands_over(elsewhere))).code == "pass.unknown"
    for token in ("station_", "station_wrong", device.token[:-1] if device.token else "", "station_" + "x" * 9000):
        stranger = Device(town)
        stranger.token = token
        assert (await refused(stranger.hands_over(elsewhere))).code == "access.unauthenticated"
        assert (await refused(stranger.gets("/stations/me"))).code == "access.unauthenticated"
    # The control: the other shop's station takes the pass.
    theirs, _ = await _a_station(other)
    await theirs.hands_over(elsewhere)


async def test_free_suspended_and_paid_portions_look_the_same_at_a_station(town: Town) -> None:
    shop = await town.a_shop()
    device, _ = await _a_station(shop)
    buyer, giver = await town.a_customer("Léa"), await town.a_customer("Paul")
    amina, omar = await town.a_beneficiary("Amina"), await town.a_beneficiary("Omar")
    paid_lot, given_lot = await _open_lot(town, shop), await _open_lot(town, shop)
    free_lot = await town.a_free_lot(shop=shop, opens_in=-timedelta(minutes=5))
    numbers = [await device.passes_to_come()]

    held = await buyer.reserves(paid_lot)
    numbers.append(await device.passes_to_come())  # as the counter's list, from the hold on
    paid = await buyer.pays(held)
    numbers.append(await device.passes_to_come())
    free = await amina.reserves(free_lot)
    numbers.append(await device.passes_to_come())
    await giver.gives(given_lot)
    numbers.append(await device.passes_to_come())  # nobody is to come for it yet
    suspended = await omar.reserves(await town.suspended_lot_of(given_lot))
    numbers.append(await device.passes_to_come())
    shown = [await buyer.pass_for(paid), await amina.pass_for(free), await omar.pass_for(suspended)]
    answers = [await device.hands_over(one) for one in shown]

    assert numbers == [0, 1, 1, 2, 2, 3]
    listed = (await shop.merchant.gets("/reservations"))["data"]
    assert {(one["status"], one["station"]) for one in listed} == {("picked_up", "Caisse 1")}
    assert len({tuple(answer) for answer in answers}) == 1
    assert len({(one["quantity"], one["title"]) for one in answers}) == 1
    assert await device.passes_to_come() == 0


async def test_passes_of_another_day_are_not_counted(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    device, _ = await _a_station(shop)
    await town.clock("2030-06-10T08:00:00Z")
    lots = [await town.a_lot(shop=shop, opens_in=timedelta(hours=hours)) for hours in (2, 13, 26)]
    for lot in lots:
        await amina.buys(lot)

    assert await device.passes_to_come() == 2
    await town.clock("2030-06-11T05:00:00Z")
    assert await device.passes_to_come() == 1


async def test_a_repeated_request_of_a_station_happens_once(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    device, _ = await _a_station(shop)
    shown = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    wrong = "000000" if shown.pin != "000000" else "000001"
    first_key, second_key = str(uuid4()), str(uuid4())

    guesses = [await refused(device.hands_over(shown, key=first_key, pin=wrong)) for _ in range(2)]
    first = await device.hands_over(shown, key=second_key)
    again = await device.hands_over(shown, key=second_key)

    assert [(one.code, one.body["tries_left"]) for one in guesses] == [("pass.wrong_pin", 4)] * 2
    assert again == first
    assert (await refused(device.hands_over(shown))).code == "pass.already_used"
    assert await town.value("select count(*) from app.impact_entries") == 1
    # The owner's request sent again shows the same code.
    added = await _adds(shop.merchant, shop, key="caisse-2")
    assert await _adds(shop.merchant, shop, key="caisse-2") == added


async def test_a_station_that_guesses_codes_waits_and_others_do_not(town: Town) -> None:
    shop = await town.a_shop()
    device, _ = await _a_station(shop)
    other, _ = await _a_station(shop, "Caisse 2")

    codes = [
        refusal_in(await device.asks("POST", "/pickups", {"code": f"{number:010d}", "pin": "123456"})).code
        for number in range(31)
    ]

    assert codes == ["pass.unknown"] * 30 + ["rate.limited"]
    refusal = refusal_in(await other.asks("POST", "/pickups", {"code": "0000000000", "pin": "123456"}))
    assert refusal.code == "pass.unknown"


async def test_a_revoked_station_does_nothing_on_its_next_request(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    device, station = await _a_station(shop)
    other, _ = await _a_station(shop, "Caisse 2")
    shown = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    earlier = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    await device.hands_over(earlier)

    for _ in range(2):  # revoking once more changes nothing
        accepted(await shop.merchant.asks("DELETE", f"/shops/{shop.id}/stations/{station}"))

    assert (await refused(device.hands_over(shown))).code == "access.unauthenticated"
    assert (await refused(device.gets("/stations/me"))).code == "access.unauthenticated"
    # The controls: the other station works on, and the earlier handover still says where it was.
    await other.hands_over(shown)
    seen = [one["station"] for one in (await shop.merchant.gets("/reservations"))["data"]]
    assert sorted(seen) == ["Caisse 1", "Caisse 2"]
    listed = (await shop.merchant.gets(f"/shops/{shop.id}/stations"))["data"]
    assert [one["status"] for one in listed] == ["revoked", "paired"]
    actions = await town.rows("select action from app.audit_entries where action = 'station.revoked'")
    assert len(actions) == 1


async def test_the_stations_of_a_suspended_shop_pause_until_it_is_restored(town: Town) -> None:
    shop, amina, odile = await town.a_shop(), await town.a_customer("Amina"), await town.an_admin()
    device, _ = await _a_station(shop)
    code = (await _adds(shop.merchant, shop))["pairing_code"]
    shown = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    about = f"/admin/accounts/{shop.merchant.id}"

    await odile.posts(f"{about}/suspend", {"reason": "Signalement"})

    for refusal in (await refused(device.hands_over(shown)), await refused(device.gets("/stations/me"))):
        assert (refusal.status, refusal.code) == (403, "station.paused")
    # A code whose owner is suspended pairs nothing.
    assert (await Device(town).is_refused(code)).code == "station.wrong_code"
    assert await town.value("select count(*) from app.reservations where status = 'picked_up'") == 0
    await odile.posts(f"{about}/restore", {"reason": "Erreur"})
    await device.hands_over(shown)


async def test_a_removed_owners_code_pairs_nothing_and_stations_stay_the_shops(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    gilles = await _also_owns(town, shop)
    paired = await Device(town).pairs((await _adds(gilles, shop))["pairing_code"])
    code = (await _adds(gilles, shop))["pairing_code"]
    member = await town.value("select id from app.members where account_id = $1", gilles.id)

    accepted(await shop.merchant.asks("DELETE", f"/shops/{shop.id}/members/{member}"))

    assert (await Device(town).is_refused(code)).code == "station.wrong_code"
    refusal = refusal_in(await gilles.asks("POST", f"/shops/{shop.id}/stations", {"name": "Caisse"}))
    assert (refusal.status, refusal.code) == (404, "shop.not_found")
    # The station at the counter works on, and the owner who stays sees and revokes it.
    await paired.hands_over(await amina.pass_for(await amina.buys(await _open_lot(town, shop))))
    [one] = [one for one in (await shop.merchant.gets(f"/shops/{shop.id}/stations"))["data"] if one["paired_at"]]
    accepted(await shop.merchant.asks("DELETE", f"/shops/{shop.id}/stations/{one['id']}"))
    assert (await refused(paired.gets("/stations/me"))).code == "access.unauthenticated"


@pytest.mark.parametrize("role", ["staff", "reader"])
async def test_members_who_are_no_owners_see_and_add_no_stations(town: Town, role: str) -> None:
    shop, lea = await town.a_shop(), await town.a_customer("Léa")
    _, station = await _a_station(shop)
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, $3, now())",
        shop.id,
        lea.id,
        role,
    )
    path = f"/shops/{shop.id}/stations"

    answers = [
        await lea.asks("GET", path),
        await lea.asks("POST", path, {"name": "Caisse"}),
        await lea.asks("GET", f"{path}/{station}"),
        await lea.asks("DELETE", f"{path}/{station}"),
    ]

    assert {refusal_in(answer).code for answer in answers} == {"shop.not_found"}
    assert await town.value("select count(*) from app.stations where revoked_at is null") == 1


async def test_stations_are_exported_and_end_with_their_shop(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    device, station = await _a_station(shop, "Caisse de Sophie")
    await _adds(shop.merchant, shop, "Jamais branchée")
    await device.hands_over(await amina.pass_for(await amina.buys(await _open_lot(town, shop))))

    async with town.sql_as(shop.merchant) as connection:
        exported = await connection.fetchval("select content from app.export_account() where file = 'stations'")
    accepted(await shop.merchant.asks("DELETE", "/me"))

    assert "Caisse de Sophie" in exported
    assert "hash" not in exported
    assert (await refused(device.gets("/stations/me"))).code == "access.unauthenticated"
    rows = await town.rows("select name, code_hash, token_hash, revoked_at from app.stations order by id")
    assert [(row["name"], row["code_hash"], row["token_hash"]) for row in rows] == [("-", None, None)] * 2
    assert all(row["revoked_at"] for row in rows)
    assert str(await town.value("select station_id from app.reservations")) == station


async def test_unused_codes_and_old_revoked_stations_are_forgotten(town: Town) -> None:
    shop = await town.a_shop()
    began = await town.now()
    await town.clock(began)
    await _adds(shop.merchant, shop, "Jamais branchée")
    _, station = await _a_station(shop)
    await _a_station(shop, "Caisse 2")
    accepted(await shop.merchant.asks("DELETE", f"/shops/{shop.id}/stations/{station}"))

    async def names_after(time: timedelta) -> list[str]:
        await town.clock(began + time)
        await town.value("select app.prune(100)")
        return [row["name"] for row in await town.rows("select name from app.stations order by id")]

    assert await names_after(timedelta(hours=23)) == ["Jamais branchée", "Caisse 1", "Caisse 2"]
    assert await names_after(timedelta(days=2)) == ["Caisse 1", "Caisse 2"]
    assert await names_after(timedelta(days=367)) == ["Caisse 2"]
