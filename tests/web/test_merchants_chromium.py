"""The counter in a real browser: its camera reads a QR code, keys type the PIN; axe on the merchants' main pages."""

import io
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import qrcode
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import async_playwright, expect
from qrcode.image.pil import PilImage

from tests.town import Town
from tests.web.browser import Browser

pytestmark = pytest.mark.needs_program("chromium", "chromium")

CHECKED = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def a_film_of(text: str, file: Path) -> Path:
    """Write a film for the camera in which somebody shows a QR code."""
    picture, written = Image.new("RGB", (1280, 720), "#777"), io.BytesIO()
    picture.paste(qrcode.make(text, image_factory=PilImage, box_size=8).get_image().convert("RGB"), (440, 160))
    picture.save(written, "JPEG", quality=90)
    file.write_bytes(written.getvalue() * 30)
    return file


async def test_the_camera_reads_a_pass_and_keys_type_its_pin(town: Town, tmp_path: Path) -> None:
    lot = await town.a_lot(opens_in=-timedelta(hours=1))
    marc = await town.a_customer()
    shown = await marc.pass_for(await marc.buys(lot))
    sophie = await Browser.of(lot.shop.merchant)
    film = a_film_of(shown.qr, tmp_path / "film.mjpeg")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    camera += [f"--use-file-for-fake-video-capture={film}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=camera)
        context = await browser.new_context(
            base_url=town.url, locale="fr-FR", viewport={"width": 360, "height": 740}, permissions=["camera"]
        )
        await context.add_cookies([{"name": "session", "value": sophie.cookies["session"], "url": town.url}])
        page = await context.new_page()
        home = f"/my-shops/{lot.shop.id}"
        for path in (home, f"{home}/lots/new", f"{home}/counter"):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth") == 360
            found = await Axe().run(page, options=CHECKED)
            assert found.violations_count == 0, found.generate_report()
        await expect(page.get_by_label("Tapez le code")).to_have_value(shown.qr)
        for digit in shown.pin:
            await page.get_by_role("button", name=digit, exact=True).click()
        await page.get_by_role("button", name="Valider").click()
        await expect(page.get_by_role("status")).to_contain_text("Remis")
        await browser.close()
    assert await town.status_of(shown.reservation) == "picked_up"
