"""Look at all pages of all roles, of a station and of a kiosk, in a real Chromium and in every mode.

A walk follows the links of each role in the first mode. The other modes then look at one page of each kind that this
walk met.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from backend.cards.secrets import PREFIX, new_secret, secret_hash
from scripts.demo_town.members import TOWN
from scripts.demo_town.people import ADMIN, PASSWORD, address
from scripts.demo_town.shops import SOPHIE
from scripts.proofs.containers import a_beneficiary
from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.links import Links, kind_of
from scripts.proofs.looks import TARGET, TARGET_AT_A_KIOSK, Seen, seen_in
from scripts.proofs.storms import Weather

AT_ONCE = 2  # pages that are looked at together


@dataclass(frozen=True)
class Mode:
    """How a page is looked at.

    text: the size of the text, 1 being usual. forced: with the colours of the system only.
    """

    name: str
    width: int
    height: int = 800
    scheme: Literal["light", "dark"] = "light"
    text: float = 1.0
    forced: bool = False
    language: str = "fr"
    axe: bool = True
    measures_targets: bool = False
    moves_the_focus: bool = False


FIRST = Mode("1280 px", 1280, measures_targets=True, moves_the_focus=True)
MODES = (
    Mode("360 px", 360, 740, measures_targets=True, moves_the_focus=True),
    Mode("dark", 360, 740, "dark"),
    Mode("dark, 1280 px", 1280, 800, "dark"),
    # The system paints here, and axe reads the colours of our style sheet.
    Mode("forced colours", 360, 740, forced=True, axe=False, moves_the_focus=True),
    Mode("320 px", 320, 640),
    Mode("320 px, English", 320, 640, language="en", axe=False),
    Mode("200 % text, 1280 px", 1280, text=2.0, moves_the_focus=True),
    Mode("200 % text, 360 px", 360, 740, text=2.0, axe=False),
)
FIRST_AT_A_KIOSK = Mode("1280 px", 1280, measures_targets=True, moves_the_focus=True)
MODES_AT_A_KIOSK = (
    *MODES,
    Mode("Arabic, 1280 px", 1280, language="ar", measures_targets=True, moves_the_focus=True),
    Mode("Arabic, 360 px", 360, 740, language="ar"),
    Mode("Arabic, dark, 200 % text", 800, 1280, "dark", 2.0, language="ar"),
)


@dataclass
class Visitor:
    """Somebody whose pages are looked at.

    state: the cookies of their browser, once they have signed in. card: what they show to a kiosk. pages: an address of
    each kind of page that nobody else has.
    """

    name: str
    starts: list[str]
    state: Any = None
    card: str = ""
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def at_a_kiosk(self) -> bool:
        """Whether the pages are those of the kiosk."""
        return bool(self.card)


async def pages_hold(outcome: Outcome, weather: Weather) -> None:
    """Look at all pages of a demo town; in a hurry only in the first mode. Without Chromium, say that it is missing."""
    chromium = await asyncio.to_thread(shutil.which, "chromium")
    if chromium is None:
        outcome.not_tried = "Chromium is missing here: apt-get install chromium"
        return
    with tempfile.TemporaryDirectory(prefix="ecopanier-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240  a moment
        async with House.built(Path(folder)) as house, async_playwright() as playwright:
            browser = await started(playwright, chromium)
            looker = Looker(browser, house.url, outcome)
            visitors = await _visitors(house, looker, await house.is_seeded())
            for visitor in visitors:
                await looker.walks(visitor)
            for visitor in [] if weather.hurried else visitors:
                for mode in MODES_AT_A_KIOSK if visitor.at_a_kiosk else MODES:
                    await looker.looks(visitor, mode)
            await browser.close()


async def started(playwright: Playwright, chromium: str) -> Browser:
    """Start a Chromium. As root it runs without its sandbox, which would refuse to start."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    return await playwright.chromium.launch(executable_path=chromium, args=alone)


