"""What is answered kindly: unknown and forbidden pages, failures, limits, cookies that are refused, broken forms."""

from typing import Any

import pytest

from backend.pages.client import Api
from tests.town import Town
from tests.visitors import PASSWORD
from tests.web.browser import Browser


async def test_an_unknown_page_says_so_and_leads_home(lasting_town: Town) -> None:
    page = await Browser(lasting_town).opens("/nowhere")
    assert (page.status_code, page.headings) == (404, ["Cette page n’existe pas"])
    assert page.links["Retour à l’accueil"] == "/"
    assert {"Aide", "Conditions", "Vos données", "Impact et méthode"} <= page.links.keys()


async def test_a_page_of_another_role_is_refused_with_a_way_on(town: Town) -> None:
    collector = await Browser.of(await town.a_collector())
    shop = await town.a_shop()
    page = await collector.opens(f"/shops/{shop.id}")
    assert page.status_code == 200
    answer = await collector.sends(f"/shops/{shop.id}/favourite", favourite="yes")
    assert (answer.status_code, "Retour à l’accueil" in answer.text) == (403, True)


async def test_a_failure_is_a_page_without_details(lasting_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret details")

    monkeypatch.setattr(Api, "get", fails)
    page = await Browser(lasting_town).opens("/impact")
    assert page.status_code == 500
    assert "secret" not in page.text
    assert "Réessayer" in page.links


async def test_too_many_requests_say_when_to_try_again(town: Town) -> None:
    browser = Browser(town)
    answers = [await browser.enters("nobody@example.org", "wrong password") for _ in range(12)]
    late = answers[-1]
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0
    assert 'role="alert"' in late.text


async def test_a_browser_that_refuses_cookies_is_told(town: Town) -> None:
    amina = Browser(town)
    await amina.joins()
    page = await amina.opens("/sign-in")
    amina.cookies.clear()
    page = await page.form("/sign-in").send(username="amina@example.org", password=PASSWORD)
    assert (page.status_code, "refuse les cookies" in page.alert) == (422, True)
    assert await town.value("select count(*) from app.page_sessions") == 0
    page = await page.form("/sign-in").send(password=PASSWORD)
    assert "Le compte de Amina B." in page.links


@pytest.mark.parametrize("path", ["/register", "/register/code", "/sign-in", "/activate", "/language"])
async def test_a_form_that_cannot_be_read_is_refused(lasting_town: Town, path: str) -> None:
    for kind in ("multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded"):
        answer = await lasting_town.request(
            "POST", path, content=b"\xff\x00--x=", headers={"Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code < 500, (kind, answer.text)


async def test_a_diet_is_a_filter_that_can_be_taken_back(town: Town) -> None:
    marc = await town.a_customer()
    await marc.asks("PUT", "/me/consents", {"diet": {"version": "2026-11", "given": True}})
    await marc.asks("PUT", "/me/diet", {"without_allergens": ["gluten", "milk"]})
    await town.a_lot(shop=await town.a_shop(near=(48.58, 7.75)), title="Pain", allergens=["gluten"])
    browser = await Browser.of(marc)
    page = await browser.opens("/?near=48.5839,7.7455")
    assert "Pain" in page.links
    page = await page.follows("Selon mon régime")
    assert "Pain" not in page.headings
    page = await page.follows("Selon mon régime")
    assert "Pain" in page.headings
    assert "Selon mon régime" not in (await Browser(town).opens("/?near=48.5839,7.7455")).links
