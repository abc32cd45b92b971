"""For which association somebody acts, and what each of its pages has: the menu and calls that name it.

Whoever works for several associations carries `?association=` along; for everybody else addresses stay short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from backend.pages.client import Answer, Refused
from backend.pages.forms import Form
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


@dataclass(frozen=True)
class House:
    """The association for which the visitor acts. role: `owner`, `staff` or `reader`; status: `verified` or not yet."""

    visit: Visit
    id: str
    name: str
    role: str
    status: str
    time_zone: str
    asked: Mapping[str, str]
    others: tuple[Mapping[str, Any], ...]

    @property
    def works(self) -> bool:
        """Whether they look after people here, and do not only read figures."""
        return self.role in ("owner", "staff")

    @property
    def owns(self) -> bool:
        """Whether they own it."""
        return self.role == "owner"

    def at(self, path: str, **query: Any) -> str:
        """Return the address of a page of this association."""
        kept = {**query, **self.asked}
        return f"{path}?{urlencode(kept)}" if kept else path

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

    def page(self, template: str, here: str, status: int = 200, /, **values: Any) -> Response:
        """Return a page of this association. here: its entry in the menu."""
        seen = {name for name, _, _ in MENU if name in READERS or (self.works and name not in OWNERS) or self.owns}
        menu = [(name, self.at(path), drawn, 0) for name, path, drawn in MENU if name in seen]
        return self.visit.page(
            f"associations/{template}", status, menu=menu, house=self.name, desk=self, here=here, **values
        )

    def to(self, path: str, done: str | None = None, **query: str) -> Response:
        """Send the browser to another page of this association."""
        return self.visit.to(path, done, **query, **self.asked)


READERS = frozenset({"activity", "association"})
OWNERS = frozenset({"programs", "webhooks"})


async def house_of(visit: Visit) -> House:
    """Return the association for which the visitor acts: the one that the address names, or the first of theirs.

    Raises NotAllowed for whoever works for none, and Refused for a suspended account.
    """
    theirs = visit.session.associations if visit.session is not None else ()
    if not theirs:
        await visit.api.get("/v1/me/memberships", limit=1)  # raises Refused for a suspended account
        raise NotAllowed
    wanted = visit.query.get("association")
    one = next((each for each in theirs if each["id"] == wanted), theirs[0])
    asked = {"association": one["id"]} if len(theirs) > 1 else {}
    others = tuple(each for each in theirs if each is not one)
    return House(visit, one["id"], one["name"], one["role"], one["status"], one["time_zone"], asked, others)


async def house_where_one_works(visit: Visit) -> House:
    """Return the association whose people the visitor looks after. Raises NotAllowed for readers."""
    house = await house_of(visit)
    if not house.works:
        raise NotAllowed
    return house
