"""Invitations to work somewhere: accepted by signing in, by registering, and by the invited account only."""

from datetime import timedelta

import pytest

from backend.pages.texts import texts
from tests.journeys.test_second_factors import Holder
from tests.town import Town
from tests.town.people import Person
from tests.visitors import PASSWORD, mails
from tests.web.browser import Browser
from tests.web.supabase_town import with_supabase

LEA = "lea@example.org"
MEMBERS = "select count(*) from app.members where account_id is not null"


async def invited(town: Town, email: str = LEA) -> str:
    """Invite somebody to work for a shop; return the link of the mail."""
    shop = await town.a_shop()
    await shop.merchant.posts(f"/shops/{shop.id}/members", {"email": email, "role": "staff"})
    return (await mails(town, email))[-1].link


async def test_an_invitation_is_accepted_after_signing_in(town: Town) -> None:
    lea = Browser(town)
    await lea.joins(LEA)
    link = await invited(town)

    for method in ("GET", "HEAD", "GET"):  # scanners spend nothing
        scanned = await town.request(method, link)
        assert (scanned.status_code, scanned.headers["referrer-policy"]) == (200, "no-referrer")
    page = await lea.opens(link)
    assert "Boulangerie du Marché" in page.words
    assert LEA not in page.text  # a link that was passed on does not tell whom it is for
    page = await page.follows("Entrer pour accepter")
    page = await page.form("/sign-in").send(username=LEA, password=PASSWORD)
    assert (page.path, await town.value(MEMBERS)) == (link, 1)
    page = await page.form("Accepter l’invitation").send()
    again = await lea.opens(link)

    assert page.path == "/my-shops?done=invitation_accepted"
    assert (again.status_code, again.headings[0]) == (404, texts("fr")("links.pages.invitation-over.done"))
    assert await town.value(MEMBERS) == 2


async def test_an_invited_person_without_an_account_registers_from_the_page(town: Town) -> None:
    link = await invited(town)
    lea = Browser(town)
    page = await (await lea.opens(link)).follows("Créer un compte")
    typed = {"display_name": "Léa", "email": LEA, "password": PASSWORD, "terms": "2026-01"}
    page = await page.form("/register").send(typed)
    page = await page.form("/register/code").send(code=(await mails(town, LEA))[-1].code)
    assert page.path == f"{link}?done=joined"
    await page.form("Accepter l’invitation").send()
    assert await town.value(MEMBERS) == 2


async def test_another_account_is_told_so_and_can_be_left(town: Town) -> None:
    link = await invited(town)
    await Browser(town).joins(LEA)
    marc = await Browser.of(await town.a_customer())
    page = await marc.opens(link)
    page = await page.form("Accepter l’invitation").send()

    assert page.status_code == 403
    assert page.alert
    assert "Accepter l’invitation" not in page.words
    page = await page.form("Entrer avec un autre compte").send()
    assert "session" not in marc.cookies
    page = await page.form("/sign-in").send(username=LEA, password=PASSWORD)
    page = await page.form("Accepter l’invitation").send()
    assert page.path == "/my-shops?done=invitation_accepted"


async def test_new_terms_are_agreed_to_on_the_way_to_an_invitation(town: Town) -> None:
    await Browser(town).joins(LEA)
    version = "insert into app.text_versions (kind, version, since) values ('terms', '2027-01', $1)"
    await town.changes(version, await town.today() + timedelta(days=1))
    await Browser(town).enters(LEA)
    await town.clock(await town.now() + timedelta(days=1))
    await Browser(town).enters(LEA)  # asked for the first time
    await town.clock(await town.now() + timedelta(days=31))
    link = await invited(town)
    lea = Browser(town)

    page = await (await lea.opens(link)).follows("Entrer pour accepter")
    page = await page.form("/sign-in").send(username=LEA, password=PASSWORD)
    assert page.status_code == 403
    page = await page.form("/sign-in").send(password=PASSWORD, accepted_terms=True)

    assert page.path == link
    # The pages count a session's days by the real clock, which the town's is ahead of.
    await town.changes("update app.page_sessions set ends_at = ends_at + interval '60 days'")
    await (await lea.opens(link)).form("Accepter l’invitation").send()
    assert await town.value(MEMBERS) == 2


async def test_a_second_factor_is_asked_for_on_the_way_to_an_invitation(town: Town) -> None:
    holder = Holder(town)
    holder.email = LEA
    await holder.joins(LEA)
    holder.tokens = await holder.signs_in(LEA)
    await holder.adds()
    link = await invited(town)

    page = await (await Browser(town).opens(link)).follows("Entrer pour accepter")
    page = await page.form("/sign-in").send(username=LEA, password=PASSWORD)
    page = await page.form("/sign-in").send(code=await holder.shown())

    assert page.path == link


async def test_names_of_places_are_escaped_on_the_page(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes("update app.shops set name = $1", "<b>\u202egras</b>" + "W" * 60)
    await Person.posts(shop.merchant, f"/shops/{shop.id}/members", {"email": LEA, "role": "reader"})
    page = await Browser(town).opens((await mails(town, LEA))[-1].link)
    assert "&lt;b&gt;" in page.text
    assert "<b>\u202e" not in page.text


async def test_an_invitation_is_accepted_where_supabase_signs_people_in(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await invited(town)
    async with with_supabase(town, monkeypatch) as elsewhere:
        lea = elsewhere.browser()
        page = await (await lea.opens(link)).follows("Créer un compte")
        typed = {"display_name": "Léa", "email": LEA, "password": PASSWORD, "terms": "2026-01"}
        page = await page.form("/register").send(typed)
        page = await page.form("/register/code").send(code=elsewhere.supabase.mail(LEA).code, password=PASSWORD)
        assert page.path == f"{link}?done=joined"
        page = await page.form("Accepter l’invitation").send()
    assert page.path == "/my-shops?done=invitation_accepted"
