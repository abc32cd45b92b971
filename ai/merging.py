"""Merge several sources into one draft.

Codes take precedence over print, print over guesses, and the merchant's own words over the model's. If two readings of
a date differ, the earlier one is taken, and of two kinds of date the stricter one: a wrong draft may cost a sale, but
never somebody's health.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from ai.answer import ModelReading, is_plausible
from ai.draft_warnings import DraftWarning
from ai.earlier import latest_of_category, latest_of_product, reusable_values
from ai.label_dates import LabelDate
from ai.listing import FIELDS, Context, EarlierListing, ListingDraft
from ai.local import LocalReading
from ai.pricing import lawful_price
from ai.vocabulary import EATEN_THE_DAY_IT_IS_MADE, Category, DateKind, Urgency

_EVENING = 17  # from this hour on, food that was made today is urgent

# The confidence in each source.
CODE, SAME_PRODUCT, PRINT, TWO_PRINTS, SAME_CATEGORY, SHOP, RULE = 0.98, 0.8, 0.7, 0.85, 0.35, 0.3, 0.4


@dataclass(slots=True)
class Sheet:
    """A draft that is being filled in. The first source to fill a field wins."""

    values: dict[str, Any] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    warnings: set[DraftWarning] = field(default_factory=set)
    by: set[Literal["local", "model"]] = field(default_factory=set)

    def put(self, name: str, value: Any, confidence: float, by: Literal["local", "model"] | None) -> bool:
        """Fill a field if it is still empty. Returns whether it was filled."""
        if value is None or name in self.values:
            return False
        self.values[name] = value
        self.confidence[name] = round(confidence, 2)
        if by is not None:
            self.by.add(by)
        return True


def merge(local: LocalReading, said: ModelReading, context: Context) -> Sheet:
    """Collect what all sources say, the most trusted source first."""
    sheet = Sheet(warnings={*local.warnings, *said.warnings})
    _product(sheet, local, said)
    known = latest_of_product(context.earlier, sheet.values.get("gtin"))
    _dates(sheet, local, said, known, context.today)
    if known is not None:
        _prefill(sheet, known, FIELDS, SAME_PRODUCT, DraftWarning.FROM_SAME_PRODUCT)
    _prices(sheet, said)
    for name, value in said.values.items():
        if name == "suspected_allergens":
            _add_suspected(sheet, value, said.confidence[name])
        elif name not in ("original_price_cents", "price_cents", "food_date", "date_kind"):
            sheet.put(name, value, said.confidence[name], "model")
    _fill_from_category(sheet, said, context)
    _suggested_price(sheet)
    _urgency(sheet, said, context)
    return sheet


def to_draft(sheet: Sheet) -> ListingDraft:
    """Turn the sheet into a draft. Values that still break a rule are left out.

    Such values come from listings that are older than the rule.
    """
    while True:
        try:
            return ListingDraft(**sheet.values)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]} or {"price_cents", "food_date"}
            for name in wrong:
                sheet.values.pop(name, None)
                sheet.confidence.pop(name, None)


def _product(sheet: Sheet, local: LocalReading, said: ModelReading) -> None:
    codes = local.codes
    if codes.ignored:
        sheet.warnings.add(DraftWarning.CODE_IGNORED)
    if len(codes.gtins) > 1:
        sheet.warnings.add(DraftWarning.SEVERAL_PRODUCTS)
        return
    if codes.gtins:
        sheet.put("gtin", codes.gtins[0], CODE, "local")
        if said.values.get("gtin", codes.gtins[0]) != codes.gtins[0]:
            sheet.warnings.add(DraftWarning.GTIN_DIFFERS)
    batches = {elements.batch for elements in codes.elements if elements.batch}
    weights = {elements.weight_grams for elements in codes.elements if elements.weight_grams}
    sheet.put("batch", batches.pop() if len(batches) == 1 else None, CODE, "local")
    sheet.put("weight_grams", weights.pop() if len(weights) == 1 else None, CODE, "local")


def _dates(sheet: Sheet, local: LocalReading, said: ModelReading, known: EarlierListing | None, today: date) -> None:
    code = _date_in_codes(local)
    prints = [found for found in (local.date, said.date) if found is not None]
    believable = [found for found in prints if is_plausible(found.day, today)]
    if len(believable) < len(prints):
        sheet.warnings.add(DraftWarning.DATE_DROPPED)
    if (
        code is not None and code.day > today and not is_plausible(code.day, today)
    ):  # an old date is kept: the food is past it
        sheet.warnings.add(DraftWarning.DATE_DROPPED)
        code = None
    if code is not None:
        sheet.put("food_date", code.day, CODE, "local")
        sheet.put("date_kind", code.kind, CODE, "local")
        if any(found.day != code.day for found in prints):
            sheet.warnings.add(DraftWarning.DATE_DIFFERS)
    elif believable:
        _printed_date(sheet, believable, local, said)
    elif said.values.get("date_kind"):
        sheet.put("date_kind", said.values["date_kind"], said.confidence["date_kind"], "model")
    if (
        known is not None
        and (kind := reusable_values(known)["date_kind"])
        and not (kind is DateKind.NONE and believable)
    ):
        sheet.put("date_kind", kind, SAME_PRODUCT, "local")
    day, kind = sheet.values.get("food_date"), sheet.values.get("date_kind")
    if day is None and kind in (DateKind.USE_BY, DateKind.BEST_BEFORE):
        sheet.warnings.add(DraftWarning.DATE_NOT_READ)
    if day is not None and kind is None:
        sheet.warnings.add(DraftWarning.DATE_KIND_UNSURE)
    if day is not None and day < today:
        late = DraftWarning.BEST_BEFORE_PASSED if kind is DateKind.BEST_BEFORE else DraftWarning.USE_BY_PASSED
        sheet.warnings.add(late)


def _date_in_codes(local: LocalReading) -> LabelDate | None:
    """Return the earliest use-by date of all codes, else the earliest best-before date."""
    use_by = [elements.use_by for elements in local.codes.elements if elements.use_by]
    best_before = [elements.best_before for elements in local.codes.elements if elements.best_before]
    if use_by:
        return LabelDate(min(use_by), DateKind.USE_BY)
    return LabelDate(min(best_before), DateKind.BEST_BEFORE) if best_before else None


def _printed_date(sheet: Sheet, found: list[LabelDate], local: LocalReading, said: ModelReading) -> None:
    """Fill in a date that is not confirmed by a code. The merchant is asked to compare it with the label."""
    sheet.warnings.add(DraftWarning.DATE_UNCONFIRMED)
    day = min(one.day for one in found)
    agreed = len({one.day for one in found}) == 1
    if not agreed:
        sheet.warnings.add(DraftWarning.DATES_UNSURE)
    kinds = {one.kind for one in found if one.kind is not None}
    if len(kinds) > 1:
        sheet.warnings.add(DraftWarning.DATE_KIND_UNSURE)
    by_print = local.date is not None and local.date in found
    by: Literal["local", "model"] = "local" if by_print else "model"
    own = PRINT if by_print else said.confidence.get("food_date", RULE)
    sure = (TWO_PRINTS if agreed else RULE) if len(found) > 1 else own
    sheet.put("food_date", day, sure, by)
    if len(found) > 1:
        sheet.by.add("model")
    kind = DateKind.USE_BY if DateKind.USE_BY in kinds else next(iter(kinds), None)
    sheet.put("date_kind", kind, sure if len(kinds) == 1 else RULE, by)


def _prefill(
    sheet: Sheet, listing: EarlierListing, names: tuple[str, ...], confidence: float, warning: DraftWarning
) -> None:
    filled = [
        sheet.put(name, value, confidence, "local") for name, value in reusable_values(listing).items() if name in names
    ]
    if any(filled):
        sheet.warnings.add(warning)


def _prices(sheet: Sheet, said: ModelReading) -> None:
    """Take both prices of the model or neither, because one alone would be mixed with another source's estimate."""
    original, price = said.values.get("original_price_cents"), said.values.get("price_cents")
    if original is None and price is not None:  # the discount cannot be checked without the original
        sheet.warnings.add(DraftWarning.PRICE_DROPPED)
    if original is None or not sheet.put(
        "original_price_cents", original, said.confidence["original_price_cents"], "model"
    ):
        return
    lawful = lawful_price(original, price)
    if price is not None and lawful != price:
        sheet.warnings.add(DraftWarning.PRICE_ADJUSTED)
    sure = said.confidence["price_cents" if price is not None else "original_price_cents"]
    sheet.put("price_cents", lawful, sure if lawful == price else min(sure, RULE), "model")


