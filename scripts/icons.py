"""Draw the icons of the installed app from their one SVG: `python -m scripts.icons`.

The SVG is drawn by Chromium, because Pillow reads none. Its picture leaves the safe zone that round masks need.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ICONS = Path(__file__).parents[1] / "backend" / "pages" / "static" / "icons"
SIZES = (192, 512)
COLOURS = 64  # of the palette: the drawing has four, and their edges


def main(chromium: str = "/usr/bin/chromium") -> None:
    """Write one PNG a size beside the SVG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size in SIZES:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.goto((ICONS / "app.svg").as_uri())
            drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            drawn.quantize(COLOURS).save(ICONS / f"icon-{size}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
