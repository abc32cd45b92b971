"""A tour in a real Chromium: its pages without a network, and the steps that wait there until they are received."""

import asyncio
import gzip
import json
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.town import Town
from tests.town.rounds import a_round
from tests.web.browser import Browser
from tests.web.test_chromium_devices import chromium_of
from tests.web.test_crawl import MOST_JS


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


async def test_a_signature_is_drawn_by_finger_and_kept_as_strokes(town: Town) -> None:
    tour = await a_round(town)
    async with chromium_of(town, await Browser.of(tour.collector)) as chromium:
        page = await chromium.new_page()
        await page.goto(f"/tours/{tour.id}/stops/1")
        pad = page.locator("canvas")
        await expect(pad).to_be_visible()
        await pad.scroll_into_view_if_needed()
        box = await pad.bounding_box()
        assert box is not None

        async def draws(*points: tuple[float, float]) -> None:
            (left, top), *others = ((box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points)
            await page.mouse.move(left, top)
            await page.mouse.down()
            for x, y in others:
                await page.mouse.move(x, y, steps=5)
            await page.mouse.up()

        await draws((0.1, 0.1), (0.9, 0.1))
        await page.click("text=Effacer")
        await draws((0.1, 0.5), (0.5, 0.9), (0.9, 0.5))
        await draws((0.5, 0.5))
        await page.fill("[name=name]", "Sophie M.")
        await page.click("text=Enregistrer la signature")
        await expect(page.locator("[role=status]")).to_contain_text("C’est enregistré.")

    signature = json.loads(
        await town.value("select details -> 'signature' from app.tour_steps where kind = 'signature'")
    )
    assert signature["name"] == "Sophie M."
    first, dot = signature["strokes"]
    assert len(dot) == 1
    assert len(first) > 5
    assert all(0 <= part <= 1000 for point in first for part in point)
    assert abs(first[0][0] - 100) < 10
    assert abs(first[-1][0] - 900) < 10
    assert first[0][1] == 500


async def test_a_stop_page_weighs_at_most_six_kibibytes_of_scripts(town: Town) -> None:
    tour = await a_round(town)
    asked: list[str] = []
    async with chromium_of(town, await Browser.of(tour.collector)) as chromium:
        page = await chromium.new_page()
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"/tours/{tour.id}/stops/1")
        await expect(page.locator("canvas")).to_be_visible()
    scripts = [urlsplit(url).path for url in asked if "/static/js/" in url]
    assert scripts == ["/static/js/steps.js"]
    sent = (await town.request("GET", *scripts)).content
    assert b"function queue(" in sent
    assert len(gzip.compress(sent, 9)) <= MOST_JS
