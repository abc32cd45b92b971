"""The routes of all pages of the admins."""

from starlette.routing import BaseRoute

from backend.pages.admins import accounts, deciding, lots, reports

routes: list[BaseRoute] = [*deciding.routes, *accounts.routes, *lots.routes, *reports.routes]
