"""The pages of visitors: everybody's pages, with or without an account."""

from starlette.routing import BaseRoute

from backend.pages.visitors import collect, find, houses, impact, joining, lot, map, signing_in, territories

routes: list[BaseRoute] = [
    *find.routes,
    *collect.routes,
    *lot.routes,
    *houses.routes,
    *impact.routes,
    *territories.routes,
    *map.routes,
    *signing_in.routes,
]
__all__ = ["joining", "routes"]
