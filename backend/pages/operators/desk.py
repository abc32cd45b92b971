"""The desk that a page of operators belongs to: an association's, which plans what it receives, or the admins'."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from backend.pages.admins.desk import desk_page
from backend.pages.associations.house import House, house_that_one_owns, house_where_one_works
from backend.pages.client import Answer, Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit
from backend.time_zones import PARIS


@dataclass(frozen=True)
class Desk:
    """A desk. root: the address of its page; asked: the association, for whoever works for several.

    collections: the entry of its menu that lists collections; all_collections: their address; time_zone: of its times.
    """

    visit: Visit
    root: str
    asked: Mapping[str, str]
    page: Callable[..., Response]
    collections: str
    all_collections: str
    time_zone: str

    async def sends(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Answer:
        """Send a request to the API for this desk. Raises Refused."""
        answer = await self.visit.api.sends(method, path, body, query={**query, **self.asked}, headers=headers)
        if not answer.is_success:
            raise Refused(answer)
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers. Raises Refused."""
        return (await self.sends("GET", path, **query)).json()

    async def post(self, path: str, form: Form, body: Any = None) -> Any:
        """Return what a POST answers, once for each form that was shown; None if it has no body. Raises Refused."""
        answer = await self.sends("POST", path, body, headers={"idempotency-key": form.key})
        return answer.json() if answer.content else None

    def at(self, path: str = "", **query: Any) -> str:
        """Return the address of a page of this desk."""
        kept = {**query, **self.asked}
        return f"{self.root}{path}" + (f"?{urlencode(kept)}" if kept else "")

    def to(self, done: str, **query: str) -> Response:
        """Send the browser to the page of this desk, which says what was done."""
        return self.visit.to(self.root, done, **query, **self.asked)


Opens = Callable[[Visit, str], Awaitable[Desk]]
"""Returns the desk on which a page stands, by its address."""


def _desk_of(house: House, visit: Visit, root: str) -> Desk:
    listed = house.at("/association/collections")
    return Desk(visit, root, house.asked, house.page, "collections", listed, house.time_zone)


async def of_association(visit: Visit, root: str) -> Desk:
    """Return the desk of the association whose collections the visitor looks after. Raises NotAllowed for readers."""
    return _desk_of(await house_where_one_works(visit), visit, root)


async def of_owner(visit: Visit, root: str) -> Desk:
    """Return the desk of the association that the visitor owns. Raises NotAllowed for staff and readers."""
    house = await house_that_one_owns(visit)
    return _desk_of(house, visit, root)


async def of_admin(visit: Visit, root: str) -> Desk:
    """Return the desk of the admins."""
    page = partial(desk_page, visit)
    return Desk(visit, root, {}, page, "all_collections", "/admin/collections", PARIS)
