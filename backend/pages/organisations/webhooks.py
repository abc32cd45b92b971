"""The webhooks of an organisation."""

from starlette.routing import BaseRoute

from backend.pages.organisations.house import house_that_one_owns
from backend.pages.visit import Visit
from backend.pages.webhooks import Keeper, webhook_routes

PAGE = "/organisation/webhooks"


async def _keeper(visit: Visit) -> Keeper:
    house = await house_that_one_owns(visit)
    return Keeper(house, "organisation", house.id, PAGE)


routes: list[BaseRoute] = [*webhook_routes(PAGE, _keeper)]
