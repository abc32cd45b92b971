"""Pages that keep themselves current: their ETags, what they cost, and what a browser does with them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from backend.pages.client import Answer, Api
from tests.town import Town
from tests.web.browser import Browser
from tests.web.test_chromium_devices import chromium_of
from tests.web.test_station_counter import a_device

TAG = re.compile('<meta name="live" content="([^"]+)"')


async def test_a_page_that_did_not_change_is_not_sent_again(town: Town) -> None:
    lot = await town.a_lot(left=5, opens_in=-timedelta(minutes=5), lasts=timedelta(hours=2))
    marc = await town.a_customer()
    reservation = await marc.buys(lot)
    sophie, customer = await Browser.of(lot.shop.merchant), await Browser.of(marc)
    house = await Browser.of(await town.an_association())
    device = (await a_device(town, lot.shop)).browser
    pages = (
        (sophie, f"/my-shops/{lot.shop.id}"),
        (customer, "/reservations"),
        (customer, f"/reservations/{reservation.id}"),
        (device, "/station"),
        (house, "/association"),
    )
    tags = {}
    for browser, path in pages:
        page = await browser.opens(path)
        assert page.status_code == 200
        assert page.links["Actualiser"] == path
        tags[path] = page.headers["etag"]
        assert f'<meta name="live" content="{tags[path]}"'.replace('"', "&#34;") in page.text.replace('"', "&#34;")
        again = await browser.opens(path, **{"If-None-Match": tags[path]})
        assert (again.status_code, again.text) == (304, ""), path
        assert again.headers["cache-control"] == "no-store"
    await lot.shop.merchant.hands_over(await marc.pass_for(reservation))
    for browser, path in pages[:4]:
        page = await browser.opens(path, **{"If-None-Match": tags[path]})
        assert page.status_code == 200, path
        assert page.headers["etag"] != tags[path]


async def test_the_day_takes_one_call_of_the_api(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await town.a_shop()
    for _ in range(3):
        await (await town.a_customer()).buys(await town.a_lot(shop=shop))
    sophie, sends = await Browser.of(shop.merchant), Api.sends
    asked: list[str] = []

    async def counted(api: Api, method: str, path: str, *rest: Any, **more: Any) -> Answer:
        asked.append(path)
        return await sends(api, method, path, *rest, **more)

    monkeypatch.setattr(Api, "sends", counted)
    page = await sophie.opens(f"/my-shops/{shop.id}")
    assert len(page.main.text) > 0
    assert len(asked) == 1
    asked.clear()
    again = await sophie.opens(f"/my-shops/{shop.id}", **{"If-None-Match": page.headers["etag"]})
    assert (again.status_code, len(asked)) == (304, 1)


async def test_a_form_that_was_refused_does_not_renew_itself(town: Town) -> None:
    lot = await town.a_lot(opens_in=-timedelta(minutes=5))
    marc = await town.a_customer()
    reservation = await marc.buys(lot)
    page = await (await Browser.of(marc)).opens(f"/reservations/{reservation.id}")
    await lot.shop.merchant.hands_over(await marc.pass_for(reservation))
    refused = await page.form(f"/reservations/{reservation.id}/cancel").send()
    assert refused.status_code == 409
    assert not TAG.search(refused.text)


@pytest.mark.needs_program("chromium", "chromium")
async def test_new_reservations_appear_and_nothing_typed_is_lost(town: Town) -> None:
    shop = await town.a_shop()
    lot = await town.a_lot(shop=shop, left=5, opens_in=-timedelta(minutes=5), lasts=timedelta(hours=2))
    later = await town.a_lot(shop=shop, left=5, opens_in=timedelta(minutes=5), lasts=timedelta(hours=2))
    marc = await town.a_customer()
    reservation = await marc.buys(lot)
    async with chromium_of(town, await Browser.of(shop.merchant)) as chromium:
        page = await chromium.new_page()
        await page.clock.install()
        await page.goto(f"/my-shops/{shop.id}")
        give = page.get_by_role("link", name="Offrir ce qui reste").first
        await give.focus()
        await expect(page.get_by_text("1 attendue")).to_be_visible()
        await marc.buys(later, 2)
        await page.clock.run_for(21_000)
        await expect(page.get_by_text("2 attendues")).to_be_visible()
        await expect(give).to_be_focused()
        await page.clock.run_for(200)
        await expect(page.get_by_role("status")).to_have_text("La page vient d’être mise à jour.")

    device = (await a_device(town, shop)).browser
    async with chromium_of(town, device) as chromium:
        page = await chromium.new_page()
        await page.clock.install()
        await page.goto("/station")
        await page.get_by_label("PIN, 6 chiffres").fill("1234")
        await expect(page.get_by_text("Encore 2 retraits")).to_be_visible()
        await shop.merchant.hands_over(await marc.pass_for(reservation))
        await page.clock.run_for(21_000)
        await expect(page.get_by_text("Encore 1 retrait")).to_be_visible()
        await expect(page.get_by_label("PIN, 6 chiffres")).to_have_value("1234")
        await expect(page.get_by_label("PIN, 6 chiffres")).to_be_focused()


@pytest.mark.needs_program("chromium", "chromium")
async def test_a_pass_says_by_itself_that_it_was_used(town: Town) -> None:
    lot = await town.a_lot(opens_in=-timedelta(minutes=5))
    marc = await town.a_customer()
    reservation = await marc.buys(lot)
    async with chromium_of(town, await Browser.of(marc)) as chromium:
        page = await chromium.new_page()
        asked: list[int] = []
        page.on("response", lambda answer: asked.append(answer.status))
        await page.clock.install()
        await page.goto(f"/reservations/{reservation.id}")
        await page.locator("summary", has_text="Confier").click()
        asked.clear()
        await page.clock.run_for(21_000)
        await expect(page.locator("#pass")).to_be_visible()
        assert await page.locator("details[open]").count() == 1
        await lot.shop.merchant.hands_over(await marc.pass_for(reservation))
        await page.clock.run_for(21_000)
        await expect(page.locator("#pass")).to_have_count(0)
        assert 304 in asked
