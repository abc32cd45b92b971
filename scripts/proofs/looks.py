"""Faults of a page in a real Chromium: found by axe, by measures of our own, and in its console."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, Request

_MEASURES = Path(__file__).with_name("looks.js").read_text()
# The addresses of links, and of forms that search, with what they start with.
_LEADS = """() => [
    ...[...document.querySelectorAll("a[href]")].map((one) => one.href),
    ...[...document.forms].filter((one) => one.method === "get")
        .map((one) => [new URL(one.getAttribute("action") ?? "", location), new URLSearchParams(new FormData(one))])
        .map(([to, typed]) => `${to.origin}${to.pathname}?${typed}`),
].filter((one) => one.startsWith(location.origin)).map((one) => one.slice(location.origin.length).split("#")[0])"""
_AXE = {"resultTypes": ["violations"], "preload": False, "iframes": False}
TARGET, TARGET_AT_A_KIOSK = 44, 64
# What a page may weigh, in bytes as they are sent, and how many requests it may make besides those of photos.
KIB = 1024
MOST = {"document": 12 * KIB, "stylesheet": 12 * KIB, "script": 6 * KIB}
MOST_IN_ALL, MOST_OF_A_PHOTO, MOST_REQUESTS = 40 * KIB, 25 * KIB, 6
WAIT_MILLISECONDS = 20_000
LONGEST_HTML = 200
REDIRECTS = range(300, 400)


@dataclass
class Seen:
    """An open page, what its console complains of, and the addresses that it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    async def opens(self, path: str) -> int:
        """Go to an address, and return the status of its answer."""
        self.complaints.clear()
        self.asked.clear()
        answer = await self.page.goto(path, timeout=WAIT_MILLISECONDS)
        return answer.status if answer is not None else 0

    async def faults(self, *, axe: bool = True, target: int = 0, focus: bool = False) -> list[str]:
        """Return what is wrong with the open page.

        target: the least width and height of what is touched, in px; 0 if that is not measured. focus: whether each
        element that can have the focus is looked at.
        """
        found: list[str] = await self.page.evaluate(_MEASURES, {"target": target, "focus": focus})
        if axe:
            violations: list[dict[str, Any]] = (await Axe().run(self.page, options=_AXE)).response["violations"]
            found += [f"axe: {one['id']}: {one['nodes'][0]['html'][:LONGEST_HTML]}" for one in violations]
        return [*found, *(f"console: {said}" for said in self.complaints)]

    async def over_budget(self) -> list[str]:
        """Return what the open page loads too much of. A map that was opened is not measured here."""
        await self.page.wait_for_load_state("load")
        sent: Counter[str] = Counter()
        asked, found = 0, list[str]()
        # A page that keeps itself current asks again every 20 s, which a slow machine may take for the measuring.
        for request in [one for one in self.asked if one.resource_type != "xhr"]:
            answer = await request.response()
            if answer is None or answer.status in REDIRECTS:
                continue
            size = await self._size(request)
            if "/photos/" in request.url:
                kind = answer.headers.get("content-type", "")
                if size > MOST_OF_A_PHOTO or kind != "image/webp":
                    found.append(f"a photo of {size} bytes, {kind}: {request.url}")
                continue
            # The icon is the browser's own wish; it keeps it for all pages.
            asked += not request.url.partition("?")[0].endswith("/static/icon.svg")
            sent[request.resource_type] += size
        found += [f"{sent[kind]} bytes of {kind}" for kind, most in MOST.items() if sent[kind] > most]
        if asked > MOST_REQUESTS:
            found.append(f"{asked} requests: {[one.url for one in self.asked]}")
        if sent.total() > MOST_IN_ALL:
            found.append(f"{sent.total()} bytes in all: {dict(sent)}")
        return found

    async def _size(self, request: Request) -> int:
        """Return the bytes of a body as it was sent, at the first time if the browser has kept it since."""
        size = (await request.sizes())["responseBodySize"]
        self.sizes[request.url] = max(size, self.sizes.get(request.url, 0))
        return self.sizes[request.url]

    async def leads_to(self) -> list[str]:
        """Return where the page's links and its forms for searching lead, as paths."""
        found: list[str] = await self.page.evaluate(_LEADS)
        return found


@asynccontextmanager
async def seen_in(context: BrowserContext) -> AsyncIterator[Seen]:
    """Open an empty page, and close it at the end."""
    seen = Seen(await context.new_page())
    seen.page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    # Pictures in the page itself (`data:`, `blob:`) are not asked for.
    seen.page.on("request", lambda one: seen.asked.append(one) if re.match("https?:", one.url) else None)
    yield seen
    await seen.page.close()
