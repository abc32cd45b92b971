"""The second factor and the sign-ins of one's account, as pages."""

from datetime import timedelta

import pyotp
import pytest

from backend.settings import settings
from tests.journeys.test_required_second_factors import signed_in
from tests.town import Town
from tests.visitors import PASSWORD, Visitor
from tests.web.browser import Browser, Page


async def amina_in(town: Town) -> Browser:
    """Return the browser of Amina, who registered herself and so has a password."""
    amina = Browser(town)
    await amina.joins()
    await amina.enters()
    return amina


async def shown(town: Town, secret: str) -> str:
    return pyotp.TOTP(secret).at(await town.now())


def secret_on(page: Page) -> str:
    return str(page.form("Confirmer").fields["secret"])


async def test_a_second_factor_is_added_with_its_codes_shown_once_and_removed(town: Town) -> None:
    amina = await amina_in(town)
    page = await (await amina.opens("/account")).follows("Double authentification")
    wrong = await page.form("Ajouter la double authentification").send(password="un autre mot")
    assert list(wrong.errors) == ["password"]
    begun = await page.form("Ajouter la double authentification").send(password=PASSWORD)
    secret = secret_on(begun)
    assert 'class="qr" viewBox="' in begun.text
    again = await begun.form("Confirmer").send(code="000000")
    assert list(again.errors) == ["code"]
    assert secret_on(again) == secret
    codes = await again.form("Confirmer").send(code=await shown(town, secret))
    kept = [one.text for one in codes.root.all("li") if one.get("class") == "code"]
    assert len(kept) == 10
    page = await codes.follows("Je les ai notés")
    assert "Il reste 10 codes de secours." in page.words
    assert not any(one in page.text for one in [secret, *kept])

    await town.clock(await town.now() + timedelta(minutes=1))
    wrong = await page.form("Enlever la double authentification").send(password=PASSWORD, code="AAAA-AAAA-AAAA-AAAA")
    assert list(wrong.errors) == ["code"]
    page = await wrong.form("Enlever la double authentification").send(password=PASSWORD, code=kept[0])
    assert "La double authentification est enlevée." in page.said


async def test_other_sign_ins_are_listed_and_ended(town: Town) -> None:
    amina = await amina_in(town)
    lost = Browser(town)
    await lost.enters()
    app = await Visitor(town).signs_in()
    page = await (await amina.opens("/account")).follows("Où vous êtes connecté")
    assert page.main.text.count("Cet appareil") == 1
    ends = [one for one in page.forms if one.action.endswith("/end") and "Quitter" not in one.names[-1]]
    for one in ends:
        await one.send()
    assert (await lost.opens("/account")).path.startswith("/sign-in")
    refresh = {"refresh_token": app["refresh_token"]}
    assert (await amina.asks("POST", "/auth/refresh", refresh)).status_code == 401
    page = await amina.opens("/account/sessions")
    assert "Un autre appareil" not in page.words
    page = await page.forms[0].send()
    assert "Votre session est fermée." in page.said
    assert "session" not in amina.cookies


async def test_all_others_are_ended_at_once(town: Town) -> None:
    amina, lost = await amina_in(town), Browser(town)
    await lost.enters()
    page = await (await amina.opens("/account/sessions")).form("Mettre fin à toutes les autres").send()
    assert "Toutes les autres connexions ont pris fin." in page.said
    assert (await lost.opens("/account")).path.startswith("/sign-in")


async def test_nobody_lists_or_ends_the_sign_ins_of_others(town: Town) -> None:
    amina = await amina_in(town)
    session = await town.value("select session_id from app.page_sessions")
    marc = await town.a_customer()
    assert (await marc.gets("/me/sessions"))["data"] == []
    answer = await marc.asks("DELETE", f"/me/sessions/{session}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session.not_found")
    assert (await amina.opens("/account")).status_code == 200


async def test_a_page_that_needs_a_second_factor_leads_there_and_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOPANIER_SECOND_FACTOR", "required")
    settings.cache_clear()
    odile = await town.an_admin()
    holder = await signed_in(town, odile)
    browser = Browser(town)
    await browser.enters(holder.email)
    refused = await browser.opens("/admin/accounts")
    assert refused.status_code == 403
    page = await refused.follows("Ajouter la double authentification")
    page = await page.form("Ajouter la double authentification").send(password=PASSWORD)
    page = await page.form("Confirmer").send(code=await shown(town, secret_on(page)))
    page = await page.follows("Je les ai notés")
    assert (page.path, page.status_code) == ("/admin/accounts", 200)
