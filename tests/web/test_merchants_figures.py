"""A shop's figures and the problem reports about it, for owners, staff and readers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.journeys.test_figures import sells
from tests.town import Person, Shop, Town
from tests.web.browser import Browser


async def a_member(town: Town, shop: Shop, person: Person, role: str) -> Browser:
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, $3, app.clock())",
        shop.id,
        person.id,
        role,
    )
    return await Browser.of(person)


async def a_report(town: Town, shop: Shop, text: str) -> UUID:
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(hours=1))
    marc = await town.a_customer("Gaspard")
    bought = await marc.buys(lot)
    await shop.merchant.hands_over(await marc.pass_for(bought))
    told = await marc.posts(
        f"/reservations/{bought.id}/problem-report", {"kind": "quality", "text": text}, key="a" * 20
    )
    return UUID(told["id"])


async def test_figures_are_drawn_beside_a_table_with_the_same_numbers(town: Town) -> None:
    shop, now = await town.a_shop(), datetime.now(UTC)
    yesterday = (now - timedelta(days=1)).replace(hour=12, minute=0)
    await sells(town, shop, yesterday.isoformat())
    await town.clock(now.isoformat())
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}")).follows("Bilan")
    for period, rows in (("7", 7), ("91", 13)):
        page = await sophie.opens(f"/my-shops/{shop.id}/figures?days={period}")
        assert rows <= len(list(next(page.main.all("tbody")).all("tr"))) <= rows + 1
        assert len(list(page.main.all("rect"))) == len(list(next(page.main.all("tbody")).all("tr")))
    link = page.links["Télécharger pour un tableur"]
    answer = await sophie.opens(link)
    assert answer.headers["content-type"].startswith("text/csv")
    empty = await town.a_shop()
    page = await (await Browser.of(empty.merchant)).opens(f"/my-shops/{empty.id}/figures")
    assert not list(page.main.all("rect"))  # nothing to draw


async def test_a_reader_sees_the_figures_and_nothing_else(town: Town) -> None:
    shop = await town.a_shop()
    paul = await a_member(town, shop, await town.a_customer("Paul"), "reader")
    page = await (await paul.opens("/account")).follows("Mes commerces")
    page = await page.follows("Boulangerie du Marché")
    assert page.path == f"/my-shops/{shop.id}/figures"
    assert "Comptoir" not in page.links
    for path in ("/lots", "/counter", "/photo", "/reports"):
        assert (await paul.opens(f"/my-shops/{shop.id}{path}")).status_code == 403, path


async def test_staff_answer_a_report_once(town: Town) -> None:
    shop = await town.a_shop()
    await a_report(town, shop, "<b>Tout</b> était écrasé.")
    julie = await a_member(town, shop, await town.a_customer("Julie"), "staff")
    page = await julie.opens(f"/my-shops/{shop.id}")
    page = await page.follows("Répondre à un signalement\xa0: Panier du soir")
    assert "<b>Tout</b> était écrasé." in page.main.text
    assert "Gaspard" not in page.text
    page = await page.form("Répondre").send(outcome="give_back", share="50", text="Toutes nos excuses.")
    assert page.said == "Votre réponse est envoyée."
    assert "Rendre le prix (50" in page.main.text
    assert not [form for form in page.forms if form.action.startswith("/my-shops")]
    page = await julie.opens(f"/my-shops/{shop.id}/reports")
    assert "Répondu" in page.main.text
