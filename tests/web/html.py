"""Reads a page as a browser without scripts does: its title, headings, links, forms, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

EMPTY = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr"})
OPEN_ENDED = frozenset({"li", "option", "p", "td", "th", "tr", "dt", "dd"})  # may lack an end tag
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TYPED = frozenset({"input", "select", "textarea"})
UNLABELLED = frozenset({"hidden", "submit", "image", "button", "reset"})


@dataclass(eq=False)
class Element:
    """One element of a page, with what it contains in the order of the page. Two that read the same are still two."""

    name: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    content: list["Element | str"] = field(default_factory=list)

    def get(self, attribute: str, otherwise: str = "") -> str:
        return self.attributes.get(attribute, otherwise)

    def has(self, attribute: str) -> bool:
        return attribute in self.attributes

    @property
    def classes(self) -> list[str]:
        return self.get("class").split()

    def all(self, *names: str) -> Iterator["Element"]:
        """Yield the elements within this one, those of some names or all."""
        for one in self.content:
            if isinstance(one, Element):
                if not names or one.name in names:
                    yield one
                yield from one.all(*names)

    @property
    def text(self) -> str:
        """The words of the element, with single spaces. No-break spaces stay what they are."""
        return " ".join(part for part in "".join(self._parts()).replace("\n", " ").split(" ") if part)

    def _parts(self) -> Iterator[str]:
        if self.name in ("script", "style", "template"):
            return
        for one in self.content:
            if isinstance(one, str):
                yield one
            else:
                yield from one._parts()
        if self.name not in ("a", "b", "bdi", "em", "i", "small", "span", "strong", "svg", "use"):
            yield " "


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document", {})
        self._at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in OPEN_ENDED and self._at.name == tag:
            self._leave(tag)
        element = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.content.append(element)
        if tag not in EMPTY:
            self._at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._at.content.append(Element(tag, {name: value or "" for name, value in attrs}, self._at))

    def handle_endtag(self, tag: str) -> None:
        self._leave(tag)

    def handle_data(self, data: str) -> None:
        self._at.content.append(data)

    def _leave(self, tag: str) -> None:
        """Leave the innermost open element of this name; an end tag without one is passed over."""
        place: Element | None = self._at
        while place is not None and place.name != tag:
            place = place.parent
        if place is not None and place.parent is not None:
            self._at = place.parent


def read_html(html: str) -> Element:
    """Return the root of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def faults(root: Element) -> list[str]:
    """Return what no page may have: what breaks our policy for scripts, or is of no use to a screen reader."""
    found = []
    everything = list(root.all())
    ids = [one.get("id") for one in everything if one.has("id")]
    found += [
        f"the id {name!r} occurs more than once" for name in sorted({name for name in ids if ids.count(name) > 1})
    ]
    titles = [one.text for one in everything if one.name == "title" and one.parent and one.parent.name == "head"]
    if len(titles) != 1 or not titles[0]:
        found.append(f"titles: {titles}")
    if not any(one.name == "html" and one.get("lang") for one in everything):
        found.append("the language is not named")
    levels = [HEADINGS.index(one.name) + 1 for one in everything if one.name in HEADINGS]
    if levels.count(1) != 1 or levels[0] != 1:
        found.append(f"the first heading must be the only one of level 1: {levels}")
    found += [f"a heading of level {b} follows {a}" for a, b in pairwise(levels) if b > a + 1]
    for one in everything:
        inline = [name for name in one.attributes if name == "style" or name.startswith("on")]
        if inline or one.name == "style" or (one.name == "script" and not one.has("src")):
            found.append(f"<{one.name}> has a script or style of its own: {inline}")
        if one.name in TYPED and one.get("type") not in UNLABELLED and not _labelled(one, everything):
            found.append(f"the field {one.get('name')!r} has no label")
        if one.name in ("a", "button") and not _named(one):
            found.append(f"<{one.name} href={one.get('href')!r}> has no words")
        if one.name == "img" and not one.has("alt"):
            found.append(f"the picture {one.get('src')!r} has no alt")
        for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
            lost = [name for name in one.get(attribute).split() if name not in ids]
            found += [f"{attribute} of <{one.name}> names {name!r}, which does not exist" for name in lost]
        if one.name == "a" and one.get("href").startswith("#") and one.get("href")[1:] not in ids:
            found.append(f"the link {one.get('href')!r} leads nowhere")
    return found


def _labelled(one: Element, everything: list[Element]) -> bool:
    if one.get("aria-label") or one.has("aria-labelledby"):
        return True
    around = one.parent
    while around is not None:
        if around.name == "label" and around.text:
            return True
        around = around.parent
    return any(label.get("for") == one.get("id") and label.text for label in everything if label.name == "label")


def _named(one: Element) -> bool:
    pictures = any(inner.get("alt") or inner.get("aria-label") for inner in one.all())
    return bool(one.text or one.get("aria-label") or one.has("aria-labelledby") or pictures)
