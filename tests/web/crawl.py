"""Follows the links of pages and sends their GET forms, a few of each kind, and says what it met.

New pages are found by themselves, as soon as something links to them.
"""

import gzip
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.web.browser import Browser, Page

ALIKE = 2  # pages of one kind, such as two lots
FILTERED = 4  # addresses of one page with different parameters
MOST_HTML = 12 * 1024
# The API's documentation and its problems are no screens; files are read by their own tests.
OUTSIDE = re.compile(
    r"/(v1|static|docs|openapi\.json|problems/.+|\.well-known|photos)(/|$|\?)|.*\.(pdf|csv|ics|zip)(\?|$)"
)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def kind_of(path: str) -> str:
    """Return the kind of a page: its path, with `{id}` for each id."""
    return _ID.sub("{id}", urlsplit(path).path)


@dataclass
class Crawl:
    """What was met. pages: an address of each kind of page; faults: what no page may do."""

    pages: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


async def crawl(browser: Browser, *starts: str) -> Crawl:
    """Open the pages that `browser` reaches from some addresses."""
    met, seen = Crawl(), set(starts)
    todo = [(start, "the start") for start in starts]
    opened: Counter[str] = Counter()
    filtered: Counter[str] = Counter()
    while todo:
        path, linked_from = todo.pop(0)
        kind = kind_of(path)
        counted, most = (filtered, FILTERED) if urlsplit(path).query else (opened, ALIKE)
        if counted[kind] >= most:
            continue
        counted[kind] += 1
        page = await browser.opens(path)
        if page.status_code != 200:
            met.faults.append(f"{page.status_code} {path}, from {linked_from}")
            continue
        if not page.is_html:
            continue
        size = len(gzip.compress(page.answer.content, 6))
        if size > MOST_HTML:
            met.faults.append(f"{size} bytes of HTML: {path}")
        met.pages.setdefault(kind_of(page.path), page.path)
        for address in _leads_to(page):
            if address not in seen and not OUTSIDE.match(address):
                seen.add(address)
                todo.append((address, path))
    return met


def _leads_to(page: Page) -> list[str]:
    found = [one.get("href") for one in page.root.all("a") if one.has("href")]
    for form in page.forms:
        if form.method == "GET":
            typed = [(name, value) for name, value in form.fields.items() if isinstance(value, str)]
            found.append(f"{form.action.partition('?')[0]}?{urlencode(typed)}")
    within = [urljoin(page.path, address.partition("#")[0]) for address in found]
    return [address for address in within if address.startswith("/") and not _again(address)]


def _again(address: str) -> bool:
    """Return whether an address only says what was done, which is not another page."""
    return any(name == "done" for name, _ in parse_qsl(urlsplit(address).query))
