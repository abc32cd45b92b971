"""The shop that a page is about, and what the person who opens it may do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import Response

from backend.pages.client import Refused
from backend.pages.visit import Visit
from backend.problems.common import NotAllowed, PathUnknown

MOST = 100
"""As many of a list as the API returns at once."""
STRANGERS = ("shop.not_found", "access.forbidden")
"""The problems with which the API answers people who do not work at a shop."""
RANKS = {"reader": 0, "staff": 1, "owner": 2}
# Name, path behind the shop's, icon, and who sees it.
MENU = (
    ("day", "", "home", "staff"),
    ("lots", "/lots", "list", "staff"),
    ("counter", "/counter", "qr", "staff"),
    ("figures", "/figures", "chart", "reader"),
    ("shop", "/settings", "person", "reader"),
)


@dataclass(frozen=True)
class Workplace:
    """A shop, and the caller's role there.

    shop: what the API says of it to those who work there: all of it, or what every page needs. version: its ETag; empty
    unless all of it was read.
    """

    shop: Mapping[str, Any]
    role: str
    version: str = ""

    @property
    def path(self) -> str:
        """The path of the shop's pages."""
        return f"/my-shops/{self.shop['id']}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the shop's days and times."""
        return ZoneInfo(self.shop["time_zone"])

    def may(self, least: str) -> bool:
        """Return whether the caller's role is at least this one."""
        return RANKS[self.role] >= RANKS[least]

    def midnight(self, days: int = 0) -> datetime:
        """Return when today began at the shop, or a day before or after it."""
        today = datetime.now(self.zone).date()
        return datetime.combine(today + timedelta(days=days), time(), self.zone)

    def page(self, visit: Visit, template: str, status: int = 200, /, **values: Any) -> Response:
        """Return a page of this shop."""
        menu = [(name, self.path + path, icon) for name, path, icon, least in MENU if self.may(least)]
        return visit.page(template, status, shop=self.shop, place=self, menu=menu, help_role="merchant", **values)


async def at_shop(visit: Visit, least: str = "staff", shop_id: str | None = None, *, whole: bool = True) -> Workplace:
    """Return the shop in the path, or the one with this id. whole: with all that its members may know of it.

    Raises PathUnknown for somebody who does not work there, and NotAllowed for a role below `least`.
    """
    shop_id = shop_id or str(visit.parameters.get("shop_id", ""))
    try:
        UUID(shop_id)
    except ValueError:
        raise PathUnknown from None
    if not whole:
        try:
            return workplace_of(await visit.api.get(f"/v1/shops/{shop_id}/workplace"), least)
        except Refused as refusal:
            if refusal.status != 404:
                raise
            raise PathUnknown from None
    answer = await visit.api.sends("GET", f"/v1/shops/{shop_id}")
    if not answer.is_success:
        raise Refused(answer)
    shop = answer.json()
    if shop.get("role") is None:
        raise PathUnknown
    return workplace_of(shop, least, answer.headers["etag"])


def workplace_of(shop: Mapping[str, Any], least: str, version: str = "") -> Workplace:
    """Return the workplace that an answer of the API tells of. Raises NotAllowed for a role below `least`."""
    role = shop["role"]
    if RANKS[role] < RANKS[least]:
        raise NotAllowed
    return Workplace(shop, role, version)
