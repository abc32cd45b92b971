"""The pages that only beneficiaries have; all others they share with customers."""

from starlette.routing import BaseRoute

from backend.pages.beneficiaries import right

routes: list[BaseRoute] = [*right.routes]
