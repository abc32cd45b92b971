"""Devices in a real Chromium: what a kiosk keeps, a counter without a network, and passes without a network."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import BrowserContext, async_playwright, expect

from tests.town import Town
from tests.web.browser import Browser
from tests.web.test_kiosk_screens import a_tablet
from tests.web.test_station_counter import a_device

pytestmark = pytest.mark.needs_program("chromium", "chromium")

KEPT = """async () => ({
    caches: await Promise.all((await caches.keys()).map(async (name) =>
        [name, await Promise.all((await (await caches.open(name)).keys()).map((one) => one.url))])),
    databases: (await indexedDB.databases()).map((one) => one.name),
    local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookies: document.cookie,
})"""


QUEUED = """async () => Promise.all(
    (await (await caches.open("station-queue")).matchAll()).map((one) => one.text()))"""


@asynccontextmanager
async def chromium_of(town: Town, browser: Browser) -> AsyncIterator[BrowserContext]:
    """Yield a Chromium with the cookies of a browser, and serve the town to it."""
    await town.ensure_served()
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=alone)
        context = await started.new_context(
            base_url=town.url, locale="fr-FR", extra_http_headers={"X-Forwarded-For": browser.address}
        )
        await context.add_cookies(
            [
                {"name": name, "value": value, "url": town.url, "httpOnly": True}
                for name, value in browser.cookies.items()
            ]
        )
        context.set_default_timeout(10_000)
        yield context
        await started.close()


async def test_a_kiosk_keeps_nothing_of_whoever_left(town: Town) -> None:
    tablet = await a_tablet(town)
    lot = await town.a_free_lot(opens_in=-timedelta(minutes=5))
    async with chromium_of(town, tablet.browser) as chromium:
        page = await chromium.new_page()
        await page.goto("/kiosk")
        await page.fill("#shown", tablet.cards[0])
        await page.keyboard.press("Enter")
        await page.click(f"a[href='/kiosk/lots/{lot.id}']")
        await page.click("form[action$='/reserve'] button >> nth=0")
        await expect(page.locator(".note")).to_be_visible()
        [one] = (await tablet.people[0].gets("/reservations"))["data"]
        shown = await tablet.people[0].gets(f"/reservations/{one['id']}/pass")
        await page.click("form[action='/kiosk/leave'] button")
        await expect(page).to_have_url(re.compile("said=bye"))

        kept = await page.evaluate(KEPT)
        assert kept == {"caches": [], "databases": [], "local": [], "session": [], "cookies": ""}
        assert [cookie["name"] for cookie in await chromium.cookies()] == ["kiosk"]
        # Back shows nothing of the pickup, neither from memory nor from the server.
        await page.go_back()
        await page.wait_for_load_state()
        assert shown["pin"] not in (await page.content()).replace(" ", "")


async def test_a_counter_without_a_network_lets_a_pass_wait_and_sends_it_later(town: Town) -> None:
    shop, amina = await town.a_shop(), await town.a_customer("Amina")
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    shown = await amina.pass_for(await amina.buys(lot))
    device = (await a_device(town, shop)).browser
    async with chromium_of(town, device) as chromium:
        page = await chromium.new_page()
        await page.goto("/station")
        await asyncio.wait_for(page.evaluate("async () => { await navigator.serviceWorker.ready }"), 10)
        await page.reload()  # the worker keeps the counter
        await chromium.set_offline(True)
        await page.fill("#shown", shown.code)
        await page.fill("#pin", shown.pin)
        await page.click("#hand-over .button.full")
        waiting = page.locator("#queue li")
        await expect(waiting).to_contain_text("À vérifier")
        assert "Remis" not in await page.inner_text("main")
        assert await town.value("select count(*) from app.reservations where status = 'picked_up'") == 0

        await chromium.set_offline(False)
        await expect(waiting).to_contain_text("Vérifié, remis", timeout=10_000)
        assert await town.value("select count(*) from app.reservations where shown_at is not null") == 1
        assert shown.pin not in str(await page.evaluate(QUEUED))
        await waiting.locator("button").click()
        await expect(page.locator("#queue")).to_be_hidden()


async def test_the_queue_of_a_station_survives_sign_ins_on_its_device(town: Town) -> None:
    amina, shop = await town.a_customer("Amina"), await town.a_shop()
    bought = await amina.buys(await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5)))
    tablet = await Browser.of(amina)
    tablet.cookies |= (await a_device(town, shop)).browser.cookies
    waits = {"key": "one", "at": 0, "state": "lost", "words": "Trop tard"}
    async with chromium_of(town, tablet) as chromium:
        page = await chromium.new_page()
        await page.goto("/station")
        await asyncio.wait_for(page.evaluate("async () => { await navigator.serviceWorker.ready }"), 10)
        await page.evaluate(
            "async (one) => (await caches.open('station-queue')).put('/station/queue/one', Response.json(one))", waits
        )
        await page.goto(f"/reservations/{bought.id}")
        await page.goto("/account")
        await page.click("form[action='/sign-out'] button")
        await page.wait_for_load_state()
        kept = (await page.evaluate(KEPT))["caches"]
        assert not [urls for name, urls in kept if name == "passes" and urls]
        await page.goto("/station")
        line = page.locator("#queue li")
        await expect(line).to_contain_text("Trop tard")
        await line.locator("button").focus()
        await page.evaluate("dispatchEvent(new Event('online'))")  # it looks again, and changes nothing
        await page.wait_for_timeout(300)
        await expect(line.locator("button")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#shown")).to_be_focused()


async def test_passes_are_shown_without_a_network_until_somebody_signs_out(town: Town) -> None:
    amina = await town.a_customer("Amina")
    bought = await amina.buys(await town.a_lot(opens_in=-timedelta(minutes=5)))
    shown = await amina.pass_for(bought)
    async with chromium_of(town, await Browser.of(amina)) as chromium:
        page = await chromium.new_page()
        await page.goto(f"/reservations/{bought.id}")
        await asyncio.wait_for(page.evaluate("async () => { await navigator.serviceWorker.ready }"), 10)
        await page.reload()
        await page.goto("/reservations")
        await chromium.set_offline(True)
        await page.goto(f"/reservations/{bought.id}")
        assert shown.pin in (await page.inner_text(".pass")).replace(" ", "")
        await page.goto("/reservations")
        await expect(page.locator("h1")).to_have_text("Pas de réseau")
        await expect(page.locator("[data-kept] li")).to_have_count(1)
        await page.click("[data-kept] a")
        assert shown.pin in (await page.inner_text(".pass")).replace(" ", "")
        await page.goto("/offline")
        await expect(page.locator("[data-kept] a")).to_contain_text("Panier du soir")
        kept = (await page.evaluate(KEPT))["caches"]
        assert [urls for name, urls in kept if name == "passes"] == [[f"{town.url}/reservations/{bought.id}"]]

        await chromium.set_offline(False)
        await page.goto("/account")
        await page.click("form[action='/sign-out'] button")
        await page.wait_for_load_state()
        assert not [urls for name, urls in (await page.evaluate(KEPT))["caches"] if name == "passes" and urls]
