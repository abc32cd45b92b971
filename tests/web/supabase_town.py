"""The product on a town's database where Supabase Auth signs people in, with the stand-in for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
import pytest

from backend import main
from backend.settings import settings
from scripts.stand_ins.supabase import SupabaseStandIn
from tests.town import Town
from tests.visitors import PASSWORD
from tests.web.browser import Browser, Page

EMAIL = "amina@example.org"


class SupabaseTown:
    """A town whose requests go to a product that Supabase signs people in for."""

    def __init__(self, town: Town, app: Any, supabase: SupabaseStandIn) -> None:
        self.town = town
        self.supabase = supabase
        self._client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://product")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.town, name)

    async def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send a request to the product."""
        return await self._client.request(method, path, **more)

    def browser(self) -> Browser:
        """Return a browser of somebody new."""
        return Browser(cast(Town, self))

    async def joins(self, email: str = EMAIL, **typed: str) -> tuple[Browser, Page]:
        """Register and confirm the address; return the browser, signed in, and its page."""
        browser = self.browser()
        page = await browser.opens("/register")
        wanted = {"display_name": "Amina B.", "email": email, "password": PASSWORD, "terms": "2026-01", **typed}
        page = await page.form("/register").send(wanted)
        page = await page.form("/register/code").send(code=self.supabase.mail(email).code, password=PASSWORD)
        return browser, page


@asynccontextmanager
async def with_supabase(
    town: Town, monkeypatch: pytest.MonkeyPatch, *, confirms: bool = True
) -> AsyncIterator[SupabaseTown]:
    """Serve the town's product with Supabase Auth."""
    with SupabaseStandIn(confirms=confirms) as supabase:
        monkeypatch.setenv("ECOPANIER_AUTH", "supabase")
        monkeypatch.setenv("SUPABASE_URL", supabase.base_url)
        monkeypatch.setenv("SUPABASE_SECRET_KEY", supabase.api_key)
        settings.cache_clear()
        app = main.create_app()
        async with main.connected(app):
            yield SupabaseTown(town, app, supabase)
