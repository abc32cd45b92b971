"""The fixed values of a draft: the product's categories and dates, the allergens of regulation (EU) 1169/2011."""

from enum import StrEnum


class Category(StrEnum):
    """The kind of food of a lot."""

    FRUITS_VEGETABLES = "fruits_vegetables"
    BAKERY = "bakery"
    PASTRY = "pastry"
    BUTCHER = "butcher"
    DELICATESSEN = "delicatessen"
    FISH = "fish"
    DAIRY = "dairy"
    CHEESE = "cheese"
    GROCERY = "grocery"
    PREPARED_MEALS = "prepared_meals"
    CATERER = "caterer"
    DRINKS = "drinks"
    DESSERTS = "desserts"
    FROZEN = "frozen"
    CANNED = "canned"
    ORGANIC = "organic"
    OTHER = "other"


class Allergen(StrEnum):
    """The 14 allergens of annex II of regulation (EU) 1169/2011."""

    GLUTEN = "gluten"
    CRUSTACEANS = "crustaceans"
    EGGS = "eggs"
    FISH = "fish"
    PEANUTS = "peanuts"
    SOYBEANS = "soybeans"
    MILK = "milk"
    NUTS = "nuts"
    CELERY = "celery"
    MUSTARD = "mustard"
    SESAME = "sesame"
    SULPHITES = "sulphites"
    LUPIN = "lupin"
    MOLLUSCS = "molluscs"


class DateKind(StrEnum):
    """Which of the two legal dates the food has, if any."""

    USE_BY = "use_by"
    BEST_BEFORE = "best_before"
    NONE = "none"


class Urgency(StrEnum):
    """How soon somebody must take the food."""

    NOW = "now"
    TODAY = "today"
    LATER = "later"


EATEN_THE_DAY_IT_IS_MADE = frozenset(
    {Category.BAKERY, Category.PASTRY, Category.PREPARED_MEALS, Category.CATERER, Category.FISH}
)
