"""The pages of collectors: their tours, the stops of a tour, collections, and what they drive."""

from starlette.routing import BaseRoute

from backend.pages.collectors import collections, profile, stops, tours

routes: list[BaseRoute] = [*collections.routes, *profile.routes, *stops.routes, *tours.routes]
