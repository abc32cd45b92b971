"""What strangers and other sites may try with pages, and what people see when something below fails."""

from typing import Any

import asyncpg
import pytest

from backend.database.acts import Acts
from backend.pages import content_policy
from backend.pages import session as page_sessions
from backend.settings import settings
from tests.town import Town
from tests.visitors import PASSWORD
from tests.web.browser import Browser
from tests.web.test_station_counter import a_device

TOO_LARGE = b"a" * (1024 * 1024 + 1)
ELSEWHERE: tuple[tuple[str, str, bytes, int], ...] = (
    ("POST", "/nowhere", b"", 404),
    ("POST", "/account", b"", 405),
    ("GET", "/?where=%00", b"", 422),
    ("GET", "/static/nowhere.js", b"", 404),
    ("POST", "/sign-in", TOO_LARGE, 413),
)


@pytest.mark.parametrize(("method", "path", "content", "status"), ELSEWHERE)
async def test_a_browser_reads_every_refusal_as_a_page(
    lasting_town: Town, method: str, path: str, content: bytes, status: int
) -> None:
    for language, home in (("fr", "Retour à l’accueil"), ("en", "Back to the start")):
        headers = {"Accept": "text/html,*/*", "Accept-Language": language, "Sec-Fetch-Site": "same-origin"}
        answer = await lasting_town.request(method, path, content=content, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert home in answer.text
        assert f'lang="{language}"' in answer.text
    # A program still gets a problem, and so does a browser from the API.
    program = await lasting_town.request(method, path, content=content, headers={"Accept": "*/*"})
    assert program.headers["content-type"] in ("application/problem+json", "text/html; charset=utf-8")
    api = await lasting_town.request("GET", "/v1/nowhere", headers={"Accept": "text/html"})
    assert api.headers["content-type"] == "application/problem+json"


async def test_a_database_that_is_away_is_said_on_a_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await Browser.of(await town.a_customer())
    assert (await browser.opens("/account")).status_code == 200

    async def is_away(*_: Any, **__: Any) -> None:
        raise asyncpg.InterfaceError("the connection to 5432 is closed")

    monkeypatch.setattr(Acts, "row", is_away)
    page = await browser.opens("/account")
    assert page.status_code == 503
    assert "5432" not in page.text
    assert "Réessayer" in page.links


@pytest.mark.parametrize(("site", "signed_in"), [("same-origin", True), ("", False)])
async def test_another_site_cannot_sign_somebody_in_by_an_activation(town: Town, site: str, signed_in: bool) -> None:
    """A browser that is too old to name the site of a form goes on by signing in."""
    enrolled = await (await town.an_association()).enrols()
    browser = Browser(town)
    answer = await browser.sends(f"/activate/{enrolled['activation_token']}", site, password=PASSWORD)
    assert answer.status_code == 200
    assert ("session" in browser.cookies) is signed_in
    assert enrolled["code"] in answer.text


async def test_signing_in_ends_the_earlier_session_of_the_browser(town: Town) -> None:
    marc, amina = await town.a_customer(), Browser(town)
    await amina.joins()
    shared, elsewhere = await Browser.of(marc), await Browser.of(marc)
    before = shared.cookies["session"]
    answer = await shared.enters()
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert shared.cookies["session"] != before
    shared.cookies["session"] = before
    assert (await shared.opens("/account")).path.startswith("/sign-in")
    assert (await elsewhere.opens("/account")).status_code == 200
    assert "clear-site-data" not in (await Browser(town).enters()).headers


@pytest.mark.parametrize("is_station", [True, False])
async def test_signing_in_and_out_leaves_what_waits_on_a_station(town: Town, is_station: bool) -> None:
    marc, shop = await town.a_customer(), await town.a_shop()
    bought = await marc.buys(await town.a_lot(shop=shop))
    tablet = await Browser.of(marc)
    if is_station:
        tablet.cookies |= (await a_device(town, shop)).browser.cookies
    shown = await tablet.opens(f"/reservations/{bought.id}")
    assert ("kept-until" in shown.headers) is not is_station
    amina = Browser(town)
    await amina.joins()
    for answer in (await tablet.enters(), await tablet.sends("/sign-out")):
        assert answer.headers["clear-site-data"] == ('"cache"' if is_station else '"cache", "storage"')


async def test_late_passes_of_a_revoked_station_keep_waiting(town: Town) -> None:
    shop = await town.a_shop()
    device = (await a_device(town, shop)).browser
    late = {"shown": "7K3M9QXT4B", "pin": "123456", "seconds_ago": "60"}
    assert (await device.sends("/station/late", **late)).status_code == 200  # it is refused for good
    [station] = (await shop.merchant.gets(f"/shops/{shop.id}/stations"))["data"]
    await shop.merchant.asks("DELETE", f"/shops/{shop.id}/stations/{station['id']}")
    assert (await device.sends("/station/late", **late)).status_code == 401


@pytest.mark.parametrize("address", ["http://ecopanier.example", "https://ecopanier.example"])
async def test_cookies_of_an_https_address_are_kept_from_http(
    town: Town, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Behind a proxy the request itself comes by http."""
    known = settings().model_copy(update={"public_url": address})
    monkeypatch.setattr(page_sessions, "settings", lambda: known)
    page = await Browser(town).opens("/register")
    answer = await page.browser.sends(
        "/register",
        email="lea@example.org",
        password=PASSWORD,
        role="customer",
        display_name="Léa",
        terms=str(page.form("/register").fields.get("terms") or page.form("/register").options("terms")[0]),
    )
    (line,) = answer.headers.get_list("set-cookie")
    assert ("Secure" in line) is address.startswith("https")


@pytest.mark.parametrize(("kept", "origin"), [("directory", False), ("supabase", True)])
async def test_a_page_shows_photos_from_where_they_are_kept(
    lasting_town: Town, monkeypatch: pytest.MonkeyPatch, kept: str, origin: bool
) -> None:
    """Browsers apply the policy to where the address of a photo leads, too."""
    changes = {"photos": kept, "supabase_url": "https://project.supabase.example/"}
    known = settings().model_copy(update=changes)
    monkeypatch.setattr(content_policy, "settings", lambda: known)
    images = content_policy.policy_of({}).partition("img-src")[2].partition(";")[0]
    assert ("https://project.supabase.example" in images.split()) is origin


async def test_an_address_of_a_gift_with_more_in_it_still_opens(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    gift = await marc.posts("/suspended-lots", {"lot_id": str(lot.id), "quantity": 1}, key="a gift")
    page = await (await Browser.of(marc)).opens(f"/reservations/{gift['id']}?path=1&self=2&done=saved")
    assert (page.status_code, page.path) == (200, f"/gifts/{gift['id']}")


@pytest.mark.parametrize("host", ["ecopanier.example", "elsewhere.example"])
async def test_links_to_activate_lead_to_us_whatever_the_host_header_says(town: Town, host: str) -> None:
    browser = await Browser.of(await town.an_association())
    typed = {"first_name": "Amina", "last_name": "Benali", "birth_date": "1990-05-01", "eligible_until": "2027-06-30"}
    headers = {"Sec-Fetch-Site": "same-origin", "Host": host}
    answer = await browser._asks("POST", "/association/people/new", list(typed.items()), headers)
    assert f"{settings().public_url}/activate/" in answer.text
    assert host not in answer.text
    sheet = (
        "people.csv",
        ("first_name;last_name;birth_date;eligible_until\r\nZoé;Klein;1991-05-01;2027-06-30").encode(),
        "text/csv",
    )
    answer = await browser._asks("POST", "/association/import", (), headers, [("file", sheet)])
    assert f"{settings().public_url}/activate/" in answer.text
    assert host not in answer.text
