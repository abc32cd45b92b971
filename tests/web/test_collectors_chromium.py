"""A tour in a real Chromium: its pages without a network, and the steps that wait there until they are received."""

import asyncio

from playwright.async_api import expect

from tests.town import Town
from tests.town.rounds import a_round
from tests.web.browser import Browser
from tests.web.test_chromium_devices import chromium_of


async def test_a_step_without_a_network_waits_and_is_received_later(town: Town) -> None:
    tour = await a_round(town)
    async with chromium_of(town, await Browser.of(tour.collector)) as chromium:
        page = await chromium.new_page()
        await page.goto(f"/tours/{tour.id}")
        await asyncio.wait_for(page.evaluate("async () => { await navigator.serviceWorker.ready }"), 10)
        kept = "async () => (await (await caches.open('passes')).keys()).length"
        await page.reload()  # the worker keeps the tour, and the script its stops
        for _ in range(100):
            if await page.evaluate(kept) == 3:
                break
            await asyncio.sleep(0.1)
        await chromium.set_offline(True)
        await page.goto(f"/tours/{tour.id}/stops/1")
        await page.click("#taken button[value=all]")
        waiting = page.locator("#queue li")
        await expect(waiting).to_contain_text("En attente du réseau")
        assert await tour.status() == "scheduled"

        await chromium.set_offline(False)
        await expect(page.locator("#queue")).to_be_hidden(timeout=10_000)
        assert await tour.status() == "taken"
        await expect(page.locator("main")).to_contain_text("Fait")


async def test_a_refused_step_is_said_until_it_was_seen(town: Town) -> None:
    tour = await a_round(town)
    async with chromium_of(town, await Browser.of(tour.collector)) as chromium:
        page = await chromium.new_page()
        await page.goto(f"/tours/{tour.id}/stops/1")
        await asyncio.wait_for(page.evaluate("async () => { await navigator.serviceWorker.ready }"), 10)
        await page.reload()
        await chromium.set_offline(True)
        await page.click("#taken button[value=all]")
        await expect(page.locator("#queue li")).to_contain_text("En attente du réseau")
        await town.changes("update app.tours set status = 'closed', closed_at = now()")
        await chromium.set_offline(False)
        await expect(page.locator("#queue li")).to_contain_text("Refusé", timeout=10_000)
        await page.click("#queue button")
        await expect(page.locator("#queue")).to_be_hidden()
        assert await tour.status() == "scheduled"
