"""The pages of collectors: their tours, the stops of a tour, and what they drive."""

from starlette.routing import BaseRoute

from backend.pages.collectors import profile, stops, tours

routes: list[BaseRoute] = [*profile.routes, *stops.routes, *tours.routes]
