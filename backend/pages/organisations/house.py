"""For which organisation somebody acts, and what each of its pages has: the menu and calls that name it.

Whoever works for several organisations carries `?organisation=` along; for everybody else addresses stay short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from backend.pages.visit import Visit
from backend.problems.common import NotAllowed

ROOT = "/organisation"
MENU = (
    ("territory", ROOT, "chart"),
    ("funds", f"{ROOT}/funds", "file"),
    ("team", f"{ROOT}/team", "people"),
    ("programs", f"{ROOT}/programs", "settings"),
    ("webhooks", f"{ROOT}/webhooks", "bell"),
)
OWNERS = frozenset({"programs", "webhooks"})


@dataclass(frozen=True)
class House:
    """The organisation for which the visitor acts. role: `owner`, `staff` or `reader`; territory: its code."""

    visit: Visit
    id: str
    name: str
    role: str
    kind: str
    territory: str
    territory_name: str
    asked: Mapping[str, str]
    others: tuple[Mapping[str, Any], ...]

    @property
    def owns(self) -> bool:
        """Whether they own it."""
        return self.role == "owner"

    @property
    def path(self) -> str:
        """The address of this organisation in the API."""
        return f"/v1/organisations/{self.id}"

    def at(self, path: str, **query: Any) -> str:
        """Return the address of a page of this organisation."""
        kept = {**query, **self.asked}
        return f"{path}?{urlencode(kept)}" if kept else path

    def page(self, template: str, here: str, status: int = 200, /, **values: Any) -> Response:
        """Return a page of this organisation. here: its entry in the menu."""
        menu = [(name, self.at(path), drawn, 0) for name, path, drawn in MENU if self.owns or name not in OWNERS]
        return self.visit.page(
            f"organisations/{template}", status, menu=menu, house=self.name, desk=self, here=here, **values
        )

    def to(self, path: str, done: str | None = None, **query: str) -> Response:
        """Send the browser to another page of this organisation."""
        return self.visit.to(path, done, **query, **self.asked)


async def house_of(visit: Visit) -> House:
    """Return the organisation for which the visitor acts: the one that the address names, or the first of theirs.

    Raises NotAllowed for whoever works for none, and Refused for a suspended account.
    """
    theirs = visit.session.organisations if visit.session is not None else ()
    if not theirs:
        await visit.api.get("/v1/me/memberships", limit=1)  # raises Refused for a suspended account
        raise NotAllowed
    wanted = visit.query.get("organisation")
    one = next((each for each in theirs if each["id"] == wanted), theirs[0])
    asked = {"organisation": one["id"]} if len(theirs) > 1 else {}
    others = tuple(each for each in theirs if each is not one)
    return House(visit, **one, asked=asked, others=others)


async def house_that_one_owns(visit: Visit) -> House:
    """Return the organisation that the visitor owns. Raises NotAllowed for staff and readers."""
    house = await house_of(visit)
    if not house.owns:
        raise NotAllowed
    return house
