"""Mails in a real browser: nothing is wider than the window, and everything can be read, light and dark."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from backend.mail.rendering import LANGUAGES
from scripts.mail_samples import optional_events, samples, write_samples

pytestmark = pytest.mark.needs_program("chromium", "chromium")

WIDTHS = (360, 700)
READABLE = {"runOnly": ["color-contrast", "image-alt", "link-name", "html-has-lang", "document-title"]}
# One mail of each form: a code, a pass with its picture, a long text, several lots, and one that can be stopped.
FORMS = ("address_to_confirm", "reservation_confirmed", "lot_recalled-harsh", "recall_for_shop", "day_summary")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=alone)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mails")
    write_samples(folder)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mail_is_wider_than_the_window(browser: Browser, folder: Path, language: str) -> None:
    page = browser.new_page()
    wide = []
    for sample in samples():
        page.goto(f"file://{folder}/{sample.name}.{language}.html")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((sample.name, width))
    page.close()

    assert wide == []


@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "no-pictures"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_mails_can_be_read_in_light_and_dark(browser: Browser, folder: Path, scheme: Any, pictures: bool) -> None:
    assert "day_summary" in optional_events()
    page = browser.new_page(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    if not pictures:
        page.route("**/*.png", lambda route: route.abort())
    for name in FORMS:
        page.goto(f"file://{folder}/{name}.fr.html")
        # Alternative words stand on the picture's own background, whatever the page's colours are.
        colours = page.evaluate(
            "[...document.images].map(i => [getComputedStyle(i).color, getComputedStyle(i).backgroundColor])"
        )
        assert all(pair == ["rgb(42, 31, 45)", "rgb(255, 255, 255)"] for pair in colours)
        found = Axe().run(page, options=READABLE)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    page.close()


def test_control_a_mail_without_folded_words_is_wider(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"file://{folder}/lot_recalled-harsh.fr.html")
    page.add_style_tag(content="* { overflow-wrap: normal !important; word-break: normal !important }")

    assert page.evaluate("document.documentElement.scrollWidth") > 360
    page.close()
