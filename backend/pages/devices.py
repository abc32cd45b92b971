"""The routes of devices that people share: the station at a counter and the kiosk."""

from starlette.routing import BaseRoute

from backend.pages.kiosk import screens
from backend.pages.station import counter

routes: list[BaseRoute] = [*counter.routes, *screens.routes]
