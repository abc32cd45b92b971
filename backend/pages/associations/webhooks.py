"""The webhooks of an association."""

from starlette.routing import BaseRoute

from backend.pages.associations.house import house_that_one_owns
from backend.pages.visit import Visit
from backend.pages.webhooks import Keeper, webhook_routes

PAGE = "/association/webhooks"


async def _keeper(visit: Visit) -> Keeper:
    house = await house_that_one_owns(visit)
    return Keeper(house, "association", house.id, PAGE, asked={"association": house.id})


routes: list[BaseRoute] = [*webhook_routes(PAGE, _keeper)]
