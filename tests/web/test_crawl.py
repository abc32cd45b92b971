"""All pages that each role reaches in the demo town: none is missing, too heavy or inaccessible.

`scripts/prove pages` looks at the same pages in every mode.
"""

import gzip
import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from backend.territories.loading import load_territories
from scripts.demo_town import build
from scripts.demo_town.people import PASSWORD
from scripts.proofs.looks import KIB, seen_in
from tests.town import Town
from tests.web.browser import Browser
from tests.web.crawl import crawl
from tests.web.test_chromium_devices import chromium_of
from tests.web.test_kiosk_screens import a_tablet
from tests.web.test_station_counter import a_device

STATIC = Path(__file__).parents[2] / "backend" / "pages" / "static"
MOST_CSS, MOST_JS, MOST_SPRITE, MOST_MAP = 12 * KIB, 6 * KIB, 8 * KIB, 350 * KIB
PEOPLE = {
    "customer": "claire@ecopanier.example",
    "merchant": "boulangerie@ecopanier.example",
    "beneficiary": "2026-BEN-04217",
    "association": "tables-partagees@ecopanier.example",
    "admin": "admin@ecopanier.example",
    "collector": "karim@ecopanier.example",
    "organisation": "mairie@ecopanier.example",
}
# Pages that several roles meet are looked at once, as one of them. Those that no line names are looked at as each.
LOOKED_AT_AS = {
    "visitor": r"/$|/(lots|shops|associations)/\{id\}$|/(filter|map|impact|territoires|associations|terms|help|problems"
    r"|sign-in|register|forgot-password|activate|pass)(/|$)",
    "customer": r"/(account|reservations|gifts|favourites|notices|my-impact)(/|$)",
    "merchant": r"/my-shops(/|$)",
    "beneficiary": r"/my-right$",
    "association": r"/association(/|$)",
    "admin": r"/admin(/|$)",
    "organisation": r"/organisation(/|$)",
    "station": r"/station(/|$)",
    "kiosk": r"/kiosk(/|$)",
}


@pytest.fixture(scope="module")
async def demo(lasting_town: Town) -> Town:
    """Return the demo town, with the map of France."""
    load_territories(lasting_town.copy.url())
    build(lasting_town.copy.url(), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    return lasting_town


async def _starts(town: Town, role: str) -> tuple[Browser, list[str]]:
    """Return the browser of a role or device, with the pages where it starts."""
    if role == "station":
        return (await a_device(town, await town.a_shop())).browser, ["/station"]
    if role == "kiosk":
        tablet = await a_tablet(town)
        await tablet.is_shown(tablet.cards[0])
        return tablet.browser, ["/kiosk/lots"]
    browser = Browser(town)
    if role not in PEOPLE:
        return browser, ["/", "/station", "/kiosk/setup", "/pass"]
    entered = await browser.enters(PEOPLE[role], PASSWORD)
    return browser, [entered.headers["location"], "/account"]


@pytest.mark.needs_program("chromium", "chromium")
@pytest.mark.parametrize("role", ["visitor", *PEOPLE, "station", "kiosk"])
async def test_each_role_meets_only_whole_and_light_pages(demo: Town, role: str) -> None:
    browser, starts = await _starts(demo, role)
    met = await crawl(browser, *starts)
    faults = met.faults
    async with chromium_of(demo, browser) as chromium, seen_in(chromium) as seen:
        for kind, path in met.pages.items():
            ways = [one for one, kinds in LOOKED_AT_AS.items() if re.match(kinds, kind)]
            if not ways or role in ways:
                await seen.opens(path)
                faults += [f"{path}: {fault}" for fault in [*await seen.over_budget(), *await seen.faults()]]

    assert met.pages
    assert faults == []


def _gzipped(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


async def test_styles_scripts_and_icons_keep_their_budgets(demo: Town) -> None:
    style = await demo.request("GET", "/static/style.css")
    assert len(gzip.compress(style.content, 9)) <= MOST_CSS
    assert _gzipped(STATIC / "sprite.svg") <= MOST_SPRITE
    for script in (STATIC / "js").glob("*.js"):
        assert _gzipped(script) <= MOST_JS, script.name


async def test_an_opened_map_keeps_its_budget(demo: Town) -> None:
    """Its tiles come from elsewhere, after a tap, and are not ours to weigh."""
    loaded = ("/map?near=48.5839,7.7455", "/static/style.css", "/static/js/map.js", "/static/sprite.svg")
    sizes = [
        len(gzip.compress((await demo.request("GET", path)).content, 6))
        for path in (*loaded, "/static/leaflet/leaflet.js", "/static/leaflet/leaflet.css")
    ]
    assert sum(sizes) <= MOST_MAP


PLANTED = """() => {
    const main = document.querySelector("main");
    const made = (name, words, style) => {
        const one = Object.assign(document.createElement(name), { textContent: words });
        Object.assign(one.style, style);
        main.append(one);
        return one;
    };
    made("p", "wide", { width: "3000px" });
    made("p", "pale", { color: "#ccc", backgroundColor: "#fff" });
    made("button", "x", { all: "unset", fontSize: "10px" });
    document.querySelector("main a").style.outline = "none";
    made("h6", "deep", {});
    Object.assign(made("img", "", {}), { src: "/photos/none", alt: "x" });
    return Promise.all(["a", "b", "c"].map((name) => fetch(`/static/sprite.svg?${name}`)));
}"""
FOUND = (
    "px wide in a window",
    "axe: color-contrast",
    "a target of",
    "focus cannot be seen",
    "headings: 6 follows",
    "a photo that is not lazy",
    "console: ",
    "requests: ",
)


@pytest.mark.needs_program("chromium", "chromium")
async def test_control_planted_faults_are_found(town: Town) -> None:
    visitor = Browser(town)
    await visitor.opens("/")
    async with chromium_of(town, visitor) as chromium, seen_in(chromium) as seen:
        await seen.opens("/")
        assert [*await seen.over_budget(), *await seen.faults(target=44, focus=True)] == []
        await seen.page.evaluate(PLANTED)
        found = [*await seen.over_budget(), *await seen.faults(target=44, focus=True)]

    assert [fault for fault in FOUND if not any(fault in one for one in found)] == []
