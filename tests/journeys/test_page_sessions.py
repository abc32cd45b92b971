"""Signing in with a browser: the session's cookie, forms of other sites, sessions that end, and what was typed."""

import re

import pytest

from tests.journeys.test_second_factors import a_holder
from tests.town import Town
from tests.visitors import PASSWORD
from tests.web.browser import Browser


async def _amina(town: Town) -> Browser:
    browser = Browser(town)
    await browser.joins()
    return browser


async def test_a_browser_signs_in_and_out(town: Town) -> None:
    amina = await _amina(town)
    page = await amina.enters()
    assert (page.status_code, page.headers["location"]) == (303, "/")
    (line,) = page.headers.get_list("set-cookie")
    assert "HttpOnly" in line
    assert "SameSite=lax" in line
    cookie = amina.cookies["session"]
    assert re.fullmatch("[0-9a-f]{64}", cookie)

    home = await amina.opens("/")
    assert "Le compte de Amina B." in home.text
    assert home.headers["cache-control"] == "no-store"
    assert home.headers["referrer-policy"] == "same-origin"
    assert "'unsafe" not in home.headers["content-security-policy"]

    gone = await amina.sends("/sign-out")
    assert gone.headers["clear-site-data"] == '"cache", "storage"'
    amina.cookies["session"] = cookie
    assert "Le compte de" not in (await amina.opens("/")).text
    assert await town.value("select count(*) from app.page_sessions") == 0
    assert await town.value("select count(*) from app.sessions where ended_at is null") == 1  # of confirming


async def test_the_cookie_of_a_page_opens_nothing_of_the_api(town: Town) -> None:
    amina = await _amina(town)
    await amina.enters()
    cookie = amina.cookies["session"]
    for headers in ({"Cookie": f"session={cookie}"}, {"Authorization": f"Bearer {cookie}"}):
        assert (await town.request("GET", "/v1/me", headers=headers)).status_code == 401


async def test_the_database_holds_neither_the_cookie_nor_a_token(town: Town) -> None:
    amina = await _amina(town)
    await amina.enters()
    (kept,) = await town.rows("select p.*, p::text as everything from app.page_sessions p")
    assert bytes.fromhex(amina.cookies["session"]) not in bytes(kept["id_hash"])
    assert amina.cookies["session"] not in kept["everything"]
    assert b"eyJ" not in kept["sealed"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_a_form_of_another_site_is_refused(town: Town, site: str) -> None:
    amina = await _amina(town)
    await amina.enters()
    assert (await amina.sends("/sign-out", site)).status_code == 403
    assert await town.value("select count(*) from app.page_sessions") == 1
    assert (await amina.sends("/sign-out")).status_code == 303  # the control


async def test_an_old_browser_is_told_apart_by_its_origin(town: Town) -> None:
    amina = await _amina(town)
    await amina.enters()
    other = await amina._asks("POST", "/sign-out", [], {"Origin": "https://elsewhere.example"})
    assert other.status_code == 403
    without = await amina._asks("POST", "/sign-out", [], {})
    assert without.status_code == 403


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]
)
async def test_signing_in_never_leads_to_another_site(town: Town, wanted: str) -> None:
    amina = await _amina(town)
    assert (await amina.enters(next=wanted)).headers["location"] == "/"
    assert (await amina.enters(next="/terms/terms")).headers["location"] == "/terms/terms"


async def test_a_wrong_password_keeps_the_name_and_shows_no_password(town: Town) -> None:
    amina = await _amina(town)
    page = await amina.enters(password="un mauvais mot de passe")
    assert page.status_code == 401
    assert "amina@example.org" in page.text
    assert "un mauvais mot de passe" not in page.text
    assert 'role="alert"' in page.text
    assert "session" not in amina.cookies


async def test_a_session_goes_on_with_new_tokens_after_a_quarter_of_an_hour(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.pages.session.REFRESH_WITHIN_SECONDS", 16 * 60)
    amina = await _amina(town)
    await amina.enters()
    first = await town.value("select sealed from app.page_sessions")
    for _ in range(2):
        assert "Le compte de Amina B." in (await amina.opens("/")).text
    assert await town.value("select sealed from app.page_sessions") != first
    assert await town.value("select count(*) from app.sessions where ended_at is null") == 2  # one of confirming


async def test_signing_in_again_keeps_what_was_typed(town: Town) -> None:
    amina = await _amina(town)
    again = {"_again.title": "Cageot <b>", "_again.quantity": "3"}
    entered = await amina.enters(next="/lots", **again)
    assert (entered.status_code, entered.headers["location"]) == (303, "/sign-in/again")
    for _ in range(2):  # it can be loaded again
        page = await amina.opens("/sign-in/again")
    assert 'name="title" value="Cageot &lt;b&gt;"' in page.text
    assert 'action="/lots"' in page.text


async def test_erasing_an_account_ends_its_browsers(town: Town) -> None:
    amina = await _amina(town)
    await amina.enters()
    account = await town.value("select account_id from app.page_sessions")
    await town.changes("select app.erase_account($1, 'asked')", account)
    assert "Le compte de" not in (await amina.opens("/")).text
    assert await town.value("select count(*) from app.page_sessions") == 0


async def test_an_unknown_path_is_a_page_in_browsers_and_a_problem_elsewhere(town: Town) -> None:
    browser = Browser(town)
    page = await browser.opens("/nowhere")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Cette page n’existe pas" in page.text
    program = await town.request("GET", "/nowhere", headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["code"]) == (404, "path.unknown")
    assert (await browser.opens("/v1/nowhere")).headers["content-type"] == "application/problem+json"


async def test_the_language_is_chosen_by_the_browser_and_kept(town: Town) -> None:
    browser = Browser(town)
    assert "What has been saved" in (await browser.opens("/", **{"Accept-Language": "en"})).text
    page = await browser.sends("/language", language="en", next="/terms/terms")
    assert page.headers["location"] == "/terms/terms"
    assert "What has been saved" in (await browser.opens("/")).text


async def test_the_form_to_sign_in_is_filled_as_a_person_does(town: Town) -> None:
    amina = await _amina(town)
    page = await (await amina.opens("/account")).form("/sign-in").send(username="amina@example.org", password=PASSWORD)
    assert (page.path, page.status_code, amina.taps) == ("/account", 200, 1)
    assert page.headings[0] == "Amina B."


async def test_a_code_of_a_second_factor_follows_on_a_page_of_its_own(town: Town) -> None:
    holder = await a_holder(town)
    await holder.adds()
    browser = Browser(town)

    page = (
        await (await browser.opens("/sign-in")).form("/sign-in").send(username="amina@example.org", password=PASSWORD)
    )
    wrong = await page.form("/sign-in").send(code="no code")
    await wrong.form("/sign-in").send(code=holder.recovery_codes[0])

    assert page.form("/sign-in").fields.keys() >= {"challenge", "code", "next"}
    assert 'name="password"' not in page.text
    assert PASSWORD not in page.text
    assert wrong.errors.keys() == {"code"}
    assert "Le compte de Amina B." in (await browser.opens("/")).text
