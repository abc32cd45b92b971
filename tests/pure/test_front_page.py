"""The public pages: the front page's figures in French, without a database too; scripts, links and contrast."""

import re

import httpx2
import pytest

from backend.main import create_app
from backend.settings import settings
from tests.production import SAFE_SETTINGS
from tests.pure.toy_app import toy_app


async def opened(path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=toy_app()), base_url="http://test") as web:
        return await web.get(path)


async def test_the_front_page_opens_without_the_database() -> None:
    answer = await opened("/")
    assert answer.status_code == 200
    assert "ne peuvent pas être lus" in answer.text


@pytest.mark.parametrize("path", ["/", "/docs", "/pass", "/problems", "/problems/rate.limited"])
async def test_pages_load_only_existing_local_files_and_no_inline_code(path: str) -> None:
    app = toy_app()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as web:
        page = (await web.get(path)).text
        # Links are followed by tests/web, where the API answers.
        loaded = re.findall(r'<(?:link|script|img|use)[^>]* (?:src|href)="([^"#]+)', page)
        assert loaded
        for address in loaded:
            assert address.startswith("/"), address
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
            assert (await web.get("/problems")).status_code == 200
    finally:
        settings.cache_clear()


async def test_the_pass_page_uses_existing_endpoints_and_elements() -> None:
    script = (await opened("/static/pass.js")).text
    asked = set(re.findall(r'"(/v1/[^"]+)"', script))
    assert asked == {"/v1/handed-passes/show", "/v1/handed-passes/show.svg"}
    assert asked <= create_app().openapi()["paths"].keys()
    shown = set(re.findall(r'part\("(\w+)"\)', script))
    assert shown == set(re.findall(r' id="(\w+)"', (await opened("/pass")).text)) - {"content"}
    # Texts that somebody else wrote, such as a shop's name, are never inserted as markup.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval", script)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_text_has_enough_contrast_in_light_and_dark() -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1."""
    css = (await opened("/static/style.css")).text
    schemes = re.findall(r":root\{(.*?)\}", css, re.DOTALL)[:2]
    light_scheme = dict(re.findall(r"--([\w-]+): (#\w{6})", schemes[0]))
    for scheme in (light_scheme, light_scheme | dict(re.findall(r"--([\w-]+): (#\w{6})", schemes[1]))):
        for text, ground in (
            *((text, ground) for text in ("ink", "grey", "aubergine", "tomato") for ground in ("paper", "card")),
            ("on-aubergine", "aubergine"),
            ("on-mirabelle", "mirabelle"),
            ("on-banner", "banner"),
            ("leaf", "leaf-pale"),
            ("tomato", "tomato-pale"),
            ("ink", "rose"),
            ("ink", "cream"),
        ):
            dark, light = sorted((luminance(scheme[text]), luminance(scheme[ground])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


# Comments and string literals.
COMMENTS_AND_STRINGS = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"')


async def test_no_script_has_a_backslash_outside_strings_and_comments() -> None:
    """A stray backslash is a syntax error: the browser refuses the whole script and the page stays empty."""
    assert "\\" in COMMENTS_AND_STRINGS.sub("", 'late ? ""\\u00a0: "\\u00a0" // a control')
    for name in ("pass.js", "docs.js"):
        assert "\\" not in COMMENTS_AND_STRINGS.sub("", (await opened(f"/static/{name}")).text), name
