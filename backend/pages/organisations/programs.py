"""The API clients of an organisation, and the mandates that associations granted them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.routing import BaseRoute

from backend.pages.organisations.house import House, house_that_one_owns
from backend.pages.programs import SCOPES, Owner, program_routes
from backend.pages.visit import Visit

PAGE = "/organisation/programs"


async def _owner(visit: Visit) -> Owner:
    house = await house_that_one_owns(visit)
    return Owner(house, PAGE, f"{house.path}/api-clients", scopes=SCOPES, more=partial(_mandates, house))


async def _mandates(house: House) -> Mapping[str, Any]:
    found = await house.visit.api.get(f"{house.path}/mandates", limit=100)
    return {"mandates": [one for one in found["data"] if not one["ended_at"]]}


routes: list[BaseRoute] = [*program_routes(PAGE, _owner)]
