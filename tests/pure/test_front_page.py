"""The public pages: the front page's figures in French, without a database too; scripts, links and contrast."""

import re
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from backend.main import create_app
from backend.pages import french
from backend.settings import settings
from tests.production import SAFE_SETTINGS
from tests.pure.toy_app import no_figures, toy_app

FIGURES: Mapping[str, Any] = {
    "meals": 12_345,
    "food_kg": 6_172.5,
    "co2e_kg": 9.9,
    "value_saved_cents": 1_234_567,
    "saved_by_people_cents": 1_000_067,
    "recovered_by_shops_cents": 234_500,
    "people_helped": 0,
    "method": "ecopanier-2025",
    "since": "2026-03-31T00:00:00+02:00",
}


async def front(impact: Any, path: str = "/") -> httpx2.Response:
    transport = httpx2.ASGITransport(app=toy_app(impact=impact))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as web:
        return await web.get(path)


async def test_the_front_page_shows_its_figures_in_french_notation() -> None:
    async def impact() -> Mapping[str, Any]:
        return FIGURES

    page = (await front(impact)).text
    for shown in ("12\u202f345", "6\u202f172\u00a0kg", "9,9\u00a0kg", "12\u202f345,67\u00a0€", "<dd>0</dd>"):
        assert shown in page
    assert re.search(r"estimation, méthode <code>ecopanier-2025</code>", page)
    assert "depuis le 31/03/2026" in page
    assert '<html lang="fr">' in page


async def test_the_front_page_opens_without_the_database() -> None:
    async def impact() -> Mapping[str, Any]:
        raise ConnectionRefusedError

    answer = await front(impact)
    assert answer.status_code == 200
    assert "ne peuvent pas être lus" in answer.text


@pytest.mark.parametrize("path", ["/", "/docs", "/pass", "/problems", "/problems/rate.limited"])
async def test_pages_load_only_existing_local_files_and_no_inline_code(path: str) -> None:
    app = toy_app()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as web:
        page = (await web.get(path)).text
        loaded = re.findall(r'(?:src|href)="([^"#]+)"', page)
        assert loaded
        for address in loaded:
            assert address.startswith("/"), address
            if address.startswith(("/help/", "/terms/")):
                continue  # made from the API's answers: tests/journeys/test_terms.py opens them
            assert (await web.get(address)).status_code == 200, address
        assert not re.search(r"<script(?![^>]* src)|<style| style=| on\w+=", page)


@pytest.mark.parametrize("opened", [False, True])
async def test_production_serves_docs_and_metrics_only_if_asked(opened: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SAFE_SETTINGS.items():
        monkeypatch.setenv(name, value)
    for name in ("ECOPANIER_DOCS", "ECOPANIER_METRICS"):
        monkeypatch.setenv(name, "on" if opened else "")
    settings.cache_clear()
    try:
        app = toy_app()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as web:
            for path in ("/docs", "/metrics", "/static/swagger/swagger-ui.css"):
                assert (await web.get(path)).status_code == (200 if opened else 404), path
            assert ('href="/docs"' in (await web.get("/")).text) is opened
            assert (await web.get("/problems")).status_code == 200
    finally:
        settings.cache_clear()


async def test_the_pass_page_uses_existing_endpoints_and_elements() -> None:
    script = (await front(no_figures, "/static/pass.js")).text
    asked = set(re.findall(r'"(/v1/[^"]+)"', script))
    assert asked == {"/v1/handed-passes/show", "/v1/handed-passes/show.svg"}
    assert asked <= create_app().openapi()["paths"].keys()
    shown = set(re.findall(r'part\("(\w+)"\)', script))
    assert shown == set(re.findall(r' id="(\w+)"', (await front(no_figures, "/pass")).text))
    # Texts that somebody else wrote, such as a shop's name, are never inserted as markup.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval", script)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_text_has_enough_contrast_in_light_and_dark() -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1."""
    css = (await front(no_figures, "/static/page.css")).text
    schemes = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for name in ("ink", "quiet", "green", "red"):
            dark, light = sorted((luminance(colours[name]), luminance(colours["paper"])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, scheme)


# Comments and string literals.
COMMENTS_AND_STRINGS = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"')


async def test_no_script_has_a_backslash_outside_strings_and_comments() -> None:
    """A stray backslash is a syntax error: the browser refuses the whole script and the page stays empty."""
    assert "\\" in COMMENTS_AND_STRINGS.sub("", 'late ? ""\\u00a0: "\\u00a0" // a control')
    for name in ("pass.js", "docs.js"):
        assert "\\" not in COMMENTS_AND_STRINGS.sub("", (await front(no_figures, f"/static/{name}")).text), name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (french.number(0), "0"),
        (french.number(1234567.5, 1), "1\u202f234\u202f567,5"),
        (french.kilograms(0.4), "0,4\u00a0kg"),
        (french.kilograms(0), "0\u00a0kg"),
        (french.kilograms(10.4), "10\u00a0kg"),
        (french.euros(5), "0,05\u00a0€"),
    ],
)
def test_numbers_are_formatted_in_french(written: str, expected: str) -> None:
    assert written == expected
