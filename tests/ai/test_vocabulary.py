"""`ai` has words of its own, because it knows nothing of the backend; they are the same words."""

import ai
from ai.listing import DESCRIPTION_LENGTH, TITLE_LENGTH
from ai.pricing import HIGHEST_CENTS
from backend.lots.models import Allergen, DateKind
from backend.lots.schemas import LotIn
from backend.shops.models import Category


def test_the_words_are_the_products() -> None:
    assert [*ai.Category] == [*Category]
    assert [*ai.Allergen] == [*Allergen]
    assert [*ai.DateKind] == [*DateKind]


def test_the_bounds_are_those_of_a_lot() -> None:
    bounds = LotIn.model_json_schema()["properties"]
    assert bounds["title"]["maxLength"] == TITLE_LENGTH
    assert bounds["description"]["maxLength"] == DESCRIPTION_LENGTH
    assert bounds["original_price_cents"]["maximum"] == HIGHEST_CENTS
    assert bounds["quantity"]["maximum"] == 1000


def test_a_draft_has_no_place_for_what_is_the_merchants() -> None:
    assert not {"kind", "status", "publish", "published", "quantity", "remaining", "shop_id"} & set(ai.FIELDS)
    assert ai.ListingDraft.model_config["extra"] == "forbid"