def _add_suspected(sheet: Sheet, more: list[Any], confidence: float) -> None:
    """Add suspected allergens. They accumulate, because a source that names none does not exclude any."""
    if not sheet.put("suspected_allergens", more, confidence, "model"):
        sheet.values["suspected_allergens"] = [*sheet.values["suspected_allergens"], *more]
        sheet.by.add("model")


def _fill_from_category(sheet: Sheet, said: ModelReading, context: Context) -> None:
    """Fill empty fields from the shop's latest listing in the category.

    Title, description, allergens, kind of date and prices are taken only if no source says what the food is. (Prices
    are also taken if the title is known but no price is.) If there is a bar code without a title, the food is another
    product than that listing's, so only the category and the usual number of portions are taken.
    """
    category = sheet.values.get("category") or context.shop_category
    last = latest_of_category(context.earlier, category)
    if last is not None:
        described = {"title", "description", "suspected_allergens", "date_kind", "original_price_cents", "price_cents"}
        if "title" not in sheet.values and "gtin" in sheet.values:
            names: tuple[str, ...] = ("category", "portions")
        elif "title" not in sheet.values:
            names = FIELDS
        else:
            names = tuple(name for name in FIELDS if name not in described)
            if "original_price_cents" not in sheet.values:
                names += ("original_price_cents", "price_cents")
        if sheet.values.get("food_date") is not None:
            names = tuple(name for name in names if name != "date_kind")
        _prefill(sheet, last, names, SAME_CATEGORY, DraftWarning.FROM_SAME_CATEGORY)
        if sheet.values.get("date_kind") in (DateKind.USE_BY, DateKind.BEST_BEFORE) and "food_date" not in sheet.values:
            sheet.warnings.add(DraftWarning.DATE_NOT_READ)
    if context.shop_category in set(Category):
        sheet.put("category", Category(context.shop_category), SHOP, None)


