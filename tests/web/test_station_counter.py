"""The counter of a paired device: pairing it, handing over, wrong PINs, and devices that are revoked or paused."""

from datetime import timedelta
from typing import Any

from backend.pages.session import cookie_name
from tests.town import Lot, Shop, Town
from tests.town.answers import accepted
from tests.web.browser import Browser, Page


async def _open_lot(town: Town, shop: Shop, **fields: Any) -> Lot:
    return await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5), **fields)


async def a_device(town: Town, shop: Shop) -> Page:
    """Return the counter of a device that has just been paired."""
    added = await shop.merchant.posts(f"/shops/{shop.id}/stations", {"name": "Caisse 1"})
    page = await Browser(town).opens("/station")
    return await page.form("/station/pair").send(pairing_code=added["pairing_code"].lower())


async def test_a_device_is_paired_and_hands_over_in_one_tap(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    shown = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    counter = await a_device(town, shop)
    device = counter.browser
    device.taps = 0

    done = await counter.form("/station").send(shown=shown.qr, pin=shown.pin)

    assert device.taps == 1
    assert done.headings == ["Remis\u00a0: 1 \u00d7 Panier du soir"]
    assert "Amina" not in done.text
    assert "Encore 0 retrait aujourd’hui" in done.words
    assert (await done.follows("Suivant")).path == "/station"
    assert await town.value("select count(*) from app.reservations where station_id is not null") == 1


async def test_a_typed_code_and_a_wrong_pin_say_how_many_tries_are_left(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    shown = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    counter = await a_device(town, shop)
    assert "Encore 1 retrait aujourd’hui" in counter.words

    wrong = await counter.form("/station").send(shown=shown.code, pin=f"{(int(shown.pin) + 1) % 1_000_000:06d}")

    assert wrong.status_code == 403
    assert wrong.errors == {"pin": "PIN incorrect, encore 4 essais"}
    form = wrong.form("/station")
    assert (form.fields["shown"], form.fields["pin"]) == (shown.code, "")
    assert (await form.send(pin=shown.pin)).headings == ["Remis\u00a0: 1 \u00d7 Panier du soir"]


async def test_a_form_sent_twice_hands_over_once(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    shown = await amina.pass_for(await amina.buys(await _open_lot(town, shop)))
    counter = await a_device(town, shop)
    form = counter.form("/station")

    pages = [await form.send(shown=shown.code, pin=shown.pin) for _ in range(2)]
    again = await counter.form("/station").page.browser.opens("/station")
    used = await again.form("/station").send(shown=shown.code, pin=shown.pin)

    assert pages[0].headings == pages[1].headings
    assert (used.status_code, "déjà servi" in used.alert) == (409, True)


async def test_a_title_with_html_and_two_hundred_signs_is_escaped(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    lot = await _open_lot(town, shop, title="<b onclick=x>Pain</b> \u05d0\u05d1")
    shown = await amina.pass_for(await amina.buys(lot))
    done = await (await a_device(town, shop)).form("/station").send(shown=shown.code, pin=shown.pin)
    assert "&lt;b onclick=x&gt;Pain" in done.text


async def test_a_device_without_a_code_or_revoked_is_told_so(town: Town) -> None:
    shop = await town.a_shop()
    wrong = await (await Browser(town).opens("/station")).form("/station/pair").send(pairing_code="7K3M9-QXT4B")
    assert (wrong.status_code, wrong.form("/station/pair").fields["pairing_code"]) == (403, "7K3M9-QXT4B")
    assert "faux, déjà utilisé" in wrong.errors["pairing_code"]
    assert cookie_name("station") not in wrong.browser.cookies

    counter = await a_device(town, shop)
    [station] = (await shop.merchant.gets(f"/shops/{shop.id}/stations"))["data"]
    accepted(await shop.merchant.asks("DELETE", f"/shops/{shop.id}/stations/{station['id']}"))

    sent = await counter.form("/station").send(shown="7K3M9QXT4B", pin="000000")
    for page in (await counter.browser.opens("/station"), sent):
        assert page.status_code == 403
        assert "plus relié au commerce" in page.words
    # It is paired again on the same page.
    added = await shop.merchant.posts(f"/shops/{shop.id}/stations", {"name": "Caisse 2"})
    again = await sent.form("/station/pair").send(pairing_code=added["pairing_code"])
    assert "Caisse 2" in again.words


async def test_a_device_of_a_suspended_shop_pauses(town: Town) -> None:
    shop, odile = await town.a_shop(), await town.an_admin()
    counter = await a_device(town, shop)
    await odile.posts(f"/admin/accounts/{shop.merchant.id}/suspend", {"reason": "Signalement"})
    page = await counter.browser.opens("/station")
    assert (page.status_code, page.headings) == (403, ["Appareil en pause"])
    await odile.posts(f"/admin/accounts/{shop.merchant.id}/restore", {"reason": "Erreur"})
    assert (await page.follows("Réessayer")).status_code == 200


async def test_the_token_of_a_device_is_never_in_its_browser(town: Town) -> None:
    counter = await a_device(town, await town.a_shop())
    assert "station_" not in counter.text
    assert list(counter.browser.cookies) == [cookie_name("station")]
    assert (await counter.browser.opens("/reservations")).path.startswith("/sign-in")
    assert counter.headers["cache-control"] == "no-store"
