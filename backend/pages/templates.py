"""The pages' templates, and Jinja's inner steps that a page takes many times, with less work in each.

Templates import macros without `with context`, so that each file of macros is made once and not again for each page. A
macro knows all the same what its page was rendered with: the texts, the visit and so on, but not what the template of
the page sets or imports. Outside its macros, such a file knows nothing of a page: what it sets is kept for all pages.
"""

from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, MethodType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import Markup

from backend.pages.amounts import Amounts
from backend.pages.assets import asset
from backend.pages.texts import Texts


@lru_cache(1000)
def drawn_icon(name: str, small: bool = False, turns: bool = False, **more: str) -> Markup:
    """Return an icon of the sprite. turns: whether it points the other way in Arabic. `class`: a class of its own."""
    classes = ["icon", *(["icon-small"] if small else []), *(["turns"] if turns else []), more.get("class", "")]
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        " ".join(filter(None, classes)), asset("sprite.svg"), name
    )


_DRAWINGS = {
    "bakery": "food-bread",
    "pastry": "food-cake",
    "desserts": "food-cake",
    "fruits_vegetables": "food-crate",
    "organic": "food-crate",
    "prepared_meals": "food-pot",
    "caterer": "food-pot",
    "fish": "food-fish",
    "butcher": "food-meat",
    "delicatessen": "food-meat",
    "dairy": "food-cheese",
    "cheese": "food-cheese",
    "drinks": "food-drinks",
}
_GROUNDS = {
    "bakery": "cream",
    "pastry": "cream",
    "desserts": "cream",
    "fruits_vegetables": "leaf",
    "organic": "leaf",
    "dairy": "leaf",
    "cheese": "leaf",
    "grocery": "cream",
    "canned": "cream",
}


@lru_cache(100)
def drawn_food(category: str) -> Markup:
    """Return the drawing of a category of food."""
    return Markup('<svg aria-hidden="true"><use href="{}#{}"/></svg>').format(
        asset("sprite.svg"), _DRAWINGS.get(category, "food-groceries")
    )


@lru_cache(100)
def ground_of_food(category: str) -> str:
    """Return the class of the colour behind a drawing."""
    return f"ground-{_GROUNDS.get(category, 'rose')}"


_NO_PAGE: Mapping[str, Any] = MappingProxyType({})
_page: ContextVar[Mapping[str, Any]] = ContextVar("page", default=_NO_PAGE)
"""The values that the page being made is rendered with."""


class _Template(Template):
    """A template that shows what it is made with to the macros that it calls."""

    def render(self, **values: Any) -> str:
        """Return the page."""
        before = _page.set(values)
        try:
            return super().render(values)
        finally:
            _page.reset(before)

    def make_module(self, *args: Any, **kwargs: Any) -> TemplateModule:
        """Return what a file of macros has, made without the page that happens to need it first."""
        before = _page.set(_NO_PAGE)
        try:
            return super().make_module(*args, **kwargs)
        finally:
            _page.reset(before)


class _Context(Context):
    """A context that calls texts, methods and macros without first asking each of them what Jinja should pass to it."""

    def resolve_or_missing(self, key: str) -> Any:
        """Return the value of a name: a template's own, or that of the page being made."""
        found = super().resolve_or_missing(key)
        return _page.get().get(key, missing) if found is missing else found

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something for a template."""
        kind = type(called)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind not in _WITHOUT_CONTEXT and not (kind is MethodType and type(called.__self__) is Amounts):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)


class _Environment(Environment):
    """An environment that looks into dictionaries first for a key: most of what a template reads is the API's JSON."""

    context_class = _Context
    template_class = _Template

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute or an item. The methods of dictionaries come before their keys, as Jinja has it."""
        if type(obj) is dict and attribute not in _METHODS:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template as one dictionary, because each page copies those of its templates."""
        return {**self.globals, **(d or {})}


_METHODS = frozenset(dir(dict))
_WITHOUT_CONTEXT = frozenset({Texts, type(drawn_icon)})  # the latter is of all functions that keep what they returned

environment = _Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    auto_reload=False,  # it would ask for the times of ten files at each page
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals.update(drawn_icon=drawn_icon, drawn_food=drawn_food, ground_of_food=ground_of_food, asset=asset)
