"""Handing a pass to a friend: the friend sees what its holder sees until it is taken back, used or over."""

from datetime import timedelta

import httpx2
import pytest

from tests.town import Beneficiary, Customer, Reservation, Town
from tests.town.answers import accepted, refusal_in
from tests.town.things import Pass


async def shows(town: Town, token: str, how: str = "show") -> httpx2.Response:
    """Open a link without an account, and return the answer."""
    return await town.request("POST", f"/v1/handed-passes/{how}", json={"token": token})


async def pass_behind(town: Town, token: str, reservation: Reservation) -> Pass:
    """Return the pass that a link shows."""
    body = accepted(await shows(town, token)).json()
    return Pass(reservation, body["qr"], body["code"], body["pin"], body)


@pytest.mark.parametrize("kind", ["free", "suspended", "discounted"])
async def test_a_friend_collects_with_the_same_pass_as_the_holder(town: Town, kind: str) -> None:
    shop = await town.a_shop()
    holder: Beneficiary | Customer
    if kind == "free":
        holder, lot = await town.a_beneficiary(), await town.a_free_lot(shop=shop)
        reservation = await holder.reserves(lot)
    elif kind == "suspended":
        holder, paid = await town.a_beneficiary(), await town.a_lot(shop=shop)
        await (await town.a_customer("Jeanne")).gives(paid)
        lot = await town.suspended_lot_of(paid)
        reservation = await holder.reserves(lot)
    else:
        holder, lot = await town.a_customer(), await town.a_lot(shop=shop)
        held = await holder.reserves(lot)
        assert refusal_in(await holder.asks("POST", f"/reservations/{held.id}/handed-pass")).code == "pass.none"
        reservation = await holder.pays(held)
    path = f"/reservations/{reservation.id}/handed-pass"

    handed = await holder.posts(path)
    assert handed.keys() == {"token", "link", "until"}
    assert handed["link"] == f"{town.url}/pass#{handed['token']}"
    own, friends = await holder.asks("GET", f"/reservations/{reservation.id}/pass"), await shows(town, handed["token"])
    assert (friends.status_code, friends.content) == (200, own.content)
    assert friends.headers["cache-control"] == "no-store"
    drawn = await shows(town, handed["token"], "show.svg")
    assert drawn.content == (await holder.asks("GET", f"/reservations/{reservation.id}/pass.svg")).content
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    kept = await town.value("select string_agg(h::text, '') from app.handed_passes h")
    assert handed["token"] not in kept

    # A second link ends the first, and the pass that the first showed is refused at the counter.
    seen = await pass_behind(town, handed["token"], reservation)
    again = await holder.posts(path)
    assert refusal_in(await shows(town, handed["token"])).code == "handed_pass.unknown"
    await town.opens(lot)
    assert (await shop.merchant.tries_to_hand_over(seen)).code == "pass.unknown"

    # Taking the pass back has the same effect, and taking it back twice changes nothing more.
    seen = await pass_behind(town, again["token"], reservation)
    for _ in range(2):
        assert (await holder.asks("DELETE", path)).status_code == 204
        assert refusal_in(await shows(town, again["token"])).code == "handed_pass.unknown"
    assert (await shop.merchant.tries_to_hand_over(seen)).code == "pass.unknown"

    # A new pass ends a link too. A friend with a valid link collects.
    third = await holder.posts(path)
    await holder.posts(f"/reservations/{reservation.id}/pass")
    assert refusal_in(await shows(town, third["token"])).code == "handed_pass.unknown"
    last = await holder.posts(path)
    assert await shop.merchant.hands_over(await pass_behind(town, last["token"], reservation))
    assert refusal_in(await shows(town, last["token"])).code == "handed_pass.unknown"
    assert refusal_in(await holder.asks("POST", path)).code == "pass.none"
    noted = await town.rows("select action, subject_id, actor_id from app.audit_entries where subject = 'reservation'")
    assert {row["subject_id"] for row in noted} == {reservation.id}
    assert {row["action"] for row in noted} == {"pass.handed", "pass.taken_back"}


async def test_a_handed_pass_ends_with_its_reservation_or_window(town: Town) -> None:
    amina, lot = await town.a_beneficiary(), await town.a_free_lot()
    cancelled, kept = await amina.reserves(lot), await amina.reserves(lot)
    links = [(await amina.posts(f"/reservations/{r.id}/handed-pass"))["token"] for r in (cancelled, kept)]

    await amina.cancels(cancelled)
    assert [(await shows(town, token)).status_code for token in links] == [404, 200]
    await town.clock(lot.pickup_end - timedelta(seconds=1))
    assert (await shows(town, links[1])).status_code == 200
    await town.clock(lot.pickup_end)
    assert (await shows(town, links[1])).status_code == 404
    assert refusal_in(await amina.asks("POST", f"/reservations/{kept.id}/handed-pass")).code == "pass.none"


async def test_handing_on_a_locked_pass_does_not_unlock_it(town: Town) -> None:
    """Wrong PINs are counted per reservation, whoever shows the pass."""
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(opens_in=timedelta(hours=-1))
    reservation = await amina.reserves(lot)
    first = await amina.posts(f"/reservations/{reservation.id}/handed-pass")
    seen = await pass_behind(town, first["token"], reservation)
    for _ in range(5):
        await lot.shop.merchant.tries_to_hand_over(seen, pin=seen.wrong_pin)

    second = await amina.posts(f"/reservations/{reservation.id}/handed-pass")
    shown = await pass_behind(town, second["token"], reservation)
    assert shown.code != seen.code
    assert (await lot.shop.merchant.tries_to_hand_over(shown)).code == "pass.locked"


async def test_the_page_of_a_handed_pass_is_accessible_and_safe(town: Town) -> None:
    page = await town.request("GET", "/pass")

    assert page.status_code == 200
    for said in ('<html lang="fr">', 'role="status"', "<noscript>", 'alt="Carré QR', 'src="/static/pass.js?v='):
        assert said in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
