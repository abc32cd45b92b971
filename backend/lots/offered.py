"""What the fields of an offer take, whether it is made once or recurs: bounds, words and examples for its schemas."""

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
    "description": "Of the 14 of regulation (EU) 1169/2011, those it contains.",
    "examples": [["gluten", "eggs", "milk"]],
}
COLD_CHAIN: Final[Takes] = {"description": "Whether it has to be kept cold.", "examples": [False]}
WEIGHT: Final[Takes] = {"ge": 1, "le": 100_000, "description": "Of one portion.", "examples": [450]}
PHOTO_ID: Final[Takes] = {"description": "A photo that `POST /lots/drafts` answered with.", "examples": [None]}
