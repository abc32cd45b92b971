"""The association for which somebody acts, and what each of its pages has: the menu and calls that name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backend.pages.client import Answer, Refused
from backend.pages.forms import Form
from backend.pages.houses import House as AnyHouse
from backend.pages.houses import chosen_house
from backend.pages.visit import Visit
from backend.problems.common import NotAllowed

MENU = (
    ("to_do", "/association", "check"),
    ("tours", "/association/tours", "route"),
    ("points", "/association/points", "pin"),
    ("people", "/association/people", "people"),
    ("cards_kiosks", "/association/cards", "cards"),
    ("collections", "/association/collections", "truck"),
    ("needs", "/association/needs", "box"),
    ("neighbours", "/association/neighbours", "heart"),
    ("activity", "/association/activity", "chart"),
    ("agreements", "/association/agreements", "file"),
    ("association", "/association/about", "home"),
    ("programs", "/association/programs", "settings"),
    ("webhooks", "/association/webhooks", "bell"),
)
READERS = frozenset({"activity", "association"})
"""The entries of the menu that readers see too."""


@dataclass(frozen=True)
class House(AnyHouse):
    """The association for which the visitor acts. status: `verified` or not yet."""

    TEMPLATES = "associations"
    MENU = MENU

    status: str
    time_zone: str

    @property
    def works(self) -> bool:
        """Whether they look after people here, and do not only read figures."""
        return self.role in ("owner", "staff")

    @property
    def today(self) -> date:
        """The current day where the association is, in which its people's rights end."""
        return datetime.now(ZoneInfo(self.time_zone)).date()

    def sees(self, entry: str) -> bool:
        """Return whether the visitor's menu has this entry."""
        return entry in READERS or (self.works and super().sees(entry))

    async def sends(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, **more: Any
    ) -> Answer:
        """Send a request to the API for this association. Raises Refused."""
        answer = await self.visit.api.sends(method, path, body, query={**(query or {}), **self.asked}, **more)
        if not answer.is_success:
            raise Refused(answer)
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers. Raises Refused."""
        return (await self.sends("GET", path, query=query)).json()

    async def post(self, path: str, form: Form, body: Any = None) -> Any:
        """Return what a POST answers, once for each form that was shown. Raises Refused."""
        answer = await self.sends("POST", path, body, headers={"idempotency-key": form.key})
        return answer.json() if answer.content else None


async def house_of(visit: Visit) -> House:
    """Return the association for which the visitor acts: the one that the address names, or the first of theirs.

    Raises NotAllowed if they work for none, and Refused for a suspended account.
    """
    theirs = visit.session.associations if visit.session is not None else ()
    return House(**await chosen_house(visit, theirs, "association"))


async def house_where_one_works(visit: Visit) -> House:
    """Return the association whose people the visitor looks after. Raises NotAllowed for readers."""
    house = await house_of(visit)
    if not house.works:
        raise NotAllowed
    return house


async def house_that_one_owns(visit: Visit) -> House:
    """Return the association that the visitor owns. Raises NotAllowed for staff and readers."""
    house = await house_of(visit)
    if not house.owns:
        raise NotAllowed
    return house
