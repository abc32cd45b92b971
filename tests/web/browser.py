"""A browser without scripts: it opens pages, follows their links, and fills and sends their forms.

    sophie = await Browser.of(await town.a_merchant())
    page = await sophie.opens("/my-shops")
    page = await page.form("Publier").send(quantity="6")

Whatever is opened is checked for what no page may have (`tests.web.html.faults`).
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2

from backend.pages import session as page_sessions
from tests.town import Town
from tests.town.people import Person
from tests.visitors import PASSWORD, Visitor
from tests.web.html import HEADINGS, Element, faults, read_html

MOST_REDIRECTS = 5
File = tuple[str, bytes, str]
"""A file to send: its name, its content and its media type."""
Typed = str | int | bool | Sequence[str] | File


class Browser(Visitor):
    """Opens pages and sends forms as a browser does: it keeps cookies and says which site a form comes from.

    taps: how many links were followed, choices made and buttons pressed.
    """

    def __init__(self, town: Town, address: str | None = None) -> None:
        super().__init__(town, address)
        self.cookies: dict[str, str] = {}
        self.taps = 0

    @classmethod
    async def of(cls, person: Person) -> Self:
        """Return a browser in which this person of the town has signed in."""
        browser = cls(person.town, person.address)
        cookie = os.urandom(32).hex()
        id_hash = sha256(cookie.encode()).digest()
        now = datetime.now(UTC)
        token = await person.town.token_for(person.id)
        tokens = {"access_token": token, "refresh_token": "none", "expires_at": now.timestamp() + 900}
        await person.town.changes(
            "select app.open_page_session($1, 'person', $2, null, $3, $4)",
            id_hash,
            person.id,
            page_sessions._sealed(id_hash, tokens),
            now + timedelta(days=1),
        )
        browser.cookies["session"] = cookie
        return browser

    async def enters(self, email: str = "amina@example.org", password: str = PASSWORD, **typed: str) -> httpx2.Response:
        """Send the form for signing in, and return the answer without following it."""
        return await self.sends("/sign-in", username=email, password=password, **typed)

    async def opens(self, path: str, **headers: str) -> "Page":
        """Open a page and follow redirects."""
        return await self._page(path, await self._asks("GET", path, None, headers))

    async def sends(self, path: str, site: str = "same-origin", **typed: str) -> httpx2.Response:
        """Send what no form need have, and return the answer without following it. Prefer `page.form(…).send(…)`."""
        return await self._asks("POST", path, list(typed.items()), {"Sec-Fetch-Site": site} if site else {})

    async def _page(self, path: str, answer: httpx2.Response) -> "Page":
        for _ in range(MOST_REDIRECTS):
            location = answer.headers.get("location", "")
            if not location or not urljoin(path, location).startswith("/"):
                break
            path = urljoin(path, location)
            answer = await self._asks("GET", path, None, {})
        page = Page(self, path, answer)
        if page.is_html and not answer.is_redirect:
            assert not faults(page.root), f"{path}: {faults(page.root)}"
        return page

    async def _asks(
        self,
        method: str,
        path: str,
        typed: Sequence[tuple[str, str]] | None,
        more: Mapping[str, str],
        files: Sequence[tuple[str, File]] | None = None,
    ) -> httpx2.Response:
        headers = {"X-Forwarded-For": self.address, "Accept": "text/html", **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        content = None
        if files is not None:
            parts = [(name, (None, value.encode(), None)) for name, value in typed or ()]
            form = httpx2.Request("POST", "http://form", files=[*parts, *files])
            headers["Content-Type"], content = form.headers["content-type"], form.read()
        elif typed is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(typed).encode()
        answer = await self.town.request(method, path, content=content, headers=headers)
        for line in answer.headers.get_list("set-cookie"):
            name, value = line.partition(";")[0].split("=", 1)
            self.cookies[name] = value.strip('"')
            if not self.cookies[name] or "Max-Age=0" in line:
                del self.cookies[name]
        return answer


class Page:
    """What a browser shows. path: where it is after redirects, with its query."""

    def __init__(self, browser: Browser, path: str, answer: httpx2.Response) -> None:
        self.browser = browser
        self.path = path
        self.answer = answer
        self.status_code = answer.status_code
        self.headers = answer.headers

    def __repr__(self) -> str:
        return f"<{self.status_code} {self.path}: {self.words[:2000]}>"

    @property
    def is_html(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/html")

    @property
    def text(self) -> str:
        """The page's HTML."""
        return self.answer.text

    @cached_property
    def root(self) -> Element:
        return read_html(self.text)

    @property
    def title(self) -> str:
        return next(self.root.all("title")).text

    @property
    def main(self) -> Element:
        """The page without its header, menu and footer."""
        return next(self.root.all("main"))

    @property
    def words(self) -> str:
        """The words of the whole page, as they are read."""
        return next(self.root.all("body"), self.root).text

    @property
    def headings(self) -> list[str]:
        return [one.text for one in self.root.all(*HEADINGS)]

    @property
    def links(self) -> dict[str, str]:
        """The address of each link by its words, in the order of the page; the first of those with the same words."""
        found: dict[str, str] = {}
        for one in self.root.all("a"):
            if one.has("href"):
                found.setdefault(_name(one), one.get("href"))
        return found

    @property
    def errors(self) -> dict[str, str]:
        """What is said to be wrong with each field."""
        return {
            one.get("id").removesuffix("-wrong"): one.text
            for one in self.root.all()
            if one.get("id").endswith("-wrong")
        }

    @property
    def alert(self) -> str:
        """What is wrong with the whole; empty if nothing is."""
        return " ".join(one.text for one in self.root.all() if one.get("role") == "alert")

    @property
    def said(self) -> str:
        """What the page says was done; empty if nothing was."""
        return " ".join(one.text for one in self.root.all() if one.get("role") == "status")

    async def follows(self, link: str) -> "Page":
        """Tap a link by its words or its address, and return the page that it leads to."""
        address = self.links.get(link, link)
        assert address in self.links.values(), f"no link {link!r}; there are {self.links}"
        self.browser.taps += 1
        return await self.browser.opens(urljoin(self.path, address))

    @property
    def forms(self) -> list["PageForm"]:
        return [PageForm(self, one) for one in self.root.all("form")]

    def form(self, name: str) -> "PageForm":
        """Return the form with this action, id or words on its button; of several alike the first."""
        found = [one for one in self.forms if name in one.names]
        assert found, f"no form {name!r} on {self.path}; there are {[one.names for one in self.forms]}"
        return found[0]


