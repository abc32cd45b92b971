"""Follows the links of pages and sends their GET forms, a few of each kind, and says what it met.

New pages are found by themselves, as soon as something links to them.
"""

import gzip
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

from scripts.proofs.links import Links, kind_of
from tests.web.browser import Browser, Page

MOST_HTML = 12 * 1024


@dataclass
class Crawl:
    """What was met. pages: an address of each kind of page; faults: what no page may do."""

    pages: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


async def crawl(browser: Browser, *starts: str) -> Crawl:
    """Open the pages that `browser` reaches from some addresses."""
    met, links = Crawl(), Links(*starts)
    while (following := links.next()) is not None:
        path, linked_from = following
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
        links.met(_leads_to(page), path)
    return met


def _leads_to(page: Page) -> list[str]:
    found = [one.get("href") for one in page.root.all("a") if one.has("href")]
    for form in page.forms:
        if form.method == "GET":
            typed = [(name, value) for name, value in form.fields.items() if isinstance(value, str)]
            found.append(f"{form.action.partition('?')[0]}?{urlencode(typed)}")
    within = [urljoin(page.path, address.partition("#")[0]) for address in found]
    return [address for address in within if address.startswith("/")]
