"""The API clients of a shop."""

from starlette.routing import BaseRoute

from backend.pages.merchants.webhooks import ShopDesk
from backend.pages.merchants.workplace import at_shop
from backend.pages.programs import Owner, program_routes
from backend.pages.visit import Visit


async def _owner(visit: Visit) -> Owner:
    place = await at_shop(visit, "owner")
    path = f"/v1/shops/{place.shop['id']}/api-clients"
    return Owner(ShopDesk(visit, place), f"{place.path}/programs", path, here="shop")


routes: list[BaseRoute] = [*program_routes("/my-shops/{shop_id:uuid}/programs", _owner)]