class PageForm:
    """A form of a page. `fields` holds what it starts with, by name; several values are a list."""

    def __init__(self, page: Page, element: Element) -> None:
        self.page = page
        self.element = element
        self.action = element.get("action") or page.path
        self.method = element.get("method", "get").upper()
        own = element.get("id")
        parts = [
            one
            for one in page.root.all("input", "select", "textarea", "button")
            if (one.get("form") == own if one.has("form") else one in list(element.all()))
        ]
        self._parts = [one for one in parts if not one.has("disabled") and not _within_disabled(one)]
        self.buttons = [one for one in self._parts if _presses(one)]

    @property
    def names(self) -> list[str]:
        """What `page.form(…)` finds this form by."""
        pressed = [_name(one) or one.get("value") for one in self.buttons]
        return [self.action, self.action.partition("?")[0], self.element.get("id"), *pressed]

    @property
    def fields(self) -> dict[str, str | list[str]]:
        found: dict[str, str | list[str]] = {}
        for name in dict.fromkeys(one.get("name") for one in self._named()):
            values = [value for one in self._named(name) for value in _values(one)]
            found[name] = values[0] if len(values) == 1 else values
        return found

    def options(self, name: str) -> list[str]:
        """Return the values that a list, a choice or several boxes allow."""
        found = []
        for one in self._named(name):
            found += [_value(option) for option in one.all("option")] if one.name == "select" else [_value(one)]
        return found

    async def send(
        self,
        more: Mapping[str, Typed] | None = None,
        /,
        *,
        button: str | None = None,
        checks: bool = True,
        **typed: Typed,
    ) -> Page:
        """Fill the form, press its button and return the page that comes.

        more: what is typed into fields whose names are no identifiers. button: the words, `name` or `value` of the
        button, by default the first. checks: whether the browser refuses what the fields do not allow; False sends it.
        A box without a value of its own is ticked by True; a file is a `File`.
        """
        wanted = {**(more or {}), **typed}
        hidden = {one.get("name") for one in self._named() if one.get("type") == "hidden"}
        for name in wanted:
            shown = [one for one in self._named(name) if one.get("type") != "hidden"]
            assert shown, f"no field {name!r} can be filled; there are {sorted(set(self.fields) - hidden)}"
        sent: list[tuple[str, str]] = []
        files: list[tuple[str, File]] = []
        for name in self.fields:
            parts = self._named(name)
            if name not in wanted:
                before = [(name, value) for one in parts for value in _values(one)]
                sent += before
                if checks and any(one.has("required") for one in parts) and parts[0].get("type") != "file":
                    assert any(value.strip() for _, value in before), f"the field {name!r} must be filled"
                continue
            value = wanted[name]
            if isinstance(value, tuple) and len(value) == 3 and isinstance(value[1], bytes):
                files.append((name, value))
            else:
                sent += [(name, one) for one in self._chosen(name, parts, value, checks)]
        pressed = self._button(button)
        if pressed is not None and pressed.get("name"):
            sent.append((pressed.get("name"), pressed.get("value")))
        self.page.browser.taps += 1
        action = urljoin(self.page.path, (pressed.get("formaction") if pressed else "") or self.action)
        if self.method == "GET":
            return await self.page.browser.opens(f"{action.partition('?')[0]}?{urlencode(sent)}")
        posted = self.element.get("enctype") == "multipart/form-data"
        assert posted or not files, "a form with a file needs enctype"
        site = {"Sec-Fetch-Site": "same-origin", "Referer": self.page.browser.town.url + self.page.path}
        answer = await self.page.browser._asks("POST", action, sent, site, files if posted else None)
        return await self.page.browser._page(action, answer)

    def _named(self, name: str | None = None) -> list[Element]:
        wanted = [one for one in self._parts if not _presses(one) and one.get("name")]
        return [one for one in wanted if name is None or one.get("name") == name]

    def _chosen(self, name: str, parts: list[Element], value: Any, checks: bool) -> list[str]:
        first = parts[0]
        chooses = first.name == "select" or first.get("type") in ("radio", "checkbox")
        if isinstance(value, bool) and first.get("type") == "checkbox":
            value = [_value(first)] if value else []
        values = [str(one) for one in value] if isinstance(value, list | tuple | set) else [str(value)]
        if chooses:
            before = [one for part in parts for one in _values(part)]
            self.page.browser.taps += len(set(values) ^ set(before)) if first.get("type") == "checkbox" else 1
        if not checks:
            return values
        if chooses:
            assert set(values) <= set(self.options(name)), f"{name!r} allows {self.options(name)}, not {values}"
            return values
        (typed,) = values
        assert typed.strip() or not first.has("required"), f"the field {name!r} must be filled"
        assert len(typed) <= int(first.get("maxlength", "100000")), f"the field {name!r} takes fewer signs"
        assert not typed or len(typed) >= int(first.get("minlength", "0")), f"the field {name!r} takes more signs"
        if first.get("type") == "number" and typed:
            low, high = float(first.get("min", "-inf")), float(first.get("max", "inf"))
            assert low <= float(typed) <= high, f"the field {name!r} takes {low} to {high}"
        return [typed]

    def _button(self, wanted: str | None) -> Element | None:
        if wanted is None:
            return self.buttons[0] if self.buttons else None
        found = [one for one in self.buttons if wanted in (_name(one), one.get("name"), one.get("value"))]
        assert found, f"no button {wanted!r}; there are {[_name(one) for one in self.buttons]}"
        return found[0]


def _name(one: Element) -> str:
    return one.get("aria-label") or one.text


def _presses(one: Element) -> bool:
    if one.name == "button":
        return one.get("type", "submit") == "submit"
    return one.name == "input" and one.get("type") in ("submit", "image")


def _within_disabled(one: Element) -> bool:
    around = one.parent
    while around is not None:
        if around.name == "fieldset" and around.has("disabled"):
            return True
        around = around.parent
    return False


def _value(one: Element) -> str:
    if one.name == "option":
        return one.get("value", one.text)
    return one.get("value", "on" if one.get("type") in ("radio", "checkbox") else "")


def _values(one: Element) -> list[str]:
    """Return what an untouched field sends."""
    if one.name == "select":
        options = [option for option in one.all("option") if not option.has("disabled")]
        chosen = [option for option in options if option.has("selected")]
        return [_value(option) for option in chosen or ([] if one.has("multiple") else options[:1])]
    if one.name == "textarea":
        return ["".join(part for part in one.content if isinstance(part, str)).removeprefix("\n")]
    if one.get("type") in ("radio", "checkbox"):
        return [_value(one)] if one.has("checked") else []
    return [] if one.get("type") == "file" else [_value(one)]


def query_of(path: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(path).query))
