"""The command line of `scripts/pictures`: take the README's pictures from a demo town that `scripts/run` serves."""

import io
import re
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from scripts.demo_town.people import PASSWORD

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
TELEPHONE, DESK = (360, 720), (1120, 720)
COLOURS = 200  # a palette keeps the pictures small
CUSTOMER, MERCHANT = "claire@ecopanier.example", "boulangerie@ecopanier.example"
ADMIN = "admin@ecopanier.example"


def _signed_in(browser: Browser, base: str, who: str | None, size: tuple[int, int]) -> Page:
    page = browser.new_page(
        viewport=ViewportSize(width=size[0], height=size[1]),
        locale="fr-FR",
        device_scale_factor=2 if size is TELEPHONE else 1,
        reduced_motion="reduce",  # or a picture shows two pages, one fading into the other
    )
    if who is not None:
        page.goto(f"{base}/sign-in")
        page.fill("#username", who)
        page.fill("#password", PASSWORD)
        page.click("main form button.button")
        page.wait_for_load_state()
    return page


def _taken(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _side_by_side(parts: list[Image.Image], name: str) -> None:
    """Keep several pictures of a telephone as one, with room between them."""
    height, room = max(part.height for part in parts), 40
    whole = Image.new("RGB", (sum(part.width for part in parts) + room * (len(parts) - 1), height), "#e5dacb")
    across = 0
    for part in parts:
        whole.paste(part, (across, 0))
        across += part.width + room
    whole.thumbnail((1600, 1600))
    whole.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)


def main(
    url: Annotated[str, typer.Option(help="Where the demo town is served.")] = "http://127.0.0.1:8000",
) -> None:
    """Take the README's pictures. Needs `./scripts/run` in another window, and Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Install Chromium first: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        people = _signed_in(browser, url, CUSTOMER, TELEPHONE)
        people.goto(f"{url}/?where=Strasbourg")
        find = _taken(people)
        people.click(".lot h3 a")
        people.wait_for_load_state()
        lot = _taken(people)
        shop = _signed_in(browser, url, MERCHANT, TELEPHONE)
        shop.goto(f"{url}/my-shops")
        if not re.search(r"/my-shops/[0-9a-f-]{36}$", shop.url):
            shop.click("main a[href^='/my-shops/']")
            shop.wait_for_load_state()
        day = _taken(shop)
        _side_by_side([find, lot, day], "telephone")
        desk = _signed_in(browser, url, ADMIN, DESK)
        desk.goto(f"{url}/admin")
        _side_by_side([_taken(desk)], "desk")
        browser.close()


if __name__ == "__main__":
    typer.run(main)
