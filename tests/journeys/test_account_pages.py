"""The pages for the links of mails, as a browser without JavaScript uses them."""

from urllib.parse import urlencode

import pytest

from backend.main import create_app
from backend.settings import settings
from tests.town import Town
from tests.visitors import PASSWORD, Visitor, mails
from tests.web.browser import Browser as PageBrowser
from tests.web.browser import Page
from tests.web.html import Element

ANOTHER = "trois chats dorment au soleil"


class Browser(PageBrowser):
    """Opens pages in a language and sends the form of a page, whatever is typed into its fields."""

    language = "fr"

    async def opens(self, path: str, **headers: str) -> Page:
        return await super().opens(path, **{"Accept-Language": self.language, **headers})

    async def fills(self, page: Page, site: str = "same-origin", **typed: str) -> Page:
        form = Page(self, page.path, page.answer).form("")
        assert form.method == "POST"
        if site != "same-origin":
            answer = await self.sends(page.path, site, **typed)
            return Page(self, page.path, answer)
        return await form.send(typed, checks=False)


def heading(page: Page) -> str:
    return page.headings[0]


def field(page: Page, name: str) -> Element:
    """Return a field of the page's form."""
    return next(one for one in page.main.all("input") if one.get("name") == name)


async def test_a_link_confirms_an_address_when_its_button_is_pressed(town: Town) -> None:
    amina = Browser(town)
    account = await amina.registers()
    (mail,) = await mails(town)

    # The scanners of mailboxes open every link, some with HEAD: that spends nothing.
    for method in ("GET", "HEAD", "GET"):
        scanned = await town.request(method, mail.link)
        assert scanned.status_code == 200
        assert scanned.headers["cache-control"] == "no-store"
        assert scanned.headers["referrer-policy"] == "no-referrer"
    page = await amina.opens(mail.link)
    assert await town.value("select count(*) from app.accounts") == 0
    confirmed = await amina.fills(page, password=ANOTHER)

    assert (heading(page), heading(confirmed)) == ("Confirmez votre adresse", "Votre adresse est confirmée")
    assert (await amina.sees_me(await amina.signs_in(password=ANOTHER)))["id"] == account["id"]
    assert (await amina.tries_to_sign_in(password=PASSWORD)).code == "auth.wrong_credentials"
    assert await town.value("select count(*) from app.sessions where ended_at is null") == 1  # the page keeps none
    again = await amina.fills(page, password=ANOTHER)
    assert again.status_code == 422
    assert "ce lien n’est pas le bon, a déjà servi ou a expiré" in again.text


async def test_a_beneficiary_confirms_an_address_with_their_password(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina = Browser(town)
    tokens = await amina.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"},
    )
    (mail,) = await mails(town)

    page = await amina.opens(mail.link)
    wrong = await amina.fills(page, password=ANOTHER)
    confirmed = await amina.fills(wrong, password=PASSWORD)

    assert field(page, "password").get("autocomplete") == "current-password"
    assert wrong.status_code == 422
    assert heading(confirmed) == "Votre adresse est confirmée"
    assert (await amina.sees_me(tokens))["email_verified"] is True
    await amina.refreshes(tokens)


async def test_a_forgotten_password_is_replaced_on_two_pages(town: Town) -> None:
    amina = Browser(town)
    await amina.joins()

    asked = await amina.fills(await amina.opens("/forgot-password"), email="Amina@example.org")
    unknown = await amina.fills(await amina.opens("/forgot-password"), email="nobody@example.org")
    mail = (await mails(town))[-1]
    page = await amina.opens(mail.link)
    common = await amina.fills(page, password="motdepasse1")
    changed = await amina.fills(common, password=ANOTHER)

    assert asked.text == unknown.text
    assert heading(asked) == "Regardez vos messages"
    assert mail.link.startswith("/new-password/")
    assert common.status_code == 422
    assert heading(changed) == "Votre mot de passe est changé"
    await amina.signs_in(password=ANOTHER)


async def test_the_mail_about_a_known_address_links_to_the_forgotten_password(town: Town) -> None:
    await Visitor(town).joins()
    await Visitor(town).registers()

    mail = (await mails(town))[-1]

    assert f"    {town.url}/forgot-password" in mail.text.splitlines()
    assert f'href="{town.url}/forgot-password"' in mail.html


@pytest.mark.parametrize("by_link", [True, False])
async def test_an_account_is_activated_and_its_code_shown(town: Town, by_link: bool) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina, token = Browser(town), enrolled["activation_token"]

    page = await amina.opens(f"/activate/{token}" if by_link else "/activate")
    typed = {"password": "court", "email": "pas une adresse", **({} if by_link else {"activation_token": f" {token} "})}
    short = await amina.fills(page, **typed)
    done = await amina.fills(short, password=PASSWORD, email="amina@example.org")

    assert short.status_code == 422
    assert {"password", "email"} <= short.errors.keys()
    assert field(short, "email").get("value") == "pas une adresse"
    assert not field(short, "password").has("value")
    assert heading(done) == "Votre compte est prêt"
    assert enrolled["code"] in done.text
    assert "bénéficiaire" not in done.text + page.text
    assert "Le compte de" not in (await amina.opens("/")).text  # a code is no name to show
    assert (await amina.opens("/my-right")).status_code == 200  # signed in
    await amina.signs_in(enrolled["code"])
    assert await town.value("select count(*) from app.sessions where ended_at is null") == 2


