"""The page where a shop asks for a collection proposes what it usually has left on this day of the week."""

from tests.journeys.test_offers_of_associations import ended
from tests.town import Town
from tests.web.browser import Browser


async def test_usual_leftovers_fill_the_form_with_one_tap(town: Town) -> None:
    shop = await town.a_shop()
    for weeks_ago in (1, 2, 3):
        await ended(town, shop, weeks_ago=weeks_ago, left=4, category="bakery", weight_grams=300)
    sophie = await Browser.of(shop.merchant)
    page = await sophie.opens(f"/my-shops/{shop.id}/collections/new")
    assert "D’habitude, il reste ceci le" in page.words
    assert page.form("Demander une collecte").fields["kg"] == ""

    page = await page.follows("Pain, 1,2\xa0kg")
    form = page.form("Demander une collecte")
    assert (form.fields["title"], form.fields["category"], form.fields["kg"]) == ("Pain", "bakery", "1,2")
    page = await form.send()
    assert page.said
    asked = (await shop.merchant.gets("/collections"))["data"]
    assert [(item["title"], item["grams"]) for item in asked[0]["items"]] == [("Pain", 1200)]


async def test_a_shop_without_a_past_is_proposed_nothing(town: Town) -> None:
    shop = await town.a_shop()
    page = await (await Browser.of(shop.merchant)).opens(f"/my-shops/{shop.id}/collections/new?usual=bakery")
    assert "D’habitude" not in page.words
    assert page.form("Demander une collecte").fields["title"] == ""
