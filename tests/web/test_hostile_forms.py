"""What nobody types into our forms, but somebody may send: each is refused with the page of its form."""

import pytest

from tests.town import Town
from tests.web.browser import Browser

LOT = {"title": "Pains", "original_price": "8", "price": "4", "quantity": "4", "from": "18:00", "until": "19:00"}
NUMERALS = ("²", "9" * 5000)
"""Digits to Python that are no number to it, or a longer one than it reads."""


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "0000-01-01"])
async def test_a_lot_on_the_first_or_last_day_of_all_is_refused(town: Town, day: str) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    for hours in ({"until": "19:00"}, {"until": "01:00"}, {"from": "00:00", "until": "00:01"}):
        answer = await sophie.sends(f"/my-shops/{shop.id}/lots/new", checked="yes", day=day, **{**LOT, **hours})
        assert (answer.status_code, "-wrong" in answer.text) == (422, True), hours
    assert await town.value("select count(*) from app.lots") == 0


@pytest.mark.parametrize("numeral", NUMERALS)
async def test_weekdays_and_rates_that_are_no_numbers_are_refused(town: Town, numeral: str) -> None:
    shop = await town.a_shop()
    sophie = await Browser.of(shop.merchant)
    listing = {**LOT, "publish_at": "16:00", "pickup_from": "18:00", "pickup_until": "19:00", "weekdays": numeral}
    refused = await sophie.sends(f"/my-shops/{shop.id}/recurring/new", **listing)
    assert (refused.status_code, "weekdays-wrong" in refused.text) == (422, True)
    refused = await sophie.sends(f"/my-shops/{shop.id}/settings/billing", food_vat_bp=numeral)
    assert (refused.status_code, "food_vat_bp-wrong" in refused.text) == (422, True)
