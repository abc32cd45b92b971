"""The association or organisation for which somebody acts, and what each of its pages has: the menu and addresses.

People who work for several carry `?association=` or `?organisation=` along; for everybody else addresses stay short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from starlette.responses import Response

from backend.pages.side_menu import side_menu
from backend.pages.visit import Visit
from backend.problems.common import NotAllowed

OWNERS = frozenset({"programs", "webhooks"})
"""The entries of the menu that only owners see."""


class Desk(Protocol):
    """The owner of a page that shops, associations and organisations all have, such as that of webhooks."""

    @property
    def visit(self) -> Visit: ...

    def page(self, template: str, here: str, status: int = 200, /, **values: Any) -> Response: ...

    def to(self, path: str, done: str | None = None, **query: str) -> Response: ...

    def at(self, path: str, **query: Any) -> str: ...


@dataclass(frozen=True)
class House:
    """The base of an association's and an organisation's house. role: `owner`, `staff` or `reader`.

    asked: what addresses name, if the visitor works for several. others: the rest of these.
    """

    TEMPLATES: ClassVar[str]
    MENU: ClassVar[Sequence[tuple[str, str, str]]]

    visit: Visit
    id: str
    name: str
    role: str
    asked: Mapping[str, str]
    others: tuple[Mapping[str, Any], ...]

    @property
    def owns(self) -> bool:
        """Whether they own it."""
        return self.role == "owner"

    def sees(self, entry: str) -> bool:
        """Return whether the visitor's menu has this entry."""
        return self.owns or entry not in OWNERS

    def at(self, path: str, **query: Any) -> str:
        """Return the address of a page of this house."""
        kept = {**query, **self.asked}
        return f"{path}?{urlencode(kept)}" if kept else path

    def page(self, template: str, here: str, status: int = 200, /, **values: Any) -> Response:
        """Return a page of this house. here: its entry in the menu."""
        menu = tuple((name, self.at(path), drawn) for name, path, drawn in self.MENU if self.sees(name))
        return self.visit.page(
            f"{self.TEMPLATES}/{template}",
            status,
            menu=menu,
            side_menu=side_menu,
            house=self.name,
            desk=self,
            here=here,
            **values,
        )

    def to(self, path: str, done: str | None = None, **query: str) -> Response:
        """Send the browser to another page of this house."""
        return self.visit.to(path, done, **query, **self.asked)


async def chosen_house(visit: Visit, theirs: Sequence[Mapping[str, str]], parameter: str) -> dict[str, Any]:
    """Return the fields of the house for which the visitor acts: the one that the address names, or the first.

    theirs: the houses where they work. parameter: the name in the address. Raises NotAllowed if they work for none, and
    Refused for a suspended account.
    """
    if not theirs:
        await visit.api.get("/v1/me/memberships", limit=1)  # raises Refused for a suspended account
        raise NotAllowed
    wanted = visit.query.get(parameter)
    one = next((each for each in theirs if each["id"] == wanted), theirs[0])
    asked = {parameter: one["id"]} if len(theirs) > 1 else {}
    return {"visit": visit, **one, "asked": asked, "others": tuple(each for each in theirs if each is not one)}
