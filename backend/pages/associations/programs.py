"""The API clients of an association."""

from starlette.routing import BaseRoute

from backend.pages.associations.house import house_of
from backend.pages.programs import Owner, program_routes
from backend.pages.visit import Visit
from backend.problems.common import NotAllowed


async def _owner(visit: Visit) -> Owner:
    house = await house_of(visit)
    if not house.owns:
        raise NotAllowed
    return Owner(house, "/v1/associations/me/api-clients", house.asked)


routes: list[BaseRoute] = [*program_routes("/association/programs", _owner)]
