"""The API clients of an organisation."""

from starlette.routing import BaseRoute

from backend.pages.organisations.house import house_that_one_owns
from backend.pages.programs import SCOPES, Owner, program_routes
from backend.pages.visit import Visit


async def _owner(visit: Visit) -> Owner:
    house = await house_that_one_owns(visit)
    return Owner(house, f"{house.path}/api-clients", scopes=SCOPES)


routes: list[BaseRoute] = [*program_routes("/organisation/programs", _owner)]
