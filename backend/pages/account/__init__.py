"""The pages about the visitor's own account, for everybody who signs in."""

from starlette.routing import BaseRoute

from backend.pages.account import choices, data, diet, overview, places, security

routes: list[BaseRoute] = [
    *overview.routes,
    *choices.routes,
    *diet.routes,
    *places.routes,
    *security.routes,
    *data.routes,
]
