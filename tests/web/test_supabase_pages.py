"""Pages where Supabase Auth signs people in: registering, signing in, refreshing, signing out, a new password."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from backend.identity import supabase_auth
from backend.pages import session as page_sessions
from scripts.stand_ins.supabase import RefusedInProduction, SupabaseStandIn
from tests.town import Town
from tests.visitors import PASSWORD
from tests.web.browser import Browser, Page
from tests.web.supabase_town import EMAIL, SupabaseTown, with_supabase

ANOTHER = "une autre phrase tranquille"


@pytest.fixture
async def elsewhere(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SupabaseTown]:
    async with with_supabase(town, monkeypatch) as found:
        yield found


async def enters(browser: Browser, password: str = PASSWORD) -> Page:
    page = await browser.opens("/sign-in")
    return await page.form("/sign-in").send(username=EMAIL, password=password)


async def kept_tokens(town: Town) -> list[dict[str, Any]]:
    rows = await town.rows("select id_hash, sealed from app.page_sessions order by created_at")
    return [page_sessions._opened(row[0], row[1]) or {} for row in rows]


async def expire(town: Town) -> None:
    """Make the access tokens of all browsers end now, as they do after an hour."""
    for row in await town.rows("select id_hash, sealed from app.page_sessions"):
        tokens = page_sessions._opened(row[0], row[1])
        assert tokens is not None
        sealed = page_sessions._sealed(row[0], {**tokens, "expires_at": 0})
        await town.changes("update app.page_sessions set sealed = $2 where id_hash = $1", row[0], sealed)


async def test_a_visitor_registers_by_a_code_and_the_tokens_stay_on_the_server(
    town: Town, elsewhere: SupabaseTown
) -> None:
    amina, page = await elsewhere.joins(role="collector")

    assert (page.path, page.said) == ("/tours?done=joined", "Votre adresse est confirmée. Bienvenue\u202f!")
    assert await town.value("select role || ' ' || email from app.accounts") == f"collector {EMAIL}"
    (tokens,) = await kept_tokens(town)
    sealed = await town.value("select sealed from app.page_sessions")
    assert tokens["refresh_token"].encode() not in sealed
    assert tokens["refresh_token"] not in page.text + str(amina.cookies)
    addresses = {address for _, path, address in elsewhere.supabase.received if not path.endswith("/logout")}
    assert addresses == {amina.address}


async def test_a_link_confirms_an_address_and_opening_it_spends_nothing(elsewhere: SupabaseTown) -> None:
    amina = elsewhere.browser()
    page = await amina.opens("/register")
    wanted = {"display_name": "Amina B.", "email": EMAIL, "password": PASSWORD, "terms": "2026-01"}
    await page.form("/register").send(wanted)
    link = f"/confirm/{elsewhere.supabase.mail(EMAIL).token}"

    for _ in range(2):
        page = await amina.opens(link)
    assert page.headers["referrer-policy"] == "no-referrer"
    page = await page.forms[0].send(password=PASSWORD)
    again = await (await elsewhere.browser().opens(link)).forms[0].send(password=PASSWORD)

    assert page.path == "/?done=joined"
    assert (again.status_code, "session" in amina.cookies) == (422, True)


async def test_signing_in_with_a_wrong_password_says_so_and_keeps_the_name(elsewhere: SupabaseTown) -> None:
    await elsewhere.joins()
    browser = elsewhere.browser()

    wrong, unknown = await enters(browser, ANOTHER), await browser.opens("/sign-in")
    unknown = await unknown.form("/sign-in").send(username="nobody@example.org", password=PASSWORD)
    page = await wrong.form("/sign-in").send(password=PASSWORD)

    assert (wrong.status_code, wrong.alert) == (unknown.status_code, unknown.alert)
    assert wrong.form("/sign-in").fields["username"] == EMAIL
    assert page.path == "/"
    assert "Le compte de Amina B." in page.links


async def test_the_right_password_of_an_unconfirmed_address_leads_to_the_code(elsewhere: SupabaseTown) -> None:
    page = await elsewhere.browser().opens("/register")
    wanted = {"display_name": "Amina B.", "email": EMAIL, "password": PASSWORD, "terms": "2026-01"}
    await page.form("/register").send(wanted)

    page = await enters(elsewhere.browser())
    wrong = await page.form("/register/code").send(code="000000", password=PASSWORD)
    code = elsewhere.supabase.mail(EMAIL).code
    page = await wrong.form("/register/code").send(code=code, password=PASSWORD)

    assert list(wrong.errors) == ["code"]
    assert page.headings[0] == "Finir l’inscription"  # in another browser than that of the registration


async def test_the_reader_of_the_mail_chooses_password_role_and_name(town: Town, elsewhere: SupabaseTown) -> None:
    stranger, amina = elsewhere.browser(), elsewhere.browser()
    wanted = {"display_name": "Amina B.", "email": EMAIL, "password": PASSWORD, "terms": "2026-01"}
    for browser, more in ((stranger, {"password": ANOTHER, "role": "association"}), (amina, {})):
        page = await (await browser.opens("/register")).form("/register").send({**wanted, **more})
    await page.form("/register/code").send(code=elsewhere.supabase.mail(EMAIL).code, password=PASSWORD)

    assert await town.value("select role from app.accounts") == "customer"
    assert (await enters(stranger, ANOTHER)).status_code == 401
    assert (await enters(elsewhere.browser())).path == "/"


async def test_a_known_address_gets_the_same_pages_as_a_new_one(elsewhere: SupabaseTown) -> None:
    await elsewhere.joins()
    shown = []
    for email in (EMAIL, "other@example.org"):
        page = await elsewhere.browser().opens("/register")
        wanted = {"display_name": "Amina B.", "email": email, "password": PASSWORD, "terms": "2026-01"}
        shown.append((await page.form("/register").send(wanted)).text.replace(email, "x"))
        page = await elsewhere.browser().opens("/forgot-password")
        shown.append((await page.forms[0].send(email=email)).text)
    assert shown[:2] == shown[2:]


async def test_somebody_with_a_sign_in_but_no_account_finishes_registering(town: Town, elsewhere: SupabaseTown) -> None:
    elsewhere.supabase.people.sign_up(EMAIL, PASSWORD, {"role": "admin"})
    elsewhere.supabase.people.people[EMAIL].confirmed = True
    amina = elsewhere.browser()

    page = await enters(amina)
    led = await amina.opens("/account")
    assert (page.headings[0], led.path) == ("Finir l’inscription", "/register/finish?next=%2Faccount")
    assert "Le compte de" not in page.text
    page = await led.form("/register/finish").send(display_name="Amina B.", terms="2026-01")

    assert page.path == "/account?done=welcome"
    assert await town.value("select role from app.accounts") == "customer"
    assert await town.value("select count(*) from app.page_sessions") == 1


async def test_expired_tokens_are_refreshed_and_an_ended_session_asks_to_sign_in(
    town: Town, elsewhere: SupabaseTown
) -> None:
    amina, _ = await elsewhere.joins()
    (before,) = await kept_tokens(town)

    await expire(town)
    page = await amina.opens("/account")
    (after,) = await kept_tokens(town)
    assert page.status_code == 200
    assert before["refresh_token"] != after["refresh_token"]

    elsewhere.supabase.people.sessions.clear()
    await expire(town)
    assert (await amina.opens("/account")).path.startswith("/sign-in?next=")


async def test_signing_out_ends_the_session_there_too_even_if_it_does_not_answer(
    town: Town, elsewhere: SupabaseTown
) -> None:
    amina, _ = await elsewhere.joins()
    page = await (await amina.opens("/account")).form("/sign-out").send()
    assert (page.said, elsewhere.supabase.people.sessions) == ("Votre session est fermée. À bientôt.", {})

    await enters(amina)
    elsewhere.supabase.answer = (500, b"oops")
    page = await (await amina.opens("/account")).form("/sign-out").send()
    assert page.said == "Votre session est fermée. À bientôt."
    assert await town.value("select count(*) from app.page_sessions") == 0


async def test_a_forgotten_password_is_replaced_by_the_link_of_the_mail(elsewhere: SupabaseTown) -> None:
    await elsewhere.joins()
    browser = elsewhere.browser()
    page = await (await browser.opens("/sign-in")).follows("Mot de passe oublié")
    page = await page.forms[0].send(email=EMAIL)
    assert page.path == "/done/forgot-password"
    mail = elsewhere.supabase.mail(EMAIL)
    page = await browser.opens(f"/new-password/{mail.token}")
    same = await page.forms[0].send(password=PASSWORD)  # spends the token
    common = await same.forms[0].send(password="motdepasse1")
    page = await common.forms[0].send(password=ANOTHER)

    assert (mail.kind, list(same.errors), list(common.errors)) == ("recovery", ["password"], ["password"])
    assert page.path == "/done/new-password"
    assert elsewhere.supabase.people.sessions == {}
    assert (await enters(browser, PASSWORD)).status_code == 401
    assert (await enters(browser, ANOTHER)).path == "/"


async def test_a_second_factor_is_added_asked_for_and_removed(elsewhere: SupabaseTown) -> None:
    amina, _ = await elsewhere.joins()
    page = await (await amina.opens("/account")).follows("Double authentification")
    wrong = await page.form("/account/second-factor/add").send(password=ANOTHER)
    begun = await wrong.form("/account/second-factor/add").send(password=PASSWORD)
    totp = pyotp.TOTP(str(begun.form("Confirmer").fields["secret"]))
    assert 'class="qr" viewBox="' in begun.text
    again = await begun.form("Confirmer").send(code="000000")
    assert (list(wrong.errors), list(again.errors)) == (["password"], ["code"])
    page = await again.form("Confirmer").send(code=totp.now())
    assert page.said == "La double authentification est active."

    other = elsewhere.browser()
    asked = await enters(other)
    assert "session" not in other.cookies
    wrong = await asked.form("/sign-in").send(code=totp.now())  # a code counts once
    assert list(wrong.errors) == ["code"]
    now = await elsewhere.now()
    page = await wrong.form("/sign-in").send(code=totp.at(now + timedelta(seconds=30)))
    assert "session" in other.cookies

    page = await other.opens("/account/second-factor")
    page = await page.form("/account/second-factor/remove").send(
        password=PASSWORD, code=totp.at(now - timedelta(seconds=30))
    )
    assert page.said == "La double authentification est enlevée."
    assert (await enters(elsewhere.browser())).path == "/"


async def test_a_carried_challenge_of_somebody_else_begins_again(elsewhere: SupabaseTown) -> None:
    await elsewhere.joins()
    browser = elsewhere.browser()
    for challenge in ("x" * 80, "é", "AAAA"):
        answer = await browser.sends("/sign-in", challenge=challenge, code="123456")
        assert answer.status_code == 401
        assert 'name="password"' in answer.text


async def test_ending_all_others_ends_them_at_once(elsewhere: SupabaseTown) -> None:
    amina, _ = await elsewhere.joins()
    lost = elsewhere.browser()
    await enters(lost)

    page = await (await amina.opens("/account/sessions")).form("/account/sessions/end-others").send()

    assert "Toutes les autres connexions ont pris fin." in page.said
    assert (await lost.opens("/account")).path.startswith("/sign-in")
    assert (await amina.opens("/account")).status_code == 200
    assert len(elsewhere.supabase.people.sessions) == 1


async def test_without_confirmations_registering_signs_in_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with with_supabase(town, monkeypatch, confirms=False) as elsewhere:
        page = await elsewhere.browser().opens("/register?next=/account")
        wanted = {"display_name": "Amina B.", "email": EMAIL, "password": PASSWORD, "terms": "2026-01"}
        page = await page.form("/register").send(wanted)
        assert page.path == "/account?done=joined"


FAILURES = {
    "down": (500, b"Internal Server Error"),
    "a gateway": (502, b"<html>bad gateway</html>"),
    "redirected": (302, b"{}"),
    "no key": (401, b'{"message": "Invalid API key"}'),
    "not JSON": (200, b"<html>"),
    "cut JSON": (200, b'{"access_token": "x"'),
    "another shape": (200, json.dumps({"access_token": "", "refresh_token": 5, "expires_in": "soon"}).encode()),
    "a list": (200, b"[]"),
    "huge": (200, b'"' + b"x" * 300_000 + b'"'),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_failures_of_supabase_are_answered_as_503_pages(elsewhere: SupabaseTown, name: str) -> None:
    amina, _ = await elsewhere.joins()
    await expire(elsewhere.town)
    elsewhere.supabase.answer = FAILURES[name]

    public = await amina.opens("/")
    own = await amina.opens("/account")
    browser = elsewhere.browser()
    sign_in = await enters(browser)
    forgot = await (await browser.opens("/forgot-password")).forms[0].send(email=EMAIL)
    link = await (await browser.opens("/confirm/token")).forms[0].send(password=PASSWORD)

    assert public.status_code == 200
    answers_json = name in ("another shape", "a list")  # asking for a link needs nothing of the answer
    assert forgot.status_code == (200 if answers_json else 503)
    for page in (own, sign_in, link):
        assert (page.status_code, page.headers["retry-after"]) == (503, "30")
    assert "session" not in browser.cookies

    elsewhere.supabase.answer = None
    assert (await amina.opens("/account")).status_code == 200  # the session was kept


async def test_a_slow_supabase_is_given_up_on(elsewhere: SupabaseTown, monkeypatch: pytest.MonkeyPatch) -> None:
    await elsewhere.joins()
    monkeypatch.setattr(supabase_auth, "SECONDS", 0.2)
    elsewhere.supabase.seconds = 0.6

    assert (await enters(elsewhere.browser())).status_code == 503


async def test_tries_that_supabase_limits_are_answered_with_a_wait(elsewhere: SupabaseTown) -> None:
    elsewhere.supabase.answer = (429, b'{"code": "over_request_rate_limit", "message": "Request rate limit reached"}')
    page = await enters(elsewhere.browser())
    assert (page.status_code, page.headers["retry-after"]) == (429, "60")

    elsewhere.supabase.answer = (429, b'{"code": "over_email_send_rate_limit", "message": "after 43 seconds"}')
    page = await (await elsewhere.browser().opens("/forgot-password")).forms[0].send(email=EMAIL)
    assert page.path == "/done/forgot-password"  # only a known address has had too many mails


def test_the_stand_in_does_not_run_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_ENV", "production")
    with pytest.raises(RefusedInProduction):
        SupabaseStandIn()
