"""Forms of admins that are sent twice, by a double tap or by going back: each does once and answers kindly."""

from datetime import timedelta

from tests.recall_feed import AS_KEPT, GTIN, RecallFeed, a_record
from tests.town import Town
from tests.web.browser import Browser, PageForm, Typed


async def taps_twice(town: Town, form: PageForm, action: str, typed: dict[str, Typed], button: str = "") -> None:
    """Send a form twice. Both answers must be the same, and `action` stand once more in the audit log."""
    counted = "select count(*) from app.audit_entries where action = $1"
    before = await town.value(counted, action)
    pages = [await form.send(dict(typed), button=button or None) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].path == pages[1].path
    assert pages[0].said == pages[1].said != ""
    assert await town.value(counted, action) == before + 1


async def test_deciding_twice_decides_once(town: Town) -> None:
    shop, house = await town.a_shop(verified=False), await town.an_association(status="pending")
    browser = await Browser.of(await town.an_admin())
    page = await browser.opens("/admin")
    await taps_twice(town, page.form(f"/admin/shops/{shop.id}/verify"), "shop.verified", {})
    page = await browser.opens(f"/admin/associations/{house.id}/reject")
    await taps_twice(town, page.form("Refuser"), "association.rejected", {"reason": "Le récépissé manque."})
    assert await town.value("select count(*) from app.decisions") == 2


async def test_suspending_and_restoring_twice_does_each_once(town: Town) -> None:
    marc = await town.a_customer()
    browser = await Browser.of(await town.an_admin())
    for act, button, action in (
        ("suspend", "Suspendre", "account.suspended"),
        ("restore", "Rétablir", "account.restored"),
    ):
        page = await browser.opens(f"/admin/accounts/{marc.id}/{act}?q={marc.email}")
        await taps_twice(town, page.form(button), action, {"reason": "Trois plaintes."})


async def test_withdrawing_a_lot_twice_withdraws_once(town: Town) -> None:
    lot = await town.a_lot()
    browser = await Browser.of(await town.an_admin())
    form = (await browser.opens(f"/admin/lots/{lot.id}")).form("Retirer de la vente")
    pages = [await form.send(reason="Photo trompeuse.") for _ in range(2)]
    said = "Le lot est retiré. Les personnes sont prévenues."
    assert [(page.status_code, page.said) for page in pages] == [(200, said)] * 2
    assert await town.value("select count(*) from app.decisions where subject = 'lot'") == 1


async def test_deciding_a_report_twice_gives_back_once(town: Town) -> None:
    lot, buyer = await town.a_lot(opens_in=timedelta(minutes=-5), price_cents=450), await town.a_customer()
    held = await buyer.buys(lot, 2)
    await lot.shop.merchant.hands_over(await buyer.pass_for(held))
    report = {"kind": "allergen", "text": "Il y avait des noisettes."}
    made = await buyer.posts(f"/reservations/{held.id}/problem-report", report)
    browser = await Browser.of(await town.an_admin())
    form = (await browser.opens(f"/admin/reports/{made['id']}")).form("Décider")
    typed: dict[str, Typed] = {"outcome": "give_back", "share": "50", "text": "Nous avons regardé."}
    await taps_twice(town, form, "problem_report.decided", typed)


async def test_issuing_a_recall_twice_recalls_once(town: Town) -> None:
    await town.a_lot(gtin="03017620422003")
    browser = await Browser.of(await town.an_admin())
    form = (await browser.opens("/admin/recalls")).form("Rappeler")
    await taps_twice(town, form, "recall.issued", {"gtin": "3017620422003", "reason": "Corps étranger."})
    assert await town.value("select count(*) from app.recalls") == 1


async def test_deciding_a_recall_notice_twice_decides_once(town: Town, recall_feed: RecallFeed) -> None:
    lot = await town.a_lot(gtin=AS_KEPT)
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"))]
    await town.worker_runs()
    browser = await Browser.of(await town.an_admin())
    form = next(one for one in (await browser.opens("/admin/recalls")).forms if one.action.endswith("/decide"))
    pages = [await form.send(lots=[str(lot.id)], button="Rappeler ces lots") for _ in range(2)]
    said = "C’est rappelé. Les personnes sont prévenues."
    assert [(page.status_code, page.said) for page in pages] == [(200, said)] * 2
    assert await town.value("select count(*) from app.recalls") == 1


async def test_saving_parameters_twice_changes_them_once(town: Town) -> None:
    browser = await Browser.of(await town.an_admin())
    form = (await browser.opens("/admin/settings")).form("Enregistrer")
    for _ in range(2):
        page = await form.send(model_drafts_per_shop_and_day="13")
        assert page.said == "C’est enregistré."
    assert await town.value("select count(*) from app.setting_changes") == 1
