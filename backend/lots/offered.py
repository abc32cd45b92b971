"""Bounds, descriptions and examples of the fields that lots and recurring listings share."""

from typing import Any, Final

Takes = dict[str, Any]

TITLE: Final[Takes] = {"min_length": 1, "max_length": 120, "examples": ["Panier de viennoiseries"]}
DESCRIPTION: Final[Takes] = {"max_length": 2000, "examples": ["Croissants et pains au chocolat du matin."]}
ORIGINAL_PRICE: Final[Takes] = {"ge": 1, "le": 100_000, "description": "Of one portion.", "examples": [1200]}
PRICE: Final[Takes] = {
    "ge": 0,
    "le": 100_000,
    "description": "Of one portion: 30 % to 70 % of the original price, or 0 for a free lot.",
    "examples": [480],
}
ALLERGENS: Final[Takes] = {
    "max_length": 14,
    "description": "Those of the 14 allergens of regulation (EU) 1169/2011 that the food contains.",
    "examples": [["gluten", "eggs", "milk"]],
}
COLD_CHAIN: Final[Takes] = {"description": "Whether the food has to be kept cold.", "examples": [False]}
WEIGHT: Final[Takes] = {"ge": 1, "le": 100_000, "description": "Of one portion.", "examples": [450]}
PHOTO_ID: Final[Takes] = {"description": "The photo of a draft, from `POST /lots/drafts`.", "examples": [None]}
ORIGIN: Final[Takes] = {
    "min_length": 1,
    "max_length": 120,
    "description": "Where the food comes from. Needed to publish fruit and vegetables, meat, fish, eggs and honey.",
    "examples": ["Alsace, France"],
}
GROUND: Final[Takes] = {
    "description": "Why the price is reduced, or the lot free. Published without one, it is `short_date` if the food's "
    "date is at most three days after the pickup, else `surplus`.",
    "examples": ["unsold_today"],
}
