"""The routes of devices that people share, the station and the kiosk, and of what a browser installs."""

from starlette.routing import BaseRoute

from backend.pages import installed
from backend.pages.kiosk import screens
from backend.pages.station import counter

routes: list[BaseRoute] = [*counter.routes, *screens.routes, *installed.routes]
