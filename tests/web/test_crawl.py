"""All pages that each role reaches in the demo town: none is missing, too large or inaccessible."""

import gzip
import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page as ChromiumPage

from scripts.demo_town import build
from scripts.demo_town.people import PASSWORD
from tests.town import Town
from tests.web.browser import Browser
from tests.web.crawl import Crawl, crawl
from tests.web.test_chromium_devices import chromium_of
from tests.web.test_kiosk_screens import a_tablet
from tests.web.test_station_counter import a_device

STATIC = Path(__file__).parents[2] / "backend" / "pages" / "static"
MOST_CSS, MOST_JS, MOST_SPRITE = 12 * 1024, 6 * 1024, 8 * 1024
MOST_REQUESTS = 6
PEOPLE = {
    "visitor": "",
    "customer": "claire@ecopanier.example",
    "merchant": "boulangerie@ecopanier.example",
    "beneficiary": "2026-BEN-04217",
    "association": "tables-partagees@ecopanier.example",
    "admin": "admin@ecopanier.example",
    "collector": "karim@ecopanier.example",
}
WITH_A_MAP = re.compile("map")  # the map's own budget is larger: it brings Leaflet
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
async def demo(lasting_town: Town) -> Town:
    """Return the demo town."""
    build(lasting_town.copy.url(), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    return lasting_town


async def _browsers(town: Town) -> dict[str, tuple[Browser, str]]:
    """Return a browser for each role and device, with the page where it starts."""
    found: dict[str, tuple[Browser, str]] = {}
    for role, name in PEOPLE.items():
        browser, start = Browser(town), "/"
        if name:
            start = (await browser.enters(name, PASSWORD)).headers["location"]
        found[role] = (browser, start)
    counter = await a_device(town, await town.a_shop())
    found["station"] = (counter.browser, "/station")
    tablet = await a_tablet(town)
    await tablet.is_shown(tablet.cards[0])
    found["kiosk"] = (tablet.browser, "/kiosk/lots")
    return found


async def _looks(page: ChromiumPage, path: str) -> list[str]:
    """Return what is wrong with a page in a real browser."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(path)
    counted = [url for url in asked if not re.search(r"/photos/|manifest|icon", url)]
    if len(counted) > MOST_REQUESTS and not WITH_A_MAP.search(path):
        said.append(f"{len(counted)} requests: {counted}")
    found = await Axe().run(page, options=RULES)
    said += [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]]
    return [f"{path}: {one}" for one in said]


@pytest.mark.needs_program("chromium", "chromium")
async def test_each_role_meets_only_whole_pages(demo: Town) -> None:
    faults: list[str] = []
    looked: set[str] = set()
    for role, (browser, start) in (await _browsers(demo)).items():
        met: Crawl = await crawl(browser, start, *(["/account"] if PEOPLE.get(role) else []))
        faults += [f"{role}: {fault}" for fault in met.faults]
        new = {kind: path for kind, path in met.pages.items() if kind not in looked}
        looked |= new.keys()
        async with chromium_of(demo, browser) as chromium:
            for path in new.values():
                page = await chromium.new_page()
                faults += [f"{role}: {fault}" for fault in await _looks(page, path)]
                await page.close()
    assert len(looked) > 20
    assert faults == []


def _gzipped(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


async def test_styles_scripts_and_icons_keep_their_budgets(demo: Town) -> None:
    style = await demo.request("GET", "/static/style.css")
    assert len(gzip.compress(style.content, 9)) <= MOST_CSS
    assert _gzipped(STATIC / "sprite.svg") <= MOST_SPRITE
    for script in (STATIC / "js").glob("*.js"):
        assert _gzipped(script) <= MOST_JS, script.name
