"""The categories of food as statements name them."""

from typing import Final

CATEGORIES: Final = {
    "fruits_vegetables": "fruits et légumes",
    "bakery": "pain",
    "pastry": "viennoiseries",
    "butcher": "viande",
    "delicatessen": "charcuterie",
    "fish": "poisson",
    "dairy": "produits laitiers",
    "cheese": "fromage",
    "grocery": "épicerie",
    "prepared_meals": "plats préparés",
    "caterer": "traiteur",
    "drinks": "boissons",
    "desserts": "desserts",
    "frozen": "surgelés",
    "canned": "conserves",
    "organic": "bio",
    "other": "autres",
}
