"""The cards of lots in lists, written in Python instead of a template: a page has thirty, and they were half its work.

What a card says of prices, days and portions is the same for many lots, so these pieces are kept. What a lot costs
stands on its label; an offered lot is named by its food.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from backend.pages.amounts import Amounts, written_euros
from backend.pages.templates import drawn_food, drawn_icon, ground_of_food
from backend.pages.texts import PageLanguage, Texts, texts

MOST_KEPT = 4096


def lot_cards(lots: Iterable[Mapping[str, Any]], t: Texts, write: Amounts, query: str = "") -> Markup:
    """Return the cards of lots for people who look for some. query: what their links carry, such as `?for=gift`."""
    today, language, carried = t("common.today"), t.language, escape(query)
    cards: list[str] = []
    for lot in lots:
        shop, kind, distance = lot["shop"], lot["kind"], lot.get("distance_m")
        zone = shop["time_zone"]
        day = write.near_day(lot["pickup_start"], zone)
        hours = write.hours(lot["pickup_start"], lot["pickup_end"], zone)
        facts = _when(hours) if day == today else _when(f"{day}, {hours}", capital=True)
        if distance is not None:
            facts += _fact("pin", write.distance(distance))
        if lot["date_kind"] == "use_by":
            facts += _fact("info", t("lot.use_by", day=write.near_day(lot["food_date"])))
        elif lot["past_best_before"]:
            facts += _fact("info", t("find.best_before_past"))
        original = lot["original_price_cents"] if kind == "discounted" else None
        cards.append(
            f'<li class="lot">{picture(lot["category"], lot["photo_id"], kind, lot["price_cents"], language)}\n'
            f'<div class="words"><h3><a href="/lots/{lot["id"]}{carried}">{escape(lot["title"])}</a></h3>\n'
            f'<p class="muted small">{escape(shop["name"])}</p>\n'
            f"{facts}{_foot(original, lot['remaining'], language)}</div></li>\n"
        )
    return Markup("".join(cards))  # noqa: S704  texts of people are escaped above, and ids are the database's


@lru_cache(MOST_KEPT)
def picture(category: str, photo_id: str | None, kind: str, price_cents: int, language: PageLanguage) -> Markup:
    """Return a lot's photo, or the drawing of its category, with its label."""
    shown: str = drawn_food(category)
    if photo_id is not None:
        shown = f'<img src="/photos/{photo_id}/card" alt="" loading="lazy" width="112" height="148">'
    label = price_tag(kind, price_cents, category, language)
    return Markup(f'<div class="image {ground_of_food(category)}">{shown}{label}</div>')  # noqa: S704


@lru_cache(MOST_KEPT)
def price_tag(kind: str, price_cents: int, category: str, language: PageLanguage, more: str = "") -> Markup:
    """Return a lot's label. more: a class of its own."""
    t = texts(language)
    if kind == "discounted":
        words, word = written_euros(price_cents, language), ""
    else:
        short = f"categories.tags.{category}"
        words, word = t(short if short in t else f"categories.{category}"), " tag-word"
    return Markup('<span class="price-tag{}{} figures">{}</span>').format(more and f" {more}", word, words)


@lru_cache(MOST_KEPT)
def _when(words: str, capital: bool = False) -> str:
    said = f'<span class="capital">{escape(words)}</span>' if capital else escape(words)
    return f'<p class="fact when figures">{drawn_icon("clock", small=True)}{said}</p>\n'


@lru_cache(MOST_KEPT)
def _fact(icon: str, words: str) -> str:
    return f'<p class="fact">{drawn_icon(icon, small=True)}{escape(words)}</p>\n'


@lru_cache(MOST_KEPT)
def _foot(original_price_cents: int | None, remaining: int, language: PageLanguage) -> str:
    t, before = texts(language), ""
    if original_price_cents is not None:
        instead = t("common.instead_of", price=written_euros(original_price_cents, language))
        before = f'<span class="muted">{escape(instead)}</span>'
    return f'<p class="foot">{before}<span>{escape(t("common.portions", n=remaining))}</span></p>'
