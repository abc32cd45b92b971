"""The association's own page: its photo, its opening hours, and handing it over to a member."""

from tests.photographs import file_of, two_colours
from tests.town import Town
from tests.visitors import mails
from tests.web.browser import Browser, Page

PHOTO = ("porte.jpg", file_of(two_colours()), "image/jpeg")
OWNERS = "select count(*) from app.members where role = 'owner' and association_id is not null"


async def test_an_owner_puts_a_photo_on_the_page_and_takes_it_away(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await browser.opens("/association/about")
    wrong = await page.form("Mettre cette photo").send(photo=("x.jpg", b"no photo", "image/jpeg"))
    assert set(wrong.errors) == {"photo"}
    page = await wrong.form("Mettre cette photo").send(photo=PHOTO)
    assert page.said == "C’est enregistré."
    photo = await town.value("select photo_id from app.associations")
    assert f"/photos/{photo}/card" in page.text
    page = await page.form("Mettre cette photo").send(button="remove")
    assert await town.value("select photo_id is null from app.associations")


async def test_an_owner_gives_the_opening_hours(town: Town) -> None:
    browser = await Browser.of(await town.an_association())
    page = await (await browser.opens("/association/about")).follows("Changer les horaires")
    wrong = await page.form("opening_hours").send({"monday-0-opens": "12:00", "monday-0-closes": "09:00"})
    assert wrong.status_code == 422
    assert wrong.form("opening_hours").fields["monday-0-opens"] == "12:00"
    page = await wrong.form("opening_hours").send({"monday-0-opens": "09:00", "monday-0-closes": "12:00"})
    assert page.said == "C’est enregistré."
    assert "lundi 09:00–12:00" in page.words


async def a_member(town: Town, owner: Browser) -> tuple[Browser, Page]:
    """Let Lea join the owner's association; return her browser and the owner's page."""
    lea = Browser(town)
    await lea.joins("lea@example.org")
    await lea.enters("lea@example.org")
    page = await owner.opens("/association/about")
    await page.form("Inviter").send(email="lea@example.org", role="staff")
    invitation = await lea.opens((await mails(town, "lea@example.org"))[-1].link)
    await invitation.form("Accepter l’invitation").send()
    return lea, await owner.opens("/association/about")


async def test_an_association_is_handed_over_to_a_member_by_its_owner_only(town: Town) -> None:
    owner = await Browser.of(await town.an_association())
    page = await owner.opens("/association/about")
    page = await page.form("Quitter l’association").send()
    assert page.status_code == 409  # the last owner stays
    assert page.alert
    lea, page = await a_member(town, owner)
    member = await town.value("select id from app.members where role = 'staff'")
    own = await lea.sends(f"/association/members/{member}/role", role="owner")
    assert (own.status_code, await town.value(OWNERS)) == (404, 1)

    page = await page.form("Enregistrer lea@example.org").send(role="owner")
    assert await town.value(OWNERS) == 2
    page = await page.form("Quitter l’association").send()

    assert page.said == "Vous ne travaillez plus dans cette association."
    assert await town.value(OWNERS) == 1
    assert "Inviter" in (await lea.opens("/association/about")).words
    assert await town.value("select count(*) from app.audit_entries where action = 'member.role_changed'") == 1
    told = await town.rows("select facts ->> 'yours' from app.notices where event = 'new_owner' order by id")
    assert [row[0] for row in told] == ["true", "false"]
    assert "Vous êtes propriétaire de" in (await lea.opens("/notices")).words
