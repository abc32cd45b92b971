"""The money of a shop and of the platform, on pages: the payout account, closed lots, disputes."""

from tests.journeys.test_ledger import collected
from tests.journeys.test_payouts import closed_lot
from tests.town import Town
from tests.web.browser import Browser


async def test_a_merchant_opens_a_payout_account_and_reads_what_lots_came_to(town: Town) -> None:
    merchant = await town.a_merchant()
    shop = await town.a_shop(merchant)
    await closed_lot(town, shop)
    sophie = await Browser.of(merchant)

    page = await sophie.opens(f"/my-shops/{shop.id}/money")
    assert "3,51\u00a0€" in page.text
    assert "3,99\u00a0€" in page.text
    stripe = (await page.form("Ouvrir mon compte de versement").send()).answer.headers["location"]
    assert (await town.stripe.onboard(stripe)).endswith(f"/my-shops/{shop.id}/money")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    page = await sophie.opens(f"/my-shops/{shop.id}/money")
    assert "Il est prêt" in page.text


async def test_an_admin_decides_who_bears_a_lost_dispute(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(price_cents=399, original_price_cents=800)
    bought = await collected(town, marc, lot)
    intent = await town.value("select stripe_payment_intent from app.payments where reservation_id = $1", bought.id)
    dispute = await town.stripe.dispute(intent)
    await town.stripe.decide_dispute(dispute["id"], "lost")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    odile = await Browser.of(await town.an_admin())

    page = await odile.opens("/admin/money")
    assert "Perdu" in page.text
    page = await page.form("Le commerce le supporte").send(button="Le commerce le supporte")

    assert "Supporté par le commerce" in page.text
    assert "dispute_borne" in (await odile.opens("/admin/money/ledger")).text
