"""The pages about the visitor's own account, for everybody who signs in."""

from starlette.routing import BaseRoute

from backend.pages.account import choices, data, diet, email, overview, places, security

__all__ = ["email", "routes"]

routes: list[BaseRoute] = [
    *overview.routes,
    *choices.routes,
    *diet.routes,
    *places.routes,
    *security.routes,
    *data.routes,
]
