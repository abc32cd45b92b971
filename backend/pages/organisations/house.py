"""The organisation for which somebody acts, and what each of its pages has."""

from dataclasses import dataclass

from backend.pages.houses import House as AnyHouse
from backend.pages.houses import chosen_house
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


@dataclass(frozen=True)
class House(AnyHouse):
    """The organisation for which the visitor acts. territory: its code."""

    TEMPLATES = "organisations"
    MENU = MENU

    kind: str
    territory: str
    territory_name: str

    @property
    def path(self) -> str:
        """The address of this organisation in the API."""
        return f"/v1/organisations/{self.id}"


async def house_of(visit: Visit) -> House:
    """Return the organisation for which the visitor acts: the one that the address names, or the first of theirs.

    Raises NotAllowed if they work for none, and Refused for a suspended account.
    """
    theirs = visit.session.organisations if visit.session is not None else ()
    return House(**await chosen_house(visit, theirs, "organisation"))


async def house_that_one_owns(visit: Visit) -> House:
    """Return the organisation that the visitor owns. Raises NotAllowed for staff and readers."""
    house = await house_of(visit)
    if not house.owns:
        raise NotAllowed
    return house
