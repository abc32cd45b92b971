"""Registering with a browser: the form, the code of the mail, another device, and terms that have changed."""

from datetime import timedelta

import pytest

from tests.town import Town
from tests.visitors import PASSWORD, mails
from tests.web.browser import Browser, Page

EMAIL = "amina@example.org"


async def registers(browser: Browser, **more: str) -> Page:
    page = await browser.opens("/sign-in")
    page = await page.follows("Créer un compte")
    typed = {"display_name": "Amina B.", "email": EMAIL, "password": PASSWORD, "terms": "2026-01", **more}
    return await page.form("/register").send(typed)


async def test_a_visitor_registers_and_is_signed_in_by_the_code(town: Town) -> None:
    amina = Browser(town)
    page = await registers(amina)
    assert (page.path, page.headings[0]) == ("/register/code", "Regardez vos e-mails")
    assert EMAIL in page.main.text
    page = await page.form("/register/code").send(code="000000")
    assert (page.status_code, page.title[:8]) == (422, "Erreur\xa0:")
    code = (await mails(town, EMAIL))[-1].code
    page = await page.form("/register/code").send(code=f"{code[:3]} {code[3:]}")
    assert (page.path, page.said) == ("/?done=joined", "Votre adresse est confirmée. Bienvenue\u202f!")
    assert "Le compte de Amina B." in page.links
    assert await town.value("select role from app.accounts") == "customer"
    assert "registering" not in amina.cookies


async def test_another_device_is_asked_for_the_password(town: Town) -> None:
    await registers(Browser(town))
    code = (await mails(town, EMAIL))[-1].code
    other = Browser(town)
    page = await (await other.opens("/register/code")).form("/register/code").send(email=EMAIL, code=code)
    assert page.status_code == 422
    page = await page.form("/register/code").send(password=PASSWORD)
    assert page.path == "/?done=joined"


async def test_errors_stand_at_their_fields_and_typed_values_are_kept(town: Town) -> None:
    page = await Browser(town).opens("/register?role=merchant")
    form = page.form("/register")
    assert form.fields["role"] == "merchant"
    page = await form.send(
        {"display_name": "<b>Amina", "email": "nowhere", "password": "short", "terms": "2026-01"}, checks=False
    )
    assert (page.status_code, set(page.errors)) == (422, {"email", "password"})
    form = page.form("/register")
    assert (form.fields["display_name"], form.fields["email"], form.fields["password"]) == ("<b>Amina", "nowhere", "")
    page = await form.send({"email": EMAIL, "password": "motdepasse1", "terms": False}, checks=False)
    assert set(page.errors) == {"terms"}
    page = await page.form("/register").send({"password": "motdepasse1", "terms": True}, checks=False)
    assert (page.status_code, "mot de passe" in page.alert) == (422, True)
    with pytest.raises(AssertionError):  # the browser itself refuses without a name
        await (await Browser(town).opens("/register")).form("/register").send(display_name="", email=EMAIL)


async def test_a_known_address_gets_the_same_pages_as_a_new_one(town: Town) -> None:
    await Browser(town).joins(EMAIL)
    known, new = Browser(town), Browser(town)
    first, second = await registers(known), await registers(new, email="other@example.org")
    assert first.text == second.text.replace("other@example.org", EMAIL)


async def test_new_terms_are_agreed_to_after_signing_in_or_to_sign_in(town: Town) -> None:
    amina = Browser(town)
    await amina.joins(EMAIL)
    await town.changes(
        "insert into app.text_versions (kind, version, since)"
        " values ('terms', '2027-01', app.paris_day(app.clock()) + 1)"
    )
    await town.clock(await town.now() + timedelta(days=1))
    page = await (await amina.opens("/account")).form("/sign-in").send(username=EMAIL, password=PASSWORD)
    assert page.headings[0] == "Les conditions ont changé"
    assert page.links["Plus tard"] == "/account"

    await town.clock(await town.now() + timedelta(days=31))
    late = Browser(town)
    page = await (await late.opens("/account")).form("/sign-in").send(username=EMAIL, password=PASSWORD)
    assert page.status_code == 403
    await page.form("/sign-in").send(password=PASSWORD, accepted_terms=True)
    assert await town.value("select count(*) from app.page_sessions") == 2


async def test_new_terms_are_agreed_to_with_a_tap(town: Town) -> None:
    marc = await Browser.of(await town.a_customer())
    page = await marc.opens("/new-terms?next=/account")
    page = await page.form("Accepter les conditions").send()
    assert page.path == "/account"
    assert await town.value("select count(*) from app.consents") == 1
