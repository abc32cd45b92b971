"""Visitors' pages in a real browser: the scripts of the lot, the position and the map; axe; narrow windows."""

import os
import shutil
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect

from tests.town import Lot, Town

pytestmark = pytest.mark.needs_program("chromium", "chromium")

HERE = {"latitude": 48.58391, "longitude": 7.74551}
LIST = "/?near=48.584,7.746"


@pytest.fixture
async def context(town: Town) -> AsyncIterator[BrowserContext]:
    """Open a telephone in this town. Whatever its console complains of, such as our policy, fails the test."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=alone)
        context = await browser.new_context(
            base_url=town.url,
            locale="fr-FR",
            viewport={"width": 360, "height": 740},
            geolocation={"latitude": HERE["latitude"], "longitude": HERE["longitude"]},
            permissions=["geolocation"],
        )
        context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        await browser.close()
    assert complaints == []


async def a_lot_here(town: Town) -> Lot:
    await town.ensure_served()
    return await town.a_lot(shop=await town.a_shop(near=(48.58, 7.75)), left=3, price_cents=425)


async def test_a_visitor_goes_from_their_position_to_two_portions(town: Town, context: BrowserContext) -> None:
    lot = await a_lot_here(town)
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_role("button", name="Autour de moi").click()
    await page.wait_for_url("**/?near=48.584%2C7.746")  # to some hundred metres, no closer
    await page.get_by_role("link", name="Panier du soir").click()
    await page.wait_for_url(f"**/lots/{lot.id}")
    button = page.get_by_role("button", name="Réserver")
    await expect(button).to_have_text("Réserver\xa0· 4,25\xa0€")
    await page.get_by_role("button", name="Une portion de plus").click()
    await expect(button).to_have_text("Réserver\xa0· 8,50\xa0€")
    await expect(page.get_by_label("Portions", exact=True)).to_have_value("2")
    await page.get_by_role("button", name="Une portion de plus").click()
    await expect(page.get_by_role("button", name="Une portion de plus")).to_be_disabled()


async def test_the_map_asks_for_tiles_only_after_a_tap(town: Town, context: BrowserContext) -> None:
    lot = await a_lot_here(town)
    tile, asked = BytesIO(), list[str]()
    Image.new("RGB", (256, 256), "#dfe8d8").save(tile, "PNG")

    async def answers(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body=tile.getvalue(), content_type="image/png")

    await context.route(lambda url: not url.startswith(town.url), answers)
    page = await context.new_page()
    await page.goto(LIST.replace("/?", "/map?"))
    assert asked == []
    await page.get_by_role("button", name="Montrer la carte").click()
    await page.locator(".map-tag").click()
    await expect(page.locator(".map-words").get_by_role("link", name="Panier du soir")).to_have_attribute(
        "href", f"/lots/{lot.id}"
    )
    assert asked
    assert all(url.startswith("https://data.geopf.fr/wmts?") for url in asked)


async def test_pages_of_visitors_have_no_fault_that_axe_finds_and_fit_320_px(
    town: Town, context: BrowserContext
) -> None:
    lot = await a_lot_here(town)
    page = await context.new_page()
    await page.set_viewport_size({"width": 320, "height": 640})
    places = ("/", LIST, "/filter", "/impact", "/register", "/register/code", "/sign-in", "/associations", "/activate")
    found = {}
    for path in (*places, f"/lots/{lot.id}", f"/shops/{lot.shop.id}", LIST.replace("/?", "/map?"), "/help/customer"):
        await page.goto(path)
        found[path] = await faults(page)
    assert not any(found.values()), found


async def faults(page: Page) -> list[str]:
    wide = int(await page.evaluate("document.documentElement.scrollWidth"))
    violations = (await Axe().run(page)).response["violations"]
    return [f"{wide} px wide"] * (wide > 320) + [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in violations]
