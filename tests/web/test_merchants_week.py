"""Recurring listings: the week to come, a day that differs, and listings made, paused and corrected."""

from datetime import timedelta

from tests.town import Town
from tests.town.things import recurring_listing
from tests.web.browser import Browser


async def test_a_listing_is_made_from_a_lot_paused_and_resumed(town: Town) -> None:
    lot = await town.a_lot(title="Pains <i>du soir</i>", allergens=["gluten"])
    sophie = await Browser.of(lot.shop.merchant)
    page = await (await sophie.opens(f"/my-shops/{lot.shop.id}/lots/{lot.id}")).follows("Publier chaque jour")
    form = page.form("Enregistrer")
    assert form.fields["allergens"] == "gluten"
    # The window of the lot may go over midnight.
    page = await form.send(
        price="12", weekdays=["1", "3"], publish_at="15:30", pickup_from="17:00", pickup_until="19:00"
    )
    assert page.status_code == 422
    assert "price" in page.errors
    page = await page.form("Enregistrer").send(price="4")
    assert page.said == "C’est enregistré."
    assert "Pains <i>du soir</i>" in page.main.text
    assert await town.value("select weekdays from app.recurring_listings") == [1, 3]
    page = await page.form("Mettre en pause").send()
    assert "En pause" in page.main.text
    page = await page.form("Reprendre").send()
    assert await town.value("select active from app.recurring_listings")
    page = await page.follows("Modifier\xa0: Pains <i>du soir</i>")
    page = await page.form("Enregistrer").send(quantity="9", becomes_free_minutes="30")
    row = (await town.rows("select quantity, becomes_free_minutes, weekdays from app.recurring_listings"))[0]
    assert tuple(row) == (9, 30, [1, 3])


async def test_one_day_is_changed_skipped_and_restored(town: Town) -> None:
    shop = await town.a_shop()
    listing = recurring_listing(shop.id, weekdays=[1, 2, 3, 4, 5, 6, 7])
    made = await shop.merchant.posts("/recurring-listings", listing, key="k" * 20)
    sophie = await Browser.of(shop.merchant)
    tomorrow = await town.today() + timedelta(days=2)
    path = f"/my-shops/{shop.id}/recurring/{made['id']}/{tomorrow}"
    page = await (await sophie.opens(f"/my-shops/{shop.id}/recurring")).follows(path)
    page = await page.form("Enregistrer pour ce jour").send(quantity="11")
    assert "11 portions" in page.main.text
    page = await page.follows(path)
    page = await page.form("Ne rien publier ce jour-là").send(button="skip")
    assert "Pas ce jour-là" in page.main.text
    page = await (await page.follows(path)).form("Comme les autres jours").send(button="restore")
    assert "Pas ce jour-là" not in page.main.text
    assert await town.value("select count(*) from app.recurring_days") == 0
    assert (await sophie.opens(f"/my-shops/{shop.id}/recurring/{made['id']}/never")).status_code == 404


async def test_a_listing_that_somebody_changed_meanwhile_is_not_overwritten(town: Town) -> None:
    shop = await town.a_shop()
    made = await shop.merchant.posts("/recurring-listings", recurring_listing(shop.id), key="k" * 20)
    sophie = await Browser.of(shop.merchant)
    path = f"/my-shops/{shop.id}/recurring/{made['id']}"
    first = await sophie.opens(path)
    second = await sophie.opens(path)
    await first.form("Enregistrer").send(quantity="9")
    page = await second.form("Enregistrer").send(quantity="4")
    assert page.status_code == 412
    assert "9" in page.alert
    assert await town.value("select quantity from app.recurring_listings") == 9
    await page.form("Enregistrer").send()
    assert await town.value("select quantity from app.recurring_listings") == 4
