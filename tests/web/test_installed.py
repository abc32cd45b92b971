"""What a browser needs to install EcoPanier: the manifest, its icons, the worker, and the page without a network."""

import io

from PIL import Image

from tests.town import Town
from tests.web.browser import Browser


async def test_the_manifest_names_icons_that_exist_in_their_size(town: Town) -> None:
    browser = Browser(town)
    assert 'rel="manifest" href="/manifest.webmanifest"' in (await browser.opens("/")).text
    answer = await browser.opens("/manifest.webmanifest")
    manifest = answer.answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    for icon in manifest["icons"]:
        picture = (await town.request("GET", icon["src"])).content
        size = "x".join(map(str, Image.open(io.BytesIO(picture)).size))
        assert (size, len(picture) < 10_000) == (icon["sizes"], True)


async def test_the_worker_is_served_where_it_sees_every_page(town: Town) -> None:
    answer = await town.request("GET", "/service-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert (await Browser(town).opens("/offline")).headings[0] == "Pas de réseau"


async def test_the_legal_notice_and_accessibility_are_linked_on_every_page(town: Town) -> None:
    for browser in (Browser(town), await Browser.of(await town.a_customer())):
        page = await browser.opens("/")
        legal = await page.follows("Mentions légales")
        statement = await legal.follows("Accessibilité")
        assert (legal.headings[0], statement.headings[0]) == ("Mentions légales", "Accessibilité")
