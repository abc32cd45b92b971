"""Whose desk a page of operators stands on: an association's, which plans what comes to it, or the admins'."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from backend.pages.admins.desk import desk_page
from backend.pages.associations.house import house_where_one_works
from backend.pages.client import Answer, Refused
from backend.pages.visit import Visit


@dataclass(frozen=True)
class Desk:
    """A desk. root: the address of its page; asked: the association, for whoever works for several."""

    visit: Visit
    root: str
    asked: Mapping[str, str]
    page: Callable[..., Response]

    async def sends(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Send a request to the API for this desk. Raises Refused."""
        answer = await self.visit.api.sends(method, path, body, query={**query, **self.asked})
        if not answer.is_success:
            raise Refused(answer)
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers. Raises Refused."""
        return (await self.sends("GET", path, **query)).json()

    def at(self, path: str = "", **query: Any) -> str:
        """Return the address of a page of this desk."""
        kept = {**query, **self.asked}
        return f"{self.root}{path}" + (f"?{urlencode(kept)}" if kept else "")

    def to(self, done: str, **query: str) -> Response:
        """Send the browser to the page of this desk, which says what was done."""
        return self.visit.to(self.root, done, **query, **self.asked)


async def of_association(visit: Visit, root: str) -> Desk:
    """Return the desk of the association whose collections the visitor looks after. Raises NotAllowed for readers."""
    house = await house_where_one_works(visit)
    return Desk(visit, root, house.asked, house.page)


async def of_admin(visit: Visit, root: str) -> Desk:
    """Return the desk of the admins."""
    return Desk(visit, root, {}, partial(desk_page, visit))
