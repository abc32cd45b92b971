"""Pages in a real Chromium on a slow network, before their modules arrive, and with JavaScript switched off."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect

from tests.town import Town
from tests.web.browser import Browser
from tests.web.test_chromium_devices import chromium_of
from tests.web.test_station_counter import a_device

pytestmark = pytest.mark.needs_program("chromium", "chromium")

# A slow 4G: milliseconds, and bytes a second.
SLOW = {"offline": False, "latency": 300, "downloadThroughput": 100_000, "uploadThroughput": 40_000}


async def _slowed(chromium: BrowserContext) -> Page:
    """Return a page on a slow network."""
    page = await chromium.new_page()
    network = await chromium.new_cdp_session(page)
    await network.send("Network.enable")
    await network.send("Network.emulateNetworkConditions", SLOW)
    return page


async def test_two_taps_on_a_slow_network_do_once(town: Town) -> None:
    shop, marc = await town.a_shop(), await town.a_beneficiary()
    free = await town.a_free_lot(left=5)
    async with chromium_of(town, await Browser.of(shop.merchant)) as chromium:
        page = await _slowed(chromium)
        await page.goto(f"/my-shops/{shop.id}/lots/new")
        await page.locator("#title").fill("Pains")
        await page.locator("#original_price").fill("8")
        await page.locator("#price").fill("4")
        await page.get_by_role("radio", name="6", exact=True).check(force=True)
        await page.get_by_label("J’ai vérifié").check(force=True)
        await page.get_by_role("button", name="Publier").dblclick(no_wait_after=True)
        await expect(page.get_by_role("status").first).to_contain_text("C’est publié")
    assert await town.value("select count(*) from app.lots where title = 'Pains'") == 1

    async with chromium_of(town, await Browser.of(marc)) as chromium:
        page = await _slowed(chromium)
        await page.goto(f"/lots/{free.id}")
        await page.locator("button[form=reserve]").dblclick(no_wait_after=True)
        await expect(page.locator("#pass")).to_be_visible()
    assert await town.value("select count(*) from app.reservations") == 1


async def test_pages_work_before_their_modules_arrive(town: Town) -> None:
    lot = await town.a_lot(opens_in=-timedelta(minutes=5), left=5)
    marc = await town.a_customer()
    first, second = [await marc.pass_for(await marc.buys(lot)) for _ in range(2)]
    device = (await a_device(town, lot.shop)).browser

    async def never(route: Route) -> None:
        await asyncio.sleep(60)
        await route.abort()

    ways = (
        (await Browser.of(lot.shop.merchant), f"/my-shops/{lot.shop.id}/counter", first, "Valider"),
        (device, "/station", second, "Valider"),
    )
    for browser, path, shown, button in ways:
        async with chromium_of(town, browser) as chromium:
            page = await chromium.new_page()
            await page.route("**/static/js/**", never)
            await page.goto(path, wait_until="commit")
            await page.locator("#shown").fill(shown.code)
            await page.locator("#pin").fill(shown.pin)
            await page.get_by_role("button", name=button).click(no_wait_after=True)
            await expect(page.get_by_text("Remis").first).to_be_visible()
            await page.unroute_all(behavior="ignoreErrors")
        assert await town.status_of(shown.reservation) == "picked_up"


@asynccontextmanager
async def without_scripts(town: Town, browser: Browser) -> AsyncIterator[Page]:
    """Yield a page of a Chromium whose JavaScript is switched off."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=alone)
        context = await started.new_context(base_url=town.url, locale="fr-FR", java_script_enabled=False)
        await context.add_cookies(
            [{"name": name, "value": value, "url": town.url} for name, value in browser.cookies.items()]
        )
        yield await context.new_page()
        await started.close()


async def test_the_counter_and_the_day_work_without_javascript(town: Town) -> None:
    lot = await town.a_lot(opens_in=-timedelta(minutes=5), left=5)
    marc = await town.a_customer()
    shown = await marc.pass_for(await marc.buys(lot))
    async with without_scripts(town, await Browser.of(lot.shop.merchant)) as page:
        await page.goto(f"/my-shops/{lot.shop.id}")
        await expect(page.get_by_text("1 attendue")).to_be_visible()
        await page.get_by_role("link", name="Remettre une réservation").click()
        await page.locator("#shown").fill(shown.code)
        await page.locator("#pin").fill(shown.pin)
        await page.get_by_role("button", name="Valider").click()
        await expect(page.get_by_role("status")).to_contain_text("Remis")
        await page.goto(f"/my-shops/{lot.shop.id}")
        await page.get_by_role("link", name="Actualiser").click()
        await expect(page.get_by_text("1 remise")).to_be_visible()
