"""The webhooks of a shop."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.visit import Visit
from backend.pages.webhooks import Keeper, webhook_routes


@dataclass(frozen=True)
class ShopDesk:
    """A shop's pages, as the pages of webhooks ask for them."""

    visit: Visit
    place: Workplace

    def page(self, template: str, here: str, status: int = 200, /, **values: Any) -> Response:
        """Return a page of this shop. here: its entry in the menu."""
        back = f"{self.place.path}/{'webhooks' if template == 'webhook.html' else 'settings'}"
        return self.place.page(self.visit, f"merchants/{template}", status, here=here, desk=self, back=back, **values)

    def to(self, path: str, done: str | None = None, **query: str) -> Response:
        """Send the browser to another page of this shop."""
        return self.visit.to(path, done, **query)

    def at(self, path: str, **_query: Any) -> str:
        """Return the address of a page: a shop stands in the path."""
        return path


async def _keeper(visit: Visit) -> Keeper:
    place = await at_shop(visit, "owner")
    return Keeper(ShopDesk(visit, place), "shop", place.shop["id"], f"{place.path}/webhooks", here="shop")


routes: list[BaseRoute] = [*webhook_routes("/my-shops/{shop_id:uuid}/webhooks", _keeper)]
