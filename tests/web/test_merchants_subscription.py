"""The pages of Premium: a merchant subscribes and manages it at Stripe, and reads what only Premium has."""

from datetime import timedelta

from tests.town import Town
from tests.town.books import has_premium
from tests.web.browser import Browser


async def test_a_merchant_subscribes_from_the_shops_page_in_two_taps(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{shop.id}/settings")).follows("Abonnement Premium")
    assert "19,99\xa0€" in page.words
    assert "23,99\xa0€" in page.words
    assert "dont 4,00\xa0€ de TVA" in page.words

    answer = await sophie.sends("/subscription")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(town.stripe.base_url)
    assert town.stripe.base_url in answer.headers["content-security-policy"]
    assert await town.stripe.pay_on_page(answer.headers["location"]) == 303
    page = await sophie.opens("/subscription?subscribed=1")
    assert "confirme votre paiement" in page.words
    assert "/subscription" not in [form.action for form in page.forms]  # nobody is asked to pay again
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    page = await sophie.opens("/subscription?subscribed=1")
    assert "Premium est actif" in page.words
    managed = await sophie.sends("/subscription/manage")
    assert managed.headers["location"].startswith(f"{town.stripe.base_url}/portal/")


async def test_the_page_is_english_for_who_reads_english(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    await sophie.sends("/language", language="en", next="/")
    page = await sophie.opens("/subscription")
    assert "Premium subscription" in page.headings
    assert "Subscribe for €23.99 a month" in page.words


async def test_without_premium_its_pages_lead_to_what_it_is(town: Town) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    for path in (f"/my-shops/{shop.id}/figures/items", "/my-shops/figures", f"/my-shops/{shop.id}/money.csv"):
        page = await sophie.opens(path)
        assert page.path == "/subscription?done=premium_needed", path
        assert "fait partie de Premium" in page.said
    paul = await town.a_customer("Paul")
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'reader', now())",
        shop.id,
        paul.id,
    )
    reader = await Browser.of(paul)
    assert (await reader.opens(f"/my-shops/{shop.id}/figures/items")).status_code == 403
    assert (await reader.opens("/subscription")).status_code == 403


async def test_items_and_shops_are_read_with_premium(town: Town) -> None:
    sophie = await town.a_merchant()
    shop, other = await town.a_shop(sophie), await town.a_shop(sophie)
    await has_premium(town, sophie)
    browser = await Browser.of(sophie)
    lot = await town.a_lot(shop=shop, title="<b>Pains</b>", opens_in=timedelta(0), lasts=timedelta(hours=1))
    await town.changes(
        "update app.lots set status = 'ended', pickup_start = now() - interval '26 hours',"
        " pickup_end = now() - interval '25 hours' where id = $1",
        lot.id,
    )
    page = await (await browser.opens(f"/my-shops/{shop.id}/figures")).follows("Chiffres par article (Premium)")
    assert "<b>Pains</b>" in page.words
    page = await (await browser.opens("/my-shops")).follows("Tous mes commerces (Premium)")
    led_to = {link.get("href") for link in page.main.all("a")}
    assert {f"/my-shops/{one.id}/figures?days=28" for one in (shop, other)} <= led_to
