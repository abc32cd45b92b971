"""The browser of these tests: whom it signs in, and what it refuses to send."""

import pytest

from tests.town import Town
from tests.web.browser import Browser
from tests.web.html import faults, read_html


async def test_a_browser_signs_in_as_a_person_of_the_town(town: Town) -> None:
    marc = await Browser.of(await town.a_customer("Marc"))
    home = await marc.opens("/")
    assert "Le compte de Marc" in home.links
    assert (await home.follows("Le compte de Marc")).headings[0] == "Marc"
    assert marc.taps == 1


async def test_a_form_is_refused_as_a_browser_does(town: Town) -> None:
    page = await Browser(town).opens("/sign-in")
    form = page.form("/sign-in")
    for typed in ({"username": "a@example.org"}, {"username": "", "password": "x"}, {"colour": "red"}, {"next": "/x"}):
        with pytest.raises(AssertionError):
            await form.send(typed)
    with pytest.raises(AssertionError):
        page.form("/elsewhere")


@pytest.mark.parametrize(
    "body",
    [
        "<h1>A</h1><input name=a>",
        "<h1>A</h1><h3>B</h3>",
        "<h1>A</h1><p style='color: red'>B</p>",
        "<h1>A</h1><img src=a>",
        "<h1>A</h1><a href=/b><svg></svg></a>",
        "<h1 id=a>A</h1><p id=a>B</p>",
        "<h2>A</h2>",
    ],
)
def test_faults_of_a_page_are_found(body: str) -> None:
    page = f"<!doctype html><html lang=fr><head><title>A</title></head><body>{body}</body></html>"
    assert faults(read_html(page))
    assert not faults(read_html(page.replace(body, "<h1>A</h1><label>B <input name=b></label>")))
