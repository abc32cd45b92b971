"""Pages of funds: an owner proposes one, an admin decides, statements are read, downloaded and noted as paid."""

from datetime import UTC, datetime, timedelta

from tests.town import Town
from tests.town.funds import a_fund, closes, free_portions, the_month_ends
from tests.web.browser import Browser

START = "2026-12-02T10:00:00+01:00"


async def test_an_owner_proposes_a_fund_and_an_admin_confirms_it(town: Town) -> None:
    city, odile = await town.an_organisation(), await Browser.of(await town.an_admin())
    today = await town.today()
    typed = {"name": "Paniers solidaires", "first_day": str(today), "last_day": str(today + timedelta(days=300))}
    owner = await Browser.of(city.owner)
    page = await (await (await owner.opens("/organisation")).follows("Fonds")).follows("Proposer un fonds")
    form = page.form("Envoyer la proposition")
    wrong = await form.send({**typed, "per": "portion", "ceiling": "beaucoup", "rate": "1,50"})
    assert (wrong.status_code, set(wrong.errors)) == (422, {"ceiling"})
    wrong = await wrong.form("Envoyer la proposition").send(ceiling="30 000")
    assert set(wrong.errors) == {"reference"}
    wrong = await wrong.form("Envoyer la proposition").send(reference="CONV-2026-118", territory="68224")
    assert set(wrong.errors) == {"territory"}
    rates = {"territory": "", "categories": ["bakery"], "category_0": "bakery", "rate_0": "1"}
    page = await wrong.form("Envoyer la proposition").send(rates)
    assert page.said == "La proposition est envoyée. Un administrateur la confirme."
    assert "Attend un administrateur" in page.main.text
    row = (await town.rows("select ceiling_cents, categories from app.funds"))[0]
    assert (row["ceiling_cents"], row["categories"]) == (3_000_000, ["bakery"])

    desk = await (await odile.opens("/admin")).follows("Fonds")
    assert "Convention CONV-2026-118" in desk.main.text
    desk = await desk.form("Confirmer Paniers solidaires").send()
    assert desk.said == "Le fonds est confirmé."
    page = await (await owner.opens("/organisation/funds")).follows("Paniers solidaires")
    assert "En cours" in page.main.text
    page = await (await page.follows("Terminer ce fonds")).form("Terminer ce fonds").send()
    assert page.said == "Le fonds ne compte plus à partir de demain."


async def test_an_admin_rejects_a_fund_with_a_reason(town: Town) -> None:
    city, odile = await town.an_organisation(), await Browser.of(await town.an_admin())
    fund = await a_fund(town, city, confirmed=False)
    page = await (await odile.opens("/admin/funds")).follows("Refuser Paniers solidaires")
    page = await page.form("Refuser").send(reason="La convention n’est pas signée.")
    assert page.said == "Le fonds est refusé. L’organisation lit pourquoi."
    assert (await odile.sends(f"/admin/funds/{fund}/confirm")).status_code == 409
    own = await (await Browser.of(city.owner)).opens(f"/organisation/funds/{fund}")
    assert "La convention n’est pas signée." in own.main.text


async def test_a_statement_is_read_downloaded_and_noted_as_paid(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    lot, _ = await free_portions(town, 1, 1)
    await closes(town, lot)
    await the_month_ends(town)
    await town.worker_runs()
    await town.clock(datetime.now(UTC))  # the browser's session begins now
    owner = await Browser.of(city.owner)
    page = await (await owner.opens(f"/organisation/funds/{fund}")).follows("déc. 2026")
    assert "3,00\xa0€" in page.main.text
    sheet = await owner.opens(page.links["CSV"])
    assert "attachment" in sheet.headers["content-disposition"]
    paper = await owner.opens(page.links["PDF"])
    assert paper.answer.content.startswith(b"%PDF")
    page = await page.form("Noter payé Boulangerie du Marché").send()
    assert page.said == "C’est noté. Les commerces le lisent."
    assert "Payé le" in page.main.text
    assert (await owner.opens(f"/organisation/funds/{fund}/2026-12.txt")).status_code == 404
    assert (await owner.opens(f"/organisation/funds/{fund}/2026-11")).status_code == 404


async def test_others_neither_read_nor_change_a_fund(town: Town) -> None:
    city, other = await town.an_organisation(), await town.an_organisation("Ville de Mulhouse", territory="68224")
    fund = await a_fund(town, city)
    stranger, reader = await Browser.of(other.owner), await town.a_customer()
    await town.changes(
        "insert into app.members (organisation_id, account_id, role, joined_at) values ($1, $2, 'reader', now())",
        city.id,
        reader.id,
    )
    assert (await stranger.opens(f"/organisation/funds/{fund}")).status_code == 404
    assert "Paniers" not in (await stranger.opens("/organisation/funds")).main.text
    within = await Browser.of(reader)
    page = await within.opens(f"/organisation/funds/{fund}")
    assert (page.status_code, "Terminer ce fonds" in page.links) == (200, False)
    for path in ("/organisation/funds/new", f"/organisation/funds/{fund}/end"):
        assert (await within.opens(path)).status_code == 403
    assert (await within.sends(f"/organisation/funds/{fund}/2026-12/paid")).status_code == 403