class Looker:
    """Looks at pages, and notes what is wrong with them in an outcome."""

    def __init__(self, browser: Browser, url: str, outcome: Outcome) -> None:
        self.browser, self.url, self.outcome = browser, url, outcome
        self._kinds: set[str] = set()

    @asynccontextmanager
    async def context(self, mode: Mode, visitor: Visitor | None = None) -> AsyncIterator[BrowserContext]:
        """Open a browser in this mode, with the cookies of a visitor."""
        opened = await self.browser.new_context(
            base_url=self.url,
            locale={"fr": "fr-FR", "en": "en-GB", "ar": "ar"}[mode.language],
            viewport={"width": mode.width, "height": mode.height},
            color_scheme=mode.scheme,
            reduced_motion="reduce",
            forced_colors="active" if mode.forced else "none",
            storage_state=visitor.state if visitor is not None else None,
        )
        if mode.language == "en":
            await opened.add_cookies([{"name": "language", "value": "en", "url": self.url}])
        yield opened
        await opened.close()

    async def walks(self, visitor: Visitor) -> None:
        """Follow the links of a visitor, and look at every page in the first mode."""
        mode = FIRST_AT_A_KIOSK if visitor.at_a_kiosk else FIRST
        links, found = Links(*visitor.starts), 0
        async with self.context(mode, visitor) as context, seen_in(context) as seen:
            if visitor.at_a_kiosk:
                await _shows_a_card(seen.page, visitor.card, mode.language)
            while (following := links.next()) is not None:
                path, on = following
                if not await self._opens(seen, path, visitor, f"from {on}"):
                    continue
                links.met(await seen.leads_to(), path)
                kind = kind_of(seen.page.url.removeprefix(self.url))
                visitor.pages.setdefault(kind, path)
                found += self._notes(await seen.over_budget(), f"{visitor.name}, {path}")
                found += await self._looks(seen, visitor, mode, path)
            visitor.state = await context.storage_state()
        print(f"  {visitor.name}: {len(visitor.pages)} kinds of pages, {found} faults", flush=True)
        # Pages that an earlier visitor met look the same.
        visitor.pages = {kind: path for kind, path in visitor.pages.items() if kind not in self._kinds}
        self._kinds |= visitor.pages.keys()

    async def looks(self, visitor: Visitor, mode: Mode) -> None:
        """Look at one page of each kind in a mode."""
        paths, found = list(visitor.pages.values()), 0
        async with self.context(mode, visitor) as context:
            if visitor.at_a_kiosk:
                async with seen_in(context) as seen:
                    await _shows_a_card(seen.page, visitor.card, mode.language)

            async def some() -> int:
                found = 0
                async with seen_in(context) as seen:
                    await _enlarges(context, seen, mode)
                    while paths:
                        path = paths.pop(0)
                        if await self._opens(seen, path, visitor, mode.name):
                            found += await self._looks(seen, visitor, mode, path)
                return found

            found = sum(await asyncio.gather(*(some() for _ in range(AT_ONCE))))
        print(f"  {visitor.name}, {mode.name}: {len(visitor.pages)} pages, {found} faults", flush=True)

    async def _opens(self, seen: Seen, path: str, visitor: Visitor, where: str) -> bool:
        status = await seen.opens(path)
        self.outcome.figures["pages opened"] += 1
        self.outcome.expect(status == 200, f"{visitor.name}: {status} {path}, {where}")
        return status == 200

    async def _looks(self, seen: Seen, visitor: Visitor, mode: Mode, path: str) -> int:
        least = TARGET_AT_A_KIOSK if visitor.at_a_kiosk else TARGET
        faults = await seen.faults(
            axe=mode.axe, target=least if mode.measures_targets else 0, focus=mode.moves_the_focus
        )
        return self._notes(faults, f"{visitor.name}, {mode.name}, {path}")

    def _notes(self, faults: list[str], where: str) -> int:
        """Keep and print what is wrong with a page, and return how much that is."""
        for fault in faults:
            self.outcome.violations.append(f"{where}: {fault}")
            print(f"    {where}: {fault}", flush=True)
        return len(faults)