async def test_activating_beside_somebody_who_is_signed_in_keeps_them(town: Town) -> None:
    association = await town.an_association()
    enrolled = await association.enrols()
    desk = await Browser.of(association)
    page = await desk.opens(f"/activate/{enrolled['activation_token']}")
    done = await desk.fills(page, password=PASSWORD)
    assert "Connectez-vous avec votre code et votre mot de passe." in done.text
    assert "Le compte de Le Relais" in (await desk.opens("/account")).text
    assert await town.value("select count(*) from app.sessions where ended_at is null") == 0


async def test_refusals_are_shown_at_their_field_and_announced(town: Town) -> None:
    amina = Browser(town)
    await amina.registers()
    (mail,) = await mails(town)

    empty = await amina.fills(await amina.opens(mail.link))
    refused = await amina.fills(await amina.opens(mail.link), password="court")

    assert empty.status_code == 422  # else the password of whoever registered the address would hold
    assert await town.value("select count(*) from app.accounts") == 0
    wrong = field(refused, "password")
    assert refused.text.count('role="alert"') == 1
    assert refused.title == "Erreur\u00a0: Confirmez votre adresse \u2013 EcoPanier"
    assert refused.links["Mot de passe\u00a0: Au moins 10 caractères sont attendus."] == "#password"
    assert wrong.get("aria-invalid") == "true"
    assert wrong.get("aria-describedby").split() == ["password-hint", "password-wrong"]
    assert "Au moins 10 caractères sont attendus." in refused.text


@pytest.mark.parametrize(
    "path", ["/confirm/t", "/confirm-address/t", "/new-password/t", "/forgot-password", "/activate", "/activate/t"]
)
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_pages_are_labelled_translated_and_load_only_own_files(
    lasting_town: Town, path: str, language: str
) -> None:
    browser = Browser(lasting_town)
    browser.language = language

    page = await browser.opens(path)

    assert next(page.root.all("html")).get("lang") == language
    for one in page.main.all("input"):
        assert one.get("autocomplete")
    assert "<script" not in page.text
    assert page.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    assert '<meta name="robots" content="noindex">' in page.text
    assert page.title == f"{heading(page)} \u2013 EcoPanier"


async def test_a_form_of_another_site_is_refused(town: Town) -> None:
    amina = Browser(town)
    await amina.registers()
    (mail,) = await mails(town)
    page = await amina.opens(mail.link)

    foreign = await amina.fills(page, "cross-site", password=ANOTHER)

    assert foreign.status_code == 403
    assert await town.value("select count(*) from app.accounts") == 0


async def test_pages_count_against_the_caller_s_own_limits(town: Town) -> None:
    amina, other = Browser(town), Browser(town)
    page = await amina.opens("/forgot-password")

    answers = [await amina.fills(page, email=f"person{n}@example.org") for n in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await other.fills(page, email="person@example.org")).status_code == 200


@pytest.mark.parametrize("content", [b"", b"password=%00" + b"a" * 20, b"password=%ed%a0%80aaaaaaaaaa", b"\xff=\xff"])
async def test_malformed_forms_are_refused(lasting_town: Town, content: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        answer = await lasting_town.request("POST", "/confirm/unknown", content=content, headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500
    assert (await lasting_town.request("GET", "/done/unknown")).status_code == 404


def test_supabase_replaces_the_pages_for_signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def paths() -> set[str]:
        return {getattr(route, "path", "") for route in create_app().router.routes}

    both = {"/confirm/{token}", "/forgot-password", "/new-password/{token}", "/invitation/{token}", "/done/{name}"}
    ours = {"/activate", "/activate/{token}", "/confirm-address/{token}"}
    assert both | ours <= paths()
    monkeypatch.setenv("ECOPANIER_AUTH", "supabase")
    monkeypatch.setenv("SUPABASE_URL", "https://project.supabase.co")
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_x")
    settings.cache_clear()
    try:
        assert both | {"/register/finish"} <= paths()
        assert ours.isdisjoint(paths())
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.parametrize("path", ["/forgot-password", "/v1/auth/forgot-password"])
async def test_a_forged_address_before_the_proxy_s_does_not_evade_limits(town: Town, path: str) -> None:
    """A proxy may add its header line after the caller's instead of extending it: the last line is the true address."""
    form = not path.startswith("/v1")
    statuses = []
    for number in range(21):
        email = f"a{number}@example.org"
        statuses.append(
            (
                await town.request(
                    "POST",
                    path,
                    json=None if form else {"email": email},
                    content=urlencode({"email": email}).encode() if form else None,
                    headers=[
                        *([("content-type", "application/x-www-form-urlencoded")] if form else []),
                        ("x-forwarded-for", f"203.0.113.{number}"),
                        ("x-forwarded-for", "198.51.100.7"),
                    ],
                )
            ).status_code
        )

    assert statuses == [303 if form else 204] * 20 + [429]
