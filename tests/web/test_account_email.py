"""Changing one's e-mail address, as pages: the form, the code, the links of the mails, and what is refused."""

from datetime import timedelta
from typing import Any

import pyotp

from tests.journeys.test_second_factors import Holder
from tests.town import Town
from tests.town.answers import accepted
from tests.visitors import PASSWORD, Mail, Visitor, mails
from tests.web.browser import Browser, Page
from tests.web.test_account_security import amina_in, secret_on

OLD, NEW = "amina@example.org", "amina@example.net"


async def latest(town: Town, to: str) -> Mail:
    return (await mails(town, to))[-1]


async def asks(page: Page, email: str = NEW, **typed: Any) -> Page:
    return await page.form("Recevoir le code").send(email=email, password=PASSWORD, **typed)


async def test_an_address_is_changed_with_the_mailed_code(town: Town) -> None:
    amina, elsewhere = await amina_in(town), Browser(town)
    await elsewhere.enters()
    page = await (await amina.opens("/account/details")).follows("Changer d’adresse")
    wrong = await page.form("Recevoir le code").send(email=NEW, password="un autre mot")
    assert list(wrong.errors) == ["password"]
    assert wrong.form("Recevoir le code").fields["email"] == NEW

    page = await asks(wrong)
    assert "regardez les messages de la nouvelle adresse" in page.said
    assert NEW in page.words
    code = (await latest(town, NEW)).code
    mistyped = await page.form("Confirmer la nouvelle adresse").send(mailed_code=f"{(int(code) + 1) % 10**6:06d}")
    assert "Il reste 4 essais." in mistyped.errors["mailed_code"]
    page = await mistyped.form("Confirmer la nouvelle adresse").send(mailed_code=f"{code[:3]} {code[3:]}")

    assert page.path.startswith("/account")
    assert "Votre adresse est changée." in page.said
    assert NEW in page.words
    assert (await elsewhere.opens("/account")).path.startswith("/sign-in")
    assert (await amina.opens("/account")).status_code == 200


async def test_the_link_to_the_new_address_asks_to_sign_in_and_confirms(town: Town) -> None:
    amina = await amina_in(town)
    await asks(await amina.opens("/account/email"))
    link = (await latest(town, NEW)).link
    other_device = Browser(town)

    page = await other_device.opens(link)
    assert page.path.startswith("/sign-in")
    page = await page.form("Entrer").send(username=OLD, password=PASSWORD)
    assert page.path == link
    page = await page.form("Confirmer mon adresse").send()

    assert "Votre adresse est changée." in page.said
    late = await (await other_device.opens(link)).form("Confirmer mon adresse").send()
    assert late.status_code == 422


async def test_the_old_address_takes_the_change_back_without_signing_in(town: Town) -> None:
    amina = await amina_in(town)
    page = await asks(await amina.opens("/account/email"))
    await page.form("Confirmer la nouvelle adresse").send(mailed_code=(await latest(town, NEW)).code)
    link = (await latest(town, OLD)).link
    owner = Browser(town)

    page = await owner.opens(link)
    assert (await amina.opens("/account")).status_code == 200  # opening the link changes nothing
    page = await page.form("Annuler le changement").send()

    assert page.path == "/done/not-me-restored"
    assert (await amina.opens("/account")).path.startswith("/sign-in")
    page = await page.follows("Choisir un autre mot de passe")
    assert page.path == "/forgot-password"
    again = await (await owner.opens(link)).form("Annuler le changement").send()
    assert again.status_code == 422
    await amina.enters(OLD)
    assert OLD in (await amina.opens("/account")).words


async def test_a_change_that_waits_is_stopped_from_the_old_address(town: Town) -> None:
    amina = await amina_in(town)
    await asks(await amina.opens("/account/email"))
    page = await (await Browser(town).opens((await latest(town, OLD)).link)).form("Annuler le changement").send()
    assert page.path == "/done/not-me"


async def test_a_known_address_looks_the_same(town: Town) -> None:
    amina = await amina_in(town)
    await Visitor(town).joins(NEW)
    known = await asks(await amina.opens("/account/email"))
    await mails(town)
    seen = await amina.opens("/account/email")
    free = await asks(await amina.opens("/account/email"), "free@example.org")
    assert known.said == free.said
    assert NEW in seen.words


async def test_a_second_factor_is_asked_for_on_the_page(town: Town) -> None:
    amina = await amina_in(town)
    assert "code" not in (await amina.opens("/account/email")).form("Recevoir le code").fields
    page = await amina.opens("/account/second-factor")
    page = await page.form("Ajouter la double authentification").send(password=PASSWORD)
    secret = secret_on(page)
    await page.form("Confirmer").send(code=pyotp.TOTP(secret).at(await town.now()))
    await town.clock(await town.now() + timedelta(minutes=1))

    page = await amina.opens("/account/email")
    wrong = await asks(page, code="000 000")
    right = await asks(wrong, code=pyotp.TOTP(secret).at(await town.now()))

    assert list(wrong.errors) == ["code"]
    assert "regardez les messages" in right.said


async def test_a_double_tap_asks_once(town: Town) -> None:
    amina = await amina_in(town)
    form = (await amina.opens("/account/email")).form("Recevoir le code")
    for _ in range(2):
        page = await form.send(email=NEW, password=PASSWORD)
        assert "regardez les messages" in page.said
    assert len(await mails(town, NEW)) == 1


async def test_an_address_with_html_is_shown_as_text(town: Town) -> None:
    amina = await amina_in(town)
    hostile = "'<b>\"@example.org"
    page = await asks(await amina.opens("/account/email"), hostile)
    assert list(page.errors) == ["email"]
    assert "<b>&#34;@" not in page.text
    assert page.form("Recevoir le code").fields["email"] == hostile


async def test_a_beneficiary_without_an_address_adds_one_on_the_page(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    holder = Holder(town)
    body = {"activation_token": enrolled["activation_token"], "password": PASSWORD}
    accepted(await holder.asks("POST", "/auth/activate", body))
    amina = Browser(town)
    await amina.enters(enrolled["code"])
    page = await (await amina.opens("/account/details")).follows("Ajouter une adresse")
    page = await asks(page)
    page = await page.form("Confirmer la nouvelle adresse").send(mailed_code=(await latest(town, NEW)).code)
    assert NEW in page.words
