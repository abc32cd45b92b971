"""`ai` must not import the backend, so it repeats some of its words and limits: they must be the same."""

import ai
from ai.listing import DESCRIPTION_LENGTH, TITLE_LENGTH
from ai.pricing import HIGHEST_CENTS
from backend.lots.models import Allergen, DateKind
from backend.lots.schemas import LotIn
from backend.shops.models import Category


def test_ai_s_enums_equal_the_backend_s() -> None:
    assert [*ai.Category] == [*Category]
    assert [*ai.Allergen] == [*Allergen]
    assert [*ai.DateKind] == [*DateKind]


def test_ai_s_limits_equal_those_of_a_lot() -> None:
    bounds = LotIn.model_json_schema()["properties"]
    assert bounds["title"]["maxLength"] == TITLE_LENGTH
    assert bounds["description"]["maxLength"] == DESCRIPTION_LENGTH
    assert bounds["original_price_cents"]["maximum"] == HIGHEST_CENTS
    assert bounds["quantity"]["maximum"] == 1000


def test_a_draft_has_no_fields_that_only_the_merchant_may_set() -> None:
    assert not {"kind", "status", "publish", "published", "quantity", "remaining", "shop_id"} & set(ai.FIELDS)
    assert ai.ListingDraft.model_config["extra"] == "forbid"
