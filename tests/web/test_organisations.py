"""The pages of an organisation: where its people land, its team; admins make and close organisations."""

from datetime import UTC, datetime, timedelta

from tests.town import Organisation, Town
from tests.town.days import a_merchant_s_shop, handed_over, people_of
from tests.town.people import Customer
from tests.visitors import mails
from tests.web.browser import Browser


async def _joined(town: Town, city: Organisation, role: str) -> Customer:
    lea = await town.a_customer("Léa")
    await town.changes(
        "insert into app.members (organisation_id, account_id, role, joined_at) values ($1, $2, $3, now())",
        city.id,
        lea.id,
        role,
    )
    return lea


async def test_an_owner_of_a_new_organisation_lands_on_its_territory(town: Town) -> None:
    await town.an_organisation("Ailleurs")  # its territory is there
    odile, claire = await Browser.of(await town.an_admin()), Browser(town)
    await claire.joins("claire@example.org")
    page = await odile.opens("/admin/organisations")
    typed = {"name": "Ville de Strasbourg", "kind": "municipality", "owner_email": "claire@example.org"}
    wrong = await page.form("Créer et inviter").send({**typed, "siren": "123456789", "territory": "67482"})
    assert set(wrong.errors) == {"siren"}
    unfit = await wrong.form("Créer et inviter").send(siren=town.a_siren(), territory="246700488")
    assert set(unfit.errors) == {"territory"}
    page = await unfit.form("Créer et inviter").send(territory="67482")
    assert page.said == "L’organisation est créée. L’invitation est partie."

    await claire.enters("claire@example.org")
    invitation = await claire.opens((await mails(town, "claire@example.org"))[-1].link)
    page = await invitation.form("Accepter l’invitation").send()
    assert page.path.startswith("/organisation")
    assert page.headings[0] == "Strasbourg"
    again = Browser(town)
    assert (await again.enters("claire@example.org")).headers["location"] == "/organisation"
    assert "Mon organisation" in (await claire.opens("/account")).links
    assert (await claire.opens("/")).links["Organisation"] == "/organisation"
    assert (await (await page.follows("La page publique")).follows("Territoires")).status_code == 200


async def test_an_owner_invites_and_parts_with_members(town: Town) -> None:
    city, lea = await town.an_organisation(), await town.a_customer("Léa")
    owner, member = await Browser.of(city.owner), await Browser.of(lea)
    page = await (await owner.opens("/organisation")).follows("Équipe")
    page = await page.form("Inviter").send(email=str(lea.email), role="reader")
    assert page.said == "L’invitation est partie."
    invitation = await member.opens((await mails(town, lea.email))[-1].link)
    await invitation.form("Accepter l’invitation").send()
    again = await page.form("Inviter").send(email=str(lea.email), role="staff")
    assert (again.status_code, bool(again.alert)) == (409, True)
    last = await page.form("Quitter l’organisation").send()
    assert (last.status_code, bool(last.alert)) == (409, True)

    page = await (await owner.opens("/organisation/team")).form(f"Enregistrer {lea.email}").send(role="owner")
    assert page.said == "C’est enregistré."
    page = await page.form("Quitter l’organisation").send()
    assert page.said == "Vous ne travaillez plus dans cette organisation."
    page = await member.opens("/organisation/team")
    assert await town.value("select role from app.members where account_id = $1", lea.id) == "owner"
    assert "Inviter" in page.words


async def test_a_reader_sees_the_territory_and_may_leave(town: Town) -> None:
    city = await town.an_organisation()
    lea = await Browser.of(await _joined(town, city, "reader"))
    page = await (await lea.opens("/organisation")).follows("Équipe")
    assert "Inviter" not in page.words
    assert (await lea.sends("/organisation/team", email="x@example.org", role="staff")).status_code == 403
    page = await page.form("Quitter l’organisation").send()
    assert page.said == "Vous ne travaillez plus dans cette organisation."
    assert (await lea.opens("/organisation")).status_code == 403


async def test_the_territory_says_what_is_on_offer_and_what_is_published(town: Town) -> None:
    city = await town.an_organisation()
    this = datetime.now(UTC).date().replace(day=1)
    month = (this - timedelta(days=1)).replace(day=1)
    await town.clock(f"{month + timedelta(days=9)}T18:00:00+01:00")
    people = await people_of(town, 48)
    for number in range(4):
        await handed_over(town, await a_merchant_s_shop(town, number), people[number * 12 : number * 12 + 12])
    await town.clock(f"{this}T02:30:00+02:00")
    await town.worker_runs()
    await town.clock(datetime.now(UTC))
    owner = await Browser.of(city.owner)
    page = await owner.opens("/organisation")
    assert "Moins de trois commerces" in page.main.text
    assert "44" in page.main.text  # people, in whole groups of eleven
    assert any(path.endswith(f"/report/{month:%Y-%m}.pdf") for path in page.links.values())
    for number in range(3):
        await town.a_lot(left=number + 1, shop=await a_merchant_s_shop(town, 20 + number))
    page = await owner.opens("/organisation")
    assert [one.text for one in next(page.main.all("dl")).all("dd")] == ["3", "3", "6"]
    tag = page.headers["etag"]
    again = await owner.opens("/organisation", **{"If-None-Match": tag})
    assert again.status_code == 304
    zones = await owner.opens("/organisation/zones.csv")
    assert (zones.status_code, zones.headers["content-type"].partition(";")[0]) == (200, "text/csv")


async def test_nobody_else_sees_an_organisation(town: Town) -> None:
    await town.an_organisation()
    stranger = await Browser.of(await town.a_customer())
    assert (await stranger.opens("/organisation")).status_code == 403
    assert (await stranger.opens("/organisation/team")).status_code == 403
    assert (await stranger.opens("/admin/organisations")).status_code == 403
    assert "Mon organisation" not in (await stranger.opens("/account")).words


async def test_somebody_of_two_organisations_goes_from_one_to_the_other(town: Town) -> None:
    first, second = await town.an_organisation(), await town.an_organisation("Secours d’Alsace", kind="ngo")
    await town.changes("update app.members set account_id = $1 where organisation_id = $2", first.owner.id, second.id)
    browser = await Browser.of(first.owner)
    page = await (await browser.opens("/organisation")).follows("Secours d’Alsace")
    assert page.path == f"/organisation?organisation={second.id}"
    assert page.links["Équipe"] == f"/organisation/team?organisation={second.id}"


async def test_an_admin_closes_an_organisation_after_a_question(town: Town) -> None:
    city, odile = await town.an_organisation(), await Browser.of(await town.an_admin())
    page = await (await odile.opens("/admin/organisations")).follows("Fermer Ville de Strasbourg")
    page = await page.form("Fermer l’organisation").send()
    assert page.said == "L’organisation est fermée."
    assert "Fermée" in page.main.text
    assert (await (await Browser.of(city.owner)).opens("/organisation")).status_code == 403
    again = await (await odile.opens(f"/admin/organisations/{city.id}/close")).form("Fermer l’organisation").send()
    assert (again.status_code, bool(again.alert)) == (409, True)
