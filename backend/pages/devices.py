"""The routes of devices that people share: the station at a counter."""

from starlette.routing import BaseRoute

from backend.pages.station import counter

routes: list[BaseRoute] = [*counter.routes]
