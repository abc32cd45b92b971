"""The pages' templates."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from backend.pages.assets import asset


@lru_cache(1000)
def drawn_icon(name: str, small: bool = False, turns: bool = False, **more: str) -> Markup:
    """Return an icon of the sprite. turns: whether it points the other way in Arabic. `class`: a class of its own."""
    classes = ["icon", *(["icon-small"] if small else []), *(["turns"] if turns else []), more.get("class", "")]
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        " ".join(filter(None, classes)), asset("sprite.svg"), name
    )


environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    auto_reload=False,  # it would ask for the times of ten files at each page
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals.update(drawn_icon=drawn_icon, asset=asset)
