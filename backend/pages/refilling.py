"""Fill a form of one of our pages with what was typed into it before, as after signing in again."""

import re
from collections.abc import Sequence
from html import escape, unescape
from urllib.parse import urlsplit

_TAG = re.compile(r"<(/?)(form|input|option|select|textarea|details)\b([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?', re.IGNORECASE)
_KEPT = frozenset({"file", "password", "submit", "button", "image"})
_FIELDS = frozenset({"input", "select", "textarea"})
_TICKED = frozenset({"checkbox", "radio"})


def refilled(html: str, page: str, action: str, typed: Sequence[tuple[str, str]]) -> str | None:
    """Return a page whose form for `action` holds what was typed; None if the page has no such form.

    page: the page's path, where a form without an action goes. A form of the page whose fields are all hidden is not
    meant, so that nothing is sent that cannot be seen.
    """
    for opening in re.finditer(r"<form\b([^>]*)>", html, re.IGNORECASE):
        attributes = _attributes(opening[1])
        target = attributes.get("action") or page
        if attributes.get("method", "").lower() != "post" or urlsplit(target).path != urlsplit(action).path:
            continue
        inside, own = range(opening.end(), html.find("</form>", opening.end())), attributes.get("id")
        shown = [
            found
            for found in _TAG.finditer(html)
            if _belongs(found, inside, own) and found[2].lower() in _FIELDS and 'type="hidden"' not in found[3]
        ]
        if shown:
            begins = f"{html[: opening.start()]}{_tag('form', {**attributes, 'action': action})}"
            moved = len(begins) - opening.end()
            return _filled(begins + html[opening.end() :], range(inside.start + moved, inside.stop + moved), own, typed)
    return None


def _belongs(found: re.Match[str], inside: range, own: str | None) -> bool:
    named = _attributes(found[3]).get("form")
    return found.start() in inside if named is None else named == own


def _filled(html: str, inside: range, own: str | None, typed: Sequence[tuple[str, str]]) -> str:
    values: dict[str, list[str]] = {}
    for name, value in typed:
        values.setdefault(name, []).append(value)
    made: list[str] = []
    at = 0
    chosen: list[str] | None = None
    for found in _TAG.finditer(html):
        if found.start() < at or not _belongs(found, inside, own):
            continue
        closes, name, attributes = found[1], found[2].lower(), _attributes(found[3])
        made.append(html[at : found.start()])
        at = found.end()
        field = attributes.get("name", "")
        if closes:
            chosen = None if name == "select" else chosen
            made.append(found[0])
        elif name == "input" and attributes.get("type", "text") not in _KEPT:
            made.append(_input(attributes, values.get(field)))
        elif name == "textarea" and field in values:
            at = html.find("</textarea>", at)
            made.append(f"{found[0]}{escape(values[field][0])}")
        elif name == "select":
            chosen = values.get(field)
            made.append(found[0])
        elif name == "option" and chosen is not None:
            attributes.pop("selected", None)
            made.append(_tag(name, {**attributes, **({"selected": ""} if attributes.get("value") in chosen else {})}))
        elif name == "details":
            made.append(_tag(name, {**attributes, "open": ""}))
        else:
            made.append(found[0])
    made.append(html[at:])
    return "".join(made)


def _input(attributes: dict[str, str], values: list[str] | None) -> str:
    if attributes.get("type") in _TICKED:
        ticked = attributes.get("value", "on") in (values or ())
        attributes = {name: value for name, value in attributes.items() if name != "checked"}
        return _tag("input", {**attributes, **({"checked": ""} if ticked else {})})
    # Several hidden fields of one name, such as what was read in a photo, stay as they are.
    return _tag("input", {**attributes, "value": values[0]} if values and len(values) == 1 else attributes)


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(text)}


def _tag(name: str, attributes: dict[str, str]) -> str:
    written = [f'{one}="{escape(value)}"' if value else one for one, value in attributes.items()]
    return f"<{' '.join([name, *written])}>"
