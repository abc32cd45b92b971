"""Pages of admins for the platform: recalls, figures, the log, parameters and mails."""

from tests.recall_feed import AS_KEPT, GTIN, RecallFeed, a_record
from tests.town import Town
from tests.web.browser import Browser


async def test_a_recall_is_issued_and_its_lots_are_recalled(town: Town) -> None:
    lot = await town.a_lot(gtin="03017620422003")
    browser = await Browser.of(await town.an_admin())
    page = await (await browser.opens("/admin")).follows("Rappels")
    page = await page.form("Rappeler").send(gtin="12", reason="Corps étranger.")
    assert set(page.errors) == {"gtin"}
    page = await page.form("Rappeler").send(gtin="3017620422003")
    assert "C’est rappelé." in page.said
    assert "Corps étranger." in page.words
    assert await town.value("select status from app.lots where id = $1", lot.id) == "recalled"


async def test_an_admin_decides_which_lots_a_notice_recalls(town: Town, recall_feed: RecallFeed) -> None:
    unsaid = await town.a_lot(gtin=AS_KEPT, title="Tartinade <b>")
    known_by_name = await town.a_lot(title="Pâte à tartiner Les Noisettes")
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"))]
    await town.worker_runs()
    browser = await Browser.of(await town.an_admin())
    page = await browser.opens("/admin")
    assert "Avis de rappel" in page.headings
    page = await page.follows(next(one for one in page.links.values() if one.startswith("/admin/recalls#")))
    assert "Tartinade <b>" in page.words
    form = next(one for one in page.forms if one.action.endswith("/decide"))
    page = await form.send(lots=[str(unsaid.id)], button="Rappeler ces lots")
    assert "C’est rappelé." in page.said
    form = next(one for one in page.forms if one.action.endswith("/decide"))
    page = await form.send(button="Les laisser en vente")
    assert page.said == "Ces lots restent en vente."
    assert not any(one.action.endswith("/decide") for one in page.forms)
    for lot, status in ((unsaid, "recalled"), (known_by_name, "published")):
        assert await town.value("select status from app.lots where id = $1", lot.id) == status


async def test_figures_are_shown_compared_and_downloaded(town: Town) -> None:
    browser = await Browser.of(await town.an_admin())
    page = await (await browser.opens("/admin")).follows("Chiffres")
    page = await page.form("Afficher").send({"from": "2026-01-01", "to": "2026-01-31"})
    assert "Portions remises" in page.headings
    page = await page.follows("Mois")
    assert "from=2026-01-01" in page.path
    sheet = await page.follows("Télécharger les chiffres")
    assert sheet.headers["content-type"].startswith("text/csv")
    page = await page.form("Afficher").send({"from": "2026-02-01", "to": "2026-01-31"})
    assert page.status_code == 422
    assert page.alert


async def test_the_log_is_filtered_by_action_account_and_day(town: Town) -> None:
    admin, shop = await town.an_admin(), await town.a_shop(verified=False)
    browser = await Browser.of(admin)
    page = await browser.opens("/admin")
    await page.form(f"/admin/shops/{shop.id}/verify").send()
    page = await (await browser.opens("/admin")).follows("Journal")
    page = await page.form("Afficher").send(action="shop.verified")
    assert str(shop.id)[:8] in page.words
    page = await page.follows(f"/admin/audit?actor_id={admin.id}")
    assert "shop.verified" in page.words
    page = await page.form("Afficher").send(until="2020-01-01")
    assert "Aucune entrée." in page.words
    page = await page.form("Afficher").send(actor_id="me")
    assert set(page.errors) == {"actor_id"}


async def test_parameters_keep_their_bounds_and_their_history(town: Town) -> None:
    browser = await Browser.of(await town.an_admin())
    page = await (await browser.opens("/admin")).follows("Paramètres")
    tab = await browser.opens("/admin/settings")
    page = await page.form("Enregistrer").send(checks=False, hold_minutes="600")
    assert set(page.errors) == {"hold_minutes"}
    page = await page.form("Enregistrer").send(hold_minutes="15")
    assert page.said == "C’est enregistré."
    assert "10 → 15" in page.words
    late = await tab.form("Enregistrer").send(hold_minutes="20")
    assert late.status_code == 412
    assert late.alert


async def test_mails_that_failed_are_listed_without_an_address(town: Town) -> None:
    marc = await town.a_customer()
    await town.changes(
        "insert into app.notice_deliveries (account_id, subject, mail, channel, state, smtp_code, queued_at, ended_at)"
        " values ($1, $1, 'registration', 'mail', 'failed', 550, now(), now())",
        marc.id,
    )
    page = await (await (await Browser.of(await town.an_admin())).opens("/admin")).follows("E-mails")
    assert "550" in page.words
    assert "adresse refusée" in page.words
    assert "Joignez la personne autrement" in page.words
    assert str(marc.email) not in page.text
    page = await page.follows(f"/admin/accounts?q={marc.id}")
    assert str(marc.email) in page.words