def _suggested_price(sheet: Sheet) -> None:
    original = sheet.values.get("original_price_cents")
    if original is not None:
        sheet.put("price_cents", lawful_price(original), min(RULE, sheet.confidence["original_price_cents"]), None)


def _urgency(sheet: Sheet, said: ModelReading, context: Context) -> None:
    """Set the urgency by the use-by date, else as the model said, else by the category and the time of day."""
    day, kind = sheet.values.get("food_date"), sheet.values.get("date_kind")
    if day is not None and kind is not DateKind.BEST_BEFORE:
        tomorrow = context.today + timedelta(days=1)
        urgency = Urgency.NOW if day <= context.today else Urgency.TODAY if day == tomorrow else Urgency.LATER
        sure = sheet.confidence["food_date"]
    elif "urgency" in sheet.values:
        return
    else:
        soon = sheet.values.get("category") in EATEN_THE_DAY_IT_IS_MADE and kind is not DateKind.BEST_BEFORE
        evening = context.now.astimezone(ZoneInfo(context.time_zone)).hour >= _EVENING
        urgency = (Urgency.NOW if evening else Urgency.TODAY) if soon else Urgency.LATER
        sure = RULE
        if "category" not in sheet.values and kind is None:
            return
    sheet.values["urgency"] = urgency
    sheet.confidence["urgency"] = round(sure, 2)