async def _visitors(house: House, looker: Looker, sign_ins: str) -> list[Visitor]:
    """Sign everybody in, pair a station and register a kiosk."""
    people: Mapping[str, str | None] = {
        "visitor": None,
        "customer": address("claire"),
        "merchant": address(SOPHIE.login),
        "beneficiary": a_beneficiary(sign_ins),
        "association": address("tables-partagees"),
        "collector": address("karim"),
        "organisation": address(TOWN.login),
        "admin": address(ADMIN),
    }
    found = [await _person(looker, role, username) for role, username in people.items()]
    return [*found, await _station(house, looker), await _kiosk(house, looker, a_beneficiary(sign_ins))]


async def _person(looker: Looker, role: str, username: str | None) -> Visitor:
    visitor = Visitor(role, ["/", "/sign-in", "/station", "/kiosk/setup"])
    if username is not None:
        async with looker.context(FIRST) as context:
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.fill("#username", username)
            await page.fill("#password", PASSWORD)
            await page.click("main form button.button")
            await page.wait_for_url(lambda url: "/sign-in" not in url)
            visitor.starts = [page.url.removeprefix(looker.url), "/account"]
            visitor.state = await context.storage_state()
    return visitor


async def _station(house: House, looker: Looker) -> Visitor:
    shop = await house.value(
        "select id from app.shops where owner_id = $1 limit 1", await _account(house, address(SOPHIE.login))
    )
    made = await _posts(house, address(SOPHIE.login), f"/v1/shops/{shop}/stations", {"name": "Caisse 2"})
    visitor = Visitor("station", ["/station"])
    async with looker.context(FIRST) as context:
        page = await context.new_page()
        await page.goto("/station")
        await page.fill("#pairing_code", made["pairing_code"])
        await page.click("main form button.button")
        await page.wait_for_load_state()
        visitor.state = await context.storage_state()
    return visitor


async def _kiosk(house: House, looker: Looker, beneficiary: str) -> Visitor:
    kiosk = await _posts(house, address("tables-partagees"), "/v1/kiosks", {"name": "Accueil de jour"})
    card = new_secret()
    await house.value(
        "insert into app.cards (beneficiary_id, secret_hash) select id, $2 from app.beneficiaries where code = $1",
        beneficiary,
        secret_hash(card),
    )
    visitor = Visitor("kiosk", ["/kiosk/lots", "/kiosk"], card=PREFIX + card)
    async with looker.context(FIRST) as context:
        page = await context.new_page()
        await page.goto("/kiosk/setup")
        await page.fill("#device", kiosk["device"])
        await page.fill("#where", "Strasbourg")
        await page.click("main form button.button")
        await page.wait_for_url("**/kiosk")
        visitor.state = await context.storage_state()
    return visitor


async def _account(house: House, email: str) -> UUID:
    found: UUID = await house.value("select id from app.accounts where email = $1", email)
    return found


async def _posts(house: House, email: str, path: str, body: Mapping[str, str]) -> Any:
    token = house.token(await _account(house, email))
    answer = await house.http.post(f"{house.url}{path}", json=body, headers={"Authorization": f"Bearer {token}"})
    return answer.raise_for_status().json()


async def _shows_a_card(page: Page, card: str, language: str) -> None:
    """Choose the language of the kiosk and show a card, which signs in for three minutes after each page."""
    await page.goto("/kiosk")
    await page.click(f"form[action='/kiosk/language'] [value={language}]")
    await page.wait_for_load_state()
    await page.fill("#shown", card)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/kiosk/lots")


async def _enlarges(context: BrowserContext, seen: Seen, mode: Mode) -> None:
    """Set the size of the browser's text, as people do in its settings."""
    if mode.text != 1.0:
        tools = await context.new_cdp_session(seen.page)
        await tools.send("Page.enable")
        await tools.send("Page.setFontSizes", {"fontSizes": {"standard": round(16 * mode.text)}})
