"""The menu beside the pages at a desk. It is the same from page to page, so it is kept."""

from functools import lru_cache

from markupsafe import Markup

from backend.pages.templates import drawn_icon
from backend.pages.texts import PageLanguage, texts

MOST_KEPT = 1000


@lru_cache(MOST_KEPT)
def side_menu(menu: tuple[tuple[str, str, str], ...], here: str, language: PageLanguage) -> Markup:
    """Return a menu. menu: the name, path and icon of each entry; here: the name of the one that is open."""
    t = texts(language)
    entries = [
        Markup('<li><a href="{}"{}>{}{}</a></li>\n').format(
            path, Markup(' aria-current="page"') if name == here else "", drawn_icon(drawn), t(f"menu.{name}")
        )
        for name, path, drawn in menu
    ]
    start = Markup('<nav class="side-nav" aria-label="{}"><ul>\n').format(t("common.menu"))
    return start + Markup("").join(entries) + Markup("</ul></nav>\n")
