"""Bodies of requests and answers about diets."""

from typing import Any

from pydantic import Field

from backend.http.schemas import In, Out
from backend.lots.models import Allergen

_AVOIDED: dict[str, Any] = {"examples": [["gluten", "milk"]]}


class DietIn(In):
    """The allergens that you avoid, all of them."""

    without_allergens: list[Allergen] = Field(max_length=14, **_AVOIDED)


class DietOut(Out):
    """The allergens that you avoid. Nobody else sees them, nor that you said any."""

    without_allergens: list[Allergen] = Field(
        description="To send with a search, as `without_allergens`: a search by itself knows nothing of it.", **_AVOIDED
    )
